"""Commands about runs that ended early."""

from __future__ import annotations

from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Budget, Workspace
from shipworthy.cli.output import notice, progress, say, say_json
from shipworthy.cli.review import finish

__all__ = ["app"]

app = typer.Typer(help="Runs of models that ended early, or are under way.", no_args_is_help=True)


@app.command("list")
def list_(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """List the runs that can go on, oldest first.

    Example: shipworthy runs list
    """
    from shipworthy.workbench.runs import list_runs
    from shipworthy.workbench.workspace import open_workspace

    runs = list_runs(open_workspace(workspace))
    if as_json:
        return say_json("runs list", runs)
    for run in runs:
        state = "under way" if run.under_way else "can go on"
        spent = f", {run.spent:.2f} US dollars spent" if run.spent else ""
        say(f"{run.id}  {run.feature}  {run.answered:,} of {run.calls:,} calls answered{spent}  {state}")
    return None if runs else say("No run is waiting: every one became a review.")


@app.command()
def resume(
    run: Annotated[str | None, typer.Argument(help="Run id; the newest if left out.")] = None,
    *,
    budget: Budget = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that ended early, and review it. Nothing answered is asked again.

    Example: shipworthy runs resume 7k3f9q --budget 5
    """
    from shipworthy.workbench.reviews import resume_run
    from shipworthy.workbench.workspace import open_workspace

    with progress() as watch:
        finished = resume_run(open_workspace(workspace), run, budget=budget, notice=notice, progress=watch)
    finish("runs resume", finished, as_json=as_json)
