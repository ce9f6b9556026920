"""Files of JSON Lines that only grow, one line for each thing a person did.

A line is on the disk before the next thing is asked. What a killed process left of its last line is cut
off when the next one is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from shipworthy.core.errors import DataError, EnvironmentFailure, Where
from shipworthy.core.files import readable

__all__ = ["append_lines", "read_lines"]

_LARGEST = 256 * 1024 * 1024


def append_lines(path: Path, items: Iterable[Mapping[str, Any]]) -> None:
    """Add whole lines and wait until they are on the disk.

    Raises:
        EnvironmentFailure: the disk cannot be written; what was there before is safe.
    """
    data = "".join(json.dumps(item, ensure_ascii=False, allow_nan=False) + "\n" for item in items)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as stream:
            _cut_torn_line(stream.fileno())
            stream.write(data.encode(errors="replace"))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise EnvironmentFailure(
            f"This could not be written: {error.strerror or error}.",
            where=Where(file=path),
            hint="What was written before is safe. Free some space or allow writing, then go on.",
        ) from error


def _cut_torn_line(file: int) -> None:
    size = os.fstat(file).st_size
    end = size
    while end > 0:
        start = max(0, end - 65_536)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end != size:
        os.ftruncate(file, end)


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and content of every whole line; nothing where there is no file.

    Raises:
        DataError: a line was changed by hand and is no JSON object, or the file is too large.
    """
    if not path.exists():
        return
    if readable(path).stat().st_size > _LARGEST:
        raise DataError("This file is too large to be one that was written here.", where=Where(file=path))
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):  # then a torn line, or nothing
        if not line.strip():
            continue
        try:
            item = json.loads(line.decode(errors="replace"))
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict):
            raise DataError(
                f"Line {number:,} of {path.name!r} was changed by hand and cannot be read.",
                where=Where(file=path, line=number),
                hint="Put the line right or delete it; the other lines are fine.",
            )
        yield number, item
