"""What is to be extracted: fields, their types, and the words and patterns by which they are known.

A schema is a value here; ``schema_file`` reads one from YAML or from a Pydantic class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

from shipworthy.apps.extract.amounts import DecimalSign
from shipworthy.apps.extract.dates import DateOrder
from shipworthy.core.canonical import sha256_of

__all__ = ["FieldFormat", "FieldKind", "FieldSpec", "Schema", "compiled", "folded"]

FieldKind = Literal["text", "number", "integer", "boolean", "date", "money", "enum", "list", "object"]
"""Type of a field."""
FieldFormat = Literal["organisation", "email", "url", "percentage", "sentence"]
"""What a text is (or, for ``percentage``, a number): a sentence is given whole."""


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """One field."""

    name: str
    """Its name in the schema it stands in."""
    kind: FieldKind
    """Its type."""
    required: bool = False
    """Whether a record without it is incomplete; inside an object: where there is anything of the object."""
    description: str = ""
    """What it is, in a sentence; a language model reads it."""
    labels: tuple[str, ...] = ()
    """Words beside which documents write the value; its own name is always one."""
    patterns: tuple[str, ...] = ()
    """Regular expressions: the value is group 1, or all of it. Of a boolean: what makes it true."""
    denials: tuple[str, ...] = ()
    """Regular expressions by which a document says that there is none. Of a boolean: what makes it false."""
    format: FieldFormat | None = None
    """What kind of text."""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Of an enum: each value and the other words for it."""
    minimum: Any = None
    """Smallest value (of a list: number of items)."""
    maximum: Any = None
    """Largest value."""
    default: Any = None
    """What the table of results has where nothing was found; a record never has it."""
    currency: str | None = None
    """Of money: the currency where an amount is written without one."""
    several: Literal["conflict", "first", "last"] = "conflict"
    """What to do where a document gives different values with equal reason."""
    of: FieldSpec | None = None
    """Of a list: its items."""
    fields: tuple[FieldSpec, ...] = ()
    """Of an object: what is in it."""

    @cached_property
    def all_labels(self) -> tuple[str, ...]:
        """Its labels and its own name, folded."""
        return tuple(dict.fromkeys(folded(label) for label in (*self.labels, self.name.replace("_", " "))))

    @property
    def item(self) -> FieldSpec:
        """What one value is: the items of a list, otherwise the field itself."""
        return self.of if self.kind == "list" and self.of is not None else self


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What is to be extracted from each document."""

    name: str
    """Its name."""
    fields: tuple[FieldSpec, ...]
    """Its fields, in order."""
    description: str = ""
    """What the documents are, in a sentence; a language model reads it."""
    dates: DateOrder | None = None
    """What 03/04/2026 means; None: ask the other dates of the document."""
    decimal: DecimalSign | None = None
    """The sign before the decimals; None: ask the other numbers of the document."""

    @cached_property
    def digest(self) -> str:
        """Hash of all that is in it."""
        return sha256_of(repr(self))

    def leaves(self) -> Iterator[tuple[str, FieldSpec]]:
        """The fields that have values of their own, by dotted name; a list is one of them."""
        yield from _leaves(self.fields, "")


def _leaves(fields: tuple[FieldSpec, ...], before: str) -> Iterator[tuple[str, FieldSpec]]:
    for spec in fields:
        if spec.kind == "object":
            yield from _leaves(spec.fields, f"{before}{spec.name}.")
        else:
            yield f"{before}{spec.name}", spec


def folded(words: str) -> str:
    """Words without case, punctuation and extra space, as labels are compared."""
    return re.sub(r"[^\w%&/+#]+", " ", words).strip().casefold()


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a schema: without case, and a space in it is any run of white space.

    Raises:
        re.error: it is not a regular expression.
    """
    pieces: list[str] = []
    in_class = False
    for found in re.finditer(r"\\.|\[\^?\]?|\]|[^\\]", pattern, re.DOTALL):
        piece = found[0]
        if piece == " " and not in_class and pattern[found.end() : found.end() + 1] not in set("*+?{"):
            piece = r"\s+"
        elif in_class:
            in_class = piece != "]"
        else:
            in_class = piece.startswith("[")
        pieces.append(piece)
    if pattern.endswith("\\") and not "".join(pieces).endswith("\\"):
        pieces.append("\\")  # the compiler says what is wrong with it
    return re.compile("".join(pieces), re.IGNORECASE | re.MULTILINE)
