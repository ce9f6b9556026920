"""A number that travels with its interval, its n and its method."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["Estimate", "Measured", "Unit", "measured", "undefined"]

Unit = Literal["share", "score", "points", "money", "count"]
"""How a value is written: a share or a gap in per cent, a bare score, money, or a count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a sample says about a quantity.

    ``value``, ``low`` and ``high`` are all None when the quantity is undefined, and ``warning``
    then says why; an undefined quantity is never 0.
    """

    value: float | None
    """The point estimate."""
    low: float | None
    """Lower end of the confidence interval."""
    high: float | None
    """Upper end of the confidence interval."""
    n: int
    """Rows the estimate rests on (its denominator, not the size of the whole test set)."""
    method: str
    """How the interval was made, as a name somebody can look up."""
    level: float = 0.95
    """Two-sided confidence level of the interval."""
    clusters: int | None = None
    """Independent groups among the n rows, where rows belong together."""
    unit: Unit = "share"
    """How to write the value."""
    warning: str | None = None
    """Why it is undefined, or what to keep in mind."""

    @property
    def defined(self) -> bool:
        """Whether there is a value at all."""
        return self.value is not None

    def __str__(self) -> str:
        if self.value is None:
            return f"undefined ({self.warning})"
        if self.low is None or self.high is None:
            return f"{self._write(self.value)} (n = {self.n:,})"
        interval = f"{self._write(self.low)} to {self._write(self.high)}"
        return f"{self._write(self.value)} ({interval}, n = {self.n:,})"

    def explain(self) -> str:
        """Two or three plain sentences: the value, what the interval means, how it was made."""
        if self.value is None:
            return f"Undefined: {self.warning}."
        text = f"{self._write(self.value)}, measured on {self.n:,} rows"
        if self.clusters is not None and self.clusters < self.n:
            text += f" in {self.clusters:,} independent groups"
        text += "."
        if self.low is not None and self.high is not None:
            text += (
                f" The true value is plausibly between {self._write(self.low)} and {self._write(self.high)}"
                f" ({self.level:.4g} confidence; {self.method})."
            )
        if self.warning:
            text += f" Note: {self.warning}."
        return text

    def _write(self, value: float) -> str:
        return self._plain(value).replace("-", "−")

    def _plain(self, value: float) -> str:
        match self.unit:
            case "share":
                return f"{value:.1%}"
            case "points":
                return f"{value * 100:+.1f} points"
            case "money" | "count":
                size = abs(value)
                small = 1 - math.floor(math.log10(size)) if 0 < size < 1 else 2  # two figures at least
                return f"{value:,.{0 if size >= 100 else max(2, small)}f}"
            case _:
                return f"{value:.3f}"


class Measured(Protocol):
    """A quantity measured on a sample, whose interval can be had at any level.

    A bar may need a 95%, a 97.5% or a 99% interval (Holm), so what is kept is the sample's
    information and not one interval of it.
    """

    def at(self, level: float = 0.95) -> Estimate:
        """The estimate with its two-sided interval at ``level`` (0 < level < 1)."""
        ...


@dataclass(frozen=True, slots=True)
class _Function:
    function: Callable[[float], Estimate]

    def at(self, level: float = 0.95) -> Estimate:
        return self.function(level)


def measured(function: Callable[[float], Estimate]) -> Measured:
    """Make a Measured of a function from level to estimate."""
    return _Function(function)


def undefined(reason: str, *, method: str, n: int = 0, unit: Unit = "share", level: float = 0.95) -> Estimate:
    """The honest answer where there is nothing to measure. ``reason`` names what is missing."""
    return Estimate(
        value=None, low=None, high=None, n=n, method=method, level=level, unit=unit, warning=reason
    )
