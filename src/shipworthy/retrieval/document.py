"""A document as text that remembers where its words stood.

Every parser makes a :class:`Document`; chunks, citations, extracted values and summaries are
:class:`Span` values into its text. A span is worth nothing until :func:`verified` has held it
against the text again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Document", "Part", "PartKind", "Place", "Span", "verified"]

PartKind = Literal["heading", "paragraph", "list", "table", "code", "turn"]
"""What a part of a document is. A turn is what one speaker said in a transcript."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block of a document that stands for itself: a paragraph, a table row, a turn."""

    start: int
    """Position of its first character in the document's text."""
    end: int
    """Position after its last character."""
    kind: PartKind
    """What it is."""
    headings: tuple[str, ...] = ()
    """The headings above it, outermost first."""
    page: int | None = None
    """Page, from 1, where the format has pages."""
    line: int | None = None
    """Line in the file, from 1, where the format has lines; of a transcript the number of the turn."""
    speaker: str | None = None
    """Who said it, in a transcript."""
    seconds: float | None = None
    """When it was said, in seconds from the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands, for a person who wants to open it."""

    document: str
    """Name of the document."""
    page: int | None
    """Page, from 1."""
    line: int | None
    """Line or turn, from 1."""
    headings: tuple[str, ...]
    """The headings above it, outermost first."""

    def __str__(self) -> str:
        at = [f"page {self.page}" if self.page else "", f"line {self.line}" if self.line else ""]
        told = ", ".join(part for part in (self.document, *at) if part)
        return f"{told} ({' > '.join(self.headings)})" if self.headings else told


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document: its text, and the parts it is made of. Everything in it is hostile."""

    name: str
    """Path below the folder that was read, with forward slashes."""
    text: str
    """All of its text; every position counts characters of this."""
    parts: tuple[Part, ...]
    """Its parts in the order of the text, not overlapping."""
    sha256: str
    """Hex SHA-256 of the file's bytes."""
    title: str | None = None
    """Its title, where the format tells."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What may be filtered by: folder, author, date, front matter."""
    warnings: tuple[str, ...] = ()
    """What could not be read, in words."""

    def part_at(self, position: int) -> Part | None:
        """The part that holds a position; the one before it between two parts; None before the first."""
        found = bisect_right(self.parts, position, key=lambda part: part.start)
        return self.parts[found - 1] if found else None

    def place(self, position: int) -> Place:
        """Where a position of the text stands, for a person."""
        part = self.part_at(position)
        if part is None:
            return Place(document=self.name, page=None, line=None, headings=())
        below = None
        if part.line is not None:
            below = part.line + (0 if part.kind == "turn" else self.text.count("\n", part.start, position))
        return Place(document=self.name, page=part.page, line=below, headings=part.headings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a document that something rests on."""

    document: str
    """Name of the document."""
    start: int
    """Position of its first character in the document's text."""
    end: int
    """Position after its last character."""
    quote: str
    """The words themselves: exactly ``text[start:end]``."""


def verified(span: Span, document: Document) -> bool:
    """Whether a span names words that stand at that very place of the document."""
    whole = 0 <= span.start < span.end <= len(document.text)
    return whole and span.document == document.name and document.text[span.start : span.end] == span.quote
