"""Where does it fail? Every segment against the rest.

A search over many segments finds something by chance alone unless the chance of any false find is
held down for all of them together. Here it is at most 5%: 4% for single values, 1% for pairs of
values. The test is an exact binomial one on the effective number of rows: where a segment is small,
its rows belong together and nearly all are right, one unlucky customer looks like a failing segment
to any test that takes rows for independent or errors for normal (docs/measurements/decisions.md).

References:
    Bonferroni's inequality, one-sided, for the family; Miettinen & Nurminen (1985) for the gap;
    Kish (1965), Survey sampling, for the design effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.comparison import share_gap_bounds
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import mean, proportion, wilson
from shipworthy.stats.resampling import Groups

__all__ = ["MISSING", "SegmentGap", "SegmentTable", "SmallSegment", "segment_gaps"]

MISSING = "(missing)"
"""The segment of rows without a value."""

_PAIRS_SHARE = 0.2
_FEWEST_GROUPS = 6
"""Clusters of equal size that a segment's rows have to be worth at least (n² / sum of squares)."""
_FEWEST_GROUPS_OF_PAIR = 12
"""The same for pairs, which are judged far out in the tail, where a few large clusters can deceive."""
_MOST_IN_WORDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentGap:
    """One segment against all other rows."""

    where: tuple[tuple[str, str], ...]
    """Column and value; two of them for a pair."""
    rate: Estimate
    """Mean value in the segment."""
    rest: Estimate
    """Mean value in all other rows."""
    gap: Estimate
    """Segment minus rest; the interval allows for all segments of the stage being looked at."""
    p: float
    """Chance of a segment at least this much worse if it were no different."""
    adjusted_p: float
    """That chance for any segment of the stage (Bonferroni)."""
    found: bool
    """Whether the segment is worse beyond doubt and by enough to matter."""

    @property
    def n(self) -> int:
        """Rows in the segment."""
        return self.rate.n

    @property
    def name(self) -> str:
        """Such as ``plan = free`` or ``plan = free and channel = chat``."""
        return " and ".join(f"{column} = {value}" for column, value in self.where)

    def words(self, average: float, verb: str = "right") -> str:
        """Such as ``right 91% on average, 74% for plan = free, n = 210``."""
        form = ".0%" if self.rate.unit == "share" else ".3g"
        here = self.rate.value or 0.0
        return f"{verb} {average:{form}} on average, {here:{form}} for {self.name}, n = {self.n:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallSegment:
    """A segment that cannot be compared, and why."""

    column: str
    """The column."""
    value: str
    """The value."""
    n: int
    """Its rows."""
    reason: str
    """Such as "fewer than 30 rows"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTable:
    """All segments of a test set, the worst first."""

    overall: Estimate
    """Mean value over all rows."""
    singles: tuple[SegmentGap, ...]
    """Single values with enough rows, the worst first."""
    pairs: tuple[SegmentGap, ...]
    """Pairs of values that fail beyond what their single values explain, the worst first."""
    pairs_tested: int
    """Pairs of values with enough rows."""
    too_small: tuple[SmallSegment, ...]
    """Values that cannot be compared, the largest first."""
    left_out: int
    """Rows without a value to average."""
    alpha: float
    """Chance of any false find in the table."""

    @property
    def found(self) -> tuple[SegmentGap, ...]:
        """Failing segments, the worst first."""
        both = [segment for segment in (*self.singles, *self.pairs) if segment.found]
        return tuple(sorted(both, key=_by_gap))

    def words(self, verb: str = "right") -> str:
        """What was found, for a person, in one paragraph."""
        if self.overall.value is None:
            return "There are no rows to compare."
        if self.found:
            average = self.overall.value
            text = "; ".join(segment.words(average, verb) for segment in self.found[:_MOST_IN_WORDS]) + "."
            more = len(self.found) - _MOST_IN_WORDS
            return text + (f" And {more} more." if more > 0 else "")
        pairs = f" and {_counted(self.pairs_tested, 'pair')} of them" if self.pairs_tested else ""
        text = f"Nothing fails beyond doubt among {_counted(len(self.singles), 'segment')}{pairs}."
        small = len(self.too_small)
        return text + (f" Too small to say anything: {_counted(small, 'segment')}." if small else "")


def segment_gaps(
    value_per_row: FloatArray | BoolArray,
    columns: Mapping[str, Sequence[str | None]],
    *,
    clusters: IntArray | None = None,
    smallest: int = 30,
    alpha: float = 0.05,
    effect_floor: float = 0.05,
) -> SegmentTable:
    """Compare every segment with the rest; name those that are surely worse, the worst first.

    A segment is *found* when it is worse at the family-wise level (one-sided; single values share
    80% of ``alpha``, pairs 20%), its interval excludes no gap, and the gap is at least
    ``effect_floor``. A pair of values is found only if it is also surely worse than the rest of
    each single value that was found, so the subsets of one bad segment are not listed again.

    Where rows belong together, the effective number of rows follows from how alike rows of one
    cluster are over the whole test set, and from how the segment cuts through the clusters.

    Args:
        value_per_row: (n,) what to average, higher is better: 1 right and 0 wrong, or a score.
            Rows with NaN are left out.
        columns: For each column the value of every row; None and empty are the value "(missing)".
        clusters: (n,) codes of rows that belong together.
        smallest: Segments with fewer rows, or a rest of fewer, are listed as too small.
        alpha: Chance of any false find.
        effect_floor: Gaps smaller than this do not matter in practice, in the values' unit.

    Raises:
        ValueError: A column has another number of rows.
    """
    values = np.asarray(value_per_row, dtype=np.float64)
    for name, column in columns.items():
        if len(column) != len(values):
            raise ValueError(f"column {name!r} has {len(column)} rows, the values have {len(values)}")
    kept = ~np.isnan(values)
    frame = _Frame.of(values[kept], None if clusters is None else clusters[kept])
    coded = [_Column.of(name, column, kept, frame, smallest) for name, column in columns.items()]
    single_rule = _Rule(smallest=smallest, floor=effect_floor, share=alpha * (1 - _PAIRS_SHARE))
    pair_rule = _Rule(smallest=smallest, floor=effect_floor, share=alpha * _PAIRS_SHARE)
    singles = _judged_singles(frame, coded, single_rule)
    pairs, pairs_tested = _judged_pairs(frame, coded, singles, pair_rule)
    too_small = [small for column in coded for small in column.too_small]
    return SegmentTable(
        overall=frame.overall(),
        singles=tuple(sorted(singles, key=_by_gap)),
        pairs=tuple(sorted(pairs, key=_by_gap)),
        pairs_tested=pairs_tested,
        too_small=tuple(sorted(too_small, key=lambda small: (-small.n, small.column, small.value))),
        left_out=int(np.sum(~kept)),
        alpha=alpha,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """What it takes to be found."""

    smallest: int
    floor: float
    share: float
    """Chance of any false find in the stage."""

    def level(self, tests: int) -> float:
        """Two-sided level whose upper bound is the one-sided family-wise one (95% at least)."""
        return max(0.95, 1 - 2 * self.share / max(tests, 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """Sums over the rows of m segments, all that a comparison needs."""

    n: FloatArray
    total: FloatArray
    square: FloatArray
    """Sum over clusters of (the segment's rows in it) squared."""
    cross: FloatArray
    """Sum over the segment's rows of the size of their cluster."""
    groups: FloatArray
    """Clusters that the segment touches."""

    def take(self, which: IntArray) -> _Cells:
        return _Cells(
            n=self.n[which],
            total=self.total[which],
            square=self.square[which],
            cross=self.cross[which],
            groups=self.groups[which],
        )

    @classmethod
    def joined(cls, parts: Sequence[_Cells]) -> _Cells:
        return cls(
            n=np.concatenate([part.n for part in parts]),
            total=np.concatenate([part.total for part in parts]),
            square=np.concatenate([part.square for part in parts]),
            cross=np.concatenate([part.cross for part in parts]),
            groups=np.concatenate([part.groups for part in parts]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Frame:
    """Rows whose values are written on the scale from 0 to 1."""

    values: FloatArray
    groups: Groups
    sizes: FloatArray
    """(n,) size of the cluster of each row."""
    likeness: float
    """Correlation of two rows of one cluster, 0 to 1."""
    origin: float
    span: float

    @classmethod
    def of(cls, values: FloatArray, clusters: IntArray | None) -> _Frame:
        origin, span = 0.0, 1.0
        if len(values) and (values.min() < 0 or values.max() > 1):
            origin, span = float(values.min()), float(np.ptp(values)) or 1.0
        scaled = (values - origin) / span
        groups = Groups.of(clusters, len(values))
        return cls(
            values=scaled,
            groups=groups,
            sizes=_sizes(groups),
            likeness=_likeness(scaled, groups),
            origin=origin,
            span=span,
        )

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def shares(self) -> bool:
        """Whether the values were between 0 and 1 to begin with."""
        return self.span == 1.0 and self.origin == 0.0

    def subset(self, rows: BoolArray) -> _Frame:
        groups = Groups.of(self.groups.codes[rows], int(np.sum(rows)))
        return _Frame(
            values=self.values[rows],
            groups=groups,
            sizes=_sizes(groups),
            likeness=self.likeness,
            origin=self.origin,
            span=self.span,
        )

    def cells(self, codes: IntArray, k: int) -> _Cells:
        """Sums over the rows of each code 0 to k - 1; rows with -1 belong to none."""
        rows = np.flatnonzero(codes >= 0)
        codes = codes[rows]
        n = _sums(codes, np.ones(len(rows)), k)
        total = _sums(codes, self.values[rows], k)
        if not self.groups.named:
            return _Cells(n=n, total=total, square=n, cross=n, groups=n)
        key = codes.astype(np.int64) * self.groups.count + self.groups.codes[rows]
        met, counts = np.unique(key, return_counts=True)
        segment = met // self.groups.count
        return _Cells(
            n=n,
            total=total,
            square=_sums(segment, counts.astype(np.float64) ** 2, k),
            cross=_sums(codes, self.sizes[rows], k),
            groups=_sums(segment, np.ones(len(segment)), k),
        )

    def overall(self) -> Estimate:
        clusters = self.groups.codes if self.groups.named else None
        if np.isin(self.values, (0.0, 1.0)).all() and self.shares:
            return proportion(self.values == 1, clusters=clusters).at()
        values = self.values * self.span + self.origin
        return mean(values, clusters=clusters, unit="share" if self.shares else "score").at()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Column:
    """One column, its values with enough rows and those without."""

    name: str
    values: tuple[str, ...]
    codes: IntArray
    """(n,) position in ``values``; -1 for values that cannot be compared."""
    cells: _Cells
    too_small: tuple[SmallSegment, ...]

    @classmethod
    def of(
        cls, name: str, column: Sequence[str | None], kept: BoolArray, frame: _Frame, smallest: int
    ) -> _Column:
        known: dict[str, int] = {}
        codes = np.array([known.setdefault(value or MISSING, len(known)) for value in column], dtype=np.int64)
        codes, names = codes[kept], list(known)
        cells = frame.cells(codes, len(names))
        enough = _comparable(cells, frame, smallest)
        place = np.full(len(names), -1)
        place[enough] = np.arange(int(np.sum(enough)))
        small = [i for i in np.flatnonzero(~enough) if cells.n[i]]
        return cls(
            name=name,
            values=tuple(names[i] for i in np.flatnonzero(enough)),
            codes=place[codes],
            cells=cells.take(np.flatnonzero(enough)),
            too_small=tuple(
                SmallSegment(
                    column=name,
                    value=names[i],
                    n=int(cells.n[i]),
                    reason=_why_small(cells, int(i), frame, smallest),
                )
                for i in small
            ),
        )


def _sums(codes: IntArray, weights: FloatArray, k: int) -> FloatArray:
    return np.bincount(codes, weights=weights, minlength=k).astype(np.float64, copy=False)


def _sizes(groups: Groups) -> FloatArray:
    return _sums(groups.codes, np.ones(len(groups.codes)), groups.count)[groups.codes]


def _likeness(values: FloatArray, groups: Groups) -> float:
    """Intra-cluster correlation by moments."""
    if not groups.named:
        return 0.0
    residual = values - np.mean(values)
    together, squares = groups.totals(residual), float(residual @ residual)
    pairs = (float(np.sum(_sizes(groups))) - len(values)) * squares / len(values)
    return float(np.clip((together @ together - squares) / pairs, 0, 1)) if pairs else 0.0


def _comparable(cells: _Cells, frame: _Frame, smallest: int, groups: int = _FEWEST_GROUPS) -> BoolArray:
    enough = (cells.n >= smallest) & (frame.n - cells.n >= smallest)
    return np.asarray(enough & (cells.n**2 >= groups * cells.square))


def _why_small(cells: _Cells, i: int, frame: _Frame, smallest: int) -> str:
    if cells.n[i] < smallest:
        return f"fewer than {smallest} rows"
    if frame.n - cells.n[i] < smallest:
        return f"fewer than {smallest} rows without it to compare with"
    return "nearly all its rows come from very few of the groups that rows belong to"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Contrast:
    """m segments against the rest of a frame: rates, effective rows, and the one-sided p-value."""

    rate: FloatArray
    rest: FloatArray
    rows: FloatArray
    rest_rows: FloatArray
    rows_of_gap: tuple[FloatArray, FloatArray]
    """Effective rows of both sides when the gap is what is asked about."""
    p: FloatArray

    @property
    def gap(self) -> FloatArray:
        return self.rate - self.rest

    @classmethod
    def of(cls, cells: _Cells, frame: _Frame) -> _Contrast:
        n, rest_n = cells.n, frame.n - cells.n
        rest_square = float(np.sum(frame.sizes)) - 2 * cells.cross + cells.square
        plain = 1 / n + 1 / rest_n
        joint = cells.square / n**2 + rest_square / rest_n**2
        joint -= 2 * (cells.cross - cells.square) / (n * rest_n)
        spread = _dispersion(frame.values)
        effect = spread * np.maximum(1, 1 + frame.likeness * (joint / plain - 1))
        rate, rest = cells.total / n, (frame.values.sum() - cells.total) / rest_n
        return cls(
            rate=rate,
            rest=rest,
            rows=n / (spread * (1 + frame.likeness * (cells.square / n - 1))),
            rest_rows=rest_n / (spread * (1 + frame.likeness * (rest_square / rest_n - 1))),
            rows_of_gap=(n / effect, rest_n / effect),
            p=_chance_of_worse(rate - rest, 1 / (plain * effect), n <= rest_n, frame),
        )


def _dispersion(values: FloatArray) -> float:
    """Variance of the values as a share of what zeros and ones of the same mean would have."""
    share = float(np.mean(values))
    return max(float(np.var(values)) / (share * (1 - share)), 1e-9) if 0 < share < 1 else 1.0


def _chance_of_worse(gap: FloatArray, rows: FloatArray, smaller: BoolArray, frame: _Frame) -> FloatArray:
    """One-sided exact binomial p-value, seen from the smaller side, where the skewness is.

    With ``rows`` effective trials at the common error rate: at least so many errors in the
    segment, or, where the rest is the smaller side, at most so few in the rest.
    """
    from scipy.special import betainc

    error = 1 - float(np.mean(frame.values))
    if not 0 < error < 1:
        return np.ones_like(gap)
    seen = np.clip(rows * (error + np.where(smaller, -gap, gap)), 0, rows)
    at_least = np.where(smaller, seen, seen + 1)
    upper = betainc(np.maximum(at_least, 1e-9), np.maximum(rows - at_least + 1, 1e-9), error)
    upper = np.where(at_least <= 0, 1.0, np.where(at_least > rows, 0.0, upper))
    return np.asarray(np.where(smaller, upper, 1 - upper))


def _judged_singles(frame: _Frame, columns: Sequence[_Column], rule: _Rule) -> list[SegmentGap]:
    names = [((column.name, value),) for column in columns for value in column.values]
    if not names:
        return []
    cells = _Cells.joined([column.cells for column in columns])
    return _segments(frame, cells, _Contrast.of(cells, frame), names, len(names), rule)


def _judged_pairs(
    frame: _Frame, columns: Sequence[_Column], singles: Sequence[SegmentGap], rule: _Rule
) -> tuple[list[SegmentGap], int]:
    """Pairs that are found, and how many were tested."""
    crossed = [_Pairs.of(frame, first, second, rule.smallest) for first, second in combinations(columns, 2)]
    tests = sum(len(pairs.cells.n) for pairs in crossed)
    bad = {segment.where[0] for segment in singles if segment.found}
    return [segment for pairs in crossed for segment in pairs.found(frame, tests, bad, rule)], tests


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pairs:
    """The pairs of values of two columns that have enough rows."""

    columns: tuple[_Column, _Column]
    places: IntArray
    """(m, 2) positions of the two values in their columns."""
    cells: _Cells

    @classmethod
    def of(cls, frame: _Frame, first: _Column, second: _Column, smallest: int) -> _Pairs:
        width = len(second.values)
        codes = np.where((first.codes >= 0) & (second.codes >= 0), first.codes * width + second.codes, -1)
        cells = frame.cells(codes, len(first.values) * width)
        places = np.stack(np.divmod(np.arange(len(cells.n)), max(width, 1)), axis=1)
        whole = (first.cells.n[places[:, 0]] == cells.n) | (second.cells.n[places[:, 1]] == cells.n)
        enough = _comparable(cells, frame, smallest, _FEWEST_GROUPS_OF_PAIR)
        which = np.flatnonzero(enough & ~whole)
        return cls(columns=(first, second), places=places[which], cells=cells.take(which))

    def found(
        self, frame: _Frame, tests: int, bad: set[tuple[str, str]], rule: _Rule
    ) -> Iterator[SegmentGap]:
        if not len(self.cells.n):
            return
        contrast = _Contrast.of(self.cells, frame)
        promising = np.flatnonzero((contrast.p * tests <= rule.share) & (contrast.gap < 0))
        if not len(promising):
            return
        cells = self.cells.take(promising)
        names = [self._where(int(i)) for i in promising]
        again = _Contrast.of(cells, frame)
        for i, segment in zip(promising, _segments(frame, cells, again, names, tests, rule), strict=True):
            if segment.found and all(
                self._explains_more(frame, int(i), side, tests, rule)
                for side in (0, 1)
                if segment.where[side] in bad
            ):
                yield segment

    def _where(self, i: int) -> tuple[tuple[str, str], ...]:
        return tuple(
            (column.name, column.values[place])
            for column, place in zip(self.columns, self.places[i], strict=True)
        )

    def _explains_more(self, frame: _Frame, i: int, side: int, tests: int, rule: _Rule) -> bool:
        """Whether the pair is worse than the other rows of one of its values, which itself was found."""
        rows = self.columns[side].codes == self.places[i, side]
        inner = frame.subset(rows)
        other = self.columns[1 - side].codes[rows] == self.places[i, 1 - side]
        cells = inner.cells(np.where(other, 0, -1), 1)
        if not _comparable(cells, inner, rule.smallest)[0]:
            return False
        contrast = _Contrast.of(cells, inner)
        return bool(contrast.p[0] * tests <= rule.share and contrast.gap[0] * frame.span <= -rule.floor)


def _segments(
    frame: _Frame,
    cells: _Cells,
    contrast: _Contrast,
    names: Sequence[tuple[tuple[str, str], ...]],
    tests: int,
    rule: _Rule,
) -> list[SegmentGap]:
    level = rule.level(tests)
    lows, highs = share_gap_bounds(
        contrast.rate, contrast.rows_of_gap[0], contrast.rest, contrast.rows_of_gap[1], level=level
    )
    adjusted = np.minimum(contrast.p * tests, 1.0)
    found = (adjusted <= rule.share) & (contrast.gap * frame.span <= -rule.floor) & (highs < 0)
    return [
        SegmentGap(
            where=where,
            rate=_rate(frame, contrast.rate[i], contrast.rows[i], cells.n[i], cells.groups[i]),
            rest=_rate(frame, contrast.rest[i], contrast.rest_rows[i], frame.n - cells.n[i], None),
            gap=Estimate(
                value=float(contrast.gap[i]) * frame.span,
                low=float(lows[i]) * frame.span,
                high=float(highs[i]) * frame.span,
                n=int(cells.n[i]),
                method=f"Miettinen–Nurminen, Bonferroni over {tests:,} segments",
                level=level,
                clusters=int(cells.groups[i]) if frame.groups.named else None,
                unit="points" if frame.shares else "score",
            ),
            p=float(contrast.p[i]),
            adjusted_p=float(adjusted[i]),
            found=bool(found[i]),
        )
        for i, where in enumerate(names)
    ]


def _rate(frame: _Frame, share: float, rows: float, n: float, groups: float | None) -> Estimate:
    low, high = wilson(float(share), float(rows))
    value, low, high = (frame.origin + frame.span * part for part in (float(share), low, high))
    return Estimate(
        value=value,
        low=low,
        high=high,
        n=int(n),
        method="Wilson on the effective sample size" if frame.groups.named else "Wilson",
        clusters=int(groups) if groups is not None and frame.groups.named else None,
        unit="share" if frame.shares else "score",
    )


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _by_gap(segment: SegmentGap) -> tuple[bool, float, str]:
    return (not segment.found, segment.gap.value or 0.0, segment.name)
