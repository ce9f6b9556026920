"""Rates of classes and their averages, with what each group of rows contributes to them.

Precision, recall, F1 and the error rates are ratios of sums over rows. Leaving a group out of a ratio
N / D changes it by (n - R d) / (D - d), where R is the ratio and n, d what the group adds: the jackknife
in one pass over the rows, with one cell for each class in each group and no table of rows by classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.resampling import Contributions, Groups, joined
from shipworthy.stats.sample import FAILED, Sample

__all__ = ["RATES", "Average", "averaged_rate"]

Average: TypeAlias = Literal["macro", "micro", "weighted"]
"""Every class counts the same, every row counts the same, or every class counts by its rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rate:
    """What a row adds to numerator and denominator of the class it is labelled or predicted as.

    Each triple is (numerator if the row is right, numerator if it is wrong, denominator).
    """

    label: tuple[int, int, int] | None = None
    prediction: tuple[int, int, int] | None = None
    base: int = 0
    """What every row adds to the denominator of every class."""

    @property
    def success(self) -> int:
        """What a row that is right adds to the numerator."""
        return max(amounts[0] for amounts in (self.label, self.prediction) if amounts is not None) or 1


_RATES = {
    "precision": _Rate(prediction=(1, 0, 1)),
    "recall": _Rate(label=(1, 0, 1)),
    "f1": _Rate(label=(2, 0, 1), prediction=(0, 0, 1)),
    "fnr": _Rate(label=(0, 1, 1)),
    "fpr": _Rate(label=(0, 0, -1), prediction=(0, 1, 0), base=1),
}
RATES = frozenset(_RATES)
"""Names of the rates."""


