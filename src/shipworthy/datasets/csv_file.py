"""CSV and TSV files: the dialect is found out, and the rows come in chunks.

Nothing here knows what the columns mean.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import StringIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.encoding import Encoding
from shipworthy.datasets.tabular import HEADER_SEARCH, LONGEST_CELL, Batch, Chunk, Notes, tabular

__all__ = ["read_csv"]

_SAMPLE = 1 << 19
_CHUNK_BYTES = 16_000_000
_CHUNK_ROWS = 122_880  # what DuckDB writes at once
_LONGEST_LINE = 50_000_000


@dataclass(frozen=True, slots=True)
class _Dialect:
    delimiter: str
    quoting: int = csv.QUOTE_MINIMAL
    escape: str | None = None
    skip_space: bool = False

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=self.quoting,  # type: ignore[arg-type]
            escapechar=self.escape,
            skipinitialspace=self.skip_space,
            strict=strict,
        )


_DELIMITERS = (",", ";", "\t", "|")
_ONE_COLUMN = _Dialect("\x1f")


def read_csv(path: Path, encoding: Encoding, notes: Notes) -> Iterator[Batch]:
    """Rows of a delimited text file. The delimiter and the kind of quoting are found out.

    Raises:
        DataError: a quotation mark is never closed, or a cell is beyond measure.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    with _opened(path, encoding) as stream:
        sample = stream.read(_SAMPLE)
    dialect, width = _dialect_of(sample, complete=len(sample) < _SAMPLE)
    try:
        yield from tabular(_chunks(path, encoding, dialect), notes, width=width, pad=False)
    except csv.Error as error:
        _diagnose(path, encoding, dialect)
        raise DataError(f"{path.name!r} cannot be read: {error}.", where=Where(file=path)) from error


def _opened(path: Path, encoding: Encoding) -> IO[str]:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


def _lines(stream: IO[str]) -> Iterator[str]:
    return iter(partial(stream.readline, _LONGEST_LINE), "")


def _chunks(path: Path, encoding: Encoding, dialect: _Dialect) -> Iterator[Chunk]:
    row, size = 1, HEADER_SEARCH
    last: list[str] = []
    with path.open("rb") as raw:
        stream = TextIOWrapper(raw, encoding=encoding.name, errors=encoding.errors, newline="")
        reader = dialect.reader(_lines(stream))
        while records := list(islice(reader, size)):
            yield row, records
            row += len(records)
            last = records[-1]
            size = max(1, min(_CHUNK_ROWS, _CHUNK_BYTES // (raw.tell() // row + 1)))
    if any("\n" in cell or "\r" in cell for cell in last):
        _diagnose(path, encoding, dialect)


def _diagnose(path: Path, encoding: Encoding, dialect: _Dialect) -> None:
    """Read the file once more, record by record, to say where a quotation mark or a cell never ends."""
    with _opened(path, encoding) as stream:
        record: list[str] = []
        final: list[str] = []
        lines = _remembered(_lines(stream), record)
        row, line, last = 0, 1, 1
        reader = dialect.reader(lines)
        try:
            for row, _ in enumerate(reader, start=1):  # noqa: B007 - used after the loop
                last, line = line, line + len(record)
                final = record.copy()
                record.clear()
        except csv.Error as error:
            raise _too_long(path, row + 1, line) from error
        _check_closed(final, dialect, path, row, last)


def _remembered(lines: Iterator[str], record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line


def _too_long(path: Path, row: int, line: int) -> DataError:
    return DataError(
        f"Row {row:,} of {path.name!r} has a cell of more than {LONGEST_CELL:,} characters.",
        where=Where(file=path, line=line),
        hint="Either a quotation mark is opened there and never closed, or the cell must be shortened.",
    )


def _check_closed(record: list[str], dialect: _Dialect, path: Path, row: int, line: int) -> None:
    try:
        list(dialect.reader(record, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise DataError(
                f"A quotation mark is opened in row {row:,} of {path.name!r} and never closed, "
                f"so that the rest of the file ({len(record):,} lines) would be one cell.",
                where=Where(file=path, line=line),
                hint='Close the quotation mark in that line, or double it ("") if it belongs to the text.',
            ) from error


def _dialect_of(sample: str, *, complete: bool) -> tuple[_Dialect, int | None]:
    """The dialect in which most records of the sample have as many cells as the header.

    Unusual dialects (backslash escapes, quotation marks that are only text) are tried when the
    usual ones leave many records ragged.
    """
    lines = list(StringIO(sample, newline=""))
    if not complete:
        lines = lines[:-1]
    usual = [_usual(delimiter, lines) for delimiter in _DELIMITERS if delimiter in sample]
    dialect, share, width = _best(usual, lines, complete=complete)
    if 0 < share < 0.9:
        dialect, share, width = _best([dialect, *_unusual(usual, lines)], lines, complete=complete)
    return (dialect, width) if share else (_ONE_COLUMN, None)


def _usual(delimiter: str, lines: list[str]) -> _Dialect:
    return _Dialect(delimiter, skip_space=bool(lines) and f'"{delimiter} "' in lines[0])


def _unusual(usual: list[_Dialect], lines: list[str]) -> Iterator[_Dialect]:
    for dialect in usual:
        yield _Dialect(dialect.delimiter, skip_space=True)
        yield _Dialect(dialect.delimiter, escape="\\")
        if not any(_has_quoted_cell(line, dialect.delimiter) for line in lines):
            yield _Dialect(dialect.delimiter, quoting=csv.QUOTE_NONE)


def _has_quoted_cell(line: str, delimiter: str) -> bool:
    cells = line.rstrip("\r\n").split(delimiter)
    return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)


def _best(dialects: list[_Dialect], lines: list[str], *, complete: bool) -> tuple[_Dialect, float, int]:
    scored = [(dialect, *_consistency(dialect, lines, complete=complete)) for dialect in dialects]
    return max(scored, key=lambda each: (round(each[1], 3), each[2]), default=(_ONE_COLUMN, 0.0, 0))


def _consistency(dialect: _Dialect, lines: list[str], *, complete: bool) -> tuple[float, int]:
    """Share of records as wide as the header, and that width; (0, 0) where it is not a table."""
    widths, broken = _widths(dialect, lines, complete=complete)
    if not widths:
        return 0.01, 1
    common, times = Counter(widths).most_common(1)[0]
    if widths[0] >= 2:
        return max(0.01, widths.count(widths[0]) / (len(widths) + broken)), widths[0]
    if common >= 3 and times >= len(widths) - HEADER_SEARCH and times > 1:
        return times / (len(widths) + broken), common
    return 0.0, 0


def _widths(dialect: _Dialect, lines: list[str], *, complete: bool) -> tuple[list[int], int]:
    widths: list[int] = []
    try:
        widths.extend(len(cells) for cells in dialect.reader(lines, strict=True) if any(cells))
    except csv.Error as error:
        cut = "end of data" in str(error) and not complete
        return widths, 0 if cut else len(lines) - len(widths)
    return widths, 0
