"""Prediction-powered inference: many judged rows and a few labelled ones, one honest interval.

A judge's scores are many and cheap, and wrong in a way nobody knows; people's are few and right. Both
together: the mean of the people's scores, moved by how far the judge's mean over all rows lies from its
mean over the labelled ones, times a weight that makes the error as small as it can be. A judge that says
what people say narrows the interval; one that knows nothing gets the weight 0 and does no harm.

References:
    Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023), Prediction-powered inference. Science 382,
    arXiv 2301.09633.
    Angelopoulos, Duchi & Zrnic (2023), PPI++: efficient prediction-powered inference. arXiv 2311.01453
    (the weight: section 6, "power tuning").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, Unit, measured, undefined
from shipworthy.stats.intervals import mean, proportion, wilson
from shipworthy.stats.resampling import Groups, Spread, joined

__all__ = ["FEWEST_LABELS", "Tuning", "corrected_mean", "judge_weight"]

FEWEST_LABELS = 20
"""With fewer labelled rows (or groups of rows) than this, nothing is corrected."""

Tuning = Literal["power", "none"]
"""Weight the judge by what it is worth (PPI++), or take it at its word (PPI, weight 1)."""

_PSEUDO = 0.7
"""Of a pseudo-row; by simulation (docs/measurements/judges.md)."""
_CHANCE = 3.84
"""What a judge that knows nothing explains of n labels' spread, times n, in 19 of 20 samples."""
_LUMPS = 3
_METHOD = {
    "power": "power-tuned prediction-powered inference (PPI++)",
    "none": "prediction-powered inference",
}


def corrected_mean(
    labels: FloatArray,
    judged: FloatArray,
    unlabelled: FloatArray,
    *,
    clusters: IntArray | None = None,
    unlabelled_clusters: IntArray | None = None,
    ends: tuple[float, float] | None = None,
    tuning: Tuning = "power",
    unit: Unit = "score",
) -> Measured:
    """The mean that people would give all rows, from a few labels and a judge's scores of every row.

    The labelled rows must be drawn at random from the same rows as the others. Labels that take two values
    are a share in disguise: the interval is then Wilson's on the effective number of rows, which is what
    :func:`~shipworthy.stats.intervals.proportion` gives where the judge is worth nothing; otherwise it is
    the t interval corrected for skewness that :func:`~shipworthy.stats.intervals.mean` gives.

    Args:
        labels: (n,) what people said of the labelled rows.
        judged: (n,) what the judge said of the same rows, on any scale.
        unlabelled: (N,) what the judge said of the other rows.
        clusters: (n,) codes of labelled rows that belong together.
        unlabelled_clusters: (N,) codes of the other rows, from the same list of codes.
        ends: The lowest and the highest label there can be, where there are such.
        tuning: How much the judge counts.
        unit: How to write the mean.

    Returns:
        The mean, on the labels' scale; undefined with fewer than 20 labelled rows or groups.

    Raises:
        ValueError: the arrays do not fit together, or a number is not finite.
    """
    rows = _Rows.of(labels, judged, unlabelled, clusters, unlabelled_clusters)
    labelled_groups = len(np.unique(rows.groups.codes[: rows.n])) if rows.n else 0
    if labelled_groups < FEWEST_LABELS:
        what = "groups of labelled rows" if rows.groups.named else "labelled rows"
        reason = f"{labelled_groups} {what}; from {FEWEST_LABELS} on scores can be corrected"
        return measured(
            lambda level: undefined(reason, method=_METHOD[tuning], n=rows.n, unit=unit, level=level)
        )
    weight = rows.weight() if tuning == "power" else 1.0
    if ends is None:
        ends = (float(rows.labels.min()), float(rows.labels.max()))
    share = ends[0] < ends[1] and bool(np.isin(rows.labels, ends).all())
    if weight == 0:
        return _labels_alone(rows, clusters, ends if share else None, tuning, unit)
    if share:
        return _as_share(rows, weight, ends, tuning, unit)
    return _as_mean(rows, weight, tuning, unit)


