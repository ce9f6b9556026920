"""The command that holds the launch review."""

from __future__ import annotations

from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, OnDay, Workspace, the_day
from shipworthy.cli.output import exit_code, say, say_json

__all__ = ["launch"]


def launch(
    feature: FeatureName,
    *,
    on: OnDay = None,
    reason: Annotated[
        str | None, typer.Option(help="Why you decide as you do, in your own words; kept as evidence.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """The launch review: review, risk tier and PRD on one page, one verdict, the worst of the three.

    What is missing is a gap and never ships. Exit code: 0 ship (with or without fallback), 1 hold, 3 cannot
    tell yet.

    Example: shipworthy launch triage
    """
    from shipworthy.workbench.launches import launch_feature, page_text
    from shipworthy.workbench.workspace import open_workspace

    finished = launch_feature(open_workspace(workspace), feature, on=the_day(on), reason=reason)
    if as_json:
        say_json("launch", finished)
    else:
        say(page_text(finished))
    raise typer.Exit(exit_code(finished.launch.decision))
