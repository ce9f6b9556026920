"""Commands that bring foreign files in, and take predictions out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json

__all__ = ["export", "import_"]

_SHOWN = 12


def import_(
    file: Annotated[
        Path, typer.Argument(help="A file of promptfoo, Inspect, OpenAI Evals or OpenTelemetry.")
    ],
    *,
    form: Annotated[
        str | None, typer.Option("--as", help="Its format; told by its content when left out.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="New folder to write to.")] = None,
    feature: Annotated[str | None, typer.Option(help="Make a feature of this name instead.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Bring in examples, answers and prompts from another tool's file.

    Example: shipworthy import results.json --feature triage
    """
    from shipworthy.workbench.importing import import_file
    from shipworthy.workbench.workspace import open_workspace

    opened = None if feature is None else open_workspace(workspace)
    done = import_file(file, form=form, into=into, workspace=opened, feature=feature)
    if as_json:
        return say_json("import", done)
    say(f"Read {file.name}: {done.tool or done.form}")
    say(f"  {done.examples:,} examples, {done.labelled:,} with a label")
    for candidate in done.candidates:
        often = f", up to {candidate.repeats} times each" if candidate.repeats > 1 else ""
        say(f"  candidate {candidate.name}: {candidate.rows:,} examples answered{often}")
    if done.prompts:
        say(f"  prompts: {', '.join(done.prompts)}")
    _say_counted("Decided on the way", [(each.name, each.count) for each in done.decided])
    _say_counted("Not carried over", [(each.name, each.count) for each in done.not_carried_over])
    say(f"Written to {done.folder}")
    return say(f"Next: {done.next}")


def _say_counted(title: str, items: list[tuple[str, int]]) -> None:
    if not items:
        return
    say(f"{title}:")
    for name, count in items[:_SHOWN]:
        say(f"  {count:,} × {name}")
    if len(items) > _SHOWN:
        say(f"  and {len(items) - _SHOWN} more kinds, all in import.json")


def export(
    which: Annotated[str | None, typer.Argument(help="Review id or feature; the newest if left out.")] = None,
    *,
    to: Annotated[
        Path, typer.Option("--to", help="New file: .csv, .xlsx, .jsonl, .parquet, or .xml (JUnit).")
    ],
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a review's predictions to a file, or its bars as JUnit.

    Example: shipworthy reviews export triage --to predictions.csv
    """
    from shipworthy.workbench.exporting import export_review
    from shipworthy.workbench.workspace import open_workspace

    done = export_review(open_workspace(workspace), which, to=to)
    if as_json:
        return say_json("reviews export", done)
    what = "its bars" if done.rows is None else f"{done.rows:,} predictions"
    return say(f"Wrote {what} of review {done.review} to {done.file}")
