"""What are judges worth, and does what we say about them hold? Writes docs/measurements/judges.md.

    python benchmarks/judges.py [--quick] [--no-local] [--no-meaning] [--local-rows N] [--draws N]

Rules and the small local model on public sets with people's labels (../shared/data), planted biases, false
alarms, and the coverage of prediction-powered intervals. Nothing shipped was fitted to these sets. Everything
is seeded; no network; nothing paid is called.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from sklearn.metrics import cohen_kappa_score

from shipworthy.core.clock import SystemClock
from shipworthy.evals.judges import JudgeReview, Piece, open_judge, review_judge
from shipworthy.evals.judges.biases import pair_lean, position_bias, score_lean
from shipworthy.evals.running import Conduct
from shipworthy.gateway.calls import Patience
from shipworthy.stats.agreement import Weights, weighted_kappa
from shipworthy.stats.arrays import FloatArray
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.prediction_powered import corrected_mean

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "measurements" / "judges.md"
DATA = ROOT.parent / "shared" / "data"
SEED = 20261123
LOCAL_ROWS = 16
LONGEST_FOR_LOCAL = 1_500
MEANT = 200
PATIENT = Patience(deadline=600)
WICE = ("not_supported", "partially_supported", "supported")
SAF = ("Incorrect", "Partially correct", "Correct")
WEIGHTS: tuple[Weights, ...] = ("none", "quadratic")


# --- the sets -------------------------------------------------------------------------------------------


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def llmbar() -> list[Piece]:
    return [
        Piece(
            id=f"{row['subset'].removeprefix('LLMBar/')}/{row['idx']}",
            input=row["input"],
            output=row["output_1"],
            other=row["output_2"],
            labels=(str(row["label"]),),
        )
        for row in rows_of("judging/llmbar.jsonl")
    ]


def pandalm() -> list[Piece]:
    return [
        Piece(
            id=str(row["idx"]),
            input=f"{row['instruction']}\n{row['input']}".strip(),
            output=str(row["response1"]),
            other=str(row["response2"]),
            cluster=f"{row['instruction']}\n{row['input']}",
            labels=tuple(str(row[f"annotator{number}"]) for number in (1, 2, 3)),
        )
        for row in rows_of("judging/pandalm_first500.jsonl")
    ]


def saf(label: str) -> list[Piece]:
    """Answers with their verdict, or with their score as a share of the question's best one."""
    rows = rows_of("saf/answers.jsonl")
    most: dict[str, float] = defaultdict(float)
    for row in rows:
        most[row["question_id"]] = max(most[row["question_id"]], float(row["score"]))
    return [
        Piece(
            id=str(number),
            input=row["question"],
            output=row["answer"],
            reference=row["reference"],
            cluster=row["question_id"],
            labels=(
                row["verification"]
                if label == "verdict"
                else repr(round(float(row["score"]) / most[row["question_id"]], 4)),
            ),
        )
        for number, row in enumerate(rows)
    ]


def summedits() -> list[Piece]:
    return [
        Piece(
            id=row["id"], input=row["source"], output=row["summary"], cluster=row["source"],
            labels=(str(row["label"]),),
        )
        for row in rows_of("grounding/summedits_sales.jsonl")
    ]  # fmt: skip


def wice() -> list[Piece]:
    return [
        Piece(
            id=str(number), input="\n".join(row["evidence"]), output=row["claim"],
            cluster="\n".join(row["evidence"])[:500], labels=(row["label"],),
        )
        for number, row in enumerate(rows_of("grounding/wice_dev.jsonl"))
    ]  # fmt: skip


# --- tables ---------------------------------------------------------------------------------------------


