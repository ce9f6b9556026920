"""Scores as numbers, and people's labels as scores of the same scale."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from shipworthy.core.errors import DataError, nearest
from shipworthy.evals.judges.judge import PAIR_SCALE, Piece

__all__ = ["consensus", "numeric", "on_scale", "pair_label", "scale_numbers", "scale_of"]

MOST_SCORES = 12
"""People's labels with more different values than this are numbers, not a scale."""

_PAIR_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("first", "1", "a", "left", "output_1", "output_a", "response1"), "first"),
    **dict.fromkeys(("second", "2", "b", "right", "output_2", "output_b", "response2"), "second"),
    **dict.fromkeys(("tie", "0", "both", "equal", "neither", "same", "draw"), "tie"),
}


def numeric(text: str) -> float | None:
    """The number a text is, if it is one and finite."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def scale_numbers(scale: Sequence[str]) -> dict[str, float]:
    """Score to number: its own where all are numbers, of a pair 1, ½ and 0, else its place from 0."""
    if tuple(scale) == PAIR_SCALE:
        return {"second": 0.0, "tie": 0.5, "first": 1.0}
    own = [numeric(one) for one in scale]
    if all(one is not None for one in own):
        return {score: number for score, number in zip(scale, own, strict=True) if number is not None}
    return {score: float(place) for place, score in enumerate(scale)}


def on_scale(label: str | None, scale: Sequence[str], *, row: str) -> str | None:
    """A person's label as a score of the scale; None where there is none.

    Raises:
        DataError: it is no score of this scale.
    """
    if label is None or not label.strip():
        return None
    wanted = label.strip()
    if tuple(scale) == PAIR_SCALE:
        return pair_label(wanted, row=row)
    if wanted in scale:
        return wanted
    number = numeric(wanted)
    same = [score for score in scale if score.casefold() == wanted.casefold()]
    same += [score for score in scale if number is not None and numeric(score) == number]
    if not same:
        raise DataError(
            f"Row {row[:80]!r} has the label {wanted[:80]!r}, which is not on the judge's scale.",
            hint=f"{nearest(wanted, scale)} The scale: {', '.join(scale)[:200]}",
        )
    return same[0]


def pair_label(label: str, *, row: str) -> str:
    """What a person said of a pair, as first, second or tie.

    Raises:
        DataError: it is none of these.
    """
    number = numeric(label)
    key = str(int(number)) if number is not None and number.is_integer() else label.casefold()
    if key not in _PAIR_WORDS:
        raise DataError(
            f"Row {row[:80]!r} has the label {label[:80]!r}; of a pair it is first, second or tie.",
            hint="1, 2 and 0 are understood, and so are a, b and tie.",
        )
    return _PAIR_WORDS[key]


def scale_of(pieces: Sequence[Piece]) -> tuple[str, ...] | None:
    """The scale that people's labels stand on by themselves: few different numbers, in their order.

    None where labels are no numbers (somebody has to say their order) or too many different ones.
    """
    labels = {label.strip() for piece in pieces for label in piece.labels if label and label.strip()}
    numbers: dict[float, str] = {}
    for label in sorted(labels, key=lambda one: (len(one), one)):
        number = numeric(label)
        if number is None:
            return None
        numbers.setdefault(number, label)
    if not 2 <= len(numbers) <= MOST_SCORES:
        return None
    return tuple(numbers[number] for number in sorted(numbers))


def consensus(labels: Sequence[str | None]) -> str | None:
    """What most annotators said; None where nobody said anything, or two answers are as frequent."""
    counts = Counter(label for label in labels if label is not None).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]
