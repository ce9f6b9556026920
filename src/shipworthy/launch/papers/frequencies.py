"""Shares in words that people understand: so many in 100, with the range in the same words.

Rounding never flatters and never frightens: the number in front is rounded to the nearest, and where that
would change it by more than a tenth (0.4% is not "0 in 100") 1,000 or 10,000 is counted instead; the ends of
the range are rounded away from each other.

References:
    Gigerenzer and Hoffrage (1995), How to improve Bayesian reasoning without instruction: frequency formats,
    Psychological Review 102, 684-704.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["frequency", "most_of", "sentence"]

_BASES = (100, 1_000, 10_000)
_HAIR = 1e-9


def frequency(estimate: Mapping[str, Any], *, others: bool = False) -> str:
    """A share as a natural frequency, for instance ``about 9 in 100 (between 7 and 12)``.

    Args:
        estimate: A share, as the JSON of an ``Estimate``.
        others: Count those that are not meant, so that "91% right" becomes "about 9 in 100" wrong.
    """
    share = _Share.of(estimate, others=others)
    if share is None:
        return f"not known ({estimate['warning'] or 'nothing was measured'})"
    if share.extreme:
        return f"{share.extreme} of {share.n:,} tested {share.range}"
    return f"{share.front} in {share.base:,} {share.range}"


def sentence(estimate: Mapping[str, Any], things: str, happens: str, *, others: bool = False) -> str:
    """The same as a sentence, for instance ``in 100 messages about 9 go wrong (between 7 and 12)``.

    Args:
        estimate: A share, as the JSON of an ``Estimate``.
        things: What is counted, in the plural.
        happens: What happens to those, for instance ``go wrong``.
        others: Count those that are not meant.
    """
    share = _Share.of(estimate, others=others)
    if share is None:
        return f"how many {things} {happens} is {frequency(estimate)}"
    if share.extreme:
        return f"of {share.n:,} tested {things} {share.extreme} {happens} {share.range}"
    return f"in {share.base:,} {things} {share.front} {happens} {share.range}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """A share ready to be said."""

    base: int
    front: str
    range: str
    n: int
    extreme: str | None
    """``all`` or ``none`` where nothing else was seen."""

    @classmethod
    def of(cls, estimate: Mapping[str, Any], *, others: bool) -> _Share | None:
        value, low, high, n = (estimate[key] for key in ("value", "low", "high", "n"))
        if value is None:
            return None
        if others:
            value, low, high = 1 - value, None if high is None else 1 - high, None if low is None else 1 - low
        extreme = "all" if value > 1 - _HAIR else "none" if value < _HAIR else None
        if extreme is not None:
            bound = None if low is None or high is None else 1 - low if extreme == "all" else high
            base = _base_of_bound(bound)
            return cls(base=base, front="", range=_range(low, high, base, unit=True), n=n, extreme=extreme)
        base = _base(value)
        count = math.floor(value * base + 0.5)
        front = {0: "fewer than 1", base: f"more than {base - 1:,}"}.get(count, f"about {count:,}")
        return cls(base=base, front=front, range=_range(low, high, base), n=n, extreme=None)


def _base(value: float) -> int:
    """The smallest base at which rounding changes neither side by more than a tenth."""
    rare = min(value, 1 - value)
    fitting = (
        base for base in _BASES if abs(math.floor(rare * base + 0.5) - rare * base) <= rare * base / 10
    )
    return next(fitting, _BASES[-1])


def _base_of_bound(bound: float | None) -> int:
    """The base for a bound on something that was never seen."""
    return 100 if bound is None or bound >= 0.01 else 1_000 if bound >= 0.001 else 10_000


def _range(low: float | None, high: float | None, base: int, *, unit: bool = False) -> str:
    if low is None or high is None:
        return "(no range could be made)"
    first, last = math.floor(low * base + _HAIR), math.ceil(high * base - _HAIR)
    tail = f" in {base:,}" if unit else ""
    if first <= 0 and last >= base:
        return "(so few that it may be any share)"
    if first <= 0:
        return f"(at most {last:,}{tail})"
    return f"(at least {first:,}{tail})" if last >= base else f"(between {first:,} and {last:,}{tail})"


def most_of(count: int, total: int) -> str:
    """How much of a whole a part is, claimed only where the sample carries it."""
    from shipworthy.stats.intervals import wilson

    if total < 1 or not 0 <= count <= total:
        return "some of them"
    low, _ = wilson(count / total, total)
    if count == total:
        words = "all of them"
    elif low > 0.5:
        words = "most of them"
    else:
        words = "the commonest mistake"
    return f"{words} ({count:,} of {total:,})"
