"""Foreign files on the disk: what kind of file it is by its content, and bounded reading of JSON.

Nothing is unpacked to a path that the file names, no reference is followed and nothing is executed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from shipworthy.core.errors import DataError, Where
from shipworthy.core.files import readable
from shipworthy.datasets.imports.fields import Place

__all__ = ["LARGEST_JSON", "LONGEST_LINE", "Source", "parsed"]

LARGEST_JSON = 256_000_000
"""Bytes of a file that is one JSON value."""
LONGEST_LINE = 32_000_000
"""Bytes of one line of a file of JSON lines."""
_MOST_LINES = 5_000_000
_HEAD = 65_536

Kind = Literal["zip", "json", "lines", "text"]


@dataclass(frozen=True)
class Source:
    """A file to import."""

    path: Path
    """Where it is."""

    @cached_property
    def head(self) -> bytes:
        """Its first bytes."""
        with readable(self.path).open("rb") as stream:
            return stream.read(_HEAD)

    @cached_property
    def kind(self) -> Kind:
        """What it is, by its content."""
        start = self.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start:
            raise DataError(f"{self.path.name!r} is empty.", where=Where(file=self.path))
        if start.startswith(b"PK"):
            return "zip"
        if not start.startswith((b"{", b"[")):
            return "text"
        return "lines" if self._first_line is not None else "json"

    @property
    def place(self) -> Place:
        """The file as a whole."""
        return Place(file=self.path)

    @cached_property
    def value(self) -> Any:
        """The JSON value that the whole file is.

        Raises:
            DataError: it is too large, not JSON, or cut off.
        """
        size = self.path.stat().st_size
        if size > LARGEST_JSON:
            raise self.place.error(
                f"{self.path.name!r} is too large for one JSON value: {size:,} bytes, "
                f"and {LARGEST_JSON:,} is the most.",
                hint="Export it in parts, or as one JSON object on each line.",
            )
        return parsed(self.path.read_bytes(), self.place)

    @property
    def first(self) -> Any:
        """The first object: of the lines, of the list, or the one there is; None for other files."""
        if self.kind == "lines":
            return self._first_line
        if self.kind != "json":
            return None
        return self.value[0] if isinstance(self.value, list) and self.value else self.value

    def objects(self) -> Iterator[tuple[Any, Place]]:
        """Every object: one a line, those of a list, those of a page of a list, or the only one.

        Raises:
            DataError: a line is too long or not JSON, or there are too many.
        """
        if self.kind == "lines":
            yield from self._lines()
            return
        value, place = self.value, self.place
        if isinstance(value, dict) and value.get("object") == "list" and isinstance(value.get("data"), list):
            value, place = value["data"], place.below("data")
        if isinstance(value, list):
            yield from ((item, place.below(position)) for position, item in enumerate(value))
        else:
            yield value, place

    def _lines(self) -> Iterator[tuple[Any, Place]]:
        with self.path.open("rb") as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE):
                number += 1
                place = Place(file=self.path, line=number)
                if len(line) == LONGEST_LINE or number > _MOST_LINES:
                    raise place.error(
                        f"This line is longer than {LONGEST_LINE:,} bytes, or beyond line {_MOST_LINES:,}."
                    )
                if line.strip():
                    yield parsed(line, place), place

    @cached_property
    def _first_line(self) -> Any:
        """The first line's object, if the file goes on after it with another value."""
        with self.path.open("rb") as stream:
            line = stream.readline(LONGEST_LINE)
            following = stream.readline(1_000).strip()
        if not following and self.path.suffix.lower() not in {".jsonl", ".ndjson"}:
            return None
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


def parsed(raw: bytes | str, place: Place) -> Any:
    """A JSON value.

    Raises:
        DataError: it is not JSON, or nested beyond measure.
    """
    try:
        return json.loads(raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw)
    except RecursionError:
        raise place.error("This JSON is nested too deeply.") from None
    except UnicodeDecodeError as error:
        raise place.error(f"This is not text in UTF-8: byte {error.start:,} cannot be read.") from None
    except ValueError as error:
        raise _not_json(error, place) from None


def _not_json(error: ValueError, place: Place) -> DataError:
    if not isinstance(error, json.JSONDecodeError):
        return place.error(f"This is not JSON that can be read: {error}.")
    line = place.line if place.line is not None else error.lineno
    where = Place(file=place.file, line=line, entry=place.entry, field=place.field)
    end = error.pos >= len(error.doc.rstrip()) - 1 or error.msg.startswith("Unterminated")
    reason = error.msg.lower().removesuffix(" starting at")
    return where.error(
        f"This is not valid JSON: {reason} at character {error.colno:,}.",
        hint="The file seems to be cut off; copy or export it again." if end else None,
    )
