"""What labels of other jobs must be, and how far two people agree, held against computations of our own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from shipworthy.core.errors import DataError
from shipworthy.datasets.lines import append_lines, read_lines
from shipworthy.evals.jobs.labels import (
    AnswerLabel,
    FieldLabel,
    ItemLabel,
    RecordLabel,
    SummaryLabel,
)
from shipworthy.evals.jobs.library import Library
from shipworthy.evals.labelling.agreement import label_agreement, same_label
from shipworthy.evals.labelling.doubt import unsure_rows
from shipworthy.evals.labelling.forms import LabelForm, label_from_plain, plain_of
from shipworthy.evals.labelling.session import file_of
from shipworthy.evals.labelling.values import FieldForm, typed

NAMES = st.text("abcdefgh .!", min_size=1, max_size=12)


def values(first: dict[int, AnswerLabel], second: dict[int, AnswerLabel]) -> dict[str, float | None]:
    return {line.about: line.estimate.value for line in label_agreement({"a": first, "b": second})}


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=40))
def test_kappa_of_answerable_is_that_of_an_independent_implementation(pairs: list[tuple[bool, bool]]) -> None:
    def label(yes: bool) -> AnswerLabel:
        return AnswerLabel(answerable=yes, answers=("x",) if yes else ())

    found = values(
        {row: label(one) for row, (one, _) in enumerate(pairs)},
        {row: label(other) for row, (_, other) in enumerate(pairs)},
    )
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert found["answerable: the same"] == pytest.approx(np.mean([a == b for a, b in pairs]))
    kappa = found["answerable: beyond chance (Cohen's kappa)"]
    if len({*one, *other}) == 1:
        assert kappa is None
    else:
        assert kappa == pytest.approx(cohen_kappa_score(one, other))


def word_f1(one: str, other: str) -> float:
    """Token F1 from its definition, by precision and recall."""
    left, right = Counter(one.split()), Counter(other.split())
    common = sum((left & right).values())
    if not common:
        return 0.0
    precision, recall = common / sum(left.values()), common / sum(right.values())
    return 2 * precision * recall / (precision + recall)


def test_answers_agree_by_the_words_they_have_in_common_on_rows_both_answered() -> None:
    said = [("ten euros", "ten euros a day"), ("red", "blue"), ("by friday noon", "friday")]
    first = {row: AnswerLabel(answerable=True, answers=(one,)) for row, (one, _) in enumerate(said)}
    second = {row: AnswerLabel(answerable=True, answers=(other,)) for row, (_, other) in enumerate(said)}
    first[9] = AnswerLabel(answerable=True, answers=("alone",))
    expected = np.mean([word_f1("ten euros", "ten euros day"), 0, word_f1("by friday noon", "friday")])
    assert values(first, second)["answers: words in common (F1)"] == pytest.approx(expected)


def test_fields_agree_one_by_one_and_together_with_rows_as_groups() -> None:
    def record(total: object, due: object) -> RecordLabel:
        return RecordLabel(fields={"total": FieldLabel(value=total), "due": FieldLabel(value=due)})

    first = {1: record(10, None), 2: record("EUR 1,000.00", "2026-01-02"), 3: record(3, None)}
    second = {1: record(10.0, None), 2: record(1000, "2 January 2026"), 3: record(4, "2026-01-01")}
    lines = {line.about: line.estimate for line in label_agreement({"a": first, "b": second})}
    assert lines["total: the same value"].value == pytest.approx(2 / 3)
    assert lines["due: the same value"].value == pytest.approx(2 / 3)
    assert lines["all fields: the same value"].value == pytest.approx(4 / 6)
    assert (lines["all fields: the same value"].n, lines["all fields: the same value"].clusters) == (6, 3)
    assert [same_label(first[row], second[row]) for row in (1, 2, 3)] == [True, True, False]


def test_minutes_agree_by_the_statements_they_have_in_common() -> None:
    def item(kind: str, text: str, owner: str | None = None, *lines: int) -> ItemLabel:
        return ItemLabel(kind=kind, text=text, owner=owner, lines=lines)  # type: ignore[arg-type]

    first = {
        1: SummaryLabel(items=(item("decision", "paint it green", None, 1), item("action", "buy", "Ben", 2)))
    }
    second = {
        1: SummaryLabel(
            items=(
                item("decision", "green it is", None, 1),
                item("risk", "rain"),
                item("action", "get", "Ada", 2),
            )
        )
    }
    lines = {line.about: line.estimate.value for line in label_agreement({"a": first, "b": second})}
    assert lines["all statements: in common (F1)"] == pytest.approx(2 * 2 / 5)
    assert lines["kind risk: in common (F1)"] == 0
    assert lines["owner of actions in common: the same"] == 0
    assert lines["due of actions in common: the same"] == 1


def test_one_person_alone_or_other_rows_give_no_agreement() -> None:
    label = AnswerLabel(answerable=False)
    assert label_agreement({"a": {1: label}}) == ()
    assert label_agreement({"a": {1: label}, "b": {2: label}}) == ()


PLAIN = st.one_of(st.none(), st.text(max_size=8), st.integers(-99, 99), st.booleans())


@given(st.dictionaries(NAMES, PLAIN, min_size=1, max_size=4))
def test_a_record_that_was_kept_is_read_back(fields: dict[str, object]) -> None:
    label = label_from_plain("extract", fields)
    assert label_from_plain("extract", json.loads(json.dumps(plain_of(label)))) == label


@given(NAMES, NAMES)
def test_two_people_never_share_a_file(one: str, other: str) -> None:
    folder = Path("labels")
    assert (file_of(folder, one) == file_of(folder, other)) == (one == other)
    assert file_of(folder, one).parent == folder


@pytest.mark.parametrize("name", ["chosen", "decided", "../../etc", "/", "..", "a/b", "CON", "é" * 300])
def test_no_name_of_a_person_leads_elsewhere_or_over_another_file(name: str) -> None:
    file = file_of(Path("labels"), name)
    assert file.parent == Path("labels")
    assert file.name not in {"chosen.jsonl", "decided.jsonl"}
    assert len(file.name) < 80


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        (FieldForm(name="n", kind="number"), "1,250.50", 1250.5),
        (FieldForm(name="n", kind="integer"), "12", 12),
        (FieldForm(name="b", kind="boolean"), "No", False),
        (FieldForm(name="d", kind="date"), "23 November 2026", "2026-11-23"),
        (FieldForm(name="m", kind="money", currency="CHF"), "12.50", {"amount": 12.5, "currency": "CHF"}),
        (FieldForm(name="m", kind="money"), "€ 12", {"amount": 12, "currency": "EUR"}),
        (FieldForm(name="e", kind="enum", values=("paid", "open")), "PAID", "paid"),
        (FieldForm(name="l", kind="list", of="integer"), "1; 2", [1, 2]),
        (FieldForm(name="l", kind="list"), '["a; b", "c"]', ["a; b", "c"]),
        (FieldForm(name="t"), "  words ", "words"),
        (FieldForm(name="d", kind="date"), "", None),
    ],
)
def test_a_value_is_kept_as_its_type(field: FieldForm, said: str, kept: object) -> None:
    assert typed(field, said) == kept


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "date", "money", "enum"])
def test_a_value_of_another_type_is_refused(kind: str) -> None:
    with pytest.raises(DataError, match=f"is of the type {kind}"):
        typed(FieldForm(name="x", kind=kind, values=("paid",)), "hm")


def test_sentences_are_found_by_their_rare_words(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Leave\n\nYou may take leave. Carry over five days of leave.\n")
    form = LabelForm(job="answer", library=Library(tmp_path))
    first = form.find("How many days may I carry over?")[0]
    assert (first.document, first.quote) == ("a.md", "Carry over five days of leave.")
    assert form.find("…") == ()


@given(st.lists(st.dictionaries(NAMES, PLAIN, max_size=3), max_size=8), st.binary(max_size=20))
def test_lines_are_read_back_whatever_a_killed_process_left_behind(
    tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, object]], torn: bytes
) -> None:
    path = tmp_path_factory.mktemp("lines") / "file.jsonl"
    append_lines(path, items)
    with path.open("ab") as stream:
        stream.write(torn.replace(b"\n", b""))
    append_lines(path, [{"last": True}])
    assert [item for _, item in read_lines(path)] == [*items, {"last": True}]


def test_rows_like_unsure_ones_come_first_and_rows_like_none_are_left_out() -> None:
    seen = [("refund of the invoice", 0.2), ("the app crashes", 0.9), ("the app is slow", 0.8)]
    pool = {1: "app crashes again", 2: "my invoice and the refund", 3: "0000"}
    assert unsure_rows(pool, seen) == [2]
    assert unsure_rows({}, seen) == unsure_rows(pool, []) == []
