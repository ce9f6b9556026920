"""Interview questions and their rubrics: anchored criteria, knock-outs, follow-ups, time limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from functools import cache
from typing import Literal

from shipworthy.core.errors import UserError, nearest
from shipworthy.playbook.items import Source  # at run time: Pydantic reads the field types

__all__ = [
    "NOTHING",
    "AnswerWords",
    "CriterionKind",
    "InterviewCriterion",
    "InterviewQuestion",
    "Mark",
    "Topic",
    "answer_words",
    "interview_question",
    "interview_questions",
]

Topic = Literal[
    "evaluation", "metrics", "failure-modes", "fallback", "sourcing", "regulation", "ethics",
    "prioritisation", "research", "execution",
]  # fmt: skip
"""What a question is about."""
CriterionKind = Literal["topic", "concrete", "reasoned", "commits"]
"""Whether a criterion is about a topic, or about how every answer is given."""
Mark = Literal[
    "number", "limit", "money", "time", "condition", "cause", "contrast", "example", "name", "quote"
]  # fmt: skip
"""What makes a sentence specific."""
NOTHING = "Nothing that can be quoted"
"""Level 0 of every criterion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewCriterion:
    """One thing that an answer says or does not say."""

    id: str
    """Stable name; the same in every question that uses it."""
    kind: CriterionKind
    """Whether it is about a topic or about how the answer is given."""
    text: str
    """What is looked for."""
    levels: tuple[str, ...]
    """What an answer at level 0, 1, 2, 3 and 4 says."""
    ask: str
    """The follow-up where it was missing."""
    says: tuple[str, ...]
    """Expressions that show it being done."""
    mentions: tuple[str, ...]
    """Expressions that only name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewQuestion:
    """A question and the rubric that its answers are scored by."""

    id: str
    """Stable name."""
    topic: Topic
    """What it is about."""
    must: bool
    """Whether it is one of the guide's three that must be nailed."""
    ask: str
    """The question."""
    minutes: int
    """Time limit of the timed mode."""
    competencies: tuple[str, ...]
    """Playbook ids of what it practises."""
    criteria: tuple[InterviewCriterion, ...]
    """Six to eight, those of every answer first and its own last."""
    knock_outs: tuple[str, ...]
    """Criteria that must reach level 1 for the answer to pass."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWords:
    """What words say about a sentence of an answer: whether one could act on it, or it only talks."""

    offset: float
    """What a sentence is worth before its words."""
    weights: Mapping[str, float]
    """Word or pair of words to what it adds."""
    asked: Mapping[str, Mapping[str, float]]
    """Id of a question to what words and pairs add besides, in its answers."""
    learnt_from: str
    """Who wrote the texts that the weights were fitted on, how many, and when."""
    as_of: date
    """Day on which they were fitted."""


@cache
def answer_words() -> AnswerWords:
    """The fitted weights of words."""
    from shipworthy.playbook._interview_files import read_answer_words

    return read_answer_words()


@cache
def interview_questions() -> tuple[InterviewQuestion, ...]:
    """Every question, by topic."""
    from shipworthy.playbook._interview_files import read_interviews

    return read_interviews()


def interview_question(wanted: str) -> InterviewQuestion:
    """The question of that id, or with those words.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    known = {item.id: item for item in interview_questions()}
    said = _folded(wanted)
    by_words = {_folded(item.ask): item for item in known.values()}
    found = known.get(wanted.strip().casefold()) or by_words.get(said)
    if found is None:
        hint = f"{nearest(wanted, known)} All of them: shipworthy career interview questions"
        raise UserError(f"There is no interview question {wanted[:80]!r}.", hint=hint.strip())
    return found


def _folded(text: str) -> str:
    return " ".join(text[:2_000].split()).casefold()
