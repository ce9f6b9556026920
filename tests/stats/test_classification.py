from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from shipworthy.core.errors import UserError
from shipworthy.stats.classification import METRICS, ConfusedPair, class_table, confusion, difference, measure
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import FAILED, Sample

EXACT = 1e-9


def sample(seed: int, n: int = 400, k: int = 4, *, failed: float = 0.0, cluster: int = 1) -> Sample:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    proba = rng.dirichlet(np.ones(k), n).round(2) + 1e-4
    proba[np.arange(n), labels] += 0.5
    proba /= proba.sum(axis=1, keepdims=True)
    return Sample(
        labels=labels,
        predictions=np.where(rng.random(n) < failed, FAILED, proba.argmax(axis=1)),
        classes=tuple("abcdefgh"[:k]),
        confidence=proba.max(axis=1),
        proba=proba,
        clusters=np.arange(n) // cluster if cluster > 1 else None,
    )


def value(rows: Sample, metric: str, class_: str | None = None) -> float:
    found = measure(rows, metric, class_=class_).at().value
    assert found is not None
    return found


def ends(estimate: Estimate) -> tuple[float, float]:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low, estimate.high


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.integers(2, 6), st.sampled_from([0.0, 0.1]), st.sampled_from([1, 5]))
def test_counts_equal_scikit_learn(seed: int, k: int, failed: float, cluster: int) -> None:
    rows = sample(seed, k=k, failed=failed, cluster=cluster)
    truth, guess, codes = rows.labels, rows.predictions, range(k)
    scores = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    assert value(rows, "accuracy") == pytest.approx(sk.accuracy_score(truth, guess), abs=EXACT)
    for name, score in scores.items():
        for average in ("macro", "micro", "weighted"):
            expected = score(truth, guess, labels=codes, average=average)
            assert value(rows, f"{average}_{name}") == pytest.approx(expected, abs=EXACT)
        for code in codes:
            expected = score(truth == code, guess == code)
            assert value(rows, name, rows.classes[code]) == pytest.approx(expected, abs=EXACT)
    for code in codes:
        (_, false_alarms), (missed, _) = sk.confusion_matrix(truth == code, guess == code)
        others, of_class = (truth != code).sum(), (truth == code).sum()
        assert value(rows, "fpr", rows.classes[code]) == pytest.approx(false_alarms / others, abs=EXACT)
        assert value(rows, "fnr", rows.classes[code]) == pytest.approx(missed / of_class, abs=EXACT)


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_scores_of_probabilities_equal_scikit_learn(seed: int, k: int) -> None:
    rows = sample(seed, k=k)
    truth, proba = rows.labels, rows.proba
    assert proba is not None
    assert value(rows, "log_loss") == pytest.approx(sk.log_loss(truth, proba), abs=EXACT)
    given_ = proba[:, 1] if k == 2 else proba
    assert value(rows, "brier") == pytest.approx(sk.brier_score_loss(truth, given_), abs=EXACT)
    for code, name in enumerate(rows.classes):
        one, scores = truth == code, proba[:, code]
        assert value(rows, "average_precision", name) == pytest.approx(
            sk.average_precision_score(one, scores), abs=EXACT
        )
        assert value(rows, "roc_auc", name) == pytest.approx(sk.roc_auc_score(one, scores), abs=EXACT)
    if k > 2:
        expected = sk.roc_auc_score(truth, proba, multi_class="ovr", average="macro")
        assert value(rows, "roc_auc") == pytest.approx(expected, abs=EXACT)
        expected = sk.average_precision_score(np.eye(k)[truth], proba, average="macro")
        assert value(rows, "average_precision") == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("metric", [name for name, metric in METRICS.items() if metric.per_class])
def test_without_a_class_it_is_the_positive_class_of_two_and_the_mean_of_more(metric: str) -> None:
    two, more = sample(1, k=2), sample(1, k=3)
    if metric == "calibration_error":
        assert measure(two, metric, class_="b").at() != measure(two, metric).at()
        return
    assert measure(two, metric).at() == measure(two, metric, class_="b").at()
    mean = np.mean([value(more, metric, name) for name in more.classes])
    assert value(more, metric) == pytest.approx(mean, abs=EXACT)


@pytest.mark.parametrize("cluster", [1, 5])
def test_a_share_of_rows_gets_the_interval_of_a_share(cluster: int) -> None:
    rows = sample(2, cluster=cluster)
    of_class = rows.labels == 1
    clusters = None if rows.clusters is None else rows.clusters[of_class]
    expected = proportion(rows.predictions[of_class] == 1, clusters=clusters).at(0.99)
    assert measure(rows, "recall", class_="b").at(0.99) == expected
    missed = measure(rows, "fnr", class_="b").at(0.99)
    assert (missed.low, missed.high) == pytest.approx((1 - ends(expected)[1], 1 - ends(expected)[0]))


def test_the_two_ways_to_an_interval_agree_on_many_rows() -> None:
    rows = sample(3, n=20_000, k=2)
    for metric in ("recall", "precision", "f1", "fpr"):
        whole = ends(measure(rows, metric).at())
        paired = ends(difference(rows, replace(rows, predictions=rows.labels), metric).at())
        assert whole[1] - whole[0] == pytest.approx(paired[1] - paired[0], rel=0.02)


