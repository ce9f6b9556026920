"""Facts proposed from a description, each with the words that it was taken from.

No model is used: the playbook lists words that point to a fact. A proposal counts for nothing until somebody
has confirmed it; whatever is not proposed is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError
from shipworthy.playbook.conditions import facts_of
from shipworthy.playbook.regulation import cues, question, rules

if TYPE_CHECKING:
    from shipworthy.playbook.regulation import Cue, Question

__all__ = ["LONGEST", "Proposal", "propose"]

Span = tuple[int, int]
LONGEST = 20_000
"""Characters of a description that are read."""
_DENIED = re.compile(
    r"\b(?:no(?! (?:one|other) (?:\w+ )?(?:but|except|than))|not(?! (?:only|just|merely|least))|never|without"
    r"|neither|nor|none|nobody(?! (?:but|except|else))|cannot|nothing(?! (?:but|except|else))"
    r"|(?:do|does|is|are|was|wo|ca)n['’]t|instead of|rather than|free of)\b"
    r"(?:(?!\b(?:but|however|only|instead (?!of)|until|before)\b)[^.;:]){0,40}$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"\w{0,20}\s(?:(?:do|does|is|are|was|were|will|can) (?:not|never)|never|cannot|\w{2,5}n['’]t)\b",
    re.IGNORECASE,
)
_REACH = 60
"""Characters before a match in which a word that denies it is looked for."""
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=[^\s]))+")
_WIDEST = 220
"""Characters within which everything that a cue wants in one sentence must stand."""
_MOST = 20
"""Places of a word in a sentence that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A fact to confirm."""

    id: str
    """The question."""
    answer: str
    """The answer that is proposed."""
    ask: str
    """The question in words."""
    quote: str
    """The words it was taken from, exactly as they stand in the description."""
    start: int
    """Where they begin, in characters."""
    end: int
    """Where they end."""


def propose(description: str) -> tuple[Proposal, ...]:
    """Propose facts from a description, in the order of the questions.

    Raises:
        UserError: the description is too long to be one.
    """
    if len(description) > LONGEST:
        raise UserError(
            f"This description has {len(description):,} characters; up to {LONGEST:,} are read.",
            hint="Describe what the feature does, for whom and with which data.",
        )
    found: dict[tuple[str, str], Proposal] = {}
    waiting, before = list(cues()), -1
    while len(found) > before:
        before = len(found)
        for cue in waiting:
            span = _found(cue, description, found)
            if span is not None:
                _add(found, cue.fact, cue.value, span, description)
        waiting = [cue for cue in cues() if cue.given and (cue.fact, cue.value) not in found]
    return tuple(_one_answer_each(_that_matter(found)))


def _found(cue: Cue, description: str, found: dict[tuple[str, str], Proposal]) -> Span | None:
    """Where the words of a cue stand in the description, if it applies."""
    before = [found[pair] for text in cue.given if (pair := _pair(text)) in found]
    if cue.given and not before:
        return None
    if any(_pattern(text).search(description) for text in cue.unless):
        return None
    if not cue.any_of and not cue.all_of:
        return min((proposal.start, proposal.end) for proposal in before)
    spans = [*_anywhere(cue, description), *_together(cue, description)]
    return max(spans, key=lambda span: (span[1] - span[0], -span[0]), default=None)


def _pair(text: str) -> tuple[str, str]:
    fact, _, value = text.partition("=")
    return fact, value


def _anywhere(cue: Cue, description: str) -> Iterator[Span]:
    for text in cue.any_of:
        yield from _places(cue, text, description, 0, len(description))


def _together(cue: Cue, description: str) -> Iterator[Span]:
    """For each sentence that has all the words which a cue wants there, the shortest stretch with all."""
    if not cue.all_of:
        return
    for sentence in _SENTENCE.finditer(description):
        found = [_places(cue, text, description, *sentence.span()) for text in cue.all_of]
        places = [list(islice(spans, _MOST)) for spans in found]
        if all(places):
            stretches = [_stretch(first, places[1:]) for first in places[0]]
            start, end = min(stretches, key=lambda span: span[1] - span[0])
            if end - start <= _WIDEST:
                yield start, end


def _stretch(first: Span, others: list[list[Span]]) -> Span:
    """The words from one place to the nearest place of each of the others."""
    nearest = [min(places, key=lambda place: abs(place[0] - first[0])) for places in others]
    return min(start for start, _ in (first, *nearest)), max(end for _, end in (first, *nearest))


def _places(cue: Cue, text: str, description: str, start: int, end: int) -> Iterator[Span]:
    """Where a pattern of a cue is found, is not denied and stands in no idiom."""
    for match in _pattern(text).finditer(description, start, end):
        denied = cue.value != "no" and _denied(description, *match.span())
        if match.group() and not denied and not _in_idiom(cue, description, *match.span()):
            yield match.span()


def _in_idiom(cue: Cue, description: str, start: int, end: int) -> bool:
    around = max(0, start - _REACH), end + _REACH
    return any(
        idiom.start() < end and start < idiom.end()
        for text in cue.but_not
        for idiom in _pattern(text).finditer(description, *around)
    )


def _denied(description: str, start: int, end: int) -> bool:
    before = _DENIED.search(description, max(0, start - _REACH), start)
    return before is not None or _DENIED_AFTER.match(description, end) is not None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern in which nothing repeats without end, so that hostile text cannot take forever."""
    for name, words in ((r"\w+", r"\w{1,30}"), (r"\w*", r"\w{0,30}"), (r"\d+", r"\d{1,30}")):
        text = text.replace(name, words)
    return re.compile(text, re.IGNORECASE)


