"""From a file's bytes to text: the encoding is found out, and a guess is said."""

from __future__ import annotations

import re

from shipworthy.core.errors import DataError
from shipworthy.datasets.encoding import encoding_of
from shipworthy.retrieval.parsing.building import LONGEST_TEXT, Source, refused, too_long

__all__ = ["decoded"]

_NEWLINE = re.compile(r"\r\n?|\f")


def decoded(source: Source) -> tuple[str, tuple[str, ...]]:
    """The text with line feeds as its only line ends, and what to say about its encoding.

    Raises:
        DataError: the bytes are no text, or too much of it.
    """
    try:
        encoding = encoding_of(source.path)
    except DataError:
        raise refused(
            source,
            "is not a text file, although its name says so.",
            hint="Open it in the program that made it and save it as PDF, DOCX or text.",
        ) from None
    text = source.data.decode(encoding.name, encoding.errors).removeprefix("\ufeff")
    if len(text) > LONGEST_TEXT:
        raise too_long(source)
    problem = encoding.problem
    return _NEWLINE.sub("\n", text), () if problem is None else (f"{problem.words} {problem.done}",)
