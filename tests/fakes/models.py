"""A model that says what a test tells it to say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shipworthy.gateway.answers import Said, judged
from shipworthy.gateway.model import CallFailure, Reply, Request, Settings

__all__ = ["ScriptedModel"]

Line = str | Said | Reply | CallFailure | Mapping[str, object]


@dataclass(slots=True, kw_only=True)
class ScriptedModel:
    """Answers each request by calling ``script`` with it and with how often it was asked before.

    A line of the script may be a text, a JSON value, what a provider would have said, a whole reply, or
    a failure, which is raised.
    """

    script: Callable[[Request, int], Line]
    """What to say."""
    id: str = "scripted:test"
    """Its name."""
    version: str = "scripted:1"
    """Its version."""
    delay: float = 0.0
    """Seconds before it answers."""
    asked: list[Request] = field(default_factory=list)
    """All requests so far."""
    closed: int = 0
    """How often it was closed."""

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """Nothing."""
        del settings
        return ()

    async def reply(self, request: Request) -> Reply:
        """Say the next line."""
        before = sum(one == request for one in self.asked)
        self.asked.append(request)
        await asyncio.sleep(self.delay)
        line = self.script(request, before)
        if isinstance(line, CallFailure):
            raise line
        if isinstance(line, Reply):
            return line
        if isinstance(line, Mapping):
            line = json.dumps(line)
        said = Said(text=line, tokens_in=10, tokens_out=5) if isinstance(line, str) else line
        return judged(said, request.settings)

    async def close(self) -> None:
        """Count it."""
        self.closed += 1
