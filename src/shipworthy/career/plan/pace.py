"""How much somebody can do on which day. All time is counted in quarter hours."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from shipworthy.core.errors import UserError, nearest

__all__ = ["WEEKDAYS", "DayRange", "Pace", "day_in", "days_off_in"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Days of the week, Monday first."""
_FEWEST, _MOST = 1.0, 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """Days without study, both ends included."""

    first: date
    """The first of them."""
    last: date
    """The last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a week holds.

    Raises:
        UserError: hours, catch-up or days that leave nothing to plan with.
    """

    start: date
    """First day of the plan."""
    hours: float
    """Hours a week, 1 to 40, in quarter hours."""
    days_off: tuple[DayRange, ...] = ()
    """Days without study."""
    weekdays_off: frozenset[int] = frozenset()
    """Days of the week without study, Monday is 0."""
    buffer: int | None = 6
    """The day of the week that is kept free, and used only to catch up; None for none."""
    catch_up: float = 0.25
    """Share by which a day may grow to catch up, 0 to 1."""

    def __post_init__(self) -> None:
        if not _FEWEST <= self.hours <= _MOST or self.hours * 4 != round(self.hours * 4):
            raise UserError(
                f"{self.hours:g} hours a week cannot be planned.",
                hint=f"Give {_FEWEST:g} to {_MOST:g} hours, in quarters such as 7.5.",
            )
        if not 0 <= self.catch_up <= 1:
            raise UserError(f"A catch-up of {self.catch_up:g} is not between 0 and 1.")
        if not self.study_days:
            raise UserError(
                "No day of the week is left to study on.", hint="Take a weekday out of --days-off."
            )

    @property
    def study_days(self) -> tuple[int, ...]:
        """Days of the week with study, Monday is 0."""
        return tuple(day for day in range(7) if day not in self.weekdays_off and day != self.buffer)

    @property
    def most_usual(self) -> int:
        """Quarter hours of the longest usual day."""
        return math.ceil(self.hours * 4 / len(self.study_days))

    @property
    def cap(self) -> int:
        """Quarter hours that no day ever exceeds, catching up included."""
        return math.ceil(self.hours * 4 * (1 + self.catch_up) / len(self.study_days))

    def usual(self, day: date) -> int:
        """Quarter hours of a day when nothing has to be caught up."""
        if self.is_off(day) or day.weekday() not in self.study_days:
            return 0
        week, days, place = round(self.hours * 4), len(self.study_days), self.study_days.index(day.weekday())
        return (place + 1) * week // days - place * week // days

    def most(self, day: date) -> int:
        """Quarter hours that a day may hold when there is something to catch up."""
        if self.is_off(day):
            return 0
        if day.weekday() == self.buffer:
            return self.most_usual if self.catch_up else 0
        return self.cap if day.weekday() in self.study_days else 0

    def is_off(self, day: date) -> bool:
        """Whether a day is without study, by date or by day of the week."""
        return day.weekday() in self.weekdays_off or any(
            each.first <= day <= each.last for each in self.days_off
        )

    def usual_between(self, first: date, end: date) -> int:
        """Usual quarter hours from ``first`` to the day before ``end``."""
        return sum(self.usual(first + timedelta(days=day)) for day in range((end - first).days))


def days_off_in(written: Iterable[str]) -> tuple[tuple[DayRange, ...], frozenset[int]]:
    """Read days off: ``2026-12-24``, ``2026-12-24..2027-01-02`` or ``saturday``, several with commas between.

    Raises:
        UserError: a part is none of these.
    """
    ranges, weekdays = [], set()
    for part in (part.strip() for text in written for part in text.split(",")):
        if not part:
            continue
        if part.lower() in WEEKDAYS:
            weekdays.add(WEEKDAYS.index(part.lower()))
            continue
        first, _, last = part.partition("..")
        found = DayRange(first=day_in(first), last=day_in(last or first))
        if found.last < found.first:
            raise UserError(f"{part[:60]!r} ends before it begins.")
        ranges.append(found)
    return tuple(ranges), frozenset(weekdays)


def day_in(written: str) -> date:
    """A day written as 2026-12-24.

    Raises:
        UserError: it is no day.
    """
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        known = nearest(written.lower()[:20], WEEKDAYS) if written.strip().isalpha() else ""
        raise UserError(
            f"{written[:60]!r} is no day.",
            hint=known or "Write 2026-12-24, 2026-12-24..2027-01-02, or a day of the week.",
        ) from None
