"""The charts of a review: which of its numbers become which drawing, and what the drawing says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.documents.charts import (
    Area,
    Axis,
    Line,
    Mark,
    Plot,
    Span,
    Whisker,
    area_path,
    axis,
    line_path,
    thinned,
    tick,
)
from shipworthy.documents.numbers import amount, estimate_text
from shipworthy.documents.words import CURVES, OUTCOMES, UNKNOWN

__all__ = [
    "Cell",
    "bar_whisker",
    "cost_plot",
    "curve_plot",
    "gap_whiskers",
    "group_whiskers",
    "handover_plots",
    "heat",
]

Json = Mapping[str, Any]

_BAR_LINE = re.compile(r"(<=|>=|<|>)\s*(-?\d{1,12}(?:\.\d{1,12})?)\s*(%?)")
_POINTS_DRAWN = 200
_SURE = 30  # rows below which an interval is too wide to set the scale of a chart
_POINTS_LISTED = 12


def bar_whisker(bar: Json, outcome: Json, name: str, currency: str) -> Whisker | None:
    """A bar's estimate beside the bar's line; None when the estimate or its interval is undefined."""
    estimate = outcome["estimate"]
    if not _has_interval(estimate):
        return None
    limit = _bar_line(bar["text"])
    scale = _bar_axis(estimate, limit)
    unit = estimate["unit"]
    ends = [tick(scale.at(end), amount(end, unit, currency=currency)) for end in (scale.low, scale.high)]
    shown = OUTCOMES.get(outcome["outcome"], UNKNOWN)
    line, good, ticks, against = None, None, ends, ""
    if limit is not None:
        line = scale.at(limit[1])
        good = (line, 100 - line) if limit[0] == ">=" else (0.0, line)
        written = amount(limit[1], unit, currency=currency)
        label = tick(line, f"bar {written}")
        ticks = [label, *(end for end in ends if abs(end.at - line) > 30)]
        against = f", against the bar at {written}"
    return Whisker(
        id=name,
        title=f"{bar['words']}: {shown.word.lower()}",
        desc=f"Measured {estimate_text(estimate, currency)}{against}.",
        tone=shown.tone,
        line=line,
        good=good,
        ticks=tuple(ticks),
        span=_span(estimate, scale),
    )


def _bar_line(text: str) -> tuple[str, float] | None:
    found = _BAR_LINE.search(text)
    if found is None:
        return (">=", 0.0) if text.lstrip().startswith("beats") else None
    value = float(found[2]) / (100 if found[3] else 1)
    return (">=" if found[1].startswith(">") else "<="), value


def _bar_axis(estimate: Json, limit: tuple[str, float] | None) -> Axis:
    values = [estimate["low"], estimate["high"], estimate["value"]]
    if limit is not None:
        values.append(limit[1])
    room = 0.3 * (max(values) - min(values)) or 0.1 * abs(values[0]) or 0.1
    low, high = min(values) - room, max(values) + room
    if estimate["unit"] in {"share", "score"} and min(values) >= 0 and max(values) <= 1:
        low, high = max(low, 0.0), min(high, 1.0)
    return Axis(low=low, high=high)


def _has_interval(estimate: Json) -> bool:
    return all(estimate[end] is not None for end in ("value", "low", "high"))


def _span(estimate: Json, scale: Axis) -> Span:
    return Span(
        start=scale.at(estimate["low"]), end=scale.at(estimate["high"]), point=scale.at(estimate["value"])
    )


def gap_whiskers(segments: Sequence[Json]) -> list[Whisker | None]:
    """Each segment's gap to the rest, on one axis with zero on it."""
    ends = [one["gap"][end] for one in segments for end in ("low", "high") if _has_interval(one["gap"])]
    scale = axis([*ends, -0.1, 0.1], least=-1, most=1, steps=3)
    return [_gap_whisker(one, scale, f"gap-{i}") for i, one in enumerate(segments)]


