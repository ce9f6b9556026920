"""The plan: made, refitted, followed, exported, and the facts to recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.career.plan.recall import Due, due_facts, review_fact
from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import write_atomic
from shipworthy.core.ids import new_id
from shipworthy.playbook.careers import PATHS, PathId, curriculum, facts
from shipworthy.workbench.career_plan_view import Fitted, PlanView, SessionLine, view_of

if TYPE_CHECKING:
    from shipworthy.career.plan.pace import Pace
    from shipworthy.career.plan.plan_file import Plan
    from shipworthy.core.clock import Clock
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "PlanSettings",
    "RecalledFact",
    "Today",
    "do_item",
    "plan_career",
    "planned_path",
    "recall_fact",
    "show_today",
]

_FILE = Path("career") / "plan.yaml"
_MAKE = "Make a plan: shipworthy career plan --hours 10 --start 2026-12-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What to change; None leaves a setting as it is."""

    hours: float | None = None
    """Hours a week."""
    start: str | None = None
    """First day, as 2026-12-01."""
    days_off: Sequence[str] | None = None
    """Days without study: 2026-12-24, 2026-12-24..2027-01-02 or saturday."""
    buffer: str | None = None
    """Day of the week that is kept free to catch up, or ``none``."""
    catch_up: float | None = None
    """Share by which a day may grow to catch up."""
    path: str | None = None
    """Engineer, product-manager or switcher."""
    at: str | None = None
    """When sessions begin, as 18:30; ``none`` for entries without a time."""
    zone: str | None = None
    """Time zone of that, such as Europe/Berlin."""
    forgive: bool = False
    """Whether what was missed is no longer caught up: the end moves instead."""

    @property
    def changes(self) -> bool:
        """Whether anything is to be changed."""
        return self != PlanSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What is for today."""

    on: date
    """The day."""
    sessions: tuple[SessionLine, ...]
    """What to work on."""
    free: str | None
    """Why there is no work today; None when there is."""
    next: SessionLine | None
    """The next piece of work after today."""
    behind: float
    """Hours missed so far; negative when ahead."""
    facts: tuple[Due, ...]
    """Facts to recall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledFact:
    """A fact with its answer."""

    id: str
    """Its name."""
    ask: str
    """The question."""
    answer: str
    """The answer."""
    source: str
    """Where it comes from."""
    as_of: date
    """Day on which it was true."""
    next_due: date | None
    """When it will be asked again; None where it was only looked up."""


def plan_career(
    workspace: Workspace,
    settings: PlanSettings | None = None,
    *,
    ics: Path | None = None,
    clock: Clock | None = None,
) -> PlanView:
    """Make the plan, change its settings, or show it; write a calendar file if one is named.

    What was done is kept. A new pace counts from today: nothing is held against it that an old one demanded.

    Args:
        workspace: Where the plan is kept.
        settings: What to change; nothing when left out.
        ics: The calendar file to write.
        clock: The time; the machine's when left out.

    Raises:
        UserError: a setting cannot be used, or there is no plan and none is to be made.
    """
    from shipworthy.career.plan.ics import calendar_file
    from shipworthy.career.plan.plan_file import write_plan

    now = (clock or SystemClock()).now()
    settings, path = settings or PlanSettings(), workspace.root / _FILE
    before = _plan(workspace)
    plan = _changed(before, settings, now) if settings.changes or before is None else before
    found = Fitted.of(plan, now.date())
    if ics is not None:
        if ics.is_dir():
            raise UserError("This is a folder; a calendar is a file.", where=Where(file=ics))
        content, told = calendar_file(plan, found.sessions, found.texts, now=now)
        plan = replace(plan, calendar=told)
        write_atomic(ics, content)
    if plan is not before:
        write_plan(path, plan)
    return view_of(found, path, ics)


