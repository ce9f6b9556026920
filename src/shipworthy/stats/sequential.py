"""A against B, looked at after every example: an interval that stays valid however often one peeks.

The usual interval is right once, at a size fixed beforehand. Looked at after each example until it
excludes 0, it cries wolf in a third of the cases in which A and B are alike
(``docs/measurements/sequential.md``). The one here is a confidence sequence: with probability ``level`` it
holds the true difference at *all* looks together, so one may stop when it pleases.

Method: two gamblers bet at fair odds that the true mean difference is higher, or lower, than each possible
value m. If m is true, neither can expect to win, and by Ville's inequality each multiplies its money by 2/α
at any time with a chance of at most α/2. The interval is what neither has ruled out. This holds for any
values between -1 and 1 and any number of examples; nothing is asymptotic. What it takes: examples come in
an order that has nothing to do with the scores, such as a random one, and are independent (or come in whole
clusters, which are).

References:
    Waudby-Smith & Ramdas (2024), Estimating means of bounded random variables by betting. J. R. Statist.
    Soc. B 86 (theorem 3: hedged capital, with the predictable plug-in bets of its section 4.2).
    Ville (1939), Étude critique de la notion de collectif.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shipworthy.core.errors import DataError, Where
from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.comparison import Standing
from shipworthy.stats.estimate import Estimate, undefined

__all__ = ["SequentialComparison", "sequential_comparison"]

_CELLS = 400
"""The ends after each look are rounded outwards to half a point; the last ones and decisions are exact."""
_BOLDEST = 0.5
"""The largest share of its money that a gambler stakes."""
_BISECTIONS = 40
_CHUNK = 2_000_000
_METHOD = "betting confidence sequence (Waudby-Smith and Ramdas), valid at every look"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SequentialComparison:
    """A against B after each of n examples (or each whole cluster)."""

    differences: FloatArray
    """(n,) the mean of A minus B over the examples so far."""
    low: FloatArray
    """(n,) lower end of the interval after each example; never falls."""
    high: FloatArray
    """(n,) upper end; never rises."""
    standing: Standing
    """What may be said now: better, worse, tied (both ends within the margin) or cannot tell."""
    stop: int | None
    """The number of examples after which this could first be said; None: go on."""
    estimate: Estimate
    """The difference and its interval after the last example. The value overshoots a little where one
    stopped because it was large; the interval allows for that."""
    p: float
    """A p-value of "no difference" that is valid at every look."""
    margin: float
    """Differences smaller than this do not matter in practice."""

    def words(self, first: str, second: str) -> str:
        """One or two sentences: whether to stop, and why."""
        if self.stop is None:
            return (
                f"Go on: after {len(self.low):,} examples nothing can be said about {first} and {second}"
                f" ({self.estimate}). You may look again after every further example."
            )
        claim = {
            "better": f"{first} is better than {second}",
            "worse": f"{first} is worse than {second}",
            "tied": f"{first} and {second} differ by less than {self.margin * 100:g} points",
        }[self.standing]
        return f"Stop: {claim}, which was settled after {self.stop:,} examples ({self.estimate})."


def sequential_comparison(
    first: FloatArray | BoolArray,
    second: FloatArray | BoolArray,
    *,
    clusters: IntArray | None = None,
    margin: float = 0.01,
    level: float = 0.95,
) -> SequentialComparison:
    """Compare two candidates on the same examples with an interval that may be looked at all the time.

    What is returned for the first k examples does not depend on those that follow.

    Args:
        first: (n,) the first candidate's score of each example, 0 to 1, in the order in which they came.
        second: (n,) the second one's.
        clusters: (n,) codes of examples that belong together. Each cluster then counts as one look, with
            the mean of its differences: what is estimated is the average over clusters, not over examples.
            The examples of a cluster have to follow one another.
        margin: Differences smaller than this do not matter in practice.
        level: Confidence that the interval never misses.

    Raises:
        ValueError: The lists differ in length, or ``level`` is not between 0 and 1.
        DataError: A score outside 0 to 1 or missing, or a cluster whose examples do not come together
            (it would be looked at before it was whole).
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"pairs need two lists of one length, got {first.shape} and {second.shape}")
    if not 0 < level < 1:
        raise ValueError(f"the level must be between 0 and 1, got {level!r}")
    gaps = _checked(first, "first") - _checked(second, "second")
    named = clusters is not None and len(np.unique(clusters)) < len(gaps)
    looks = _by_cluster(gaps, clusters) if clusters is not None and named else gaps
    if len(looks) == 0:
        return _nothing(margin, level)
    game = _Game.of((looks + 1) / 2, level)
    low, high = 2 * game.lows() - 1, 2 * game.highs() - 1
    running = np.cumsum(looks) / np.arange(1, len(looks) + 1)
    standing, stop = _decision(game, margin)
    return SequentialComparison(
        differences=running,
        low=low,
        high=high,
        standing=standing,
        stop=stop,
        estimate=Estimate(
            value=float(running[-1]),
            low=min(2 * game.last_low() - 1, float(running[-1])),
            high=max(2 * game.last_high() - 1, float(running[-1])),
            n=len(gaps),
            method=_METHOD,
            level=level,
            clusters=len(looks) if named else None,
            unit="points",
        ),
        p=game.p(),
        margin=margin,
    )


