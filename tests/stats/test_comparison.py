"""Two candidates on the same rows, and two shares side by side."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from shipworthy.stats.comparison import (
    Comparison,
    compare,
    mcnemar,
    paired_difference,
    share_gap_bounds,
    standing,
)
from shipworthy.stats.estimate import Estimate

pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80)


def gap(low: float | None, high: float | None) -> Estimate:
    return Estimate(value=0.0, low=low, high=high, n=100, method="test", unit="points")


@given(pairs)
def test_mcnemar_equals_statsmodels(rows: list[tuple[bool, bool]]) -> None:
    a, b = np.array(rows, dtype=np.bool_).T
    table = [[np.sum(a & b), np.sum(a & ~b)], [np.sum(~a & b), np.sum(~a & ~b)]]
    assert mcnemar(a, b) == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue, rel=1e-9)


@given(pairs)
def test_swapping_the_candidates_turns_the_difference_round(rows: list[tuple[bool, bool]]) -> None:
    a, b = np.array(rows, dtype=np.bool_).T
    there, back = paired_difference(a, b).at(), paired_difference(b, a).at()
    assert (there.value, there.low, there.high) == pytest.approx(
        (-(back.value or 0), -(back.high or 0), -(back.low or 0))
    )


def test_no_disagreement_is_not_read_as_certainty() -> None:
    same = np.ones(100, dtype=np.bool_)
    estimate = paired_difference(same, same).at()
    assert estimate.value == 0
    assert estimate.low == pytest.approx(-(estimate.high or 0))
    assert 0.01 < (estimate.high or 0) < 0.04


def test_ten_copies_of_each_row_say_no_more_than_the_rows_when_they_are_named_as_clusters() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.random(200) < 0.8, rng.random(200) < 0.7
    once = paired_difference(a, b).at()
    clusters = np.repeat(np.arange(200), 10)
    copied = paired_difference(np.repeat(a, 10), np.repeat(b, 10), clusters=clusters).at()
    pooled = paired_difference(np.repeat(a, 10), np.repeat(b, 10)).at()
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), abs=0.004)
    assert (pooled.high or 0) - (pooled.low or 0) < 0.4 * ((once.high or 0) - (once.low or 0))
    assert (copied.n, copied.clusters) == (2_000, 200)


def test_scores_that_are_not_only_0_and_1_get_the_interval_of_a_mean_in_points() -> None:
    rng = np.random.default_rng(3)
    a = rng.random(50)
    estimate = paired_difference(a, a - 0.1 - rng.normal(0, 0.01, 50)).at()
    assert estimate.unit == "points"
    assert estimate.value == pytest.approx(0.1, abs=0.01)


def test_no_rows_give_no_difference() -> None:
    nothing = np.zeros(0, dtype=np.bool_)
    estimate = paired_difference(nothing, nothing).at()
    assert (estimate.value, estimate.warning) == (None, "no rows to compare")
    assert mcnemar(nothing, nothing) == 1.0


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs need two lists of one length"):
        mcnemar(np.ones(3, dtype=np.bool_), np.ones(4, dtype=np.bool_))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.001, 0.2, "better"),
        (-0.2, -0.001, "worse"),
        (-0.009, 0.009, "tied"),
        (0.001, 0.009, "tied"),
        (-0.02, 0.009, "cannot tell"),
        (None, None, "cannot tell"),
    ],
)
def test_a_difference_is_read_by_its_whole_interval(
    low: float | None, high: float | None, expected: str
) -> None:
    assert standing(gap(low, high), margin=0.01) == expected


def test_a_comparison_says_in_words_who_is_better() -> None:
    rng = np.random.default_rng(4)
    good, bad = rng.random(500) < 0.9, rng.random(500) < 0.6
    better = compare(good, bad)
    assert better.p is not None
    assert better.p < 1e-6
    assert better.words("trained", "keyword").startswith("trained is better than keyword: +")
    assert (
        compare(bad, good)
        .words("keyword", "trained")
        .startswith("keyword is worse than trained: −27.0 points")
    )
    assert "tied: whatever the difference, it is under 5 points" in compare(good, good, margin=0.05).words(
        "a", "b"
    )
    assert compare(good[:20], good[1:21]).words("a", "b").startswith("These rows cannot tell whether a or b")
    assert compare(good, bad, clusters=np.arange(500) // 5).p is None
    assert isinstance(better, Comparison)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((56, 70), (48, 80), (0.0528, 0.3382)),
        ((9, 10), (3, 10), (0.1700, 0.8406)),
        ((6, 7), (2, 7), (0.0342, 0.8534)),
        ((5, 56), (0, 29), (-0.0326, 0.1933)),
        ((0, 10), (0, 20), (-0.1658, 0.2844)),
        ((10, 10), (0, 20), (0.7156, 1.0000)),
    ],
)
def test_the_gap_of_two_shares_has_the_published_interval(
    first: tuple[int, int], second: tuple[int, int], expected: tuple[float, float]
) -> None:
    """Newcombe (1998), Interval estimation for the difference between proportions, table II, method 5."""
    (x, n), (y, m) = first, second
    low, high = share_gap_bounds(
        np.array([x / n]), np.array([float(n)]), np.array([y / m]), np.array([float(m)]), level=0.95
    )
    assert (low[0], high[0]) == pytest.approx(expected, abs=6e-5)


@pytest.mark.simulation
@pytest.mark.parametrize("size", [1, 5])
def test_the_paired_interval_holds_the_truth_in_at_least_93_per_cent(size: int) -> None:
    rng = np.random.default_rng(size)
    held = 0
    clusters = np.arange(300) // size
    for _ in range(400):
        shared = rng.random(clusters.max() + 1)[clusters]
        draw = np.where(rng.random(300) < 0.45, shared, rng.random(300))
        estimate = paired_difference(draw < 0.1, draw > 0.95, clusters=clusters).at()
        held += (estimate.low or 0) <= 0.05 <= (estimate.high or 0)
    assert held / 400 >= 0.93
