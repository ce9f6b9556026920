"""How many labels are wrong: about none where none is, about as many as were planted."""

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.label_noise import wrong_labels


def calibrated(n: int, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Probabilities that mean what they say, and labels drawn from them."""
    proba = rng.dirichlet([0.12] * 6, size=n)
    labels = np.array([rng.choice(6, p=row) for row in proba])
    return labels, proba


def test_right_labels_are_rarely_accused() -> None:
    rng = np.random.default_rng(0)
    accused = sum((wrong_labels(*calibrated(800, rng)).at(0.99).low or 0) > 0 for _ in range(300))
    assert accused <= 6


def test_planted_wrong_labels_are_counted() -> None:
    rng = np.random.default_rng(1)
    counts = []
    for _ in range(60):
        labels, proba = calibrated(1_000, rng)
        sure = np.flatnonzero(proba.max(axis=1) > 0.99)[:15]
        labels[sure] = proba[sure].argmin(axis=1)
        counts.append(wrong_labels(labels, proba).at(0.99))
    assert 12 < np.mean([count.value for count in counts]) < 18
    assert np.mean([(count.low or 0) > 0 for count in counts]) > 0.9


def test_no_rows_are_undefined_and_not_zero() -> None:
    estimate = wrong_labels(np.array([], dtype=int), np.zeros((0, 3))).at()
    assert (estimate.value, estimate.warning) == (None, "no rows")


def test_rows_without_probabilities_are_passed_over() -> None:
    proba = np.array([[np.nan, np.nan], [0.9999, 0.0001]])
    assert wrong_labels(np.array([0, 1]), proba).at().n == 1
