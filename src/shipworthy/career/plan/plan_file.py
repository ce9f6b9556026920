"""``career/plan.yaml``: settings, what was done, facts learnt, what a calendar was told. Written whole."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shipworthy.career.plan.fitting import Entry
from shipworthy.career.plan.pace import WEEKDAYS, DayRange, Pace, days_off_in
from shipworthy.core.errors import UserError
from shipworthy.core.files import write_atomic
from shipworthy.core.yaml_file import model_from_yaml, read_yaml
from shipworthy.playbook.careers import PathId

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Plan", "Published", "read_plan", "write_plan"]

_HEAD = """\
# Your plan. Shipworthy writes this file whole; you may edit it, and comments are lost at the next change.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a calendar was last told about one session."""

    sequence: int
    """Grows with every change."""
    on: date
    """The day."""
    quarters: int
    """Quarter hours."""
    cancelled: bool
    """Whether it was taken back."""
    begins: str | None = None
    """When it begins, ISO 8601 in UTC; None for an entry without a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan as it is kept."""

    id: str
    """Short name, part of the calendar's ids."""
    path: PathId
    """Where the person starts from."""
    pace: Pace
    """What a week holds."""
    since: date
    """Day from which being behind is counted."""
    credit: int
    """Quarter hours that were done by then."""
    at: time | None
    """When sessions begin; None for entries without a time."""
    zone: str | None
    """Time zone of that, such as Europe/Berlin."""
    log: tuple[Entry, ...]
    """What was done."""
    cards: Mapping[str, Mapping[str, Any]]
    """State of the memory for each fact."""
    calendar: Mapping[str, Published]
    """Session to what a calendar was told about it."""

    def logged(self, *entries: Entry) -> Plan:
        """The plan with more done."""
        return replace(self, log=(*self.log, *entries))


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    item: str
    day: date
    hours: float = Field(default=0, ge=0, le=200, multiple_of=0.25)
    finished: bool = True


class _Published(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sequence: int = Field(ge=0)
    day: date
    hours: float = Field(ge=0, multiple_of=0.25)
    cancelled: bool = False
    begins: str | None = None

    @field_validator("begins")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        if value is not None:
            datetime.fromisoformat(value)
        return value


class _PlanFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    path: PathId
    start: date
    hours: float
    days_off: list[str] = []
    buffer: str | None = "sunday"
    catch_up: float = 0.25
    since: date
    credit: float = Field(default=0, ge=0, multiple_of=0.25)
    at: time | None = None
    zone: str | None = None
    log: list[_Entry] = []
    cards: dict[str, dict[str, Any]] = {}
    calendar: dict[str, _Published] = {}

    @field_validator("days_off", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return [str(each) for each in value] if isinstance(value, list) else value

    @field_validator("at", mode="before")
    @classmethod
    def _clock(cls, value: Any) -> Any:  # YAML 1.1 reads 18:30 as a number in base 60
        return f"{value // 60:02d}:{value % 60:02d}" if isinstance(value, int) else value

    @field_validator("buffer")
    @classmethod
    def _weekday(cls, value: str | None) -> str | None:
        if value is not None and value not in WEEKDAYS:
            hint = f"One of {', '.join(WEEKDAYS)}, or null."
            raise UserError(f"{value!r} is no day of the week.", hint=hint)
        return value

    def plan(self) -> Plan:
        ranges, weekdays = days_off_in(self.days_off)
        pace = Pace(
            start=self.start,
            hours=self.hours,
            days_off=ranges,
            weekdays_off=weekdays,
            buffer=None if self.buffer is None else WEEKDAYS.index(self.buffer),
            catch_up=self.catch_up,
        )
        return Plan(
            id=self.id,
            path=self.path,
            pace=pace,
            since=self.since,
            credit=round(self.credit * 4),
            at=self.at,
            zone=self.zone,
            log=tuple(
                Entry(item=each.item, on=each.day, quarters=round(each.hours * 4), finished=each.finished)
                for each in self.log
            ),
            cards=self.cards,
            calendar={
                name: Published(
                    sequence=each.sequence,
                    on=each.day,
                    quarters=round(each.hours * 4),
                    cancelled=each.cancelled,
                    begins=each.begins,
                )
                for name, each in self.calendar.items()
            },
        )


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UserError: the file is missing or cannot be used; file, line and field are named.
    """
    file = read_yaml(path)
    parsed = model_from_yaml(_PlanFile, file)
    try:
        return parsed.plan()
    except UserError as error:
        raise UserError(error.message, where=file.where(()), hint=error.hint) from None


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan, whole or not at all."""
    import yaml

    text = yaml.safe_dump(_plain(plan), sort_keys=False, allow_unicode=True, width=100)
    write_atomic(path, _HEAD + text)


def _plain(plan: Plan) -> dict[str, Any]:
    """As YAML holds it. Days are text, since PyYAML writes a date that occurs twice as an alias."""
    pace = plan.pace
    return {
        "id": plan.id,
        "path": plan.path,
        "start": pace.start.isoformat(),
        "hours": pace.hours,
        "days_off": [
            *(_range(each) for each in pace.days_off),
            *(WEEKDAYS[day] for day in sorted(pace.weekdays_off)),
        ],
        "buffer": None if pace.buffer is None else WEEKDAYS[pace.buffer],
        "catch_up": pace.catch_up,
        "since": plan.since.isoformat(),
        "credit": plan.credit / 4,
        "at": None if plan.at is None else plan.at.strftime("%H:%M"),
        "zone": plan.zone,
        "log": [
            {
                "item": each.item,
                "day": each.on.isoformat(),
                "hours": each.quarters / 4,
                "finished": each.finished,
            }
            for each in plan.log
        ],
        "cards": {name: dict(card) for name, card in plan.cards.items()},
        "calendar": {
            name: {
                "sequence": each.sequence,
                "day": each.on.isoformat(),
                "hours": each.quarters / 4,
                "cancelled": each.cancelled,
                "begins": each.begins,
            }
            for name, each in plan.calendar.items()
        },
    }


def _range(days: DayRange) -> str:
    return f"{days.first}" if days.first == days.last else f"{days.first}..{days.last}"
