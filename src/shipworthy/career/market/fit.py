"""Which parts of the market fit: each rule read from evidence levels or the profile, and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shipworthy.playbook.items import competency
from shipworthy.playbook.market import CareerLevel, market
from shipworthy.playbook.roles import SegmentId  # at run time: Pydantic reads the field types

if TYPE_CHECKING:
    from shipworthy.career.profile import Profile
    from shipworthy.playbook.market import FitRule, MarketSegment

__all__ = ["FIT_RULE", "RuleResult", "SegmentFit", "level_by_years", "segment_fits"]

Holds = Literal["yes", "no", "unknown"]
Fit = Literal["fits", "not yet", "cannot tell"]
FIT_RULE = (
    "A part fits when all its rules hold, fits not yet when one does not, and cannot be told while one is"
    " unknown and none fails. No rule weighs more than another."
)
"""How the rules come to a fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule held against a person."""

    id: str
    """Playbook id."""
    words: str
    """What must be so."""
    basis: Literal["guide", "ours"]
    """Who says that it matters."""
    holds: Holds
    """Whether it is so."""
    why: str
    """What it was read from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFit:
    """One part of the market and whether it fits."""

    id: SegmentId
    """Playbook id."""
    name: str
    """What to call it."""
    what: str
    """What working there is like."""
    fit: Fit
    """By :data:`FIT_RULE`."""
    rules: tuple[RuleResult, ...]
    """Every rule with its result."""
    saved_roles: int
    """Saved postings that belong to it."""


def segment_fits(
    levels: Mapping[str, int], profile: Profile, saved: Mapping[str, int] | None = None
) -> tuple[SegmentFit, ...]:
    """Hold the four parts of the market against a person.

    Args:
        levels: Competency to evidence level, from the audit.
        profile: What the person says.
        saved: Saved postings per segment.
    """
    return tuple(_fit(each, levels, profile, (saved or {}).get(each.id, 0)) for each in market().segments)


def _fit(segment: MarketSegment, levels: Mapping[str, int], profile: Profile, saved: int) -> SegmentFit:
    rules = tuple(_held(rule, levels, profile) for rule in segment.rules)
    found = {rule.holds for rule in rules}
    fit: Fit = "not yet" if "no" in found else "cannot tell" if "unknown" in found else "fits"
    return SegmentFit(
        id=segment.id, name=segment.name, what=segment.what, fit=fit, rules=rules, saved_roles=saved
    )


def _held(rule: FitRule, levels: Mapping[str, int], profile: Profile) -> RuleResult:
    holds, why = _by_level(rule, levels) if rule.competency else _by_profile(rule, profile)
    return RuleResult(id=rule.id, words=rule.words, basis=rule.basis, holds=holds, why=why)


def _by_level(rule: FitRule, levels: Mapping[str, int]) -> tuple[Holds, str]:
    assert rule.competency is not None
    assert rule.level is not None
    level = levels.get(rule.competency, 0)
    why = f"From your evidence: {competency(rule.competency).name}, level {level} of the {rule.level} needed."
    return ("yes" if level >= rule.level else "no"), why


def _by_profile(rule: FitRule, profile: Profile) -> tuple[Holds, str]:
    value = getattr(profile, str(rule.field))
    if value is None:
        return "unknown", f"Your profile does not say (shipworthy career profile {rule.field}=…)."
    if rule.at_least is not None:
        holds: Holds = "yes" if value >= rule.at_least else "no"
        return holds, f"From your profile: {rule.field} is {value:g}, {rule.at_least:g} or more is needed."
    return ("yes" if value in rule.one_of else "no"), f"From your profile: {rule.field} is {value}."


def level_by_years(profile: Profile) -> CareerLevel | None:
    """The level at which the guide puts this many years; None where the years are unknown."""
    if profile.ai_years is None:
        return None
    return [level for level in market().levels if profile.ai_years >= level.from_years][-1]
