"""Columns of dates: which way of writing them is used, and how to read it in the store."""

# ruff: noqa: S608 - table and column names are made by us; formats are literals of ours
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.datasets.engine import literal
from shipworthy.datasets.store import Store

__all__ = ["DateFormat", "date_format"]

_EARLIEST, _LATEST = 1971, 2100
_SAMPLE = 2_000
_FAMILIES: dict[str, tuple[str, ...]] = {
    "day/month/year": ("%d/%m/%y", "%d/%m/%Y"),
    "month/day/year": ("%m/%d/%y", "%m/%d/%Y"),
    "day.month.year": ("%d.%m.%y", "%d.%m.%Y"),
    "day-month-year": ("%d-%m-%y", "%d-%m-%Y"),
    "month-day-year": ("%m-%d-%y", "%m-%d-%Y"),
    "year.month.day": ("%Y.%m.%d", "%Y%m%d"),
    "day, name of the month, year": ("%d %B %Y", "%d %b %Y", "%d-%b-%y", "%d-%b-%Y", "%d. %B %Y"),
    "name of the month, day, year": ("%B %d, %Y", "%b %d, %Y", "%b %d %Y"),
}
_EITHER_WAY = (
    {"day/month/year", "month/day/year"},
    {"day-month-year", "month-day-year"},
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", ", %H:%M", ", %I:%M %p")
_ZONED = ("%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFormat:
    """How the dates of one column are written."""

    name: str
    """The format in words."""
    expression: str
    """SQL that turns the column's text into a UTC timestamp, or NULL."""
    parsed: int
    """Cells that could be read as a date."""
    filled: int
    """Cells that are not empty."""
    ambiguous: bool
    """Day and month could be the other way round in every cell."""


def _candidates(column: str) -> dict[str, str]:
    text = f"trim({column})"
    seconds = f"make_timestamp(({text}::DOUBLE * 1e6)::BIGINT)"
    millis = f"make_timestamp({text}::BIGINT * 1000)"
    readers = {
        "year-month-day": f"TRY_CAST({text} AS TIMESTAMPTZ)::TIMESTAMP",
        "seconds since 1970": _where(f"regexp_full_match({text}, '[0-9]{{10}}([.][0-9]+)?')", seconds),
        "milliseconds since 1970": _where(f"regexp_full_match({text}, '[0-9]{{13}}')", millis),
        "date and time of an e-mail": _parser(_ZONED, text),
    }
    for name, days in _FAMILIES.items():
        readers[name] = _parser([day + clock for day in days for clock in _CLOCKS], text)
    return {name: _bounded(expression) for name, expression in readers.items()}


def _parser(formats: Sequence[str], text: str) -> str:
    return f"try_strptime({text}, [{', '.join(map(literal, formats))}])::TIMESTAMP"


def _where(condition: str, expression: str) -> str:
    return f"CASE WHEN {condition} THEN {expression} END"


def _bounded(expression: str) -> str:
    """Dates outside living memory are misread numbers."""
    return _where(f"year({expression}) BETWEEN {_EARLIEST} AND {_LATEST}", expression)


def date_format(store: Store, table: str, column: str) -> DateFormat | None:
    """The way in which most cells of a column are written as dates; None if most are not dates.

    A sample of the column chooses among the formats, the whole column is then counted.
    """
    counts = ", ".join(f"count({expression})" for expression in _candidates("x").values())
    filled, *hits = store.first(
        f"SELECT count(*), {counts} FROM "
        f"(SELECT {column} AS x FROM {table} WHERE {column} IS NOT NULL ORDER BY hash(row) LIMIT {_SAMPLE})"
    )
    if not filled or max(hits) < 0.5 * filled:
        return None
    tied = [name for name, hit in zip(_candidates("x"), hits, strict=True) if hit == max(hits)]
    return _counted(store, table, column, tied[0], ambiguous=set(tied) in _EITHER_WAY)


def _counted(store: Store, table: str, column: str, name: str, *, ambiguous: bool) -> DateFormat:
    expression = _candidates(column)[name]
    parsed, filled = store.first(f"SELECT count({expression}), count({column}) FROM {table}")
    return DateFormat(name=name, expression=expression, parsed=parsed, filled=filled, ambiguous=ambiguous)
