"""A table of text, read from a file of any of the usual formats, however large.

The rows live in a database on disk and not in memory. Every value is a text; an empty cell is
None in every format. What the columns mean is nobody's business here.
"""

# ruff: noqa: S608 - table and column names are made here; values are literals of ours or parameters
from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.core.files import readable
from shipworthy.datasets.csv_file import read_csv
from shipworthy.datasets.encoding import Encoding, encoding_of, refuse_other_formats
from shipworthy.datasets.engine import literal
from shipworthy.datasets.jsonl_file import read_jsonl
from shipworthy.datasets.mending import mend
from shipworthy.datasets.problem import Problem
from shipworthy.datasets.store import Store, text_array
from shipworthy.datasets.tabular import Batch, Notes, check_width
from shipworthy.datasets.xlsx_file import read_xlsx

__all__ = ["MOST_ROWS", "Format", "Rows", "Table", "named_sheet", "open_table"]

MOST_ROWS = 5_000_000
"""Rows read from one file unless asked otherwise."""

Format = Literal["csv", "xlsx", "jsonl", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_NAMES: dict[Format, str] = {
    "csv": "a text file with delimiters",
    "xlsx": "an Excel workbook",
    "jsonl": "a JSON Lines file",
    "parquet": "a Parquet file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of a table, by column."""

    numbers: list[int]
    """Row numbers as a spreadsheet shows them: the header is row 1 (JSON Lines: line numbers;
    Parquet: counted from 1)."""
    columns: dict[str, list[str | None]]
    """Values by column name."""


class Table:
    """The rows of one file. Use it in a ``with`` block, or ``close`` it, to free the disk early."""

    def __init__(
        self,
        *,
        path: Path,
        form: Format,
        columns: dict[str, str],
        n_rows: int,
        sha256: str,
        encoding: str | None,
        problems: tuple[Problem, ...],
        store: Store,
        name: str,
    ) -> None:
        self.path = path
        """The file."""
        self.form: Format = form
        """What the file was read as."""
        self.columns = tuple(columns)
        """Names of the columns, in the file's order."""
        self.n_rows = n_rows
        """Rows that were read, without the header."""
        self.sha256 = sha256
        """Hex SHA-256 of the file's bytes."""
        self.encoding = encoding
        """Its encoding, for text files."""
        self.problems = problems
        """What was found wrong while reading."""
        self.store = store
        """Where the rows are; for the modules of this room."""
        self.name = name
        """The table's name there. It has ``row`` and one column of text per column."""
        self._columns = columns

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the rows. The table cannot be read afterwards."""
        self.store.close()

    def sql(self, column: str) -> str:
        """The name of a column in the store.

        Raises:
            DataError: there is no such column; the nearest name is suggested.
        """
        if column not in self._columns:
            raise DataError(
                f"{self.path.name!r} has no column {column!r}.",
                where=Where(file=self.path),
                hint=nearest(column, self.columns) or None,
            )
        return self._columns[column]

    def column(self, name: str) -> list[str | None]:
        """All values of one column, in the file's order."""
        return [row[0] for row in self.store.query(f"SELECT {self.sql(name)} FROM {self.name}")]

    def batches(self, columns: Sequence[str] | None = None, *, size: int = 10_000) -> Iterator[Rows]:
        """The rows, ``size`` at a time, with the given columns (all of them if None)."""
        names = list(self.columns if columns is None else columns)
        selected = ", ".join(["row", *map(self.sql, names)])
        for rows in self.store.stream(f"SELECT {selected} FROM {self.name}", size=size):
            numbers, *values = zip(*rows, strict=True)
            yield Rows(
                numbers=list(numbers),
                columns={name: list(column) for name, column in zip(names, values, strict=True)},
            )

    def distinct(self, name: str, *, most: int = 1_000) -> list[tuple[str | None, int]]:
        """The commonest values of a column and how often each occurs (None counts empty cells)."""
        column = self.sql(name)
        rows = self.store.query(
            f"SELECT {column}, count(*) AS times FROM {self.name} "
            f"GROUP BY {column} ORDER BY times DESC, {column} LIMIT {most:d}"
        )
        return [(value, times) for value, times in rows]


def named_sheet(path: Path) -> tuple[Path, str | None]:
    """The workbook and the sheet that ``book.xlsx#Sheet2`` names; other paths stay as they are."""
    book, _, sheet = path.name.rpartition("#")
    workbook = bool(sheet) and _SUFFIXES.get(Path(book).suffix.lower()) == "xlsx"
    if not workbook or os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a name is too long
        return path, None
    return path.with_name(book), sheet


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    most_rows: int = MOST_ROWS,
    store: Store | None = None,
) -> Table:
    """Read a CSV, TSV, XLSX, JSON Lines or Parquet file.

    The format is told by the content, then by the ending. Encoding, delimiter and quoting are
    found out. A cell that begins with an apostrophe in front of ``=``, ``+``, ``-`` or ``@`` (a
    protection that ``write_csv`` and other exporters add) is read without the apostrophe, and
    that is reported.

    Args:
        path: The file; for a workbook with several sheets such as ``book.xlsx#Sheet2``.
        sheet: Name of the sheet, where the path does not say it.
        most_rows: More rows than this are refused.
        store: Where to keep the rows; a new one by default.

    Raises:
        DataError: the file is not a table, or not one that can be read.
    """
    book, named = named_sheet(Path(path))
    path, sheet = readable(book), sheet or named
    form = _format(path)
    notes = Notes(path)
    if _SUFFIXES.get(path.suffix.lower(), form) != form:
        notes.add(_misnamed(path, form))
    if sheet is not None and form != "xlsx":
        raise DataError(
            f"{path.name!r} is not a workbook, so that it has no sheet {sheet!r}.", where=Where(file=path)
        )
    own = store is None
    store = store or Store(readable=[path])
    try:
        return _load(path, form, sheet, notes, store, most_rows)
    except BaseException:
        if own:
            store.close()
        raise


def _misnamed(path: Path, form: Format) -> Problem:
    return Problem(
        kind="format",
        file=path.name,
        words=f"The file's name ends in {path.suffix!r}, but it is {_NAMES[form]}.",
        done="It was read as what it is.",
    )


def _format(path: Path) -> Format:
    with path.open("rb") as stream:
        head = stream.read(4096)
    where = Where(file=path)
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataError(f"{path.name!r} is empty.", where=where, hint="Export the table again.")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    refuse_other_formats(path, head)
    suffix = path.suffix.lower()
    if _SUFFIXES.get(suffix) in {"xlsx", "parquet"}:
        what = _NAMES[_SUFFIXES[suffix]]
        raise DataError(
            f"{path.name!r} is not {what}, although its name ends in {suffix!r}.",
            where=where,
            hint="Export the table again; if it is a text file, give it the ending .csv.",
        )
    return _text_format(path, head)


def _text_format(path: Path, head: bytes) -> Format:
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    suffix = path.suffix.lower()
    if suffix == ".json" and start.startswith(b"["):
        raise DataError(
            f"{path.name!r} is one JSON list; JSON Lines is needed: one object in braces on each line.",
            where=Where(file=path),
            hint=f"jq -c '.[]' {path.name} > {path.stem}.jsonl",
        )
    if _SUFFIXES.get(suffix) == "jsonl" or suffix == ".json":
        return "jsonl"
    return "jsonl" if start.startswith((b'{"', b"{ ")) else "csv"


def _load(path: Path, form: Format, sheet: str | None, notes: Notes, store: Store, most_rows: int) -> Table:
    name = f"t{store.first('SELECT count(*) FROM duckdb_tables()')[0]}"
    encoding: Encoding | None = None
    if form == "parquet":
        columns = _load_parquet(path, store, name, most_rows)
    else:
        if form == "xlsx":
            batches = read_xlsx(path, sheet, notes)
        else:
            encoding = encoding_of(path)
            batches = (read_csv if form == "csv" else read_jsonl)(path, encoding, notes)
            if encoding.problem is not None:
                notes.add(encoding.problem)
        columns = _load_batches(batches, store, name, most_rows)
    n_rows: int = store.first(f"SELECT count(*) FROM {name}")[0] if columns else 0
    notes.close(n_rows)
    sheets = [problem.done for problem in notes.problems if problem.kind == "sheets"]
    _check_rows(n_rows, most_rows, path, form, *sheets)
    columns = mend(columns, store, name, notes, protected=form == "csv")
    return Table(
        path=path,
        form=form,
        columns=columns,
        n_rows=n_rows,
        sha256=sha256_of_file(path),
        encoding=encoding.name if encoding else None,
        problems=tuple(notes.problems),
        store=store,
        name=name,
    )


_FILTER = "Check the filter of the export: a table with at least one row is needed."


def _check_rows(n_rows: int, most_rows: int, path: Path, form: Format, hint: str = _FILTER) -> None:
    if n_rows == 0:
        what = "no rows" if form in {"jsonl", "parquet"} else "column names but no rows under them"
        raise DataError(
            f"{path.name!r} has {what}.",
            where=Where(file=path),
            hint=hint,
        )
    if n_rows > most_rows:
        raise DataError(
            f"{path.name!r} has more than {most_rows:,} rows.",
            where=Where(file=path),
            hint="Draw a random sample of the rows, or split the file.",
        )


def _load_batches(batches: Iterator[Batch], store: Store, table: str, most_rows: int) -> dict[str, str]:
    import numpy as np

    columns: dict[str, str] = {}
    total = 0
    store.query(f"CREATE TABLE {table} (row BIGINT)")
    for batch in batches:
        for name in batch.names[len(columns) :]:
            columns[name] = f"c{len(columns)}"
            store.query(f"ALTER TABLE {table} ADD COLUMN {columns[name]} VARCHAR")
        texts = zip(columns.values(), map(text_array, batch.columns), strict=True)
        store.insert(table, {"row": np.array(batch.rows, dtype=np.int64), **dict(texts)})
        total += len(batch.rows)
        if total > most_rows:
            break
    return columns


def _load_parquet(path: Path, store: Store, table: str, most_rows: int) -> dict[str, str]:
    import duckdb

    source = f"read_parquet({literal(str(path.resolve()))})"
    try:
        described = store.query(f"DESCRIBE SELECT * FROM {source}")
        check_width(len(described), path)
        _check_rows(store.first(f"SELECT count(*) FROM {source}")[0], most_rows, path, "parquet")
        columns = {name: f"c{place}" for place, (name, *_) in enumerate(described)}
        texts = [
            f"{_parquet_text(place + 1, kind)} AS c{place}" for place, (_, kind, *_) in enumerate(described)
        ]
        inner = ", ".join(f"p{place + 1}" for place in range(len(described)))
        store.query(
            f"CREATE TABLE {table} AS SELECT row_number() OVER () AS row, {', '.join(texts)} "
            f"FROM (SELECT * FROM {source}) AS source({inner})"
        )
    except duckdb.Error as error:
        raise DataError(
            f"{path.name!r} is not a Parquet file that can be opened: the file is damaged or incomplete.",
            where=Where(file=path),
            hint="Download or export it again.",
        ) from error
    return columns


def _parquet_text(place: int, kind: str) -> str:
    nested = kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]")
    return f"to_json(p{place})::VARCHAR" if nested else f"nullif(p{place}::VARCHAR, '')"
