"""The command for an idea before any model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Reason, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError, Where

if TYPE_CHECKING:
    from shipworthy.playbook.ideas import IdeaQuestion

__all__ = ["idea"]


def idea(
    name: Annotated[str | None, typer.Argument(help="What the feature is or will be called.")] = None,
    *,
    answers: Annotated[Path | None, typer.Option(help="YAML file, one 'question: answer' a line.")] = None,
    questions: Annotated[bool, typer.Option("--questions", help="List the questions and stop.")] = False,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Before any model: is it needed, does it need AI, what does a mistake cost, are there data?

    On a terminal it asks one question at a time; what you do not know stays a visible gap.

    Example: shipworthy feature idea triage --answers idea.yaml
    """
    from shipworthy.launch.ideas import in_words
    from shipworthy.workbench.ideas import judge_idea
    from shipworthy.workbench.workspace import open_workspace

    if questions:
        return _list()
    if name is None:
        raise UserError("Say what the feature will be called.", hint="shipworthy feature idea NAME")
    asked = sys.stdin.isatty() and not as_json and answers is None
    found = judge_idea(
        open_workspace(workspace), name, answers=answers, ask=_ask if asked else None, reason=reason
    )
    return say_json("feature idea", found) if as_json else say(in_words(found))


def _list() -> None:
    from shipworthy.playbook.ideas import idea_playbook

    for one in idea_playbook().questions:
        takes = "|".join([*one.choices, "unknown"]) if one.choices else "a number" if one.number else "a text"
        say(f"{one.id} [{takes}]\n  {one.ask}\n  {one.help}")


def _ask(question: IdeaQuestion) -> str | None:
    """Put one question until the answer can be used; nothing typed means that nobody knows."""
    from shipworthy.launch.ideas import answer_in

    choices = f" [{'|'.join([*question.choices, 'unknown'])}]" if question.choices else ""
    say(f"\n{question.ask}\n  {question.help}")
    while True:
        try:
            typed = str(typer.prompt(f"{question.id}{choices}", default="unknown"))
            return answer_in(typed, question, Where(field=question.id))
        except typer.Abort:  # how Typer reports Ctrl-C
            raise KeyboardInterrupt from None
        except UserError as error:
            say(str(error))
