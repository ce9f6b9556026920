"""Which threshold: above it the machine decides, below it a person does.

Three questions. *Hand-over*: above which confidence is the precision high enough, and how much is
then handled without a person? *Cost*: at which score does acting cost least, given what each kind
of error costs? *Labels*: which of several labels has the least expected cost?

References:
    Angelopoulos, Bates, Candès, Jordan & Lei (2021), Learn then test, arXiv 2110.01052.
    Wiens (2003), A fixed sequence Bonferroni procedure for testing multiple endpoints.
    Pharmaceutical Statistics 2.
    Elkan (2001), The foundations of cost-sensitive learning. IJCAI.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, undefined
from shipworthy.stats.intervals import mean, proportion, wilson
from shipworthy.stats.resampling import Groups

__all__ = [
    "ChosenThreshold",
    "CostThreshold",
    "HandoverCurve",
    "HandoverPoint",
    "choose_threshold",
    "handover_curve",
    "least_cost_decision",
    "least_cost_threshold",
]

_STARTS = (0.5, 0.25, 0.25)
_STEP = 1.05
_STEPS = 50
_BINS = 20
_SHOWN = 200
_ONE_SIDED = 1.645
_NONE = np.zeros(0, dtype=np.int64)
_METHOD = "Learn then Test, fixed sequence with three starts, exact binomial"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPoint:
    """What happens at one threshold."""

    threshold: float
    """Rows with at least this confidence are handled without a person."""
    share: float
    """Share of all rows so handled."""
    precision: Estimate
    """How many of those are right; the interval is for this one threshold, not for all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCurve:
    """How right the machine is on what it keeps, as it keeps more."""

    points: tuple[HandoverPoint, ...]
    """From the strictest threshold (fewest rows kept) to the loosest."""
    n: int
    """All rows, failed ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenThreshold:
    """The lowest threshold whose precision is surely high enough, if there is one."""

    t: float | None
    """Handle rows with at least this confidence; None when no threshold can be vouched for."""
    share: Estimate
    """Share of rows at or above t (undefined without t)."""
    precision: Estimate
    """How many of those are right, with the interval of this one threshold (undefined without t)."""
    claim: float
    """The precision that was asked for."""
    error: float
    """Chance, over test sets like this one, that the true precision at t is below the claim."""
    tested: int
    """Thresholds that were in the sequence."""
    method: str
    """How t was chosen."""
    why_none: str | None
    """The reason there is no t, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CostThreshold:
    """The score from which acting costs least."""

    threshold: float
    """Act on rows with at least this score; infinity means never to act."""
    band_low: float
    """Lowest threshold that costs the same within the noise of this test set."""
    band_high: float
    """Highest such threshold."""
    cost_per_1000: Estimate
    """Expected cost of 1,000 rows, cross-fitted: each row is judged by a threshold chosen without it."""
    thresholds: FloatArray
    """(m,) thresholds of the curve, strictest first."""
    costs_per_1000: FloatArray
    """(m,) what they cost on the rows at hand; its minimum flatters itself."""


def handover_curve(
    correct: BoolArray, confidence: FloatArray, *, clusters: IntArray | None = None, points: int = 200
) -> HandoverCurve:
    """Precision of what is handled, at thresholds spread evenly over the share handled.

    Args:
        correct: (n,) whether the row's output is right.
        confidence: (n,) how sure the candidate was; NaN for a failed row, which is always handed
            over and stays in the denominator of the share.
        clusters: (n,) codes of rows that belong together.
        points: At most so many thresholds.

    Returns:
        The curve; without points when no row has a confidence.
    """
    ranked = _Ranked.of(correct, confidence, clusters)
    kept = len(ranked.confidence)
    ends = ranked.ends(np.unique(np.linspace(1, kept, min(points, kept)).astype(np.int64)) if kept else _NONE)
    effects = ranked.design_effects(ends)
    curve = [
        HandoverPoint(
            threshold=float(ranked.confidence[end - 1]),
            share=float(end / ranked.n),
            precision=_precision(ranked, int(end), float(effect)),
        )
        for end, effect in zip(ends, effects, strict=True)
    ]
    return HandoverCurve(points=tuple(curve), n=ranked.n)


