"""How fast a provider may be asked; in virtual time."""

import asyncio
from datetime import UTC, datetime

import pytest

from shipworthy.core.errors import UserError
from shipworthy.gateway.limits import Limiter, Outcome, Ticket, retry_after
from tests.gateway.virtual_time import run

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


async def _sent_at(limiter: Limiter, calls: int, takes: float = 1.0) -> list[float]:
    """When each of some equal calls was let through."""
    times: list[float] = []

    async def call() -> None:
        ticket = await limiter.enter(tokens_in=10, tokens_out=10)
        times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(takes)
        limiter.leave(ticket, "fine")

    await asyncio.gather(*(call() for _ in range(calls)))
    return times


def test_no_more_than_the_most_are_under_way() -> None:
    assert run(_sent_at(Limiter(2), 5)) == [0, 0, 1, 1, 2]


async def _answered(limiter: Limiter, outcome: Outcome, pause: float | None = None) -> Ticket:
    ticket = await limiter.enter(tokens_in=1, tokens_out=1)
    limiter.leave(ticket, outcome, pause=pause)
    return ticket


def test_overload_narrows_the_way_once_a_round_trip_and_success_widens_it_again() -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        tickets = [await limiter.enter(tokens_in=1, tokens_out=1) for _ in range(10)]
        widths = []
        for ticket in tickets:
            limiter.leave(ticket, "overloaded")
            widths.append(limiter.width)
        for _ in range(40):
            await _answered(limiter, "fine")
        return [*widths[:1], widths[-1], round(limiter.width)]

    assert run(main()) == [7.0, 7.0, 10]


def test_the_way_never_closes() -> None:
    async def main() -> float:
        limiter = Limiter(4)
        for _ in range(50):
            await _answered(limiter, "overloaded")
        return limiter.width

    assert run(main()) == 1.0


def test_a_pause_that_was_asked_for_holds_everybody_back_and_narrows_nothing() -> None:
    async def main() -> tuple[float, list[float]]:
        limiter = Limiter(3)
        await _answered(limiter, "overloaded", pause=5)
        return limiter.width, await _sent_at(limiter, 2)

    assert run(main()) == (3.0, [5, 5])


def test_a_pause_is_bounded() -> None:
    async def main() -> list[float]:
        limiter = Limiter(3)
        await _answered(limiter, "overloaded", pause=1e9)
        return await _sent_at(limiter, 1)

    assert run(main()) == [120]


def test_a_later_success_shows_that_only_one_request_was_refused() -> None:
    async def main() -> list[float]:
        limiter = Limiter(3)
        refused = await limiter.enter(tokens_in=1, tokens_out=1)
        later = await limiter.enter(tokens_in=1, tokens_out=1)
        limiter.leave(refused, "overloaded", pause=60)
        limiter.leave(later, "fine")
        return await _sent_at(limiter, 1)

    assert run(main()) == [0]


def test_an_earlier_success_shows_nothing() -> None:
    async def main() -> list[float]:
        limiter = Limiter(3)
        earlier = await limiter.enter(tokens_in=1, tokens_out=1)
        refused = await limiter.enter(tokens_in=1, tokens_out=1)
        limiter.leave(refused, "overloaded", pause=60)
        limiter.leave(earlier, "fine")
        return await _sent_at(limiter, 1)

    assert run(main()) == [60]


OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1m0s",
}
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "60",
}
PLAIN = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60"}


@pytest.mark.parametrize("headers", [OPENAI, ANTHROPIC, PLAIN])
def test_requests_are_spread_over_the_time_in_which_the_limit_fills_up(headers: dict[str, str]) -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        limiter.learn(headers)
        return await _sent_at(limiter, 3, takes=0.1)

    assert run(main()) == pytest.approx([1, 2, 3])


def test_tokens_are_held_back_like_requests() -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        limiter.learn(
            {
                "x-ratelimit-limit-tokens": "100",
                "x-ratelimit-remaining-tokens": "20",
                "x-ratelimit-reset-tokens": "8s",
            }
        )
        return await _sent_at(limiter, 3, takes=0.1)

    assert run(main()) == pytest.approx([0, 2, 4])  # 20 tokens each, 10 come back a second


def test_input_and_output_tokens_have_limits_of_their_own() -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        limiter.learn(
            {
                "anthropic-ratelimit-input-tokens-limit": "1000",
                "anthropic-ratelimit-input-tokens-remaining": "1000",
                "anthropic-ratelimit-input-tokens-reset": "0",
                "anthropic-ratelimit-output-tokens-limit": "10",
                "anthropic-ratelimit-output-tokens-remaining": "0",
                "anthropic-ratelimit-output-tokens-reset": "30s",
            }
        )
        return await _sent_at(limiter, 2, takes=0.1)

    assert run(main()) == pytest.approx([30, 60])


def test_a_request_larger_than_the_limit_is_sent_when_the_limit_is_full() -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        limiter.learn(
            {
                "x-ratelimit-limit-tokens": "10",
                "x-ratelimit-remaining-tokens": "5",
                "x-ratelimit-reset-tokens": "500ms",
            }
        )
        return await _sent_at(limiter, 1)

    assert run(main()) == pytest.approx([0.5])


def test_a_reset_may_be_a_date_and_no_wait_is_endless() -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        limiter.learn({**ANTHROPIC, "anthropic-ratelimit-requests-reset": "2099-01-01T00:00:00Z"})
        return await _sent_at(limiter, 2, takes=0.1)

    assert run(main()) == pytest.approx([2, 4])  # 60 in two minutes, not in many years


@pytest.mark.parametrize("reset", ["", "whenever", "-5", "h m s"])
def test_headers_that_make_no_sense_hold_nothing_back(reset: str) -> None:
    async def main() -> list[float]:
        limiter = Limiter(10)
        limiter.learn({**OPENAI, "x-ratelimit-reset-requests": reset})
        return await _sent_at(limiter, 1)

    assert run(main()) == [0]


def test_a_request_that_is_given_up_while_it_waits_frees_its_place() -> None:
    async def main() -> list[float]:
        limiter = Limiter(1)
        first = await limiter.enter(tokens_in=1, tokens_out=1)
        waiting = [asyncio.create_task(limiter.enter(tokens_in=1, tokens_out=1)) for _ in range(3)]
        await asyncio.sleep(1)
        waiting[0].cancel()
        limiter.leave(first, "fine")
        waiting[1].cancel()  # it has just been let through
        await asyncio.sleep(1)
        limiter.leave(await waiting[2], "fine")
        return await _sent_at(limiter, 1)

    assert run(main()) == [2]


def test_there_is_room_for_at_least_one() -> None:
    with pytest.raises(UserError):
        Limiter(0)
