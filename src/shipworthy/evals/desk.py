"""What whoever asks models does alike: leave, a caller, the expected cost, many calls at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError, UserError
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
    from shipworthy.gateway.prices import Price

__all__ = [
    "caller_for",
    "expected_cost",
    "refuse_personal_data",
    "refuse_to_send",
    "refuse_unknown_price",
    "until_full",
]


def refuse_to_send(
    found: Sequence[str],
    *,
    to: str | None,
    leave: bool,
    what: str = "The rows hold",
    sent: str = "Nothing was sent.",
) -> None:
    """Stop before personal data leave this machine without leave.

    Args:
        found: What was found, in words; nothing is refused when there is none.
        to: Title of the model on another machine; None: nothing leaves.
        leave: Whether somebody said that it may be sent.
        what: Subject and verb of the sentence.
        sent: What was sent until now.

    Raises:
        DataError: they would.
    """
    if found and to is not None and not leave:
        raise DataError(
            f"{what} personal data ({'; '.join(found)}), and {to!r} is on another machine. {sent}",
            hint="Mask them in the file; or, if you may send them, say so: --send-personal-data",
        )


def refuse_unknown_price(title: str, price: Price | None) -> None:
    """Stop before a model without a known price is asked within a budget.

    Raises:
        UserError: the price is unknown.
    """
    if price is None:
        raise UserError(
            f"The price of {title!r} is unknown, so a budget cannot be kept.",
            hint="Give the model a price, or say that an unknown price is accepted: --accept-unknown-price",
        )


def refuse_personal_data(dataset: FrozenDataset, askers: Iterable[Asker], conduct: Conduct) -> None:
    """Stop before texts with personal data leave this machine without leave.

    Raises:
        DataError: they would.
    """
    away = (asker.model.title for asker in askers if asker.leaves_the_machine)
    found = [str(item) for item in dataset.personal_data]
    refuse_to_send(found, to=next(away, None), leave=conduct.send_personal_data)


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
