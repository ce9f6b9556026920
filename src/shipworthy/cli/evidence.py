"""Commands about the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json

__all__ = ["app"]

app = typer.Typer(help="The ledger of what was done here.", no_args_is_help=True)


@app.command("list")
def list_(
    feature: Annotated[str | None, typer.Argument(help="Only this feature's.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """List the evidence records, oldest first.

    Example: shipworthy evidence list
    """
    from shipworthy.workbench.ledger import list_evidence
    from shipworthy.workbench.workspace import open_workspace

    records = list_evidence(open_workspace(workspace), feature=feature)
    if as_json:
        return say_json("evidence list", records)
    for record in records:
        kind = "practice" if record.practice_only else record.origin
        say(f"{record.id}  {record.at:%Y-%m-%d}  {kind}  {record.title}")
    return None if records else say("No evidence yet: a review makes some.")


@app.command("verify")
def verify(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Say whether every record and every file it rests on is as it was.

    Example: shipworthy evidence verify
    """
    from shipworthy.workbench.ledger import verify_evidence
    from shipworthy.workbench.workspace import open_workspace

    problems = verify_evidence(open_workspace(workspace))
    if as_json:
        say_json("evidence verify", problems)
    else:
        for problem in problems:
            say(f"{problem.record}: {problem.message}")
        say("Every record and file is as it was." if not problems else f"{len(problems)} problem(s).")
    raise typer.Exit(1 if problems else 0)
