"""Commands about the PRD of a feature."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.lines import say_lines, stdin_lines
from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shipworthy.launch.prd import CheckedPrd
    from shipworthy.workbench.json_lines import LineProblem
    from shipworthy.workbench.prd import DraftedPaper
    from shipworthy.workbench.workspace import Workspace as Opened

__all__ = ["app", "show_drafted"]

app = typer.Typer(
    help="The PRD: drafted from what was measured, checked wherever it comes from.", no_args_is_help=True
)
Reason = Annotated[
    str | None, typer.Option(help="Why you decide as you do, in your own words; kept as evidence.")
]


@app.command()
def draft(
    feature: FeatureName,
    *,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write papers/prd.md from feature.yaml, the newest review and your answers; run it again at any time.

    Your words live in papers/prd.answers.yaml and are never changed. What nobody knows is marked as a gap.

    Example: shipworthy prd draft triage
    """
    from shipworthy.workbench.prd import draft_feature_prd
    from shipworthy.workbench.workspace import open_workspace

    made = draft_feature_prd(open_workspace(workspace), feature, on=datetime.now(UTC).date(), reason=reason)
    if as_json:
        return say_json("prd draft", made)
    show_drafted(made)
    return say(f"Next: shipworthy prd check {feature}")


def show_drafted(made: DraftedPaper) -> None:
    """Say what was drafted and what is still to be filled in."""
    say(f"Drafted {made.file}")
    if made.review is not None:
        say(f"Numbers: review {made.review}")
    say(f"Your words: {made.answers_file} ({made.answered} answered, {made.share_own:.0%} of the page)")
    if made.gaps:
        say(f"{len(made.gaps)} gaps:")
    for gap in made.gaps:
        say(f"  - {gap}")


@app.command()
def check(
    what: Annotated[
        str | None, typer.Argument(help="A feature, a Markdown file, or - for a document on standard input.")
    ] = None,
    *,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Hold a PRD against every rule: what is missing, where, why it matters and what to do.

    Works on any PRD in Markdown. Without an argument it reads JSON Lines ({"id": …, "text": "# PRD …"}) and
    writes one result a line. Exit code: 0 nothing blocking, 1 something blocking.

    Example: shipworthy prd check triage
    """
    from shipworthy.launch.prd import blocking
    from shipworthy.workbench import prd as verbs

    on = datetime.now(UTC).date()
    if what is None:
        return _lines(workspace)
    if what == "-":
        text = sys.stdin.read(8_000_000)
        checked = verbs.check_prd_text(text, name="standard input", workspace=_near(workspace), on=on)
    elif verbs.paths_lead_to_file(what):
        file = Path(what)
        checked = verbs.check_prd_file(file, workspace=_near(file.parent) or _near(workspace), on=on)
    else:
        from shipworthy.workbench.workspace import open_workspace

        checked = verbs.check_feature_prd(open_workspace(workspace), what, on=on, reason=reason)
    if as_json:
        say_json("prd check", checked)
    else:
        _show(checked)
    raise typer.Exit(1 if blocking(checked.findings) else 0)


@app.command()
def rules(*, as_json: AsJson = False) -> None:
    """List every rule, with an example that breaks it and one that keeps it.

    Example: shipworthy prd rules
    """
    from shipworthy.workbench.prd import list_prd_rules

    listed = list_prd_rules()
    if as_json:
        return say_json("prd rules", listed)
    for rule in listed:
        say(f"{rule.id} ({rule.severity})\n  {rule.why}\n  Next: {rule.next}")
        say(f"  Breaks it: {_flat(rule.failing)}\n  Keeps it:  {_flat(rule.passing)}\n")
    return None


def _near(folder: Path) -> Opened | None:
    """The workspace a folder lies in; None where there is none."""
    from shipworthy.workbench.workspace import open_workspace

    try:
        return open_workspace(folder)
    except WorkspaceError:
        return None


def _lines(workspace: Path) -> None:
    """JSON Lines in, JSON Lines out."""
    from shipworthy.workbench.prd import check_prd_lines

    hint = 'Name a feature or a file, or give {"text": "# PRD …"} lines on standard input.'
    nothing = UserError("There is nothing to check.", hint=hint)
    ready: list[bool] = []
    results = check_prd_lines(stdin_lines(nothing), workspace=_near(workspace), on=datetime.now(UTC).date())
    say_lines(_noted(results, ready), nothing=nothing, failing="could not be checked")
    raise typer.Exit(0 if all(ready) else 1)


def _noted(
    results: Iterable[CheckedPrd | LineProblem], ready: list[bool]
) -> Iterator[CheckedPrd | LineProblem]:
    """The same results; whether each PRD is ready is noted in ``ready``."""
    for result in results:
        ready.append(getattr(result, "ready", False))
        yield result


def _show(checked: CheckedPrd) -> None:
    for finding in checked.findings:
        place = f" ({finding.section})" if finding.section else ""
        say(f"line {finding.line}{place}: {finding.severity}, {finding.rule}")
        say(f"  {finding.why}")
        if finding.quote:
            say(f"  “{_flat(finding.quote)}”")
        say(f"  Next: {finding.next}")
    for item in checked.abstained:
        say(f"not judged: {item.rule}{f' (line {item.line})' if item.line else ''}. {item.why}")
    stops = sum(finding.severity == "blocking" for finding in checked.findings)
    rest = len(checked.findings) - stops
    say(f"{checked.rules} rules judged: {stops} blocking, {rest} advice.")


def _flat(text: str) -> str:
    return " ".join(text.split())
