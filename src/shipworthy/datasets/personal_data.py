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

from shipworthy.datasets.problem import Rows, row_list
from shipworthy.datasets.table import Table

__all__ = ["Kind", "PersonalData", "Sighting", "find_personal_data", "masked", "sightings"]

Kind = Literal["e-mail address", "phone number", "payment card", "bank account", "national number"]

_WORTH_A_LOOK = "@|(?:[0-9][^0-9]{0,3}){5}[0-9]"


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
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        what = self.kind if self.names == (self.kind,) else f"{self.kind} ({', '.join(self.names)})"
        return (
            f"{rows} of column {self.column!r} hold what looks like a {what}, for example {self.example} "
            f"({row_list(self.rows, self.count)})."
        ).replace(" a e-mail", " an e-mail")


# --- check digits ------------------------------------------------------------------------------


def _digits(text: str) -> list[int]:
    return [int(character) for character in text if character in "0123456789"]


def _luhn(numbers: Sequence[int]) -> bool:
    doubled = [2 * n - 9 * (n > 4) if place % 2 else n for place, n in enumerate(reversed(numbers))]
    return sum(doubled) % 10 == 0


_CARDS: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"4", (13, 16, 19)),
    (r"5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720", (16,)),
    (r"3[47]", (15,)),
    (r"6011|65|64[4-9]", (16, 19)),
    (r"36|38|30[0-5]", (14,)),
    (r"35(2[89]|[3-8]\d)", (16,)),
    (r"62", (16, 17, 18, 19)),
)


def _is_card(text: str) -> bool:
    numbers = _digits(text)
    plain = "".join(map(str, numbers))
    known = any(len(plain) in lengths and re.match(start, plain) for start, lengths in _CARDS)
    return known and len(set(plain)) > 1 and _luhn(numbers)


_IBAN_LENGTHS = {
    entry[:2]: int(entry[2:])
    for entry in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 "
        "QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
    ).split()
}


def _is_iban(text: str) -> bool:
    plain = re.sub(r"[ -]", "", text).upper()
    if _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_ssn(text: str) -> bool:
    area, group, serial = text[:3], text[4:6], text[7:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def _is_nino(text: str) -> bool:
    return text[:2].upper() not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def _is_insee(text: str) -> bool:
    plain = re.sub(r"[ .]", "", text).upper()
    body = plain[:-2].replace("2A", "19").replace("2B", "18")
    return plain[3:5] <= "12" and 97 - int(body) % 97 == int(plain[-2:])


def _is_dni(text: str) -> bool:
    plain = re.sub(r"[ .-]", "", text).upper()
    number = {"X": "0", "Y": "1", "Z": "2"}.get(plain[0], plain[0]) + plain[1:-1]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == plain[-1]


def _is_german_tax_number(text: str) -> bool:
    numbers = _digits(text)
    repeats = sorted(numbers[:10].count(n) for n in set(numbers[:10]))
    if repeats[-1] not in {2, 3} or repeats[-2:-1] == [2] or repeats[-2:-1] == [3]:
        return False
    product = 10
    for number in numbers[:10]:
        total = (number + product) % 10 or 10
        product = 2 * total % 11
    return (11 - product) % 10 == numbers[10]


_ODD_VALUES = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]
        + [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
        strict=True,
    )
)


