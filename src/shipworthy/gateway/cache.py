"""Replies that were paid for, by content address, so that none is paid for twice.

One SQLite file in WAL mode. Replies wait in memory and are written a few at a time in one
transaction; reading one is one indexed SELECT. Several processes may use the file at once: whoever sends
a request holds a lock on one byte of a second file, at an offset made from the key, and the others wait
for the reply. The kernel drops the lock of a process that was killed, so there is nothing to clean up.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shipworthy.core.errors import EnvironmentFailure, Where
from shipworthy.gateway.model import Reply

if TYPE_CHECKING or sys.platform != "win32":
    import fcntl

__all__ = ["Cache", "CacheContent", "clear_cache", "show_cache"]

_LOCKING = sys.platform != "win32"  # there, two processes may send the same request at the same moment
_NAME, _LOCKS = "replies.db", "replies.lock"
_LAYOUT = 1
_BATCH = 8  # what a killed process may lose of what was paid for; a write costs about 0.1 ms
_EVERY = 0.25  # seconds
_DAY = 86_400
_LONGEST_WAIT = 30.0  # seconds for a lock of another process
_KEEP_SHARE = 0.9
_LARGEST_REPLY = 8_000_000

_SETUP = (
    """CREATE TABLE IF NOT EXISTS replies (
        key BLOB PRIMARY KEY, model TEXT NOT NULL, reply TEXT NOT NULL,
        bytes INTEGER NOT NULL, used INTEGER NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS by_use ON replies (used, bytes)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheContent:
    """What a cache holds."""

    path: Path
    """The file."""
    replies: int
    """Replies in it."""
    bytes: int
    """Bytes they take in the file, about."""
    limit: int
    """Largest size; the least recently used go first."""
    models: tuple[tuple[str, int, float], ...]
    """Model, replies, and what they cost in US dollars when they were made (known costs only)."""
    oldest: datetime | None
    """When the least recently used one was last used, to the day."""


class Cache:
    """Replies by key. Use as a context manager, so that the last ones are written.

    Args:
        folder: Where the two files are; made if it does not exist.
        limit: Bytes to keep, about.

    Raises:
        EnvironmentFailure: the folder cannot be written to, or the file is damaged.
    """

    def __init__(self, folder: Path, *, limit: int = 500_000_000) -> None:
        self.path = folder / _NAME
        self._limit = limit
        self._fresh: dict[bytes, tuple[str, str]] = {}
        self._used: set[bytes] = set()
        self._claims: set[bytes] = set()
        self._written_at = time.monotonic()
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = _opened(self.path)
        self._locks: int | None = None
        self._bytes = self._total()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, key: str) -> Reply | None:
        """The reply kept under ``key``; None where there is none that can be read."""
        address = bytes.fromhex(key)
        waiting = self._fresh.get(address)
        if waiting is not None:
            return _read(waiting[1])
        with self._explained():
            found = self._database.execute(
                "SELECT reply, used FROM replies WHERE key = ?", (address,)
            ).fetchone()
        if found is None:
            return None
        if found[1] < _today():
            self._used.add(address)
        return _read(found[0])

    def put(self, key: str, model: str, reply: Reply) -> None:
        """Keep a reply; it reaches the file with the next batch, at the latest when the cache is closed."""
        text = json.dumps(reply.row(), ensure_ascii=True, separators=(",", ":"))
        if len(text) <= _LARGEST_REPLY:
            self._fresh[bytes.fromhex(key)] = (model, text)
        if len(self._fresh) >= _BATCH or time.monotonic() - self._written_at > _EVERY:
            self.flush()

    def claim(self, key: str) -> bool:
        """Take it upon oneself to send this request; False while somebody else has, here or elsewhere.

        Give it back with ``release``.
        """
        address = bytes.fromhex(key)
        if address in self._claims:
            return False
        if _LOCKING:
            try:
                fcntl.lockf(self._lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _offset(address))
            except BlockingIOError:
                return False
            except OSError:  # a file system without locks: better twice than never
                pass
        self._claims.add(address)
        return True

    def release(self, key: str) -> None:
        """Let others send this request. With a reply in hand, this happens once the reply is in the file."""
        address = bytes.fromhex(key)
        if address in self._claims and address not in self._fresh:
            self._unlock(address)

    def flush(self) -> None:
        """Write what is waiting, in one transaction, and make room if there is too much."""
        self._written_at = time.monotonic()
        if not (self._fresh or self._used):
            return
        today = _today()
        rows = [(key, model, text, _size(text), today) for key, (model, text) in self._fresh.items()]
        with self._explained(), _transaction(self._database):
            self._database.executemany("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?)", rows)
            used = [(today, key) for key in self._used]
            self._database.executemany("UPDATE replies SET used = ? WHERE key = ?", used)
        # Forgotten only now: where the disk was full, they are still here to be written later.
        self._fresh, self._used = {}, set()
        self._bytes += sum(row[3] for row in rows)
        self._make_room()
        for address in [row[0] for row in rows if row[0] in self._claims]:
            self._unlock(address)

    def close(self) -> None:
        """Write what is waiting and close the files."""
        try:
            self.flush()
        finally:
            self._database.close()
            if self._locks is not None:
                with suppress(OSError):
                    os.close(self._locks)

    def show(self) -> CacheContent:
        """What is in it, all processes' replies included."""
        self.flush()
        with self._explained():
            rows = self._database.execute(
                "SELECT model, count(*), total(bytes), total(json_extract(reply, '$.cost')), min(used) "
                "FROM replies GROUP BY model ORDER BY model"
            ).fetchall()
        oldest = min((row[4] for row in rows), default=None)
        return CacheContent(
            path=self.path,
            replies=sum(row[1] for row in rows),
            bytes=int(sum(row[2] for row in rows)),
            limit=self._limit,
            models=tuple((row[0], row[1], row[3]) for row in rows),
            oldest=None if oldest is None else datetime.fromtimestamp(oldest * _DAY, UTC),
        )

    def clear(self) -> int:
        """Forget all replies; returns how many there were."""
        self._fresh.clear()
        with self._explained():
            with _transaction(self._database):
                gone = self._database.execute("DELETE FROM replies").rowcount
            self._database.execute("VACUUM")
        self._bytes = 0
        return gone

    def _make_room(self) -> None:
        """Remove the least recently used replies once the limit is passed.

        Other processes write too, so the true size is asked for when ours says there is too much.
        """
        if self._bytes <= self._limit:
            return
        self._bytes = self._total()
        surplus = self._bytes - int(self._limit * _KEEP_SHARE)
        if self._bytes <= self._limit:
            return
        with self._explained(), _transaction(self._database):
            doomed = []
            for key, size in self._database.execute("SELECT key, bytes FROM replies ORDER BY used, key"):
                if surplus <= 0:
                    break
                doomed.append((key,))
                surplus -= size
            self._database.executemany("DELETE FROM replies WHERE key = ?", doomed)
        self._bytes = self._total()

    def _total(self) -> int:
        with self._explained():
            return int(self._database.execute("SELECT total(bytes) FROM replies").fetchone()[0])

    def _unlock(self, address: bytes) -> None:
        self._claims.discard(address)
        if _LOCKING:
            with suppress(OSError):
                fcntl.lockf(self._lock_file(), fcntl.LOCK_UN, 1, _offset(address))

    def _lock_file(self) -> int:
        """Opened by the first claim: closing it anywhere in a process drops all locks of that process."""
        if self._locks is None:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
            self._locks = os.open(self.path.with_name(_LOCKS), flags, 0o600)
        return self._locks

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if _is_busy(error):
                raise _BusyError(
                    "Other processes are busy with the cache of replies.",
                    where=Where(file=self.path),
                    hint="Try again, or wait until the other runs are done.",
                ) from None
            raise EnvironmentFailure(
                f"The cache of replies cannot be used: {error}.",
                where=Where(file=self.path),
                hint="shipworthy cache clear (nothing but money is lost), or free some space.",
            ) from None
        except OSError as error:
            raise EnvironmentFailure(
                f"The cache of replies cannot be opened: {error.strerror or error}.",
                where=Where(file=self.path),
            ) from None


