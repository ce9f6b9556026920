"""Is a quotation in the text, and where? Exactly, or but for case and white space; nothing else counts."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

__all__ = ["Located", "located"]

_LONGEST = 4_000
_ALIKE = {
    **dict.fromkeys("'’‘", "['’‘`]"),
    **dict.fromkeys('"“”', '["“”„«»]'),
    **dict.fromkeys("-–—", "[-–—]"),
}


class Located(NamedTuple):
    """Where a quotation stands."""

    start: int
    """Position of its first character in the text."""
    end: int
    """Position after its last character."""
    match: Literal["exact", "normalised"]
    """Letter by letter, or but for case, white space and the shape of quotation marks and dashes."""


def located(quote: str, text: str, start: int = 0, end: int | None = None) -> Located | None:
    """Find a quotation in ``text[start:end]``; None where it is not there.

    The offsets are those of the text's own words, so the quotation as it is shown is always verbatim.
    """
    words = quote.strip()
    stop = len(text) if end is None else end
    if not words or len(words) > _LONGEST:
        return None
    place = text.find(words, start, stop)
    if place >= 0:
        return Located(place, place + len(words), "exact")
    pieces = words.strip("\"'“”‘’… ").split()
    if not pieces:
        return None
    pattern = r"\s+".join(
        "".join(_ALIKE.get(letter, re.escape(letter)) for letter in piece) for piece in pieces
    )
    found = re.compile(pattern, re.IGNORECASE).search(text, start, stop)
    return Located(found.start(), found.end(), "normalised") if found else None
