"""Rows of a file, or lines of JSON Lines, as something that a judge can grade."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.evals.judges import Piece
from shipworthy.workbench.json_lines import GivenLine

__all__ = ["USUAL", "Columns", "piece_from_line", "pieces_of"]

_MOST_ROWS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column of a file holds what."""

    output: str = "output"
    """The text to grade, or the first of a pair."""
    other: str | None = None
    """The second text of a pair; ``other`` where the file has such a column."""
    input: str | None = None
    """What the text answers; ``input`` where the file has such a column."""
    reference: str | None = None
    """What a good text says; ``reference`` where the file has such a column."""
    labels: tuple[str, ...] = ()
    """What people said, one column an annotator; ``label`` where the file has such a column."""
    id: str | None = None
    """The row's name; ``id`` where the file has such a column."""
    cluster: str | None = None
    """What rows belong together."""
    author: str | None = None
    """What wrote the text."""
    other_author: str | None = None
    """What wrote the second text."""

    def found_in(self, columns: Sequence[str], where: Where) -> Columns:
        """The same with the usual names where nothing was said.

        Raises:
            DataError: a column that was named is not there.
        """
        usual = {name: name for name in ("other", "input", "reference", "id") if name in columns}
        usual = {name: column for name, column in usual.items() if getattr(self, name) is None}
        labels = self.labels or (("label",) if "label" in columns else ())
        chosen = replace(self, labels=labels, **usual)
        for column in chosen.named():
            if column not in columns:
                raise DataError(f"There is no column {column!r}.", where=where, hint=nearest(column, columns))
        return chosen

    def named(self) -> tuple[str, ...]:
        """All columns that are read."""
        single = (
            self.output, self.other, self.input, self.reference, self.id, self.cluster, self.author,
            self.other_author,
        )  # fmt: skip
        return tuple(dict.fromkeys([*(one for one in single if one is not None), *self.labels]))

    def piece(self, row: Mapping[str, str | None], number: int) -> Piece:
        """One row as something to grade."""

        def cell(column: str | None) -> str | None:
            return None if column is None else row.get(column)

        return Piece(
            id=cell(self.id) or str(number),
            output=cell(self.output) or "",
            other=cell(self.other),
            input=cell(self.input),
            reference=cell(self.reference),
            author=cell(self.author),
            other_author=cell(self.other_author),
            cluster=cell(self.cluster),
            labels=tuple(cell(column) for column in self.labels),
        )


USUAL = Columns()
"""The usual names."""


def pieces_of(data: Path, columns: Columns) -> Iterator[Piece]:
    """The rows of a file, to be graded.

    Raises:
        DataError: the file is no table, or a column is missing.
    """
    from shipworthy.datasets.table import open_table

    with open_table(data, most_rows=_MOST_ROWS) as table:
        chosen = columns.found_in(table.columns, Where(file=data))
        names = chosen.named()
        for rows in table.batches(names):
            for place, number in enumerate(rows.numbers):
                yield chosen.piece({name: rows.columns[name][place] for name in names}, number)


def piece_from_line(line: GivenLine, columns: Columns, *, pair: bool) -> Piece:
    """One line of JSON Lines as something to grade.

    Raises:
        DataError: it is none.
    """
    texts = {str(name): _text(value) for name, value in line.fields().items()}
    chosen = columns.found_in(tuple(texts), line.where())
    if pair and chosen.other is None:
        message = "This has no second text."
        raise DataError(message, where=line.where(), hint="Name its field: --other FIELD")
    return chosen.piece(texts, line.number)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
