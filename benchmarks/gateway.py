"""What a call costs in our gateway, beside the libraries under it: writes a Markdown table.

    python -m benchmarks.gateway            # about a minute; needs the extras openai and http

A server on this machine answers after a fixed delay; all ways ask the same; every row is a process of its
own. CPU is user and system time of that process, the best of the rounds; start-up (imports, making the
client) stands apart.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from shipworthy.gateway.budget import Budget
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.calls import Caller
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.model import Request, Settings
from shipworthy.gateway.prices import GivenPrice
from shipworthy.gateway.specs import ModelSpec, ServerSpec, open_model

Call = Callable[[int], Awaitable[Any]]
Close = Callable[[], Awaitable[Any]]

_CONCURRENCY = 32
_DELAY = 0.02
_SETTINGS = Settings(
    system="Sort the feedback.", labels=("bug", "billing", "praise"), max_tokens=50, temperature=0.0, seed=1
)
_KEY = "sk-not-a-key-000000000000"


def _prompt(number: int) -> str:
    return f"I was charged twice, number {number}. " + "x" * 150


def _body(number: int) -> dict[str, Any]:
    shape = {"name": "answer", "schema": _SETTINGS.schema, "strict": True}
    return {
        "model": "m",
        "messages": [
            {"role": "system", "content": _SETTINGS.system},
            {"role": "user", "content": _prompt(number)},
        ],
        "response_format": {"type": "json_schema", "json_schema": shape},
        "max_completion_tokens": _SETTINGS.max_tokens,
        "temperature": _SETTINGS.temperature,
        "seed": _SETTINGS.seed,
    }


def _aiohttp(url: str) -> tuple[Call, Close]:
    import aiohttp

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def call(number: int) -> Any:
        async with session.post(f"{url}/v1/chat/completions", json=_body(number)) as response:
            return await response.json()

    return call, session.close


def _openai_sdk(url: str) -> tuple[Call, Close]:
    import openai

    transport = openai.DefaultAioHttpClient()
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=_KEY, max_retries=0, http_client=transport)

    async def call(number: int) -> Any:
        return await client.chat.completions.create(**_body(number))

    return call, client.close


def _pydantic_ai(url: str) -> tuple[Call, Close]:
    import openai
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelRequest, SystemPromptPart, UserPromptPart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.settings import ModelSettings

    transport = openai.DefaultAioHttpClient()
    client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=_KEY, max_retries=0, http_client=transport)
    model = OpenAIChatModel("gpt-4.1-mini", provider=OpenAIProvider(openai_client=client))
    shape = OutputObjectDefinition(json_schema=dict(_SETTINGS.schema or {}), name="answer", strict=True)
    parameters = ModelRequestParameters(output_mode="native", output_object=shape)

    async def call(number: int) -> Any:
        asked = [ModelRequest([SystemPromptPart(_SETTINGS.system or ""), UserPromptPart(_prompt(number))])]
        chosen = ModelSettings(max_tokens=_SETTINGS.max_tokens, temperature=0.0, seed=1)
        return await model_request(
            model, asked, model_settings=chosen, model_request_parameters=parameters, instrument=False
        )

    return call, client.close


def _ours(spec: ModelSpec, folder: Path) -> tuple[Call, Close]:
    limiter, cache = Limiter(_CONCURRENCY), Cache(folder)
    price = GivenPrice(input=0.25, output=2.0)
    caller = Caller(
        open_model(spec, heed=limiter.learn), limiter=limiter, budget=Budget(1e6), cache=cache, price=price
    )

    async def call(number: int) -> Any:
        reply = await caller.reply(Request(settings=_SETTINGS, prompt=_prompt(number)))
        assert reply.status == "ok", reply
        return reply

    async def close() -> None:
        await caller.close()
        cache.close()

    return call, close


def _compatible(url: str) -> tuple[Call, Close]:
    server = ServerSpec(url=f"{url}/v1")
    spec = ModelSpec(kind="server", name="m", named_in="the benchmark", server=server)
    return _ours(spec, Path(os.environ["BENCHMARK_CACHE"]))


def _openai(url: str) -> tuple[Call, Close]:
    os.environ["OPENAI_API_KEY"] = _KEY
    spec = ModelSpec(kind="openai", name="gpt-4.1-mini", named_in="the benchmark", url=f"{url}/v1")
    return _ours(spec, Path(os.environ["BENCHMARK_CACHE"]))


_WAYS: dict[str, tuple[str, Callable[[str], tuple[Call, Close]]]] = {
    "aiohttp": ("bare aiohttp", _aiohttp),
    "compatible": ("**ours, any OpenAI-compatible server**", _compatible),
    "openai_sdk": ("bare OpenAI SDK on aiohttp", _openai_sdk),
    "pydantic_ai": ("bare pydantic-ai, OpenAI SDK on aiohttp", _pydantic_ai),
    "openai": ("**ours, OpenAI**", _openai),
    "cached": ("**ours, all replies in the cache**", _compatible),
}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _measured(way: str, url: str, calls: int) -> dict[str, float]:
    call, close = _WAYS[way][1](url)
    if way != "cached":
        await call(-1)  # the connection, and what is imported when it is first used
    numbers = itertools.count()
    started, before = time.perf_counter(), _cpu()

    async def worker() -> None:
        for number in iter(lambda: next(numbers), None):
            if number >= calls:
                return
            await call(number)

    await asyncio.gather(*(worker() for _ in range(_CONCURRENCY)))
    wall, cpu = time.perf_counter() - started, _cpu() - before
    await close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": wall, "cpu": cpu, "start": before, "memory": memory}


def _row(way: str, url: str, calls: int, rounds: int) -> dict[str, float]:
    """The best of some rounds, each in a process of its own."""
    found: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + (way == "cached")):
            cache = "shared" if way == "cached" else str(number)
            environment = {**os.environ, "BENCHMARK_CACHE": str(Path(folder) / cache)}
            command = [sys.executable, "-m", "benchmarks.gateway", "--way", way, "--url", url]
            said = subprocess.run(
                [*command, "--calls", str(calls)],
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            found.append(json.loads(said.stdout))
    timed = found[1:] if way == "cached" else found
    return {name: min(one[name] for one in timed) for name in timed[0]}


def _table(rows: dict[str, dict[str, float]], calls: int) -> str:
    lines = [
        f"| {calls:,} calls | wall s | CPU s | CPU ms a call | start-up CPU s | memory MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {_WAYS[way][0]} | {row['wall']:.2f} | {row['cpu']:.2f} | {row['cpu'] / calls * 1000:.2f} "
        f"| {row['start']:.2f} | {row['memory']:.0f} |"
        for way, row in rows.items()
    ]
    return "\n".join(lines)


def _compare(calls: int, rounds: int) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.servers", "--wire", "openai", "--delay", str(_DELAY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        rows = {way: _row(way, url, calls, rounds) for way in _WAYS}
    finally:
        server.communicate()
    floor = calls * _DELAY / _CONCURRENCY
    print(
        f"{_CONCURRENCY} at once, {_DELAY * 1000:g} ms a reply (floor {floor:.2f} s); best of {rounds}; "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.\n"
    )
    print(_table(rows, calls))


def main() -> None:
    """Measure one way (in a process of its own), or compare all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=_WAYS)
    parser.add_argument("--url")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if chosen.way is None:
        _compare(chosen.calls, chosen.rounds)
    else:
        print(json.dumps(asyncio.run(_measured(chosen.way, chosen.url, chosen.calls))))


if __name__ == "__main__":
    main()
