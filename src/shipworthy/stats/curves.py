"""Precision–recall and ROC curves of one class, exact at any number of rows.

Rows are grouped by distinct score; everything else is sums over those groups. A row without a usable
output has no score: it is never predicted as the class at any threshold, so a positive one is always
missed and the curves simply end early.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.resampling import Contributions, Groups
from shipworthy.stats.sample import FAILED, Sample

__all__ = ["Curve", "Ranking", "pr_curve", "roc_curve"]

_POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """What a class's score does at every threshold; empty where there is nothing to draw."""

    thresholds: FloatArray
    """(m,) distinct scores, falling: a row counts as the class at this score and above."""
    x: FloatArray
    """(m,) recall for precision–recall, false positive rate for ROC."""
    y: FloatArray
    """(m,) precision for precision–recall, recall for ROC."""
    undefined: str | None = None
    """Why there is no curve."""

    @property
    def points(self) -> tuple[tuple[float, float], ...]:
        """At most 200 points for a chart, evenly spread along the curve, both ends included."""
        if not len(self.x):
            return ()
        steps = np.abs(np.diff(self.x, prepend=self.x[0])) + np.abs(np.diff(self.y, prepend=self.y[0]))
        path = np.cumsum(steps)
        wanted = np.searchsorted(path, np.linspace(0, path[-1], _POINTS))
        shown = np.unique(np.concatenate([[0], wanted, [len(path) - 1]]))[-_POINTS:]
        return tuple((float(self.x[i]), float(self.y[i])) for i in shown)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """Rows ordered by their score for one class, as sums over distinct scores."""

    scores: FloatArray
    """(m,) distinct scores, falling."""
    hits: FloatArray
    """(m,) rows of the class at each score."""
    others: FloatArray
    """(m,) rows of other classes at each score."""
    place: IntArray
    """(n,) position of each row's score, or -1 for a row without one."""
    positive: BoolArray
    """(n,) whether the row is of the class."""

    @classmethod
    def of(cls, scores: FloatArray, positive: BoolArray) -> Ranking:
        """Group (n,) scores, NaN where there is none, of rows that are of the class or not."""
        scored = ~np.isnan(scores)
        falling, inverse = np.unique(-scores[scored], return_inverse=True)
        place = np.full(len(scores), -1)
        place[scored] = inverse
        of_class = positive[scored]
        count = len(falling)
        return cls(
            scores=-falling,
            hits=np.bincount(inverse[of_class], minlength=count).astype(np.float64),
            others=np.bincount(inverse[~of_class], minlength=count).astype(np.float64),
            place=place,
            positive=positive,
        )

    @classmethod
    def of_class(cls, sample: Sample, code: int) -> Ranking:
        """Rows of a sample ranked by the probability of one class."""
        assert sample.proba is not None
        scores = np.where(sample.predictions == FAILED, np.nan, sample.proba[:, code])
        return cls.of(scores, np.asarray(sample.labels == code))

    @property
    def positives(self) -> int:
        """Rows of the class, with a score or without."""
        return int(np.count_nonzero(self.positive))

    @property
    def negatives(self) -> int:
        """Rows of other classes, with a score or without."""
        return len(self.positive) - self.positives

    def average_precision(self, groups: Groups) -> Contributions:
        """Average precision: precision at each score, weighted by the recall gained there.

        No interpolation, as in scikit-learn. The contributions are its derivative with respect to the
        weight of each row (infinitesimal jackknife), times P / (P - p) for a group that holds p of the P
        rows of the class. Each row of the class counts itself among those found, which makes the value
        too high by (1 - precision) / rank on average.
        """
        total = self.positives
        found, named = np.cumsum(self.hits), np.cumsum(self.hits + self.others)
        precision = found / named
        value = float(self.hits @ precision) / total
        gain = _from_here_on(self.hits / named) / total
        loss = _from_here_on(self.hits * found / named**2) / total
        hit = (precision - value) / total + gain - loss
        rows = np.where(self.positive, self._spread_out(hit, -value / total), self._spread_out(-loss, 0.0))
        optimism = float(self.hits @ ((1 - precision) / named)) / total
        parts = self._contributions(value, rows, groups, (total,))
        return replace(parts, bias=optimism)

    def roc_auc(self, groups: Groups) -> Contributions:
        """Area under the ROC curve: how often a row of the class outranks another, ties counting half.

        The contributions are DeLong's placement values (E. DeLong, D. DeLong and Clarke-Pearson,
        Biometrics 44, 1988).
        """
        total, rest = self.positives, self.negatives
        below = _from_here_on(self.others) - self.others / 2
        above = np.cumsum(self.hits) - self.hits / 2
        value = float(self.hits @ below) / (total * rest)
        win = self._spread_out(below / rest, 0.0) - value
        lose = self._spread_out(above / total, 0.0) - value
        rows = np.where(self.positive, win / total, lose / rest)
        return self._contributions(value, rows, groups, (total, rest))

    def _spread_out(self, by_place: FloatArray, without_score: float) -> FloatArray:
        return np.append(by_place, without_score)[self.place]

    def _contributions(
        self, value: float, rows: FloatArray, groups: Groups, sides: tuple[int, ...]
    ) -> Contributions:
        unseen = []
        if value in {0.0, 1.0}:
            holding = len(np.unique(groups.codes[self.positive]))
            size = self.positives / holding
            unseen = [(1 - 2 * value) * size / (side + size) for side in sides]
        totals = _without(rows, self.positive, groups) + (
            _without(rows, ~self.positive, groups)
            if len(sides) > 1
            else groups.totals(np.where(self.positive, 0.0, rows))
        )
        return Contributions(
            value=value,
            groups=totals - totals.mean(),
            unseen=np.array(unseen),
            n=len(rows),
            clusters=groups.clusters,
            warning=groups.warning,
        )