def show_today(workspace: Workspace, *, on: str | None = None, clock: Clock | None = None) -> Today:
    """What to do today, refitted to what was done so far.

    Args:
        workspace: Where the plan is kept.
        on: Another day, as 2026-12-01.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no plan, or ``on`` is no day.
    """
    from shipworthy.career.plan.pace import day_in

    now = (clock or SystemClock()).now()
    plan = _needed(workspace)
    day = now.date() if on is None else day_in(on)
    found = Fitted.of(plan, day)
    lines = found.lines()
    today = tuple(line for line in lines if line.on == day)
    return Today(
        on=day,
        sessions=today,
        free=None if today else _why_free(plan.pace, day, lines),
        next=next((line for line in lines if line.on > day), None),
        behind=found.behind / 4,
        facts=due_facts(plan.cards, now if on is None else datetime.combine(day, now.timetz())),
    )


def do_item(
    workspace: Workspace,
    item: str,
    *,
    hours: float | None = None,
    undo: bool = False,
    clock: Clock | None = None,
) -> PlanView:
    """Tick an item off, note hours worked on it, or take back what was noted.

    Args:
        workspace: Where the plan is kept.
        item: Its id.
        hours: Hours worked without finishing it; None when it is done.
        undo: Whether to take back everything noted about it.
        clock: The time; the machine's when left out.

    Raises:
        UserError: there is no plan, no such item, or hours that cannot be noted.
    """
    from shipworthy.career.plan.fitting import Entry, progress
    from shipworthy.career.plan.plan_file import write_plan

    now = (clock or SystemClock()).now()
    plan = _needed(workspace)
    known = [each.id for each in curriculum(plan.path).items]
    if item not in known:
        raise UserError(f"The plan has no item {item[:80]!r}.", hint=nearest(item, known) or None)
    if undo:
        plan = replace(plan, log=tuple(entry for entry in plan.log if entry.item != item))
    else:
        if any(entry.item == item and entry.finished for entry in plan.log):
            raise UserError(f"{item!r} is done already.", hint=f"shipworthy career done {item} --undo")
        left = progress(curriculum(plan.path), plan.log).left[item]
        quarters = left if hours is None else _quarters(hours)
        plan = plan.logged(Entry(item=item, on=now.date(), quarters=quarters, finished=hours is None))
    write_plan(workspace.root / _FILE, plan)
    return view_of(Fitted.of(plan, now.date()), workspace.root / _FILE, None)


def recall_fact(
    workspace: Workspace, fact: str, *, grade: str | None = None, clock: Clock | None = None
) -> RecalledFact:
    """Show a fact's answer; with a grade, note how well it was remembered.

    Raises:
        UserError: there is no plan, no such fact or no such grade.
    """
    from shipworthy.career.plan.plan_file import write_plan

    now = (clock or SystemClock()).now()
    plan = _needed(workspace)
    known = {each.id: each for each in facts()}
    if fact not in known:
        raise UserError(f"There is no fact {fact[:80]!r}.", hint=nearest(fact, known) or None)
    due: date | None = None
    if grade is not None:
        _, card = review_fact(plan.cards, fact, grade, now)
        due = datetime.fromisoformat(card["due"]).date()
        write_plan(workspace.root / _FILE, replace(plan, cards={**plan.cards, fact: card}))
    found = known[fact]
    return RecalledFact(
        id=found.id,
        ask=found.ask,
        answer=found.answer,
        source=found.source.title,
        as_of=found.as_of,
        next_due=due,
    )


def planned_path(workspace: Workspace) -> PathId | None:
    """Where the person starts from, as the plan says; None without a plan."""
    plan = _plan(workspace)
    return None if plan is None else plan.path


def _plan(workspace: Workspace) -> Plan | None:
    from shipworthy.career.plan.plan_file import read_plan

    path = workspace.root / _FILE
    return read_plan(path) if path.exists() else None


