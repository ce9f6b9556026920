"""Tables whose cells have run together in the text of a PDF: ``Item Qty Price Shelf 3 12.50 Lamp 1 9.00``.

The head says which columns there are, and their types say where one row ends and the next begins. That needs
a column of words first and columns of numbers behind it; other tables are not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from shipworthy.apps.extract.choosing import Found
from shipworthy.apps.extract.reading import Conventions, values_in
from shipworthy.apps.extract.schema import FieldSpec, folded

__all__ = ["flowed_rows"]

_SCORE = 0.7
_NUMBER = r"[-−+]?\d[\d.,'’]*%?"
_MONEY = rf"(?:[A-Z]{{3}} |[A-Z]{{0,3}}[$€£¥] ?)?{_NUMBER}(?: ?[€$£])?"
_WORDS = r"[^\W\d_][^\n]{0,80}?"


def flowed_rows(
    item: FieldSpec, text: str, span: tuple[int, int], how: Conventions, labels: Collection[str]
) -> Iterator[Found]:
    """The rows behind every head of a table in ``text[start:end]``, as objects of ``item``."""
    for columns, begin in _heads(item, text, *span):
        if columns[0].kind == "text" and all(
            one.kind in {"number", "integer", "money"} for one in columns[1:]
        ):
            yield from _rows(item, columns, text, (begin, span[1]), how, labels)


def _heads(item: FieldSpec, text: str, start: int, end: int) -> Iterator[tuple[list[FieldSpec], int]]:
    """Runs of two or more labels of different columns with nothing between them, and where they end."""
    owners = {label: spec for spec in item.fields for label in spec.all_labels}
    words = sorted(owners, key=len, reverse=True)
    either = "|".join(r"[^\w\n]{1,3}".join(map(re.escape, word.split())) for word in words)
    run = re.compile(rf"(?<!\w)(?:{either})(?:[\s|]+(?:{either}))+(?!\w)", re.IGNORECASE)
    one = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
    for found in run.finditer(text, start, end):
        columns = [owners[folded(label[0])] for label in one.finditer(text, *found.span())]
        if len({spec.name for spec in columns}) == len(columns):
            yield columns, found.end()


def _rows(
    item: FieldSpec,
    columns: list[FieldSpec],
    text: str,
    span: tuple[int, int],
    how: Conventions,
    labels: Collection[str],
) -> Iterator[Found]:
    kinds = [_WORDS if one.kind == "text" else _MONEY if one.kind == "money" else _NUMBER for one in columns]
    row = re.compile(r"\s+" + r"\s+".join(f"({kind})" for kind in kinds) + r"(?=\s|$)")
    place, end = span
    while found := row.match(text, place, end):
        if any(folded(found[1]).startswith(label) for label in labels):
            return  # no row any more: a total, or the next label
        value, spans = {}, []
        for number, spec in enumerate(columns, start=1):
            reading = next(values_in(spec, text, *found.span(number), how), None)
            if reading is not None:
                value[spec.name] = reading.value
                spans.append((reading.start, reading.end))
        if all(spec.name in value for spec in item.fields if spec.required):
            yield Found(value, tuple(spans), _SCORE, "a row of a table whose cells have run together")
        place = found.end()
