"""Commands about where somebody stands: audit, evidence from elsewhere, one's own view, the way forward."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json

if TYPE_CHECKING:
    from shipworthy.career.audit import Standing
    from shipworthy.workbench.career_audit import AuditResult

__all__ = ["artifact_app", "audit", "path", "self_"]

artifact_app = typer.Typer(help="Work from elsewhere that others can look at.", no_args_is_help=True)

_WIDTH = 96


def audit(
    *,
    resume: Annotated[
        Path | None, typer.Option(help="A résumé to read first: text, JSON Resume or PDF.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show every piece of evidence.")] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Say where you stand in each competency, on what evidence, and what the next level needs.

    Example: shipworthy career audit
    """
    from shipworthy.workbench.career_audit import audit_career
    from shipworthy.workbench.workspace import open_workspace

    found = audit_career(open_workspace(workspace), resume=resume)
    return say_json("career audit", found) if as_json else say(_shown(found, full=full))


def _shown(found: AuditResult, *, full: bool) -> str:
    lines = []
    if found.resume is not None:
        read = found.resume
        lines += [
            f"{read.file}: {read.lines} lines, {read.claims} claims about a competency,"
            f" {read.recorded} of them new.",
            "Claims are recorded as unverified and give no level.",
            "",
        ]
    for standing in found.audit.standings:
        lines += _standing(standing, full=full)
    lines += ["", *textwrap.wrap(f"The rule. {found.audit.rule}", _WIDTH)]
    if found.audit.broken:
        lines += ["", f"Left out, since they no longer hold: {', '.join(found.audit.broken)}"]
    return "\n".join(lines)


def _standing(standing: Standing, *, full: bool) -> list[str]:
    head = f"{standing.level}  {standing.name}: {standing.level_name}"
    if standing.difference is not None:
        head += f" (you say {standing.self_level}, {standing.difference:+d})".replace("-", "−")
    if standing.claims:
        head += f"; {standing.claims} unverified claim{'s' if standing.claims > 1 else ''}"
    lines = [head]
    for piece in standing.pieces if full else ():
        lines += _indented(f"{piece.on} {piece.record}: {piece.title} ({piece.why})")
    if full and standing.observable:
        lines += _indented(f"To be seen at this level: {standing.observable}")
    return [*lines, *_indented(f"next: {standing.next}")]


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="   ", subsequent_indent="     ")


@artifact_app.command("add")
def add(
    title: Annotated[str, typer.Argument(help="What it is, in one line.")],
    *,
    competency: Annotated[list[str], typer.Option(help="What it shows; may be given several times.")],
    link: Annotated[str | None, typer.Option(help="Where to see it. It is not opened.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file inside the workspace.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why it was done so, in your own words; else it is practice.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Record something that you made elsewhere, with a link or a file that others can look at.

    Example: shipworthy career artifact add "Search relaunch" --competency prioritisation --link https://…
    """
    from shipworthy.workbench.career_audit import add_artifact
    from shipworthy.workbench.workspace import open_workspace

    record = add_artifact(
        open_workspace(workspace), title=title, competencies=competency, link=link, file=file, reason=reason
    )
    if as_json:
        return say_json("career artifact add", record)
    say(f"{record.id}  {record.title}")
    if record.reason is None:
        say("Without --reason it counts as practice.")
    return None


def self_(
    competency: Annotated[str, typer.Argument(help="The competency, such as ethics.")],
    level: Annotated[
        int, typer.Argument(help="0 nothing, 1 practised, 2 once, 3 repeatedly, 4 relied upon.")
    ],
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what you think of yourself. It is kept apart; the audit shows the difference.

    Example: shipworthy career self ethics 2
    """
    from shipworthy.workbench.career_audit import assess_self
    from shipworthy.workbench.workspace import open_workspace

    said = assess_self(open_workspace(workspace), competency, level)
    if as_json:
        return say_json("career self", said)
    return say(
        f"Noted. {len(said.levels)} of 13 competencies have your own view; see: shipworthy career audit"
    )


def path(
    *,
    start: Annotated[
        str | None, typer.Option("--from", help="engineer, product-manager or switcher; else the plan's.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the way from where you start: prerequisites, steps, honest horizon, and your next move.

    Example: shipworthy career path --from switcher
    """
    from shipworthy.workbench.career_audit import find_path
    from shipworthy.workbench.workspace import open_workspace

    way = find_path(open_workspace(workspace), start)
    if as_json:
        return say_json("career path", way)
    item = way.path
    low, high = item.horizon.months
    basis = "the guide's figure" if item.horizon.basis == "guide" else "our estimate"
    lines = [
        *textwrap.wrap(f"{item.name}. {item.starts}", _WIDTH),
        f"Horizon: {low} to {high} months ({basis})",
        *_indented(item.horizon.note),
        "Before you begin",
        *(line for text in item.prerequisites for line in _indented(f"- {text}")),
        "Your edge",
        *_indented(item.edge),
        "Steps",
    ]
    for number, step in enumerate(way.steps, start=1):
        state = "done" if step.done else f"about {step.step.months:g} months"
        lines += _indented(f"{number}. {step.step.what} ({state})")
        gaps = ", ".join(f"{gap.name} {gap.level}/{gap.needed}" for gap in step.lacking)
        lines += (
            textwrap.wrap(f"open: {gaps}", _WIDTH, initial_indent="      ", subsequent_indent="      ")
            if gaps
            else []
        )
    lines += ["Not worth attempting", *(line for text in item.avoid for line in _indented(f"- {text}"))]
    lines += ["Next move", *_indented(way.next_move)]
    if way.do:
        lines += _indented(f"Start with: {way.do}")
    return say("\n".join(lines))
