"""The metrics of a classifier, each with an interval that suits the shape of the data.

A share of rows (accuracy, the recall of one class) gets Wilson's interval; the F1 of one class is a share
in disguise; averages over classes and rankings get the jackknife; calibration has its own. A class that
is never predicted counts with precision 0 in an average over classes, as in scikit-learn; a class without
labelled rows has no recall and is left out of the average, with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import numpy as np

from shipworthy.core.errors import DataError, UserError, nearest
from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.calibration import brier_losses, calibration_error, log_losses, mean_loss, stated
from shipworthy.stats.curves import Ranking
from shipworthy.stats.estimate import Estimate, Measured, Unit, measured, undefined
from shipworthy.stats.intervals import proportion
from shipworthy.stats.rates import RATES, Average, averaged_rate
from shipworthy.stats.resampling import Contributions, Groups, joined
from shipworthy.stats.sample import FAILED, Sample

__all__ = [
    "METRICS",
    "ClassRow",
    "ConfusedPair",
    "Confusion",
    "Metric",
    "class_table",
    "confusion",
    "difference",
    "measure",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """Something that can be measured on a sample of labels and predictions."""

    name: str
    """Its name in ``feature.yaml`` and in reports."""
    words: str
    """What it says, in a plain sentence."""
    unit: Unit
    """How to write it."""
    better: Literal["higher", "lower"]
    """Which way is good."""
    per_class: bool
    """Whether it can be asked of one class. Without a class it is then that of the positive class where
    there are two classes, and the mean over classes where there are more (calibration error: that of the
    confidence in the predicted class)."""


_Row: TypeAlias = tuple[str, str, Unit, Literal["higher", "lower"], bool]


def _averages() -> tuple[_Row, ...]:
    how: dict[Average, str] = {
        "macro": "with every class counting the same",
        "micro": "with every row counting the same",
        "weighted": "with every class counting by its number of rows",
    }
    what: dict[str, tuple[str, Unit]] = {
        "precision": ("Of the rows given a class, the share that belong to it", "share"),
        "recall": ("Of the rows of a class, the share that were given it", "share"),
        "f1": ("Precision and recall in one number, their harmonic mean", "score"),
    }
    return tuple(
        (f"{average}_{name}", f"{words}, {manner}.", unit, "higher", False)
        for average, manner in how.items()
        for name, (words, unit) in what.items()
    )


_ROWS: tuple[_Row, ...] = (
    ("accuracy", "The share of rows that are right.", "share", "higher", False),
    *_averages(),
    ("precision", "Of the rows given this class, the share that belong to it.", "share", "higher", True),
    ("recall", "Of the rows of this class, the share that were found.", "share", "higher", True),
    ("f1", "Precision and recall of this class in one number.", "score", "higher", True),
    ("fpr", "Of the rows of other classes, the share wrongly given this one.", "share", "lower", True),
    ("fnr", "Of the rows of this class, the share that were missed.", "share", "lower", True),
    (
        "average_precision",
        "How well the rows of this class are ranked first: precision over all thresholds.",
        "score",
        "higher",
        True,
    ),
    ("roc_auc", "How often a row of this class is ranked above another row.", "score", "higher", True),
    ("brier", "Mean squared distance between probabilities and what happened.", "score", "lower", False),
    ("log_loss", "Mean surprise at the right class, in nats.", "score", "lower", False),
    ("calibration_error", "How far confidence is from how often it comes true.", "share", "lower", True),
)
METRICS: dict[str, Metric] = {
    name: Metric(name=name, words=words, unit=unit, better=better, per_class=per_class)
    for name, words, unit, better, per_class in _ROWS
}
"""Every metric by name."""


def measure(sample: Sample, metric: str, *, class_: str | None = None) -> Measured:
    """Measure one metric on a sample.

    Args:
        sample: Labels, predictions and, for some metrics, probabilities.
        metric: A name in :data:`METRICS`.
        class_: The class asked about, for metrics that have one.

    Returns:
        The measured metric; undefined, with the reason, where the sample cannot say.

    Raises:
        UserError: Unknown metric or class, or a class for a metric that has none.
    """
    chosen = _chosen(sample, metric, class_)
    if sample.n == 0:
        return _undefined("no rows", chosen.metric)
    if metric == "calibration_error":
        return _calibration(sample, class_)
    rows = _share_rows(sample, chosen)
    if rows is not None:
        return _share(sample, chosen, *rows)
    parts = _contributions(sample, chosen)
    if isinstance(parts, str):
        return _undefined(parts, chosen.metric)
    highest = _highest(sample, metric)
    return parts.measured(unit=chosen.metric.unit, low=0.0, high=highest, logit=bool(np.isfinite(highest)))


def difference(sample_a: Sample, sample_b: Sample, metric: str, *, class_: str | None = None) -> Measured:
    """How much higher a metric is on ``sample_a`` than on ``sample_b``: two candidates, the same rows.

    The interval is paired: what both get right or wrong together does not widen it. An outcome that never
    occurred (no row where only one of the two is right) counts as one pseudo-row, so that agreement on
    few rows is not read as certainty. For calibration error the two intervals are combined as if
    independent (Zou and Donner, Statistics in Medicine 27, 2008), which is on the safe side.

    Returns:
        a minus b, in points (scores of loss as they are); undefined where either is.

    Raises:
        UserError: As for :func:`measure`.
        DataError: The samples do not have the same rows.
    """
    _check_paired(sample_a, sample_b)
    chosen = _chosen(sample_a, metric, class_)
    unit: Unit = "score" if metric in {"brier", "log_loss"} else "points"
    if sample_a.n == 0:
        return _undefined("no rows", chosen.metric, unit)
    if metric == "calibration_error":
        return _combined(_calibration(sample_a, class_), _calibration(sample_b, class_))
    a, b = _contributions(sample_a, chosen), _contributions(sample_b, chosen)
    if isinstance(a, str):
        return _undefined(a, chosen.metric, unit)
    if isinstance(b, str):
        return _undefined(b, chosen.metric, unit)
    highest = _highest(sample_a, metric)
    both = a.minus(b, unseen=_one_sided(sample_a, sample_b, chosen, a, b))
    return both.measured(unit=unit, low=-highest, high=highest, logit=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One class of the table."""

    name: str
    """The class."""
    n: int
    """Rows labelled with it."""
    precision: Estimate
    """Of the rows given the class, the share that belong to it."""
    recall: Estimate
    """Of the rows of the class, the share that were found."""
    f1: Estimate
    """Both in one number."""


