"""Do two annotators, or a judge and a person, say the same; and which labels do people split on?

References:
    Cohen (1960), A coefficient of agreement for nominal scales. Educ. Psychol. Meas. 20.
    Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa.
    Psychological Bulletin 72.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.intervals import proportion, wilson
from shipworthy.stats.resampling import Groups, Spread

__all__ = ["SplitPair", "agreement", "cohen_kappa", "split_pairs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPair:
    """Two labels that people mix up with each other."""

    first: str
    """One label."""
    second: str
    """The other one."""
    rows: tuple[int, ...]
    """Positions of the items that were given both, by different people."""
    either: int
    """Items with several annotators that were given at least one of the two."""
    share: Estimate
    """Items given both, of those given either."""

    def words(self) -> str:
        """One sentence for a product manager."""
        return (
            f"Of {self.either:,} items that somebody called {self.first} or {self.second},"
            f" {len(self.rows):,} ({len(self.rows) / self.either:.0%}) were called both: these categories"
            " overlap, and where one ends is a product decision."
        )


def agreement(
    first: Sequence[Hashable], second: Sequence[Hashable], *, clusters: IntArray | None = None
) -> Measured:
    """Share of items that two annotators label alike.

    Args:
        first: (n,) one annotator's labels.
        second: (n,) the other's labels of the same items.
        clusters: (n,) codes of items that belong together.

    Raises:
        ValueError: The lists differ in length.
    """
    a, b, _ = _coded(first, second)
    return proportion(np.asarray(a == b), clusters=clusters)


def cohen_kappa(
    first: Sequence[Hashable], second: Sequence[Hashable], *, clusters: IntArray | None = None
) -> Measured:
    """Cohen's kappa: agreement beyond what the two annotators' habits alone would give.

    1 is full agreement, 0 is what chance gives. The standard error comes from each item's
    influence on kappa (equal to Fleiss, Cohen and Everitt's for independent items), summed
    within clusters where there are any. The interval is the t interval, never narrower than the
    one that the observed agreement alone would give (near perfect agreement the former is too
    sure of itself).

    Args:
        first: (n,) one annotator's labels.
        second: (n,) the other's labels of the same items.
        clusters: (n,) codes of items that belong together.

    Returns:
        A score, undefined when there are no items or both annotators use one and the same label
        throughout (chance agreement is then 1).

    Raises:
        ValueError: The lists differ in length.
    """
    a, b, k = _coded(first, second)
    n = len(a)
    if n == 0:
        return _no_kappa("there are no items that both labelled", n)
    row, column = np.bincount(a, minlength=k) / n, np.bincount(b, minlength=k) / n
    chance = float(row @ column)
    if chance == 1:
        return _no_kappa("both used one label throughout, so chance alone explains the agreement", n)
    same = (a == b).astype(np.float64)
    value = (float(same.mean()) - chance) / (1 - chance)
    influence = (same - (1 - value) * (column[a] + row[b]) - value + chance * (1 - value)) / (1 - chance)
    return _with_influence(value, influence, clusters, proportion(a == b, clusters=clusters), chance)


def split_pairs(annotations: Sequence[Sequence[str | None]], *, fewest: int = 3) -> tuple[SplitPair, ...]:
    """Label pairs on which annotators split.

    Args:
        annotations: For each item the labels that people gave it; None and empty are no label.
            Items with fewer than two labels say nothing.
        fewest: Pairs found on fewer items than this are left out.

    Returns:
        The pairs, those that surely overlap most first (by the lower end of the interval).
    """
    given = [frozenset(label for label in labels if label) for labels in annotations]
    several = [sum(1 for label in labels if label) > 1 for labels in annotations]
    used = [(row, labels) for row, labels in enumerate(given) if several[row]]
    counts = Counter(label for _, labels in used for label in labels)
    rows: dict[tuple[str, str], list[int]] = {}
    for row, labels in used:
        for pair in combinations(sorted(labels), 2):
            rows.setdefault(pair, []).append(row)
    pairs = [_split_pair(*pair, both, counts) for pair, both in rows.items() if len(both) >= fewest]
    return tuple(sorted(pairs, key=lambda pair: (-(pair.share.low or 0), pair.first, pair.second)))


def _split_pair(first: str, second: str, both: list[int], counts: Counter[str]) -> SplitPair:
    either = counts[first] + counts[second] - len(both)
    share = len(both) / either
    low, high = wilson(share, either)
    estimate = Estimate(value=share, low=low, high=high, n=either, method="Wilson")
    return SplitPair(first=first, second=second, rows=tuple(both), either=either, share=estimate)


def _coded(first: Sequence[Hashable], second: Sequence[Hashable]) -> tuple[IntArray, IntArray, int]:
    if len(first) != len(second):
        raise ValueError(f"two annotators of the same items, got {len(first)} and {len(second)} labels")
    codes: dict[Hashable, int] = {}
    both = [np.array([codes.setdefault(x, len(codes)) for x in labels], int) for labels in (first, second)]
    return both[0], both[1], len(codes)


def _no_kappa(reason: str, n: int) -> Measured:
    return measured(lambda level: undefined(reason, method="Cohen's kappa", n=n, unit="score", level=level))


def _with_influence(
    value: float, influence: FloatArray, clusters: IntArray | None, observed: Measured, chance: float
) -> Measured:
    n = len(influence)
    groups = Groups.of(clusters, n)
    spread = Spread.of(groups.totals(influence) / n)

    def at(level: float) -> Estimate:
        half = spread.quantile(level) * spread.error
        same = observed.at(level)
        lowest, highest = ((bound - chance) / (1 - chance) for bound in (same.low or 0.0, same.high or 1.0))
        return Estimate(
            value=value,
            low=max(-1.0, min(value - half, lowest)),
            high=min(1.0, max(value + half, highest)),
            n=n,
            method="Cohen's kappa, large-sample",
            level=level,
            clusters=groups.clusters,
            unit="score",
            warning=groups.warning,
        )

    return measured(at)
