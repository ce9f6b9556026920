"""Ids: sorted by day, short, and never the same twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.clock import SystemClock
from shipworthy.core.ids import new_id

moments = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(moments, moments)
def test_ids_of_different_days_sort_as_the_days_do(one: datetime, other: datetime) -> None:
    first, second = new_id(one), new_id(other)

    if one.date() < other.date():
        assert first < second
    elif one.date() > other.date():
        assert first > second


@given(moments)
def test_an_id_is_the_day_and_six_characters_that_nobody_misreads(at: datetime) -> None:
    assert re.fullmatch(rf"{at.date().isoformat()}-[0-9abcdefghjkmnpqrstvwxyz]{{6}}", new_id(at))


def test_two_thousand_ids_of_one_moment_are_different() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)

    # A clash among 2,000 has a chance of 0.2%: what is ruled out is a tail that does not vary.
    assert len({new_id(at) for _ in range(2_000)}) >= 1_999


def test_the_clock_of_the_machine_tells_the_time_in_utc() -> None:
    before = datetime.now(UTC)
    told = SystemClock().now()

    assert before <= told <= datetime.now(UTC)
    assert told.utcoffset() == timedelta(0)