def _gap_whisker(segment: Json, scale: Axis, name: str) -> Whisker | None:
    gap = segment["gap"]
    if not _has_interval(gap):
        return None
    return Whisker(
        id=name,
        title=f"Gap of {segment['segment']} = {segment['value']} to the rest",
        desc=f"{estimate_text(gap)}; zero means no gap.",
        tone=("bad" if gap["value"] < 0 else "good") if segment["found"] else "quiet",
        line=scale.at(0.0),
        span=_span(gap, scale),
    )


def group_whiskers(groups: Mapping[str, Json], name: str) -> dict[str, Whisker | None]:
    """The groups of one protected segment, on a common axis."""
    drawn = [one for one in groups.values() if _has_interval(one)]
    scale = axis((one[end] for one in drawn for end in ("low", "high")), steps=4)
    return {
        group: Whisker(
            id=f"{name}-{i}", title=group, desc=estimate_text(one), tone="accent", span=_span(one, scale)
        )
        if _has_interval(one)
        else None
        for i, (group, one) in enumerate(groups.items())
    }


def handover_plots(handover: Json) -> tuple[Plot, ...]:
    """The auto-handle curve as two plots over the threshold: how right, and how much is handled."""
    points = thinned(
        [one for one in handover["points"] if one["precision"]["value"] is not None], _POINTS_DRAWN
    )
    if len(points) < 2:
        return ()
    x = axis((one["threshold"] for one in points), least=0, most=1)
    return (_precision_plot(handover, points, x), _share_plot(handover, points, x))


def _precision_plot(handover: Json, points: Sequence[Json], x: Axis) -> Plot:
    bounds = [_bounds(one["precision"]) for one in points]
    thresholds = [one["threshold"] for one in points]
    middle = [(t, one["precision"]["value"]) for t, one in zip(thresholds, points, strict=True)]
    sure = [low for one, (low, _) in zip(points, bounds, strict=True) if one["precision"]["n"] >= _SURE]
    y = axis([*(value for _, value in middle), *sure, handover["target"], 1.0], least=0, most=1)
    lower = [(t, low) for t, (low, _) in zip(thresholds, bounds, strict=True)]
    upper = [(t, high) for t, (_, high) in zip(thresholds, bounds, strict=True)]
    target = f"target {_percent(handover['target'])}"
    return Plot(
        id="handover-precision",
        title="How right the handled rows are",
        desc=f"{_chosen_words(handover)} Target: {_percent(handover['target'])} right.",
        x_words="Confidence from which it acts alone",
        y_words="Share of handled rows that are right",
        x_ticks=x.ticks(_short),
        y_ticks=y.ticks_up(_percent),
        lines=(Line(path=line_path(middle, x, y), style="solid", words="Solid line: share right"),),
        areas=(
            Area(path=area_path(lower, upper, x, y), words="Shaded: its interval, threshold by threshold"),
        ),
        marks=(
            Mark(at=y.up(handover["target"]), text=target, upright=False),
            *_chosen_mark(handover["threshold"], x),
        ),
        table_head=("Confidence from", "Handled", "Of these right"),
        table_rows=tuple(
            (_short(one["threshold"]), _percent(one["share"]), estimate_text(one["precision"]))
            for one in thinned(points, _POINTS_LISTED)
        ),
    )


def _share_plot(handover: Json, points: Sequence[Json], x: Axis) -> Plot:
    y = Axis(low=0, high=1, steps=(0.0, 0.25, 0.5, 0.75, 1.0))
    return Plot(
        id="handover-share",
        title="How much it handles without a person",
        desc=_chosen_words(handover),
        x_words="Confidence from which it acts alone",
        y_words="Share of all rows it handles",
        x_ticks=x.ticks(_short),
        y_ticks=y.ticks_up(_percent),
        lines=(
            Line(
                path=line_path([(one["threshold"], one["share"]) for one in points], x, y),
                style="solid",
                words="Solid line: share handled",
            ),
        ),
        marks=_chosen_mark(handover["threshold"], x),
    )


def _chosen_words(handover: Json) -> str:
    if handover["threshold"] is None:
        return "No threshold keeps the target."
    return (
        f"From confidence {_short(handover['threshold'])} it handles {estimate_text(handover['share'])} "
        f"of all rows, and of these {estimate_text(handover['precision'])} are right."
    )


