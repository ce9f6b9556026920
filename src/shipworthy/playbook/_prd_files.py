"""The YAML files about PRDs, checked on the way in and turned into the values of ``prd``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shipworthy.playbook._files import read
from shipworthy.playbook.items import Source
from shipworthy.playbook.prd import PaperQuestion, PrdRule, PrdTopic, RuleKind, RuleSeverity

__all__ = ["read_paper_questions", "read_rules", "read_signals", "read_topics"]

_SIGNAL = re.compile(r"\{([a-z]+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _TopicItem(_Strict):
    id: str
    label: tuple[str, ...]
    home: tuple[str, ...] = ()
    says: tuple[str, ...] = ()


class _TopicFile(_Strict):
    items: tuple[_TopicItem, ...]


class _RuleItem(_Strict):
    id: str
    severity: RuleSeverity
    kind: RuleKind
    why: str
    next: str
    failing: str
    passing: str
    topic: str | None = None
    also: tuple[str, ...] = ()
    presence: Literal["label", "says"] = "label"
    needs: tuple[str, ...] = ()
    at_least: int = 1
    says: str | None = None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_document: tuple[str, ...] = ()
    needs_workspace: bool = False


class _RuleFile(_Strict):
    source: Source
    as_of: date
    signals: dict[str, str]
    items: tuple[_RuleItem, ...]


class _QuestionItem(_Strict):
    id: str
    ask: str
    example: str


class _QuestionFile(_Strict):
    prd: tuple[_QuestionItem, ...]
    research: tuple[_QuestionItem, ...]


@cache
def _rules() -> _RuleFile:
    return read("prd_rules.yaml", _RuleFile)


def read_topics() -> tuple[PrdTopic, ...]:
    """The topics of ``prd_topics.yaml``."""
    signals = _rules().signals
    return tuple(_topic(item, signals) for item in read("prd_topics.yaml", _TopicFile).items)


def _topic(item: _TopicItem, signals: Mapping[str, str]) -> PrdTopic:
    label = _joined(item.label, signals)
    assert label is not None, f"the topic {item.id!r} has no label"
    return PrdTopic(
        id=item.id,
        label=label,
        says=_joined(item.says, signals),
        home=frozenset(item.home),
    )


def _joined(patterns: Iterable[str], signals: Mapping[str, str]) -> re.Pattern[str] | None:
    text = "|".join(f"(?:{pattern})" for pattern in patterns)
    return _compiled(text, signals) if text else None


def read_rules() -> tuple[PrdRule, ...]:
    """The rules of ``prd_rules.yaml``, their patterns with the named signals filled in."""
    file = _rules()

    def patterns(written: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(_compiled(text, file.signals) for text in written)

    return tuple(
        PrdRule(
            id=item.id,
            severity=item.severity,
            kind=item.kind,
            why=item.why,
            next=item.next,
            failing=item.failing,
            passing=item.passing,
            topic=item.topic,
            also=item.also,
            presence=item.presence,
            needs=patterns(item.needs),
            at_least=item.at_least,
            says=None if item.says is None else _compiled(item.says, file.signals),
            when=patterns(item.when),
            unless=patterns(item.unless),
            unless_document=patterns(item.unless_document),
            needs_workspace=item.needs_workspace,
            source=file.source,
            as_of=file.as_of,
        )
        for item in file.items
    )


@cache
def read_signals() -> dict[str, re.Pattern[str]]:
    """The named signals of ``prd_rules.yaml``."""
    signals = _rules().signals
    return {name: re.compile(text, re.IGNORECASE) for name, text in signals.items()}


def _compiled(text: str, signals: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(_SIGNAL.sub(lambda name: f"(?:{signals[name[1]]})", text), re.IGNORECASE)


def read_paper_questions(paper: Literal["prd", "research"]) -> tuple[PaperQuestion, ...]:
    """The questions of one paper in ``paper_questions.yaml``."""
    items = getattr(read("paper_questions.yaml", _QuestionFile), paper)
    return tuple(PaperQuestion(id=item.id, ask=item.ask, example=item.example) for item in items)
