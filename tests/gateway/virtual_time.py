"""An event loop whose clock jumps ahead when there is nothing to do, so that waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run"]

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    """Never waits: time spent waiting is added to the clock instead."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed += timeout or 0.0
        ready: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds that were waited for."""
        return self._clock.passed


def run(main: Coroutine[Any, Any, T]) -> T:
    """Like ``asyncio.run``, for code that talks to nobody outside of the process."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
