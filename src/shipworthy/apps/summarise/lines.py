"""The lines of a transcript: what one speaker said in one sentence, and where it stands.

Nothing here knows what a line is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from shipworthy.core.canonical import sha256_of
from shipworthy.retrieval.document import Document, Part, Span
from shipworthy.retrieval.sentences import sentences

__all__ = ["Line", "Turn", "document_of_turns", "lines_of", "named_speakers", "span_of"]

_INTRODUCED = re.compile(
    r"\b(?:I'm|I am|[Mm]y name's|[Mm]y name is|[Tt]his is)\s+([A-Z][a-z]{2,15})\b(?!\s+[A-Z]\.)"
)
_NO_NAME = frozenset(
    """
    speaker unknown participant host guest moderator interviewer interviewee the and going just not sorry sure
    really okay you your our their his her its what how why who when where which good great happy fine afraid
    monday tuesday wednesday thursday friday saturday sunday
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_MOST_NAMES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one speaker said without a break, before it is part of a document."""

    text: str
    """The words."""
    speaker: str | None = None
    """Who said them."""
    seconds: float | None = None
    """When, from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sentence of one speaker."""

    number: int
    """Number of the turn it is in, from 1; of a text without turns the line in the file."""
    start: int
    """Position of its first character in the document's text."""
    end: int
    """Position after its last character."""
    text: str
    """Exactly the document's words."""
    speaker: str | None
    """Who said it, where the transcript tells."""


def document_of_turns(name: str, turns: Iterable[Turn]) -> Document:
    """A document made of turns, one to a line of its text."""
    pieces: list[str] = []
    parts: list[Part] = []
    at = 0
    for number, turn in enumerate(turns, start=1):
        pieces.append(turn.text)
        parts.append(
            Part(
                start=at,
                end=at + len(turn.text),
                kind="turn",
                line=number,
                speaker=turn.speaker,
                seconds=turn.seconds,
            )
        )
        at += len(turn.text) + 1
    text = "\n".join(pieces)
    return Document(name=name, text=text, parts=tuple(parts), sha256=sha256_of(text))


def lines_of(document: Document) -> tuple[Line, ...]:
    """The sentences of a transcript in order, each within one turn; of another text, within a paragraph."""
    return tuple(
        line
        for part in document.parts
        if part.kind in {"turn", "paragraph", "list"}
        for line in _sentences(document, part)
    )


def _sentences(document: Document, part: Part) -> Iterator[Line]:
    for start, end in sentences(document.text, part.start, part.end):
        number = document.place(start).line or 1
        yield Line(number=number, start=start, end=end, text=document.text[start:end], speaker=part.speaker)


def span_of(document: Document, line: Line) -> Span:
    """A line as something to rest on."""
    return Span(document=document.name, start=line.start, end=line.end, quote=line.text)


def named_speakers(lines: Sequence[Line]) -> tuple[str, ...]:
    """Names of people in the meeting: the speakers', whole and first, and those who say their name.

    Labels that are no names, such as ``B`` or ``Speaker 2``, are left out.
    """
    names: dict[str, None] = {}
    for label in dict.fromkeys(line.speaker for line in lines if line.speaker):
        for name in (label, label.split()[0]) if label.strip() else ():
            if _is_name(name):
                names[name] = None
    for line in lines:
        for found in _INTRODUCED.finditer(line.text):
            if _is_name(found[1]):
                names[found[1]] = None
    return tuple(names)[:_MOST_NAMES]


def _is_name(text: str) -> bool:
    first = text.split()[0].casefold().rstrip(".,")
    return len(first) > 2 and first.isalpha() and first not in _NO_NAME
