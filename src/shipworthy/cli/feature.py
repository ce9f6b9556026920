"""Commands about features: make, list, check and label them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

__all__ = ["app", "label"]

app = typer.Typer(help="Features: make, list and check them.", no_args_is_help=True)


@app.command("list")
def list_(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """List the features of a workspace.

    Example: shipworthy feature list
    """
    from shipworthy.documents.words import DECISIONS
    from shipworthy.workbench.features import list_features
    from shipworthy.workbench.workspace import open_workspace

    features = list_features(open_workspace(workspace))
    if as_json:
        return say_json("feature list", features)
    for feature in features:
        last = DECISIONS[feature.last_decision].word.lower() if feature.last_decision else "not reviewed"
        say(f"{feature.name}  {last}  {feature.does}")
    return None if features else say("No feature yet. Make one: shipworthy feature new NAME --data FILE")


@app.command("new")
def new(
    name: FeatureName,
    data: Annotated[Path, typer.Option("--data", help="One file of examples (a sheet: book.xlsx#Sheet2).")],
    *,
    job: Annotated[str, typer.Option(help="What is judged: classify.")] = "classify",
    does: Annotated[str | None, typer.Option(help="What the feature does, in one sentence.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a feature from a file: looks at it and proposes what each column is for.

    Example: shipworthy feature new triage --job classify --data feedback.csv
    """
    from shipworthy.workbench.features import new_feature
    from shipworthy.workbench.workspace import open_workspace

    made = new_feature(open_workspace(workspace), name, data=data, job=job, does=does)
    if as_json:
        return say_json("feature new", made)
    say(f"Made {made.file} from {made.rows:,} rows.")
    for setting, reason in made.reasons.items():
        say(f"  {setting}: {reason}")
    if made.label is None:
        return say(f"The file has no labels yet. Next: shipworthy label {name}")
    return say(f"Correct what is wrong there, then: shipworthy feature check {name}")


@app.command("check")
def check(name: FeatureName, *, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Validate a feature and its data without running anything.

    Example: shipworthy feature check triage
    """
    from shipworthy.workbench.features import check_feature
    from shipworthy.workbench.workspace import open_workspace

    checked = check_feature(open_workspace(workspace), name)
    if as_json:
        return say_json("feature check", checked)
    rows = ", ".join(f"{count:,} {split}" for split, count in checked.rows.items())
    labels = f"{len(checked.classes)} labels. " if checked.classes else ""
    say(f"{checked.name}: {rows} rows; {labels}{checked.how_split}")
    for problem in checked.problems:
        say(f"  data: {problem}")
    for found in checked.personal_data:
        say(f"  personal data: {found}")
    for note in checked.notes:
        say(f"  open: {note}")
    return say(f"Nothing stands in the way. Next: shipworthy review {name}")


def label(
    name: FeatureName,
    *,
    by: Annotated[str, typer.Option(envvar="SHIPWORTHY_PERSON", help="Who labels.")] = "me",
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="Rows to choose the first time.")] = 100,
    classes: Annotated[str, typer.Option("--labels", help="Labels to offer, separated by commas.")] = "",
    answers: Annotated[
        Path | None, typer.Option(help="JSON Lines with row and label, to take them from.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Label well-chosen rows, one key each. Nothing a model said is shown.

    Example: shipworthy label triage --by ana --labels "billing,bug,praise"
    """
    from shipworthy.workbench.labels import answer_from, label_feature
    from shipworthy.workbench.workspace import open_workspace

    offered = [part.strip() for part in classes.split(",") if part.strip()]
    with label_feature(open_workspace(workspace), name, by=by, rows=rows, classes=offered) as work:
        if answers is not None:
            answer_from(work.session, answers)
        elif sys.stdin.isatty() and not as_json:
            from shipworthy.cli.labelling import label_by_key

            label_by_key(work.session)
        elif not as_json:
            raise UserError(
                "Labelling asks for keys, and there is no terminal to ask in.",
                hint="Give the labels in a file (--answers FILE), or list the rows to label with --json.",
            )
        progress = work.progress
    if as_json:
        return say_json("label", progress)
    say(f"{progress.done} labelled, {progress.skipped} skipped, {progress.left} to go: {progress.labels}")
    return say(f"Next: shipworthy review {name}") if progress.done else None
