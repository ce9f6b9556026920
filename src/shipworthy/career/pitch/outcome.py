"""The piece of evidence that answers the question best, by a rule that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.career.audit import piece_of

if TYPE_CHECKING:
    from shipworthy.evidence.record import Record

__all__ = ["CHOICE", "Outcome", "Reviewed", "best_outcome", "main_metric"]

CHOICE = (
    "Reviews on own data, with a reason in your own words, whose files are as they were recorded; first those"
    " that a launch review followed, then by verdict (ship, with a fallback, hold, cannot tell yet), then the"
    " newest."
)
"""How the piece is chosen."""
_ORDER = ("ship", "ship_with_fallback", "hold", "cannot_tell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A review as the pitch reads it."""

    report: Mapping[str, Any]
    """The content of ``report.json``, whose hash the record holds."""
    facts: Mapping[str, str]
    """Every citable value by key, as papers write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done, and the record that shows it."""

    record: str
    """Id of the evidence record."""
    sha256: str
    """Its hash."""
    review: str
    """Id of the review."""
    launch: str | None
    """Id of the record of the launch review that cites it; None where there is none."""
    decision: str
    """The review's verdict."""
    metric: str
    """Key of the main number."""
    on: str
    """The day."""
    reason: str
    """Why it was decided so, in the person's own words."""


def best_outcome(
    records: Sequence[Record], reviews: Mapping[str, Reviewed], *, broken: Set[str] = frozenset()
) -> Outcome | None:
    """The review that answers best by :data:`CHOICE`; None where there is none.

    Args:
        records: Evidence records.
        reviews: Reviews by id.
        broken: Ids of records that no longer hold.
    """
    launches = {
        str(source): record.id
        for record in records
        if record.kind == "launch" and record.id not in broken and piece_of(record).weight == "own"
        for source in _values(record.facts.get("sources"))
    }
    found = [
        (record, reviews[name])
        for record in records
        if record.kind == "review" and record.id not in broken
        if record.verified and piece_of(record).weight == "own"
        if (name := str(record.facts.get("review"))) in reviews
    ]
    if not found:
        return None

    def rank(pair: tuple[Record, Reviewed]) -> tuple[bool, int, float]:
        record, review = pair
        decision = review.report["verdict"]["decision"]
        launched = any(str(record.facts["review"]) in source for source in launches)
        return not launched, _ORDER.index(decision), -record.at.timestamp()

    record, review = min(found, key=rank)
    name = str(record.facts["review"])
    return Outcome(
        record=record.id,
        sha256=record.sha256,
        review=name,
        launch=next((launch for source, launch in launches.items() if name in source), None),
        decision=review.report["verdict"]["decision"],
        metric=main_metric(review.report),
        on=record.at.date().isoformat(),
        reason=record.reason or "",
    )


def _values(value: object) -> Iterable[object]:
    return value.values() if isinstance(value, Mapping) else ()


def main_metric(report: Mapping[str, Any]) -> str:
    """Accuracy, which can be said as so many in 100; else the first bar's score; else the first defined."""
    scores = {
        name: one for name, one in report["candidates"][0]["scores"].items() if one["value"] is not None
    }
    bars = [str(bar["text"]) for bar in report["bars"]]
    asked = [name for bar in bars for name in scores if bar.startswith((f"{name} ", f"{name}>", f"{name}<"))]
    chosen = next(iter([*(["accuracy"] if "accuracy" in scores else []), *asked, *scores]), "accuracy")
    return f"scores.{chosen}"
