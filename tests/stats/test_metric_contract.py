"""What holds for every metric, whatever it measures."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from shipworthy.core.errors import DataError
from shipworthy.stats.classification import METRICS, difference, measure
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.sample import FAILED, Sample

every_metric = pytest.mark.parametrize("metric", METRICS)


def sample(seed: int = 0, n: int = 300, k: int = 3, *, failed: float = 0.03, cluster: int = 1) -> Sample:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    proba = rng.dirichlet(np.ones(k), n)
    proba[np.arange(n), labels] += 0.6
    proba /= proba.sum(axis=1, keepdims=True)
    predictions, confidence = proba.argmax(axis=1), proba.max(axis=1)
    broken = rng.random(n) < failed
    return Sample(
        labels=labels,
        predictions=np.where(broken, FAILED, predictions),
        classes=tuple(f"class {code}" for code in range(k)),
        confidence=np.where(broken, np.nan, confidence),
        proba=np.where(broken[:, None], np.nan, proba),
        clusters=rng.permutation(n) // cluster if cluster > 1 else None,
    )


def certain(labels: list[int], predictions: list[int], k: int = 2) -> Sample:
    return Sample(
        labels=np.array(labels),
        predictions=np.array(predictions),
        classes=tuple(f"class {code}" for code in range(k)),
        confidence=np.ones(len(labels)),
        proba=np.eye(k)[predictions],
    )


def numbers(estimate: Estimate) -> tuple[float, float, float]:
    assert estimate.value is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.value, estimate.low, estimate.high


@every_metric
@pytest.mark.parametrize("cluster", [1, 4])
def test_the_order_of_rows_does_not_matter(metric: str, cluster: int) -> None:
    rows = sample(cluster=cluster)
    shuffled = rows.take(np.random.default_rng(1).permutation(rows.n))
    assert numbers(measure(shuffled, metric).at()) == pytest.approx(
        numbers(measure(rows, metric).at()), abs=1e-9
    )


@every_metric
def test_the_names_of_classes_do_not_matter(metric: str) -> None:
    for k in (2, 3):
        rows = sample(k=k)
        renamed = replace(rows, classes=("zebra", "ant", "moose")[:k])
        assert numbers(measure(renamed, metric).at()) == numbers(measure(rows, metric).at())


@every_metric
def test_the_order_of_classes_does_not_matter_to_what_is_about_all_of_them(metric: str) -> None:
    rows = sample(k=3)
    assert rows.proba is not None
    order = np.array([2, 0, 1])
    place = np.append(np.argsort(order), FAILED)
    turned = replace(
        rows,
        labels=place[rows.labels],
        predictions=place[rows.predictions],
        classes=tuple(rows.classes[code] for code in order),
        proba=rows.proba[:, order],
    )
    assert numbers(measure(turned, metric).at()) == pytest.approx(
        numbers(measure(rows, metric).at()), abs=1e-9
    )


@every_metric
def test_without_rows_it_is_undefined_and_says_so(metric: str) -> None:
    nothing = sample().take(np.array([], dtype=int))
    estimate = measure(nothing, metric).at(0.9)
    assert (estimate.value, estimate.warning, estimate.level) == (None, "no rows", 0.9)


@every_metric
@pytest.mark.parametrize("k", [2, 3])
def test_a_perfect_candidate_gets_the_best_score_with_room_for_doubt(metric: str, k: int) -> None:
    labels = [code % k for code in range(60)]
    value, low, high = numbers(measure(certain(labels, labels, k), metric).at())
    assert value == pytest.approx(1.0 if METRICS[metric].better == "higher" else 0.0, abs=1e-12)
    assert low <= value <= high
    assert 0.005 < high - low < 0.6


@every_metric
def test_a_candidate_that_is_always_wrong_gets_the_worst_score(metric: str) -> None:
    labels = np.array([0, 1] * 30)
    always_wrong = certain(list(labels), list(1 - labels))
    assert always_wrong.proba is not None
    worst = {
        "log_loss": -np.log(np.finfo(float).eps),
        "average_precision": average_precision_score(labels, always_wrong.proba[:, 1]),
    }.get(metric, 0.0 if METRICS[metric].better == "higher" else 1.0)
    value, low, high = numbers(measure(always_wrong, metric).at())
    assert value == pytest.approx(worst)
    assert low <= value <= high
    assert high > low


@pytest.mark.parametrize(
    "metric", sorted(set(METRICS) - {"calibration_error"})
)  # whose turn is in the next test
def test_a_right_row_that_fails_instead_never_improves_the_score(metric: str) -> None:
    rows = sample(k=2, failed=0.0)
    before = numbers(measure(rows, metric).at())[0]
    positive = np.flatnonzero(rows.correct & (rows.labels == 1))[:10]
    after = numbers(measure(failing(rows, positive), metric).at())[0]
    if METRICS[metric].better == "higher":
        assert after <= before
    else:
        assert after >= before


def failing(rows: Sample, which: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Sample:
    assert rows.proba is not None
    assert rows.confidence is not None
    predictions, proba, confidence = rows.predictions.copy(), rows.proba.copy(), rows.confidence.copy()
    predictions[which], proba[which], confidence[which] = FAILED, np.nan, np.nan
    return replace(rows, predictions=predictions, proba=proba, confidence=confidence)


def test_a_failed_row_that_was_sure_of_itself_was_wrong() -> None:
    rows = sample(failed=0.0)
    predictions = rows.predictions.copy()
    predictions[:20] = FAILED
    wrong = rows.predictions.copy()
    wrong[:20] = (rows.labels[:20] + 1) % 3
    failed, mistaken = replace(rows, predictions=predictions), replace(rows, predictions=wrong)
    assert measure(failed, "calibration_error").at() == measure(mistaken, "calibration_error").at()


@every_metric
@pytest.mark.parametrize("metric_class", [None, "class 1"])
def test_rows_repeated_inside_their_cluster_change_nothing_but_n(
    metric: str, metric_class: str | None
) -> None:
    class_ = metric_class if METRICS[metric].per_class else None
    rows = replace(sample(n=640, failed=0.0), clusters=np.arange(640) // 2)
    twice = rows.take(np.repeat(np.arange(640), 2))
    once, again = (measure(s, metric, class_=class_).at() for s in (rows, twice))
    assert numbers(again)[0] == pytest.approx(numbers(once)[0], abs=1e-12)
    assert numbers(again) == pytest.approx(numbers(once), abs=0.004)
    assert (again.n, again.clusters) == (2 * once.n, once.clusters)


@every_metric
@settings(max_examples=20)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 120),
    k=st.integers(2, 4),
    failed=st.sampled_from([0.0, 0.3]),
    cluster=st.sampled_from([1, 3]),
)
def test_an_interval_holds_its_value_and_widens_with_the_level(
    metric: str, seed: int, n: int, k: int, failed: float, cluster: int
) -> None:
    answer = measure(sample(seed, n, k, failed=failed, cluster=cluster), metric)
    if answer.at().low is None:
        assert answer.at().value is None or metric == "log_loss"
        return
    value, low, high = numbers(answer.at(0.95))
    _, wider_low, wider_high = numbers(answer.at(0.99))
    assert wider_low <= low <= value <= high <= wider_high
    assert wider_high - wider_low > high - low or high - low > 1 - 1e-9
    assert low >= 0
    assert high <= {"brier": 2.0, "log_loss": np.inf}.get(metric, 1.0)


@every_metric
def test_a_difference_is_paired_and_turns_its_sign_with_its_sides(metric: str) -> None:
    a, b = sample(failed=0.0), harder(sample(failed=0.0))
    forward, backward = (numbers(difference(*pair, metric).at()) for pair in ((a, b), (b, a)))
    assert forward[0] == pytest.approx(measured_value(a, metric) - measured_value(b, metric))
    assert (forward[0], forward[1], forward[2]) == pytest.approx((-backward[0], -backward[2], -backward[1]))
    assert forward[1] < forward[0] < forward[2]


@every_metric
@pytest.mark.parametrize("cluster", [1, 4])
def test_a_candidate_equals_itself_but_not_with_certainty(metric: str, cluster: int) -> None:
    rows = sample(cluster=cluster)
    value, low, high = numbers(difference(rows, rows, metric).at())
    assert value == 0
    assert low < 0 < high


@every_metric
def test_a_difference_without_rows_is_undefined(metric: str) -> None:
    nothing = sample().take(np.array([], dtype=int))
    assert difference(nothing, nothing, metric).at().warning == "no rows"


def measured_value(rows: Sample, metric: str) -> float:
    return numbers(measure(rows, metric).at())[0]


def harder(rows: Sample) -> Sample:
    proba = cast("np.ndarray[tuple[int, int], np.dtype[np.float64]]", rows.proba).copy()
    proba[::9] = proba[::9, ::-1]
    return replace(rows, proba=proba, predictions=proba.argmax(axis=1), confidence=proba.max(axis=1))


def test_samples_of_different_rows_are_not_compared() -> None:
    rows = sample()
    with pytest.raises(DataError, match="different rows or classes"):
        difference(rows, replace(rows, labels=(rows.labels + 1) % 3), "accuracy")
    with pytest.raises(DataError, match="different clusters"):
        difference(rows, replace(rows, clusters=np.arange(rows.n)), "accuracy")
