"""The ``shipworthy`` command: every noun is a module beside this one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from shipworthy import __version__
from shipworthy.cli import (
    asks,
    attack,
    cache,
    cards,
    career,
    claims,
    classifying,
    compare,
    decisions,
    errors,
    evidence,
    explain,
    extracts,
    feature,
    ideas,
    importing,
    indexes,
    judges,
    label,
    launches,
    models,
    postmortem,
    prd,
    review,
    risk,
    runs,
    sourcing,
    summaries,
)
from shipworthy.cli.options import HERE, AsJson
from shipworthy.cli.output import fail, say, say_json
from shipworthy.core.errors import ShipworthyError, UserError

__all__ = ["app", "main"]

app = typer.Typer(
    name="shipworthy",
    help="Review an AI feature and get a ship decision you can defend.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (Typer calls it so)
    if wanted:
        say(__version__)
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
) -> None:
    del version  # its callback has done what there is to do


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make; it may exist.")] = HERE,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a workspace. Nothing that exists is overwritten.

    Example: shipworthy init my-work
    """
    from shipworthy.workbench.workspace import init as verb

    workspace = verb(folder)
    if as_json:
        return say_json("init", workspace)
    say(f"Made a workspace in {workspace.root}")
    return say("Next: shipworthy feature new NAME --data FILE")


def schema(
    verb: Annotated[str, typer.Argument(help="A verb such as 'reviews list', or 'feature.yaml'.")],
) -> None:
    """Print the JSON Schema of feature.yaml, or of what a verb prints with --json.

    Example: shipworthy schema "reviews show"
    """
    import json

    from shipworthy.core.errors import nearest
    from shipworthy.workbench.verbs import VERBS, result_schema

    if verb == "feature.yaml":
        from shipworthy.workbench.features import spec_schema

        return say(json.dumps(spec_schema(), indent=1))
    if verb not in VERBS:
        raise UserError(f"There is no schema {verb!r}.", hint=nearest(verb, [*VERBS, "feature.yaml"]))
    return say(json.dumps(result_schema(verb), indent=1))


for command in (review.demo, review.check, label.label, review.review, compare.compare, schema):
    app.command()(command)
app.command("import")(importing.import_)
app.command()(claims.claim)
app.command()(classifying.classify)
app.command()(asks.ask)
app.command()(extracts.extract)
app.command()(attack.attack)
app.command()(sourcing.source)
app.command()(summaries.summarise)
app.command()(launches.launch)
app.command()(cards.card)
app.command()(cards.brief)
app.command()(indexes.index)
app.command("errors")(errors.errors)
explain.app.command("retrieval")(indexes.explain_retrieval)
review.app.command()(importing.export)
feature.app.command()(ideas.idea)
for noun, commands in (
    ("feature", feature.app),
    ("reviews", review.app),
    ("runs", runs.app),
    ("models", models.app),
    ("cache", cache.app),
    ("explain", explain.app),
    ("risk", risk.app),
    ("prd", prd.app),
    ("decision", decisions.app),
    ("research", decisions.research),
    ("career", career.app),
    ("papers", cards.app),
    ("postmortem", postmortem.app),
    ("judge", judges.app),
    ("evidence", evidence.app),
):
    app.add_typer(commands, name=noun)


def main() -> NoReturn:
    """Run the command line: messages for people, exit codes for programs, traces only for bugs."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack a letter
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)  # tidy up, as after Ctrl-C
    sys.exit(_guarded(app))


def _guarded(run: Callable[[], object]) -> int:
    """Run, and turn what went wrong into a message and an exit code."""
    try:
        run()
    except SystemExit as leaving:  # Typer has printed what there was to say
        code = leaving.code if isinstance(leaving.code, int) else 0
        return fail("Interrupted. Nothing was half-written.", code) if code == 130 else code
    except ShipworthyError as error:
        return fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return fail("Interrupted. Nothing was half-written.", 130)
    except MemoryError:
        return fail("There is not enough memory for this.\n  next: Try fewer rows.", 4)
    except OSError as error:
        return fail(f"The machine refused: {error}.", 4)
    except Exception:  # noqa: BLE001 (the last line of defence: a bug is named as one)
        import traceback

        trace = traceback.format_exc()
        return fail(f"This is a bug of Shipworthy, not a mistake of yours. Please report it:\n{trace}", 70)
    return 0
