"""A clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["FixedClock"]


@dataclass(slots=True)
class FixedClock:
    """Tells the time it was given until it is given another."""

    at: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    """The moment it tells."""

    def now(self) -> datetime:
        """The moment it was given."""
        return self.at
