"""Commands that review, and that show reviews."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

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
    Record,
    Repeats,
    SendPersonalData,
    Workspace,
)
from shipworthy.cli.output import STOPPED, exit_code, notice, progress, say, say_json

__all__ = ["app", "check", "demo", "finish", "review"]

app = typer.Typer(help="Reviews that were made.", no_args_is_help=True)


def demo(
    into: Annotated[Path, typer.Option("--into", help="Folder for the demonstration.")] = Path("demo"),
    *,
    as_json: AsJson = False,
) -> None:
    """Review the bundled examples, the first before and after its repair. No key, no network.

    Example: shipworthy demo --into demo
    """
    from shipworthy.workbench.demonstration import demonstrate

    with progress() as watch:
        shown = demonstrate(into, progress=watch)
    if as_json:
        return say_json("demo", shown)
    say("As it was found:       " + shown.before.headline)
    say("After the repair:      " + shown.after.headline)
    say("")
    say(f"Report before repair:  {shown.before.page}")
    say(f"Report after repair:   {shown.after.page}")
    say("")
    if shown.models is not None:
        say(f"For comparison, on {shown.models.rows} of its rows, right per answer:")
        for one in shown.models.candidates:
            say(f"  {one.name:17}  {one.right}")
        say("")
    say("Answers, records and notes:")
    for line in shown.others:
        say(f"  {line.feature:12}  {line.headline.partition(':')[0]:16}  {line.page}")
    say("")
    return say("The data were written for this example: what you learn here counts as practice.")


def check(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, XLSX (book.xlsx#Sheet2), JSON Lines or Parquet.")],
    label: Annotated[str, typer.Option("--label", help="Column with the right answer.")],
    output: Annotated[str, typer.Option("--output", help="Column with what the feature answered.")],
    *,
    confidence: Annotated[str | None, typer.Option(help="Column with its confidence, 0 to 1.")] = None,
    text: Annotated[str | None, typer.Option(help="Column with the input, shown as evidence.")] = None,
    identifier: Annotated[str | None, typer.Option("--id", help="Column that names each row.")] = None,
    segment: Annotated[list[str] | None, typer.Option(help="Column to slice by; may be repeated.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Column of rows that belong together.")] = None,
    bar: Annotated[list[str] | None, typer.Option(help="Condition to meet; may be repeated.")] = None,
    into: Annotated[Path | None, typer.Option(help="Folder for the report.")] = None,
    as_json: AsJson = False,
) -> None:
    """A verdict from one file of recorded outputs; no workspace needed.

    Example: shipworthy check outputs.xlsx --label y --output pred --bar "accuracy >= 0.9"
    """
    from shipworthy.workbench.outputs import check_outputs

    with progress() as watch:
        finished = check_outputs(
            file,
            label=label,
            output=output,
            confidence=confidence,
            text=text,
            identifier=identifier,
            segments=segment or (),
            cluster=cluster,
            bars=bar or (),
            into=into,
            progress=watch,
        )
    finish("check", finished, as_json=as_json)


def review(
    name: FeatureName,
    *,
    reason: Annotated[
        str | None, typer.Option(help="Why you decide as you do, in your own words; kept as evidence.")
    ] = None,
    repeats: Repeats = 1,
    budget: Budget = None,
    concurrency: Concurrency = 16,
    deadline: Deadline = 60.0,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    cache: Cached = True,
    record: Record = False,
    with_model: Annotated[
        str | None, typer.Option("--with", help="Another model to try beside the present one.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Review a feature: data checks, run, scores, findings, verdict, report.

    --with decides again: a copy of each candidate that is a model asks the other model, the verdict is about
    the copy, and the tripwires of the last sourcing decision are checked. feature.yaml stays as it is.

    Exit code: 0 ship (with or without fallback), 1 hold, 3 cannot tell yet, 4 the budget ended the run.

    Example: shipworthy review triage
    """
    from shipworthy.workbench.reviews import review_feature
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
        record=record,
        with_model=with_model,
    )
    with progress() as watch:
        finished = review_feature(
            open_workspace(workspace), name, reason=reason, asking=asking, notice=notice, progress=watch
        )
    finish("review", finished, as_json=as_json)


