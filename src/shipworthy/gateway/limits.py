"""How fast a provider may be asked, learnt from its answers.

Three things hold a request back: the number under way (which shrinks when the provider is overloaded and
grows back with every success), the requests and tokens that its headers say are left, and a pause that it
asked for. This module knows nothing about what is sent.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from shipworthy.core.errors import UserError

__all__ = ["Limiter", "Ticket", "retry_after"]

_SHRINK = 0.7
_LONGEST_PAUSE = 120.0
_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?"
)

Counted = Literal["requests", "tokens", "input", "output"]
Outcome = Literal["fine", "overloaded", "neither"]

_PATTERNS: tuple[tuple[Counted, str], ...] = (
    ("requests", "x-ratelimit-{}-requests"),
    ("tokens", "x-ratelimit-{}-tokens"),
    ("requests", "anthropic-ratelimit-requests-{}"),
    ("tokens", "anthropic-ratelimit-tokens-{}"),
    ("input", "anthropic-ratelimit-input-tokens-{}"),
    ("output", "anthropic-ratelimit-output-tokens-{}"),
    ("requests", "x-ratelimit-{}"),
    ("requests", "ratelimit-{}"),
)
_FAMILIES = tuple(
    (counted, pattern.format("limit"), pattern.format("remaining"), pattern.format("reset"))
    for counted, pattern in _PATTERNS
)
"""What is counted, and the names of the headers with limit, remainder and time until it is full again."""


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds to wait, from Retry-After (seconds or a date) or retry-after-ms; None where it says nothing."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    given = headers.get("retry-after")
    seconds = _number(given)
    if given is None or seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else -1.0
    except ValueError:
        return None
    return value if 0 <= value < 1e15 else None


def _seconds_until(text: str, now: datetime) -> float | None:
    """A reset header: ``1m2.5s``, ``120ms``, plain seconds, seconds since 1970, or a date and time."""
    number = _number(text)
    if number is not None:
        return max(number - now.timestamp(), 0.0) if number > 1e9 else number
    found = _DURATION.fullmatch(text.strip())
    if found and any(found.groups()):
        hours, minutes, seconds, thousandths = (float(part or 0) for part in found.groups())
        return hours * 3600 + minutes * 60 + seconds + thousandths / 1000
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)


def _now() -> float:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class _Bucket:
    """What a provider says is left of one limit, and how fast it fills up again."""

    limit: float
    level: float
    rate: float
    at: float

    def wait(self, need: float, now: float) -> float:
        """Seconds until ``need`` is there. More than the limit is never there, so it waits for the limit."""
        missing = min(need, self.limit) - self._level(now)
        if missing <= 0:
            return 0.0
        return missing / self.rate if self.rate > 0 else 0.0

    def take(self, need: float, now: float) -> None:
        self.level, self.at = self._level(now) - need, now

    def _level(self, now: float) -> float:
        return min(self.limit, self.level + self.rate * (now - self.at))


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to send one request."""

    serial: int
    """Requests are numbered in the order they were let through."""
    tokens_in: int
    """Tokens it will have read, about."""
    tokens_out: int
    """The most it may write."""


@dataclass(slots=True)
class _Waiter:
    tokens_in: int
    tokens_out: int
    future: asyncio.Future[Ticket]


