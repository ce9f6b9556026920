"""DuckDB, locked down: it sees the folders it is given and nothing else, and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["connection", "identifier", "literal"]


@contextmanager
def connection(*folders: Path) -> Iterator[DuckDBPyConnection]:
    """An in-memory database that may read and write files in ``folders`` only.

    No extension is loaded or installed, no Python variable is readable as a table, and the
    settings cannot be changed by a query.
    """
    import duckdb

    database = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "preserve_insertion_order": "true",
        }
    )
    try:
        allowed = ", ".join(literal(f"{folder.resolve()}/") for folder in folders)
        database.execute(f"SET allowed_directories=[{allowed}]")
        database.execute("SET enable_external_access=false")
        database.execute("SET lock_configuration=true")
        yield database
    finally:
        database.close()


def literal(text: str) -> str:
    """``text`` as a quoted SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """``name`` as a quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'
