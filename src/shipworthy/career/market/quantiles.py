"""Quantiles of few, clustered amounts: given with an interval, or not given."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from statistics import median

from shipworthy.stats.estimate import Estimate, undefined

__all__ = ["METHOD", "one_each", "quantile"]

METHOD = "order statistics (binomial), one amount per employer"
"""How intervals are made."""


def one_each(amounts: Sequence[tuple[str, float]]) -> tuple[float, ...]:
    """One amount for each employer, the median of its own, since its postings are not independent."""
    of: dict[str, list[float]] = {}
    for name, amount in amounts:
        of.setdefault(name, []).append(amount)
    return tuple(sorted(median(own) for own in of.values()))


def quantile(values: Sequence[float], share: float, *, level: float = 0.95) -> Estimate:
    """A quantile with the interval between two order statistics, which needs no assumption on the shape.

    The interval is from the r-th to the s-th smallest value, the narrowest for which at most (1 - level) / 2
    of the probability lies on either side. Where even the smallest and the largest value cannot promise that,
    the quantile is undefined. With few values the interval covers more often than its level says.

    Args:
        values: Independent amounts.
        share: Which quantile, between 0 and 1.
        level: Two-sided confidence level.

    References:
        Hahn and Meeker (1991), Statistical Intervals, section 5.2; David and Nagaraja (2003), Order
        Statistics, section 7.1.
    """
    ordered = sorted(values)
    n = len(ordered)
    tail = (1 - level) / 2
    below = _cumulative(n, share)
    lower = sum(each <= tail for each in below[:-1])  # values that may lie below it
    upper = sum(1 - each > tail for each in below[:-1]) + 1
    if lower < 1 or upper > n:
        need = _needed(share, tail)
        reason = f"{n} independent values cannot carry an interval; {need} are needed"
        return undefined(reason, method=METHOD, n=n, unit="money", level=level)
    return Estimate(
        value=_interpolated(ordered, share),
        low=ordered[lower - 1],
        high=ordered[upper - 1],
        n=n,
        method=METHOD,
        level=level,
        unit="money",
    )


def _cumulative(n: int, share: float) -> list[float]:
    """The chance that at most k of n values lie below the quantile, for k from 0 to n."""
    found, total = [], 0.0
    for k in range(n + 1):
        total += comb(n, k) * share**k * (1 - share) ** (n - k)
        found.append(total)
    return found


def _needed(share: float, tail: float) -> int:
    """The smallest number of values for which both ends exist."""
    n = 1
    while share**n > tail or (1 - share) ** n > tail:
        n += 1
    return n


def _interpolated(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    first = int(place)
    last = min(first + 1, len(ordered) - 1)
    return ordered[first] + (place - first) * (ordered[last] - ordered[first])
