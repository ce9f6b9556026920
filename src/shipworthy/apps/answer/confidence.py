"""From signals to a confidence, and the threshold below which it is better to say nothing.

As shipped, weights and threshold are set by hand and have seen no data. Labelled questions of one's own can
replace both: the weights by a logistic regression, the threshold by the rule that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from shipworthy.core.canonical import sha256_of
from shipworthy.retrieval.groundedness import SIGNALS, Signals, answerable
from shipworthy.stats.arrays import BoolArray, FloatArray

__all__ = ["THRESHOLD", "Confidence", "Labelled"]

THRESHOLD = 0.6
"""As shipped: the lowest cut, in steps of 0.05, from which at least four in five answers to the bundled
handbook's 60 questions are surely right (lower end of a 95% Wilson interval), with and without meanings."""
_FEWEST = 20
"""Labelled questions from which a threshold is chosen."""
_FEWEST_TO_LEARN = 60
"""Labelled questions from which weights are learnt."""
_FEWEST_OF_A_KIND = 10
_FOLDS = 5
_STEPS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A question whose right outcome is known."""

    signals: Signals
    """What spoke for and against its answer."""
    right: bool
    """Whether the answer that was chosen is right; False where the documents have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How sure an answer is, and from where on it is given."""

    threshold: float = THRESHOLD
    """Answers below are not given."""
    weights: tuple[float, ...] | None = None
    """One for each signal; None: those set by hand."""
    base: float = 0.0
    """Added to the weighted sum."""
    words: str = "Weights and threshold set by hand; they have learnt from no data."
    """Where they come from."""

    @property
    def version(self) -> str:
        """Hash of weights and threshold."""
        return sha256_of([self.threshold, self.weights, self.base])

    def of(self, found: Signals) -> float:
        """How sure it is that the answer is right, 0 to 1."""
        if self.weights is None:
            return answerable(found)
        total = self.base + sum(w * v for w, v in zip(self.weights, _values(found), strict=True))
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, total))))

    def fitted(self, questions: Sequence[Labelled], *, precision: float | None = None) -> Confidence:
        """Weights and threshold from labelled questions, as far as there are enough of them.

        From 60 on, weights by logistic regression with a ridge of 1 on the signals (at least 10 questions
        of each outcome). From 20 on, the threshold: the one with most right minus wrong answers, judged by
        confidences of a five-fold cross-fit; or, with ``precision``, the lowest whose share of right answers
        can be vouched for (:func:`shipworthy.stats.thresholds.choose_threshold`).
        """
        right = np.array([one.right for one in questions], dtype=np.bool_)
        if len(right) < _FEWEST:
            return self
        rows = np.array([_values(one.signals) for one in questions])
        weights, base, sure = self.weights, self.base, np.array([self.of(one.signals) for one in questions])
        learnt = len(right) >= _FEWEST_TO_LEARN and min(right.sum(), (~right).sum()) >= _FEWEST_OF_A_KIND
        if learnt:
            weights, base, sure = _regression(rows, right)
        how = "Weights learnt" if learnt else "Weights set by hand, threshold chosen"
        threshold, rule = _threshold(right, sure, precision)
        return Confidence(
            threshold=threshold,
            weights=weights,
            base=base,
            words=f"{how} on {len(right)} labelled questions; {rule}.",
        )


def _values(found: Signals) -> list[float]:
    values = [0.0 if value is None else float(value) for value in astuple(found)]
    assert len(values) == len(SIGNALS)
    return values


def _regression(rows: FloatArray, right: BoolArray) -> tuple[tuple[float, ...], float, FloatArray]:
    """Weights, base, and for each row the confidence by weights that never saw it."""
    fold = np.random.default_rng(0).permutation(len(right)) % _FOLDS
    sure = np.zeros(len(right))
    for held in range(_FOLDS):
        away = fold == held
        sure[away] = _logistic(_with_one(rows[away]) @ _weights(rows[~away], right[~away]))
    whole = _weights(rows, right)
    return tuple(float(weight) for weight in whole[:-1]), float(whole[-1]), sure


def _weights(rows: FloatArray, right: BoolArray) -> FloatArray:
    """Logistic regression with a ridge of 1 on all but the base, by Newton's method; the base comes last."""
    inputs = _with_one(rows)
    ridge = np.diag([*np.ones(rows.shape[1]), 1e-6])
    weights = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        sure = _logistic(inputs @ weights)
        slope = inputs.T @ (right - sure) - ridge @ weights
        curve = (inputs * (sure * (1 - sure))[:, None]).T @ inputs + ridge
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def _with_one(rows: FloatArray) -> FloatArray:
    return np.column_stack([rows, np.ones(len(rows))])


def _logistic(values: FloatArray) -> FloatArray:
    made: FloatArray = 1 / (1 + np.exp(-np.clip(values, -50, 50)))
    return made


def _threshold(right: BoolArray, sure: FloatArray, precision: float | None) -> tuple[float, str]:
    if precision is not None:
        from shipworthy.stats.thresholds import choose_threshold

        found = choose_threshold(right, sure, precision=precision)
        if found.t is None:
            return 1.01, f"no threshold makes {precision:.0%} of the answers right, so none is given"
        return found.t, f"the threshold makes at least {precision:.0%} of the answers right"
    order = np.argsort(-sure, kind="stable")
    gain = np.cumsum(np.where(right[order], 1, -1))
    best = int(np.argmax(gain))
    if gain[best] <= 0:
        return 1.01, "no threshold gives more right answers than wrong ones, so none is given"
    cut = float(sure[order[best]])
    below = float(sure[order[best + 1]]) if best + 1 < len(order) else 0.0
    return (cut + below) / 2, "the threshold gives most right answers for each wrong one"
