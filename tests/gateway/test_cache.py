"""Replies that were paid for are kept, shared between processes, and bounded."""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shipworthy.core.errors import EnvironmentFailure
from shipworthy.gateway.cache import Cache, clear_cache, show_cache
from shipworthy.gateway.model import Reply

REPLY = Reply(status="ok", text="bug", parsed={"label": "bug"}, proba={"bug": 1.0}, cost=0.25, attempts=3)


def _key(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def test_a_reply_comes_back_as_it_was_and_marked_as_kept(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "house:m", REPLY)
        at_once = cache.get(_key(1))
    with Cache(tmp_path) as cache:
        later = cache.get(_key(1))
        assert cache.get(_key(2)) is None
    expected = {**REPLY.row(), "from_cache": True}
    assert at_once is not None
    assert later is not None
    assert at_once.row() == later.row() == expected


def test_half_a_surrogate_pair_survives(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "m", Reply(status="ok", text="\ud83d"))
    with Cache(tmp_path) as cache:
        kept = cache.get(_key(1))
    assert kept is not None
    assert kept.text == "\ud83d"


def test_another_process_sees_what_was_flushed(tmp_path: Path) -> None:
    with Cache(tmp_path) as first, Cache(tmp_path) as second:
        first.put(_key(1), "m", REPLY)
        assert second.get(_key(1)) is None
        first.flush()
        assert second.get(_key(1)) is not None


def test_many_replies_are_written_in_few_transactions(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.flush()
        statements: list[str] = []
        cache._database.set_trace_callback(statements.append)
        cache._written_at = float("inf")  # by number only, not by time
        for number in range(1000):
            cache.put(_key(number), "m", REPLY)
            cache._written_at = float("inf")
        commits = statements.count("COMMIT")
    assert commits == 5


def test_what_is_in_it_is_shown_by_model_with_its_cost(tmp_path: Path) -> None:
    with Cache(tmp_path, limit=10**6) as cache:
        for number in range(3):
            cache.put(_key(number), "a" if number else "b", REPLY)
        cache.put(_key("free"), "a", Reply(status="refused"))
        content = cache.show()
    assert (content.replies, content.limit) == (4, 10**6)
    assert content.models == (("a", 3, 0.5), ("b", 1, 0.25))
    assert content.bytes > 0
    assert show_cache(tmp_path).replies == 4


def test_a_folder_without_a_cache_is_empty_and_stays_so(tmp_path: Path) -> None:
    assert show_cache(tmp_path / "none").replies == 0
    assert clear_cache(tmp_path / "none") == 0
    assert not (tmp_path / "none").exists()


def test_clearing_forgets_everything(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "m", REPLY)
    assert clear_cache(tmp_path) == 1
    with Cache(tmp_path) as cache:
        assert cache.get(_key(1)) is None


def test_the_least_recently_used_replies_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 1000
    large = Reply(status="ok", text="x" * size)
    with Cache(tmp_path, limit=10 * size) as cache:
        for day in range(9):
            monkeypatch.setattr("shipworthy.gateway.cache._today", lambda day=day: day)
            cache.put(_key(day), "m", large)
            cache.flush()
        monkeypatch.setattr("shipworthy.gateway.cache._today", lambda: 20)
        assert cache.get(_key(0)) is not None  # the oldest is used again
        cache.put(_key("new"), "m", large)
        cache.flush()
        kept = [day for day in range(9) if cache.get(_key(day)) is not None]
        assert cache.get(_key("new")) is not None
        assert cache.show().bytes <= 10 * size
    assert kept == [0, 3, 4, 5, 6, 7, 8]  # down to nine tenths of the limit


def test_a_reply_too_large_to_keep_is_not_kept(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "m", Reply(status="ok", text="x" * 9_000_000))
        cache.flush()
        assert cache.get(_key(1)) is None


def test_a_row_that_cannot_be_read_is_no_reply(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "m", REPLY)
        cache.flush()
        cache._database.execute('UPDATE replies SET reply = \'{"status": "ok", "new": 1}\'')
        assert cache.get(_key(1)) is None
        cache._database.execute("UPDATE replies SET reply = 'half a'")
        assert cache.get(_key(1)) is None


def test_a_damaged_file_is_said_and_can_be_cleared(tmp_path: Path) -> None:
    (tmp_path / "replies.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(EnvironmentFailure, match="cache of replies cannot be used") as caught:
        Cache(tmp_path)
    assert "shipworthy cache clear" in str(caught.value)
    assert clear_cache(tmp_path) == 0
    with Cache(tmp_path) as cache:
        assert cache.get(_key(1)) is None


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "replies.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(EnvironmentFailure, match="layout 99"):
        Cache(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFailure, match="cannot be opened"):
        Cache(tmp_path / "file")


_OTHER_PROCESS = """
import sys
from pathlib import Path
from shipworthy.gateway.cache import Cache
with Cache(Path(sys.argv[1])) as cache:
    for key in sys.stdin:
        print(cache.claim(key.strip()), flush=True)
"""


class _Other:
    """Another process with the same cache, which claims what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OTHER_PROCESS, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def claims(self, key: str) -> bool:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(key + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline() == "True\n"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[_Other]:
    started = _Other(tmp_path)
    yield started
    started.process.communicate()
    assert started.process.returncode in {0, -9}


def test_only_one_process_may_send_a_request(tmp_path: Path, other) -> None:  # type: ignore[no-untyped-def]
    with Cache(tmp_path) as cache:
        assert cache.claim(_key(1))
        assert cache.claim(_key(1))  # of this process, it stays
        assert not other.claims(_key(1))
        assert other.claims(_key(2))
        assert not cache.claim(_key(2))
        cache.release(_key(1))
        assert other.claims(_key(1))


def test_a_claim_is_held_until_the_reply_is_in_the_file(tmp_path: Path, other) -> None:  # type: ignore[no-untyped-def]
    with Cache(tmp_path) as cache:
        cache._written_at = float("inf")
        cache.claim(_key(1))
        cache.put(_key(1), "m", REPLY)
        cache.release(_key(1))
        assert not other.claims(_key(1))
        cache.flush()
        assert other.claims(_key(1))


def test_the_claim_of_a_killed_process_is_free(tmp_path: Path, other) -> None:  # type: ignore[no-untyped-def]
    with Cache(tmp_path) as cache:
        assert other.claims(_key(1))
        assert not cache.claim(_key(1))
        other.process.kill()
        other.process.wait()
        assert cache.claim(_key(1))
