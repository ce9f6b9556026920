"""Claims in a Markdown table: one for each number in a column whose head names a metric."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from shipworthy.evals.claims.blocks import Table
from shipworthy.evals.claims.claim import Claim
from shipworthy.evals.claims.metrics import counted_in
from shipworthy.evals.claims.words import NUMBER, UNITS, compiled, number

__all__ = ["claims_of_table"]

_SIZE_HEAD = compiled(rf"n|(?:#|no\. of|number of|test|eval)?\s?(?:{UNITS}|size|set size|support)")
_CELL = compiled(
    r"\D{0,3}(?P<number>\d{1,3}(?:[.,]\d{1,4})?)\s?(?P<sign>%)?(?:\s?(?:±|\+/-|\().{0,30})?\W{0,3}"
)


def claims_of_table(table: Table) -> Iterator[Claim]:
    """One claim for each number in a column of a metric; the best of a column is held against the next."""
    size = next((place for place, head in enumerate(table.heads) if _SIZE_HEAD.fullmatch(head.strip())), None)
    columns = [_of_column(table, place, size) for place in range(len(table.heads)) if place != size]
    yield from sorted((claim for column in columns for claim in column), key=lambda claim: claim.line)


def _of_column(table: Table, place: int, size: int | None) -> list[Claim]:
    head = table.heads[place]
    metric = counted_in(head)
    found = []
    for row in table.rows:
        cell = row.cells[place] if place < len(row.cells) else ""
        share = _cell_share(cell, head)
        if share is None or (metric is None and "%" not in cell):
            continue
        found.append(
            Claim(
                quote=row.text,
                line=row.line,
                value=share[0],
                decimals=share[1],
                metric=metric.name if metric else None,
                n=_cell_size(row.cells[size]) if size is not None and size < len(row.cells) else None,
                about=row.cells[0] if place else None,
            )
        )
    return _with_next_best(found, lower=metric is not None and metric.better == "lower")


def _with_next_best(column: list[Claim], *, lower: bool) -> list[Claim]:
    if len(column) < 2:
        return column
    best, other = sorted(column, key=lambda claim: claim.value if lower else -claim.value)[:2]
    led = replace(best, against=other.value, against_n=other.n, against_whom=other.about)
    return [led if claim is best else claim for claim in column]


def _cell_size(cell: str) -> int | None:
    match = re.fullmatch(rf"\W{{0,3}}({NUMBER})\W{{0,3}}", cell.strip())
    return number(match[1]) or None if match else None


def _cell_share(cell: str, head: str) -> tuple[float, int] | None:
    match = _CELL.fullmatch(cell.strip()[:60])
    if match is None:
        return None
    digits = match["number"].replace(",", ".")
    value, decimals = float(digits), len(digits.partition(".")[2])
    if match["sign"] or "%" in head or value > 1:
        return (round(value / 100, 9), decimals) if value <= 100 else None
    return value, max(0, decimals - 2)
