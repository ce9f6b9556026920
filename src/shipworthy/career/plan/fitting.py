"""The curriculum laid over days: what is left, from today on, never more on a day than its cap.

Work that was missed moves the end. It comes back in small parts: a day may grow by the catch-up share, and
the buffer day may be used, until what was missed is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.career.plan.pace import Pace
    from shipworthy.playbook.careers import Curriculum, CurriculumItem

__all__ = ["Entry", "Progress", "Session", "fit", "progress"]

_LONGEST_DAYS = 366 * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was ticked off or worked on."""

    item: str
    """Id of the item."""
    on: date
    """When."""
    quarters: int
    """Quarter hours it counts for on that day."""
    finished: bool
    """Whether it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A piece of work on a day."""

    item: str
    """Id of the item."""
    part: int
    """Which piece of the item it is, from 1; past pieces count."""
    on: date
    """The day."""
    quarters: int
    """Quarter hours."""
    catching_up: bool
    """Whether the day holds more than usual because of what was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the work is, in quarter hours."""

    left: Mapping[str, int]
    """Item to what is left of it, in order; finished items are not there."""
    pieces: Mapping[str, int]
    """Item to the pieces of it that were worked on."""
    done: int
    """What is done; a finished item counts in full, however long it took."""


def progress(curriculum: Curriculum, log: Iterable[Entry]) -> Progress:
    """What is done and what is left."""
    worked: dict[str, int] = {}
    pieces: dict[str, int] = {}
    finished: set[str] = set()
    for entry in log:
        worked[entry.item] = worked.get(entry.item, 0) + entry.quarters
        pieces[entry.item] = pieces.get(entry.item, 0) + 1
        if entry.finished:
            finished.add(entry.item)
    left = {
        item.id: _left(item, worked.get(item.id, 0)) for item in curriculum.items if item.id not in finished
    }
    return Progress(left=left, pieces=pieces, done=curriculum.quarters - sum(left.values()))


def _left(item: CurriculumItem, worked: int) -> int:
    """At least a quarter hour, until somebody says that it is done."""
    return max(1, item.quarters - worked)


def fit(
    left: Mapping[str, int],
    pace: Pace,
    *,
    today: date,
    behind: int = 0,
    worked: int = 0,
    pieces: Mapping[str, int] | None = None,
) -> tuple[Session, ...]:
    """Lay what is left over the days from ``today`` on.

    Args:
        left: Item to its quarter hours, in the order to do them.
        pace: What a day holds.
        today: First day that may be used; the plan's start if that is later.
        behind: Quarter hours that were missed before ``today`` and may be caught up.
        worked: Quarter hours already worked on that day; they count against its room.
        pieces: Pieces of each item that are past, for the numbering.

    Raises:
        UserError: days off leave no room within twenty years.
    """
    waiting = [
        [item, quarters, (pieces or {}).get(item, 0)] for item, quarters in left.items() if quarters > 0
    ]
    sessions: list[Session] = []
    first = max(today, pace.start)
    for number in range(_LONGEST_DAYS):
        if not waiting:
            return tuple(sessions)
        day = first + timedelta(days=number)
        usual = pace.usual(day)
        room = min(pace.most(day), usual + behind) if behind > 0 else usual
        before = worked if day == today else 0
        used = before + _fill(sessions, waiting, day, room - before, catching_up=room > usual)
        behind -= max(0, used - usual)
    raise UserError("The days off leave no room for the plan.", hint="Take out some days off.")


def _fill(
    sessions: list[Session], waiting: list[list[object]], day: date, room: int, *, catching_up: bool
) -> int:
    """Put work on a day until it is full; gives back how much."""
    used = 0
    while waiting and used < room:
        item, quarters, past = waiting[0]
        assert isinstance(quarters, int)
        assert isinstance(past, int)
        piece = min(quarters, room - used)
        sessions.append(
            Session(item=str(item), part=past + 1, on=day, quarters=piece, catching_up=catching_up)
        )
        used += piece
        waiting[0] = [item, quarters - piece, past + 1]
        if piece == quarters:
            waiting.pop(0)
    return used
