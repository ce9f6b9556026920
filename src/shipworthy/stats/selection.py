"""The winner's curse: how much too good the best of several candidates looks.

Who measures k candidates on the same rows and reports the best one reports luck as well. If all k are
equally good, the best score is the largest of k draws, and what it exceeds the truth by is known from the
distribution of order statistics. Real candidates differ, and share their test rows, so luck makes less of
the difference than that: what is given here is the most it can be expected to be, and a range that holds
whether the candidates were alike or not.

References:
    David & Nagaraja (2003), Order statistics.
    Capen, Clapp & Campbell (1971), Competitive bidding in high-risk situations. J. Petroleum Technology 23
    (the name and the effect).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shipworthy.stats.arrays import FloatArray
from shipworthy.stats.intervals import wilson

__all__ = ["Selected", "best_of_expected", "best_of_range"]

_BISECTIONS = 50
_LARGE = 20_000
"""Above so many rows the effect is taken from this many and scaled by the root of n."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The best of k candidates, with luck taken into account."""

    k: int
    """How many candidates it is the best of."""
    inflation: float | None
    """By how much the best of k equally good candidates is expected to look too good; None where it was
    right everywhere, from which nothing can be reckoned."""
    corrected: float | None
    """The observed value without that."""
    low: float
    """Lower end of the range: as if all candidates were equally good."""
    high: float
    """Upper end: as if there had been no choice."""


def best_of_expected(k: int, n: int, share: float) -> float:
    """The expected best score of k independent candidates that are right with this probability on n rows.

    Raises:
        ValueError: k or n below 1, or a share outside 0 to 1.
    """
    if k < 1 or n < 1 or not 0 <= share <= 1:
        raise ValueError(f"k and n must be 1 or more and the share from 0 to 1, got {k!r}, {n!r}, {share!r}")
    if n > _LARGE:
        return share + (best_of_expected(k, _LARGE, share) - share) * float(np.sqrt(_LARGE / n))
    return 1 - float(np.sum(_below(n, share)[:-1] ** k)) / n


def best_of_range(k: int, n: int, observed: float, *, level: float = 0.95) -> Selected:
    """What the best of k candidates, right in a share ``observed`` of n rows, may truly be.

    Args:
        k: How many candidates were tried.
        n: Rows on which each was measured.
        observed: The best one's share of rows.
        level: Two-sided confidence level of the range.

    Raises:
        ValueError: As for :func:`best_of_expected`.
    """
    best_of_expected(k, 1, observed)  # refuses what cannot be
    rows = min(n, _LARGE)
    shrink = float(np.sqrt(rows / n))
    count = round(observed * rows)
    lowest = 0.0
    if count:
        lowest = _solved(lambda share: 1 - float(_below(rows, share)[count - 1]) ** k, (1 - level) / 2)
    low, high = wilson(observed, n, level)
    corrected = None
    if count < rows:
        corrected = _solved(lambda share: best_of_expected(k, rows, share), observed)
        corrected = observed - (observed - min(corrected, observed)) * shrink
    return Selected(
        k=k,
        inflation=None if corrected is None else observed - corrected,
        corrected=corrected,
        low=min(low, observed - (observed - min(lowest, observed)) * shrink),
        high=high,
    )


def _below(n: int, share: float) -> FloatArray:
    """(n + 1,) the chance that at most 0, 1, …, n rows of n are right."""
    if share in (0, 1):
        return np.ones(n + 1) if share == 0 else np.append(np.zeros(n), 1.0)
    counts = np.arange(n)
    steps = np.log((n - counts) / (counts + 1)) + np.log(share) - np.log1p(-share)
    logs = n * np.log1p(-share) + np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.minimum(np.cumsum(np.exp(logs)), 1.0))


def _solved(rising: Callable[[float], float], goal: float) -> float:
    """The share at which a function that rises with it reaches the goal."""
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < goal else (low, middle)
    return (low + high) / 2
