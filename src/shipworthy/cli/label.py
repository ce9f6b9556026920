"""The command ``label``: people say what is right, for every job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.workbench.labels import LabelProgress
    from shipworthy.workbench.workspace import Workspace as Place

__all__ = ["label"]


def label(
    name: FeatureName,
    *,
    by: Annotated[
        str, typer.Option("--by", "--annotator", envvar="SHIPWORTHY_PERSON", help="Who labels.")
    ] = "me",
    rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="Rows to choose: 100 classes or 50 other labels when left out. More later adds rows.",
        ),
    ] = None,
    classes: Annotated[str, typer.Option("--labels", help="Labels to offer, separated by commas.")] = "",
    answers: Annotated[
        Path | None, typer.Option(help="Take labels from JSON Lines or CSV with row and label.")
    ] = None,
    adjudicate: Annotated[
        bool, typer.Option("--adjudicate", help="Decide rows on which people differ, blind to who said what.")
    ] = False,
    agreement: Annotated[
        bool, typer.Option("--agreement", help="Say how far the people who labelled agree, and stop.")
    ] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Label well-chosen rows, one key each. Nothing a model said is shown.

    Example: shipworthy label triage --by ana --labels "billing,bug,praise"
    """
    from shipworthy.workbench.job_labels import job_of
    from shipworthy.workbench.workspace import open_workspace

    place = open_workspace(workspace)
    if adjudicate:
        progress = _adjudicated(place, name, by=by, answers=answers, as_json=as_json)
    elif job_of(place, name) == "classify":
        offered = [part.strip() for part in classes.split(",") if part.strip()]
        progress = _classes(
            place, name, by=by, rows=rows, offered=offered, answers=answers, ask=not (as_json or agreement)
        )
    else:
        if classes:
            raise UserError("--labels is for features that classify.", hint="Leave it out.")
        progress = _others(place, name, by=by, rows=rows, answers=answers, ask=not (as_json or agreement))
    if as_json:
        return say_json("label", progress)
    if not agreement:
        say(f"{progress.done} labelled, {progress.skipped} skipped, {progress.left} to go: {progress.labels}")
    _say_agreement(progress, name, asked=agreement)
    if agreement:
        return None
    return say(f"Next: shipworthy review {name}") if progress.done else None


def _say_agreement(progress: LabelProgress, name: str, *, asked: bool) -> None:
    if progress.caution:
        say(progress.caution)
    if asked and not progress.agreement:
        say("No row was labelled by two people, so there is no agreement to measure.")
        say(f"Let somebody else label the same rows: shipworthy label {name} --by SOMEBODY")
    pair = None
    for line in progress.agreement:
        if pair != (line.first, line.second):
            pair = (line.first, line.second)
            say(f"{line.first} and {line.second}:")
        say(f"  {line.about}: {line.estimate}")
    if progress.differing:
        which = "1 row differs" if progress.differing == 1 else f"{progress.differing} rows differ"
        say(f"{which}: shipworthy label {name} --adjudicate --by SOMEBODY")


def _there_is_a_terminal() -> None:
    if not sys.stdin.isatty():
        raise UserError(
            "Labelling asks for keys, and there is no terminal to ask in.",
            hint="Give the labels in a file (--answers FILE), or list the rows to label with --json.",
        )


def _classes(
    place: Place,
    name: str,
    *,
    by: str,
    rows: int | None,
    offered: list[str],
    answers: Path | None,
    ask: bool,
) -> LabelProgress:
    from shipworthy.workbench.job_labels import classes_by_person, people_agree
    from shipworthy.workbench.labels import answer_from, label_feature

    with label_feature(place, name, by=by, rows=rows or 100, classes=offered) as work:
        if answers is not None:
            answer_from(work.session, answers)
        elif ask:
            from shipworthy.cli.labelling import label_by_key

            _there_is_a_terminal()
            label_by_key(work.session)
        return people_agree(work.progress, classes_by_person(work.session.labels))


def _others(
    place: Place, name: str, *, by: str, rows: int | None, answers: Path | None, ask: bool
) -> LabelProgress:
    from shipworthy.workbench.job_labels import label_job
    from shipworthy.workbench.label_answers import job_answers_from

    with label_job(place, name, by=by, rows=rows) as work:
        if answers is not None:
            job_answers_from(work, answers)
        elif ask:
            from shipworthy.cli.job_labelling import label_job_by_key

            _there_is_a_terminal()
            label_job_by_key(work)
        return work.progress


def _adjudicated(place: Place, name: str, *, by: str, answers: Path | None, as_json: bool) -> LabelProgress:
    from shipworthy.workbench.job_labels import adjudicate_feature
    from shipworthy.workbench.label_answers import decide_from

    with adjudicate_feature(place, name, by=by) as work:
        if answers is not None:
            decide_from(work, answers)
        elif not as_json:
            from shipworthy.cli.job_labelling import decide_by_key

            _there_is_a_terminal()
            decide_by_key(work)
        return work.progress
