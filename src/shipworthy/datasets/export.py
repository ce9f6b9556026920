"""Tables for people: CSV and XLSX files in which no cell can act as a formula.

A spreadsheet program runs a cell of a CSV file that begins with ``=``, ``+``, ``-``, ``@``, a tab
or a line break as a formula (OWASP, "CSV Injection"). In CSV such a text gets an apostrophe in
front, also where it begins with apostrophes already; ``open_table`` takes exactly one off again,
so that every text survives the round trip. In XLSX the cell is stored as text, which is never
run, and the text stays as it is. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from shipworthy.core.files import new_file

__all__ = ["Cell", "defused", "restored", "write_csv", "write_xlsx"]

Cell = str | int | float | None
"""What a cell may hold; None is an empty cell."""

_DANGEROUS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,15})?")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_XLSX_CELL = 32_767


def defused(value: Cell) -> Cell:
    """A text that no spreadsheet program takes for a formula; numbers are left alone."""
    if isinstance(value, str) and _DANGEROUS.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def restored(text: str) -> str:
    """The text that ``defused`` turned into this one, or the text itself."""
    return text[1:] if text.startswith("'") and defused(text[1:]) == text else text


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a CSV file (UTF-8 with a mark, so that Excel reads accents) that ``open_table`` reads back.

    Raises:
        EnvironmentFailure: the folder cannot be written to, or the disk is full.
    """
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([defused(_whole(name)) for name in header])
        for row in rows:
            writer.writerow(["" if value is None else defused(_whole(value)) for value in row])


def _whole(value: Any) -> Any:
    """Without lone surrogates, which no file can hold."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def write_xlsx(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, sheet: str = "data"
) -> None:
    """Write a workbook with one sheet.

    Characters that XML cannot hold become ``�``, and a text ends at the 32,767 characters that a
    cell can hold.

    Raises:
        EnvironmentFailure: the folder cannot be written to, or the disk is full.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    for row in (header, *rows):
        page.append([_xlsx_cell(page, value) for value in row])
    with new_file(path) as temporary:
        book.save(temporary)


def _xlsx_cell(page: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    from openpyxl.cell import WriteOnlyCell

    text = _UNWRITABLE.sub("�", value)[:_LONGEST_XLSX_CELL]
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"
    cell.quotePrefix = bool(_DANGEROUS.match(text))
    return cell
