"""What every parser makes, and how parts, headings and offsets are kept in step with the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shipworthy.core.errors import DataError, Where
from shipworthy.retrieval.document import Part, PartKind

__all__ = [
    "LONGEST_TEXT",
    "Builder",
    "Outline",
    "Parsed",
    "Source",
    "cleaned",
    "one_line",
    "refused",
    "too_long",
]

LONGEST_TEXT = 50_000_000
"""Characters of text that one document may have."""

_CONTROLS = dict.fromkeys((*range(9), 0x0B, *range(0x0E, 0x20), 0x7F), " ")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that is to be read, opened once."""

    path: Path
    """Where it is."""
    name: str
    """What messages and the document call it."""
    data: bytes
    """Its bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a parser found in a file."""

    text: str
    """All of its text."""
    parts: tuple[Part, ...]
    """Its parts, in order."""
    title: str | None = None
    """Its title, where the format tells."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """What may be filtered by."""
    warnings: tuple[str, ...] = ()
    """What could not be read, in words."""


def refused(source: Source, why: str, *, hint: str | None = None) -> DataError:
    """The error that says why a file cannot be read; ``why`` follows the file's name."""
    return DataError(f"{source.name!r} {why}", where=Where(file=source.path), hint=hint)


def cleaned(text: str) -> str:
    """Text of the same length without control characters and halves of letters."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text.translate(_CONTROLS))


def one_line(text: str) -> str:
    """Text with every run of white space as one space."""
    return _SPACE.sub(" ", text).strip()


class Outline:
    """The headings that stand above a place, outermost first."""

    def __init__(self) -> None:
        self._stack: list[tuple[int, str]] = []

    @property
    def above(self) -> tuple[str, ...]:
        """Their texts."""
        return tuple(text for _, text in self._stack)

    def open(self, level: int, text: str) -> tuple[str, ...]:
        """Begin a section; the headings above its own heading are given back."""
        self._stack = [known for known in self._stack if known[0] < level]
        above = self.above
        self._stack.append((level, one_line(text)[:300]))
        return above


class Builder:
    """Puts a document's text together from blocks, for formats whose own text is not what one reads."""

    def __init__(self, source: Source) -> None:
        self.metadata: dict[str, str] = {}
        self.warnings: list[str] = []
        self.title: str | None = None
        self._source = source
        self._outline = Outline()
        self._pieces: list[str] = []
        self._parts: list[Part] = []
        self._length = 0

    def add(
        self,
        text: str,
        kind: PartKind = "paragraph",
        *,
        page: int | None = None,
        line: int | None = None,
        speaker: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Append a block; nothing happens when it holds no text.

        Raises:
            DataError: the document becomes longer than a document may be.
        """
        part = Part(start=0, end=0, kind=kind, page=page, line=line, speaker=speaker, seconds=seconds)
        self._append(text, replace(part, headings=self._outline.above))

    def heading(self, text: str, level: int, *, page: int | None = None, line: int | None = None) -> None:
        """Append a heading; what follows stands under it."""
        shown = one_line(cleaned(text))
        if shown:
            above = self._outline.open(level, shown)
            self._append(shown, Part(start=0, end=0, kind="heading", headings=above, page=page, line=line))

    def _append(self, text: str, part: Part) -> None:
        block = cleaned(text).strip()
        if not block:
            return
        if self._parts:
            dense = part.kind == self._parts[-1].kind and part.kind in {"list", "table", "turn"}
            gap = "\n" if dense else "\n\n"
            self._pieces.append(gap)
            self._length += len(gap)
        start, self._length = self._length, self._length + len(block)
        if self._length > LONGEST_TEXT:
            raise too_long(self._source)
        self._pieces.append(block)
        self._parts.append(replace(part, start=start, end=self._length))

    @property
    def empty(self) -> bool:
        """Whether nothing was added."""
        return not self._parts

    def finish(self) -> Parsed:
        """What was built."""
        return Parsed(
            text="".join(self._pieces),
            parts=tuple(self._parts),
            title=self.title,
            metadata=self.metadata,
            warnings=tuple(self.warnings),
        )


def too_long(source: Source) -> DataError:
    """The error for a document with more text than a document may have."""
    return refused(
        source,
        f"holds more than {LONGEST_TEXT:,} characters of text, more than one document may have.",
        hint="Split it into several files.",
    )
