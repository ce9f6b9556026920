"""One call, done properly: from the cache, or sent within the budget and the limits, and retried.

A ``Caller`` is itself a ``Model``: it takes the same requests and gives the same replies, but a call that
did not work out is a reply too (``timeout``, ``error``), so that no row ends a run. Only what would fail
for every other row as well is raised: a budget used up, a key that is refused.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace
from datetime import datetime

from shipworthy.core.clock import Clock, SystemClock
from shipworthy.core.errors import UserError
from shipworthy.gateway.budget import Budget
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.limits import Limiter, Outcome, Ticket
from shipworthy.gateway.model import CallFailure, Model, Reply, Request, Settings
from shipworthy.gateway.prices import Price

__all__ = ["Caller", "CallerTally", "CostRange", "Patience", "estimated_cost", "most_tokens_in"]

_PAID = frozenset({"ok", "refused", "invalid"})
_OTHERS_ANSWER = 0.05  # seconds between looks at what another process is doing
_GIVEN_UP_AT_FIRST = 5
_GIVEN_UP_IN_A_ROW = 20
_BYTES_A_TOKEN = 4  # usually, in English


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often to try."""

    deadline: float = 60.0
    """Seconds a call may spend at the provider, all attempts together; waiting for limits is not counted."""
    attempts: int = 8
    """Requests sent at most."""
    first_wait: float = 0.5
    """Seconds of which the first wait is a random part; it doubles every time."""
    longest_wait: float = 30.0
    """Seconds of which any wait is a random part."""
    longest_retry_after: float = 120.0
    """Seconds the provider may ask for; when it asks for more, the call is given up."""


@dataclass(slots=True, kw_only=True)
class CallerTally:
    """What a caller has done so far. Counts, for progress and for the record."""

    calls: int = 0
    """Replies given."""
    from_cache: int = 0
    """Of these, from the cache."""
    sent: int = 0
    """Requests sent, retries included."""
    rate_limited: int = 0
    """Requests the provider refused for now."""
    failed: int = 0
    """Requests that failed in another way."""
    cost: float = 0.0
    """US dollars, of calls made now whose cost is known."""


