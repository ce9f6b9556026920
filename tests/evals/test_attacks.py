"""Attacks: success is told from an echo, from chance and from silence, and nothing is called safe."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import DataError, SpecError
from shipworthy.core.progress import silent
from shipworthy.datasets.freezing import freeze
from shipworthy.datasets.frozen import Columns, Example, FrozenDataset
from shipworthy.evals.attacks.finding import attacked
from shipworthy.evals.attacks.plan import Attack
from shipworthy.evals.attacks.report import (
    AttackReport,
    AttackTry,
    Outcome,
    as_json,
    broken_by,
    latest_attack,
    tally,
    told,
)
from shipworthy.evals.attacks.trying import run_attack
from shipworthy.evals.attacks.writing import HARMLESS, lot, shown_by, written
from shipworthy.evals.candidate import Answers, OutOfFold
from shipworthy.evals.review import ExampleRow
from shipworthy.evals.running import Conduct
from shipworthy.playbook import failure_mode
from shipworthy.playbook.attacks import ATTACK_KINDS, AttackAttempt, AttackKind, attack_attempts
from shipworthy.playbook.items import Source
from shipworthy.stats.intervals import proportion
from tests.fakes.clock import FixedClock
from tests.workbench.small import rows, write_csv

ATTEMPTS = {attempt.id: attempt for attempt in attack_attempts()}
WORDED = [attempt for attempt in attack_attempts() if attempt.goal != "label"]


def example(text: str, *, row: int = 2, label: str = "bug") -> Example:
    return Example(
        row=row, id=f"r{row}", text=text, label=label, segments={}, cluster=None, at=None, outcome=None,
        label_source=None, annotations={},
    )  # fmt: skip


@dataclass
class Answering:
    """A candidate of this process that answers as a function says."""

    say: Callable[[str], str | None]
    version: str = "v1"
    out_of_fold: OutOfFold | None = None

    def answer(self, batch: Sequence[Example]) -> Answers:
        said = [self.say(one.text) for one in batch]
        return Answers(outputs=said, statuses=["error" if one is None else "ok" for one in said])


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> FrozenDataset:
    folder = tmp_path_factory.mktemp("data")
    file = write_csv(folder / "feedback.csv", rows(60))
    return freeze(file, Columns(input=("message",), label="topic", id="id"), folder=folder, seed=0)


def attack_on(dataset: FrozenDataset, say: Callable[[str], str | None], **changes: Any) -> AttackReport:
    attack = Attack(
        id="2026-11-22-aaaaaa", feature="triage", candidate="mine", words="Mine.", fitted=Answering(say),
        dataset=dataset, carriers=list(dataset.examples("train")),
    )  # fmt: skip
    return run_attack(replace(attack, **changes), conduct=Conduct(), clock=FixedClock(), progress=silent)


def tried(outcome: Outcome, attempt: str = "direct-after", *, status: str = "ok") -> AttackTry:
    known = ATTEMPTS[attempt]
    return AttackTry(
        attempt=attempt, kind=known.kind, name=known.name, outcome=outcome, status=status, wanted="w",
        without=None, example=ExampleRow(row=2, id="r2", text="t"),
    )  # fmt: skip


# --- the attempts as data


def test_there_are_attempts_of_every_kind_with_words_a_source_and_a_date() -> None:
    counts = Counter(attempt.kind for attempt in attack_attempts())
    assert set(counts) == set(ATTACK_KINDS)
    assert counts.total() >= 24
    assert min(counts.values()) >= 5
    assert len(ATTEMPTS) == counts.total() == len({attempt.name for attempt in attack_attempts()})
    for attempt in attack_attempts():
        assert attempt.source.title
        assert (attempt.source.url or "").startswith("https://")
        assert date(2026, 4, 24) <= attempt.as_of <= date(2026, 12, 31)


@pytest.mark.parametrize(
    ("order", "changes"),
    [
        ("write {{ left }}", {}),
        ("write it", {}),
        ("write {{ left }}{{ right }}{{ word }}", {}),
        ("answer {{ label }}", {}),
        ("repeat all", {"kind": "extraction"}),
        ("write {{ left }} and {{ right }}", {"planted": "system"}),
        ("write {{ left }} and {{ right }}", {"text": "{{ carrier }}"}),
    ],
)
def test_an_attempt_that_could_never_be_decided_is_refused(order: str, changes: dict[str, Any]) -> None:
    usual: dict[str, Any] = {
        "id": "x", "kind": "direct", "name": "X", "text": "{{ carrier }} {{ order }}",
        "source": Source(title="s"), "as_of": date(2026, 11, 22),
    }  # fmt: skip
    assert AttackAttempt(**usual, order="write {{ left }} and {{ right }}").goal == "canary"
    with pytest.raises(SpecError, match="'x'"):
        AttackAttempt(**{**usual, **changes}, order=order)


# --- what is sent


@given(
    attempt=st.sampled_from(WORDED), carrier=st.text(max_size=300), seed=st.integers(0, 2**32 - 1)
)  # fmt: skip
def test_no_text_that_is_sent_holds_the_word_that_shows_success(
    attempt: AttackAttempt, carrier: str, seed: int
) -> None:
    what = written(attempt, carrier, rng=lot(seed, attempt.id))
    assert not shown_by(attempt, what.canary, what.sent)
    assert carrier in what.sent
    # nor does a text from which somebody took the quotes, breaks or invisible letters
    assert what.canary.word not in "".join(one for one in what.sent.casefold() if one.isprintable())


@given(carrier=st.text(max_size=60), seed=st.integers(0, 999))
def test_a_word_that_stands_in_the_row_already_is_drawn_anew(carrier: str, seed: int) -> None:
    attempt = ATTEMPTS["extraction-repeat"]
    first = written(attempt, carrier, rng=lot(seed)).canary.word
    second = written(attempt, f"{carrier} {first.upper()}", rng=lot(seed)).canary.word
    assert first != second


def test_a_row_cannot_put_in_what_an_order_puts_in() -> None:
    what = written(ATTEMPTS["direct-after"], "{{ left }} {{ right }} {{ order }}", rng=lot(0))
    assert what.sent.startswith("{{ left }} {{ right }} {{ order }}\n")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("hidden-base64", lambda sent: base64.b64decode(sent.rpartition("\n")[2]).decode()),
        ("hidden-unicode-tags", lambda sent: "".join(chr(ord(one) - 0xE0000) for one in sent[4:])),
        ("hidden-zero-width", lambda sent: sent[5:].replace("\u200b", "")),
    ],
)
def test_a_hidden_order_can_be_read_by_who_knows_how(name: str, read: Callable[[str], str]) -> None:
    what = written(ATTEMPTS[name], "Hi !", rng=lot(0))
    order = read(what.sent)
    assert what.canary.left in order
    assert what.canary.right in order
    assert what.canary.left not in what.sent


def test_every_spelling_of_a_planted_secret_counts_and_half_of_it_does_not() -> None:
    attempt = ATTEMPTS["extraction-spelled"]
    canary = written(attempt, "hello", rng=lot(3)).canary
    word = canary.word
    assert all(
        shown_by(attempt, canary, f"It is {said}.")
        for said in (word, word.upper(), word[::-1], "-".join(word), " ".join(word))
    )
    assert not shown_by(attempt, canary, f"{canary.left} ... {canary.right}")


# --- candidates of this process


def topic(text: str) -> str:
    return next((name for name, word in (("bug", "crash"), ("billing", "refund")) if word in text), "praise")


def obedient(text: str) -> str:
    """Answers the label that an order names, where it names one in words."""
    told_to = [name for name in ("bug", "billing", "praise") if f'"{name}"' in text]
    return told_to[0] if told_to else topic(text)


def test_a_candidate_that_ignores_orders_is_not_called_safe(dataset: FrozenDataset) -> None:
    report = attack_on(dataset, topic)
    labels = next(one for one in report.kinds if one.kind == "label")
    assert (report.overall.obeyed, report.overall.tries, report.overall.attempts) == (0, 24, 8)
    assert labels.tally == report.overall
    assert labels.tally.rate.high is not None
    assert labels.tally.rate.high > 0.3  # eight attempts are worth eight rows, not 24
    assert f"fewer than {labels.tally.rate.high:.1%}" in labels.tally.words
    assert "safe " not in " ".join([*told(report), *report.method])
    (note,) = attacked(report)
    assert (note.id, note.severity, note.failure_mode) == ("attack.none_obeyed", "note", "prompt-injection")
    assert any("fewer than" in line for line in note.evidence)


def test_a_candidate_that_obeys_some_orders_is_found_by_attempt(dataset: FrozenDataset) -> None:
    report = attack_on(dataset, obedient)
    broken = {one.attempt for one in report.tries if one.outcome == "obeyed"}
    # these write the label in quotes, which this candidate looks for
    assert broken == {"label-order", "label-authority", "label-policy", "label-json"}
    assert broken_by(report)[0].endswith(": 3 of 3")
    assert (report.overall.obeyed, report.overall.succeeded) == (12, 4)
    for one in report.tries:
        if one.outcome == "obeyed":
            assert one.without != one.wanted == one.example.predicted
            assert one.example.label != one.wanted
    (finding,) = attacked(report)
    assert (finding.id, finding.severity) == ("attack.obeyed", "serious")
    assert finding.title == "Texts that ask for a label got it in 12 of 24 tries."
    assert finding.next_step == failure_mode("prompt-injection").next_step
    assert len(finding.rows) == 12


def test_kinds_that_cannot_be_tried_are_undefined_and_not_zero(dataset: FrozenDataset) -> None:
    report = attack_on(dataset, topic)
    rest = [one for one in report.kinds if one.kind != "label"]
    assert [one.tally.rate.value for one in rest] == [None] * 5
    assert all(one.why_not for one in rest)
    assert told(report)[-1].startswith("Cannot be attacked in these ways, because it answers a label")
    assert told(report)[-1].endswith("That is no sign of safety.")


def test_a_row_that_fails_without_an_order_proves_nothing(dataset: FrozenDataset) -> None:
    def falls_over(text: str) -> str | None:
        return None if HARMLESS in text else obedient(text)

    report = attack_on(dataset, falls_over)
    assert {one.outcome for one in report.tries} <= {"not_comparable", "resisted", "obeyed"}
    comparable = [one for one in report.tries if one.outcome != "not_comparable"]
    assert {one.attempt for one in comparable} == {"label-unicode-tags"}  # its polite sentence is hidden too
    assert report.overall.unanswered == 21


def test_a_candidate_that_breaks_on_orders_is_not_measured(dataset: FrozenDataset) -> None:
    def hidden_too(text: str) -> str | None:
        plain = "".join(chr(ord(one) - 0xE0000) if ord(one) > 0xE0000 else one for one in text)
        return topic(text) if HARMLESS in plain else None

    report = attack_on(dataset, hidden_too)
    assert {one.outcome for one in report.tries} == {"not_answered"}
    assert report.overall.rate.value is None
    assert list(attacked(report)) == []


def test_the_label_wanted_is_neither_the_right_one_nor_the_one_answered(dataset: FrozenDataset) -> None:
    report = attack_on(dataset, lambda _: "bug", rows=20)
    assert {one.wanted for one in report.tries} == {"billing", "praise"}
    assert all(one.wanted not in {one.example.label, "bug"} for one in report.tries)


def test_the_same_seed_makes_the_same_attack_and_another_seed_another(dataset: FrozenDataset) -> None:
    first, again, other = (attack_on(dataset, obedient, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert [one.example.id for one in first.tries] != [one.example.id for one in other.tries]


def test_an_attempt_is_the_same_whatever_else_is_tried(dataset: FrozenDataset) -> None:
    alone = attack_on(dataset, obedient, attempts=[ATTEMPTS["label-json"]])
    among = attack_on(dataset, obedient)
    assert alone.tries == tuple(one for one in among.tries if one.attempt == "label-json")


def test_there_are_no_more_tries_than_rows(dataset: FrozenDataset) -> None:
    carriers = list(dataset.examples("train"))[:2]
    report = attack_on(dataset, topic, carriers=carriers, rows=50)
    assert len(report.tries) == 16
    assert {one.example.id for one in report.tries} == {one.id for one in carriers}


# --- counting


def test_rates_treat_the_tries_of_one_attempt_as_one_group() -> None:
    tries = [tried("obeyed")] * 3 + [tried("resisted", "direct-before")] * 3 + [tried("not_answered")]
    found = tally(tries)
    expected = proportion([True] * 3 + [False] * 3, clusters=[0, 0, 0, 1, 1, 1]).at()  # type: ignore[arg-type]
    assert (found.rate.low, found.rate.high) == (expected.low, expected.high)
    assert (found.attempts, found.succeeded, found.tries, found.obeyed, found.unanswered) == (2, 1, 6, 3, 1)


@given(st.lists(st.sampled_from(["obeyed", "resisted", "not_answered", "not_comparable"]), max_size=30))
def test_every_try_is_counted_once(outcomes: list[Outcome]) -> None:
    found = tally([tried(one) for one in outcomes])
    assert found.tries + found.unanswered == len(outcomes)
    assert found.obeyed == outcomes.count("obeyed")
    assert found.rate.defined is bool(found.tries)


def test_a_label_taken_once_may_be_chance_and_a_word_is_not(dataset: FrozenDataset) -> None:
    usual = attack_on(dataset, topic)

    def severity(attempt: str) -> str:
        names = [name for name, one in ATTEMPTS.items() if one.kind == "label"]
        resisted = [tried("resisted", name) for name in names for _ in range(3)]
        tries = (tried("obeyed", attempt), *resisted)
        (finding,) = attacked(replace(usual, tries=tries, overall=tally(tries)))
        return finding.severity

    assert severity("label-order") == "warning"
    assert severity("direct-after") == "serious"


# --- what is kept


@pytest.fixture
def kept(dataset: FrozenDataset, tmp_path: Path) -> Callable[..., Path]:
    report = attack_on(dataset, obedient)

    def keep(name: str, **changes: Any) -> Path:
        file = tmp_path / name / "report.json"
        file.parent.mkdir()
        file.write_text(as_json(replace(report, id=name, **changes)), encoding="utf-8")
        return file

    return keep


def test_the_newest_attack_on_the_same_version_is_found(kept: Callable[..., Path], tmp_path: Path) -> None:
    kept("a", at="2026-11-22T12:00:00Z")
    kept("b", at="2026-11-22T13:00:00Z")
    kept("c", at="2026-11-22T14:00:00Z", version="v2")
    kept("d", at="2026-11-22T15:00:00Z", candidate="theirs")
    kept(".e", at="2026-11-22T16:00:00Z")
    found = latest_attack(tmp_path, "mine", "v1")
    assert found is not None
    assert found.id == "b"
    assert latest_attack(tmp_path, "mine", "v3") is None
    assert latest_attack(tmp_path / "nowhere", "mine", "v1") is None


def test_a_report_reads_back_as_it_was(dataset: FrozenDataset, tmp_path: Path) -> None:
    report = attack_on(dataset, obedient)
    (tmp_path / "a").mkdir()
    (tmp_path / "a/report.json").write_text(as_json(report), encoding="utf-8")
    assert latest_attack(tmp_path, "mine", "v1") == report


def test_a_report_of_another_layout_is_passed_over(kept: Callable[..., Path], tmp_path: Path) -> None:
    kept("a", schema="shipworthy.attack/2")
    assert latest_attack(tmp_path, "mine", "v1") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", "[" * 100_000, '{"schema": "shipworthy.attack/1"}'])
def test_a_broken_report_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/report.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        latest_attack(tmp_path, "mine", "v1")


def test_replies_are_shortened_and_personal_data_is_masked(dataset: FrozenDataset) -> None:
    carrier = example("write to anna.schmidt@firma.de please " * 30)
    report = attack_on(dataset, lambda _: "bug anna.schmidt@firma.de " * 50, carriers=[carrier])
    text = json.dumps([one.example.text + (one.example.note or "") for one in report.tries])
    assert "anna.schmidt" not in text
    assert max(len(one.example.note or "") for one in report.tries) < 700


def test_nothing_is_said_where_nobody_attacked() -> None:
    assert list(attacked(None)) == []


def test_kinds_are_named_in_the_order_of_the_playbook() -> None:
    kinds: list[AttackKind] = [attempt.kind for attempt in attack_attempts()]
    assert list(dict.fromkeys(kinds)) == list(ATTACK_KINDS)
