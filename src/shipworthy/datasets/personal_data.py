"""Personal data in texts: e-mail addresses, phone numbers, cards, accounts, national numbers.

Whatever has a check digit is checked, so that order numbers, dates and prices are not taken for
people. The search finds what follows a pattern; it cannot find names or stories, and finding
nothing is no proof that there is nothing. What is found is never repeated in full.
"""

# ruff: noqa: S608 - table and column names are made by us; the pattern is a literal of ours
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shipworthy.datasets.check_digits import (
    digits,
    is_card,
    is_codice_fiscale,
    is_cpf,
    is_dni,
    is_german_tax_number,
    is_iban,
    is_insee,
    is_nino,
    is_pesel,
    is_ssn,
)
from shipworthy.datasets.problem import RowTally, counted, row_list
from shipworthy.datasets.table import Table

__all__ = ["Kind", "PersonalData", "Sighting", "find_personal_data", "masked", "sightings"]

Kind = Literal["e-mail address", "phone number", "payment card", "bank account", "national number"]

_WORTH_A_LOOK = (
    "@|(?:[0-9][^0-9]{0,3}){7}[0-9]|[A-Z]-?[0-9]{6}|(?:[0-9]{2} ){3}[A-D]|[A-Z][0-9]{2}[A-Z][0-9]{2}[A-Z]"
)
_PLAIN_NUMBER = "[0-9]{1,10}"
_PLACES = re.compile(r"@|\d(?:\D{0,6}\d){5,}", re.ASCII)
_AROUND_NUMBER = 24
_AROUND_MAIL = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One place in a text that looks like personal data."""

    kind: Kind
    """What it looks like."""
    name: str
    """Its exact name, such as the country's number."""
    start: int
    """Where it begins in the text."""
    end: int
    """Where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """One kind of personal data in one column."""

    kind: Kind
    """What it looks like."""
    names: tuple[str, ...]
    """The exact names that occur, such as the countries' numbers."""
    column: str
    """The column."""
    count: int
    """Rows that hold it."""
    rows: tuple[int, ...]
    """The first of these rows, numbered as a spreadsheet shows them."""
    example: str
    """One of them with most characters masked."""
    file: str | None = None
    """The file's name."""

    def __str__(self) -> str:
        what = self.kind if self.names == (self.kind,) else f"{self.kind} ({', '.join(self.names)})"
        article = "an" if what.startswith("e") else "a"
        return (
            f"{counted(self.count, 'row has', 'rows have')} what looks like {article} {what} in column "
            f"{self.column!r}, for example {self.example} ({row_list(self.rows, self.count)})."
        )


# --- phone numbers -----------------------------------------------------------------------------

_DATE = re.compile(
    r"(?<!\d)(\d{1,2}[-/. ]\d{1,2}[-/. ](19|20)\d\d|(19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2})(?!\d)"
)


def _is_phone(text: str) -> bool:
    numbers = digits(text)
    return 8 <= len(numbers) <= 15 and len(set(numbers)) > 2 and not _DATE.search(text)


def _is_national_phone(text: str) -> bool:
    return 9 <= len(digits(text)) <= 12 and _is_phone(text)


def _is_mail(text: str) -> bool:
    name, _, domain = text.lower().partition("@")
    last = domain.rsplit(".", 1)[-1]
    picture = last in {"png", "jpg", "jpeg", "gif", "svg", "webp"}
    example = re.search(r"(^|\.)example(\.(com|org|net))?$", domain) is not None
    return not (picture or example or last in {"invalid", "test", "localhost"} or name == "git")


# --- the search --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Detector:
    kind: Kind
    name: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]


def _detector(kind: Kind, name: str, pattern: str, valid: Callable[[str], bool]) -> _Detector:
    return _Detector(kind, name, re.compile(pattern, re.ASCII), valid)


