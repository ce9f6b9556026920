"""From a file to rows: CSV and TSV, XLSX, JSON Lines.

Each reader is a generator of batches of rows, every value a text or None. What it cannot read it
leaves out and notes with the row's number. Nothing is held but the batch at hand, and no reader
knows what the columns mean.
"""

from __future__ import annotations

import csv
import json
import math
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.datasets.encoding import Encoding
from shipworthy.datasets.problem import Problem, Rows

__all__ = ["LONGEST_CELL", "MOST_COLUMNS", "Batch", "Notes", "read_csv", "read_jsonl", "read_xlsx"]

LONGEST_CELL = 1_000_000
"""Characters in one cell (a spreadsheet program allows 32,767)."""
MOST_COLUMNS = 1_000
"""Columns in one table."""

_BATCH_ROWS = 20_000
_BATCH_CHARACTERS = 32_000_000
_LONGEST_LINE = 50_000_000
_HEADER_SEARCH = 10
_UNPACKED_LIMIT = 2_000_000_000
_STRINGS_LIMIT = 500_000_000
_XLSX_ROWS = 1_048_576

Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, by column. Later batches may have more columns than earlier ones."""

    names: tuple[str, ...]
    """Names of the columns."""
    rows: list[int]
    """Row numbers as a spreadsheet shows them."""
    columns: list[Sequence[str | None]]
    """One sequence of values per column."""


class Notes:
    """What a reader has to say about a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.unnamed: set[str] = set()
        self.blank = Rows()
        self.invalid = Rows()
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
            self.add(
                Problem(
                    kind="invalid_row",
                    file=self.path.name,
                    words=f"{_rows(self.invalid.count)} cannot be read: {self._first_invalid}.",
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
                    words=f"{_rows(self.blank.count)} between the others have nothing in them.",
                    done="Left out.",
                    count=self.blank.count,
                    rows=self.blank.first,
                )
            )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


# --- records of cells to batches, for CSV and XLSX alike ---------------------------------------


def _tabular(records: Iterator[Record], notes: Notes, *, width: int | None, pad: bool) -> Iterator[Batch]:
    names, rest = _header(records, notes, width)
    rows: list[int] = []
    cells: list[list[str]] = []
    blank: list[int] = []
    characters = 0
    for row, values in rest:
        if not any(values):
            blank.append(row)
            continue
        if pad and len(values) > len(names):
            names = _distinct_names([*names, *[""] * (len(values) - len(names))], row, notes)
        fitted = values if len(values) == len(names) else _fitted(row, values, len(names), notes, pad=pad)
        if fitted is None:
            continue
        if blank:
            notes.blank.extend(blank)
            blank.clear()
        rows.append(row)
        cells.append(fitted)
        characters += sum(map(len, fitted))
        if len(rows) >= _BATCH_ROWS or characters > _BATCH_CHARACTERS:
            yield _batch(names, rows, cells)
            rows, cells, characters = [], [], 0
    if rows:
        yield _batch(names, rows, cells)


def _batch(names: tuple[str, ...], rows: list[int], cells: list[list[str]]) -> Batch:
    wide = [values if len(values) == len(names) else _padded(values, len(names)) for values in cells]
    return Batch(names, rows, list(zip(*wide, strict=True)))


def _padded(values: list[str], width: int) -> list[str]:
    return values + [""] * (width - len(values))


def _fitted(row: int, values: list[str], width: int, notes: Notes, *, pad: bool) -> list[str] | None:
    if len(values) > width and not any(values[width:]):
        return values[:width]
    if len(values) < width and pad:
        return _padded(values, width)
    few = "fewer" if len(values) < width else "more"
    notes.leave_out(row, f"row {row:,} has {few} cells ({len(values):,}) than there are columns ({width:,})")
    return None


