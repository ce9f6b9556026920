"""The plan as iCalendar (RFC 5545): one event a session, under an id that stays the same.

A session that moves keeps its id and gets a higher SEQUENCE; one that is no longer needed is sent as
cancelled. So a file that is imported again updates a calendar and adds nothing twice. Times are in UTC,
without VTIMEZONE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shipworthy.career.plan.plan_file import Plan, Published
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from icalendar import Event

    from shipworthy.career.plan.fitting import Session

__all__ = ["calendar_file", "zone_named"]

_QUARTER = timedelta(minutes=15)


def zone_named(name: str) -> ZoneInfo:
    """A time zone by its IANA name.

    Raises:
        UserError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(
            f"There is no time zone {name[:60]!r}.", hint="Write it as in Europe/Berlin or UTC."
        ) from None


def calendar_file(
    plan: Plan, sessions: Iterable[Session], what: Mapping[str, str], *, now: datetime
) -> tuple[bytes, dict[str, Published]]:
    """The plan's calendar, and what it now tells about each session.

    Args:
        plan: The plan, with what a calendar was told before.
        sessions: What is to be done from today on.
        what: Item to its text.
        now: The present moment, for DTSTAMP.
    """
    from icalendar import Calendar

    current = {f"{each.item}/{each.part}": each for each in sessions}
    told = _told(plan, current)
    calendar = Calendar()
    calendar.add("prodid", "-//Shipworthy//career plan//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for name, published in told.items():
        calendar.add_component(_event(plan.id, name, published, what, now))
    return calendar.to_ical(), told


def _told(plan: Plan, current: Mapping[str, Session]) -> dict[str, Published]:
    """What to tell about every session by day; those that were worked on stay as they were told."""
    worked = {f"{item}/{part}" for item, count in _pieces(plan).items() for part in range(1, count + 1)}
    told: dict[str, Published] = {}
    begun: dict[date, int] = {}
    for name, session in current.items():
        passed = begun.get(session.on, 0)
        begun[session.on] = passed + session.quarters
        after = Published(
            sequence=0,
            on=session.on,
            quarters=session.quarters,
            cancelled=False,
            begins=_begins(plan, session.on, passed),
        )
        told[name] = _updated(plan.calendar.get(name), after)
    for name, before in plan.calendar.items():
        if name not in current:
            told[name] = before if name in worked else _updated(before, replace(before, cancelled=True))
    return dict(sorted(told.items(), key=lambda pair: pair[1].on))


def _begins(plan: Plan, on: date, passed: int) -> str | None:
    """When a session begins, after so many quarter hours of others on its day."""
    if plan.at is None:
        return None
    start = datetime.combine(on, plan.at, tzinfo=zone_named(plan.zone or "UTC")).astimezone(UTC)
    return (start + passed * _QUARTER).isoformat()


def _pieces(plan: Plan) -> dict[str, int]:
    pieces: dict[str, int] = {}
    for entry in plan.log:
        pieces[entry.item] = pieces.get(entry.item, 0) + 1
    return pieces


def _updated(before: Published | None, after: Published) -> Published:
    """The new state, with a higher sequence where anything changed."""
    if before is None:
        return after
    after = replace(after, sequence=before.sequence)
    return before if after == before else replace(after, sequence=before.sequence + 1)


def _event(plan: str, name: str, published: Published, what: Mapping[str, str], now: datetime) -> Event:
    from icalendar import Event

    item, _, part = name.partition("/")
    event = Event()
    event.add("uid", f"{plan}-{item}-{part}@shipworthy")
    event.add("sequence", published.sequence)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("summary", f"{item} ({published.quarters / 4:g} h)")
    event.add("description", what.get(item, item))
    event.add("status", "CANCELLED" if published.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if published.begins is None else "OPAQUE")
    if published.begins is None:
        event.add("dtstart", published.on)
        event.add("dtend", published.on + timedelta(days=1))
    else:
        start = datetime.fromisoformat(published.begins).astimezone(UTC)
        event.add("dtstart", start)
        event.add("dtend", start + published.quarters * _QUARTER)
    return event