@pytest.mark.parametrize(
    "metric", ["macro_f1", "macro_precision", "weighted_f1", "weighted_precision", "fpr"]
)
def test_the_jackknife_is_what_leaving_each_group_out_gives(metric: str) -> None:
    rows = sample(4, n=150, k=3, cluster=3)
    assert rows.clusters is not None
    whole = value(rows, metric)
    without = np.array([value(rows.take(rows.clusters != group), metric) for group in range(50)])
    error = np.sqrt(((without - without.mean()) ** 2).sum() * 49 / 50)
    low, high = ends(measure(rows, metric).at())
    logit_half = (np.log(high / (1 - high)) - np.log(low / (1 - low))) / 2
    quantile_times_error = logit_half * whole * (1 - whole)
    assert 1.96 < quantile_times_error / error < 2.25


@pytest.mark.parametrize(
    ("metric", "class_"), [("average_precision", "b"), ("roc_auc", "b"), ("brier", None)]
)
def test_rankings_and_losses_vary_as_a_bootstrap_says(metric: str, class_: str | None) -> None:
    rows, rng = sample(5, n=300, k=3), np.random.default_rng(0)
    drawn = [value(rows.take(rng.integers(0, 300, 300)), metric, class_) for _ in range(400)]
    low, high = ends(measure(rows, metric, class_=class_).at())
    assert (high - low) / 3.92 == pytest.approx(np.std(drawn), rel=0.15)


def test_a_class_never_predicted_has_no_precision_and_counts_as_zero_in_the_mean() -> None:
    rows = Sample(labels=np.array([0, 0, 1, 2]), predictions=np.array([0, 0, 1, 1]), classes=("a", "b", "c"))
    assert str(measure(rows, "precision", class_="c").at()) == "undefined ('c' was never predicted)"
    mean = measure(rows, "macro_precision").at()
    assert mean.value == pytest.approx(0.5)
    assert mean.warning == "counted as 0 because never predicted: 'c'"


def test_a_class_without_labelled_rows_has_no_recall_and_is_left_out_of_the_mean() -> None:
    rows = Sample(labels=np.array([0, 0, 1, 1]), predictions=np.array([0, 2, 1, 1]), classes=("a", "b", "c"))
    for metric in ("recall", "f1", "fnr"):
        assert str(measure(rows, metric, class_="c").at()) == "undefined (no rows are labelled 'c')"
    mean = measure(rows, "macro_recall").at()
    assert mean.value == pytest.approx(0.75)
    assert mean.warning == "left out because no rows are labelled so: 'c'"
    assert value(rows, "macro_f1") == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_a_class_that_never_occurs_does_not_change_the_mean() -> None:
    rows = sample(6, k=2)
    wider = replace(rows, classes=("a", "b", "never"), proba=None)
    assert value(wider, "macro_f1") == pytest.approx(value(rows, "macro_f1"))


def test_many_classes_left_out_are_named_in_short() -> None:
    rows = Sample(labels=np.zeros(4, dtype=int), predictions=np.arange(4) * 2, classes=tuple("abcdefgh"))
    assert measure(rows, "macro_recall").at().warning == (
        "left out because no rows are labelled so: 'b', 'c', 'd', 'e', 'f' and 2 more"
    )


@pytest.mark.parametrize(
    ("metric", "class_", "reason"),
    [
        ("fpr", "a", "all rows are labelled 'a'"),
        ("roc_auc", "a", "all rows are labelled 'a'"),
        ("roc_auc", "b", "no rows are labelled 'b'"),
        ("average_precision", "b", "no rows are labelled 'b'"),
        ("recall", "b", "no rows are labelled 'b'"),
    ],
)
def test_with_one_class_only_there_is_no_ranking_and_no_false_alarm(
    metric: str, class_: str, reason: str
) -> None:
    rows = sample(7, n=20, k=2)
    one = replace(rows, labels=np.zeros(20, dtype=int))
    assert measure(one, metric, class_=class_).at().warning == reason
    nothing = difference(one, one, metric, class_=class_).at()
    assert (nothing.value, nothing.warning) == (None, reason)


@pytest.mark.parametrize("metric", ["average_precision", "roc_auc", "brier", "log_loss"])
def test_without_probabilities_what_needs_them_is_undefined(metric: str) -> None:
    bare = replace(sample(8), proba=None)
    assert str(measure(bare, metric).at()) == "undefined (no probabilities were recorded)"
    assert difference(sample(8), bare, metric).at().warning == "no probabilities were recorded"
    assert difference(bare, sample(8), metric).at().warning == "no probabilities were recorded"


def test_without_confidence_calibration_is_undefined() -> None:
    bare = replace(sample(8), proba=None, confidence=None)
    assert measure(bare, "calibration_error").at().warning == "no confidence was recorded"
    assert measure(bare, "calibration_error", class_="a").at().warning == "no probabilities were recorded"
    nothing = difference(bare, sample(8), "calibration_error").at()
    assert (nothing.value, nothing.warning) == (None, "no confidence was recorded")
    assert difference(sample(8), bare, "calibration_error").at().value is None


