"""The ways to source a feature, side by side: cost, quality, constraints, worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from shipworthy.launch.sourcing import costs
from shipworthy.launch.sourcing.answers import Route, SourceAnswers
from shipworthy.launch.sourcing.facts import Known, MeasuredWay
from shipworthy.launch.sourcing.inputs import drawn
from shipworthy.launch.sourcing.simulating import DRAWS, Spread, VarianceShare, spread, variance_shares
from shipworthy.stats.estimate import Estimate

if TYPE_CHECKING:
    from shipworthy.evals.spec import CostsSpec, ValueSpec
    from shipworthy.stats.arrays import FloatArray

__all__ = ["ROUTES", "BreakEven", "Constraint", "Option", "Outlook", "look_ahead"]

ROUTES: Mapping[Route, str] = {
    "api": "Hosted model as it is",
    "fine_tune": "Tuned model",
    "self_host": "Open model on machines of your own",
    "trained": "Small classifier trained here",
}
_COSTS: Mapping[Route, Callable[[Mapping[str, FloatArray]], FloatArray]] = {
    "api": costs.api_month,
    "fine_tune": costs.tuned_month,
    "self_host": costs.self_host_month,
    "trained": costs.trained_month,
}
_NEEDS: Mapping[Route, frozenset[str]] = {
    "api": frozenset(),
    "fine_tune": frozenset(),
    "self_host": frozenset({"tokens_in", "tokens_out"}),
    "trained": frozenset(),
}
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Something besides money that a way must meet."""

    name: str
    """What it is about."""
    state: Literal["met", "broken", "unknown", "note"]
    """Whether it is met; a note asks for attention and decides nothing."""
    words: str
    """One sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way to source the feature."""

    route: Route
    """Which way."""
    title: str
    """The same in words."""
    candidate: str | None
    """The candidate of the review that stands for it; None where none does."""
    cost_month: Spread | None
    """What it costs a month, in the feature's currency; None where an input is missing."""
    no_cost: str | None
    """Why there is no cost."""
    cost_per_1000: Spread | None
    """The same for a thousand items."""
    accuracy: Estimate | None
    """Share of answers that are right on the test rows; None where it was not measured."""
    gap: Estimate | None
    """Accuracy of the candidate under review minus this one, paired on the same rows."""
    latency_ms: float | None
    """19 of 20 answers took less."""
    constraints: tuple[Constraint, ...]
    """What else it must meet."""
    net_month: Spread | None
    """What it brings a month after its mistakes and its cost; None where that cannot be said."""
    best_share: float | None
    """Share of the draws in which it is the best of those compared; None where it is not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """From which volume machines of your own cost no more than the hosted model."""

    volume: Spread | None
    """Items a month, over the draws in which there is such a volume; None where that is hardly any."""
    reached: float
    """Share of the draws in which there is such a volume at all."""
    in_first_fleet: float
    """Share of the draws in which the smallest fleet that may run can take that volume."""
    first_fleet: Spread | None
    """Items a month that the smallest fleet can take."""
    cheaper_now: float
    """Share of the draws in which machines of your own are cheaper at today's volume."""
    replicas_now: Spread | None
    """Replicas that today's volume needs."""
    shares: tuple[VarianceShare, ...]
    """Which inputs make the difference in cost at today's volume uncertain, most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """All ways at today's volume, and the draws behind them."""

    options: tuple[Option, ...]
    """The ways; those with a measured quality first."""
    break_even: BreakEven | None
    """None where one of the two cannot be priced."""
    score: Mapping[int, FloatArray]
    """Position of an option to its draws of what is maximised: net value, or minus the cost."""
    cost: Mapping[int, FloatArray]
    """Position of an option to its draws of the cost a month."""
    by_value: bool
    """Whether options are compared by net value; by cost where no worth is known."""


