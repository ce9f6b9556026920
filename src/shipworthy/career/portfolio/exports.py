"""A case as Markdown, and all cases as a JSON Resume. Both hold exactly what the pages hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shipworthy.documents.numbers import estimate_text
from shipworthy.documents.text import one_line

if TYPE_CHECKING:
    from shipworthy.career.audit import Audit
    from shipworthy.career.portfolio.case import Case

__all__ = ["SCHEMA", "case_markdown", "json_resume"]

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
"""The published schema that the export says it follows."""
_GAP = "**Gap:**"
_ESCAPED = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]<>#|!~&"})
_SHOWN_LEVEL = 2


def _plain(text: object) -> str:
    """A stranger's text on one line, in which Markdown and HTML mean nothing."""
    return one_line(str(text), 5_000).translate(_ESCAPED)


def case_markdown(case: Case) -> str:
    """A case study as Markdown."""
    title = _plain(case.title) if case.title else f"{_GAP} no title"
    lines = [f"# {title}", ""]
    for label in case.labels:
        lines += [f"> **{_plain(label)}**", ""]
    if case.purpose is not None:
        lines += [f"{_plain(case.purpose[0])} For: {_plain(case.purpose[1])}", ""]
    for part in case.parts:
        if part.id == "metric":
            lines += _measured(case)
        lines += [f"## {part.heading}", ""]
        lines += [f"{_plain(each)}\n" for each in part.paragraphs] or [f"{_GAP} {_plain(part.ask)}", ""]
    if case.reason is not None:
        lines += ["## The reason as recorded", "", f"> {_plain(case.reason)}", ""]
    if case.evidence is not None:
        record = case.evidence.record
        lines += [
            "## Evidence",
            "",
            f"Record [{record['id']}](evidence/{record['id']}.json), SHA-256 {record['sha256']}.",
            "",
        ]
    return "\n".join(lines)


def _measured(case: Case) -> Iterator[str]:
    results = case.results
    yield from ("## How it was measured, and what came of it", "")
    if results is None:
        yield from (f"{_GAP} the evidence no longer holds.", "")
        return
    yield from (f"Verdict: **{results['decision_word']}**", "")
    yield from (f"- {_plain(line)}" for line in _result_lines(results))
    yield ""
    yield from (f"- {_plain(line)}" for line in results["method"])
    yield ""


def _headlines(results: Mapping[str, Any]) -> Iterator[str]:
    """The main score, how it compares with the simplest way, and what it handles alone."""
    for score in results["scores"][:1]:
        yield f"{score['words']} ({score['term']}): {estimate_text(score['estimate'])}"
    for one in results["better"][:1]:
        yield f"More often right than {one['words']}: {estimate_text(one['estimate'])}"
    if results["alone"] is not None:
        share, precision = (estimate_text(results["alone"][name]) for name in ("share", "precision"))
        yield f"Handled without a person: {share}; right among those: {precision}"


def _result_lines(results: Mapping[str, Any]) -> Iterator[str]:
    """Every result as a line, each number with its interval."""
    first, *rest = _headlines(results)
    yield first
    for score in results["scores"][1:]:
        yield f"{score['words']} ({score['term']}): {estimate_text(score['estimate'])}"
    yield from rest
    for bar in results["bars"]:
        measured = ""
        if bar["estimate"] is not None:
            measured = f" Measured on {bar['rows']}: {estimate_text(bar['estimate'], results['currency'])}"
        yield f"Bar {bar['outcome']}: {bar['words']}.{measured}"
    if results["value"] is not None:
        yield f"Net value a month: {estimate_text(results['value'], results['currency'])}"


def json_resume(
    cases: Sequence[Case], *, audit: Audit, profile: Mapping[str, str], on: str
) -> dict[str, Any]:
    """All cases as a JSON Resume, schema 1.0.0.

    Args:
        cases: The cases; those without a title are left out.
        audit: Levels from evidence; from "done once" upwards they are skills.
        profile: The published fields of the profile.
        on: The day.
    """
    return {
        "$schema": SCHEMA,
        "basics": {name: profile[name] for name in ("name", "email", "url") if name in profile},
        "projects": [_project(case) for case in cases if case.title is not None],
        "skills": [
            {"name": one.name, "level": one.level_name}
            for one in audit.standings
            if one.level >= _SHOWN_LEVEL
        ],
        "meta": {"version": "v1.0.0", "lastModified": f"{on}T00:00:00"},
    }


def _project(case: Case) -> dict[str, Any]:
    from shipworthy.playbook.items import competency

    results = case.results
    decision = next((part for part in case.parts if part.id == "decision"), None)
    found: dict[str, Any] = {
        "name": one_line(case.title or "", 300),
        "type": "; ".join(["case study", *case.labels]),
        "highlights": []
        if results is None
        else ["Verdict: " + results["decision_word"], *(one_line(each, 500) for each in _headlines(results))],
        "keywords": [competency(name).name for name in case.competencies],
    }
    if decision is not None and decision.paragraphs:
        found["description"] = one_line(" ".join(decision.paragraphs), 2_000)
    if results is not None:
        found["endDate"] = results["on"]
    return found
