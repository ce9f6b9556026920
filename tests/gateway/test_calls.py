"""One call: cache, budget, limits, retries; in virtual time, with a scripted model."""

import asyncio
import itertools
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.gateway.answers import Said
from shipworthy.gateway.budget import Budget, BudgetStop
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.calls import Caller, Patience, estimated_cost, most_tokens_in
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.model import CallFailure, FailureKind, Reply, Request, Settings
from shipworthy.gateway.prices import GivenPrice
from tests.fakes import FixedClock, ScriptedModel
from tests.fakes.models import Line
from tests.gateway.virtual_time import run

SETTINGS = Settings(labels=("bug", "billing"), max_tokens=10)
PRICE = GivenPrice(input=1.0, output=2.0, said_in="the contract")
FINE: Mapping[str, object] = {"label": "bug"}


def _request(prompt: str = "text", repeat: int = 0) -> Request:
    return Request(settings=SETTINGS, prompt=prompt, repeat=repeat)


def _caller(model: ScriptedModel, **changed: Any) -> Caller:
    usual: dict[str, Any] = {
        "limiter": Limiter(4),
        "budget": Budget(),
        "price": PRICE,
        "rng": random.Random(0),
        "clock": FixedClock(),
    }
    return Caller(model, **{**usual, **changed})


def _failing(kind: FailureKind, **more: Any) -> CallFailure:
    return CallFailure(f"it failed ({kind})", kind=kind, **more)


def _script(*lines: Line) -> ScriptedModel:
    """Says one line after the other, and the last one from then on."""
    return ScriptedModel(script=lambda _, before: lines[min(before, len(lines) - 1)])


def test_a_reply_is_priced_timed_and_counted() -> None:
    model = ScriptedModel(script=lambda *_: FINE, delay=0.02)
    caller = _caller(model)
    reply = run(caller.reply(_request()))
    assert reply.row() == {
        "status": "ok",
        "text": '{"label": "bug"}',
        "parsed": {"label": "bug"},
        "tokens_in": 10,
        "tokens_out": 5,
        "latency_ms": 20.0,
        "cost": pytest.approx(20e-6),
        "price_source": "the contract",
    }
    assert (caller.tally.calls, caller.tally.sent, caller.tally.cost) == (1, 1, reply.cost)
    assert caller.budget.spending.spent == reply.cost


def test_an_unknown_price_is_unknown_and_not_nothing() -> None:
    caller = _caller(_script(FINE), price=None)
    reply = run(caller.reply(_request()))
    assert (reply.cost, reply.price_source) == (None, None)
    assert caller.budget.spending.unpriced == 1


def test_unknown_tokens_make_the_cost_unknown() -> None:
    reply = run(_caller(_script(Reply(status="ok", text="x"))).reply(_request()))
    assert (reply.cost, reply.price_source) == (None, None)


def test_a_price_by_call_needs_no_tokens() -> None:
    caller = _caller(_script(Reply(status="ok", text="x")), price=GivenPrice(call=0.01))
    assert run(caller.reply(_request())).cost == 0.01


@pytest.mark.parametrize("kind", ["rate_limited", "overloaded", "server", "connection"])
def test_what_may_go_away_by_itself_is_tried_again(kind: FailureKind) -> None:
    model = _script(_failing(kind), _failing(kind), FINE)
    reply = run(_caller(model).reply(_request()))
    assert (reply.status, reply.attempts, len(model.asked)) == ("ok", 3, 3)


@given(st.integers(0, 1000))
def test_waits_are_random_parts_of_a_bound_that_doubles(seed: int) -> None:
    times: list[float] = []

    def script(request: Request, before: int) -> Line:
        times.append(asyncio.get_running_loop().time())
        return _failing("server") if before < 5 else FINE

    caller = _caller(
        ScriptedModel(script=script), rng=random.Random(seed), patience=Patience(first_wait=1, longest_wait=6)
    )
    run(caller.reply(_request()))
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(0 <= wait <= bound for wait, bound in zip(waits, (1, 2, 4, 6, 6), strict=True))
    rng = random.Random(seed)
    assert waits == pytest.approx([rng.uniform(0, bound) for bound in (1, 2, 4, 6, 6)])


def test_the_wait_a_provider_asks_for_is_kept() -> None:
    async def main() -> tuple[Reply, float]:
        caller = _caller(_script(_failing("rate_limited", retry_after=20.0), FINE))
        reply = await caller.reply(_request())
        return reply, asyncio.get_running_loop().time()

    reply, passed = run(main())
    assert reply.status == "ok"
    assert 20 <= passed <= 20.5


