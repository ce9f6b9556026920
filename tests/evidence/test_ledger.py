"""Where a ledger may be, and what is said when it cannot be used: SQLite files and addresses."""

from __future__ import annotations

import os
import resource
import secrets
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from shipworthy.core.errors import EnvironmentFailure, MissingExtraError, ShipworthyError, UserError
from shipworthy.evidence import Ledger, ledger_location

PLAIN: dict[str, Any] = {
    "kind": "review",
    "title": "Feedback triage",
    "origin": "own",
    "drafted_by_tool": False,
    "verified": True,
}


def open_and_record(location: str | Path, **options: Any) -> None:
    with Ledger.open(location, workspace=Path(), **options) as ledger:
        ledger.record(**PLAIN)


def refusal(location: str | Path, **options: Any) -> ShipworthyError:
    with pytest.raises(ShipworthyError) as error:
        open_and_record(location, patience=0.05, **options)
    return error.value


def test_the_ledger_is_in_the_workspace_unless_the_environment_names_another(tmp_path: Path) -> None:
    inside = tmp_path / ".shipworthy" / "ledger.db"
    assert ledger_location(tmp_path, {}) == inside
    assert ledger_location(tmp_path, {"SHIPWORTHY_LEDGER_URL": ""}) == inside
    url = "postgresql://team@db.example/ledger"
    assert ledger_location(tmp_path, {"SHIPWORTHY_LEDGER_URL": url}) == url


@pytest.mark.parametrize("form", ["path", "text", "url"])
def test_a_file_may_be_named_in_three_ways(tmp_path: Path, form: str) -> None:
    path = tmp_path / "new folder" / ("mine.db" if form == "url" else "100% mine?#.db")
    forms: dict[str, str | Path] = {"path": path, "text": str(path), "url": f"sqlite:///{path}"}
    open_and_record(forms[form])
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM shipworthy_record").fetchone() == (1,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_not_a_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"Dear diary, this is not a database. " * 100)
    before = path.read_bytes()
    error = refusal(path)
    assert isinstance(error, UserError)
    assert str(error) == (
        f"This file is not a ledger.\n  where: {path}\n"
        "  next: If it was one, restore it from a backup, or move it aside and start a new one."
    )
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "cookies.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cookies (name TEXT)")
    before = path.read_bytes()
    error = refusal(path)
    assert isinstance(error, UserError)
    assert "belongs to another program" in error.message
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["cookies.db"]


def test_a_damaged_ledger_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_and_record(path)
    content = bytearray(path.read_bytes())
    content[200:] = b"\xff" * (len(content) - 200)
    path.write_bytes(content)
    error = refusal(path)
    assert isinstance(error, UserError)
    assert error.message == "The ledger is damaged."
    assert error.hint == "Restore it from a backup, or move it aside and start a new one."


def test_text_that_is_not_text_means_a_damaged_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_and_record(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE shipworthy_record SET title = CAST(x'ff' AS TEXT)")
        connection.commit()
    with Ledger.open(path, workspace=tmp_path) as ledger, pytest.raises(UserError, match="is damaged"):
        ledger.records()


@pytest.mark.parametrize("edit", ["title = x'00ff'", "share_edited = 'most'", "at = 7", "facts = x'00'"])
def test_values_of_the_wrong_type_are_reported_and_crash_nothing(tmp_path: Path, edit: str) -> None:
    path = tmp_path / "ledger.db"
    open_and_record(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"UPDATE shipworthy_record SET {edit}")
        connection.commit()
    with Ledger.open(path, workspace=tmp_path) as ledger:
        assert [problem.kind for problem in ledger.verify()] == ["content"]
        with pytest.raises(UserError, match="was changed and cannot be read"):
            ledger.records()


def test_an_artifact_whose_path_is_no_path_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path, workspace=tmp_path) as ledger:
        ledger.record(**PLAIN, artifacts=[ledger.artifact(path)])
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE shipworthy_record_artifact SET path = 'a' || char(0)")
            connection.commit()
        assert [problem.kind for problem in ledger.verify()] == ["content", "artifact"]


def test_a_half_made_ledger_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.touch()
    open_and_record(path)
    with Ledger.open(path, workspace=tmp_path) as ledger:
        assert len(ledger.records()) == 1


def test_a_folder_in_the_ledgers_place_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert isinstance(error, UserError)
    assert error.message == "The ledger must be a file; this is a folder."


def test_a_folder_that_cannot_be_made_is_the_environments_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    error = refusal(tmp_path / "file" / "ledger.db")
    assert isinstance(error, EnvironmentFailure)
    assert error.message == "The ledger cannot be written here."


