"""The decision log and the research agreement."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shipworthy.core.errors import UserError
from shipworthy.evidence.ledger import Ledger, ledger_location
from shipworthy.launch.decisions import Decision, append_decision, read_decisions
from shipworthy.workbench.decisions import add_decision, agree_research, list_decisions
from shipworthy.workbench.workspace import Workspace, init
from tests.fakes.clock import FixedClock
from tests.workbench.small import run

WORDS: dict[str, Any] = {
    "text": "Wait",
    "why": "A hosted model costs 9 EUR per 1,000.",
    "reverse_if": "It costs 3 EUR.",
}
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(lambda text: bool(text.strip()))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = init(tmp_path / "work")
    (made.root / "features" / "triage").mkdir(parents=True)
    return made


def test_a_decision_is_kept_with_what_would_reverse_it_and_is_evidence(workspace: Workspace) -> None:
    clock = FixedClock()
    made = add_decision(workspace, "triage", **WORDS, by=date(2027, 3, 1), clock=clock)
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        (record,) = ledger.records()

    assert list_decisions(workspace, on=date(2026, 11, 22)) == (made,)
    assert (made.decision.text, made.decision.reverse_if, made.due) == ("Wait", "It costs 3 EUR.", False)
    assert (record.kind, record.reason, record.drafted_by_tool) == ("decision", WORDS["why"], False)
    assert record.competencies == ("prioritisation",)


def test_a_decision_is_due_from_its_day_on(workspace: Workspace) -> None:
    add_decision(workspace, "triage", **WORDS, by=date(2027, 3, 1), clock=FixedClock())

    assert [line.due for line in list_decisions(workspace, "triage", on=date(2027, 2, 28))] == [False]
    assert [line.due for line in list_decisions(workspace, "triage", on=date(2027, 3, 1))] == [True]


def test_the_log_is_only_added_to(workspace: Workspace) -> None:
    add_decision(workspace, "triage", **WORDS, clock=FixedClock())
    log = workspace.root / "features/triage/papers/decisions.yaml"
    log.write_text(log.read_text() + "    # Ana was there\n")
    before = log.read_text()
    add_decision(workspace, "triage", **(WORDS | {"text": "Go"}), clock=FixedClock())

    assert log.read_text().startswith(before)
    assert [line.decision.text for line in list_decisions(workspace, "triage", on=date(2026, 11, 22))] == [
        "Wait",
        "Go",
    ]


@settings(max_examples=15)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT, st.none() | st.dates()), max_size=3))
def test_any_words_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str, str, date | None]]
) -> None:
    log = tmp_path_factory.mktemp("log") / "decisions.yaml"
    made = [
        Decision(
            id=f"d{place}",
            at=date(2026, 1, 1),
            text=text.strip(),
            why=why.strip(),
            reverse_if=reverse.strip(),
            by=by,
            review=None,
        )
        for place, (text, why, reverse, by) in enumerate(written)
    ]
    for decision in made:
        append_decision(log, decision)

    assert read_decisions(log) == tuple(made)


@pytest.mark.parametrize("field", ["text", "why", "reverse_if"])
@pytest.mark.parametrize("value", [" ", "x" * 5_001])
def test_an_empty_or_endless_text_is_refused_and_nothing_is_written(
    workspace: Workspace, field: str, value: str
) -> None:
    with pytest.raises(UserError, match="empty or too long"):
        add_decision(workspace, "triage", **(WORDS | {field: value}), clock=FixedClock())
    assert list_decisions(workspace, on=date(2026, 11, 22)) == ()


def test_the_agreement_is_one_page_made_from_answers_that_stay(workspace: Workspace) -> None:
    add_decision(workspace, "triage", **WORDS, clock=FixedClock())
    first = agree_research(workspace, "triage", clock=FixedClock())
    assert len(first.gaps) == 5

    answers = Path(first.answers_file)
    answers.write_text(answers.read_text().replace("\nquestion:\n", "\nquestion: Does retrieval help?\n"))
    kept = answers.read_text()
    second = agree_research(workspace, "triage", clock=FixedClock())
    text = Path(second.file).read_text()

    assert (second.answered, len(second.gaps), answers.read_text()) == (1, 4, kept)
    assert "## The question\n\nDoes retrieval help?" in text
    assert "Wait Reversed if: It costs 3 EUR." in text
    assert len(text.splitlines()) < 50


def test_the_commands_print_what_is_published(workspace: Workspace) -> None:
    at = ("--workspace", workspace.root)
    words = ("--text", "Wait", "--why", "Too dear", "--reverse-if", "3 EUR")
    added = run("decision", "add", "triage", *words, "--by", "2020-01-01", "--json", *at)
    listed = run("decision", "list", "--json", *at)
    agreed = run("research", "agree", "triage", "--json", *at)

    for verb, done in {"decision add": added, "decision list": listed, "research agree": agreed}.items():
        Draft202012Validator(run("schema", verb).json).validate(done.json)
    assert "that day has come" in run("decision", "list", "triage", *at).out
    assert "Recorded decision" in run("decision", "add", "triage", *words, *at).out
    assert "5 gaps" in run("research", "agree", "triage", *at).out


def test_wrong_days_and_features_are_the_users_mistake(workspace: Workspace) -> None:
    at = ("--workspace", workspace.root)
    words = ("--text", "Wait", "--why", "Too dear", "--reverse-if", "3 EUR")

    assert "is no day" in run("decision", "add", "triage", *words, "--by", "soon", *at).err
    assert run("decision", "add", "none", *words, *at).code == 2
    assert run("decision", "add", "triage", "--text", "Wait", *at).code == 2
    assert run("decision", "list", "none", *at).code == 2
    assert run("decision", "list", *at).out == "No decisions yet.\n"
