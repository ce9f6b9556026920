"""Numbers, percentages and money as people write them, in both conventions for the decimal sign.

``1.234`` is one thousand two hundred and thirty-four, or one and a bit: both readings are given unless
the digits, or the document's other numbers, tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

__all__ = [
    "DecimalSign",
    "WrittenMoney",
    "WrittenNumber",
    "currency_of",
    "decimal_sign_of",
    "written_money",
    "written_numbers",
]

DecimalSign = Literal[".", ","]
"""The sign before the decimals."""

# grouped, or plain; the groups are counted, so that a long run of them takes no time by its square
_NUMBER = r"(?:\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}){1,9}(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)"
_WORD_LIST = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_WORDS = {word: number for number, word in enumerate(_WORD_LIST.split())}
_NUMBER_AT = re.compile(
    rf"(?<![\w.,])(?P<open>\()?(?P<sign>[-−+]\s?)?(?P<digits>{_NUMBER})(?P<close>\))?"
    rf"(?:(?P<scale>\s?(?:thousand|million|billion|mn|mio|bn)|k)\b)?"
    rf"(?P<percent>\s?(?:%|per\s?cent\b))?(?!\w)(?![.,]\d)"
    rf"|\b(?P<word>{'|'.join(_WORDS)})\b",
    re.IGNORECASE,
)
_SCALES = {"thousand": 3, "k": 3, "million": 6, "mn": 6, "mio": 6, "m": 6, "billion": 9, "bn": 9}
_SIGNS = {
    "US$": "USD", "U.S.$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "R$": "BRL", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR",
    "₩": "KRW", "₺": "TRY", "₽": "RUB", "₪": "ILS", "zł": "PLN", "Kč": "CZK",
}  # fmt: skip
_CODE_LIST = (
    "USD EUR GBP JPY CHF CAD AUD NZD CNY RMB INR BRL SEK NOK DKK PLN CZK HUF RON BGN TRY RUB ILS ZAR MXN SGD "
    "HKD KRW THB IDR MYR PHP AED SAR"
)
_CODES = tuple(_CODE_LIST.split())
_NAMES = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds sterling": "GBP",
    "pounds": "GBP", "swiss francs": "CHF", "yen": "JPY",
}  # fmt: skip
_BEFORE = "|".join(
    [
        *(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)),
        *(f"{c}(?![A-Za-z])" for c in _CODES),
    ]
)
_AFTER = "|".join(
    [re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)]
    + [f"{code}\\b" for code in _CODES]
    + [f"{name}\\b" for name in sorted(_NAMES, key=len, reverse=True)]
)
_MONEY_AT = re.compile(
    rf"(?<![\w.,])(?P<open>\()?(?P<sign>[-−+]\s?)?(?:"
    rf"(?P<before>{_BEFORE})\s?(?P<inner>[-−+]\s?)?(?P<d1>{_NUMBER})"
    rf"(?:(?P<k1>\s?(?:thousand|million|billion|mn|mio|bn)|[km])\b)?"
    rf"|(?P<d2>{_NUMBER})"
    rf"(?:(?P<k2>\s?(?:thousand|million|billion|mn|mio|bn)|[km])\b)?\s?(?:U\.?S\.?\s)?(?P<after>{_AFTER})"
    rf")(?P<close>\))?(?:[.,][-–—]+)?(?!\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNumber:
    """A number in a text."""

    start: int
    """Position of its first character."""
    end: int
    """Position after its last character."""
    readings: tuple[Decimal, ...]
    """What it may mean: one number, or two where the decimal sign could be a thousands sign."""
    percent: bool
    """Whether a per cent sign follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenMoney:
    """An amount in a text."""

    start: int
    """Position of its first character."""
    end: int
    """Position after its last character."""
    readings: tuple[Decimal, ...]
    """What the number may mean."""
    currency: str
    """ISO 4217 code; a bare dollar sign is read as USD."""


