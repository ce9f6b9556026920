"""Known incidents: what happened, by source and day; what we make of it; and the check that would have fired.

What is a fact and what is analysis is kept apart: every fact names its source, and the analysis is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from functools import cache
from typing import Literal

from shipworthy.core.errors import UserError, nearest

__all__ = [
    "Analysis",
    "AnswerCheck",
    "Cell",
    "CitationCheck",
    "Exchange",
    "IncidentCase",
    "IncidentCheck",
    "IncidentFact",
    "IncidentSource",
    "MissingCheck",
    "ProtectedGroup",
    "ScoresCheck",
    "incident",
    "incidents",
]

SourceKind = Literal["official", "court", "regulator", "research", "press", "secondary", "database"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSource:
    """Where facts about an incident come from."""

    id: str
    """Name that facts refer to."""
    title: str
    """Author or body, document, day."""
    kind: SourceKind
    """Who speaks: official is the organisation itself, secondary somebody who read it."""
    url: str | None = None
    """Address to read it at; None where we have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFact:
    """One thing that happened."""

    text: str
    """What, in one sentence."""
    source: str
    """Id of its source."""
    day: str | None = None
    """Day, month, year or span, as exact as the source; None where it has no day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What we make of it: no sourced fact."""

    missed: str
    """What the product manager should have caught."""
    when: str
    """By when it could have been caught."""
    signal: str
    """The earliest thing that could be observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """So many rows that are alike."""

    n: int
    """How many."""
    label: str
    """What was so."""
    output: str
    """What the system said."""
    group: str | None = None
    """The group they belong to, where groups are compared."""
    score: float | None = None
    """Its score for the positive label, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedGroup:
    """Between which groups, and in which sense, nobody may be worse off."""

    segment: str
    """Name of the column."""
    fairness: str
    """The definition, as in feature.yaml."""
    reason: str
    """Why this one."""
    instead: tuple[str, ...] = ()
    """Definitions that judge the same rows otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoresCheck:
    """A review of recorded scores, constructed by us."""

    kind: Literal["recorded_scores"]
    """How it is checked."""
    what: str
    """The check, in words."""
    constructed: str
    """What is published in these rows and what is ours, said plainly."""
    does: str
    """What the system is for."""
    positive: str
    """The label that counts as yes."""
    cells: tuple[Cell, ...]
    """The rows."""
    bars: tuple[str, ...]
    """The bars, ours unless said otherwise."""
    protected: ProtectedGroup | None = None
    """The groups, where groups are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question, what was answered, and the source the answer should come from."""

    question: str
    """What was asked."""
    answer: str
    """What was answered."""
    source: str
    """What the source says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCheck:
    """Answers held against the text they should come from."""

    kind: Literal["answer_against_source"]
    """How it is checked."""
    what: str
    """The check, in words."""
    constructed: str
    """Whose texts these are."""
    exchanges: tuple[Exchange, ...]
    """The texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationCheck:
    """Citations looked up in a list of works that exist."""

    kind: Literal["citation_resolves"]
    """How it is checked."""
    what: str
    """The check, in words."""
    constructed: str
    """Whose text this is."""
    text: str
    """The text that cites."""
    works: tuple[str, ...]
    """The works that exist, each as ``Surname, …, year``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCheck:
    """A check that this product does not have."""

    kind: Literal["missing"]
    """That it is missing."""
    what: str
    """The check that would have fired."""
    nearest: str
    """What comes nearest to it here."""


IncidentCheck = ScoresCheck | AnswerCheck | CitationCheck | MissingCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCase:
    """A known incident as a one-page postmortem."""

    id: str
    """Its name here."""
    name: str
    """What to call it."""
    when: str
    """When it happened."""
    summary: str
    """It in one sentence."""
    account: str
    """Whether the organisation itself has explained it, and where."""
    facts: tuple[IncidentFact, ...]
    """What happened."""
    sources: tuple[IncidentSource, ...]
    """Where the facts come from."""
    analysis: Analysis
    """What we make of it."""
    failure_modes: tuple[str, ...]
    """Failure modes of the playbook, the main one first."""
    check: IncidentCheck
    """The check that would have fired, or the one that is missing."""
    caveat: str | None = None
    """What could not be verified."""
    as_of: date
    """Day on which the item was checked."""

    def source(self, id: str) -> IncidentSource:  # noqa: A002 - the field's name
        """One of its sources."""
        return next(item for item in self.sources if item.id == id)


@cache
def incidents() -> tuple[IncidentCase, ...]:
    """The twelve incidents, by name."""
    from importlib.resources import files

    from shipworthy.playbook._files import IncidentFile, read

    folder = files("shipworthy.playbook") / "data" / "incidents"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(read(f"incidents/{name}", IncidentFile).incident for name in names)


def incident(id: str) -> IncidentCase:  # noqa: A002 - the field's name
    """The incident called ``id``.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    known = {item.id: item for item in incidents()}
    if id not in known:
        raise UserError(f"The playbook has no incident {id[:80]!r}.", hint=nearest(id, known))
    return known[id]