def number(estimate: Estimate) -> str:
    if estimate.value is None:
        return "undefined"
    if estimate.unit == "share":
        value, low, high = (
            f"{100 * (one or 0):.0f}" for one in (estimate.value, estimate.low, estimate.high)
        )
        return f"{value}% ({low}–{high})"
    value, low, high = (
        f"{one or 0:.2f}".replace("-", "−") for one in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def judged(
    name: str, pieces: list[Piece], *, scale: Sequence[str] = (), model: str | None = None
) -> JudgeReview:
    if "meaning" in name:
        pieces = drawn(pieces, MEANT)
    judge = open_judge(name, conduct=Conduct(patience=PATIENT), clock=SystemClock(), model=model)
    started = time.perf_counter()
    review, _ = review_judge(judge, pieces, scale=scale or None, seed=SEED)
    print(
        f"{name:<16} {len(pieces):>5} rows {time.perf_counter() - started:6.1f} s  {review.kappa}", flush=True
    )
    return review


def decided(pieces: list[Piece]) -> list[Piece]:
    """Pairs of which most people prefer one text."""
    kept = []
    for piece in pieces:
        counts = {label: piece.labels.count(label) for label in set(piece.labels)}
        best = max(counts, key=lambda one: counts[one])
        if best != "0" and (len(piece.labels) == 1 or counts[best] >= 2):
            kept.append(piece)
    return kept


def pair_rows(names: Sequence[str]) -> Iterator[list[str]]:
    bar, panda = llmbar(), pandalm()
    natural = [piece for piece in bar if piece.id.startswith("Natural")]
    adversarial = [piece for piece in bar if piece.id.startswith("Adversarial")]
    for title, pieces in (
        ("LLMBar, all", bar),
        ("LLMBar, natural", natural),
        ("LLMBar, adversarial", adversarial),
        ("PandaLM, all", panda),
        ("PandaLM, decided", decided(panda)),
    ):
        for name in names:
            review = judged(name, pieces)
            people = "" if review.people is None else number(review.people.kappa)
            beside = "" if review.people is None else number(review.people.judge_kappa)
            length = next(bias for bias in review.biases if bias.name == "length")
            yield [
                title, str(review.rows), f"`{name}`", number(review.agreement),
                number(review.floors[0].agreement), number(review.kappa), people, beside, length.seen,
            ]  # fmt: skip


def text_rows(meaning: bool) -> Iterator[list[str]]:
    sets: list[tuple[str, list[Piece], Sequence[str], tuple[str, ...]]] = [
        ("SAF, share of the score", saf("score"), (), ("overlap", "covers", "meaning")),
        ("SAF, verdict", saf("verdict"), SAF, ("overlap", "covers", "meaning")),
        ("SummEdits, sales", summedits(), (), ("support", "support-meaning")),
        ("WiCE", wice(), WICE, ("support", "support-meaning")),
    ]
    for title, pieces, scale, names in sets:
        for name in names:
            if "meaning" in name and not meaning:
                continue
            yield text_row(title, judged(name, pieces, scale=scale), name)


def text_row(title: str, review: JudgeReview, name: str) -> list[str]:
    floor = review.floors[-1].agreement if review.floors else None
    return [
        title, f"{review.rows:,}" + ("" if review.groups is None else f" in {review.groups:,}"), f"`{name}`",
        number(review.pearson), number(review.spearman), number(review.agreement),
        "" if floor is None else number(floor), number(review.kappa), number(review.weighted_kappa),
        next(bias.seen for bias in review.biases if bias.name == "length"),
    ]  # fmt: skip


# --- the local model ------------------------------------------------------------------------------------


def sampled(pieces: list[Piece], n: int) -> list[Piece]:
    fitting = [
        one
        for one in pieces
        if sum(len(text or "") for text in (one.input, one.output, one.other, one.reference))
        < LONGEST_FOR_LOCAL
    ]
    return drawn(fitting, n)


def drawn(pieces: list[Piece], n: int) -> list[Piece]:
    order = np.random.default_rng(SEED).permutation(len(pieces))[:n]
    return [pieces[place] for place in sorted(order)]


def local_rows(n: int) -> Iterator[list[str]]:
    graded_answers = [
        Piece(id=one.id, input=one.input, output=one.output, reference=one.reference, cluster=one.cluster,
              labels=(str(1 + round(4 * float(one.labels[0] or 0))),))
        for one in saf("score")
    ]  # fmt: skip
    for title, name, pieces in (
        ("LLMBar", "pairwise", llmbar()),
        ("PandaLM, decided", "pairwise", decided(pandalm())),
        ("SAF, five steps of the score", "rubric", graded_answers),
        ("WiCE", "grounded", wice()),
    ):
        review = judged(name, sampled(pieces, n), model="local")
        place = next((bias for bias in review.biases if bias.name == "position"), None)
        yield [
            title, f"`{name}`", str(review.rows), number(review.assessed), number(review.agreement),
            number(review.floors[-1].agreement), number(review.kappa), number(review.spearman),
            "" if place is None else f"{place.seen}: {place.effect}",
        ]  # fmt: skip


# --- planted biases -------------------------------------------------------------------------------------


def a_pair_judge(
    rng: Generator,
    n: int,
    *,
    right: float,
    long: float,
    place: float = 0,
    length: float = 0,
    noise: float = 0,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    better = rng.random(n) < 0.5
    longer = np.where(rng.random(n) < long, better, ~better)
    people = np.where(rng.random(n) < noise, ~better, better)
    orders = []
    for shown_first in (True, False):
        said = np.where(rng.random(n) < right, better, ~better)
        said = np.where(rng.random(n) < length, longer, said)
        orders.append(np.where(rng.random(n) < place, shown_first, said).astype(float))
    return orders[0], orders[1], people.astype(float), np.where(longer, 1.0, -1.0)


PLANTED: tuple[tuple[str, dict[str, float]], ...] = (
    ("no bias, right in 65%", {"right": 0.65, "long": 0.5}),
    ("no bias, right in 80%", {"right": 0.8, "long": 0.5}),
    ("no bias, right in 80%, people choose the longer in 70%", {"right": 0.8, "long": 0.7}),
    ("no bias, right in 80%, 20% of labels wrong, longer in 60%", {"right": 0.8, "long": 0.6, "noise": 0.2}),
    ("no bias, always right, 20% of labels wrong, longer in 70%", {"right": 1.0, "long": 0.7, "noise": 0.2}),
    ("place decides 20%", {"right": 0.8, "long": 0.5, "place": 0.2}),
    ("length decides 20%", {"right": 0.8, "long": 0.5, "length": 0.2}),
    ("length decides 30%", {"right": 0.8, "long": 0.5, "length": 0.3}),
    ("length decides 30%, people choose the longer in 60%", {"right": 0.8, "long": 0.6, "length": 0.3}),
)


def planted_rows(draws: int) -> Iterator[list[str]]:
    for row, (title, planted) in enumerate(PLANTED):
        for n in (100, 200, 400):
            rng, found = np.random.default_rng([SEED, row, n]), {"place": 0, "seen": 0, "possible": 0}
            for _ in range(draws):
                first, second, people, side = a_pair_judge(rng, n, **planted)
                found["place"] += position_bias(first.tolist(), second.tolist()).seen == "seen"
                lean = pair_lean("length", ((first + second) / 2).tolist(), people.tolist(), side.tolist())
                if lean.seen in found:
                    found[lean.seen] += 1
            yield [
                title,
                str(n),
                *(f"{100 * found[key] / draws:.1f}%" for key in ("place", "seen", "possible")),
            ]


def planted_score_rows(draws: int) -> Iterator[list[str]]:
    for follows, planted in ((0.0, 0.0), (0.4, 0.0), (0.0, 0.4), (0.4, 0.4)):
        for n in (100, 400):
            rng, seen, possible = np.random.default_rng(SEED), 0, 0
            for _ in range(draws):
                size = rng.normal(size=n)
                people = np.clip(np.round(3 + follows * size + rng.normal(size=n)), 1, 5)
                noise = 0.7 * rng.normal(size=n)
                judge = np.clip(np.round(3 + 0.9 * (people - 3) + noise + planted * size), 1, 5)
                lean = score_lean("length", judge.tolist(), people.tolist(), size.tolist())
                seen += lean.seen == "seen"
                possible += lean.seen == "possible"
            shares = (f"{100 * count / draws:.1f}%" for count in (seen, possible))
            yield [str(follows), str(planted), str(n), *shares]


# --- prediction-powered intervals -----------------------------------------------------------------------

Draw = Callable[[Generator, int], tuple[FloatArray, FloatArray]]


def shares(rate: float, mistakes: float | None) -> Draw:
    def draw(rng: Generator, size: int) -> tuple[FloatArray, FloatArray]:
        labels = (rng.random(size) < rate).astype(float)
        if mistakes is None:
            return labels, (rng.random(size) < 0.6).astype(float)
        return labels, np.where(rng.random(size) < mistakes, 1 - labels, labels)

    return draw


def likert(noise: float | None) -> Draw:
    def draw(rng: Generator, size: int) -> tuple[FloatArray, FloatArray]:
        labels = rng.choice(np.arange(1.0, 6.0), p=[0.05, 0.1, 0.2, 0.35, 0.3], size=size)
        if noise is None:
            return labels, rng.integers(1, 6, size).astype(float)
        return labels, np.clip(np.round(labels + rng.normal(size=size) * noise), 1, 5)

    return draw


POWERED: tuple[tuple[str, str, float, tuple[float, float], Draw], ...] = (
    ("share of 70%", "good (10% wrong)", 0.7, (0, 1), shares(0.7, 0.1)),
    ("share of 70%", "medium (20% wrong)", 0.7, (0, 1), shares(0.7, 0.2)),
    ("share of 70%", "useless", 0.7, (0, 1), shares(0.7, None)),
    ("share of 90%", "good (5% wrong)", 0.9, (0, 1), shares(0.9, 0.05)),
    ("share of 90%", "medium (15% wrong)", 0.9, (0, 1), shares(0.9, 0.15)),
    ("share of 90%", "useless", 0.9, (0, 1), shares(0.9, None)),
    ("scores 1 to 5", "good (correlation 0.9)", 3.75, (1, 5), likert(0.5)),
    ("scores 1 to 5", "medium (correlation 0.7)", 3.75, (1, 5), likert(1.2)),
    ("scores 1 to 5", "useless", 3.75, (1, 5), likert(None)),
)


def powered_rows(draws: int) -> Iterator[list[str]]:
    for what, judge, truth, ends, draw in POWERED:
        for n in (50, 100, 200):
            for more in (1_000, 5_000):
                rng = np.random.default_rng(SEED)
                held = alone_held = 0
                widths = alone_widths = 0.0
                for _ in range(draws):
                    labels, said = draw(rng, n + more)
                    found = corrected_mean(labels[:n], said[:n], said[n:], ends=ends).at()
                    alone = (mean(labels[:n]) if ends[1] > 1 else proportion(labels[:n] == 1)).at()
                    for one in (found, alone):
                        assert one.low is not None
                        assert one.high is not None
                    held += found.low <= truth <= found.high  # type: ignore[operator]
                    alone_held += alone.low <= truth <= alone.high  # type: ignore[operator]
                    widths += found.high - found.low  # type: ignore[operator]
                    alone_widths += alone.high - alone.low  # type: ignore[operator]
                yield [
                    what, judge, str(n), f"{more:,}", f"{100 * held / draws:.1f}%",
                    f"{100 * alone_held / draws:.1f}%", f"{widths / alone_widths:.2f}",
                ]  # fmt: skip
        print(f"{what}, {judge}", flush=True)


def kappa_rows(draws: int) -> Iterator[list[str]]:
    scale = [1, 2, 3, 4, 5]
    for noise in (0.5, 1.2, 3.0):
        large = likert(noise)(np.random.default_rng(1), 1_000_000)
        for n in (50, 100, 200):
            cells = []
            for weights in WEIGHTS:
                rng = np.random.default_rng(SEED)
                truth = cohen_kappa_score(*large, weights=None if weights == "none" else weights)
                held = 0
                for _ in range(draws):
                    people, judge = likert(noise)(rng, n)
                    found = weighted_kappa(people.tolist(), judge.tolist(), order=scale, weights=weights).at()
                    held += (found.low or 0) <= truth <= (found.high or 0)
                cells += [f"{truth:.2f}", f"{100 * held / draws:.1f}%"]
            yield [str(n), *cells]


# --- the page -------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="A tenth of the simulations.")
    parser.add_argument("--no-local", action="store_true", help="Leave the local model out.")
    parser.add_argument("--no-meaning", action="store_true", help="Leave rules by meaning out.")
    parser.add_argument("--local-rows", type=int, default=LOCAL_ROWS, help="Rows of each set for it.")
    parser.add_argument("--draws", type=int, default=1_000, help="Simulations a row.")
    chosen = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit("The public sets are not beside the repository (../shared/data).")
    draws = 100 if chosen.quick else chosen.draws
    pairs = ("longer", "tidy") if chosen.no_meaning else ("longer", "tidy", "nearer-meaning")
    PAGE.write_text(
        TEXT.format(
            seed=SEED,
            longest=f"{LONGEST_FOR_LOCAL:,}",
            meaning=NOT_MEANING if chosen.no_meaning else MEANING.format(rows=MEANT),
            pairs=table(PAIR_HEADS, pair_rows(pairs)),
            texts=table(TEXT_HEADS, text_rows(not chosen.no_meaning)),
            local=NOT_LOCAL if chosen.no_local else table(LOCAL_HEADS, local_rows(chosen.local_rows)),
            planted=table(PLANTED_HEADS, planted_rows(draws // 2)),
            planted_scores=table(SCORE_HEADS, planted_score_rows(draws // 2)),
            powered=table(POWERED_HEADS, powered_rows(5 * draws)),
            kappa=table(KAPPA_HEADS, kappa_rows(draws // 2)),
            draws=f"{5 * draws:,}",
            half=f"{draws // 2:,}",
        ),
        encoding="utf-8",
    )
    print(f"wrote {PAGE.relative_to(ROOT)}")


NOT_MEANING = "Rules by meaning were left out of this run (`--no-meaning`)."
MEANING = "Rules by meaning judge a random sample of {rows} rows of each set."
NOT_LOCAL = "Not measured in this run (`--no-local`)."
PAIR_HEADS = (
    "set", "pairs", "judge", "says what people say", "the longer wins", "kappa", "people among each other",
    "judge with each of them", "length bias",
)  # fmt: skip
TEXT_HEADS = (
    "set", "rows (in questions or sources)", "judge", "Pearson", "Spearman", "says what people say",
    "always the commonest label", "kappa", "quadratic-weighted kappa", "length bias",
)  # fmt: skip
LOCAL_HEADS = (
    "set", "prompt", "rows", "gives a score with a quote", "says what people say",
    "always the commonest label", "kappa", "Spearman", "position bias",
)  # fmt: skip
PLANTED_HEADS = ("judge of pairs", "pairs", "position bias seen", "length bias seen", "length bias possible")
SCORE_HEADS = ("people's scores follow length by", "planted", "rows", "length bias seen", "possible")
POWERED_HEADS = (
    "people say",
    "judge",
    "labelled",
    "judged",
    "covers",
    "labels alone cover",
    "width beside labels alone",
)
KAPPA_HEADS = ("rows", "kappa", "covers", "quadratic-weighted kappa", "covers")

TEXT = """\
# What judges are worth

Written by `benchmarks/judges.py` (seed {seed}); do not edit. Intervals are 95%; rows of one question or
source count as belonging together. Nothing that ships was fitted to these sets.
{meaning}

## Rules that choose between two texts

LLMBar (near-objective gold; its adversarial pairs are made so that the longer, smoother text is the worse
one) and the first half of PandaLM's test set (three annotators). *Decided*: pairs of which most people prefer
one text; among all of PandaLM's pairs people also say tie, which the floor never does.

{pairs}

No rule here should choose anything by itself: people agree with each other far better, and what looks like
skill on one set is gone on the other. `longer` is the floor, below chance on LLMBar by design.

## Rules that score one text

SAF: short answers to questions of a networking course, with a reference and one grader; the score as a share
of the question's highest one, or the verdict in three steps. SummEdits (sales calls and e-mails): is the
summary consistent with its source? WiCE: does the cited page support the claim, in three steps? Where numbers
are cut into labels, the points come from the other half of the questions.

{texts}

SummEdits is made so that all the words are there: shared words say little about it. On WiCE, whose claims
are plainer, they say something. On neither do they replace a reader. That `support` reads five sentences of
the source at a time was chosen after looking at windows of three and six on these two sets.

## The small local model

SmolLM2-135M-Instruct, the shipped prompts, a random sample of each set (texts below {longest} letters). It
points at a sentence of the text as its quote, because it cannot copy one; pairs are asked in both orders.

{local}

Hosted models: not measured: no key.

## Planted biases and false alarms

{half} simulated judges a row. A judge without a bias is to be accused in about 5% at most. *Possible* is said
where texts that people judged alike show a lean and all texts together do not: noise in people's labels can
do that, and so can a bias. One row shows what no measure here can tell: a judge that is always right, held
against labels of which a fifth is wrong, when the better text is mostly the longer one. It is accused,
because the labels are taken for the truth: have two people label some rows, and read how far they agree,
before you believe a bias.

{planted}

Judges that score one text from 1 to 5; what is planted is points per standard deviation of the length's
logarithm:

{planted_scores}

## Prediction-powered intervals

{draws} simulations a row, nominal 95%. *Width beside labels alone*: below 1 the judge saved labels. With few
labels and a judge that is hardly ever wrong, how often it is wrong is hardly known; the interval then errs on
the wide side.

{powered}

## Intervals of kappa

Scores from 1 to 5 and a judge with more and more noise, {half} simulations a row.

{kappa}
"""

if __name__ == "__main__":
    main()
