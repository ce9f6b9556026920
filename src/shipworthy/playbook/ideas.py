"""What to know about an idea before any model is chosen, and the rules that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shipworthy.playbook._files import read
from shipworthy.playbook.conditions import Comparison, Condition, condition
from shipworthy.playbook.items import Source

__all__ = ["Advice", "IdeaPlaybook", "IdeaQuestion", "IdeaRule", "idea_playbook"]

Advice = Literal["without_ai", "label_first", "prototype", "find_out"]
"""What to do with an idea: without AI, label data first, prototype, or find something out first."""


class IdeaQuestion(BaseModel):
    """One question about an idea."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    """Its name in ``idea.answers.yaml``."""
    ask: str
    """The question."""
    help: str
    """What counts."""
    choices: tuple[str, ...] = ()
    """The answers it takes; empty where it takes a text or a number."""
    number: bool = False
    """Whether it takes a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaRule:
    """One rule about ideas."""

    id: str
    """Its name."""
    when: Condition | Comparison
    """When it applies."""
    then: Advice
    """What it advises."""
    because: str
    """Why."""
    next: str
    """What to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaPlaybook:
    """All questions and rules, with their source."""

    questions: tuple[IdeaQuestion, ...]
    """In the order in which they are asked."""
    rules: tuple[IdeaRule, ...]
    """In the order in which they decide."""
    source: Source
    """Where they come from."""
    as_of: date
    """When they were written."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    when: Any
    then: Advice
    because: str
    next: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Source
    as_of: date
    questions: tuple[IdeaQuestion, ...]
    rules: tuple[_Rule, ...]


@cache
def idea_playbook() -> IdeaPlaybook:
    """The questions and rules of ``idea_questions.yaml``."""
    file = read("idea_questions.yaml", _File)
    rules = (
        IdeaRule(id=one.id, when=condition(one.when), then=one.then, because=one.because, next=one.next)
        for one in file.rules
    )
    return IdeaPlaybook(questions=file.questions, rules=tuple(rules), source=file.source, as_of=file.as_of)