def look_ahead(
    known: Known, answers: SourceAnswers, value: ValueSpec, mistakes: CostsSpec | None, *, on: date, seed: int
) -> Outlook:
    """Price and compare every way.

    Args:
        known: What is known.
        answers: What people said.
        value: What an item is worth, and how many there are.
        mistakes: What mistakes cost; None where nobody said.
        on: Today.
        seed: Seed of the simulation.
    """
    rng = np.random.default_rng(seed)
    x = dict(drawn(known.inputs, DRAWS, rng))
    truth = _qualities(known, rng)
    by_value = value.per_item > 0 or (mistakes is not None and mistakes.wrong > 0)
    wrong = 0.0 if mistakes is None else mistakes.wrong
    score: dict[int, FloatArray] = {}
    priced: dict[int, FloatArray] = {}
    rows = list(_rows(known))
    for place, (route, way) in enumerate(rows):
        if _missing(route, known) is None:
            priced[place] = _COSTS[route](_with_own_price(x, way, known)) * value.per_us_dollar
        if place in priced and way is not None and way.name in truth:
            right = truth[way.name]
            worth = x["volume"] * (right * value.per_item - (1 - right) * wrong)
            score[place] = worth - priced[place] if by_value else -priced[place]
    limits = [_constraints(route, way, answers, on) for route, way in rows]
    open_to = [place for place in score if all(one.state != "broken" for one in limits[place])]
    best = _best_shares(score, open_to)
    options = tuple(
        _option(
            route,
            way,
            known=known,
            limits=limits[place],
            cost=priced.get(place),
            volume=x["volume"],
            score=score.get(place),
            best=best.get(place),
            by_value=by_value,
        )
        for place, (route, way) in enumerate(rows)
    )
    return Outlook(
        options=options,
        break_even=_break_even(known, x, seed),
        score={place: score[place] for place in open_to},
        cost=priced,
        by_value=by_value,
    )


def _rows(known: Known) -> Iterator[tuple[Route, MeasuredWay | None]]:
    """Every measured way, then the ways that nobody measured."""
    yield from ((way.route, way) for way in known.ways)
    measured = {way.route for way in known.ways}
    yield from ((route, None) for route in ROUTES if route not in measured)


def _missing(route: Route, known: Known) -> str | None:
    """Why a way cannot be priced; None where it can."""
    priced = "api_item" in known.ids or {"price_in", "tokens_in", "tokens_out"} <= known.ids
    if route in {"api", "fine_tune"} and not priced:
        return "a price or the tokens per item are missing"
    if not _NEEDS[route] <= known.ids:
        return "the tokens per item are neither measured nor answered"
    return None


def _with_own_price(
    x: Mapping[str, FloatArray], way: MeasuredWay | None, known: Known
) -> Mapping[str, FloatArray]:
    """The draws, with the price that this candidate was measured at."""
    first = next((one for one in known.ways if _item_cost(one) is not None), None)
    own = None if way is None else _item_cost(way)
    if "api_item" not in x or own is None or first is None or first is way:
        return x
    usual = _item_cost(first)
    return {**x, "api_item": x["api_item"] * (own / usual)} if usual else x


def _item_cost(way: MeasuredWay) -> float | None:
    if way.route not in {"api", "fine_tune"} or way.calls is None:
        return None
    value: float | None = way.calls["cost_per_1000"]["value"]
    return value


