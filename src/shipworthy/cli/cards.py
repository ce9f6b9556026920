"""Commands that write and check papers about a measured feature."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, FeatureName, Reason, Workspace
from shipworthy.cli.output import say, say_json

__all__ = ["app", "brief", "card"]

app = typer.Typer(help="Papers about a feature, and the reviews they cite.", no_args_is_help=True)

Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Draft anew although the paper was changed by hand.")
]


class _For(StrEnum):
    exec = "exec"
    user = "user"
    regulator = "regulator"


def card(
    name: FeatureName,
    *,
    annex_iv: Annotated[
        bool, typer.Option("--annex-iv", help="Write the headings of the AI Act's Annex IV instead.")
    ] = False,
    overwrite: Overwrite = False,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a model card in the Hugging Face format from the newest review. What is unknown is a gap.

    Example: shipworthy card triage
    """
    from shipworthy.workbench.cards import write_card
    from shipworthy.workbench.workspace import open_workspace

    paper = write_card(open_workspace(workspace), name, annex_iv=annex_iv, overwrite=overwrite, reason=reason)
    if as_json:
        return say_json("card", paper)
    say(f"Wrote {paper.file} from review {paper.review}: {paper.gaps} gaps.")
    return say(f"Fill in what no review can know: {paper.answers_file}")


def brief(
    name: FeatureName,
    audience: Annotated[_For, typer.Option("--for", help="Whom it is for.")],
    *,
    overwrite: Overwrite = False,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a one-page brief: uncertainty in words people understand, every number from the newest review.

    Example: shipworthy brief triage --for exec
    """
    from shipworthy.workbench.cards import write_brief
    from shipworthy.workbench.workspace import open_workspace

    paper = write_brief(
        open_workspace(workspace), name, audience=audience.value, overwrite=overwrite, reason=reason
    )
    if as_json:
        return say_json("brief", paper)
    say(paper.plain)
    return say(f"\nEvery number is from review {paper.review}. With citations: {paper.file}")


@app.command()
def check(
    which: Annotated[str, typer.Argument(help="A feature, or a Markdown file in its papers folder.")],
    *,
    reason: Reason = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Check that every number in card, Annex IV and briefs comes from a review and equals it.

    Exit code: 0 all agree, 1 a number is wrong, stale or comes from nowhere.

    Example: shipworthy papers check triage
    """
    from shipworthy.workbench.cards import check_papers

    checked = check_papers(which, start=workspace, reason=reason)
    if as_json:
        say_json("papers check", checked)
    else:
        for paper in checked.papers:
            say(f"{paper.file}: {_words(len(paper.problems), paper.share_edited)}")
            for problem in paper.problems:
                say(
                    f"  line {problem.line}, {problem.kind}: {problem.message}\n    next: {problem.next_step}"
                )
    raise typer.Exit(0 if checked.sound else 1)


def _words(problems: int, share: float | None) -> str:
    edited = "" if not share else f" ({share:.0%} of our draft changed)"
    found = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "every number agrees"
    return found + edited
