"""Correlations against SciPy's, and their intervals by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from shipworthy.stats.correlation import partial_correlation, pearson, spearman
from shipworthy.stats.estimate import Estimate

numbers = st.integers(-5, 5).map(float)
two_columns = st.lists(st.tuples(numbers, numbers), min_size=4, max_size=50)


@given(two_columns)
def test_values_equal_scipys_ties_included(rows: list[tuple[float, float]]) -> None:
    a, b = np.array(rows).T
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert pearson(a, b).at().warning == spearman(a, b).at().warning == "one of the two never changes"
        return
    assert pearson(a, b).at().value == pytest.approx(pearsonr(a, b).statistic, abs=1e-9)
    assert spearman(a, b).at().value == pytest.approx(spearmanr(a, b).statistic, abs=1e-9)


@given(two_columns)
def test_ranks_alone_decide_spearman(rows: list[tuple[float, float]]) -> None:
    a, b = np.array(rows).T
    here, there = spearman(a, b).at(), spearman(np.exp(a), b**3).at()
    assert (here.value is None) == (there.value is None)
    if here.value is not None:
        assert (there.value, there.low, there.high) == pytest.approx((here.value, here.low, here.high))


@pytest.mark.parametrize("measure", [pearson, spearman])
@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_intervals_cover(measure: object, strength: float) -> None:
    assert callable(measure)
    rng, held = np.random.default_rng(1), 0
    truth = strength if measure is pearson else 6 / np.pi * np.arcsin(strength / 2)
    for _ in range(400):
        a, noise = rng.normal(size=(2, 80))
        found: Estimate = measure(a, strength * a + np.sqrt(1 - strength**2) * noise).at()
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_repeated_rows_do_not_narrow_it_when_they_are_named_as_clusters() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(size=100)
    b = a + rng.normal(size=100)
    once = spearman(a, b).at()
    again = spearman(np.repeat(a, 5), np.repeat(b, 5), clusters=np.repeat(np.arange(100), 5)).at()
    assert (again.low, again.high) == pytest.approx((once.low, once.high), abs=0.02)
    assert again.clusters == 100


def test_what_is_held_fixed_explains_nothing_any_more() -> None:
    rng = np.random.default_rng(3)
    label = rng.integers(0, 3, 600).astype(float)
    a, b = label + rng.normal(size=600) / 2, label + rng.normal(size=600) / 2
    assert (pearson(a, b).at().low or 0) > 0.5
    left = partial_correlation(a, b, given=label).at()
    assert left.low is not None
    assert left.high is not None
    assert left.low < 0 < left.high
    assert partial_correlation(label, b, given=label).at().warning == "one of the two never changes"


def test_too_few_rows_have_no_correlation() -> None:
    assert pearson(np.arange(3.0), np.arange(3.0)).at().warning == "3 rows are too few for a correlation"
    with pytest.raises(ValueError, match="two scores of the same rows"):
        pearson(np.arange(3.0), np.arange(4.0))
