"""Commands about the one question, and about explaining results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.workbench.workspace import Workspace as Folder

__all__ = ["app"]

app = typer.Typer(no_args_is_help=False)
_MOST = 1_000_000


@app.callback(invoke_without_command=True)
def pitch(context: typer.Context, *, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Say what you have shipped and what came of it, from evidence only; what no record says is a gap.

    Example: shipworthy career pitch
    """
    if context.invoked_subcommand is not None:
        return None
    from shipworthy.workbench.career_pitch import draft_pitch, pitch_text
    from shipworthy.workbench.workspace import open_workspace

    found = draft_pitch(open_workspace(workspace))
    return say_json("career pitch", found) if as_json else say(pitch_text(found))


@app.command()
def rehearse(
    *,
    audience: Annotated[
        str | None, typer.Option("--for", metavar="<executive|engineer>", help="Whom you explain it to.")
    ] = None,
    review: Annotated[str | None, typer.Option(help="The review; the newest if left out.")] = None,
    file: Annotated[Path | None, typer.Option(help="A text file with your explanation.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Explain a result in your own words; scored on whether the numbers and the uncertainty survive.

    Without --file it asks on a terminal, and elsewhere reads JSON Lines: {"for": "executive", "text": "…"},
    one result a line.

    Example: shipworthy career pitch rehearse --for executive --file explanation.txt
    """
    from shipworthy.workbench.career_pitch import rehearsal_text, rehearse_result
    from shipworthy.workbench.workspace import open_workspace

    home = open_workspace(workspace)
    if file is None and not sys.stdin.isatty():
        return _lines(home, audience, review)
    if audience is None:
        raise UserError("Whom do you explain it to?", hint="Say it: --for executive, or --for engineer")
    text = _asked() if file is None else _read(file)
    result = rehearse_result(home, text, audience=audience, review=review)
    return say_json("career pitch rehearse", result) if as_json else say(rehearsal_text(result))


def _read(file: Path) -> str:
    from shipworthy.core.errors import Where
    from shipworthy.core.files import readable

    try:
        return readable(file).read_bytes()[:_MOST].decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("This explanation is not UTF-8 text.", where=Where(file=file)) from None


def _asked() -> str:
    try:
        return str(typer.prompt("Your explanation, on one line"))
    except typer.Abort:  # how Typer reports Ctrl-C
        raise KeyboardInterrupt from None


def _lines(home: Folder, audience: str | None, review: str | None) -> None:
    """JSON Lines in, JSON Lines out; a line that cannot be used says why in ``error``."""
    from shipworthy.workbench.career_pitch import rehearse_lines

    hint = 'Give --file FILE, or lines like {"for": "executive", "text": "…"} on standard input.'
    nothing = UserError("There is no explanation.", hint=hint)
    results = rehearse_lines(home, stdin_lines(nothing), audience=audience, review=review)
    say_lines(results, nothing=nothing, failing="could not be scored")


@app.command()
def history(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """List your rehearsals with what each one missed.

    Example: shipworthy career pitch history
    """
    from shipworthy.workbench.career_pitch import list_rehearsals
    from shipworthy.workbench.workspace import open_workspace

    found = list_rehearsals(open_workspace(workspace))
    if as_json:
        return say_json("career pitch history", found)
    for one in found:
        missed = f"; missed: {', '.join(one.missed)}" if one.missed else ""
        say(f"{one.at:%Y-%m-%d %H:%M}  {one.met} of {one.of}  {one.audience}, review {one.review}{missed}")
    return None if found else say("No rehearsal yet. Next: shipworthy career pitch rehearse --for executive")