def class_table(sample: Sample) -> tuple[ClassRow, ...]:
    """Precision, recall and F1 of every class, in the order of ``sample.classes``."""
    counts = np.bincount(sample.labels, minlength=len(sample.classes))
    return tuple(
        ClassRow(
            name=name,
            n=int(count),
            precision=measure(sample, "precision", class_=name).at(),
            recall=measure(sample, "recall", class_=name).at(),
            f1=measure(sample, "f1", class_=name).at(),
        )
        for name, count in zip(sample.classes, counts, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusedPair:
    """A class that was taken for another."""

    label: str
    """What the rows are."""
    prediction: str
    """What they were taken for."""
    count: int
    """How many."""
    share: float
    """Their share of all rows with this label."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Confusion:
    """Labels against predictions, for the classes with most mistakes."""

    classes: tuple[str, ...]
    """The classes shown, in the order of the sample."""
    counts: IntArray
    """(shown, shown) rows with the label of the row and the prediction of the column."""
    elsewhere: IntArray
    """(shown,) rows of each label that were given a class not shown."""
    failed: IntArray
    """(shown,) rows of each label without a usable output."""
    hidden: int
    """Classes left out because they have fewer mistakes."""
    pairs: tuple[ConfusedPair, ...]
    """The most confused pairs of all classes, most frequent first."""


def confusion(sample: Sample, worst: int = 20) -> Confusion:
    """The confusion matrix of the ``worst`` classes with most mistakes, and as many confused pairs."""
    k = len(sample.classes)
    keys, counts = np.unique(
        sample.labels.astype(np.int64) * (k + 1) + sample.predictions + 1, return_counts=True
    )
    labels, predictions = keys // (k + 1), keys % (k + 1) - 1
    wrong, named = labels != predictions, (labels != predictions) & (predictions != FAILED)
    mistakes = np.bincount(labels[wrong], weights=counts[wrong], minlength=k)
    mistakes = mistakes + np.bincount(predictions[named], weights=counts[named], minlength=k)
    shown = np.sort(np.argsort(-mistakes, kind="stable")[:worst])
    elsewhere, failed = len(shown), len(shown) + 1
    place = np.full(k + 1, elsewhere)
    place[shown], place[FAILED] = np.arange(len(shown)), failed
    table = np.zeros((failed, failed + 1), dtype=np.int64)
    np.add.at(table, (place[labels], place[predictions]), counts)
    table = table[:-1]
    return Confusion(
        classes=tuple(sample.classes[code] for code in shown),
        counts=table[:, :-2],
        elsewhere=table[:, -2],
        failed=table[:, -1],
        hidden=k - len(shown),
        pairs=_pairs(sample, labels[named], predictions[named], counts[named], worst),
    )


def _pairs(
    sample: Sample, labels: IntArray, predictions: IntArray, counts: IntArray, worst: int
) -> tuple[ConfusedPair, ...]:
    sizes = np.bincount(sample.labels, minlength=len(sample.classes))
    order = np.argsort(-counts, kind="stable")[:worst]
    return tuple(
        ConfusedPair(
            label=sample.classes[labels[i]],
            prediction=sample.classes[predictions[i]],
            count=int(counts[i]),
            share=float(counts[i] / sizes[labels[i]]),
        )
        for i in order
    )


# --- what was asked -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A metric, taken apart: which rate, of which class or averaged how."""

    metric: Metric
    rate: str
    code: int | None
    average: Average


def _chosen(sample: Sample, name: str, class_: str | None) -> _Chosen:
    if name not in METRICS:
        raise UserError(f"There is no metric {name!r}.", hint=nearest(name, METRICS))
    metric = METRICS[name]
    if class_ is not None and not metric.per_class:
        raise UserError(f"{name!r} is measured over all classes, so it cannot be asked of {class_!r}.")
    if name == "accuracy":
        return _Chosen(metric=metric, rate="recall", code=None, average="micro")
    for average in get_args(Average):
        if name.startswith(f"{average}_"):
            return _Chosen(metric=metric, rate=name.removeprefix(f"{average}_"), code=None, average=average)
    code = None if class_ is None else sample.code(class_)
    if code is None and metric.per_class and len(sample.classes) == 2:
        code = sample.positive
    return _Chosen(metric=metric, rate=name, code=code, average="macro")


def _highest(sample: Sample, metric: str) -> float:
    """The most that a metric can be."""
    if metric == "log_loss":
        return float(np.inf)
    return 2.0 if metric == "brier" and len(sample.classes) != 2 else 1.0


def _check_paired(a: Sample, b: Sample) -> None:
    if a.classes != b.classes or not np.array_equal(a.labels, b.labels):
        raise DataError(
            "The two samples have different rows or classes, so they cannot be compared row by row.",
            hint="Compare candidates that were run on the same examples.",
        )
    if (a.clusters is None) != (b.clusters is None) or (
        a.clusters is not None and b.clusters is not None and not np.array_equal(a.clusters, b.clusters)
    ):
        raise DataError("The two samples have different clusters, so they cannot be compared row by row.")


def _undefined(reason: str, metric: Metric, unit: Unit | None = None) -> Measured:
    return measured(
        lambda level: undefined(reason, method=metric.name, level=level, unit=unit or metric.unit)
    )


# --- shares of rows -----------------------------------------------------------------------------------


def _share_rows(sample: Sample, chosen: _Chosen) -> tuple[BoolArray, BoolArray, str] | None:
    """The rows a share rests on, which of them count, and why there may be none; None for no share."""
    labels, predictions, code = sample.labels, sample.predictions, chosen.code
    usable = predictions != FAILED
    if chosen.metric.name in {"accuracy", "micro_recall", "weighted_recall"}:
        return np.ones(sample.n, dtype=bool), sample.correct, "no rows"
    if chosen.metric.name == "micro_precision" or (chosen.metric.name == "micro_f1" and usable.all()):
        return usable, sample.correct, "no row has a usable output"
    if code is None:
        return None
    name = sample.classes[code]
    labelled, predicted = np.asarray(labels == code), np.asarray(predictions == code)
    unlabelled = f"no rows are labelled {name!r}"
    match chosen.rate:
        case "precision":
            return predicted, labelled, f"{name!r} was never predicted"
        case "recall":
            return labelled, predicted, unlabelled
        case "fnr":
            return labelled, ~predicted, unlabelled
        case "fpr":
            return ~labelled, predicted, f"all rows are labelled {name!r}"
        case "f1":
            union = labelled | predicted if labelled.any() else labelled
            return union, labelled & predicted, unlabelled
        case _:
            return None


def _share(sample: Sample, chosen: _Chosen, rows: BoolArray, counted: BoolArray, none: str) -> Measured:
    if not rows.any():
        return _undefined(none, chosen.metric)
    clusters = None if sample.clusters is None else sample.clusters[rows]
    share = proportion(counted[rows], clusters=clusters, unit=chosen.metric.unit)
    if chosen.code is None or chosen.rate != "f1":
        return share
    return measured(lambda level: _f1_of(share.at(level)))


def _f1_of(jaccard: Estimate) -> Estimate:
    """F1 is 2J / (1 + J), where J is the share of hits among rows labelled or predicted so."""
    value, low, high = (
        None if part is None else 2 * part / (1 + part) for part in (jaccard.value, jaccard.low, jaccard.high)
    )
    return replace(jaccard, value=value, low=low, high=high, method=f"{jaccard.method}, of hits, as F1")


def _calibration(sample: Sample, class_: str | None) -> Measured:
    claims = stated(sample, class_)
    if isinstance(claims, str):
        return _undefined(claims, METRICS["calibration_error"])
    confidence, right, rows = claims
    return calibration_error(
        confidence, right, clusters=None if sample.clusters is None else sample.clusters[rows]
    )


def _combined(a: Measured, b: Measured) -> Measured:
    def at(level: float) -> Estimate:
        one, two = a.at(level), b.at(level)
        if one.value is None or two.value is None:
            return replace(one if one.value is None else two, unit="points")
        assert one.low is not None
        assert one.high is not None
        assert two.low is not None
        assert two.high is not None
        gap = one.value - two.value
        return replace(
            one,
            value=gap,
            low=gap - float(np.hypot(one.value - one.low, two.high - two.value)),
            high=gap + float(np.hypot(one.high - one.value, two.value - two.low)),
            unit="points",
            method=f"{one.method}, combined (Zou and Donner)",
            warning=one.warning or two.warning,
        )

    return measured(at)


# --- averages over classes, rankings and losses: contributions of rows --------------------------------


def _contributions(sample: Sample, chosen: _Chosen) -> Contributions | str:
    """The metric with the contribution of each group of rows, or why it is undefined."""
    rows = _share_rows(sample, chosen)
    if rows is not None and not rows[0].any():
        return rows[2]
    groups = Groups.of(sample.clusters, sample.n)
    if chosen.rate in RATES:
        return averaged_rate(sample, chosen.rate, code=chosen.code, average=chosen.average, groups=groups)
    if sample.proba is None:
        return "no probabilities were recorded"
    if chosen.rate == "brier":
        return mean_loss(brier_losses(sample), groups, surprise=_highest(sample, "brier"))
    if chosen.rate == "log_loss":
        return mean_loss(log_losses(sample), groups, surprise=float(np.log(sample.n + 1)))
    return _averaged_ranking(sample, chosen, groups)


def _averaged_ranking(sample: Sample, chosen: _Chosen, groups: Groups) -> Contributions | str:
    codes = range(len(sample.classes)) if chosen.code is None else (chosen.code,)
    curves = chosen.rate == "roc_auc"
    parts, left_out = [], []
    for code in codes:
        ranking = Ranking.of_class(sample, code)
        if ranking.positives == 0 or (curves and ranking.negatives == 0):
            left_out.append(
                f"{'all' if ranking.positives else 'no'} rows are labelled {sample.classes[code]!r}"
            )
        else:
            parts.append(ranking.roc_auc(groups) if curves else ranking.average_precision(groups))
    if not parts:
        return left_out[0]
    k = len(parts)
    return Contributions(
        value=sum(part.value for part in parts) / k,
        groups=np.sum([part.groups for part in parts], axis=0) / k,
        unseen=np.concatenate([part.unseen for part in parts]) / k,
        n=parts[0].n,
        clusters=parts[0].clusters,
        bias=sum(part.bias for part in parts) / k,
        warning=joined(
            f"left out of the average: {'; '.join(left_out[:5])}" if left_out else None, groups.warning
        ),
    )


def _one_sided(a: Sample, b: Sample, chosen: _Chosen, one: Contributions, two: Contributions) -> FloatArray:
    """A pseudo-row for each side on which no row says that this candidate is the better one."""
    largest = float(max(np.abs(one.groups).max(), np.abs(two.groups).max()))
    if chosen.metric.better == "lower":
        largest = -largest
    scope = np.ones(a.n, dtype=bool)
    if chosen.code is not None:
        scope = (a.labels == chosen.code) | (a.predictions == chosen.code) | (b.predictions == chosen.code)
    if chosen.rate in RATES:
        better, worse = scope & a.correct & ~b.correct, scope & b.correct & ~a.correct
    else:
        better = worse = one.groups != two.groups
    return np.array([sign * largest for sign, rows in ((1, better), (-1, worse)) if not rows.any()])
