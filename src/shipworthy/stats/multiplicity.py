"""Many questions asked of one test set: how to keep the share of false answers where it was promised.

Holm controls the chance of even one false answer in a family (bars, segments); Benjamini and
Hochberg control the share of false answers in a list that is marked exploratory.

References:
    Holm (1979), A simple sequentially rejective multiple test procedure. Scand. J. Statist. 6.
    Benjamini & Hochberg (1995), Controlling the false discovery rate. J. R. Statist. Soc. B 57.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["Decision", "FamilyDecision", "benjamini_hochberg", "decide_family", "holm"]

Decision: TypeAlias = Literal["met", "failed", "undecided"]
"""What an interval says about a bar: clear of it on the good side, on the bad side, or across it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyDecision:
    """The answer to one question of a family."""

    decision: Decision
    """The answer at ``level``."""
    level: float
    """Two-sided confidence level at which the answer was given, or last sought."""


def holm(p: Sequence[float] | FloatArray) -> FloatArray:
    """Holm's step-down adjustment.

    Args:
        p: The m p-values of the family, in any order.

    Returns:
        (m,) adjusted p-values in the order given: those at most alpha may be claimed together
        with a chance of at most alpha that any of them is false.

    Raises:
        ValueError: A p-value is outside 0 to 1 or not a number.
    """
    values = _checked(p)
    m = len(values)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(m, 0, -1)
    return _restored(np.minimum(np.maximum.accumulate(steps), 1.0), order)


def benjamini_hochberg(p: Sequence[float] | FloatArray) -> FloatArray:
    """Benjamini and Hochberg's step-up adjustment, for lists marked exploratory only.

    Args:
        p: The m p-values of the list, in any order.

    Returns:
        (m,) adjusted p-values in the order given: among those at most q, a share of about q is
        expected to be false.

    Raises:
        ValueError: A p-value is outside 0 to 1 or not a number.
    """
    values = _checked(p)
    m = len(values)
    order = np.argsort(values, kind="stable")
    steps = values[order] * m / np.arange(1, m + 1)
    return _restored(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), order)


def decide_family(
    items: Mapping[str, Callable[[float], Decision]], *, alpha: float = 0.05
) -> dict[str, FamilyDecision]:
    """Decide several bars together, stepping down by intervals as Holm does by p-values.

    With r bars undecided, each is examined at the two-sided level 1 - alpha / r. Those decided
    leave, the others are examined again at the now lower level, until nothing changes. A claim
    that *all* bars are met is false with a chance of at most alpha / 2: a bar that is truly
    missed would have to clear the unfavourable bound of an interval at 1 - alpha or stricter.

    Args:
        items: For each name, the decision as a function of the confidence level. A higher
            level never decides what a lower one leaves open.
        alpha: Chance of any false decision in the family.

    Returns:
        The decision of each name, in the order given.
    """
    decided: dict[str, FamilyDecision] = {}
    open_names = list(items)
    while open_names:
        level = 1 - alpha / len(open_names)
        answers = {name: FamilyDecision(decision=items[name](level), level=level) for name in open_names}
        decided |= answers
        still_open = [name for name in open_names if answers[name].decision == "undecided"]
        if len(still_open) == len(open_names):
            break
        open_names = still_open
    return {name: decided[name] for name in items}


def _checked(p: Sequence[float] | FloatArray) -> FloatArray:
    values = np.asarray(p, dtype=np.float64)
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise ValueError(f"p-values lie between 0 and 1, got {float(wrong[0])!r}")
    return values


def _restored(adjusted: FloatArray, order: IntArray) -> FloatArray:
    result = np.empty_like(adjusted)
    result[order] = adjusted
    return result
