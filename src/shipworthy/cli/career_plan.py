"""Commands about the plan: make, follow, tick off, export, recall."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shipworthy.cli.options import HERE, AsJson, Workspace
from shipworthy.cli.output import say, say_json

if TYPE_CHECKING:
    from shipworthy.workbench.career_plan import RecalledFact, Today
    from shipworthy.workbench.career_plan_view import PaceLine, PlanView, SessionLine

__all__ = ["done", "plan", "question", "recall", "today"]

_WIDTH = 96
_SHOWN = 6


def plan(
    *,
    hours: Annotated[float | None, typer.Option(help="Hours a week, such as 10.")] = None,
    start: Annotated[str | None, typer.Option(help="First day, such as 2026-12-01.")] = None,
    days_off: Annotated[
        list[str] | None,
        typer.Option(help="2026-12-24, 2026-12-24..2027-01-02 or saturday; several with commas."),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="engineer, product-manager or switcher.")
    ] = None,
    buffer: Annotated[
        str | None, typer.Option(help="Weekday kept free to catch up, or none; sunday at first.")
    ] = None,
    catch_up: Annotated[
        float | None, typer.Option(help="Share by which a day may grow to catch up; 0.25 at first.")
    ] = None,
    forgive: Annotated[
        bool, typer.Option("--forgive", help="Catch nothing up: let the end move instead.")
    ] = False,
    at: Annotated[
        str | None, typer.Option(help="When sessions begin in the calendar, such as 18:30.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of --at, such as Europe/Berlin.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Calendar file to write.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Show every session.")] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Fit the twelve-week curriculum to your week, show how far you are, or write it to a calendar.

    Example: shipworthy career plan --hours 10 --start 2026-12-01 --days-off 2026-12-24..2026-12-26
    """
    from shipworthy.workbench.career_plan import PlanSettings, plan_career
    from shipworthy.workbench.workspace import open_workspace

    settings = PlanSettings(
        hours=hours,
        start=start,
        days_off=days_off or None,
        buffer=buffer,
        catch_up=catch_up,
        path=from_,
        at=at,
        zone=zone,
        forgive=forgive,
    )
    view = plan_career(open_workspace(workspace), settings, ics=ics)
    return say_json("career plan", view) if as_json else say(_shown(view, full=full))


