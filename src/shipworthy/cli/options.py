"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["HERE", "AsJson", "FeatureName", "Workspace"]

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON (see 'shipworthy schema').")]
Workspace = Annotated[
    Path,
    typer.Option("--workspace", envvar="SHIPWORTHY_WORKSPACE", help="Folder in or below the workspace."),
]
FeatureName = Annotated[str, typer.Argument(help="The feature's name.")]
HERE = Path()
