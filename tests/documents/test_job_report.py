"""The report of a job that checks outputs: checks, failures with quotes, abstentions; no classes."""

from __future__ import annotations

from typing import Any

from shipworthy.documents import junit, render_review
from tests.documents.sample import as_json, hold


def share(value: float) -> dict[str, Any]:
    return {
        "value": value, "low": value - 0.1, "high": value + 0.05, "n": 60, "method": "Wilson", "level": 0.95,
        "clusters": None, "unit": "share", "warning": None,
    }  # fmt: skip


HOSTILE = "<script>alert(1)</script>"
ROW = {
    "row": 3, "id": "q3", "text": "What is the deposit?", "label": "10 euros", "predicted": f"Free {HOSTILE}",
    "confidence": 0.9, "note": None,
    "quotes": [{"document": "a.md", "place": "a.md, line 3", "quote": f"It is {HOSTILE}", "verbatim": False}],
}  # fmt: skip


def report() -> dict[str, Any]:
    return {
        **as_json(hold()),
        "job": "answer",
        "classes": [], "confusion": [], "confusion_classes": [], "curves": [],
        "right_means": "An answer is right when it is right.",
        "checks": [
            {"name": "citation_recall", "title": "labelled evidence that is cited", "better": "higher",
             "words": "Of the evidence, the share it cites.", "estimate": share(0.7), "handled": share(0.9),
             "parts": {f"field {HOSTILE}": share(0.5)}},
        ],
        "abstentions": {"answered": 34, "abstained": 6, "answered_unanswerable": 5,
                        "abstained_unanswerable": 15, "wrongly": [{**ROW, "quotes": []}]},
        "mistakes": [{"label": "Cited words that do not stand in the documents", "predicted": "", "count": 3,
                      "escaped": 1, "examples": [ROW]}],
    }  # fmt: skip


def test_checks_failures_and_abstentions_are_shown_in_plain_words() -> None:
    page = render_review(report())
    for words in (
        "Check by check",
        "An answer is right when it is right.",
        "Labelled evidence that is cited",
        "citation_recall",
        "On the rows it handles itself",
        "The documents do not answer it",
        "Answerable questions that it did not answer",
        "Cited words that do not stand in the documents",
        "3 times, 1 past the threshold",
        "what it rests on",
        "a.md, line 3",
        "does not stand there",
        "An honest “not in these documents”",
    ):
        assert words in page, words
    assert "</strong> taken for" not in page


def test_sections_about_classes_do_not_appear() -> None:
    page = render_review(report())
    assert "Class by class" not in page
    assert "confusion matrix" not in page.casefold()


def test_the_curve_of_the_confidence_has_a_chapter_of_its_own_where_there_are_no_classes() -> None:
    curves = as_json(hold())["curves"]
    assert curves
    assert "How sure it is" in render_review(report() | {"curves": curves})
    assert "How sure it is" not in render_review(report() | {"curves": []})
    assert "How sure it is" not in render_review(as_json(hold()))


def test_quotes_and_parts_are_hostile_and_escaped() -> None:
    page = render_review(report())
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3


def test_a_classifiers_page_has_none_of_this() -> None:
    page = render_review(as_json(hold()))
    for words in (
        "Check by check",
        "what it rests on",
        "An honest “not in these documents”",
        "past the threshold",
    ):
        assert words not in page, words


def test_the_ci_report_is_made_of_it_too() -> None:
    assert "<testsuite" in junit(report())
