"""What is known for a sourcing decision: measured in a review, answered, or shipped as a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import MissingExtraError, SpecError, Where, nearest
from shipworthy.gateway.adapters.vendors import ADDRESSES
from shipworthy.gateway.prices import known_disagreements, listed_price
from shipworthy.launch.sourcing.answers import Route, SourceAnswers
from shipworthy.launch.sourcing.inputs import Basis, Input
from shipworthy.playbook.sourcing import cost_ranges

if TYPE_CHECKING:
    from shipworthy.evals.spec import FeatureSpec

__all__ = ["Known", "MeasuredWay", "gather_facts"]

_MILLION = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredWay:
    """One candidate of a review, as a way to source the feature."""

    name: str
    """The candidate."""
    route: Route
    """The way it stands for."""
    accuracy: Mapping[str, Any]
    """Share of answers that are right: the JSON of an Estimate."""
    gap: Mapping[str, Any] | None
    """Accuracy of the candidate under review minus this one, paired on the same rows; None for itself."""
    calls: Mapping[str, Any] | None
    """What asking it took: the JSON of ``Calls``; None where nothing is asked."""
    latency_ms: float | None
    """19 of 20 answers took less, in milliseconds; the median where only that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a decision rests on."""

    review: str | None
    """The review that the measurements come from."""
    ways: tuple[MeasuredWay, ...]
    """Its candidates that stand for a way, the one under review first."""
    unplaced: tuple[str, ...]
    """Candidates whose way nobody said."""
    inputs: tuple[Input, ...]
    """Every uncertain quantity."""
    prices: tuple[str, ...]
    """Where the price of the hosted model comes from, and what speaks against it."""
    gaps: tuple[str, ...]
    """What nobody knows, and what to do about it."""

    @property
    def ids(self) -> frozenset[str]:
        """Names of the inputs."""
        return frozenset(one.id for one in self.inputs)


def gather_facts(
    spec: FeatureSpec,
    report: Mapping[str, Any] | None,
    answers: SourceAnswers,
    *,
    on: date,
    where: Where,
) -> Known:
    """Put together what is known.

    Args:
        spec: The feature; its monthly volume is needed.
        report: The JSON of its newest review; None where there is none.
        answers: What people said.
        on: The day whose prices count.
        where: The answers' file, for errors.

    Raises:
        SpecError: the feature has no volume, or an answer names something that does not exist.
    """
    if spec.value is None:
        raise SpecError(
            "Without a monthly volume no way can be priced.",
            where=Where(field="value.volume_per_month"),
            hint="Add to feature.yaml: value: {volume_per_month: 10000}",
        )
    placed = list(_placed(report, answers, where)) if report is not None else []
    ways = tuple(way for _, way in placed if way is not None)
    prices: list[str] = []
    inputs = [_volume(spec.value.volume_per_month)]
    inputs += _tokens(ways, report, answers)
    inputs += _call_price(ways, answers, prices, on)
    inputs += [_shipped(one) for one in cost_ranges()]
    return Known(
        review=None if report is None else str(report["id"]),
        ways=ways,
        unplaced=tuple(name for name, way in placed if way is None),
        inputs=tuple(_replaced(inputs, answers, where)),
        prices=tuple(prices),
        gaps=tuple(_gaps(report, ways, {one.id for one in inputs})),
    )


def _placed(
    report: Mapping[str, Any], answers: SourceAnswers, where: Where
) -> Iterator[tuple[str, MeasuredWay | None]]:
    own = [one for one in report["candidates"] if not one["baseline"]]
    names = [one["name"] for one in own]
    for name in answers.routes:
        if name not in names:
            raise SpecError(
                f"'routes' names {name!r}, which the review did not measure.",
                where=Where(file=where.file, field=f"routes.{name}"),
                hint=nearest(name, names),
            )
    for one in own:
        route = answers.routes.get(one["name"]) or _route_of(one)
        yield one["name"], None if route is None else _way(one, route)


def _way(one: Mapping[str, Any], route: Route) -> MeasuredWay:
    calls = one["calls"]
    slow = None if calls is None else calls["latency_p95_ms"]
    return MeasuredWay(
        name=one["name"],
        route=route,
        accuracy=one["scores"]["accuracy"],
        gap=None if one["chosen"] else one["difference"],
        calls=calls,
        latency_ms=one["latency_ms"] if slow is None else slow,
    )


def _route_of(one: Mapping[str, Any]) -> Route | None:
    """The way that a candidate's kind stands for; None where it may be any."""
    if one["kind"] in {"trained", "keyword"}:
        return "trained"
    if one["kind"] != "model" or one["calls"] is None:
        return None
    kind = str(one["calls"]["model"]).partition(":")[0]
    return "api" if kind in ADDRESSES else None if kind == "replay" else "self_host"


