"""A limit that is never passed."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.gateway.budget import Budget, Spending
from tests.gateway.virtual_time import run


def test_a_reservation_that_does_not_fit_is_refused() -> None:
    async def main() -> list[bool]:
        budget = Budget(1.0)
        first = await budget.reserve(0.6)
        budget.settle(0.6, 0.6)
        return [first, await budget.reserve(0.5), await budget.reserve(0.4)]

    assert run(main()) == [True, False, True]


def test_it_waits_for_what_requests_under_way_give_back() -> None:
    async def main() -> tuple[bool, Spending]:
        budget = Budget(1.0)
        assert await budget.reserve(0.9)
        second = asyncio.create_task(budget.reserve(0.9))
        await asyncio.sleep(1)
        assert not second.done()
        budget.settle(0.9, 0.01)
        return await second, budget.spending

    assert run(main()) == (True, Spending(limit=1.0, spent=0.01, perhaps=0.0, unpriced=0))


def test_what_may_have_been_charged_stays_set_aside() -> None:
    async def main() -> tuple[bool, Spending]:
        budget = Budget(1.0)
        assert await budget.reserve(0.7)
        budget.settle(0.7, None, perhaps_billed=True)
        return await budget.reserve(0.7), budget.spending

    assert run(main()) == (False, Spending(limit=1.0, spent=0.0, perhaps=0.7, unpriced=0))


def test_without_a_limit_everything_fits_and_is_counted() -> None:
    async def main() -> Spending:
        budget = Budget()
        for cost in (0.5, None, 0.0):
            assert await budget.reserve(1e9)
            budget.settle(1e9, cost)
        return budget.spending

    assert run(main()) == Spending(limit=None, spent=0.5, perhaps=0.0, unpriced=1)


@given(st.floats(0, 5), st.integers(0, 10_000))
def test_the_limit_holds_whatever_the_costs_turn_out_to_be(limit: float, seed: int) -> None:
    rng = random.Random(seed)
    budget = Budget(limit)

    async def call() -> None:
        worst = rng.random()
        if await budget.reserve(worst):
            await asyncio.sleep(rng.random())
            silent = rng.random() < 0.2
            budget.settle(worst, None if silent else worst * rng.random(), perhaps_billed=silent)

    async def main() -> None:
        await asyncio.gather(*(call() for _ in range(20)))

    run(main())
    spending = budget.spending
    assert spending.spent + spending.perhaps <= limit + 1e-9


def test_the_stop_says_what_to_do_and_has_the_environment_s_exit_code() -> None:
    stop = Budget(2.0).stop()
    assert stop.exit_code == 4
    assert str(stop) == (
        "The budget of 2 US dollars has no room for another request (0.0000 spent or perhaps charged).\n"
        "  next: What was answered until now is kept. Raise the budget and resume."
    )


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_a_budget_is_an_amount_of_money(wrong: float) -> None:
    with pytest.raises(UserError, match="not a budget"):
        Budget(wrong)


def test_what_is_lent_is_what_is_left_and_what_it_costs_is_booked() -> None:
    async def main() -> tuple[list[bool], Spending]:
        budget = Budget(1.0)
        assert await budget.reserve(0.5)  # under way while the other event loop works
        with budget.lent() as left:
            fits = [await left.reserve(0.6), await left.reserve(0.4)]
            left.settle(0.4, 0.1)
            fits.append(await left.reserve(0.4))
            left.settle(0.4, None, perhaps_billed=True)
            fits.append(await left.reserve(0.1))
        budget.settle(0.5, 0.2)
        return fits, budget.spending

    fits, spending = run(main())
    assert fits == [False, True, True, False]
    assert spending.spent == pytest.approx(0.3)
    assert (spending.perhaps, spending.unpriced) == (0.4, 0)


def test_without_a_limit_what_is_lent_has_none_and_is_booked_too() -> None:
    async def main() -> Spending:
        budget = Budget()
        with budget.lent() as left:
            assert await left.reserve(5)
            left.settle(5, 3)
            assert await left.reserve(0)
            left.settle(0, None)
        return budget.spending

    assert run(main()) == Spending(limit=None, spent=3, perhaps=0, unpriced=1)
