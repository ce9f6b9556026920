"""JSON Lines files: one object a line. Nested values are kept as JSON text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.encoding import Encoding
from shipworthy.datasets.tabular import Batch, Notes, check_width

__all__ = ["read_jsonl"]

_BATCH_ROWS = 20_000
_BATCH_CHARACTERS = 16_000_000
_LONGEST_LINE = 50_000_000


def read_jsonl(path: Path, encoding: Encoding, notes: Notes) -> Iterator[Batch]:
    """Rows of a JSON Lines file: one object a line; nested values are kept as JSON text.

    Raises:
        DataError: a line or the number of columns is beyond measure.
    """
    names: dict[str, None] = {}
    rows: list[int] = []
    objects: list[dict[str, str | None]] = []
    characters = 0
    with path.open(encoding=encoding.name, errors=encoding.errors) as stream:
        for row, line in enumerate(_lines(stream, path), start=1):
            value = _json_object(line, row, notes)
            if value is None:
                continue
            names.update(dict.fromkeys(value))
            check_width(len(names), path)
            rows.append(row)
            objects.append(value)
            characters += len(line)
            if len(rows) >= _BATCH_ROWS or characters > _BATCH_CHARACTERS:
                yield _json_batch(names, rows, objects)
                rows, objects, characters = [], [], 0
    if rows:
        yield _json_batch(names, rows, objects)


def _lines(stream: IO[str], path: Path) -> Iterator[str]:
    number = 0
    while line := stream.readline(_LONGEST_LINE):
        number += 1
        if len(line) == _LONGEST_LINE:
            raise DataError(
                f"Line {number:,} of {path.name!r} is longer than {_LONGEST_LINE:,} characters.",
                where=Where(file=path, line=number),
                hint="Check that the file has one object on each line.",
            )
        yield line


def _json_batch(names: Iterable[str], rows: list[int], objects: list[dict[str, str | None]]) -> Batch:
    columns = [[value.get(name) for value in objects] for name in names]
    return Batch(tuple(names), rows, list(columns))


def _json_object(line: str, row: int, notes: Notes) -> dict[str, str | None] | None:
    if line.isspace():
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        notes.leave_out(row, f"line {row:,} is not valid JSON ({reason})")
        return None
    if not isinstance(value, dict):
        notes.leave_out(row, f"line {row:,} is {_json_kind(value)} and not an object in braces {{…}}")
        return None
    escaped = "\\u" in line
    return {_whole(key) if escaped else key: _json_text(item, escaped=escaped) for key, item in value.items()}


def _json_kind(value: object) -> str:
    kinds: dict[type, str] = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _json_text(value: object, *, escaped: bool) -> str | None:
    if isinstance(value, str):
        return _whole(value) if escaped else value
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    text = json.dumps(value, ensure_ascii=False)
    return _whole(text) if escaped else text


def _whole(text: str) -> str:
    """The text with halves of characters (lone surrogates) replaced, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
