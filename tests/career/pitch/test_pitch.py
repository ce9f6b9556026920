"""The one question is answered from evidence only: each number from a record, what no record says a gap."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shipworthy.career.audit import audit
from shipworthy.career.pitch import Reviewed, best_outcome
from shipworthy.career.pitch.numbers import said_numbers
from shipworthy.workbench.career_pitch import draft_pitch, sound_records
from shipworthy.workbench.reviews import list_reviews
from shipworthy.workbench.verbs import result_schema
from shipworthy.workbench.workspace import open_workspace
from tests.career.test_audit import record
from tests.documents.sample import as_json, hold, ship
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

REASON = "A message in the wrong queue waits a day, and this makes it rare."
_CITED = re.compile(r"\[evidence (?P<id>\d{4}-\d\d-\d\d-\w{6}): (?P<key>[^\[\]]+)\]")


@pytest.fixture(scope="module")
def reviewed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one review on own data and a reason."""
    home = tmp_path_factory.mktemp("pitch") / "w"
    run("init", home)
    folder = home / "features" / "triage"
    write_feature(folder, {**FEATURE, "for_whom": "the support team (ask ada@firma.de)"})
    write_csv(folder / "data" / "feedback.csv", rows())
    done = run("review", "triage", "--reason", REASON, "--workspace", home)
    assert done.code in {0, 3}, done.err
    return home


def test_each_number_of_each_draft_is_in_the_record_that_it_cites(reviewed_home: Path) -> None:
    from shipworthy.launch.papers.facts import paper_facts

    workspace = open_workspace(reviewed_home)
    found = draft_pitch(workspace)
    facts = paper_facts(list_reviews(workspace)[0].report)

    assert [draft.place for draft in found.drafts] == ["resume", "headline", "message"]
    assert found.outcome is not None
    for draft in found.drafts:
        cites = list(_CITED.finditer(draft.text))
        assert {one["id"] for one in cites} == {found.outcome.record}
        for one in cites:
            before = draft.text[: one.start()].rstrip()
            said = facts[one["key"]]
            assert before.casefold().endswith(said.casefold()) or one["key"] == "verdict"
        uncited = draft.text
        for one in reversed(cites):
            said = facts[one["key"]]
            start = uncited[: one.start()].rstrip().casefold().rfind(said.casefold())
            uncited = uncited[: max(start, 0) or one.start()] + uncited[one.end() :]
        assert said_numbers(uncited) == (), uncited
        assert "[evidence" not in draft.plain


def test_a_draft_holds_the_person_s_reason_and_no_personal_data(reviewed_home: Path) -> None:
    found = draft_pitch(open_workspace(reviewed_home))
    message = next(draft for draft in found.drafts if draft.place == "message")

    assert REASON in message.plain
    assert "ada@firma.de" not in str(found.drafts)
    assert "[taken out]" in message.plain


def test_without_a_launch_review_shipped_may_not_be_said(reviewed_home: Path) -> None:
    found = draft_pitch(open_workspace(reviewed_home))

    assert any("“shipped” may not be said" in gap for gap in found.gaps)
    assert not any(re.search(r"(?i)\bshipped\b", draft.plain) for draft in found.drafts)


def test_nothing_to_say_is_said_as_a_gap(tmp_path: Path) -> None:
    run("init", tmp_path / "w")

    done = run("career", "pitch", "--workspace", tmp_path / "w", "--json")

    assert done.json["drafts"] == []
    assert done.json["outcome"] is None
    assert done.json["gaps"][0].startswith("No record answers the question")


REVIEWS = {"a": Reviewed(report=as_json(hold()), facts={}), "b": Reviewed(report=as_json(ship()), facts={})}


