"""Two candidates on the same rows, and two shares side by side: how far apart, and how surely.

References:
    McNemar (1947), Note on the sampling error of the difference between correlated proportions.
    Psychometrika 12.
    Bonett & Price (2012), Adjusted Wald confidence interval for a difference of binomial
    proportions based on paired data. J. Educ. Behav. Statist. 37.
    Miettinen & Nurminen (1985), Comparative analysis of two rates. Statistics in Medicine 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.intervals import mean
from shipworthy.stats.quantiles import coin_tail, normal_quantile, t_quantile
from shipworthy.stats.resampling import Groups, Spread

__all__ = [
    "Comparison",
    "Standing",
    "compare",
    "mcnemar",
    "paired_difference",
    "share_gap_bounds",
    "standing",
]

Standing: TypeAlias = Literal["better", "worse", "tied", "cannot tell"]
"""Where one candidate stands against another."""

_BISECTIONS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One candidate against another on the same rows."""

    difference: Estimate
    """First minus second."""
    p: float | None
    """Exact McNemar p-value where every row is right or wrong and rows are independent, else None."""
    standing: Standing
    """The first candidate against the second."""
    margin: float
    """Differences smaller than this do not matter in practice."""

    def words(self, first: str, second: str) -> str:
        """One sentence that says who is better, by how much, and whether that is settled."""
        gap, limit = self.difference, f"{self.margin * 100:g} points"
        sentences: dict[Standing, str] = {
            "better": f"{first} is better than {second}: {gap}.",
            "worse": f"{first} is worse than {second}: {gap}.",
            "tied": f"{first} and {second} are tied: whatever the difference, it is under {limit} ({gap}).",
            "cannot tell": f"These rows cannot tell whether {first} or {second} is better: {gap}.",
        }
        return sentences[self.standing]


def mcnemar(first: BoolArray, second: BoolArray) -> float:
    """Exact two-sided p-value that two candidates are right equally often on the same rows.

    Only the rows on which exactly one of them is right say anything. Valid for independent rows.

    Args:
        first: (n,) whether the first candidate is right.
        second: (n,) whether the second one is, on the same rows.

    Raises:
        ValueError: The arrays differ in length.
    """
    _check_pairs(first, second)
    only_first = int(np.sum(first & ~second))
    only_second = int(np.sum(second & ~first))
    discordant = only_first + only_second
    return min(1.0, 2 * coin_tail(min(only_first, only_second), discordant)) if discordant else 1.0


def paired_difference(
    first: FloatArray | BoolArray, second: FloatArray | BoolArray, *, clusters: IntArray | None = None
) -> Measured:
    """Mean of first minus second over the same rows, in points.

    Where all values are 0 or 1 the interval is Bonett and Price's (one row is added to each kind
    of disagreement, so no disagreement is not read as certainty), on the effective sample size
    where rows belong together; otherwise a cluster-robust t interval of the row differences.

    Args:
        first: (n,) the first candidate's value in each row, such as 1 for right and 0 for wrong.
        second: (n,) the second candidate's value in the same row.
        clusters: (n,) codes of rows that belong together; repeats of one example are a cluster.

    Raises:
        ValueError: The arrays differ in length.
    """
    _check_pairs(first, second)
    if len(first) == 0:
        return measured(
            lambda level: undefined("no rows to compare", method="paired", unit="points", level=level)
        )
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if np.isin(a, (0, 1)).all() and np.isin(b, (0, 1)).all():
        return _binary_difference(a - b, clusters)
    return mean(a - b, clusters=clusters, unit="points")


def compare(
    first: FloatArray | BoolArray,
    second: FloatArray | BoolArray,
    *,
    clusters: IntArray | None = None,
    margin: float = 0.01,
    level: float = 0.95,
) -> Comparison:
    """Say which of two candidates is better on the same rows, or that they are tied.

    Args:
        first: (n,) values of the first candidate.
        second: (n,) values of the second, on the same rows.
        clusters: (n,) codes of rows that belong together.
        margin: Differences smaller than this do not matter in practice.
        level: Two-sided confidence level.

    Raises:
        ValueError: The arrays differ in length.
    """
    difference = paired_difference(first, second, clusters=clusters).at(level)
    exact = clusters is None and first.dtype == np.bool_ and second.dtype == np.bool_
    p = mcnemar(first.astype(np.bool_), second.astype(np.bool_)) if exact else None
    return Comparison(difference=difference, p=p, standing=standing(difference, margin=margin), margin=margin)


