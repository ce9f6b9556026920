"""Competencies and failure modes, and how to look them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from functools import cache
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from shipworthy.core.errors import UserError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Competency",
    "FailureMode",
    "Family",
    "Group",
    "Incident",
    "Source",
    "competencies",
    "competency",
    "failure_mode",
    "failure_modes",
]

Group = Literal["core", "technical", "soft"]
"""Which part of the guide's list a competency belongs to."""
Family = Literal["model", "data", "measurement", "people", "operation", "security"]
"""Where a failure mode arises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an item comes from."""

    title: str
    """Author, year and title, or the name of the document."""
    url: str | None = None
    """Address to read it at; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A real case of a failure mode."""

    what: str
    """What happened, in one sentence with its year."""
    url: str
    """Entry to read about it, usually in the AI Incident Database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Competency:
    """One thing an AI product manager has to be able to do."""

    id: str
    """Stable name that evidence records are tagged with."""
    group: Group
    """Core, technical or soft."""
    name: str
    """What to call it."""
    meaning: str
    """What it is to be able to do this."""
    evidence: tuple[str, ...]
    """What counts here as showing it."""
    source: Source
    """Where the competency comes from."""
    as_of: date
    """Day on which the item was true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureMode:
    """One way in which AI features go wrong."""

    id: str
    """Stable name that findings refer to."""
    family: Family
    """Where it arises."""
    name: str
    """What to call it."""
    meaning: str
    """What goes wrong, in plain words."""
    shows: str
    """How it shows in data, scores or use."""
    next_step: str
    """What to do about it."""
    competencies: tuple[str, ...]
    """Ids of the competencies that dealing with it exercises, the main one first."""
    incident: Incident | None = None
    """A real case, where one is known."""
    source: Source
    """Where to read about it."""
    as_of: date
    """Day on which the item was checked."""


class _Item(Protocol):
    @property
    def id(self) -> str: ...


_AnyItem = TypeVar("_AnyItem", bound=_Item)


@cache
def competencies() -> tuple[Competency, ...]:
    """The thirteen competencies: four core, five technical, four soft, in the guide's order."""
    from shipworthy.playbook._files import CompetencyFile, read

    return read("competencies.yaml", CompetencyFile).items


@cache
def failure_modes() -> tuple[FailureMode, ...]:
    """Every failure mode, grouped by family."""
    from shipworthy.playbook._files import FailureModeFile, read

    return read("failure_modes.yaml", FailureModeFile).items


def competency(id: str) -> Competency:  # noqa: A002 - the field's name
    """The competency called ``id``.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    return _found(id, competencies(), "competency")


def failure_mode(id: str) -> FailureMode:  # noqa: A002 - the field's name
    """The failure mode called ``id``.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    return _found(id, failure_modes(), "failure mode")


def _found(wanted: str, items: Iterable[_AnyItem], what: str) -> _AnyItem:
    known = {item.id: item for item in items}
    if wanted not in known:
        raise UserError(f"The playbook has no {what} {wanted!r}.", hint=nearest(wanted, known))
    return known[wanted]
