"""The command that compares candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

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
    Repeats,
    SendPersonalData,
    Workspace,
)
from shipworthy.cli.output import notice, progress, say, say_json

if TYPE_CHECKING:
    from shipworthy.stats.estimate import Estimate

__all__ = ["compare"]


def compare(
    name: FeatureName,
    *,
    candidates: Annotated[
        str, typer.Option(help="Names separated by commas; all of feature.yaml if left out.")
    ] = "",
    by: Annotated[
        Literal["candidate", "prompt", "model"], typer.Option(help="What the two of a pair differ in.")
    ] = "candidate",
    rows: Annotated[
        int | None, typer.Option(min=1, help="Ask about so many test rows, drawn at random; all if left out.")
    ] = None,
    stop_early: Annotated[
        bool, typer.Option("--stop-early", help="Stop asking once every pair is settled.")
    ] = False,
    pass_at: Annotated[
        int | None,
        typer.Option(
            min=1, help="Also: how often one of so many answers is right (pass@k; needs --repeats)."
        ),
    ] = None,
    repeats: Repeats = 1,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    deadline: Deadline = 60.0,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cache: Cached = True,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Compare prompts, models or other candidates on the same rows: which is better, and is that settled?

    Example: shipworthy compare triage --candidates small,api --by prompt
    """
    from shipworthy.workbench.comparisons import compare_candidates
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.workspace import open_workspace

    asking = Asking(
        repeats=repeats,
        budget=budget,
        concurrency=concurrency,
        deadline=deadline,
        accept_unknown_price=accept_unknown_price,
        send_personal_data=send_personal_data,
        cached=cache,
    )
    with progress() as watch:
        finished = compare_candidates(
            open_workspace(workspace),
            name,
            candidates=[part.strip() for part in candidates.split(",") if part.strip()],
            by=by,
            rows=rows,
            stop_early=stop_early,
            pass_at=pass_at,
            asking=asking,
            notice=notice,
            progress=watch,
        )
    report = finished.report
    if as_json:
        return say_json("compare", report)
    say(f"On {report.rows:,} test rows, right per answer:")
    for one in report.candidates:
        say(f"  {one.name}  {one.right}  {one.words}")
        if one.any_right is not None:
            say(f"    at least one of {pass_at} answers: {one.any_right}")
        if one.calls is not None:
            say(f"    {_price(one.calls.cost_per_1000)}; {_times(one.calls.latency_ms)}")
        failed = {status: count for status, count in one.statuses.items() if status != "ok"}
        if failed:
            say(
                "    no usable answer: "
                + ", ".join(f"{count:,} {status}" for status, count in failed.items())
            )
    for duel in report.duels:
        say(f"\n{duel.words}")
    if report.stopped:
        say(f"\nNot all rows: {report.stopped}")
    return say(f"\nReport: {finished.folder / 'report.json'}")


def _price(cost: Estimate) -> str:
    if cost.value == 0:
        return "nothing to pay"
    return f"1,000 items cost {cost} US dollars" if cost.defined else f"price {cost}"


def _times(latency_ms: float | None) -> str:
    return "time not known" if latency_ms is None else f"half of the calls took under {latency_ms:,.0f} ms"