def today(
    *,
    on: Annotated[str | None, typer.Option(help="Another day, such as 2026-12-01.")] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Say what to do today and which facts to recall, refitted to what was done so far.

    Example: shipworthy career today
    """
    from shipworthy.workbench.career_plan import show_today
    from shipworthy.workbench.workspace import open_workspace

    found = show_today(open_workspace(workspace), on=on)
    return say_json("career today", found) if as_json else say(_today(found))


def done(
    item: Annotated[str, typer.Argument(help="The item, as 'career today' names it.")],
    *,
    hours: Annotated[
        float | None, typer.Option(help="Hours worked on it, if it is not finished yet.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back all that was noted about it.")] = False,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Tick an item off, or note hours worked on it; the rest is fitted anew.

    Example: shipworthy career done audit
    """
    from shipworthy.workbench.career_plan import do_item
    from shipworthy.workbench.workspace import open_workspace

    view = do_item(open_workspace(workspace), item, hours=hours, undo=undo)
    return say_json("career done", view) if as_json else say(_headline(view))


def recall(
    fact: Annotated[str, typer.Argument(help="The fact, as 'career today' names it.")],
    *,
    grade: Annotated[
        str | None, typer.Option(help="How well you remembered: again, hard, good or easy.")
    ] = None,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the answer to a fact; with --grade, note how well you remembered it.

    Example: shipworthy career recall cost-threshold --grade good
    """
    from shipworthy.workbench.career_plan import recall_fact
    from shipworthy.workbench.workspace import open_workspace

    found = recall_fact(open_workspace(workspace), fact, grade=grade)
    return say_json("career recall", found) if as_json else say(_recalled(found))


def question(
    review: Annotated[str | None, typer.Argument(help="A review or feature; else the newest review.")] = None,
    *,
    workspace: Workspace = HERE,
    as_json: AsJson = False,
) -> None:
    """Draft a question for a community from the last finding, with nothing of your data in it.

    It is not sent anywhere.

    Example: shipworthy career question
    """
    from shipworthy.workbench.career_question import ask_community
    from shipworthy.workbench.workspace import open_workspace

    found = ask_community(open_workspace(workspace), review)
    if as_json:
        return say_json("career question", found)
    say("\n".join(textwrap.wrap(found.text, _WIDTH)))
    return say(f"\nFrom review {found.review}, {found.finding}. Left out: {', '.join(found.left_out)}.")


def _headline(view: PlanView) -> str:
    state = "on time"
    if view.behind > 0:
        state = f"{view.behind:g} h behind"
    elif view.behind < 0:
        state = f"{-view.behind:g} h ahead"
    end = "all done" if view.ends is None else f"ends {view.ends}"
    return f"{view.done:g} of {view.hours:g} h done, {state}, {end}"


def _shown(view: PlanView, *, full: bool) -> str:
    lines = [
        _headline(view),
        f"{view.hours_a_week:g} h a week from {view.start}, never more than {view.longest_day:g} h on a day",
        "",
    ]
    for phase in view.phases:
        end = "done" if phase.ends is None else f"until {phase.ends}"
        lines.append(f"{phase.done:>6g} of {phase.hours:>5g} h  {phase.name} ({end})")
    lines += ["", "What a pace means", *(_pace(each) for each in view.paces)]
    if view.first_week:
        lines += ["", f"The first week's list (until {view.first_week[-1].on} at this pace)"]
        lines += [line for each in view.first_week for line in _session(each)]
    rest = [each for each in view.sessions if each not in view.first_week]
    lines += ["", "Then"] if rest else []
    lines += [line for each in (rest if full else rest[:_SHOWN]) for line in _session(each)]
    if not full and len(rest) > _SHOWN:
        lines.append(f"  … and {len(rest) - _SHOWN} more (--full)")
    if view.calendar is not None:
        lines += ["", f"Calendar: {view.calendar} (import it again after changes; nothing appears twice)"]
    return "\n".join(lines)


def _pace(each: PaceLine) -> str:
    beyond = f"; in 12 weeks {each.in_twelve_weeks:g} h fit, up to before {each.first_beyond}"
    return f"  {each.hours:>4g} h a week: {each.weeks} weeks{beyond if each.first_beyond else ''}"


def _session(each: SessionLine) -> list[str]:
    more = ", catching up" if each.catching_up else ""
    head = f"{each.on:%a} {each.on}  {each.item} ({each.hours:g} h{more}): {each.what}"
    return textwrap.wrap(head, _WIDTH, initial_indent="  ", subsequent_indent=" " * 18)


def _today(found: Today) -> str:
    lines = [f"{found.on:%A} {found.on}" + (f", {found.behind:g} h behind" if found.behind > 0 else "")]
    for each in found.sessions:
        more = ", catching up" if each.catching_up else ""
        lines += textwrap.wrap(
            f"{each.item} ({each.hours:g} h{more}): {each.what}",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
        )
        lines += [f"    start with: {each.do}"] if each.do else []
    if found.free is not None:
        lines.append(f"  Nothing: {found.free[0].lower()}{found.free[1:]}")
    if found.next is not None:
        lines.append(f"Next: {found.next.on:%a} {found.next.on}, {found.next.item} ({found.next.hours:g} h)")
    if found.facts:
        lines += ["", "Recall, then look: shipworthy career recall FACT --grade again|hard|good|easy"]
        for fact in found.facts:
            mark = "new" if fact.new else f"due {fact.due}"
            lines += textwrap.wrap(
                f"{fact.id} ({mark}): {fact.ask}", _WIDTH, initial_indent="  ", subsequent_indent="    "
            )
    return "\n".join(lines)


def _recalled(found: RecalledFact) -> str:
    lines = [*textwrap.wrap(found.ask, _WIDTH), *textwrap.wrap(f"→ {found.answer}", _WIDTH)]
    lines += textwrap.wrap(f"{found.source}; as of {found.as_of}", _WIDTH)
    if found.next_due is not None:
        lines.append(f"Next on {found.next_due}.")
    return "\n".join(lines)
