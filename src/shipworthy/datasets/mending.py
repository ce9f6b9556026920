"""What is put right in every table after its rows were read, whatever the format.

Characters that no text needs are removed, the apostrophes that exporters write in front of
formulas are taken off again, empty cells become None, and columns with neither a name nor a
value disappear.
"""

# ruff: noqa: S608 - table and column names are made by us; values are literals of ours
from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.problem import SHOWN_ROWS, Problem, counted
from shipworthy.datasets.store import Store
from shipworthy.datasets.tabular import LONGEST_CELL, Notes

__all__ = ["mend"]

_Change = Literal["control_character", "protected_cell"]

_PROTECTED = "^''+[=+\\-@\\t\\r\\n＝＋－＠]"
_WORDS: dict[_Change, tuple[str, str]] = {
    "control_character": ("the character NUL in {place}, which no text needs.", "It was removed."),
    "protected_cell": (
        "an apostrophe in front of =, +, - or @ in {place}, which exporters write to stop formulas.",
        "The apostrophe was removed.",
    ),
}


def mend(
    columns: dict[str, str], store: Store, table: str, notes: Notes, *, protected: bool
) -> dict[str, str]:
    """Put a table right in place; returns the columns that remain.

    Raises:
        DataError: a cell is longer than any cell may be.
    """
    mender = _Mender(store, table, notes)
    kept = {
        name: column for name, column in columns.items() if mender.mend(name, column, protected=protected)
    }
    dropped = columns.keys() - kept.keys()
    notes.problems = [problem for problem in notes.problems if problem.column not in dropped]
    return kept


@dataclass(frozen=True, slots=True)
class _Mender:
    store: Store
    table: str
    notes: Notes

    def mend(self, name: str, column: str, *, protected: bool) -> bool:
        """Put one column right; False if there is nothing in it, not even a name."""
        filled, longest, controls, apostrophes = self.store.first(
            f"SELECT count({column}), max(length({column})), "
            f"count(*) FILTER (contains({column}, chr(0))), "
            f"count(*) FILTER (starts_with({column}, '''') AND regexp_matches({column}, '{_PROTECTED}')) "
            f"FROM {self.table}"
        )
        if not filled and name in self.notes.unnamed:
            return False
        if filled and longest > LONGEST_CELL:
            raise self._too_long(name, column, longest)
        if controls:
            without = f"nullif(replace({column}, chr(0), ''), '')"
            self._change("control_character", name, column, f"contains({column}, chr(0))", without)
        if protected and apostrophes:
            marked = f"regexp_matches({column}, '{_PROTECTED}')"
            self._change("protected_cell", name, column, marked, f"substr({column}, 2)")
        return True

    def _rows(self, condition: str, most: int) -> tuple[int, ...]:
        found = self.store.query(
            f"SELECT row FROM {self.table} WHERE {condition} ORDER BY row LIMIT {most:d}"
        )
        return tuple(row for (row,) in found)

    def _change(self, kind: _Change, name: str, column: str, condition: str, value: str) -> None:
        words, done = _WORDS[kind]
        rows = self._rows(condition, SHOWN_ROWS)
        (count,) = self.store.first(f"SELECT count(*) FROM {self.table} WHERE {condition}")
        self.store.query(f"UPDATE {self.table} SET {column} = {value} WHERE {condition}")
        rows_have = counted(count, "row has", "rows have")
        self.notes.add(
            Problem(
                kind=kind,
                file=self.notes.path.name,
                column=name,
                words=f"{rows_have} {words.replace('{place}', f'column {name!r}')}",
                done=done,
                count=count,
                rows=rows,
            )
        )

    def _too_long(self, name: str, column: str, length: int) -> DataError:
        (row,) = self._rows(f"length({column}) > {LONGEST_CELL}", 1)
        return DataError(
            f"Row {row:,} of {self.notes.path.name!r} has {length:,} characters in column {name!r}; "
            f"a cell may have {LONGEST_CELL:,}.",
            where=Where(file=self.notes.path, line=row),
            hint="Shorten the text, or keep long documents in files of their own.",
        )