class Limiter:
    """Lets requests to one provider through, in order. Belongs to one event loop.

    Args:
        most: The most requests under way at once.

    Raises:
        UserError: ``most`` is below 1.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise UserError(f"{most!r} requests at once is not possible; give 1 or more.")
        self.most = most
        self.width = float(most)
        self.under_way = 0
        self._buckets: dict[Counted, _Bucket] = {}
        self._tokens_under_way = [0, 0]
        self._queue: deque[_Waiter] = deque()
        self._serial = 0
        self._opens_at = 0.0
        self._shut_by = 0
        self._shrunk_at = 0
        self._timer: asyncio.TimerHandle | None = None

    async def enter(self, *, tokens_in: int, tokens_out: int) -> Ticket:
        """Wait until one more request may be sent."""
        if not self._queue and self._room() and self._delay(tokens_in, tokens_out) <= 0:
            return self._admit(tokens_in, tokens_out)
        waiter = _Waiter(tokens_in, tokens_out, asyncio.get_running_loop().create_future())
        self._queue.append(waiter)
        self._pump()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled():
                self.leave(waiter.future.result(), "neither")
            raise

    def leave(self, ticket: Ticket, outcome: Outcome, *, pause: float | None = None) -> None:
        """The request came to an end.

        Args:
            ticket: From ``enter``.
            outcome: ``overloaded`` for a 429 or an overloaded server.
            pause: Seconds the provider asked for; then nothing else is concluded from the overload.
        """
        self.under_way -= 1
        self._tokens_under_way[0] -= ticket.tokens_in
        self._tokens_under_way[1] -= ticket.tokens_out
        if outcome == "fine":
            self.width = min(self.width + 1 / self.width, self.most)
            if ticket.serial > self._shut_by:
                self._opens_at = 0.0  # it was refused alone: one sent later was let in
        elif outcome == "overloaded":
            self._hold_back(ticket, pause)
        self._pump()

    def _hold_back(self, ticket: Ticket, pause: float | None) -> None:
        if pause is not None:
            self._opens_at = max(self._opens_at, _now() + min(pause, _LONGEST_PAUSE))
            self._shut_by = max(self._shut_by, ticket.serial)
        elif ticket.serial > self._shrunk_at:  # one refusal a round trip counts
            self.width = max(self.width * _SHRINK, 1.0)
            self._shrunk_at = self._serial

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take note of what the headers of a response say is left."""
        for counted, limit_name, remaining_name, reset_name in _FAMILIES:
            if remaining_name in headers:
                limit, left = _number(headers.get(limit_name)), _number(headers[remaining_name])
                reset = _seconds_until(headers.get(reset_name, ""), datetime.now(UTC))
                if limit and left is not None and reset is not None:
                    self._note(counted, limit, left, reset)

    def _note(self, counted: Counted, limit: float, left: float, reset: float) -> None:
        # Those under way may or may not be counted in `left` yet; the one that brought the news is.
        others = {
            "requests": self.under_way - 1,
            "tokens": sum(self._tokens_under_way),
            "input": self._tokens_under_way[0],
            "output": self._tokens_under_way[1],
        }[counted]
        rate = (limit - left) / min(reset, _LONGEST_PAUSE) if reset > 0 else 0.0
        self._buckets[counted] = _Bucket(limit, left - max(others, 0), rate, _now())

    def _room(self) -> bool:
        return self.under_way < int(self.width)

    def _needs(self, tokens_in: int, tokens_out: int) -> dict[Counted, int]:
        return {"requests": 1, "tokens": tokens_in + tokens_out, "input": tokens_in, "output": tokens_out}

    def _delay(self, tokens_in: int, tokens_out: int) -> float:
        now = _now()
        delay = self._opens_at - now
        if self._buckets:
            needs = self._needs(tokens_in, tokens_out)
            delay = max(delay, *(bucket.wait(needs[name], now) for name, bucket in self._buckets.items()))
        return delay

    def _admit(self, tokens_in: int, tokens_out: int) -> Ticket:
        self.under_way += 1
        self._tokens_under_way[0] += tokens_in
        self._tokens_under_way[1] += tokens_out
        if self._buckets:
            now, needs = _now(), self._needs(tokens_in, tokens_out)
            for name, bucket in self._buckets.items():
                bucket.take(needs[name], now)
        self._serial += 1
        return Ticket(self._serial, tokens_in, tokens_out)

    def _pump(self) -> None:
        """Let those at the head of the queue through; set an alarm where only time can help."""
        while self._queue and self._room():
            first = self._queue[0]
            if first.future.done():
                self._queue.popleft()
                continue
            delay = self._delay(first.tokens_in, first.tokens_out)
            if delay > 0:
                self._wake_in(delay)
                return
            self._queue.popleft()
            first.future.set_result(self._admit(first.tokens_in, first.tokens_out))

    def _wake_in(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._pump()
