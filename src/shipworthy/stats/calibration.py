"""Does a confidence mean what it says? Losses of probabilities, and calibration error without its bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Measured, measured, undefined
from shipworthy.stats.intervals import proportion
from shipworthy.stats.resampling import Contributions, Groups, Spread
from shipworthy.stats.sample import FAILED, Sample

__all__ = [
    "ReliabilityBin",
    "brier_losses",
    "calibration_error",
    "log_losses",
    "mean_loss",
    "reliability",
    "stated",
]

_BINS = 15
_ROWS_A_BIN = 40
_GROUPS_A_BIN = 8
_LARGE = 1e4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Rows of similar confidence."""

    low: float
    """Least confidence in the bin."""
    high: float
    """Most confidence in the bin."""
    confidence: float
    """Mean confidence: the share that should be right."""
    right: Estimate
    """The share that is right."""


def brier_losses(sample: Sample) -> FloatArray:
    """(n,) squared distance of the probabilities from the truth, halved for two classes.

    Halved, it lies between 0 and 1 as in scikit-learn and in Brier (1950) for one event; with more
    classes between 0 and 2. A failed row gets the worst.
    """
    assert sample.proba is not None
    halves = 0.5 if len(sample.classes) == 2 else 1.0
    rows = np.arange(sample.n)
    at_label = sample.proba[rows, sample.labels]
    losses = ((sample.proba**2).sum(axis=1) - 2 * at_label + 1) * halves
    return np.where(sample.predictions == FAILED, 2 * halves, np.maximum(losses, 0.0))


def log_losses(sample: Sample) -> FloatArray:
    """(n,) minus the logarithm of the probability of the right class, at most 36.04.

    Probabilities are kept at least 2.2e-16 away from 0, as in scikit-learn. A failed row gets the worst.
    """
    assert sample.proba is not None
    smallest = float(np.finfo(np.float64).eps)
    given = np.clip(sample.proba[np.arange(sample.n), sample.labels], smallest, 1 - smallest)
    return np.asarray(-np.log(np.where(sample.predictions == FAILED, smallest, given)))


def mean_loss(losses: FloatArray, groups: Groups, *, surprise: float) -> Contributions:
    """The mean of (n,) losses; ``surprise`` is the loss of the one pseudo-row where all are the same."""
    n, value = len(losses), float(np.mean(losses))
    unseen = [surprise / (n + 1)] if float(np.ptp(losses)) == 0 else []
    return Contributions(
        value=value,
        groups=groups.totals((losses - value) / n),
        unseen=np.array(unseen),
        n=n,
        clusters=groups.clusters,
        warning=groups.warning,
    )


def stated(sample: Sample, class_: str | None = None) -> tuple[FloatArray, BoolArray, BoolArray] | str:
    """What the candidate claimed, whether it came true, and for which rows; or why nothing was claimed.

    Args:
        sample: The rows.
        class_: The class whose probability is the claim; without it the claim is the confidence in the
            predicted class (from the probabilities where no confidence was recorded). A failed row with a
            confidence made its claim, and was wrong.

    Returns:
        (m,) claimed probabilities, (m,) whether they came true, (n,) mask of the m rows.
    """
    if class_ is not None:
        code = sample.code(class_)
        if sample.proba is None:
            return "no probabilities were recorded"
        claims, came_true = sample.proba[:, code], np.asarray(sample.labels == code)
    elif sample.confidence is not None:
        claims, came_true = sample.confidence, sample.correct
    elif sample.proba is not None:
        claims = sample.proba[np.arange(sample.n), np.maximum(sample.predictions, 0)]
        claims = np.where(sample.predictions == FAILED, np.nan, claims)
        came_true = sample.correct
    else:
        return "no confidence was recorded"
    rows = ~np.isnan(claims)
    if not rows.any():
        return "no row has a confidence"
    return claims[rows], came_true[rows], rows


def calibration_error(
    confidence: FloatArray, right: BoolArray, *, clusters: IntArray | None = None
) -> Measured:
    """Root mean square gap between stated confidence and how often it comes true, without its bias.

    Rows are put in bins of equal size (at most 15, of at least 40 rows and 8 groups). The squared gap of
    a bin overstates the true one by the variance of the bin's mean, which is subtracted, as Kumar, Liang
    and Ma do ("Verified Uncertainty Calibration", NeurIPS 2019): a perfectly calibrated model scores
    about 0 on any number of rows, where the usual error (ECE) scores .08 on 200. The interval inverts
    the noncentral chi-square distribution of the summed squares.

    Args:
        confidence: (n,) claims, 0 to 1.
        right: (n,) whether each came true.
        clusters: (n,) codes of rows that belong together.

    Returns:
        The error, 0 to 1; undefined without rows.
    """
    n = len(confidence)
    if n == 0:
        return measured(lambda level: undefined("no rows", method="debiased", level=level))
    groups = Groups.of(clusters, n)
    gaps = _Gaps.of(confidence, right, groups)

    def at(level: float) -> Estimate:
        low, high = gaps.interval(level) if groups.count > 1 else (0.0, 1.0)
        return Estimate(
            value=gaps.error,
            low=min(low, gaps.error),
            high=min(1.0, max(high, gaps.error)),
            n=n,
            method=f"debiased (Kumar, Liang and Ma), bins: {gaps.bins}, noncentral chi-square",
            level=level,
            clusters=groups.clusters,
            warning=groups.warning,
        )

    return measured(at)


