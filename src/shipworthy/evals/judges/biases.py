"""What besides quality moves a judge: the place of a text, its length, and who wrote it.

Length and own writing are held against people's labels in two ways, and only what both show is called a
bias; what only the first shows is called possible. *Among* rows on which people said the same: does the
judge err towards the longer text more often than towards the shorter one? And *over all* rows: does it
favour longer texts more than people do? Noise of the judge alone moves the second away from a bias when
people favour long texts, and leaves the first at 0; noise of the labels can look like a bias in the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
from shipworthy.stats.correlation import partial_correlation
from shipworthy.stats.estimate import Estimate, Unit, undefined
from shipworthy.stats.intervals import wilson
from shipworthy.stats.resampling import Contributions, Groups

__all__ = ["Bias", "BiasName", "Seen", "pair_lean", "position_bias", "score_lean"]

BiasName = Literal["position", "length", "self-preference"]
"""What moves a judge besides quality."""

Seen = Literal["seen", "possible", "not seen", "not measured"]
"""Whether a judge has a bias, as far as can be told."""

_FEWEST = 10
_MOST_CLASSES = 12
_CLASSES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """One bias, measured."""

    name: BiasName
    """Which one."""
    effect: Estimate
    """How strong it is: above 0 towards the text shown first, the longer one, the judge's own."""
    against_people: Estimate | None
    """By how much more than people the judge leans that way; None for position."""
    seen: Seen
    """Whether the judge has it."""
    words: str
    """What that means, in a sentence."""


def position_bias(
    shown_first: Sequence[float], shown_second: Sequence[float], *, clusters: IntArray | None = None
) -> Bias:
    """Does it matter which text is shown first?

    Args:
        shown_first: (n,) the preference for a text (1 better, 0 worse, ½ tie) when it was shown first.
        shown_second: (n,) the preference for the same text when it was shown second.
        clusters: (n,) codes of pairs that belong together.
    """
    lean = np.asarray(shown_first, dtype=np.float64) - np.asarray(shown_second, dtype=np.float64)
    n = len(lean)
    if n < _FEWEST:
        return _unknown("position", f"{n} pairs were judged in both orders", method=_PAIRED)
    moved = int(np.count_nonzero(lean))
    effect = _steady(n) if moved == 0 else _mean(lean, clusters)
    words = f"{moved:,} of {n:,} pairs got another verdict when the order was turned round"
    return Bias(
        name="position",
        effect=effect,
        against_people=None,
        seen="seen" if _sign(effect) else "not seen",
        words=f"{words}; {_toward(effect, 'the text shown first', 'the text shown second')}.",
    )


def pair_lean(
    name: BiasName,
    preferred: Sequence[float],
    people: Sequence[float],
    side: Sequence[float],
    *,
    clusters: IntArray | None = None,
) -> Bias:
    """Does a judge of pairs lean towards the longer text, or towards its own?

    Args:
        name: Which bias.
        preferred: (n,) the judge's preference for the first text: 1, ½ or 0.
        people: (n,) people's; a tie says nothing here.
        side: (n,) above 0 where the first text is the longer one (the judge's own), below 0 where the
            second is, 0 where neither is.
        clusters: (n,) codes of pairs that belong together.
    """
    judge, human, sign = (np.asarray(one, dtype=np.float64) for one in (preferred, people, side))
    used = (sign != 0) & (human != 0.5)
    judge, human = (np.where(sign > 0, one, 1 - one)[used] for one in (judge, human))
    groups = None if clusters is None else np.asarray(clusters)[used]
    toward = human == 0  # people chose the other text, so an error is one towards this side
    counts = int(toward.sum()), int((~toward).sum())
    if min(counts) < _FEWEST:
        return _unknown(name, f"people chose one side in only {min(counts)} pairs", method=_ERRORS)
    effect = _gap(np.where(toward, judge, 1 - judge), toward, groups)
    against = _mean(judge - human, groups)
    return _leaning(name, effect, against)


