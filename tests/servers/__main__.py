"""``python -m tests.servers --wire openai --delay 0.02`` prints its address, and serves until it is ended."""

from __future__ import annotations

import argparse
import json
import sys

from tests.servers.faults import FaultSchedule
from tests.servers.models import ModelServer, Turn


def main() -> None:
    """Serve; a line on standard input is answered with the books, end of input ends the server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wire", default="openai")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--faults", type=json.loads, default=None, help="FaultSchedule as JSON")
    chosen = parser.parse_args()
    script = (lambda _: Turn()) if chosen.faults is None else FaultSchedule(**chosen.faults)
    with ModelServer(chosen.wire, script, delay=chosen.delay, port=chosen.port) as server:
        print(server.url, flush=True)  # noqa: T201 - its answer
        for _ in sys.stdin:
            books = {"requests": len(server.requests), "billed": dict(server.billed)}
            print(json.dumps(books), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