def averaged_rate(
    sample: Sample, name: str, *, code: int | None, average: Average, groups: Groups
) -> Contributions | str:
    """A rate of one class, or its average over classes; or why there is none.

    Args:
        sample: Labels and predictions.
        name: One of :data:`RATES`.
        code: The class, or None for the average.
        average: How classes are averaged.
        groups: Which rows belong together.
    """
    rate, classes = _RATES[name], _Classes.of(sample, code, average)
    cells = _Cells.of(sample, rate, groups, classes)
    under = cells.per_class(cells.denominator) + rate.base * sample.n
    hits = cells.per_class(cells.numerator)
    counted, warning = _counted(sample, name, under, average)
    weights = _weights(sample, counted, average)
    if not weights.any():
        return "no class has the rows this needs"
    rates = hits / np.maximum(under, 1)
    value = float(weights @ rates)
    totals = cells.contributions(rates, under, weights, rate, groups)
    if average == "weighted":
        totals = totals + groups.totals((rates[sample.labels] - value) / sample.n)
    return Contributions(
        value=value,
        groups=totals - totals.mean(),
        unseen=_unseen(rate, cells, hits, under, weights),
        n=sample.n if classes.count > 1 else int(under[0]),
        clusters=groups.clusters,
        warning=joined(warning, groups.warning),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Classes:
    """Which classes are told apart: one, all, or none (micro: all rows are of one kind)."""

    place: IntArray
    count: int

    @classmethod
    def of(cls, sample: Sample, code: int | None, average: Average) -> _Classes:
        k = len(sample.classes)
        if code is not None:
            place = np.full(k, -1)
            place[code] = 0
            return cls(place=place, count=1)
        if average == "micro":
            return cls(place=np.zeros(k, dtype=np.int64), count=1)
        return cls(place=np.arange(k), count=k)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Numerator and denominator of each class in each group, only where there is something."""

    group: IntArray
    code: IntArray
    numerator: FloatArray
    denominator: FloatArray
    classes: int

    @classmethod
    def of(cls, sample: Sample, rate: _Rate, groups: Groups, classes: _Classes) -> _Cells:
        keys, numerators, denominators = [], [], []
        for codes, amounts in ((sample.labels, rate.label), (sample.predictions, rate.prediction)):
            if amounts is None:
                continue
            places = np.where(codes == FAILED, -1, classes.place[codes])
            rows = np.flatnonzero(places >= 0)
            keys.append(groups.codes[rows].astype(np.int64) * classes.count + places[rows])
            numerators.append(np.where(sample.correct[rows], amounts[0], amounts[1]))
            denominators.append(np.full(len(rows), amounts[2]))
        key, inverse = np.unique(np.concatenate(keys), return_inverse=True)
        return cls(
            group=key // classes.count,
            code=key % classes.count,
            numerator=np.bincount(inverse, weights=np.concatenate(numerators)).astype(np.float64),
            denominator=np.bincount(inverse, weights=np.concatenate(denominators)).astype(np.float64),
            classes=classes.count,
        )

    def per_class(self, values: FloatArray) -> FloatArray:
        """(classes,) sums of the cells' values."""
        return np.bincount(self.code, weights=values, minlength=self.classes).astype(np.float64)

    def contributions(
        self, rates: FloatArray, under: FloatArray, weights: FloatArray, rate: _Rate, groups: Groups
    ) -> FloatArray:
        """(groups,) by how much the average falls without each group."""
        rest = np.maximum(under[self.code] - (0 if rate.base else self.denominator), 1)
        shares = weights[self.code] * (self.numerator - rates[self.code] * self.denominator) / rest
        totals = np.bincount(self.group, weights=shares, minlength=groups.count).astype(np.float64)
        if not rate.base:
            return totals
        everywhere = float(weights @ (rates / np.maximum(under, 1)))
        return totals - everywhere * np.bincount(groups.codes, minlength=groups.count)


def _counted(sample: Sample, name: str, under: FloatArray, average: Average) -> tuple[BoolArray, str | None]:
    """(classes,) which classes enter the average, and which ones need a word."""
    k = len(sample.classes)
    if len(under) < k or average == "micro":
        return under > 0, None
    labelled = np.bincount(sample.labels, minlength=k) > 0
    predicted = np.bincount(sample.predictions[sample.predictions != FAILED], minlength=k) > 0
    never = labelled & ~predicted & (name == "precision")
    counted = (labelled | predicted) & ((under > 0) | never)
    return counted, joined(
        _named("counted as 0 because never predicted", never, sample),
        _named("left out because no rows are labelled so", ~counted & ~labelled, sample),
    )


def _named(words: str, which: BoolArray, sample: Sample) -> str | None:
    names = [repr(sample.classes[code]) for code in np.flatnonzero(which)]
    if not names:
        return None
    return f"{words}: {', '.join(names[:5])}{f' and {len(names) - 5} more' if len(names) > 5 else ''}"


def _weights(sample: Sample, counted: BoolArray, average: Average) -> FloatArray:
    if average == "weighted":
        sizes = np.bincount(sample.labels, minlength=len(counted))
        return np.where(counted, sizes / sample.n, 0.0)
    return counted / max(int(counted.sum()), 1)


def _unseen(
    rate: _Rate, cells: _Cells, hits: FloatArray, under: FloatArray, weights: FloatArray
) -> FloatArray:
    """A pseudo-row (a group of the usual size) for each class that never failed or never succeeded.

    A class all of whose rows sit in one group says nothing about other groups: it may be half right.
    """
    holding = np.maximum(np.bincount(cells.code, minlength=cells.classes), 1)
    size = np.ones(cells.classes) if rate.base else np.maximum(under / holding, 1)
    better = rate.success * size
    counted = weights > 0
    flawless, hopeless = counted & (hits == under) & (under > 0), counted & (hits == 0)
    alone = counted & ~flawless & ~hopeless & (holding == 1) & (rate.base == 0)
    return np.concatenate(
        [
            (-weights * size / (under + size))[flawless],
            (weights * better / (under + better))[hopeless],
            (-weights / 2)[alone],
        ]
    )
