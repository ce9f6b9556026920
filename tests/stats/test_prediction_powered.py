"""Prediction-powered means: what they are, that they cover, and when they are narrower."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Generator

from shipworthy.stats.arrays import FloatArray
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.prediction_powered import FEWEST_LABELS, corrected_mean, judge_weight

Drawn = tuple[FloatArray, FloatArray]


def binary(rng: Generator, size: int, mistakes: float | None) -> Drawn:
    """Labels that are 1 in 70%, and a judge that is wrong in a share of rows, or guesses."""
    labels = (rng.random(size) < 0.7).astype(float)
    if mistakes is None:
        return labels, (rng.random(size) < 0.6).astype(float)
    return labels, np.where(rng.random(size) < mistakes, 1 - labels, labels)


def scores(rng: Generator, size: int, noise: float | None) -> Drawn:
    """Labels from 1 to 5, and a judge with noise, or one that draws."""
    labels = rng.choice(np.arange(1.0, 6.0), p=[0.05, 0.1, 0.2, 0.35, 0.3], size=size)
    if noise is None:
        return labels, rng.integers(1, 6, size).astype(float)
    return labels, np.clip(np.round(labels + rng.normal(size=size) * noise), 1, 5)


def ends(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


def width(estimate: Estimate) -> float:
    low, high = ends(estimate)
    return high - low


@pytest.mark.parametrize(
    ("mistakes", "narrower", "wider"), [(0.1, 0.2, 0.75), (0.2, 0.5, 0.95), (None, 0.99, 1.01)]
)
@pytest.mark.parametrize(("n", "more"), [(50, 1_000), (100, 2_000), (200, 5_000)])
def test_shares_are_covered_and_narrower_as_far_as_the_judge_is_good(
    mistakes: float | None, narrower: float, wider: float, n: int, more: int
) -> None:
    rng, held, widths, alone = np.random.default_rng(1), 0, 0.0, 0.0
    for _ in range(500):
        labels, judged = binary(rng, n + more, mistakes)
        found = corrected_mean(labels[:n], judged[:n], judged[n:], ends=(0, 1), unit="share").at()
        low, high = ends(found)
        held += low <= 0.7 <= high
        widths += high - low
        alone += width(proportion(labels[:n] == 1).at())

    assert 0.915 <= held / 500 <= 0.985  # 93 to 97%, and two standard errors of 500 draws
    assert narrower < widths / alone < wider


@pytest.mark.parametrize(
    ("noise", "narrower", "wider"), [(0.5, 0.3, 0.65), (1.2, 0.6, 0.9), (None, 0.97, 1.05)]
)
@pytest.mark.parametrize("n", [50, 200])
def test_means_are_covered_and_narrower_as_far_as_the_judge_is_good(
    noise: float | None, narrower: float, wider: float, n: int
) -> None:
    rng, held, widths, alone = np.random.default_rng(2), 0, 0.0, 0.0
    for _ in range(400):
        labels, judged = scores(rng, n + 2_000, noise)
        found = corrected_mean(labels[:n], judged[:n], judged[n:], ends=(1, 5)).at()
        held += ends(found)[0] <= 3.75 <= ends(found)[1]
        widths += width(found)
        alone += width(mean(labels[:n]).at())

    assert 0.91 <= held / 400 <= 0.99
    assert narrower < widths / alone < wider


def test_rows_that_belong_together_widen_the_interval_and_it_still_covers() -> None:
    rng, held = np.random.default_rng(3), 0
    clusters = np.repeat(np.arange(240), 5)
    few = clusters < 50
    for _ in range(300):
        rate = rng.beta(2.8, 1.2, 240)
        labels = (rng.random(1_200) < rate[clusters]).astype(float)
        judged = np.where(rng.random(1_200) < 0.2, 1 - labels, labels)
        found = corrected_mean(
            labels[few], judged[few], judged[~few],
            clusters=clusters[few], unlabelled_clusters=clusters[~few], ends=(0, 1),
        ).at()  # fmt: skip
        held += ends(found)[0] <= 0.7 <= ends(found)[1] and found.clusters == 240

    assert 0.9 <= held / 300 <= 0.99


def test_value_and_weight_are_those_of_the_paper() -> None:
    rng = np.random.default_rng(4)
    labels, judged = scores(rng, 1_100, 0.8)
    n, more = 100, 1_000
    # The paper's variance of the judge is that of all rows; ours is each part's own, which agrees for many.
    weight = np.cov(labels[:n], judged[:n])[0, 1] / ((1 + n / more) * np.var(judged))
    found = corrected_mean(labels[:n], judged[:n], judged[n:]).at()
    ours = judge_weight(labels[:n], judged[:n], judged[n:])

    assert ours == pytest.approx(weight, rel=0.05)
    assert found.value == pytest.approx(
        labels[:n].mean() + ours * (judged[n:].mean() - judged[:n].mean()), abs=1e-12
    )
    assert "power-tuned prediction-powered inference" in found.method
    assert f"100 labelled rows, judge's weight {ours:.2f}" in found.method


def test_without_tuning_it_is_the_plain_estimate_of_the_first_paper() -> None:
    labels, judged = scores(np.random.default_rng(5), 600, 0.5)
    found = corrected_mean(labels[:100], judged[:100], judged[100:], tuning="none").at()
    assert found.value == pytest.approx(judged[100:].mean() + (labels[:100] - judged[:100]).mean())


def test_a_judge_that_knows_nothing_gives_the_labels_alone_and_says_so() -> None:
    labels, judged = binary(np.random.default_rng(6), 1_100, None)
    found = corrected_mean(labels[:100], judged[:100], judged[100:], ends=(0, 1)).at()
    alone = proportion(labels[:100] == 1).at()
    assert (found.value, found.low, found.high, found.n) == (alone.value, alone.low, alone.high, 100)
    assert found.warning == "the judge adds nothing to the labels, so they stand alone"


def test_a_judge_that_says_the_opposite_is_not_used_and_one_on_another_scale_is() -> None:
    labels, judged = scores(np.random.default_rng(7), 1_100, 0.5)
    assert judge_weight(labels[:100], 6 - judged[:100], 6 - judged[100:]) == 0
    here = corrected_mean(labels[:100], judged[:100], judged[100:]).at()
    there = corrected_mean(labels[:100], judged[:100] / 5, judged[100:] / 5).at()
    assert (there.value, there.low, there.high) == pytest.approx((here.value, here.low, here.high))


@given(st.integers(0, FEWEST_LABELS - 1))
def test_too_few_labels_are_no_correction(n: int) -> None:
    found = corrected_mean(np.ones(n), np.ones(n), np.arange(100.0)).at()
    assert found.value is None
    assert found.warning == f"{n} labelled rows; from 20 on scores can be corrected"


def test_labels_that_are_all_the_same_have_an_interval_where_the_scale_is_known() -> None:
    found = corrected_mean(np.ones(40), np.ones(40), np.ones(400), ends=(0, 1)).at()
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.85 < ends(found)[0] < 0.96


def test_arrays_that_do_not_fit_are_refused() -> None:
    ones = np.ones(30)
    with pytest.raises(ValueError, match="do not fit together"):
        corrected_mean(ones, np.ones(29), ones)
    with pytest.raises(ValueError, match="finite"):
        corrected_mean(ones, ones * np.nan, ones)
    with pytest.raises(ValueError, match="clusters of labelled and unlabelled"):
        corrected_mean(ones, ones, ones, clusters=np.arange(30))
