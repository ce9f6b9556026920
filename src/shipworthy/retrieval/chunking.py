"""Passages to search for: neighbouring parts of one section, long enough to say something.

A passage never crosses a heading of the document and never the end of a part, unless one part alone is longer
than a passage; then it is cut between sentences.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from shipworthy.retrieval.document import Document, Part
from shipworthy.retrieval.sentences import sentences

__all__ = ["CHUNKING", "LONGEST_CHUNK", "Chunk", "chunks"]

CHUNKING = "1"
"""Changes whenever the same document would be cut otherwise, so that an index cuts it again."""
LONGEST_CHUNK = 2_000
"""Characters of a passage, about 350 words."""
_SHORT = 200  # characters; what is shorter joins its neighbours across the headings of one section


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage: what search finds."""

    start: int
    """Position of its first character in the document's text."""
    end: int
    """Position after its last character."""
    context: str
    """Title, headings above it and who speaks: searched with it, but no part of it."""


def chunks(document: Document) -> list[Chunk]:
    """The passages of a document, in order and not overlapping; every word of its parts is in one."""
    return [
        Chunk(start=start, end=end, context=_context(document, start, end))
        for group in _sections(document.parts)
        for start, end in _filled(document.text, group)
    ]


def _sections(parts: tuple[Part, ...]) -> Iterator[list[Part]]:
    """Parts that stand under one heading, with that heading; short sections join the one they are part of."""
    group: list[Part] = []
    for part in parts:
        if group and _begins_section(group, part):
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _begins_section(group: list[Part], part: Part) -> bool:
    if part.kind != "heading":
        return False
    above = [each for each in group if each.kind != "heading"]
    if not above:  # only headings so far: they stay with what comes below them
        return len(part.headings) < len(group[0].headings)
    size = group[-1].end - group[0].start
    return size >= _SHORT or len(part.headings) <= len(group[0].headings)


def _filled(text: str, group: list[Part]) -> Iterator[tuple[int, int]]:
    """A section as it is, or in pieces of about equal length."""
    pieces = [piece for part in group for piece in _pieces(text, part)]
    total = pieces[-1][1] - pieces[0][0]
    wanted = total / -(-total // LONGEST_CHUNK)
    start, end = pieces[0]
    for begin, finish in pieces[1:]:
        full = end - start >= wanted or finish - start > LONGEST_CHUNK
        if full:
            yield start, end
            start = begin
        end = finish
    yield start, end


def _pieces(text: str, part: Part) -> list[tuple[int, int]]:
    whole = part.end - part.start <= LONGEST_CHUNK
    return [(part.start, part.end)] if whole else sentences(text, part.start, part.end)


def _context(document: Document, start: int, end: int) -> str:
    """Title, headings and speakers, each once, without what the passage itself says."""
    first = max(0, bisect_right(document.parts, start, key=lambda part: part.start) - 1)
    inside = list(takewhile(lambda part: part.start < end, islice(document.parts, first, None)))
    told = [document.title or "", *inside[0].headings]
    told += sorted({part.speaker for part in inside if part.speaker})
    opening = document.text[start : min(end, start + 300)]
    return "\n".join(dict.fromkeys(one for one in told if one and one not in opening))
