"""What every document made from a review reads out of it in the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shipworthy.documents.text import one_line, tame
from shipworthy.documents.words import DECISIONS

__all__ = ["bar_counts", "contents", "currency_of", "day", "deciding", "rows_tested"]

_TEXTS = ("id", "at", "feature", "does", "for_whom", "job", "origin", "how_chosen", "right_means", "schema")
_LISTS = (
    "bars",
    "candidates",
    "checks",
    "classes",
    "confusion",
    "confusion_classes",
    "curves",
    "findings",
    "harms",
    "method",
    "mistakes",
    "protected",
    "segments",
)
_OPTIONAL = ("abstentions", "cost_curve", "data", "fallback", "handover", "outcome", "value")
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(_TEXTS, ""),
    **dict.fromkeys(_LISTS, ()),
    **dict.fromkeys(_OPTIONAL),
    "segments_too_small": {},
    "versions": {},
    "verdict": {},
}
_EMPTY_VERDICT: dict[str, Any] = {
    "decision": "",
    "headline": "",
    "reasons": (),
    "next_steps": (),
    "threshold": None,
    "more_rows": None,
}


def contents(report: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """The review with every text bounded and tamed, and an empty value for each absent part."""
    review = {**_EMPTY, **tame(report, limit)}
    verdict = {**_EMPTY_VERDICT, **review["verdict"]}
    verdict["headline"] = _without_word(verdict["headline"], verdict["decision"])
    review["verdict"] = verdict
    review["asked"] = [candidate for candidate in review["candidates"] if candidate.get("calls")]
    return review


def _without_word(headline: str, decision: str) -> str:
    """The headline without the verdict's own word, beside which every document shows it."""
    word, colon, rest = headline.partition(": ")
    if not colon or decision not in DECISIONS or word != DECISIONS[decision].word:
        return headline
    return rest[:1].upper() + rest[1:]


def deciding(bar: Mapping[str, Any], decision: str) -> Mapping[str, Any]:
    """The outcome of a bar that the verdict rests on.

    With a fallback those are the rows the feature handles itself, otherwise all rows.
    """
    above: Mapping[str, Any] | None = bar.get("above")
    all_rows: Mapping[str, Any] = bar["all_rows"]
    return above if decision == "ship_with_fallback" and above is not None else all_rows


def bar_counts(review: Mapping[str, Any]) -> str:
    """How many bars are met, failed and undecided, for instance ``4 of 6 met, 2 undecided``."""
    decision = review["verdict"]["decision"]
    counted = Counter(deciding(bar, decision)["outcome"] for bar in review["bars"])
    others = [f"{counted[name]} {name}" for name in ("failed", "undecided") if counted[name]]
    return ", ".join([f"{counted['met']} of {len(review['bars'])} met", *others])


def currency_of(review: Mapping[str, Any]) -> str:
    """The currency of the review's amounts; empty when it gives none."""
    return one_line(review["value"]["currency"], 8) if review["value"] else ""


def rows_tested(review: Mapping[str, Any]) -> int:
    """How many rows the test set has; 0 when the review does not say."""
    data = review["data"] or {"rows": {}, "classes": {}}
    return int(data["rows"].get("test") or sum(data["classes"].values()))


def day(at: str) -> str:
    """An ISO 8601 moment as a person writes it; anything else as it stands."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return at
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".rstrip()
