"""What ends a wait: a date, a price or a score, and whether a review meets it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from typing import Any, Literal

from shipworthy.core.errors import UserError

__all__ = ["Tripwire", "TripwireResult", "check_tripwires", "score_tripwire"]

_SCORE = re.compile(r"\s*([a-z_0-9]+(?:\[[^\]]{1,200}\])?)\s*>=\s*(\d+\.?\d*|\.\d+)(%?)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tripwire:
    """One thing that makes a decision due again."""

    kind: Literal["date", "price", "score"]
    """What is watched."""
    words: str
    """The tripwire in one sentence."""
    day: date | None = None
    """The day, for ``date``."""
    metric: str | None = None
    """The metric, for ``score``."""
    limit: float | None = None
    """US dollars for a thousand items at most, for ``price``; the metric at least, for ``score``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TripwireResult:
    """Whether one tripwire is met."""

    tripwire: Tripwire
    """Which."""
    met: bool | None
    """Whether it is; None where that cannot be told."""
    words: str
    """Why, in one sentence."""


def score_tripwire(text: str) -> Tripwire:
    """A tripwire from ``metric >= 0.9``.

    Raises:
        UserError: it is written otherwise.
    """
    found = _SCORE.fullmatch(text)
    if found is None or not 0 < float(found[2]) / (100 if found[3] else 1) <= 1:
        raise UserError(
            f"{text[:80]!r} is no score to wait for.", hint="Write for instance: accuracy >= 0.92"
        )
    limit = float(found[2]) / (100 if found[3] else 1)
    return Tripwire(
        kind="score",
        words=f"Decide again when the lower end of a candidate's {found[1]} is at least {limit:.4g}.",
        metric=found[1],
        limit=limit,
    )


def check_tripwires(
    tripwires: Iterable[Tripwire], candidate: Mapping[str, Any] | None, *, on: date
) -> tuple[TripwireResult, ...]:
    """Hold tripwires against a measured candidate.

    Args:
        tripwires: What was agreed.
        candidate: The candidate's part of a review's JSON; None where nothing new was measured.
        on: Today.
    """
    return tuple(_checked(one, candidate, on) for one in tripwires)


def _checked(one: Tripwire, candidate: Mapping[str, Any] | None, on: date) -> TripwireResult:
    if one.kind == "date" and one.day is not None:
        met = on >= one.day
        words = f"{one.day} has come." if met else f"{one.day} has not come."
        return TripwireResult(tripwire=one, met=met, words=words)
    if candidate is None or one.limit is None:
        return TripwireResult(tripwire=one, met=None, words="Nothing new was measured.")
    return _price(one, one.limit, candidate) if one.kind == "price" else _score(one, one.limit, candidate)


def _price(one: Tripwire, limit: float, candidate: Mapping[str, Any]) -> TripwireResult:
    cost = (candidate["calls"] or {}).get("cost_per_1000")
    if cost is None or cost["value"] is None:
        return TripwireResult(tripwire=one, met=None, words=f"What {candidate['name']} costs is not known.")
    met = cost["value"] <= limit
    price = f"{cost['value']:.4g} US dollars for a thousand items"
    words = f"{candidate['name']} costs {price}; the limit is {limit:.4g}."
    return TripwireResult(tripwire=one, met=met, words=words)


def _score(one: Tripwire, limit: float, candidate: Mapping[str, Any]) -> TripwireResult:
    score = candidate["scores"].get(one.metric)
    if score is None or score["value"] is None or score["low"] is None or score["high"] is None:
        words = f"The {one.metric} of {candidate['name']} was not measured."
        return TripwireResult(tripwire=one, met=None, words=words)
    met = True if score["low"] >= limit else False if score["high"] < limit else None
    verdict = {True: "met", False: "not met", None: "not settled: too few rows"}[met]
    interval = f"{score['low']:.3f} to {score['high']:.3f}, n = {score['n']:,}"
    words = (
        f"The {one.metric} of {candidate['name']} is {score['value']:.3f} ({interval}); "
        f"{limit:.4g} is asked for: {verdict}."
    )
    return TripwireResult(tripwire=one, met=met, words=words)
