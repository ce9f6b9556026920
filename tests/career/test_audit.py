"""The audit: the same evidence gives the same levels, and more evidence never lowers one."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.career.audit import audit, piece_of
from shipworthy.career.resume import claims_in
from shipworthy.core.errors import DataError, UserError
from shipworthy.evidence.record import Artifact, Record
from shipworthy.playbook.careers import levels
from shipworthy.playbook.items import competencies
from shipworthy.workbench.career_audit import add_artifact, assess_self, audit_career
from shipworthy.workbench.workspace import init

IDS = [item.id for item in competencies()]
FILE = Artifact(name="report", sha256="0" * 64, path="report.html")


def record(number: int = 0, **changes: Any) -> Record:
    """A review on own data with a reason, unless told otherwise."""
    fields: dict[str, Any] = {
        "id": f"2026-11-23-{number:06d}",
        "at": datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=number),
        "kind": "review",
        "title": f"Review {number}",
        "feature": f"feature-{number}",
        "origin": "own",
        "drafted_by_tool": True,
        "share_edited": None,
        "reason": "Outages must not be missed.",
        "verified": True,
        "competencies": ("model-evaluation",),
        "artifacts": (FILE,),
        "facts": {},
        "previous": None,
        "sha256": "",
    }
    return Record(**{**fields, **changes})


def level(*records: Record) -> int:
    return audit(records).levels()["model-evaluation"]


RECORDS = st.builds(
    record,
    number=st.integers(0, 999_999),
    kind=st.sampled_from(["review", "risk", "artifact", "claim", "exercise", "postmortem"]),
    feature=st.sampled_from([None, "a", "b", "c", "d"]),
    title=st.sampled_from(["one", "two", "three", "four"]),
    origin=st.sampled_from(["own", "bundled", "external"]),
    reason=st.sampled_from([None, " ", "because"]),
    share_edited=st.sampled_from([None, 0.0, 0.5]),
    verified=st.booleans(),
    competencies=st.lists(st.sampled_from(IDS[:4]), unique=True, max_size=3).map(tuple),
    artifacts=st.sampled_from([(), (FILE,)]),
    facts=st.sampled_from([{}, {"link": "https://example.org/a"}, {"right": True}, {"right": False}]),
)
LEDGERS = st.lists(RECORDS, max_size=25, unique_by=lambda each: each.id)


@given(records=LEDGERS, seed=st.integers())
def test_the_same_evidence_gives_the_same_audit_whatever_the_order(records: list[Record], seed: int) -> None:
    shuffled = records.copy()
    Random(seed).shuffle(shuffled)

    assert audit(shuffled) == audit(records)


@given(records=LEDGERS, place=st.integers(0, 24))
def test_taking_a_record_away_lowers_only_what_it_was_tagged_with(records: list[Record], place: int) -> None:
    before = audit(records).levels()
    gone = records[place % len(records)] if records else None

    after = audit([each for each in records if each is not gone]).levels()

    assert all(after[each] <= before[each] for each in IDS)
    assert {each for each in IDS if after[each] != before[each]} <= set(gone.competencies if gone else ())


@given(records=LEDGERS, place=st.integers(0, 24))
def test_a_record_that_no_longer_holds_counts_like_one_that_is_not_there(
    records: list[Record], place: int
) -> None:
    gone = {records[place % len(records)].id} if records else set()

    marked = audit(records, broken=gone).levels()

    assert marked == audit([each for each in records if each.id not in gone]).levels()


def test_own_data_and_a_reason_are_needed_above_the_first_level() -> None:
    assert level() == 0
    assert level(record()) == 2
    assert level(record(reason=None)) == 1
    assert level(*(record(n, reason=None) for n in range(20))) == 1
    assert level(*(record(n, origin="bundled") for n in range(20))) == 1


def test_claims_give_no_level_and_are_counted() -> None:
    claims = [record(n, kind="claim", verified=False, artifacts=(), origin="external") for n in range(9)]
    standing = next(s for s in audit(claims).standings if s.competency == "model-evaluation")

    assert (standing.level, standing.claims, standing.pieces) == (0, 9, ())


def test_a_paper_that_the_tool_drafted_and_nobody_changed_is_practice() -> None:
    assert level(*(record(n, share_edited=0.02) for n in range(9))) == 1
    assert level(record(share_edited=0.4)) == 2


def test_work_from_elsewhere_reaches_the_second_level_and_not_the_third_without_something_seen() -> None:
    elsewhere = [
        record(
            n,
            kind="artifact",
            verified=False,
            origin="external",
            feature=None,
            facts={"link": f"https://{n}"},
        )
        for n in range(9)
    ]

    assert level(elsewhere[0]) == 2
    assert level(*elsewhere) == 2
    assert level(*elsewhere, record(50)) == 3
    assert level(*elsewhere, record(50), record(51)) == 4


def test_the_same_feature_reviewed_again_and_again_counts_once() -> None:
    assert level(*(record(n, feature="triage") for n in range(9))) == 2


def test_two_exercises_are_no_practice_and_wrong_answers_are_nothing() -> None:
    def exercise(n: int, *, right: bool) -> Record:
        return record(
            n, kind="exercise", origin="bundled", feature=None, facts={"right": right}, artifacts=()
        )

    assert level(*(exercise(n, right=True) for n in range(2))) == 0
    assert level(*(exercise(n, right=True) for n in range(3))) == 1
    assert level(*(exercise(n, right=False) for n in range(30))) == 0


def test_the_rule_is_stated_and_every_level_of_every_competency_can_be_observed() -> None:
    scale = levels()

    assert [rule.level for rule in scale.rules] == [0, 1, 2, 3, 4]
    assert {name: len(seen) for name, seen in scale.observable.items()} == dict.fromkeys(IDS, 4)
    assert "own data" in audit([]).rule
    assert piece_of(record()).why == "own data, with a reason"


def test_one_s_own_view_is_kept_apart_and_the_difference_is_shown(tmp_path: Path) -> None:
    workspace = init(tmp_path)

    assess_self(workspace, "ethics", 3)
    standing = next(s for s in audit_career(workspace).audit.standings if s.competency == "ethics")

    assert (standing.level, standing.self_level, standing.difference) == (0, 3, 3)
    with pytest.raises(UserError, match="no level"):
        assess_self(workspace, "ethics", 5)


def test_a_wrong_self_assessment_names_the_line(tmp_path: Path) -> None:
    workspace = init(tmp_path)
    (tmp_path / "career").mkdir()
    (tmp_path / "career" / "self.yaml").write_text("ethics: 2\nprompting: many\n")

    with pytest.raises(UserError, match=r"self\.yaml, line 2"):
        audit_career(workspace)


def test_an_artifact_whose_file_changed_counts_no_longer(tmp_path: Path) -> None:
    workspace = init(tmp_path)
    file = tmp_path / "case.md"
    file.write_text("What we measured.")
    add_artifact(workspace, title="Case study", competencies=["ethics"], file=file, reason="We held it back.")

    before = audit_career(workspace).audit
    file.write_text("Something else.")
    after = audit_career(workspace).audit

    assert (before.levels()["ethics"], after.levels()["ethics"]) == (2, 0)
    assert len(after.broken) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"link": "javascript:alert(1)"},
        {"link": None},
        {"competencies": ["ethic"]},
        {"competencies": []},
        {"file": Path("/etc/hostname")},
        {"title": " "},
    ],
)
def test_an_artifact_that_nobody_could_look_at_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"title": "X", "competencies": ["ethics"], "link": "https://example.org/x"}

    with pytest.raises(UserError):
        add_artifact(init(tmp_path), **{**arguments, **wrong})


RESUME = """\
Ada Example

