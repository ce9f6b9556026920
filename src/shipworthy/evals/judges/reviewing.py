"""A judge is reviewed like a feature: what it says is held against what people say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log1p

import numpy as np

from shipworthy.core.progress import Progress, silent
from shipworthy.evals.judges.biases import Bias, BiasName, pair_lean, position_bias, score_lean
from shipworthy.evals.judges.judge import Judge, JudgeKind, Piece
from shipworthy.evals.judges.labelled import Graded, grade_labelled
from shipworthy.stats.agreement import Weights, mean_kappa
from shipworthy.stats.arrays import BoolArray, FloatArray
from shipworthy.stats.correlation import pearson, spearman
from shipworthy.stats.estimate import Estimate, undefined
from shipworthy.stats.intervals import mean, proportion

__all__ = ["NO_SCORE", "ClassRow", "Floor", "JudgeReview", "People", "review_graded", "review_judge"]

NO_SCORE = "(no score)"
"""What a judge says of a row that it gave no score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """One label of people's, and what the judge said of it."""

    label: str
    """What people said."""
    said: Mapping[str, int]
    """What the judge said of these rows, and of how many."""
    found: Estimate
    """Of the rows that people gave this label, the share that the judge gave it too (recall)."""
    right: Estimate
    """Of the rows that the judge gave this label, the share that people gave it too (precision)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How far people agree with each other, next to how far the judge agrees with each of them."""

    annotators: int
    """People who labelled."""
    kappa: Estimate
    """Mean Cohen's kappa of all pairs of people."""
    judge_kappa: Estimate
    """Mean Cohen's kappa of the judge with each of them."""
    weighted_kappa: Estimate
    """Mean quadratic-weighted kappa of all pairs of people."""
    judge_weighted_kappa: Estimate
    """Mean quadratic-weighted kappa of the judge with each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What agrees with people without judging anything."""

    words: str
    """What it does."""
    agreement: Estimate
    """How often it agrees with people, on the same rows."""
    ahead: Estimate
    """By how much the judge agrees more often, paired by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeReview:
    """What a judge is worth on one set of labelled rows."""

    judge: str
    """Its name."""
    kind: JudgeKind
    """What it grades."""
    words: str
    """What it is."""
    version: str
    """Hash of everything that determines its scores."""
    rows: int
    """Labelled rows that count."""
    left_out: int
    """Rows that nobody labelled, or on which people are split evenly."""
    groups: int | None
    """Groups of rows that belong together, where they were named."""
    scale: tuple[str, ...] | None
    """Scores from worst to best; None where people gave too many different numbers for a scale."""
    cut: bool
    """Whether it gives bare numbers; they are cut into scores where the other half of the rows says."""
    assessed: Estimate
    """Share of the rows that it gave a score."""
    unassessed: Mapping[str, int]
    """How grading the others ended, and of how many."""
    agreement: Estimate
    """Share of all rows on which it says what most people say; a row without a score counts as not."""
    kappa: Estimate
    """Cohen's kappa, on the rows that it gave a score."""
    weighted_kappa: Estimate
    """Quadratic-weighted kappa, on these."""
    pearson: Estimate
    """Pearson's correlation of its numbers and people's, on these."""
    spearman: Estimate
    """Spearman's."""
    people: People | None
    """People among each other; None with one annotator."""
    floors: tuple[Floor, ...]
    """What it has to beat."""
    classes: tuple[ClassRow, ...]
    """Label by label, the worst first."""
    biases: tuple[Bias, ...]
    """What besides quality moves it."""
    cost: float | None
    """US dollars that the calls cost; None where unknown."""


