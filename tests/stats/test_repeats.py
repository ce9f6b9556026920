"""Answers that change from call to call: how much, and whether to repeat or to label more."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator
from scipy import stats

from shipworthy.stats.arrays import FloatArray
from shipworthy.stats.repeats import (
    by_example,
    pass_at_k,
    pass_every_k,
    plan,
    stability,
    variance,
)

NAN = np.nan
tables = st.tuples(st.integers(2, 12), st.integers(2, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


def drawn(rng: Generator, n: int, repeats: int, a: float = 4.0, b: float = 1.5) -> FloatArray:
    """Right or wrong, each example with its own chance of being right, drawn from a beta distribution."""
    return (rng.random((n, repeats)) < rng.beta(a, b, (n, 1))).astype(np.float64)


def test_calls_become_a_table_of_examples_by_repeats() -> None:
    table = by_example(np.array([7, 3, 7, 7]), np.array([0.1, 0.2, 0.3, 0.4]))
    assert np.array_equal(table, [[0.2, NAN, NAN], [0.1, 0.3, 0.4]], equal_nan=True)
    assert by_example(np.array([], dtype=int), np.array([])).shape == (0, 0)


@given(tables)
def test_with_as_many_repeats_the_variances_are_those_of_the_analysis_of_variance(
    rows: list[list[float]],
) -> None:
    scores = np.array(rows)
    n, repeats = scores.shape
    means = scores.mean(axis=1)
    within = ((scores - means[:, None]) ** 2).sum() / (n * (repeats - 1))
    between = repeats * ((means - means.mean()) ** 2).sum() / (n - 1)
    found = variance(scores)
    assert found.within.value == pytest.approx(within, abs=1e-12)
    assert found.between.value == pytest.approx(max(0, (between - within) / repeats), abs=1e-12)
    if within > 1e-9:
        assert stats.f_oneway(*scores).statistic == pytest.approx(between / within)


@pytest.mark.simulation
def test_the_variances_are_right_on_average_with_unequal_repeats() -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(400):
        scores = drawn(rng, 120, 4)
        scores[rng.random(scores.shape) < 0.3] = NAN
        found.append(variance(scores))
    true_mean, true_between = 4 / 5.5, 4 * 1.5 / 5.5**2 / 6.5
    true_within = true_mean * (1 - true_mean) - true_between
    assert np.mean([each.within.value or 0 for each in found]) == pytest.approx(true_within, rel=0.03)
    assert np.mean([each.between.value or 0 for each in found]) == pytest.approx(true_between, rel=0.06)
    held = [(e.low or 0) <= true_between <= (e.high or 0) for e in (each.between for each in found)]
    assert 0.92 < np.mean(held) <= 1


@pytest.mark.simulation
def test_the_standard_error_is_that_of_fresh_samples_and_repeats_would_remove_what_is_said() -> None:
    rng = np.random.default_rng(2)
    fresh = np.std([drawn(rng, 100, 3).mean() for _ in range(4_000)])
    many = np.std([drawn(rng, 100, 300).mean() for _ in range(2_000)])
    found = [variance(drawn(rng, 100, 3)) for _ in range(300)]
    assert np.mean([each.error or 0 for each in found]) == pytest.approx(fresh, rel=0.03)
    share = np.mean([each.from_calls or 0 for each in found])
    assert share == pytest.approx(1 - many**2 / fresh**2, abs=0.05)


@pytest.mark.simulation
def test_a_plan_reaches_its_target() -> None:
    rng = np.random.default_rng(3)
    made = plan(drawn(rng, 4_000, 3), cost_per_call=1, cost_per_label=2, smaller_by=0.2)
    assert made.target is not None
    for way in (made.by_repeats, made.by_examples, made.cheapest):
        assert way is not None
        errors = [drawn(rng, (4_000 + way.examples) // 10, 3 + way.repeats).mean() for _ in range(1_000)]
        assert np.std(errors) / sqrt(10) == pytest.approx(made.target, rel=0.1)


def test_the_cheaper_way_depends_on_what_calls_and_labels_cost() -> None:
    scores = drawn(np.random.default_rng(1), 150, 3)
    labels_dear = plan(scores, cost_per_call=0.01, cost_per_label=0.5)
    calls_dear = plan(scores, cost_per_call=1.0, cost_per_label=0.1)
    assert labels_dear.cheapest == labels_dear.by_repeats
    assert calls_dear.cheapest == calls_dear.by_examples
    assert str(labels_dear).endswith("(900 calls, cost 9.00). Cheaper: more repeats.")
    assert str(calls_dear).endswith("Cheaper: more examples.")
    between = plan(scores, cost_per_call=1, cost_per_label=2)
    assert "Cheapest is both: 1 more repeat of each and 72 more examples (438 calls" in str(between)


def test_where_answers_never_change_repeats_bring_nothing() -> None:
    scores = np.repeat([[1.0], [0.0], [1.0], [1.0]] * 10, 3, axis=1)
    made = plan(scores, cost_per_call=0.001, cost_per_label=100)
    assert made.by_repeats is None
    assert made.floor == made.variance.error
    assert "more repeats alone cannot do it. Cheaper: more examples." in str(made)
    assert made.variance.within.value == 0
    assert made.variance.within.high == pytest.approx(0.5 * 0.0876, abs=1e-3)


def test_with_one_run_each_the_split_is_unknown_and_says_what_to_do() -> None:
    once = drawn(np.random.default_rng(1), 50, 1)
    found = variance(once)
    assert (found.within.value, found.between.value, found.from_calls) == (None, None, None)
    assert found.error is not None
    assert "run once" in str(found.within)
    assert str(plan(once, cost_per_call=1, cost_per_label=1)).startswith("Run some examples twice or more")
    assert stability(once).agreement.warning == "no example was run twice"


def test_without_rows_all_is_undefined() -> None:
    empty = np.empty((0, 3))
    assert str(variance(empty).score) == "undefined (no rows)"
    assert not stability(empty).flips.defined
    assert not pass_at_k(empty, 1).at().defined
    assert variance(empty).error is None


def test_examples_that_were_never_run_are_left_out_and_counted() -> None:
    scores = drawn(np.random.default_rng(1), 60, 3)
    more = np.vstack([scores, np.full((2, 3), NAN)])
    found = variance(more)
    assert found.score.warning == "2 examples were never run and are left out"
    assert replace(found.score, warning=None) == variance(scores).score
    assert found.within == variance(scores).within


def test_a_cluster_s_copies_add_nothing_but_calls() -> None:
    scores = drawn(np.random.default_rng(4), 80, 3)
    copied = np.repeat(scores, 5, axis=0)
    found = variance(copied, clusters=np.repeat(np.arange(80), 5))
    assert found.error == pytest.approx(variance(scores).error)
    assert found.score.clusters == 80


def test_pairs_of_repeats_say_how_often_a_second_call_differs() -> None:
    answers = np.array([[1, 1, 1], [1, 2, 2], [1, 2, 3], [4, 4, NAN], [5, NAN, NAN]])
    found = stability(answers)
    assert found.flips.value == pytest.approx((0 + 2 / 3 + 1 + 0) / 4)
    assert found.agreement.value == pytest.approx(1 - (found.flips.value or 0))
    assert found.agreement.low == pytest.approx(1 - (found.flips.high or 0))
    assert found.flips.n == 4
    assert found.changed == 2
    assert [(each.row, each.answers, each.runs) for each in found.unstable] == [(2, 3, 3), (1, 2, 3)]
    assert stability(answers, worst=1).unstable == found.unstable[:1]


@given(tables)
def test_flip_rates_are_those_of_all_pairs(rows: list[list[float]]) -> None:
    rates = [np.mean([a != b for a, b in combinations(row, 2)]) for row in rows]
    assert stability(np.array(rows)).flips.value == pytest.approx(np.mean(rates), abs=1e-12)


def test_no_flip_seen_is_not_read_as_none_possible() -> None:
    flips = stability(np.ones((100, 5))).flips
    assert (flips.value, flips.low) == (0, 0)
    assert flips.high == pytest.approx(0.037, abs=1e-3)


@pytest.mark.simulation
@pytest.mark.parametrize(("rare", "n", "repeats"), [(0.1, 100, 3), (0.03, 300, 5), (0.5, 60, 2)])
def test_the_interval_of_the_flip_rate_holds_it(rare: float, n: int, repeats: int) -> None:
    rng = np.random.default_rng(5)
    held = []
    for _ in range(400):
        flips = stability(np.where(rng.random((n, 1)) < rare, rng.random((n, repeats)) < 0.5, 1.0)).flips
        held.append((flips.low or 0) <= rare / 2 <= (flips.high or 0))
    assert np.mean(held) > 0.92


@given(tables, st.integers(1, 5))
def test_pass_at_k_is_the_average_over_all_choices_of_k_repeats(rows: list[list[float]], k: int) -> None:
    scores = np.array(rows)
    some, every = pass_at_k(scores, k).at(), pass_every_k(scores, k).at()
    if k > scores.shape[1]:
        assert some.value is None
        assert (
            some.warning == f"pass@{k} needs {k} runs of every example, and example 0 has {scores.shape[1]}"
        )
        return
    chosen = [[[score == 1 for score in pick] for pick in combinations(row, k)] for row in rows]
    assert some.value == pytest.approx(np.mean([np.mean([any(p) for p in row]) for row in chosen]))
    assert every.value == pytest.approx(np.mean([np.mean([all(p) for p in row]) for row in chosen]))
    assert (some.low or 0) - 1e-9 <= (some.value or 0) <= (some.high or 1) + 1e-9


@pytest.mark.simulation
def test_the_interval_of_pass_at_k_holds_it() -> None:
    rng = np.random.default_rng(6)
    truth = 1 - np.mean((1 - rng.beta(4, 1.5, 400_000)) ** 2)
    held = [
        (found.low or 0) <= truth <= (found.high or 0)
        for found in (pass_at_k(drawn(rng, 80, 4), 2).at() for _ in range(400))
    ]
    assert np.mean(held) > 0.92


def test_a_lower_score_may_count_as_passed() -> None:
    scores = np.array([[0.7, 0.2], [0.9, 0.8]])
    assert pass_at_k(scores, 1).at().value == 0
    assert pass_at_k(scores, 1, passing=0.7).at().value == 0.75


@pytest.mark.parametrize("wrong", [np.array([0.5]), np.array([[1.5, 0.0]]), np.array([[np.inf, 0.0]])])
def test_what_is_no_table_of_scores_is_refused(wrong: FloatArray) -> None:
    with pytest.raises(ValueError, match=r"table|0 to 1"):
        variance(wrong)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="k must be"):
        pass_at_k(np.ones((3, 2)), 0)
    with pytest.raises(ValueError, match="smaller_by"):
        plan(np.ones((3, 2)), cost_per_call=1, cost_per_label=1, smaller_by=1)


def test_a_variance_says_what_it_means() -> None:
    scores = drawn(np.random.default_rng(1), 150, 3)
    assert variance(scores).words() == (
        "The score is 74.9% (70.0% to 79.5%, n = 150). Of its uncertainty 67% comes from answers that differ"
        " from call to call, and 33% from which examples were chosen."
    )
    assert variance(scores[:, :1]).words().startswith("What chance between calls does to this score")
    assert "no error to plan with" in str(plan(np.ones((9, 2)), cost_per_call=1, cost_per_label=1))
