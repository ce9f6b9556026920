"""Files that are either wholly there or not there at all.

A reader never sees half a file: the text is written under a temporary name in the same folder,
flushed to the disk, and renamed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shipworthy.core.errors import EnvironmentFailure, ShipworthyError, UserError, Where, nearest

__all__ = ["new_file", "new_folder", "readable", "write_atomic"]


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failure(error, path) from error


def _failure(error: OSError, path: Path) -> ShipworthyError:
    where = Where(file=path)
    if error.errno in {errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.ENOTDIR}:
        return UserError(
            f"Nothing can be written under this name: {error.strerror}.",
            where=where,
            hint="Choose another name or folder.",
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return EnvironmentFailure(
            "This folder cannot be written to.",
            where=where,
            hint="Choose another folder, or ask for write permission to this one.",
        )
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return EnvironmentFailure(
            "The disk is full, or a limit on file sizes was reached; nothing was half-written.",
            where=where,
            hint="Free some space and try again.",
        )
    return EnvironmentFailure(f"The file system refused: {error.strerror or error}.", where=where)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    """A name in the same folder that nobody uses, hidden while the work is under way."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.tmp")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name ``path`` when the block succeeds.

    On any error, an interruption included, the temporary file is removed and what was at
    ``path`` before is untouched. Who may read it stays as it was.

    Raises:
        UserError: the name cannot be used (a folder, too long, below a file).
        EnvironmentFailure: no permission, no space, or the disk failed.
    """
    temporary = _beside(path)
    try:
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.touch(exist_ok=False)
            yield temporary
            with temporary.open("rb") as stream:
                os.fsync(stream.fileno())
            if path.exists():
                temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            temporary.replace(path)
            _sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a whole file at once: text as UTF-8, a lone surrogate (which UTF-8 lacks) as its escape."""
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    with new_file(path) as temporary:
        temporary.write_bytes(data)


_BESIDE = re.compile(r"\..{1,40}\.[0-9a-f]{8}\.tmp")
_AT_ONCE = fcntl.LOCK_EX | fcntl.LOCK_NB


def _locked(folder: Path, mode: int) -> int | None:
    """A handle that locks a folder until it is closed, at the latest when the process ends."""
    with suppress(OSError):  # gone, locked by another, or on a file system without locks
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, mode)
        except OSError:
            os.close(handle)
            raise
        return handle
    return None


def _clear_leftovers(folder: Path) -> None:
    """Remove the temporary folders of processes that were killed: those that nobody holds locked."""
    with suppress(OSError):
        for child in folder.iterdir():
            if _BESIDE.fullmatch(child.name) and (handle := _locked(child, _AT_ONCE)) is not None:
                shutil.rmtree(child, ignore_errors=True)
                os.close(handle)


def _temporary_folder(path: Path) -> tuple[Path, int | None]:
    """A new folder beside ``path``, locked where the file system has locks."""
    while True:
        temporary = _beside(path)
        temporary.mkdir()
        handle = _locked(temporary, fcntl.LOCK_EX)
        if temporary.exists():  # not taken for a leftover before it was locked
            return temporary, handle
        if handle is not None:
            os.close(handle)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder to fill; it takes the name ``path`` when the block succeeds.

    What a killed process left beside ``path`` is removed first; what another process is filling
    at the moment is not.

    Raises:
        UserError: ``path`` already exists (a finished folder is never overwritten), or the name
            cannot be used.
        EnvironmentFailure: no permission, no space, or the disk failed.
    """
    temporary, handle = None, None
    try:
        with _explained(path):
            if path.exists():
                message = f"{path.name!r} already exists and is never overwritten."
                raise UserError(message, where=Where(file=path))
            path.parent.mkdir(parents=True, exist_ok=True)
            _clear_leftovers(path.parent)
            temporary, handle = _temporary_folder(path)
            yield temporary
            for child in temporary.rglob("*"):
                if child.is_file():
                    with child.open("rb") as stream:
                        os.fsync(stream.fileno())
            temporary.rename(path)
            _sync_folder(path.parent)
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def readable(path: Path) -> Path:
    """Return ``path`` if it is a file that can be read.

    Raises:
        UserError: it is missing (the nearest name in its folder is suggested), a folder, a
            device, or not readable.
    """
    where = Where(file=path)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _unreachable(path, error) from None
    if stat.S_ISDIR(mode):
        raise UserError(f"{path.name!r} is a folder; a file is needed.", where=where)
    if not stat.S_ISREG(mode):
        raise UserError(f"{path.name!r} is a device or a pipe; a file is needed.", where=where)
    if os.fsencode(path) != str(path).encode(errors="replace"):
        raise UserError("The name of this file is not text in UTF-8.", where=where, hint="Rename the file.")
    if not os.access(path, os.R_OK):
        raise UserError(f"{path.name!r} may not be read by you.", where=where)
    return path


def _unreachable(path: Path, error: OSError | ValueError) -> UserError:
    where = Where(file=path)
    if isinstance(error, PermissionError):
        return UserError(f"The folder of {path.name!r} may not be read by you.", where=where)
    siblings: list[str] = []
    with suppress(OSError, ValueError):
        siblings = sorted(child.name for child in path.parent.iterdir())
    hint = nearest(path.name, siblings) or None
    return UserError(f"There is no file {path.name!r}.", where=where, hint=hint)