def written_numbers(
    text: str, start: int = 0, end: int | None = None, *, decimal: DecimalSign | None = None
) -> Iterator[WrittenNumber]:
    """All numbers in ``text[start:end]``; ``decimal`` is the sign before the decimals, where it is known."""
    for found in _NUMBER_AT.finditer(text, start, len(text) if end is None else end):
        if found["word"]:
            readings: tuple[Decimal, ...] = (Decimal(_WORDS[found["word"].casefold()]),)
        else:
            negative = (found["sign"] or "")[:1] in {"-", "−"} or _in_accounts(text, found)
            readings = _scaled(_read(found["digits"], decimal), found["scale"], negative=negative)
        left = found.start("sign") if found["sign"] else found.start("digits")
        right = found.end()
        if found["word"] or _in_accounts(text, found):
            left = found.start()
        elif found["close"] and not found["scale"] and not found["percent"]:
            right = found.end("digits")
        yield WrittenNumber(start=left, end=right, readings=readings, percent=bool(found["percent"]))


def written_money(
    text: str, start: int = 0, end: int | None = None, *, decimal: DecimalSign | None = None
) -> Iterator[WrittenMoney]:
    """All amounts with a currency in ``text[start:end]``."""
    for found in _MONEY_AT.finditer(text, start, len(text) if end is None else end):
        digits, scale = (found["d1"], found["k1"]) if found["before"] else (found["d2"], found["k2"])
        closed = _in_accounts(text, found)
        minus = {(found["sign"] or "")[:1], (found["inner"] or "")[:1]} & {"-", "−"}
        readings = _scaled(_read(digits, decimal, money=True), scale, negative=closed or bool(minus))
        left = found.start() if closed or not found["open"] else found.start() + 1
        right = found.end() - (1 if found["close"] and not closed else 0)
        yield WrittenMoney(
            start=left, end=right, readings=readings, currency=currency_of(found["before"] or found["after"])
        )


def _in_accounts(text: str, found: re.Match[str]) -> bool:
    """Whether brackets mean a minus, as in accounts; in a sentence, ``five dollars ($5)``, they do not."""
    before = text[max(0, found.start() - 2) : found.start()]
    return bool(found["open"] and found["close"]) and (not before.strip(" ") or before[-1:] in "\n\t|")


def currency_of(written: str) -> str:
    """The ISO 4217 code of a sign, a code or a name."""
    folded = written.casefold()
    for sign, code in _SIGNS.items():
        if sign.casefold() == folded:
            return code
    return _NAMES.get(folded) or ("CNY" if folded == "rmb" else written.upper())


def decimal_sign_of(text: str) -> DecimalSign | None:
    """What the numbers of a text say about their decimal sign: 1.234,50 tells, 1.234 does not."""
    told = {sign for found in _NUMBER_AT.finditer(text) if (sign := _told(found["digits"] or "")) is not None}
    return told.pop() if len(told) == 1 else None


def _told(digits: str) -> DecimalSign | None:
    signs = [letter for letter in digits if letter in ".,"]
    if not signs:
        return None
    last: DecimalSign = "." if signs[-1] == "." else ","
    if len(set(signs)) == 2:
        return last
    if len(signs) > 1:
        return "," if last == "." else "."
    decimals = len(digits) - digits.rindex(last) - 1
    return last if decimals != 3 else None


def _read(digits: str, decimal: DecimalSign | None, *, money: bool = False) -> tuple[Decimal, ...]:
    bare = re.sub(r"['’\u00a0\u202f ]", "", digits)
    known = _told(bare) or decimal
    if known is not None:
        return (_value(bare, known),)
    if "." not in bare and "," not in bare:
        return (Decimal(bare),)
    sign: DecimalSign = "." if "." in bare else ","
    other: DecimalSign = "," if sign == "." else "."
    if money:  # nobody writes tenths of a cent: three digits are thousands
        return (_value(bare, other),)
    if bare[:1] in {"0", ".", ","}:
        return (_value(bare, sign),)
    return (_value(bare, other), _value(bare, sign))


def _value(bare: str, decimal: DecimalSign) -> Decimal:
    thousands = "," if decimal == "." else "."
    return Decimal(bare.replace(thousands, "").replace(",", "."))


def _scaled(readings: tuple[Decimal, ...], scale: str | None, *, negative: bool) -> tuple[Decimal, ...]:
    times = Decimal(10) ** _SCALES.get((scale or "").strip().casefold(), 0) * (-1 if negative else 1)
    return tuple(reading * times for reading in readings)
