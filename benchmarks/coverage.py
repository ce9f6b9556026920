"""How often do the intervals of ``shipworthy.stats`` hold the truth? Writes docs/measurements/coverage.md.

    .venv/bin/python benchmarks/coverage.py [--quick]

Everything is seeded; the full run takes a few minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.random import Generator
from scipy.stats import binom, multivariate_normal, norm
from scipy.stats import t as student

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.calibration import calibration_error
from shipworthy.stats.classification import difference, measure
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.sample import Sample

OUT = Path(__file__).resolve().parents[1] / "docs" / "measurements" / "coverage.md"
SEED = 20261101
SIZE = 5
ICC = 0.2


# --- shares -------------------------------------------------------------------------------------------


def exact_coverage(n: int, p: float, level: float) -> float:
    """Coverage of a share on independent rows, by adding up the binomial probabilities."""
    held = [count for count in range(n + 1) if holds(proportion(np.arange(n) < count).at(level), p)]
    return float(np.sum(binom.pmf(held, n, p)))


def beta_binomial(rng: Generator, p: float, groups: int, icc: float) -> BoolArray:
    """Each cluster has its own rate, drawn from a beta distribution."""
    spread = (1 - icc) / icc
    rates = rng.beta(p * spread, (1 - p) * spread, (groups, 1))
    return np.asarray(rng.random((groups, SIZE)) < rates)


def latent_normal(rng: Generator, p: float, groups: int, icc: float) -> BoolArray:
    """A normal score, partly shared by the cluster, above a threshold."""
    shared = latent_correlation(p, icc)
    scores = np.sqrt(shared) * rng.standard_normal((groups, 1))
    scores = scores + np.sqrt(1 - shared) * rng.standard_normal((groups, SIZE))
    return np.asarray(scores < norm.ppf(p))


def copied_rows(rng: Generator, p: float, groups: int, icc: float) -> BoolArray:
    """Each row copies its cluster's value with probability √ICC."""
    copies = rng.random((groups, SIZE)) < np.sqrt(icc)
    return np.where(copies, rng.random((groups, 1)) < p, rng.random((groups, SIZE)) < p)


def whole_clusters(rng: Generator, p: float, groups: int, icc: float) -> BoolArray:
    """A whole cluster has one value with probability ICC."""
    whole = rng.random((groups, 1)) < icc
    return np.where(whole, rng.random((groups, 1)) < p, rng.random((groups, SIZE)) < p)


def unlike(rng: Generator, p: float, groups: int, icc: float) -> BoolArray:  # noqa: ARG001
    """Clusters are named, but their rows have nothing in common (ICC 0)."""
    return np.asarray(rng.random((groups, SIZE)) < p)


MECHANISMS: dict[str, Callable[[Generator, float, int, float], BoolArray]] = {
    "beta-binomial": beta_binomial,
    "latent normal": latent_normal,
    "rows copy": copied_rows,
    "clusters copy": whole_clusters,
    "ICC 0": unlike,
}


@lru_cache
def latent_correlation(p: float, icc: float) -> float:
    """The correlation of two normal scores whose thresholded values have the correlation ``icc``."""
    low, high, cut = 0.0, 0.99, float(norm.ppf(p))
    for _ in range(30):
        middle = (low + high) / 2
        joint = float(multivariate_normal.cdf([cut, cut], cov=[[1, middle], [middle, 1]]))
        low, high = (middle, high) if (joint - p * p) / (p * (1 - p)) < icc else (low, middle)
    return low


