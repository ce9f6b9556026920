"""Gaps between groups of people, and what "fair" can mean.

Each definition of fairness names quantities that must not differ between groups. The gap is the
largest between any two groups, with an interval that allows for all pairs having been looked at.

References:
    Zou & Donner (2008), Construction of confidence limits about effect measures, Statistics in
    Medicine 27, 1693-1702.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.core.errors import UserError, nearest
from shipworthy.stats.arrays import BoolArray
from shipworthy.stats.classification import measure
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import Sample
from shipworthy.stats.segments import MISSING, SmallSegment

__all__ = ["FAIRNESS", "FairnessDefinition", "GroupGap", "fairness_gap", "gap_between", "group_gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessDefinition:
    """One meaning of fair: what must not differ between groups."""

    name: str
    """Its name in ``feature.yaml``."""
    metrics: tuple[str, ...]
    """What is compared; the largest gap of all counts."""
    words: str
    """What it asks for, for a person."""


FAIRNESS: dict[str, FairnessDefinition] = {
    name: FairnessDefinition(name=name, metrics=metrics, words=words)
    for name, metrics, words in (
        ("equal_accuracy", ("accuracy",), "Each group gets a right answer equally often."),
        (
            "equal_opportunity",
            ("recall",),
            "Of those who should be found, an equal share is found in each group.",
        ),
        (
            "equal_false_negative_rate",
            ("fnr",),
            "Of those who should be found, an equal share is missed in each group.",
        ),
        (
            "equal_false_positive_rate",
            ("fpr",),
            "Of those who should be left alone, an equal share is wrongly picked in each group.",
        ),
        (
            "equalised_odds",
            ("recall", "fpr"),
            "Neither what is found nor what is wrongly picked differs between groups.",
        ),
        (
            "demographic_parity",
            ("selection_rate",),
            "An equal share of each group is picked, whether or not rightly.",
        ),
        ("equal_precision", ("precision",), "A pick is right equally often in each group."),
    )
}
"""The fairness definitions by name. They contradict each other: choosing one needs a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupGap:
    """The largest difference of a metric between any two groups; a ``Measured``."""

    groups: Mapping[str, Measured]
    """What was measured in each group that is large enough."""
    too_small: tuple[SmallSegment, ...]
    """Groups that could not be measured."""
    metric: str
    """What is compared."""

    def at(self, level: float = 0.95) -> Estimate:
        """The gap with an interval that allows for every pair of groups having been looked at.

        The value is the largest gap seen, which is above zero even where there is none: read
        the interval.
        """
        method = "largest of all gaps, Zou–Donner, Bonferroni over pairs of groups"
        warning = self._warning()
        if len(self.groups) < 2:
            reason = "fewer than two groups are large enough to compare" + (f"; {warning}" if warning else "")
            return undefined(reason, method=method, unit="points", level=level)
        pairs = len(self.groups) * (len(self.groups) - 1) / 2
        each = [group.at(1 - (1 - level) / pairs) for group in self.groups.values()]
        bounds = [_gap_bounds(a, b) for a in each for b in each if a is not b]
        values = [group.value or 0.0 for group in each]
        return Estimate(
            value=max(values) - min(values),
            low=max(0.0, *(low for low, _ in bounds)),
            high=max(high for _, high in bounds),
            n=sum(group.n for group in each),
            method=method,
            level=level,
            unit="points",
            warning=warning,
        )

    def _warning(self) -> str | None:
        if not self.too_small:
            return None
        names = ", ".join(f"{small.value} (n = {small.n:,})" for small in self.too_small)
        return f"not measured, too few rows: {names}"


def group_gap(
    sample: Sample,
    metric: str,
    groups: Sequence[str | None],
    *,
    class_: str | None = None,
    column: str = "group",
    smallest: int = 30,
) -> GroupGap:
    """Largest difference of a metric between any two groups.

    Args:
        sample: Labels and predictions.
        metric: A name of ``classification.METRICS``, or ``selection_rate``: the share of rows
            given the class.
        groups: (n,) the group of each row; None and empty are the group "(missing)".
        class_: The class asked about; of two classes the second, if not said.
        column: Name of the column that ``groups`` comes from.
        smallest: Groups whose measurement rests on fewer rows are reported, not compared.

    Raises:
        UserError: Unknown metric or class, or a selection rate without a class where there are
            more than two.
        ValueError: The groups have another length than the sample.
    """
    if len(groups) != sample.n:
        raise ValueError(f"{len(groups)} groups for {sample.n} rows")
    return gap_between(
        lambda rows: _of_group(sample.take(rows), metric, class_),
        groups,
        metric=metric,
        column=column,
        smallest=smallest,
    )


