"""Roles: postings read, saved and applied for; what is open in them, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.career.roles.gaps import NEAREST_RULE, NextActions, RoleFit
from shipworthy.career.roles.matching import RULES, Standing
from shipworthy.career.roles.reading import Reading
from shipworthy.core.errors import DataError, Where, WorkspaceError
from shipworthy.core.files import readable
from shipworthy.workbench.json_lines import GivenLine, each_line

if TYPE_CHECKING:
    from shipworthy.career.roles.saved import SavedRole
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "ENOUGH",
    "Gaps",
    "ReadRole",
    "RoleGaps",
    "RoleLine",
    "add_role",
    "find_gaps",
    "list_roles",
    "note_application",
    "note_reply",
    "read_role",
    "read_roles",
]

ENOUGH = 3
"""Postings that the guide asks to be compared."""
_LONGEST_LINE = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRole:
    """A posting that was read, or why it could not be."""

    id: str | None = None
    """The id that a line came with, or its number; None for a file."""
    error: str | None = None
    """Why it could not be read."""
    reading: Reading | None = None
    """What it says; None where it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLine:
    """A saved role in one line."""

    id: str
    """Its name."""
    title: str
    """The job."""
    company: str | None
    """The company, where it is known."""
    url: str | None
    """Where the posting was found."""
    added: date
    """When it was saved."""
    must: int
    """Firm requirements."""
    nice: int
    """Requirements that are merely preferred."""
    applied: date | None
    """When an application was sent."""
    last_reply: date | None
    """When something was heard last."""
    heard: str | None
    """What that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGaps:
    """One role, requirement by requirement."""

    id: str
    """Its name."""
    title: str
    """The job."""
    company: str | None
    """The company, where it is known."""
    fit: RoleFit
    """How its firm requirements stand."""
    requirements: tuple[Standing, ...]
    """Every requirement with what the evidence says about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """What is open over all saved roles."""

    roles: tuple[RoleGaps, ...]
    """The roles, in the order in which they were saved."""
    nearest: str | None
    """The role that is nearest; None where the ledger says nothing on any of them."""
    nearest_rule: str
    """How the nearest was chosen."""
    statuses: dict[str, str]
    """What each status means."""
    next: NextActions
    """The fewest actions that close most."""


def read_role(file: Path, *, title: str | None = None, company: str | None = None) -> ReadRole:
    """Read a posting from a file: text, HTML or PDF.

    Raises:
        UserError: the file cannot be read, is too large, or holds no text.
        MissingExtraError: it is a PDF and the part that reads PDF is not installed.
    """
    return ReadRole(reading=_reading(_bytes(file), title, company, where=Where(file=file)))


def _bytes(file: Path) -> bytes:
    from shipworthy.career.roles.text import LARGEST_FILE

    size = readable(file).stat().st_size
    if size > LARGEST_FILE:
        raise DataError(f"This file is too large for a posting ({size:,} bytes).", where=Where(file=file))
    return file.read_bytes()


def _reading(data: bytes | str, title: str | None, company: str | None, *, where: Where | None) -> Reading:
    from shipworthy.career.roles.reading import read_posting

    return read_posting(data, title=title, company=company, where=where)


def read_roles(lines: Iterable[str]) -> Iterator[ReadRole]:
    """Read one posting for each line of JSON Lines: ``{"id": …, "text": …, "title": …, "company": …}``.

    A line may also be the posting itself, as a JSON string. A line that cannot be read gives a result with
    ``error``; the others are read all the same.
    """
    return each_line(
        lines,
        _read_line,
        lambda line, error: ReadRole(id=line.name, error=error),
        longest=_LONGEST_LINE,
        hint='Each line should be like {"id": "7", "text": "…"}.',
    )


def _read_line(line: GivenLine) -> ReadRole:
    given = line.value if isinstance(line.value, dict) else {}
    title, company = (_name(given.get(field)) for field in ("title", "company"))
    return ReadRole(id=line.name, reading=_reading(line.text(), title, company, where=line.where()))