def standing(difference: Estimate, *, margin: float) -> Standing:
    """Read a difference: tied when its whole interval is inside the practical margin."""
    if difference.low is None or difference.high is None:
        return "cannot tell"
    if -margin < difference.low and difference.high < margin:
        return "tied"
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "cannot tell"


def share_gap_bounds(
    first: FloatArray,
    n_first: FloatArray,
    second: FloatArray,
    n_second: FloatArray,
    *,
    level: FloatArray | float,
) -> tuple[FloatArray, FloatArray]:
    """Miettinen and Nurminen's score interval of a difference of two independent shares.

    Args:
        first: (m,) observed shares.
        n_first: (m,) rows behind them; an effective sample size need not be whole.
        second: (m,) the shares they are compared with.
        n_second: (m,) rows behind those.
        level: Two-sided confidence level, one for all or one each.

    Returns:
        (m,) lower and (m,) upper bounds of first minus second.
    """
    p, q = np.atleast_1d(first).astype(np.float64), np.atleast_1d(second).astype(np.float64)
    n, m = np.broadcast_to(n_first, p.shape), np.broadcast_to(n_second, p.shape)
    levels = np.atleast_1d(np.asarray(level, dtype=np.float64)).tolist()
    z = np.broadcast_to([normal_quantile(0.5 + each / 2) for each in levels], p.shape)
    gap = p - q
    inside, outside = np.stack([gap, gap]), np.stack([np.full_like(gap, -1.0), np.full_like(gap, 1.0)])
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        accepted = np.abs(gap - middle) <= z * _null_error(p, n, q, m, middle)
        inside, outside = np.where(accepted, middle, inside), np.where(accepted, outside, middle)
    return inside[0], inside[1]


def _null_error(p: FloatArray, n: FloatArray, q: FloatArray, m: FloatArray, gap: FloatArray) -> FloatArray:
    """Standard error of p - q at the shares that fit best when the true difference is ``gap``."""
    total = n + m
    b = gap * (n + 2 * m) - total - n * p - m * q
    c = gap * (m * gap - total - 2 * m * q) + n * p + m * q
    d = m * q * gap * (1 - gap)
    v = (b / (3 * total)) ** 3 - b * c / (6 * total**2) + d / (2 * total)
    u = np.copysign(np.sqrt(np.maximum((b / (3 * total)) ** 2 - c / (3 * total), 0)), v)
    cosine = np.divide(v, u**3, out=np.zeros_like(v), where=np.abs(u) > 1e-100)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    base = np.clip(2 * u * np.cos(angle) - b / (3 * total), 0, 1)
    shifted = np.clip(base + gap, 0, 1)
    variance = shifted * (1 - shifted) / n + base * (1 - base) / m
    return np.asarray(np.sqrt(variance * total / np.maximum(total - 1, 1)))


def _binary_difference(differences: FloatArray, clusters: IntArray | None) -> Measured:
    n = len(differences)
    groups = Groups.of(clusters, n)
    rows, freedom = _effective_rows(differences, groups)
    centre = float(np.mean(differences))
    shares = float(np.mean(differences > 0)), float(np.mean(differences < 0))

    def at(level: float) -> Estimate:
        first, second = ((share * rows + 1) / (rows + 2) for share in shares)
        middle = first - second
        error = np.sqrt((first + second - middle**2) / (rows + 2))
        half = float(t_quantile(0.5 + level / 2, freedom) * error)
        return Estimate(
            value=centre,
            low=max(-1.0, min(middle - half, centre)),
            high=min(1.0, max(middle + half, centre)),
            n=n,
            method="paired, Bonett–Price",
            level=level,
            clusters=groups.clusters,
            unit="points",
            warning=groups.warning,
        )

    return measured(at)


def _effective_rows(differences: FloatArray, groups: Groups) -> tuple[float, float]:
    """Independent rows that would say as much, and the degrees of freedom with which that is known.

    Without any disagreement each group counts as one row.
    """
    n, freedom = len(differences), max(groups.count - 1.0, 1.0)
    plain = n * float(np.var(differences))
    if not groups.named or groups.count == 1 or plain == 0:
        return float(groups.count), freedom
    spread = Spread.of(groups.totals(differences - np.mean(differences)))
    return n / max(1.0, spread.error**2 / plain), spread.freedom


def _check_pairs(first: FloatArray | BoolArray, second: FloatArray | BoolArray) -> None:
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"pairs need two lists of one length, got {first.shape} and {second.shape}")
