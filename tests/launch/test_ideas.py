"""An idea before any model: four pieces of advice, and what is unknown is a gap."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import SpecError
from shipworthy.launch.ideas import judge, page, read_idea_answers, write_idea_answers
from shipworthy.playbook.ideas import idea_playbook

READY = {
    "user": "The two agents of the desk",
    "job": "Get each message to its team",
    "today": "They sort by hand",
    "today_works": "slowly",
    "need": "9,000 messages of 3 minutes, counted in May",
    "need_shown_by": "measured",
    "rule": "no",
    "volume": "9000",
    "mistake": "A report of an outage waits",
    "mistake_cost": "medium",
    "caught": "no",
    "examples": "hundreds",
    "inputs": "yes",
    "may_use": "yes",
    "success": "Minutes to the first answer: from 90 to 30",
}


@pytest.mark.parametrize(
    ("change", "advice", "rule"),
    [
        ({}, "prototype", "ready"),
        ({"need_shown_by": "opinion"}, "find_out", "no-need"),
        ({"today_works": "well"}, "without_ai", "works-today"),
        ({"rule": "yes"}, "without_ai", "rule-does-it"),
        ({"may_use": "no"}, "find_out", "data-forbidden"),
        ({"examples": "none", "inputs": "no"}, "find_out", "no-inputs"),
        ({"mistake_cost": "high"}, "find_out", "high-stakes-alone"),
        ({"mistake_cost": "high", "caught": "yes"}, "prototype", "ready"),
        ({"examples": "tens"}, "label_first", "few-examples"),
        ({"examples": "none"}, "label_first", "few-examples"),
    ],
)
def test_each_rule_advises_what_it_says(change: dict[str, str], advice: str, rule: str) -> None:
    idea = judge("triage", READY | change)
    assert (idea.advice, idea.rule, idea.gaps) == (advice, rule, ())


def test_the_rules_leave_no_case_out() -> None:
    choices = {one.id: one.choices for one in idea_playbook().questions if one.choices}
    found = {judge("x", dict(zip(choices, case, strict=True))).rule for case in product(*choices.values())}
    assert found == {rule.id for rule in idea_playbook().rules}


@given(st.sets(st.sampled_from(list(READY))))
def test_whatever_is_unknown_is_a_gap_and_never_leads_to_a_prototype_too_soon(unknown: set[str]) -> None:
    idea = judge("triage", {name: None if name in unknown else said for name, said in READY.items()})
    assert {gap.id for gap in idea.gaps} == unknown
    decides = {
        "need_shown_by",
        "today_works",
        "rule",
        "may_use",
        "mistake_cost",
        "examples",
    }  # caught matters only where a mistake is grave
    assert (idea.advice == "prototype") is not bool(unknown & decides)


def test_only_the_gaps_that_decide_are_waited_for() -> None:
    idea = judge("triage", {name: said for name, said in READY.items() if name not in {"may_use", "success"}})
    assert [(gap.id, gap.decides) for gap in idea.gaps] == [("may_use", True), ("success", False)]
    assert "may_use" in idea.because


def test_the_page_shows_its_gaps_and_keeps_hostile_text_inert() -> None:
    text = page(
        judge("triage", READY | {"user": "<img src=x onerror=alert(1)> # not a heading", "success": None})
    )
    assert text.count("**Gap:**") == 1
    assert "\\<img src" in text
    assert len(text.splitlines()) < 70


def test_answers_read_back_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "idea.answers.yaml"
    said = READY | {"user": 'A "quoted": text # with a hash', "success": None}
    write_idea_answers(file, said)
    assert read_idea_answers(file) == said


@pytest.mark.parametrize("value", ["", "unknown", "TBD", "todo", "'?'", "null"])
def test_a_placeholder_is_no_answer(value: str, tmp_path: Path) -> None:
    file = tmp_path / "idea.yaml"
    file.write_text(f"user: {value}\n")
    assert read_idea_answers(file) == {"user": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("usr: me", "Did you mean 'user'"),
        ("rule: maybe", "'maybe' is no answer"),
        ("volume: lots", "no whole number"),
        ("- a", "question: answer"),
        (f"user: {'x' * 3000}", "3,000"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "idea.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        read_idea_answers(file)
    assert message in str(caught.value)
