"""Do the decisions hold what they promise? Writes docs/measurements/decisions.md.

    .venv/bin/python benchmarks/decisions.py [--quick]

Segments, thresholds, shift, sample sizes, label errors: each promise is simulated with a known truth.
Everything is seeded; the full run takes about ten minutes on one core. The table of label errors reads
../shared/data/banking77 and is left out where that is absent.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.random import Generator
from scipy.special import ndtr
from scipy.stats import chisquare

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.comparison import paired_difference
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.fairness import group_gap
from shipworthy.stats.intervals import proportion
from shipworthy.stats.label_errors import suspected_label_errors
from shipworthy.stats.multiplicity import Decision, decide_family
from shipworthy.stats.power import Direction, rows_to_decide
from shipworthy.stats.sample import Sample
from shipworthy.stats.segments import SegmentTable, segment_gaps
from shipworthy.stats.shift import categorical_shift
from shipworthy.stats.thresholds import choose_threshold, handover_curve, least_cost_threshold

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "measurements" / "decisions.md"
BANKING = ROOT.parent / "shared" / "data" / "banking77" / "train.jsonl"
SEED = 20261122
ICC = 0.2
TEST_ROWS = 1_500
VALUES = [0.4, 0.25, 0.2, 0.1, 0.05]
COLUMNS = ("plan", "channel", "region", "level")


# --- segments -----------------------------------------------------------------------------------------


def clustered(rng: Generator, kind: str, n: int = TEST_ROWS) -> IntArray | None:
    """Codes of rows that belong together: none, five each, or a few large and many small ones."""
    if kind == "independent":
        return None
    if kind.startswith("uneven"):
        sizes = rng.geometric(0.15, n) * np.where(rng.random(n) < 0.03, 6, 1)
        return np.repeat(np.arange(n), sizes)[:n]
    return np.arange(n) // 5


def segment_columns(rng: Generator, kind: str, clusters: IntArray | None) -> dict[str, IntArray]:
    """Four columns of five values, constant within clusters where the kind says so."""
    table: dict[str, IntArray] = {}
    for place, name in enumerate(COLUMNS):
        whole = clusters is not None and ("own" in kind or (place % 2 == 0 and "mixed" in kind))
        if whole and clusters is not None:
            table[name] = rng.choice(5, int(clusters.max()) + 1, p=VALUES)[clusters]
        else:
            table[name] = rng.choice(5, TEST_ROWS, p=VALUES)
    return table


def outcomes(rng: Generator, rates: FloatArray, clusters: IntArray | None) -> BoolArray:
    """Right or wrong: beta-binomial within clusters, with the intra-cluster correlation ICC."""
    from scipy.special import betaincinv

    if clusters is not None:
        spread = 1 / ICC - 1
        luck = rng.random(int(clusters.max()) + 1)[clusters]
        rates = np.asarray(betaincinv(rates * spread, (1 - rates) * spread, luck), dtype=np.float64)
    return np.asarray(rng.random(len(rates)) < rates)


def named(table: dict[str, IntArray]) -> dict[str, list[str | None]]:
    return {name: [f"v{code}" for code in codes] for name, codes in table.items()}


KINDS = (
    "independent",
    "clusters of 5, segments own them",
    "clusters of 5, mixed",
    "uneven clusters, segments own them",
    "uneven clusters, mixed",
)


def false_alarm_rows(simulations: int) -> Iterator[list[str]]:
    for rate in (0.92, 0.98):
        for kind in KINDS:
            rng = np.random.default_rng(SEED)
            tables: list[SegmentTable] = []
            naive = 0
            for _ in range(simulations):
                clusters = clustered(rng, kind)
                columns = segment_columns(rng, kind, clusters)
                correct = outcomes(rng, np.full(TEST_ROWS, rate), clusters)
                tables.append(segment_gaps(correct, named(columns), clusters=clusters, effect_floor=0.0))
                naive += welch_finds(correct.astype(np.float64), columns)
            singles = np.mean([any(s.found for s in table.singles) for table in tables])
            whole = np.mean([bool(table.found) for table in tables])
            floored = np.mean([any((s.gap.value or 0) <= -0.05 for s in table.found) for table in tables])
            yield [
                f"{rate}",
                kind,
                f"{naive / simulations:.1%}",
                f"{singles:.1%}",
                f"{whole:.1%}",
                f"{floored:.1%}",
            ]


def welch_finds(values: FloatArray, columns: dict[str, IntArray]) -> bool:
    """What Welch's z with Bonferroni at 5% would find, for comparison (it ignores clusters)."""
    smallest = []
    for codes in columns.values():
        for code in range(5):
            here = values[codes == code]
            rest = values[codes != code]
            if len(here) >= 30:
                error = np.sqrt(here.var() / len(here) + rest.var() / len(rest))
                smallest.append(ndtr((here.mean() - rest.mean()) / max(error, 1e-12)))
    return bool(min(smallest) * len(smallest) <= 0.05)


