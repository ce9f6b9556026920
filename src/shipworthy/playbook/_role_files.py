"""The YAML files in ``data/roles``, checked and compiled on the way in."""

from __future__ import annotations

import base64
import re
from array import array
from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shipworthy.playbook._files import read
from shipworthy.playbook.items import Source, competency
from shipworthy.playbook.roles import (
    CompetencyCues,
    Pattern,
    RoleAction,
    RoleModel,
    RoleModels,
    RoleSegment,
    RoleWords,
    SectionKind,
    SegmentId,
)

__all__ = ["models_from", "read_actions", "read_models", "read_words"]


def _compiled(patterns: Iterable[str]) -> Pattern:
    """One pattern for several, each of which must begin at a word."""
    return re.compile("|".join(rf"(?<!\w)(?:{each})" for each in patterns), re.IGNORECASE)


def _known(value: str) -> str:
    return competency(value).id


_CompetencyId = Annotated[str, BeforeValidator(_known)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Section(_File):
    kind: SectionKind
    patterns: tuple[str, ...]


class _Dated(_File):
    source: Source
    as_of: date


class _Sections(_Dated):
    sections: tuple[_Section, ...]


class _Sentences(_Dated):
    asks_anywhere: tuple[str, ...]
    asks_in_section: tuple[str, ...]
    never: tuple[str, ...]
    duty: tuple[str, ...]
    nice: tuple[str, ...]
    must: tuple[str, ...]


class _Cues(_File):
    competency: _CompetencyId
    strong: tuple[str, ...]
    weak: tuple[str, ...] = ()


class _Competencies(_Dated):
    against: tuple[str, ...]
    cues: tuple[_Cues, ...]


class _Segment(_File):
    id: SegmentId
    name: str
    patterns: tuple[str, ...]


class _Segments(_Dated):
    segments: tuple[_Segment, ...]
    large: tuple[str, ...]


class _Action(_File):
    id: str
    command: str
    what: str
    hours: float = Field(gt=0)
    competencies: tuple[_CompetencyId, ...]
    written_by: str


class _Actions(_Dated):
    actions: tuple[_Action, ...]


class _Model(_File):
    names: tuple[str, ...]
    biases: tuple[float, ...]
    steps: tuple[float, ...]
    rarity: str
    weights: tuple[str, ...]


class _Models(_Dated):
    asks: _Model
    competencies: _Model


def read_models() -> RoleModels:
    """The fitted weights. They are JSON because YAML would take long over them."""
    return models_from(files("shipworthy.playbook").joinpath("data/roles/weights.json").read_text("utf-8"))


def models_from(data: str) -> RoleModels:
    """Weights as ``fits/roles.py`` writes them."""
    file = _Models.model_validate_json(data)
    return RoleModels(asks=_model(file.asks), competencies=_model(file.competencies))


def _model(given: _Model) -> RoleModel:
    return RoleModel(
        names=given.names,
        biases=given.biases,
        steps=given.steps,
        rarity=base64.b64decode(given.rarity),
        weights=tuple(tuple(array("b", base64.b64decode(row))) for row in given.weights),
    )


def read_words() -> RoleWords:
    """The word lists, compiled."""
    sections = read("roles/sections.yaml", _Sections)
    sentences = read("roles/sentences.yaml", _Sentences)
    competencies = read("roles/competencies.yaml", _Competencies)
    segments = read("roles/segments.yaml", _Segments)
    return RoleWords(
        headings=tuple((each.kind, _each(each.patterns)) for each in sections.sections),
        asks_anywhere=_compiled(sentences.asks_anywhere),
        asks_in_section=_compiled(sentences.asks_in_section),
        never=_compiled(sentences.never),
        duty=_compiled(sentences.duty),
        nice=_compiled(sentences.nice),
        must=_compiled(sentences.must),
        against=_compiled(competencies.against),
        cues=tuple(
            CompetencyCues(competency=each.competency, strong=_each(each.strong), weak=_each(each.weak))
            for each in competencies.cues
        ),
        segments=tuple(
            RoleSegment(id=each.id, name=each.name, patterns=_each(each.patterns))
            for each in segments.segments
        ),
        large=_compiled(segments.large),
    )


def _each(patterns: Iterable[str]) -> tuple[Pattern, ...]:
    return tuple(_compiled([pattern]) for pattern in patterns)


def read_actions() -> tuple[RoleAction, ...]:
    """The actions, least effort first."""
    file = read("roles/actions.yaml", _Actions)
    listed = (RoleAction(**each.model_dump(), source=file.source, as_of=file.as_of) for each in file.actions)
    return tuple(sorted(listed, key=lambda action: action.hours))
