"""The winner's curse: the best of several candidates looks better than it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shipworthy.stats.intervals import wilson
from shipworthy.stats.selection import best_of_expected, best_of_range


@given(st.integers(1, 500), st.integers(1, 800), st.floats(0, 1))
def test_the_expected_best_is_that_of_the_largest_of_k_binomials(k: int, n: int, share: float) -> None:
    below = stats.binom.cdf(np.arange(n), n, share)
    assert best_of_expected(k, n, share) == pytest.approx(1 - np.sum(below**k) / n, abs=1e-9)


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("k", "n", "share"), [(12, 500, 0.93), (5, 50, 0.8), (100, 200, 0.5), (3, 1_000, 0.98)]
)
def test_the_expected_best_is_what_a_simulation_gives(k: int, n: int, share: float) -> None:
    best = np.random.default_rng(1).binomial(n, share, (20_000, k)).max(axis=1) / n
    error = best.std() / np.sqrt(20_000)
    assert best_of_expected(k, n, share) == pytest.approx(best.mean(), abs=4 * error)


@given(st.integers(1, 50), st.integers(2, 600), st.floats(0.02, 0.98))
def test_taking_luck_away_gives_the_rate_whose_best_is_expected_to_be_what_was_seen(
    k: int, n: int, observed: float
) -> None:
    found = best_of_range(k, n, round(observed * n) / n)
    if found.corrected is not None:
        assert best_of_expected(k, n, found.corrected) == pytest.approx(round(observed * n) / n, abs=1e-9)
        assert found.low <= found.corrected + 1e-12 <= found.high + 1e-12


@pytest.mark.simulation
@pytest.mark.parametrize("alike", [True, False])
def test_the_range_holds_the_true_rate_whether_the_candidates_are_alike_or_not(alike: bool) -> None:
    rng = np.random.default_rng(2)
    truth = np.full(8, 0.85) if alike else np.linspace(0.6, 0.9, 8)
    held = naive = 0
    for _ in range(400):
        scores = rng.binomial(200, truth) / 200
        best = int(np.argmax(scores))
        found = best_of_range(8, 200, float(scores[best]))
        held += found.low <= truth[best] <= found.high
        low, high = wilson(float(scores[best]), 200)
        naive += low <= truth[best] <= high
    assert held / 400 > 0.93
    if alike:
        assert naive / 400 < 0.9


def test_one_candidate_has_no_luck_to_take_away() -> None:
    found = best_of_range(1, 500, 0.93)
    assert found.inflation == pytest.approx(0, abs=1e-9)
    assert (found.low, found.high) == pytest.approx(wilson(0.93, 500), abs=2e-3)


def test_the_bundled_example_of_the_docs() -> None:
    found = best_of_range(12, 500, 0.93)
    assert found.inflation == pytest.approx(0.0203, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((0.8911, 0.9492), abs=1e-4)


def test_from_all_right_no_luck_can_be_reckoned_but_a_range() -> None:
    found = best_of_range(12, 50, 1.0)
    assert (found.inflation, found.corrected) == (None, None)
    assert found.low == pytest.approx((1 - 0.975 ** (1 / 12)) ** (1 / 50))
    assert best_of_range(12, 50, 0.0).low == 0


def test_very_many_rows_are_reckoned_by_the_root_of_n() -> None:
    found, smaller = best_of_range(12, 2_000_000, 0.93), best_of_range(12, 20_000, 0.93)
    assert found.inflation == pytest.approx((smaller.inflation or 0) / 10, rel=1e-6)
    below = stats.norm.cdf(np.linspace(-8, 8, 20_001)) ** 12
    normal = 8 - np.trapezoid(below, np.linspace(-8, 8, 20_001))
    error = np.sqrt(0.93 * 0.07 / 2_000_000)
    assert best_of_expected(12, 2_000_000, 0.93) - 0.93 == pytest.approx(normal * error, rel=0.01)


@pytest.mark.parametrize(("k", "n", "share"), [(0, 10, 0.5), (2, 0, 0.5), (2, 10, 1.5)])
def test_what_cannot_be_is_refused(k: int, n: int, share: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        best_of_expected(k, n, share)
