"""A sourcing decision as a value, as lines for a terminal and as ``papers/source.md``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types

from shipworthy.documents.numbers import amount
from shipworthy.documents.text import one_line
from shipworthy.launch.sourcing.deciding import Recommendation, Waiting
from shipworthy.launch.sourcing.inputs import Input
from shipworthy.launch.sourcing.options import BreakEven, Option
from shipworthy.launch.sourcing.simulating import Spread

__all__ = ["RankLine", "Sourcing", "in_words", "paper", "ranked"]

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_SHARES_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourcing:
    """Build, tune, buy or wait: everything that was weighed for one feature."""

    feature: str
    """The feature."""
    on: date
    """The day for which it was weighed."""
    review: str | None
    """The review that measurements come from; None where there is none."""
    verdict: str | None
    """Its verdict."""
    rows: int
    """Test rows that it rests on."""
    currency: str
    """Currency of all amounts; prices of models and machines are in US dollars."""
    volume: float
    """Items a month."""
    seed: int
    """Seed of the simulation."""
    draws: int
    """Draws of the simulation."""
    options: tuple[Option, ...]
    """The ways."""
    break_even: BreakEven | None
    """Hosted model against machines of your own; None where one cannot be priced."""
    waiting: Waiting
    """Waiting."""
    recommendation: Recommendation
    """What to do."""
    inputs: tuple[Input, ...]
    """Every uncertain quantity, with its source."""
    prices: tuple[str, ...]
    """Where prices come from, and what speaks against them."""
    gaps: tuple[str, ...]
    """What nobody knows."""
    decision: str | None = None
    """What the person decided; None where nobody did yet."""
    paper_file: str | None = None
    """The paper."""
    answers_file: str | None = None
    """Where the answers are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankLine:
    """One feature among all."""

    rank: int | None
    """Its place, counted from 1; None where it cannot be ranked."""
    feature: str
    """Which."""
    net_month: Spread | None
    """What its best way brings a month."""
    currency: str
    """Currency of the amounts."""
    evidence: str
    """What is known about its quality."""
    choice: str
    """The recommendation."""
    waiting_costs: Spread | None
    """What waiting gives up until its date."""
    waiting: str
    """What waiting would have to bring."""
    problem: str | None
    """Why it cannot be ranked."""


def ranked(every: Iterable[Sourcing], problems: Iterable[tuple[str, str]] = ()) -> tuple[RankLine, ...]:
    """Features in the order in which to work on them.

    By what the best measured way brings a month at the lower end of its range, so that little evidence
    (a wide range) costs places; features whose worth cannot be said come last, by name.
    """
    lines = [(_net(one), one) for one in every]
    known = sorted((pair for pair in lines if pair[0]), key=lambda pair: -pair[0].low if pair[0] else 0.0)
    unknown = sorted((pair for pair in lines if not pair[0]), key=lambda pair: pair[1].feature)
    found = [
        _line(one, net, place + 1 if net else None) for place, (net, one) in enumerate([*known, *unknown])
    ]
    found += [_unusable(name, why) for name, why in problems]
    return tuple(found)


def _net(one: Sourcing) -> Spread | None:
    """What the best way brings; of the ways that nothing rules out."""
    nets = [option.net_month for option in one.options if option.best_share is not None and option.net_month]
    return max(nets, key=lambda net: net.middle, default=None)


def _line(one: Sourcing, net: Spread | None, rank: int | None) -> RankLine:
    evidence = f"{one.verdict}, {one.rows:,} test rows" if one.verdict else "not reviewed"
    return RankLine(
        rank=rank,
        feature=one.feature,
        net_month=net,
        currency=one.currency,
        evidence=evidence.replace("_", " "),
        choice=one.recommendation.choice.replace("_", " "),
        waiting_costs=one.waiting.costs,
        waiting=" ".join(one.waiting.words[1:]) or one.waiting.words[0],
        problem=None if net else "No way has both a measured quality and a worth.",
    )


def _unusable(name: str, why: str) -> RankLine:
    return RankLine(
        rank=None,
        feature=name,
        net_month=None,
        currency="",
        evidence="unknown",
        choice="measure first",
        waiting_costs=None,
        waiting="",
        problem=one_line(why, 300),
    )


def in_words(one: Sourcing) -> str:
    """The decision as lines for a terminal."""
    return "\n".join(_terminal(one))


def _terminal(one: Sourcing) -> Iterator[str]:
    yield f"{one.feature}, {one.volume:,.0f} items a month: {one.recommendation.words}"
    yield from (f"  {line}" for line in one.recommendation.because)
    yield "\nThe ways (middle, and the range that holds 18 of 20 simulated cases):"
    for option in one.options:
        yield f"\n  {option.title}{f' ({option.candidate})' if option.candidate else ''}"
        yield f"    cost a month:  {_cost(option, one.currency)}"
        yield f"    quality:       {_quality(option)}"
        if option.net_month:
            yield f"    brings:        {_money(option.net_month, one.currency)} a month"
        yield from (f"    {_STATES[limit.state]}{limit.words}" for limit in option.constraints)
    yield f"\n  Wait until {one.waiting.until}"
    if one.waiting.costs:
        yield f"    gives up:      {_money(one.waiting.costs, one.currency)} until then"
    yield from (f"    {line}" for line in one.waiting.words)
    yield from (f"    tripwire: {wire.words}" for wire in one.waiting.tripwires)
    yield from ("", *_even(one))
    yield from _titled("What would reverse it:", one.recommendation.reversed_by)
    yield from _titled("Prices:", one.prices)
    yield from _titled("Not known:", one.gaps)
    if one.paper_file:
        yield f"\nPaper: {one.paper_file}\nAnswers: {one.answers_file}"


