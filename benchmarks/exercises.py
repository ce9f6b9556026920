"""Every exercise against an independent computation, on as many seeds as asked for.

    python -m benchmarks.exercises 1000

The independent answers are in tests/career/oracles.py; they use brute force and SciPy, and nothing of
``shipworthy.stats``. The exit code is 1 where any answer differs.
"""

from __future__ import annotations

import argparse
import sys

from shipworthy.career.exercises import topics
from tests.career.oracles import disagreements


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=1000)
    seeds = parser.parse_args().seeds
    wrong = 0
    for topic in topics():
        found = disagreements(topic, range(seeds))
        wrong += len(found)
        print(f"{topic}: {seeds - len(found):,} of {seeds:,} agree")
        print("".join(f"  {line}\n" for line in found), end="")
    print(f"{len(topics()) * seeds - wrong:,} of {len(topics()) * seeds:,} answers agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
