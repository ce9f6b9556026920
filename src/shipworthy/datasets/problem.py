"""What is wrong with a file, where, and what was done about it.

A problem is something the product can live with and must say; what it cannot live with is a
``DataError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

__all__ = ["SHOWN_ROWS", "Kind", "Problem", "RowTally", "counted", "row_list"]

SHOWN_ROWS = 20
"""How many row numbers a problem names; its count says how many there are."""

Kind = Literal[
    "encoding",
    "format",
    "sheets",
    "title_lines",
    "column_name",
    "header",
    "blank_row",
    "invalid_row",
    "control_character",
    "protected_cell",
    "missing_column",
    "missing_id",
    "duplicate_id",
    "missing_label",
    "picked_label",
    "label_spelling",
    "segment_spelling",
    "empty_text",
    "missing_time",
    "ambiguous_dates",
    "split_names",
    "missing_split",
    "small_class",
    "unseen_label",
    "uneven_split",
]
"""The name of a kind of problem, for code that must tell them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One kind of problem in one file, and perhaps in one column."""

    kind: Kind
    """Which kind."""
    words: str
    """What is wrong, as a sentence."""
    done: str
    """What was done about it, as a sentence."""
    count: int = 1
    """How many rows (or names, for problems that are not about rows) it touches."""
    rows: tuple[int, ...] = ()
    """The first of these rows, numbered as a spreadsheet shows them (the header is row 1)."""
    column: str | None = None
    """The column it is about."""
    file: str | None = None
    """The file's name."""

    def __str__(self) -> str:
        place = row_list(self.rows, self.count)
        if self.file is not None:
            place = f"{self.file}, {place}" if place else self.file
        return f"{self.words} {self.done}" + (f" ({place})" if place else "")


class RowTally:
    """Row numbers as they come: all are counted, the first few are kept."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[int] = []

    def add(self, row: int) -> None:
        """Count one more row."""
        self.count += 1
        if len(self._first) < SHOWN_ROWS:
            self._first.append(row)

    def extend(self, rows: Iterable[int]) -> None:
        """Count several more."""
        for row in rows:
            self.add(row)

    @property
    def first(self) -> tuple[int, ...]:
        """The first rows that were added."""
        return tuple(self._first)


def counted(count: int, one: str, many: str) -> str:
    """``1 row has`` or ``3 rows have``: a count with the words that go with it."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def row_list(rows: tuple[int, ...], count: int) -> str:
    """Row numbers as text: ``row 3`` or ``rows 3, 9, 12 and 40 more``; empty without rows."""
    if not rows:
        return ""
    if count == 1:
        return f"row {rows[0]}"
    *most, last = map(str, rows)
    if count > len(rows):
        return f"rows {', '.join([*most, last])} and {count - len(rows):,} more"
    return f"rows {', '.join(most)} and {last}" if most else f"row {last}"
