"""Excel workbooks: one sheet, as text. Formulas give the value stored with them; none is evaluated."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.datasets.problem import Problem
from shipworthy.datasets.tabular import HEADER_SEARCH, Batch, Chunk, Notes, tabular

__all__ = ["read_xlsx"]

_CHUNK_ROWS = 2_000
_UNPACKED_LIMIT = 2_000_000_000
_STRINGS_LIMIT = 200_000_000
_XLSX_ROWS = 1_048_576


def read_xlsx(path: Path, sheet: str | None, notes: Notes) -> Iterator[Batch]:
    """Rows of one sheet of a workbook. Formulas give the value stored with them; none is evaluated.

    Raises:
        DataError: not a workbook, a hostile one, or one without the sheet.
    """
    _check_workbook(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations that openpyxl does not know
        yield from tabular(_chunks(path, sheet, notes), notes, width=None, pad=True)


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


def _chunks(path: Path, sheet: str | None, notes: Notes) -> Iterator[Chunk]:
    with path.open("rb") as stream, closing(_book(stream, path)) as book:
        chosen = _sheet(book, sheet, notes)
        chosen.reset_dimensions()
        records = _records(chosen, path)
        row, size = 1, HEADER_SEARCH
        while chunk := list(islice(records, size)):
            yield row, chunk
            row, size = row + len(chunk), _CHUNK_ROWS


def _book(stream: IO[bytes], path: Path) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # a damaged workbook raises anything at all
        raise _damaged(path) from error


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
        another = f"{notes.path.name}#{visible[1]}"
        notes.add(
            Problem(
                kind="sheets",
                file=notes.path.name,
                words=f"The workbook has {len(visible):,} sheets.",
                done=f"Only {visible[0]!r} was read; another one is named like {another!r}.",
                count=len(visible),
            )
        )
    return tables[visible[0]]


def _records(sheet: Any, path: Path) -> Iterator[list[str]]:
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
        yield cells


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
