"""The YAML files about careers and exercises, checked on the way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shipworthy.playbook._files import read
from shipworthy.playbook.careers import (
    CareerPath,
    Curriculum,
    CurriculumItem,
    Fact,
    Horizon,
    LevelRule,
    Levels,
    PathId,
    PathStep,
    Phase,
    PhaseId,
)
from shipworthy.playbook.exercises import ExerciseTopic
from shipworthy.playbook.items import Source, competency, failure_mode

__all__ = ["read_curriculum", "read_exercises", "read_facts", "read_levels", "read_paths"]

_Competency = Annotated[str, AfterValidator(lambda value: competency(value).id)]
_Mode = Annotated[str, AfterValidator(lambda value: failure_mode(value).id)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Dated(_File):
    source: Source
    as_of: date


class _LevelFile(_Dated):
    rules: tuple[LevelRule, ...]
    observable: dict[_Competency, tuple[str, ...]]


class _Path(_Dated):
    id: PathId
    name: str
    starts: str = Field(alias="from")
    horizon: Horizon
    prerequisites: tuple[str, ...]
    edge: str
    steps: tuple[PathStep, ...]
    avoid: tuple[str, ...]


class _PathFile(_File):
    items: tuple[_Path, ...]


class _Item(_File):
    id: str
    phase: PhaseId
    what: str
    hours: float = Field(gt=0, multiple_of=0.25)
    times: int = Field(default=1, ge=1)
    every_week: bool = False
    first_week: bool = False
    do: str | None = None
    competencies: tuple[_Competency, ...]
    by_path: dict[PathId, str] = {}


class _CurriculumFile(_Dated):
    weeks: int
    hours: float
    phases: tuple[Phase, ...]
    items: tuple[_Item, ...]


class _FactFile(_File):
    items: tuple[Fact, ...]


class _Topic(_File):
    id: str
    shape: str
    text: str
    failure_mode: _Mode | None = None
    competencies: tuple[_Competency, ...] = ()
    settings: dict[str, Any] = {}


class _ExerciseFile(_Dated):
    items: tuple[_Topic, ...]
    not_computable: dict[_Mode, str]


def read_levels() -> Levels:
    """The rule and what can be observed."""
    file = read("levels.yaml", _LevelFile)
    return Levels(rules=file.rules, observable=file.observable, source=file.source, as_of=file.as_of)


def read_paths() -> tuple[CareerPath, ...]:
    """The three ways, in the file's order."""
    return tuple(
        CareerPath(**{name: getattr(item, name) for name in _Path.model_fields})
        for item in read("paths.yaml", _PathFile).items
    )


def read_facts() -> tuple[Fact, ...]:
    """The facts of ``cards.yaml``."""
    return read("cards.yaml", _FactFile).items


def read_exercises() -> tuple[tuple[ExerciseTopic, ...], Mapping[str, str]]:
    """Topics, and the failure modes that have none with the reason."""
    file = read("exercises.yaml", _ExerciseFile)
    return tuple(_topic(item, file) for item in file.items), file.not_computable


def _topic(item: _Topic, file: _ExerciseFile) -> ExerciseTopic:
    of_mode = failure_mode(item.failure_mode).competencies if item.failure_mode else ()
    return ExerciseTopic(
        id=item.id,
        shape=item.shape,
        text=item.text,
        failure_mode=item.failure_mode,
        competencies=item.competencies or of_mode,
        settings=item.settings,
        source=file.source,
        as_of=file.as_of,
    )


def read_curriculum(path: PathId) -> Curriculum:
    """The curriculum in order, weekly items spread evenly over its hours."""
    file = read("curriculum.yaml", _CurriculumFile)
    once = [each for item in file.items if not item.every_week for each in _expanded(item, path)]
    weekly = [each for item in file.items if item.every_week for each in _expanded(item, path)]
    return Curriculum(
        weeks=file.weeks,
        phases=file.phases,
        items=tuple(_spread(once, weekly)),
        source=file.source,
        as_of=file.as_of,
    )


def _expanded(item: _Item, path: PathId) -> Iterator[CurriculumItem]:
    for number in range(1, item.times + 1):
        yield CurriculumItem(
            id=item.id if item.times == 1 else f"{item.id}-{number}",
            phase=item.phase,
            what=item.by_path.get(path, item.what),
            quarters=round(item.hours * 4),
            first_week=item.first_week and number == 1,
            do=item.do,
            competencies=item.competencies,
        )


def _spread(once: list[CurriculumItem], weekly: list[CurriculumItem]) -> Iterator[CurriculumItem]:
    """The weekly items between the others, one for each equal part of the hours, in its phase."""
    from dataclasses import replace

    total, passed, waiting = sum(item.quarters for item in once), 0, list(weekly)
    for item in once:
        yield item
        passed += item.quarters
        while waiting and passed * len(weekly) >= total * (len(weekly) - len(waiting) + 0.5):
            yield replace(waiting.pop(0), phase=item.phase)
    yield from waiting