def _chosen_mark(threshold: float | None, x: Axis) -> tuple[Mark, ...]:
    if threshold is None:
        return ()
    at = x.at(threshold)
    anchor = "end" if at > 60 else "start"
    return (Mark(at=at, text=f"chosen {_short(threshold)}", upright=True, anchor=anchor),)


def _bounds(estimate: Json) -> tuple[float, float]:
    low, high = estimate["low"], estimate["high"]
    value = estimate["value"]
    return (value if low is None else low, value if high is None else high)


def cost_plot(cost: Json, currency: str) -> Plot | None:
    """Expected cost over the threshold, with the thresholds that are as good within noise."""
    points = thinned([(one["threshold"], one["cost_per_1000"]) for one in cost["points"]], _POINTS_DRAWN)
    if len(points) < 2:
        return None
    x = axis(t for t, _ in points)
    y = axis([0.0, *(value for _, value in points)])
    left, right = x.at(cost["band_low"]), x.at(cost["band_high"])
    best = _short(cost["threshold"])

    def money(value: float) -> str:
        return amount(value, "money", currency=currency)

    return Plot(
        id="cost",
        title="What mistakes cost at each threshold",
        desc=(
            f"Cheapest at {best}: {estimate_text(cost['cost_per_1000'], currency)} per 1,000 items. "
            f"From {_short(cost['band_low'])} to {_short(cost['band_high'])} nothing is worse beyond noise."
        ),
        x_words=f"Score from which the answer is “{cost['positive']}”",
        y_words="Cost of mistakes per 1,000 items",
        x_ticks=x.ticks(_short),
        y_ticks=y.ticks_up(money),
        lines=(Line(path=line_path(points, x, y), style="solid", words="Solid line: expected cost"),),
        areas=(Area(path=f"M{left:g} 0H{right:g}V100H{left:g}Z", words="Shaded: as good within noise"),),
        marks=_chosen_mark(cost["threshold"], x),
        table_head=("Threshold", "Cost per 1,000 items"),
        table_rows=tuple((_short(t), money(value)) for t, value in thinned(points, _POINTS_LISTED)),
    )


def curve_plot(curve: Json, name: str) -> Plot | None:
    """A precision–recall, ROC or reliability curve."""
    points = [
        (float(x), float(y))
        for x, y in thinned(curve["points"], _POINTS_DRAWN)
        if x is not None and y is not None
    ]
    if len(points) < 2:
        return None
    unit = Axis(low=0, high=1, steps=(0.0, 0.25, 0.5, 0.75, 1.0))
    reference = {"roc": "chance", "reliability": "perfect calibration"}.get(curve["name"])
    lines = [Line(path=line_path(points, unit, unit), style="solid", words="Solid line: measured")]
    if reference is not None:
        lines.append(Line(path="M0 100L100 0", style="dashed", words=f"Dashed line: {reference}"))
    return Plot(
        id=name,
        title=curve["title"],
        desc=_curve_words(curve),
        x_words=curve["x_words"],
        y_words=curve["y_words"],
        x_ticks=unit.ticks(_percent),
        y_ticks=unit.ticks_up(_percent),
        lines=tuple(lines),
        table_head=(curve["x_words"], curve["y_words"]),
        table_rows=tuple((_percent(x, 1), _percent(y, 1)) for x, y in thinned(points, _POINTS_LISTED)),
    )


def _curve_words(curve: Json) -> str:
    summary = curve["summary"]
    if summary is None:
        return "No single number sums it up."
    return f"{CURVES.get(curve['name'], curve['name'])}: {estimate_text(summary)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a confusion matrix."""

    count: int
    """Rows."""
    share: float
    """Their share of all rows of the true class."""
    right: bool
    """Whether the answer is the true class."""


def heat(matrix: Sequence[Sequence[int]]) -> list[list[Cell]]:
    """The confusion matrix with each count's share of its row."""
    return [
        [
            Cell(count=count, share=round(count / (sum(row) or 1), 3), right=i == j)
            for j, count in enumerate(row)
        ]
        for i, row in enumerate(matrix)
    ]


def _percent(value: float, digits: int = 0) -> str:
    return f"{value * 100:.{digits}f}%"


def _short(value: float) -> str:
    return f"{value:.2f}"