def _add(
    found: dict[tuple[str, str], Proposal], fact: str, value: str, span: tuple[int, int], description: str
) -> None:
    """Add a proposal, and before it the question that opens it, where that follows."""
    item = question(fact)
    opener = item.opened_by[0] if len(item.opened_by) == 1 and item.if_unknown is None else None
    if opener is not None and value not in {"no", "none"}:
        answer = min(opener.values, default="yes")
        if opener.values or question(opener.fact).answers == "yes_no":
            _add(found, opener.fact, answer, span, description)
    key = (fact, value)
    if key not in found:
        start, end = span
        found[key] = Proposal(
            id=fact, answer=value, ask=item.ask, quote=description[start:end], start=start, end=end
        )


def _that_matter(found: dict[tuple[str, str], Proposal]) -> dict[tuple[str, str], Proposal]:
    """The proposals whose question matters, as far as is known: one that opens it was proposed too."""
    so = {proposal.id for proposal in found.values() if proposal.answer not in {"no", "none"}}
    area = bool(so & _areas())
    return {
        pair: proposal
        for pair, proposal in found.items()
        if proposal.answer in {"no", "none"} or _matters(question(proposal.id), so, area=area)
    }


@cache
def _areas() -> frozenset[str]:
    """The facts that point to an area of Annex III, and the questions that open one."""
    points = [fact for rule in rules() if rule.basis == "annex_iii" for fact in facts_of(rule.elements)]
    openers = [question(fact).opened_by for fact in points]
    return frozenset({*points, *(only[0].fact for only in openers if len(only) == 1)})


def _matters(item: Question, so: set[str], *, area: bool) -> bool:
    if item.after_annex_three or any(question(opener.fact).after_annex_three for opener in item.opened_by):
        return area
    return len(item.opened_by) <= 1 or any(opener.fact in so for opener in item.opened_by)


def _one_answer_each(found: dict[tuple[str, str], Proposal]) -> Iterator[Proposal]:
    """Where two answers to a question that takes one were found, neither is proposed."""
    from shipworthy.playbook.regulation import questions

    for item in questions():
        fitting = [proposal for proposal in found.values() if proposal.id == item.id]
        if len(fitting) <= 1 or item.answers == "any_of":
            yield from fitting
