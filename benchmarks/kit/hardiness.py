"""What is left when things go wrong: crashes, limits, faults, two processes at once; and where keys go."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kit.common import (
    COMPARE,
    CONCURRENCY,
    DELAY,
    OTHER_MODEL,
    REVIEW,
    VERDICTS,
    Bar,
    Chosen,
    bars,
    newest,
    table,
)
from benchmarks.kit.running import KEY, command, started, timed, workspace
from benchmarks.kit.serving import Server

__all__ = ["crashes", "faults", "keys"]

_PEERS = (
    "The same of the peers, measured on another day in November 2026: after a kill at about 600 of 1,000, "
    "Inspect AI sent 408 calls, lm-eval with its cache 420, promptfoo 422; DeepEval and pydantic-evals "
    "cannot resume. With a 429 on every tenth reply pydantic-evals left 2 rows without an answer, and "
    "DeepEval and lm-eval lost the whole run; Inspect AI and promptfoo lost nothing."
)
_UNWRITTEN = 8  # replies that wait to be written to the cache, at most
_FAULTS: dict[str, float] = {
    "seed": 11,
    "rate_limited": 0.10,
    "server_error": 0.05,
    "hang": 0.02,
    "broken_json": 0.02,
    "wrong_schema": 0.01,
}
_BROKEN = """
import sys, traceback
from shipworthy.cli.main import app
from shipworthy.evals.asking import _Work
from shipworthy.gateway.http import HttpClient
def broken(*given, **named):
    raise RuntimeError("broken on purpose")
HttpClient._value = _Work._row = broken
try:
    app(prog_name="shipworthy", standalone_mode=False)
except Exception as error:
    print(*traceback.TracebackException.from_exception(error, capture_locals=True).format())
    sys.exit(70)
