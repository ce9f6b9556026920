"""How an application asks its model: one budget, one cache, and no personal data without leave.

A review gives every candidate the same desk, and a command has one of its own, so that what holds for models
that sort texts holds for models that answer, extract and summarise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from shipworthy.gateway.budget import Budget, BudgetStop

if TYPE_CHECKING:
    from shipworthy.evals.running import Conduct
    from shipworthy.gateway.adapters.embeddings import HostedEmbedder
    from shipworthy.gateway.cache import Cache
    from shipworthy.gateway.model import Model, Reply, Request, Settings
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.document import Document

__all__ = ["ModelDesk", "all_of"]

_Part = TypeVar("_Part")
_READS_A_BATCH = 180.0  # seconds for 32 passages: a server without a graphics card takes a few for each


def _as_usual() -> Conduct:
    from shipworthy.evals.running import Conduct

    return Conduct()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDesk:
    """Where an application asks its model."""

    conduct: Conduct = field(default_factory=_as_usual)
    """How models are asked: cache, servers, limits, leave."""
    budget: Budget = field(default_factory=Budget)
    """What all that is asked here may cost together."""

    @classmethod
    def of(cls, conduct: Conduct) -> ModelDesk:
        """A desk with the budget that ``conduct`` names."""
        return cls(conduct=conduct, budget=Budget(conduct.budget))

    def check(self, spec: ModelSpec | None) -> None:
        """Refuse an unknown price before anything is done for it.

        Raises:
            UserError: there is a budget, and nobody knows what the model costs.
        """
        from shipworthy.evals.desk import refuse_unknown_price
        from shipworthy.gateway.specs import price_of

        if spec is not None and self.budget.limit is not None and not self.conduct.accept_unknown_price:
            refuse_unknown_price(spec.title, price_of(spec))

    def refuse_personal_data(self, spec: ModelSpec | None, documents: Iterable[Document]) -> None:
        """Refuse documents with personal data that a model elsewhere would read without leave.

        Raises:
            DataError: one has some; it is named.
        """
        if spec is None or self.conduct.send_personal_data or not spec.leaves_the_machine:
            return
        for document in documents:
            _refuse_text(document.text, spec.title, f"{document.name!r} holds")

    @contextmanager
    def opened(self, spec: ModelSpec | None, *, deadline: float = 60.0) -> Iterator[Model | None]:
        """The model with limits, retries, budget and cache around it, until the block ends; None without one.

        Args:
            spec: The model.
            deadline: Seconds that a call needs at least; the conduct may give more.

        Raises:
            UserError: its key is missing, or its price is unknown and there is a budget.
            MissingExtraError: an optional part is not installed.
        """
        if spec is None:
            yield None
            return
        from contextlib import ExitStack

        from shipworthy.gateway.cache import Cache
        from shipworthy.gateway.calls import Caller, Patience
        from shipworthy.gateway.limits import Limiter
        from shipworthy.gateway.specs import open_model, price_of

        self.check(spec)
        usual = self.conduct.patience or Patience()
        limiter = Limiter(_at_once(spec, self.conduct.concurrency))
        with ExitStack() as stack:
            cache = None if self.conduct.cache is None else stack.enter_context(Cache(self.conduct.cache))
            caller = Caller(
                open_model(spec, heed=limiter.learn),
                limiter=limiter,
                budget=self.budget,
                cache=cache,
                price=price_of(spec),
                patience=replace(usual, deadline=max(usual.deadline, deadline)),
                unknown_price_accepted=self.conduct.accept_unknown_price,
            )
            guarded = spec.leaves_the_machine and not self.conduct.send_personal_data
            yield _Guarded(caller, cache, title=spec.title if guarded else None)

    def embedder(self, spec: ModelSpec, *, otherwise: str = "") -> HostedEmbedder:
        """An embedding model with limits, retries and budget around it; no personal data go without leave.

        Args:
            spec: The model.
            otherwise: What can be done without it, as a sentence for its failures.

        Raises:
            UserError: its key is missing, or its price is unknown and there is a budget.
            MissingExtraError: an optional part is not installed.
        """
        from shipworthy.evals.desk import refuse_unknown_price
        from shipworthy.gateway.adapters.embeddings import HostedEmbedder
        from shipworthy.gateway.calls import Caller, Patience
        from shipworthy.gateway.limits import Limiter
        from shipworthy.gateway.specs import open_embeddings, price_of

        price = price_of(spec, writes=False)
        if self.budget.limit is not None and not self.conduct.accept_unknown_price:
            refuse_unknown_price(spec.title, price)
        guarded = spec.leaves_the_machine and not self.conduct.send_personal_data

        def look(texts: Sequence[str]) -> None:
            for text in texts if guarded else ():
                _refuse_text(text, spec.title, "What would be sent now holds")

        usual = self.conduct.patience or Patience()
        limiter = Limiter(self.conduct.concurrency)
        caller = Caller(
            open_embeddings(spec, heed=limiter.learn),
            limiter=limiter,
            budget=self.budget,
            price=price,
            patience=replace(usual, deadline=max(usual.deadline, _READS_A_BATCH)),
            unknown_price_accepted=self.conduct.accept_unknown_price,
        )
        return HostedEmbedder(caller, look=look, otherwise=otherwise)


class _Guarded:
    """A caller that sends no personal data without leave, and writes each reply down before it is used."""

    def __init__(self, caller: Model, cache: Cache | None, *, title: str | None) -> None:
        self.id = caller.id
        self.version = caller.version
        self._caller = caller
        self._cache = cache
        self._title = title

    def ignored(self, settings: Settings) -> tuple[str, ...]:
        """What the model ignores."""
        return self._caller.ignored(settings)

    async def reply(self, request: Request) -> Reply:
        """Ask.

        Raises:
            DataError: the request holds personal data that may not leave this machine.
            BudgetStop: no room for another request.
            CallFailure: what would fail for every request.
        """
        if self._title is not None:
            _refuse_text(request.prompt, self._title, "What would be sent now holds")
        reply = await self._caller.reply(request)
        if self._cache is not None:
            self._cache.flush()
        return reply

    async def close(self) -> None:
        """Let go of the model's connections."""
        await self._caller.close()


def _refuse_text(text: str, title: str, what: str) -> None:
    from shipworthy.datasets.personal_data import sightings
    from shipworthy.evals.desk import refuse_to_send

    found = dict.fromkeys(one.name for one in sightings(text))
    refuse_to_send(list(found), to=title, leave=False, what=what, sent="Nothing of it was sent.")


def _at_once(spec: ModelSpec, most: int) -> int:
    """Requests under way: a model on this machine answers few, and others would only wait."""
    if spec.kind != "local":
        return most
    from shipworthy.gateway.adapters.local import slots_at_once

    return min(most, slots_at_once())


async def all_of(parts: Iterable[Awaitable[_Part]]) -> list[_Part]:
    """The results of all parts, in order, done at once.

    When the budget is full, what is under way is waited for, because it is paid for; after any other error
    the rest is cancelled.

    Raises:
        BudgetStop: the budget is full.
    """
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        return await asyncio.gather(*tasks)
    except BudgetStop:
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
