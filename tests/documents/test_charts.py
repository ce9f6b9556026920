"""Every data value gets a place inside the drawing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.documents import figures
from shipworthy.documents.charts import Axis, area_path, axis, line_path, thinned
from tests.documents.sample import as_json, cannot_tell, hold

VALUES = st.lists(st.floats(-1e9, 1e9), max_size=20)
UNIT = Axis(low=0, high=1)


@given(VALUES)
def test_an_axis_holds_its_values_and_labels_round_ones(values: list[float]) -> None:
    made = axis(values)
    assert made.low < made.high
    slack = (made.high - made.low) * 1e-6
    assert all(made.low - slack <= value <= made.high + slack for value in values)
    assert 2 <= len(made.steps) <= 12
    assert all(0 <= tick.at <= 100 for tick in made.ticks(str))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_an_axis_of_shares_does_not_leave_zero_to_one(values: list[float]) -> None:
    made = axis(values, least=0, most=1)
    assert 0 <= made.low < made.high
    assert made.high <= 1 or len(set(values)) == 1


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_lies_outside_is_drawn_at_the_edge(value: float) -> None:
    assert 0 <= UNIT.at(value) <= 100
    assert UNIT.at(value) + UNIT.up(value) == pytest.approx(100, abs=0.02)


def test_lines_and_areas_are_paths_in_a_square_of_a_hundred() -> None:
    points = [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
    assert line_path(points, UNIT, UNIT) == "M0 100L50 75L100 0"
    assert (
        area_path([(0.0, 0.0), (1.0, 0.0)], [(0.0, 1.0), (1.0, 1.0)], UNIT, UNIT)
        == "M0 0L100 0L100 100L0 100Z"
    )
    assert line_path([], UNIT, UNIT) == area_path([], [], UNIT, UNIT) == ""


@given(st.lists(st.integers(), max_size=500), st.integers(2, 50))
def test_thinning_keeps_the_ends(items: list[int], most: int) -> None:
    kept = thinned(items, most)
    assert len(kept) == min(len(items), most)
    assert kept[:1] == items[:1]
    assert kept[-1:] == items[-1:]


def bar(text: str, *, low: float, high: float, unit: str = "share") -> dict[str, Any]:
    estimate = {"value": (low + high) / 2, "low": low, "high": high, "n": 9, "unit": unit, "method": "t"}
    outcome = {"outcome": "met", "estimate": {**estimate, "clusters": None, "warning": None, "level": 0.95}}
    return {"text": text, "words": "in words", "all_rows": outcome}


def good_side(text: str, low: float, high: float, unit: str = "share") -> tuple[float, float] | None:
    given_bar = bar(text, low=low, high=high, unit=unit)
    drawn = figures.bar_whisker(given_bar, given_bar["all_rows"], "b", "EUR")
    assert drawn is not None
    assert 0 <= drawn.span.start <= drawn.span.point <= drawn.span.end <= 100
    return drawn.good


def test_the_good_side_of_a_bar_starts_at_its_line() -> None:
    assert good_side("accuracy >= 0.5", 0.5, 1.0) == (23.08, 76.92)
    assert good_side("leakage <= 0.01", 0.0, 0.02) == (0.0, 38.46)
    assert good_side("accuracy >= 50%", 0.5, 1.0) == (23.08, 76.92)
    assert good_side("auto_handled >= 0.5 at precision >= 0.95", 0.5, 1.0) == (23.08, 76.92)
    assert good_side("beats(baseline)", 0.0, 0.5, "points") == (18.75, 81.25)
    assert good_side("net_value_month >= -100", -100.0, 900.0, "money") == (18.75, 81.25)


def test_a_bar_without_a_number_has_no_line_and_one_without_an_interval_no_drawing() -> None:
    assert good_side("something else", 0.5, 1.0) is None
    given_bar = bar("accuracy >= 0.5", low=0.5, high=1.0)
    given_bar["all_rows"]["estimate"]["low"] = None
    assert figures.bar_whisker(given_bar, given_bar["all_rows"], "b", "EUR") is None


def test_a_bar_met_without_any_spread_is_drawn() -> None:
    assert good_side("leakage <= 0", 0.0, 0.0) == (0.0, 0.0)


def test_the_auto_handle_curve_says_in_words_what_it_shows() -> None:
    precision, share = figures.handover_plots(as_json(hold())["handover"])
    assert precision.desc == (
        "From confidence 0.74 it handles 70.4% (66.7–73.9, n = 612) of all rows, "
        "and of these 97.2% (95.2–98.4, n = 431) are right. Target: 95% right."
    )
    assert [mark.text for mark in precision.marks] == ["target 95%", "chosen 0.74"]
    assert [mark.text for mark in share.marks] == ["chosen 0.74"]
    assert precision.table_rows[0] == ("0.30", "100%", "86.3% (83.3–88.8, n = 612)")
    assert len(precision.table_rows) == 12


def test_a_curve_of_one_point_is_not_drawn() -> None:
    report = as_json(hold())
    assert figures.handover_plots({**report["handover"], "points": report["handover"]["points"][:1]}) == ()
    assert figures.curve_plot({**report["curves"][0], "points": [[0.1, 0.2]]}, "c") is None
    cost = as_json(cannot_tell())["cost_curve"]
    assert figures.cost_plot({**cost, "points": []}, "EUR") is None


def test_the_cost_curve_names_the_cheapest_threshold_and_its_band() -> None:
    plot = figures.cost_plot(as_json(cannot_tell())["cost_curve"], "EUR")
    assert plot is not None
    assert plot.desc == (
        "Cheapest at 0.42: EUR 212 (168–256, n = 61 in 40 groups) per 1,000 items. "
        "From 0.31 to 0.55 nothing is worse beyond noise."
    )
    assert plot.areas[0].path == "M31 0H55V100H31Z"


def test_a_confusion_matrix_is_coloured_by_the_share_of_its_row() -> None:
    cells = figures.heat([(3, 1, 0), (0, 0, 0)])
    assert [[(cell.count, cell.share, cell.right) for cell in row] for row in cells] == [
        [(3, 0.75, True), (1, 0.25, False), (0, 0.0, False)],
        [(0, 0.0, False), (0, 0.0, True), (0, 0.0, False)],
    ]
