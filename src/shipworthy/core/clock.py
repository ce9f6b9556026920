"""The time, as something that is passed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "written"]


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The present moment, in UTC, with its time zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


def written(moment: datetime) -> str:
    """A moment as our files have it: ISO 8601 in UTC.

    With microseconds, so that of two things done within a second it is known which came first.
    """
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
