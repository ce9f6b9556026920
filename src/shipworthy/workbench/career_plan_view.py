"""The plan as it is shown: laid over the days from one day on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.playbook.careers import Curriculum, PathId, curriculum

if TYPE_CHECKING:
    from shipworthy.career.plan.fitting import Progress, Session
    from shipworthy.career.plan.plan_file import Plan

__all__ = ["Fitted", "PaceLine", "PhaseLine", "PlanView", "SessionLine", "view_of"]

_PACES = (6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A piece of work on a day."""

    on: date
    """The day."""
    item: str
    """Id of the item, for ``career done``."""
    hours: float
    """Hours."""
    what: str
    """What to do."""
    do: str | None
    """A command that does it or a part of it."""
    catching_up: bool
    """Whether the day is longer because of what was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseLine:
    """How far a phase is."""

    name: str
    """Its name."""
    hours: float
    """Hours in all."""
    done: float
    """Hours done."""
    ends: date | None
    """When it will be done; None when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceLine:
    """What a pace means."""

    hours: float
    """Hours a week."""
    weeks: int
    """Weeks for the whole curriculum, without days off."""
    in_twelve_weeks: float
    """Hours that fit into the guide's weeks."""
    first_beyond: str | None
    """Id of the first item that does not fit into them; None when all do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """The plan as it stands."""

    file: str
    """Where it is kept."""
    path: PathId
    """Where the person starts from."""
    start: date
    """First day."""
    hours_a_week: float
    """The pace."""
    longest_day: float
    """Hours that no day exceeds, catching up included."""
    hours: float
    """Hours of the whole curriculum."""
    done: float
    """Hours done."""
    behind: float
    """Hours missed so far; negative when ahead."""
    ends: date | None
    """Last day of work; None when all is done."""
    phases: tuple[PhaseLine, ...]
    """How far each phase is."""
    paces: tuple[PaceLine, ...]
    """What 6, 8, 10 hours a week and the chosen pace mean."""
    first_week: tuple[SessionLine, ...]
    """What is open of the guide's seven-day start."""
    sessions: tuple[SessionLine, ...]
    """Everything to do, from today on."""
    calendar: str | None
    """The calendar file that was written; None when none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A plan laid over the days from one day on."""

    plan: Plan
    """The plan."""
    course: Curriculum
    """Everything to do."""
    progress: Progress
    """How far it is."""
    behind: int
    """Quarter hours missed so far."""
    sessions: tuple[Session, ...]
    """What is left, from that day on."""

    @classmethod
    def of(cls, plan: Plan, today: date) -> Fitted:
        """Lay a plan out as it stands on a day."""
        from shipworthy.career.plan.fitting import fit, progress

        course = curriculum(plan.path)
        found = progress(course, plan.log)
        demanded = min(plan.pace.usual_between(plan.since, today), course.quarters - plan.credit)
        behind = demanded - (found.done - plan.credit)
        worked = sum(entry.quarters for entry in plan.log if entry.on == today)
        by_then = progress(course, [entry for entry in plan.log if entry.on < today]).done
        sessions = fit(
            found.left,
            plan.pace,
            today=today,
            behind=demanded - (by_then - plan.credit),
            worked=worked,
            pieces=found.pieces,
        )
        return cls(plan=plan, course=course, progress=found, behind=behind, sessions=sessions)

    @property
    def texts(self) -> dict[str, str]:
        """Item to what it is, with its command."""
        return {
            item.id: item.what + (f"\nStart with: {item.do}" if item.do else "") for item in self.course.items
        }

    def lines(self) -> tuple[SessionLine, ...]:
        """The sessions in words."""
        known = {item.id: item for item in self.course.items}
        return tuple(
            SessionLine(
                on=each.on,
                item=each.item,
                hours=each.quarters / 4,
                what=known[each.item].what,
                do=known[each.item].do,
                catching_up=each.catching_up,
            )
            for each in self.sessions
        )


def view_of(found: Fitted, path: Path, ics: Path | None) -> PlanView:
    """The plan as it is shown."""
    pace, lines = found.plan.pace, found.lines()
    first = {item.id for item in found.course.items if item.first_week}
    return PlanView(
        file=str(path),
        path=found.plan.path,
        start=pace.start,
        hours_a_week=pace.hours,
        longest_day=pace.cap / 4,
        hours=found.course.quarters / 4,
        done=found.progress.done / 4,
        behind=found.behind / 4,
        ends=lines[-1].on if lines else None,
        phases=tuple(_phases(found)),
        paces=tuple(_pace_line(found.course, hours) for hours in sorted({*_PACES, pace.hours})),
        first_week=tuple(line for line in lines if line.item in first),
        sessions=lines,
        calendar=None if ics is None else str(ics),
    )


def _phases(found: Fitted) -> list[PhaseLine]:
    lines = []
    for phase in found.course.phases:
        items = [item for item in found.course.items if item.phase == phase.id]
        total, left = sum(i.quarters for i in items), sum(found.progress.left.get(i.id, 0) for i in items)
        ids = {item.id for item in items}
        days = [each.on for each in found.sessions if each.item in ids]
        lines.append(
            PhaseLine(
                name=phase.name,
                hours=total / 4,
                done=(total - left) / 4,
                ends=max(days) if days else None,
            )
        )
    return lines


def _pace_line(course: Curriculum, hours: float) -> PaceLine:
    room, passed, beyond = hours * 4 * course.weeks, 0, None
    for item in course.items:
        passed += item.quarters
        if passed > room:
            beyond = item.id
            break
    return PaceLine(
        hours=hours,
        weeks=math.ceil(course.quarters / 4 / hours),
        in_twelve_weeks=min(room, course.quarters) / 4,
        first_beyond=beyond,
    )
