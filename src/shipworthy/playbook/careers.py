"""Levels of competencies, ways into the work, the curriculum and the facts to remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

from shipworthy.core.errors import UserError, nearest
from shipworthy.playbook.items import Source  # at run time: Pydantic reads the field types

__all__ = [
    "PATHS",
    "CareerPath",
    "Curriculum",
    "CurriculumItem",
    "Fact",
    "Horizon",
    "LevelRule",
    "Levels",
    "PathId",
    "PathStep",
    "Phase",
    "PhaseId",
    "career_path",
    "career_paths",
    "curriculum",
    "facts",
    "levels",
]

PathId = Literal["engineer", "product-manager", "switcher"]
"""Where somebody starts from."""
PATHS: tuple[PathId, ...] = ("engineer", "product-manager", "switcher")
"""The three starting points."""
PhaseId = Literal["foundation", "product", "market"]
"""A third of the curriculum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """What it takes to be at a level."""

    level: int
    """0 to 4."""
    name: str
    """What to call it."""
    needs: Mapping[str, int]
    """Counts of evidence that all must be reached, by what is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The rule that grants levels, and what can be observed at each."""

    rules: tuple[LevelRule, ...]
    """Level 0 first."""
    observable: Mapping[str, tuple[str, ...]]
    """Competency to what can be observed from level 1 upwards."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How long a way takes."""

    months: tuple[int, int]
    """From, to."""
    basis: Literal["guide", "estimate"]
    """Whether the guide says so, or we estimate it."""
    note: str
    """What it is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One step of a way."""

    id: str
    """Stable name."""
    what: str
    """What to do."""
    months: float
    """About how long it takes; an estimate."""
    needs: Mapping[str, int]
    """Level of each competency that it should leave behind."""
    do: str
    """A command to begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareerPath:
    """A way into the work from one starting point."""

    id: PathId
    """Stable name."""
    name: str
    """Who starts here."""
    starts: str
    """What is true of them."""
    horizon: Horizon
    """How long it takes."""
    prerequisites: tuple[str, ...]
    """What has to be there first."""
    edge: str
    """What they have that others lack."""
    steps: tuple[PathStep, ...]
    """In order."""
    avoid: tuple[str, ...]
    """What not to attempt."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A third of the curriculum."""

    id: PhaseId
    """Stable name."""
    name: str
    """What to call it."""
    weeks: tuple[int, int]
    """First and last of the twelve weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurriculumItem:
    """One thing to do, small enough to be ticked off."""

    id: str
    """Stable name."""
    phase: PhaseId
    """Its third of the curriculum."""
    what: str
    """What to do."""
    quarters: int
    """Quarter hours it is given."""
    first_week: bool
    """Whether it belongs to the guide's first seven days."""
    do: str | None
    """A command of Shipworthy that does it or a part of it."""
    competencies: tuple[str, ...]
    """Playbook ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curriculum:
    """Everything to do, in order."""

    weeks: int
    """Weeks the guide gives it."""
    phases: tuple[Phase, ...]
    """The three phases."""
    items: tuple[CurriculumItem, ...]
    """In the order to do them."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was true."""

    @property
    def quarters(self) -> int:
        """Quarter hours in all."""
        return sum(item.quarters for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A question and its answer, to be remembered."""

    id: str
    """Stable name."""
    ask: str
    """The question."""
    answer: str
    """The answer."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was true."""


@cache
def levels() -> Levels:
    """The levels of all competencies."""
    from shipworthy.playbook._career_files import read_levels

    return read_levels()


@cache
def career_paths() -> tuple[CareerPath, ...]:
    """The three ways."""
    from shipworthy.playbook._career_files import read_paths

    return read_paths()


def career_path(id: str) -> CareerPath:  # noqa: A002 - the field's name
    """The way from one starting point.

    Raises:
        UserError: there is none of this name.
    """
    known = {path.id: path for path in career_paths()}
    for path in known.values():
        if path.id == id:
            return path
    raise UserError(f"There is no starting point {id[:80]!r}.", hint=nearest(id, known) or None)


@cache
def curriculum(path: PathId = "switcher") -> Curriculum:
    """The curriculum for a starting point; all have the same hours."""
    from shipworthy.playbook._career_files import read_curriculum

    return read_curriculum(path)


@cache
def facts() -> tuple[Fact, ...]:
    """Key facts, and how each failure mode shows."""
    from shipworthy.playbook._career_files import read_facts
    from shipworthy.playbook.items import failure_modes

    modes = (
        Fact(
            id=f"mode-{mode.id}",
            ask=f"{mode.name}: how does it show, and what is the next step?",
            answer=f"{mode.shows} {mode.next_step}",
            source=mode.source,
            as_of=mode.as_of,
        )
        for mode in failure_modes()
    )
    return (*read_facts(), *modes)
