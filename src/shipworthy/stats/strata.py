"""A share among rows of several kinds of which different shares were looked at.

References:
    Cochran (1977), Sampling Techniques, 3rd ed., chapter 12: double sampling for stratification; the variance
    is that of the first sample plus that of looking at only some rows of each stratum.
    Korn & Graubard (1998), Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24: the interval on the effective sample size.
"""

from __future__ import annotations

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.intervals import wilson

__all__ = ["stratified_share"]


def stratified_share(
    sizes: IntArray, read: IntArray, hits: IntArray, *, others: int = 0, warning: str | None = None
) -> Measured:
    """The share of rows that have something, where each stratum was read in part, by lot.

    Strata of which nothing was read are taken to be like the rest together, and the estimate says so.

    Args:
        sizes: (k,) rows of each stratum.
        read: (k,) how many of them were looked at, drawn by lot.
        hits: (k,) how many of those have it.
        others: Further rows that are known not to have it.
        warning: What to keep in mind besides.

    Returns:
        The share of all rows, ``others`` included: Wilson's interval on the effective sample size. With
        every row read this is Wilson's interval of the plain share.

    Raises:
        ValueError: more rows were read than there are, or more have it than were read.
    """
    if (read > sizes).any() or (hits > read).any():
        raise ValueError("hits, read and sizes must not grow in that order")
    seen = np.asarray(read) > 0
    if not seen.any():
        reason = "nobody has looked at any of these rows yet"
        return measured(lambda level: undefined(reason, method="Wilson", level=level))
    failures, unread = float(sizes.sum()), int(sizes[~seen].sum())
    full: FloatArray = sizes[seen].astype(np.float64) * (failures / float(sizes[seen].sum()))
    looked: FloatArray = read[seen].astype(np.float64)
    parts: FloatArray = hits[seen].astype(np.float64) / looked
    inside = float(full @ parts) / failures
    share = inside * failures / (failures + others)
    effective = _effective(inside, parts, full, looked, others)
    notes = [warning] if warning else []
    if unread:
        notes.append(f"{unread:,} rows of kinds of which none was read are taken to be like the others")

    def at(level: float) -> Estimate:
        low, high = wilson(share, effective, level)
        whole = bool((looked == full).all())
        return Estimate(
            value=share,
            low=low,
            high=high,
            n=int(looked.sum()) + others,
            method="Wilson" if whole else f"Wilson on the effective sample size ({effective:,.1f} rows)",
            level=level,
            warning="; ".join(notes) or None,
        )

    return measured(at)


def _effective(inside: float, parts: FloatArray, sizes: FloatArray, read: FloatArray, others: int) -> float:
    """How many rows of a plain sample would be as sure, never more than there are.

    Where every row that was read has it, or none, the spread is not seen: then the number that were read
    counts, each stratum at its weight (Kish 1965).
    """
    failures = float(sizes.sum())
    rows, weights = failures + others, sizes / failures
    kish = 1 / float(np.sum(weights**2 / read))
    if inside == 0 or (inside == 1 and not others):
        return min(rows, kish * rows / failures)
    near = (parts * read + inside) / (read + 1)
    if inside == 1:
        near = np.full(len(parts), (kish + 1) / (kish + 2))
    missing = np.clip(1 - read / sizes, 0, 1)
    unread = float(np.sum((sizes / rows) ** 2 * missing * near * (1 - near) / read))
    share = inside * failures / rows
    plain = share * (1 - share)
    return min(rows, plain / (plain / rows + unread))
