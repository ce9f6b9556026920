"""Tables (CSV, TSV, XLSX): every row is a part that says what its cells are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError
from shipworthy.datasets.table import open_table
from shipworthy.retrieval.parsing.archives import opened_archive
from shipworthy.retrieval.parsing.building import Builder, Parsed, Source, one_line

if TYPE_CHECKING:
    from shipworthy.datasets.table import Table

__all__ = ["parse_table"]

_MOST_ROWS = 200_000
_MOST_SHEETS = 50


def parse_table(source: Source) -> Parsed:
    """Read a table, of a workbook every sheet. The line of a row is its number in the file."""
    builder = Builder(source)
    sheets = _sheets(source)
    for sheet in sheets or (None,):
        try:
            table = open_table(source.path, sheet=sheet, most_rows=_MOST_ROWS)
        except DataError as error:
            if len(sheets) < 2:
                raise
            builder.warnings.append(f"The sheet {sheet!r} was not read. {error.message}")
            continue
        with table:
            if len(sheets) > 1 and sheet is not None:
                builder.heading(sheet, 1)
            _add(builder, table)
    return builder.finish()


def _add(builder: Builder, table: Table) -> None:
    builder.warnings += [
        f"{problem.words} {problem.done}" for problem in table.problems if problem.kind != "sheets"
    ]
    for row, words in _rows(table):
        builder.add(words, "table", line=row)


def _rows(table: Table) -> Iterator[tuple[int, str]]:
    for batch in table.batches():
        for place, row in enumerate(batch.numbers):
            cells = ((name, values[place]) for name, values in batch.columns.items())
            yield row, "; ".join(f"{one_line(name)}: {one_line(value)}" for name, value in cells if value)


def _sheets(source: Source) -> list[str]:
    """Names of a workbook's sheets that hold cells; none where it is no workbook."""
    if not source.data.startswith(b"PK"):
        return []
    with opened_archive(source, "a workbook"):
        pass
    return _names(source)[:_MOST_SHEETS]


def _names(source: Source) -> list[str]:
    import io
    import warnings

    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(source.data), read_only=True)
            return [sheet.title for sheet in book.worksheets]
    except Exception:  # noqa: BLE001 - openpyxl fails in many ways; the reader of the sheet says which
        return []
