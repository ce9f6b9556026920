"""Who must do what, and from which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from typing import TYPE_CHECKING, Literal

from shipworthy.playbook.conditions import holds, says
from shipworthy.playbook.regulation import duties

if TYPE_CHECKING:
    from shipworthy.launch.risk.tree import Outcome
    from shipworthy.playbook.conditions import Facts
    from shipworthy.playbook.regulation import Duty, Rule

__all__ = ["DutyLine", "Gpai", "duties_of", "gpai_of", "roles_of"]

Gpai = Literal["none", "model", "systemic", "unknown"]
"""Whether somebody provides a general-purpose model, and whether it counts as one of systemic risk."""

_HIGH = (date(2027, 12, 2), date(2028, 8, 2))
_LEGACY_AUTHORITIES = date(2030, 8, 2)
_RELEASED_BEFORE = {
    "before_2025_08_02": date(2025, 8, 2),
    "before_2026_08_02": date(2026, 8, 2),
    "before_2027_12_02": _HIGH[0],
    "before_2028_08_02": _HIGH[1],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLine:
    """One duty of this feature."""

    id: str
    """Its name in the playbook."""
    who: tuple[str, ...]
    """The roles it falls on, of those that matter here."""
    what: str
    """What to do."""
    pins: tuple[str, ...]
    """Its provisions."""
    applies_from: date
    """First day on which it applies."""
    applies: bool
    """Whether it applies on the day of the assessment."""
    timing: str
    """The same in words: ``applies since …`` or ``from …``."""
    other_reading: date | None
    """The day that another reading of the text leads to."""
    note: str | None
    """What to know about it."""


def roles_of(facts: Facts, outcome: Outcome) -> tuple[str, ...]:
    """The roles in which somebody has duties; provider and deployer where nobody said.

    Whoever puts their name on a high-risk system, changes it substantially or gives it a high-risk purpose
    becomes its provider (Art. 25(1)); so does the manufacturer of a product of Annex I, Section A
    (Art. 25(3)), and whoever sells a system that makes content with a product, for Art. 50(2).
    """
    given = facts.get("role")
    roles = set(given) if given else {"provider", "deployer"}
    bases = {rule.basis for rule in outcome.decisive}
    if outcome.tier == "high" and facts.get("role_flip") and not says(facts, "role_flip", "none"):
        roles.add("provider")
    paragraphs = {rule.paragraph for rule in outcome.transparency}
    if "manufacturer" in roles and ("annex_i_a" in bases or "50(2)" in paragraphs):
        roles.add("provider")
    if says(facts, "personal_use"):
        roles.discard("deployer")
    order = ("provider", "deployer", "importer", "distributor", "manufacturer", "representative")
    return tuple(role for role in order if role in roles)


def gpai_of(facts: Facts) -> Gpai:
    """Chapter V, which stands beside the tier: no model, a model, or one of systemic risk."""
    if not says(facts, "gpai_model"):
        return "none"
    if says(facts, "gpai_compute") or says(facts, "gpai_designated"):
        return "systemic"
    return "unknown" if facts.get("gpai_compute") is None else "model"


def duties_of(outcome: Outcome, facts: Facts, *, on: date) -> tuple[DutyLine, ...]:
    """Every duty that follows, in the playbook's order, with its day.

    Args:
        outcome: What the rules decided. An undetermined tier has only the duties of its transparency rules.
        facts: What is known.
        on: The day for which "applies" is said.
    """
    roles = roles_of(facts, outcome)
    extended = _with_results(outcome, facts)
    found = (duty for duty in duties() if outcome.tier != "out_of_scope" and holds(duty.when, extended))
    lines = (_line(duty, roles, outcome, extended, on) for duty in found if set(duty.who) & set(roles))
    return tuple(lines)


def _with_results(outcome: Outcome, facts: Facts) -> Facts:
    """The facts, and what came out of them."""
    points = {pin for rule in outcome.decisive for pin in rule.pins if pin.startswith("Annex III")}
    gpai = gpai_of(facts)
    return {
        **facts,
        "tier": frozenset({outcome.tier}),
        "basis": frozenset({rule.basis for rule in outcome.decisive if rule.basis}),
        "point": frozenset(points),
        "art50": frozenset({rule.paragraph for rule in outcome.transparency if rule.paragraph}),
        "gpai": frozenset({"model" if gpai == "unknown" else gpai}),
        "released": _released(facts),
    }


def _released(facts: Facts) -> frozenset[str] | None:
    given = facts.get("released_on")
    if not given:
        return None
    day = date.fromisoformat(min(given))
    return frozenset({name for name, limit in _RELEASED_BEFORE.items() if day < limit})


def _line(duty: Duty, roles: tuple[str, ...], outcome: Outcome, facts: Facts, on: date) -> DutyLine:
    day = duty.applies_from or _day_of(outcome.decisive)
    for other in duty.later_if:
        if holds(other.when, facts):
            day = other.applies_from
    note = duty.note
    if duty.applies_from is None and outcome.tier == "high" and duty.id != "prohibition":
        day, note = _legacy(day, note, facts)
    return DutyLine(
        id=duty.id,
        who=tuple(role for role in duty.who if role in roles),
        what=duty.what,
        pins=duty.pins,
        applies_from=day,
        applies=day <= on,
        timing=f"applies since {_words(day)}" if day <= on else f"from {_words(day)}",
        other_reading=duty.other_reading,
        note=note,
    )


def _day_of(decisive: tuple[Rule, ...]) -> date:
    """The day on which the first of the rules that decided begins to apply."""
    return min(rule.applies_from for rule in decisive if rule.applies_from)


def _legacy(day: date, note: str | None, facts: Facts) -> tuple[date, str | None]:
    """Systems released before the high-risk rules apply (Art. 111(2))."""
    released = facts.get("released") or frozenset()
    if f"before_{day:%Y_%m_%d}" not in released:
        return day, note
    if says(facts, "deployer_kind", "public_authority"):
        return _LEGACY_AUTHORITIES, "Released before the rules apply, and used by an authority (Art. 111(2))."
    return (
        day,
        "Released before the rules apply: only if its design changes significantly after that (Art. 111(2)).",
    )


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