def test_when_every_row_failed_recall_is_zero_and_precision_is_undefined() -> None:
    rows = replace(sample(9, n=40), predictions=np.full(40, FAILED))
    assert value(rows, "accuracy") == 0
    assert value(rows, "macro_f1") == 0
    assert value(rows, "micro_f1") == 0
    assert measure(rows, "micro_precision").at().warning == "no row has a usable output"
    assert difference(rows, rows, "micro_precision").at().value is None


def test_false_alarms_of_no_class_can_be_measured_when_all_rows_are_of_one() -> None:
    rows = Sample(labels=np.zeros(9, dtype=int), predictions=np.zeros(9, dtype=int), classes=("a", "b", "c"))
    assert str(measure(rows, "fpr").at()) == "undefined (no class has the rows this needs)"


def test_a_class_in_one_group_only_may_be_half_right_elsewhere() -> None:
    labels = np.array([0, 1] * 30 + [2] * 10)
    predictions = np.where(np.arange(70) < 65, labels, 0)
    rows = Sample(
        labels=labels,
        predictions=predictions,
        classes=("a", "b", "c"),
        clusters=np.minimum(np.arange(70), 60),
    )
    low, high = ends(measure(rows, "macro_recall").at())
    assert high - low > 0.3


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="no metric 'acuracy'") as error:
        measure(sample(0), "acuracy")
    assert error.value.hint == "Did you mean 'accuracy'?"
    with pytest.raises(UserError, match="'macro_f1' is measured over all classes"):
        measure(sample(0), "macro_f1", class_="a")
    with pytest.raises(UserError, match="no class 'x'"):
        measure(sample(0), "recall", class_="x")


def test_a_metric_says_in_words_what_it_is() -> None:
    assert METRICS["macro_recall"].words == (
        "Of the rows of a class, the share that were given it, with every class counting the same."
    )
    assert all(metric.words.endswith(".") and metric.name == name for name, metric in METRICS.items())


def test_the_class_table_has_one_row_for_each_class() -> None:
    rows = sample(10, k=3)
    table = class_table(rows)
    assert [row.name for row in table] == ["a", "b", "c"]
    assert sum(row.n for row in table) == rows.n
    assert table[1].f1 == measure(rows, "f1", class_="b").at()
    assert table[2].precision == measure(rows, "precision", class_="c").at()
    assert table[0].recall == measure(rows, "recall", class_="a").at()


def test_a_small_confusion_matrix_is_the_whole_one() -> None:
    rows = sample(11, k=4, failed=0.1)
    found = confusion(rows)
    expected = sk.confusion_matrix(rows.labels, rows.predictions, labels=[FAILED, 0, 1, 2, 3])[1:]
    assert found.classes == rows.classes
    assert found.counts.tolist() == expected[:, 1:].tolist()
    assert found.failed.tolist() == expected[:, 0].tolist()
    assert (found.elsewhere.tolist(), found.hidden) == ([0, 0, 0, 0], 0)


def test_a_large_confusion_matrix_shows_the_worst_classes_and_pairs() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [2] * 10 + [3] * 10)
    predictions = labels.copy()
    predictions[0:4], predictions[10:13], predictions[30] = 1, 3, FAILED
    found = confusion(Sample(labels=labels, predictions=predictions, classes=("a", "b", "c", "d")), worst=2)
    assert (found.classes, found.hidden) == (("a", "b"), 2)
    assert found.counts.tolist() == [[6, 4], [0, 7]]
    assert (found.elsewhere.tolist(), found.failed.tolist()) == ([0, 3], [0, 0])
    assert found.pairs == (
        ConfusedPair(label="a", prediction="b", count=4, share=0.4),
        ConfusedPair(label="b", prediction="d", count=3, share=0.3),
    )


def test_the_confusion_of_no_rows_is_empty() -> None:
    nothing = confusion(sample(0).take(np.array([], dtype=int)))
    assert nothing.counts.sum() == 0
    assert nothing.pairs == ()


@pytest.mark.simulation
@pytest.mark.parametrize("cluster", [1, 5])
def test_macro_f1_covers_the_truth_at_200_rows(cluster: int) -> None:
    rng, held, k, simulations = np.random.default_rng(1), 0, 5, 600
    for _ in range(simulations):
        shared = (rng.random(200) < np.sqrt(0.2)) & (cluster > 1)
        draw = np.where(shared, 200 + np.arange(200) // cluster, np.arange(200))
        labels, other, right = rng.integers(0, k, 400), rng.integers(0, k, 400), rng.random(400) < 0.6
        predictions = np.where(right, labels, other)[draw]
        clusters = np.arange(200) // cluster if cluster > 1 else None
        low, high = ends(
            measure(
                Sample(
                    labels=labels[draw], predictions=predictions, classes=tuple("abcde"), clusters=clusters
                ),
                "macro_f1",
            ).at()
        )
        held += low <= 0.6 + 0.4 / k <= high
    assert held / simulations >= 0.93