def judge_weight(
    labels: FloatArray,
    judged: FloatArray,
    unlabelled: FloatArray,
    *,
    clusters: IntArray | None = None,
    unlabelled_clusters: IntArray | None = None,
) -> float:
    """The weight of the judge that makes the error smallest (arguments as above); never below 0.

    Without clusters it is Cov(label, judge) / ((1 + n/N) Var(judge)), formula (6.2) of the paper.
    """
    return _Rows.of(labels, judged, unlabelled, clusters, unlabelled_clusters).weight()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Labelled rows first, then the others: what each contributes to the error of either mean."""

    labels: FloatArray
    judged: FloatArray
    unlabelled: FloatArray
    groups: Groups

    @classmethod
    def of(
        cls,
        labels: FloatArray,
        judged: FloatArray,
        unlabelled: FloatArray,
        clusters: IntArray | None,
        unlabelled_clusters: IntArray | None,
    ) -> _Rows:
        arrays = [np.asarray(one, dtype=np.float64) for one in (labels, judged, unlabelled)]
        if arrays[0].shape != arrays[1].shape or any(one.ndim != 1 for one in arrays):
            raise ValueError(
                f"{arrays[0].shape} labels and {arrays[1].shape} judged rows do not fit together"
            )
        if not all(np.isfinite(one).all() for one in arrays):
            raise ValueError("labels and scores must be finite numbers")
        if (clusters is None) != (unlabelled_clusters is None):
            raise ValueError("name the clusters of labelled and unlabelled rows, or of neither")
        codes = None
        if clusters is not None and unlabelled_clusters is not None:
            codes = np.concatenate([clusters, unlabelled_clusters])
        total = len(arrays[0]) + len(arrays[2])
        return cls(labels=arrays[0], judged=arrays[1], unlabelled=arrays[2], groups=Groups.of(codes, total))

    @property
    def n(self) -> int:
        return len(self.labels)

    @property
    def total(self) -> int:
        return self.n + len(self.unlabelled)

    def of_labels(self) -> FloatArray:
        """(groups,) what each group contributes to the mean of the labels."""
        padded = np.zeros(self.total)
        padded[: self.n] = (self.labels - self.labels.mean()) / self.n
        return self.groups.totals(padded)

    def of_judge(self) -> FloatArray:
        """(groups,) the same of the judge's mean over the labelled rows minus that over the others."""
        here = (self.judged - self.judged.mean()) / self.n
        there = (self.unlabelled - self.unlabelled.mean()) / len(self.unlabelled)
        return self.groups.totals(np.concatenate([here, -there]))

    def weight(self) -> float:
        if not len(self.unlabelled):
            return 0.0
        labels, judge = self.of_labels(), self.of_judge()
        size, shared = float(judge @ judge), float(labels @ judge)
        if size <= 0 or shared <= 0:
            return 0.0
        explained = shared**2 / size / float(labels @ labels)
        return shared / size if explained * min(self.n, self.groups.count) > _CHANCE else 0.0

    def value(self, weight: float) -> float:
        return float(self.labels.mean() + weight * (self.unlabelled.mean() - self.judged.mean()))

    def spread(self, weight: float, *, unseen: float = 0.0) -> Spread:
        """Spread of the corrected mean. The weight cost one degree of freedom, the mean another.

        Two pseudo-rows of the size ``unseen`` stand for a mistake in either direction.
        """
        spent = np.sqrt(self.n / (self.n - 2))
        pseudo = np.array([unseen, -unseen]) * _PSEUDO / self.n
        return Spread.of((self.of_labels() - weight * self.of_judge()) * spent, pseudo)


def _labels_alone(
    rows: _Rows, clusters: IntArray | None, ends: tuple[float, float] | None, tuning: Tuning, unit: Unit
) -> Measured:
    if ends is None:
        alone = mean(rows.labels, clusters=clusters, unit=unit)
    else:
        alone = proportion(rows.labels == ends[1], clusters=clusters)

    def at(level: float) -> Estimate:
        found = alone.at(level) if ends is None else _stretched(alone.at(level), ends, unit)
        warning = joined(found.warning, "the judge adds nothing to the labels, so they stand alone")
        return replace(found, method=f"{_METHOD[tuning]}, judge's weight 0: {found.method}", warning=warning)

    return measured(at)


def _stretched(share: Estimate, ends: tuple[float, float], unit: Unit) -> Estimate:
    value, low, high = (
        ends[0] + (ends[1] - ends[0]) * (part or 0.0) for part in (share.value, share.low, share.high)
    )
    return replace(share, value=value, low=low, high=high, unit=unit)


def _as_share(rows: _Rows, weight: float, ends: tuple[float, float], tuning: Tuning, unit: Unit) -> Measured:
    """Wilson's interval on as many rows as would give a plain share this error."""
    low, wide = ends[0], ends[1] - ends[0]
    lumpy = len(np.unique(rows.judged)) <= _LUMPS  # hardly ever wrong on so few rows, perhaps on others
    spread = rows.spread(weight, unseen=weight * float(np.ptp(rows.judged)) if lumpy else 0.0)
    seen = float((rows.labels == ends[1]).mean())
    size = seen * (1 - seen) * (wide / spread.error) ** 2
    share = float(np.clip((rows.value(weight) - low) / wide, 0, 1))

    def at(level: float) -> Estimate:
        found = wilson(share, size, level, freedom=spread.freedom if rows.groups.named else np.inf)
        ends = (low + wide * found[0], low + wide * found[1])
        method = f"{_METHOD[tuning]}, Wilson on the effective sample size ({size:,.1f} rows)"
        return _estimate(rows, weight, low + wide * share, ends, level, unit, method)

    return measured(at)


def _as_mean(rows: _Rows, weight: float, tuning: Tuning, unit: Unit) -> Measured:
    spread, value = rows.spread(weight), rows.value(weight)

    def at(level: float) -> Estimate:
        below, above = spread.deviations(level)
        method = f"{_METHOD[tuning]}, t corrected for skewness"
        return _estimate(rows, weight, value, (value - below, value + above), level, unit, method)

    return measured(at)


def _estimate(
    rows: _Rows, weight: float, value: float, ends: tuple[float, float], level: float, unit: Unit, method: str
) -> Estimate:
    return Estimate(
        value=value,
        low=ends[0],
        high=ends[1],
        n=rows.total,
        method=f"{method}; {rows.n:,} labelled rows, judge's weight {weight:.2f}",
        level=level,
        clusters=rows.groups.clusters,
        unit=unit,
        warning=rows.groups.warning,
    )
