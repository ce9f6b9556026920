"""Dates as people write them, and every way a written date can be read.

``03/04/2026`` is the third of April or the fourth of March: both readings are given, and whoever asks
decides by what else the document says. Month names are known in English, German, French, Spanish,
Italian, Portuguese and Dutch.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

__all__ = ["DateOrder", "WrittenDate", "order_of_dates", "written_dates"]

DateOrder = Literal["day first", "month first"]
"""What 03/04/2026 means."""

_MONTHS = (
    "january jan januar janvier janv enero gennaio janeiro januari jänner",
    "february feb februar fevrier fevr febrero febbraio fevereiro februari",
    "march mar märz maerz mrz mars marzo março maart",
    "april apr avril abril aprile avr",
    "may mai mayo maggio maio mei",
    "june jun juni juin junio giugno junho",
    "july jul juli juillet juil julio luglio julho",
    "august aug aout agosto augustus",
    "september sep sept septembre septiembre settembre setembro",
    "october oct oktober okt octobre octubre ottobre outubro",
    "november nov novembre noviembre novembro",
    "december dec dezember dez decembre diciembre dicembre dezembro",
)


def _plain(word: str) -> str:
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", word.casefold())
        if not unicodedata.combining(letter)
    )


_NUMBER_OF = {_plain(name): number for number, names in enumerate(_MONTHS, start=1) for name in names.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDate:
    """A date in a text."""

    start: int
    """Position of its first character."""
    end: int
    """Position after its last character."""
    readings: tuple[date, ...]
    """What it may mean: one day, or two where day and month could be exchanged; day first is first."""

    def read(self, order: DateOrder | None) -> tuple[date, ...]:
        """Its readings when the order of day and month is known (None: it is not)."""
        if order is None or len(self.readings) == 1:
            return self.readings
        return self.readings[:1] if order == "day first" else self.readings[1:]


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted({name for names in _MONTHS for name in names.split()} | set(_NUMBER_OF), key=len)
    words = "|".join(re.escape(name) for name in reversed(names))
    accented = words + "|f[ée]vrier|f[ée]vr|ao[ûu]t|d[ée]cembre|d[ée]c"
    ordinal = r"s\s?t|n\s?d|r\s?d|t\s?h"  # scanned texts tear them apart
    return re.compile(
        rf"""(?<![\w/.])(?:
            (?P<y1>\d{{4}})(?P<s1>[-/.])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})(?=T\d|[^\w-]|$)
          | (?P<a2>\d{{1,2}})(?P<s2>[-/.])(?P<b2>\d{{1,2}})(?P=s2)(?P<y2>\d{{4}}|'?\d{{2}})(?!\d|[/.-]\d)
          | (?P<d3>\d{{1,2}})(?:\s?(?:{ordinal}|er|º|\.))?
            (?:\s+day\s+of\s+|\s+(?:de|of|d[iu])\s+|[\s-]\s*|(?<=\.))
            (?P<m3>{accented})\b\.?(?:\s+(?:de|del|of)\s+|\s*,\s*|[\s-]\s*)
            (?P<y3>\d{{4}}|'\d{{2}}|(?<=-)\d{{2}})(?!\d)
          | (?P<m4>{accented})\b\.?\s*(?P<d4>\d{{1,2}})(?:\s?(?:{ordinal}))?
            (?:\s*,\s*|\s+)(?P<y4>\d{{4}})(?!\d)
        )""",
        re.VERBOSE | re.IGNORECASE,
    )


def written_dates(text: str, start: int = 0, end: int | None = None) -> Iterator[WrittenDate]:
    """All dates with a year in ``text[start:end]``, from the left.

    Years of two digits are 1969 to 2068, as in POSIX. With dots between numbers the day is first; with
    slashes or hyphens both orders are possible.
    """
    for found in _pattern().finditer(text, start, len(text) if end is None else end):
        if readings := tuple(_readings(found)):
            yield WrittenDate(start=found.start(), end=found.end(), readings=readings)


def order_of_dates(text: str) -> DateOrder | None:
    """What the dates of a text say about their own order: 25/12/2026 tells, 03/04/2026 does not.

    None where none tells, or where they contradict each other.
    """
    orders = {order for found in _pattern().finditer(text) if (order := _told(found)) is not None}
    return orders.pop() if len(orders) == 1 else None


def _told(found: re.Match[str]) -> DateOrder | None:
    if found["a2"] is None or found["s2"] == ".":
        return None
    first, second = int(found["a2"]), int(found["b2"])
    if 12 < first <= 31 and second <= 12:
        return "day first"
    return "month first" if 12 < second <= 31 and first <= 12 else None


def _readings(found: re.Match[str]) -> Iterator[date]:
    if found["y1"]:
        yield from _day(found["y1"], int(found["m1"]), int(found["d1"]))
    elif found["m3"]:
        yield from _day(found["y3"], _NUMBER_OF[_plain(found["m3"])], int(found["d3"]))
    elif found["m4"]:
        yield from _day(found["y4"], _NUMBER_OF[_plain(found["m4"])], int(found["d4"]))
    else:
        first, second = int(found["a2"]), int(found["b2"])
        yield from _day(found["y2"], second, first)
        if found["s2"] != "." and first != second:
            yield from _day(found["y2"], first, second)


def _day(year: str, month: int, day: int) -> Iterator[date]:
    number = int(year.lstrip("'"))
    if number < 100:
        number += 1900 if number >= 69 else 2000
    try:
        yield date(number, month, day)
    except ValueError:
        return
