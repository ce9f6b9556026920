"""A number is written with its interval and its n, or with the reason why there is none."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.documents.numbers import amount, estimate_parts, estimate_text, interval_methods
from shipworthy.stats.estimate import Estimate, undefined


def estimate(value: float, low: float | None, high: float | None, **more: Any) -> dict[str, Any]:
    return asdict(Estimate(value=value, low=low, high=high, n=612, method="Wilson", **more))


@pytest.mark.parametrize(
    ("given_estimate", "written"),
    [
        (estimate(0.912, 0.884, 0.934), "91.2% (88.4–93.4, n = 612)"),
        (estimate(0.912, 0.884, 0.934, clusters=203), "91.2% (88.4–93.4, n = 612 in 203 groups)"),
        (estimate(0.912, 0.884, 0.934, clusters=612), "91.2% (88.4–93.4, n = 612)"),
        (estimate(-0.17, -0.241, -0.098, unit="points"), "−17.0 points (−24.1 to −9.8, n = 612)"),
        (estimate(0.831, 0.802, 0.859, unit="score"), "0.831 (0.802–0.859, n = 612)"),
        (estimate(12400.4, -800.0, 25600.0, unit="money"), "EUR 12,400 (−800 to 25,600, n = 612)"),
        (estimate(0.42, 0.4, 0.44, unit="money"), "EUR 0.42 (0.40–0.44, n = 612)"),
        (estimate(88.7, 77.4, 100.9, unit="count"), "88.7 (77.4–100.9, n = 612)"),
        (estimate(0.5, None, None), "50.0% (no interval, n = 612)"),
        (asdict(undefined("no rows", method="Wilson")), "undefined: no rows"),
        (estimate(0.5, 0.4, 0.6, unit="surprise"), "0.500 (0.400–0.600, n = 612)"),
    ],
)
def test_an_estimate_is_written_in_its_unit(given_estimate: dict[str, Any], written: str) -> None:
    assert estimate_text(given_estimate, "EUR") == written


def test_what_to_keep_in_mind_travels_with_a_defined_estimate() -> None:
    parts = estimate_parts(estimate(0.5, 0.4, 0.6, warning="few rows"))
    assert (parts.value, parts.note) == ("50.0%", "few rows")


@given(st.floats(-1e12, 1e12), st.sampled_from(["share", "points", "score", "money", "count"]))
def test_a_negative_number_has_a_true_minus_sign(value: float, unit: str) -> None:
    written = amount(value, unit)
    assert "-" not in written
    assert written.startswith("−") <= (value < 0)


def test_each_way_of_making_intervals_is_named_once_and_undefined_ones_not_at_all() -> None:
    made = [estimate(0.5, 0.4, 0.6), estimate(0.6, 0.5, 0.7), estimate(0.6, 0.5, 0.7, level=0.9917)]
    assert (
        interval_methods([*made, None, asdict(undefined("no rows", method="t"))])
        == "Wilson (95%); Wilson (99.17%)"
    )