def _header(
    records: Iterator[Record], notes: Notes, width: int | None
) -> tuple[tuple[str, ...], Iterator[Record]]:
    start = [record for record in islice(records, _HEADER_SEARCH) if any(record[1])]
    if not start:
        raise DataError(
            f"{notes.path.name!r} has no rows.",
            where=Where(file=notes.path),
            hint="Export the table again: the file has neither column names nor data.",
        )
    place = _header_place(start, width)
    if place:
        notes.add(_title_lines(start[:place], notes.path))
    row, cells = start[place]
    return _names(cells, row, notes), chain(start[place + 1 :], records)


def _header_place(start: list[Record], width: int | None) -> int:
    """Skip lines of title: the first rows hold one cell, and a row of three or more follows."""
    filled = [sum(map(bool, cells)) for _, cells in start]
    wide = next((place for place, count in enumerate(filled) if count >= max(3, width or 0)), 0)
    return wide if wide and max(filled[:wide]) == 1 else 0


def _title_lines(lines: list[Record], path: Path) -> Problem:
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
    _check_width(len(stripped), notes.path)
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


def _check_width(width: int, path: Path) -> None:
    if width > MOST_COLUMNS:
        raise DataError(
            f"{path.name!r} has {width:,} columns; at most {MOST_COLUMNS:,} are read.",
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


# --- CSV and TSV -------------------------------------------------------------------------------


class _Lines:
    """The lines of a text file, with the place and the lines of the record at hand."""

    def __init__(self, stream: IO[str], path: Path) -> None:
        self.stream = stream
        self.path = path
        self.number = 0
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == _LONGEST_LINE:
            raise DataError(
                f"Line {self.number:,} of {self.path.name!r} is longer than {_LONGEST_LINE:,} characters.",
                where=Where(file=self.path, line=self.number),
                hint="Check that the file has line breaks and is what its ending says.",
            )
        self.record.append(line)
        return line


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
        DataError: a quotation mark is never closed, or a cell or line is beyond measure.
    """
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    with path.open(encoding=encoding.name, errors=encoding.errors, newline="") as stream:
        sample = stream.read(1 << 19)
        dialect, width = _dialect_of(sample, complete=len(sample) < 1 << 19)
        stream.seek(0)
        lines = _Lines(stream, path)
        yield from _tabular(_csv_records(lines, dialect), notes, width=width, pad=False)


def _csv_records(lines: _Lines, dialect: _Dialect) -> Iterator[Record]:
    reader = dialect.reader(lines)
    row = 0
    last: list[str] = []
    try:
        for row, cells in enumerate(reader, start=1):
            last, lines.record = lines.record, []
            yield row, cells
    except csv.Error as error:
        raise _too_long(lines, row + 1) from error
    if row and len(last) > 1:
        _check_closed(last, dialect, lines, row)


def _too_long(lines: _Lines, row: int) -> DataError:
    first = lines.number - len(lines.record) + 1
    return DataError(
        f"Row {row:,} of {lines.path.name!r} has a cell of more than {LONGEST_CELL:,} characters.",
        where=Where(file=lines.path, line=first),
        hint="Either a quotation mark is opened there and never closed, or the cell must be shortened.",
    )


def _check_closed(record: list[str], dialect: _Dialect, lines: _Lines, row: int) -> None:
    try:
        list(dialect.reader(record, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            first = lines.number - len(record) + 1
            raise DataError(
                f"A quotation mark is opened in row {row:,} of {lines.path.name!r} and never closed, "
                f"so that the rest of the file ({len(record):,} lines) would be one cell.",
                where=Where(file=lines.path, line=first),
                hint="Close the quotation mark in that line, or double it (\"\") if it belongs to the text.",
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
        dialect, share, width = _best([dialect, *_unusual(usual)], lines, complete=complete)
    return (dialect, width) if share else (_ONE_COLUMN, None)


def _usual(delimiter: str, lines: list[str]) -> _Dialect:
    return _Dialect(delimiter, skip_space=bool(lines) and f'"{delimiter} "' in lines[0])


def _unusual(usual: list[_Dialect]) -> Iterator[_Dialect]:
    for dialect in usual:
        yield _Dialect(dialect.delimiter, skip_space=True)
        yield _Dialect(dialect.delimiter, escape="\\")
        yield _Dialect(dialect.delimiter, quoting=csv.QUOTE_NONE)


def _best(dialects: list[_Dialect], lines: list[str], *, complete: bool) -> tuple[_Dialect, float, int]:
    scored = [(dialect, *_consistency(dialect, lines, complete=complete)) for dialect in dialects]
    return max(scored, key=lambda each: (round(each[1], 3), each[2]), default=(_ONE_COLUMN, 0.0, 0))


def _consistency(dialect: _Dialect, lines: list[str], *, complete: bool) -> tuple[float, int]:
    """Share of records as wide as the header, and that width; (0, 0) where it is not a table."""
    widths, broken = _widths(dialect, lines, complete=complete)
    if not widths:
        return 0.0, 0
    common, times = Counter(widths).most_common(1)[0]
    if widths[0] >= 2:
        return max(0.01, widths.count(widths[0]) / (len(widths) + broken)), widths[0]
    if common >= 3 and times >= len(widths) - _HEADER_SEARCH and times > 1:
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


# --- JSON Lines --------------------------------------------------------------------------------


def read_jsonl(path: Path, encoding: Encoding, notes: Notes) -> Iterator[Batch]:
    """Rows of a JSON Lines file: one object a line; nested values are kept as JSON text.

    Raises:
        DataError: a line or the number of columns is beyond measure.
    """
    names: dict[str, None] = {}
    rows: list[int] = []
    objects: list[dict[str, str | None]] = []
    characters = 0
    with path.open(encoding=encoding.name, errors=encoding.errors) as stream:
        for row, line in enumerate(_Lines(stream, path), start=1):
            value = _json_object(line, row, notes)
            if value is None:
                continue
            names.update(dict.fromkeys(value))
            _check_width(len(names), path)
            rows.append(row)
            objects.append(value)
            characters += len(line)
            if len(rows) >= _BATCH_ROWS or characters > _BATCH_CHARACTERS:
                yield _json_batch(names, rows, objects)
                rows, objects, characters = [], [], 0
    if rows:
        yield _json_batch(names, rows, objects)


def _json_batch(names: Iterable[str], rows: list[int], objects: list[dict[str, str | None]]) -> Batch:
    columns = [[value.get(name) for value in objects] for name in names]
    return Batch(tuple(names), rows, list(columns))


def _json_object(line: str, row: int, notes: Notes) -> dict[str, str | None] | None:
    if line.isspace():
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        notes.leave_out(row, f"line {row:,} is not valid JSON ({reason})")
        return None
    if not isinstance(value, dict):
        notes.leave_out(row, f"line {row:,} is {_json_kind(value)} and not an object in braces {{…}}")
        return None
    escaped = "\\u" in line
    return {_whole(key) if escaped else key: _json_text(item, escaped=escaped) for key, item in value.items()}


def _json_kind(value: object) -> str:
    kinds: dict[type, str] = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _json_text(value: object, *, escaped: bool) -> str | None:
    if isinstance(value, str):
        return _whole(value) if escaped else value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    text = json.dumps(value, ensure_ascii=False)
    return _whole(text) if escaped else text


def _whole(text: str) -> str:
    """The text with halves of characters (lone surrogates) replaced, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- XLSX --------------------------------------------------------------------------------------


def read_xlsx(path: Path, sheet: str | None, notes: Notes) -> Iterator[Batch]:
    """Rows of one sheet of a workbook. Formulas give the value stored with them; none is evaluated.

    Raises:
        DataError: not a workbook, a hostile one, or one without the sheet.
    """
    _check_workbook(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that openpyxl does not know
        yield from _tabular(_xlsx_records(path, sheet, notes), notes, width=None, pad=True)


def _check_workbook(path: Path) -> None:
    where = Where(file=path)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise DataError(
                    f"{path.name!r} is not an Excel workbook but {_zip_kind(archive, names)}.",
                    where=where,
                    hint="Export the table as XLSX or CSV and use that file.",
                )
            _check_sizes(parts, path)
            _check_entities(archive, parts, path)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> DataError:
    return DataError(
        f"{path.name!r} is not a workbook that can be opened: the file is damaged or incomplete.",
        where=Where(file=path),
        hint="Download or save it again; if it has a password, save it without one.",
    )


def _zip_kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "word/document.xml" in names:
        return "a Word document"
    if "xl/workbook.bin" in names:
        return "a binary workbook (.xlsb)"
    if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:100]:
        return "an OpenDocument spreadsheet (.ods)"
    return "a ZIP archive"


def _check_sizes(parts: list[zipfile.ZipInfo], path: Path) -> None:
    strings = sum(part.file_size for part in parts if part.filename.startswith("xl/sharedStrings"))
    total = sum(part.file_size for part in parts)
    if strings > _STRINGS_LIMIT or total > _UNPACKED_LIMIT:
        raise DataError(
            f"{path.name!r} would unpack to {total / 1e9:,.1f} GB, too much to be read from a workbook.",
            where=Where(file=path),
            hint="Save the sheet as CSV and use that file.",
        )


def _check_entities(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], path: Path) -> None:
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                head = stream.read(4096)
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise DataError(
                    f"{path.name!r} holds XML declarations that no spreadsheet program writes. "
                    "It was not opened.",
                    where=Where(file=path),
                    hint="Open it in a spreadsheet program you trust and save it as a new XLSX file.",
                )


