"""Objects of foreign JSON: every value is asked for by name and kind, and what nobody asked for is counted.

So a value of the wrong kind is an error that names file, line and field, and nothing is dropped in silence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.imports.artefact import Notes

__all__ = ["LONGEST_TEXT", "Fields", "Place", "as_text", "bounded", "opened"]

LONGEST_TEXT = 1_000_000
"""Characters in one text that is carried over."""

_LARGEST_COUNT = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a foreign file something stands."""

    file: Path
    """The file."""
    line: int | None = None
    """The line, for formats that have one object on each."""
    entry: str = ""
    """The file inside an archive."""
    field: str = ""
    """Dotted name, with positions."""
    pattern: str = ""
    """The same with ``[]`` for positions."""

    def below(self, name: str | int) -> Place:
        """The place of a member."""
        if isinstance(name, int):
            return replace(self, field=f"{self.field}[{name}]", pattern=f"{self.pattern}[]")
        short = name if len(name) <= 60 else name[:59] + "…"
        return replace(
            self,
            field=f"{self.field}.{short}".lstrip("."),
            pattern=f"{self.pattern}.{short}".lstrip("."),
        )

    def error(self, words: str, *, hint: str | None = None) -> DataError:
        """An error about this place."""
        field = f"{self.entry}: {self.field}".strip(": ") if self.entry else self.field
        return DataError(words, where=Where(file=self.file, line=self.line, field=field or None), hint=hint)

    def wrong(self, value: object, wanted: str) -> DataError:
        """An error about a value of the wrong kind."""
        shown = json.dumps(value, ensure_ascii=True, default=str)
        short = shown if len(shown) <= 60 else shown[:59] + "…"
        return self.error(f"{wanted} is expected here, but it is {_kind(value)}: {short}.")


def _kind(value: object) -> str:
    kinds: dict[type, str] = {
        bool: "true or false",
        dict: "an object",
        list: "a list",
        str: "a text",
        type(None): "nothing",
    }
    return kinds.get(type(value), "a number")


class Fields:
    """One object of a foreign file."""

    def __init__(self, value: object, place: Place, notes: Notes) -> None:
        if not isinstance(value, dict):
            raise place.wrong(value, "An object")
        self.value: Mapping[str, Any] = value
        self.place = place
        self.notes = notes
        self._seen: set[str] = set()
        self._below: dict[str, Fields] = {}

    def __contains__(self, name: str) -> bool:
        return self.value.get(name) is not None

    def any(self, name: str) -> Any:
        """A value of whatever kind; None if it is absent."""
        self._seen.add(name)
        return self.value.get(name)

    def skip(self, *names: str) -> None:
        """Pass over members that say again what others say."""
        self._seen.update(names)

    def skip_all(self) -> None:
        """Pass over everything in it."""
        self._seen.update(self.value)

    def text(self, name: str) -> str | None:
        """A text; None if it is absent."""
        value = self.any(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.place.below(name).wrong(value, "A text")
        return bounded(value, self.place.below(name))

    def number(self, name: str) -> float | None:
        """A number that is not negative; None if it is absent or not finite."""
        value = self.any(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.place.below(name).wrong(value, "A number")
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if value < 0 or value > _LARGEST_COUNT:
            raise self.place.below(name).wrong(value, "A number from 0 to 2^53")
        return float(value)

    def count(self, name: str) -> int | None:
        """A whole number; None if it is absent."""
        value = self.number(name)
        if value is not None and not value.is_integer():
            raise self.place.below(name).wrong(value, "A whole number")
        return None if value is None else int(value)

    def flag(self, name: str) -> bool | None:
        """True or false; None if it is absent."""
        value = self.any(name)
        if value is not None and not isinstance(value, bool):
            raise self.place.below(name).wrong(value, "True or false")
        return value

    def object(self, name: str) -> Fields:
        """An object; an empty one if it is absent."""
        value = self.any(name)
        if name not in self._below:
            place = self.place.below(name)
            self._below[name] = Fields({} if value is None else value, place, self.notes)
        return self._below[name]

    def items(self, name: str) -> list[Any]:
        """A list; an empty one if it is absent."""
        value = self.any(name)
        if value is not None and not isinstance(value, list):
            raise self.place.below(name).wrong(value, "A list")
        return value or []

    def objects(self, name: str) -> Iterator[Fields]:
        """The objects of a list, one after the other; each is closed when the next is asked for."""
        place = self.place.below(name)
        for position, value in enumerate(self.items(name)):
            with opened(value, place.below(position), self.notes) as found:
                yield found

    def texts(self, name: str) -> dict[str, str]:
        """An object as texts: other values as JSON, absent ones left out."""
        place = self.place.below(name)
        return {
            key: as_text(value, place.below(key))
            for key, value in self.object(name).every()
            if value is not None
        }

    def every(self) -> list[tuple[str, Any]]:
        """All members."""
        self._seen.update(self.value)
        return list(self.value.items())

    def close(self) -> None:
        """Count what nobody asked for."""
        for below in self._below.values():
            below.close()
        for name, value in self.value.items():
            if name not in self._seen and value not in (None, "", [], {}):
                self.notes.leave(self.place.below(name).pattern)


@contextmanager
def opened(value: object, place: Place, notes: Notes) -> Iterator[Fields]:
    """An object that is closed when the block ends well."""
    found = Fields(value, place, notes)
    yield found
    found.close()


def bounded(text: str, place: Place) -> str:
    """The text, without halves of characters.

    Raises:
        DataError: it is longer than ``LONGEST_TEXT``.
    """
    if len(text) > LONGEST_TEXT:
        raise place.error(f"This text has {len(text):,} characters; {LONGEST_TEXT:,} can be carried over.")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_text(value: Any, place: Place) -> str:
    """A value as the text of one cell."""
    if isinstance(value, str):
        return bounded(value, place)
    try:
        return bounded(json.dumps(value, ensure_ascii=False), place)
    except RecursionError:
        raise place.error("This value is nested too deeply.") from None
