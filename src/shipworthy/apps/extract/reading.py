"""What a piece of text says as a value of a field's type: every reading of it, and where it stands.

Nothing here decides between values; it only reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from shipworthy.apps.extract.amounts import DecimalSign, decimal_sign_of, written_money, written_numbers
from shipworthy.apps.extract.dates import DateOrder, order_of_dates, written_dates
from shipworthy.apps.extract.names import addresses, emails, organisations
from shipworthy.apps.extract.schema import FieldSpec, Schema

__all__ = ["Conventions", "Reading", "conventions", "in_bounds", "says_none", "values_in"]

_NONE = re.compile(
    r"[\s*_(\[]*(?:none|n\.?\s?/?\s?a\.?|not applicable|not available|nil|no|-+|–+|—+|/|keine?|k\.?\s?a\.?|"
    r"entf[äa]llt|aucune?|n[ée]ant|ninguno|nessuno|geen|tbd|to be (?:determined|agreed|confirmed))"
    r"[\s*_.)\]]*",
    re.IGNORECASE,
)
_YES = re.compile(r"[\s*_\[(]*(?:yes|true|y|x|✓|✔|☑|☒|ja|oui|s[ií]|wahr|vrai)[\s*_\])]*", re.IGNORECASE)
_NO = re.compile(
    r"[\s*_\[(]*(?:no|false|n|✗|✘|☐|nein|non|nee|falsch|faux)[\s*_\])]*|\[\s*\]\s*", re.IGNORECASE
)
_FIRST_WORD = re.compile(r"[\s*_(\[]*(\w+)")
_LONGEST_TEXT = 300
_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a document writes dates and numbers, as far as it is known."""

    dates: DateOrder | None
    """What 03/04/2026 means in it."""
    decimal: DecimalSign | None
    """The sign before the decimals."""
    currency: str | None = None
    """The only currency in it; None where there are several, or none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value, as it is written somewhere."""

    value: Any
    """The value as JSON."""
    start: int
    """Position of its first character."""
    end: int
    """Position after its last character."""
    others: tuple[Any, ...] = ()
    """What the same words may mean as well."""


def conventions(schema: Schema, text: str) -> Conventions:
    """What the schema says, or else what the document's own dates and numbers tell."""
    sample = text[:_SAMPLE]
    currencies = {found.currency for found in written_money(sample)}
    return Conventions(
        dates=schema.dates or order_of_dates(sample),
        decimal=schema.decimal or decimal_sign_of(sample),
        currency=currencies.pop() if len(currencies) == 1 else None,
    )


def values_in(spec: FieldSpec, text: str, start: int, end: int, how: Conventions) -> Iterator[Reading]:
    """Every value of the field's type that is written in ``text[start:end]``, from the left.

    Of a text without a format it is all that is written there. Values outside of the field's bounds are
    left out.
    """
    for reading in _read(spec, text, start, end, how):
        sound = tuple(value for value in (reading.value, *reading.others) if in_bounds(spec, value))
        if sound:
            yield Reading(sound[0], reading.start, reading.end, sound[1:])


def _read(spec: FieldSpec, text: str, start: int, end: int, how: Conventions) -> Iterator[Reading]:
    match spec.kind:
        case "date":
            for found in written_dates(text, start, end):
                days = [day.isoformat() for day in found.read(how.dates)]
                yield Reading(days[0], found.start, found.end, tuple(days[1:]))
        case "number" | "integer":
            yield from _numbers(spec, text, start, end, how)
        case "money":
            yield from _money(spec, text, start, end, how)
        case "enum":
            yield from _options(spec, text, start, end)
        case "boolean":
            yield from _truth(text, start, end)
        case _:
            yield from _texts(spec, text, start, end)


def _numbers(spec: FieldSpec, text: str, start: int, end: int, how: Conventions) -> Iterator[Reading]:
    for found in written_numbers(text, start, end, decimal=how.decimal):
        if spec.format == "percentage" and not found.percent:
            continue
        readings = found.readings
        if spec.kind == "integer":
            readings = tuple(one for one in readings if one == one.to_integral_value())
        if readings:
            first, *others = map(_plain, readings)
            yield Reading(first, found.start, found.end, tuple(others))


def _money(spec: FieldSpec, text: str, start: int, end: int, how: Conventions) -> Iterator[Reading]:
    """Amounts with a currency, and numbers between them that may be amounts without one."""
    found: list[Reading] = []
    for amount in written_money(text, start, end, decimal=how.decimal):
        first, *others = ({"amount": _plain(one), "currency": amount.currency} for one in amount.readings)
        found.append(Reading(first, amount.start, amount.end, tuple(others)))
    taken = [(one.start, one.end) for one in found]
    for number in written_numbers(text, start, end, decimal=how.decimal):
        inside = any(left < number.end and number.start < right for left, right in taken)
        if not inside and not number.percent and text[number.start : number.end][-1:].isdecimal():
            value = {"amount": _plain(number.readings[0]), "currency": spec.currency or how.currency}
            found.append(Reading(value, number.start, number.end))
    yield from sorted(found, key=lambda one: one.start)


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def _options(spec: FieldSpec, text: str, start: int, end: int) -> Iterator[Reading]:
    """Values of an enum; of two that begin at the same place the longer one."""
    found: list[tuple[int, int, str]] = []
    for value, words in spec.values:
        for word in (value, *words):
            spaced = r"\s+".join(map(re.escape, word.split()))
            pattern = re.compile(rf"(?<!\w){spaced}(?!\w)", re.IGNORECASE)
            found += [(*match.span(), value) for match in pattern.finditer(text, start, end)]
    last = start
    for begin, stop, value in sorted(found, key=lambda one: (one[0], -one[1])):
        if begin >= last:
            yield Reading(value, begin, stop)
            last = stop


def _truth(text: str, start: int, end: int) -> Iterator[Reading]:
    piece = text[start:end]
    word = _FIRST_WORD.match(piece)
    for pattern, value in ((_YES, True), (_NO, False)):
        if pattern.fullmatch(piece) or (word and pattern.fullmatch(word[1]) and len(piece) < 60):
            left = start + (word.start(1) if word else 0)
            right = start + (word.end(1) if word else len(piece))
            yield Reading(value, left, right)
            return


def _texts(spec: FieldSpec, text: str, start: int, end: int) -> Iterator[Reading]:
    finder = {"organisation": organisations, "email": emails, "url": addresses}.get(spec.format or "")
    if finder is not None:
        for left, right in finder(text, start, end):
            yield Reading(text[left:right], left, right)
        return
    left, right = start, min(end, start + _LONGEST_TEXT)
    while left < right and (text[left].isspace() or text[left] in "*_`|:"):
        left += 1
    while right > left and (text[right - 1].isspace() or text[right - 1] in "*_`|,;"):
        right -= 1
    if left < right:
        yield Reading(text[left:right], left, right)


def in_bounds(spec: FieldSpec, value: Any) -> bool:
    """Whether a value is within the field's smallest and largest."""
    if spec.minimum is None and spec.maximum is None:
        return True
    size: Any = value
    if spec.kind == "money":
        size = value["amount"]
    elif spec.kind == "date":
        size = date.fromisoformat(value)
    elif spec.kind == "list":
        size = len(value)
    return (spec.minimum is None or size >= spec.minimum) and (spec.maximum is None or size <= spec.maximum)


def says_none(text: str, start: int, end: int) -> bool:
    """Whether what stands there says that there is none: ``n/a``, ``none``, a dash."""
    return end - start < 60 and _NONE.fullmatch(text, start, end) is not None
