"""What a judge's scores are worth: its record against people, and scores corrected by it.

Where nobody has held a judge against people, its scores are *uncalibrated*, and always called so. With a few
labelled rows the mean of its scores is corrected by prediction-powered inference, and the interval says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.core.progress import Progress, silent
from shipworthy.evals.judges.judge import Grade, Judge, Piece
from shipworthy.evals.judges.labelled import clusters_of
from shipworthy.evals.judges.numbers import consensus, numeric, on_scale, scale_numbers
from shipworthy.stats.arrays import FloatArray, IntArray
from shipworthy.stats.estimate import Estimate, Unit
from shipworthy.stats.intervals import mean
from shipworthy.stats.prediction_powered import FEWEST_LABELS, corrected_mean
from shipworthy.stats.resampling import joined

if TYPE_CHECKING:
    from shipworthy.evals.judges.labelled import Graded

__all__ = ["Calibration", "JudgeCheck", "calibration_of", "judge_check"]

UNCALIBRATED = "uncalibrated: this version of the judge was never compared with people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What people and a judge said of the same rows. No text of a row is in it."""

    judge: str
    """The judge's name."""
    version: str
    """Hash of everything that determined its scores; another version is another judge."""
    scale: tuple[str, ...] | None
    """Scores from worst to best; None for bare numbers."""
    labels: tuple[float, ...]
    """(n,) what people said."""
    judged: tuple[float | None, ...]
    """(n,) what the judge said; None where it gave no score."""
    clusters: tuple[int, ...] | None
    """(n,) codes of rows that belong together."""
    ends: tuple[float, float] | None
    """The lowest and the highest label there can be."""

    @property
    def enough(self) -> bool:
        """Whether scores can be corrected by it."""
        groups = range(len(self.labels)) if self.clusters is None else self.clusters
        return len(set(groups)) >= FEWEST_LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCheck:
    """What a judge says of some rows, and what that is worth."""

    judge: str
    """Its name."""
    version: str
    """Hash of everything that determines its scores."""
    calibrated: bool
    """Whether ``estimate`` is corrected by people's labels."""
    words: str
    """What to say beside the score: ``uncalibrated``, or by what it was corrected."""
    estimate: Estimate
    """The mean score: corrected where the judge is calibrated, else the bare mean of the judge's scores, of
    the rows that it gave one, with the word *uncalibrated* in its warning. Of pairs it is the share of
    pairs that the first text wins, a tie counting half."""
    uncorrected: Estimate
    """The bare mean of the judge's scores."""
    scale: tuple[str, ...] | None
    """Scores from worst to best, where they are known; words count from 0."""
    assessed: int
    """Rows that it gave a score."""
    grades: tuple[Grade, ...]
    """Row by row, in order."""

    @property
    def numbers(self) -> tuple[float | None, ...]:
        """(n,) the judge's numbers, in order; None without a score."""
        return tuple(grade.number for grade in self.grades)


def calibration_of(judge: Judge, graded: Graded) -> Calibration:
    """The record of a judge that graded labelled rows."""
    return Calibration(
        judge=judge.name,
        version=judge.version,
        scale=graded.scale,
        labels=tuple(graded.labels.tolist()),
        judged=tuple(one.number for one in graded.grades),
        clusters=None if graded.clusters is None else tuple(int(one) for one in graded.clusters),
        ends=graded.ends,
    )


def judge_check(
    judge: Judge,
    pieces: Sequence[Piece],
    *,
    calibration: Calibration | None = None,
    scale: Sequence[str] | None = None,
    progress: Progress = silent,
) -> JudgeCheck:
    """Grade rows, and say what the mean score is worth.

    Labels on some of the rows themselves (at least 20, drawn at random) are the best correction and are used
    first; then the record of an earlier comparison with people, of rows like these; without either the
    score is uncalibrated.

    Args:
        judge: Any judge.
        pieces: The rows; ``labels`` may be filled for some.
        calibration: The judge's record; one of another version of the judge is not used.
        scale: Scores from worst to best, for labels in words where the judge gives bare numbers.
        progress: Told how far it is.

    Raises:
        UserError: the judge cannot grade these rows.
        DataError: a label is not on the scale.
        EnvironmentFailure: a provider cannot be reached.
    """
    grades = judge.grade(pieces, progress=progress)
    numbers = np.array([np.nan if one.number is None else one.number for one in grades], dtype=float)
    known = judge.scale or (tuple(scale) if scale else None)
    if known is None and calibration is not None:
        known = calibration.scale
    clusters = clusters_of(pieces)
    bare = _bare(numbers, clusters, _unit(known))
    found, words = _corrected(judge, pieces, numbers, clusters, known, calibration)
    return JudgeCheck(
        judge=judge.name,
        version=judge.version,
        calibrated=found is not None,
        words=words,
        estimate=found or replace(bare, warning=joined("uncalibrated", bare.warning)),
        uncorrected=bare,
        scale=None if known is None else tuple(known),
        assessed=int((~np.isnan(numbers)).sum()),
        grades=grades,
    )


