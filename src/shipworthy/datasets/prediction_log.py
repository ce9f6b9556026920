"""The prediction log: one typed table for offline runs and for production.

Evaluation, thresholds, segments, comparison and drift are functions of this table; none of them
needs the code that made it. A run that has not ended keeps its rows in a journal of JSON lines that only
grows, flushed to the disk in batches; one that has ended keeps them in one Parquet file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.core.files import new_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Journal", "PredictionLog", "write_log"]

COLUMNS: Mapping[str, str] = {
    "run_id": "VARCHAR",
    "feature": "VARCHAR",
    "candidate": "VARCHAR",
    "candidate_version": "VARCHAR",
    "example_id": "VARCHAR",
    "repeat": "INTEGER",
    "at": "TIMESTAMP",
    "input_sha": "VARCHAR",
    "output": "VARCHAR",
    "status": "VARCHAR",
    "confidence": "DOUBLE",
    "proba": "MAP(VARCHAR, DOUBLE)",
    "label": "VARCHAR",
    "label_source": "VARCHAR",
    "labelled_at": "TIMESTAMP",
    "checks": "MAP(VARCHAR, DOUBLE)",
    "cluster": "VARCHAR",
    "action": "VARCHAR",
    "exposure": "VARCHAR",
    "outcome": "VARCHAR",
    "latency_ms": "DOUBLE",
    "tokens_in": "BIGINT",
    "tokens_out": "BIGINT",
    "cost": "DOUBLE",
    "price_source": "VARCHAR",
}
"""Column to DuckDB type. ``output`` and ``label`` hold JSON; times are UTC without a zone.
A column ``seg_<name>`` per segment follows."""

_LONGEST_LINE = 64 * 1024 * 1024
_SYNC_SECONDS = 0.5
_PLACE = ("place", "BIGINT")


class Journal:
    """The rows of a run while it is under way.

    A row that was appended survives the death of this process at once, and the death of the machine half
    a second later. Use as a context manager; leaving it, with or without an error, closes the file and
    keeps it. What a killed process left of its last line is cut off when the file is opened again.

    Rows may carry more than the columns of the log: it stays in the journal. ``place`` orders them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            _without_torn_line(self._path)
        self._stream = self._path.open("ab")
        self._safe_at = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stream:
            self._sync()

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows. Columns that are left out are null."""
        self._stream.writelines(
            json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
            for row in rows
        )
        self._stream.flush()
        if time.monotonic() - self._safe_at > _SYNC_SECONDS:
            self._sync()

    def _sync(self) -> None:
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._safe_at = time.monotonic()

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows appended so far, by this process or by one before it."""
        if self._path.exists():
            with self._path.open("rb") as stream:
                yield from (json.loads(line) for line in stream if line.endswith(b"\n"))


def write_log(
    path: Path,
    journals: Sequence[Path],
    *,
    segments: Sequence[str] = (),
    examples: Sequence[str] | None = None,
    sort: bool = False,
) -> PredictionLog:
    """Write the rows of some journals as one Parquet file that appears whole or not at all.

    Args:
        path: The file to write.
        journals: What was journaled; those that do not exist hold nothing.
        segments: Segment columns.
        examples: Keep only the rows of these examples; all of them when None.
        sort: Order the rows by ``place``; otherwise they stay in the order of the journals.
    """
    from shipworthy.datasets.engine import connection, literal

    found = [journal for journal in journals if journal.exists()]
    columns = {**COLUMNS, **{f"seg_{name}": "VARCHAR" for name in segments}}
    layout = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in [*columns.items(), _PLACE])
    files = ", ".join(literal(str(journal)) for journal in found)
    kept = "" if examples is None else "WHERE list_contains($examples, example_id)"
    order = "ORDER BY place" if sort else ""
    folders = {journal.parent for journal in found}
    with new_file(path) as temporary, connection(*folders, temporary.parent) as database:
        database.execute(
            f"COPY (SELECT * EXCLUDE (place) FROM read_json([{files}], format='newline_delimited', "  # noqa: S608
            f"columns={{{layout}}}, maximum_object_size={_LONGEST_LINE}) {kept} "
            f"{order}) TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION zstd)",
            {} if examples is None else {"examples": list(examples)},
        )
    return PredictionLog(path)


def _without_torn_line(path: Path) -> None:
    with path.open("rb+") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _LONGEST_LINE))
        tail = stream.read()
        stream.truncate(size - len(tail) + tail.rfind(b"\n") + 1)


@dataclass(frozen=True, slots=True)
class PredictionLog:
    """A finished log, read column by column."""

    path: Path
    """The Parquet file."""

    def columns(self, names: Sequence[str], *, candidate: str) -> dict[str, list[Any]]:
        """Whole columns of one candidate's rows, in the order they were written.

        Raises:
            DataError: the file has no such column, or is not a prediction log.
        """
        from shipworthy.datasets.engine import identifier

        with self._open() as database:
            known = [row[0] for row in database.execute(f"DESCRIBE {self._every}").fetchall()]
            for name in names:
                if name not in known:
                    raise DataError(
                        f"The prediction log has no column {name!r}.",
                        where=Where(file=self.path),
                        hint=nearest(name, known) or None,
                    )
            found = self._fetch(database, ", ".join(identifier(name) for name in names), candidate)
        return {name: list(column) for name, column in zip(names, zip(*found, strict=True), strict=True)} or {
            name: [] for name in names
        }

    def probabilities(self, classes: Sequence[str], *, candidate: str) -> NDArray[np.float64]:
        """(n, K) probabilities of one candidate; NaN rows where it gave none."""
        import numpy as np

        from shipworthy.datasets.engine import literal

        chosen = ", ".join(f"proba[{literal(name)}]" for name in classes)
        with self._open() as database:
            rows = self._fetch(database, chosen, candidate)
        return np.asarray(rows, dtype=float).reshape(len(rows), len(classes))

    @property
    def _every(self) -> str:
        from shipworthy.datasets.engine import literal

        return f"SELECT * FROM read_parquet({literal(str(self.path))}, file_row_number=true)"  # noqa: S608

    def _open(self) -> AbstractContextManager[DuckDBPyConnection]:
        from shipworthy.datasets.engine import connection

        return connection(self.path.parent)

    def _fetch(self, database: DuckDBPyConnection, chosen: str, candidate: str) -> list[tuple[Any, ...]]:
        return database.execute(
            f"SELECT {chosen} FROM ({self._every}) WHERE candidate = ? ORDER BY file_row_number",  # noqa: S608
            [candidate],
        ).fetchall()
