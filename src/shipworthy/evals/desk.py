"""What whoever asks models does alike: leave, a caller, the expected cost, many calls at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError
from shipworthy.gateway.budget import Budget, BudgetStop
from shipworthy.gateway.calls import Caller, estimated_cost
from shipworthy.gateway.specs import open_model

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.evals.candidates.model import Asker
    from shipworthy.evals.running import Conduct
    from shipworthy.gateway.cache import Cache
    from shipworthy.gateway.limits import Limiter
    from shipworthy.gateway.model import Request

__all__ = ["caller_for", "expected_cost", "refuse_personal_data", "until_full"]


def refuse_personal_data(dataset: FrozenDataset, askers: Iterable[Asker], conduct: Conduct) -> None:
    """Stop before texts with personal data leave this machine without leave.

    Raises:
        DataError: they would.
    """
    found = dataset.personal_data
    away = [asker.model.title for asker in askers if asker.leaves_the_machine]
    if found and away and not conduct.send_personal_data:
        raise DataError(
            f"The rows hold personal data ({'; '.join(str(item) for item in found)}), and {away[0]!r} is on "
            "another machine. Nothing was sent.",
            hint="Mask them in the file; or, if you may send them, say so: --send-personal-data",
        )


def caller_for(
    asker: Asker, *, conduct: Conduct, budget: Budget, cache: Cache | None, limiter: Limiter, clock: Clock
) -> Caller:
    """The model of a candidate, with everything around it.

    Raises:
        UserError: a key or a file is missing, or a price is unknown and there is a budget.
        MissingExtraError: an optional part is not installed.
    """
    return Caller(
        open_model(asker.model, heed=limiter.learn),
        limiter=limiter,
        budget=budget,
        cache=cache,
        price=asker.price,
        patience=conduct.patience,
        unknown_price_accepted=conduct.accept_unknown_price,
        clock=clock,
    )


def expected_cost(asker: Asker, requests: list[Request], *, clock: Clock) -> str | None:
    """What these requests will cost, as a range in words; None where nothing is charged."""
    expected = estimated_cost(requests, asker.price, at=clock.now())
    if expected is None:
        return f"{len(requests):,} calls; what they cost is unknown."
    if expected.most <= 0:
        return None
    caution = f" Careful: {expected.caution}" if expected.caution else ""
    return (
        f"{expected.calls:,} calls, about {expected.likely:.2f} and at most {expected.most:.2f} "
        f"US dollars ({expected.source}).{caution}"
    )


async def until_full(workers: Sequence[Callable[[], Awaitable[None]]]) -> str | None:
    """Let all of them work at once; why the budget stopped them, if it did.

    What is under way then is waited for: it is paid for. Any other error ends all of them.
    """
    tasks = [asyncio.ensure_future(worker()) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    except BudgetStop as full:
        await asyncio.gather(*tasks, return_exceptions=True)
        return full.message
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return None
