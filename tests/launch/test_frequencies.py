"""Shares in words keep what the numbers say: nothing becomes none, and no range is narrower than it is."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.launch.papers.frequencies import frequency, most_of, sentence
from tests.launch.paper_reports import share

WORDS = re.compile(
    r"(?:about|fewer than|more than) ([\d,]+) in ([\d,]+) "
    r"\((?:between ([\d,]+) and ([\d,]+)|at most ([\d,]+)|at least ([\d,]+)|"
    r"so few that it may be any share)\)"
)


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (share(0.091, 0.0712, 0.1151), "about 9 in 100 (between 7 and 12)"),
        (share(0.004, 0.001, 0.012), "about 4 in 1,000 (between 1 and 12)"),
        (share(0.004, 0.0004, 0.012), "about 4 in 1,000 (at most 12)"),
        (share(0.00001, 0.0, 0.0004), "fewer than 1 in 10,000 (at most 4)"),
        (share(0.996, 0.988, 0.999), "about 996 in 1,000 (between 988 and 999)"),
        (share(0.99999, 0.9996, 1.0), "more than 9,999 in 10,000 (at least 9,996)"),
        (share(0.014, 0.008, 0.02), "about 14 in 1,000 (between 8 and 20)"),
        (share(0.0, 0.0, 0.036, 100), "none of 100 tested (at most 4 in 100)"),
        (share(0.0, 0.0, 0.0038, 1000), "none of 1,000 tested (at most 4 in 1,000)"),
        (share(1.0, 0.964, 1.0, 100), "all of 100 tested (at least 96 in 100)"),
        (share(0.5, None, None), "about 50 in 100 (no range could be made)"),
        (share(0.5, 0.0, 1.0, 2), "about 50 in 100 (so few that it may be any share)"),
        (share(None, None, None, 0), "not known (no rows)"),
    ],
)
def test_a_share_is_said_as_so_many_in_so_many(estimate: dict[str, float], words: str) -> None:
    assert frequency(estimate) == words


def test_what_is_not_right_is_wrong_with_its_range_turned_round() -> None:
    right = share(0.909, 0.8849, 0.9288)

    assert frequency(right, others=True) == "about 9 in 100 (between 7 and 12)"
    assert sentence(right, "messages", "go wrong", others=True) == (
        "in 100 messages about 9 go wrong (between 7 and 12)"
    )
    assert sentence(share(1.0, 0.96, 1.0, 90), "messages", "go wrong", others=True) == (
        "of 90 tested messages none go wrong (at most 4 in 100)"
    )


@given(
    st.floats(min_value=1e-6, max_value=1 - 1e-6),
    st.floats(min_value=0, max_value=0.3),
    st.floats(min_value=0, max_value=0.3),
)
def test_no_share_becomes_none_or_all_and_no_range_is_narrowed(value: float, down: float, up: float) -> None:
    low, high = max(0.0, value - down), min(1.0, value + up)
    found = WORDS.fullmatch(frequency(share(value, low, high)))

    assert found is not None
    count, base = (int(found[place].replace(",", "")) for place in (1, 2))
    assert 0 < count < base
    first, last = (
        int((found[a] or found[b] or str(none)).replace(",", "")) for a, b, none in ((3, 6, 0), (4, 5, base))
    )
    assert first / base <= low + 1e-9
    assert high <= last / base + 1e-9
    assert first <= count <= last
    rare = min(value, 1 - value)
    if rare > 0.0005:
        assert math.isclose(min(count, base - count) / base, rare, rel_tol=0.1 + 1e-6)


def test_most_is_said_only_where_the_sample_carries_it() -> None:
    assert most_of(31, 40) == "most of them (31 of 40)"
    assert most_of(3, 5) == "the commonest mistake (3 of 5)"
    assert most_of(7, 7) == "all of them (7 of 7)"
    assert most_of(9, 4) == "some of them"
