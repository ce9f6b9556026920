"""The launch verdict is the worst of three, and nothing that is missing ever ships."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from shipworthy.documents.launch_page import launch_text, render_launch
from shipworthy.evals.review import Decision
from shipworthy.launch.launch_review import (
    LaunchDecision,
    LaunchPaper,
    LaunchPart,
    LaunchReview,
    joined,
    prd_part,
    review_part,
    risk_part,
    worst,
)
from shipworthy.launch.prd import check_prd
from shipworthy.launch.risk import assess
from shipworthy.workbench.launches import _as_json
from tests.launch.test_sourcing import TODAY, candidate, report

RANK = {"ship": 0, "ship_with_fallback": 1, "cannot_tell": 2, "hold": 3}
ABOUT = {
    "id": "2026-11-23-abc123",
    "at": "2026-11-23T10:00:00Z",
    "on": "2026-11-23",
    "feature": "triage",
    "does": "Sorts messages.",
    "for_whom": "support",
    "origin": "own",
    "disclaimer": "Orientation, not legal advice.",
    "reason": None,
}


def part(name: Any, decision: Any) -> LaunchPart:
    return LaunchPart(
        id=name,
        title=name,
        decision=decision,
        words="So.",
        details=(),
        next_steps=(f"mend {name}",),
        source="x",
    )


def launch(*decisions: Any, **more: Any) -> LaunchReview:
    names = ("review", "risk", "prd")
    parts = [part(name, decision) for name, decision in zip(names, decisions, strict=True)]
    return joined(
        parts,
        more.pop("papers", ()),
        more.pop("decisions", ()),
        attack=more.pop("attack", None),
        asks_a_model=more.pop("asks_a_model", False),
        about=ABOUT | more,
    )


@pytest.mark.parametrize("three", list(product(get_args(Decision), repeat=3)))
def test_the_verdict_is_the_worst_of_the_three(three: tuple[Decision, ...]) -> None:
    found = launch(*three)
    assert RANK[found.decision] == max(RANK[one] for one in three)
    assert len(found.reasons) == sum(one == found.decision for one in three)


def test_nothing_at_all_cannot_be_told() -> None:
    assert worst(()) == "cannot_tell"


def test_no_review_no_answers_and_no_prd_are_gaps_that_do_not_ship() -> None:
    parts = (
        review_part(None, bars=(), candidate=None, files={}, feature="triage"),
        risk_part(None, feature="triage"),
        prd_part(None, feature="triage"),
    )
    found = joined(parts, (), (), attack=None, asks_a_model=True, about=ABOUT)
    assert {one.decision for one in parts} == {"cannot_tell"}
    assert found.decision == "cannot_tell"
    assert len(found.gaps) == 4
    assert "no sign of safety" in found.gaps[3]
    assert found.next_steps == (
        "Review it: shipworthy review triage",
        "Answer the questions: shipworthy risk assess triage",
        "Draft it: shipworthy prd draft triage",
    )


@pytest.mark.parametrize(
    ("answers", "decision"),
    [
        ({"role": {"provider"}, "social_score": {"other_contexts"}}, None),
        ({}, "cannot_tell"),
    ],
)
def test_a_tier_that_is_not_settled_does_not_ship(answers: dict[str, Any], decision: str | None) -> None:
    assessment = assess({name: frozenset(said) for name, said in answers.items()}, on=TODAY)
    expected = {"prohibited": "hold", "undetermined": "cannot_tell"}.get(assessment.tier, "ship")
    assert risk_part(assessment, feature="triage").decision == (decision or expected)
    assert expected != "ship"


def test_a_blocking_rule_of_the_prd_holds_and_names_its_line() -> None:
    found = prd_part(check_prd("# Sorter\n\n## Solution\n\nTBD\n", name="prd.md"), feature="triage")
    assert found.decision == "hold"
    assert all(line.startswith(("Line ", "…")) for line in found.details)
    assert len(found.details) <= 21


@pytest.mark.parametrize(
    ("bars", "named", "files", "decision"),
    [
        ((), None, {"rows.csv": "a1"}, "ship"),
        (("accuracy >= 0.9",), None, {"rows.csv": "a1"}, "cannot_tell"),
        ((), "other", {"rows.csv": "a1"}, "cannot_tell"),
        ((), None, {"rows.csv": "b2"}, "cannot_tell"),
        ((), None, {"rows.csv": None}, "cannot_tell"),
        ((), None, {"rows.csv": "a1", "more.csv": "c3"}, "cannot_tell"),
        ((), None, {}, "cannot_tell"),
    ],
)
def test_a_review_of_something_else_decides_nothing(
    bars: Any, named: str | None, files: dict[str, str | None], decision: str
) -> None:
    made = report(candidate("trained", 0.9, lead=None))
    made["data"]["files"] = {"rows.csv": "a1"}
    found = review_part(made, bars=bars, candidate=named, files=files, feature="triage")
    assert found.decision == decision


HOSTILE = "<script>alert(1)</script>‮\x1b[31m"


def test_the_page_has_no_script_loads_nothing_and_escapes_everything() -> None:
    nasty = launch(
        "ship",
        "hold",
        "cannot_tell",
        feature=HOSTILE,
        does=HOSTILE,
        reason=HOSTILE,
        attack=HOSTILE,
        papers=[LaunchPaper(name=HOSTILE, state="stale", words=HOSTILE)],
        decisions=[
            LaunchDecision(at="2026-11-01", words=HOSTILE, why=HOSTILE, reversed_by=HOSTILE, due=True)
        ],
    )
    html = render_launch(_as_json(nasty))
    assert "<script" not in html
    assert "\x1b" not in html
    assert "‮" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert "\x1b" not in launch_text(_as_json(nasty))


def test_due_decisions_and_stale_papers_are_gaps() -> None:
    found = launch(
        "ship",
        "ship",
        "ship",
        papers=[
            LaunchPaper(name="card.md", state="stale", words="Old."),
            LaunchPaper(name="a.md", state="current", words=""),
        ],
        decisions=[LaunchDecision(at="2026-11-01", words="Wait", why="", reversed_by="", due=True)],
    )
    assert found.gaps == ("card.md: Old.", "Due again: Wait")
    assert found.decision == "ship"
