"""A value that a person gives for a field, as the type in the schema has it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from shipworthy.core.errors import DataError, nearest
from shipworthy.evals.checks.matching import as_date, as_number

__all__ = ["FieldForm", "typed"]

_YES, _NO = frozenset({"yes", "true", "y", "1"}), frozenset({"no", "false", "n", "0"})
_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldForm:
    """A field that a person is asked for."""

    name: str
    """Its name; nested fields are ``outer.inner``."""
    kind: str = "text"
    """text, number, integer, boolean, date, money, enum or list."""
    of: str = "text"
    """Of a list: the kind of its items."""
    values: tuple[str, ...] = ()
    """Of an enum: what it may be."""
    currency: str | None = None
    """Of money: the currency where none is written."""
    words: str = ""
    """What it is, in a sentence."""


def typed(field: FieldForm, value: Any) -> Any:
    """The value as JSON of the field's type; None and empty text are no value.

    Raises:
        DataError: it is not of that type.
    """
    if value is None or value in ("", []):
        return None
    if field.kind == "list":
        item = FieldForm(name=field.name, kind=field.of, values=field.values, currency=field.currency)
        return [typed(item, each) for each in _items(value)] or None
    found = _typed(field, value)
    if found is None:
        hint = f"Write {_EXAMPLES[field.kind]}."
        if field.kind == "enum":
            hint = nearest(str(value), field.values)
        raise DataError(
            f"The field {field.name!r} is of the type {field.kind}: not {value!r:.60}.", hint=hint
        )
    return found


_EXAMPLES = {
    "number": "a number, for instance 1250.50",
    "integer": "a whole number",
    "boolean": "yes or no",
    "date": "a day, for instance 2026-11-23",
    "money": "an amount with its currency, for instance EUR 1,250.50",
    "enum": "one of its values",
    "text": "text",
}


def _items(value: Any) -> list[Any]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    if isinstance(value, str):
        return [part.strip() for part in value.split(";") if part.strip()]
    return value if isinstance(value, list) else [value]


def _typed(field: FieldForm, value: Any) -> Any:
    match field.kind:
        case "number" | "integer":
            number = as_number(value)
            whole = number is not None and number.is_integer()
            return None if number is None or (field.kind == "integer" and not whole) else _plain(number)
        case "boolean":
            word = str(value).strip().casefold()
            return True if word in _YES else False if word in _NO else None
        case "date":
            day = as_date(value)
            return None if day is None else day.isoformat()
        case "money":
            return _money(field, value)
        case "enum":
            return next(
                (one for one in field.values if one.casefold() == str(value).strip().casefold()), None
            )
        case _:
            return value.strip() if isinstance(value, str) else value


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _money(field: FieldForm, value: Any) -> dict[str, Any] | None:
    amount = as_number(value)
    if amount is None:
        return None
    if isinstance(value, dict):
        named = value.get("currency")
    else:
        code = re.search(r"\b[A-Z]{3}\b", str(value))
        named = code[0] if code else next((_SIGNS[sign] for sign in _SIGNS if sign in str(value)), None)
    return {"amount": _plain(amount), "currency": named or field.currency}