def finish(verb: str, finished: Any, *, as_json: bool) -> NoReturn:
    """Print a finished review and exit with the code of its verdict."""
    if as_json:
        say_json(verb, finished.line)
    else:
        from shipworthy.documents import review_text

        say(review_text(finished.report))
        if finished.redecided is not None:
            _say_redecided(finished.redecided)
        say(f"\nReport: {finished.page}")
    raise typer.Exit(STOPPED if finished.stopped else exit_code(finished.line.decision))


def _say_redecided(redecided: Any) -> None:
    """What became of the last sourcing decision."""
    if redecided.decision is None:
        return say("\nNo sourcing decision is recorded, so no tripwire is watched: shipworthy source FEATURE")
    due = any(one.met for one in redecided.tripwires)
    say(f"\nDecided: {redecided.decision}. {'Decide again' if due else 'No tripwire is met'}:")
    for one in redecided.tripwires:
        state = {True: "met", False: "not met", None: "cannot tell"}[one.met]
        say(f"  {state}: {one.words} {one.why}")
    return None


@app.command("list")
def list_(
    feature: Annotated[str | None, typer.Argument(help="Only this feature's.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """List reviews, oldest first.

    Example: shipworthy reviews list triage
    """
    from shipworthy.workbench.reviews import list_reviews
    from shipworthy.workbench.workspace import open_workspace

    lines = tuple(found.line for found in list_reviews(open_workspace(workspace), feature))
    if as_json:
        return say_json("reviews list", lines)
    for line in lines:
        say(f"{line.id}  {line.feature}  {line.headline}")
    return None if lines else say("No review yet. Make one: shipworthy review FEATURE")


@app.command("show")
def show(
    which: Annotated[str | None, typer.Argument(help="Review id or feature; the newest if left out.")] = None,
    *,
    paste: Annotated[bool, typer.Option("--paste", help="Five lines for a chat.")] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Show a review in the terminal.

    Example: shipworthy reviews show triage --paste
    """
    from shipworthy.documents import review_paste, review_text
    from shipworthy.workbench.reviews import find_review
    from shipworthy.workbench.workspace import open_workspace

    found = find_review(open_workspace(workspace), which)
    if as_json:
        import json

        return say(json.dumps(found.report, ensure_ascii=False, indent=1))
    if paste:
        return say(review_paste(found.report))
    say(review_text(found.report))
    return say(f"\nReport: {found.page}")


@app.command("compare")
def compare(
    first: Annotated[str, typer.Argument(help="Review id or feature.")],
    second: Annotated[str, typer.Argument(help="Review id or feature.")],
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what changed from one review to another.

    Example: shipworthy reviews compare 7k3f9q 2m8x4d
    """
    from shipworthy.workbench.reviews import compare_reviews
    from shipworthy.workbench.workspace import open_workspace

    change = compare_reviews(open_workspace(workspace), first, second)
    if as_json:
        return say_json("reviews compare", change)
    say(f"{change.before.id}  {change.before.headline}")
    say(f"{change.after.id}  {change.after.headline}")
    if not change.same_data:
        say("The two were made on different data: differences may come from the data.")
    for bar in change.bars:
        say(f"\n{bar.text}\n  then: {bar.before or 'no such bar'}\n  now:  {bar.after or 'no such bar'}")
    for title in change.gone:
        say(f"\nNo longer found: {title}")
    for title in change.fresh:
        say(f"\nNew: {title}")
    return None


@app.command("open")
def open_(
    which: Annotated[str | None, typer.Argument(help="Review id or feature; the newest if left out.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Open a report in the browser.

    Example: shipworthy reviews open triage
    """
    from shipworthy.workbench.reviews import find_review
    from shipworthy.workbench.workspace import open_workspace

    found = find_review(open_workspace(workspace), which)
    if as_json:
        return say_json("reviews open", found.line)
    say(str(found.page))
    if sys.stdout.isatty():
        typer.launch(str(found.page))
    return None
