"""Commands about the risk tier under the AI Act."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AsJson, Reason, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.launch.risk.proposing import Proposal
    from shipworthy.playbook.regulation import Question

__all__ = ["app"]

app = typer.Typer(
    help="The risk tier under the EU AI Act: orientation, not legal advice.", no_args_is_help=True
)
_CODES = {"prohibited": 1, "undetermined": 3}


@app.command()
def questions(*, as_json: AsJson = False) -> None:
    """List every question about a feature, with help and the provisions behind it.

    Example: shipworthy risk questions --json
    """
    from shipworthy.workbench.risk import list_questions

    listed = list_questions()
    if as_json:
        return say_json("risk questions", listed)
    say(f"{listed.how_to_answer}\n{listed.disclaimer} {listed.law}, checked on {listed.text_as_of}.")
    for item in listed.questions:
        say(f"\n{item.id} [{'|'.join(item.answers)}] ({', '.join(item.pins)})")
        say(f"  {item.question}\n  {item.help}")
        if item.needed_when:
            say(f"  Needed when {item.needed_when}.")
    return None


@app.command()
def assess(
    feature: Annotated[str | None, typer.Argument(help="The feature; without one nothing is kept.")] = None,
    *,
    answers: Annotated[Path | None, typer.Option(help="YAML file, one 'question: answer' a line.")] = None,
    describe: Annotated[
        str | None, typer.Option(help="What the feature does, to propose facts from.")
    ] = None,
    description: Annotated[Path | None, typer.Option(help="The same, from a text file.")] = None,
    on: Annotated[
        str | None, typer.Option(help="Day for which duties apply or not; today if left out.")
    ] = None,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Find the tier under the EU AI Act, with pins, duties and dates; on a terminal it asks what decides.

    Without FEATURE, answers and terminal it reads JSON Lines: {"id": …, "answers": {…}} or {"id": …,
    "description": …}, and writes one result a line. Exit code: 0 decided, 1 prohibited, 3 undetermined.

    Example: shipworthy risk assess triage --answers answers.yaml
    """
    from shipworthy.workbench import risk as verbs
    from shipworthy.workbench.workspace import open_workspace

    day = _day(on)
    text = verbs.describe(describe, description)
    asked = sys.stdin.isatty() and not as_json
    if feature is None and reason is not None:
        raise UserError(
            "A reason is kept with a feature, and none is named.", hint="Name it: risk assess FEATURE"
        )
    if feature is None and answers is None and text is None and not asked:
        return _lines(verbs, day)
    if feature is not None:
        result = verbs.assess_feature(
            open_workspace(workspace),
            feature,
            on=day,
            answers=answers,
            description=text,
            ask=_ask if asked else None,
            confirm=_confirm if asked else None,
            reason=reason,
        )
    else:
        result = verbs.assess_answers(
            answers,
            on=day,
            description=text,
            ask=_ask if asked else None,
            confirm=_confirm if asked else None,
        )
    if as_json:
        say_json("risk assess", result)
    else:
        say(verbs.text_of(result))
    raise typer.Exit(_CODES.get(result.tier, 0))


@app.command()
def show(
    pin: Annotated[str, typer.Argument(help="A provision, such as 'Art. 5(1)(f)' or 'recital 53'.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print the wording behind a pin.

    Example: shipworthy risk show "Annex III(4)(a)"
    """
    from shipworthy.workbench.risk import show_provision

    found = show_provision(pin)
    return say_json("risk show", found) if as_json else say(f"{found.pin}\n\n{found.text}")


def _day(written: str | None) -> Any:
    if written is None:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        message = f"{written[:40]!r} is no day."
        raise UserError(message, hint="Write --on as year-month-day, for instance 2026-12-02.") from None


def _lines(verbs: Any, day: Any) -> None:
    """JSON Lines in, JSON Lines out; a line that cannot be used says why in ``error``."""
    nothing = UserError("There is nothing to assess.", hint=verbs.NOBODY_HINT)
    results = verbs.assess_lines(stdin_lines(nothing), on=day)
    say_lines(results, nothing=nothing, failing="could not be assessed")


def _ask(item: Question) -> frozenset[str] | None:
    """Put one question until the answer can be used; ``unknown`` is one."""
    from shipworthy.launch.risk.answers import answers_in
    from shipworthy.launch.risk.words import help_of

    words = ["yes", "no"] if item.answers == "yes_no" else list(item.choices) or ["a day such as 2026-08-02"]
    say(f"\n{item.ask} ({', '.join(item.pins)})\n  {help_of(item)}")
    while True:
        try:
            typed = str(typer.prompt(f"{item.id} [{'|'.join([*words, 'unknown'])}]", default="unknown"))
            return answers_in(typed, item)
        except typer.Abort:  # how Typer reports Ctrl-C
            raise KeyboardInterrupt from None
        except UserError as error:
            say(str(error))


def _confirm(proposal: Proposal) -> bool:
    say(f"\n“{proposal.quote}” suggests {proposal.id}: {proposal.answer}\n  {proposal.ask}")
    try:
        return bool(typer.confirm("Is that so?", default=False))
    except typer.Abort:
        raise KeyboardInterrupt from None