def share_rows(simulations: int) -> Iterator[list[str]]:
    for n in (50, 200, 1000):
        clusters = np.repeat(np.arange(n // SIZE), SIZE)
        for p in (0.5, 0.9, 0.98):
            cells = [f"{exact_coverage(n, p, level):.1%}" for level in (0.95, 0.99)]
            for make in MECHANISMS.values():
                rng = np.random.default_rng(SEED)
                draw = partial(make, rng, p, n // SIZE, ICC)
                cells.append(
                    covered(
                        (proportion(draw().ravel(), clusters=clusters).at() for _ in range(simulations)), p
                    )
                )
            yield [str(n), str(p), f"{n * p * (1 - p):.1f}", *cells]


def pooled_rows(simulations: int) -> Iterator[list[str]]:
    """Ten repeats of each example, pooled as independent and kept together."""
    rng = np.random.default_rng(SEED)
    for n in (20, 50, 200):
        clusters = np.repeat(np.arange(n), 10)
        right = [(rng.random((n, 1)) < 0.8) ^ (rng.random((n, 10)) < 0.05) for _ in range(simulations)]
        truth = 0.8 * 0.95 + 0.2 * 0.05
        yield [
            f"{n} × 10",
            covered((proportion(rows.ravel()).at() for rows in right), truth),
            covered((proportion(rows.ravel(), clusters=clusters).at() for rows in right), truth),
        ]


# --- means --------------------------------------------------------------------------------------------

VALUES: dict[str, tuple[Callable[[Generator, int], FloatArray], float]] = {
    "normal": (lambda rng, n: rng.standard_normal(n), 0.0),
    "uniform": (lambda rng, n: rng.random(n), 0.5),
    "exponential": (lambda rng, n: rng.exponential(size=n), 1.0),
    "beta(5, ½), a score near 1": (lambda rng, n: rng.beta(5, 0.5, n), 5 / 5.5),
    "lognormal(0, 1)": (lambda rng, n: rng.lognormal(0, 1, n), float(np.exp(0.5))),
    "lognormal(0, 1½)": (lambda rng, n: rng.lognormal(0, 1.5, n), float(np.exp(1.125))),
    "cost 0 (90%), 1 (6%), 10 (4%)": (lambda rng, n: rng.choice([0.0, 1, 10], n, p=[0.9, 0.06, 0.04]), 0.46),
}


def mean_rows(simulations: int) -> Iterator[list[str]]:
    for name, (draw, truth) in VALUES.items():
        cells = [name]
        for n in (50, 200, 1000):
            rng = np.random.default_rng(SEED)
            samples = [draw(rng, n) for _ in range(simulations)]
            cells += [covered(map(plain_t, samples), truth), covered((mean(x).at() for x in samples), truth)]
        yield cells


def plain_t(values: FloatArray) -> Estimate:
    """The textbook t interval, for comparison."""
    n, centre = len(values), float(values.mean())
    half = float(student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Estimate(value=centre, low=centre - half, high=centre + half, n=n, method="t")


# --- metrics of a classifier --------------------------------------------------------------------------

OVERCONFIDENCE = 1.3
METRICS = {
    "macro_f1": "macro-F1",
    "average_precision": "average precision",
    "roc_auc": "ROC AUC",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}


class World:
    """A classifier whose stated probabilities are too sure of themselves, with known true values."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.classes = tuple(f"class {code}" for code in range(k))
        big = self.draw(np.random.default_rng(SEED), 450_000, clustered=False)
        self.truth = {name: measured(big, name) for name in METRICS if name != "calibration_error"}
        self.big = big

    def draw(self, rng: Generator, n: int, *, clustered: bool) -> Sample:
        """Some rows; clustered, a row is its cluster's row with probability √ICC (then every ICC is 0.2)."""
        rows = np.arange(n)
        clusters = rows // SIZE
        if clustered:
            rows = np.where(rng.random(n) < np.sqrt(ICC), n + clusters, rows)
        logits, label = self._rows(rng, 2 * n if clustered else n)
        said = softmax(OVERCONFIDENCE * logits[rows])
        return Sample(
            labels=label[rows],
            predictions=said.argmax(axis=1),
            classes=self.classes,
            confidence=said.max(axis=1),
            proba=said,
            clusters=clusters if clustered else None,
        )

    def _rows(self, rng: Generator, n: int) -> tuple[FloatArray, IntArray]:
        logits = 2 * rng.standard_normal((n, self.k)) - 0.25 * np.arange(self.k)
        true = softmax(logits).cumsum(axis=1)
        return logits, np.minimum((rng.random((n, 1)) > true).sum(axis=1), self.k - 1)

    def calibration_truth(self, bins: int) -> float:
        """Root mean square gap over that many equal bins, from the true probabilities."""
        assert self.big.proba is not None
        assert self.big.confidence is not None
        true = softmax(np.log(self.big.proba) / OVERCONFIDENCE).max(axis=1)
        order = np.argsort(self.big.confidence)
        gaps = (true - self.big.confidence)[order].reshape(bins, -1).mean(axis=1)
        return float(np.sqrt(np.mean(gaps**2)))


@lru_cache
def world_of(k: int) -> World:
    return World(k)


def softmax(logits: FloatArray) -> FloatArray:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def measured(sample: Sample, metric: str) -> float:
    value = measure(sample, metric).at().value
    assert value is not None
    return value


def metric_rows(simulations: int) -> Iterator[list[str]]:
    for k in (2, 5, 10):
        world = world_of(k)
        for n in (200, 1000):
            world.truth["calibration_error"] = world.calibration_truth(5 if n == 200 else 15)
            for clustered in (False, True):
                rng = np.random.default_rng(SEED)
                samples = [world.draw(rng, n, clustered=clustered) for _ in range(simulations)]
                yield [
                    str(n),
                    str(k),
                    "clusters" if clustered else "independent",
                    *(
                        covered((measure(sample, name).at() for sample in samples), world.truth[name])
                        for name in METRICS
                    ),
                ]


def bootstrap_rows(simulations: int) -> Iterator[list[str]]:
    """The same intervals by a percentile bootstrap of the clusters."""
    for k in (2, 5, 10):
        world = world_of(k)
        for clustered in (False, True):
            rng = np.random.default_rng(SEED)
            samples = [world.draw(rng, 200, clustered=clustered) for _ in range(simulations)]
            truth = world.truth["macro_f1"]
            yield [
                str(k),
                "clusters" if clustered else "independent",
                covered((percentile_bootstrap(sample, rng) for sample in samples), truth),
                covered((measure(sample, "macro_f1").at() for sample in samples), truth),
            ]


def percentile_bootstrap(sample: Sample, rng: Generator, draws: int = 1000) -> Estimate:
    """Macro-F1 with a percentile bootstrap of clusters, as commonly done."""
    k = len(sample.classes)
    clusters = np.arange(sample.n) if sample.clusters is None else sample.clusters
    groups = int(clusters.max()) + 1
    hits, named = np.zeros((groups, k)), np.zeros((groups, k))
    np.add.at(hits, (clusters, sample.labels), sample.correct.astype(float))
    np.add.at(named, (clusters, sample.labels), 1.0)
    np.add.at(named, (clusters, sample.predictions), 1.0)
    weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(float)
    both = weights @ named
    with np.errstate(invalid="ignore"):
        scores = np.nanmean(np.where(both > 0, 2 * (weights @ hits) / both, np.nan), axis=1)
    low, high = np.quantile(scores, [0.025, 0.975])
    return Estimate(
        value=float(scores.mean()), low=float(low), high=float(high), n=sample.n, method="bootstrap"
    )


def difference_rows(simulations: int) -> Iterator[list[str]]:
    """Two candidates on the same rows, the second a little worse than the first."""
    for k, n in ((2, 50), (2, 200), (5, 200), (10, 1000)):
        world = world_of(k)
        names = ("accuracy", "macro_f1", "brier")
        worse = partial(noisier, share=0.15)
        big = worse(world.big, np.random.default_rng(SEED))
        truth = {name: measured(world.big, name) - measured(big, name) for name in names}
        for clustered in (False, True):
            rng = np.random.default_rng(SEED)
            firsts = [world.draw(rng, n, clustered=clustered) for _ in range(simulations)]
            pairs = [(first, worse(first, rng)) for first in firsts]
            yield [
                str(n),
                str(k),
                "clusters" if clustered else "independent",
                *(covered((difference(a, b, name).at() for a, b in pairs), truth[name]) for name in names),
            ]


def noisier(sample: Sample, rng: Generator, *, share: float) -> Sample:
    """The same rows, some of whose probabilities belong to another row."""
    assert sample.proba is not None
    swapped = np.where(rng.random(sample.n) < share, rng.permutation(sample.n), np.arange(sample.n))
    said = sample.proba[swapped]
    return Sample(
        labels=sample.labels,
        predictions=said.argmax(axis=1),
        classes=sample.classes,
        proba=said,
        clusters=sample.clusters,
    )


def perfect_rows(simulations: int) -> Iterator[list[str]]:
    """Calibration error of a model whose every confidence is exactly right."""
    for n in (200, 1000, 10_000):
        rng = np.random.default_rng(SEED)
        values, usual, intervals = [], [], []
        for _ in range(simulations if n < 10_000 else simulations // 5):
            confidence = rng.uniform(0.5, 1, n)
            right = rng.random(n) < confidence
            estimate = calibration_error(confidence, right).at()
            assert estimate.value is not None
            values.append(estimate.value)
            intervals.append(estimate)
            usual.append(usual_error(confidence, right))
        yield [
            f"{n:,}",
            f"{np.mean(usual):.3f}",
            f"{np.mean(values):.3f}",
            f"{np.median(values):.3f}",
            covered(intervals, 0.0),
        ]


def usual_error(confidence: FloatArray, right: BoolArray, bins: int = 15) -> float:
    """The usual expected calibration error (ECE), 15 equal-mass bins."""
    parts = np.array_split(np.argsort(confidence), bins)
    return sum(abs(float(np.mean(right[part] - confidence[part]))) * len(part) for part in parts) / len(right)


# --- tables -------------------------------------------------------------------------------------------


def holds(estimate: Estimate, truth: float) -> bool:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high


def covered(estimates: Iterable[Estimate], truth: float) -> str:
    return f"{np.mean([e.low is not None and holds(e, truth) for e in estimates]):.1%}"


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    started = time.process_time()
    for row in rows:
        print("  ".join(row), f"  [{time.process_time() - started:.1f} s]", flush=True)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def report(*, quick: bool) -> str:
    few = 20 if quick else 1
    many, some, several = 20_000 // few, 4_000 // few, 2_000 // few
    return f"""# Coverage of the intervals

Written by `benchmarks/coverage.py` (seed {SEED}); do not edit. Each cell is the share of simulated samples
whose nominal 95% interval holds the true value. Clusters are {SIZE} rows with an intra-cluster correlation
of {ICC}. The standard error of a cell near 95% is 0.15 points with 20,000 simulations, 0.35 with 4,000 and
0.5 with 2,000.

## Shares: `proportion`

Independent rows: exact, from the binomial distribution, at 95% and 99%. Clusters: {many:,} simulations a
cell, in four ways of making rows of a cluster alike; in the last column they are not alike at all.

{table(["n", "p", "n·p·(1−p)", "independent", "independent, 99%", *MECHANISMS], share_rows(many))}

Ten repeats of each example (right 80% of the time, each repeat differing in 5%), {some:,} simulations:

{table(["examples × repeats", "pooled as independent", "repeats as clusters"], pooled_rows(some))}

## Means: `mean`

{some:,} simulations a cell; left the textbook t interval, right ours. Where a rare large cost did not occur
in the sample at all (13% of samples of 50 for the last row), no interval made of the sample alone can know
of it.

{table(["values", "50: t", "50: ours", "200: t", "200: ours", "1,000: t", "1,000: ours"], mean_rows(some))}

## Metrics of a classifier: `measure`

An overconfident classifier (logits × {OVERCONFIDENCE}) with uneven classes; {several:,} simulations a cell.
For K = 2, average precision and ROC AUC are those of the second class, for more the mean over classes.

{table(["n", "K", "rows", *METRICS.values()], metric_rows(several))}

Macro-F1 at n = 200 beside a percentile bootstrap of the clusters (1,000 draws), {several // 4:,} simulations:

{table(["K", "rows", "percentile bootstrap", "ours"], bootstrap_rows(several // 4))}

## Differences of two candidates on the same rows: `difference`

{several:,} simulations a cell.

{table(["n", "K", "rows", "accuracy", "macro-F1", "Brier"], difference_rows(several))}

## Calibration error of a perfectly calibrated model

The usual error (ECE, 15 bins) against ours; the true value is 0. {several:,} simulations (a fifth at 10,000).

{table(["n", "usual, mean", "ours, mean", "ours, median", "interval holds 0"], perfect_rows(several))}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the simulations, print only")
    quick = parser.parse_args().quick
    started = time.process_time()
    text = report(quick=quick)
    if not quick:
        OUT.parent.mkdir(parents=True, exist_ok=True)
        OUT.write_text(text, encoding="utf-8")
    print(f"{time.process_time() - started:.0f} CPU s")


if __name__ == "__main__":
    main()