def _qualities(known: Known, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Draws of each candidate's share of right answers; those not under review by their paired gap."""
    found: dict[str, FloatArray] = {}
    leader = next((way for way in known.ways if way.gap is None), None)
    base = None if leader is None else _bell(leader.accuracy, rng)
    if leader is not None and base is not None:
        found[leader.name] = base.clip(0, 1)
    for way in known.ways:
        if way.gap is not None:
            gap = _bell(way.gap, rng)
            own = base - gap if base is not None and gap is not None else _bell(way.accuracy, rng)
            if own is not None:
                found[way.name] = own.clip(0, 1)
    return found


def _bell(estimate: Mapping[str, Any], rng: np.random.Generator) -> FloatArray | None:
    low, value, high = (estimate[key] for key in ("low", "value", "high"))
    if value is None:
        return None
    width = 0.0 if low is None or high is None else (high - low) / (2 * _Z)
    bell: FloatArray = rng.normal(value, width, DRAWS)
    return bell


def _best_shares(score: Mapping[int, FloatArray], open_to: list[int]) -> dict[int, float]:
    if not open_to:
        return {}
    winner = np.argmax(np.stack([score[place] for place in open_to]), axis=0)
    return {place: float(np.mean(winner == row)) for row, place in enumerate(open_to)}


def _option(
    route: Route,
    way: MeasuredWay | None,
    *,
    known: Known,
    limits: tuple[Constraint, ...],
    cost: FloatArray | None,
    volume: FloatArray,
    score: FloatArray | None,
    best: float | None,
    by_value: bool,
) -> Option:
    return Option(
        route=route,
        title=ROUTES[route],
        candidate=None if way is None else way.name,
        cost_month=None if cost is None else spread(cost),
        no_cost=_missing(route, known),
        cost_per_1000=None if cost is None else spread(cost / np.maximum(volume, 1e-9) * 1000),
        accuracy=None if way is None else Estimate(**way.accuracy),
        gap=None if way is None or way.gap is None else Estimate(**way.gap),
        latency_ms=None if way is None else way.latency_ms,
        constraints=limits,
        net_month=spread(score) if by_value and score is not None else None,
        best_share=best,
    )


def _break_even(known: Known, x: Mapping[str, FloatArray], seed: int) -> BreakEven | None:
    if _missing("api", known) is not None or _missing("self_host", known) is not None:
        return None
    volume = costs.break_even(x)
    reached = np.isfinite(volume)
    room = costs.capacity(x) * x["replicas_at_least"]

    def dearer(y: Mapping[str, FloatArray]) -> FloatArray:
        return costs.self_host_month(y) - costs.api_month(y)

    return BreakEven(
        volume=spread(volume[reached]) if reached.mean() >= 0.05 else None,
        reached=float(reached.mean()),
        in_first_fleet=float((volume <= room).mean()),
        first_fleet=spread(room),
        cheaper_now=float((dearer(x) < 0).mean()),
        replicas_now=spread(costs.fleet(x)),
        shares=variance_shares(known.inputs, dearer, seed=seed + 1),
    )


def _constraints(
    route: Route, way: MeasuredWay | None, answers: SourceAnswers, on: date
) -> tuple[Constraint, ...]:
    found = [
        _residency(route, answers),
        _latency(way, answers),
        _retirement(route, answers, on),
        _role(route),
    ]
    return tuple(one for one in found if one is not None)


def _residency(route: Route, answers: SourceAnswers) -> Constraint:
    def says(state: Literal["met", "broken", "unknown"], words: str) -> Constraint:
        return Constraint(name="Where the data go", state=state, words=words)

    if route in {"self_host", "trained"}:
        return says("met", "The data stay on machines of your own.")
    match answers.data_may_go:
        case None:
            return says("unknown", "Nobody said where the data may be processed (data_may_go).")
        case "nowhere":
            return says("broken", "The data may not leave your machines, and a vendor would process them.")
        case "anywhere":
            return says("met", "The data may be processed anywhere.")
        case "one_region":
            return _region(says, answers.vendor_in_region)


def _region(says: Callable[..., Constraint], promised: bool | None) -> Constraint:  # noqa: FBT001
    if promised is None:
        return says("unknown", "Nobody said whether the vendor stays in the region (vendor_in_region).")
    if promised:
        return says("met", "The vendor promises to process them in the region.")
    return says("broken", "The vendor does not promise to stay in the region that the data need.")


def _latency(way: MeasuredWay | None, answers: SourceAnswers) -> Constraint | None:
    if answers.max_latency_ms is None:
        return None
    if way is None or way.latency_ms is None:
        return Constraint(name="Speed", state="unknown", words="How fast it answers was not measured.")
    fits = way.latency_ms <= answers.max_latency_ms
    limit = f"{answers.max_latency_ms:,.0f} ms"
    words = f"19 of 20 answers within {way.latency_ms:,.0f} ms; at most {limit} are allowed."
    return Constraint(name="Speed", state="met" if fits else "broken", words=words)


def _retirement(route: Route, answers: SourceAnswers, on: date) -> Constraint | None:
    if route not in {"api", "fine_tune"}:
        return None
    name = "The vendor's model"
    if answers.vendor_retires is None:
        words = (
            "Nobody said when the vendor retires it (vendor_retires): ask, and plan a review for that day."
        )
        return Constraint(name=name, state="unknown", words=words)
    months = (answers.vendor_retires - on).days / 30.44
    if months >= answers.horizon_months:
        return Constraint(name=name, state="met", words=f"It stays until {answers.vendor_retires}.")
    words = f"It is retired on {answers.vendor_retires}, before the {answers.horizon_months} months are over."
    return Constraint(name=name, state="broken" if months <= 0 else "note", words=words)


def _role(route: Route) -> Constraint | None:
    if route not in {"fine_tune", "self_host"}:
        return None
    words = (
        "Under the EU AI Act whoever modifies a high-risk system substantially, or changes what a system is "
        "for so that it becomes high-risk, becomes its provider (Art. 25(1)(b), Art. 25(1)(c)). "
        "Ask: shipworthy risk assess."
    )
    return Constraint(name="Your role in law", state="note", words=words)
