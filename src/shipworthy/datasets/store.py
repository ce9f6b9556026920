"""A DuckDB database on disk for one job, locked down.

It sees its own temporary folder and the files it was given, nothing else. No extension is loaded
from outside, Python variables cannot be read as tables, and no query can switch either back on.
"""

# ruff: noqa: S608 - table and column names are made by us
from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import EnvironmentFailure
from shipworthy.datasets.engine import explained, literal, locked

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

__all__ = ["Store", "text_array"]

_MEMORY = "512MB"


def _connection(folder: Path, readable: Iterable[Path]) -> DuckDBPyConnection:
    return locked(
        str(folder / "store.duckdb"),
        folders=[folder],
        files=readable,
        settings=(
            f"SET memory_limit = '{_MEMORY}'",
            f"SET temp_directory = {literal(str(folder / 'spill'))}",
            "SET timezone = 'UTC'",
            "PRAGMA disable_checkpoint_on_shutdown",  # the file is deleted at once
        ),
    )


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="shipworthy-")).resolve()
    except OSError as error:
        raise EnvironmentFailure(
            f"No temporary folder can be made: {error.strerror or error}.",
            hint="Free some disk space, or set TMPDIR to a folder that can be written to.",
        ) from error


def _dispose(connection: DuckDBPyConnection, folder: Path) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)


class Store:
    """A database on disk that lives as long as this object.

    Args:
        readable: Files that queries may read besides the store's own folder.
    """

    def __init__(self, *, readable: Iterable[Path] = ()) -> None:
        self.folder = _temporary_folder()
        """Where queries may write."""
        try:
            with explained():
                self._connection = _connection(self.folder, readable)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.close = weakref.finalize(self, _dispose, self._connection, self.folder)
        """Drop the database and its folder; also happens by itself."""

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows."""
        with explained():
            return self._connection.execute(sql, list(parameters)).fetchall()

    def first(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The only row of a statement that returns one."""
        return self.query(sql, parameters)[0]

    def stream(self, sql: str, *, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a statement, ``size`` at a time, never all in memory."""
        cursor = self._connection.cursor()
        try:
            with explained():
                cursor.execute(sql)
                while rows := cursor.fetchmany(size):
                    yield rows
        finally:
            cursor.close()

    def arrays(self, sql: str) -> dict[str, NDArray[Any]]:
        """The columns of a statement without missing values, as arrays."""
        with explained():
            return self._connection.execute(sql).fetchnumpy()

    def insert(self, table: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Append columns of equal length; object arrays hold text or None, and empty text becomes None."""
        names = ", ".join(columns)
        values = ", ".join(
            f"nullif({name}, '')" if array.dtype == object else name for name, array in columns.items()
        )
        with explained():
            self._connection.register("batch", dict(columns))
            self._connection.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM batch")
            self._connection.unregister("batch")


def text_array(values: Sequence[str | None]) -> NDArray[np.object_]:
    """Texts as the object array that ``Store.insert`` takes."""
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
