"""How far scores agree with people's: the quadratic-weighted kappa.

References:
    Cohen (1968), Weighted kappa. Psychological Bulletin 70.
    Fleiss & Cohen (1973), The equivalence of weighted kappa and the intraclass correlation coefficient.
"""

from __future__ import annotations

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, undefined
from shipworthy.stats.resampling import Groups, Spread

__all__ = ["quadratic_kappa"]

_METHOD = "quadratic-weighted kappa, large-sample"


def quadratic_kappa(
    first: FloatArray, second: FloatArray, *, clusters: IntArray | None = None, level: float = 0.95
) -> Estimate:
    """Agreement of two raters on an ordered scale, disagreements weighted by their square.

    1 is full agreement, 0 what chance gives. The interval comes from each item's influence on kappa, summed
    within clusters where there are any.

    Args:
        first: (n,) one rater's scores.
        second: (n,) the other's, on the same scale.
        clusters: (n,) codes of items that belong together, for instance answers to one question.
        level: Coverage of the interval.

    Raises:
        ValueError: the arrays differ in length.
    """
    if len(first) != len(second):
        raise ValueError(f"two raters of the same items, got {len(first)} and {len(second)} scores")
    n = len(first)
    gap = first - second
    apart = float(gap.mean()) if n else 0.0
    observed = float((gap**2).mean()) if n else 0.0
    chance = float(first.var() + second.var() + apart**2) if n else 0.0
    if chance == 0:
        reason = "there are no items" if n == 0 else "both raters give one and the same score throughout"
        return undefined(reason, method=_METHOD, n=n, unit="score", level=level)
    of_observed = gap**2 - observed
    of_chance = (
        (first - first.mean()) ** 2
        + (second - second.mean()) ** 2
        - first.var()
        - second.var()
        + 2 * apart * (gap - apart)
    )
    groups = Groups.of(clusters, n)
    influence = -(of_observed * chance - observed * of_chance) / chance**2
    spread = Spread.of(groups.totals(np.asarray(influence / n, dtype=np.float64)))
    half = spread.quantile(level) * spread.error
    value = 1 - observed / chance
    return Estimate(
        value=value,
        low=max(-1.0, value - half),
        high=min(1.0, value + half),
        n=n,
        method=_METHOD,
        level=level,
        clusters=groups.clusters,
        unit="score",
        warning=groups.warning,
    )
