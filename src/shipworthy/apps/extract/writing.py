"""Records, the places of their values, and rejects as files: CSV, XLSX, JSON Lines or Parquet, each whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.apps.extract.results import SPAN_COLUMNS, span_rows, table
from shipworthy.core.errors import UserError
from shipworthy.core.files import new_file

if TYPE_CHECKING:
    from shipworthy.apps.extract.schema import Schema
    from shipworthy.apps.extract.streaming import Stream
    from shipworthy.datasets.export import Cell

__all__ = ["FORMATS", "beside", "write_records"]

FORMATS = (".csv", ".jsonl", ".parquet", ".xlsx")
"""Endings of files that can be written."""

_MOST_XLSX_ROWS = 1_048_575
_LONGEST_ROW = 200_000_000


def beside(out: Path, what: str) -> Path:
    """The name of a file that goes with the file of records."""
    return out.with_name(f"{out.stem}.{what}{out.suffix}")


def write_records(schema: Schema, run: Stream, out: Path, *, rejected: int) -> tuple[str | None, str | None]:
    """Write the records, the spans and the rejects; the records last, so that they stand for all three."""
    rejects = beside(out, "rejects")
    if rejected:
        _write(rejects, ["document", "error"], run.rejects())
    else:
        rejects.unlink(missing_ok=True)
    spans: str | None = None
    if out.suffix.lower() == ".jsonl":
        _write_lines(out, ({key: row[key] for key in row if key != "error"} for row in run.records()))
    else:
        places = beside(out, "spans")
        _write(places, SPAN_COLUMNS, span_rows(run.records()))
        spans = str(places)
        _write(out, *table(schema, run.records()))
    return spans, str(rejects) if rejected else None


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    match path.suffix.lower():
        case ".csv":
            from shipworthy.datasets.export import write_csv

            write_csv(path, header, map(_named, rows))
        case ".xlsx":
            from shipworthy.datasets.export import write_xlsx

            write_xlsx(path, header, _fitting_a_sheet(map(_named, rows)))
        case ".parquet":
            _write_parquet(path, header, rows)
        case _:
            _write_lines(path, (dict(zip(header, row, strict=True)) for row in rows))


def _named(row: Sequence[Cell]) -> Sequence[Cell]:
    """The row with its document's name on one line: what cannot be printed is written as an escape."""
    letters = (
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in str(row[0])
    )
    return ["".join(letters), *row[1:]]


def _fitting_a_sheet(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    for number, row in enumerate(rows):
        if number >= _MOST_XLSX_ROWS:
            raise UserError(f"More than {_MOST_XLSX_ROWS:,} rows do not fit a sheet.", hint="Write .csv.")
        yield row


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            text = json.dumps(row, ensure_ascii=False)
            stream.write(text.encode(errors="replace").decode() + "\n")


def _write_parquet(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    from shipworthy.datasets.engine import connection, literal

    lines = path.with_name(f".{path.name}.rows.jsonl")
    numbers: set[str] = set()
    texts: set[str] = set()
    try:
        with lines.open("w", encoding="utf-8", newline="\n") as stream:
            for row in rows:
                for name, value in zip(header, row, strict=True):
                    if value is not None:
                        (texts if isinstance(value, str) else numbers).add(name)
                text = json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False)
                stream.write(text.encode(errors="replace").decode() + "\n")
        kinds = ["DOUBLE" if name in numbers - texts else "VARCHAR" for name in header]
        layout = ", ".join(f"{literal(name)}: '{kind}'" for name, kind in zip(header, kinds, strict=True))
        with new_file(path) as temporary, connection(lines.parent, temporary.parent) as database:
            database.execute(
                f"COPY (SELECT * FROM read_json({literal(str(lines))}, format='newline_delimited', "  # noqa: S608
                f"columns={{{layout}}}, maximum_object_size={_LONGEST_ROW})) "
                f"TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION zstd)"
            )
    finally:
        lines.unlink(missing_ok=True)
