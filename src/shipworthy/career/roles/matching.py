"""A role's requirements held against the evidence in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from shipworthy.career.audit import piece_of
from shipworthy.career.roles.requirements import OTHER, Requirement

if TYPE_CHECKING:
    from shipworthy.career.audit import Piece
    from shipworthy.evidence.record import Record

__all__ = ["RULES", "Standing", "Status", "standings"]

Status = Literal["met", "partly", "missing", "not stated"]
_WORTH = ("own", "practice", "claim")
_MOST_SHOWN = 5
RULES: dict[str, str] = {
    "met": "a verified record on data of your own shows the competency, and is not left as drafted",
    "partly": "practice, unverified work or a mere claim shows it; or the posting asks for years too",
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
    """Ids of the records that speak for it, the latest first."""
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
    about = [
        (each, piece)
        for each in sorted(records, key=lambda each: (each.at, each.id), reverse=True)
        if requirement.competency in each.competencies and (piece := piece_of(each)).weight != "none"
    ]
    proofs = [pair for pair in about if pair[0].verified and _is_own(pair[0])]
    status, why = _status(requirement, proofs, about)
    return Standing(
        requirement=requirement,
        status=status,
        evidence=tuple(record.id for record, _ in (proofs or about)[:_MOST_SHOWN]),
        why=why,
        open=not proofs,
    )


def _is_own(record: Record) -> bool:
    """Whether the audit would count it as own work, given a reason in the person's own words."""
    return piece_of(replace(record, reason=record.reason or "none given")).weight == "own"


def _status(
    requirement: Requirement,
    proofs: Sequence[tuple[Record, Piece]],
    about: Sequence[tuple[Record, Piece]],
) -> tuple[Status, str]:
    if proofs and requirement.years is not None:
        return "partly", f"Shown, but no record counts the years that are asked for ({requirement.years})."
    if proofs:
        reasoned = any(record.reason for record, _ in proofs)
        return "met", "Shown." if reasoned else "Shown, though with no reason in your own words yet."
    if not about:
        return "missing", "No record shows this."
    best = min((piece for _, piece in about), key=lambda piece: _WORTH.index(piece.weight))
    if best.weight == "own":
        return "partly", "Shown from elsewhere, but not verified."
    return "partly", ("Practice: " if best.weight == "practice" else "Claimed: ") + f"{best.why}."
