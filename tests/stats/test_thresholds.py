"""Thresholds: hand-over, cost, and labels of least cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.intervals import wilson
from shipworthy.stats.thresholds import (
    choose_threshold,
    handover_curve,
    least_cost_decision,
    least_cost_threshold,
)

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 5)), min_size=1, max_size=60)


def calibrated(rng: np.random.Generator, n: int) -> tuple[BoolArray, FloatArray]:
    confidence = 1 / (1 + np.exp(-np.abs(rng.normal(1.5, 1.5, n))))
    return rng.random(n) < confidence, confidence


@given(rows)
def test_the_curve_counts_what_each_threshold_keeps(given_rows: list[tuple[bool, int, int]]) -> None:
    correct = np.array([row[0] for row in given_rows])
    confidence = np.array([row[1] / 10 for row in given_rows])
    for point in handover_curve(correct, confidence).points:
        kept = confidence >= point.threshold
        low, high = wilson(float(correct[kept].mean()), float(kept.sum()))
        assert point.share == pytest.approx(kept.mean())
        assert point.precision.value == pytest.approx(correct[kept].mean())
        assert (point.precision.low, point.precision.high) == pytest.approx((low, high))
        assert point.precision.n == kept.sum()


def test_the_curve_goes_from_strict_to_all_and_knows_at_most_so_many_points() -> None:
    correct, confidence = calibrated(np.random.default_rng(1), 1_000)
    confidence[:100] = np.nan
    curve = handover_curve(correct, confidence, points=50)
    assert (len(curve.points), curve.n) == (50, 1_000)
    thresholds = [point.threshold for point in curve.points]
    assert thresholds == sorted(thresholds, reverse=True)
    assert curve.points[-1].share == 0.9


def test_without_a_confidence_there_is_no_curve_and_no_threshold() -> None:
    nothing = np.full(500, np.nan)
    assert handover_curve(np.ones(500, dtype=np.bool_), nothing).points == ()
    chosen = choose_threshold(np.ones(500, dtype=np.bool_), nothing, precision=0.9)
    assert chosen.t is None
    assert chosen.why_none == (
        "A precision of 0.9 needs at least 29 rows above the threshold even if all are right;"
        " only 0 rows have a confidence."
    )
    assert (chosen.share.value, chosen.share.warning) == (None, chosen.why_none)


def naive_effect(correct: BoolArray, clusters: IntArray) -> float:
    residual = correct - correct.mean()
    together = sum(residual[clusters == g].sum() ** 2 for g in np.unique(clusters))
    return float(together / (residual @ residual))


def test_the_interval_of_a_clustered_point_rests_on_the_design_effect_of_the_rows_it_keeps() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(60), 5)
    correct = (rng.random(60) < 0.8)[clusters] ^ (rng.random(300) < 0.05)
    confidence = rng.random(300)
    points = handover_curve(correct, confidence, clusters=clusters).points
    last = points[-1].precision
    low, high = wilson(float(correct.mean()), 300 / naive_effect(correct, clusters))
    assert (last.low, last.high) == pytest.approx((low, high), abs=0.02)
    assert last.clusters == 60


def test_a_threshold_is_chosen_with_its_share_and_precision() -> None:
    correct, confidence = calibrated(np.random.default_rng(3), 4_000)
    chosen = choose_threshold(correct, confidence, precision=0.9)
    assert chosen.t is not None
    kept = confidence >= chosen.t
    assert chosen.share.value == kept.mean()
    assert chosen.precision.value == pytest.approx(correct[kept].mean())
    assert binom.sf(correct[kept].sum() - 1, kept.sum(), 0.9) <= 0.05
    assert (chosen.claim, chosen.error, chosen.why_none) == (0.9, 0.05, None)
    assert 0.4 < kept.mean() < 0.65


def test_failed_rows_are_always_handed_over() -> None:
    correct, confidence = calibrated(np.random.default_rng(4), 2_000)
    whole = choose_threshold(correct, confidence, precision=0.9)
    failed = np.concatenate([confidence, np.full(2_000, np.nan)])
    half = choose_threshold(np.concatenate([correct, np.zeros(2_000, dtype=np.bool_)]), failed, precision=0.9)
    assert half.t == whole.t
    assert half.share.value == (whole.share.value or 0) / 2


def test_a_candidate_that_is_never_sure_enough_gets_no_threshold_and_the_best_is_told() -> None:
    rng = np.random.default_rng(5)
    chosen = choose_threshold(rng.random(1_000) < 0.7, rng.random(1_000), precision=0.95)
    assert chosen.t is None
    assert (chosen.why_none or "").startswith("No threshold reaches a precision of 0.95: the best was ")
    good = choose_threshold(np.arange(200) % 20 > 0, np.arange(200) / 200, precision=0.94)
    assert (good.why_none or "").startswith("No threshold can be vouched for at a precision of 0.94")


@pytest.mark.parametrize("wrong", [0.0, 1.0, 95.0])
def test_a_precision_that_is_no_share_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="lie between 0 and 1"):
        choose_threshold(np.ones(9, dtype=np.bool_), np.ones(9), precision=wrong)


def test_outcomes_and_confidences_have_to_pair_up() -> None:
    with pytest.raises(ValueError, match="do not pair up"):
        handover_curve(np.ones(3, dtype=np.bool_), np.ones(4))


def broken_claims(kind: str, n: int, precision: float, runs: int) -> float:
    """How often the true precision at the chosen threshold is below the claim."""
    rng = np.random.default_rng(6)
    broken = 0
    for _ in range(runs):
        truth = 1 / (1 + np.exp(-np.abs(rng.normal(1.5, 1.5, n))))
        confidence = truth
        clusters = None
        draw = rng.random(n)
        if kind == "too sure":
            confidence = truth**0.2
        elif kind == "ties":
            confidence = np.ceil(truth * 20) / 20
        elif kind == "clusters":
            clusters = np.arange(n) // 5
            draw = np.where(rng.random(n) < 0.5, rng.random(n // 5)[clusters], draw)
        chosen = choose_threshold(draw < truth, confidence, precision=precision, clusters=clusters)
        if chosen.t is not None:
            broken += _true_precision(kind, chosen.t) < precision
    return broken / runs


def _true_precision(kind: str, threshold: float) -> float:
    rng = np.random.default_rng(7)
    truth = 1 / (1 + np.exp(-np.abs(rng.normal(1.5, 1.5, 100_000))))
    confidence = truth**0.2 if kind == "too sure" else np.ceil(truth * 20) / 20 if kind == "ties" else truth
    return float(truth[confidence >= threshold].mean())


@pytest.mark.simulation
@pytest.mark.parametrize("kind", ["calibrated", "too sure", "ties", "clusters"])
def test_the_claim_is_broken_in_at_most_5_per_cent(kind: str) -> None:
    assert broken_claims(kind, 1_000, 0.9, 120) <= binom.ppf(0.99, 120, 0.05) / 120


@settings(max_examples=40)
@given(rows, st.floats(0.1, 10), st.floats(0.1, 10))
def test_no_other_threshold_costs_less_on_the_rows_at_hand(
    given_rows: list[tuple[bool, int, int]], false_positive: float, false_negative: float
) -> None:
    positive = np.array([row[0] for row in given_rows])
    scores = np.array([row[1] / 10 for row in given_rows])
    found = least_cost_threshold(
        scores, positive, cost_false_positive=false_positive, cost_false_negative=false_negative
    )

    def cost(threshold: float) -> float:
        acted = scores >= threshold
        wrong = false_positive * np.sum(acted & ~positive) + false_negative * np.sum(~acted & positive)
        return float(wrong / len(scores) * 1000)

    tried = [cost(t) for t in (*np.linspace(-0.05, 1.05, 12), np.inf)]
    assert cost(found.threshold) == pytest.approx(min(tried))
    assert min(found.costs_per_1000) == pytest.approx(min(tried))
    assert found.costs_per_1000 == pytest.approx([cost(t) for t in found.thresholds])
    assert found.band_low <= found.threshold <= found.band_high


def noisy_scores(rng: np.random.Generator, n: int) -> tuple[FloatArray, BoolArray]:
    scores = rng.beta(1, 4, n)
    return scores, rng.random(n) < scores


@pytest.mark.simulation
def test_the_cost_is_unbiased_and_the_band_holds_the_best_threshold() -> None:
    rng = np.random.default_rng(8)
    many, happened = noisy_scores(rng, 200_000)
    bias, held, runs = [], 0, 150
    for run in range(runs):
        scores, positive = noisy_scores(rng, 600)
        found = least_cost_threshold(scores, positive, cost_false_positive=1, cost_false_negative=5, seed=run)
        acted = many >= found.threshold
        true = 1000 * np.mean(np.where(happened, ~acted * 5, acted * 1))
        bias.append((found.cost_per_1000.value or 0) - true)
        held += found.band_low <= 1 / 6 <= found.band_high
    assert abs(np.mean(bias)) <= 3 * np.std(bias) / np.sqrt(runs) + 5
    assert held / runs >= 0.9


def test_rows_of_a_cluster_stay_in_one_fold_and_narrow_no_interval() -> None:
    rng = np.random.default_rng(9)
    scores, positive = noisy_scores(rng, 400)
    once = least_cost_threshold(scores, positive, cost_false_positive=1, cost_false_negative=5)
    copies = least_cost_threshold(
        np.repeat(scores, 5),
        np.repeat(positive, 5),
        cost_false_positive=1,
        cost_false_negative=5,
        clusters=np.repeat(np.arange(400), 5),
    )
    assert copies.threshold == once.threshold
    assert (copies.band_low, copies.band_high) == (once.band_low, once.band_high)
    assert copies.cost_per_1000.low == pytest.approx(once.cost_per_1000.low, rel=0.02)


def test_failed_rows_are_never_acted_on_and_cost_what_that_costs() -> None:
    scores = np.array([0.9] * 50 + [0.1] * 50 + [np.nan] * 10)
    positive = np.array([True] * 50 + [False] * 50 + [True] * 10)
    found = least_cost_threshold(scores, positive, cost_false_positive=1, cost_false_negative=2)
    assert found.threshold == 0.5
    assert found.cost_per_1000.value == pytest.approx(1000 * 10 * 2 / 110)


def test_when_acting_never_pays_the_threshold_is_infinite() -> None:
    nobody = np.zeros(40, dtype=np.bool_)
    found = least_cost_threshold(np.linspace(0, 1, 40), nobody, cost_false_positive=1, cost_false_negative=5)
    assert (found.threshold, found.cost_per_1000.value) == (np.inf, 0.0)


def test_no_rows_or_negative_costs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        least_cost_threshold(np.zeros(0), np.zeros(0, np.bool_), cost_false_positive=1, cost_false_negative=1)
    with pytest.raises(ValueError, match="costs are at least 0"):
        least_cost_threshold(np.ones(2), np.ones(2, np.bool_), cost_false_positive=-1, cost_false_negative=1)


@given(st.integers(2, 6), st.integers(1, 30), st.integers(0, 2**31))
def test_the_label_of_least_expected_cost_is_chosen(k: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    proba, costs = rng.dirichlet(np.ones(k), n), rng.random((k, k))
    chosen, expected = least_cost_decision(proba, costs)
    for row in range(n):
        each = [sum(proba[row, true] * costs[true, said] for true in range(k)) for said in range(k)]
        assert expected[row] == pytest.approx(min(each))
        assert each[chosen[row]] == pytest.approx(min(each))


def test_equal_costs_choose_the_likeliest_label_and_failed_rows_none() -> None:
    proba = np.array([[0.2, 0.5, 0.3], [np.nan] * 3])
    chosen, expected = least_cost_decision(proba, 1 - np.eye(3))
    assert chosen.tolist() == [1, -1]
    assert expected[0] == pytest.approx(0.5)
    assert np.isnan(expected[1])


def test_a_cost_matrix_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3 classes need a 3 by 3 cost matrix"):
        least_cost_decision(np.ones((1, 3)) / 3, np.ones((2, 2)))
