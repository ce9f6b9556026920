"""A candidate that answers differently from call to call: how much, and what to do about it.

Scores come as a table of n examples by R repeats, 0 to 1, NaN where a call was not made. Every example
counts the same, however often it was run, and examples are what is drawn from the world: repeats of one
example are never counted as further evidence about other examples.

References:
    Miller (2024), Adding error bars to evals, arXiv 2411.00640 (the law of total variance, section 3).
    Chen et al. (2021), Evaluating large language models trained on code, arXiv 2107.03374 (pass@k).
    Searle, Casella & McCulloch (1992), Variance components (the estimators from unweighted means, which
    are the analysis of variance's where every example has as many repeats).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, Unit, measured, undefined
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.resampling import Contributions, Groups, Spread, joined

__all__ = [
    "More",
    "Plan",
    "Stability",
    "Unstable",
    "Variance",
    "by_example",
    "pass_at_k",
    "pass_every_k",
    "plan",
    "stability",
    "variance",
]

_MOST_REPEATS = 1_000
_ONCE = "every example was run once, so chance between calls cannot be told from differences between examples"


def by_example(examples: IntArray, values: FloatArray) -> FloatArray:
    """A table of examples by repeats, from one row for each call.

    Args:
        examples: (m,) the example of each call, as a code.
        values: (m,) its score, or a code of its answer.

    Returns:
        (n, R) one row for each example, in the order of their codes; NaN behind the last repeat.
    """
    _, codes, counts = np.unique(examples, return_inverse=True, return_counts=True)
    order = np.argsort(codes, kind="stable")
    place = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((len(counts), int(counts.max(initial=0))), np.nan)
    table[codes[order], place] = np.asarray(values, dtype=np.float64)[order]
    return table


# --- variance -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """Where the uncertainty of a mean score comes from."""

    score: Estimate
    """The mean over examples of their mean scores."""
    within: Estimate
    """Variance between calls on the same example, averaged over examples."""
    between: Estimate
    """Variance between examples of what they score in the long run."""
    error: float | None
    """Standard error of the score now; None where there are fewer than two independent examples."""
    from_calls: float | None
    """Share of the squared error that more repeats of the same examples would remove, 0 to 1."""

    def words(self) -> str:
        """What to tell somebody, in one or two sentences."""
        if self.error is None or self.from_calls is None:
            return f"What chance between calls does to this score is not known: {self.within.warning}."
        return (
            f"The score is {self.score}. Of its uncertainty {self.from_calls:.0%} comes from answers that"
            f" differ from call to call, and {1 - self.from_calls:.0%} from which examples were chosen."
        )


def variance(scores: FloatArray, *, clusters: IntArray | None = None, level: float = 0.95) -> Variance:
    """Split the variance of scores into that between calls and that between examples.

    Both estimators are unbiased; ``between`` is cut off at 0, with a warning.

    Args:
        scores: (n, R) 0 to 1; NaN where a call was not made. An example without any call is left out.
        clusters: (n,) codes of examples that belong together.
        level: Two-sided confidence level.

    Returns:
        Both variances with jackknife intervals over examples or clusters; undefined with a reason where
        no example was run twice.

    Raises:
        ValueError: ``scores`` is no table, or holds something else than 0 to 1 and NaN.
    """
    runs = _Runs.of(_checked(scores), clusters)
    error = runs.error()
    noise = runs.noise()
    shared = None if error is None or noise is None or error == 0 else min(1.0, noise / error**2)
    return Variance(
        score=replace(runs.score().at(level), warning=joined(runs.score().at(level).warning, runs.left_out)),
        within=runs.within().at(level),
        between=runs.between().at(level),
        error=error,
        from_calls=0.0 if error == 0 and noise is not None else shared,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Runs:
    """What is known of each example that was run at least once."""

    counts: IntArray
    means: FloatArray
    variances: FloatArray
    """Unbiased variance between calls; NaN for an example that was run once."""
    clusters: IntArray | None
    left_out: str | None

    @classmethod
    def of(cls, scores: FloatArray, clusters: IntArray | None) -> _Runs:
        counts = np.sum(~np.isnan(scores), axis=1)
        run = counts > 0
        scores, counts = scores[run], counts[run]
        means = np.nansum(scores, axis=1) / counts
        squares = np.nansum((scores - means[:, None]) ** 2, axis=1)
        never = int(np.sum(~run))
        return cls(
            counts=counts,
            means=means,
            variances=np.divide(squares, counts - 1, out=np.full(len(counts), np.nan), where=counts > 1),
            clusters=None if clusters is None else clusters[run],
            left_out=f"{never:,} examples were never run and are left out" if never else None,
        )

    @property
    def n(self) -> int:
        return len(self.counts)

    @property
    def twice(self) -> FloatArray:
        """The variances of the examples that were run at least twice."""
        return self.variances[self.counts > 1]

    def score(self) -> Measured:
        return _bounded_mean(self.means, self.clusters, "share")

    def error(self) -> float | None:
        """The cluster-robust standard error of the mean of the examples' means."""
        groups = Groups.of(self.clusters, self.n)
        if groups.count < 2:
            return None
        return Spread.of(groups.totals(self.means - self.means.mean()) / self.n).error

    def noise(self, extra: int = 0) -> float | None:
        """The part of the squared error that is chance between calls, after ``extra`` more repeats."""
        if not self.twice.size:
            return None
        return float(self.twice.mean() * np.mean(1 / (self.counts + extra)) / self.n)

    def within(self) -> Measured:
        rows = self.counts > 1
        if not rows.any():
            return _unknown(_ONCE if self.n else "no rows", "variance between calls", self.n)
        clusters = None if self.clusters is None else self.clusters[rows]
        if self.twice.any():
            found = mean(self.twice, clusters=clusters)
            return measured(lambda level: _from_zero(found.at(level)))
        varied = proportion(self.twice > 0, clusters=clusters, unit="score")
        return measured(lambda level: _scaled_to(varied.at(level), 0.5))

    def between(self) -> Measured:
        method = "variance between examples"
        if self.n < 2:
            return _unknown("there are fewer than two examples", method, self.n)
        if not self.twice.size:
            return _unknown(_ONCE, method, self.n)
        rows = self.counts > 1
        factor = float(np.mean(1 / self.counts))
        squares = (self.means - self.means.mean()) ** 2
        calls = np.where(rows, self.variances - self.twice.mean(), 0) * (factor / rows.sum())
        groups = Groups.of(self.clusters, self.n)
        value = float(squares.sum() / (self.n - 1) - factor * self.twice.mean())
        parts = Contributions(
            value=value,
            groups=groups.totals((squares - squares.mean()) / self.n - calls),
            unseen=self._unseen(),
            n=self.n,
            clusters=groups.clusters,
            warning=groups.warning,
        )
        found = parts.measured(unit="score", low=-math.inf, high=math.inf, logit=False)
        return measured(lambda level: _from_zero(found.at(level)))

    def _unseen(self) -> FloatArray:
        """A pseudo-example at the far end, if none is there: few that fail say little about how many may."""
        centre = float(self.means.mean())
        far = 0.0 if centre >= 0.5 else 1.0
        return np.array([] if (self.means == far).any() else [(centre - far) ** 2 / self.n])


