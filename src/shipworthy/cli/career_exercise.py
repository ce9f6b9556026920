"""The command that poses exercises and marks answers."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.workbench.career_exercises import AnsweredExercise

__all__ = ["exercise", "topics"]

_WIDTH = 96
_SEEDS = 10_000


def exercise(
    *,
    topic: Annotated[str | None, typer.Option(help="What it is about; see 'career topics'.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same exercise; else one by lot.")
    ] = None,
    answer: Annotated[str | None, typer.Option(help="Your answer to the exercise of that seed.")] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read JSON Lines of answers from standard input.")
    ] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Pose a short exercise whose answer is computed, or mark an answer to one.

    Inside a workspace the first answer to each exercise is kept as practice. With --lines it reads
    {"id": …, "topic": …, "seed": …, "answer": …} lines and writes one mark a line; nothing is kept then.

    Example: shipworthy career exercise --topic threshold --seed 7 --answer 0.4
    """
    from shipworthy.workbench import career_exercises as verbs
    from shipworthy.workbench.settings import workspace_around

    if lines:
        return _lines()
    if answer is None:
        found = verbs.pose(topic, _by_lot() if seed is None else seed)
        return say_json("career exercise", found) if as_json else say(_posed(found))
    if seed is None:
        raise UserError(
            "An answer needs its exercise.", hint="Name it: --seed N, and --topic if you named one."
        )
    found = verbs.answer_exercise(topic, seed, answer, workspace=workspace_around(workspace))
    return say_json("career exercise", found) if as_json else say(_marked(found))


def topics(*, as_json: AsJson = False) -> None:
    """List the topics of exercises and what each practises.

    Example: shipworthy career topics
    """
    from shipworthy.workbench.career_exercises import list_topics

    listed = list_topics()
    if as_json:
        return say_json("career topics", listed)
    width = max(len(line.topic) for line in listed)
    return say("\n".join(f"{line.topic:<{width}}  {', '.join(line.competencies)}" for line in listed))


def _by_lot() -> int:
    import secrets

    return secrets.randbelow(_SEEDS)


def _posed(found: AnsweredExercise) -> str:
    item = found.exercise
    first, *table = item.question.split("\n")
    shown = [*textwrap.wrap(first, _WIDTH), *table]
    return "\n".join(
        [
            *shown,
            "",
            f"Answer: shipworthy career exercise --topic {item.topic} --seed {item.seed} --answer …",
        ]
    )


def _marked(found: AnsweredExercise) -> str:
    marked = found.marked
    assert marked is not None
    head = "Right." if marked.right else f"No: {marked.answer}."
    kept = "Kept as practice." if found.recorded else "Not kept: answered before, or outside a workspace."
    return "\n".join([*textwrap.wrap(f"{head} {marked.why}", _WIDTH), kept])


def _lines() -> None:
    from shipworthy.workbench.career_exercises import mark_lines

    hint = 'Give lines such as {"topic": "leak", "seed": 3, "answer": "t1"} on standard input.'
    nothing = UserError("There is nothing to mark.", hint=hint)
    say_lines(mark_lines(stdin_lines(nothing)), nothing=nothing, failing="could not be marked")
