"""A sheet for talking about pay: from the person's own postings, evidence and profile, and nothing else.

Claimed figures are left out on purpose: who is asked for the source of a number should have one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from shipworthy.career.market.shown import amounts
from shipworthy.documents.text import one_line

if TYPE_CHECKING:
    from shipworthy.career.market.pay import PayLine
    from shipworthy.career.pitch.drafts import Pitch
    from shipworthy.career.roles.saved import SavedRole

__all__ = ["Sheet", "negotiation_sheet"]

_GAP = "**Gap:**"
_ESCAPED = str.maketrans({each: f"\\{each}" for each in "\\`*_{}[]<>#|"})
_YOURS = (
    "The least you would accept, base and total apart.",
    "What you earn now, base and total apart (you need not say it).",
    "What else counts: place, hours, title, a date to talk again.",
)
_ASK = (
    "Is the range base or total? What are bonus and equity, and when do they vest?",
    "What would put somebody at the upper end of the range?",
    "When is pay looked at again, and by which measure?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A negotiation sheet."""

    text: str
    """Markdown."""
    gaps: int
    """What it does not know, counted."""


def negotiation_sheet(role: SavedRole | None, *, pay: Sequence[PayLine], pitch: Pitch, on: date) -> Sheet:
    """Write the sheet.

    Args:
        role: The saved role that it is for; None for no particular one.
        pay: What is known about pay; claimed and old lines are left out.
        pitch: What the evidence answers.
        on: The day.
    """
    title = "any role" if role is None else _plain(role.title)
    text = "\n".join(
        [
            f"# Talking about pay: {title}",
            "",
            f"Made on {on}. From your own postings, evidence and measured or posted pay; nothing claimed.",
            *_section("What they posted", _posted(role, pay)),
            *_section("What you can show", _shown(pitch)),
            *_section("What others pay, measured or posted", _others(role, pay)),
            *_section("What only you know", (f"{_GAP} {each}" for each in _YOURS)),
            *_section("To ask", iter(_ASK)),
            "",
        ]
    )
    return Sheet(text=text, gaps=text.count(_GAP))


def _section(title: str, lines: Iterator[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {line}" for line in lines)]


def _plain(text: str) -> str:
    return one_line(text, 300).translate(_ESCAPED)


def _posted(role: SavedRole | None, pay: Sequence[PayLine]) -> Iterator[str]:
    if role is None:
        yield f"{_GAP} no role is named: shipworthy career negotiate ROLE"
        return
    own = [line for line in pay if line.quote and line.id.startswith(f"{role.id}-")]
    for line in own:
        yield f"“{_plain(line.quote or '')}” ({line.component}, as of {line.as_of})"
    if not own:
        yield f"{_GAP} the posting names no pay. Ask for the range first."


def _shown(pitch: Pitch) -> Iterator[str]:
    for draft in pitch.drafts:
        if draft.place == "resume":
            yield _plain_with_citations(draft.text)
    for gap in pitch.gaps:
        yield f"{_GAP} {gap}"


def _plain_with_citations(text: str) -> str:
    """The draft is ours but for the feature's own words; brackets of citations stay readable."""
    return one_line(text, 1_000).translate(_ESCAPED)


def _others(role: SavedRole | None, pay: Sequence[PayLine]) -> Iterator[str]:
    fresh = [line for line in pay if line.provenance != "claimed" and not line.stale]
    some = False
    for line in fresh:
        if role is not None and line.id.startswith(f"{role.id}-"):
            continue
        about = ", ".join(
            _plain(each) for each in (line.country, line.place, line.level, line.component) if each
        )
        given = [each for each in line.quantiles if each.estimate.defined and each.share == 0.5]
        if line.low is None and not given:
            continue
        some = True
        middle = "; ".join(
            f"half of the {each.end} ends below {line.currency} {each.estimate}" for each in given
        )
        source = f"as of {line.as_of}; {_plain(line.source)}"
        yield f"{line.provenance}, {about}: {middle or amounts(line)} ({source})"
    if not some:
        yield f"{_GAP} nothing that is fresh and not merely claimed. Name a place, or save postings with pay."
