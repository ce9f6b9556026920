"""Records of cells become batches of columns: what CSV files and sheets have in common.

The header is found, names are made distinct, and rows that do not fit are left out and noted with
their numbers. Nothing is held but the batch at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.export import restored
from shipworthy.datasets.problem import Problem, RowTally, counted

__all__ = ["HEADER_SEARCH", "LONGEST_CELL", "Batch", "Chunk", "Notes", "check_width", "tabular"]

LONGEST_CELL = 1_000_000
"""Characters in one cell (a spreadsheet program allows 32,767)."""
HEADER_SEARCH = 10
"""The column names are looked for in this many rows: the length of the first chunk."""

_MOST_COLUMNS = 1_000

Chunk = tuple[int, list[list[str]]]
"""The number of a row, and the cells of this row and those after it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, by column. Later batches may have more columns than earlier ones."""

    names: tuple[str, ...]
    """Names of the columns."""
    rows: Sequence[int]
    """Row numbers as a spreadsheet shows them."""
    columns: list[Sequence[str | None]]
    """One sequence of values per column."""


class Notes:
    """What a reader has to say about a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.unnamed: set[str] = set()
        self.blank = RowTally()
        self.invalid = RowTally()
        self._first_invalid = ""

    def add(self, problem: Problem) -> None:
        """Note a problem as a whole."""
        self.problems.append(problem)

    def leave_out(self, row: int, reason: str) -> None:
        """Note a row that cannot be read."""
        self._first_invalid = self._first_invalid or reason
        self.invalid.add(row)

    def close(self, read: int) -> None:
        """Turn what was counted into problems, when all rows have been seen.

        Raises:
            DataError: most rows are invalid, so that something else is wrong.
        """
        if self.invalid.count > read:
            raise DataError(
                f"Most rows of {self.path.name!r} cannot be read "
                f"({self.invalid.count:,} of {self.invalid.count + read:,}): {self._first_invalid}.",
                where=Where(file=self.path, line=self.invalid.first[0]),
                hint="Check that the first row holds the column names and that the rows are complete.",
            )
        if self.invalid.count:
            rows = counted(self.invalid.count, "row", "rows")
            self.add(
                Problem(
                    kind="invalid_row",
                    file=self.path.name,
                    words=f"{rows} cannot be read: {self._first_invalid}.",
                    done="Left out.",
                    count=self.invalid.count,
                    rows=self.invalid.first,
                )
            )
        if self.blank.count:
            self.add(
                Problem(
                    kind="blank_row",
                    file=self.path.name,
                    words=f"{counted(self.blank.count, 'row has', 'rows have')} nothing in any cell.",
                    done="Left out.",
                    count=self.blank.count,
                    rows=self.blank.first,
                )
            )


def tabular(chunks: Iterator[Chunk], notes: Notes, *, width: int | None, pad: bool) -> Iterator[Batch]:
    """Batches from chunks of records.

    Args:
        chunks: The records; the first chunk has at most ``HEADER_SEARCH``.
        notes: Where to say what is wrong.
        width: Number of columns, if it is known.
        pad: Whether short records are as good as others (in sheets), or broken (in text files).

    Raises:
        DataError: there is no header, or there are too many columns.
    """
    names, row, cells = _header(next(chunks, (1, [])), notes, width, protected=not pad)
    blank: list[int] = []
    for first, records in chain([(row, cells)], chunks):
        if set(map(len, records)) == {len(names)} and all(map(any, records)):
            notes.blank.extend(blank)
            blank.clear()
            yield Batch(names, range(first, first + len(records)), list(zip(*records, strict=True)))
        else:
            if pad:
                names = _widened(names, first, records, notes)
            kept = list(_fitting(first, records, len(names), blank, notes, pad=pad))
            if kept:
                rows, fitted = zip(*kept, strict=True)
                yield Batch(names, rows, list(zip(*fitted, strict=True)))


def _widened(names: tuple[str, ...], row: int, records: list[list[str]], notes: Notes) -> tuple[str, ...]:
    missing = max(map(len, records), default=0) - len(names)
    return _distinct_names([*names, *[""] * missing], row, notes) if missing > 0 else names


