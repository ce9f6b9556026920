"""Commands about the job you want, one noun in each module beside this one."""

from __future__ import annotations

import typer

from shipworthy.cli import career_roles

__all__ = ["app"]

app = typer.Typer(help="The job you want: what it asks for, and what you can show.", no_args_is_help=True)
app.add_typer(career_roles.roles_app, name="roles")
app.command()(career_roles.gaps)
