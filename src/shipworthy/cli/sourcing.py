"""The command that weighs build, tune, buy or wait."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, OnDay, Workspace, the_day
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

__all__ = ["source"]


def source(
    feature: Annotated[str | None, typer.Argument(help="The feature's name.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Rank all features; nothing is written.")] = False,
    answers: Annotated[
        Path | None, typer.Option(help="YAML file; kept as papers/source.answers.yaml.")
    ] = None,
    decide: Annotated[
        str | None, typer.Option(help="Your decision: api, fine_tune, self_host, trained or wait.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, in your own words; kept as evidence.")] = None,
    on: OnDay = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation.")] = 0,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Build, tune, buy or wait: measured quality, cost at your volume, break-even, what would reverse it.

    Example: shipworthy source triage --decide wait --reason "Prices fall faster than we can hire"
    """
    from shipworthy.workbench.sourcing import source_every_feature, source_feature, text_of
    from shipworthy.workbench.workspace import open_workspace

    if (feature is None) is not every:
        raise UserError("Name one feature, or ask for --all.", hint="shipworthy source FEATURE")
    if every and (answers is not None or decide is not None or reason is not None):
        raise UserError("--all takes no answers and no decision.", hint="Name the feature instead.")
    if feature is None:
        sourced = source_every_feature(open_workspace(workspace), on=the_day(on), seed=seed)
    else:
        sourced = source_feature(
            open_workspace(workspace),
            feature,
            on=the_day(on),
            answers=answers,
            decide=decide,
            reason=reason,
            seed=seed,
        )
    return say_json("source", sourced) if as_json else say(text_of(sourced, every=every))