def choose_threshold(
    correct: BoolArray,
    confidence: FloatArray,
    *,
    precision: float,
    clusters: IntArray | None = None,
    error: float = 0.05,
) -> ChosenThreshold:
    """The lowest threshold above which a precision can be vouched for.

    Learn then Test: thresholds are examined from strict to loose, each by the exact binomial
    p-value that the precision is below the claim, and the walk ends at the first that fails.
    The walk has three starts, where the confidences (not the labels) say that most can be shown,
    and at a half and a quarter of so many rows in case the candidate is too sure of itself; they
    share the error (1/2, 1/4, 1/4), and a walk that reaches the next start brings its share along
    (Wiens 2003). So the true precision at the chosen threshold is below the claim with a chance
    of at most ``error``, whether or not the confidences are calibrated.

    Where rows belong together, counts are divided by the design effect that follows from how
    alike errors are within clusters (beyond what the confidence explains), whichever is larger:
    over all rows or over those above the threshold.

    Args:
        correct: (n,) whether the row's output is right.
        confidence: (n,) how sure the candidate was; NaN for a failed row, always handed over.
        precision: The claim, above 0 and below 1.
        clusters: (n,) codes of rows that belong together.
        error: Chance of a claim that is not true.

    Raises:
        ValueError: ``precision`` or ``error`` is not strictly between 0 and 1.
    """
    if not 0 < precision < 1 or not 0 < error < 1:
        raise ValueError(f"precision and error lie between 0 and 1, got {precision!r} and {error!r}")
    ranked = _Ranked.of(correct, confidence, clusters)
    fewest = int(np.ceil(np.log(error) / np.log(precision)))
    if len(ranked.confidence) < fewest:
        return _no_threshold(
            f"A precision of {precision:.4g} needs at least {fewest:,} rows above the threshold even if all"
            f" are right; only {len(ranked.confidence):,} rows have a confidence.",
            precision,
            error,
        )
    ends = ranked.ends(_grid(fewest, len(ranked.confidence)))
    effects = ranked.design_effects(ends)
    p = _below_claim(ends, ranked.right[ends - 1], effects, precision)
    last = _walk(p, _budget(ranked, ends, fewest, precision) * error)
    if last is None:
        return _no_threshold(_too_low(ranked, ends, precision), precision, error, tested=len(ends))
    end = int(ends[last])
    t = float(ranked.confidence[end - 1])
    return ChosenThreshold(
        t=t,
        share=proportion(np.asarray(confidence >= t), clusters=clusters).at(),
        precision=_precision(ranked, end, float(effects[last])),
        claim=precision,
        error=error,
        tested=len(ends),
        method=_METHOD,
        why_none=None,
    )


def least_cost_threshold(
    scores: FloatArray,
    positive: BoolArray,
    *,
    cost_false_positive: float,
    cost_false_negative: float,
    clusters: IntArray | None = None,
    folds: int = 5,
    seed: int = 0,
) -> CostThreshold:
    """The score from which acting costs least, what that costs, and which thresholds are as good.

    The cost is cross-fitted: folds (of whole clusters) take turns to be judged by a threshold
    chosen on the others, so the choice does not flatter itself. The band runs over all
    thresholds whose cost, compared row by row with the chosen one's, is not higher at 95%
    confidence; it holds the truly best threshold in about 95% of test sets.

    Args:
        scores: (n,) the score of the positive class; NaN for a failed row, which is never acted on.
        positive: (n,) whether acting would have been right.
        cost_false_positive: Cost of acting wrongly.
        cost_false_negative: Cost of wrongly not acting.
        clusters: (n,) codes of rows that belong together.
        folds: Number of folds.
        seed: Seed of the folds.

    Raises:
        ValueError: There are no rows, or a cost is negative.
    """
    if len(scores) == 0 or cost_false_positive < 0 or cost_false_negative < 0:
        raise ValueError("costs are at least 0 and there is at least one row")
    groups = Groups.of(clusters, len(scores))
    walk = _CostWalk.of(scores, np.where(positive, -cost_false_negative, cost_false_positive), groups.codes)
    best = int(np.argmin(walk.gains))
    as_good = walk.thresholds[walk.as_good(best)]
    acted = scores >= _crossfitted(scores, walk, groups, folds, seed)
    rows = np.where(positive, ~acted * cost_false_negative, acted * cost_false_positive)
    shown = np.unique(np.linspace(0, len(walk.gains) - 1, _SHOWN).astype(np.int64))
    never = cost_false_negative * float(np.count_nonzero(positive))
    return CostThreshold(
        threshold=float(walk.thresholds[best]),
        band_low=float(np.min(as_good)),
        band_high=float(np.max(as_good)),
        cost_per_1000=mean(rows, clusters=clusters, scale=1000.0, unit="money").at(),
        thresholds=walk.thresholds[shown],
        costs_per_1000=(never + walk.gains[shown]) * 1000 / len(scores),
    )


