"""The command that takes the notes of a meeting."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AcceptUnknownPrice, AsJson, Budget, SendPersonalData, Workspace
from shipworthy.cli.output import notice, say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.workbench.summaries import MeetingNotes, Noting
    from shipworthy.workbench.workspace import Workspace as OpenWorkspace

__all__ = ["summarise"]


def summarise(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FEATURE] [FILE]", help="A transcript, and before it a feature."),
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write the notes to, as Markdown.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model to ask, such as local or openai:gpt-5-mini; none if left out.")
    ] = None,
    budget: Budget = None,
    accept_unknown_price: AcceptUnknownPrice = False,
    send_personal_data: SendPersonalData = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a meeting's notes: decisions, action items, open questions and risks, each with its lines.

    Reads VTT, SRT, text with "Name: …" lines, and turns as JSON Lines. Without a file, reads JSON Lines from
    standard input ({"id": "…", "text": "…"} in each line) and writes notes for each, as JSON Lines.

    Example: shipworthy summarise meeting.vtt --out notes.md
    """
    from shipworthy.workbench.runs import Asking
    from shipworthy.workbench.settings import workspace_around
    from shipworthy.workbench.summaries import Noting, summarise_file

    around = workspace_around(workspace)
    feature, file = _named(what or [])
    noting = Noting(
        feature=feature,
        model=model,
        asking=Asking(
            budget=budget, accept_unknown_price=accept_unknown_price, send_personal_data=send_personal_data
        ),
        notice=notice,
    )
    if file is None:
        if out is not None:
            raise UserError(
                "--out needs a transcript to read.", hint="shipworthy summarise meeting.vtt --out notes.md"
            )
        return _lines(noting, around)
    notes = summarise_file(file, out=out, noting=noting, workspace=around)
    if as_json:
        return say_json("summarise", notes)
    return say(notes.markdown.rstrip() if out is None else "\n".join(_told(notes)))


def _named(what: list[str]) -> tuple[str | None, Path | None]:
    """The feature and the file: two words are both, one is a file if it looks like one."""
    if len(what) > 2:
        raise UserError(
            f"{len(what)} names were given.", hint="One transcript at a time: a feature and a file."
        )
    if len(what) == 2:
        return what[0], Path(what[1])
    if not what:
        return None, None
    path = Path(what[0])
    looks_like_a_file = path.exists() or path.suffix or len(path.parts) > 1 or sys.stdin.isatty()
    return (None, path) if looks_like_a_file else (what[0], None)


def _lines(noting: Noting, around: OpenWorkspace | None) -> None:
    from shipworthy.workbench.summaries import summarise_lines

    hint = 'Name a transcript, or give {"id": "…", "text": "…"} lines on standard input.'
    nothing = UserError("There is nothing to summarise.", hint=hint)
    notes = summarise_lines(stdin_lines(nothing), noting=noting, workspace=around)
    say_lines(notes, nothing=nothing, failing="gave no notes")


def _told(notes: MeetingNotes) -> list[str]:
    from shipworthy.datasets.problem import counted

    counts = [
        counted(sum(item.kind == kind and item.supported for item in notes.items), word, f"{word}s")
        for kind, word in (
            ("decision", "decision"),
            ("action", "action item"),
            ("question", "open question"),
            ("risk", "risk"),
        )
    ]
    lines = [f"{', '.join(counts)}.", notes.how]
    doubtful = sum(not item.supported for item in notes.items)
    if doubtful:
        lines.append(f"{doubtful:,} statements are not said by the lines they name; they stand apart.")
    if notes.dropped:
        lines.append(f"{notes.dropped:,} statements of the model were dropped: they named no line.")
    if notes.blanked:
        lines.append(
            f"{notes.blanked:,} owners or due dates of the model were left blank: no line gives them."
        )
    if notes.unread:
        lines.append(f"The model gave no usable answer about {len(notes.unread):,} parts of the transcript.")
    return [*lines, f"Wrote {notes.out}"]
