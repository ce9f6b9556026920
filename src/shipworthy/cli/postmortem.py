"""Commands about incidents: the known ones, their checks run again, and one's own."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import progress, say, say_json
from shipworthy.core.errors import UserError

__all__ = ["app"]

app = typer.Typer(help="Postmortems: twelve known incidents, and your own.", no_args_is_help=True)
Incident = Annotated[str, typer.Argument(help="A known incident, see 'shipworthy postmortem list'.")]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the known incidents, and how each is checked here.

    Example: shipworthy postmortem list
    """
    from shipworthy.workbench.postmortems import list_incidents

    lines = list_incidents()
    if as_json:
        return say_json("postmortem list", lines)
    for line in lines:
        say(f"{line.id:<22} {line.check.replace('_', ' '):<22} {line.name}")
    return None


@app.command()
def show(name: Incident, *, as_json: AsJson = False) -> None:
    """Show a known incident on one page: facts with sources, our analysis, and the check.

    Example: shipworthy postmortem show bing-chat
    """
    from shipworthy.workbench.postmortems import show_incident, text_of

    case = show_incident(name)
    return say_json("postmortem show", case) if as_json else say(text_of(case))


@app.command()
def run(
    name: Incident,
    *,
    into: Annotated[Path, typer.Option(help="Folder for rows and report.")] = Path("postmortems"),
    as_json: AsJson = False,
) -> None:
    """Run the check that would have caught a known incident, on rows or texts that repeat its mistake.

    Exit code: 1 the check fires, 0 it does not, 3 the check is missing here.

    Example: shipworthy postmortem run compas
    """
    from shipworthy.workbench.postmortems import run_incident

    with progress() as watch:
        done = run_incident(name, into=into, progress=watch)
    if as_json:
        say_json("postmortem run", done)
    else:
        say(f"{'FIRES' if done.fired else 'MISSING' if done.fired is None else 'QUIET'}: {done.headline}")
        for line in done.found:
            say(f"  {line}")
        for what, estimate in () if done.files else done.estimates.items():
            say(f"  {what}: {estimate}")
        if done.constructed is not None:
            say(f"\nHow it was made: {done.constructed}")
        for file in done.files:
            say(f"Wrote {file}")
    raise typer.Exit({None: 3, True: 1, False: 0}[done.fired])


@app.command()
def new(
    feature: FeatureName,
    *,
    day: Annotated[str | None, typer.Option(help="Day of the incident; today if left out.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Draft anew although the page was changed by hand.")
    ] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the one-pager about an incident of your own: first the questions, then, once answered, the page.

    Example: shipworthy postmortem new triage --day 2026-11-20
    """
    from shipworthy.workbench.postmortems import new_postmortem
    from shipworthy.workbench.workspace import open_workspace

    made = new_postmortem(open_workspace(workspace), feature, day=_day(day), overwrite=overwrite)
    if as_json:
        return say_json("postmortem new", made)
    say(f"Wrote {made.file}")
    if not made.problems:
        return say("It has all that a postmortem needs.")
    say(f"It still has {len(made.problems)} problems: shipworthy postmortem check FILE lists them.")
    return say(f"Answer the questions in {made.answers_file}, then type this command again.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A postmortem in Markdown; no workspace needed.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Check a postmortem: dates, numbers with sources, causes, detection, actions with owners, no blame.

    Exit code: 0 nothing is missing, 1 something is.

    Example: shipworthy postmortem check postmortem-2026-11-20.md
    """
    from shipworthy.workbench.postmortems import check_postmortem

    checked = check_postmortem(file)
    if as_json:
        say_json("postmortem check", checked)
    else:
        for problem in checked.problems:
            say(f"line {problem.line}, {problem.rule}: {problem.says}")
            if problem.quote:
                say(f"  “{problem.quote}”")
            say(f"  {problem.why}\n  next: {problem.next_step}")
        if not checked.problems:
            say("Nothing is missing.")
    raise typer.Exit(1 if checked.problems else 0)


def _day(written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UserError(
            f"{written[:40]!r} is no day.", hint="Write --day as year-month-day, for instance 2026-11-20."
        ) from None