def _fitting(
    first: int, records: list[list[str]], width: int, blank: list[int], notes: Notes, *, pad: bool
) -> Iterator[tuple[int, list[str]]]:
    """Records that have, or can be given, the right number of cells; ``blank`` holds rows not yet noted."""
    for row, values in enumerate(records, start=first):
        if not any(values):
            blank.append(row)
            continue
        fitted = values if len(values) == width else _fitted(row, values, width, notes, pad=pad)
        if fitted is not None:
            notes.blank.extend(blank)
            blank.clear()
            yield row, fitted


def _fitted(row: int, values: list[str], width: int, notes: Notes, *, pad: bool) -> list[str] | None:
    if len(values) > width and not any(values[width:]):
        return values[:width]
    if len(values) < width and pad:
        return values + [""] * (width - len(values))
    few = "fewer" if len(values) < width else "more"
    notes.leave_out(row, f"row {row:,} has {few} cells ({len(values):,}) than there are columns ({width:,})")
    return None


def _header(
    chunk: Chunk, notes: Notes, width: int | None, *, protected: bool
) -> tuple[tuple[str, ...], int, list[list[str]]]:
    """The column names, and the rest of the first chunk with its row number."""
    first, records = chunk
    start = [(row, cells) for row, cells in enumerate(records, start=first) if any(cells)]
    if not start:
        raise DataError(
            f"{notes.path.name!r} has no rows.",
            where=Where(file=notes.path),
            hint="Export the table again: the file has neither column names nor data.",
        )
    place = _header_place([cells for _, cells in start], width)
    if place:
        notes.add(_title_lines(start[:place], notes.path))
    row, cells = start[place]
    named = [restored(cell) for cell in cells] if protected else cells
    return _names(named, row, notes), row + 1, records[row + 1 - first :]


def _header_place(start: list[list[str]], width: int | None) -> int:
    """Skip lines of title: the first rows hold one cell, and a row of three or more follows."""
    filled = [sum(map(bool, cells)) for cells in start]
    wide = next((place for place, count in enumerate(filled) if count >= max(3, width or 0)), 0)
    return wide if wide and max(filled[:wide]) == 1 else 0


def _title_lines(lines: list[tuple[int, list[str]]], path: Path) -> Problem:
    text = next(cell for cell in lines[0][1] if cell)
    return Problem(
        kind="title_lines",
        file=path.name,
        words=f"There is text above the column names ({text[:60]!r}).",
        done="Left out.",
        count=len(lines),
        rows=tuple(row for row, _ in lines),
    )


def _names(cells: list[str], row: int, notes: Notes) -> tuple[str, ...]:
    stripped = [" ".join(cell.replace("\0", "").split()) for cell in cells]
    check_width(len(stripped), notes.path)
    if any(len(name) > 100 or _is_number(name) for name in stripped):
        notes.add(
            Problem(
                kind="header",
                file=notes.path.name,
                words="The first row looks like data and not like column names.",
                done="It was taken for the names all the same; add a row of names if it is data.",
                rows=(row,),
            )
        )
    return _distinct_names(stripped, row, notes)


def check_width(width: int, path: Path) -> None:
    """Raise DataError for a table with too many columns."""
    if width > _MOST_COLUMNS:
        raise DataError(
            f"{path.name!r} has {width:,} columns; at most {_MOST_COLUMNS:,} are read.",
            where=Where(file=path),
            hint="Keep the columns that are needed (text, label, segments) and save the file again.",
        )


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[-+]?\d+([.,]\d+)*", text))


def _distinct_names(names: list[str], row: int, notes: Notes) -> tuple[str, ...]:
    taken = set(names)
    result: list[str] = []
    for place, name in enumerate(names, start=1):
        if name and name not in result:
            result.append(name)
            continue
        fresh = _fresh_name(name, place, taken | set(result))
        result.append(fresh)
        notes.add(_renamed(name, fresh, place, row, notes))
    return tuple(result)


def _fresh_name(name: str, place: int, taken: set[str]) -> str:
    base = name or f"column {place}"
    numbered = (f"{base} ({number})" for number in range(2, len(taken) + 3))
    return next(fresh for fresh in chain([base], numbered) if fresh not in taken)


def _renamed(name: str, fresh: str, place: int, row: int, notes: Notes) -> Problem:
    if not name:
        notes.unnamed.add(fresh)
    what = f"The name {name!r} is used for several columns." if name else f"Column {place} has no name."
    return Problem(
        kind="column_name",
        file=notes.path.name,
        column=fresh,
        words=what,
        done=f"Column {place} is called {fresh!r} here.",
        rows=(row,),
    )