def least_cost_decision(proba: FloatArray, costs: FloatArray) -> tuple[IntArray, FloatArray]:
    """The label of least expected cost for each row (Elkan 2001). Needs calibrated probabilities.

    Args:
        proba: (n, K) probability of each class; NaN for a failed row.
        costs: (K, K) cost of predicting column j when row i is true, usually 0 where i = j.

    Returns:
        (n,) positions of the labels, -1 for failed rows, and (n,) their expected costs, NaN for
        failed rows.

    Raises:
        ValueError: ``costs`` is not K by K.
    """
    k = proba.shape[1]
    if costs.shape != (k, k):
        raise ValueError(f"{k} classes need a {k} by {k} cost matrix, got {costs.shape}")
    expected = np.asarray(proba @ costs)
    failed = np.asarray(np.isnan(expected).any(axis=1))
    chosen = np.argmin(np.where(failed[:, None], 0.0, expected), axis=1)
    least = expected[np.arange(len(proba)), chosen]
    return np.where(failed, -1, chosen), np.where(failed, np.nan, least)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ranked:
    """Rows with a confidence, the surest first, with running sums: entry i covers the first i + 1 rows."""

    n: int
    """All rows, those without a confidence included."""
    confidence: FloatArray
    right: FloatArray
    """Rows that are right so far."""
    alike: float
    """How alike rows of a cluster are over all rows, beyond what the confidence explains (0 to 1)."""
    sizes: FloatArray
    """Sum over clusters of (rows so far) squared."""
    crossed: FloatArray
    """Sum over clusters of (rows so far) times (right so far)."""
    squares: FloatArray
    """Sum over clusters of (right so far) squared."""
    groups: IntArray | None
    """Clusters so far, where rows belong together."""

    @classmethod
    def of(cls, correct: BoolArray, confidence: FloatArray, clusters: IntArray | None) -> _Ranked:
        if correct.shape != confidence.shape:
            raise ValueError(f"{correct.shape} outcomes and {confidence.shape} confidences do not pair up")
        usable = np.flatnonzero(~np.isnan(confidence))
        order = usable[np.argsort(-confidence[usable], kind="stable")]
        right = correct[order].astype(np.float64)
        groups = Groups.of(None if clusters is None else clusters[order], len(order))
        rows_before, right_before = _before(right, groups)
        return cls(
            n=len(correct),
            confidence=confidence[order],
            right=np.cumsum(right),
            alike=_residual_likeness(right, groups),
            sizes=np.cumsum(2 * rows_before + 1),
            crossed=np.cumsum(right_before + right * (rows_before + 1)),
            squares=np.cumsum(right * (2 * right_before + 1)),
            groups=np.cumsum(rows_before == 0) if groups.named else None,
        )

    def ends(self, counts: IntArray) -> IntArray:
        """How many rows thresholds near those counts keep; rows of equal confidence stay together."""
        falling = -self.confidence
        return np.unique(np.searchsorted(falling, falling[counts - 1], side="right"))

    def design_effects(self, ends: IntArray) -> FloatArray:
        """How many rows are worth one independent row, among the first ``ends`` rows."""
        rows, at = ends.astype(np.float64), ends - 1
        share = self.right[at] / rows
        variance = share * (1 - share)
        spread = self.squares[at] - 2 * share * self.crossed[at] + share**2 * self.sizes[at]
        pairs = (self.sizes[at] - rows) * variance
        alike = np.divide(spread - rows * variance, pairs, out=np.zeros_like(rows), where=pairs > 0)
        return np.asarray(1 + np.clip(alike, self.alike, 1) * (self.sizes[at] / rows - 1))