def _nothing(margin: float, level: float) -> SequentialComparison:
    empty = np.array([], dtype=np.float64)
    nothing = undefined("no rows to compare", method=_METHOD, unit="points", level=level)
    return SequentialComparison(
        differences=empty,
        low=empty,
        high=empty,
        standing="cannot tell",
        stop=None,
        estimate=nothing,
        p=1.0,
        margin=margin,
    )


def _checked(scores: FloatArray | BoolArray, name: str) -> FloatArray:
    values = np.asarray(scores, dtype=np.float64)
    bad = np.flatnonzero(~((values >= 0) & (values <= 1)))
    if bad.size:
        raise DataError(
            f"Row {bad[0]:,} of {name!r} holds {values[bad[0]]}, which is not a score from 0 to 1.",
            where=Where(field=name),
            hint="Count a failed row as 0, and divide scores by their largest possible value.",
        )
    return values


def _by_cluster(gaps: FloatArray, clusters: IntArray) -> FloatArray:
    """The mean difference of each cluster, in the order in which they came."""
    if len(clusters) != len(gaps):
        raise ValueError(f"{len(clusters)} cluster codes for {len(gaps)} rows")
    starts = np.flatnonzero(np.concatenate([[True], clusters[1:] != clusters[:-1]]))
    names = clusters[starts]
    seen, counts = np.unique(names, return_counts=True)
    if (counts > 1).any():
        raise DataError(
            f"The examples of cluster {seen[counts > 1][0]} do not follow one another, so it would be looked"
            " at before it was whole.",
            where=Where(field="clusters"),
            hint="Let the examples of one customer or document arrive together, or compare once at the end.",
        )
    sizes = np.diff(np.append(starts, len(gaps)))
    return np.asarray(np.add.reduceat(gaps, starts) / sizes)


def _decision(game: _Game, margin: float) -> tuple[Standing, int | None]:
    """The first thing that can be said, and when."""
    turned = game.turned()
    low, high = (1 - margin) / 2, (1 + margin) / 2
    looks: dict[Standing, float] = {
        "better": game.ruled_out(0.5),
        "worse": turned.ruled_out(0.5),
        "tied": max(game.ruled_out(low), turned.ruled_out(1 - high)),
    }
    standing = min(looks, key=lambda name: looks[name])
    return (standing, int(looks[standing])) if looks[standing] < np.inf else ("cannot tell", None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Game:
    """Bets on values from 0 to 1 that come one after the other."""

    values: FloatArray
    stakes: FloatArray
    """(n,) what a gambler would stake if there were no limit, known before the value is."""
    goal: float
    """Log of the money at which a possible mean is ruled out."""

    @classmethod
    def of(cls, values: FloatArray, level: float) -> _Game:
        goal = np.log(2 / (1 - level))
        seen = np.arange(1, len(values) + 1)
        means = (0.5 + np.cumsum(values)) / (seen + 1)
        spreads = (0.25 + np.cumsum((values - means) ** 2)) / (seen + 1)
        before = np.concatenate([[0.25], spreads[:-1]])
        stakes = np.sqrt(2 * goal / (before * seen * np.log1p(seen)))
        return cls(values=values, stakes=stakes, goal=float(goal))

    def money(self, means: FloatArray) -> FloatArray:
        """(n, m) log of the money of who bets that the true mean is above each of ``means``."""
        limits = np.divide(_BOLDEST, means, out=np.full_like(means, np.inf), where=means > 0)
        stakes = np.minimum(self.stakes[:, None], limits)
        return np.cumsum(np.log1p(stakes * (self.values[:, None] - means)), axis=0)

    def turned(self) -> _Game:
        """The game of who bets on lower values."""
        return _Game(values=1 - self.values, stakes=self.stakes, goal=self.goal)

    def lows(self) -> FloatArray:
        """(n,) after each value, the largest mean on the grid below which all are ruled out."""
        grid = np.arange(_CELLS + 1) / _CELLS
        ruled_out = np.zeros(len(self.values), dtype=np.int64)
        width = max(1, _CHUNK // len(self.values))
        for start in range(0, len(grid), width):
            ruled_out += np.sum(self.money(grid[start : start + width]) >= self.goal, axis=1)
        return np.maximum.accumulate(grid[np.maximum(ruled_out - 1, 0)])

    def highs(self) -> FloatArray:
        """(n,) after each value, the smallest mean on the grid above which all are ruled out."""
        return 1 - self.turned().lows()

    def last_low(self) -> float:
        """The same as the last of ``lows``, to full precision."""
        low, high = 0.0, 1.0
        if self.best(low) < self.goal:
            return 0.0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.best(middle) >= self.goal else (low, middle)
        return low

    def last_high(self) -> float:
        """The same as the last of ``highs``, to full precision."""
        return 1 - self.turned().last_low()

    def ruled_out(self, mean: float) -> float:
        """The look at which the true mean is first known to be above this one; infinite if it is not."""
        reached = self.money(np.array([mean]))[:, 0] >= self.goal
        return float(np.argmax(reached)) + 1 if reached.any() else np.inf

    def best(self, mean: float) -> float:
        """Log of the most money that was ever had against one mean."""
        return float(self.money(np.array([mean])).max())

    def p(self) -> float:
        """The p-value of a mean of one half."""
        most = max(self.best(0.5), self.turned().best(0.5))
        return float(min(1.0, 2 * np.exp(-most)))
