"""Numbers as a report writes them: the value, its interval and its n, or why there is none.

An estimate arrives as the JSON of :class:`shipworthy.stats.estimate.Estimate`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Written", "amount", "estimate_parts", "estimate_text", "interval_methods", "tied", "whole"]

_N = re.compile(r"\bn = (?=\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An estimate in words, in two parts that a page may set in different type."""

    value: str
    """The value alone, or ``undefined``."""
    rest: str
    """Interval and n in brackets, or the reason."""
    note: str = ""
    """What to keep in mind, where there is something."""

    def __str__(self) -> str:
        joint = "" if self.rest.startswith(":") else " "
        return f"{self.value}{joint}{self.rest}"


def tied(text: str) -> str:
    """The text with every ``n = 612`` kept on one line."""
    return _N.sub("n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}", text)


def whole(value: float) -> str:
    """A count with its thousands set apart."""
    return f"{value:,.0f}"


def amount(
    value: float, unit: str, *, currency: str = "", bare: bool = False, like: float | None = None
) -> str:
    """One number in its unit.

    Args:
        value: The number; shares and points as fractions of one.
        unit: share, points, score, money or count; anything else is written as a score.
        currency: Written before money.
        bare: Leave out the unit's own word or sign.
        like: The number whose size decides how many decimals are written.
    """
    text = _digits(value, unit, value if like is None else like)
    if not bare:
        text = {"share": f"{text}%", "points": f"{text} points", "money": f"{currency} {text}"}.get(
            unit, text
        )
    return text.strip().replace("-", "−")


def _digits(value: float, unit: str, like: float) -> str:
    match unit:
        case "share":
            return f"{value * 100:.1f}"
        case "points":
            return f"{value * 100:+.1f}" if value else "0"
        case "money" | "count":
            return f"{value:,.{_decimals(like)}f}" if value else "0"
    return f"{value:.3f}"


def _decimals(like: float) -> int:
    """Enough for two figures, and at least two decimals below 10."""
    size = abs(like)
    if size >= 10 or size == 0:
        return 0 if size >= 100 else 1 if size else 2
    return min(max(2, 1 - math.floor(math.log10(size))), 9)


def estimate_parts(estimate: Mapping[str, Any], currency: str = "") -> Written:
    """An estimate as its value and the rest, for instance ``91.2%`` and ``(88.4–93.4, n = 612)``."""
    value, low, high, unit = (estimate[key] for key in ("value", "low", "high", "unit"))
    if value is None:
        return Written(value="undefined", rest=f": {estimate['warning'] or 'no reason was recorded'}")
    rows = _rows(estimate)
    if low is None or high is None:
        rest = f"(no interval, {rows})"
    else:
        joint = " to " if unit == "points" or min(low, high) < 0 else "–"
        ends = joint.join(amount(end, unit, bare=True, like=value) for end in (low, high))
        rest = f"({ends}, {rows})"
    return Written(value=amount(value, unit, currency=currency), rest=rest, note=estimate["warning"] or "")


def _rows(estimate: Mapping[str, Any]) -> str:
    rows = f"n = {whole(estimate['n'])}"
    clusters = estimate["clusters"]
    return rows if clusters is None or clusters >= estimate["n"] else f"{rows} in {whole(clusters)} groups"


def estimate_text(estimate: Mapping[str, Any], currency: str = "") -> str:
    """An estimate on one line, for instance ``91.2% (88.4–93.4, n = 612)``."""
    return str(estimate_parts(estimate, currency))


def interval_methods(estimates: Iterable[Mapping[str, Any] | None]) -> str:
    """How the intervals of a table were made, each method once, for instance ``Wilson score (95%)``."""
    named = {
        f"{one['method']} ({one['level'] * 100:.4g}%)": None
        for one in estimates
        if one and one["low"] is not None
    }
    return "; ".join(named)
