"""The market: its four parts, pay as measured, posted and claimed, each with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from shipworthy.playbook.items import Source  # at run time: Pydantic reads the field types
from shipworthy.playbook.roles import SegmentId

__all__ = [
    "Band",
    "CareerLevel",
    "Component",
    "FitRule",
    "LevelId",
    "Market",
    "MarketClaim",
    "MarketSegment",
    "Measured",
    "PostedPay",
    "Provenance",
    "market",
]

Provenance = Literal["measured", "posted", "claimed"]
"""From a survey or a register; from an employer's posting; from somebody's text without data to look at."""
Component = Literal["base", "total"]
"""Salary alone, or with bonus and equity. The two are never put together."""
LevelId = Literal["entry", "mid", "senior", "lead", "executive"]
"""How senior a role is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRule:
    """One condition for fitting a part of the market."""

    id: str
    """Stable name."""
    words: str
    """What must be so of the person."""
    basis: Literal["guide", "ours"]
    """Whether the guide names the condition, or we chose how to read it."""
    competency: str | None = None
    """Playbook id of the competency that is asked for."""
    level: int | None = None
    """The evidence level that it needs."""
    field: str | None = None
    """A field of ``career/profile.yaml``."""
    one_of: tuple[str, ...] = ()
    """Values of the field that fit."""
    at_least: float | None = None
    """Smallest value of the field that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSegment:
    """One of the four parts of the market."""

    id: SegmentId
    """Stable name."""
    name: str
    """What to call it."""
    what: str
    """What working there is like."""
    rules: tuple[FitRule, ...]
    """All must hold."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareerLevel:
    """How the guide counts years."""

    id: LevelId
    """Stable name."""
    words: str
    """The years."""
    from_years: float
    """From how many years of AI-specific work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A range of pay that somebody claims."""

    id: str
    """Stable name."""
    country: str
    """Two letters."""
    level: LevelId | None
    """How senior; None for all."""
    segment: SegmentId | None
    """Part of the market; None for all."""
    component: Component
    """Base or total."""
    currency: str
    """Three letters."""
    low: float
    """Lower end a year."""
    high: float
    """Upper end a year."""
    open_ended: bool = False
    """Whether the text says "and more"."""
    note: str = ""
    """Whom it is about."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketClaim:
    """Something that is said about pay."""

    id: str
    """Stable name."""
    words: str
    """The claim."""
    low: float | None = None
    """Lower share, where it names one."""
    high: float | None = None
    """Upper share."""
    of: str | None = None
    """The band that the shares are of."""
    printed: str | None = None
    """The band that the same text prints as the result."""
    check: str
    """What can be said against it or for it."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Pay of one occupation in one place, from a register: four levels, no sample of ours."""

    id: str
    """Stable name."""
    occupation: str
    """What it is filed under, with the code."""
    country: str
    """Two letters."""
    place: str
    """County and city."""
    component: Component
    """Base."""
    currency: str
    """Three letters."""
    levels: tuple[float, float, float, float]
    """Levels I to IV a year."""
    source: Source
    """Where it comes from."""
    as_of: date
    """First day of the year that it holds for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedPay:
    """The range of one posting."""

    id: str
    """Stable name."""
    on: date
    """Day it was posted."""
    level: LevelId
    """From its title."""
    company: str
    """The employer; several postings of one are not independent."""
    country: str
    """Two letters."""
    place: str
    """State, or the country where none is named."""
    component: Component
    """Base."""
    currency: str
    """Three letters."""
    low: float
    """Lower end a year."""
    high: float
    """Upper end a year."""
    source: Source
    """Where it was collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """All that is known of the market."""

    segments: tuple[MarketSegment, ...]
    """The four parts, in the guide's order."""
    levels: tuple[CareerLevel, ...]
    """How the guide counts years."""
    bands: tuple[Band, ...]
    """Claimed pay."""
    claims: tuple[MarketClaim, ...]
    """What else is said about pay."""
    measured: tuple[Measured, ...]
    """Pay from a register."""
    posted: tuple[PostedPay, ...]
    """Pay from postings."""

    def band(self, id: str) -> Band:  # noqa: A002 - the field's name
        """The band called ``id``."""
        return next(band for band in self.bands if band.id == id)


@cache
def market() -> Market:
    """The market as the playbook knows it."""
    from shipworthy.playbook._market_files import read_market

    return read_market()