def _before(right: FloatArray, groups: Groups) -> tuple[FloatArray, FloatArray]:
    """For each row, how many earlier rows of its cluster there are, and how many of those are right."""
    if not groups.named:
        return np.zeros(len(right)), np.zeros(len(right))
    order = np.argsort(groups.codes, kind="stable")
    sizes = np.bincount(groups.codes, minlength=groups.count)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    sums = np.concatenate([[0.0], np.cumsum(right[order])])
    rows_before, right_before = np.empty(len(right)), np.empty(len(right))
    rows_before[order] = np.arange(len(right)) - starts
    right_before[order] = sums[:-1] - sums[starts]
    return rows_before, right_before


def _residual_likeness(right: FloatArray, groups: Groups) -> float:
    """Correlation of two rows of a cluster after taking out the mean of their confidence bin."""
    if not groups.named:
        return 0.0
    bins = np.arange(len(right)) * _BINS // len(right)
    share = (np.bincount(bins, weights=right) / np.maximum(np.bincount(bins), 1))[bins]
    residual, deviation = right - share, np.sqrt(share * (1 - share))
    together, apart = groups.totals(residual), groups.totals(deviation)
    pairs = float(apart @ apart - deviation @ deviation)
    return max(0.0, float(together @ together - residual @ residual) / pairs) if pairs > 0 else 0.0


