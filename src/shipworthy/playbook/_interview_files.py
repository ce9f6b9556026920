"""The YAML files of the interviews, checked on the way in."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shipworthy.playbook._files import read
from shipworthy.playbook.interviews import (
    NOTHING,
    AnswerWords,
    CriterionKind,
    InterviewCriterion,
    InterviewQuestion,
    Topic,
)
from shipworthy.playbook.items import Source, competency

__all__ = ["read_answer_words", "read_interviews"]

_EVERYWHERE = ("concrete", "reasoned", "commits")


def _pattern(text: str) -> str:
    re.compile(text)
    return text


_Competency = Annotated[str, AfterValidator(lambda value: competency(value).id)]
_Pattern = Annotated[str, AfterValidator(_pattern)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Own(_File):
    text: str
    levels: tuple[str, str, str, str]
    ask: str
    says: tuple[_Pattern, ...] = ()
    mentions: tuple[_Pattern, ...] = ()


class _Criterion(_Own):
    id: str
    kind: CriterionKind = "topic"


class _CriterionFile(_File):
    source: Source
    as_of: date
    items: tuple[_Criterion, ...]


class _Question(_File):
    id: str
    topic: Topic
    must: bool = False
    source: str | None = None
    ask: str
    minutes: int = Field(ge=1, le=10)
    competencies: tuple[_Competency, ...]
    criteria: tuple[str, ...]
    skips: tuple[str, ...] = ()
    knock_outs: tuple[str, ...]
    own: _Own


class _QuestionFile(_File):
    source: Source
    as_of: date
    items: tuple[_Question, ...]


class _WordFile(_File):
    learnt_from: str
    as_of: date
    offset: float
    weights: dict[str, float]
    asked: dict[str, dict[str, float]]


def read_answer_words() -> AnswerWords:
    """The fitted weights. JSON, because nobody but a machine reads them and YAML takes long over them."""
    data = files("shipworthy.playbook").joinpath("data/interview/weights.json").read_text(encoding="utf-8")
    given = _WordFile.model_validate_json(data)
    return AnswerWords(
        offset=given.offset,
        weights=given.weights,
        asked=given.asked,
        learnt_from=given.learnt_from,
        as_of=given.as_of,
    )


def read_interviews() -> tuple[InterviewQuestion, ...]:
    """Every question with its rubric, in the file's order."""
    shared = {item.id: item for item in read("interview/criteria.yaml", _CriterionFile).items}
    file = read("interview/questions.yaml", _QuestionFile)
    return tuple(_question(item, file, shared) for item in file.items)


def _question(item: _Question, file: _QuestionFile, shared: dict[str, _Criterion]) -> InterviewQuestion:
    every = [name for name in _EVERYWHERE if name not in item.skips]
    own = _Criterion(id=item.id, **item.own.model_dump())
    criteria = tuple(_criterion(each) for each in (*(shared[name] for name in (*every, *item.criteria)), own))
    return InterviewQuestion(
        id=item.id,
        topic=item.topic,
        must=item.must,
        ask=item.ask,
        minutes=item.minutes,
        competencies=item.competencies,
        criteria=criteria,
        knock_outs=item.knock_outs,
        source=Source(title=item.source, url=None) if item.source else file.source,
        as_of=file.as_of,
    )


def _criterion(item: _Criterion) -> InterviewCriterion:
    return InterviewCriterion(
        id=item.id,
        kind=item.kind,
        text=item.text,
        levels=(NOTHING, *item.levels),
        ask=item.ask,
        says=item.says,
        mentions=item.mentions,
    )
