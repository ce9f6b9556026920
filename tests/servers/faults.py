"""Faults that depend on the example and on the attempt only, so that every run meets the same ones."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from tests.servers.models import Question, Turn

__all__ = ["FaultSchedule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSchedule:
    """A script: passing faults first, one after the other, and then always the same ending.

    An ending is a property of the example, so that a run that was killed and taken up again ends with
    the same table as one that was not.
    """

    seed: int = 0
    """Draws the faults."""
    rate_limited: float = 0.10
    """Share of attempts answered 429, with Retry-After: 0."""
    server_error: float = 0.05
    """Share of attempts answered 500."""
    hang: float = 0.02
    """Share of examples that are never answered."""
    broken_json: float = 0.02
    """Share of examples answered by half a JSON text."""
    wrong_schema: float = 0.01
    """Share of examples answered by a label nobody asked for."""

    def __call__(self, question: Question) -> Turn:
        """What happens to this attempt."""
        drawn = random.Random(f"{self.seed} {question.text}")
        passing = [self._passing(drawn.random()) for _ in range(question.before + 1)]
        if None not in passing and passing[-1] is not None:
            return passing[-1]
        return self._ending(random.Random(f"{self.seed} {question.text} ending").random())

    def _passing(self, at: float) -> Turn | None:
        if at < self.rate_limited:
            return Turn(status=429, headers={"retry-after": "0"}, code="rate_limit_exceeded")
        return Turn(status=500) if at < self.rate_limited + self.server_error else None

    def _ending(self, at: float) -> Turn:
        if at < self.hang:
            return Turn(hang=True)
        if at < self.hang + self.broken_json:
            return Turn(text='{"label": "bu')
        if at < self.hang + self.broken_json + self.wrong_schema:
            return Turn(text=json.dumps({"label": "nobody asked for this"}))
        return Turn()
