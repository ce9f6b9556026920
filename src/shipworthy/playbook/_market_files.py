"""``market.yaml``, ``pay_measured.yaml`` and ``pay_posted.yaml``, checked on the way in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shipworthy.playbook._files import read
from shipworthy.playbook.items import Source, competency
from shipworthy.playbook.market import (
    Band,
    CareerLevel,
    Component,
    FitRule,
    LevelId,
    Market,
    MarketClaim,
    MarketSegment,
    Measured,
    PostedPay,
)
from shipworthy.playbook.roles import SegmentId

__all__ = ["read_market"]

_Amount = Annotated[float, Field(gt=0, le=10_000_000)]
_Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
_Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Rule(_File):
    id: str
    words: str
    basis: str
    competency: Annotated[str, AfterValidator(lambda value: competency(value).id)] | None = None
    level: int | None = Field(default=None, ge=1, le=4)
    field: str | None = None
    one_of: tuple[str, ...] = ()
    at_least: float | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> _Rule:
        of_evidence = self.competency is not None and self.level is not None
        of_profile = self.field is not None and bool(self.one_of) != (self.at_least is not None)
        if of_evidence == of_profile:
            raise ValueError(f"{self.id!r} should ask for a level or for a field")
        return self


class _Segment(_File):
    id: SegmentId
    name: str
    what: str
    rules: tuple[_Rule, ...]


class _Own(_File):
    """An item that may have a source of its own."""

    source: Source | None = None
    as_of: date | None = None


class _Band(_Own):
    id: str
    country: _Country
    level: LevelId | None
    segment: SegmentId | None
    component: Component
    currency: _Currency
    low: _Amount
    high: _Amount
    open_ended: bool = False
    note: str


class _Claim(_Own):
    id: str
    words: str
    low: float | None = None
    high: float | None = None
    of: str | None = None
    printed: str | None = None
    check: str


class _Dated(_File):
    source: Source
    as_of: date


class _MarketFile(_Dated):
    segments: tuple[_Segment, ...]
    levels: tuple[CareerLevel, ...]
    bands: tuple[_Band, ...]
    claims: tuple[_Claim, ...]


class _PayFile(_Dated):
    country: _Country
    currency: _Currency
    component: Component


class _MeasuredFile(_PayFile):
    occupations: dict[str, str]
    items: tuple[tuple[str, str, str, _Amount, _Amount, _Amount, _Amount], ...]


class _PostedFile(_PayFile):
    items: tuple[tuple[str, date, LevelId, str, str, _Amount, _Amount], ...]


def read_market() -> Market:
    """All three files."""
    file = read("market.yaml", _MarketFile)
    dated = {"source": file.source, "as_of": file.as_of}
    return Market(
        segments=tuple(_segment(each, dated) for each in file.segments),
        levels=file.levels,
        bands=tuple(Band(**_with_source(each, file)) for each in file.bands),
        claims=tuple(MarketClaim(**_with_source(each, file)) for each in file.claims),
        measured=_measured(read("pay_measured.yaml", _MeasuredFile)),
        posted=_posted(read("pay_posted.yaml", _PostedFile)),
    )


def _segment(each: _Segment, dated: dict[str, Any]) -> MarketSegment:
    rules = tuple(FitRule(**rule.model_dump()) for rule in each.rules)
    return MarketSegment(id=each.id, name=each.name, what=each.what, rules=rules, **dated)


def _with_source(each: _Own, file: _Dated) -> dict[str, Any]:
    return {
        **each.model_dump(),
        "source": each.source or file.source,
        "as_of": each.as_of or file.as_of,
    }


def _measured(file: _MeasuredFile) -> tuple[Measured, ...]:
    return tuple(
        Measured(
            id=name,
            occupation=f"{file.occupations[code]} ({code})",
            country=file.country,
            place=place,
            component=file.component,
            currency=file.currency,
            levels=levels,
            source=file.source,
            as_of=file.as_of,
        )
        for name, code, place, *rest in file.items
        for levels in [(rest[0], rest[1], rest[2], rest[3])]
    )


def _posted(file: _PostedFile) -> tuple[PostedPay, ...]:
    return tuple(
        PostedPay(
            id=name,
            on=on,
            level=level,
            company=company,
            country=file.country,
            place=place,
            component=file.component,
            currency=file.currency,
            low=low,
            high=high,
            source=file.source,
        )
        for name, on, level, company, place, low, high in file.items
    )
