"""Pay with its provenance: measured, posted or claimed; base and total apart; old figures called old.

Nothing is averaged over provenances, components, currencies or levels, and no currency is converted without
a rate and the day of the rate, which the person gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date  # at run time: Pydantic reads the field types
from typing import TYPE_CHECKING, Literal

from shipworthy.career.market.quantiles import one_each, quantile
from shipworthy.core.errors import UserError
from shipworthy.playbook.market import Component, LevelId, PostedPay, Provenance, market
from shipworthy.playbook.roles import SegmentId  # at run time: Pydantic reads the field types
from shipworthy.stats.estimate import Estimate  # at run time: Pydantic reads the field types

if TYPE_CHECKING:
    from shipworthy.career.roles.saved import SavedRole
    from shipworthy.playbook.market import Band, Measured

__all__ = ["PayLine", "Quantile", "Rate", "is_stale", "pay_lines", "rate_in"]

_SHARES = (0.25, 0.5, 0.75)
_RATE = re.compile(
    r"(?P<of>[A-Z]{3})/(?P<to>[A-Z]{3})=(?P<value>\d{1,6}(?:\.\d{1,8})?)@(?P<on>\d{4}-\d\d-\d\d)"
)
_RATE_DAYS = 31
_SAVED_LEVELS: dict[str, LevelId] = {
    "intern": "entry",
    "junior": "entry",
    "mid": "mid",
    "senior": "senior",
    "lead": "lead",
    "executive": "executive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What one currency costs in another, on one day."""

    of: str
    """The currency that is converted."""
    to: str
    """The currency that it becomes."""
    value: float
    """How much of the second one unit of the first is."""
    on: date
    """The day of the rate."""

    def __str__(self) -> str:
        return f"1 {self.of} = {self.value:g} {self.to} on {self.on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """One quantile of one end of the posted ranges."""

    end: Literal["low", "high"]
    """Which end of the ranges."""
    share: float
    """Which quantile: 0.5 is the median."""
    estimate: Estimate
    """With n and interval; undefined where too few postings are independent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayLine:
    """What is known about pay in one place, at one level, from one source."""

    id: str
    """Playbook id, or the saved role's."""
    provenance: Provenance
    """measured, posted or claimed."""
    country: str | None
    """Two letters; None where a posting does not say."""
    place: str | None
    """The place, where it is narrower than the country."""
    level: LevelId | None
    """How senior; None where it is about all levels."""
    segment: SegmentId | None
    """Part of the market; None where it is about all."""
    component: Component
    """Base or total."""
    currency: str
    """Three letters."""
    period: Literal["year", "month", "day", "hour"]
    """What the amounts are for."""
    low: float | None
    """Lower end; None where quantiles stand for it."""
    high: float | None
    """Upper end."""
    open_ended: bool
    """Whether the text says "and more"."""
    steps: tuple[float, ...]
    """Levels I to IV of a register, else empty."""
    quantiles: tuple[Quantile, ...]
    """For a sample of postings, else empty."""
    n: int | None
    """How many postings or employers; None where the source does not say."""
    source: str
    """Where it comes from."""
    as_of: date
    """Day that it is about."""
    stale: bool
    """Whether it is older than twelve months."""
    note: str
    """What to keep in mind."""
    quote: str | None = None
    """The words of a saved posting."""
    converted: tuple[float, float] | None = None
    """Both ends in the currency that was asked for."""
    rate: Rate | None = None
    """The rate that they were converted at."""


def is_stale(as_of: date, *, on: date) -> bool:
    """Whether a figure is more than twelve months old."""
    leap = (as_of.month, as_of.day) == (2, 29)
    return on > date(as_of.year + 1, as_of.month, 28 if leap else as_of.day)


def rate_in(text: str, *, on: date) -> Rate:
    """A rate as it is typed: ``USD/CAD=1.37@2026-11-20``.

    Raises:
        UserError: it is no rate, is worth nothing, or is of a day to come.
    """
    found = _RATE.fullmatch(text.strip())
    hint = "Write it with its day, for instance --rate USD/CAD=1.37@2026-11-20"
    if found is None or float(found["value"]) == 0 or found["of"] == found["to"]:
        raise UserError(f"{text[:60]!r} is no exchange rate with a day.", hint=hint)
    try:
        day = date.fromisoformat(found["on"])
    except ValueError:
        raise UserError(f"{found['on']!r} is no day.", hint=hint) from None
    if day > on:
        raise UserError(f"The rate is of {day}, which is still to come.", hint=hint)
    return Rate(of=found["of"], to=found["to"], value=float(found["value"]), on=day)


