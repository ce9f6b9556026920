"""Quantiles in plain Python against SciPy's, and a comparison that never loads SciPy."""

from __future__ import annotations

import math
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from shipworthy.stats.quantiles import coin_tail, gamma_quantile, normal_quantile, t_quantile

tails = st.floats(-12, math.log10(0.499)).map(lambda power: 10**power)
probabilities = st.one_of(tails, tails.map(lambda tail: 1 - tail), st.sampled_from([0.025, 0.05, 0.5, 0.975]))


@given(probabilities)
def test_normal_quantiles_equal_scipys(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(special.ndtri(probability), rel=1e-10, abs=0)


@given(probabilities, st.one_of(st.floats(0.5, 60), st.floats(0, 8).map(lambda power: 10**power)))
def test_t_quantiles_equal_scipys_at_any_degrees_of_freedom(probability: float, freedom: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(special.stdtrit(freedom, probability), rel=1e-10)


@given(probabilities)
def test_with_one_and_two_degrees_of_freedom_t_has_its_closed_forms(probability: float) -> None:
    tangent = math.tan(math.pi * (probability - 0.5)) if probability > 1e-3 else None
    odds = 2 * (probability - 0.5) / math.sqrt(2 * probability * (1 - probability))
    if tangent is not None and probability < 1 - 1e-3:
        assert t_quantile(probability, 1) == pytest.approx(tangent, rel=1e-10)
    assert t_quantile(probability, 2) == pytest.approx(odds, rel=1e-10)


def test_a_median_is_0_and_infinite_freedom_is_the_normal_distribution() -> None:
    assert t_quantile(0.5, 3.3) == 0
    assert t_quantile(0.975, math.inf) == normal_quantile(0.975)
    assert t_quantile(0.975, 1e12) == pytest.approx(normal_quantile(0.975), rel=1e-11)


def test_a_heavy_tail_beyond_all_numbers_is_infinite() -> None:
    assert t_quantile(1e-300, 0.2) == -math.inf


@given(probabilities, st.one_of(st.floats(0.02, 60), st.floats(0, 4).map(lambda power: 10**power)))
def test_gamma_quantiles_equal_scipys(probability: float, shape: float) -> None:
    expected = float(special.gammaincinv(shape, probability))
    assert gamma_quantile(probability, shape) == pytest.approx(expected, rel=1e-10, abs=1e-290)


@given(st.integers(1, 60), st.floats(0.001, 0.2))
def test_a_poisson_variable_with_that_mean_reaches_the_shape_with_the_probability(
    cases: int, probability: float
) -> None:
    mean = gamma_quantile(probability, cases)
    assert stats.poisson.sf(cases - 1, mean) == pytest.approx(probability, rel=1e-10)


@pytest.mark.parametrize("find", [lambda p: normal_quantile(p), lambda p: t_quantile(p, 4.5)])
def test_at_the_ends_a_quantile_is_infinite(find) -> None:  # type: ignore[no-untyped-def]
    assert (find(0.0), find(1.0)) == (-math.inf, math.inf)
    with pytest.raises(ValueError, match="0 to 1"):
        find(1.5)


def test_a_gamma_variable_stays_between_0_and_infinity() -> None:
    assert (gamma_quantile(0.0, 2), gamma_quantile(1.0, 2)) == (0.0, math.inf)
    with pytest.raises(ValueError, match="0 to 1"):
        gamma_quantile(math.nan, 2)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan])
def test_what_is_no_parameter_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        t_quantile(0.9, wrong)
    with pytest.raises(ValueError, match="shape"):
        gamma_quantile(0.9, wrong)


@given(st.integers(0, 2_000), st.data())
def test_a_coin_s_tail_is_exact(tosses: int, data: st.DataObject) -> None:
    heads = data.draw(st.integers(0, tosses))
    ways = sum(math.comb(tosses, count) for count in range(heads + 1))
    assert coin_tail(heads, tosses) == pytest.approx(float(Fraction(ways, 2**tosses)), rel=1e-10, abs=1e-300)


@given(st.integers(2_001, 5_000_000), st.floats(-9, 9))
def test_a_coin_s_tail_stays_exact_when_tosses_are_many(tosses: int, errors: float) -> None:
    heads = round(tosses / 2 + errors * math.sqrt(tosses) / 2)
    expected = stats.binom.cdf(heads, tosses, 0.5)
    assert coin_tail(heads, tosses) == pytest.approx(expected, rel=1e-10, abs=1e-290)


def test_a_coin_s_far_tail_stays_exact() -> None:
    ways = sum(math.comb(1_020, count) for count in range(11))
    assert coin_tail(10, 1_020) == pytest.approx(float(Fraction(ways, 2**1_020)), rel=1e-10, abs=0)
    assert coin_tail(0, 5_000) == 0


@pytest.mark.parametrize(("heads", "tosses"), [(-1, 3), (4, 3)])
def test_heads_that_cannot_be_are_refused(heads: int, tosses: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        coin_tail(heads, tosses)


_LIGHT = """
import sys
import numpy as np
from shipworthy.stats.classification import difference, measure
from shipworthy.stats.comparison import compare, paired_difference, share_gap_bounds
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.power import detectable_difference, rows_to_decide
from shipworthy.stats.repeats import pass_at_k, plan, stability, variance
from shipworthy.stats.sample import Sample
from shipworthy.stats.sequential import sequential_comparison

rng = np.random.default_rng(0)
labels, groups = rng.integers(0, 3, 200), np.arange(200) // 4
a, b = (np.where(rng.random(200) < share, labels, 0) for share in (0.9, 0.7))
one, two = (Sample(labels=labels, predictions=x, classes=("x", "y", "z"), clusters=groups) for x in (a, b))
for clusters in (None, groups):
    proportion(a == labels, clusters=clusters).at(0.99)
    mean(rng.random(200), clusters=clusters).at()
    paired_difference(rng.random(200), rng.random(200), clusters=clusters).at()
    compare(a == labels, b == labels, clusters=clusters)
for metric in ("accuracy", "macro_f1"):
    measure(one, metric).at()
    difference(one, two, metric).at()
share_gap_bounds(np.array([0.9]), np.array([100.0]), np.array([0.8]), np.array([90.0]), level=0.95)
detectable_difference(100, 0.9)
rows_to_decide(proportion(a == labels), 0.9, ">=")
scores = (rng.random((50, 3)) < 0.8).astype(float)
variance(scores), stability(scores), plan(scores, cost_per_call=1, cost_per_label=10), pass_at_k(scores, 2)
sequential_comparison(a == labels, b == labels)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"scipy", "sklearn", "pandas"}))
"""


def test_a_comparison_of_candidates_loads_neither_scipy_nor_scikit_learn() -> None:
    done = subprocess.run([sys.executable, "-c", _LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
