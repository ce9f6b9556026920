"""Options that many commands share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from shipworthy.core.errors import UserError

__all__ = [
    "HERE",
    "AcceptUnknownPrice",
    "AsJson",
    "Budget",
    "Cached",
    "Concurrency",
    "Deadline",
    "FeatureName",
    "OnDay",
    "Reason",
    "Record",
    "Repeats",
    "SendPersonalData",
    "Workspace",
    "the_day",
]

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON (see 'shipworthy schema').")]
Workspace = Annotated[
    Path,
    typer.Option("--workspace", envvar="SHIPWORTHY_WORKSPACE", help="Folder in or below the workspace."),
]
FeatureName = Annotated[str, typer.Argument(help="The feature's name.")]
Repeats = Annotated[int, typer.Option(min=1, max=1000, help="How often models are asked each example.")]
Budget = Annotated[float | None, typer.Option(min=0, help="US dollars the calls may cost; a hard stop.")]
Concurrency = Annotated[int, typer.Option(min=1, max=1000, help="Calls under way at one provider.")]
Deadline = Annotated[float, typer.Option(help="Seconds a call may take, all its attempts together.")]
AcceptUnknownPrice = Annotated[
    bool, typer.Option("--accept-unknown-price", help="Start with a budget although a price is unknown.")
]
SendPersonalData = Annotated[
    bool, typer.Option("--send-personal-data", help="Rows with personal data may leave this machine.")
]
Cached = Annotated[
    bool, typer.Option("--cache/--no-cache", help="Take replies that were paid for from the cache.")
]
Record = Annotated[
    bool, typer.Option("--record", help="Write every exchange down, to be replayed without a model.")
]
Reason = Annotated[
    str | None, typer.Option(help="Why you decide as you do, in your own words; kept as evidence.")
]
OnDay = Annotated[str | None, typer.Option("--on", help="Day that counts; today if left out.")]
HERE = Path()


def the_day(written: str | None) -> date:
    """The day that somebody named with ``--on``; today in UTC when left out.

    Raises:
        UserError: it is no day.
    """
    if written is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(written)
    except ValueError:
        message = f"{written[:40]!r} is no day."
        raise UserError(message, hint="Write --on as year-month-day, for instance 2026-12-02.") from None
