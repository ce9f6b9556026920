"""Files and folders are wholly there or not at all, whatever interrupts the writing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import EnvironmentFailure, UserError
from shipworthy.core.files import new_file, new_folder, readable, write_atomic
from tests.support import require

FULL = Path("/dev/full")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def umask() -> int:
    """The mask that a new file of this process gets."""
    current = os.umask(0o022)
    os.umask(current)
    return current


@pytest.mark.parametrize("content", ["", "grün\r\n", b"", b"\x00\xff\n"])
def test_what_is_written_is_what_is_there_and_nothing_else(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "folder" / "file"

    write_atomic(path, content)

    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert names(path.parent) == ["file"]


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_written_and_read_back_as_utf_8(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("text") / "file"

    write_atomic(path, text)

    assert path.read_bytes().decode() == text.encode(errors="backslashreplace").decode()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_interruption_leaves_the_old_content_and_no_trace(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")

    def write_half() -> None:
        with new_file(path) as temporary:
            temporary.write_text("half of the n")
            raise interruption

    with pytest.raises(interruption):
        write_half()

    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")

    with new_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"

    assert path.read_text() == "new"


def test_a_process_killed_while_writing_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")
    code = f"""
import os, pathlib, signal
from shipworthy.core.files import new_file
with new_file(pathlib.Path({str(path)!r})) as temporary:
    temporary.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9

    assert path.read_text() == "old"


def test_a_full_disk_is_the_environments_failure_and_leaves_the_old_content(tmp_path: Path) -> None:
    if not FULL.exists():
        require("full-disk", "this system has no /dev/full")
    path = tmp_path / "file"
    write_atomic(path, "old")

    with pytest.raises(EnvironmentFailure, match="The disk is full") as failure, new_file(path):
        FULL.write_bytes(b"no room for this")

    assert failure.value.exit_code == 4
    assert failure.value.where is not None
    assert failure.value.where.file == path
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_write_cut_short_half_way_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, "old")
    code = f"""
import pathlib, resource
from shipworthy.core.errors import EnvironmentFailure
from shipworthy.core.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_atomic(pathlib.Path({str(path)!r}), b"n" * 100_000)
except EnvironmentFailure as failure:
    print(failure.message)
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("The disk is full, or a limit on file sizes was reached")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder that may be read and not written to, with a file and a folder that may not be read."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "file").write_text("old")
        (folder / "secret").touch(0o000)
        (folder / "closed").mkdir(0o000)
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o700)
        (folder / "closed").chmod(0o700)


def said_to_anybody(call: str) -> str:
    """What ``call`` raises for a user without privileges (root may do anything, so it steps down)."""
    code = f"""
import difflib, os
from pathlib import Path
from shipworthy.core.errors import ShipworthyError
from shipworthy.core.files import new_folder, readable, write_atomic
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
try:
    {call}
except ShipworthyError as error:
    print(error.exit_code, error.message)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_read_only_folder_is_the_environments_failure(locked: Path) -> None:
    refusal = "4 This folder cannot be written to."

    assert said_to_anybody(f"write_atomic(Path({str(locked / 'file')!r}), 'new')") == refusal
    assert said_to_anybody(f"new_folder(Path({str(locked / 'new')!r})).__enter__()") == refusal
    assert (locked / "file").read_text() == "old"
    assert names(locked) == ["closed", "file", "secret"]


def test_a_file_that_belongs_to_somebody_else_is_explained(locked: Path) -> None:
    secret, inside = locked / "secret", locked / "closed" / "data.csv"

    assert said_to_anybody(f"readable(Path({str(secret)!r}))") == "2 'secret' may not be read by you."
    assert (
        said_to_anybody(f"readable(Path({str(inside)!r}))")
        == "2 The folder of 'data.csv' may not be read by you."
    )


def test_a_place_that_no_one_can_write_to_is_the_environments_failure() -> None:
    with pytest.raises(EnvironmentFailure) as failure:
        write_atomic(Path("/proc/shipworthy"), "new")

    assert failure.value.where is not None
    assert str(failure.value.where) == "/proc/shipworthy"


@pytest.mark.parametrize("name", ["file/below", "folder", "x" * 300])
def test_a_name_that_cannot_be_used_is_the_users_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()

    with pytest.raises(UserError, match="Nothing can be written under this name"):
        write_atomic(tmp_path / name, "new")

    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


