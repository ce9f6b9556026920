"""From log-likelihoods of labels to probabilities that mean something, by a few labelled examples.

A language model prefers some labels whatever it reads. What it says to texts without content shows that
preference (Zhao et al. 2021, "Calibrate Before Use", arXiv 2102.09690); one weight on the log-likelihoods
and one offset for each label, fitted to examples, correct the rest (vector scaling with a shared weight,
Guo et al. 2017, arXiv 1706.04599). The fit is penalised towards the content-free correction, so that a
handful of examples cannot do harm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import DataError
from shipworthy.gateway.model import Reply

__all__ = ["CONTENT_FREE", "LabelCalibration", "fit_label_calibration"]

CONTENT_FREE = ("N/A", "", "…")
"""Texts that say nothing."""

_PRIOR_EXAMPLES = 5.0
_MOST_STEPS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCalibration:
    """How scores become probabilities: softmax of weight × score + offset."""

    labels: tuple[str, ...]
    """The labels."""
    weight: float
    """Weight on the log-likelihoods; 1 / temperature."""
    offsets: tuple[float, ...]
    """One for each label."""
    examples: int
    """Labelled examples it was fitted to; 0: only what the model says to texts without content."""

    @property
    def version(self) -> str:
        """Hash of what it does."""
        return sha256_of([list(self.labels), self.weight, list(self.offsets)])

    def proba(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Label to calibrated probability."""
        logits = [
            self.weight * scores[label] + offset
            for label, offset in zip(self.labels, self.offsets, strict=True)
        ]
        highest = max(logits)
        weights = [math.exp(logit - highest) for logit in logits]
        total = sum(weights)
        return {label: one / total for label, one in zip(self.labels, weights, strict=True)}

    def applied(self, reply: Reply) -> Reply:
        """The reply with calibrated probabilities and the label they favour; as it is without scores."""
        if reply.status != "ok" or reply.scores is None:
            return reply
        proba = self.proba(reply.scores)
        best = max(self.labels, key=lambda label: proba[label])
        return replace(reply, parsed={"label": best}, proba=proba, confidence=proba[best])


def fit_label_calibration(
    labels: Sequence[str],
    *,
    scores: Sequence[Mapping[str, float]] = (),
    truth: Sequence[str] = (),
    content_free: Sequence[Mapping[str, float]] = (),
) -> LabelCalibration:
    """Fit weight and offsets.

    Args:
        labels: All labels.
        scores: Log-likelihood of every label, for each example; examples of the test set have no place here.
        truth: The right label of each example.
        content_free: The same for texts without content.

    Raises:
        DataError: scores and truth do not belong together, or name other labels.
    """
    import numpy as np
    from scipy.optimize import minimize

    if len(scores) != len(truth) or not set(truth) <= set(labels):
        raise DataError(f"{len(scores)} scores and {len(truth)} labels do not belong together.")
    given = np.array([[row[label] for label in labels] for row in scores]).reshape(len(scores), len(labels))
    blank = np.array([[row[label] for label in labels] for row in content_free]).reshape(-1, len(labels))
    prior = blank.mean(axis=0) if len(blank) else np.zeros(len(labels))
    centred = given - prior
    right = np.array([labels.index(label) for label in truth], dtype=int)
    rows = np.arange(len(right))

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        weight, offsets = at[0], at[1:]
        logits = weight * centred + offsets
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        missed = chances.copy()
        missed[rows, right] -= 1
        log_weight = math.log(weight)
        value = -np.log(np.maximum(chances[rows, right], 1e-300)).sum()
        value += _PRIOR_EXAMPLES / 2 * (log_weight**2 + (offsets**2).sum() / len(labels))
        slope = np.concatenate(
            (
                [(missed * centred).sum() + _PRIOR_EXAMPLES * log_weight / weight],
                missed.sum(axis=0) + _PRIOR_EXAMPLES * offsets / len(labels),
            )
        )
        return float(value), slope

    start = np.concatenate(([1.0], np.zeros(len(labels))))
    if len(rows):
        bounds = [(1e-3, 10.0), *[(-50.0, 50.0)] * len(labels)]
        found = minimize(
            loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _MOST_STEPS}
        )
        start = found.x
    weight = float(start[0])
    return LabelCalibration(
        labels=tuple(labels),
        weight=weight,
        offsets=tuple(float(one) for one in start[1:] - weight * prior),
        examples=len(rows),
    )
