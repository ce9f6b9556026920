"""The command ``errors``: read failures one key at a time, note, tag, count, make a check or a segment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.workbench.error_analysis import ErrorAnalysis

__all__ = ["errors"]


def errors(
    name: FeatureName,
    *,
    by: Annotated[
        str, typer.Option("--by", "--annotator", envvar="SHIPWORTHY_PERSON", help="Who reads.")
    ] = "me",
    tag: Annotated[bool, typer.Option("--tag", help="Group notes into tags.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Count the tags, with intervals.")] = False,
    make: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="KIND TAG", help="Make a 'segment' or a 'check' of a tag; edits no settings."),
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(help="Regular expression for --make: what shows it in a text.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Failures to read: 50 when left out. More adds.")
    ] = None,
    review: Annotated[str | None, typer.Option(help="The review; the newest when left out.")] = None,
    answers: Annotated[Path | None, typer.Option(help="Take notes and tags from JSON Lines or CSV.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Analyse errors: read failures and note what you see, group notes into tags, count, measure.

    Example: shipworthy errors triage --by ana
    """
    from shipworthy.workbench.error_analysis import analyse_errors, open_errors, record_errors
    from shipworthy.workbench.workspace import open_workspace

    place = open_workspace(workspace)
    asks = not (answers or show or make or as_json)
    if asks and not sys.stdin.isatty():
        raise UserError(
            "Notes are typed, and there is no terminal to type in.",
            hint="Give notes and tags in a file (--answers FILE), list the failures with --json, or --show.",
        )
    if asks:
        from shipworthy.cli.error_reading import read_failures, tag_notes

        desk = open_errors(place, name, by=by, rows=rows, review=review)
        try:
            (tag_notes if tag else read_failures)(desk)
        finally:
            record_errors(place, desk)
        return _say_progress(desk.analysis(), name)
    result = analyse_errors(
        place,
        name,
        by=by,
        rows=rows,
        review=review,
        answers=answers,
        make=None if make is None else (_kind(make[0]), make[1]),
        pattern=pattern,
    )
    if as_json:
        return say_json("errors", result)
    if result.made is not None:
        return _say_made(result)
    return _say_counts(result, name) if show else _say_progress(result, name)


def _kind(made: str) -> Literal["check", "segment"]:
    if made == "check":
        return "check"
    if made == "segment":
        return "segment"
    raise UserError(
        f"{made!r:.40} cannot be made.", hint="--make segment 'the tag', or --make check 'the tag'"
    )


def _say_progress(result: ErrorAnalysis, name: str) -> None:
    total = sum(result.failures.values())
    say(
        f"{len(result.notes)} of {result.drawn} failures noted by {result.by} ({total} failed of "
        f"{result.tested} rows); {result.untagged} without a tag: {result.file}"
    )
    if result.waiting:
        say(f"Next: shipworthy errors {name}")
    elif result.untagged:
        say(f"Next: shipworthy errors {name} --tag")
    else:
        say(f"Next: shipworthy errors {name} --show")


def _say_counts(result: ErrorAnalysis, name: str) -> None:
    from shipworthy.workbench.error_analysis import mode_name

    total = sum(result.failures.values())
    say(f"Review {result.review}: {result.candidate} failed on {total} of {result.tested} rows.")
    for kind, count in result.failures.items():
        read = sum(note.kind == kind and note.tags is not None for note in result.notes)
        say(f"  {kind}: {count}, {read} of them tagged")
    if not result.tags:
        say(f"No note of {result.by!r} has a tag yet.")
        if result.people and result.by not in result.people:
            return say(f"Notes are by {', '.join(result.people)}: shipworthy errors {name} --show --by NAME")
        return say(f"Next: shipworthy errors {name} --tag")
    say("")
    for one in result.tags:
        mode = f"   → {mode_name(one.failure_mode)}" if one.failure_mode else ""
        say(f"{one.tag}: {one.notes} {'note' if one.notes == 1 else 'notes'}{mode}")
        say(f"  of all failures {one.of_failures}")
        say(f"  of all rows {one.of_rows}")
        warning = one.of_failures.warning
        if warning:
            say(f"  note: {warning}")
    say("")
    _say_saturation(result)
    for reader in result.readers:
        say(
            f"{reader.first} and {reader.second} on {reader.tag!r}: both {reader.both} times, at least one "
            f"{reader.either} times, kappa {reader.kappa}"
        )
    return say(f"Next: shipworthy errors {name} --make segment {result.tags[0].tag!r}")


def _say_saturation(result: ErrorAnalysis) -> None:
    reached = result.saturation
    say(f"The last {reached.since_new} of {reached.tagged} tagged notes brought no new tag.")
    if result.drawn == sum(result.failures.values()) and not result.waiting:
        say("Every failure of this review was read; a review of more rows would show more.")
    elif reached.next_is_new is not None:
        more = "read on" if reached.next_is_new > 0.05 else "reading on will change little"
        say(f"Chance that the next one does: about {reached.next_is_new:.0%}; {more}.")


def _say_made(result: ErrorAnalysis) -> None:
    made = result.made
    assert made is not None
    for file in made.files:
        say(f"Wrote {file}")
    if made.held is not None:
        say(f"The pattern {made.pattern!r} finds {made.held.fitting} of {result.tested} rows.")
        say(f"  of the rows tagged {made.tag!r}: {made.held.tagged}")
        say(f"  of the rows that were right: {made.held.right}")
        say(f"  failed where it is found: {made.held.failed}; elsewhere: {made.held.others_failed}")
    if made.caution:
        say(made.caution)
    say("feature.yaml was not changed. To use it, put these lines there:\n")
    say(made.paste.rstrip())
