"""Processes that are measured, and the workspaces they work in.

What imports this stays small: Linux counts the memory of the process that starts another as the peak of
that one.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kit.serving import Counts, Server

__all__ = ["KEY", "Took", "command", "rows", "started", "timed", "workspace"]

KEY = "sk-canary-51d0c0ffee9b7e42aa10"
_OUR = "import sys; from shipworthy.cli.main import main; sys.argv[0] = 'shipworthy'; main()"
_FILLER = "the app when I opened it on my phone today and yesterday with our team account number please look"
_TOPICS = {
    "bug": ("crash", "error"),
    "billing": ("invoice", "refund"),
    "praise": ("love", "great"),
}
_TRAIN = 90
PROMPT = (
    "---\ntemperature: 0\nmax_tokens: 50\n---\nSort the feedback into {{ labels }}.\nMessage: {{ input }}\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a process took."""

    code: int
    """Exit code."""
    wall: float
    """Seconds."""
    cpu: float
    """User and system seconds of it and of the processes it waited for."""
    memory: float
    """Peak resident MB of the largest of them."""
    said: str
    """Standard output and error."""
    counts: Counts
    """What the server saw of it."""

    @property
    def window(self) -> float:
        """Seconds from the first request to the last reply."""
        return self.counts.last - self.counts.first


def command(*arguments: str) -> list[str]:
    """``shipworthy ARGUMENTS``."""
    return [sys.executable, "-c", _OUR, *arguments]


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Ours without what belongs to a person; no telemetry of anybody."""
    quiet = {
        "SHIPWORTHY_OFFLINE": "1",
        "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
        "DO_NOT_TRACK": "1",
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "RUBRICON_TELEMETRY": "0",
    }
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, **quiet, **more}


def started(
    arguments: Sequence[str], folder: Path, *, log: Path, more: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A process whose output goes to a file."""
    with log.open("ab") as stream:
        return subprocess.Popen(
            list(arguments),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=environment({"HOME": str(folder), **more}),
        )


def timed(
    arguments: Sequence[str],
    folder: Path,
    server: Server,
    *,
    more: Mapping[str, str] | None = None,
    kill_at: int | None = None,
) -> Took:
    """Run a process to its end, or kill it once the server has seen so many requests."""
    server.reset()
    log = folder / "output.txt"
    log.write_text("")
    began = time.perf_counter()
    process = started(arguments, folder, log=log, more=more or {})
    while kill_at is not None and server.counts().requests < kill_at and process.poll() is None:
        time.sleep(0.001)
    if kill_at is not None and process.returncode is None:
        process.send_signal(signal.SIGKILL)
    used = _ended(process)
    wall = time.perf_counter() - began
    return Took(
        code=process.returncode,
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss / 1024,
        said=log.read_text(errors="replace"),
        counts=server.counts(),
    )


def _ended(process: subprocess.Popen[bytes]) -> resource.struct_rusage:
    if process.returncode is not None:  # it was waited for: of no interest
        return resource.getrusage(resource.RUSAGE_CHILDREN)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used


def rows(n: int) -> Iterator[dict[str, str]]:
    """Feedback, all different; the first 90 are for training."""
    lot = random.Random(5)
    for i in range(n + _TRAIN):
        topic = list(_TOPICS)[i % 3]
        words = [*lot.sample(_FILLER.split(), 9), lot.choice(_TOPICS[topic])]
        yield {
            "id": f"r{i}",
            "message": f"{i} {' '.join(words)}",
            "topic": topic,
            "plan": ("free", "pro")[i % 2],
            "split": "train" if i < _TRAIN else "test",
        }


def workspace(folder: Path, url: str, n: int, *, model: str = "house:m", key: str | None = None) -> Path:
    """A workspace with a feature of ``n`` test rows and one model candidate, ``a``."""
    named = () if key is None else ("--key-name", key)
    for arguments in (("init", str(folder)), ("models", "add", "house", "--url", f"{url}/v1", *named)):
        where = folder if folder.exists() else folder.parent
        subprocess.run(
            command(*arguments),
            cwd=where,
            check=True,
            stdout=subprocess.DEVNULL,
            env=environment({"HOME": str(where)}),
        )
    home = folder / "features/triage"
    for name in ("data", "prompts"):
        (home / name).mkdir(parents=True)
    with (home / "data/feedback.csv").open("w", encoding="utf-8", newline="") as stream:
        table = list(rows(n))
        writer = csv.DictWriter(stream, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    (home / "prompts/sort.md").write_text(PROMPT, encoding="utf-8")
    (home / "feature.yaml").write_text(json.dumps(_feature(url, model)), encoding="utf-8")
    return folder


def _feature(url: str, model: str) -> dict[str, Any]:
    """``feature.yaml``; JSON is YAML too."""
    candidate = {"name": "a", "kind": "model", "model": model, "prompt": "prompts/sort.md"}
    if not model.startswith("house:"):
        candidate["url"] = f"{url}/v1"
    return {
        "name": "triage",
        "does": "Sorts customers' messages.",
        "for_whom": "the support team",
        "job": "classify",
        "data": {
            "file": "data/feedback.csv",
            "input": "message",
            "label": "topic",
            "id": "id",
            "segments": ["plan"],
            "split": "split",
        },
        "candidates": [candidate],
        "bar": ["accuracy >= 0.6"],
    }
