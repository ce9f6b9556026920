from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from shipworthy.stats.calibration import calibration_error, reliability, stated
from shipworthy.stats.classification import measure
from shipworthy.stats.sample import FAILED, Sample


def model(seed: int, n: int, shift: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1, n)
    return confidence, rng.random(n) < confidence - shift


def error(seed: int, n: int, shift: float = 0.0) -> tuple[float, float, float]:
    estimate = calibration_error(*model(seed, n, shift)).at()
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.value, estimate.low, estimate.high


@pytest.mark.simulation
def test_a_perfectly_calibrated_model_scores_about_zero_on_200_rows() -> None:
    found = [error(seed, 200) for seed in range(300)]
    assert np.median([value for value, _, _ in found]) == 0
    assert np.mean([value for value, _, _ in found]) < 0.025
    assert np.mean([low == 0 for _, low, _ in found]) >= 0.93


@pytest.mark.simulation
@pytest.mark.parametrize("n", [200, 1000])
def test_the_interval_covers_the_error_of_a_model_that_is_too_sure(n: int) -> None:
    found = [error(seed, n, shift=0.1) for seed in range(500)]
    assert np.mean([value for value, _, _ in found]) == pytest.approx(0.1, abs=0.01)
    assert np.mean([low <= 0.1 <= high for _, low, high in found]) >= 0.93


def test_the_squared_error_is_the_sum_over_bins_less_its_noise() -> None:
    confidence, right = model(1, 400, shift=0.15)
    bins = np.array_split(np.argsort(confidence), 10)
    gaps = [right[rows] - confidence[rows] for rows in bins]
    squared = sum(len(gap) / 400 * (gap.mean() ** 2 - gap.var(ddof=1) / len(gap)) for gap in gaps)
    estimate = calibration_error(confidence, right).at()
    assert "bins: 10," in estimate.method
    assert estimate.value == pytest.approx(np.sqrt(squared), abs=1e-12)


def test_repeats_in_clusters_do_not_make_it_surer() -> None:
    confidence, right = model(2, 640, shift=0.1)
    once = calibration_error(confidence, right).at()
    five = calibration_error(
        np.repeat(confidence, 5), np.repeat(right, 5), clusters=np.repeat(np.arange(640), 5)
    ).at()
    assert (five.value, five.low, five.high) == pytest.approx((once.value, once.low, once.high), abs=1e-6)


def test_one_group_says_nothing_about_calibration() -> None:
    confidence, right = model(3, 100)
    alone = calibration_error(confidence, right, clusters=np.zeros(100, dtype=int)).at()
    assert (alone.low, alone.high) == (0.0, 1.0)
    assert alone.warning is not None


def test_a_certain_model_that_is_always_right_may_still_be_wrong_once() -> None:
    right = np.arange(50) % 3 > 0
    certain = calibration_error(right.astype(float), right).at()
    assert certain.value == 0
    assert certain.high is not None
    assert 0.01 < certain.high < 0.1


def test_without_rows_it_is_undefined() -> None:
    assert str(calibration_error(np.array([]), np.array([], dtype=bool)).at()) == "undefined (no rows)"


def test_a_confidence_that_is_the_same_in_every_row_makes_one_bin() -> None:
    estimate = calibration_error(np.full(200, 0.9), np.arange(200) < 140).at()
    assert estimate.value == pytest.approx(np.sqrt(0.2**2 - 0.7 * 0.3 / 199))
    assert "bins: 1," in estimate.method


def test_it_works_on_very_many_rows() -> None:
    value, low, high = error(4, 400_000, shift=0.1)
    assert low < 0.1 < high
    assert high - low < 0.01
    assert value == pytest.approx(0.1, abs=0.003)


def test_reliability_bins_hold_all_rows_in_order() -> None:
    confidence, right = model(5, 800)
    rows = Sample(
        labels=right.astype(int),
        predictions=np.ones(800, dtype=int),
        classes=("no", "yes"),
        confidence=confidence,
    )
    bins = reliability(rows)
    assert len(bins) == 15
    assert sum(row.right.n for row in bins) == 800
    assert all(row.low <= row.confidence <= row.high for row in bins)
    assert [row.low for row in bins] == sorted(row.low for row in bins)
    shares = [row.right.value or 0 for row in bins]
    assert np.average(shares, weights=[row.right.n for row in bins]) == pytest.approx(right.mean())


def test_reliability_of_a_class_is_about_its_probability() -> None:
    proba = np.column_stack([np.linspace(1, 0, 200), np.linspace(0, 1, 200)])
    rows = Sample(
        labels=(np.arange(200) % 4 > 0).astype(int),
        predictions=proba.argmax(axis=1),
        classes=("no", "yes"),
        proba=proba,
        clusters=np.arange(200) // 2,
    )
    assert reliability(rows, "yes")[-1].confidence > 0.8
    assert reliability(rows, "no")[0].confidence < 0.2
    assert reliability(rows, "yes")[0].right.clusters is not None


def test_the_probability_of_the_predicted_class_stands_in_for_a_missing_confidence() -> None:
    proba = np.array([[0.7, 0.3], [0.4, 0.6], [np.nan, np.nan]])
    rows = Sample(
        labels=np.array([0, 0, 1]), predictions=np.array([0, 1, FAILED]), classes=("a", "b"), proba=proba
    )
    claims = stated(rows)
    assert not isinstance(claims, str)
    assert claims[0].tolist() == [0.7, 0.6]
    assert claims[1].tolist() == [True, False]
    assert claims[2].tolist() == [True, True, False]


def test_without_any_claim_there_is_nothing_to_calibrate() -> None:
    silent = Sample(
        labels=np.array([0, 1]),
        predictions=np.array([FAILED, FAILED]),
        classes=("a", "b"),
        confidence=np.array([np.nan, np.nan]),
    )
    assert stated(silent) == "no row has a confidence"
    assert reliability(silent) == ()
    assert measure(silent, "calibration_error").at().warning == "no row has a confidence"
