"""Commands about the portfolio."""

from __future__ import annotations

from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Workspace
from shipworthy.cli.output import say, say_json

__all__ = ["app"]

app = typer.Typer(help="A public site of case studies whose numbers can be checked.", no_args_is_help=True)


@app.command()
def add(
    feature: FeatureName,
    *,
    review: Annotated[str | None, typer.Option(help="The review; the newest if left out.")] = None,
    name: Annotated[
        str | None, typer.Option("--as", help="The case's public name; study-1 and so on if left out.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Begin a case study about a reviewed feature: a file of questions for your own words.

    Example: shipworthy career portfolio add triage --as support-triage
    """
    from shipworthy.workbench.career_portfolio import add_case
    from shipworthy.workbench.workspace import open_workspace

    added = add_case(open_workspace(workspace), feature, review=review, name=name)
    if as_json:
        return say_json("career portfolio add", added)
    say(f"Began the case {added.id!r} about review {added.review}.")
    return say(f"Answer {added.questions} questions in {added.file}, then: shipworthy career portfolio build")


@app.command("list")
def list_(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """List the case studies, how far each is, and what each publishes.

    Example: shipworthy career portfolio list
    """
    from shipworthy.workbench.career_portfolio import list_cases
    from shipworthy.workbench.workspace import open_workspace

    found = list_cases(open_workspace(workspace))
    if as_json:
        return say_json("career portfolio list", found)
    for case in found:
        published = f"; publishes {', '.join(case.publish)}" if case.publish else ""
        say(f"{case.id}  {case.answered} of {case.of} answered, review {case.review}{published}")
    return None if found else say("No case study yet. Next: shipworthy career portfolio add FEATURE")


@app.command()
def build(
    *,
    preview: Annotated[
        bool, typer.Option("--preview", help="Write nothing; show what stays private or is taken out.")
    ] = False,
    final: Annotated[
        bool, typer.Option("--final", help="Write only if nothing is missing; recorded as evidence.")
    ] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Build the site in career/portfolio: HTML, Markdown, JSON Resume and the evidence behind each number.

    Exit code: 0 built, 1 with --final where something is missing.

    Example: shipworthy career portfolio build --preview
    """
    from shipworthy.workbench.career_portfolio import build_portfolio, portfolio_text
    from shipworthy.workbench.workspace import open_workspace

    built = build_portfolio(open_workspace(workspace), preview=preview, final=final)
    if as_json:
        say_json("career portfolio build", built)
    else:
        say(portfolio_text(built, preview=preview))
    raise typer.Exit(1 if final and not built.ready else 0)
