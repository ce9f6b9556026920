"""What a test set says nothing about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example

__all__ = ["uncovered"]

_FEWEST = 10
_MATTERS = 0.01
_LONG = 2.0


def uncovered(
    train: Sequence[Example], test: Sequence[Example], production: Sequence[Example]
) -> tuple[str, ...]:
    """Plain statements about what occurs elsewhere and hardly in the test rows.

    A value counts as covered from ten test rows on; values that make up less than 1% of the other
    rows are passed over.
    """
    return tuple(_statements(train, test, production))


def _statements(
    train: Sequence[Example], test: Sequence[Example], production: Sequence[Example]
) -> Iterator[str]:
    elsewhere, where = (production, "production") if production else (train, "the training rows")
    yield from _values(
        "label", [row.label for row in train], [row.label for row in test], "the training rows"
    )
    for column in test[0].segments if test else ():
        yield from _values(
            column,
            [row.segments.get(column) for row in elsewhere],
            [row.segments.get(column) for row in test],
            where,
        )
    yield from _lengths(elsewhere, test, where)


def _values(
    column: str, others: Sequence[str | None], tested: Sequence[str | None], where: str
) -> Iterator[str]:
    there, here = Counter(others), Counter(tested)
    for value, count in there.most_common():
        if value is None or count < _MATTERS * len(others) or here[value] >= _FEWEST:
            continue
        yield (
            f"{column} = {value}: {count / len(others):.0%} of {where} (n = {len(others):,}), but "
            f"{here[value]} test rows."
        )


def _lengths(others: Sequence[Example], test: Sequence[Example], where: str) -> Iterator[str]:
    """Texts much longer than almost all that were tested."""
    if len(test) < _FEWEST or not others:
        return
    lengths = sorted(len(row.text) for row in test)
    limit = max(_LONG * lengths[int(0.99 * (len(lengths) - 1))], 200)
    long = sum(len(row.text) > limit for row in others)
    if long >= _MATTERS * len(others):
        yield (
            f"Texts of more than {limit:,.0f} characters: {long / len(others):.0%} of {where} "
            f"(n = {len(others):,}), but hardly any test row."
        )
