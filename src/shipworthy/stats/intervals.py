"""Confidence intervals of a share and of a mean, also where rows belong together.

Coverage of every method here, simulated: ``docs/measurements/coverage.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, Unit, measured, undefined
from shipworthy.stats.quantiles import gamma_quantile, normal_quantile, t_quantile
from shipworthy.stats.resampling import Groups, Spread

__all__ = ["mean", "proportion", "wilson"]

_SKETCHY = 5
"""Where fewer groups than this hold the rarer outcome, how strongly rows hang together is a guess."""
_ROUNDING = 1e-6


def wilson(share: float, n: float, level: float = 0.95, *, freedom: float = np.inf) -> tuple[float, float]:
    """Wilson's interval of a share, with the Poisson bound where the rarer outcome is rare.

    Wilson's bound (1927) is too close where there were only one, two or three cases: Brown, Cai and
    DasGupta, "Interval Estimation for a Binomial Proportion" (Statistical Science 16, 2001) replace it
    there by a Poisson bound. "Few" is at most z² cases: 3 at 95%, 6 at 99%. Elsewhere this is Wilson's
    interval to the last digit.

    Args:
        share: Observed share, 0 to 1.
        n: Rows, or the effective number of rows (> 0, need not be whole).
        level: Two-sided confidence level.
        freedom: Degrees of freedom of the effective number; infinite for independent rows.

    Returns:
        Lower and upper end, within 0 and 1 and on either side of ``share``.
    """
    z = t_quantile(0.5 + level / 2, freedom)
    few = np.floor(normal_quantile(0.5 + level / 2) ** 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = min(centre - half, _poisson_bound(share * n, n, level, few))
    high = max(centre + half, 1 - _poisson_bound((1 - share) * n, n, level, few))
    return float(max(0.0, min(low, share))), float(min(1.0, max(high, share)))


def _poisson_bound(cases: float, n: float, level: float, few: float) -> float:
    if cases <= 0:
        return 0.0
    return gamma_quantile(1 - level, cases) / n if cases <= few + _ROUNDING else 1.0


def proportion(successes: BoolArray, *, clusters: IntArray | None = None, unit: Unit = "share") -> Measured:
    """The share of rows that are true.

    Args:
        successes: (n,) yes or no for each row.
        clusters: (n,) codes of rows that belong together. The interval then rests on the effective number
            of rows, n divided by the design effect (Kish 1965), with the t quantile of Korn and Graubard
            (Survey Methodology 24, 1998). The design effect is at least 1, and is drawn towards complete
            dependence when few groups hold the rarer outcome: with no failure at all, n counts as the
            number of groups.
        unit: How to write it.

    Returns:
        The share; undefined without rows. Few groups give a warning.
    """
    n = len(successes)
    if n == 0:
        return measured(lambda level: undefined("no rows", method="Wilson", level=level, unit=unit))
    groups = Groups.of(clusters, n)
    share = float(np.count_nonzero(successes)) / n
    size = _effective_size(np.asarray(successes), share, groups) if groups.named else _Size(rows=n)

    def at(level: float) -> Estimate:
        low, high = wilson(share, size.rows, level, freedom=size.freedom)
        return Estimate(
            value=share,
            low=low,
            high=high,
            n=n,
            method=_wilson_name(share, size.rows, level, groups),
            level=level,
            clusters=groups.clusters,
            unit=unit,
            warning=groups.warning or size.warning,
        )

    return measured(at)


def _wilson_name(share: float, rows: float, level: float, groups: Groups) -> str:
    name = f"Wilson on the effective sample size ({rows:,.1f} rows)" if groups.named else "Wilson"
    rarer = min(share, 1 - share) * rows
    if 0 < rarer <= np.floor(normal_quantile(0.5 + level / 2) ** 2) + _ROUNDING:
        name += ", Poisson bound for few cases (Brown, Cai and DasGupta)"
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    rows: float
    freedom: float = np.inf
    warning: str | None = None


def _effective_size(successes: BoolArray, share: float, groups: Groups) -> _Size:
    """How many independent rows the clustered ones are worth, and how well that is known."""
    n, count = len(successes), groups.count
    sizes = np.bincount(groups.codes, minlength=count).astype(np.float64)
    rarer = groups.totals((successes if share <= 0.5 else ~successes).astype(np.float64))
    largest = float(sizes @ sizes) / n
    if count == 1:
        return _Size(rows=1.0)
    if not rarer.any():
        return _Size(rows=n / largest, freedom=count - 1.0)
    spread = Spread.of(rarer - rarer.sum() / n * sizes)
    effect = spread.error**2 / (n * share * (1 - share))
    holding = float(rarer.sum()) ** 2 / float(rarer @ rarer)
    doubt = 2 * (1 / holding - 1 / count) ** 2
    dependence = ((effect - 1) / (largest - 1) + doubt) / (1 + doubt)
    warning = None
    if holding < _SKETCHY:
        warning = f"the rarer outcome sits in fewer than {_SKETCHY} groups, so the interval may be too narrow"
    return _Size(rows=n / max(1.0, 1 + (largest - 1) * dependence), freedom=spread.freedom, warning=warning)


def mean(
    values: FloatArray, *, clusters: IntArray | None = None, scale: float = 1.0, unit: Unit = "score"
) -> Measured:
    """The mean of the rows' values, times ``scale``.

    Cluster-robust t interval (Liang and Zeger 1986 for the error), widened for skewness after Hall (1992)
    and for a spread that rests on few rows. Values that take two levels only are a share in disguise and
    get the interval of :func:`proportion`.

    Args:
        values: (n,) finite numbers.
        clusters: (n,) codes of rows that belong together.
        scale: Factor of value and interval, for instance the items a month.
        unit: How to write it.

    Returns:
        The mean; undefined without rows. Without any spread, or with one group only, there is no interval
        but a warning that says so.
    """
    n = len(values)
    if n == 0:
        return measured(lambda level: undefined("no rows", method="t", level=level, unit=unit))
    lowest, highest = float(np.min(values)), float(np.max(values))
    if lowest < highest and bool(np.all((values == lowest) | (values == highest))):
        share = proportion(values == highest, clusters=clusters)
        return measured(lambda level: _stretched(share.at(level), lowest, highest, scale, unit))
    return _t_mean(np.asarray(values, dtype=np.float64), Groups.of(clusters, n), scale, unit)


def _stretched(share: Estimate, lowest: float, highest: float, scale: float, unit: Unit) -> Estimate:
    """The mean of values that are either ``lowest`` or ``highest``, from the share of the highest."""
    from dataclasses import replace

    assert share.value is not None
    assert share.low is not None
    assert share.high is not None
    value, *ends = (
        scale * (lowest + (highest - lowest) * part) for part in (share.value, share.low, share.high)
    )
    return replace(share, value=value, low=min(ends), high=max(ends), unit=unit)


def _t_mean(values: FloatArray, groups: Groups, scale: float, unit: Unit) -> Measured:
    n = len(values)
    centre = float(np.mean(values))
    spread = Spread.of(groups.totals(values - centre) / n)
    warning = groups.warning
    if spread.error == 0:
        warning = f"all {n:,} values are the same, so there is nothing to make an interval of"
        if groups.count == 1 and n > 1:
            warning = "all rows belong to one group, so there is no interval"

    def at(level: float) -> Estimate:
        below, above = spread.deviations(level)
        ends = (scale * (centre - below), scale * (centre + above))
        bare = spread.error == 0
        return Estimate(
            value=scale * centre,
            low=None if bare else min(ends),
            high=None if bare else max(ends),
            n=n,
            method=("cluster-robust t" if groups.named else "t") + ", corrected for skewness",
            level=level,
            clusters=groups.clusters,
            unit=unit,
            warning=warning,
        )

    return measured(at)