def most_tokens_in(request: Request) -> int:
    """An upper bound on the tokens a request is read as: no tokenizer makes more tokens than bytes."""
    return request.settings.size + len(request.prompt.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRange:
    """What a run will cost, before it is run. US dollars."""

    likely: float
    """Four bytes a token and a quarter of the longest answer."""
    most: float
    """A token a byte and the longest answer every time: it cannot cost more, retries apart."""
    calls: int
    """Calls counted."""
    source: str
    """Where the price comes from."""
    caution: str | None
    """Why the price may be wrong."""


def estimated_cost(requests: list[Request], price: Price | None, *, at: datetime) -> CostRange | None:
    """The cost of these requests, as a range; None where the price is unknown."""
    if price is None:
        return None
    likely = most = 0.0
    for request in requests:
        tokens_in, tokens_out = most_tokens_in(request), request.settings.max_tokens
        most += price.most(tokens_in=tokens_in, tokens_out=tokens_out)
        read, written = tokens_in // _BYTES_A_TOKEN, max(tokens_out // 4, 1)
        likely += price.cost(tokens_in=read, cached=0, tokens_out=written, at=at)
    return CostRange(
        likely=likely, most=most, calls=len(requests), source=price.source, caution=price.caution
    )


def _now() -> float:
    return asyncio.get_running_loop().time()


class Caller:
    """A model with everything around it.

    Args:
        model: The adapter.
        limiter: Shared by all callers of one provider account.
        budget: Shared by all callers of one run.
        cache: Shared by all callers of one process; None keeps nothing.
        price: None where it is unknown.
        patience: Deadline and retries.
        unknown_price_accepted: Start although a budget is set and the price is unknown.
        rng: Spreads the retries.
        clock: Tells the time for prices.

    Raises:
        UserError: there is a budget, the price is unknown, and that was not accepted.
    """

    def __init__(
        self,
        model: Model,
        *,
        limiter: Limiter,
        budget: Budget,
        cache: Cache | None = None,
        price: Price | None = None,
        patience: Patience | None = None,
        unknown_price_accepted: bool = False,
        rng: random.Random | None = None,
        clock: Clock | None = None,
    ) -> None:
        if budget.limit is not None and price is None and not unknown_price_accepted:
            raise UserError(
                f"The price of {model.id!r} is unknown, so a budget cannot be kept.",
                hint="Give the model a price, or say that an unknown price is accepted.",
            )
        self.id = model.id
        self.version = model.version
        self.tally = CallerTally()
        self.budget = budget
        self.price = price
        self._model = model
        self._limiter = limiter
        self._cache = cache
        self._patience = patience or Patience()
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries
        self._clock = clock or SystemClock()
        self._answered = False
        self._given_up_in_a_row = 0
        self._pending: dict[str, asyncio.Future[Reply | None]] = {}

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """What the model ignores."""
        return self._model.ignored(settings)

    async def reply(self, request: Request) -> Reply:
        """Answer from the cache or from the model; a call that did not work out is a reply too.

        Raises:
            BudgetStop: no room for another request.
            CallFailure: what would fail for every request: the key is refused, the account is empty, the
                provider was never reached, or nothing has come back for a long time.
        """
        self.tally.calls += 1
        if self._cache is None:
            return await self._asked(request)
        key = request.key(self.version)
        while (kept := self._cache.get(key)) is None:
            other = self._pending.get(key)
            if other is not None:
                same = await asyncio.shield(other)
                if same is not None:
                    kept = replace(same, from_cache=True)
                    break
            elif self._cache.claim(key):
                return await self._asked_once(key, request, self._cache)
            else:
                self._cache.flush()  # whoever has the claim may wait for what is not written here yet
                await asyncio.sleep(_OTHERS_ANSWER)
        self.tally.from_cache += 1
        return kept

    async def close(self) -> None:
        """Let go of the model's connections."""
        await self._model.close()

    async def _asked_once(self, key: str, request: Request, cache: Cache) -> Reply:
        """Ask while equal requests of this process wait, and keep what was paid for."""
        waiting: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        self._pending[key] = waiting
        paid: Reply | None = None
        try:
            paid = cache.get(key)  # whoever had the claim until now may have left a reply
            if paid is not None:
                self.tally.from_cache += 1
                return paid
            reply = await self._asked(request)
            if reply.status in _PAID:
                paid = reply
                cache.put(key, self.id, reply)
            return reply
        finally:
            del self._pending[key]
            waiting.set_result(paid)
            cache.release(key)
            if not self._pending:  # nothing more may come by which it would be written
                cache.flush()

    async def _asked(self, request: Request) -> Reply:
        left, attempt = self._patience.deadline, 0
        while True:
            attempt += 1
            ticket = await self._limiter.enter(
                tokens_in=most_tokens_in(request) // _BYTES_A_TOKEN, tokens_out=request.settings.max_tokens
            )
            started = _now()
            try:
                reply, cost = await self._attempt(request, ticket, left)
            except CallFailure as failure:
                took = _now() - started
                left -= took
                wait = self._wait(failure, attempt, left)
                if wait is None:
                    return self._given_up(failure, attempt, took)
            else:
                self._answered, self._given_up_in_a_row = True, 0
                return self._finished(reply, cost, attempt, _now() - started)
            await asyncio.sleep(wait)

    async def _attempt(self, request: Request, ticket: Ticket, left: float) -> tuple[Reply, float | None]:
        """Send one request, within budget and deadline. Whatever happens, ticket and money come back."""
        outcome: Outcome = "neither"
        pause: float | None = None
        try:
            reserved = self._worst_case(request)
            if not await self.budget.reserve(reserved):
                raise self.budget.stop()
            cost: float | None = None
            perhaps = True
            try:
                self.tally.sent += 1
                reply = await self._in_time(request, left)
                outcome, cost, perhaps = "fine", self._cost(reply), False
            except CallFailure as failure:
                if failure.kind in {"rate_limited", "overloaded"}:
                    outcome, pause = "overloaded", failure.retry_after
                    self.tally.rate_limited += 1
                else:
                    self.tally.failed += 1
                perhaps = failure.billed
                cost = None if perhaps else 0.0
                raise
            else:
                return reply, cost
            finally:
                self.budget.settle(reserved, cost, perhaps_billed=perhaps)
        finally:
            self._limiter.leave(ticket, outcome, pause=pause)

    async def _in_time(self, request: Request, left: float) -> Reply:
        try:
            async with asyncio.timeout(left):
                return await self._model.reply(request)
        except TimeoutError:
            late = f"no answer within {self._patience.deadline:g} seconds"
        raise CallFailure(late, kind="timeout", billed=True)

    def _worst_case(self, request: Request) -> float:
        if self.price is None or self.budget.limit is None:
            return 0.0
        return self.price.most(tokens_in=most_tokens_in(request), tokens_out=request.settings.max_tokens)

    def _cost(self, reply: Reply) -> float | None:
        if reply.from_cache:
            return 0.0
        known = reply.tokens_in is not None and reply.tokens_out is not None
        if self.price is None or (self.price.by_token and not known):
            return None
        return self.price.cost(
            tokens_in=reply.tokens_in or 0,
            cached=reply.cached_tokens or 0,
            tokens_out=reply.tokens_out or 0,
            at=self._clock.now(),
        )

    def _finished(self, reply: Reply, cost: float | None, attempt: int, took: float) -> Reply:
        if reply.from_cache:  # from a recording: nothing was sent
            return reply
        self.tally.cost += cost or 0.0
        source = self.price.source if self.price is not None and cost is not None else None
        return replace(
            reply, cost=cost, attempts=attempt, latency_ms=round(took * 1000, 3), price_source=source
        )

    def _wait(self, failure: CallFailure, attempt: int, left: float) -> float | None:
        """Seconds until the next attempt; None where there is none. Full jitter (Brooker 2015)."""
        patience = self._patience
        if not failure.transient or attempt >= patience.attempts or left <= 0:
            return None
        if failure.retry_after is None:
            return self._rng.uniform(
                0, min(patience.first_wait * 2.0 ** (attempt - 1), patience.longest_wait)
            )
        if failure.retry_after > patience.longest_retry_after:
            return None
        spread = min(patience.first_wait, failure.retry_after)
        return failure.retry_after + self._rng.uniform(0, spread)

    def _raise_if_hopeless(self, failure: CallFailure) -> None:
        """Raise what would fail for every other request as well."""
        self._given_up_in_a_row += 1
        about_this_row = failure.kind in {"rejected", "timeout"}
        if self._answered:
            most = float("inf") if failure.kind == "rejected" else _GIVEN_UP_IN_A_ROW
        else:
            most = _GIVEN_UP_AT_FIRST if about_this_row else 1
        if failure.kind in {"unauthorised", "quota"} or self._given_up_in_a_row >= most:
            raise failure

    def _given_up(self, failure: CallFailure, attempts: int, took: float) -> Reply:
        self._raise_if_hopeless(failure)
        tries = "" if attempts == 1 else f" ({attempts} attempts)"
        return Reply(
            status="timeout" if failure.kind == "timeout" else "error",
            detail=f"{failure.message}{tries}",
            attempts=attempts,
            latency_ms=round(took * 1000, 3),
        )
