"""Every database is locked the same way: in memory or on disk, it reaches what it was given only."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from shipworthy.datasets.engine import connection, literal, locked
from shipworthy.datasets.store import Store


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file in a folder that no database is given."""
    file = tmp_path / "outside" / "secret.csv"
    file.parent.mkdir()
    file.write_text("a\n1\n")
    return file


@pytest.mark.parametrize("name", [":memory:", "rows.duckdb"])
def test_a_database_reaches_its_folders_and_files_and_nothing_else(
    name: str, outside: Path, tmp_path: Path
) -> None:
    inside, single = tmp_path / "inside", tmp_path / "single.csv"
    inside.mkdir()
    single.write_text("a\n2\n")
    database = locked(
        name if name == ":memory:" else str(inside / name),
        folders=[inside],
        files=[single],
        settings=["SET timezone = 'UTC'"],
    )
    with database:
        database.execute(f"COPY (SELECT 3 AS a) TO {literal(str(inside / 'own.csv'))}")
        for path, value in ((inside / "own.csv", 3), (single, 2)):
            assert database.execute(f"SELECT a FROM read_csv({literal(str(path))})").fetchone() == (value,)
        for query in (
            f"SELECT * FROM read_csv({literal(str(outside))})",
            f"SELECT * FROM read_csv({literal(str(inside / '..' / 'outside' / 'secret.csv'))})",
            f"COPY (SELECT 1) TO {literal(str(outside))}",
            f"ATTACH {literal(str(tmp_path / 'other.duckdb'))}",
            "SELECT * FROM outside",  # a variable of this function
            "INSTALL httpfs",
            "SET enable_external_access = true",
            "SET allowed_directories = ['/']",
        ):
            with pytest.raises(duckdb.Error):
                database.execute(query)
    assert outside.read_text() == "a\n1\n"


def test_both_users_of_it_are_locked(outside: Path, tmp_path: Path) -> None:
    query = f"SELECT * FROM read_csv({literal(str(outside))})"
    store = Store()
    with pytest.raises(duckdb.Error):
        store.query(query)
    store.close()
    with connection(tmp_path / "elsewhere") as database, pytest.raises(duckdb.Error):
        database.execute(query)