def test_a_provider_that_wants_too_long_a_wait_is_not_waited_for() -> None:
    caller = _caller(_script(FINE, _failing("rate_limited", retry_after=3600.0)))

    async def main() -> Reply:
        await caller.reply(_request())
        return await caller.reply(_request())

    reply = run(main())
    assert (reply.status, reply.detail) == ("error", "it failed (rate_limited)")


def test_a_call_that_never_works_is_an_error_with_its_reason() -> None:
    model = ScriptedModel(script=lambda request, _: FINE if request.prompt == "fine" else _failing("server"))
    caller = _caller(model, patience=Patience(attempts=3))

    async def main() -> list[Reply]:
        return [await caller.reply(_request(prompt)) for prompt in ("fine", "bad", "fine")]

    replies = run(main())
    assert [reply.status for reply in replies] == ["ok", "error", "ok"]
    assert replies[1].row() == {
        "status": "error",
        "attempts": 3,
        "latency_ms": 0.0,
        "detail": "it failed (server) (3 attempts)",
    }


def test_silence_is_a_timeout_after_the_deadline_and_is_not_tried_again() -> None:
    model = ScriptedModel(script=lambda *_: FINE, delay=1e6)
    caller = _caller(model, patience=Patience(deadline=30))
    reply = run(caller.reply(_request()))
    assert (reply.status, reply.attempts, reply.latency_ms) == ("timeout", 1, 30_000)
    assert reply.detail == "no answer within 30 seconds"


def test_the_deadline_counts_time_at_the_provider_over_all_attempts_and_no_waiting() -> None:
    model = ScriptedModel(script=lambda *_: _failing("server"), delay=8)
    caller = _caller(model, patience=Patience(deadline=20, first_wait=500, longest_wait=500))

    async def main() -> Reply:
        caller._answered = True
        return await caller.reply(_request())

    reply = run(main())
    assert (reply.status, reply.attempts) == ("timeout", 3)  # 8 + 8 + the 4 that are left


def test_a_model_that_raises_a_timeout_of_its_own_is_a_timeout_too() -> None:
    def script(request: Request, before: int) -> Line:
        raise TimeoutError

    assert run(_caller(ScriptedModel(script=script)).reply(_request())).status == "timeout"


@pytest.mark.parametrize("kind", ["unauthorised", "quota"])
def test_what_would_fail_for_every_row_is_raised_at_once(kind: FailureKind) -> None:
    model = ScriptedModel(script=lambda request, _: FINE if request.prompt == "fine" else _failing(kind))
    caller = _caller(model)

    async def main() -> None:
        await caller.reply(_request("fine"))
        with pytest.raises(CallFailure, match=kind):
            await caller.reply(_request("bad"))

    run(main())


@pytest.mark.parametrize("kind", ["not_found", "connection"])
def test_a_provider_that_was_never_reached_ends_the_run(kind: FailureKind) -> None:
    caller = _caller(_script(_failing(kind)))
    with pytest.raises(CallFailure, match=kind):
        run(caller.reply(_request()))


def test_a_few_rejected_rows_at_the_start_do_not_end_the_run_but_many_do() -> None:
    caller = _caller(_script(_failing("rejected")))

    async def main() -> list[str]:
        found: list[str] = [(await caller.reply(_request(str(n)))).status for n in range(4)]
        with pytest.raises(CallFailure):
            await caller.reply(_request("5"))
        return found

    assert run(main()) == ["error"] * 4


def test_a_provider_that_stays_away_ends_the_run_and_rejected_rows_do_not() -> None:
    kinds: dict[str, FailureKind] = {"rejected": "rejected", "away": "server"}
    model = ScriptedModel(
        script=lambda request, _: (
            FINE if request.prompt == "fine" else _failing(kinds[request.prompt.split()[0]])
        )
    )
    caller = _caller(model, patience=Patience(attempts=1))

    async def main() -> None:
        await caller.reply(_request("fine"))
        for number in range(100):
            assert (await caller.reply(_request(f"rejected {number}"))).status == "error"
        await caller.reply(_request("fine"))
        for number in range(19):
            assert (await caller.reply(_request(f"away {number}"))).status == "error"
        with pytest.raises(CallFailure):
            await caller.reply(_request("away"))

    run(main())


