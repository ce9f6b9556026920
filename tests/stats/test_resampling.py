from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shipworthy.stats.resampling import Contributions, Groups, Spread, joined


def contributions(values: list[float], value: float = 0.5, **changes: float) -> Contributions:
    centred = np.array(values) - np.mean(values)
    return Contributions(value=value, groups=centred, unseen=np.array([]), n=len(values), **changes)  # type: ignore[arg-type]


def test_without_clusters_every_row_is_a_group() -> None:
    groups = Groups.of(None, 4)
    assert (groups.count, groups.named, groups.clusters) == (4, False, None)
    assert groups.totals(np.array([1.0, 2, 3, 4])).tolist() == [1, 2, 3, 4]


def test_values_are_added_up_within_clusters() -> None:
    groups = Groups.of(np.array([9, -3, 9, 9]), 4)
    assert (groups.count, groups.named, groups.clusters) == (2, True, 2)
    assert groups.totals(np.array([1.0, 2, 3, 4])).tolist() == [2, 8]


def test_clusters_of_other_rows_are_a_bug() -> None:
    with pytest.raises(ValueError, match="3 cluster codes for 4 rows"):
        Groups.of(np.arange(3), 4)


def test_the_error_of_a_mean_is_the_standard_error() -> None:
    values = np.random.default_rng(0).standard_normal(40)
    spread = Spread.of((values - values.mean()) / 40)
    assert spread.error == pytest.approx(stats.sem(values))
    assert spread.skewness == pytest.approx(stats.skew(values))


@given(st.integers(6, 200))
def test_when_one_group_makes_all_the_spread_its_error_is_hardly_known(groups: int) -> None:
    one = np.zeros(groups)
    one[0] = 1
    even = np.where(np.arange(groups) % 2 > 0, 1.0, -1.0)
    assert Spread.of(one - one.mean()).freedom < 4.0
    assert Spread.of(even - even.mean()).freedom == groups - 1


def test_without_spread_there_is_no_error() -> None:
    assert Spread.of(np.zeros(9)) == Spread(error=0.0, freedom=8.0, skewness=0.0, groups=9)
    assert Spread.of(np.array([3.0])).error == 0


def test_a_symmetric_spread_reaches_as_far_down_as_up() -> None:
    below, above = Spread.of(np.linspace(-1, 1, 21)).deviations(0.95)
    assert below == pytest.approx(above)


def test_a_score_stays_between_its_ends_and_a_difference_is_cut_at_them() -> None:
    parts = contributions([0.0] * 9 + [0.06], value=0.98)
    score = parts.measured(unit="share", low=0.0, high=1.0, logit=True).at()
    gap = parts.measured(unit="points", low=-1.0, high=1.0, logit=False).at()
    assert score.low is not None
    assert score.high is not None
    assert 0 < score.low < 0.98 < score.high < 1
    assert gap.low is not None
    assert -1 < gap.low < 0.98
    assert gap.high == 1.0
    assert gap.method == "jackknife over rows, t, corrected for skewness"


def test_what_samples_of_this_size_exaggerate_lowers_the_lower_end_only() -> None:
    plain, exaggerated = (
        contributions([-0.1, 0.1] * 10, bias=bias).measured(unit="score", low=0.0, high=1.0, logit=True).at()
        for bias in (0.0, 0.05)
    )
    assert plain.low is not None
    assert exaggerated.low is not None
    assert exaggerated.low < plain.low
    assert (exaggerated.value, exaggerated.high) == (plain.value, plain.high)


def test_one_group_gives_the_whole_range_or_no_interval() -> None:
    alone = contributions([1.0])
    for logit in (True, False):
        bounded = alone.measured(unit="share", low=0.0, high=1.0, logit=logit).at()
        assert (bounded.low, bounded.high) == (0.0, 1.0)
    unbounded = alone.measured(unit="score", low=0.0, high=np.inf, logit=False).at()
    assert (unbounded.low, unbounded.high) == (None, None)


def test_warnings_are_joined() -> None:
    assert joined(None, "few groups", None, "old data") == "few groups; old data"
    assert joined(None) is None