_STATES = {"met": "", "broken": "ruled out: ", "unknown": "open: ", "note": "note: "}


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    some = list(lines)
    if some:
        yield f"\n{title}"
        yield from (f"  {line}" for line in some)


def _money(spread: Spread, currency: str) -> str:
    low, middle, high = (
        amount(value, "money", currency=currency if place == 1 else "", like=spread.middle)
        for place, value in enumerate((spread.low, spread.middle, spread.high))
    )
    return f"{middle} ({low} to {high})"


def _count(spread: Spread) -> str:
    return f"{spread.middle:,.0f} ({spread.low:,.0f} to {spread.high:,.0f})"


def _cost(option: Option, currency: str) -> str:
    if option.cost_month is None or option.cost_per_1000 is None:
        return f"not known: {option.no_cost}"
    return f"{_money(option.cost_month, currency)}; a thousand items {_money(option.cost_per_1000, currency)}"


def _quality(option: Option) -> str:
    if option.accuracy is None:
        return "not measured"
    text = f"{option.accuracy} right"
    return f"{text}; the candidate under review is better by {option.gap}" if option.gap else text


def _even(one: Sourcing) -> Iterator[str]:
    even = one.break_even
    if even is None:
        yield "Break-even: cannot be said before both a hosted model and tokens per item are known."
        return
    if even.volume is None:
        yield "Break-even: machines of your own hardly ever become as cheap as the hosted model."
    else:
        yield f"Break-even: machines of your own are as cheap from {_count(even.volume)} items a month."
    yield (
        f"  There is such a volume in {even.reached:.0%} of the cases; the smallest fleet can take it in "
        f"{even.in_first_fleet:.0%}. At today's volume they are cheaper in {even.cheaper_now:.0%}."
    )
    if even.first_fleet and even.replicas_now:
        room, needed = _count(even.first_fleet), _count(even.replicas_now)
        yield f"  The smallest fleet takes {room} items a month; today needs {needed} replicas."
    shown = [f"{share.input} {share.share:.0%}" for share in even.shares[:_SHARES_SHOWN]]
    if shown:
        yield f"  What makes the difference in cost uncertain: {', '.join(shown)} of its variance."


def paper(one: Sourcing) -> str:
    """The paper ``source.md``."""
    return "\n".join(_paper(one)).rstrip() + "\n"


def _paper(one: Sourcing) -> Iterator[str]:
    yield f"# Build, tune, buy or wait: {_plain(one.feature)}\n"
    yield f"**{_plain(one.recommendation.words)}**\n"
    yield from _items(one.recommendation.because)
    if one.decision:
        yield f"Decided: **{_plain(one.decision)}**.\n"
    source = f"[review {one.review}]" if one.review else "**Gap:** no review"
    yield (
        f"For {one.on}, at {one.volume:,.0f} items a month [feature.yaml: value.volume_per_month]. Quality "
        f"comes from {source}. Costs follow from the inputs below by simulation ({one.draws:,} draws, seed "
        f"{one.seed}): the middle, and in brackets the range that holds 18 of 20 cases. Made from "
        "`source.answers.yaml`; change it there.\n"
    )
    yield "## The ways\n"
    yield from _table(one)
    yield f"\n## Waiting until {one.waiting.until}\n"
    if one.waiting.costs:
        yield f"It gives up {_money(one.waiting.costs, one.currency)}.\n"
    yield from _items((*one.waiting.words, *(f"Tripwire: {wire.words}" for wire in one.waiting.tripwires)))
    yield "## Break-even\n"
    yield "\n".join(line.strip() for line in _even(one)) + "\n"
    yield "## What would reverse it\n"
    yield from _items(one.recommendation.reversed_by or ("**Gap:** nothing is recommended yet.",))
    yield "## Prices\n"
    yield from _items(one.prices or ("**Gap:** no price of a hosted model is known.",))
    if one.gaps:
        yield "## Not known\n"
        yield from _items(f"**Gap:** {_plain(gap)}" for gap in one.gaps)
    yield "## Inputs\n"
    yield "| Input | What | Low | High | Basis | Source | As of |\n|---|---|---|---|---|---|---|"
    for item in one.inputs:
        source = _plain(item.source + (f". {item.note}" if item.note else ""))
        yield (
            f"| `{item.id}` | {_plain(item.what)} | {item.low:.6g} | {item.high:.6g} | {item.basis} "
            f"| {source} | {item.as_of or ''} |"
        )


def _table(one: Sourcing) -> Iterator[str]:
    yield "| Way | Cost a month | Quality | Brings a month | Constraints |\n|---|---|---|---|---|"
    for option in one.options:
        title = f"{option.title} ({option.candidate})" if option.candidate else option.title
        net = _money(option.net_month, one.currency) if option.net_month else "not known"
        quality = _quality(option) if option.accuracy else "**Gap:** not measured"
        limits = " ".join(f"{_STATES[limit.state]}{limit.words}" for limit in option.constraints)
        cost = _plain(_cost(option, one.currency))
        yield f"| {_plain(title)} | {cost} | {quality} | {net} | {_plain(limits)} |"


def _items(lines: Iterable[str]) -> Iterator[str]:
    some = [line if line.startswith("**Gap:**") else _plain(line) for line in lines]
    if some:
        yield "\n".join(f"- {line}" for line in some) + "\n"


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", one_line(text, 900))
