"""Where somebody stands: audit, evidence from elsewhere, claims of a résumé, one's own view, the way on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.career.audit import Audit
from shipworthy.career.path import WayForward
from shipworthy.core.errors import UserError, Where
from shipworthy.core.files import readable, write_atomic
from shipworthy.core.yaml_file import parse_yaml, read_yaml

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evidence.ledger import Ledger
    from shipworthy.evidence.record import Record
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "AuditResult",
    "ReadResume",
    "SelfAssessment",
    "add_artifact",
    "assess_self",
    "audit_career",
    "find_path",
]

_SELF = Path("career") / "self.yaml"
_SELF_HEAD = "# What you say about yourself. No level comes from it; the audit shows the difference.\n"
_LINK = re.compile(r"https?://[^\s\x00-\x1f<>\"']{3,2000}")
_HIGHEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResume:
    """What was read from a résumé."""

    file: str
    """Its name."""
    lines: int
    """Lines in it."""
    claims: int
    """Lines that are about a competency."""
    recorded: int
    """Claims that were new and are now records marked unverified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResult:
    """The audit, and what was read for it."""

    audit: Audit
    """Where the person stands."""
    resume: ReadResume | None
    """The résumé that was read; None when none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAssessment:
    """What somebody says about themselves."""

    levels: Mapping[str, int]
    """Competency to level."""
    file: str
    """Where it is kept."""


def audit_career(
    workspace: Workspace, *, resume: Path | None = None, clock: Clock | None = None
) -> AuditResult:
    """Read the evidence and say where the person stands in each competency.

    Args:
        workspace: Whose ledger is read.
        resume: A résumé whose claims are recorded first, marked unverified; reading it again adds nothing.
        clock: The time; the machine's when left out.

    Raises:
        UserError: the résumé or ``career/self.yaml`` cannot be used.
    """
    from shipworthy.career.audit import audit
    from shipworthy.evidence.ledger import Ledger, ledger_location

    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        read = None if resume is None else _record_resume(ledger, resume)
        records = ledger.records()
        broken = {problem.record for problem in ledger.verify() if problem.kind != "chain"}
    return AuditResult(audit=audit(records, claimed=_claimed(workspace), broken=broken), resume=read)


def _record_resume(ledger: Ledger, file: Path) -> ReadResume:
    from shipworthy.career.resume import claims_in
    from shipworthy.career.roles.text import LARGEST_FILE

    where = Where(file=file)
    if readable(file).stat().st_size > LARGEST_FILE:
        raise UserError("This résumé is too large.", where=where)
    found = claims_in(file.read_bytes(), where=where)
    known = {(record.title, record.competencies) for record in ledger.records(kind="claim")}
    fresh = [claim for claim in found.claims if (claim.text, (claim.competency,)) not in known]
    for claim in fresh:
        ledger.record(
            kind="claim",
            title=claim.text,
            origin="external",
            drafted_by_tool=False,
            verified=False,
            competencies=(claim.competency,),
            facts={"from": file.name[:200]},
        )
    return ReadResume(file=file.name, lines=found.lines, claims=len(found.claims), recorded=len(fresh))


def add_artifact(
    workspace: Workspace,
    *,
    title: str,
    competencies: Sequence[str],
    link: str | None = None,
    file: Path | None = None,
    reason: str | None = None,
    clock: Clock | None = None,
) -> Record:
    """Record something made elsewhere, with a link or a file that others can look at. Links are not followed.

    Args:
        workspace: Whose ledger keeps it.
        title: What it is, in one line.
        competencies: Playbook ids of what it shows.
        link: Where to see it.
        file: A file inside the workspace.
        reason: Why it was done so, in the person's own words; without one it counts as practice.
        clock: The time; the machine's when left out.

    Raises:
        UserError: neither link nor file, an unknown competency, or a file outside the workspace.
    """
    from shipworthy.evidence.ledger import Ledger, ledger_location
    from shipworthy.playbook.items import competency

    if link is None and file is None:
        raise UserError(
            "An artifact needs something to look at.", hint="Add --link URL, or --file FILE in the workspace."
        )
    if link is not None and not _LINK.fullmatch(link):
        raise UserError(f"{link[:80]!r} is not a link.", hint="A link begins with https://")
    if not competencies:
        raise UserError("What does it show?", hint="Name it: --competency model-evaluation")
    named = [competency(name).id for name in competencies]
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        return ledger.record(
            kind="artifact",
            title=title,
            origin="external",
            drafted_by_tool=False,
            verified=False,
            reason=reason,
            competencies=named,
            artifacts=() if file is None else (ledger.artifact(file),),
            facts={} if link is None else {"link": link},
        )


def assess_self(workspace: Workspace, competency: str, level: int) -> SelfAssessment:
    """Keep what somebody says about themselves, apart from the evidence.

    Raises:
        UserError: an unknown competency, or a level outside 0 to 4.
    """
    from shipworthy.playbook.items import competency as find

    if not 0 <= level <= _HIGHEST:
        raise UserError(f"{level} is no level.", hint=f"Levels are 0 to {_HIGHEST}.")
    said = {**_claimed(workspace), find(competency).id: level}
    path = workspace.root / _SELF
    write_atomic(path, _SELF_HEAD + "".join(f"{name}: {value}\n" for name, value in sorted(said.items())))
    return SelfAssessment(levels=said, file=str(path))


def _claimed(workspace: Workspace) -> dict[str, int]:
    """Competency to level, as ``career/self.yaml`` says."""
    from shipworthy.playbook.items import competency

    path = workspace.root / _SELF
    if not path.exists():
        return {}
    file = read_yaml(path) if path.stat().st_size else parse_yaml("{}", path=path)
    value = file.value or {}
    if not isinstance(value, dict):
        raise UserError("This file should hold 'competency: level' lines.", where=Where(file=path))
    for name, level in value.items():
        try:
            competency(str(name))
        except UserError as error:
            raise UserError(error.message, where=file.where((name,)), hint=error.hint) from None
        if type(level) is not int or not 0 <= level <= _HIGHEST:
            raise UserError(
                f"{level!r} is no level.", where=file.where((name,)), hint=f"Levels are 0 to {_HIGHEST}."
            )
    return {str(name): level for name, level in value.items()}


def find_path(workspace: Workspace, start: str | None = None) -> WayForward:
    """The way from a starting point, with the next move that the evidence asks for.

    Args:
        workspace: Whose evidence is read.
        start: Engineer, product-manager or switcher; the plan's when left out.

    Raises:
        UserError: there is no such starting point, or none is known.
    """
    from shipworthy.career.path import way_forward
    from shipworthy.playbook.careers import PATHS, career_path
    from shipworthy.workbench.career_plan import planned_path

    where = start or planned_path(workspace)
    if where is None:
        raise UserError("Where do you start from?", hint=f"Say it: --from {', --from '.join(PATHS)}")
    return way_forward(career_path(where), audit_career(workspace).audit)
