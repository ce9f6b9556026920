"""Which of two judges agrees better with people, on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.core.errors import UserError
from shipworthy.core.progress import Progress, silent
from shipworthy.evals.judges.judge import Judge, Piece
from shipworthy.evals.judges.reviewing import JudgeReview, review_judge
from shipworthy.stats.estimate import Estimate, undefined
from shipworthy.stats.intervals import mean

__all__ = ["JudgesCompared", "compare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgesCompared:
    """Two judges on the same labelled rows."""

    first: JudgeReview
    """One judge."""
    second: JudgeReview
    """The other."""
    ahead: Estimate
    """By how much the second says what people say more often, paired by row."""
    words: str
    """What that means, in a sentence."""


def compare(
    first: Judge,
    second: Judge,
    pieces: Sequence[Piece],
    *,
    scale: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> JudgesCompared:
    """Let two judges grade the same rows. Arguments: see :func:`~.reviewing.review_judge`.

    Raises:
        UserError: one grades pairs and the other single texts, or their scales differ.
        EnvironmentFailure: a provider cannot be reached.
    """
    if first.kind != second.kind:
        raise UserError(
            f"{first.name!r} is a {first.kind} judge and {second.name!r} a {second.kind} judge.",
            hint="Compare two judges that grade the same thing.",
        )
    scales = [one.scale for one in (first, second) if one.scale is not None]
    given = tuple(scale) or (scales[0] if scales else ())
    (one, here), (other, there) = (
        review_judge(judge, pieces, scale=given, seed=seed, progress=progress) for judge in (first, second)
    )
    if here.scale != there.scale:
        raise UserError(
            f"The scale of {first.name!r} is {here.scale!r}, that of {second.name!r} is {there.scale!r}.",
            hint="Give both judges the same scale.",
        )
    if here.scale is None:
        reason = "people gave too many different numbers for a scale; compare the correlations"
        ahead = undefined(reason, method="paired difference", n=len(here.people), unit="points")
        return JudgesCompared(first=one, second=other, ahead=ahead, words=f"{reason}.".capitalize())
    right = [
        np.array([said == label for said, label in zip(graded.said, graded.people, strict=True)], dtype=float)
        for graded in (here, there)
    ]
    ahead = mean(right[1] - right[0], clusters=here.clusters, unit="points").at()
    return JudgesCompared(first=one, second=other, ahead=ahead, words=_words(*_names(first, second), ahead))


def _names(first: Judge, second: Judge) -> tuple[str, str]:
    """What tells the two apart: one prompt may be asked of two models."""
    if first.name != second.name:
        return first.name, second.name
    return first.words.rstrip("."), second.words.rstrip(".")


def _words(first: str, second: str, ahead: Estimate) -> str:
    if ahead.low is None or ahead.high is None:
        return f"{first} and {second} agree with people on the very same rows."
    if ahead.low > 0 or ahead.high < 0:
        better = second if ahead.low > 0 else first
        return f"{better} agrees with people more often."
    return f"These {ahead.n:,} rows do not show which of the two agrees with people more often."