def _bins(confidence: FloatArray, groups: Groups) -> IntArray:
    """(n,) bin of each row: equal sizes, with rows of the same confidence kept together."""
    n = len(confidence)
    wanted = int(np.clip(min(n // _ROWS_A_BIN, groups.count // _GROUPS_A_BIN), 1, _BINS))
    _, inverse, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2) / n
    _, codes = np.unique(np.minimum((middles * wanted).astype(np.int64), wanted - 1), return_inverse=True)
    return np.asarray(codes[inverse])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Gaps:
    """Gaps of the bins, each times the root of its share of rows, and their covariance."""

    gaps: FloatArray
    covariance: FloatArray
    unseen: FloatArray
    freedom: float

    @classmethod
    def of(cls, confidence: FloatArray, right: BoolArray, groups: Groups) -> _Gaps:
        n, bins = len(confidence), _bins(confidence, groups)
        sizes = np.bincount(bins).astype(np.float64)
        misses = right - confidence
        means = np.bincount(bins, weights=misses) / sizes
        root = np.sqrt(sizes / n)
        residuals = (misses - means[bins]) / sizes[bins] * root[bins]
        shares = np.bincount(bins, weights=right) / sizes
        covariance = _covariance(residuals, bins, groups)
        alike = (shares == 0) | (shares == 1) | (np.diag(covariance) <= 0)
        per_group = n / groups.count
        return cls(
            gaps=means * root,
            covariance=covariance,
            unseen=np.where(alike, root * per_group / (sizes + per_group), 0.0) ** 2,
            freedom=Spread.of(groups.totals(misses - float(np.mean(misses)))).freedom,
        )

    @property
    def bins(self) -> int:
        return len(self.gaps)

    @property
    def squared(self) -> float:
        return float(self.gaps @ self.gaps - np.trace(self.covariance))

    @property
    def error(self) -> float:
        return float(np.sqrt(max(0.0, self.squared)))

    def interval(self, level: float) -> tuple[float, float]:
        """Squared gaps are taken as a scaled noncentral chi-square; its noncentrality is bounded.

        The scale is the larger of what Satterthwaite's match gives for pure noise and of the noise along
        the observed gaps, so that neither a perfect nor a shifted model gets too short an interval. Bins
        in which every row came out alike could have held another row: one each, at least.
        """
        from scipy.special import ndtr, stdtrit

        noise = self.covariance + np.diag(self.unseen)
        total, spread = float(self.gaps @ self.gaps), float(np.trace(noise))
        scale = float((noise**2).sum()) / spread
        if total > 0:
            scale = max(scale, float(self.gaps @ noise @ self.gaps) / total)
        quantile = float(stdtrit(self.freedom, 0.5 + level / 2))
        low, high = _noncentrality(total / scale, spread / scale, float(ndtr(-quantile)))
        doubt = quantile * float(np.sqrt(self.unseen.sum()))
        return float(np.sqrt(scale * low)), max(float(np.sqrt(scale * high)), self.error + doubt)


def _covariance(residuals: FloatArray, bins: IntArray, groups: Groups) -> FloatArray:
    """(bins, bins) cluster-robust covariance of the bins' mean gaps."""
    from scipy.sparse import csr_array

    count = int(bins.max()) + 1
    table = csr_array((residuals, (groups.codes, bins)), shape=(groups.count, count))
    rows = csr_array((np.ones(len(bins)), (groups.codes, bins)), shape=(groups.count, count))
    holding = np.bincount(rows.indices, minlength=count)
    factor = np.sqrt(holding / np.maximum(holding - 1, 1))
    return np.asarray((table.T @ table).toarray() * factor[:, None] * factor[None, :])


def _noncentrality(total: float, freedom: float, tail: float) -> tuple[float, float]:
    from scipy.special import chndtr, chndtrinc, ndtri

    if total > _LARGE:
        centre, half = total - freedom, -float(ndtri(tail)) * np.sqrt(4 * total - 2 * freedom)
        return max(0.0, centre - half), centre + half
    ends = []
    for probability in (1 - tail, tail):
        none = float(chndtr(total, freedom, 0.0)) <= probability
        ends.append(0.0 if none else float(chndtrinc(total, freedom, probability)))
    return ends[0], ends[1]


def reliability(sample: Sample, class_: str | None = None) -> tuple[ReliabilityBin, ...]:
    """Rows grouped by what they claimed, with how often that came true; empty if nothing was claimed."""
    claims = stated(sample, class_)
    if isinstance(claims, str):
        return ()
    confidence, right, rows = claims
    clusters = None if sample.clusters is None else sample.clusters[rows]
    bins = _bins(confidence, Groups.of(clusters, len(confidence)))
    return tuple(
        _reliability_bin(confidence[inside], right[inside], None if clusters is None else clusters[inside])
        for inside in (bins == code for code in range(int(bins.max()) + 1))
    )


def _reliability_bin(confidence: FloatArray, right: BoolArray, clusters: IntArray | None) -> ReliabilityBin:
    return ReliabilityBin(
        low=float(confidence.min()),
        high=float(confidence.max()),
        confidence=float(confidence.mean()),
        right=proportion(right, clusters=clusters).at(),
    )
