from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from shipworthy.core.errors import UserError
from shipworthy.stats.classification import measure
from shipworthy.stats.curves import pr_curve, roc_curve
from shipworthy.stats.sample import FAILED, Sample


def sample(seed: int, n: int = 300, digits: int = 2) -> Sample:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    labels[:2] = 0, 1
    score = np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1).round(digits)
    return Sample(
        labels=labels,
        predictions=(score >= 0.5).astype(int),
        classes=("no", "yes"),
        proba=np.column_stack([1 - score, score]),
    )


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 300), st.integers(1, 6))
def test_the_precision_recall_curve_equals_scikit_learns(seed: int, n: int, digits: int) -> None:
    rows = sample(seed, n, digits)
    assert rows.proba is not None
    precision, recall, thresholds = sk.precision_recall_curve(rows.labels, rows.proba[:, 1])
    curve = pr_curve(rows)
    assert curve.thresholds[::-1] == pytest.approx(thresholds, abs=1e-12)
    assert curve.x[::-1] == pytest.approx(recall[:-1], abs=1e-12)
    assert curve.y[::-1] == pytest.approx(precision[:-1], abs=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 300), st.integers(1, 6))
def test_the_roc_curve_equals_scikit_learns(seed: int, n: int, digits: int) -> None:
    rows = sample(seed, n, digits)
    assert rows.proba is not None
    fpr, tpr, thresholds = sk.roc_curve(rows.labels, rows.proba[:, 1], drop_intermediate=False)
    curve = roc_curve(rows, "yes")
    assert curve.thresholds == pytest.approx(thresholds, abs=1e-12)
    assert curve.x == pytest.approx(fpr, abs=1e-12)
    assert curve.y == pytest.approx(tpr, abs=1e-12)


def test_points_for_a_chart_are_few_and_keep_both_ends() -> None:
    curve = roc_curve(sample(0, 50_000, 9))
    points = curve.points
    assert len(curve.x) > 10_000
    assert 100 < len(points) <= 200
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    xs, ys = zip(*points, strict=True)
    assert np.trapezoid(ys, xs) == pytest.approx(np.trapezoid(curve.y, curve.x), abs=1e-3)
    few = pr_curve(sample(0, 20))
    assert len(few.points) == len(few.x)


def test_a_row_without_an_output_is_missed_at_every_threshold() -> None:
    rows = sample(1)
    predictions, proba = rows.predictions.copy(), np.array(rows.proba)
    failed = np.flatnonzero(rows.labels == 1)[:30]
    predictions[failed], proba[failed] = FAILED, np.nan
    broken = replace(rows, predictions=predictions, proba=proba)
    share = 1 - 30 / np.count_nonzero(rows.labels)
    assert pr_curve(broken).x[-1] == pytest.approx(share)
    assert roc_curve(broken).y[-1] == pytest.approx(share)
    curve = roc_curve(broken)
    assert measure(broken, "roc_auc").at().value == pytest.approx(np.trapezoid(curve.y, curve.x))


def test_a_failed_row_of_another_class_counts_against_the_area() -> None:
    rows = sample(2)
    predictions = np.where(np.arange(rows.n) == np.flatnonzero(rows.labels == 0)[0], FAILED, rows.predictions)
    broken = measure(replace(rows, predictions=predictions), "roc_auc").at().value
    whole = measure(rows, "roc_auc").at().value
    assert broken is not None
    assert whole is not None
    assert broken < whole


def test_there_is_no_curve_without_probabilities_or_classes_to_tell_apart() -> None:
    rows = sample(3)
    bare = replace(rows, proba=None)
    assert pr_curve(bare).undefined == "no probabilities were recorded"
    assert pr_curve(bare).points == ()
    assert roc_curve(bare).undefined == "no probabilities were recorded"
    only_yes, only_no = (replace(rows, labels=np.full(rows.n, code)) for code in (1, 0))
    assert roc_curve(only_yes).undefined == "all rows are labelled 'yes'"
    assert pr_curve(only_no).undefined == "no rows are labelled 'yes'"
    with pytest.raises(UserError, match="one has to be named"):
        pr_curve(replace(bare, classes=("no", "yes", "perhaps")))
