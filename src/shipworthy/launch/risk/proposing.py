"""Facts proposed from a description, each with the words that it was taken from.

No model is used: the playbook lists words that point to a fact. A proposal counts for nothing until somebody
has confirmed it; whatever is not proposed is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError
from shipworthy.playbook.regulation import cues, question

if TYPE_CHECKING:
    from shipworthy.playbook.regulation import Cue

__all__ = ["LONGEST", "Proposal", "propose"]

LONGEST = 20_000
"""Characters of a description that are read."""
_DENIED = re.compile(
    r"\b(?:no|not|never|without|neither|nor|none|nobody|cannot|nothing|(?:do|does|is|are|was|wo|ca)n['’]t"
    r"|instead of|rather than|free of)\b[^.;:]{0,40}$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"\s(?:(?:do|does|is|are|was|were|will|can) (?:not|never)|cannot|\w{2,5}n['’]t)\b", re.IGNORECASE
)
_REACH = 60
"""Characters before a match in which a word that denies it is looked for."""
_FAMILIES = {
    "{people}": (
        r"(?:people|persons?|individuals?|somebody|someone|households?|famil(?:y|ies)|residents?|citizens?|tenants?"
        r"|applicants?|candidates?|employees?|workers?|staff|agents?|drivers?|couriers?|riders?|pickers?|cashiers?"
        r"|nurses?|pupils?|students?|learners?|patients?|customers?|consumers?|clients?|borrowers?|policyholders?"
        r"|members?|subscribers?|shoppers?|players?|donors?|recipients?|claimants?|travell?ers?|passengers?|suspects?"
        r"|offenders?|prisoners?|detainees?)"
    )
}
"""Words that a pattern of the playbook may name together."""


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
    for cue in cues():
        span = _found(cue, description)
        if span is not None:
            _add(found, cue.fact, cue.value, span, description)
    return tuple(_one_answer_each(found))


def _found(cue: Cue, description: str) -> tuple[int, int] | None:
    """The longest words of a cue in the description that are not denied there; the first of equals."""
    if any(_pattern(text).search(description) for text in cue.unless):
        return None
    spans = [
        match.span()
        for text in cue.any_of
        for match in _pattern(text).finditer(description)
        if cue.value == "no" or not _denied(description, *match.span())
    ]
    return max(spans, key=lambda span: (span[1] - span[0], -span[0]), default=None)


def _denied(description: str, start: int, end: int) -> bool:
    before = _DENIED.search(description, max(0, start - _REACH), start)
    return before is not None or _DENIED_AFTER.match(description, end) is not None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern in which nothing repeats without end, so that hostile text cannot take forever."""
    for name, words in (
        *_FAMILIES.items(),
        (r"\w+", r"\w{1,30}"),
        (r"\w*", r"\w{0,30}"),
        (r"\d+", r"\d{1,30}"),
    ):
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


def _one_answer_each(found: dict[tuple[str, str], Proposal]) -> Iterator[Proposal]:
    """Where two answers to a question that takes one were found, neither is proposed."""
    from shipworthy.playbook.regulation import questions

    for item in questions():
        fitting = [proposal for proposal in found.values() if proposal.id == item.id]
        if len(fitting) <= 1 or item.answers == "any_of":
            yield from fitting
