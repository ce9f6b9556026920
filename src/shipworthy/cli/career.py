"""Commands about the job you want, one noun in each module beside this one."""

from __future__ import annotations

import typer

from shipworthy.cli import (
    career_audit,
    career_exercise,
    career_interview,
    career_market,
    career_pitch,
    career_plan,
    career_portfolio,
    career_roles,
)

__all__ = ["app"]

app = typer.Typer(help="The job you want: what it asks for, and what you can show.", no_args_is_help=True)
app.add_typer(career_roles.roles_app, name="roles")
app.command()(career_roles.gaps)
app.command()(career_audit.audit)
app.add_typer(career_audit.artifact_app, name="artifact")
app.command("self")(career_audit.self_)
app.command()(career_exercise.exercise)
app.command()(career_exercise.topics)
app.add_typer(career_interview.interview_app, name="interview")
app.command()(career_audit.path)
app.command()(career_plan.plan)
app.command()(career_plan.today)
app.command()(career_plan.done)
app.command()(career_plan.recall)
app.command()(career_plan.question)
app.command()(career_market.profile)
app.command()(career_market.market)
app.command()(career_market.negotiate)
app.add_typer(career_pitch.app, name="pitch")
app.add_typer(career_portfolio.app, name="portfolio")