class _BusyError(EnvironmentFailure):
    """Others hold the file; nothing is wrong with it."""


def show_cache(folder: Path, *, limit: int = 500_000_000) -> CacheContent:
    """What the cache in this folder holds; an empty one where there is none."""
    if not (folder / _NAME).exists():
        path = folder / _NAME
        return CacheContent(path=path, replies=0, bytes=0, limit=limit, models=(), oldest=None)
    with Cache(folder, limit=limit) as cache:
        return cache.show()


def clear_cache(folder: Path) -> int:
    """Forget everything in this folder's cache, also a damaged one; returns how many replies went."""
    if not (folder / _NAME).exists():
        return 0
    try:
        with Cache(folder) as cache:
            return cache.clear()
    except _BusyError:
        raise
    except EnvironmentFailure:
        for name in (_NAME, f"{_NAME}-wal", f"{_NAME}-shm"):
            (folder / name).unlink(missing_ok=True)
        return 0


def _opened(path: Path) -> sqlite3.Connection:
    """The database, set up. Waits while others set it up: SQLite itself does not, for a change of mode."""
    deadline = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            return _opened_at_once(path)
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.001, 0.02))  # noqa: S311 - so that those who wait do not meet again


def _is_busy(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _opened_at_once(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_LONGEST_WAIT, isolation_level=None)
    try:
        if database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        if database.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
            _set_up(database)
    except BaseException:
        database.close()
        raise
    return database


def _set_up(database: sqlite3.Connection) -> None:
    with _transaction(database):
        layout = database.execute("PRAGMA user_version").fetchone()[0]  # others may have been here
        if layout not in {0, _LAYOUT}:
            raise sqlite3.DatabaseError(f"it has layout {layout}, this version reads {_LAYOUT}")
        for statement in _SETUP:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {_LAYOUT}")


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite gives some up by itself
            database.execute("ROLLBACK")
        raise


def _read(text: str) -> Reply | None:
    try:
        row: dict[str, Any] = json.loads(text)
        return Reply.from_row({**row, "from_cache": True})
    except (TypeError, ValueError, RecursionError):
        return None


def _size(text: str) -> int:
    """Bytes that a reply takes in the file, about: its pages are two thirds full, and it has two keys."""
    return len(text) * 3 // 2 + 80


def _today() -> int:
    return int(time.time()) // _DAY


def _offset(address: bytes) -> int:
    """Where in the lock file a key is: 62 of its bits."""
    return int.from_bytes(address[:8], "big") >> 2
