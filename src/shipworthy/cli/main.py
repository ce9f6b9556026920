"""The ``shipworthy`` command."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from shipworthy import __version__
from shipworthy.cli.output import exit_code, fail, progress, say, say_json
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
feature_app = typer.Typer(help="Features: make, list and check them.", no_args_is_help=True)
reviews_app = typer.Typer(help="Reviews that were made.", no_args_is_help=True)
evidence_app = typer.Typer(help="The ledger of what was done here.", no_args_is_help=True)
app.add_typer(feature_app, name="feature")
app.add_typer(reviews_app, name="reviews")
app.add_typer(evidence_app, name="evidence")

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON (see 'shipworthy schema').")]
Workspace = Annotated[
    Path,
    typer.Option("--workspace", envvar="SHIPWORTHY_WORKSPACE", help="Folder in or below the workspace."),
]
FeatureName = Annotated[str, typer.Argument(help="The feature's name.")]
HERE = Path()


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


@app.command()
def demo(
    into: Annotated[Path, typer.Option("--into", help="Folder for the demonstration.")] = Path("demo"),
    *,
    as_json: AsJson = False,
) -> None:
    """Review the bundled example before and after its repair. No key, no network.

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
    return say("The data were written for this example: what you learn here counts as practice.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, XLSX, JSON Lines or Parquet.")],
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
    _finish("check", finished, as_json=as_json)


@feature_app.command("list")
def feature_list(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """List the features of a workspace.

    Example: shipworthy feature list
    """
    from shipworthy.workbench.features import list_features
    from shipworthy.workbench.workspace import open_workspace

    features = list_features(open_workspace(workspace))
    if as_json:
        return say_json("feature list", features)
    for feature in features:
        say(f"{feature.name}  {feature.last_decision or 'not reviewed'}  {feature.does}")
    return None if features else say("No feature yet. Make one: shipworthy feature new NAME --data FILE")


@feature_app.command("new")
def feature_new(
    name: FeatureName,
    data: Annotated[Path, typer.Option("--data", help="One file of examples.")],
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


@feature_app.command("check")
def feature_check(name: FeatureName, *, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Validate a feature and its data without running anything.

    Example: shipworthy feature check triage
    """
    from shipworthy.workbench.features import check_feature
    from shipworthy.workbench.workspace import open_workspace

    checked = check_feature(open_workspace(workspace), name)
    if as_json:
        return say_json("feature check", checked)
    rows = ", ".join(f"{count:,} {split}" for split, count in checked.rows.items())
    say(f"{checked.name}: {rows} rows; {len(checked.classes)} labels. {checked.how_split}")
    for problem in checked.problems:
        say(f"  data: {problem}")
    for found in checked.personal_data:
        say(f"  personal data: {found}")
    for note in checked.notes:
        say(f"  open: {note}")
    return say(f"Nothing stands in the way. Next: shipworthy review {name}")


@app.command()
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


@app.command()
def review(
    name: FeatureName,
    *,
    reason: Annotated[
        str | None, typer.Option(help="Why you decide as you do, in your own words; kept as evidence.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Review a feature: data checks, run, scores, findings, verdict, report.

    Exit code: 0 ship (with or without fallback), 1 hold, 3 cannot tell yet.

    Example: shipworthy review triage
    """
    from shipworthy.workbench.reviews import review_feature
    from shipworthy.workbench.workspace import open_workspace

    with progress() as watch:
        finished = review_feature(open_workspace(workspace), name, reason=reason, progress=watch)
    _finish("review", finished, as_json=as_json)


def _finish(verb: str, finished: Any, *, as_json: bool) -> NoReturn:
    """Print a finished review and exit with the code of its verdict."""
    if as_json:
        say_json(verb, finished.line)
    else:
        from shipworthy.documents import review_text

        say(review_text(finished.report))
        say(f"\nReport: {finished.page}")
    raise typer.Exit(exit_code(finished.line.decision))


@reviews_app.command("list")
def reviews_list(
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


@reviews_app.command("show")
def reviews_show(
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


@reviews_app.command("compare")
def reviews_compare(
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


@reviews_app.command("open")
def reviews_open(
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


@evidence_app.command("list")
def evidence_list(
    feature: Annotated[str | None, typer.Argument(help="Only this feature's.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """List the evidence records, oldest first.

    Example: shipworthy evidence list
    """
    from shipworthy.workbench.ledger import list_evidence
    from shipworthy.workbench.workspace import open_workspace

    records = list_evidence(open_workspace(workspace), feature=feature)
    if as_json:
        return say_json("evidence list", records)
    for record in records:
        kind = "practice" if record.practice_only else record.origin
        say(f"{record.id}  {record.at:%Y-%m-%d}  {kind}  {record.title}")
    return None if records else say("No evidence yet: a review makes some.")


@evidence_app.command("verify")
def evidence_verify(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Say whether every record and every file it rests on is as it was.

    Example: shipworthy evidence verify
    """
    from shipworthy.workbench.ledger import verify_evidence
    from shipworthy.workbench.workspace import open_workspace

    problems = verify_evidence(open_workspace(workspace))
    if as_json:
        say_json("evidence verify", problems)
    else:
        for problem in problems:
            say(f"{problem.record}: {problem.message}")
        say("Every record and file is as it was." if not problems else f"{len(problems)} problem(s).")
    raise typer.Exit(1 if problems else 0)


@app.command()
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
