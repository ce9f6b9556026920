"""When two values say the same: exactly, spelt another way, as numbers, as dates, as words in common.

Every function is pure, symmetric unless it says otherwise, and knows no job.
"""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

__all__ = [
    "as_date",
    "as_number",
    "as_text",
    "exact",
    "normalised",
    "same_date",
    "same_number",
    "same_text",
    "same_value",
    "set_matches",
    "token_f1",
    "tokens",
]

_ARTICLES = frozenset({"a", "an", "the"})
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CODES = "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|INR|JPY|KRW|MXN|NOK|NZD|PLN|RON|SEK|SGD|THB|TRY|USD|ZAR"
_UNIT = rf"(?:{_CODES}|[€$£¥%]|[Ff]r\.)"
_NUMBER = re.compile(
    rf"\(?\s*{_UNIT}?\s*(?P<minus>[-−])?\+?\s*{_UNIT}?\s*(?P<digits>\d[\d .,'\u00a0\u202f]*)\s*{_UNIT}?\s*\)?"
)
_CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "fr.": "CHF"}
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {
    name[:length]: month for month, name in enumerate(_MONTH_NAMES, 1) for length in (3, len(name))
} | {"sept": 9}


def as_text(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict):
        return " ".join(as_text(part) for part in value.values() if part is not None)
    if isinstance(value, list | tuple):
        return ", ".join(as_text(part) for part in value)
    return "" if value is None else str(value)


def exact(one: Any, other: Any) -> bool:
    """The same text to the last character, outer spaces apart."""
    return as_text(one).strip() == as_text(other).strip()


def normalised(text: str) -> str:
    """Lower case, without punctuation, articles and extra spaces, as the SQuAD evaluation has it.

    Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text".
    """
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_NO_PUNCTUATION)
    return " ".join(word for word in plain.split() if word not in _ARTICLES)


def tokens(text: str) -> list[str]:
    """Words of the normalised text."""
    return normalised(text).split()


def same_text(one: Any, other: Any) -> bool:
    """The same words, whatever case, punctuation and articles."""
    return normalised(as_text(one)) == normalised(as_text(other))


def token_f1(one: str, other: str) -> float:
    """Words in common as F1, by SQuAD's definition: two empty texts are the same (1), one empty is 0."""
    left, right = tokens(one), tokens(other)
    if not left or not right:
        return float(left == right)
    common = sum((Counter(left) & Counter(right)).values())
    return 2 * common / (len(left) + len(right))


def as_number(value: Any) -> float | None:
    """The number that a value is, alone or with a currency or per cent sign.

    ``1.234,50``, ``EUR 1,234.50``, ``(12)`` for minus 12, ``7 %`` for 7; of anything else, None.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return as_number(value.get("amount"))
    found = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    digits = _plain_number(re.sub(r"[^\d.,]", "", found["digits"]).rstrip(".,"))
    negative = bool(found["minus"]) or value.strip().startswith("(")
    return None if digits is None else -digits if negative else digits


def _plain_number(digits: str) -> float | None:
    """Digits with separators as a number; the last separator that occurs once is the decimal one."""
    last = max(digits.rfind("."), digits.rfind(","))
    if last >= 0:
        mark, rest = digits[last], digits[last + 1 :]
        other = "," if mark == "." else "."
        decimal = digits.count(mark) == 1 and (other in digits or len(rest) != 3)
        whole = digits[:last] if decimal else digits
        digits = re.sub(r"[.,]", "", whole) + (f".{rest}" if decimal else "")
    try:
        return float(digits)
    except ValueError:
        return None


def same_number(one: Any, other: Any, *, tolerance: float = 1e-6) -> bool | None:
    """Whether two numbers agree within a share of the larger; None where either is no number."""
    left, right = as_number(one), as_number(other)
    if left is None or right is None:
        return None
    return math.isclose(left, right, rel_tol=tolerance, abs_tol=1e-9)


def as_date(value: Any) -> date | None:
    """The day that a text names: ``2026-11-23``, ``23.11.2026``, ``23 November 2026``, ``Nov 23, 2026``.

    With slashes (``03/04/2026``) the day comes first unless that cannot be.
    """
    text = value.strip().casefold() if isinstance(value, str) else ""
    if iso := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ].*)?", text):
        return _day(*map(int, iso.groups()))
    if numeric := re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", text):
        first, second, year = map(int, numeric.groups())
        return _day(year, second, first) or _day(year, first, second)
    words = re.findall(r"[a-z]+|\d+", re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text))
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    numbers = [int(word) for word in words if word.isdigit()]
    if len(words) == 3 and len(months) == 1 and len(numbers) == 2:
        year, day = max(numbers), min(numbers)
        return _day(year, months[0], day) if year > 999 else None
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def same_date(one: Any, other: Any) -> bool | None:
    """Whether two texts name the same day; None where either names none."""
    left, right = as_date(one), as_date(other)
    return None if left is None or right is None else left == right


def same_value(one: Any, other: Any) -> bool:
    """Whether two values of a field say the same, by what they are.

    None agrees with nothing but None. Lists agree as sets of values, in any order; money by amount and,
    where both name one, by currency; objects field by field; dates as days, numbers as numbers, the rest as
    words without case and punctuation.
    """
    if one is None or other is None:
        return one is other
    if isinstance(one, list) or isinstance(other, list):
        left, right = _listed(one), _listed(other)
        return len(left) == len(right) == set_matches(left, right)
    if isinstance(one, dict) and isinstance(other, dict) and "amount" not in {*one, *other}:
        return all(same_value(one.get(name), other.get(name)) for name in {*one, *other})
    for same in (same_date(one, other), _same_money(one, other)):
        if same is not None:
            return same
    return same_text(one, other)


def _same_money(one: Any, other: Any) -> bool | None:
    same = same_number(one, other)
    left, right = _currency(one), _currency(other)
    return left == right if same and left and right else same


def _currency(value: Any) -> str | None:
    if isinstance(value, dict):
        return str(value["currency"]).upper() if value.get("currency") else None
    if not isinstance(value, str):
        return None
    signs = [code for sign, code in _CURRENCIES.items() if sign in value.casefold()]
    codes = re.findall(_CODES, value)
    return next(iter([*codes, *signs]), None)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def set_matches(
    one: Sequence[Any], other: Sequence[Any], same: Callable[[Any, Any], bool | None] = same_value
) -> int:
    """How many values two lists have in common, each counted once, in any order."""
    left = list(other)
    found = 0
    for value in one:
        place = next((i for i, rest in enumerate(left) if same(value, rest)), None)
        if place is not None:
            left.pop(place)
            found += 1
    return found