def gap_between(
    quantity: Callable[[BoolArray], Measured],
    groups: Sequence[str | None],
    *,
    metric: str,
    column: str = "group",
    smallest: int = 30,
) -> GroupGap:
    """Largest difference between any two groups of whatever can be measured on some of the rows.

    Args:
        quantity: Measures the rows of a mask (n,).
        groups: (n,) the group of each row; None and empty are the group "(missing)".
        metric: Name of what is measured.
        column: Name of the column that ``groups`` comes from.
        smallest: Groups whose measurement rests on fewer rows are reported, not compared.
    """
    names = np.array([group or MISSING for group in groups], dtype=np.str_)
    measured_groups: dict[str, Measured] = {}
    too_small = []
    for name in sorted(set(names.tolist())):
        rows = np.asarray(names == name)
        found = quantity(rows)
        estimate = found.at()
        if estimate.low is None or estimate.high is None or estimate.n < smallest:
            reason = estimate.warning or f"fewer than {smallest} rows"
            too_small.append(SmallSegment(column=column, value=name, n=estimate.n, reason=reason))
        else:
            measured_groups[name] = found
    return GroupGap(groups=measured_groups, too_small=tuple(too_small), metric=metric)


def fairness_gap(
    sample: Sample,
    definition: str,
    groups: Sequence[str | None],
    *,
    class_: str | None = None,
    column: str = "group",
    smallest: int = 30,
) -> Measured:
    """The largest gap between groups in the sense of one fairness definition.

    Args:
        sample: Labels and predictions.
        definition: A name in :data:`FAIRNESS`.
        groups: (n,) the group of each row.
        class_: The class asked about; of two classes the second, if not said.
        column: Name of the column that ``groups`` comes from.
        smallest: Groups whose measurement rests on fewer rows are reported, not compared.

    Returns:
        The largest gap over the definition's metrics, its interval at a level that allows for
        their number; undefined if one of them is.

    Raises:
        UserError: Unknown definition or class.
    """
    if definition not in FAIRNESS:
        raise UserError(
            f"There is no fairness definition {definition!r}.", hint=nearest(definition, FAIRNESS)
        )
    gaps = [
        group_gap(sample, metric, groups, class_=class_, column=column, smallest=smallest)
        for metric in FAIRNESS[definition].metrics
    ]
    if len(gaps) == 1:
        return gaps[0]
    return measured(lambda level: _largest([gap.at(1 - (1 - level) / len(gaps)) for gap in gaps], level))


def _of_group(sample: Sample, metric: str, class_: str | None) -> Measured:
    if metric != "selection_rate":
        return measure(sample, metric, class_=class_)
    if class_ is None and len(sample.classes) != 2:
        raise UserError(
            f"A selection rate needs one class to be asked about; there are {len(sample.classes)}.",
            hint="Name the class that is the benefit or the burden, such as selection_rate[approved].",
        )
    code = 1 if class_ is None else sample.code(class_)
    return proportion(sample.predictions == code, clusters=sample.clusters)


def _gap_bounds(first: Estimate, second: Estimate) -> tuple[float, float]:
    """Bounds of first minus second from the bounds of each (Zou and Donner)."""
    assert first.value is not None
    assert first.low is not None
    assert first.high is not None
    assert second.value is not None
    assert second.low is not None
    assert second.high is not None
    gap = first.value - second.value
    below = np.hypot(first.value - first.low, second.high - second.value)
    above = np.hypot(first.high - first.value, second.value - second.low)
    return float(gap - below), float(gap + above)


def _largest(gaps: Sequence[Estimate], level: float) -> Estimate:
    from dataclasses import replace

    for gap in gaps:
        if gap.value is None or gap.low is None or gap.high is None:
            return replace(gap, level=level)
    worst = max(gaps, key=lambda gap: gap.value or 0.0)
    return replace(
        worst,
        low=max(gap.low or 0.0 for gap in gaps),
        high=max(gap.high or 0.0 for gap in gaps),
        level=level,
    )