def _volume(volume: float) -> Input:
    what = "Items a month"
    return Input(id="volume", what=what, low=volume, high=volume, basis="given", source="feature.yaml")


def _tokens(
    ways: tuple[MeasuredWay, ...], report: Mapping[str, Any] | None, answers: SourceAnswers
) -> Iterator[Input]:
    """Tokens per item: measured with the hosted model if there is one, else with any, else answered."""
    order = sorted(ways, key=lambda way: way.route != "api")
    calls = next((way.calls for way in order if way.calls and way.calls["tokens_in"] is not None), None)
    for name, what in (("tokens_in", "Tokens read per item"), ("tokens_out", "Tokens written per item")):
        said: float | None = getattr(answers, name)
        if calls is not None and calls[name] is not None and report is not None:
            where = f"review {report['id']}, {calls['model']}"
            yield _fixed(name, what, calls[name], "measured", where, _day(report))
        elif said is not None:
            yield _fixed(name, what, said, "assumption", "source.answers.yaml")


def _fixed(name: str, what: str, value: float, basis: Basis, source: str, as_of: date | None = None) -> Input:
    return Input(id=name, what=what, low=value, high=value, basis=basis, source=source, as_of=as_of)


def _day(report: Mapping[str, Any]) -> date:
    return date.fromisoformat(str(report["at"])[:10])


def _call_price(
    ways: tuple[MeasuredWay, ...], answers: SourceAnswers, prices: list[str], on: date
) -> Iterator[Input]:
    """What a call costs: as measured, or by a list or a price for a model that was only named."""
    for way in ways:
        cost = None if way.calls is None else way.calls["cost_per_1000"]
        if way.route in {"api", "fine_tune"} and way.calls and cost and cost["value"] is not None:
            prices.append(f"{way.calls['model']}: {way.calls['price'] or 'no source'}.")
            if way.calls["caution"]:
                prices.append(str(way.calls["caution"]))
            ends = [cost[end] if cost[end] is not None else cost["value"] for end in ("low", "high")]
            yield Input(
                id="api_item",
                what="Price of one item as measured, in US dollars",
                low=max(ends[0], 0.0) / 1000,
                high=ends[1] / 1000,
                shape="normal",
                basis="measured",
                source=f"{way.calls['model']}; {way.calls['price'] or 'no source'}",
            )
            yield _factor(str(way.calls["model"]), way.calls)
            return
    yield from _named_price(answers, prices, on)


def _factor(title: str, calls: Mapping[str, Any]) -> Input:
    """How far the price lists that were compared differ from the one that was used."""
    provider, _, model = title.partition(":")
    found = next(
        (one for one in known_disagreements() if (one.provider, one.model) == (provider, model)), None
    )
    low = high = 1.0
    if found is not None and calls["caution"] and calls["tokens_in"] is not None:
        tokens = (calls["tokens_in"], calls["tokens_out"] or 0.0)
        by_list = {name: tokens[0] * read + tokens[1] * written for name, read, written in found.prices}
        used = by_list.get("genai-prices") or max(by_list.values())
        low, high = min(by_list.values()) / used, max(by_list.values()) / used
    return Input(
        id="price_factor",
        what="Other price lists, as a multiple of the list that was used",
        low=low,
        high=high,
        basis="published" if low < high else "given",
        source="no list is known to differ" if found is None else found.words(),
        as_of=None if found is None else found.as_of,
    )