def _grid(fewest: int, most: int) -> IntArray:
    """Numbers of rows to examine: each 5% more than the last, at most 2% of all."""
    counts = [fewest]
    while counts[-1] < most:
        counts.append(counts[-1] + max(1, min(int(counts[-1] * (_STEP - 1)), most // _STEPS)))
    return np.minimum(counts, most)


def _below_claim(rows: IntArray, right: FloatArray, effects: FloatArray, claim: float) -> FloatArray:
    """Chance of so many right if the precision were exactly the claim."""
    from scipy.special import betainc

    wrong, good = (rows - right) / effects, right / effects
    return np.where(good > 0, betainc(np.maximum(good, 1e-9), wrong + 1, claim), 1.0)


def _budget(ranked: _Ranked, ends: IntArray, fewest: int, claim: float) -> FloatArray:
    """How the error is shared among the thresholds, decided without looking at a label."""
    expected = np.cumsum(ranked.confidence)[ends - 1] / ends
    likeliest = int(ends[np.argmax((expected - claim) * np.sqrt(ends))])
    budget = np.zeros(len(ends))
    for halvings, share in enumerate(_STARTS):
        start = np.searchsorted(ends, max(fewest, likeliest // 2**halvings))
        budget[min(start, len(ends) - 1)] += share
    return budget


def _walk(p: FloatArray, budget: FloatArray) -> int | None:
    last, carried = None, 0.0
    for position, own in enumerate(budget):
        carried += own
        if carried > 0 and p[position] <= carried:
            last = position
        else:
            carried = 0.0
    return last


def _precision(ranked: _Ranked, end: int, effect: float) -> Estimate:
    share = float(ranked.right[end - 1] / end)
    low, high = wilson(share, end / effect)
    method = "Wilson" if effect == 1 else "Wilson on the effective sample size"
    groups = None if ranked.groups is None else int(ranked.groups[end - 1])
    return Estimate(value=share, low=low, high=high, n=end, method=method, clusters=groups)


def _too_low(ranked: _Ranked, ends: IntArray, claim: float) -> str:
    best = int(np.argmax(ranked.right[ends - 1] / ends))
    share = float(ranked.right[ends[best] - 1] / ends[best])
    reached = f"the best was {share:.1%} on the {int(ends[best]):,} rows with the highest confidence"
    if share < claim:
        return f"No threshold reaches a precision of {claim:.4g}: {reached}."
    return f"No threshold can be vouched for at a precision of {claim:.4g}: {reached}, too few to be sure."


def _no_threshold(reason: str, claim: float, error: float, tested: int = 0) -> ChosenThreshold:
    nothing = undefined(reason, method=_METHOD)
    return ChosenThreshold(
        t=None,
        share=nothing,
        precision=nothing,
        claim=claim,
        error=error,
        tested=tested,
        method=_METHOD,
        why_none=reason,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _CostWalk:
    """What acting on ever more rows, those with the highest scores first, adds to the cost."""

    order: IntArray
    """Rows with a score, the highest first."""
    change: FloatArray
    """What acting on each of them adds to the cost."""
    codes: IntArray
    """Their clusters."""
    ends: IntArray
    """(m,) rows acted on at each threshold, from none to all."""
    thresholds: FloatArray
    """(m,) the thresholds, from infinity down, half-way between neighbouring scores."""
    gains: FloatArray
    """(m,) cost beyond that of never acting."""

    @classmethod
    def of(cls, scores: FloatArray, change: FloatArray, codes: IntArray) -> _CostWalk:
        usable = np.flatnonzero(~np.isnan(scores))
        order = usable[np.argsort(-scores[usable], kind="stable")]
        ends, thresholds, gains = _steps(scores[order], change[order])
        return cls(
            order=order,
            change=change[order],
            codes=codes[order],
            ends=ends,
            thresholds=thresholds,
            gains=gains,
        )

    def as_good(self, best: int) -> BoolArray:
        """(m,) thresholds that are not surely dearer than the best; only the rows between tell them apart."""
        cut = self.ends[best]
        looser = _noise(self.change[cut:], self.codes[cut:])[self.ends[best:] - cut]
        stricter = _noise(self.change[:cut][::-1], self.codes[:cut][::-1])[cut - self.ends[:best]]
        return np.asarray(self.gains - self.gains[best] <= _ONE_SIDED * np.concatenate([stricter, looser]))


def _steps(falling: FloatArray, change: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    ends = np.append(np.flatnonzero(np.diff(falling)) + 1, len(falling)) if len(falling) else _NONE
    middles = (falling[ends - 1] + np.append(falling[ends[:-1]], falling[-1:])) / 2
    gains = np.cumsum(change)[ends - 1] if len(falling) else np.zeros(0)
    return (np.append(0, ends), np.append(np.inf, middles), np.append(0.0, gains))


def _noise(change: FloatArray, codes: IntArray) -> FloatArray:
    """(n + 1,) standard error of the sum of the first 0, 1, … changes if their mean were 0."""
    order = np.argsort(codes, kind="stable")
    sorted_codes = codes[order]
    new = np.append(True, sorted_codes[1:] != sorted_codes[:-1])[: len(codes)]
    sums = np.concatenate([[0.0], np.cumsum(change[order])])
    starts = np.maximum.accumulate(np.where(new, np.arange(len(codes)), 0))
    before = np.empty(len(codes))
    before[order] = sums[:-1] - sums[starts]
    variance = np.cumsum(change * (2 * before + change))
    return np.asarray(np.sqrt(np.maximum(np.concatenate([[0.0], variance]), 0)))


def _crossfitted(scores: FloatArray, walk: _CostWalk, groups: Groups, folds: int, seed: int) -> FloatArray:
    """(n,) for each row the best threshold of the other folds."""
    dealt = np.random.default_rng(seed).permutation(groups.count) % folds
    fold = dealt[groups.codes]
    best = np.full(len(scores), np.inf)
    for held_out in range(folds):
        others = fold[walk.order] != held_out
        _, thresholds, gains = _steps(scores[walk.order[others]], walk.change[others])
        best[fold == held_out] = thresholds[np.argmin(gains)]
    return best
