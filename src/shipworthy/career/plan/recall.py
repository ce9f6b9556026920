"""Facts kept in memory: spaced repetition by FSRS, with at most a few new facts and a limited number a day.

References:
    Ye, Su & Cao (2022), A Stochastic Shortest Path Algorithm for Optimizing Spaced Repetition
    Scheduling. KDD.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from shipworthy.core.errors import DataError, UserError, nearest
from shipworthy.playbook.careers import facts

if TYPE_CHECKING:
    from fsrs import Card, Scheduler

    from shipworthy.playbook.careers import Fact

__all__ = ["Due", "Grade", "due_facts", "review_fact"]

Grade = Literal["again", "hard", "good", "easy"]
"""How well a fact was remembered."""
_NEW_A_DAY = 3
_MOST_A_DAY = 12
Cards = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A fact to recall today."""

    id: str
    """Stable name."""
    ask: str
    """The question."""
    new: bool
    """Whether it was never asked before."""
    due: str | None
    """Day it became due; None for a new one."""


def due_facts(cards: Cards, now: datetime) -> tuple[Due, ...]:
    """What to recall today: at most twelve, the longest overdue first, at most three of them new.

    Args:
        cards: Fact to the state of the memory of it.
        now: The present moment, in UTC.
    """
    today = now.astimezone(UTC).date()
    known = {fact.id: fact for fact in facts()}
    dates = {name: _day(name, card, "due") for name, card in cards.items() if name in known}
    waiting = sorted((day, name) for name, day in dates.items() if day <= today)
    asked = sum(_day(name, card, "last_review") == today for name, card in cards.items() if name in known)
    begun = sum(card.get("begun") == today.isoformat() for card in cards.values())
    fresh = [fact for fact in facts() if fact.id not in cards][: max(0, _NEW_A_DAY - begun)]
    old = [Due(id=name, ask=known[name].ask, new=False, due=day.isoformat()) for day, name in waiting]
    new = [Due(id=fact.id, ask=fact.ask, new=True, due=None) for fact in fresh]
    return tuple([*old, *new][: max(0, _MOST_A_DAY - asked)])


def review_fact(cards: Cards, fact: str, grade: str, now: datetime) -> tuple[Fact, dict[str, Any]]:
    """The fact, and the state of the memory after it was recalled.

    Raises:
        UserError: there is no such fact or grade.
        DataError: the state that was kept cannot be read.
    """
    known = {each.id: each for each in facts()}
    if fact not in known:
        raise UserError(f"There is no fact {fact[:80]!r}.", hint=nearest(fact, known) or None)
    if grade not in get_args(Grade):
        raise UserError(f"{grade[:80]!r} is no grade.", hint=nearest(grade, get_args(Grade)) or None)
    from fsrs import Card, Rating

    before = cards.get(fact)
    card = Card(card_id=_card_id(fact), due=now) if before is None else _card(fact, before)
    rating = Rating[grade.capitalize()]
    after, _ = _scheduler().review_card(card, rating, now.astimezone(UTC))
    begun = now.astimezone(UTC).date().isoformat() if before is None else before.get("begun")
    return known[fact], {**after.to_dict(), "begun": begun}


def _scheduler() -> Scheduler:
    """Days and no minutes, since somebody looks once a day; no fuzz, so that a plan can be computed again."""
    from fsrs import Scheduler

    return Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def _card_id(fact: str) -> int:
    """A number of our own: the library's would be the time of day."""
    return int(hashlib.sha256(fact.encode()).hexdigest()[:12], 16)


def _card(name: str, state: Mapping[str, Any]) -> Card:
    from fsrs import Card

    plain: Any = {key: value for key, value in state.items() if key != "begun"}
    try:
        return Card.from_dict(plain)
    except (KeyError, TypeError, ValueError):
        raise _unreadable(name) from None


def _day(name: str, state: Mapping[str, Any], field: str) -> Any:
    try:
        return datetime.fromisoformat(state[field]).astimezone(UTC).date()
    except (KeyError, TypeError, ValueError):
        raise _unreadable(name) from None


def _unreadable(name: str) -> DataError:
    return DataError(
        f"What plan.yaml keeps about the fact {name[:80]!r} cannot be read.",
        hint="Take that entry out of 'cards'; the fact then starts anew.",
    )
