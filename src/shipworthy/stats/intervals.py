"""Confidence intervals of a share and of a mean, also where rows belong together."""

from __future__ import annotations

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, Unit, measured, undefined

__all__ = ["mean", "proportion", "wilson"]


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson interval of ``share`` observed on ``n`` (possibly effective) rows."""
    from scipy.special import gammaincinv, ndtri

    z = float(ndtri(0.5 + level / 2))
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = centre - half, centre + half
    few, many = share * n, (1 - share) * n
    if few > 0:
        low = min(low, float(gammaincinv(few, 1 - level)) / n)
    if many > 0:
        high = max(high, 1 - float(gammaincinv(many, 1 - level)) / n)
    return (0.0 if few == 0 else max(0.0, low)), (1.0 if many == 0 else min(1.0, high))


def proportion(successes: BoolArray, *, clusters: IntArray | None = None, unit: Unit = "share") -> Measured:
    """Share of rows that are true, with a Wilson interval on the effective sample size."""
    n = len(successes)
    if n == 0:
        return measured(lambda level: undefined("no rows", method="Wilson", level=level, unit=unit))
    share = float(np.mean(successes))
    groups = n
    effective = float(n)
    if clusters is not None:
        _, inverse = np.unique(clusters, return_inverse=True)
        groups = int(inverse.max()) + 1
        errors = np.bincount(inverse, weights=successes - share)
        plain = share * (1 - share) * n
        if plain > 0 and groups > 1:
            effective = n / max(1.0, float(errors @ errors) / plain * groups / (groups - 1))

    def at(level: float) -> Estimate:
        low, high = wilson(share, effective, level)
        return Estimate(value=share, low=low, high=high, n=n, method="Wilson", level=level, unit=unit,
                        clusters=groups if clusters is not None else None)

    return measured(at)


def mean(
    values: FloatArray, *, clusters: IntArray | None = None, scale: float = 1.0, unit: Unit = "score"
) -> Measured:
    """Mean of the rows' values times ``scale``, with a cluster-robust t interval."""
    n = len(values)
    if n == 0:
        return measured(lambda level: undefined("no rows", method="t", level=level, unit=unit))
    centre = float(np.mean(values))
    totals = values - centre
    if clusters is not None:
        _, inverse = np.unique(clusters, return_inverse=True)
        totals = np.bincount(inverse, weights=totals)
    groups = len(totals)
    error = float(np.sqrt(groups / max(groups - 1, 1) * (totals @ totals))) / n

    def at(level: float) -> Estimate:
        from scipy.special import stdtrit

        half = float(stdtrit(max(groups - 1, 1), 0.5 + level / 2)) * error * abs(scale)
        return Estimate(value=centre * scale, low=centre * scale - half, high=centre * scale + half, n=n,
                        method="cluster-robust t", level=level, unit=unit,
                        clusters=groups if clusters is not None else None)

    return measured(at)
