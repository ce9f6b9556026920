"""Exercises: one drawn, one answered, many answered. The first answer to each is kept as practice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.career.exercises import Exercise, Marked
from shipworthy.workbench.json_lines import GivenLine, each_line

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "AnsweredExercise",
    "MarkedLine",
    "TopicLine",
    "answer_exercise",
    "list_topics",
    "mark_lines",
    "pose",
]

_LONGEST_LINE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """What exercises there are."""

    topic: str
    """Name of the topic."""
    failure_mode: str | None
    """Playbook id of the failure mode behind it."""
    competencies: tuple[str, ...]
    """Playbook ids of what it practises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredExercise:
    """An exercise, and its mark when it was answered."""

    exercise: Exercise
    """What was asked."""
    marked: Marked | None
    """The mark; None while there is no answer."""
    recorded: bool
    """Whether the answer became a practice record; only the first answer to an exercise does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedLine:
    """One line of many answers."""

    id: str
    """The id that the line came with, or its number."""
    marked: Marked | None
    """The mark; None where the line has no answer or cannot be used."""
    exercise: Exercise | None
    """The exercise, where the line has no answer."""
    error: str | None
    """Why the line cannot be used."""


def list_topics() -> tuple[TopicLine, ...]:
    """Every topic."""
    from shipworthy.playbook.exercises import exercise_topics

    return tuple(
        TopicLine(topic=item.id, failure_mode=item.failure_mode, competencies=item.competencies)
        for item in exercise_topics()
    )


def pose(topic: str | None, seed: int) -> AnsweredExercise:
    """An exercise; without a topic the seed chooses one.

    Raises:
        UserError: there is no such topic.
    """
    from shipworthy.career.exercises import draw

    return AnsweredExercise(exercise=draw(topic or _chosen(seed), seed), marked=None, recorded=False)


def _chosen(seed: int) -> str:
    from shipworthy.career.exercises import topics

    return topics()[seed % len(topics())]


def answer_exercise(
    topic: str | None,
    seed: int,
    reply: str,
    *,
    workspace: Workspace | None = None,
    clock: Clock | None = None,
) -> AnsweredExercise:
    """Mark an answer; inside a workspace the first answer to an exercise becomes a practice record.

    Raises:
        UserError: there is no such exercise, or the reply is not one that its question allows.
    """
    from shipworthy.career.exercises import draw, mark

    exercise = draw(topic or _chosen(seed), seed)
    marked = mark(exercise.topic, seed, reply)
    recorded = workspace is not None and _recorded(workspace, exercise, marked, clock)
    return AnsweredExercise(exercise=exercise, marked=marked, recorded=recorded)


def _recorded(workspace: Workspace, exercise: Exercise, marked: Marked, clock: Clock | None) -> bool:
    from shipworthy.evidence.ledger import Ledger, ledger_location

    title = f"Exercise {exercise.topic}, seed {exercise.seed}"
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=clock) as ledger:
        if any(record.title == title for record in ledger.records(kind="exercise")):
            return False
        ledger.record(
            kind="exercise",
            title=title,
            origin="bundled",
            drafted_by_tool=True,
            verified=True,
            competencies=exercise.competencies,
            facts={"topic": exercise.topic, "seed": exercise.seed, "right": marked.right},
        )
    return True


def mark_lines(lines: Iterable[str]) -> Iterator[MarkedLine]:
    """Mark JSON Lines such as ``{"id": "7", "topic": "leak", "seed": 3, "answer": "t1,t4"}``.

    A line without an answer gives the exercise. A line that cannot be used says why; the others are marked
    all the same. Nothing is recorded. Empty lines are skipped.
    """
    return each_line(
        lines,
        _marked_line,
        lambda line, error: MarkedLine(id=line.name, marked=None, exercise=None, error=error),
        longest=_LONGEST_LINE,
        hint='Each line should be like {"topic": "leak", "seed": 3, "answer": "t1"}.',
    )


def _marked_line(line: GivenLine) -> MarkedLine:
    from shipworthy.career.exercises import draw, mark

    given = line.fields()
    topic, seed, reply = given.get("topic"), given.get("seed"), given.get("answer")
    if not isinstance(topic, str) or type(seed) is not int:
        raise line.bad("This has no topic and seed.")
    if reply is None:
        return MarkedLine(id=line.name, marked=None, exercise=draw(topic, seed), error=None)
    if isinstance(reply, bool) or not isinstance(reply, str | int | float):
        raise line.bad("An answer is a text or a number.", field="answer")
    return MarkedLine(id=line.name, marked=mark(topic, seed, str(reply)), exercise=None, error=None)
