"""What to ask next: the fewest questions that settle a tier."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import product
from typing import TYPE_CHECKING

from shipworthy.launch.risk.tree import applies, decide, known_facts, result_of
from shipworthy.playbook.conditions import Comparison, Condition, facts_of, holds
from shipworthy.playbook.regulation import question, questions, rules

if TYPE_CHECKING:
    from shipworthy.launch.risk.answers import Answers
    from shipworthy.playbook.conditions import Facts
    from shipworthy.playbook.regulation import Question, Rule

__all__ = ["missing_questions", "unknowns"]

_MOST = 500
"""Combinations of answers that are tried to see whether a question can be spared."""


def missing_questions(answers: Answers) -> tuple[Question, ...]:
    """The shortest list of questions that settles the tier, in the order to ask; empty once settled.

    Whatever the answers, they settle it or open the next questions; without any one of them there are
    answers to the others that leave it open. Where one question stands before several (is it about education
    at all?), only that one is listed. A list of more than about ten is not shortened beyond what each rule
    needs.
    """
    listed = _needed(answers)
    for item in reversed(listed):
        rest = tuple(other for other in listed if other is not item)
        if _spared(item, rest, answers):
            listed = rest
    return listed


def _needed(answers: Answers) -> tuple[Question, ...]:
    facts = known_facts(answers).facts
    return unknowns(decide(facts).open, facts)


def _spared(item: Question, rest: tuple[Question, ...], answers: Answers) -> bool:
    """Whether no answers to the rest leave the tier depending on ``item``."""
    if not rest or math.prod(len(_possible(other)) for other in rest) > _MOST:
        return False
    every = product(*(_possible(other) for other in rest))
    ids = [other.id for other in rest]
    return not any(item in _needed({**answers, **dict(zip(ids, given, strict=True))}) for given in every)


def _possible(item: Question) -> tuple[frozenset[str], ...]:
    """Every single answer; no comes first, since it is what usually leaves the other questions open."""
    words = ("no", "yes") if item.answers == "yes_no" else tuple(item.choices)
    return tuple(frozenset({word}) for word in words)


def unknowns(some: Iterable[Rule], facts: Facts) -> tuple[Question, ...]:
    """The questions on which some rules depend, or what must be asked before them."""
    areas = [rule for rule in rules() if rule.basis == "annex_iii"]
    area = result_of(areas, {rule.id: applies(rule, facts) for rule in areas})
    wanted: set[str] = set()
    for rule in some:
        for fact in _unknown_in(rule.elements, facts):
            _first_to_ask(question(fact), facts, wanted, area=area)
    return tuple(item for item in questions() if item.id in wanted)


def _unknown_in(asked: Condition | Comparison, facts: Facts) -> Iterator[str]:
    """The unknown facts in the parts of a condition that are not settled."""
    if holds(asked, facts) is not None:
        return
    if isinstance(asked, Comparison):
        yield from facts_of(asked)
        return
    for part in asked.parts:
        yield from _unknown_in(part, facts)


def _first_to_ask(item: Question, facts: Facts, wanted: set[str], *, area: bool | None) -> None:
    """Put a question on the list, or what opens it; nothing while no area of Annex III is known to apply."""
    if item.after_annex_three and not area:
        return
    before = [opener.fact for opener in item.opened_by if holds(opener, facts) is None]
    if before and not any(holds(opener, facts) for opener in item.opened_by):
        for fact in before:
            _first_to_ask(question(fact), facts, wanted, area=area)
    else:
        wanted.add(item.id)
