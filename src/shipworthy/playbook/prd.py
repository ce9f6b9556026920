"""What a PRD for an AI feature must say: its topics, the rules, and the questions its draft asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Literal

from shipworthy.core.errors import UserError, nearest

if TYPE_CHECKING:
    from shipworthy.playbook.items import Source

__all__ = [
    "PaperQuestion",
    "PrdRule",
    "PrdTopic",
    "RuleSeverity",
    "paper_questions",
    "prd_rule",
    "prd_rules",
    "prd_signal",
    "prd_topics",
]

RuleSeverity = Literal["blocking", "advice"]
"""Whether a finding keeps a feature from launch, or only makes the document better."""
RuleKind = Literal["missing", "detail", "wording", "special"]
Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrdTopic:
    """One thing that a PRD for an AI feature talks about, and how it is recognised."""

    id: str
    """Stable name."""
    label: Pattern
    """Headings and lead words that announce it."""
    says: Pattern | None
    """Text that is about it."""
    home: frozenset[str]
    """Topics in whose parts text about it counts, beside its own; ``*`` for anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrdRule:
    """One rule, with an example that breaks it and one that keeps it."""

    id: str
    """Stable name."""
    severity: RuleSeverity
    """Blocking or advice."""
    kind: RuleKind
    """How it is tested."""
    why: str
    """What is wrong where it is broken, in plain words."""
    next: str
    """What to do then."""
    failing: str
    """Markdown that breaks it."""
    passing: str
    """Markdown that keeps it."""
    topic: str | None
    """The topic it is about."""
    also: tuple[str, ...]
    """Further topics in whose parts the detail may stand."""
    presence: Literal["label", "says"]
    """Whether a heading is enough, or only text about the topic (``missing``)."""
    needs: tuple[Pattern, ...]
    """What the part about the topic must say (``detail``)."""
    at_least: int
    """How many of them."""
    says: Pattern | None
    """What breaks the rule (``wording``)."""
    when: tuple[Pattern, ...]
    """One of these must be said for the rule to matter."""
    unless: tuple[Pattern, ...]
    """Any of these excuses it."""
    unless_document: tuple[Pattern, ...]
    """Any of these, anywhere in the document, excuses it."""
    needs_workspace: bool
    """Whether it can be judged only where the reviews are."""
    source: Source
    """Where the rule comes from."""
    as_of: date
    """Day on which it was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperQuestion:
    """Something only a person can answer, asked where a paper is drafted."""

    id: str
    """Its name in the answers file."""
    ask: str
    """The question."""
    example: str
    """An answer, to show what is meant."""


@cache
def prd_topics() -> dict[str, PrdTopic]:
    """Every topic by id, in the order in which a PRD usually has them."""
    from shipworthy.playbook._prd_files import read_topics

    return {topic.id: topic for topic in read_topics()}


@cache
def prd_rules() -> tuple[PrdRule, ...]:
    """Every rule, in the order of the document's parts."""
    from shipworthy.playbook._prd_files import read_rules

    return read_rules()


def prd_rule(id: str) -> PrdRule:  # noqa: A002 - the field's name
    """The rule called ``id``.

    Raises:
        UserError: there is none; the nearest one is named.
    """
    known = {rule.id: rule for rule in prd_rules()}
    if id not in known:
        raise UserError(f"The playbook has no PRD rule {id!r}.", hint=nearest(id, known))
    return known[id]


@cache
def prd_signal(name: str) -> Pattern:
    """A pattern that several rules share, such as ``metric`` or ``limit``."""
    from shipworthy.playbook._prd_files import read_signals

    return read_signals()[name]


@cache
def paper_questions(paper: Literal["prd", "research"]) -> tuple[PaperQuestion, ...]:
    """What a person is asked for one paper, in its order."""
    from shipworthy.playbook._prd_files import read_paper_questions

    return read_paper_questions(paper)
