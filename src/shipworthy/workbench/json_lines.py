"""JSON Lines on standard input: one value a line, bounded, and errors that name the line."""

from __future__ import annotations

import json
from typing import Any

from shipworthy.core.errors import DataError

__all__ = ["object_in", "value_in"]


def value_in(line: str, number: int, *, longest: int, hint: str = "") -> Any:
    """The JSON value of a line.

    Args:
        line: The line; hostile.
        number: Its number, from 1.
        longest: The most characters it may have.
        hint: What a line should be like, as a sentence that follows the error's own.

    Raises:
        DataError: it is too long or no JSON.
    """
    if len(line) > longest:
        raise DataError(f"Line {number:,} is too long ({len(line):,} letters).")
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(f"Line {number:,} is not JSON. {hint}".rstrip()) from None


def object_in(line: str, number: int, *, longest: int, hint: str = "") -> dict[str, Any]:
    """The JSON object of a line; arguments are those of :func:`value_in`.

    Raises:
        DataError: it is too long, no JSON, or another kind of value.
    """
    value = value_in(line, number, longest=longest, hint=hint)
    if not isinstance(value, dict):
        raise DataError(f"Line {number:,} is not an object in braces. {hint}".rstrip())
    return value