def _xlsx_records(path: Path, sheet: str | None, notes: Notes) -> Iterator[Record]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # a damaged workbook raises anything at all
        raise _damaged(path) from error
    try:
        chosen = _sheet(book, sheet, notes)
        chosen.reset_dimensions()
        yield from _sheet_records(chosen, path)
    finally:
        book.close()


def _sheet(book: Any, wanted: str | None, notes: Notes) -> Any:
    tables = {title: book[title] for title in book.sheetnames if hasattr(book[title], "iter_rows")}
    if wanted is not None:
        if wanted not in tables:
            raise DataError(
                f"{notes.path.name!r} has no sheet {wanted!r}.",
                where=Where(file=notes.path),
                hint=nearest(wanted, tables) or None,
            )
        return tables[wanted]
    visible = [title for title, item in tables.items() if item.sheet_state == "visible"] or list(tables)
    if not visible:
        raise DataError(f"{notes.path.name!r} has no sheets with cells.", where=Where(file=notes.path))
    if len(visible) > 1:
        notes.add(
            Problem(
                kind="sheets",
                file=notes.path.name,
                words=f"The workbook has {len(visible):,} sheets.",
                done=f"Only {visible[0]!r} was read; name another one if it is the right one.",
                count=len(visible),
            )
        )
    return tables[visible[0]]


def _sheet_records(sheet: Any, path: Path) -> Iterator[Record]:
    rows = sheet.iter_rows(values_only=True)
    row = 0
    while True:
        try:
            values = next(rows, None)
        except Exception as error:  # a damaged sheet raises anything at all
            raise DataError(
                f"{path.name!r} is damaged after row {row:,} of sheet {sheet.title!r}.",
                where=Where(file=path, line=row + 1),
                hint="Open it in a spreadsheet program and save it again, or save the sheet as CSV.",
            ) from error
        if values is None:
            return
        row += 1
        if row > _XLSX_ROWS:
            raise DataError(
                f"{path.name!r} names rows beyond {_XLSX_ROWS:,}, the most a workbook can have.",
                where=Where(file=path),
                hint="Save the sheet as CSV and use that file.",
            )
        cells = [_cell_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        yield row, cells


def _cell_text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            whole_day = value.time() == time.min
            return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)