def score_lean(
    name: BiasName,
    scores: Sequence[float],
    people: Sequence[float],
    feature: Sequence[float],
    *,
    clusters: IntArray | None = None,
) -> Bias:
    """Does a judge's score rise with length (or own writing) among texts that people scored alike?

    Args:
        name: Which bias.
        scores: (n,) the judge's.
        people: (n,) people's.
        feature: (n,) the logarithm of the length, or 1 for the judge's own texts and 0 for others'.
        clusters: (n,) codes of rows that belong together.
    """
    judge, human, moves = (np.asarray(one, dtype=np.float64) for one in (scores, people, feature))
    if len(judge) < 2 * _FEWEST or min(map(np.ptp, (judge, human, moves))) == 0:
        return _unknown(name, f"{len(judge)} rows, or nothing that differs between them", method=_PARTIAL)
    effect = partial_correlation(judge, moves, given=_classes(human), clusters=clusters).at()
    z_judge, z_human, z_moves = ((one - one.mean()) / one.std() for one in (judge, human, moves))
    against = _mean((z_judge - z_human) * z_moves, clusters, unit="score")
    return _leaning(name, effect, against)


def _classes(human: FloatArray) -> FloatArray:
    """What counts as the same label: each of a few, or fifths of many."""
    if len(np.unique(human)) <= _MOST_CLASSES:
        return human
    borders = np.quantile(human, np.linspace(0, 1, _CLASSES + 1)[1:-1])
    return np.digitize(human, borders).astype(np.float64)


_PAIRED = "mean over pairs judged in both orders"
_ERRORS = "errors towards one side minus errors towards the other"
_PARTIAL = "partial correlation"
_SIDES: dict[BiasName, tuple[str, str]] = {
    "length": ("longer texts", "shorter texts"),
    "self-preference": ("its own texts", "others' texts"),
}


def _leaning(name: BiasName, effect: Estimate, against: Estimate) -> Bias:
    more, less = _SIDES[name]
    words, seen = _toward(effect, more, less), _seen(effect, against)
    if seen == "possible":
        words += "; noise in people's labels could look the same"
    return Bias(name=name, effect=effect, against_people=against, seen=seen, words=f"{words}.".capitalize())


def _seen(effect: Estimate, against: Estimate) -> Seen:
    if not effect.defined:
        return "not measured"
    if _sign(effect) == 0:
        return "not seen"
    return "seen" if _sign(against) == _sign(effect) else "possible"


def _toward(effect: Estimate, more: str, less: str) -> str:
    match _sign(effect):
        case 1:
            return f"it favours {more}"
        case -1:
            return f"it favours {less}"
        case _:
            return f"no lean towards {more} or {less} shows"


def _sign(estimate: Estimate) -> int:
    """1 or -1 where the interval lies on one side of 0."""
    if estimate.low is None or estimate.high is None:
        return 0
    return int(estimate.low > 0) - int(estimate.high < 0)


def _unknown(name: BiasName, reason: str, *, method: str) -> Bias:
    effect = undefined(reason, method=method, unit="points")
    return Bias(
        name=name, effect=effect, against_people=None, seen="not measured", words=f"Not measured: {reason}."
    )


def _steady(n: int) -> Estimate:
    """No verdict moved: a bias can be as strong as the share of verdicts that may yet move."""
    most = wilson(0.0, n)[1]
    method = f"{_PAIRED}; no verdict moved, Wilson's bound"
    return Estimate(value=0.0, low=-most, high=most, n=n, method=method, unit="points")


def _mean(values: FloatArray, clusters: IntArray | None, *, unit: Unit = "points") -> Estimate:
    """The mean, with a pseudo-row on either side for what no row showed."""
    n, groups = len(values), Groups.of(clusters, len(values))
    centre = float(values.mean())
    return _between(centre, (values - centre) / n, np.array([1 / n, -1 / n]), groups, unit)


def _gap(errors: FloatArray, toward: BoolArray, clusters: IntArray | None) -> Estimate:
    """Mean error of one kind of rows minus that of the others."""
    sizes = np.where(toward, toward.sum(), (~toward).sum()).astype(np.float64)
    rates = float(errors[toward].mean()), float(errors[~toward].mean())
    parts = (errors - np.where(toward, rates[0], rates[1])) / sizes * np.where(toward, 1, -1)
    unseen = np.array([1.0, -1.0]) / float(sizes.min())
    return _between(rates[0] - rates[1], parts, unseen, Groups.of(clusters, len(errors)), "points")


def _between(value: float, parts: FloatArray, unseen: FloatArray, groups: Groups, unit: Unit) -> Estimate:
    found = Contributions(
        value=value,
        groups=groups.totals(parts),
        unseen=unseen,
        n=len(parts),
        clusters=groups.clusters,
        warning=groups.warning,
    )
    return found.measured(unit=unit, low=-np.inf, high=np.inf, logit=False).at()
