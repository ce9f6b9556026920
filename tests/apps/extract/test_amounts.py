from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.apps.extract.amounts import (
    WrittenMoney,
    WrittenNumber,
    decimal_sign_of,
    written_money,
    written_numbers,
)


def numbers(text: str) -> list[tuple[str, list[str]]]:
    return [
        (text[one.start : one.end], [str(value) for value in one.readings]) for one in written_numbers(text)
    ]


def money(text: str) -> list[tuple[str, list[str], str]]:
    return [
        (text[one.start : one.end], [str(value) for value in one.readings], one.currency)
        for one in written_money(text)
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("12,5", "12.5"),
        ("0.125", "0.125"),
        ("42", "42"),
        ("-3.5", "-3.5"),
        ("seven", "7"),
        ("4 million", "4000000"),
        ("5k", "5000"),
    ],
)
def test_numbers_are_read_in_both_conventions(written: str, value: str) -> None:
    ((quote, values),) = numbers(f"about {written} of them")
    assert (quote, [Decimal(one) for one in values]) == (written, [Decimal(value)])


def test_three_digits_behind_one_sign_may_be_thousands_or_decimals() -> None:
    assert numbers("1.234") == [("1.234", ["1234", "1.234"])]


def test_the_documents_decimal_sign_settles_what_three_digits_are() -> None:
    assert [one.readings for one in written_numbers("1.234", decimal=",")] == [(Decimal(1234),)]
    assert [one.readings for one in written_numbers("1.234", decimal=".")] == [(Decimal("1.234"),)]


@pytest.mark.parametrize(
    ("text", "sign"),
    [("12,50 and 1.234", ","), ("1,234.5", "."), ("1.234", None), ("1,5 and 2.5", None), ("7", None)],
)
def test_other_numbers_tell_the_decimal_sign_unless_they_contradict_each_other(
    text: str, sign: str | None
) -> None:
    assert decimal_sign_of(text) == sign


@pytest.mark.parametrize(
    ("written", "value", "currency"),
    [
        ("$1,234.50", "1234.50", "USD"),
        ("US$ 5,000", "5000", "USD"),
        ("1.234,50 €", "1234.50", "EUR"),
        ("EUR 1.234", "1234", "EUR"),
        ("12,00 EUR", "12.00", "EUR"),
        ("CHF 12.-", "12", "CHF"),
        ("USD5", "5", "USD"),
        ("£3.5m", "3500000", "GBP"),
        ("-€3,50", "-3.50", "EUR"),
        ("5 million dollars", "5000000", "USD"),
        ("R$ 10", "10", "BRL"),
        ("RMB 7", "7", "CNY"),
        ("20 pounds sterling", "20", "GBP"),
    ],
)
def test_money_is_read_with_its_currency(written: str, value: str, currency: str) -> None:
    ((quote, values, code),) = money(f"We pay {written} now")
    assert (quote, [Decimal(one) for one in values], code) == (written, [Decimal(value)], currency)


def test_brackets_mean_a_minus_in_accounts_and_nothing_in_a_sentence() -> None:
    assert money("five thousand dollars ($5,000)") == [("$5,000", ["5000"], "USD")]
    assert money("Loss\t($5,000)") == [("($5,000)", ["-5000"], "USD")]


def test_versions_and_parts_of_words_are_no_numbers() -> None:
    assert numbers("v1.2.3 B12 12px 1.2.3.4") == []


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_both_conventions_say_the_same_amount(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02d}"
    german = english.translate(str.maketrans(",.", ".,"))
    value = Decimal(f"{whole}.{cents:02d}")
    assert money(f"x ${english} y") == [(f"${english}", [str(value)], "USD")]
    assert money(f"x {german} € y") == [(f"{german} €", [str(value)], "EUR")]


@given(st.text(max_size=200))
def test_any_text_gives_amounts_that_stand_in_it(text: str) -> None:
    found: list[WrittenNumber | WrittenMoney] = [*written_numbers(text), *written_money(text)]
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        assert one.readings


@pytest.mark.parametrize("unit", ["123 ", "1 ", "1", "1.2", "1,", "1'234", "(1", "-1", "12.345.", "$1 "])
def test_a_long_run_of_digits_is_read_to_its_end(unit: str) -> None:
    text = unit * (200_000 // len(unit))  # where a pattern took the square of it, this would take minutes
    assert all(one.end <= len(text) for one in written_numbers(text))
    assert all(one.currency == "USD" for one in written_money(text))


def test_a_number_of_ten_groups_is_read_whole() -> None:
    assert numbers("1" + ",234" * 9) == [("1" + ",234" * 9, ["1" + "234" * 9])]
