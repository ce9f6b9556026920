"""Commands about decisions and about what research and product agree on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.cli.prd import show_drafted
from shipworthy.core.errors import UserError

__all__ = ["app", "research"]

app = typer.Typer(
    help="The decision log: what was decided, why, and what would reverse it.", no_args_is_help=True
)
research = typer.Typer(help="What research and product agree on.", no_args_is_help=True)


@app.command()
def add(
    feature: FeatureName,
    *,
    text: Annotated[str, typer.Option(help="What was decided.")],
    why: Annotated[str, typer.Option(help="Why, in your own words.")],
    reverse_if: Annotated[str, typer.Option(help="What would reverse it: a value, an event, a price.")],
    by: Annotated[str | None, typer.Option(help="Day to look again at the latest.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a decision into the feature's log, with what would reverse it.

    Example: shipworthy decision add triage --text "Wait" --why "Too dear" --reverse-if "Below 1 EUR"
    """
    from shipworthy.workbench.decisions import add_decision
    from shipworthy.workbench.workspace import open_workspace

    day = None if by is None else _day(by)
    line = add_decision(open_workspace(workspace), feature, text=text, why=why, reverse_if=reverse_if, by=day)
    return say_json("decision add", line) if as_json else say(f"Recorded decision {line.decision.id}.")


@app.command("list")
def list_(
    feature: Annotated[str | None, typer.Argument(help="The feature; all of them when left out.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """List decisions, oldest first, and say which of them to look at again.

    Example: shipworthy decision list triage
    """
    from shipworthy.workbench.decisions import list_decisions
    from shipworthy.workbench.workspace import open_workspace

    lines = list_decisions(open_workspace(workspace), feature, on=datetime.now(UTC).date())
    if as_json:
        return say_json("decision list", lines)
    for line in lines:
        made = line.decision
        say(f"{made.id}  {line.feature}  {made.text}\n  Why: {made.why}\n  Reversed if: {made.reverse_if}")
        if made.by is not None:
            say(f"  Look again by {made.by}{': that day has come' if line.due else ''}")
        if line.newer_review is not None:
            say(f"  There is a newer review: {line.newer_review}")
    return say("No decisions yet.") if not lines else None


@research.command()
def agree(
    feature: FeatureName,
    *,
    reason: Annotated[
        str | None, typer.Option(help="Why you decide as you do, in your own words; kept as evidence.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the one-page agreement: question, evidence that settles it, time box, what ships meanwhile.

    Your words live in papers/research.answers.yaml and are never changed.

    Example: shipworthy research agree triage
    """
    from shipworthy.workbench.decisions import agree_research
    from shipworthy.workbench.workspace import open_workspace

    made = agree_research(open_workspace(workspace), feature, reason=reason)
    return say_json("research agree", made) if as_json else show_drafted(made)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        hint = "Write --by as year-month-day, for instance 2027-03-01."
        raise UserError(f"{written[:40]!r} is no day.", hint=hint) from None