def _from_zero(estimate: Estimate) -> Estimate:
    """A variance, which is never below 0, whatever its unbiased estimate is."""
    assert estimate.value is not None
    note = "the unbiased estimate is below 0" if estimate.value < 0 else None
    return replace(
        estimate,
        value=max(0.0, estimate.value),
        low=None if estimate.low is None else max(0.0, estimate.low),
        high=None if estimate.high is None else max(0.0, estimate.high),
        warning=joined(estimate.warning, note),
    )


def _scaled_to(estimate: Estimate, largest: float) -> Estimate:
    """A variance that was 0 in every example, bounded by how many examples may vary, and how much."""
    assert estimate.high is not None
    return replace(estimate, high=estimate.high * largest, warning="no example ever varied between calls")


def _unknown(reason: str, method: str, n: int, unit: Unit = "score") -> Measured:
    return measured(lambda level: undefined(reason, method=method, n=n, unit=unit, level=level))


# --- more repeats, or more examples? ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """One way to a smaller error."""

    repeats: int
    """Further calls on each example that is there."""
    examples: int
    """Further labelled examples."""
    calls: int
    """Further calls in all."""
    cost: float
    """What the calls and labels cost together."""
    error: float
    """The standard error that is then expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What more repeats or more examples would bring, and which is cheaper."""

    variance: Variance
    """Where the uncertainty comes from now."""
    target: float | None
    """The standard error to reach."""
    floor: float | None
    """The standard error that no number of repeats of these examples gets below."""
    by_repeats: More | None
    """With more repeats only; None where they cannot reach the target."""
    by_examples: More | None
    """With more examples only, each run as often as the present ones."""
    cheapest: More | None
    """The cheapest way, which may be both."""
    why: str
    """The answer in plain sentences."""

    def __str__(self) -> str:
        return self.why


