"""The command that tries to break a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.options import (
    HERE,
    AcceptUnknownPrice,
    AsJson,
    Budget,
    Cached,
    Concurrency,
    Deadline,
    FeatureName,
    SendPersonalData,
    Workspace,
)
from shipworthy.cli.output import STOPPED, notice, progress, say, say_json

if TYPE_CHECKING:
    from shipworthy.workbench.attacks import FinishedAttack

__all__ = ["attack"]


def attack(
    name: FeatureName,
    *,
    candidate: Annotated[
        str | None, typer.Option(help="Which one; the one feature.yaml names, or the only one.")
    ] = None,
    rows: Annotated[
        int, typer.Option(min=1, max=1000, help="Training rows that each attempt is tried with.")
    ] = 3,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed makes the same attack.")] = 0,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    deadline: Deadline = 60.0,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cache: Cached = True,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Try to break a feature with orders inside its input. The next review shows what came of it.

    Exit code: 0 when the attack ran, whatever came of it; 4 when the budget ended it.

    Example: shipworthy attack triage
    """
    from shipworthy.workbench.attacks import attack_feature
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.workspace import open_workspace

    asking = Asking(
        budget=budget,
        concurrency=concurrency,
        deadline=deadline,
        accept_unknown_price=accept_unknown_price,
        send_personal_data=send_personal_data,
        cached=cache,
    )
    with progress() as watch:
        finished = attack_feature(
            open_workspace(workspace),
            name,
            candidate=candidate,
            rows=rows,
            seed=seed,
            asking=asking,
            notice=notice,
            progress=watch,
        )
    report = finished.report
    if as_json:
        say_json("attack", report)
    else:
        _show(finished)
    if report.stopped:
        raise typer.Exit(STOPPED)


def _show(finished: FinishedAttack) -> None:
    from shipworthy.evals.attacks.report import broken_by, told

    report = finished.report
    say(f"Attacked {report.candidate!r}: {report.words}\n")
    for line in told(report):
        say(line)
    say(f"\nAll together: {report.overall.words}")
    for line in broken_by(report):
        say(f"  {line}")
    if report.overall.unanswered:
        say(f"{report.overall.unanswered:,} tries got no reply, or had none to be compared with.")
    if report.stopped:
        say(f"Ended early: {report.stopped}")
    say("A planted word or label decides what succeeded. Other attacks may do better: this proves no safety.")
    say(f"\nReport: {finished.folder / 'report.json'}")