"""


def crashes(chosen: Chosen) -> str:
    """Killed at 600 of 1,000; a 429 on every tenth reply; two processes at once."""
    del chosen
    found = [
        _killed(REVIEW, ("runs", "resume"), 0, "those not sent before and those in flight"),
        _killed(
            COMPARE, COMPARE, _UNWRITTEN, f"these and the {_UNWRITTEN} that wait to be written to the cache"
        ),
        _every_tenth(),
        _two_at_once(),
    ]
    return "\n".join([*bars(found), "", _PEERS])


def _killed(verb: tuple[str, ...], again: tuple[str, ...], unwritten: int, allowed: str) -> Bar:
    with Server(delay=DELAY) as server, tempfile.TemporaryDirectory() as name:
        folder = workspace(Path(name) / "w", server.url, 1_000)
        seen = timed(command(*verb), folder, server, kill_at=600).counts.requests
        resumed = timed(command(*again), folder, server)
        assert resumed.code in VERDICTS, resumed.said
    sent, most = resumed.counts.requests, 1_000 - seen + CONCURRENCY + unwritten
    what = (
        f"`{verb[0]}` killed at 600 of 1,000, then `shipworthy {' '.join(again[:2])}`: calls sent ≤ {allowed}"
    )
    return Bar(what, f"killed after {seen}; {sent} sent afterwards, {most} allowed", sent <= most)


def _every_tenth() -> Bar:
    with Server(delay=DELAY, faults={"every": 10}) as server, tempfile.TemporaryDirectory() as name:
        folder = workspace(Path(name) / "w", server.url, 1_000)
        took = timed(command(*COMPARE), folder, server)
        report = json.loads(newest(folder, "comparisons/*/report.json").read_text(encoding="utf-8"))
    statuses = report["candidates"][0]["statuses"]
    said = f"{took.counts.requests:,} requests; rows by status: {statuses}"
    return Bar("429 on every tenth reply: no row lost", said, statuses == {"ok": 1_000})


def _two_at_once() -> Bar:
    calls = 500
    with Server(delay=DELAY) as server, tempfile.TemporaryDirectory() as name:
        folder = workspace(Path(name) / "w", server.url, calls)
        both = [started(command(*REVIEW), folder, log=folder / f"{i}.txt", more={}) for i in range(2)]
        codes = [process.wait() for process in both]
        sent = server.counts().requests
        cache = sqlite3.connect(folder / ".shipworthy/cache/replies.db")
        whole = cache.execute("PRAGMA integrity_check").fetchone()[0]
        tables = [table(log) for log in folder.glob("features/triage/reviews/*/predictions.parquet")]
    same = len(tables) == 2 and len(set(tables)) == 1
    said = f"{sent} requests for {calls} rows by both; exit codes {codes}; cache {whole}; tables " + (
        "equal" if same else "different"
    )
    good = set(codes) <= VERDICTS and sent <= calls + CONCURRENCY and whole == "ok" and same
    what = f"two reviews of {calls} rows at once in one workspace: no corruption, nothing sent twice"
    return Bar(what, said, good)


# --- faults -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """What the fault runs came to."""

    most_kills: int
    calls: int = 160
    at_once: int = 16
    length: float = 0.0
    kills: int = 0
    trials: int = 0
    different: int = 0
    early: int = 0
    late: int = 0
    twice: int = 0
    most_at_a_kill: int = 0
    missing: int = 0


def faults(chosen: Chosen) -> str:
    """Kill -9 at random moments, go on, and compare the table with that of a run that was left alone."""
    drawn = random.Random(3)
    tally = _Tally(chosen.kills)
    ask = ("review", "triage", "--concurrency", str(tally.at_once), "--deadline", "1.5")
    with Server(delay=DELAY, faults=_FAULTS) as server, tempfile.TemporaryDirectory() as name:
        alone = workspace(Path(name) / "alone", server.url, tally.calls)
        whole = timed(command(*ask, "--no-cache"), alone, server)
        assert whole.code in VERDICTS, whole.said
        tally.length, expected = whole.wall, _log(alone)
        while tally.kills < tally.most_kills:
            folder = workspace(Path(name) / str(tally.trials), server.url, tally.calls)
            _trial(tally, server, folder, (*ask, "--no-cache") if tally.trials % 2 else ask, drawn)
            counts = server.counts()
            tally.different += _log(folder) != expected
            tally.missing += counts.rows != whole.counts.rows
            tally.twice += counts.billed - counts.rows
    return "\n".join([_how(tally), "", *bars(_fault_bars(tally))])


def _log(folder: Path) -> str:
    return table(newest(folder, "reviews/*/predictions.parquet"))


def _how(tally: _Tally) -> str:
    between = tally.kills - tally.early - tally.late
    return (
        "10% 429, 5% 500, 2% hang, 2% half a JSON text, 1% a wrong label, keyed by example and attempt; "
        f"{tally.calls} rows, {tally.at_once} at once, a deadline of 1.5 s a call; every second run without "
        "the cache. A run is killed (SIGKILL) up to five times at moments drawn from its whole length "
        f"({tally.early} before the first reply, {between} while asking, {tally.late} after the last reply), "
        "each time taken up by `runs resume`, or by `review` where no run had begun, and then left to end."
    )


def _fault_bars(tally: _Tally) -> list[Bar]:
    return [
        Bar(
            f"final table identical to a run left alone: {tally.kills} kills in {tally.trials} runs",
            f"{tally.different} differ",
            not tally.different,
        ),
        Bar("no row lost", f"{tally.missing} runs lack one", not tally.missing),
        Bar(
            "billed twice by the server's books: at most what was in flight at a kill",
            f"{tally.twice} calls over {tally.kills} kills; the most at one kill {tally.most_at_a_kill}, of "
            f"{tally.at_once} in flight",
            tally.most_at_a_kill <= tally.at_once,
        ),
    ]


def _trial(tally: _Tally, server: Server, folder: Path, verb: tuple[str, ...], drawn: random.Random) -> None:
    """One run, killed up to five times and then left to end."""
    server.reset()
    tally.trials += 1
    log = folder / "output.txt"
    twice = 0
    for number in range(6):
        waiting = any(folder.glob(".shipworthy/journal/*/run.json"))
        if not waiting and any(folder.glob("features/triage/reviews/*/report.json")):
            return
        process = started(command(*(("runs", "resume") if waiting else verb)), folder, log=log, more={})
        if number == 5 or tally.kills >= tally.most_kills or not _killed_in_time(process, tally, drawn):
            assert process.wait() in VERDICTS, log.read_text(errors="replace")
            return
        journals = folder.glob(".shipworthy/journal/*/asked.jsonl")
        answered = sum(path.read_bytes().count(b"\n") for path in journals)
        tally.early += not answered
        tally.late += answered >= tally.calls
        counts = server.counts()
        again = counts.billed - counts.rows
        tally.most_at_a_kill = max(tally.most_at_a_kill, again - twice)
        twice = again


def _killed_in_time(process: subprocess.Popen[bytes], tally: _Tally, drawn: random.Random) -> bool:
    """Kill a process at a random moment; False where it ended before."""
    try:
        process.wait(drawn.uniform(0.1, tally.length))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        tally.kills += 1
        return True
    return False


# --- keys ---------------------------------------------------------------------------------------------


def keys(chosen: Chosen) -> str:
    """Search everything that is written for the key."""
    del chosen
    ways: list[tuple[dict[str, float] | None, set[int]]] = [
        (_FAULTS, VERDICTS),
        ({"status": 401}, {4}),
        (None, {70}),
    ]
    found = [
        content
        for model in ("house:m", OTHER_MODEL)
        for wrong, ends in ways
        for content in _written(model, wrong, ends)
    ]
    what = (
        "no file that a review writes holds the key: workspace, ledger, cache, home and temporary folder, "
        "everything printed, with the vendor's and asyncio's debug logs on; under faults, when the key is "
        "refused by a server that repeats it, and when a bug ends the run and every local variable of the "
        "traceback is printed"
    )
    hits = sum(KEY.encode() in content or KEY[3:].encode() in content for content in found)
    megabytes = sum(map(len, found)) / 1e6
    return "\n".join(
        bars([Bar(what, f"{hits} of {len(found)} files ({megabytes:.1f} MB), 6 runs", not hits)])
    )


def _written(model: str, wrong: dict[str, float] | None, ends: set[int]) -> list[bytes]:
    """Every file that one review leaves, and all that it prints."""
    with Server(delay=0.001, faults=wrong) as server, tempfile.TemporaryDirectory() as name:
        folder = workspace(Path(name) / "w", server.url, 120, model=model, key="HOUSE_KEY")
        loud = {
            "HOUSE_KEY": KEY,
            "OPENAI_API_KEY": KEY,
            "OPENAI_LOG": "debug",
            "PYTHONASYNCIODEBUG": "1",
            "PYTHONDEVMODE": "1",
            "TMPDIR": name,
        }
        ask = (*REVIEW, "--deadline", "1")
        line = command(*ask) if wrong is not None else [sys.executable, "-c", _BROKEN, *ask]
        took = timed(line, folder, server, more=loud)
        assert took.code in ends, (took.code, took.said)
        if wrong is not None and "status" in wrong:  # the key was sent, and came back
            assert "Incorrect key" in took.said, took.said
        return [path.read_bytes() for path in Path(name).rglob("*") if path.is_file()]
