"""JSON Lines on standard input: one value a line, bounded, and a broken line spoils no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from shipworthy.core.errors import DataError, UserError, Where

__all__ = ["GivenLine", "LineProblem", "each_line", "problem_of"]

_Result = TypeVar("_Result")
_Problem = TypeVar("_Problem")
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenLine:
    """One line, read."""

    number: int
    """Its number, from 1; empty lines count."""
    hint: str
    """What a line should be like, as a sentence."""
    value: Any = None
    """The JSON value; None where the line is none."""
    id: str | None = None
    """The ``id`` it came with; None where it has none, or could not be read."""

    @property
    def name(self) -> str:
        """Its id, or else its number."""
        return str(self.number) if self.id is None else self.id

    def where(self, field: str | None = None) -> Where:
        """The place of the line, or of one of its fields."""
        return Where(file="standard input", line=self.number, field=field)

    def bad(self, message: str, *, field: str | None = None) -> DataError:
        """The error that says what is wrong with this line."""
        return DataError(message, where=self.where(field), hint=self.hint)

    def fields(self) -> dict[str, Any]:
        """The line's object.

        Raises:
            DataError: it is another kind of value.
        """
        if not isinstance(self.value, dict):
            raise self.bad("This is not an object in braces.")
        return self.value

    def text(self) -> str:
        """The ``text`` of an object, or the line itself where it is a JSON string.

        Raises:
            DataError: there is none.
        """
        text = self.value.get("text") if isinstance(self.value, dict) else self.value
        if not isinstance(text, str):
            raise self.bad("This has no text.")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """A line that could not be used, where a result has no room to say so itself."""

    id: str | None
    """The id that it came with, where it could be read."""
    line: int
    """Its number, counted from 1."""
    error: str
    """The line, what is wrong and what to do."""


def problem_of(line: GivenLine, error: str) -> LineProblem:
    """The result of a line that could not be used."""
    return LineProblem(id=line.id, line=line.number, error=error)


def each_line(
    lines: Iterable[str],
    use: Callable[[GivenLine], _Result],
    problem: Callable[[GivenLine, str], _Problem],
    *,
    longest: int,
    hint: str,
) -> Iterator[_Result | _Problem]:
    """One result for each line that is not empty, in order.

    Args:
        lines: The lines; hostile.
        use: Makes the result of a line; a :class:`UserError` it raises is about this line alone.
        problem: Makes the result of a line that cannot be used, from the line as far as it could be read
            and a sentence that says where and why.
        longest: The most characters a line may have.
        hint: What a line should be like, as a sentence.
    """
    for number, text in enumerate(lines, start=1):
        if text.strip():
            yield _one(text, GivenLine(number=number, hint=hint), use, problem, longest)


def _one(
    text: str,
    line: GivenLine,
    use: Callable[[GivenLine], _Result],
    problem: Callable[[GivenLine, str], _Problem],
    longest: int,
) -> _Result | _Problem:
    try:
        line = _read(text.rstrip("\r\n"), line, longest)
        return use(line)
    except UserError as error:
        return problem(line, _told(line, error))


def _told(line: GivenLine, error: UserError) -> str:
    place = Where(line=line.number, field=None if error.where is None else error.where.field)
    return " ".join(filter(None, (f"L{str(place)[1:]}: {error.message}", error.hint)))


def _read(text: str, line: GivenLine, longest: int) -> GivenLine:
    if len(text) > longest:
        message = f"This is too long ({len(text):,} characters; up to {longest:,} are read)."
        raise DataError(message, where=line.where())
    try:
        value = _without_surrogates(json.loads(text.removeprefix("\ufeff"), parse_constant=_refused))
    except (ValueError, RecursionError):
        raise line.bad("This is not JSON.") from None
    given = value.get("id") if isinstance(value, dict) else None
    return GivenLine(
        number=line.number,
        hint=line.hint,
        value=value,
        id=None if given is None else str(given)[:_LONGEST_ID],
    )


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _without_surrogates(value: Any) -> Any:
    r"""The value with halves of characters, such as ``\ud83d`` alone, replaced: no file could hold them."""
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode()
    except UnicodeEncodeError:
        return json.loads(written.encode(errors="replace"))
    return value