def review_judge(
    judge: Judge,
    pieces: Sequence[Piece],
    *,
    scale: Sequence[str] | None = None,
    own: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[JudgeReview, Graded]:
    """Let a judge grade labelled rows and hold what it says against people.

    Args:
        judge: Any judge.
        pieces: Labelled rows.
        scale: People's scores from worst to best, where neither judge nor labels say.
        own: Authors that are the judge itself, for self-preference.
        seed: Decides the halves where bare numbers are cut into scores.
        progress: Told how far it is.

    Raises:
        UserError: no row has a label, or the judge cannot grade these rows.
        DataError: a label is not on the scale.
        EnvironmentFailure: a provider cannot be reached.
    """
    graded = grade_labelled(judge, pieces, scale=scale, seed=seed, progress=progress)
    return review_graded(judge, graded, own=own), graded


def review_graded(judge: Judge, graded: Graded, *, own: Sequence[str] = ()) -> JudgeReview:
    """The same of rows that are graded already."""
    right = _right(graded)
    assessed = (
        np.array([one is not None for one in graded.said]) if graded.scale else ~np.isnan(graded.numbers)
    )
    costs = [grade.cost for grade in graded.grades]
    return JudgeReview(
        judge=judge.name,
        kind=judge.kind,
        words=judge.words,
        version=judge.version,
        rows=len(graded.people),
        left_out=graded.left_out,
        groups=None if graded.clusters is None else len(np.unique(graded.clusters)),
        scale=graded.scale,
        cut=graded.cut,
        assessed=proportion(assessed, clusters=graded.clusters).at(),
        unassessed=dict(Counter(one.status for one in graded.grades if one.status != "ok")),
        agreement=_agreement(graded, right),
        kappa=_kappa(graded, "none"),
        weighted_kappa=_kappa(graded, "quadratic"),
        pearson=_correlation(graded, ranks=False),
        spearman=_correlation(graded, ranks=True),
        people=_people(graded),
        floors=_floors(graded, right, judge.kind),
        classes=_classes(graded),
        biases=_biases(graded, judge.kind, own),
        cost=None if None in costs else sum(one for one in costs if one is not None),
    )


_TOO_MANY = "people gave too many different numbers for a scale"


def _right(graded: Graded) -> BoolArray:
    return np.array(
        [said == label for said, label in zip(graded.said, graded.people, strict=True)], dtype=bool
    )


def _agreement(graded: Graded, right: BoolArray) -> Estimate:
    if graded.scale is None:
        return undefined(_TOO_MANY, method="Wilson", n=len(right))
    return proportion(right, clusters=graded.clusters).at()


def _kappa(graded: Graded, weights: Weights) -> Estimate:
    return _mean_kappa(graded, [graded.people, graded.said], [(0, 1)], weights)


def _mean_kappa(
    graded: Graded,
    columns: Sequence[Sequence[str | None]],
    pairs: Sequence[tuple[int, int]],
    weights: Weights,
) -> Estimate:
    if graded.scale is None:
        return undefined(_TOO_MANY, method="Cohen's kappa", n=len(graded.people), unit="score")
    return mean_kappa(columns, pairs, order=graded.scale, weights=weights, clusters=graded.clusters).at()


def _correlation(graded: Graded, *, ranks: bool) -> Estimate:
    known = ~np.isnan(graded.numbers)
    clusters = None if graded.clusters is None else graded.clusters[known]
    measure = spearman if ranks else pearson
    return measure(graded.numbers[known], graded.labels[known], clusters=clusters).at()


def _people(graded: Graded) -> People | None:
    """People with people, and the judge with each of them, over the same rows."""
    count = len(graded.each)
    if count < 2 or graded.scale is None:
        return None
    columns = [*graded.each, graded.said]
    among, judge = list(combinations(range(count), 2)), [(one, count) for one in range(count)]
    return People(
        annotators=count,
        kappa=_mean_kappa(graded, columns, among, "none"),
        judge_kappa=_mean_kappa(graded, columns, judge, "none"),
        weighted_kappa=_mean_kappa(graded, columns, among, "quadratic"),
        judge_weighted_kappa=_mean_kappa(graded, columns, judge, "quadratic"),
    )


def _floors(graded: Graded, right: BoolArray, kind: JudgeKind) -> tuple[Floor, ...]:
    if graded.scale is None:
        return ()
    people = np.array(graded.people)
    commonest = Counter(graded.people).most_common(1)[0][0]
    same = {f"always says {commonest!r}": people == commonest}
    if kind == "pairwise":
        said = np.array(["first" if one > 0 else "second" if one < 0 else "tie" for one in _longer(graded)])
        same = {"the longer text wins": said == people, **same}
    return tuple(_floor(words, hits, right, graded) for words, hits in same.items())


def _floor(words: str, hits: BoolArray, right: BoolArray, graded: Graded) -> Floor:
    ahead = mean(right.astype(float) - hits.astype(float), clusters=graded.clusters, unit="points").at()
    return Floor(words=words, agreement=proportion(hits, clusters=graded.clusters).at(), ahead=ahead)


def _longer(graded: Graded) -> FloatArray:
    """(n,) by how many letters the first text is longer."""
    return np.array([len(one.output) - len(one.other or "") for one in graded.pieces], dtype=float)


def _classes(graded: Graded) -> tuple[ClassRow, ...]:
    rows = [_class(graded, label) for label in graded.scale or ()]
    return tuple(sorted(rows, key=lambda row: 1.0 if row.found.value is None else row.found.value))


def _class(graded: Graded, label: str) -> ClassRow:
    is_people = np.array([one == label for one in graded.people])
    is_judge = np.array([one == label for one in graded.said])
    told = (
        NO_SCORE if one is None else one for one, here in zip(graded.said, is_people, strict=True) if here
    )
    return ClassRow(
        label=label,
        said=dict(Counter(told)),
        found=_share(is_judge, is_people, graded),
        right=_share(is_people, is_judge, graded),
    )


def _share(hits: BoolArray, among: BoolArray, graded: Graded) -> Estimate:
    clusters = None if graded.clusters is None else graded.clusters[among]
    return proportion(hits[among], clusters=clusters).at()


def _biases(graded: Graded, kind: JudgeKind, own: Sequence[str]) -> tuple[Bias, ...]:
    length = (
        _longer(graded) if kind == "pairwise" else np.array([log1p(len(one.output)) for one in graded.pieces])
    )
    found = [_position(graded)] if kind == "pairwise" else []
    found.append(_lean("length", graded, kind, np.sign(length) if kind == "pairwise" else length))
    if own:
        found.append(_lean("self-preference", graded, kind, _own(graded, set(own), kind)))
    return tuple(found)


def _position(graded: Graded) -> Bias:
    asked = [one.orders for one in graded.grades]
    rows = [row for row, orders in enumerate(asked) if orders is not None and None not in orders]
    both = [
        (float(orders[0] or 0), float(orders[1] or 0)) for orders in asked if orders and None not in orders
    ]
    clusters = None if graded.clusters is None else graded.clusters[rows]
    return position_bias([one for one, _ in both], [other for _, other in both], clusters=clusters)


def _own(graded: Graded, own: set[str], kind: JudgeKind) -> FloatArray:
    """(n,) 1 for the judge's own text; of a pair -1 where only the second is its own."""
    first = np.array([one.author in own for one in graded.pieces], dtype=float)
    if kind == "rubric":
        return first
    second = np.array([one.other_author in own for one in graded.pieces], dtype=float)
    return np.asarray(first - second)


def _lean(name: BiasName, graded: Graded, kind: JudgeKind, feature: FloatArray) -> Bias:
    known = ~np.isnan(graded.numbers)
    clusters = None if graded.clusters is None else graded.clusters[known]
    numbers, labels = graded.numbers[known].tolist(), graded.labels[known].tolist()
    measure = pair_lean if kind == "pairwise" else score_lean
    return measure(name, numbers, labels, feature[known].tolist(), clusters=clusters)
