"""Our engine as users run it, beside its peers: time, memory, crashes, faults.

Writes docs/measurements/harness.md.

    python benchmarks/harness.py                           # ours alone, about ten minutes
    python benchmarks/harness.py --peers FOLDER --install  # makes the peers' environments there first
    python benchmarks/harness.py --peers FOLDER            # uses those that are there
    python benchmarks/harness.py --only faults --kills 20  # one part; the page keeps the others

Everything talks to one mock server in a process of its own, which answers after a fixed delay and keeps its
own books. CPU is user and system time of the tool's process and of those it waited for, never the server's.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.kit.common import CONCURRENCY, DELAY, Chosen  # noqa: E402
from benchmarks.kit.hardiness import crashes, faults, keys  # noqa: E402
from benchmarks.kit.peers import install  # noqa: E402
from benchmarks.kit.quickness import size, speed  # noqa: E402

PAGE = ROOT / "docs/measurements/harness.md"
PARTS: dict[str, tuple[str, Callable[[Chosen], str]]] = {
    "speed": ("1,000 calls", speed),
    "size": ("20,000 calls", size),
    "crashes": ("Crashes, limits, company", crashes),
    "faults": ("Killed again and again under faults", faults),
    "keys": ("Keys", keys),
}
HEAD = f"""# The engine beside its peers

Made by `benchmarks/harness.py`. A mock server in a process of its own answers every call after
{DELAY * 1000:g} ms; {CONCURRENCY} calls at once; best of the repeats. Ours is the whole `shipworthy compare`
in a fresh workspace: start-up, reading and freezing the data, the run, scores with intervals, journal, cache
and `report.json`. The rows say which of them are for the test. The peers ask prompts of the same length,
score by exact match and keep their own log, with telemetry off; ours also sends a JSON schema, checks the
reply against it, and asks for log-probabilities. *Engine time* runs from the first request, as the server saw
it, until `report.json` is written. CPU is user and system time of the tool's processes, start-up included. On
a busy machine wall times say little: trust the CPU, and the ratios.
"""


def machine() -> str:
    """The machine, and how busy it was."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"*{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores; load over 1, 5 and 15 minutes at the end: {load}.*"
    )


def write(parts: Mapping[str, str]) -> None:
    """Put these parts into the page; others stay as they were."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    known = {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in old.split("\n## ")[1:]}
    fresh = known | {PARTS[name][0]: text for name, text in parts.items()}
    body = [f"## {title}\n\n{fresh[title]}\n" for title, _ in PARTS.values() if title in fresh]
    PAGE.write_text("\n".join([HEAD, *body]), encoding="utf-8")


def main() -> None:
    """Measure what was asked for, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", type=Path, help="folder of the peers' environments")
    parser.add_argument("--install", action="store_true", help="make those environments first")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="these parts only")
    parser.add_argument("--faults", action="store_true", help="short for --only faults")
    parser.add_argument("--rounds", type=int, default=3, help="repeats of what is timed")
    parser.add_argument("--kills", type=int, default=100, help="kills under faults")
    parser.add_argument("--calls", type=int, default=20_000, help="calls of the large run")
    given = parser.parse_args()
    if given.install:
        install(given.peers or parser.error("--install needs --peers FOLDER"))
    peers = None if given.peers is None else given.peers.resolve()
    chosen = Chosen(peers=peers, rounds=given.rounds, kills=given.kills, calls=given.calls)
    for name in ["faults"] if given.faults else given.only:
        print(f"{name} …", file=sys.stderr)
        found = f"{PARTS[name][1](chosen)}\n\n{machine()}"
        write({name: found})
        print(found, file=sys.stderr)


if __name__ == "__main__":
    main()
