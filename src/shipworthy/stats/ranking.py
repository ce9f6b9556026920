"""How well a ranking puts what is relevant in front: nDCG, reciprocal rank, recall and precision.

Each function judges one question's ranking; a set of questions is the mean of these values, whose interval
``stats.intervals.mean`` gives. Where nothing is relevant there is nothing to find, and the value is None.

References:
    Järvelin & Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques. ACM TOIS 20(4), with gains
    as they are and a discount of log2(rank + 1).
    Voorhees (1999), The TREC-8 question answering track report (reciprocal rank).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

__all__ = ["average_precision", "ndcg", "precision_at", "recall_at", "reciprocal_rank"]


def ndcg(gains: Sequence[float], possible: Sequence[float], k: int) -> float | None:
    """Discounted gain of the first k, as a share of the best possible.

    Args:
        gains: How relevant each item found is, best-ranked first; 0 for what is not.
        possible: How relevant every item that could be found is, in any order.
        k: Ranks that count.

    Raises:
        ValueError: a gain is negative, or k is below 1.
    """
    _check(k)
    if any(gain < 0 for gain in (*gains, *possible)):
        raise ValueError("gains must not be negative")
    best = _discounted(sorted(possible, reverse=True)[:k])
    return _discounted(gains[:k]) / best if best > 0 else None


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def reciprocal_rank(relevant: Sequence[bool], total: int) -> float | None:
    """One over the rank of the first relevant item; 0 where none of the relevant ones was found.

    Args:
        relevant: Whether each item found is relevant, best-ranked first.
        total: Relevant items there are.
    """
    if total < 1:
        return None
    return next((1 / rank for rank, found in enumerate(relevant, start=1) if found), 0.0)


def recall_at(relevant: Sequence[bool], total: int, k: int) -> float | None:
    """Share of the relevant items that are among the first k.

    Raises:
        ValueError: k is below 1.
    """
    _check(k)
    return sum(relevant[:k]) / total if total > 0 else None


def precision_at(relevant: Sequence[bool], total: int, k: int) -> float | None:
    """Share of the first k places that hold something relevant; a place left empty holds nothing.

    Raises:
        ValueError: k is below 1.
    """
    _check(k)
    return sum(relevant[:k]) / k if total > 0 else None


def average_precision(relevant: Sequence[bool], total: int) -> float | None:
    """Mean over the relevant items of the precision at their rank; one that was not found counts as 0."""
    if total < 1:
        return None
    ranks = [rank for rank, found in enumerate(relevant, start=1) if found]
    return sum(place / rank for place, rank in enumerate(ranks, start=1)) / total


def _check(k: int) -> None:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
