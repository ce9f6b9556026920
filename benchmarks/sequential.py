"""What peeking costs, and what an interval that allows it costs. Writes docs/measurements/sequential.md.

    .venv/bin/python benchmarks/sequential.py [--quick]

Everything is seeded; the full run takes about six minutes on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.random import Generator

from shipworthy.stats.arrays import BoolArray, FloatArray
from shipworthy.stats.power import detectable_paired_difference
from shipworthy.stats.quantiles import normal_quantile
from shipworthy.stats.sequential import sequential_comparison

OUT = Path(__file__).resolve().parents[1] / "docs" / "measurements" / "sequential.md"
SEED = 20261123
FIRST_LOOK = 30
MOST = 2_000

Pairs = tuple[FloatArray, FloatArray]


def right_or_wrong(rng: Generator, n: int, gap: float, discordance: float) -> Pairs:
    """Only A is right in (discordance + gap) / 2 of the examples, only B in (discordance - gap) / 2."""
    draw = rng.random(n)
    only_a, only_b = draw < (discordance + gap) / 2, draw > 1 - (discordance - gap) / 2
    return np.where(only_b, 0.0, 1.0), np.where(only_a, 0.0, 1.0)


def graded(rng: Generator, n: int, gap: float, spread: float) -> Pairs:
    """Scores such as a judge gives, the same for both but for noise of their own."""
    shared = rng.beta(6, 2, n)
    a, b = (np.clip(shared + spread * rng.standard_normal(n) + shift, 0, 1) for shift in (gap / 2, -gap / 2))
    return a, b


def usual_finds(a: FloatArray, b: FloatArray, level: float = 0.95) -> BoolArray:
    """At each look, whether the usual paired interval (mean ± z standard errors) excludes 0."""
    gaps = a - b
    seen = np.arange(1, len(gaps) + 1)
    mean = np.cumsum(gaps) / seen
    variance = np.maximum(np.cumsum(gaps**2) / seen - mean**2, 0) / np.maximum(seen - 1, 1)
    found = np.abs(mean) > normal_quantile(0.5 + level / 2) * np.sqrt(variance)
    found[: FIRST_LOOK - 1] = False
    return np.asarray(found & (variance > 0))


ALIKE: dict[str, Callable[[Generator, int], Pairs]] = {
    "right or wrong, 5% of the examples answered differently": lambda g, n: right_or_wrong(g, n, 0, 0.05),
    "right or wrong, 15%": lambda g, n: right_or_wrong(g, n, 0, 0.15),
    "right or wrong, 40%": lambda g, n: right_or_wrong(g, n, 0, 0.4),
    "graded 0 to 1": lambda g, n: graded(g, n, 0, 0.1),
}


def alarm_rows(simulations: int) -> Iterator[list[str]]:
    for name, draw in ALIKE.items():
        rng = np.random.default_rng(SEED)
        once = peeked = ours = 0
        for _ in range(simulations):
            a, b = draw(rng, MOST)
            usual = usual_finds(a, b)
            once += bool(usual[-1])
            peeked += bool(usual.any())
            ours += sequential_comparison(a, b, margin=0.0).stop is not None
        yield [name, *(f"{count / simulations:.1%}" for count in (once, peeked, ours))]


WORSE = ((0.02, 0.06), (0.05, 0.15), (0.05, 0.3), (0.1, 0.2), (0.1, 0.4), (0.2, 0.4))


def power_rows(simulations: int) -> Iterator[list[str]]:
    for gap, discordance in WORSE:
        rng = np.random.default_rng(SEED)
        stops, wrong = [], 0
        for _ in range(simulations):
            found = sequential_comparison(*right_or_wrong(rng, MOST, gap, discordance), margin=0.0)
            wrong += found.standing == "worse"
            stops.append(found.stop or MOST + 1)
        fixed = rows_fixed(gap, discordance)
        stopped = np.array(stops)
        middle = int(np.median(stopped))
        yield [
            f"{gap * 100:g} points",
            f"{discordance:.0%}",
            f"{fixed:,}",
            f"{np.mean(stopped <= fixed):.0%}",
            f"{np.mean(stopped <= MOST):.0%}",
            f"{middle:,}" if middle <= MOST else "later",
            f"{np.mean(np.minimum(stopped, MOST)):,.0f}",
            f"{wrong / simulations:.1%}",
        ]


def rows_fixed(gap: float, discordance: float) -> int:
    """Examples with which one look, planned beforehand, finds the gap in 80%."""
    low, high = 2, 1_000_000
    while high - low > 1:
        middle = (low + high) // 2
        found = detectable_paired_difference(middle, discordance)
        low, high = (low, middle) if found is not None and found <= gap else (middle, high)
    return high


def table(head: list[str], rows: Iterator[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


HEAD = (
    "A is better by",
    "answered differently",
    "planned size for 80%",
    "ours: stopped by then",
    f"by {MOST:,}",
    "median stop",
    "mean stop",
    "wrong way",
)


def page(simulations: int) -> str:
    alarms = table(
        ["A and B are alike", "usual, one look", "usual, every look", "ours"], alarm_rows(simulations)
    )
    error = 100 * (0.05 * 0.95 / simulations) ** 0.5
    return f"""# What peeking costs

Written by `benchmarks/sequential.py` (seed {SEED}); do not edit.

## False alarms

Two candidates that are equally good, on the same {MOST:,} examples in random order; {simulations:,}
simulations a cell, standard error at 5% {error:.1f} points. "Usual" is the paired interval of mean ± 1.96
standard errors: right when it is looked at once, at a size fixed beforehand; looked at after every example
from the {FIRST_LOOK}th on until it excludes 0, it finds a difference that is not there far too often. "Ours"
is `stats.sequential`, looked at after every example from the first on. The promise is at most 5%.

{alarms}
## What it takes to see a difference

A is better by so many points; the share answered differently is that of examples on which exactly one of the
two is right. "Planned size" is what one look with the usual test needs to find the difference in 80%. To be
allowed to look at any time has a price: at the planned size the test has stopped in four to six of ten cases,
and some take several times as long. What it buys is that a large difference ends the test early, and that
nobody has to guess the difference beforehand. {simulations // 2:,} simulations a row; the mean counts a test
that did not stop as {MOST:,}.

{table(list(HEAD), power_rows(simulations // 2))}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few simulations, printed and not written")
    asked = parser.parse_args()
    start = time.process_time()
    text = page(40 if asked.quick else 500)
    print(text)
    print(f"{time.process_time() - start:.0f} s of CPU")
    if not asked.quick:
        OUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
