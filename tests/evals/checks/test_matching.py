"""Values that say the same are the same, however they are written; token F1 is SQuAD's."""

from __future__ import annotations

import collections
import re
import string
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.evals.checks.matching import (
    as_date,
    as_number,
    normalised,
    same_value,
    set_matches,
    token_f1,
)

words = st.text(alphabet="ab AB.,the ", max_size=30)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    words,
    st.dates().map(str),
    st.lists(words, max_size=4),
    st.fixed_dictionaries({"amount": st.integers(0, 99), "currency": st.sampled_from(["EUR", "USD"])}),
)


def squad_f1(given: str, wanted: str) -> float:
    """Written from the description of the SQuAD 2.0 evaluation, apart from our own code."""

    def clean(text: str) -> list[str]:
        lowered = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", lowered).split()

    mine, theirs = clean(given), clean(wanted)
    shared = collections.Counter(mine) & collections.Counter(theirs)
    same = sum(shared.values())
    if len(mine) == 0 or len(theirs) == 0:
        return float(mine == theirs)
    if same == 0:
        return 0.0
    precision, recall = same / len(mine), same / len(theirs)
    return 2 * precision * recall / (precision + recall)


@given(words, words)
def test_token_f1_is_that_of_an_independent_implementation(one: str, other: str) -> None:
    assert token_f1(one, other) == pytest.approx(squad_f1(one, other))


@given(values, values)
def test_being_the_same_works_both_ways(one: Any, other: Any) -> None:
    assert same_value(one, other) == same_value(other, one)


@given(values)
def test_everything_is_the_same_as_itself(value: Any) -> None:
    assert same_value(value, value)


@given(st.lists(words, max_size=6), st.randoms())
def test_lists_agree_in_any_order(items: list[str], rng: Any) -> None:
    turned = list(items)
    rng.shuffle(turned)
    assert set_matches(items, turned) == len(items)
    assert same_value(items, turned)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,250.00", 1250),
        ("1.250,00 €", 1250.0),
        ("EUR 1,250.00", {"amount": 1250.0, "currency": "EUR"}),
        ("$1,250", {"amount": 1250, "currency": "USD"}),
        ("1 250,5", 1250.5),
        ("(12.50)", -12.5),
        ("-3", "−3.0"),
        ("7 %", 7),
        ("2026-05-01", "1 May 2026"),
        ("May 1st, 2026", "01.05.2026"),
        ("13/05/2026", "05/13/2026"),
        ("The ACME Corp.", "acme corp"),
        (True, "yes"),
        (None, None),
        ({"a": 1, "b": None}, {"a": "1.0", "b": None}),
    ],
)
def test_these_say_the_same(one: Any, other: Any) -> None:
    assert same_value(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,250", "1.25"),
        ("EUR 5", "USD 5"),
        ("INV-1001", "INV-1002"),
        ("INV-1001", -1001),
        ("2026-05-01", "2026-05-02"),
        ("acme", "acme north"),
        (None, ""),
        (None, 0),
        ([], None),
        (["a"], ["a", "a"]),
        ({"a": 1}, {"a": 1, "b": 2}),
    ],
)
def test_these_do_not(one: Any, other: Any) -> None:
    assert not same_value(one, other)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,000", 1000), ("1.000", 1000), ("1.5", 1.5), ("1,5", 1.5), ("1.000.000,25", 1000000.25),
     ("12 apples", None), ("", None), ("1 and 2", None), (float("nan"), None), (True, None)],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text: Any, number: float | None) -> None:
    assert as_number(text) == number


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-02-30", None), ("3 Sept 2026", date(2026, 9, 3)), ("Friday", None), ("2026", None),
     ("2026-05-01T10:00:00", date(2026, 5, 1)), ("1 2 2026", None), (5, None)],
)  # fmt: skip
def test_a_date_is_read_or_it_is_none(text: Any, day: date | None) -> None:
    assert as_date(text) == day


def test_normalising_drops_case_articles_and_punctuation() -> None:
    assert normalised("  The “Cat”, an old one. ") == "“cat” old one"
