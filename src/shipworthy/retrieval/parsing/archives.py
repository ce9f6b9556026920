"""Office files are ZIP archives: their sizes are bounded before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from shipworthy.retrieval.parsing.building import Source, refused

__all__ = ["member", "opened_archive"]

_LARGEST = 400_000_000
"""Bytes that everything in an archive may unpack to."""
_RATIO = 200
"""A part above one megabyte may unpack to this many times its packed size; office files reach 30."""
_MOST_MEMBERS = 20_000
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError)
"""How a damaged archive fails in Python's zipfile."""


@contextmanager
def opened_archive(source: Source, what: str) -> Iterator[zipfile.ZipFile]:
    """The archive, after its sizes were looked at.

    Raises:
        DataError: it is damaged, has a password, or would unpack to more than is read.
    """
    if source.data.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(
            source,
            "has a password, or is of the old binary kind.",
            hint="Open it, and save it without a password in the present format.",
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(source.data))
    except _BROKEN as error:
        raise _damaged(source, what) from error
    with archive:
        _check(source, archive.infolist())
        yield archive


def _check(source: Source, infos: list[zipfile.ZipInfo]) -> None:
    total = sum(info.file_size for info in infos)
    dense = any(info.file_size > max(1_000_000, _RATIO * info.compress_size) for info in infos)
    if total > _LARGEST or dense or len(infos) > _MOST_MEMBERS:
        raise refused(
            source,
            f"would grow from {len(source.data) / 1e6:,.1f} to {total / 1e6:,.0f} MB, {len(infos):,} parts: "
            f"up to {_LARGEST // 10**6} MB are unpacked, and no part to more than {_RATIO} times its size.",
            hint="If the file is honest, save it again in its own program, or as PDF.",
        )
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise refused(source, "has a password.", hint="Save it without one.")


def member(source: Source, archive: zipfile.ZipFile, name: str, what: str) -> bytes | None:
    """A part's bytes, never more than the archive's directory said; None where there is no such part.

    Raises:
        DataError: it is damaged, or unpacks to more than was said.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    try:
        with archive.open(info) as stream:
            data = stream.read(info.file_size + 1)
    except _BROKEN as error:
        raise _damaged(source, what) from error
    if len(data) > info.file_size:
        raise _damaged(source, what)
    return data


def _damaged(source: Source, what: str) -> Exception:
    return refused(
        source,
        f"is not {what} that can be opened: the file is damaged or incomplete.",
        hint="Download or save it again.",
    )
