"""The words of job postings: headings, what is asked and how firmly, competencies, segments; next actions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shipworthy.playbook.items import Source

__all__ = [
    "CompetencyCues",
    "Pattern",
    "RoleAction",
    "RoleSegment",
    "RoleWords",
    "SectionKind",
    "SegmentId",
    "role_actions",
    "role_words",
]

SectionKind = Literal["required", "preferred", "duties", "other"]
"""What a section of a posting holds: what is asked, what is merely preferred, the work, anything else."""
SegmentId = Literal["frontier", "startup", "established", "domain"]
"""The guide's four parts of the market."""
Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetencyCues:
    """What in a requirement points to a competency."""

    competency: str
    """Playbook id."""
    strong: tuple[Pattern, ...]
    """Count two each."""
    weak: tuple[Pattern, ...]
    """Count one each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSegment:
    """One of the guide's market segments."""

    id: SegmentId
    """Stable name."""
    name: str
    """What to call it."""
    patterns: tuple[Pattern, ...]
    """Words of a posting that point to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAction:
    """Something to do here that leaves evidence of competencies."""

    id: str
    """Stable name."""
    command: str
    """What to type; words in capitals are yours to fill in."""
    what: str
    """What it is to do it."""
    hours: float
    """A rough guess of the time it takes, for choosing between actions; not a measurement."""
    competencies: tuple[str, ...]
    """Playbook ids that the evidence record is tagged with."""
    written_by: str
    """The file of this package that writes the record."""
    source: Source
    """Where the item comes from."""
    as_of: date
    """Day on which it was true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWords:
    """Every word list that postings are read with. Patterns begin at a word and ignore case."""

    headings: tuple[tuple[SectionKind, tuple[Pattern, ...]], ...]
    """Headings by kind of section, in the order in which they are tried."""
    asks_anywhere: Pattern
    """Asks something of the applicant in any section."""
    asks_in_section: Pattern
    """Asks something in prose below a heading such as "About you"."""
    never: Pattern
    """Asks nothing, whatever else it says."""
    nice: Pattern
    """Calls something merely preferred."""
    must: Pattern
    """Keeps a sentence firm of which a part is preferred."""
    against: Pattern
    """Career length, degrees: not a competency unless much else points to one."""
    cues: tuple[CompetencyCues, ...]
    """What points to each competency."""
    segments: tuple[RoleSegment, ...]
    """The market segments, in the order in which they are tried."""
    large: Pattern
    """Says that a company is large or old."""


@cache
def role_words() -> RoleWords:
    """The word lists for reading postings."""
    from shipworthy.playbook._role_files import read_words

    return read_words()


@cache
def role_actions() -> tuple[RoleAction, ...]:
    """Everything that can be done here about a gap, the least effort first."""
    from shipworthy.playbook._role_files import read_actions

    return read_actions()
