"""Is there enough data? What a test set can detect, and how many more rows would decide.

References:
    Miller (2024), Adding error bars to evals, arXiv 2411.00640 (design effect, paired power).
    Connor (1987), Sample size for testing differences in proportions for the paired-sample
    design. Biometrics 43.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from shipworthy.stats.estimate import Estimate, Measured, measured
from shipworthy.stats.quantiles import normal_quantile

__all__ = ["Direction", "Rows", "detectable_difference", "detectable_paired_difference", "rows_to_decide"]

Direction: TypeAlias = Literal[">=", "<="]
"""On which side of the bar the value has to be."""

_BISECTIONS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How many more rows would decide a bar."""

    more: int | None
    """Rows to add, of the kind the estimate rests on; 0 when it is decided, None when no number that
    was asked about would do."""
    power: float
    """Chance that so many rows decide it, if the truth is what was measured."""
    would_be: Literal["met", "failed"] | None
    """What the bar would then be; None when nothing would decide it."""
    why: str
    """The reason in one sentence, for a person."""

    def __str__(self) -> str:
        return self.why


def detectable_difference(
    n: int, rate: float, *, design_effect: float = 1.0, power: float = 0.8, level: float = 0.95
) -> float | None:
    """Smallest drop of a rate that ``n`` rows would show.

    A rate truly this far below ``rate`` gives, with a chance of ``power``, an interval that lies
    wholly below ``rate``. Normal approximation with each side's own variance; for rates above
    one half a rise of the same size is easier to see.

    Args:
        n: Rows.
        rate: The rate to compare with, for instance the bar.
        design_effect: How many dependent rows are worth one independent row (1 = independent).
        power: Chance of detecting the difference.
        level: Two-sided confidence level of the interval.

    Returns:
        The difference as a share (0.03 = 3 points), or None when even the largest possible drop
        would go unseen.
    """
    effective = n / design_effect
    hurdle = normal_quantile(0.5 + level / 2) * math.sqrt(rate * (1 - rate))

    def seen(drop: float) -> bool:
        lower = rate - drop
        return drop * math.sqrt(effective) >= hurdle + normal_quantile(power) * math.sqrt(lower * (1 - lower))

    return _smallest(seen, rate)


def detectable_paired_difference(
    n: int, discordance: float, *, design_effect: float = 1.0, power: float = 0.8, level: float = 0.95
) -> float | None:
    """Smallest difference between two candidates that ``n`` shared rows would show.

    Args:
        n: Rows both candidates answered.
        discordance: Share of rows on which exactly one of the two is right.
        design_effect: How many dependent rows are worth one independent row.
        power: Chance of detecting the difference.
        level: Two-sided confidence level of the interval.

    Returns:
        The difference as a share, or None when it would have to exceed the discordance itself.
    """
    effective = n / design_effect
    hurdle = normal_quantile(0.5 + level / 2) * math.sqrt(discordance)

    def seen(gap: float) -> bool:
        spread = math.sqrt(max(discordance - gap * gap, 0.0))
        return gap * math.sqrt(effective) >= hurdle + normal_quantile(power) * spread

    return _smallest(seen, discordance)


def rows_to_decide(
    quantity: Measured | Estimate,
    bar: float,
    direction: Direction,
    *,
    level: float = 0.95,
    power: float = 0.8,
    most: int = 1_000_000,
) -> Rows:
    """How many more rows would decide an undecided bar, if the truth is what was measured.

    The rows at hand stay; the new ones are as like them as they are like each other (the same
    mix of classes, as many rows to a cluster). With N rows in all, the interval at z becomes the
    present one at z * sqrt(n / N): exactly so for Wilson intervals, closely so for the others.
    What the new rows may say differs from the truth by chance, which ``power`` allows for.

    Args:
        quantity: What was measured.
        bar: The value to reach.
        direction: ">=" or "<=".
        level: Two-sided confidence level at which the bar is examined.
        power: Chance of a decision.
        most: More rows than this are as good as never.
    """
    source = _scaled(quantity) if isinstance(quantity, Estimate) else quantity
    now = source.at(level)
    if now.value is None or now.low is None or now.high is None or now.n == 0:
        reason = f"Nothing was measured yet ({now.warning}), so there is nothing to reckon from."
        return Rows(more=None, power=power, would_be=None, why=reason)
    good = now.value >= bar if direction == ">=" else now.value <= bar
    outcome: Literal["met", "failed"] = "met" if good else "failed"
    if not now.low < bar < now.high:
        return Rows(more=0, power=power, would_be=outcome, why=f"It is {outcome} on the rows at hand.")
    decides = _decision_rule(source, now.value, now.n, bar, level=level, power=power)
    if not decides(most):
        reason = (
            f"The measured value is so close to the bar that {most:,} more rows would probably not decide."
            " Move the bar, or improve the feature."
        )
        return Rows(more=None, power=power, would_be=None, why=reason)
    more = _fewest(decides, most)
    reason = (
        f"About {_round_up(more):,} more rows would show that it is {outcome}, with a chance of {power:.0%},"
        " if the truth is what was measured."
    )
    return Rows(more=_round_up(more), power=power, would_be=outcome, why=reason)


def _decision_rule(
    source: Measured, value: float, n: int, bar: float, *, level: float, power: float
) -> Callable[[int], bool]:
    """Whether so many more rows bring the interval clear of the bar, allowing for their own chance."""
    z = normal_quantile(0.5 + level / 2)
    one = source.at(_level(1.0))
    spread = (_or(one.high, value) - _or(one.low, value)) / 2

    def decides(more: int) -> bool:
        total = n + more
        then = source.at(_level(z * math.sqrt(n / total)))
        reach = value - _or(then.low, value) if value > bar else _or(then.high, value) - value
        chance = normal_quantile(power) * spread * math.sqrt(n * more) / total
        return abs(value - bar) >= reach + chance

    return decides


def _scaled(estimate: Estimate) -> Measured:
    """Intervals at other levels from a single one, taken as normal on each side."""
    z = normal_quantile(0.5 + estimate.level / 2)

    def at(level: float) -> Estimate:
        if estimate.value is None or estimate.low is None or estimate.high is None:
            return estimate
        factor = normal_quantile(0.5 + level / 2) / z
        return Estimate(
            value=estimate.value,
            low=estimate.value - factor * (estimate.value - estimate.low),
            high=estimate.value + factor * (estimate.high - estimate.value),
            n=estimate.n,
            method=estimate.method,
            level=level,
            clusters=estimate.clusters,
            unit=estimate.unit,
        )

    return measured(at)


def _level(z: float) -> float:
    return math.erf(z / math.sqrt(2))


def _or(bound: float | None, value: float) -> float:
    return value if bound is None else bound


def _smallest(seen: Callable[[float], bool], most: float) -> float | None:
    if not seen(most):
        return None
    unseen, found = 0.0, most
    for _ in range(_BISECTIONS):
        middle = (unseen + found) / 2
        unseen, found = (unseen, middle) if seen(middle) else (middle, found)
    return found


def _fewest(decides: Callable[[int], bool], most: int) -> int:
    too_few, enough = 0, most
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if decides(middle) else (middle, enough)
    return enough


def _round_up(rows: int) -> int:
    """Two leading digits: the rest would be false precision."""
    step = int(10 ** max(0, len(str(rows)) - 2))
    return -(-rows // step) * step
