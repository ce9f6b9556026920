"""How far two scores of the same rows move together: Pearson's and Spearman's correlation with intervals.

The standard error is that of the rows' influence on the correlation (the infinitesimal jackknife), added up
within groups of rows that belong together; the interval is made on Fisher's scale with a t quantile.

References:
    Fisher (1921), On the "probable error" of a coefficient of correlation. Metron 1.
    Efron (1982), The jackknife, the bootstrap and other resampling plans, chapter 6. SIAM.
    Spearman (1904), The proof and measurement of association between two things. Am. J. Psychol. 15.
"""

from __future__ import annotations

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.resampling import Groups, Spread

__all__ = ["partial_correlation", "pearson", "spearman"]

_FEWEST = 4


def pearson(first: FloatArray, second: FloatArray, *, clusters: IntArray | None = None) -> Measured:
    """Pearson's correlation of two scores.

    Args:
        first: (n,) finite numbers.
        second: (n,) finite numbers.
        clusters: (n,) codes of rows that belong together.

    Returns:
        From -1 to 1; undefined with fewer than four rows or where a score never changes.

    Raises:
        ValueError: the arrays differ in length.
    """
    return _measured(*_columns(first, second), clusters, "Pearson's correlation")


def spearman(first: FloatArray, second: FloatArray, *, clusters: IntArray | None = None) -> Measured:
    """Spearman's correlation: Pearson's of the ranks, ties sharing theirs. Arguments as above."""
    a, b = _columns(first, second)
    if _too_little(a, b) is not None:
        return _measured(a, b, clusters, "Spearman's correlation")
    ranks = [_shares_below(one, np.ones(len(one))) - 0.5 for one in (a, b)]
    moved = _ranks_moved(a, ranks[1]) + _ranks_moved(b, ranks[0])
    widened = (_ranks_moved(a, ranks[0]), _ranks_moved(b, ranks[1]))
    return _measured(ranks[0], ranks[1], clusters, "Spearman's correlation", moved=moved, widened=widened)


def partial_correlation(
    first: FloatArray, second: FloatArray, *, given: FloatArray, clusters: IntArray | None = None
) -> Measured:
    """Pearson's correlation of what is left of two scores within the rows of equal ``given``.

    Args:
        first: (n,) finite numbers.
        second: (n,) finite numbers.
        given: (n,) what is held fixed: values are taken as classes, not as numbers.
        clusters: (n,) codes of rows that belong together.
    """
    a, b = _columns(first, second)
    _, codes = np.unique(given, return_inverse=True)
    left = [one - (np.bincount(codes, weights=one) / np.bincount(codes))[codes] for one in (a, b)]
    for one, whole in zip(left, (a, b), strict=True):
        if np.allclose(one, 0, atol=1e-12 * max(1.0, float(np.abs(whole).max(initial=0.0)))):
            one[:] = 0.0
    return _measured(left[0], left[1], clusters, "partial correlation", spent=int(codes.max(initial=0)))


def _columns(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"two scores of the same rows, got {a.shape} and {b.shape}")
    return a, b


def _too_little(a: FloatArray, b: FloatArray) -> str | None:
    if len(a) < _FEWEST:
        return f"{len(a)} rows are too few for a correlation"
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return "one of the two never changes"
    return None


def _shares_below(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(n,) mean weight of the rows below each row, half of those equal to it."""
    _, codes = np.unique(values, return_inverse=True)
    sums = np.bincount(codes, weights=weights)
    below: FloatArray = (np.cumsum(sums) - sums / 2)[codes] / len(values)
    return below


def _ranks_moved(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(n,) mean weight of the rows above each row (half of those equal): whose ranks it lifts."""
    return float(weights.mean()) - _shares_below(values, weights)


def _measured(
    a: FloatArray,
    b: FloatArray,
    clusters: IntArray | None,
    name: str,
    *,
    moved: FloatArray | None = None,
    widened: tuple[FloatArray, FloatArray] | None = None,
    spent: int = 0,
) -> Measured:
    """The correlation of two columns; ``moved`` and ``widened`` are what a row does to others' ranks."""
    n = len(a)
    reason = _too_little(a, b)
    if reason is not None:
        return measured(lambda level: undefined(reason, method=name, n=n, unit="score", level=level))
    x, y = a - a.mean(), b - b.mean()
    sizes = np.sqrt(float(x @ x) / n), np.sqrt(float(y @ y) / n)
    value = float(np.clip(x @ y / n / sizes[0] / sizes[1], -1, 1))
    shared, spreads = x * y, [x * x, y * y]
    if moved is not None and widened is not None:
        shared = shared + moved
        spreads = [one + 2 * more for one, more in zip(spreads, widened, strict=True)]
    influence = shared / sizes[0] / sizes[1] - value / 2 * sum(
        one / size**2 for one, size in zip(spreads, sizes, strict=True)
    )
    groups = Groups.of(clusters, n)
    spread = Spread.of(groups.totals((influence - influence.mean()) / n) * np.sqrt(n / max(n - 2 - spent, 1)))
    return measured(lambda level: _estimate(value, spread, groups, n, name, level))


def _estimate(value: float, spread: Spread, groups: Groups, n: int, name: str, level: float) -> Estimate:
    room = 1 - value * value
    low = high = value
    if room > 1e-12 and spread.error > 0:
        half = spread.quantile(level) * spread.error / room
        low, high = float(np.tanh(np.arctanh(value) - half)), float(np.tanh(np.arctanh(value) + half))
    return Estimate(
        value=value,
        low=low,
        high=high,
        n=n,
        method=f"{name}, jackknife on Fisher's scale",
        level=level,
        clusters=groups.clusters,
        unit="score",
        warning=groups.warning,
    )