def plan(
    scores: FloatArray,
    *,
    cost_per_call: float,
    cost_per_label: float,
    clusters: IntArray | None = None,
    smaller_by: float = 0.25,
) -> Plan:
    """Say whether to run the same examples again or to label more of them.

    New examples are taken to be like the present ones, as many to a cluster.

    Args:
        scores: (n, R) as for :func:`variance`.
        cost_per_call: Money for one call.
        cost_per_label: Money for one more labelled example, without its calls.
        clusters: (n,) codes of examples that belong together.
        smaller_by: By which share the standard error is to shrink.

    Raises:
        ValueError: As for :func:`variance`; a negative cost; ``smaller_by`` not between 0 and 1.
    """
    if not (cost_per_call >= 0 and cost_per_label >= 0 and 0 < smaller_by < 1):
        raise ValueError(
            f"costs must be 0 or more and smaller_by between 0 and 1, got"
            f" {cost_per_call!r}, {cost_per_label!r}, {smaller_by!r}"
        )
    runs = _Runs.of(_checked(scores), clusters)
    now = variance(scores, clusters=clusters)
    noise = runs.noise()
    if now.error is None or noise is None:
        why = f"Run some examples twice or more: {now.within.warning or 'there are too few examples'}."
        return _no_plan(now, why)
    if now.error == 0:
        return _no_plan(now, "Every example scored the same, so there is no error to plan with.")
    target = now.error * (1 - smaller_by)
    steady = max(0.0, now.error**2 - noise)
    ways = list(_ways(runs, steady, target, cost_per_call, cost_per_label))
    by_repeats = next((way for way in ways if way.examples == 0), None)
    cheapest = min(ways, key=lambda way: way.cost)
    floor = math.sqrt(steady)
    return Plan(
        variance=now,
        target=target,
        floor=floor,
        by_repeats=by_repeats,
        by_examples=ways[0],
        cheapest=cheapest,
        why=_plan_words(now, floor, smaller_by, by_repeats, ways[0], cheapest),
    )


def _no_plan(now: Variance, why: str) -> Plan:
    return Plan(
        variance=now, target=None, floor=None, by_repeats=None, by_examples=None, cheapest=None, why=why
    )


def _ways(runs: _Runs, steady: float, target: float, call: float, label: float) -> list[More]:
    """Ways to the target with 0, 1, 2, … more repeats and the examples that are then still needed."""
    each = round(float(np.mean(runs.counts)))
    ways = []
    for extra in range(_MOST_REPEATS):
        error2 = steady + (runs.noise(extra) or 0.0)
        n = max(runs.n, math.ceil(runs.n * error2 / target**2 - 1e-9))
        calls = runs.n * extra + (n - runs.n) * (each + extra)
        ways.append(
            More(
                repeats=extra,
                examples=n - runs.n,
                calls=calls,
                cost=calls * call + (n - runs.n) * label,
                error=math.sqrt(error2 * runs.n / n),
            )
        )
        if n == runs.n:
            break
    return ways


