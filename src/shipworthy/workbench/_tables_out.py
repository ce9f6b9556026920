"""Tables written for people, whole or not at all; the ending says how, and no cell acts as a formula."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from shipworthy.core.errors import UserError, Where, nearest
from shipworthy.core.files import new_file
from shipworthy.datasets.export import Cell, write_csv, write_xlsx

__all__ = ["check_table_file", "write_table"]

_MOST_XLSX_ROWS = 1_048_575
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?")
_LARGEST_ROW = 1_000_000_000

Rows = Iterable[Sequence[Cell]]


def check_table_file(out: Path, file: Path) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Raises:
        UserError: its ending is unknown, it is a folder, or it is the file to read.
    """
    if out.suffix.lower() not in _WRITERS:
        raise UserError(
            f"{out.name!r} has no ending that says what to write.",
            hint=nearest(out.suffix.lower(), _WRITERS) if out.suffix else f"Known: {', '.join(_WRITERS)}.",
        )
    if out.is_dir():
        raise UserError(f"{out.name!r} is a folder.", where=Where(file=out), hint="Name a file.")
    if out.exists() and file.exists() and out.samefile(file):
        message = f"{out.name!r} is the file to read; it would be overwritten."
        raise UserError(message, where=Where(file=out), hint="Name another file with --out.")


def write_table(out: Path, header: Sequence[str], rows: Rows, *, numbers: Collection[int]) -> None:
    """Write a table; the ending says how. ``numbers`` are the places of columns that hold numbers.

    Raises:
        UserError: there are more rows than a sheet holds.
        EnvironmentFailure: the folder cannot be written to, or the disk is full.
    """
    _WRITERS[out.suffix.lower()](out, header, rows, numbers)


def _csv(out: Path, header: Sequence[str], rows: Rows, numbers: Collection[int]) -> None:
    del numbers
    write_csv(out, header, rows)


def _xlsx(out: Path, header: Sequence[str], rows: Rows, numbers: Collection[int]) -> None:
    del numbers
    write_xlsx(out, header, _for_a_sheet(rows))


def _for_a_sheet(rows: Rows) -> Iterator[Sequence[Cell]]:
    """Numbers as numbers, where nothing of how they were written is lost."""
    for number, row in enumerate(rows):
        if number >= _MOST_XLSX_ROWS:
            raise UserError(f"More than {_MOST_XLSX_ROWS:,} rows do not fit a sheet.", hint="Write .csv.")
        yield [_number_or_text(cell) for cell in row]


def _number_or_text(cell: Cell) -> Cell:
    if not isinstance(cell, str) or not _PLAIN_NUMBER.fullmatch(cell):
        return cell
    number = float(cell) if "." in cell else int(cell)
    return number if str(number) == cell else cell


def _jsonl(out: Path, header: Sequence[str], rows: Rows, numbers: Collection[int]) -> None:
    del numbers
    with new_file(out) as temporary:
        _write_lines(temporary, header, rows)


def _write_lines(path: Path, header: Sequence[str], rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            text = json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False)
            stream.write(text.encode(errors="replace").decode() + "\n")


def _parquet(out: Path, header: Sequence[str], rows: Rows, numbers: Collection[int]) -> None:
    import tempfile

    from shipworthy.datasets.engine import connection, literal

    kinds = ["DOUBLE" if place in numbers else "VARCHAR" for place in range(len(header))]
    layout = ", ".join(f"{literal(f'c{place}')}: {literal(kind)}" for place, kind in enumerate(kinds))
    names = ", ".join(f"c{place} AS {_quoted(name)}" for place, name in enumerate(header))
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder, new_file(out) as temporary:
        lines = Path(folder) / "rows.jsonl"
        _write_lines(lines, [f"c{place}" for place in range(len(header))], rows)
        with connection(Path(folder), temporary.parent) as database:
            database.execute(
                f"COPY (SELECT {names} FROM read_json({literal(str(lines))}, format='newline_delimited', "  # noqa: S608
                f"columns={{{layout}}}, maximum_object_size={_LARGEST_ROW})) "
                f"TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION zstd)"
            )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_WRITERS: dict[str, Callable[[Path, Sequence[str], Rows, Collection[int]], None]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
