"""How often the verdict is wrong, by simulation with known truth.

Writes docs/measurements/verdicts.md. Every simulated feature has a known accuracy in every class;
labels, answers and confidences are drawn, the bars are judged and the verdict is given exactly as a
review does it. Run: python benchmarks/verdicts.py [simulations]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shipworthy.evals.bars import parse_bar
from shipworthy.evals.measuring import Bench
from shipworthy.evals.verdict import Grounds, decide, judge_bars
from shipworthy.stats.classification import METRICS
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import Sample

OUT = Path(__file__).resolve().parents[1] / "docs" / "measurements" / "verdicts.md"
CLASSES = ("billing", "bug", "outage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A feature whose quality is known."""

    accuracy: float
    """Chance of a right answer for each row."""
    n: int = 1000
    """Test rows."""
    cluster: int = 1
    """Rows to a cluster."""
    icc: float = 0.0
    """How alike rows of one cluster are."""
    sharp: float = 0.0
    """How much the chance differs from row to row (0: all the same); confidence states it."""


def drawn(truth: Truth, rng: np.random.Generator, accuracy: float | None = None) -> Sample:
    """One test set of a feature of known quality; confidence is the true chance of being right."""
    p = accuracy if accuracy is not None else truth.accuracy
    groups = np.arange(truth.n) // truth.cluster
    chance = np.full(truth.n, p)
    if truth.sharp:
        spread = truth.sharp * min(p, 1 - p)
        chance = np.clip(p + spread * np.sin(np.linspace(0, 2 * np.pi, truth.n)), 0.0, 1.0)
        rng.shuffle(chance)
    own, shared = rng.random(truth.n), rng.random(groups[-1] + 1)[groups]
    copied = rng.random(truth.n) < np.sqrt(truth.icc)
    right = np.where(copied, shared, own) < chance
    labels = rng.integers(0, len(CLASSES), truth.n)
    wrong = (labels + rng.integers(1, len(CLASSES), truth.n)) % len(CLASSES)
    return Sample(
        labels=labels,
        predictions=np.where(right, labels, wrong),
        classes=CLASSES,
        confidence=chance,
        clusters=groups if truth.cluster > 1 else None,
        seed=int(rng.integers(2**31)),
    )


def verdict_of(sample: Sample, rivals: dict[str, Sample], bars: list[str], *, capacity: float | None) -> str:
    """The verdict as a review gives it; ``capacity`` is the share of rows people can take."""
    bench = Bench(
        sample=sample,
        rivals=rivals,
        segments={},
        leaked=np.zeros(sample.n, dtype=bool),
        money=None,
    )
    parsed = [parse_bar(text, metrics=METRICS) for text in bars]
    threshold, fits = None, None
    if capacity is not None:
        threshold = bench.choose(0.95).t
        if threshold is not None:
            left = proportion(~bench.above(threshold).handled, clusters=sample.clusters).at()
            fits = left.high is not None and left.high <= capacity
    results = judge_bars(parsed, bench, threshold=threshold)
    grounds = Grounds(
        bars=results,
        rows=sample.n,
        threshold=threshold,
        has_fallback=capacity is not None,
        fits=fits,
        unmeasured=(),
    )
    return decide(grounds).decision


def one(truth: Truth, bars: list[str], capacity: float | None, rng: np.random.Generator) -> str:
    """A single candidate against its bars."""
    sample = drawn(truth, rng)
    return verdict_of(sample, {"baseline": baseline(sample)}, bars, capacity=capacity)


def best_of_five(truth: Truth, bars: list[str], capacity: float | None, rng: np.random.Generator) -> str:
    """The best of five on 1,000 training rows, four of them 2 points worse, judged on fresh test rows."""
    truths = [truth.accuracy, *[truth.accuracy - 0.02] * 4]
    best = max(range(5), key=lambda i: drawn(truth, rng, truths[i]).correct.mean())
    return one(replace(truth, accuracy=truths[best]), bars, capacity, rng)


