"""Connections to SQLite and PostgreSQL, and their errors in plain words.

This module knows nothing about what the ledger holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from shipworthy.core.errors import EnvironmentFailure, MissingExtraError, ShipworthyError, UserError, Where

__all__ = ["Database"]

_LOCK = 0x53484950  # "SHIP": any number, as long as every writer uses the same one
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}
_DAMAGED = "restore it from a backup, or move it aside and start a new one."


class Database:
    """Transactions on the ledger's database; all its errors are Shipworthy's."""

    def __init__(self, location: str | Path, *, patience: float) -> None:
        url = _url(location)
        self._patience = patience
        self._shown = str(url.database) if url.drivername == "sqlite" else _without_secrets(url)
        if url.drivername == "sqlite":
            self._engine = _sqlite(Path(str(url.database)), patience)
        else:
            self._engine = _postgres(url, patience)

    @property
    def where(self) -> Where:
        """The file, or the server's address without its password."""
        return Where(file=self._shown)

    @property
    def is_file(self) -> bool:
        """Whether the database is a file of ours and not a server's."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer's can overlap; on any error nothing was written."""
        engine = self._engine.execution_options(shipworthy_writes=True)
        with self._explained(), engine.begin() as connection:
            if not self.is_file:
                connection.execute(text(f"SET LOCAL lock_timeout = {round(self._patience * 1000)}"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            yield connection

    def use_write_ahead_log(self) -> None:
        """Let readers go on while somebody writes. A file remembers this; a server needs no telling.

        Of several programs that open a new file at once, one succeeds and the others are told that
        it is locked, which is as good. Any other trouble comes back, explained, with the first write.
        """
        if not self.is_file:
            return
        with suppress(sqlite3.OperationalError), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            failure = _failure(error, self.where)
            if failure is None:
                raise
            raise failure from error


def _url(location: str | Path) -> URL:
    if isinstance(location, Path) or "://" not in location:
        return URL.create("sqlite", database=str(Path(location).absolute()))
    try:
        url = make_url(location)
    except (ArgumentError, ValueError):
        raise UserError("The ledger's address is not a URL that can be read.", hint=_addresses()) from None
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return URL.create("sqlite", database=str(Path(url.database).absolute()))
    raise UserError(f"A ledger cannot be kept in {_without_secrets(url)!r}.", hint=_addresses())


def _addresses() -> str:
    return "Use a file, sqlite:///path/to/ledger.db or postgresql://user:password@host/database."


def _without_secrets(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)


def _sqlite(path: Path, patience: float) -> Engine:
    where = Where(file=path)
    if path.is_dir():
        raise UserError("The ledger must be a file; this is a folder.", where=where)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(where) from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": patience, "isolation_level": None},  # None: we say BEGIN ourselves
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A transaction that reads first and takes the lock later would lose to one in between.
        writes = connection.get_execution_options().get("shipworthy_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(url: URL, patience: float) -> Engine:
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": max(1, round(patience))}
    try:
        return create_engine(url, connect_args=timeout)
    except ModuleNotFoundError:
        raise MissingExtraError("postgres", needed_for="A ledger in PostgreSQL") from None


def _failure(error: DBAPIError, where: Where) -> ShipworthyError | None:
    """What to tell the person, or None when the error is a bug of ours."""
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_failure(error.orig, where)
    match getattr(error.orig, "sqlstate", None):
        case "55P03":
            return _locked(where)
        case "25006" | "42501":
            return _not_writable(where)
    if not isinstance(error, OperationalError):
        return None
    return EnvironmentFailure(
        f"The ledger's PostgreSQL server refused: {_first_line(error.orig)}.",
        where=where,
        hint="Check that the server runs and that SHIPWORTHY_LEDGER_URL names it correctly.",
    )


def _sqlite_failure(error: sqlite3.Error, where: Where) -> ShipworthyError | None:
    match "_".join(getattr(error, "sqlite_errorname", "SQLITE_UNDECODABLE").split("_")[:2]):
        case "SQLITE_NOTADB":
            return UserError("This file is not a ledger.", where=where, hint=f"If it was one, {_DAMAGED}")
        case "SQLITE_CORRUPT":
            return UserError("The ledger is damaged.", where=where, hint=_DAMAGED.capitalize())
        case "SQLITE_UNDECODABLE" if isinstance(error, sqlite3.OperationalError):
            return UserError("The ledger is damaged.", where=where, hint=_DAMAGED.capitalize())
        case "SQLITE_BUSY" | "SQLITE_LOCKED":
            return _locked(where)
        case "SQLITE_READONLY" | "SQLITE_CANTOPEN" | "SQLITE_PERM" | "SQLITE_AUTH":
            return _not_writable(where)
        case "SQLITE_FULL" | "SQLITE_IOERR":
            return EnvironmentFailure(
                f"The disk is full or failing: {error}. Nothing was half-written.",
                where=where,
                hint="Free some space and try again.",
            )
        case _:
            return None


def _locked(where: Where) -> EnvironmentFailure:
    return EnvironmentFailure(
        "Another program is writing to the ledger and did not finish in time.",
        where=where,
        hint="Wait for it, or close it, and try again.",
    )


def _not_writable(where: Where) -> EnvironmentFailure:
    return EnvironmentFailure(
        "The ledger cannot be written here.",
        where=where,
        hint="Ask for write permission, or name another place in SHIPWORTHY_LEDGER_URL.",
    )


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
