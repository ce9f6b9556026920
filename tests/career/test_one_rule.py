"""Audit and gaps go by one rule: own data and a written reason, whichever command wrote the record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.career.audit import audit, piece_of
from shipworthy.career.roles.matching import standings
from shipworthy.career.roles.requirements import Requirement
from shipworthy.evidence.record import Record
from tests.career.test_audit import RECORDS
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

IDEA = """\
user: A support agent
job: Send each message to the right queue
"""
REASON = ("--reason", "Wrong queues cost a day each, and the rules never learn.")


def asks(competency: str, text: str = "You know this well.") -> Requirement:
    return Requirement(quote=text, start=0, end=len(text), must=True, competency=competency, years=None)


@given(records=st.lists(RECORDS, max_size=12, unique_by=lambda each: each.id))
def test_a_requirement_is_met_exactly_where_a_verified_record_counts_as_own_work(
    records: list[Record],
) -> None:
    levels = audit(records).levels()
    for competency in {name for record in records for name in record.competencies}:
        (found,) = standings([asks(competency)], records)
        own = [each for each in records if competency in each.competencies and piece_of(each).weight == "own"]
        assert (found.status == "met") == any(each.verified for each in own)
        assert (levels[competency] >= 2) == bool(own)
        assert not (found.status == "met" and levels[competency] < 2)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run("init", tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    folder = tmp_path / "w" / "features" / "triage"
    write_feature(folder, FEATURE)
    write_csv(folder / "data" / "feedback.csv", rows())
    (tmp_path / "idea.yaml").write_text(IDEA)
    (tmp_path / "risk.yaml").write_text("role: [provider]\nrecruitment: no\n")
    return tmp_path


def latest(kind: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = run("evidence", "list", "--json").json
    return [record for record in found if record["kind"] == kind][-1]


def reviewed(home: Path) -> None:
    run("review", "triage")


@pytest.mark.parametrize(
    ("command", "kind", "before"),
    [
        ("feature idea triage --answers ../idea.yaml", "idea", None),
        ("risk assess triage --answers ../risk.yaml", "risk", None),
        ("card triage", "paper", reviewed),
        ("brief triage --for exec", "paper", reviewed),
    ],
)
def test_a_reason_that_is_given_is_kept_in_the_record(
    home: Path, command: str, kind: str, before: Callable[[Path], None] | None
) -> None:
    if before is not None:
        before(home)

    run(*command.split())
    without = latest(kind)["reason"]
    done = run(*command.split(), *REASON)

    assert done.code in {0, 3}, done.err
    assert (without, latest(kind)["reason"]) == (None, REASON[1])


def test_an_idea_and_a_risk_memo_reach_the_second_level_with_a_reason_and_not_without(home: Path) -> None:
    def levels() -> dict[str, int]:
        found = run("career", "audit", "--json").json["audit"]["standings"]
        return {one["competency"]: one["level"] for one in found}

    run("feature", "idea", "triage", "--answers", "../idea.yaml")
    run("risk", "assess", "triage", "--answers", "../risk.yaml")
    before = levels()
    run("feature", "idea", "triage", "--answers", "../idea.yaml", *REASON)
    run("risk", "assess", "triage", "--answers", "../risk.yaml", *REASON)
    after = levels()

    named = ("prioritisation", "research-product", "regulatory-fluency")
    assert {name: (before[name], after[name]) for name in named} == dict.fromkeys(named, (1, 2))


def test_the_reason_of_a_paper_outlives_its_editing(home: Path) -> None:
    run("review", "triage")
    run("brief", "triage", "--for", "exec", *REASON)
    assert piece_of_latest(home).weight == "practice"  # drafted by the tool and not yet changed
    paper = Path("features/triage/papers/brief-exec.md")
    own = "\n\nWe asked the agents, and they would rather correct a queue than choose one. " * 12
    paper.write_text(paper.read_text().replace("\n\n", own, 1))

    done = run("papers", "check", "triage")

    assert done.code == 0, done.out
    assert latest("paper")["reason"] == REASON[1]
    assert piece_of_latest(home).weight == "own"


def piece_of_latest(home: Path) -> Any:
    from shipworthy.workbench.ledger import list_evidence
    from shipworthy.workbench.workspace import open_workspace

    return piece_of(list_evidence(open_workspace(Path()))[-1])


def test_a_reason_without_a_feature_to_keep_it_with_is_refused(home: Path) -> None:
    done = run("risk", "assess", "--answers", "../risk.yaml", *REASON)

    assert done.code == 2
    assert "A reason is kept with a feature" in done.err