def _named_price(answers: SourceAnswers, prices: list[str], on: date) -> Iterator[Input]:
    if answers.price is not None:
        prices.append("Price given in source.answers.yaml.")
        given = (answers.price.input, answers.price.output)
        yield from _price_inputs(given, given, "given", "source.answers.yaml", None)
        return
    if answers.model is None:
        return
    provider, _, model = answers.model.partition(":")
    try:
        price = listed_price(provider, model)
    except MissingExtraError as missing:
        prices.append(f"The price of {answers.model} is not known: {missing.message} {missing.hint}")
        return
    if price is None:
        prices.append(f"No price list has {answers.model}. Give 'price' in source.answers.yaml.")
        return
    prices += [f"{answers.model}: {price.source}.", *([price.caution] if price.caution else [])]
    used = price.per_million(datetime.combine(on, time(12), UTC))
    found = next(
        (one for one in known_disagreements() if (one.provider, one.model) == (provider, model)), None
    )
    every = [used, *((read, written) for _, read, written in (found.prices if found else ()))]
    low = (min(one[0] for one in every), min(one[1] for one in every))
    high = (max(one[0] for one in every), max(one[1] for one in every))
    yield from _price_inputs(low, high, "published", price.source, found.as_of if found else None)


def _price_inputs(
    low: tuple[float, float], high: tuple[float, float], basis: Basis, source: str, as_of: date | None
) -> Iterator[Input]:
    for place, (name, word) in enumerate((("price_in", "read"), ("price_out", "written"))):
        yield Input(
            id=name,
            what=f"US dollars per million tokens {word}",
            low=low[place],
            high=high[place],
            basis=basis,
            source=source,
            as_of=as_of,
        )


def _shipped(one: Any) -> Input:
    return Input(
        id=one.id,
        what=one.what,
        low=one.low,
        high=one.high,
        shape="whole" if one.whole else "uniform",
        basis=one.basis,
        source=one.source.title,
        as_of=one.as_of,
        note=one.note,
    )


def _replaced(inputs: list[Input], answers: SourceAnswers, where: Where) -> Iterator[Input]:
    known = {one.id: one for one in inputs}
    for name in answers.ranges:
        if name not in known:
            raise SpecError(
                f"'ranges' names {name!r}, which is no input.",
                where=Where(file=where.file, field=f"ranges.{name}"),
                hint=nearest(name, known),
            )
    for one in inputs:
        if one.id not in answers.ranges:
            yield one
            continue
        low, high = answers.ranges[one.id]
        yield Input(
            id=one.id,
            what=one.what,
            low=low,
            high=high,
            shape="whole" if one.shape == "whole" else "uniform",
            basis="given",
            source="source.answers.yaml",
        )


def _gaps(report: Mapping[str, Any] | None, ways: tuple[MeasuredWay, ...], known: set[str]) -> Iterator[str]:
    if report is None:
        yield "There is no review, so no way's quality is known. Review the feature first."
    if "api_item" not in known and not {"tokens_in", "tokens_out"} <= known:
        yield (
            "Tokens per item are neither measured nor answered: review a candidate of kind 'model', or give "
            "tokens_in and tokens_out in source.answers.yaml."
        )
    if "api_item" not in known and "price_in" not in known:
        yield "No hosted model has a price: review one, or name one under 'model' in source.answers.yaml."
    measured = {way.route for way in ways}
    for route, words in (
        ("api", "a hosted model"),
        ("self_host", "an open model"),
        ("fine_tune", "a tuned model"),
    ):
        if route not in measured and report is not None:
            yield f"The quality of {words} is not measured on your rows: add one, and review."
