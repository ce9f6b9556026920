"""A text in bounded pieces: paragraphs, sentences and Markdown tables, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Block", "Row", "Table", "blocks_of"]

_LONGEST = 2_000
_COLUMNS = 40
_NEW = re.compile(r"\s{0,8}(?:[-*+•>]\s|\d{1,3}[.)]\s|#{1,6}\s)")
_RULE = re.compile(r"[\s|:-]{3,400}")
_SENTENCE_END = re.compile(r"[.!?](?=\s)|;")
_NO_END = re.compile(r"(?:vs|approx|ca|e\.g|i\.e|cf|no|fig|incl|resp)\.$", re.IGNORECASE)
_EDGES = " \t\r\n*_"
_MARKS = str.maketrans(dict.fromkeys("*`_~", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of running text."""

    text: str
    """As it stands."""
    line: int
    """Its first line, from 1."""

    @property
    def plain(self) -> str:
        """The same letters at the same places, with marks of Markdown and line ends as spaces."""
        return re.sub(r"\s", " ", self.text.translate(_MARKS))

    def quoted(self) -> tuple[str, int]:
        """The text without its margins and marks around it, and the line in which that begins."""
        lead = self.text[: len(self.text) - len(self.text.lstrip(_EDGES))]
        return self.text.strip(_EDGES), self.line + lead.count("\n")

    def sentences(self) -> Iterator[Block]:
        """Its sentences, in order."""
        start = 0
        for match in _SENTENCE_END.finditer(self.plain):
            end = match.end()
            if match[0] == "." and _NO_END.search(self.text[max(start, end - 8) : end]):
                continue
            if self.text[start:end].strip(_EDGES + ".!?;"):
                yield self._part(start, end)
            start = end
        if self.text[start:].strip(_EDGES):
            yield self._part(start, len(self.text))

    def _part(self, start: int, end: int) -> Block:
        return Block(text=self.text[start:end], line=self.line + self.text.count("\n", 0, start))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table."""

    text: str
    """As it stands."""
    line: int
    """Its line, from 1."""
    cells: tuple[str, ...]
    """Its cells, without marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A Markdown table."""

    heads: tuple[str, ...]
    """The heads of its columns."""
    rows: tuple[Row, ...]
    """Its rows."""


def blocks_of(text: str) -> Iterator[Block | Table]:
    """The paragraphs, list items, headings and tables of a Markdown text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    place = 0
    while place < len(lines):
        if _starts_table(lines, place):
            end = place + 2
            while end < len(lines) and "|" in lines[end]:
                end += 1
            yield _table(lines, place, end)
        elif not lines[place].strip():
            end = place + 1
        else:
            end = place + 1
            while end < len(lines) and _goes_on(lines, end):
                end += 1
            yield from _pieces("\n".join(lines[place:end]), place + 1)
        place = end


def _goes_on(lines: list[str], place: int) -> bool:
    line = lines[place]
    return bool(line.strip()) and not _NEW.match(line) and not _starts_table(lines, place)


def _starts_table(lines: list[str], place: int) -> bool:
    if place + 1 >= len(lines) or "|" not in lines[place] or "|" not in lines[place + 1]:
        return False
    return "-" in lines[place + 1] and _RULE.fullmatch(lines[place + 1]) is not None


def _table(lines: list[str], start: int, end: int) -> Table:
    rows = (
        Row(text=lines[place].strip()[:_LONGEST], line=place + 1, cells=_cells(lines[place]))
        for place in range(start + 2, end)
    )
    return Table(heads=_cells(lines[start]), rows=tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    inside = line[:_LONGEST].strip().strip("|").translate(_MARKS)
    return tuple(cell.strip() for cell in inside.split("|")[:_COLUMNS])


def _pieces(text: str, line: int) -> Iterator[Block]:
    """A paragraph, cut at spaces where it is very long."""
    start = 0
    while start < len(text):
        end = start + _LONGEST
        if end < len(text):
            space = text.rfind(" ", start, end)
            end = space if space > start else end
        yield Block(text=text[start:end], line=line + text.count("\n", 0, start))
        start = end