def _plan_words(
    now: Variance, floor: float, smaller_by: float, repeats: More | None, examples: More, cheapest: More
) -> str:
    assert now.error is not None
    assert now.from_calls is not None
    text = (
        f"The standard error is {now.error * 100:.2f} points. {now.from_calls:.0%} of its square comes from"
        f" answers that differ from call to call; however often these examples are run, it stays above"
        f" {floor * 100:.2f} points. To make it {smaller_by:.0%} smaller: {_way_words(examples)}"
    )
    if repeats is None:
        text += "; more repeats alone cannot do it."
    else:
        text += f", or {_way_words(repeats)}."
    if cheapest.repeats and cheapest.examples:
        return f"{text} Cheapest is both: {_way_words(cheapest)}."
    return f"{text} Cheaper: more {'repeats' if cheapest.repeats else 'examples'}."


def _way_words(way: More) -> str:
    parts = [_counted(way.repeats, "more repeat") + " of each"] if way.repeats else []
    parts += [_counted(way.examples, "more example")] if way.examples else []
    return f"{' and '.join(parts)} ({_counted(way.calls, 'call')}, cost {way.cost:,.2f})"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


# --- does it agree with itself? -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstable:
    """An example whose answer changes from call to call."""

    row: int
    """Its place in the table."""
    rate: float
    """The chance that two of its calls differ."""
    answers: int
    """How many different answers it was given."""
    runs: int
    """In how many calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """How often a candidate says the same when it is asked the same."""

    agreement: Estimate
    """The chance that two calls on the same example agree: the share of pairs of repeats that do,
    averaged over examples."""
    flips: Estimate
    """The chance that they differ, which is the rest."""
    changed: int
    """Examples that were given more than one answer; grows with the number of repeats."""
    unstable: tuple[Unstable, ...]
    """The examples that change most often, worst first."""


def stability(
    answers: FloatArray, *, clusters: IntArray | None = None, level: float = 0.95, worst: int = 20
) -> Stability:
    """How often repeats of an example agree, and which examples flip.

    Args:
        answers: (n, R) codes of the answers, or scores; equal numbers are equal answers. NaN where a call
            was not made. Examples that were run fewer than two times say nothing.
        clusters: (n,) codes of examples that belong together.
        level: Two-sided confidence level.
        worst: How many of the unstable examples to list.

    Raises:
        ValueError: ``answers`` is no table.
    """
    _check_table(answers)
    pairs, same = _pairs(answers)
    rows = np.flatnonzero(pairs > 0)
    if rows.size == 0:
        reason = "no example was run twice"
        nothing = undefined(reason, method="pairs of repeats", n=0, level=level)
        return Stability(agreement=nothing, flips=nothing, changed=0, unstable=())
    rates = 1 - same[rows] / pairs[rows]
    flips = _bounded_mean(rates, None if clusters is None else clusters[rows], "share").at(level)
    flips = replace(flips, method=f"pairs of repeats, {flips.method}")
    assert flips.value is not None
    agreement = replace(
        flips,
        value=1 - flips.value,
        low=None if flips.high is None else 1 - flips.high,
        high=None if flips.low is None else 1 - flips.low,
    )
    order = np.argsort(-rates, kind="stable")
    order = order[rates[order] > 0]
    return Stability(
        agreement=agreement,
        flips=flips,
        changed=len(order),
        unstable=tuple(_unstable(answers, int(rows[i]), float(rates[i])) for i in order[:worst]),
    )


def _pairs(answers: FloatArray) -> tuple[IntArray, IntArray]:
    """Pairs of calls on each example, and those that agree."""
    made = np.sum(~np.isnan(answers), axis=1)
    ordered = np.sort(answers, axis=1)  # NaN goes last, and equals nothing
    same = np.zeros(len(answers), dtype=np.int64)
    for gap in range(1, answers.shape[1]):
        same += np.sum(ordered[:, gap:] == ordered[:, :-gap], axis=1)
    return made * (made - 1) // 2, same


def _unstable(answers: FloatArray, row: int, rate: float) -> Unstable:
    made = answers[row][~np.isnan(answers[row])]
    return Unstable(row=row, rate=rate, answers=len(np.unique(made)), runs=len(made))


# --- pass@k -------------------------------------------------------------------------------------------


def pass_at_k(
    scores: FloatArray, k: int, *, passing: float = 1.0, clusters: IntArray | None = None
) -> Measured:
    """The chance that at least one of k calls passes, averaged over examples: Chen et al.'s estimator.

    Args:
        scores: (n, R) 0 to 1; NaN where a call was not made.
        k: Calls that a user would get.
        passing: A score from which a call passes.
        clusters: (n,) codes of examples that belong together.

    Returns:
        The share; undefined with a reason where an example was run fewer than k times.

    Raises:
        ValueError: As for :func:`variance`, or k below 1.
    """
    return _passing(scores, k, passing, clusters, f"pass@{k}", lambda c, r: 1 - _none(r - c, r, k))


def pass_every_k(
    scores: FloatArray, k: int, *, passing: float = 1.0, clusters: IntArray | None = None
) -> Measured:
    """The chance that all of k calls pass, averaged over examples: what can be relied on.

    Arguments, result and errors are those of :func:`pass_at_k`.
    """
    return _passing(scores, k, passing, clusters, f"all of {k}", lambda c, r: _none(c, r, k))


def _none(left: int, runs: int, k: int) -> float:
    """The chance that k of the runs, drawn without putting back, all come from ``left`` of them."""
    return math.comb(left, k) / math.comb(runs, k)


def _passing(
    scores: FloatArray,
    k: int,
    passing: float,
    clusters: IntArray | None,
    name: str,
    chance: Callable[[int, int], float],
) -> Measured:
    if k < 1:
        raise ValueError(f"k must be 1 or more, got {k!r}")
    table = _checked(scores)
    runs = np.sum(~np.isnan(table), axis=1).tolist()
    if not runs:
        return _unknown("no rows", name, 0, "share")
    if min(runs) < k:
        row = runs.index(min(runs))
        reason = f"{name} needs {k} runs of every example, and example {row} has {runs[row]}"
        return _unknown(reason, name, len(runs), "share")
    passed = np.sum(table >= passing, axis=1).tolist()
    values = np.array([chance(c, r) for c, r in zip(passed, runs, strict=True)])
    found = _bounded_mean(values, clusters, "share")
    return measured(lambda level: _named(found.at(level), name))


def _named(estimate: Estimate, name: str) -> Estimate:
    return replace(estimate, method=f"{name}, {estimate.method}")


def _checked(scores: FloatArray) -> FloatArray:
    _check_table(scores)
    if not np.all(np.isnan(scores) | (scores >= 0) & (scores <= 1)):
        raise ValueError("scores must be numbers from 0 to 1, or NaN where a call was not made")
    return np.asarray(scores, dtype=np.float64)


def _check_table(values: FloatArray) -> None:
    if values.ndim != 2:
        raise ValueError(f"a table of examples by repeats is needed, got the shape {values.shape}")


def _bounded_mean(values: FloatArray, clusters: IntArray | None, unit: Unit) -> Measured:
    """The mean of values from 0 to 1; where all are 0 or all are 1, as of a share."""
    if len(values) and bool(np.all(values == values[0])) and values[0] in (0, 1):
        return proportion(values == 1, clusters=clusters, unit=unit)
    found = mean(values, clusters=clusters, unit=unit)
    return measured(lambda level: _within_0_1(found.at(level)))


def _within_0_1(estimate: Estimate) -> Estimate:
    return replace(
        estimate,
        low=None if estimate.low is None else max(0.0, estimate.low),
        high=None if estimate.high is None else min(1.0, estimate.high),
    )