def found_rows(simulations: int) -> Iterator[list[str]]:
    for kind in KINDS[:3]:
        for size, gap in ((150, 0.10), (150, 0.15), (80, 0.25), (300, 0.15)):
            rng = np.random.default_rng(SEED)
            hits = first = pairs = 0
            for _ in range(simulations):
                clusters = clustered(rng, kind)
                columns = segment_columns(rng, kind, clusters)
                failing = planted(rng, size, clusters if "own" in kind or "mixed" in kind else None)
                columns["plan"] = np.where(failing, 9, columns["plan"])
                correct = outcomes(rng, np.where(failing, 0.92 - gap, 0.92), clusters)
                table = segment_gaps(correct, named(columns), clusters=clusters)
                names = [segment.where for segment in table.found]
                hits += (("plan", "v9"),) in names
                first += names[:1] == [(("plan", "v9"),)]
                pairs += bool(table.pairs)
            shares = (f"{count / simulations:.1%}" for count in (hits, first, pairs))
            yield [kind, f"{size}", f"{gap * 100:.0f} points", *shares]


def planted(rng: Generator, size: int, clusters: IntArray | None) -> BoolArray:
    if clusters is None:
        return np.isin(np.arange(TEST_ROWS), rng.permutation(TEST_ROWS)[:size])
    return np.isin(clusters, rng.permutation(int(clusters.max()) + 1)[: size // 5])


def group_rows(simulations: int) -> Iterator[list[str]]:
    for rates in ((0.1, 0.1), (0.1, 0.1, 0.1, 0.1), (0.05, 0.2, 0.1), (0.1, 0.13, 0.1, 0.08, 0.1)):
        for size in (100, 400):
            rng = np.random.default_rng(SEED)
            truth = max(rates) - min(rates)
            names: list[str | None] = [f"g{group}" for group in range(len(rates)) for _ in range(2 * size)]
            gaps = [group_gap(missed(rng, rates, size), "fnr", names).at() for _ in range(simulations)]
            width = np.mean([(gap.high or 0) - (gap.low or 0) for gap in gaps])
            yield [
                ", ".join(f"{rate:.0%}" for rate in rates),
                f"{size}",
                f"{truth * 100:.0f}",
                f"{np.mean([(gap.value or 0) * 100 for gap in gaps]):.1f}",
                f"{width * 100:.1f}",
                covered(gaps, truth),
            ]


def missed(rng: Generator, rates: tuple[float, ...], size: int) -> Sample:
    """Half of each group should be found; the given share of them is missed, of the others wrongly found."""
    groups = np.repeat(np.arange(len(rates)), 2 * size)
    labels = np.tile([0, 1], size * len(rates))
    wrong = rng.random(len(labels)) < np.array(rates)[groups]
    return Sample(labels=labels, predictions=np.where(wrong, 1 - labels, labels), classes=("no", "yes"))


# --- thresholds ---------------------------------------------------------------------------------------

Population = Callable[[Generator, int], tuple[FloatArray, FloatArray, IntArray | None]]


def sure(rng: Generator, n: int, shift: float = 1.5) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.abs(rng.normal(shift, 1.5, n)))))