def test_a_private_file_stays_private_and_a_new_one_is_as_the_user_wants_new_files(
    tmp_path: Path, umask: int
) -> None:
    private, new = tmp_path / "private", tmp_path / "new"
    private.touch(0o600)

    write_atomic(private, "secret")
    write_atomic(new, "open")

    assert private.stat().st_mode & 0o777 == 0o600
    assert new.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_folder_appears_with_all_its_files(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "reviews" / "first"

    with new_folder(path) as temporary:
        (temporary / "data").mkdir()
        (temporary / "data" / "rows").write_text("1")
        assert not path.exists()

    assert (path / "data" / "rows").read_text() == "1"
    assert names(path.parent) == ["first"]
    assert path.stat().st_mode & 0o777 == 0o777 & ~umask


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interrupted_folder_leaves_no_trace(tmp_path: Path, interruption: type[BaseException]) -> None:
    def fill_half() -> None:
        with new_folder(tmp_path / "first") as temporary:
            (temporary / "rows").write_text("1")
            raise interruption

    with pytest.raises(interruption):
        fill_half()

    assert names(tmp_path) == []


FILLS = """
import sys
from pathlib import Path
from shipworthy.core.files import new_folder

with new_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print("filling", flush=True)
    sys.stdin.read()
"""


def filling(path: Path) -> subprocess.Popen[str]:
    """Another process that is in the middle of filling a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", FILLS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "filling\n"
    return process


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_fills_is_not(tmp_path: Path) -> None:
    with filling(tmp_path / "killed") as killed, filling(tmp_path / "living") as living:
        killed.kill()
        killed.wait()
        (tmp_path / ".mine.0123abcd.tmp").write_text("a file, not a folder of ours")
        (tmp_path / ".mine.tmp").mkdir()
        assert [name.split(".")[1] for name in names(tmp_path)] == ["killed", "living", "mine", "mine"]

        with new_folder(tmp_path / "next"):
            pass
        there = names(tmp_path)
        living.communicate("")

    assert [name.split(".")[1] for name in there[:-1]] == ["living", "mine", "mine"]
    assert living.returncode == 0
    assert names(tmp_path) == [".mine.0123abcd.tmp", ".mine.tmp", "living", "next"]
    assert names(tmp_path / "living") == ["half"]


def test_processes_that_clear_and_fill_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def fill(number: int) -> None:
        with new_folder(tmp_path / f"f{number}") as folder:
            (folder / "whole").write_text("whole")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fill, range(200)))

    assert names(tmp_path) == sorted(f"f{number}" for number in range(200))
    assert {tuple(names(tmp_path / f"f{number}")) for number in range(200)} == {("whole",)}


def test_a_finished_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "rows").write_text("old")

    first = new_folder(tmp_path / "first")

    with pytest.raises(UserError, match="'first' already exists and is never overwritten"), first:
        pass

    assert (tmp_path / "first" / "rows").read_text() == "old"


def test_a_file_that_can_be_read_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a")

    assert readable(tmp_path / "data.csv") == tmp_path / "data.csv"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("dta.csv", "There is no file 'dta.csv'.", "Did you mean 'data.csv'?"),
        ("records", "There is no file 'records'.", "Known: 'data.csv', 'folder', 'pipe'."),
        ("data.csv/rows", "There is no file 'rows'.", None),
        ("nowhere/rows", "There is no file 'rows'.", None),
        ("a\x00b", r"There is no file 'a\x00b'.", "Known: 'data.csv', 'folder', 'pipe'."),
        ("x" * 300, f"There is no file '{'x' * 300}'.", "Known: 'data.csv', 'folder', 'pipe'."),
        ("folder", "'folder' is a folder; a file is needed.", None),
        ("pipe", "'pipe' is a device or a pipe; a file is needed.", None),
    ],
)
def test_what_cannot_be_read_is_explained(tmp_path: Path, name: str, message: str, hint: str | None) -> None:
    (tmp_path / "data.csv").write_text("a")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UserError) as refusal:
        readable(tmp_path / name)

    assert (refusal.value.message, refusal.value.hint) == (message, hint)
