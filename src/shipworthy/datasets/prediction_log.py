"""The prediction log: one typed table for offline runs and for production.

Evaluation, thresholds, segments, comparison and drift are functions of this table; none of them
needs the code that made it. While a run is under way its rows go to an append-only journal of
JSON lines, flushed to the disk in batches; at the end they become one Parquet file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.core.files import new_file

if TYPE_CHECKING:
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COLUMNS", "Journal", "PredictionLog"]

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


class Journal:
    """The rows of a run while it is under way.

    Use as a context manager; leaving it, with or without an error, closes the file and keeps it.
    """

    def __init__(self, path: Path, *, segments: Sequence[str] = ()) -> None:
        self._path = path
        self._segments = tuple(segments)

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows and have the disk keep them. Columns that are left out are null."""
        self._stream.writelines(
            json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows
        )
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def to_parquet(self, path: Path) -> PredictionLog:
        """Write all rows as one Parquet file that appears whole or not at all."""
        from shipworthy.datasets.engine import connection, literal

        columns = {**COLUMNS, **{f"seg_{name}": "VARCHAR" for name in self._segments}}
        layout = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns.items())
        with new_file(path) as temporary, connection(self._path.parent, temporary.parent) as database:
            database.execute(
                f"COPY (SELECT * FROM read_json({literal(str(self._path))}, format='newline_delimited', "  # noqa: S608
                f"columns={{{layout}}}, maximum_object_size={_LONGEST_LINE})) "
                f"TO {literal(str(temporary))} (FORMAT parquet, COMPRESSION zstd)"
            )
        return PredictionLog(path)


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

        known = self._names()
        for name in names:
            if name not in known:
                raise DataError(
                    f"The prediction log has no column {name!r}.",
                    where=Where(file=self.path),
                    hint=nearest(name, known) or None,
                )
        found = self._fetch(", ".join(identifier(name) for name in names), candidate)
        return {name: list(column) for name, column in zip(names, zip(*found, strict=True), strict=True)} or {
            name: [] for name in names
        }

    def probabilities(self, classes: Sequence[str], *, candidate: str) -> NDArray[np.float64]:
        """(n, K) probabilities of one candidate; NaN rows where it gave none."""
        import numpy as np

        from shipworthy.datasets.engine import literal

        chosen = ", ".join(f"proba[{literal(name)}]" for name in classes)
        rows = self._fetch(chosen, candidate)
        return np.asarray(rows, dtype=float).reshape(len(rows), len(classes))

    def _names(self) -> list[str]:
        from shipworthy.datasets.engine import connection, literal

        with connection(self.path.parent) as database:
            found = database.execute(
                f"DESCRIBE SELECT * FROM read_parquet({literal(str(self.path))})"  # noqa: S608
            ).fetchall()
        return [row[0] for row in found]

    def _fetch(self, chosen: str, candidate: str) -> list[tuple[Any, ...]]:
        from shipworthy.datasets.engine import connection, literal

        source = f"read_parquet({literal(str(self.path))}, file_row_number=true)"
        with connection(self.path.parent) as database:
            return database.execute(
                f"SELECT {chosen} FROM {source} WHERE candidate = ? ORDER BY file_row_number",  # noqa: S608
                [candidate],
            ).fetchall()
