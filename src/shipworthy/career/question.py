"""A question for a community, drafted from a finding without anything of the data it was found in.

What is written comes from the playbook, from the job and from rounded counts. Names, labels, segments, texts
and titles are not masked: they are never taken up, so no private word can slip through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.core.errors import UserError
from shipworthy.playbook.items import failure_mode

__all__ = ["LEFT_OUT", "DraftedQuestion", "draft_question"]

_DECISIONS = {
    "ship": "ship",
    "ship_with_fallback": "ship with a human fallback",
    "hold": "hold",
    "cannot_tell": "cannot tell yet",
}
_JOBS = {
    "classify": "sorts texts into classes",
    "answer": "answers questions from documents",
    "extract": "takes fields out of documents",
    "summarise": "summarises texts",
}
LEFT_OUT = ("the feature's name", "labels", "segments", "example texts", "scores", "the finding's own words")
"""What the draft never holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedQuestion:
    """A question to ask in a community."""

    text: str
    """The draft. Make it yours before you send it."""
    review: str
    """Id of the review it is from; not in the text."""
    finding: str
    """Id of the finding; not in the text."""
    left_out: tuple[str, ...]
    """What the text leaves out."""


def draft_question(report: Mapping[str, Any]) -> DraftedQuestion:
    """Draft a question from the weightiest finding of a review.

    Args:
        report: The content of ``report.json``.

    Raises:
        UserError: the review has no finding.
    """
    if not report["findings"]:
        raise UserError(
            "This review has no finding to ask about.",
            hint="Ask what others check before a launch that a review does not.",
        )
    finding = report["findings"][0]
    mode = failure_mode(finding["failure_mode"])
    job = _JOBS.get(report["job"], "does one job")
    rows = _rounded(sum(report["data"]["rows"].values()))
    text = (
        f"I evaluate an AI feature that {job}, on about {rows:,} examples."
        f" The verdict is “{_DECISIONS[report['verdict']['decision']]}”, and what weighs most is"
        f" {mode.name.lower()}: {mode.meaning} How it usually shows: {mode.shows} My next step would be:"
        f" {mode.next_step} Who has been through this: what did you measure first, and what would you not do"
        " again?"
    )
    return DraftedQuestion(text=text, review=str(report["id"]), finding=str(finding["id"]), left_out=LEFT_OUT)


def _rounded(count: int) -> int:
    """One significant figure, so that a count identifies nobody's dataset."""
    digits = max(0, len(str(count)) - 1)
    return int(round(count, -digits))
