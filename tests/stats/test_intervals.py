from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint

from shipworthy.stats.intervals import mean, proportion, wilson

shares = st.tuples(st.integers(1, 400), st.integers(0, 400)).map(lambda pair: (min(pair), pair[0] + pair[1]))


def ones(count: int, n: int) -> NDArray[np.bool_]:
    return np.arange(n) < count


@given(shares, st.sampled_from([0.8, 0.95, 0.99]))
def test_a_share_has_wilsons_interval_to_the_last_digit_unless_cases_are_few(
    share: tuple[int, int], level: float
) -> None:
    count, n = share
    estimate = proportion(ones(count, n)).at(level)
    low, high = proportion_confint(count, n, alpha=1 - level, method="wilson")
    few = stats.norm.ppf(0.5 + level / 2) ** 2
    if min(count, n - count) > few:
        assert estimate.method == "Wilson"
    if count > few or count == 0:
        assert estimate.low == pytest.approx(low, abs=1e-12)
    if n - count > few or n == count:
        assert estimate.high == pytest.approx(high, abs=1e-12)


@given(st.integers(1, 3), st.integers(30, 500))
def test_few_failures_get_the_poisson_bound(failures: int, n: int) -> None:
    estimate = proportion(ones(n - failures, n)).at()
    bound = 1 - stats.chi2.ppf(0.05, 2 * failures) / 2 / n
    wilsons = proportion_confint(n - failures, n, method="wilson")[1]
    assert estimate.high == pytest.approx(max(bound, wilsons), abs=1e-12)
    assert "Brown, Cai and DasGupta" in estimate.method


