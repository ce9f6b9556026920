"""What every command does that reads JSON Lines: a result for each line, and 2 at the end if one failed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import TextIOWrapper
from typing import Any

from shipworthy.cli.output import say
from shipworthy.core.errors import UserError

__all__ = ["say_lines", "stdin_lines"]

_LONGEST = 20_000_001
"""Characters of a line that are held in memory; what a command takes of it is up to its verb."""


def stdin_lines(nothing: UserError) -> Iterator[str]:
    """The lines of standard input; of one that is too long, its beginning.

    Raises:
        UserError: ``nothing``, where somebody sits at a terminal.
    """
    if sys.stdin.isatty():
        raise nothing
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    return _bounded()


def _bounded() -> Iterator[str]:
    while line := sys.stdin.readline(_LONGEST):
        yield line
        while len(line) == _LONGEST and not line.endswith("\n"):
            line = sys.stdin.readline(_LONGEST)


def _has_error(result: Any) -> bool:
    return result.error is not None if hasattr(result, "error") else False


def say_lines(
    results: Iterable[Any],
    *,
    nothing: UserError,
    failing: str,
    failed: Callable[[Any], bool] = _has_error,
) -> None:
    """Print each result as JSON in one line, in plain ASCII, so that every character arrives as it is.

    Args:
        results: What the verb gives.
        nothing: What is wrong where it gives nothing.
        failing: What is to be said of lines that failed, such as ``gave no record``.
        failed: Whether a result is one of those.

    Raises:
        UserError: there was no line, or one of them failed.
    """
    count = wrong = 0
    for result in results:
        say(_as_line(result))
        count += 1
        wrong += failed(result)
    if count == 0:
        raise nothing
    if wrong and count == 1:
        raise UserError(f"The line {failing}; it says why.")
    if wrong:
        raise UserError(f"{wrong:,} of {count:,} lines {failing}; each of them says why.")


def _as_line(result: object) -> str:
    kind: Any = type(result)
    return json.dumps(json.loads(_layout(kind).dump_json(result)))


@cache
def _layout(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
