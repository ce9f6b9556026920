"""Money: what was spent, what is reserved, and a limit that is never passed.

The worst-case cost of a request is set aside before it is sent, and given back when the real cost is
known. A request that may have been charged for without telling us (a time-out, a broken connection)
keeps its worst case: the limit holds even then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from shipworthy.core.errors import EnvironmentFailure, UserError

__all__ = ["Budget", "BudgetStop", "Spending"]

_ROUNDING = 1e-9  # US dollars: sums of many prices are not exact


class BudgetStop(EnvironmentFailure):
    """The budget has no room for another request. What was answered until now is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Where the money went, in US dollars."""

    limit: float | None
    """None: no limit."""
    spent: float
    """Known costs."""
    perhaps: float
    """Worst case of requests that may have been charged for without telling us."""
    unpriced: int
    """Calls whose cost is not known."""


class Budget:
    """US dollars that may be spent by all callers that share this object, in one event loop.

    Args:
        limit: US dollars; None for no limit.
        spent: What was spent already, when a run goes on.

    Raises:
        UserError: a negative limit.
    """

    def __init__(self, limit: float | None = None, *, spent: float = 0.0) -> None:
        if limit is not None and not 0 <= limit < float("inf"):
            raise UserError(f"{limit!r} is not a budget.", hint="An amount of US dollars, for instance 2.00.")
        self.limit = limit
        self._spent = spent
        self._held = 0.0
        self._under_way = 0
        self._perhaps = 0.0
        self._unpriced = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def spending(self) -> Spending:
        """The state of affairs."""
        return Spending(limit=self.limit, spent=self._spent, perhaps=self._perhaps, unpriced=self._unpriced)

    @property
    def _taken(self) -> float:
        return self._spent + self._perhaps + self._held

    async def reserve(self, amount: float) -> bool:
        """Set aside ``amount``; False when it does not fit and nothing under way could make room.

        While other requests are under way, it waits for what they give back.
        """
        while self.limit is not None and self._taken + amount > self.limit + _ROUNDING:
            if not self._under_way:
                return False
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        self._held += amount
        self._under_way += 1
        return True

    def settle(self, reserved: float, cost: float | None, *, perhaps_billed: bool = False) -> None:
        """Give back what was reserved and book the cost.

        Args:
            reserved: What ``reserve`` was asked for.
            cost: US dollars, 0 where nothing was charged; None where unknown.
            perhaps_billed: The cost is unknown because nobody told us: the worst case stays set aside.
        """
        self._under_way -= 1
        self._held = self._held - reserved if self._under_way else 0.0
        if cost is not None:
            self._spent += cost
        elif perhaps_billed:
            self._perhaps += reserved
        else:
            self._unpriced += 1
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    @contextmanager
    def lent(self) -> Iterator[Budget]:
        """A budget with what is left, for another event loop while this one waits; booked here at the end.

        Nobody waits in it for what is under way here: that could not come to an end meanwhile.
        """
        taken = self._taken
        part = Budget(self.limit, spent=taken)
        try:
            yield part
        finally:
            self._spent += part._spent - taken
            self._perhaps += part._perhaps
            self._unpriced += part._unpriced

    def stop(self) -> BudgetStop:
        """The error to raise when ``reserve`` said no."""
        used = self._spent + self._perhaps
        return BudgetStop(
            f"The budget of {self.limit:.4g} US dollars has no room for another request "
            f"({used:.4f} spent or perhaps charged).",
            hint="What was answered until now is kept. Raise the budget and resume.",
        )
