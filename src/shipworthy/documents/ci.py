"""A review as JUnit XML, which every CI service can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shipworthy.documents.contents import contents, currency_of, deciding
from shipworthy.documents.numbers import estimate_text
from shipworthy.documents.text import one_line
from shipworthy.documents.words import DECISIONS, UNKNOWN

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["junit"]

_TEXT = 1_000
_RESULTS = {"failed": "failure", "hold": "failure", "undecided": "skipped", "cannot_tell": "skipped"}
_PASSES = {"met", "ship", "ship_with_fallback"}


def junit(report: Mapping[str, Any]) -> str:
    """Write a review as JUnit XML: one test case per bar, and one for the verdict.

    A failed bar is a failure, an undecided one is skipped with its reason, and so is a verdict of
    *cannot tell yet*; whatever is neither known to pass nor known to fail is an error. A bar counts
    as the verdict counted it: with a fallback, on the rows that the feature handles itself.

    Args:
        report: The JSON of ``report.json``.

    Returns:
        An XML document, valid whatever the report's texts contain.
    """
    from xml.etree.ElementTree import Element, indent, tostring

    review = contents(report, _TEXT)
    root = Element("testsuites", name=f"shipworthy: {one_line(review['feature'])}")
    _add_suite(root, review, "bars", [_bar_case(review, bar) for bar in review["bars"]])
    _add_suite(root, review, "verdict", [_verdict_case(review["verdict"])])
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _bar_case(review: Mapping[str, Any], bar: Mapping[str, Any]) -> tuple[str, str, str]:
    outcome = deciding(bar, review["verdict"]["decision"])
    measured = estimate_text(outcome["estimate"], currency_of(review))
    return bar["text"], outcome["outcome"], f"{outcome['words']} Measured: {measured}."


def _verdict_case(verdict: Mapping[str, Any]) -> tuple[str, str, str]:
    decision = verdict["decision"]
    return (
        DECISIONS.get(decision, UNKNOWN).word,
        decision,
        " ".join([verdict["headline"], *verdict["reasons"]]),
    )


def _add_suite(
    root: Element, review: Mapping[str, Any], name: str, cases: list[tuple[str, str, str]]
) -> None:
    from xml.etree.ElementTree import SubElement

    results = [_result(state) for _, state, _ in cases]
    suite = SubElement(
        root,
        "testsuite",
        name=name,
        timestamp=one_line(review["at"]),
        tests=str(len(cases)),
        failures=str(results.count("failure")),
        skipped=str(results.count("skipped")),
        errors=str(results.count("error")),
    )
    for (title, _, words), result in zip(cases, results, strict=True):
        about = f"{one_line(review['feature'])}.{name}"
        case = SubElement(suite, "testcase", name=one_line(title), classname=about, time="0")
        if result:
            SubElement(case, result, message=one_line(words, _TEXT))
        else:
            SubElement(case, "system-out").text = one_line(words, _TEXT)


def _result(state: str) -> str:
    return "" if state in _PASSES else _RESULTS.get(state, "error")
