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
    "RoleModel",
    "RoleModels",
    "RoleSegment",
    "RoleWords",
    "SectionKind",
    "SegmentId",
    "role_actions",
    "role_models",
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
    duty: Pattern
    """Opens a sentence about the work: looked for where no heading says what a sentence is."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleModel:
    """A linear model over hashed features of a sentence. All its lists of buckets have one length."""

    names: tuple[str, ...]
    """What each row of weights speaks for."""
    biases: tuple[float, ...]
    """What each row adds whatever the sentence says."""
    steps: tuple[float, ...]
    """What one unit of each row's weights is worth."""
    rarity: bytes
    """For each bucket how rare its features were: 32 times the inverse document frequency."""
    weights: tuple[tuple[int, ...], ...]
    """For each name a weight from -127 to 127 for each bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleModels:
    """What was learned from labelled sentences of postings."""

    asks: RoleModel
    """Whether a sentence asks something of the applicant: one row."""
    competencies: RoleModel
    """What a requirement is about: the competencies and ``other``."""


@cache
def role_words() -> RoleWords:
    """The word lists for reading postings."""
    from shipworthy.playbook._role_files import read_words

    return read_words()


@cache
def role_models() -> RoleModels:
    """The weights that ``fits/roles.py`` fitted."""
    from shipworthy.playbook._role_files import read_models

    return read_models()


@cache
def role_actions() -> tuple[RoleAction, ...]:
    """Everything that can be done here about a gap, the least effort first."""
    from shipworthy.playbook._role_files import read_actions

    return read_actions()