def _name(value: object) -> str | None:
    return value[:300] if isinstance(value, str) and value.strip() else None


def add_role(
    workspace: Workspace,
    posting: Path | bytes,
    *,
    on: date,
    title: str | None = None,
    company: str | None = None,
    url: str | None = None,
) -> RoleLine:
    """Save a posting in the workspace.

    Args:
        workspace: Where to save it.
        posting: The file, or what was given on standard input.
        on: The day.
        title: The job's title; the posting's own if left out.
        company: The company; the posting's own if left out.
        url: Where it was found. It is kept and never opened.

    Raises:
        UserError: it cannot be read, does not say what the job is, or is saved already.
    """
    from shipworthy.career.roles.saved import keep_role

    data = posting if isinstance(posting, bytes) else _bytes(posting)
    where = None if isinstance(posting, bytes) else Where(file=posting)
    reading = _reading(data, title, company, where=where)
    role = keep_role(_folder(workspace), reading, added=on, title=title, company=company, url=url)
    return _line(role)


def list_roles(workspace: Workspace) -> tuple[RoleLine, ...]:
    """All saved roles, oldest first."""
    from shipworthy.career.roles.saved import saved_roles

    return tuple(_line(role) for role in saved_roles(_folder(workspace)))


def note_application(workspace: Workspace, role: str, *, on: date) -> RoleLine:
    """Note that an application was sent.

    Raises:
        UserError: there is no such role, or an application was noted already.
    """
    from shipworthy.career.roles.saved import find_role, with_application

    folder = _folder(workspace)
    return _line(with_application(folder, find_role(folder, role), on=on))


def note_reply(workspace: Workspace, role: str, *, on: date, what: str) -> RoleLine:
    """Note what was heard after an application.

    Raises:
        UserError: there is no such role, no application, or the reply is older than it.
    """
    from shipworthy.career.roles.saved import find_role, with_reply

    folder = _folder(workspace)
    return _line(with_reply(folder, find_role(folder, role), on=on, what=what))


def find_gaps(workspace: Workspace, role: str | None = None) -> Gaps:
    """Hold saved roles against the evidence: all of them, or one.

    Raises:
        WorkspaceError: no role is saved, or there is none of that name.
    """
    from shipworthy.career.roles import fit_of, nearest_role, next_actions, standings
    from shipworthy.career.roles.saved import find_role, saved_roles
    from shipworthy.workbench.ledger import list_evidence

    folder = _folder(workspace)
    roles = saved_roles(folder) if role is None else (find_role(folder, role),)
    if not roles:
        raise WorkspaceError(
            "No role is saved here.",
            hint=f"Save {ENOUGH} postings first: shipworthy career roles add posting.html",
        )
    records = list_evidence(workspace)
    held = [(each, standings(each.reading.requirements, records)) for each in roles]
    compared = tuple(
        RoleGaps(
            id=each.id,
            title=each.title,
            company=each.company,
            fit=fit_of(each.id, found),
            requirements=found,
        )
        for each, found in held
    )
    return Gaps(
        roles=compared,
        nearest=nearest_role([each.fit for each in compared]),
        nearest_rule=NEAREST_RULE,
        statuses=dict(RULES),
        next=next_actions([each for _, found in held for each in found]),
    )


def _folder(workspace: Workspace) -> Path:
    return workspace.root / "career" / "roles"


def _line(role: SavedRole) -> RoleLine:
    last = role.replies[-1] if role.replies else None
    must = sum(each.must for each in role.reading.requirements)
    return RoleLine(
        id=role.id,
        title=role.title,
        company=role.company,
        url=role.url,
        added=role.added,
        must=must,
        nice=len(role.reading.requirements) - must,
        applied=role.applied,
        last_reply=last.on if last else None,
        heard=last.what if last else None,
    )