def _is_codice_fiscale(text: str) -> bool:
    plain = text.upper()
    odd = sum(_ODD_VALUES[character] for character in plain[0:15:2])
    even = sum(int(c) if c.isdigit() else ord(c) - ord("A") for c in plain[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == plain[15]


def _weighted(numbers: Sequence[int], weights: Sequence[int]) -> int:
    return sum(number * weight for number, weight in zip(numbers, weights, strict=False))


def _is_pesel(text: str) -> bool:
    numbers = _digits(text)
    month, day = int(text[2:4]) % 20, int(text[4:6])
    return 1 <= month <= 12 and 1 <= day <= 31 and _weighted(numbers, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def _is_cpf(text: str) -> bool:
    numbers = _digits(text)
    first = _weighted(numbers[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(numbers[:10], range(11, 1, -1)) * 10 % 11 % 10
    return len(set(numbers)) > 1 and numbers[9:] == [first, second]


# --- phone numbers -----------------------------------------------------------------------------

_DATE = re.compile(r"(?<!\d)(\d{1,2}[-/. ]\d{1,2}[-/. ](19|20)\d\d|(19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2})(?!\d)")


def _is_phone(text: str) -> bool:
    numbers = _digits(text)
    return 8 <= len(numbers) <= 15 and len(set(numbers)) > 2 and not _DATE.search(text)


def _is_national_phone(text: str) -> bool:
    return 9 <= len(_digits(text)) <= 12 and _is_phone(text)


def _is_mail(text: str) -> bool:
    name, _, domain = text.lower().partition("@")
    last = domain.rsplit(".", 1)[-1]
    picture = last in {"png", "jpg", "jpeg", "gif", "svg", "webp"}
    example = re.search(r"(^|\.)example(\.(com|org|net))?$", domain) or last in {"invalid", "test", "localhost"}
    return not (picture or example or name == "git")


# --- the search --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Detector:
    kind: Kind
    name: str
    pattern: re.Pattern[str]
    valid: Callable[[str], bool]


def _detector(kind: Kind, name: str, pattern: str, valid: Callable[[str], bool]) -> _Detector:
    return _Detector(kind, name, re.compile(pattern), valid)


_NO_DIGIT = r"(?<![\w.,+-])"
_NO_MORE = r"(?![\w-]|[.,]\d)"
_DETECTORS = (
    _detector(
        "e-mail address",
        "e-mail address",
        r"(?<![\w.%+-])[\w.%+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w-])",
        _is_mail,
    ),
    _detector(
        "bank account", "IBAN", r"(?<!\w)[A-Z]{2}\d\d(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?!\w)", _is_iban
    ),
    _detector("payment card", "payment card", _NO_DIGIT + r"\d(?:[ -]?\d){12,18}" + _NO_MORE, _is_card),
    _detector(
        "national number",
        "French social security number",
        _NO_DIGIT + r"[12] ?\d\d ?[01]\d ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d" + _NO_MORE,
        _is_insee,
    ),
    _detector(
        "national number", "US social security number", _NO_DIGIT + r"\d{3}-\d\d-\d{4}" + _NO_MORE, _is_ssn
    ),
    _detector(
        "national number",
        "UK national insurance number",
        r"(?<!\w)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)",
        _is_nino,
    ),
    _detector(
        "national number",
        "Spanish DNI or NIE",
        r"(?<![\w.,-])(?:\d{8}|\d\d\.\d{3}\.\d{3}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z](?!\w)",
        _is_dni,
    ),
    _detector(
        "national number",
        "Italian codice fiscale",
        r"(?<!\w)[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z](?!\w)",
        _is_codice_fiscale,
    ),
    _detector(
        "national number", "Brazilian CPF", _NO_DIGIT + r"\d{3}\.\d{3}\.\d{3}-\d\d" + _NO_MORE, _is_cpf
    ),
    _detector("national number", "Polish PESEL", _NO_DIGIT + r"\d{11}" + _NO_MORE, _is_pesel),
    _detector(
        "national number",
        "German tax number",
        _NO_DIGIT + r"[1-9]\d(?: ?\d{3}){3}" + _NO_MORE,
        _is_german_tax_number,
    ),
    _detector(
        "phone number", "phone number", r"(?<![\w+])(?<!\d[ -])(?:\+|00)[1-9]\d{0,2}(?:[ ().-]{0,3}\d){6,14}" + _NO_MORE, _is_phone
    ),
    _detector(
        "phone number",
        "phone number",
        r"(?<![\w.,+/-])(?<!\d[ -])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}" + _NO_MORE,
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
    for detector in _DETECTORS:
        new = list(_seen_by(detector, text))
        found += new
        text = _without(text, new)
    return sorted(found, key=lambda sighting: sighting.start)


def _seen_by(detector: _Detector, text: str) -> Iterator[Sighting]:
    part = detector.pattern.groupindex.get("value", 0)
    for match in detector.pattern.finditer(text):
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
        self.rows = Rows()
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
    query = f"SELECT row, {name} FROM {table.name} WHERE regexp_matches({name}, '{_WORTH_A_LOOK}')"
    for rows in table.store.stream(query, size=1_000):
        yield from rows