def test_the_evidence_is_chosen_by_the_stated_rule_whatever_the_order() -> None:
    held, shipped = (record(n, facts={"review": name}) for n, name in enumerate("ab"))

    for records in ([held, shipped], [shipped, held]):
        found = best_outcome(records, REVIEWS)
        assert found is not None
        assert (found.review, found.launch) == ("b", None)
    launch = record(7, kind="launch", facts={"sources": {"review": "a"}})
    found = best_outcome([held, shipped, launch], REVIEWS)
    assert found is not None
    assert (found.review, found.launch) == ("a", launch.id)


@pytest.mark.parametrize(
    "changes", [{"reason": None}, {"origin": "bundled"}, {"verified": False}, {"kind": "risk"}]
)
def test_what_is_not_own_work_is_never_pitched(changes: dict[str, Any]) -> None:
    one = record(0, facts={"review": "a"})

    assert best_outcome([one], REVIEWS) is not None
    assert best_outcome([replace(one, **changes)], REVIEWS) is None
    assert best_outcome([one], REVIEWS, broken={one.id}) is None


def test_a_review_whose_file_was_changed_is_pitched_no_longer(tmp_path: Path, reviewed_home: Path) -> None:
    import shutil

    home = tmp_path / "copy"
    shutil.copytree(reviewed_home, home)
    (report,) = home.glob("features/triage/reviews/*/report.json")
    assert draft_pitch(open_workspace(home)).outcome is not None
    report.write_text(report.read_text().replace('"value": 0.', '"value": 1.', 1))

    assert draft_pitch(open_workspace(home)).outcome is None


# --- rehearsals, as commands -------------------------------------------------------------------


def test_a_rehearsal_is_kept_counts_as_practice_and_is_listed(
    reviewed_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    home = tmp_path / "w"
    shutil.copytree(reviewed_home, home)
    monkeypatch.chdir(home)
    (tmp_path / "text.txt").write_text("It is right in 12.3% of cases.")

    done = run("career", "pitch", "rehearse", "--for", "executive", "--file", "../text.txt", "--json")
    listed = run("career", "pitch", "history", "--json")

    assert done.code == 0, done.err
    jsonschema.validate(done.json, result_schema("career pitch rehearse"))
    jsonschema.validate(listed.json, result_schema("career pitch history"))
    assert done.json["rehearsal"]["met"] == 0
    assert [one["record"] for one in listed.json] == [done.json["record"]]
    records, broken = sound_records(open_workspace(home))
    assert records[-1].kind == "rehearsal"
    assert not broken
    assert audit(records[-1:]).levels()["communicating-uncertainty"] == 1
    assert "12.3" not in json.dumps(dict(records[-1].facts))
    assert "0 of 6  executive" in run("career", "pitch", "history").out
    assert (
        "no   The decision that follows is said"
        in run("career", "pitch", "rehearse", "--for", "engineer", "--file", "../text.txt").out
    )


def test_rehearsals_come_as_json_lines(reviewed_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        '{"id": "a", "for": "engineer", "text": "Accuracy is 12.3%."}',
        '{"id": "b", "text": "For nobody."}',
        "{",
        '{"for": "king", "text": "x"}',
        '{"for": "executive", "text": ""}',
        '{"for": "executive", "review": "no-such", "text": "x"}',
        '{"for": "executive", "review": 7, "text": "x"}',
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))

    done = run("career", "pitch", "rehearse", "--workspace", reviewed_home)

    found = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 2
    assert [one["error"] is None for one in found] == [True, *[False] * 6]
    assert [one["id"] for one in found] == ["a", "b", "3", "4", "5", "6", "7"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("career pitch rehearse", "There is no explanation."),
        ("career pitch rehearse --file text.txt", "Whom do you explain it to?"),
        ("career pitch rehearse --for ceo --file text.txt", "shipworthy: There is no audience 'ceo'.\n"),
        ("career pitch rehearse --for executive --file no.txt", "There is no file 'no.txt'."),
        ("career pitch rehearse --for executive --file text.txt --review 1999", "1999"),
    ],
)
def test_mistakes_end_with_exit_code_2(
    reviewed_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("x")

    done = run(*command.split(), "--workspace", reviewed_home)

    assert done.code == 2
    assert said in done.err
