"""A ratio of two sums: what a row adds above the line, over what it adds below.

Micro-averaged field F1, citation precision and recall, abstention precision and recall are all of this
form: 80 of 100 citations, wherever they stand. Rows are few and unequal (one document has ten fields,
another two), so the unit of the interval is the row, or the group of rows, and never the citation.
"""

from __future__ import annotations

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Measured, Unit, measured, undefined
from shipworthy.stats.intervals import proportion
from shipworthy.stats.resampling import Contributions, Groups

__all__ = ["pooled_ratio"]

_ROUNDING = 1e-12


def pooled_ratio(
    points: FloatArray,
    of: FloatArray,
    *,
    clusters: IntArray | None = None,
    nothing: str = "no row has anything to count",
    unit: Unit = "share",
) -> Measured:
    """The sum of ``points`` over the sum of ``of``, between 0 and 1.

    Rows that each count once and are all or nothing make a plain share (Wilson). Otherwise the interval is
    the jackknife over rows or groups, on the logit scale, for a ratio of sums (Cochran, "Sampling
    Techniques", 1977, chapter 6). Where every row is perfect, or none has a point, no row shows what an
    exception would look like: each row then counts as one yes or no. Where all rows have the same share,
    one pseudo-row without points and one with all of them keep the interval from claiming certainty.

    Args:
        points: (n,) what each row has, at least 0.
        of: (n,) what each row could have, at least ``points``; rows with 0 count for nothing.
        clusters: (n,) codes of rows that belong together.
        nothing: Why there may be nothing to count, for the warning.
        unit: How to write it.

    Returns:
        The ratio; undefined where nothing is to be counted. Its n is the number of rows that count.
    """
    rows = of > 0
    if not rows.any():
        return measured(lambda level: undefined(nothing, method="ratio of sums", level=level, unit=unit))
    points, of = points[rows], of[rows]
    clusters = None if clusters is None else clusters[rows]
    full, empty = points == of, points == 0
    if bool(full.all()) or bool(empty.all()) or (bool((full | empty).all()) and bool((of == of[0]).all())):
        return proportion(np.asarray(full), clusters=clusters, unit=unit)
    total = float(of.sum())
    ratio = float(points.sum()) / total
    groups = Groups.of(clusters, len(points))
    each = groups.totals((points - ratio * of) / total)
    usual = float(of.mean()) / total
    alike = bool(np.all(np.abs(each) < _ROUNDING))
    return Contributions(
        value=ratio,
        groups=each,
        unseen=np.array([-ratio * usual, (1 - ratio) * usual] if alike else []),
        n=len(points),
        clusters=groups.clusters,
        warning=groups.warning,
    ).measured(unit=unit, low=0.0, high=1.0, logit=True)