Experience
- Designed offline evaluations with labelled test sets for a search model
- Ran the company's summer party
- Chose decision thresholds from the cost of false positives
"""
JSON_RESUME = {
    "basics": {"name": "Ada Example", "summary": "Product manager."},
    "work": [{"name": "X", "highlights": ["Designed offline evaluations with labelled test sets"]}],
    "skills": [{"name": "AI", "keywords": ["failure modes of AI features"]}],
}


def test_a_resume_becomes_claims_marked_unverified_once(tmp_path: Path) -> None:
    workspace = init(tmp_path / "w")
    file = tmp_path / "resume.txt"
    file.write_text(RESUME)

    first = audit_career(workspace, resume=file)
    again = audit_career(workspace, resume=file)

    assert first.resume is not None
    assert again.resume is not None
    assert (first.resume.claims, first.resume.recorded, again.resume.recorded) == (2, 2, 0)
    assert set(first.audit.levels().values()) == {0}
    assert sum(standing.claims for standing in again.audit.standings) == 2


def test_a_json_resume_is_read_from_its_fields() -> None:
    found = claims_in(json.dumps(JSON_RESUME).encode())

    assert [claim.competency for claim in found.claims] == ["model-evaluation", "failure-modes"]


@pytest.mark.parametrize("data", [b"", b"{", b'{"a": 1}', b"\xff\xff\x00", b"%PDF-1.4 broken", b"{" * 5000])
def test_a_resume_that_cannot_be_read_is_a_plain_message(data: bytes) -> None:
    if data.startswith(b"%PDF"):
        pytest.importorskip("pypdf")
    with pytest.raises(DataError) as raised:
        claims_in(data)

    assert "posting" not in str(raised.value)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_a_resume(data: bytes) -> None:
    if b"%PDF" in data:
        return
    with suppress(DataError):
        claims_in(data)
