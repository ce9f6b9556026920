"""Meeting notes as Markdown: every statement with its lines, whatever was said shown as inert text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipworthy.apps.summarise.extractive import tidy
from shipworthy.evals.jobs.outputs import Item, ItemKind
from shipworthy.retrieval.document import Part

if TYPE_CHECKING:
    from shipworthy.apps.summarise.summariser import Noted
    from shipworthy.retrieval.document import Document

__all__ = ["inert", "lines_named", "notes_as_markdown", "place_of_span"]

_TITLES: dict[ItemKind, str] = {
    "decision": "Decisions",
    "action": "Action items",
    "question": "Open questions",
    "risk": "Risks",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@])")
_LINK = re.compile(r"(?i)(https?|ftp|mailto):(?=\S)|\bwww\.")
_LIST = re.compile(r"^(\d+)([.)])|^([-+=])")


def inert(text: str) -> str:
    """Text in which Markdown and HTML mean nothing, without letters that nobody sees."""
    flat = " ".join(text.split())
    seen = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in flat)
    plain = _SPECIAL.sub(r"\\\1", seen)
    plain = _LINK.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], plain)
    return _LIST.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", plain)


def place_of_span(document: Document, start: int) -> tuple[int, Part | None]:
    """The number of the turn (or line) at a position, and its part."""
    part = document.part_at(start)
    line = document.place(start).line
    return line or 0, part


def lines_named(document: Document, item: Item) -> tuple[int, ...]:
    """Numbers of the turns (or lines) that a statement rests on."""
    return tuple(dict.fromkeys(place_of_span(document, span.start)[0] for span in item.spans))


def notes_as_markdown(document: Document, noted: Noted) -> str:
    """The notes of one meeting.

    Args:
        document: The transcript.
        noted: Its summary.
    """
    return "\n".join(_page(document, noted)).rstrip() + "\n"


def _page(document: Document, noted: Noted) -> Iterator[str]:
    yield f"# Notes: {inert(document.title or document.name)}\n"
    yield _basis(document, noted)
    items = noted.summary.items
    for kind, title in _TITLES.items():
        yield f"\n## {title}\n"
        mine = [item for item in items if item.kind == kind and item.supported]
        yield from (_entry(document, item) for item in mine)
        if not mine:
            yield "None found."
    doubtful = [item for item in items if not item.supported]
    if doubtful:
        yield "\n## Said by the model, not by the lines it names\n"
        yield from (_entry(document, item) for item in doubtful)


def _basis(document: Document, noted: Noted) -> str:
    turns = sum(part.kind == "turn" for part in document.parts)
    speakers = list(dict.fromkeys(part.speaker for part in document.parts if part.speaker))
    what = f"{turns:,} turns" if turns else f"{len(document.parts):,} paragraphs; no turns were recognised"
    who = (
        f" by {', '.join(map(inert, speakers[:12]))}{', …' if len(speakers) > 12 else ''}" if speakers else ""
    )
    told = [
        f"From {what}{who}.",
        inert(noted.how),
        "Numbers in brackets are turns of the transcript. Owner and due are blank unless a line says them.",
    ]
    if noted.unread:
        parts = ", ".join(f"{first}–{last}" for first, last in noted.unread)
        told.append(f"The model gave no usable answer about turns {parts}: nothing below covers them.")
    return " ".join(told)


def _entry(document: Document, item: Item) -> str:
    head = f"- {inert(item.text)} {_where(document, item)}"
    if item.kind == "action":
        head += f"\n  Owner: {_or_blank(item.owner)} · Due: {_or_blank(item.due)}"
    if item.text != tidy(" ".join(span.quote for span in item.spans)):
        head += "".join(f"\n  - {place}: {inert(quote)}" for place, quote in _quoted(document, item))
    return head


def _or_blank(text: str | None) -> str:
    return "—" if text is None else inert(text)


def _quoted(document: Document, item: Item) -> Iterator[tuple[str, str]]:
    for span in item.spans:
        number, part = place_of_span(document, span.start)
        who = f" {inert(part.speaker)}" if part is not None and part.speaker else ""
        yield f"{number}{who}", span.quote


def _where(document: Document, item: Item) -> str:
    """The lines, when, and who spoke."""
    found = [place_of_span(document, span.start) for span in item.spans]
    numbers = ", ".join(str(number) for number in dict.fromkeys(number for number, _ in found))
    who = dict.fromkeys(inert(part.speaker) for _, part in found if part is not None and part.speaker)
    first = found[0][1]
    at = "" if first is None or first.seconds is None else f", {_clock(first.seconds)}"
    return f"\\[{numbers}{at}{': ' if who else ''}{', '.join(who)}\\]"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