def calibrated(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    truth = sure(rng, n)
    return truth, truth, None


def too_sure(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    truth = sure(rng, n)
    return truth, truth**0.2, None


def too_modest(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    truth = sure(rng, n)
    return 1 - (1 - truth) ** 1.6, truth, None


def tied(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    truth = sure(rng, n)
    return truth, np.ceil(truth * 20) / 20, None


def worst_when_surest(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    confidence = sure(rng, n)
    return np.where(confidence > 0.97, 0.93, confidence), confidence, None


def fives(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    truth = sure(rng, n)
    return truth, truth, np.arange(n) // 5


def twenties(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    truth = sure(rng, n)
    return truth, truth, np.arange(n) // 20


def twenties_alike(rng: Generator, n: int) -> tuple[FloatArray, FloatArray, IntArray | None]:
    clusters = np.arange(n) // 20
    centre = np.abs(rng.normal(1.5, 1.2, n // 20 + 1))[clusters]
    truth = 1 / (1 + np.exp(-centre - np.abs(rng.normal(0, 0.5, n))))
    return truth, truth, clusters


POPULATIONS: dict[str, Population] = {
    "calibrated": calibrated,
    "too sure": too_sure,
    "too modest": too_modest,
    "ties (20 values)": tied,
    "wrong where surest": worst_when_surest,
    "clusters of 5": fives,
    "clusters of 20": twenties,
    "clusters of 20, alike confidence": twenties_alike,
}


def right_or_wrong(rng: Generator, truth: FloatArray, clusters: IntArray | None) -> BoolArray:
    """Errors alike within clusters through a shared normal variable (correlation .45 of the latent one)."""
    if clusters is None:
        return np.asarray(rng.random(len(truth)) < truth)
    shared = rng.normal(size=int(clusters.max()) + 1)[clusters]
    return np.asarray(ndtr(np.sqrt(0.45) * shared + np.sqrt(0.55) * rng.normal(size=len(truth))) < truth)


def handover_rows(simulations: int) -> Iterator[list[str]]:
    for name, population in POPULATIONS.items():
        truth, confidence, _ = population(np.random.default_rng(SEED + 1), 1_000_000)
        order = np.argsort(-confidence, kind="stable")
        falling, precision = -confidence[order], np.cumsum(truth[order]) / np.arange(1, len(truth) + 1)
        for claim in (0.9, 0.95, 0.99):
            reachable = np.flatnonzero(precision >= claim)
            best = (reachable.max() + 1) / len(truth) if len(reachable) else 0.0
            cells = [
                handover_cell(population, claim, n, falling, precision, simulations)
                for n in (300, 1_000, 4_000)
            ]
            yield [name, f"{claim}", f"{best:.0%}", *(part for cell in cells for part in cell)]


def handover_cell(
    population: Population, claim: float, n: int, falling: FloatArray, precision: FloatArray, simulations: int
) -> tuple[str, str]:
    """How often the claim is broken, and the share that is handled on average."""
    rng = np.random.default_rng(SEED)
    broken, handled = 0, 0.0
    for _ in range(simulations):
        truth, confidence, clusters = population(rng, n)
        correct = right_or_wrong(rng, truth, clusters)
        chosen = choose_threshold(correct, confidence, precision=claim, clusters=clusters)
        if chosen.t is not None:
            kept = int(np.searchsorted(falling, -chosen.t, side="right"))
            broken += precision[max(kept, 1) - 1] < claim
            handled += kept / len(falling)
    return f"{broken / simulations:.1%}", f"{handled / simulations:.0%}"


def cost_rows(simulations: int) -> Iterator[list[str]]:
    rng = np.random.default_rng(SEED + 2)
    grid = np.linspace(0, 1, 2_001)
    many = rng.beta(1, 4, 400_000)
    many.sort()
    wrongly = np.concatenate([[0.0], np.cumsum((1 - many)[::-1])])
    missing = np.concatenate([[0.0], np.cumsum(5 * many)])
    below = np.searchsorted(many, grid)
    truth = 1000 * (wrongly[len(many) - below] + missing[below]) / len(many)
    for n in (200, 1_000, 5_000):
        found = []
        for run in range(simulations):
            scores = rng.beta(1, 4, n)
            positive = rng.random(n) < scores
            found.append(
                least_cost_threshold(scores, positive, cost_false_positive=1, cost_false_negative=5, seed=run)
            )
        true = np.array([np.interp(min(one.threshold, 1), grid, truth) for one in found])
        fitted = np.array([one.cost_per_1000.value or 0 for one in found])
        flattered = np.array([one.costs_per_1000.min() for one in found])
        held = np.mean([one.band_low <= 1 / 6 <= one.band_high for one in found])
        widths = [min(one.band_high, 1) - one.band_low for one in found]
        noise = 1.96 * fitted.std() / np.sqrt(simulations)
        yield [
            f"{n:,}",
            f"{true.mean():.0f}",
            f"{flattered.mean() - true.mean():+.1f}",
            f"{fitted.mean() - true.mean():+.1f} ± {noise:.1f}",
            f"{np.mean([holds(one.cost_per_1000, cost) for one, cost in zip(found, true, strict=True)]):.1%}",
            f"{held:.1%}",
            f"{np.mean(widths):.2f}",
        ]


# --- shift --------------------------------------------------------------------------------------------


def shift_rows(simulations: int) -> Iterator[list[str]]:
    for categories in (2, 5, 20, 100):
        rng = np.random.default_rng(SEED)
        weights = rng.dirichlet(np.full(categories, 2.0))
        ours, one_sample, raw, corrected, called = [], [], [], [], 0
        for run in range(simulations):
            test, production = rng.choice(categories, (2, 1_000), p=weights)
            shift = categorical_shift(test.tolist(), production.tolist(), seed=run)
            counts = np.stack([np.bincount(side, minlength=categories) for side in (test, production)])
            ours.append((shift.p or 0) <= 0.05)
            known = counts[0] > 0
            expected = counts[0][known] * counts[1][known].sum() / counts[0][known].sum()
            one_sample.append(chisquare(counts[1][known], expected).pvalue <= 0.05)
            shares = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
            raw.append(float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]))))
            corrected.append(shift.effects["psi"])
            called += shift.severity != "none"
        yield [
            f"{categories}",
            f"{np.mean(one_sample):.1%}",
            f"{np.mean(ours):.1%}",
            f"{np.mean(raw):.4f}",
            f"{np.mean(corrected):+.4f} ± {1.96 * np.std(corrected) / np.sqrt(simulations):.4f}",
            f"{called / simulations:.1%}",
        ]


# --- enough data, families, pairs ---------------------------------------------------------------------

UNDECIDED: tuple[tuple[int, int, float, Direction], ...] = (
    (93, 100, 0.9, ">="),
    (88, 100, 0.9, ">="),
    (440, 500, 0.9, ">="),
    (385, 400, 0.95, ">="),
    (29, 30, 0.9, ">="),
    (40, 60, 0.6, ">="),
    (40, 500, 0.1, "<="),
    (960, 1_000, 0.95, ">="),
)


def more_rows(simulations: int) -> Iterator[list[str]]:
    for count, n, bar, direction in UNDECIDED:
        rows = rows_to_decide(proportion(np.arange(n) < count), bar, direction)
        start = [f"{count} of {n}", f"{direction} {bar:.0%}"]
        if rows.more is None or rows.would_be is None:
            yield [*start, "never", "", ""]
            continue
        total = n + rows.more
        new = np.random.default_rng(SEED).binomial(rows.more, count / n, simulations)
        ends = {seen: proportion(np.arange(total) < count + seen).at() for seen in np.unique(new).tolist()}
        above = (rows.would_be == "met") == (direction == ">=")
        decided = [
            (ends[seen].low or 0) >= bar if above else (ends[seen].high or 1) <= bar for seen in new.tolist()
        ]
        yield [*start, f"{rows.more:,}", rows.would_be, f"{np.mean(decided):.1%}"]


def bar_at(distance: float) -> Callable[[float], Decision]:
    """A bar that many standard errors below the measured value."""
    from scipy.special import ndtri

    def decide(level: float) -> Decision:
        z = float(ndtri(0.5 + level / 2))
        return "met" if distance > z else "failed" if distance < -z else "undecided"

    return decide


def family_rows(simulations: int) -> Iterator[list[str]]:
    for name, truth in (
        ("1 of 5 bars just missed, the others far above", [0.0, 4, 5, 6, 7]),
        ("1 of 5 bars just missed, the others just met", [0.0, 0.5, 1, 1, 2]),
        ("all 5 bars just missed", [0.0] * 5),
        ("all 5 bars met by 3.5 standard errors", [3.5] * 5),
    ):
        rng = np.random.default_rng(SEED)
        draws = rng.normal(size=(simulations, 5)) + np.array(truth)
        met = [
            all(one.decision == "met" for one in decide_family(dict(enumerate_bars(row))).values())
            for row in draws
        ]
        yield [name, f"{np.mean(met):.1%}"]


def enumerate_bars(distances: FloatArray) -> Iterator[tuple[str, Callable[[float], Decision]]]:
    for place, distance in enumerate(distances.tolist()):
        yield f"bar {place}", bar_at(distance)


def paired_rows(simulations: int) -> Iterator[list[str]]:
    for better, worse in ((0.1, 0.05), (0.02, 0.02), (0.3, 0.1), (0.01, 0.0)):
        cells = []
        for n in (50, 200, 1_000):
            for size in (1, 5):
                rng = np.random.default_rng(SEED)
                clusters = np.arange(n) // size
                estimates = []
                for _ in range(simulations):
                    shared = rng.random(n // size + 1)[clusters]
                    draw = np.where(rng.random(n) < np.sqrt(ICC), shared, rng.random(n))
                    estimates.append(
                        paired_difference(draw < better, draw > 1 - worse, clusters=clusters).at()
                    )
                cells.append(covered(estimates, better - worse))
        yield [f"{better:.0%} / {worse:.0%}", *cells]


# --- label errors -------------------------------------------------------------------------------------


def label_rows(plantings: int) -> Iterator[list[str]]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    rows = [json.loads(line) for line in BANKING.read_text(encoding="utf-8").splitlines()]
    intents = sorted({row["label"] for row in rows})
    for classes, most in ((6, 700), (12, 1_500), (77, 10_003)):
        ours, margin = [], []
        for run in range(plantings):
            rng = np.random.default_rng(SEED + run)
            kept = sorted(rng.choice(intents, classes, replace=False).tolist())
            some = [row for row in rows if row["label"] in kept]
            some = [some[i] for i in rng.permutation(len(some))[:most]]
            labels = np.array([kept.index(row["label"]) for row in some])
            wrong = rng.choice(len(some), 15, replace=False)
            labels[wrong] = (labels[wrong] + rng.integers(1, classes, 15)) % classes
            words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
            model = make_pipeline(words, SGDClassifier(loss="log_loss", alpha=3e-4, random_state=0))
            folds = StratifiedKFold(5, shuffle=True, random_state=0)
            texts = [row["text"] for row in some]
            proba = cross_val_predict(model, texts, labels, cv=folds, method="predict_proba")
            shown = [one.row for one in suspected_label_errors(labels, proba, kept)[:30]]
            ours.append(len(set(shown) & set(wrong.tolist())))
            others = proba.copy()
            others[np.arange(len(some)), labels] = -1
            by_margin = np.argsort(proba[np.arange(len(some)), labels] - others.max(axis=1))[:30]
            margin.append(len(set(by_margin.tolist()) & set(wrong.tolist())))
        yield [
            f"{classes} intents",
            f"{most:,} at most",
            f"{np.median(margin):.0f} ({min(margin)})",
            f"{np.median(ours):.0f} ({min(ours)})",
            f"{np.mean(np.array(ours) >= 12):.0%}",
        ]


# --- speed --------------------------------------------------------------------------------------------


def speed_rows() -> Iterator[list[str]]:
    rng = np.random.default_rng(SEED)
    n = 100_000
    columns: dict[str, list[str | None]] = {
        f"column {place}": [f"v{code}" for code in rng.integers(0, 20, n)] for place in range(10)
    }
    correct, clusters = rng.random(n) < 0.9, rng.integers(0, 20_000, n)
    yield timed("segment_gaps, 100,000 rows × 10 columns", lambda: segment_gaps(correct, columns))
    yield timed("the same with 20,000 clusters", lambda: segment_gaps(correct, columns, clusters=clusters))
    truth = sure(rng, 1_000_000)
    right, groups = rng.random(1_000_000) < truth, np.arange(1_000_000) // 5
    yield timed("choose_threshold, 1,000,000 rows", lambda: choose_threshold(right, truth, precision=0.9))
    yield timed(
        "the same with 200,000 clusters",
        lambda: choose_threshold(right, truth, precision=0.9, clusters=groups),
    )
    yield timed("handover_curve, 1,000,000 rows", lambda: handover_curve(right, truth))
    yield timed(
        "least_cost_threshold, 1,000,000 rows",
        lambda: least_cost_threshold(truth, right, cost_false_positive=5, cost_false_negative=1),
    )


def timed(name: str, run: Callable[[], object]) -> list[str]:
    started = time.process_time()
    run()
    return [name, f"{time.process_time() - started:.1f}"]


# --- page ---------------------------------------------------------------------------------------------


def holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


def covered(estimates: Iterable[Estimate], truth: float) -> str:
    return f"{np.mean([holds(estimate, truth) for estimate in estimates]):.1%}"


def table(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    started = time.process_time()
    for row in rows:
        print("  ".join(row), f"  [{time.process_time() - started:.1f} s]", flush=True)
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def error(simulations: int) -> str:
    """Standard error of a share near 5%, in points."""
    return f"{100 * np.sqrt(0.05 * 0.95 / simulations):.1f}"


Section = tuple[str, str, str, Iterable[list[str]]]
"""Title, words, names of the columns, rows."""


def segment_sections(some: int, several: int) -> Iterator[Section]:
    yield (
        "Segments: false alarms",
        f"""
Nothing fails: every row of {TEST_ROWS:,} is right with the same probability, whatever its four columns of
five values say. How often something is found all the same: {some:,} simulations a cell, standard error at 5%
{error(some)} points. "Welch z" is the usual test with Bonferroni,
which takes rows for independent. Clusters have an intra-cluster correlation
of {ICC}; uneven ones hold from 1 to about 100 rows. The last column counts finds above the default floor of
5 points, which is what a user sees.""",
        "base accuracy | rows | Welch z | single values | with pairs | of 5 points or more",
        false_alarm_rows(some),
    )
    yield (
        "Segments: what is found",
        f"""
Base accuracy 92%, one more value planted that is worse by the gap; {several:,} simulations a cell. "First"
is how often it heads the list, "pairs" how often a pair of values was (wrongly) listed beside it.""",
        "rows | n of the segment | gap | found | first | pairs",
        found_rows(several),
    )
    yield (
        "Groups: the largest gap of a miss rate",
        f"""
The interval of the largest difference between any two groups; n is rows that should be found, per group.
The value itself is too large where there is no gap: the largest of several differences always is.
{several:,} simulations a cell.""",
        "true rates | n | true gap, points | mean value | mean width | interval holds it",
        group_rows(several),
    )


def threshold_sections(several: int) -> Iterator[Section]:
    yield (
        "Hand-over threshold: is the claim kept?",
        f"""
`choose_threshold` vouches for a precision with an error of 5%. For each population and claim: the share that
could be handled if the truth were known; then, for each n, how often the true precision at the chosen
threshold was below the claim, and the share handled on average (no threshold counts as nothing handled).
{several:,} simulations a cell, standard error at 5% {error(several)} points.""",
        "confidence | claim | possible | broken, n = 300 | handled | broken, n = 1,000 | handled"
        " | broken, n = 4,000 | handled",
        handover_rows(several),
    )
    yield (
        "Threshold of least cost",
        f"""
A wrong action costs 1, a missed one 5; the best threshold is 0.167 and costs 516 per 1,000 rows. {several:,}
simulations. "On the same rows" is the cost that a threshold shows on the rows that it was chosen on.""",
        "n | true cost at the chosen threshold | on the same rows, bias | cross-fitted, bias"
        " | interval holds it | band holds the best threshold | width of the band",
        cost_rows(several),
    )


def other_sections(many: int, some: int) -> Iterator[Section]:
    yield (
        "Shift: nothing moved",
        f"""
1,000 rows on each side from one source; {some:,} simulations. The one-sample chi-square takes the test set
for the truth, as some monitoring tools do.""",
        "categories | one-sample chi-square ≤ 5% | ours ≤ 5% | mean PSI, uncorrected | mean PSI, ours"
        " | called a shift",
        shift_rows(some),
    )
    yield (
        "How many more rows would decide",
        f"""
If the truth is what was measured, that many more rows should decide in about 80% ({many:,} simulations).""",
        "measured | bar | more rows | it would be | decided",
        more_rows(many),
    )
    yield (
        "Bars decided together",
        f"""
How often all five bars are called met, on independent normal measurements ({many:,} simulations). For the
first three rows that is an error, promised in at most 5%.""",
        "truth | all called met",
        family_rows(many),
    )
    yield (
        "Two candidates on the same rows",
        f"""
Coverage of the paired 95% interval on independent rows and on clusters of 5; a / b is the share of rows on
which only the first / only the second is right ({some:,} simulations).""",
        "a / b | n = 50 | clusters | n = 200 | clusters | n = 1,000 | clusters",
        paired_rows(some),
    )


def label_sections(plantings: int) -> Iterator[Section]:
    if not BANKING.exists():
        return
    yield (
        "Label errors",
        f"""
15 labels turned wrong, {plantings} plantings; how many are among the first 30 rows shown. The model is
TF-IDF with a linear classifier, out of fold. The dataset has wrong labels of its own, which count as misses
here.""",
        "Banking77 | rows | by margin: median (worst) | ours: median (worst) | 12 or more",
        label_rows(plantings),
    )


def report(*, quick: bool) -> str:
    few = 20 if quick else 1
    many, some, several = 20_000 // few, 2_000 // few, 1_000 // few
    sections = [
        *segment_sections(some, several),
        *threshold_sections(several),
        *other_sections(many, some),
        *label_sections(20 // min(few, 7)),
        ("Speed", "", "what | CPU seconds", speed_rows()),
    ]
    head = f"""# Do the decisions hold what they promise?

Written by `benchmarks/decisions.py` (seed {SEED}); do not edit. Intervals have their own page, `coverage.md`.
"""
    return head + "".join(
        f"\n## {title}\n{words}\n\n{table(names.split(' | '), rows)}\n".replace("\n\n\n", "\n\n")
        for title, words, names, rows in sections
    )


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
