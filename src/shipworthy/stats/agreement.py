"""Do two annotators, or a judge and a person, say the same; and which labels do people split on?

References:
    Cohen (1960), A coefficient of agreement for nominal scales. Educ. Psychol. Meas. 20.
    Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa.
    Psychological Bulletin 72.
    Cohen (1968), Weighted kappa. Psychological Bulletin 70.
    Light (1971), Measures of response agreement for qualitative data: several annotators are compared by
    the mean of their pairs' kappas. Psychological Bulletin 76.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.intervals import proportion, wilson
from shipworthy.stats.resampling import Groups, Spread

__all__ = [
    "SplitPair",
    "Weights",
    "agreement",
    "cohen_kappa",
    "mean_kappa",
    "split_pairs",
    "weighted_kappa",
]

Weights = Literal["none", "linear", "quadratic"]
"""How bad a disagreement is: all alike, or by its distance on the scale, or by the distance squared."""


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


def weighted_kappa(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    *,
    order: Sequence[Hashable],
    weights: Weights = "quadratic",
    clusters: IntArray | None = None,
) -> Measured:
    """Kappa of labels that stand in an order: being far apart is worse than being neighbours.

    Args:
        first: (n,) one annotator's labels.
        second: (n,) the other's labels of the same items.
        order: All labels, from one end of the scale to the other.
        weights: How a disagreement grows with the distance of positions in ``order``.
        clusters: (n,) codes of items that belong together.

    Returns:
        A score, undefined as Cohen's kappa is; interval as there, corrected for skewness.

    Raises:
        ValueError: The lists differ in length, or a label is not in ``order``.
    """
    if len(first) != len(second):
        raise ValueError(f"two annotators of the same items, got {len(first)} and {len(second)} labels")
    return mean_kappa([first, second], [(0, 1)], order=order, weights=weights, clusters=clusters)


def mean_kappa(
    columns: Sequence[Sequence[Hashable | None]],
    pairs: Sequence[tuple[int, int]],
    *,
    order: Sequence[Hashable],
    weights: Weights = "none",
    clusters: IntArray | None = None,
) -> Measured:
    """The mean kappa of some pairs of annotators, each over the items that both labelled.

    All pairs of people give how far people agree; the pairs of a judge with each of them, how far the judge
    agrees with people, on the same footing.

    Args:
        columns: For each annotator (n,) labels; None where there is none.
        pairs: Positions in ``columns``.
        order: All labels; the order counts only where the weights do.
        weights: How bad a disagreement is.
        clusters: (n,) codes of items that belong together.

    Raises:
        ValueError: The lists differ in length, or a label is not in ``order``.
    """
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"annotators of the same items, got {[len(column) for column in columns]} labels")
    place = {label: position for position, label in enumerate(order)}
    codes = [np.array([_code(label, place) for label in column], int) for column in columns]
    weigh = _disagreement(len(place), weights)
    name = _KAPPAS[weights] if len(pairs) == 1 else f"mean of {len(pairs)} pairs' {_KAPPAS[weights]}"
    found = [_paired(codes[a], codes[b], weigh) for a, b in pairs]
    n = int(np.any([(codes[a] >= 0) & (codes[b] >= 0) for a, b in pairs], axis=0).sum()) if pairs else 0
    reason = next((one for one in found if isinstance(one, str)), None if pairs else "there is no pair")
    if reason is not None:
        return measured(lambda level: undefined(reason, method=name, n=n, unit="score", level=level))
    return _joint([one for one in found if not isinstance(one, str)], clusters, n, name)


_KAPPAS: dict[Weights, str] = {
    "none": "Cohen's kappa",
    "linear": "linear-weighted kappa",
    "quadratic": "quadratic-weighted kappa",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """One pair's kappa and what each item contributes to its error."""

    value: float
    influence: FloatArray
    """(items,) 0 for an item that one of them did not label; its mean is 0."""
    both: BoolArray
    """(items,) whether both labelled it."""
    same: BoolArray
    """(both,) whether they said the same."""
    step: float
    """By how much kappa falls for each disagreeing share of the items."""


def _code(label: Hashable | None, place: dict[Hashable, int]) -> int:
    if label is None:
        return -1
    if label not in place:
        raise ValueError(f"the label {label!r} is not in the order {list(place)!r}")
    return place[label]


def _disagreement(k: int, weights: Weights) -> FloatArray:
    """(k, k) how bad it is that one says i and the other j."""
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(np.float64)
    match weights:
        case "none":
            return (apart > 0).astype(np.float64)
        case "linear":
            return apart
        case _:
            return apart**2


def _paired(a: IntArray, b: IntArray, weigh: FloatArray) -> _Pair | str:
    both = np.asarray((a >= 0) & (b >= 0))
    n, k = int(both.sum()), len(weigh)
    if n == 0:
        return "there are no items that both labelled"
    a_both, b_both = a[both], b[both]
    row, column = np.bincount(a_both, minlength=k) / n, np.bincount(b_both, minlength=k) / n
    chance = float(row @ weigh @ column)
    if chance == 0:
        return "both used one label throughout, so chance alone explains the agreement"
    apart = weigh[a_both, b_both]
    observed = float(apart.mean())
    expected = (weigh @ column)[a_both] + (row @ weigh)[b_both] - 2 * chance
    influence = np.zeros(len(a))
    influence[both] = (observed / chance * expected - (apart - observed)) / chance * len(a) / n
    seen = apart[apart > 0]
    typical = float(seen.mean()) if len(seen) else float(weigh[weigh > 0].min())
    same = np.asarray(a_both == b_both)
    return _Pair(
        value=1 - observed / chance, influence=influence, both=both, same=same, step=typical / chance
    )


def _joint(pairs: Sequence[_Pair], clusters: IntArray | None, n: int, name: str) -> Measured:
    """The mean of pairs, never surer than the share of items on which they say the same."""
    items = len(pairs[0].influence)
    groups = Groups.of(clusters, items)
    value = float(np.mean([one.value for one in pairs]))
    influence = np.mean([one.influence for one in pairs], axis=0)
    spread = Spread.of(groups.totals(influence) / items)
    belongs = np.concatenate([groups.codes[one.both] for one in pairs])
    same = proportion(np.concatenate([one.same for one in pairs]), clusters=belongs)
    step = float(np.mean([one.step for one in pairs]))

    def at(level: float) -> Estimate:
        below, above = spread.deviations(level)
        share = same.at(level)
        least, most = (1 - (1 - (bound or 0.0)) * step for bound in (share.low, share.high))
        return Estimate(
            value=value,
            low=max(-1.0, min(value - below, least)),
            high=min(1.0, max(value + above, most)),
            n=n,
            method=f"{name}, large-sample",
            level=level,
            clusters=groups.clusters,
            unit="score",
            warning=groups.warning,
        )

    return measured(at)


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
