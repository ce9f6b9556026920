"""What a cell says: missing, a number, a class in some spelling, a date in some format."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.datasets.store import Store, text_array
from shipworthy.datasets.times import date_format
from shipworthy.datasets.values import (
    is_missing,
    is_number,
    number_in,
    present,
    spelling_key,
    spellings,
)


@pytest.mark.parametrize("text", [None, "", "  ", "NaN", "null", "N/A", "na", "#N/A", "<NA>", "-", "(blank)"])
def test_these_say_that_there_is_no_value(text: str | None) -> None:
    assert is_missing(text)


@pytest.mark.parametrize("text", ["none", "0", "no", "unknown", "other", "."])
def test_these_may_be_classes(text: str) -> None:
    assert not is_missing(text)


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("-2.5", -2.5), ("0,9", 0.9), (" 80 % ", 80), ("1e-3", 0.001), (".5", 0.5)]
)
def test_these_are_numbers(text: str, number: float) -> None:
    assert is_number(text)
    assert number_in(text) == number


@pytest.mark.parametrize("text", ["", "a1", "1 2", "2026-11-22", "1.2.3", "nan", "inf", "--1"])
def test_these_are_not(text: str) -> None:
    assert not is_number(text)


@given(st.lists(st.tuples(st.text(alphabet="aAbB é\u0301-", max_size=4), st.integers(0, 9)), max_size=12))
def test_each_spelling_goes_to_one_class_which_goes_to_itself(counts: list[tuple[str, int]]) -> None:
    found = spellings(counts)

    assert set(found) == {text for text, _ in counts}
    for text, name in found.items():
        assert (name is None) == is_missing(text)
        if name is not None:
            assert spelling_key(text) == spelling_key(name)
            assert all(
                other == name for each, other in found.items() if spelling_key(each) == spelling_key(text)
            )


def test_the_commonest_spelling_wins_and_spaces_do_not_split_it() -> None:
    assert spellings([("Bug", 3), ("bug", 2), (" bug", 2), ("N/A", 1), (None, 9)]) == {
        "Bug": "bug",
        "bug": "bug",
        " bug": "bug",
        "N/A": None,
    }


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    made.query("CREATE TABLE t (row BIGINT, x VARCHAR)")
    yield made
    made.close()


def filled(store: Store, values: list[str | None]) -> None:
    store.insert("t", {"x": text_array(values)})


def test_sql_and_python_agree_on_what_is_missing(store: Store) -> None:
    values = ["", " ", "NaN", "\tN/A\n", "-", "none", "a b", None]
    filled(store, list(values))

    found = [value for (value,) in store.query(f"SELECT {present('x')} FROM t")]

    assert found == [None if value is None or is_missing(value) else value.strip() for value in values]


@pytest.mark.parametrize(
    ("values", "name", "times"),
    [
        (["2026-01-05", "2026-2-6 10:11"], "year-month-day", ["2026-01-05 00:00:00", "2026-02-06 10:11:00"]),
        (["2026-01-05T10:00:00+02:00"], "year-month-day", ["2026-01-05 08:00:00"]),
        (["2026-01-05T10:00:00Z"], "year-month-day", ["2026-01-05 10:00:00"]),
        (["25/01/26", "06/02/2026 11:12"], "day/month/year", ["2026-01-25 00:00:00", "2026-02-06 11:12:00"]),
        (["1/25/2026 3:04 PM"], "month/day/year", ["2026-01-25 15:04:00"]),
        (["25.01.2026 03:04"], "day.month.year", ["2026-01-25 03:04:00"]),
        (["20260125"], "year.month.day", ["2026-01-25 00:00:00"]),
        (["Jan 5, 2026", "December 25, 2026"], "name of the month, day, year", ["2026-01-05 00:00:00"]),
        (["5 Jan 2026 3:04 PM"], "day, name of the month, year", ["2026-01-05 15:04:00"]),
        (["Mon, 05 Jan 2026 10:00:00 +0200"], "date and time of an e-mail", ["2026-01-05 08:00:00"]),
        (["1767600000"], "seconds since 1970", ["2026-01-05 08:00:00"]),
        (["1767600000123"], "milliseconds since 1970", ["2026-01-05 08:00:00.123"]),
    ],
)
def test_the_format_of_a_column_of_dates_is_found(
    store: Store, values: list[str | None], name: str, times: list[str]
) -> None:
    filled(store, [*values, None])

    found = date_format(store, "t", "x")

    assert found is not None
    assert (found.name, found.parsed, found.filled, found.ambiguous) == (
        name,
        len(values),
        len(values),
        False,
    )
    read = [value for (value,) in store.query(f"SELECT ({found.expression})::VARCHAR FROM t")]
    assert read[: len(times)] == times


def test_days_up_to_twelve_leave_the_order_open(store: Store) -> None:
    filled(store, ["01/02/2026", "03/04/2026"])

    found = date_format(store, "t", "x")

    assert found is not None
    assert (found.name, found.ambiguous) == ("day/month/year", True)


@pytest.mark.parametrize(
    "values", [["12", "13"], ["2026"], ["hello"], ["12345678"], ["10:30"], [None], ["infinity"]]
)
def test_these_are_not_dates(store: Store, values: list[str | None]) -> None:
    filled(store, values)

    assert date_format(store, "t", "x") is None