@contextmanager
def without_privileges() -> Iterator[Path]:
    """A folder that everybody may read and nobody may write, seen by somebody who is not root."""
    with tempfile.TemporaryDirectory() as name:
        folder, user = Path(name), os.geteuid()
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


def lock_up(folder: Path) -> None:
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_a_read_only_folder_is_the_environments_fault() -> None:
    with without_privileges() as folder:
        open_and_record(folder / "warm-up.db")  # loads every module while they may be read
        lock_up(folder)
        for location in (folder / "ledger.db", folder / "sub" / "ledger.db"):
            error = refusal(location)
            assert isinstance(error, EnvironmentFailure)
            assert error.message == "The ledger cannot be written here."


def test_a_ledger_in_a_read_only_folder_is_not_written_to() -> None:
    with without_privileges() as folder:
        path = folder / "ledger.db"
        open_and_record(path)
        path.chmod(0o444)
        lock_up(folder)
        error = refusal(path)
        assert isinstance(error, EnvironmentFailure)
        assert error.message == "The ledger cannot be written here."


def test_a_disk_that_is_full_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Ledger.open(path, workspace=tmp_path) as ledger:
        kept = ledger.record(**PLAIN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
        try:
            with pytest.raises(EnvironmentFailure, match="disk is full or failing"):
                ledger.record(**PLAIN, facts={"counts": list(range(15_000))})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        after = ledger.record(**PLAIN)
        assert ledger.records() == (kept, after)
        assert ledger.verify() == ()


@pytest.mark.parametrize(
    "location",
    ["sqlite://", "sqlite:///:memory:", "mysql://me:hunter2@host/db", "postgresql+asyncpg://me:hunter2@h/db",
     "postgresql://me:hunter2@host:port/db", "https://example.org/?password=hunter2"],
)  # fmt: skip
def test_an_address_of_no_known_kind_is_refused_without_its_password(location: str) -> None:
    error = refusal(location)
    assert isinstance(error, UserError)
    assert "hunter2" not in str(error)
    assert error.hint is not None
    assert "sqlite:///" in error.hint
    assert "postgresql://" in error.hint


def test_a_server_that_does_not_answer_is_the_environments_fault_and_no_password_is_shown() -> None:
    error = refusal("postgres://me:hunter2@127.0.0.1:1/ledger?application_name=hunter2")
    assert isinstance(error, EnvironmentFailure)
    assert error.message.startswith("The ledger's PostgreSQL server refused: ")
    assert "hunter2" not in str(error)
    assert "127.0.0.1:1/ledger" in str(error.where)


def test_a_missing_driver_is_named_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    error = refusal("postgresql://127.0.0.1/ledger")
    assert isinstance(error, MissingExtraError)
    assert error.hint == "pip install 'shipworthy[postgres]'"


def test_threads_may_create_different_ledgers_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.db" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(open_and_record, paths))
    for path in paths:
        with Ledger.open(path, workspace=tmp_path) as ledger:
            assert len(ledger.records()) == 1


@pytest.fixture
def limited_account(postgres_url: str) -> Iterator[Callable[[str], str]]:
    """Gives the address for an account that has only the rights named."""
    account = f"shipworthy_{secrets.token_hex(6)}"
    tables = ", ".join(f"shipworthy_{name}" for name in ("record", "record_artifact", "record_competency"))

    def run(*statements: str) -> None:
        engine = create_engine(postgres_url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def granted(rights: str) -> str:
        run(
            f"CREATE ROLE {account} LOGIN",
            f"GRANT USAGE ON SCHEMA public TO {account}",
            f"GRANT SELECT ON shipworthy_revision TO {account}",
            f"GRANT {rights} ON {tables} TO {account}",
        )
        return make_url(postgres_url).set(username=account).render_as_string(hide_password=False)

    yield granted
    run(f"DROP OWNED BY {account}", f"DROP ROLE {account}")


def test_an_account_that_may_only_read_and_insert_can_keep_the_ledger(
    postgres_url: str, limited_account: Callable[[str], str]
) -> None:
    open_and_record(postgres_url)
    open_and_record(limited_account("SELECT, INSERT"))
    with Ledger.open(postgres_url, workspace=Path()) as ledger:
        assert len(ledger.records()) == 2
        assert ledger.verify() == ()


def test_an_account_that_may_only_read_is_told_so(
    postgres_url: str, limited_account: Callable[[str], str]
) -> None:
    open_and_record(postgres_url)
    error = refusal(limited_account("SELECT"))
    assert isinstance(error, EnvironmentFailure)
    assert error.message == "The ledger cannot be written here."