def baseline(sample: Sample) -> Sample:
    """Always the first class."""
    return Sample(
        labels=sample.labels,
        predictions=np.zeros(sample.n, dtype=np.int64),
        classes=sample.classes,
        clusters=sample.clusters,
        seed=sample.seed,
    )


CASES: tuple[tuple[str, Truth, list[str], float | None, Callable[..., str], str], ...] = (
    ("just below one bar", Truth(accuracy=0.799), ["accuracy >= 0.8"], None, one, "≤ 5% ship"),
    (
        "just below one bar",
        Truth(accuracy=0.799, n=200),
        ["accuracy >= 0.8"],
        None,
        one,
        "≤ 5% ship",
    ),
    (
        "just below one bar, clusters of 5 (ICC 0.2)",
        Truth(accuracy=0.799, cluster=5, icc=0.2),
        ["accuracy >= 0.8"],
        None,
        one,
        "≤ 5% ship",
    ),
    (
        "just below one of three bars",
        Truth(accuracy=0.85),
        ["accuracy >= 0.852", "macro_f1 >= 0.7", "beats(baseline)"],
        None,
        one,
        "≤ 5% ship",
    ),
    (
        "just below the bar, confidence useless, people can take half",
        Truth(accuracy=0.899),
        ["accuracy >= 0.9"],
        0.5,
        one,
        "≤ 5% ship",
    ),
    (
        "just below the bar on every row, confidence informative, people can take half",
        Truth(accuracy=0.8, sharp=0.9),
        ["accuracy >= 0.985"],
        0.5,
        one,
        "≤ 5% ship",
    ),
    (
        "just below the bar and the claim on every row, people can take nearly all",
        Truth(accuracy=0.949),
        ["accuracy >= 0.95"],
        0.95,
        one,
        "≤ 5% ship",
    ),
    (
        "the same in clusters of 5 (ICC 0.2)",
        Truth(accuracy=0.949, cluster=5, icc=0.2),
        ["accuracy >= 0.95"],
        0.95,
        one,
        "≤ 5% ship",
    ),
    (
        "5 points above every bar, best of 5",
        Truth(accuracy=0.85),
        ["accuracy >= 0.8", "macro_f1 >= 0.8", "beats(baseline)"],
        None,
        best_of_five,
        "≥ 80% ship",
    ),
    (
        "5 points above every bar, recall of one class in three included, best of 5",
        Truth(accuracy=0.95),
        ["accuracy >= 0.9", "macro_f1 >= 0.9", "recall[outage] >= 0.9", "beats(baseline)"],
        None,
        best_of_five,
        "≥ 80% ship",
    ),
    (
        "5 points above every bar, clusters of 5 (ICC 0.2), best of 5",
        Truth(accuracy=0.9, cluster=5, icc=0.2),
        ["accuracy >= 0.85", "macro_f1 >= 0.85", "beats(baseline)"],
        None,
        best_of_five,
        "≥ 80% ship",
    ),
)


def main(simulations: int) -> None:
    """Run all cases and write the page."""
    lines = [
        "# How often the verdict is wrong",
        "",
        f"Simulated features of known quality, {simulations:,} test sets each, seed 7 "
        "(`python benchmarks/verdicts.py`). *Ship* counts both ship and ship with fallback. "
        "The interval is Wilson's.",
        "",
        "| true feature | bars | wanted | ship | hold | cannot tell |",
        "|---|---|---|---|---|---|",
    ]
    for number, (name, truth, bars, capacity, how, wanted) in enumerate(CASES):
        rng = np.random.default_rng([7, number])
        seen = Counter(how(truth, bars, capacity, rng) for _ in range(simulations))
        ships = seen["ship"] + seen["ship_with_fallback"]
        rate = proportion(np.arange(simulations) < ships).at()
        low, high = (100 * (bound or 0.0) for bound in (rate.low, rate.high))
        lines.append(
            f"| {name}, n = {truth.n:,} | {', '.join(bars)} | {wanted} | {ships / simulations:.1%} "
            f"({low:.1f}–{high:.1f}) | {seen['hold'] / simulations:.1%} "
            f"| {seen['cannot_tell'] / simulations:.1%} |"
        )
        print(lines[-1], flush=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
