"""Labels that are probably wrong, ranked, so that a person looks at the likeliest first.

Reference:
    Northcutt, Jiang & Chuang (2021), Confident learning: estimating uncertainty in dataset
    labels. J. Artif. Intell. Res. 70. The per-class thresholds are theirs; rows are ranked by the
    log ratio instead of the difference, which finds more when there are many classes
    (docs/measurements/decisions.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["SuspectedLabel", "suspected_label_errors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspectedLabel:
    """A row whose label should be looked at."""

    row: int
    """Position of the row, counted from 0."""
    given: str
    """The label it has."""
    suggested: str
    """The label that a model which never saw this row would give."""
    score: float
    """0.5 to 1: how far the suggested label outweighs the given one, after allowing for how sure the
    model usually is of either."""


def suspected_label_errors(
    labels: IntArray, proba_out_of_fold: FloatArray, classes: Sequence[str]
) -> tuple[SuspectedLabel, ...]:
    """Rows whose label a model that never saw them contradicts, the likeliest error first.

    Each probability is divided by the mean probability that the model gives a class on the rows
    labelled so; a row is suspected when another class then outweighs its own.

    Args:
        labels: (n,) given labels as positions in ``classes``; -1 is no label.
        proba_out_of_fold: (n, K) probabilities from models that were not fitted on the row.
            Rows with NaN are passed over.
        classes: The K names.

    Returns:
        The suspected rows. Most of a long list is right: stop where reading stops paying.

    Raises:
        ValueError: The shapes do not fit together.
    """
    if proba_out_of_fold.shape != (len(labels), len(classes)):
        raise ValueError(
            f"{len(labels)} labels and {len(classes)} classes do not fit"
            f" probabilities of shape {proba_out_of_fold.shape}"
        )
    rows = np.flatnonzero((labels >= 0) & ~np.isnan(proba_out_of_fold).any(axis=1))
    if len(rows) == 0 or len(classes) < 2:
        return ()
    suggested, odds = _contradictions(labels[rows], proba_out_of_fold[rows])
    order = np.argsort(-odds, kind="stable")
    return tuple(
        SuspectedLabel(
            row=int(rows[i]),
            given=classes[labels[rows[i]]],
            suggested=classes[suggested[i]],
            score=float(1 / (1 + np.exp(-odds[i]))),
        )
        for i in order[: int(np.sum(odds > 0))]
    )


def _contradictions(labels: IntArray, proba: FloatArray) -> tuple[IntArray, FloatArray]:
    """The strongest other class of each row, and the log odds by which it outweighs the given one."""
    every = np.arange(len(labels))
    own = proba[every, labels]
    counts = np.bincount(labels, minlength=proba.shape[1])
    usual = np.bincount(labels, weights=own, minlength=proba.shape[1])
    usual = np.where(counts > 0, usual / np.maximum(counts, 1), 1.0)
    weight = np.log(np.maximum(proba, 1e-12)) - np.log(np.maximum(usual, 1e-12))
    given = weight[every, labels]
    weight[every, labels] = -np.inf
    suggested = np.argmax(weight, axis=1)
    return suggested, weight[every, suggested] - given