@given(shares, st.booleans())
def test_an_interval_holds_its_value_and_widens_with_the_level(
    share: tuple[int, int], clustered: bool
) -> None:
    count, n = share
    answer = proportion(ones(count, n), clusters=np.arange(n) // 3 if clustered else None)
    narrow, wide = answer.at(0.9), answer.at(0.999)
    assert narrow.value == count / n
    assert wide.low is not None
    assert wide.high is not None
    assert narrow.low is not None
    assert narrow.high is not None
    assert 0 <= wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high <= 1
    assert wide.high - wide.low > narrow.high - narrow.low


def test_without_rows_a_share_and_a_mean_are_undefined() -> None:
    assert str(proportion(np.array([], dtype=bool)).at()) == "undefined (no rows)"
    assert str(mean(np.array([])).at()) == "undefined (no rows)"


def test_clusters_of_one_row_are_no_clusters() -> None:
    right = ones(70, 100)
    assert proportion(right, clusters=np.arange(100)).at() == proportion(right).at()


def test_the_name_of_a_cluster_does_not_matter() -> None:
    right, clusters = ones(70, 100), np.arange(100) % 25
    assert proportion(right, clusters=clusters * 7 - 50).at() == proportion(right, clusters=clusters).at()


def test_repeats_of_an_example_add_nothing() -> None:
    right = np.random.default_rng(0).random(200) < 0.8
    once = proportion(right).at()
    repeated = proportion(np.repeat(right, 10), clusters=np.repeat(np.arange(200), 10)).at()
    assert (repeated.value, repeated.n, repeated.clusters) == (once.value, 2000, 200)
    assert repeated.low == pytest.approx(once.low, abs=0.003)
    assert repeated.high == pytest.approx(once.high, abs=0.003)


def test_without_a_single_failure_clustered_rows_count_as_groups() -> None:
    clustered = proportion(ones(200, 200), clusters=np.arange(200) // 5).at()
    assert clustered.low is not None
    assert clustered.low < wilson(1.0, 40)[0]
    assert clustered.method == "Wilson on the effective sample size (40.0 rows)"


def test_few_groups_carry_a_warning() -> None:
    right = ones(150, 200)
    assert proportion(right, clusters=np.arange(200) % 8).at().warning == (
        "only 8 independent groups, so the interval is wide and rough"
    )
    alone = proportion(right, clusters=np.zeros(200, dtype=int)).at()
    assert alone.warning == "all rows belong to one group, so they say almost nothing about other groups"
    assert alone.low is not None
    assert alone.low < 0.2
    assert proportion(ones(195, 200), clusters=np.arange(200) // 5).at().warning == (
        "the rarer outcome sits in fewer than 5 groups, so the interval may be too narrow"
    )


@pytest.mark.simulation
@pytest.mark.parametrize("p", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("n", [50, 200, 1000])
def test_shares_cover_the_truth_in_93_to_97_of_100_samples(n: int, p: float) -> None:
    held = []
    for count in range(n + 1):
        estimate = proportion(ones(count, n)).at()
        assert estimate.low is not None
        assert estimate.high is not None
        if estimate.low <= p <= estimate.high:
            held.append(count)
    coverage = float(np.sum(stats.binom.pmf(held, n, p)))
    assert coverage >= 0.93
    if n * p * (1 - p) >= 10:
        assert coverage <= 0.97


@pytest.mark.simulation
@pytest.mark.parametrize(("n", "p"), [(50, 0.5), (50, 0.98), (200, 0.9), (1000, 0.98)])
def test_shares_of_clustered_rows_cover_the_truth(n: int, p: float) -> None:
    rng, clusters, held = np.random.default_rng(1), np.arange(n) // 5, 0
    for _ in range(1500):
        rates = rng.beta(p * 4, (1 - p) * 4, n // 5)
        estimate = proportion(rng.random(n) < rates[clusters], clusters=clusters).at()
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= p <= estimate.high
    assert held / 1500 >= 0.93
    assert n * p * (1 - p) < 10 or held / 1500 <= 0.98


def test_a_mean_of_symmetric_values_has_the_t_interval() -> None:
    values = np.concatenate([np.linspace(-1, 1, 41), np.linspace(-1, 1, 41)])
    estimate = mean(values).at(0.9)
    low, high = stats.t.interval(0.9, 81, loc=0, scale=stats.sem(values))
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((0, low, high), abs=1e-12)


def test_the_error_of_a_clustered_mean_is_the_cluster_robust_one() -> None:
    rng = np.random.default_rng(2)
    clusters = np.arange(400) // 4
    values = rng.standard_normal(100)[clusters] + rng.standard_normal(400)
    fitted = OLS(values, np.ones(400)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "df_correction": True}
    )
    estimate = mean(values, clusters=clusters).at()
    error = fitted.bse[0] * np.sqrt(399 / 400)  # without the factor for the number of regressors
    half = stats.t.ppf(0.975, 99) * error
    assert estimate.value == pytest.approx(fitted.params[0])
    assert estimate.low is not None
    assert estimate.high is not None
    assert (estimate.high - estimate.low) / 2 == pytest.approx(half, rel=0.02)
    assert estimate.high - estimate.low >= 2 * half - 1e-12


def test_a_scale_multiplies_the_value_and_turns_the_interval_round_when_negative() -> None:
    values = np.random.default_rng(3).exponential(size=60)
    once, scaled, turned = mean(values).at(), mean(values, scale=40).at(), mean(values, scale=-1).at()
    assert once.value is not None
    assert once.low is not None
    assert once.high is not None
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx(
        (40 * once.value, 40 * once.low, 40 * once.high)
    )
    assert (turned.value, turned.low, turned.high) == pytest.approx((-once.value, -once.high, -once.low))


def test_values_of_two_levels_are_a_share_in_disguise() -> None:
    share = proportion(ones(30, 200)).at()
    money = mean(np.where(ones(30, 200), -10.0, 2.0), unit="money").at()
    assert share.low is not None
    assert share.high is not None
    assert money.value == pytest.approx(0.2)
    assert (money.low, money.high) == pytest.approx((2 - 12 * share.high, 2 - 12 * share.low))
    assert money.unit == "money"


def test_a_skewed_mean_reaches_further_towards_the_long_tail() -> None:
    estimate = mean(np.random.default_rng(4).lognormal(size=50)).at()
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.high - estimate.value > 1.2 * (estimate.value - estimate.low)


def test_a_mean_without_spread_has_no_interval_and_says_so() -> None:
    same = mean(np.full(20, 3.5)).at()
    assert (same.value, same.low, same.high) == (3.5, None, None)
    assert same.warning == "all 20 values are the same, so there is nothing to make an interval of"
    one_group = mean(np.arange(20.0), clusters=np.zeros(20, dtype=int)).at()
    assert (one_group.low, one_group.warning) == (
        None,
        "all rows belong to one group, so there is no interval",
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_the_interval_of_a_mean_holds_its_value(values: list[float]) -> None:
    estimate = mean(np.array(values)).at()
    if estimate.low is not None:
        assert estimate.value is not None
        assert estimate.high is not None
        slack = 1e-9 * max(map(abs, values))
        assert estimate.low <= estimate.value + slack
        assert estimate.value <= estimate.high + slack


@pytest.mark.simulation
def test_means_of_skewed_costs_cover_the_truth_at_50_rows() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(1500):
        estimate = mean(rng.lognormal(size=50)).at()
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= np.exp(0.5) <= estimate.high
    assert held / 1500 >= 0.93
