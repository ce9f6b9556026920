"""A ledger's two homes: a fresh SQLite file, and a fresh database on a real PostgreSQL server."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support import require


@pytest.fixture(params=["sqlite", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger that does not exist yet is to be made."""
    if request.param == "sqlite":
        return str(tmp_path / ".shipworthy" / "ledger.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """A database with nothing in it."""
    _execute(postgres_database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgres_database


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """A database of this process's own, on a server that others may use too."""
    name = f"shipworthy_{secrets.token_hex(6)}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server: the one SHIPWORTHY_TEST_POSTGRES names, or one started for the tests."""
    given = os.environ.get("SHIPWORTHY_TEST_POSTGRES")
    if given:
        yield given
        return
    programs, account = _programs(), _account()
    folder = Path(tempfile.mkdtemp(prefix="shipworthy-pg-"))
    try:
        if account is not None:
            shutil.chown(folder, account)
        data = str(folder / "data")
        _run(account, str(programs / "initdb"), "--auth=trust", "--username=postgres", "-N", "-D", data)
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        _run(account, str(programs / "pg_ctl"), "-D", data, "-l", log, "-o", settings, "-w", "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run(account, str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder with initdb and pg_ctl; Debian keeps them off the path."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    require("postgres", "PostgreSQL's initdb and pg_ctl are not installed (Debian: postgresql)")
    raise AssertionError("require always raises")


def _account() -> str | None:
    """Whom to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        require("postgres", "the tests run as root and there is no user 'postgres' to run the server as")
        raise


def _run(account: str | None, *command: str) -> None:
    # Not captured: the server would inherit the pipe and keep it open for ever.
    subprocess.run(
        command, check=True, user=account, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
    )


def _execute(url: str, *statements: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
