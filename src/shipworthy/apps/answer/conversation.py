"""A question that leans on those before it, made to stand alone, by rules that can be read.

What was carried over is always shown to the person who asked. What cannot be made to stand alone is asked
back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.retrieval import wording
from shipworthy.retrieval.groundedness import answer_kind

__all__ = ["Rewritten", "Turn", "rewritten", "unclear"]

_MOST_CARRIED = 8
_ELLIPSIS = re.compile(
    r"^\s*(?:(?:and|but|or|so|ok(?:ay)?|then)\b[\s,]*)*(?:(?:what|how)\s+(?:about|of|if)\b|and\b|or\b|but\b|for\b|"
    r"in\b|with\b|without\b|also\b|same\s+for\b|why\s*(?:not)?\s*\??$|when\s*\??$|where\s*\??$|who\s*\??$|"
    r"since\s+when\b|until\s+when\b|how\s+(?:so|much|many|long|often)\s*\??$)",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^\s*(?:(?:and|but|or|so|ok(?:ay)?|then|also)\b[\s,]*)*(?:(?:what|how)\s+(?:about|of|if)\b|same\s+for\b)?\s*",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|these|those|that one|this one|the same|"
    r"the former|the latter|there)\b"
    r"|\bthat\b(?=\s*(?:\?|$|for|count|apply|mean|include|cost|take|work|happen))",
    re.IGNORECASE,
)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|does|will|would|can|could|has) it (?:possible|necessary|allowed|true|take|okay|ok|legal)\b"
    r"|\b(?:is|are|was|were|will|can|would|do|does|did)\s+there\b|\bthere\s+(?:is|are|was|were|will|any)\b"
    r"|\bit is (?:possible|necessary|allowed|true)\b"
    r"|\bthis (?:year|month|week|day|company|document|handbook)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One question of a conversation and what was answered."""

    question: str
    """The question as it stood alone, where it had been rewritten."""
    answer: str = ""
    """What the user read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A question that stands alone."""

    question: str
    """What is looked for."""
    asked: str
    """What was typed."""
    carried: tuple[str, ...] = ()
    """Words that were taken from the conversation; none where the question stood alone."""


def rewritten(question: str, earlier: Sequence[Turn]) -> Rewritten:
    """Make a follow-up stand alone: content words of the question before it are carried over.

    A question that begins like "what about …" takes the place of a part of the one before; one that points
    back ("it", "they", "those") gets the words it may point at. A word is not carried over where the new
    question has its opposite.
    """
    alone = Rewritten(question=question, asked=question)
    if not earlier or not _leans(question):
        return alone
    before = earlier[-1].question
    carried = _carried(before, question)
    if not carried:
        return alone
    if _ELLIPSIS.match(question):
        rest = _LEADING.sub("", question).strip(" ?.!,")
        whole = f"{_without_opposites(before, question).rstrip(' ?.!')} – {rest or question.strip(' ?')}?"
        return Rewritten(question=whole, asked=question, carried=carried)
    whole = f"{question.rstrip(' ?.!')}? ({', '.join(carried)})"
    return Rewritten(question=whole, asked=question, carried=carried)


def unclear(question: str) -> str | None:
    """What to ask back about a question that does not say what it is about; None where it does."""
    known = wording.content_words(question)
    if not known:
        return "What is your question about? It names nothing that could be looked for."
    pointing = _POINTS_BACK.search(_EXPLETIVE.sub(" ", question))
    if pointing is not None and len(known) <= 1 and not _names_something(question, pointing):
        return f"What do you mean by “{pointing[0]}”? Please name it in the question."
    if _ELLIPSIS.match(question) and len(known) <= 1 and answer_kind(question) == "thing":
        return f"What do you want to know about “{' '.join(known)}”?"
    return None


def _leans(question: str) -> bool:
    plain = _EXPLETIVE.sub(" ", question)
    pointing = _POINTS_BACK.search(plain)
    points = pointing is not None and not _names_something(plain, pointing)
    return points or bool(_ELLIPSIS.match(question)) or not wording.content_words(question)


def _names_something(question: str, pointing: re.Match[str]) -> bool:
    """Whether a name or two content words stand ahead of the word that points back: then it means those."""
    ahead = question[: pointing.start()]
    return len(wording.content_words(ahead)) >= 2 or bool(wording.names(f"x {ahead}"))


def _carried(before: str, question: str) -> tuple[str, ...]:
    here = set(wording.stems(question))
    against = {other for word in wording.words(question) for other in wording.opposites(word)}
    kept: dict[str, str] = {}
    for word in wording.content_words(before):
        root = wording.stem(word)
        if root not in here and root not in against:
            kept.setdefault(root, word)
    return tuple(kept.values())[:_MOST_CARRIED]


def _without_opposites(before: str, question: str) -> str:
    against = {other for word in wording.words(question) for other in wording.opposites(word)}
    kept = [word for word in before.split() if wording.stem(word.strip(".,;:?!\"'()")) not in against]
    return " ".join(kept)