def pay_lines(*, on: date, saved: Sequence[SavedRole] = (), rate: Rate | None = None) -> tuple[PayLine, ...]:
    """Everything known about pay on a day: measured first, then posted, then claimed.

    Args:
        on: The day; figures of a later day are left out, figures older than twelve months are marked.
        saved: Postings that the person saved; their own words come with them.
        rate: What to convert with; without one nothing is converted.
    """
    known = market()
    lines = [
        *(_measured(each, on) for each in known.measured),
        *_posted(known.posted, on),
        *(line for role in saved for line in _saved(role, on)),
        *(_claimed(each, on) for each in known.bands),
    ]
    return tuple(_converted(line, rate, on) for line in lines if line.as_of <= on)


def _measured(each: Measured, on: date) -> PayLine:
    return PayLine(
        id=each.id,
        provenance="measured",
        country=each.country,
        place=each.place,
        level=None,
        segment=None,
        component=each.component,
        currency=each.currency,
        period="year",
        low=each.levels[0],
        high=each.levels[-1],
        open_ended=False,
        steps=each.levels,
        quantiles=(),
        n=None,
        source=each.source.title,
        as_of=each.as_of,
        stale=is_stale(each.as_of, on=on),
        note=f"{each.occupation}: floors for work visas, levels I to IV; not about AI.",
    )


def _posted(every: Iterable[PostedPay], on: date) -> Iterator[PayLine]:
    """One line for each level, and one for all; postings older than twelve months are left out."""
    known = [each for each in every if each.on <= on]
    if not known:
        return
    levels = [None, *dict.fromkeys(each.level for each in known)]
    for level in levels:
        some = [each for each in known if level in {None, each.level}]
        yield _sample(some, level, on)


def _sample(some: Sequence[PostedPay], level: LevelId | None, on: date) -> PayLine:
    fresh = [each for each in some if not is_stale(each.on, on=on)]
    first, newest = some[0], max(each.on for each in some)
    employers = len({each.company for each in fresh})
    old = f" {len(some) - len(fresh)} of {len(some)} are older than twelve months and left out."
    return PayLine(
        id=f"posted-{first.country.lower()}-{level or 'all'}",
        provenance="posted",
        country=first.country,
        place=None,
        level=level,
        segment=None,
        component=first.component,
        currency=first.currency,
        period="year",
        low=None,
        high=None,
        open_ended=False,
        steps=(),
        quantiles=tuple(
            Quantile(end=end, share=share, estimate=quantile(_ends(fresh, end), share))
            for end in ("low", "high")
            for share in _SHARES
        ),
        n=len(fresh),
        source=first.source.title,
        as_of=newest,
        stale=not fresh,
        note=f"{_counted(len(fresh), 'posting')} of {_counted(employers, 'employer')}, each employer counted"
        " once." + (old if len(fresh) < len(some) else ""),
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _ends(some: Sequence[PostedPay], end: Literal["low", "high"]) -> tuple[float, ...]:
    return one_each([(each.company, each.low if end == "low" else each.high) for each in some])


def _saved(role: SavedRole, on: date) -> Iterator[PayLine]:
    facts = role.reading
    level = None if facts.seniority is None else _SAVED_LEVELS[facts.seniority.level]
    for number, pay in enumerate(facts.pay, 1):
        yield PayLine(
            id=f"{role.id}-{number}",
            provenance="posted",
            country=None,
            place=facts.place.kind if facts.place else None,
            level=level,
            segment=facts.segment.id if facts.segment else None,
            component=pay.component,
            currency=pay.currency,
            period=pay.period,
            low=pay.low,
            high=pay.high,
            open_ended=False,
            steps=(),
            quantiles=(),
            n=1,
            source=f"the posting {role.id} that you saved",
            as_of=role.added,
            stale=is_stale(role.added, on=on),
            note="One posting.",
            quote=pay.quote,
        )


def _claimed(each: Band, on: date) -> PayLine:
    return PayLine(
        id=each.id,
        provenance="claimed",
        country=each.country,
        place=None,
        level=each.level,
        segment=each.segment,
        component=each.component,
        currency=each.currency,
        period="year",
        low=each.low,
        high=each.high,
        open_ended=each.open_ended,
        steps=(),
        quantiles=(),
        n=None,
        source=each.source.title,
        as_of=each.as_of,
        stale=is_stale(each.as_of, on=on),
        note=each.note,
    )


def _converted(line: PayLine, rate: Rate | None, on: date) -> PayLine:
    if rate is None or line.currency != rate.of or line.low is None or line.high is None:
        return line
    old = (on - rate.on).days
    note = f" The rate is {old} days old." if old > _RATE_DAYS else ""
    ends = (round(line.low * rate.value, 2), round(line.high * rate.value, 2))
    return replace(line, converted=ends, rate=rate, note=line.note + note)