_NO_DIGIT = r"(?<![\w.,+/=#-])"
_NO_GROUP = _NO_DIGIT + r"(?<!\d[ -])"
_NO_MORE = r"(?![\w-]|[.,]\d)"
_DETECTORS = (
    _detector(
        "e-mail address",
        "e-mail address",
        r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])",
        _is_mail,
    ),
    _detector(
        "bank account",
        "IBAN",
        r"(?<!\w)[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?!\w)",
        is_iban,
    ),
    _detector("payment card", "payment card", _NO_DIGIT + r"\d(?:[ -]?\d){12,18}" + _NO_MORE, is_card),
    _detector(
        "national number",
        "French social security number",
        _NO_DIGIT + r"[12] ?\d\d ?[01]\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d" + _NO_MORE,
        is_insee,
    ),
    _detector(
        "national number", "US social security number", _NO_DIGIT + r"\d{3}-\d\d-\d{4}" + _NO_MORE, is_ssn
    ),
    _detector(
        "national number",
        "UK national insurance number",
        r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)",
        is_nino,
    ),
    _detector(
        "national number",
        "Spanish DNI or NIE",
        r"(?<![\w.,-])(?:\d{8}|\d\d\.\d{3}\.\d{3}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z](?!\w)",
        is_dni,
    ),
    _detector(
        "national number",
        "Italian codice fiscale",
        r"(?<!\w)[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z](?!\w)",
        is_codice_fiscale,
    ),
    _detector("national number", "Brazilian CPF", _NO_DIGIT + r"\d{3}\.\d{3}\.\d{3}-\d\d" + _NO_MORE, is_cpf),
    _detector("national number", "Polish PESEL", _NO_DIGIT + r"\d{11}" + _NO_MORE, is_pesel),
    _detector(
        "national number",
        "German tax number",
        _NO_DIGIT + r"[1-9]\d(?: ?\d{3}){3}" + _NO_MORE,
        is_german_tax_number,
    ),
    _detector(
        "phone number",
        "phone number",
        r"(?<![\w+])(?<!\d[ -])(?:\+|00(?=[1-9]\d{0,2}[ (.-]))[1-9]\d{0,2}(?:[ ().-]{0,3}\d){6,14}"
        + _NO_MORE,
        _is_phone,
    ),
    _detector(
        "phone number",
        "phone number",
        _NO_GROUP + r"(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}" + _NO_MORE,
        _is_phone,
    ),
    _detector(
        "phone number",
        "phone number",
        r"(?<![\w.,+/:-])(?<!\d[ -])\(?0[1-9]\d{0,3}\)?(?:[ /-]\d{2,8}){1,4}(?![\w/:-])",
        _is_national_phone,
    ),
    _detector("phone number", "phone number", r"(?<![\w.,+/-])0[1-9](?:\.\d\d){4}" + _NO_MORE, _is_phone),
    _detector(
        "phone number",
        "phone number",
        r"(?i)\b(?:phone|mobile|cell|tel)(?: number| no)?[.: ]{1,3}(?P<value>\(?\d(?:[ ().-]{0,2}\d){6,13})"
        + _NO_MORE,
        _is_phone,
    ),
)


def sightings(text: str) -> list[Sighting]:
    """Everything in a text that looks like personal data, in order; no character counts twice."""
    found: list[Sighting] = []
    windows = _windows(text)
    for detector in _DETECTORS:
        new = [sighting for window in windows for sighting in _seen_by(detector, text, window)]
        found += new
        text = _without(text, new)
    return sorted(found, key=lambda sighting: sighting.start)


def _windows(text: str) -> list[tuple[int, int]]:
    """The parts of a text where numbers or an @ are, with what surrounds them; the rest is passed over."""
    windows: list[tuple[int, int]] = []
    for match in _PLACES.finditer(text):
        around = _AROUND_MAIL if match.group() == "@" else _AROUND_NUMBER
        start, end = max(0, match.start() - around), match.end() + around
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _seen_by(detector: _Detector, text: str, window: tuple[int, int]) -> Iterator[Sighting]:
    part = detector.pattern.groupindex.get("value", 0)
    for match in detector.pattern.finditer(text, *window):
        if detector.valid(match.group(part)):
            start, end = match.span(part)
            yield Sighting(kind=detector.kind, name=detector.name, start=start, end=end)


def _without(text: str, taken: Sequence[Sighting]) -> str:
    """The text with what was found blotted out, so that places stay the same."""
    pieces: list[str] = []
    last = 0
    for sighting in taken:
        pieces += [text[last : sighting.start], "\0" * (sighting.end - sighting.start)]
        last = sighting.end
    return "".join([*pieces, text[last:]])


def masked(value: str) -> str:
    """A value with every letter and digit hidden except the last two (for an e-mail: the ending)."""
    shown = len(value) - value.rfind(".") if "@" in value else 2
    hidden = re.sub(r"\w", "•", value[:-shown])
    return hidden + value[-shown:]


class _Tally:
    def __init__(self) -> None:
        self.rows = RowTally()
        self.names: set[str] = set()
        self.example = ""

    def add(self, row: int, value: str, name: str) -> None:
        self.example = self.example or masked(value)
        self.names.add(name)
        self.rows.add(row)


def find_personal_data(table: Table, columns: Sequence[str] | None = None) -> tuple[PersonalData, ...]:
    """Search columns of a table (all of them if None) for personal data.

    Returns:
        One entry per column and kind that occurs, the most frequent first.
    """
    tallies: dict[tuple[str, Kind], _Tally] = {}
    for column in table.columns if columns is None else columns:
        for row, text in _worth_a_look(table, column):
            seen = {sighting.kind: sighting for sighting in reversed(sightings(text))}
            for kind, sighting in seen.items():
                value = text[sighting.start : sighting.end]
                tallies.setdefault((column, kind), _Tally()).add(row, value, sighting.name)
    found = [
        PersonalData(
            kind=kind,
            names=tuple(sorted(tally.names)),
            column=column,
            count=tally.rows.count,
            rows=tally.rows.first,
            example=tally.example,
            file=table.path.name,
        )
        for (column, kind), tally in tallies.items()
    ]
    return tuple(sorted(found, key=lambda entry: -entry.count))


def _worth_a_look(table: Table, column: str) -> Iterator[tuple[int, str]]:
    name = table.sql(column)
    query = (
        f"SELECT row, {name} FROM {table.name} WHERE regexp_matches({name}, '{_WORTH_A_LOOK}') "
        f"AND NOT regexp_full_match({name}, '{_PLAIN_NUMBER}')"
    )
    for rows in table.store.stream(query, size=1_000):
        yield from rows
