"""What the parts of the harness share: what is run, how results are found, a table of bars."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "COMPARE",
    "CONCURRENCY",
    "DELAY",
    "OTHER_MODEL",
    "REVIEW",
    "VERDICTS",
    "Bar",
    "Chosen",
    "bars",
    "newest",
    "python",
    "table",
]

CONCURRENCY, DELAY = 32, 0.02
COMPARE = ("compare", "triage", "--candidates", "a", "--concurrency", str(CONCURRENCY))
REVIEW = ("review", "triage", "--concurrency", str(CONCURRENCY))
VERDICTS = {0, 1, 3}
"""Exit codes of a review that was made."""
OTHER_MODEL = "openai:gpt-4.1-mini"
_TABLE = """
import hashlib, sys
import duckdb
chosen = 'SELECT * EXCLUDE (run_id, "at", latency_ms) FROM read_parquet(?)'
print(hashlib.sha256(repr(duckdb.connect().execute(chosen, [sys.argv[1]]).fetchall()).encode()).hexdigest())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was asked for on the command line."""

    peers: Path | None
    """Folder of the peers' environments."""
    rounds: int
    """Repeats of what is timed; the best counts."""
    kills: int
    """Kills of the fault run."""
    calls: int
    """Calls of the large run."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A condition, what was measured, and whether it holds."""

    condition: str
    measured: str
    holds: bool


def bars(found: list[Bar]) -> list[str]:
    """A table."""
    lines = [
        f"| {one.condition} | {one.measured} | {'met' if one.holds else '**missed**'} |" for one in found
    ]
    return ["| bar | measured | |", "|---|---|---|", *lines]


def newest(folder: Path, pattern: str) -> Path:
    """The feature's newest file of this kind."""
    return max(folder.glob(f"features/triage/{pattern}"), key=lambda path: path.stat().st_mtime)


def python(code: str, *arguments: str) -> str:
    """Run some code in a process of its own; what it prints."""
    line = [sys.executable, "-c", code, *arguments]
    return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def table(log: Path) -> str:
    """Hash of a prediction log without what differs from run to run."""
    return python(_TABLE, str(log))