def test_a_kept_reply_is_not_asked_for_again(tmp_path: Path) -> None:
    model = _script(FINE)
    with Cache(tmp_path) as cache:
        first = run(_caller(model, cache=cache).reply(_request()))
    with Cache(tmp_path) as cache:
        caller = _caller(model, cache=cache)
        second = run(caller.reply(_request()))
    assert len(model.asked) == 1
    assert second.row() == {**first.row(), "from_cache": True}
    assert (caller.tally.from_cache, caller.tally.sent, caller.tally.cost) == (1, 0, 0.0)
    assert caller.budget.spending.spent == 0.0


def test_repeats_and_versions_are_asked_for_on_their_own(tmp_path: Path) -> None:
    model = _script(FINE)

    async def main(cache: Cache) -> None:
        caller = _caller(model, cache=cache)
        for repeat in (0, 1, 0):
            await caller.reply(_request(repeat=repeat))
        other = ScriptedModel(script=model.script, version="scripted:2", asked=model.asked)
        await _caller(other, cache=cache).reply(_request())

    with Cache(tmp_path) as cache:
        run(main(cache))
    assert len(model.asked) == 3


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (FINE, 1),
        ("no JSON", 1),
        (Said(text=None, ending="refused"), 1),
        (_failing("rejected"), 2),
        (_failing("timeout"), 2),
    ],
)
def test_what_was_paid_for_is_kept_good_or_bad_and_failures_are_not(
    tmp_path: Path, line: Line, asked: int
) -> None:
    model = _script(line)
    for _ in range(2):
        with Cache(tmp_path) as cache:
            run(_caller(model, cache=cache).reply(_request()))
    assert len(model.asked) == asked


def test_equal_requests_at_the_same_time_are_sent_once(tmp_path: Path) -> None:
    model = ScriptedModel(script=lambda *_: FINE, delay=1)

    async def main(cache: Cache) -> list[Reply]:
        caller = _caller(model, cache=cache)
        return await asyncio.gather(*(caller.reply(_request()) for _ in range(5)))

    with Cache(tmp_path) as cache:
        replies = run(main(cache))
    assert len(model.asked) == 1
    assert [reply.from_cache for reply in replies] == [False, True, True, True, True]


def test_two_callers_with_one_cache_send_equal_requests_once(tmp_path: Path) -> None:
    model = ScriptedModel(script=lambda *_: FINE, delay=1)

    async def main(cache: Cache) -> list[Reply]:
        callers = [_caller(model, cache=cache) for _ in range(3)]
        return await asyncio.gather(*(caller.reply(_request()) for caller in callers))

    with Cache(tmp_path) as cache:
        replies = run(main(cache))
    assert len(model.asked) == 1
    assert [reply.from_cache for reply in replies] == [False, True, True]


def test_those_who_wait_for_a_failed_request_ask_themselves(tmp_path: Path) -> None:
    model = ScriptedModel(script=lambda _, before: _failing("rejected") if before == 0 else FINE, delay=1)

    async def main(cache: Cache) -> list[str]:
        caller = _caller(model, cache=cache)
        replies = await asyncio.gather(*(caller.reply(_request()) for _ in range(3)))
        return [reply.status for reply in replies]

    with Cache(tmp_path) as cache:
        assert run(main(cache)) == ["error", "ok", "ok"]
    assert len(model.asked) == 2


def test_a_reply_is_in_the_file_as_soon_as_nothing_else_is_under_way(tmp_path: Path) -> None:
    with Cache(tmp_path) as cache, Cache(tmp_path) as other:
        cache._written_at = float("inf")  # not by time
        run(_caller(_script(FINE), cache=cache).reply(_request()))
        assert other.get(_request().key("scripted:1")) is not None


def test_who_waits_for_another_process_keeps_no_reply_from_it(tmp_path: Path) -> None:
    """Two processes, each with a reply that the other one waits for, would wait for ever."""
    ours, theirs = (_request(name).key("scripted:1") for name in ("ours", "theirs"))

    class Shared(Cache):
        """Another process sends one of the requests."""

        def claim(self, key: str) -> bool:
            return key != theirs and super().claim(key)

    async def main(cache: Cache, other: Cache) -> Reply:
        later = _failing("rate_limited", retry_after=100.0)
        model = ScriptedModel(script=lambda request, _: later if request.prompt == "slow" else FINE)
        caller = _caller(model, cache=cache)
        slow, _, waiting = (
            asyncio.create_task(caller.reply(_request(name))) for name in ("slow", "ours", "theirs")
        )
        await asyncio.sleep(2)
        if other.get(ours) is not None:  # now they go on, and answer
            other.put(theirs, "m", Reply(status="ok", text="theirs"))
            other.flush()
        found = await asyncio.wait_for(waiting, 5)
        slow.cancel()
        return found

    with Shared(tmp_path) as cache, Cache(tmp_path) as other:
        cache._written_at = float("inf")
        assert run(main(cache, other)).text == "theirs"


