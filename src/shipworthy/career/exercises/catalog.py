"""Every exercise by topic and seed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from shipworthy.career.exercises.counts import COUNTS
from shipworthy.career.exercises.exercise import Exercise, Given, Marked, Shape, Solution
from shipworthy.career.exercises.rates import RATES
from shipworthy.career.exercises.tables import TABLES
from shipworthy.core.errors import UserError, nearest

if TYPE_CHECKING:
    from shipworthy.playbook.exercises import ExerciseTopic

__all__ = ["SHAPES", "draw", "mark", "numbers", "solution", "topics"]

SHAPES: dict[str, Shape] = {**RATES, **TABLES, **COUNTS}
"""Every kind of question by name."""
_LARGEST_SEED = 2**63


def topics() -> tuple[str, ...]:
    """The names of all topics."""
    from shipworthy.playbook.exercises import exercise_topics

    return tuple(topic.id for topic in exercise_topics())


def draw(topic: str, seed: int) -> Exercise:
    """The exercise of a topic for a seed; the same two always give the same exercise.

    Raises:
        UserError: there is no such topic, or the seed is negative or too large.
    """
    item, shape, given = _drawn(topic, seed)
    return Exercise(
        topic=item.id,
        seed=seed,
        failure_mode=item.failure_mode,
        competencies=item.competencies,
        question=f"{item.text.format_map(given)} {shape.ask(given)}",
        kind=shape.kind,
        choices=shape.choices(given),
        given=given,
    )


def numbers(topic: str, seed: int) -> Given:
    """The numbers of an exercise, from which alone it is solved."""
    return _drawn(topic, seed)[2]


def solution(topic: str, seed: int) -> Solution:
    """The computed answer of an exercise."""
    _, shape, given = _drawn(topic, seed)
    return shape.solve(given)


def mark(topic: str, seed: int, reply: str) -> Marked:
    """Compare a reply with the computed answer.

    Raises:
        UserError: there is no such exercise, or the reply is not one that its question allows.
    """
    item, shape, given = _drawn(topic, seed)
    right, computed = shape.right(given, reply), shape.solve(given)
    answer = computed.answer
    if shape.kind == "number":
        answer = f"{float(answer):.3f}".rstrip("0").rstrip(".")
    return Marked(topic=item.id, seed=seed, given_answer=reply, right=right, answer=answer, why=computed.why)


def _drawn(topic: str, seed: int) -> tuple[ExerciseTopic, Shape, Given]:
    from shipworthy.playbook.exercises import exercise_topics

    if not 0 <= seed < _LARGEST_SEED:
        raise UserError(f"{seed} cannot be a seed.", hint="A seed is a whole number from 0.")
    known = {item.id: item for item in exercise_topics()}
    if topic not in known:
        raise UserError(f"There is no exercise about {topic[:80]!r}.", hint=nearest(topic, known) or None)
    item = known[topic]
    shape = SHAPES[item.shape]
    return item, shape, shape.draw(Random(f"{topic}/{seed}"), item.settings)  # noqa: S311 (no secret)
