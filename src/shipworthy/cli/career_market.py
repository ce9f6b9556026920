"""Commands about the market: profile, segments and pay, the sheet for negotiating."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, OnDay, Workspace, the_day
from shipworthy.cli.output import say, say_json
from shipworthy.core.errors import UserError

__all__ = ["market", "negotiate", "profile"]


def profile(
    fields: Annotated[
        list[str] | None, typer.Argument(help="field=value, such as domain=healthcare; field= forgets it.")
    ] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Say about yourself what no evidence record can hold; without arguments, show what is known.

    Example: shipworthy career profile background=engineering ai_years=2 country=CA
    """
    from shipworthy.workbench.career_market import set_profile
    from shipworthy.workbench.workspace import open_workspace

    for each in fields or ():
        if "=" not in each:
            raise UserError(f"{each[:80]!r} sets nothing.", hint="Write field=value, such as country=CA")
    changes = dict(each.split("=", 1) for each in fields or ())
    view = set_profile(open_workspace(workspace), changes)
    if as_json:
        return say_json("career profile", view)
    for name, value in asdict(view.profile).items():
        shown = f"{value:g}" if isinstance(value, float) else value
        say(f"{name}: {'unknown' if value is None else shown}")
    return say(f"File: {view.file}")


def market(
    *,
    country: Annotated[
        str | None, typer.Option(help="Pay of one country, such as CA; else the profile's.")
    ] = None,
    place: Annotated[
        str | None, typer.Option(help="Part of a place's name; shows measured pay there.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="Pay of one level: entry, mid, senior, lead, executive.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="Convert with this rate and its day: USD/CAD=1.37@2026-11-20")
    ] = None,
    on: OnDay = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Show which parts of the market fit you, each rule, and pay as measured, posted or claimed.

    Example: shipworthy career market --place Seattle
    """
    from shipworthy.workbench.career_market import market_text, show_market
    from shipworthy.workbench.workspace import open_workspace

    view = show_market(
        open_workspace(workspace), on=the_day(on), country=country, place=place, level=level, rate=rate
    )
    return say_json("career market", view) if as_json else say(market_text(view))


def negotiate(
    role: Annotated[str | None, typer.Argument(help="The saved role it is for.")] = None,
    *,
    on: OnDay = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Write a sheet for talking about pay: what they posted, what you can show, what you do not know.

    Example: shipworthy career negotiate acme-senior-product-manager
    """
    from shipworthy.workbench.career_market import write_sheet
    from shipworthy.workbench.workspace import open_workspace

    sheet = write_sheet(open_workspace(workspace), role, on=the_day(on))
    if as_json:
        return say_json("career negotiate", sheet)
    say(sheet.text)
    return say(f"Wrote {sheet.file}: {sheet.gaps} gaps.")
