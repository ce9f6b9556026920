"""Where a document writes labels, and the places beside and below them where their values stand.

Lines are cut into cells: at tabs, at bars of a table, and at gaps of two or more spaces, as in the text of
a PDF. So ``Total: 12``, a row ``| Total | 12 |``, and a label with its value in the next line or cell are
all seen alike.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Literal

from shipworthy.apps.extract.schema import folded

__all__ = ["Beside", "Cell", "Grid", "LabelPlace"]

_GAP = re.compile(r"[ \u00a0]{2,}|\t+|[ \u00a0]*\|[ \u00a0]*")
_RULE = re.compile(r"[\s|:+=_-]*")
_MARK = re.compile(
    r"\.?[\s*_`]*(?:\([^()\n]{0,30}\)[\s*_`]*)?(?P<mark>[:：=]|\.{3,}|[-–—](?=\s))[*_`]*[ \t\u00a0]*"
)
_MARKUP = re.compile(r"[\s*_`>#•·\-–(\[]*(?:\(?[\da-z]{1,3}[.)]\s+)?[*_`]*", re.IGNORECASE)
_BLANK = re.compile(r"[\s_.…*|\u00a0]*")
_PROSE_REACH = 90
_WORD_REACH = 200

Beside = Literal["exact", "cell", "inline", "longer", "leading", "prose"]
"""How a label stands to the place of its value. Exact: ``Total: 12``. Cell: a cell of its own, the value in
the next one or below. Inline: ``No: 7 Total: 12``. Longer: ``Grand total: 12``. Leading: ``Total 12``.
Prose: somewhere before it in a sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line."""

    line: int
    """Number of the line, from 0."""
    column: int
    """Number of the cell in its line, from 0."""
    start: int
    """Position of its first character."""
    end: int
    """Position after its last character."""


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """A place where the value of a label should stand."""

    start: int
    """Position where the value may begin."""
    end: int
    """Position where it has to end."""
    beside: Beside
    """How the label stands to it."""
    label: tuple[int, int]
    """Where the label itself stands."""
    blank: bool = False
    """Whether nothing is written there."""


class Grid:
    """The cells of a text, and a search for labels in them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._rows: dict[int, tuple[Cell, ...]] = {}

    def row(self, line: int) -> tuple[Cell, ...]:
        """The cells of a line; none for an empty line or one that only draws a rule."""
        if line not in self._rows:
            self._rows[line] = tuple(self._cells(line)) if 0 <= line < self.lines else ()
        return self._rows[line]

    @property
    def lines(self) -> int:
        """Number of lines."""
        return len(self._line_starts)

    def line_of(self, position: int) -> int:
        """Number of the line, from 0, in which a position is."""
        return bisect_right(self._line_starts, position) - 1

    def text_of_line(self, line: int) -> str:
        """A line as it is."""
        start, end = self._span(line)
        return self.text[start:end]

    def _span(self, line: int) -> tuple[int, int]:
        start = self._line_starts[line]
        end = self._line_starts[line + 1] - 1 if line + 1 < self.lines else len(self.text)
        return start, end

    def _cells(self, line: int) -> Iterator[Cell]:
        start, end = self._span(line)
        if _RULE.fullmatch(self.text, start, end):
            return
        leading = start + len(self.text[start:end]) - len(self.text[start:end].lstrip(" |\u00a0"))
        begin, column = leading, 0
        for gap in _GAP.finditer(self.text, leading, end):
            yield Cell(line, column, begin, gap.start())
            begin, column = gap.end(), column + 1
        if begin < end and self.text[begin:end].strip():
            yield Cell(line, column, begin, end)

    @cached_property
    def _folded_cells(self) -> Mapping[str, list[Cell]]:
        found: dict[str, list[Cell]] = {}
        for line in range(self.lines):
            for cell in self.row(line):
                if cell.end - cell.start <= 120:
                    found.setdefault(folded(self.text[cell.start : cell.end]), []).append(cell)
        return found

    def cells_named(self, label: str) -> Iterable[Cell]:
        """Cells that hold nothing but this label (folded)."""
        return self._folded_cells.get(label, ())

    def cell_at(self, position: int) -> Cell | None:
        """The cell in which a position is."""
        cells = self.row(self.line_of(position))
        place = bisect_right(cells, position, key=attrgetter("start")) - 1
        return cells[place] if place >= 0 and position < cells[place].end else None

    def places(self, labels: Iterable[str], start: int = 0, end: int | None = None) -> Iterator[LabelPlace]:
        """Every place where the value of one of these labels (folded) may stand, from the left."""
        words = sorted({label for label in labels if label}, key=len, reverse=True)
        if not words:
            return
        either = "|".join(r"[^\w%&/+#\n]{1,3}".join(map(re.escape, word.split())) for word in words)
        pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)°?", re.IGNORECASE)
        for found in pattern.finditer(self.text, start, len(self.text) if end is None else end):
            yield from self._beside(found.start(), found.end())

    def _beside(self, start: int, end: int) -> Iterator[LabelPlace]:
        cell = self.cell_at(start)
        if cell is None or end > cell.end:
            return
        leads = _MARKUP.fullmatch(self.text, cell.start, start) is not None
        mark = _MARK.match(self.text, end, cell.end)
        label = (start, end)
        if mark and not (mark["mark"] in "-–—" and not leads):
            yield from self._marked(cell, mark.end(), label, leads=leads)
        elif leads and _BLANK.fullmatch(self.text, end, cell.end):
            yield from self._neighbours(cell, label)
        elif leads:
            yield LabelPlace(end, cell.end, "leading", label)
            right = self._right_of(cell)
            if right is not None:
                yield LabelPlace(right.start, right.end, "leading", label)
        else:
            reach = min(end + _PROSE_REACH, len(self.text))
            stop = re.compile(r"\n\s*\n|[.;]\s").search(self.text, end, reach)
            yield LabelPlace(end, stop.start() if stop else reach, "prose", label)

    def _marked(self, cell: Cell, begin: int, label: tuple[int, int], *, leads: bool) -> Iterator[LabelPlace]:
        beside: Beside = "exact" if leads else "inline" if self._begins(cell.start, label[0]) else "longer"
        if not _BLANK.fullmatch(self.text, begin, cell.end):
            yield LabelPlace(begin, cell.end, beside, label)
        else:
            if not self.text[begin : cell.end].strip():
                yield from self._neighbours(cell, label, underneath=beside != "longer")
            yield LabelPlace(label[0], label[1], beside, label, blank=True)

    def _begins(self, start: int, end: int) -> bool:
        """Whether what stands before a label looks like the end of another value."""
        before = self.text[max(start, end - _WORD_REACH) : end].split()
        return bool(before) and (before[-1][-1] in ".,;:)" or any(map(str.isdigit, before[-1])))

    def _neighbours(
        self, cell: Cell, label: tuple[int, int], *, underneath: bool = True
    ) -> Iterator[LabelPlace]:
        """The next cell and the one below; first the one below where this looks like the head of a table."""
        row = self.row(cell.line)
        right = self._right_of(cell)
        totals = right is not None and right.column > cell.column + 1
        below = self.below(cell) if underneath and not totals else None
        head = len(row) > 2 and below is not None and len(self.row(below.line)) == len(row)
        for one in (below, right) if head else (right, below):
            if one is not None and not self._is_blank(one):
                yield LabelPlace(one.start, one.end, "cell", label)

    def _right_of(self, cell: Cell) -> Cell | None:
        """The next cell; in ``Subtotal | | 12.00``, a sum under a column of amounts, past the blank ones."""
        row = self.row(cell.line)
        rest = (row[number] for number in range(cell.column + 1, len(row)))
        written = list(islice((one for one in rest if not self._is_blank(one)), 2))
        lone = len(written) == 1 and any(map(str.isdigit, self.text[written[0].start : written[0].end]))
        if lone:
            return written[0]
        return row[cell.column + 1] if cell.column + 1 < len(row) else None

    def _is_blank(self, cell: Cell) -> bool:
        return _BLANK.fullmatch(self.text, cell.start, cell.end) is not None

    def below(self, cell: Cell) -> Cell | None:
        """The cell under this one: the same column of a table, or what stands under it on the page."""
        for line in range(cell.line + 1, min(cell.line + 4, self.lines)):
            row = self.row(line)
            if not row:
                continue
            if len(row) == len(self.row(cell.line)):
                return row[cell.column]
            left, right = (place - self._line_starts[cell.line] for place in (cell.start, cell.end))
            offset = self._line_starts[line]
            place = bisect_right(row, left + offset, key=attrgetter("end"))
            return row[place] if place < len(row) and row[place].start < right + offset else None
        return None
