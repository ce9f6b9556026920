"""Twelve incidents: every fact has a source, analysis is apart, and no sentence of others is taken over."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import pytest

from shipworthy.core.errors import UserError
from shipworthy.playbook.incidents import (
    IncidentCase,
    MissingCheck,
    ScoresCheck,
    incident,
    incidents,
)
from shipworthy.playbook.items import failure_mode
from tests.support import ROOT, require

TWELVE = {
    "air-canada",
    "amazon-recruiting",
    "apple-card",
    "bing-chat",
    "compas",
    "copilot-feedback-loop",
    "epic-sepsis",
    "galactica",
    "gemini-images",
    "nyc-mycity",
    "tay",
    "zillow-offers",
}
CASES = pytest.mark.parametrize("case", incidents(), ids=lambda case: case.id)


def cells(name: str) -> list[tuple[int, str, str, str | None, float | None]]:
    check = incident(name).check
    assert isinstance(check, ScoresCheck)
    return [(cell.n, cell.label, cell.output, cell.group, cell.score) for cell in check.cells]


def total(name: str, *, label: str | None = None, output: str | None = None, group: str | None = None) -> int:
    return sum(
        n
        for n, is_so, said, of, _ in cells(name)
        if label in (None, is_so) and output in (None, said) and group in (None, of)
    )


def test_there_are_the_twelve() -> None:
    assert {case.id for case in incidents()} == TWELVE


@CASES
def test_every_fact_names_a_source_that_is_listed(case: IncidentCase) -> None:
    names = [source.id for source in case.sources]

    assert len(set(names)) == len(names)
    assert len(case.facts) >= 3
    assert {fact.source for fact in case.facts} <= set(names)
    assert [case.source(fact.source).id for fact in case.facts] == [fact.source for fact in case.facts]
    assert all(re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", fact.day) for fact in case.facts if fact.day)
    assert any(fact.day for fact in case.facts)


@CASES
def test_failure_modes_are_the_playbooks(case: IncidentCase) -> None:
    assert case.failure_modes
    assert [failure_mode(name).id for name in case.failure_modes] == list(case.failure_modes)


@CASES
def test_it_says_whether_there_is_an_official_account(case: IncidentCase) -> None:
    official = any(source.kind == "official" for source in case.sources)
    denied = re.search(r"\bno (official|account|postmortem)\b", case.account, re.IGNORECASE)

    assert case.account.endswith(".")
    assert official or denied or case.id in {"zillow-offers", "apple-card"}


def test_no_official_account_of_copilots_feedback_loop_is_claimed() -> None:
    assert incident("copilot-feedback-loop").account.startswith(
        "No official postmortem of a feedback loop exists."
    )


def test_six_can_be_run_and_six_name_the_check_that_is_missing() -> None:
    missing = {case.id for case in incidents() if isinstance(case.check, MissingCheck)}

    assert missing == {
        "apple-card",
        "bing-chat",
        "copilot-feedback-loop",
        "gemini-images",
        "tay",
        "zillow-offers",
    }


def test_rows_of_epic_reproduce_what_was_published() -> None:
    assert total("epic-sepsis") == 38_455
    assert total("epic-sepsis", label="sepsis") == 2_552
    assert total("epic-sepsis", label="sepsis", output="none") == 1_709
    assert round(total("epic-sepsis", output="sepsis") / 38_455, 2) == 0.18
    assert auc("epic-sepsis", "sepsis") == pytest.approx(0.63, abs=0.0005)


def auc(name: str, positive: str) -> float:
    """The chance that a case scores higher than another row, ties counted half."""
    yes = [(n, score or 0) for n, label, _, _, score in cells(name) if label == positive]
    no = [(n, score or 0) for n, label, _, _, score in cells(name) if label != positive]
    wins = sum(a * b * ((s > t) + (s == t) / 2) for a, s in yes for b, t in no)
    return wins / (sum(n for n, _ in yes) * sum(n for n, _ in no))


@pytest.mark.parametrize(
    ("label", "output", "group", "rate"),
    [
        ("does_not", "reoffends", "Black", 44.9),
        ("does_not", "reoffends", "white", 23.5),
        ("reoffends", "does_not", "Black", 28.0),
        ("reoffends", "does_not", "white", 47.7),
    ],
)
def test_rows_of_compas_reproduce_the_four_rates(label: str, output: str, group: str, rate: float) -> None:
    wrong = total("compas", label=label, output=output, group=group)

    assert 100 * wrong / total("compas", label=label, group=group) == pytest.approx(rate, abs=0.06)


def test_amazons_rows_are_said_to_be_ours() -> None:
    check = incident("amazon-recruiting").check
    assert isinstance(check, ScoresCheck)
    assert check.constructed.startswith("No score and no rate of this tool was ever published.")


def test_an_unknown_incident_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UserError, match="Did you mean 'bing-chat'"):
        incident("bing-chats")


def test_no_eight_words_in_a_row_are_taken_from_the_notes() -> None:
    notes = ROOT.parent / "shared" / "facts" / "incidents" / "curated_incidents.jsonl"
    if not notes.exists():
        require("data", "the notes on incidents are not beside the repository (../shared/facts)")
    taken = {
        run
        for line in notes.read_text().splitlines()
        for text in _texts(json.loads(line))
        for run in _runs(text)
    }
    ours = {run for case in incidents() for text in _texts(asdict(case)) for run in _runs(text)}

    assert len(taken) > 300
    assert ours & taken == set()


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() if key != "sources" for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = re.findall(r"[\w']+", text.casefold())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