def test_a_budget_stops_the_run_before_it_is_passed_and_keeps_what_was_answered() -> None:
    budget = Budget(0.001)
    caller = _caller(_script(FINE), budget=budget)

    async def main() -> int:
        for number in range(1000):
            try:
                await caller.reply(_request(str(number)))
            except BudgetStop:
                return number
        return 1000

    answered = run(main())
    each = 20e-6
    worst = PRICE.most(tokens_in=most_tokens_in(_request("99")), tokens_out=10)
    assert budget.spending.spent == pytest.approx(answered * each)
    assert budget.spending.spent <= 0.001 < budget.spending.spent + worst


def test_calls_at_the_same_time_share_the_budget() -> None:
    budget = Budget(0.002)
    caller = _caller(ScriptedModel(script=lambda *_: FINE, delay=1), budget=budget, limiter=Limiter(16))

    async def main() -> list[object]:
        calls = (caller.reply(_request(str(number))) for number in range(200))
        return await asyncio.gather(*calls, return_exceptions=True)

    ended = run(main())
    answered = sum(isinstance(one, Reply) for one in ended)
    assert all(isinstance(one, Reply | BudgetStop) for one in ended)
    assert budget.spending.spent == pytest.approx(answered * 20e-6)
    assert 0.0012 < budget.spending.spent <= 0.002


def test_a_request_that_may_have_been_charged_counts_against_the_budget() -> None:
    budget = Budget(1.0)
    caller = _caller(_script(_failing("connection", billed=True), _failing("server"), FINE), budget=budget)
    reply = run(caller.reply(_request()))
    assert budget.spending.spent == reply.cost
    assert budget.spending.perhaps == PRICE.most(tokens_in=most_tokens_in(_request()), tokens_out=10)


def test_a_budget_cannot_be_kept_without_a_price_unless_that_is_accepted() -> None:
    with pytest.raises(UserError, match="price of 'scripted:test' is unknown"):
        _caller(_script(FINE), price=None, budget=Budget(1.0))
    caller = _caller(_script(FINE), price=None, budget=Budget(1.0), unknown_price_accepted=True)
    assert run(caller.reply(_request())).status == "ok"
    _caller(_script(FINE), price=None, budget=Budget())


def test_a_cancelled_call_gives_back_its_place() -> None:
    limiter, budget = Limiter(1), Budget(1.0)
    caller = _caller(ScriptedModel(script=lambda *_: FINE, delay=10), limiter=limiter, budget=budget)

    async def main() -> Reply:
        task = asyncio.create_task(caller.reply(_request()))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await caller.reply(_request())

    assert run(main()).status == "ok"
    assert limiter.under_way == 0
    assert budget.spending.perhaps > 0  # it had been sent


def test_rate_limits_slow_down_and_lose_no_row() -> None:
    rng = random.Random(1)

    def script(request: Request, before: int) -> Line:
        return _failing("rate_limited") if rng.random() < 0.1 else FINE

    model = ScriptedModel(script=script, delay=0.02)
    limiter = Limiter(32)
    caller = _caller(model, limiter=limiter)

    async def main() -> list[Reply]:
        return await asyncio.gather(*(caller.reply(_request(str(number))) for number in range(500)))

    replies = run(main())
    assert {reply.status for reply in replies} == {"ok"}
    assert caller.tally.rate_limited == len(model.asked) - 500
    assert limiter.under_way == 0


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_tokenizer_makes_more_tokens_than_the_bound(prompt: str, system: str) -> None:
    request = Request(settings=Settings(system=system, examples=((prompt, "x"),)), prompt=prompt)
    bytes_sent = 2 * len(prompt.encode()) + len(system.encode()) + 1
    assert most_tokens_in(request) >= bytes_sent


def test_the_cost_of_a_run_is_a_range_with_its_source() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    requests = [_request("x" * 400) for _ in range(100)]
    cost = estimated_cost(requests, PRICE, at=at)
    assert cost is not None
    assert (cost.calls, cost.source, cost.caution) == (100, "the contract", None)
    assert cost.most == pytest.approx(100 * PRICE.most(tokens_in=most_tokens_in(requests[0]), tokens_out=10))
    assert 0 < cost.likely < cost.most
    assert estimated_cost(requests, None, at=at) is None
