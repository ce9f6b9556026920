"""Pay in a posting: amounts, currency and period in the posting's own words. Nothing is converted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Pay", "pay_in"]

Period = Literal["year", "month", "day", "hour"]
_SIGN = r"(?:US|CA|AU|NZ|C|A|S|HK)?\$|€|£|₹|¥|zł"
_CODE = r"USD|CAD|AUD|NZD|SGD|HKD|EUR|GBP|CHF|INR|JPY|SEK|NOK|DKK|PLN|BRL|MXN|ILS|AED|ZAR|Euro|euros?"
_UNIT = rf"(?:{_SIGN}|(?:{_CODE})\b)"
_NUMBER = r"\d{1,3}(?:[.,'’ ]\d{2,3})+(?:[.,]\d{2})?|\d{1,7}(?:[.,]\d{1,2})?"
_AMOUNT = (
    rf"(?:{_UNIT}\s{{0,2}})*(?P<NAME>{_NUMBER})\s?(?P<NAMEk>[kK]\b|L(?:PA)?\b|lakhs?\b)?(?:\s{{0,2}}{_UNIT})?"
)


def _amount(name: str) -> str:
    return _AMOUNT.replace("NAME", name)


_TO = r"[\s*]{0,4}(?:-|–|—|‑|to|and|bis|und|up to)[\s*]{0,4}"
_RANGE = re.compile(rf"(?<![\w.,])(?P<all>{_amount('low')}{_TO}{_amount('high')})")
_SINGLE = re.compile(rf"(?<![\w.,])(?P<all>{_amount('low')})(?![\w%])")
_CURRENCIES = {
    "$": "USD", "US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD", "S$": "SGD",
    "HK$": "HKD", "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY", "ZŁ": "PLN",
}  # fmt: skip
_PERIODS: tuple[tuple[Period, str], ...] = (
    ("hour", r"(?:per|an|/|pro)\s?(?:hour|hr|stunde)\b|hourly|/h\b"),
    ("day", r"(?:per|a|/|pro)\s?(?:day|tag)\b|daily rate|tagessatz"),
    ("month", r"(?:per|a|/|pro)\s?(?:month|monat)\b|monthly|im monat"),
    ("year", r"(?:per|a|/|pro|im)\s?(?:year|yr|annum|jahr)\b|annual|yearly|p\.\s?a\.|jahres"),
)
_PAY_WORD = re.compile(
    r"(?i)salary|\bpay\b|compensation|base|ote\b|gehalt|vergütung|rate\b|\bctc\b|remuneration|package"
)
_NOT_PAY = re.compile(
    r"(?i)stipend|budget|learning|bonus of|401|raised|revenue|funding|customers|users|match|allowance|"
    r"development|investment|sales of|wellness|reimburse|sign-on|annually in|education"
)
_TOTAL = re.compile(
    r"(?i)total (?:target |cash |annual )*(?:compensation|cash)|\bote\b|on[- ]target|total comp|\bctc\b"
    r"|total rewards"
)
_NEAR = 200
_SMALLEST: dict[Period, float] = {"hour": 7, "day": 80, "month": 800, "year": 10_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """A range of pay as a posting states it."""

    quote: str
    """The words: ``text[start:end]``."""
    start: int
    """Where they begin, in characters."""
    end: int
    """Where they end."""
    low: float
    """Lower end."""
    high: float
    """Upper end; equal to the lower where there is one amount."""
    currency: str
    """Code of three letters; a bare dollar sign is taken as USD unless the posting names another dollar."""
    period: Period
    """What the amounts are for; a year where the posting does not say and they are large enough."""
    component: Literal["base", "total"]
    """Whether the posting calls it a total (with bonus or equity); base otherwise."""


def pay_in(text: str) -> tuple[Pay, ...]:
    """Every range of pay, and single amounts that are called pay, in the posting's order."""
    found: dict[tuple[int, int], Pay] = {}
    dollar = _dollar(text)
    for match in _RANGE.finditer(text):
        pay = _pay(match, text, dollar)
        if pay is not None:
            found[pay.start, pay.end] = pay
    if not found:
        for match in _SINGLE.finditer(text):
            before = text[max(match.start() - 60, text.rfind("\n", 0, match.start()) + 1) : match.start()]
            pay = _pay(match, text, dollar) if _PAY_WORD.search(before) else None
            if pay is not None:
                found[pay.start, pay.end] = pay
    return tuple(found[key] for key in sorted(found))


def _pay(match: re.Match[str], text: str, dollar: str) -> Pay | None:
    start, end = match.span("all")
    line = text[max(start - _NEAR, 0) : start].rpartition("\n")[2]
    after = text[end : end + 40].partition("\n")[0]
    currency = _currency(match["all"], dollar)
    if currency is None or _NOT_PAY.search(line[-45:]) or _NOT_PAY.match(after.strip()):
        return None
    groups = match.groupdict()
    scale = groups.get("highk") or groups["lowk"]
    low = _number(groups["low"], groups["lowk"] or scale)
    high = _number(groups["high"], scale) if groups.get("high") else low
    period = _period(f"{line[-60:]} | {after}", high)
    if period is None or not _SMALLEST[period] <= low <= high <= 100_000_000:
        return None
    near = f"{line[-90:]} {after}"
    component: Literal["base", "total"] = (
        "total" if _TOTAL.search(near) and "base" not in line[-40:].lower() else "base"
    )
    while text[end - 1].isspace():
        end -= 1
    return Pay(
        quote=text[start:end], start=start, end=end, low=low, high=high, currency=currency, period=period,
        component=component,
    )  # fmt: skip


def _dollar(text: str) -> str:
    """What a bare dollar sign means here."""
    other = re.search(r"\b(CAD|AUD|NZD|SGD)\b", text)
    return other.group() if other and "USD" not in text else "USD"


def _currency(words: str, dollar: str) -> str | None:
    named = re.search(rf"(?:{_CODE})\b", words)
    if named:
        return _CURRENCIES.get(named.group().upper(), named.group().upper())
    sign = re.search(_SIGN, words)
    if sign is None:
        return None
    return dollar if sign.group() == "$" else _CURRENCIES[sign.group().upper()]


def _number(digits: str, scale: str | None) -> float:
    """The amount, whichever way its thousands are parted."""
    whole = re.sub(r"[.,](\d{1,2})$", lambda last: f"|{last[1]}", digits) if _has_cents(digits) else digits
    main, _, cents = whole.partition("|")
    value = float(re.sub(r"\D", "", main) + ("." + cents if cents else ""))
    if scale:
        value *= 1_000 if scale in "kK" else 100_000
    return value


def _has_cents(digits: str) -> bool:
    return re.search(r"[.,]\d{1,2}$", digits) is not None


def _period(near: str, amount: float) -> Period | None:
    for period, pattern in _PERIODS:
        if re.search(rf"(?i){pattern}", near):
            return period
    return "year" if amount >= 10_000 else "hour" if amount < 500 else None