def _needed(workspace: Workspace) -> Plan:
    plan = _plan(workspace)
    if plan is None:
        raise WorkspaceError("There is no plan in this workspace.", hint=_MAKE)
    return plan


def _quarters(hours: float) -> int:
    if not 0.25 <= hours <= 200 or hours * 4 != round(hours * 4):
        raise UserError(f"{hours:g} hours cannot be noted.", hint="Give quarter hours such as 1.25.")
    return round(hours * 4)


def _changed(before: Plan | None, settings: PlanSettings, now: datetime) -> Plan:
    """The plan with new settings; being behind is counted anew from today."""
    from shipworthy.career.plan.fitting import progress
    from shipworthy.career.plan.plan_file import Plan

    if before is None:
        pace = _pace(None, settings)
        return Plan(
            id=new_id(now),
            path=_path(settings.path or "switcher"),
            pace=pace,
            since=pace.start,
            credit=0,
            at=_time(settings.at),
            zone=_zone(settings.zone),
            log=(),
            cards={},
            calendar={},
        )
    path = _path(settings.path or before.path)
    pace = _pace(before.pace, settings)
    plan = replace(before, path=path, pace=pace)
    if settings.at is not None or settings.zone is not None:
        at = before.at if settings.at is None else _time(settings.at)
        plan = replace(plan, at=at, zone=_zone(settings.zone) or before.zone)
    if settings.forgive or pace != before.pace:
        before_today = [entry for entry in plan.log if entry.on < now.date()]
        done = progress(curriculum(path), before_today).done
        plan = replace(plan, since=max(now.date(), pace.start), credit=done)
    return plan


def _pace(before: Pace | None, settings: PlanSettings) -> Pace:
    from shipworthy.career.plan.pace import WEEKDAYS, Pace, day_in, days_off_in

    if before is None and (settings.hours is None or settings.start is None):
        raise UserError("A plan needs hours a week and a first day.", hint=_MAKE)
    hours = settings.hours if settings.hours is not None else before.hours if before else 0.0
    start = day_in(settings.start) if settings.start is not None else before.start if before else date.min
    ranges, weekdays = (before.days_off, before.weekdays_off) if before else ((), frozenset[int]())
    if settings.days_off is not None:
        ranges, weekdays = days_off_in(settings.days_off)
    buffer = before.buffer if before else len(WEEKDAYS) - 1
    if settings.buffer is not None:
        name = settings.buffer.strip().lower()
        if name not in {*WEEKDAYS, "none"}:
            hint = nearest(name, [*WEEKDAYS, "none"])
            raise UserError(f"{settings.buffer[:40]!r} is no day of the week.", hint=hint)
        buffer = None if name == "none" else WEEKDAYS.index(name)
    catch_up = settings.catch_up if settings.catch_up is not None else before.catch_up if before else 0.25
    return Pace(
        start=start, hours=hours, days_off=ranges, weekdays_off=weekdays, buffer=buffer, catch_up=catch_up
    )


def _path(name: str) -> PathId:
    for path in PATHS:
        if path == name:
            return path
    raise UserError(f"There is no starting point {name[:80]!r}.", hint=nearest(name, PATHS) or None)


def _time(written: str | None) -> time | None:
    if written is None or written.strip().lower() == "none":
        return None
    try:
        found = time.fromisoformat(written.strip())
    except ValueError:
        raise UserError(f"{written[:40]!r} is no time of day.", hint="Write it as 18:30.") from None
    return found.replace(second=0, microsecond=0, tzinfo=None)


def _zone(name: str | None) -> str | None:
    from shipworthy.career.plan.ics import zone_named

    return None if name is None else zone_named(name).key


def _why_free(pace: Pace, day: date, lines: Sequence[SessionLine]) -> str:
    if not lines:
        return "Everything is done."
    if day < pace.start:
        return f"The plan starts on {pace.start}."
    if pace.is_off(day):
        return "A day off."
    return "The buffer day, and nothing to catch up."
