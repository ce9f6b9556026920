from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.apps.extract.dates import order_of_dates, written_dates

APRIL_3 = date(2026, 4, 3)
DAYS = st.dates(date(1970, 1, 1), date(2068, 12, 31))
ENGLISH = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]


def read(text: str) -> list[tuple[str, tuple[date, ...]]]:
    return [(text[one.start : one.end], one.readings) for one in written_dates(text)]


@pytest.mark.parametrize(
    "written",
    [
        "2026-04-03",
        "2026/04/03",
        "2026.4.3",
        "3.4.2026",
        "03.04.26",
        "3 April 2026",
        "April 3, 2026",
        "April 3rd, 2026",
        "3rd of April 2026",
        "3rd day of April, 2026",
        "3 rd day of April 2026",
        "03-Apr-2026",
        "03-Apr-26",
        "Apr. 3 2026",
        "April 3,2026",
        "3. April 2026",
        "3 avril 2026",
        "3 de abril de 2026",
        "3 aprile 2026",
        "3 april 2026",
    ],
)
def test_a_date_is_read_in_the_forms_people_write(written: str) -> None:
    assert read(f"It was made on {written}, and signed.") == [(written, (APRIL_3,))]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1er février 2026", date(2026, 2, 1)),
        ("12. März 2026", date(2026, 3, 12)),
        ("31 décembre 2025", date(2025, 12, 31)),
        ("24 août 2025", date(2025, 8, 24)),
        ("5 maart 2026", date(2026, 3, 5)),
    ],
)
def test_month_names_with_accents_are_known(written: str, day: date) -> None:
    assert read(written) == [(written, (day,))]


def test_a_date_that_can_be_read_in_two_ways_gives_both_with_the_day_first() -> None:
    assert read("Due 03/04/2026.") == [("03/04/2026", (date(2026, 4, 3), date(2026, 3, 4)))]


def test_the_order_decides_between_the_readings() -> None:
    (found,) = written_dates("03/04/2026")
    assert found.read("day first") == (date(2026, 4, 3),)
    assert found.read("month first") == (date(2026, 3, 4),)
    assert found.read(None) == found.readings


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("25/12/2026 and 03/04/2026", "day first"),
        ("12/25/2026 and 03/04/2026", "month first"),
        ("03/04/2026", None),
        ("25/12/2026 and 12/25/2026", None),
        ("25.12.2026", None),
    ],
)
def test_other_dates_of_a_document_tell_the_order_unless_they_contradict_each_other(
    text: str, order: str | None
) -> None:
    assert order_of_dates(text) == order


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-13-01", "1.2.3.4", "v2.10.2026-3", "call 555-12-1234", "0/0/2026"]
)
def test_what_is_no_day_of_the_calendar_is_not_read(text: str) -> None:
    assert read(text) == []


@given(DAYS)
def test_every_day_survives_being_written_out(day: date) -> None:
    for written in (f"{day.day} {ENGLISH[day.month - 1]} {day.year}", day.isoformat(), f"{day:%d.%m.%Y}"):
        assert read(f"x {written} y") == [(written, (day,))]


@given(st.text(max_size=200))
def test_any_text_gives_dates_that_stand_in_it_from_the_left(text: str) -> None:
    found = list(written_dates(text))
    assert all(0 <= one.start < one.end <= len(text) and one.readings for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
