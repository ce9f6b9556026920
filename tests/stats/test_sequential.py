"""A comparison that may be looked at after every example."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator

from shipworthy.core.errors import DataError
from shipworthy.stats.arrays import FloatArray
from shipworthy.stats.comparison import paired_difference
from shipworthy.stats.sequential import sequential_comparison

scores = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=60
)


def pairs(rng: Generator, n: int, gap: float, discordance: float) -> tuple[FloatArray, FloatArray]:
    draw = rng.random(n)
    only_a, only_b = draw < (discordance + gap) / 2, draw > 1 - (discordance - gap) / 2
    return np.where(only_b, 0.0, 1.0), np.where(only_a, 0.0, 1.0)


def by_hand(a: FloatArray, b: FloatArray, mean: float, level: float = 0.95) -> tuple[float, float]:
    """The most money ever had by who bets on more than ``mean``, and on less: step by step."""
    goal = np.log(2 / (1 - level))
    up = down = 1.0
    most_up = most_down = 1.0
    total, squares, spread = 0.0, 0.0, 0.25
    for t, x in enumerate((a - b + 1) / 2, start=1):
        stake = np.sqrt(2 * goal / (spread * t * np.log(t + 1)))
        up *= 1 + min(stake, 0.5 / mean if mean else np.inf) * (x - mean)
        down *= 1 - min(stake, 0.5 / (1 - mean) if mean < 1 else np.inf) * (x - mean)
        most_up, most_down = max(most_up, up), max(most_down, down)
        total += x
        squares += (x - (0.5 + total) / (t + 1)) ** 2
        spread = (0.25 + squares) / (t + 1)
    return most_up, most_down


@given(scores)
def test_the_ends_are_where_a_gambler_s_money_reaches_the_goal(rows: list[tuple[float, float]]) -> None:
    a, b = np.array(rows).T
    found = sequential_comparison(a, b).estimate
    assert found.low is not None
    assert found.high is not None
    for low_or_high, side in ((found.low, 0), (found.high, 1)):
        money = by_hand(a, b, (low_or_high + 1) / 2)[side]
        assert money == pytest.approx(40, rel=1e-6) or (abs(low_or_high) == 1 and money < 40)
    most = max(by_hand(a, b, 0.5))
    assert sequential_comparison(a, b).p == pytest.approx(min(1, 2 / most))


@given(scores, st.integers(1, 60))
def test_what_was_said_at_a_look_does_not_change_with_later_examples(
    rows: list[tuple[float, float]], look: int
) -> None:
    a, b = np.array(rows).T
    whole, part = sequential_comparison(a, b), sequential_comparison(a[:look], b[:look])
    assert np.array_equal(whole.low[:look], part.low)
    assert np.array_equal(whole.high[:look], part.high)
    if part.stop is not None:
        assert (whole.stop, whole.standing) == (part.stop, part.standing)


@given(scores)
def test_swapping_the_candidates_turns_the_interval_round(rows: list[tuple[float, float]]) -> None:
    a, b = np.array(rows).T
    there, back = sequential_comparison(a, b), sequential_comparison(b, a)
    assert there.low == pytest.approx(-back.high, abs=1e-12)
    assert there.differences == pytest.approx(-back.differences)
    assert there.stop == back.stop
    assert there.p == pytest.approx(back.p)


@given(scores)
def test_the_interval_only_shrinks_and_the_last_one_is_the_grid_s_made_precise(
    rows: list[tuple[float, float]],
) -> None:
    found = sequential_comparison(*np.array(rows).T)
    assert all(x <= y for x, y in pairwise(found.low))
    assert all(x >= y for x, y in pairwise(found.high))
    low, high, value = found.estimate.low or 0, found.estimate.high or 0, found.estimate.value or 0
    assert low <= value <= high
    assert found.low[-1] - 1e-9 <= low <= max(found.low[-1] + 0.005 + 1e-9, value)


def usual_alarm(a: FloatArray, b: FloatArray) -> bool:
    """Whether mean ± 1.96 standard errors ever excludes 0, from the 30th example on."""
    gaps = a - b
    seen = np.arange(1, len(gaps) + 1)
    means = np.cumsum(gaps) / seen
    errors = np.sqrt(np.maximum(np.cumsum(gaps**2) / seen - means**2, 1e-12) / seen)
    return bool((np.abs(means) > 1.96 * errors)[29:].any())


@pytest.mark.simulation
def test_peeking_finds_what_is_not_there_with_the_usual_interval_and_not_with_ours() -> None:
    rng = np.random.default_rng(7)
    samples = [pairs(rng, 300, 0.0, 0.2) for _ in range(300)]
    assert np.mean([usual_alarm(*sample) for sample in samples]) > 0.2
    assert np.mean([sequential_comparison(*sample, margin=0).stop is not None for sample in samples]) < 0.05


@pytest.mark.simulation
def test_a_difference_that_is_there_is_found_and_not_the_wrong_way_round() -> None:
    rng = np.random.default_rng(8)
    found = [sequential_comparison(*pairs(rng, 600, 0.1, 0.2)) for _ in range(60)]
    assert np.mean([each.standing == "better" for each in found]) > 0.9
    assert 80 < np.median([each.stop or 601 for each in found]) < 250
    held = [np.all((each.low <= 0.1) & (each.high >= 0.1)) for each in found]
    assert np.mean(held) >= 0.95


@pytest.mark.simulation
def test_clusters_are_looked_at_whole_and_do_not_raise_false_alarms() -> None:
    rng = np.random.default_rng(9)
    naive = ours = 0
    for _ in range(120):
        a, b = (np.repeat(x, 10) for x in pairs(rng, 60, 0.0, 0.4))
        naive += sequential_comparison(a, b, margin=0).stop is not None
        clustered = sequential_comparison(a, b, clusters=np.repeat(np.arange(60), 10), margin=0)
        ours += clustered.stop is not None
        assert (clustered.estimate.n, clustered.estimate.clusters, len(clustered.low)) == (600, 60, 60)
    assert naive / 120 > 0.3
    assert ours / 120 < 0.06


def test_uneven_clusters_count_the_same_each() -> None:
    a, b = np.array([1.0, 1, 1, 0]), np.array([0.0, 0, 0, 1])
    found = sequential_comparison(a, b, clusters=np.array([4, 4, 4, 2]))
    assert found.differences.tolist() == [1, 0]
    assert sequential_comparison(a, b, clusters=np.arange(4)).estimate.clusters is None


def test_two_that_hardly_differ_are_tied_in_the_end() -> None:
    rng = np.random.default_rng(10)
    a, b = pairs(rng, 4_000, 0.0, 0.01)
    found = sequential_comparison(a, b, margin=0.02)
    assert found.standing == "tied"
    assert found.words("A", "B").startswith("Stop: A and B differ by less than 2 points, which was settled")


def test_it_says_whether_to_go_on() -> None:
    rng = np.random.default_rng(11)
    a, b = pairs(rng, 500, 0.2, 0.3)
    few, many = sequential_comparison(a[:20], b[:20]), sequential_comparison(b, a)
    assert few.words("A", "B").startswith("Go on: after 20 examples nothing can be said about A and B")
    assert many.words("B", "A").startswith("Stop: B is worse than A, which was settled after")
    assert many.standing == "worse"


def test_the_price_of_peeking_is_a_wider_interval() -> None:
    a, b = pairs(np.random.default_rng(12), 1_000, 0.05, 0.2)
    once, always = paired_difference(a, b).at(), sequential_comparison(a, b).estimate
    assert (always.low or 0) < (once.low or 0) < (once.high or 0) < (always.high or 0)
    assert (always.high or 0) - (always.low or 0) < 3 * ((once.high or 0) - (once.low or 0))


def test_without_examples_nothing_is_said() -> None:
    found = sequential_comparison(np.array([]), np.array([]))
    assert (found.standing, found.stop, found.p) == ("cannot tell", None, 1.0)
    assert str(found.estimate) == "undefined (no rows to compare)"


def test_a_cluster_that_comes_in_two_parts_is_refused() -> None:
    ones = np.ones(4)
    with pytest.raises(DataError, match="cluster 1 do not follow one another"):
        sequential_comparison(ones, ones, clusters=np.array([1, 2, 1, 3]))


@pytest.mark.parametrize("bad", [1.2, -0.1, np.nan])
def test_a_score_outside_0_to_1_is_named(bad: float) -> None:
    with pytest.raises(DataError, match="Row 1 of 'second'"):
        sequential_comparison(np.zeros(2), np.array([0.0, bad]))


def test_pairs_of_unequal_length_and_impossible_levels_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        sequential_comparison(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="cluster codes"):
        sequential_comparison(np.zeros(2), np.zeros(2), clusters=np.array([1, 1, 1]))
    with pytest.raises(ValueError, match="level"):
        sequential_comparison(np.zeros(2), np.zeros(2), level=1)
