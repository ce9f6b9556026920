"""Commands about the cache of replies."""

from __future__ import annotations

import typer

from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json

__all__ = ["app"]

app = typer.Typer(help="Replies of models that were paid for, kept in the workspace.", no_args_is_help=True)


@app.command("show")
def show(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Say what the cache holds, by model, and what it cost.

    Example: shipworthy cache show
    """
    from shipworthy.workbench.cache import show_cache
    from shipworthy.workbench.workspace import open_workspace

    content = show_cache(open_workspace(workspace))
    if as_json:
        return say_json("cache show", content)
    size = f"{content.bytes / 1e6:.1f} of {content.limit / 1e6:,.0f} MB"
    say(f"{content.replies:,} replies, {size}: {content.path}")
    for model, replies, cost in content.models:
        say(f"  {model}  {replies:,} replies, ${cost:.4f} when they were made (known costs)")
    return None


@app.command("clear")
def clear(*, workspace: Workspace = HERE, as_json: AsJson = False) -> None:
    """Forget all replies. The next run asks, and pays, again.

    Example: shipworthy cache clear
    """
    from shipworthy.workbench.cache import clear_cache
    from shipworthy.workbench.workspace import open_workspace

    cleared = clear_cache(open_workspace(workspace))
    return say_json("cache clear", cleared) if as_json else say(f"{cleared.replies:,} replies forgotten.")
