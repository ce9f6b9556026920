"""DuckDB, locked down: it sees the folders it is given and nothing else, and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import EnvironmentFailure

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["connection", "explained", "identifier", "literal", "locked"]

_FULL = ("no space", "file too large", "quota")


@contextmanager
def explained() -> Iterator[None]:
    """Say in plain words that memory or disk did not suffice."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EnvironmentFailure(
            "There is not enough memory or temporary disk space for this file.",
            hint="Free some disk space, or set TMPDIR to a folder on a larger disk.",
        ) from error
    except duckdb.Error as error:
        if any(sign in str(error).casefold() for sign in _FULL):
            raise EnvironmentFailure(
                "The disk is full, or a limit on file sizes was reached; nothing was half-written.",
                hint="Free some space and try again.",
            ) from error
        raise


def locked(
    name: str = ":memory:",
    *,
    folders: Iterable[Path],
    files: Iterable[Path] = (),
    settings: Iterable[str] = (),
) -> DuckDBPyConnection:
    """Open a database that reaches the files in ``folders``, these ``files`` and nothing else.

    No extension is loaded or installed, no Python variable is readable as a table, and the
    settings cannot be changed by a query.

    Args:
        name: The database's own file.
        folders: Folders it may read and write in.
        files: Single files it may read.
        settings: Statements to run before the lock, such as ``SET timezone = 'UTC'``.
    """
    import duckdb

    database = duckdb.connect(
        name,
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    directories = ", ".join(literal(f"{folder.resolve()}/") for folder in folders)
    paths = ", ".join(literal(str(file.resolve())) for file in files)
    for statement in (
        *settings,
        f"SET allowed_directories = [{directories}]",
        f"SET allowed_paths = [{paths}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        database.execute(statement)
    return database


@contextmanager
def connection(*folders: Path) -> Iterator[DuckDBPyConnection]:
    """A locked database in memory that may read and write files in ``folders`` only."""
    database = locked(folders=folders)
    try:
        with explained():
            yield database
    finally:
        database.close()


def literal(text: str) -> str:
    """``text`` as a quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """``name`` as a quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'
