"""A ratio of sums covers the truth, knows its extremes, and never claims certainty."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import proportion
from shipworthy.stats.ratios import pooled_ratio


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.value, estimate.low, estimate.high


def test_the_value_is_the_sum_over_the_sum_and_rows_without_anything_do_not_count() -> None:
    found = pooled_ratio(np.array([3.0, 0, 0, 4]), np.array([4.0, 0, 1, 5])).at()
    assert (found.value, found.n) == (0.7, 3)


def test_rows_that_count_once_and_are_all_or_nothing_are_a_plain_share() -> None:
    hits = np.array([True, True, False, True] * 5)
    ours = pooled_ratio(hits.astype(float), np.ones(20)).at()
    assert ours == proportion(hits).at()


def test_nothing_to_count_is_undefined_and_says_why() -> None:
    found = pooled_ratio(np.zeros(3), np.zeros(3), nothing="no citation was given").at(0.9)
    assert (found.value, found.warning, found.level) == (None, "no citation was given", 0.9)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_rows_that_are_all_alike_still_leave_room_for_doubt(share: float) -> None:
    value, low, high = numbers(pooled_ratio(np.full(20, 4 * share), np.full(20, 4.0)).at())
    assert value == share
    assert 0.05 < high - low < 0.4
    assert 0 <= low <= value <= high <= 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=30), st.randoms())
def test_order_does_not_matter_and_the_interval_holds_the_value(
    rows: list[tuple[int, int]], rng: object
) -> None:
    points = np.array([min(row) for row in rows], dtype=float)
    of = np.array([max(row) for row in rows], dtype=float)
    found = pooled_ratio(points, of).at()
    turned = pooled_ratio(points[::-1], of[::-1]).at()
    if found.value is None:
        assert not of.any()
        return
    assert numbers(found) == pytest.approx(numbers(turned), abs=1e-9)
    value, low, high = numbers(found)
    assert 0 <= low <= value <= high <= 1


def test_the_error_is_that_of_leaving_out_one_row_after_the_other() -> None:
    rng = np.random.default_rng(3)
    of = rng.integers(1, 8, 200).astype(float)
    points = rng.binomial(of.astype(int), 0.7).astype(float)
    left_out = (points.sum() - points) / (of.sum() - of)
    error = np.sqrt(199 / 200 * ((left_out - left_out.mean()) ** 2).sum())
    value, low, high = numbers(pooled_ratio(points, of).at())
    assert value == points.sum() / of.sum()
    assert (high - low) / 2 / 1.972 == pytest.approx(error, rel=0.03)


@pytest.mark.parametrize(("truth", "clustered"), [(0.6, False), (0.95, False), (0.8, True)])
def test_it_covers_the_truth_as_often_as_it_claims(truth: float, *, clustered: bool) -> None:
    rng = np.random.default_rng(11)
    held, runs = 0, 400
    for _ in range(runs):
        groups = 30 if clustered else 60
        skill = rng.beta(truth * 6, (1 - truth) * 6, groups)
        each = np.repeat(skill, 3) if clustered else skill
        of = rng.integers(1, 9, len(each)).astype(float)
        points = rng.binomial(of.astype(int), each).astype(float)
        clusters = np.repeat(np.arange(groups), 3) if clustered else None
        _, low, high = numbers(pooled_ratio(points, of, clusters=clusters).at())
        held += low <= truth <= high
    assert 0.925 <= held / runs <= 0.995
