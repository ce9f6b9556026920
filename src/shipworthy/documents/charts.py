"""The geometry of charts: data values in, positions in per cent out; a template draws them.

Positions are per cent of the drawing's width and height, so that a chart fits a phone and a desk
screen while its text keeps its size. Every chart carries a title and a description in words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

__all__ = [
    "Area",
    "Axis",
    "Line",
    "Mark",
    "Plot",
    "Point",
    "Span",
    "Tick",
    "Whisker",
    "area_path",
    "axis",
    "line_path",
    "thinned",
    "tick",
]

T = TypeVar("T")

Point = tuple[float, float]
"""x and y of one data point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One labelled position on an axis."""

    at: float
    """Per cent along the axis."""
    text: str
    """Its label."""
    anchor: str = "middle"
    """SVG text-anchor, chosen so that the label stays inside the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A range of data values, with round values on it worth labelling."""

    low: float
    """The value at 0%."""
    high: float
    """The value at 100%; larger than low."""
    steps: tuple[float, ...] = ()
    """Round values from low to high."""

    def at(self, value: float) -> float:
        """Where ``value`` lies, in per cent; what lies outside is drawn at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def up(self, value: float) -> float:
        """The same from the top, for an axis that points upwards."""
        return round(100 - self.at(value), 2)

    def ticks(self, write: Callable[[float], str]) -> tuple[Tick, ...]:
        """The round values as labels."""
        return tuple(tick(self.at(step), write(step)) for step in self.steps)

    def ticks_up(self, write: Callable[[float], str]) -> tuple[Tick, ...]:
        """The round values as labels of an axis that points upwards."""
        return tuple(Tick(at=self.up(step), text=write(step)) for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An interval and its estimate, in per cent from the left."""

    start: float
    """Low end of the interval."""
    end: float
    """High end of the interval."""
    point: float
    """The estimate itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """One estimate drawn as a point on its interval, beside the line it is held against."""

    id: str
    """Unique in the page."""
    title: str
    """What is drawn."""
    desc: str
    """The same in words."""
    tone: str
    """CSS class of the colour."""
    span: Span
    """Where it is drawn."""
    line: float | None = None
    """Where the bar, or zero, lies."""
    good: Point | None = None
    """Start and width of the side on which the bar is met."""
    ticks: tuple[Tick, ...] = ()
    """Labels under the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through data points."""

    path: str
    """SVG path in a square of 100 by 100, y pointing down."""
    style: str
    """How it is drawn: solid or dashed, which the legend says too."""
    words: str
    """Its entry in the legend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area between two lines."""

    path: str
    """SVG path in a square of 100 by 100, y pointing down."""
    words: str
    """Its entry in the legend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A straight line across the whole plot, with its label."""

    at: float
    """Per cent from the left when upright, else from the top."""
    text: str
    """Its label."""
    upright: bool
    """Whether it runs from top to bottom."""
    anchor: str = "start"
    """SVG text-anchor, chosen so that the label stays inside the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A line chart."""

    id: str
    """Unique in the page."""
    title: str
    """What is drawn."""
    desc: str
    """What it shows, in words."""
    x_words: str
    """Meaning of x."""
    y_words: str
    """Meaning of y."""
    x_ticks: tuple[Tick, ...]
    """Labels under the plot."""
    y_ticks: tuple[Tick, ...]
    """Labels at its left."""
    lines: tuple[Line, ...]
    """What is drawn over the areas."""
    areas: tuple[Area, ...] = ()
    """What is drawn first."""
    marks: tuple[Mark, ...] = ()
    """Chosen values and targets."""
    table_head: tuple[str, ...] = ()
    """Column names of the same data as a table."""
    table_rows: tuple[tuple[str, ...], ...] = ()
    """A selection of the points, written."""


def tick(at: float, text: str) -> Tick:
    """A label that stays inside the drawing."""
    anchor = "start" if at < 8 else "end" if at > 92 else "middle"
    return Tick(at=at, text=text, anchor=anchor)


def axis(
    values: Iterable[float], *, least: float = -math.inf, most: float = math.inf, steps: int = 5
) -> Axis:
    """An axis with round ends around ``values``, never reaching past ``least`` and ``most``."""
    seen = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(seen), max(seen)
    step = _round_step((high - low) / steps or abs(high) / steps or 1.0)
    low = max(math.floor(low / step + 1e-9) * step, least)
    high = min(math.ceil(high / step - 1e-9) * step, most)
    if high <= low:
        high = low + step
    count = round((high - low) / step)
    return Axis(low=low, high=high, steps=tuple(round(low + i * step, 12) for i in range(count + 1)))


def _round_step(raw: float) -> float:
    scale = float(10 ** math.floor(math.log10(raw)))
    return next(scale * unit for unit in (1, 2, 2.5, 5, 10) if scale * unit >= raw * 0.999)


def line_path(points: Sequence[Point], x: Axis, y: Axis) -> str:
    """An SVG path through ``points``."""
    return "M" + "L".join(f"{x.at(a):g} {y.up(b):g}" for a, b in points) if points else ""


def area_path(lower: Sequence[Point], upper: Sequence[Point], x: Axis, y: Axis) -> str:
    """An SVG path around the area between two lines with the same x."""
    around = [*upper, *reversed(lower)]
    return f"{line_path(around, x, y)}Z" if around else ""


def thinned(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` items at even distances, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