def _without(rows: FloatArray, side: BoolArray, groups: Groups) -> FloatArray:
    """(groups,) contributions of the rows on one side, as large as leaving the whole group out makes them."""
    held = groups.totals(side.astype(np.float64))
    rest = float(held.sum()) - held
    return groups.totals(np.where(side, rows, 0.0)) * np.where(
        rest > 0, held.sum() / np.maximum(rest, 1), 1.0
    )


def _from_here_on(values: FloatArray) -> FloatArray:
    return np.cumsum(values[::-1])[::-1]


def pr_curve(sample: Sample, class_: str | None = None) -> Curve:
    """Precision (y) against recall (x) of a class; of two classes the second unless one is named.

    Raises:
        UserError: There is no such class, or none was named among more than two.
    """
    ranking = _ranking(sample, class_)
    if isinstance(ranking, str):
        return _no_curve(ranking)
    found, named = np.cumsum(ranking.hits), np.cumsum(ranking.hits + ranking.others)
    return Curve(thresholds=ranking.scores, x=found / ranking.positives, y=found / named)


def roc_curve(sample: Sample, class_: str | None = None) -> Curve:
    """Recall (y) against the false positive rate (x) of a class, from the highest score down.

    Raises:
        UserError: There is no such class, or none was named among more than two.
    """
    ranking = _ranking(sample, class_, others=True)
    if isinstance(ranking, str):
        return _no_curve(ranking)
    return Curve(
        thresholds=np.append(np.inf, ranking.scores),
        x=np.append(0.0, np.cumsum(ranking.others)) / ranking.negatives,
        y=np.append(0.0, np.cumsum(ranking.hits)) / ranking.positives,
    )


def _ranking(sample: Sample, class_: str | None, *, others: bool = False) -> Ranking | str:
    code = sample.code(class_) if class_ is not None else sample.positive
    if sample.proba is None:
        return "no probabilities were recorded"
    ranking = Ranking.of_class(sample, code)
    if ranking.positives == 0:
        return f"no rows are labelled {sample.classes[code]!r}"
    if others and ranking.negatives == 0:
        return f"all rows are labelled {sample.classes[code]!r}"
    return ranking


def _no_curve(reason: str) -> Curve:
    empty = np.array([], dtype=np.float64)
    return Curve(thresholds=empty, x=empty, y=empty, undefined=reason)
