"""A role's requirements held against the evidence in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shipworthy.career.roles.requirements import OTHER, Requirement

if TYPE_CHECKING:
    from shipworthy.evidence.record import Record

__all__ = ["RULES", "Standing", "Status", "standings"]

Status = Literal["met", "partly", "missing", "not stated"]
RULES: dict[Status, str] = {
    "met": "at least one verified record on data of your own (or from elsewhere) shows the competency",
    "partly": "only practice or unverified records show the competency, or the posting asks for years too",
    "missing": "no record shows the competency",
    "not stated": "the requirement is about none of the thirteen competencies; the ledger says nothing on it",
}
"""What each status means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One requirement and what the evidence says about it."""

    requirement: Requirement
    """What is asked, in the posting's words."""
    status: Status
    """See :data:`RULES`."""
    evidence: tuple[str, ...]
    """Ids of the records that speak for it, the strongest and latest first."""
    why: str
    """The reason in one sentence."""
    open: bool
    """Whether verified evidence of the competency would still improve it."""


def standings(requirements: Sequence[Requirement], records: Sequence[Record]) -> tuple[Standing, ...]:
    """Hold every requirement against the evidence, whatever the order of the records."""
    return tuple(_standing(each, records) for each in requirements)


def _standing(requirement: Requirement, records: Sequence[Record]) -> Standing:
    if requirement.competency == OTHER:
        why = "Nothing in your evidence speaks to this; answer it from your résumé."
        return Standing(requirement=requirement, status="not stated", evidence=(), why=why, open=False)
    about = [each for each in records if requirement.competency in each.competencies]
    about.sort(key=lambda each: (_proves(each), each.at, each.id), reverse=True)
    proved = any(_proves(each) for each in about)
    status, why = _status(requirement, about, proved=proved)
    shown = tuple(each.id for each in about if _proves(each) == proved)[:5]
    return Standing(requirement=requirement, status=status, evidence=shown, why=why, open=not proved)


def _proves(record: Record) -> bool:
    return record.verified and not record.practice_only


def _status(requirement: Requirement, about: Sequence[Record], *, proved: bool) -> tuple[Status, str]:
    if proved and requirement.years is not None:
        return "partly", f"Shown, but no record counts the {requirement.years} years that are asked for."
    if proved:
        return "met", "Shown by a verified record."
    if not about:
        return "missing", "No record shows this."
    if any(each.practice_only for each in about):
        return "partly", "Practised on a bundled example only."
    return "partly", "Claimed, but not verified."
