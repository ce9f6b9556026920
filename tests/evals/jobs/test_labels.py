"""Labels are read leniently and never guessed; a wrong one is named."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import DataError
from shipworthy.evals.jobs.labels import (
    AnswerLabel,
    Evidence,
    FieldLabel,
    ItemLabel,
    RecordLabel,
    SummaryLabel,
    answer_label,
    record_label,
    summary_label,
)

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_an_answer_may_be_one_text_or_several_with_evidence() -> None:
    whole = {
        "answerable": True,
        "answers": ["28 days"],
        "evidence": [{"document": "leave.md", "quote": "Leave is 28 days."}],
    }
    columns = {"answerable": "yes", "answer": "28 days", "quote": "Leave is 28 days.", "document": "leave.md"}
    expected = AnswerLabel(
        answerable=True,
        answers=("28 days",),
        evidence=(Evidence(quote="Leave is 28 days.", document="leave.md"),),
    )
    assert answer_label(json.dumps(whole)) == answer_label(json.dumps(columns)) == expected


def test_what_has_no_answer_is_not_answerable() -> None:
    assert answer_label('{"answerable": "no"}') == AnswerLabel(answerable=False)
    assert answer_label('{"answer": ""}') == AnswerLabel(answerable=False)
    assert answer_label('{"answer": "5"}').answerable


def test_a_field_may_come_with_its_quote_and_blank_is_no_value() -> None:
    label = record_label('{"total": {"value": 5, "quote": "EUR 5"}, "due": "", "tags": ["a"]}')
    assert label == RecordLabel(
        fields={
            "total": FieldLabel(value=5, quote="EUR 5"),
            "due": FieldLabel(value=None),
            "tags": FieldLabel(value=["a"]),
        }
    )


def test_statements_have_a_kind_a_text_and_lines() -> None:
    items = [{"kind": "action", "text": "Pay", "owner": "Ada", "due": "", "lines": [3, 4]}]
    assert summary_label(json.dumps({"items": items})) == SummaryLabel(
        items=(ItemLabel(kind="action", text="Pay", owner="Ada", lines=(3, 4)),)
    )
    assert summary_label('{"items": []}') == SummaryLabel(items=())


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (answer_label, "yes", "not JSON"),
        (answer_label, "[1]", "object in braces"),
        (answer_label, '{"answers": ["a"], "evidense": []}', "evidense"),
        (answer_label, '{"answerable": "perhaps"}', "perhaps"),
        (answer_label, '{"answerable": true}', "neither an answer nor a quote"),
        (answer_label, '{"evidence": [{"document": "a"}]}', "no quote"),
        (record_label, "{}", "names no field"),
        (summary_label, '{"items": [{"kind": "todo", "text": "x"}]}', "todo"),
        (summary_label, '{"items": [{"kind": "risk"}]}', "no text"),
        (summary_label, '{"items": [{"kind": "risk", "text": "x", "lines": ["3"]}]}', "lines"),
    ],
)
def test_a_label_of_another_form_is_refused_with_what_is_wrong(read: Any, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(text)


@given(junk)
def test_no_label_breaks_the_reader(value: Any) -> None:
    for read in (answer_label, record_label, summary_label):
        with contextlib.suppress(DataError):
            read(json.dumps(value))