def _corrected(
    judge: Judge,
    pieces: Sequence[Piece],
    numbers: FloatArray,
    clusters: IntArray | None,
    scale: Sequence[str] | None,
    calibration: Calibration | None,
) -> tuple[Estimate | None, str]:
    labels = np.array([_label(piece, scale) for piece in pieces], dtype=float)
    here = ~np.isnan(labels)
    ends = _ends(scale)
    if here.sum() >= FEWEST_LABELS:
        judged = _filled(numbers, _middle(numbers))
        named = (None, None) if clusters is None else (clusters[here], clusters[~here])
        found = corrected_mean(
            labels[here], judged[here], judged[~here], clusters=named[0], unlabelled_clusters=named[1],
            ends=ends, unit=_unit(scale),
        ).at()  # fmt: skip
        if found.defined:
            return found, f"corrected by people's labels on {int(here.sum()):,} of these rows"
    if calibration is None:
        return None, UNCALIBRATED
    if calibration.version != judge.version:
        return None, f"{UNCALIBRATED}; another version of it was"
    if not calibration.enough:
        return None, f"uncalibrated: only {len(calibration.labels)} rows were compared with people"
    return _by_record(calibration, numbers, clusters), (
        f"corrected by a record of {len(calibration.labels):,} labelled rows; that holds for rows like those"
    )


def _by_record(record: Calibration, numbers: FloatArray, clusters: IntArray | None) -> Estimate:
    before = np.array([np.nan if one is None else one for one in record.judged], dtype=float)
    judged, fresh = (_filled(one, _middle(before)) for one in (before, numbers))
    old = None if record.clusters is None else np.array(record.clusters)
    if old is not None or clusters is not None:  # rows of the record and these never belong together
        old = np.arange(len(judged)) if old is None else old
        clusters = (np.arange(len(fresh)) if clusters is None else clusters) + int(old.max()) + 1
    found = corrected_mean(
        np.array(record.labels), judged, fresh, clusters=old, unlabelled_clusters=clusters,
        ends=record.ends, unit=_unit(record.scale),
    ).at()  # fmt: skip
    return replace(found, warning=joined(found.warning, _moved(judged, fresh)))


def _moved(before: FloatArray, now: FloatArray) -> str | None:
    """A word of caution where the judge's scores are of another kind than those of its record."""
    from shipworthy.stats.shift import categorical_shift, numeric_shift

    few = len(np.unique(np.concatenate([before, now]))) <= 12
    shift = categorical_shift(before.tolist(), now.tolist()) if few else numeric_shift(before, now)
    if shift.severity != "large":
        return None
    return "these rows get other scores than those of the judge's record, so the correction may not hold"


def _label(piece: Piece, scale: Sequence[str] | None) -> float:
    """What most people said of a row, as a number; NaN where nobody did."""
    given = [label for label in piece.labels if label and label.strip()]
    if scale is None:
        numbers = [number for label in given if (number := numeric(label.strip())) is not None]
        return sum(numbers) / len(numbers) if numbers else float("nan")
    agreed = consensus([on_scale(label, scale, row=piece.id) for label in given])
    return float("nan") if agreed is None else scale_numbers(scale)[agreed]


def _ends(scale: Sequence[str] | None) -> tuple[float, float] | None:
    numbers = scale_numbers(scale).values() if scale else ()
    return (min(numbers), max(numbers)) if numbers else None


def _unit(scale: Sequence[str] | None) -> Unit:
    return "share" if _ends(scale) == (0.0, 1.0) else "score"


def _middle(numbers: FloatArray) -> float:
    known = numbers[~np.isnan(numbers)]
    return float(known.mean()) if len(known) else 0.0


def _filled(numbers: FloatArray, value: float) -> FloatArray:
    """Rows without a score get one and the same number: any number is honest, a good one is narrower."""
    return np.where(np.isnan(numbers), value, numbers)


def _bare(numbers: FloatArray, clusters: IntArray | None, unit: Unit) -> Estimate:
    known = ~np.isnan(numbers)
    found = mean(numbers[known], clusters=None if clusters is None else clusters[known], unit=unit).at()
    return replace(found, method=f"the judge's own scores, {found.method}")
