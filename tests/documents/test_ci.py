"""The JUnit file that a CI service reads."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.documents import junit
from tests.documents.payloads import PAYLOADS, filled
from tests.documents.sample import REVIEWS, as_json, bare, cannot_tell, hold, ship, with_fallback

HOLD = as_json(hold())


def results(report: dict[str, object]) -> dict[str, list[tuple[str, str]]]:
    """Per suite, each case's name and what became of it."""
    root = ET.fromstring(junit(report))
    assert root.tag == "testsuites"
    return {
        str(suite.get("name")): [(str(case.get("name")), case[0].tag) for case in suite.iter("testcase")]
        for suite in root
    }


def test_each_bar_is_a_case_and_so_is_the_verdict() -> None:
    assert results(HOLD) == {
        "bars": [
            ("macro_f1 >= 0.80", "system-out"),
            ("recall[outage] >= 0.90", "failure"),
            ("gap(accuracy, by=language_level) <= 0.05", "failure"),
            ("auto_handled >= 0.6 at precision >= 0.95", "system-out"),
            ("beats(baseline)", "system-out"),
            ("leakage <= 0.01", "failure"),
            ("net_value_month >= 0", "skipped"),
        ],
        "verdict": [("Hold", "failure")],
    }


def test_a_suite_counts_its_cases_and_a_case_carries_the_measurement() -> None:
    bars = ET.fromstring(junit(HOLD))[0]
    assert {name: bars.get(name) for name in ("tests", "failures", "skipped", "errors", "timestamp")} == {
        "tests": "7",
        "failures": "3",
        "skipped": "1",
        "errors": "0",
        "timestamp": "2026-11-22T14:05:09+00:00",
    }
    failure = bars[1][0]
    assert failure.get("message") == (
        "Even the upper end of the interval is below 90%. Measured: 70.0% (46.0–86.5, n = 30)."
    )
    assert bars[1].get("classname") == "Feedback triage.bars"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("hold", ("Hold", "failure")),
        ("cannot_tell", ("Cannot tell yet", "skipped")),
        ("ship", ("Ship", "system-out")),
        ("ship_with_fallback", ("Ship with a human fallback", "system-out")),
    ],
)
def test_the_verdict_is_green_only_when_it_is_to_ship(name: str, verdict: tuple[str, str]) -> None:
    assert results(as_json(REVIEWS[name]()))["verdict"] == [verdict]


def test_with_a_fallback_a_bar_counts_as_the_verdict_counted_it() -> None:
    assert {state for _, state in results(as_json(with_fallback()))["bars"]} == {"system-out"}
    assert {state for _, state in results(as_json(ship()))["bars"]} == {"system-out"}
    assert {state for _, state in results(as_json(cannot_tell()))["bars"]} == {"skipped"}


def test_a_review_without_bars_is_not_green() -> None:
    assert results(as_json(bare())) == {"bars": [], "verdict": [("Cannot tell yet", "skipped")]}


def test_what_is_not_known_is_an_error_and_not_a_pass() -> None:
    assert results({})["verdict"] == [("Unknown", "error")]
    assert {state for _, state in results(filled(HOLD, "surprise", everywhere=True))["bars"]} == {"error"}


@pytest.mark.parametrize("everywhere", [False, True])
def test_hostile_texts_leave_the_structure_as_it_is(*, everywhere: bool) -> None:
    harmless = [
        element.tag for element in ET.fromstring(junit(filled(HOLD, "x", everywhere=everywhere))).iter()
    ]
    for payload in PAYLOADS:
        root = ET.fromstring(junit(filled(HOLD, payload, everywhere=everywhere)))
        assert [element.tag for element in root.iter()] == harmless, payload


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_any_text_at_all_makes_valid_xml(text: str) -> None:
    written = junit({**HOLD, "feature": text, "id": text})
    ET.fromstring(written.encode())
