"""A role's requirements held against the evidence in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
    "met": "a verified record that the audit counts as own work shows the competency: own data, a reason in"
    " your own words, and not left as drafted",
    "partly": "practice, work without a reason, unverified work or a mere claim shows it; or the posting asks"
    " for years too",
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
    proofs = [record for record, piece in about if record.verified and piece.weight == "own"]
    status, why = _status(requirement, about, shown=bool(proofs))
    return Standing(
        requirement=requirement,
        status=status,
        evidence=tuple(record.id for record in (proofs or [each for each, _ in about])[:_MOST_SHOWN]),
        why=why,
        open=not proofs,
    )


def _status(
    requirement: Requirement, about: Sequence[tuple[Record, Piece]], *, shown: bool
) -> tuple[Status, str]:
    if shown and requirement.years is not None:
        return "partly", f"Shown, but no record counts the years that are asked for ({requirement.years})."
    if shown:
        return "met", "Shown on own data, with a reason."
    if not about:
        return "missing", "No record shows this."
    best = min((piece for _, piece in about), key=lambda piece: _WORTH.index(piece.weight))
    if best.weight == "own":
        return "partly", "Shown from elsewhere, but not verified."
    return "partly", ("Practice: " if best.weight == "practice" else "Claimed: ") + f"{best.why}."
