"""Whole runs against servers that misbehave, in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.servers import FaultSchedule, ModelServer, Turn, Wire
from tests.servers.models import Question
from tests.support import require_http

KEY = "sk-test-0123456789abcdefghij"

_RUN = """
import asyncio, json, logging, random, sys, traceback
from pathlib import Path
from shipworthy.gateway.adapters.replay import Recorder
from shipworthy.gateway.budget import Budget
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.calls import Caller, Patience
from shipworthy.gateway.limits import Limiter
from shipworthy.gateway.model import Request, Settings
from shipworthy.gateway.prices import GivenPrice
from shipworthy.gateway.specs import ModelSpec, ServerSpec, open_model

kind, url, folder, calls, deadline, step = sys.argv[1:7]
folder = Path(folder)
folder.mkdir(parents=True, exist_ok=True)
logging.basicConfig(level=logging.DEBUG, filename=folder / "debug.log")
server = ServerSpec(url=url, key_name="OPENAI_API_KEY") if kind == "server" else None
vendors = {"openai": "gpt-4.1-mini", "anthropic": "claude-haiku-4-5", "google": "gemini-2.5-flash"}
names = {"server": "m", **vendors}
spec = ModelSpec(kind=kind, name=names[kind], named_in="the test", server=server, url=url)
settings = Settings(labels=("bug", "billing"), max_tokens=20)

async def main():
    limiter = Limiter(16)
    budget = Budget(1000.0)
    patience = Patience(deadline=float(deadline), first_wait=0.01, longest_wait=0.05)
    model = open_model(spec, heed=limiter.learn)
    with Cache(folder / "cache") as cache:
        caller = Caller(
            model, limiter=limiter, budget=budget, cache=cache, patience=patience,
            price=GivenPrice(input=1.0, output=1.0), rng=random.Random(1),
        )
        at_once = asyncio.Semaphore(24)
        async def ask(number):
            try:
                async with at_once:
                    return await recorder.reply(Request(settings=settings, prompt=f"text {number}"))
            except Exception:
                (folder / "traceback.txt").write_text(traceback.format_exc())
                logging.exception("it failed")
                raise
        numbers = range(int(calls))[::int(step)]
        with Recorder(caller, folder / f"exchanges{step}.jsonl") as recorder:
            replies = await asyncio.gather(*(ask(number) for number in numbers))
        await caller.close()
    print(json.dumps([[reply.status, reply.parsed, reply.detail] for reply in replies[::int(step)]]))

asyncio.run(main())
"""


def _started(
    kind: str, url: str, folder: Path, calls: int, deadline: float = 20.0, step: int = 1
) -> subprocess.Popen[str]:
    named = [kind, url, str(folder), str(calls), str(deadline), str(step)]
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, *named], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _ended(process: subprocess.Popen[str]) -> list[Any]:
    said, problems = process.communicate()
    assert process.returncode == 0, problems
    found: list[Any] = json.loads(said)
    return found


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    require_http()


def test_a_run_among_faults_loses_no_row_and_pays_for_none_twice(tmp_path: Path) -> None:
    schedule = FaultSchedule(seed=3, hang=0.01)
    with ModelServer("openai", schedule) as server:
        rows = _ended(_started("server", f"{server.url}/v1", tmp_path, 400, deadline=2.0))
        before = len(server.requests)
        again = _ended(_started("server", f"{server.url}/v1", tmp_path, 400, deadline=2.0))
    statuses = Counter(status for status, _, _ in rows)
    assert len(rows) == sum(statuses.values()) == 400
    assert set(statuses) == {"ok", "invalid", "timeout"}
    assert statuses["ok"] > 360
    assert [row[0] for row in rows] == [row[0] for row in again]
    # Only what was never answered is asked again.
    assert len(server.requests) - before == statuses["timeout"]
    assert set(server.billed.values()) == {0, 1}
    assert sum(server.billed.values()) == statuses["ok"] + statuses["invalid"]


@pytest.mark.parametrize("steps", [(1, 1), (1, -1)], ids=["in the same order", "from both ends"])
def test_two_processes_at_once_send_no_request_twice(tmp_path: Path, steps: tuple[int, int]) -> None:
    with ModelServer("openai", delay=0.01) as server:
        both = [_started("server", f"{server.url}/v1", tmp_path, 200, step=step) for step in steps]
        first, second = (_ended(process) for process in both)
        assert first == second
    assert sum(server.billed.values()) == len(server.requests) == 200


def _leaky(question: Question) -> Turn:
    """Faults of all kinds, with the key in every body that may hold it."""
    echo = json.dumps({"error": {"message": f"key {KEY} is wrong", "type": "x", "code": "x"}}).encode()
    turns = [
        Turn(),
        Turn(status=500, raw=echo),
        Turn(status=429, raw=echo, headers={"Retry-After": "0"}),
        Turn(raw=f"no JSON, but {KEY}".encode()),
        Turn(cut=True),
        Turn(status=400, raw=echo),
        Turn(text='{"label": "spam"}'),
        Turn(text=f"You sent me {KEY}."),
    ]
    number = int(question.text.split()[1])
    if number == 59 and question.before == 0:
        return Turn(status=401, raw=echo)
    return Turn() if number < 20 or question.before else turns[number % len(turns)]


@pytest.mark.parametrize(
    ("kind", "wire"),
    [("server", "openai"), ("openai", "openai"), ("anthropic", "anthropic"), ("google", "google")],
)
def test_no_file_of_a_run_that_goes_wrong_holds_the_key(tmp_path: Path, kind: str, wire: Wire) -> None:
    with ModelServer(wire, _leaky) as server:
        address = server.url if wire != "openai" else f"{server.url}/v1"
        said, problems = _started(kind, address, tmp_path, 60).communicate()
        sent = [" ".join(asked.headers.values()) for asked in server.requests]
    assert "was refused" in problems  # the 401 ended the run, with its traceback
    assert all(KEY in headers for headers in sent)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {"debug.log", "traceback.txt", "exchanges1.jsonl", "replies.db"} <= {path.name for path in files}
    assert (tmp_path / "debug.log").stat().st_size > 1000
    holding = [path.name for path in files if KEY.encode() in path.read_bytes()]
    assert holding == []
    assert KEY not in said + problems
