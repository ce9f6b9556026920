"""Labelled pieces with what a judge said of them, on one scale: what every measure of a judge is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.core.errors import DataError, UserError
from shipworthy.core.progress import Progress, silent
from shipworthy.evals.judges.judge import PAIR_SCALE, Grade, Judge, Piece
from shipworthy.evals.judges.numbers import consensus, numeric, on_scale, scale_numbers, scale_of
from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["Graded", "clusters_of", "cut_by_halves", "cut_points", "grade_labelled"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graded:
    """Rows that people gave one label, and what a judge said of them."""

    pieces: tuple[Piece, ...]
    """The rows."""
    grades: tuple[Grade, ...]
    """What the judge said."""
    people: tuple[str, ...]
    """What most people said, on the scale; a number as text where there is no scale."""
    each: tuple[tuple[str | None, ...], ...]
    """What each annotator said, annotator by annotator."""
    scale: tuple[str, ...] | None
    """Scores from worst to best; None where people gave too many different numbers for a scale."""
    said: tuple[str | None, ...]
    """The judge's score on that scale; None without one."""
    cut: bool
    """Whether the judge gives bare numbers, which were cut into scores."""
    left_out: int
    """Rows that nobody labelled, or on which people are split evenly."""
    clusters: IntArray | None
    """(n,) codes of rows that belong together."""

    @property
    def numbers(self) -> FloatArray:
        """(n,) the judge's numbers; NaN without a score."""
        return np.array([np.nan if one.number is None else one.number for one in self.grades], dtype=float)

    @property
    def labels(self) -> FloatArray:
        """(n,) people's labels as numbers."""
        known = None if self.scale is None else scale_numbers(self.scale)
        return np.array([float(one) if known is None else known[one] for one in self.people], dtype=float)

    @property
    def ends(self) -> tuple[float, float] | None:
        """The lowest and the highest label there can be."""
        if self.scale is None:
            return None
        numbers = scale_numbers(self.scale).values()
        return min(numbers), max(numbers)


def grade_labelled(
    judge: Judge,
    pieces: Sequence[Piece],
    *,
    scale: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Graded:
    """Let a judge grade labelled rows, and put people and judge on one scale.

    Args:
        judge: Any judge.
        pieces: Rows with labels; those without are left out.
        scale: People's scores from worst to best, where the judge has no scale and the labels are no numbers.
        seed: Decides the halves where bare numbers are cut into scores.
        progress: Told how far it is.

    Raises:
        UserError: no row has a label, or nobody said in which order the labels stand.
        DataError: a label is not on the scale.
        EnvironmentFailure: a provider cannot be reached.
    """
    labelled = [piece for piece in pieces if any(label and label.strip() for label in piece.labels)]
    if not labelled:
        raise UserError(
            "No row has a label of a person.", hint="Name the columns with people's labels: --label COLUMN"
        )
    common = _common_scale(judge, labelled, scale)
    placed = [tuple(_placed(label, common, piece.id) for label in piece.labels) for piece in labelled]
    agreed = [_agreed(labels, common) for labels in placed]
    rows = [row for row, label in enumerate(agreed) if label is not None]
    kept = tuple(labelled[row] for row in rows)
    if not kept:
        raise UserError("On every row people are split evenly, so that no row has one label.")
    grades = judge.grade(kept, progress=progress)
    clusters = clusters_of(kept)
    people = tuple(label for label in agreed if label is not None)
    said = tuple(grade.score for grade in grades)
    cut = judge.scale is None
    if cut:
        said = _cut(grades, people, common, clusters, seed)
    return Graded(
        pieces=kept,
        grades=grades,
        people=people,
        each=tuple(zip(*(placed[row] for row in rows), strict=True)),
        scale=common,
        said=said,
        cut=cut,
        left_out=len(pieces) - len(kept),
        clusters=clusters,
    )


def _common_scale(
    judge: Judge, pieces: Sequence[Piece], given: Sequence[str] | None
) -> tuple[str, ...] | None:
    if judge.kind == "pairwise":
        return PAIR_SCALE
    if judge.scale is not None:
        return judge.scale
    if given:
        return tuple(given)
    found = scale_of(pieces)
    if found is None:
        words = next(
            (one for piece in pieces for one in piece.labels if one and numeric(one.strip()) is None), None
        )
        if words is not None:
            raise UserError(
                f"The labels are words, such as {words[:40]!r}, and nobody said which is better.",
                hint="Give them from worst to best: --scale wrong,incomplete,right",
            )
    return found


def _placed(label: str | None, scale: tuple[str, ...] | None, row: str) -> str | None:
    if scale is not None:
        return on_scale(label, scale, row=row)
    if label is None or not label.strip():
        return None
    number = numeric(label.strip())
    if number is None:
        raise DataError(f"Row {row[:80]!r} has the label {label[:80]!r}, which is no number.")
    return repr(number)


def _agreed(labels: Sequence[str | None], scale: tuple[str, ...] | None) -> str | None:
    """What most said; of numbers without a scale the mean."""
    if scale is not None:
        return consensus(labels)
    numbers = [float(label) for label in labels if label is not None]
    return repr(sum(numbers) / len(numbers)) if numbers else None


def clusters_of(pieces: Sequence[Piece]) -> IntArray | None:
    """Codes of rows that belong together; a row without a cluster stands alone."""
    if all(piece.cluster is None for piece in pieces):
        return None
    codes: dict[tuple[bool, str], int] = {}
    keys = [(piece.cluster is None, piece.cluster or f"{row}") for row, piece in enumerate(pieces)]
    return np.array([codes.setdefault(key, len(codes)) for key in keys])


def _cut(
    grades: Sequence[Grade],
    people: Sequence[str],
    scale: tuple[str, ...] | None,
    clusters: IntArray | None,
    seed: int,
) -> tuple[str | None, ...]:
    if scale is None:
        return tuple(None for _ in grades)
    numbers = np.array([np.nan if one.number is None else one.number for one in grades], dtype=float)
    place = {score: position for position, score in enumerate(scale)}
    labels = np.array([place[one] for one in people])
    codes = cut_by_halves(numbers, labels, len(scale), clusters=clusters, seed=seed)
    return tuple(None if code < 0 else scale[code] for code in codes)


def cut_points(numbers: FloatArray, labels: IntArray, k: int) -> FloatArray:
    """(k - 1,) numbers at which to cut, so that each score is given as often as people give it."""
    shares = np.bincount(labels, minlength=k).cumsum()[:-1] / max(len(labels), 1)
    return np.asarray(np.quantile(numbers, shares) if len(numbers) else np.zeros(k - 1), dtype=np.float64)


def cut_by_halves(
    numbers: FloatArray, labels: IntArray, k: int, *, clusters: IntArray | None = None, seed: int = 0
) -> IntArray:
    """(n,) scores from 0 to k - 1 made of bare numbers; -1 for NaN.

    The points at which either half is cut come from the other half, so that no row helps to judge itself;
    rows that belong together are in the same half.
    """
    groups = np.arange(len(numbers)) if clusters is None else clusters
    names, codes = np.unique(groups, return_inverse=True)
    half = (np.random.default_rng(seed).permutation(len(names)) % 2)[codes]
    known = ~np.isnan(numbers)
    found = np.full(len(numbers), -1)
    for side in (0, 1):
        points = cut_points(numbers[(half != side) & known], labels[(half != side) & known], k)
        here = (half == side) & known
        found[here] = np.searchsorted(points, numbers[here], side="right")
    return found
