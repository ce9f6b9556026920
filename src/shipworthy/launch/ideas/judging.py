"""What to do with an idea: the first rule that applies, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.documents.text import one_line
from shipworthy.playbook.conditions import facts_of, holds
from shipworthy.playbook.ideas import Advice, IdeaPlaybook, IdeaRule, idea_playbook

if TYPE_CHECKING:
    from shipworthy.launch.ideas.answers import IdeaAnswers

__all__ = ["Idea", "IdeaGap", "in_words", "judge", "page"]

_ADVICE: dict[Advice, str] = {
    "without_ai": "Do it without AI.",
    "label_first": "Label data first.",
    "prototype": "Prototype it.",
    "find_out": "Find out first.",
}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaGap:
    """Something nobody knows yet."""

    id: str
    """The question."""
    ask: str
    """The same in words."""
    decides: bool
    """Whether the recommendation waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """An idea and what to do with it."""

    name: str
    """What it is called."""
    advice: Advice
    """Without AI, label data first, prototype, or find out first."""
    rule: str | None
    """The rule that decided; None where an open question did."""
    words: str
    """The recommendation in one sentence."""
    because: str
    """Why."""
    next: str
    """What to do."""
    answers: dict[str, str | None]
    """What is known, by question."""
    gaps: tuple[IdeaGap, ...]
    """What nobody knows, in the order of the questions."""
    source: str
    """Where the rules come from, with their date."""
    answers_file: str | None = None
    """Where the answers are kept."""
    page_file: str | None = None
    """The page."""


def judge(name: str, answers: IdeaAnswers) -> Idea:
    """Apply the rules in their order; the first that applies, or that is open, decides.

    Args:
        name: What the idea is called.
        answers: What is known; a question that is absent is as unknown as one answered so.
    """
    playbook = idea_playbook()
    facts = {
        one.id: None if (said := answers.get(one.id)) is None else frozenset({said})
        for one in playbook.questions
    }
    decided, waits_for = _decided(playbook, facts)
    gaps = tuple(
        IdeaGap(id=one.id, ask=one.ask, decides=one.id in waits_for)
        for one in playbook.questions
        if answers.get(one.id) is None
    )
    advice: Advice = "find_out" if decided is None else decided.then
    names = ", ".join(gap.id for gap in gaps if gap.decides)
    return Idea(
        name=name,
        advice=advice,
        rule=None if decided is None else decided.id,
        words=_ADVICE[advice],
        because=f"It turns on what nobody knows yet: {names}." if decided is None else decided.because,
        next="Answer these, and ask again." if decided is None else decided.next,
        answers={one.id: answers.get(one.id) for one in playbook.questions},
        gaps=gaps,
        source=f"{playbook.source.title}; rules of {playbook.as_of}",
    )


def _decided(
    playbook: IdeaPlaybook, facts: dict[str, frozenset[str] | None]
) -> tuple[IdeaRule | None, frozenset[str]]:
    """The rule that decides, or what the open rules before it wait for."""
    waits_for: set[str] = set()
    for rule in playbook.rules:
        result = holds(rule.when, facts)
        if result:
            return (None, frozenset(waits_for)) if waits_for else (rule, frozenset())
        if result is None:
            waits_for |= {fact for fact in facts_of(rule.when) if facts[fact] is None}
    assert waits_for, "the rules leave a case out"
    return None, frozenset(waits_for)


def in_words(idea: Idea) -> str:
    """The recommendation as lines for a terminal."""
    lines = [f"{idea.name}: {idea.words} {idea.because}", f"Next: {idea.next}"]
    if idea.gaps:
        lines.append("\nGaps:")
        lines += [f"  {gap.id}: {gap.ask}{' (decides)' if gap.decides else ''}" for gap in idea.gaps]
    if idea.page_file:
        lines.append(f"\nPage: {idea.page_file}\nAnswers: {idea.answers_file}")
    return "\n".join(lines)


def page(idea: Idea) -> str:
    """The page ``idea.md``."""
    return "\n".join(_page(idea)).rstrip() + "\n"


def _page(idea: Idea) -> Iterator[str]:
    yield f"# Idea: {_plain(idea.name)}\n"
    yield f"**{idea.words}** {_plain(idea.because)}\n"
    yield f"Next: {_plain(idea.next)}\n"
    known = len(idea.answers) - len(idea.gaps)
    yield f"{known} of {len(idea.answers)} questions are answered. To change them: `idea.answers.yaml`.\n"
    for one in idea_playbook().questions:
        said = idea.answers[one.id]
        yield f"## {one.ask}\n"
        yield f"{_plain(said)}\n" if said is not None else f"**Gap:** not known. {one.help}\n"
    yield f"Rules: {_plain(idea.source)}."


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", one_line(text, 2_000))
