"""What a bar is held against: the rows of one candidate, and every quantity a bar may name.

A bench knows no verdict; it turns a bar into a :class:`Measured`, on all rows or on the rows a
threshold leaves to the feature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.stats import classification
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.fairness import gap_between, group_gap
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.sample import FAILED, Sample
from shipworthy.stats.thresholds import ChosenThreshold, choose_threshold

if TYPE_CHECKING:
    from shipworthy.evals.bars import Bar
    from shipworthy.evals.jobs.scoring import Scored
    from shipworthy.evals.spec import CostsSpec, ValueSpec
    from shipworthy.stats.arrays import BoolArray, FloatArray

__all__ = ["Bench", "Money", "counted"]


_OF_EVERY_JOB = frozenset({"accuracy", "calibration_error"})
_NO_PRICE = "what the model's calls cost is not known: give the candidate a price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What handling, mistakes and hand-overs are worth."""

    value: ValueSpec | None
    """Worth of a handled item, and the monthly volume."""
    costs: CostsSpec
    """Cost of each kind of mistake and of a hand-over."""
    calls: FloatArray | None = None
    """(n,) what the calls about each row cost; NaN where that is unknown, None where nothing is called."""

    @property
    def known(self) -> bool:
        """Whether the price of every call is known."""
        return self.calls is None or not bool(np.isnan(self.calls).any())

    def cost_per_row(self, sample: Sample, handled: BoolArray) -> FloatArray:
        """(n,) cost of each row: its calls, its mistake or hand-over; what failed is handed over."""
        matrix = self.costs.matrix(sample.classes)
        handled = handled & (sample.predictions != FAILED)
        mistakes = matrix[sample.labels, np.maximum(sample.predictions, 0)]
        paid = 0.0 if self.calls is None else self.calls
        return np.where(handled, mistakes, self.costs.handed_over) + paid

    def net_per_row(self, sample: Sample, handled: BoolArray) -> FloatArray:
        """(n,) benefit minus cost of each row; only items handled rightly bring the benefit."""
        worth = self.value.per_item if self.value is not None else 0.0
        return np.where(handled & sample.correct, worth, 0.0) - self.cost_per_row(sample, handled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One candidate's test rows, without leaked ones, ready to be measured."""

    sample: Sample
    """Its rows."""
    rivals: Mapping[str, Sample]
    """Other candidates on the same rows; ``baseline`` is the better of the two baselines."""
    segments: Mapping[str, Sequence[str | None]]
    """Segment column to one value per row."""
    leaked: BoolArray
    """One entry per test row *before* leaked rows were left out."""
    money: Money | None
    """Value and costs, where feature.yaml gives them."""
    threshold: float | None = None
    """Confidence from which rows are handled; None means all of them."""
    scored: Mapping[str, Scored] = field(default_factory=dict)
    """What checks say about each row, by name (every job but ``classify``)."""

    @property
    def handled(self) -> BoolArray:
        """(n,) rows the feature handles itself."""
        if self.threshold is None:
            return np.ones(self.sample.n, dtype=bool)
        if self.sample.confidence is None:
            return np.zeros(self.sample.n, dtype=bool)
        return np.nan_to_num(self.sample.confidence, nan=-1.0) >= self.threshold

    def above(self, threshold: float) -> Bench:
        """The same rows, of which only those with at least this confidence are handled."""
        return replace(self, threshold=threshold)

    def measure(self, bar: Bar) -> Measured:
        """The quantity a bar names, on the handled rows.

        Money counts every row (what is handed over costs too), leakage every test row, and
        ``auto_handled`` chooses its own threshold.
        """
        match bar.kind:
            case "metric":
                return self._metric(bar, self.handled)
            case "gap":
                return self._gap(bar)
            case "auto_handled":
                return self.auto_handled(bar.precision or 0.0)
            case "beats":
                rival = self.rivals[str(bar.rival)].take(self.handled)
                return classification.difference(self._handled(), rival, "accuracy")
            case "leakage":
                return counted(self.leaked)
            case "cost_per_1000":
                return self.cost_per_1000()
            case "net_value_month":
                return self.net_value_month()

    def _handled(self) -> Sample:
        return self.sample.take(self.handled)

    def _metric(self, bar: Bar, rows: BoolArray) -> Measured:
        sample = self.sample.take(rows)
        name = f"{bar.metric}[{bar.class_}]" if bar.class_ else str(bar.metric)
        if name in self.scored:
            return self.scored[name].take(rows).measured(clusters=sample.clusters)
        if not self.scored or bar.metric in _OF_EVERY_JOB:
            return classification.measure(sample, str(bar.metric), class_=bar.class_)
        return _never("the check says nothing about any test row")

    def _gap(self, bar: Bar) -> Measured:
        if self.scored and bar.metric not in _OF_EVERY_JOB:
            return self._gap_of_check(bar)
        values = self.segments[str(bar.by)]
        groups = [value for value, inside in zip(values, self.handled, strict=True) if inside]
        return group_gap(self._handled(), str(bar.metric), groups, class_=bar.class_, column=str(bar.by))

    def _gap_of_check(self, bar: Bar) -> Measured:
        rows = np.flatnonzero(self.handled)
        groups = [self.segments[str(bar.by)][row] for row in rows.tolist()]

        def inside(group: BoolArray) -> Measured:
            chosen = np.zeros(self.sample.n, dtype=bool)
            chosen[rows[group]] = True
            return self._metric(bar, chosen)

        return gap_between(inside, groups, metric=str(bar.metric), column=str(bar.by))

    def choose(self, precision: float) -> ChosenThreshold:
        """The most permissive threshold whose precision claim errs in at most 5% of samples."""
        sample = self.sample
        if sample.confidence is None:
            raise ValueError("a candidate without confidence has no threshold")
        return choose_threshold(
            sample.correct, sample.confidence, precision=precision, clusters=sample.clusters
        )

    def auto_handled(self, precision: float) -> Measured:
        """Share handled at the threshold that keeps ``precision``."""
        if self.sample.confidence is None:
            return _never("the candidate gives no confidence")
        chosen = self.choose(precision)
        if chosen.t is None:
            return _never(chosen.why_none or "no threshold keeps this precision")
        return proportion(self.above(chosen.t).handled, clusters=self.sample.clusters)

    def cost_per_1000(self) -> Measured:
        """Cost of mistakes and hand-overs per thousand items."""
        if self.money is None:
            return _never("feature.yaml gives no costs", unit="money")
        if not self.money.known:
            return _never(_NO_PRICE, unit="money")
        rows = self.money.cost_per_row(self.sample, self.handled)
        return mean(rows, clusters=self.sample.clusters, scale=1000, unit="money")

    def net_value_month(self) -> Measured:
        """Benefit minus cost for a month's volume."""
        if self.money is None or self.money.value is None:
            return _never("feature.yaml gives no value", unit="money")
        if not self.money.known:
            return _never(_NO_PRICE, unit="money")
        rows = self.money.net_per_row(self.sample, self.handled)
        volume = self.money.value.volume_per_month
        return mean(rows, clusters=self.sample.clusters, scale=volume, unit="money")


def counted(rows: BoolArray) -> Measured:
    """A share that is known and not estimated: every row was looked at, and no others are meant."""

    def at(level: float) -> Estimate:
        method = "counted on every row"
        if not len(rows):
            return undefined("there are no test rows", method=method, level=level)
        share = float(rows.mean())
        return Estimate(value=share, low=share, high=share, n=len(rows), method=method, level=level)

    return measured(at)


def _never(reason: str, **unit: str) -> Measured:
    def at(level: float) -> Estimate:
        return undefined(reason, method="none", level=level, **unit)  # type: ignore[arg-type]

    return measured(at)
