"""What a review predicted, as a file for people and other programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import UserError, Where, nearest
from shipworthy.core.files import new_file

if TYPE_CHECKING:
    from shipworthy.datasets.export import Cell
    from shipworthy.workbench.workspace import Workspace

__all__ = ["ExportedReview", "export_review"]

_SUFFIXES = (".csv", ".parquet", ".jsonl", ".xlsx", ".xml")
_MOST_XLSX_ROWS = 1_048_575
_BATCH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedReview:
    """A file made of a review."""

    review: str
    """The review's id."""
    feature: str
    """Its feature."""
    file: str
    """The file."""
    rows: int | None
    """Predictions in it; None for JUnit."""


def export_review(workspace: Workspace, which: str | None = None, *, to: Path) -> ExportedReview:
    """Write the predictions of a review, or its bars as JUnit.

    In CSV and XLSX no cell can act as a formula; maps (``proba``, ``checks``) are JSON in one cell.

    Args:
        workspace: Where the review is.
        which: Review id or feature; the newest review if left out.
        to: A new file that ends in .csv, .xlsx, .jsonl, .parquet or, for JUnit, .xml.

    Raises:
        UserError: there is no such review, the ending is unknown, or the file exists.
        EnvironmentFailure: the disk cannot be written.
    """
    from shipworthy.workbench.reviews import find_review

    suffix = to.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UserError(
            f"{to.name!r} has no ending that says what to write.", hint=nearest(suffix, _SUFFIXES)
        )
    if to.exists():
        raise UserError(
            f"{to.name!r} already exists and is never overwritten.",
            where=Where(file=to),
            hint="Name a new file.",
        )
    found = find_review(workspace, which)
    rows: int | None = None
    if suffix == ".xml":
        _copy(found.folder / "junit.xml", to)
    else:
        rows = _predictions(found.folder / "predictions.parquet", to, suffix)
    return ExportedReview(review=found.id, feature=found.feature, file=str(to), rows=rows)


def _copy(source: Path, to: Path) -> None:
    with new_file(to) as temporary:
        shutil.copyfile(source, temporary)


def _predictions(log: Path, to: Path, suffix: str) -> int:
    from shipworthy.datasets.engine import connection, literal
    from shipworthy.datasets.export import write_csv, write_xlsx

    with connection(log.parent) as database:
        source = f"read_parquet({literal(str(log))}, file_row_number=true)"
        total = int(database.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])  # noqa: S608
        if suffix == ".parquet":
            _copy(log, to)
            return total
        if suffix == ".xlsx" and total > _MOST_XLSX_ROWS:
            raise UserError(
                f"{total:,} predictions do not fit a sheet of {_MOST_XLSX_ROWS:,} rows.", hint="Write .csv."
            )
        answer = database.execute(
            f"SELECT * EXCLUDE (file_row_number) FROM {source} ORDER BY file_row_number"  # noqa: S608
        )
        names = [column[0] for column in answer.description or ()]
        rows = _rows(answer)
        if suffix == ".jsonl":
            _write_jsonl(to, names, rows)
        else:
            write = write_csv if suffix == ".csv" else write_xlsx
            write(to, names, ([*map(_cell, names, row)] for row in rows))
    return total


def _rows(answer: Any) -> Iterator[tuple[Any, ...]]:
    while batch := answer.fetchmany(_BATCH):
        yield from batch


def _write_jsonl(to: Path, names: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
    with new_file(to) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            plain = {name: _plain(name, value) for name, value in zip(names, row, strict=True)}
            stream.write(json.dumps(plain, ensure_ascii=False) + "\n")


def _plain(name: str, value: Any) -> Any:
    """A value of the log as JSON; output and label are JSON already."""
    if name in {"output", "label"} and value is not None:
        return json.loads(value)
    return value.isoformat() if isinstance(value, datetime) else value


def _cell(name: str, value: Any) -> Cell:
    plain = _plain(name, value)
    if isinstance(plain, dict | list | bool):
        return json.dumps(plain, ensure_ascii=False)
    kept: Cell = plain
    return kept
