"""The label of least expected cost instead of the likeliest one.

From calibrated probabilities and the costs in feature.yaml (Elkan 2001, "The Foundations of
Cost-Sensitive Learning"); the test rows play no part in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.core.canonical import sha256_of
from shipworthy.stats.thresholds import least_cost_decision

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.candidate import Answers, Fitted, OutOfFold
    from shipworthy.stats.arrays import FloatArray

__all__ = ["LeastCost", "cheapest"]


def cheapest(proba: Mapping[str, float], classes: Sequence[str], costs: FloatArray) -> str:
    """The label of least expected cost for one example.

    Args:
        proba: Label to probability.
        classes: K labels.
        costs: (K, K) cost of each mistake.
    """
    shares = np.array([[proba[name] for name in classes]])
    return classes[int(least_cost_decision(shares, costs)[0][0])]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCost:
    """A fitted candidate whose probabilities are turned into the cheapest answer."""

    inner: Fitted
    """The candidate. Without probabilities its answers stay as they are."""
    classes: tuple[str, ...]
    """All labels, in the order of the probabilities."""
    costs: FloatArray
    """(K, K) cost of each mistake: rows are what it is, columns what it is taken for."""

    @property
    def version(self) -> str:
        """Hash of the candidate and the costs."""
        return sha256_of({"inner": self.inner.version, "costs": self.costs.tolist()})

    @property
    def out_of_fold(self) -> OutOfFold | None:
        """The candidate's own."""
        return self.inner.out_of_fold

    def answer(self, batch: Sequence[Example]) -> Answers:
        """The cheapest label for each row; its probability is the confidence."""
        answers = self.inner.answer(batch)
        if answers.proba is None or not len(batch):
            return answers
        chosen, _ = least_cost_decision(answers.proba, self.costs)
        confidence = answers.confidence or [None] * len(batch)
        return replace(
            answers,
            outputs=[
                output if code < 0 else self.classes[code]
                for code, output in zip(chosen, answers.outputs, strict=True)
            ],
            confidence=[
                before if code < 0 else float(answers.proba[row, code])
                for row, (code, before) in enumerate(zip(chosen, confidence, strict=True))
            ],
        )
