"""Commands about features: make, list and check them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json

__all__ = ["app"]

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
    *,
    data: Annotated[
        Path | None, typer.Option("--data", help="One file of examples (a sheet: book.xlsx#Sheet2).")
    ] = None,
    job: Annotated[
        str, typer.Option(help="What is judged: classify, answer, extract or summarise.")
    ] = "classify",
    documents: Annotated[
        Path | None, typer.Option(help="Folder that questions are about, or that is read (not for classify).")
    ] = None,
    schema: Annotated[
        str | None, typer.Option(help="What to extract: a YAML file, module:Class, or invoice.")
    ] = None,
    does: Annotated[str | None, typer.Option(help="What the feature does, in one sentence.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a feature from your files: looks at them and proposes what each column is for.

    --job answer needs --data questions.csv --documents handbook

    --job extract needs --documents inbox --schema invoice, and takes --data labels.csv

    --job summarise needs --documents meetings, and takes --data labels.jsonl

    Where nothing says what is right, 'shipworthy label' asks for it.

    Example: shipworthy feature new triage --job classify --data feedback.csv
    """
    from shipworthy.workbench.new_features import new_feature
    from shipworthy.workbench.workspace import open_workspace

    made = new_feature(
        open_workspace(workspace), name, data=data, job=job, does=does, documents=documents, schema=schema
    )
    if as_json:
        return say_json("feature new", made)
    about = "" if made.documents is None else f" and {made.documents:,} documents"
    say(f"Made {made.file} from {made.rows:,} rows{about}.")
    for setting, reason in made.reasons.items():
        say(f"  {setting}: {reason}")
    if made.label is None:
        none_yet = "The file has" if made.documents is None else "There are"
        return say(f"{none_yet} no labels yet. Next: shipworthy label {name}")
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
