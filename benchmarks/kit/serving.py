"""The mock server of the harness: ``tests.servers`` in a process of its own, with a stopwatch.

It reads commands from standard input, one a line, and answers each with one line of JSON.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.servers import FaultSchedule
from tests.servers.http import Answer, Asked
from tests.servers.models import ModelServer, Question, Script, Turn

__all__ = ["Counts", "Server"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a server has seen since it was reset."""

    requests: int
    """Requests that came in."""
    at_once: int
    """The most that were unanswered at one moment."""
    first: float
    """When the first came in, seconds since the epoch."""
    last: float
    """When the last reply went out."""
    rows: int
    """Different texts that were answered with something a provider charges for."""
    billed: int
    """Such answers."""


class Server:
    """A server process. Use as a context manager.

    Args:
        delay: Seconds before each reply.
        faults: What a ``FaultSchedule`` takes; or ``{"every": 10}``, a 429 on every tenth request; or
            ``{"status": 401}``, every key refused and repeated.
    """

    def __init__(self, *, delay: float = 0.02, faults: dict[str, Any] | None = None) -> None:
        self._settings = json.dumps({"delay": delay, "faults": faults})

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kit.serving", self._settings],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url: str = self._read()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def counts(self) -> Counts:
        """What it has seen."""
        return Counts(**self._told("counts"))

    def reset(self) -> None:
        """Forget all, so that the same faults come again."""
        self._told("reset")

    def _told(self, command: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


class _Timed(ModelServer):
    """A model server with a stopwatch."""

    def __init__(self, script: Script, *, delay: float) -> None:
        super().__init__("openai", script, delay=delay)
        self._each = delay
        self.clear()

    def clear(self) -> None:
        """Forget what was seen."""
        for books in (self.requests, self.times, self.billed):
            books.clear()
        self._first = self._last = 0.0
        self._ending: list[float] = []
        self._at_once = 0

    def counts(self) -> dict[str, float]:
        """What was seen, as ``Counts`` has it."""
        return {
            "requests": len(self.requests),
            "at_once": self._at_once,
            "first": self._first,
            "last": self._last,
            "rows": sum(1 for times in self.billed.values() if times),
            "billed": sum(self.billed.values()),
        }

    def _heard(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            now = time.time()
            self._first = self._first or now
            self._last = now + self._each
            self._ending = [*(end for end in self._ending if end > now), self._last]
            self._at_once = max(self._at_once, len(self._ending))
        return super()._heard(asked)


def _fine(question: Question) -> Turn:
    del question
    return Turn()


def _refuses(question: Question) -> Turn:
    """A server that says which key it does not like."""
    said = f"Incorrect key: {question.asked.headers.get('authorization', '')}"
    return Turn(status=401, raw=json.dumps({"error": {"message": said, "type": "auth"}}).encode())


def _every(number: int) -> Script:
    seen = itertools.count(1)

    def script(question: Question) -> Turn:
        del question
        limited = next(seen) % number == 0
        return (
            Turn(status=429, headers={"retry-after": "0"}, code="rate_limit_exceeded") if limited else Turn()
        )

    return script


def _script(faults: dict[str, Any] | None) -> Script:
    match faults:
        case None:
            return _fine
        case {"status": 401}:
            return _refuses
        case {"every": number}:
            return _every(number)
        case _:
            return FaultSchedule(**faults)


def main() -> None:
    """Serve until standard input ends."""
    chosen = json.loads(sys.argv[1])
    with _Timed(_script(chosen["faults"]), delay=chosen["delay"]) as server:
        print(json.dumps(server.url), flush=True)
        for line in sys.stdin:
            if line.strip() == "reset":
                server.clear()
            print(json.dumps(server.counts()), flush=True)


if __name__ == "__main__":
    main()
