"""Replies that were paid for are kept, shared between processes, and bounded."""

import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
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
    assert commits == 125


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
    with Cache(tmp_path, limit=16 * size) as cache:
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
        assert cache.show().bytes <= 16 * size
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


def test_the_size_it_keeps_to_is_the_size_of_the_file(tmp_path: Path) -> None:
    for name, text, count in (("short", "bug", 18_000), ("long", "x" * 3000, 800)):
        with Cache(tmp_path / name, limit=2_000_000) as cache:
            for number in range(count):
                cache.put(_key(number), "m", Reply(status="ok", text=text))
        content = show_cache(tmp_path / name)
        size = (tmp_path / name / "replies.db").stat().st_size
        assert 1_500_000 < content.bytes <= 2_000_000
        assert 1_200_000 < size < 2_200_000 + 200 * content.bytes / content.replies  # and one batch


def test_replies_that_could_not_be_written_are_kept_for_later(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache:
        cache._database.execute("PRAGMA max_page_count = 10")  # a disk that is full
        cache.put(_key(1), "m", Reply(status="ok", text="x" * 100_000))
        with pytest.raises(EnvironmentFailure, match="full"):
            cache.flush()
        assert cache.get(_key(1)) is not None
        cache._database.execute("PRAGMA max_page_count = 1000")
    with Cache(tmp_path) as cache:
        assert cache.get(_key(1)) is not None


def test_opening_waits_while_another_process_writes_for_the_first_time(tmp_path: Path) -> None:
    """SQLite refuses to change a file's mode at once, without waiting, while somebody holds its lock."""
    other = sqlite3.connect(tmp_path / "replies.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ended: list[EnvironmentFailure | None] = []

    def opening() -> None:
        try:
            with Cache(tmp_path):
                ended.append(None)
        except EnvironmentFailure as error:
            ended.append(error)

    thread = threading.Thread(target=opening)
    thread.start()
    thread.join(0.2)
    waited = thread.is_alive()
    other.execute("COMMIT")
    other.close()
    thread.join()
    assert (waited, ended) == (True, [None])


_MANY = """
import sys
from pathlib import Path
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.model import Reply
for line in sys.stdin:
    try:
        with Cache(Path(line.strip())) as cache:
            cache.put(sys.argv[1] * 64, "m", Reply(status="ok"))
        print("fine", flush=True)
    except Exception as error:
        print(error, flush=True)
"""


def test_many_processes_may_open_a_new_cache_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _MANY, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    said: list[str] = []
    for turn in range(30):  # of 30 turns, about 20 went wrong when opening did not wait
        for process in started:
            print(tmp_path / str(turn), file=process.stdin, flush=True)
        said += [process.stdout.readline().strip() for process in started if process.stdout]
    for process in started:
        process.communicate()
    assert said == ["fine"] * len(said)
    assert [show_cache(tmp_path / str(turn)).replies for turn in range(30)] == [6] * 30


def test_a_cache_that_others_use_is_not_removed_as_if_it_were_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shipworthy.gateway.cache._LONGEST_WAIT", 0.05)
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "m", REPLY)
        cache.flush()
        cache._database.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentFailure, match="Other processes are busy"):
            clear_cache(tmp_path)
        cache._database.execute("COMMIT")
        assert cache.get(_key(1)) is not None


@pytest.mark.parametrize(
    "row",
    [
        {"status": "fine"},
        {"status": ["ok"]},
        {},
        {"status": "ok", "proba": [1]},
        {"status": "ok", "tokens_in": "5"},
        {"status": "ok", "text": {"a": 1}},
        {"status": "ok", "cost": "0"},
    ],
)
def test_a_row_that_somebody_changed_is_no_reply(tmp_path: Path, row: dict[str, object]) -> None:
    with Cache(tmp_path) as cache:
        cache.put(_key(1), "m", REPLY)
        cache.flush()
        cache._database.execute("UPDATE replies SET reply = ?", (json.dumps(row),))
        assert cache.get(_key(1)) is None


def test_looking_at_a_cache_gives_up_no_claim_of_this_process(tmp_path: Path, other) -> None:  # type: ignore[no-untyped-def]
    with Cache(tmp_path) as cache:
        assert cache.claim(_key(1))
        show_cache(tmp_path)
        assert not other.claims(_key(1))


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
        assert not cache.claim(_key(1))  # nor may anybody else in this one
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
