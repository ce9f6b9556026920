"""The answers to the exercises, computed a second time: by brute force, other formulas, or SciPy.

Nothing here uses ``shipworthy.stats``.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from scipy import optimize, stats

__all__ = ["ORACLES"]

Given = dict[str, Any]


@cache
def interval(k: int, n: int) -> tuple[float, float]:
    """Shares that a score test at 5% does not reject, by root finding; Poisson bounds for 1 to 3 cases."""
    z = stats.norm.ppf(0.975)
    share = k / n

    def off(p: float) -> float:
        return (share - p) ** 2 - z * z * p * (1 - p) / n

    low = 0.0 if k == 0 else optimize.brentq(off, 0.0, min(share, 1 - 1e-9), xtol=1e-14)
    high = 1.0 if k == n else optimize.brentq(off, max(share, 1e-9), 1.0, xtol=1e-14)
    if 1 <= k <= 3:
        low = min(low, stats.chi2.ppf(0.05, 2 * k) / 2 / n)
    if 1 <= n - k <= 3:
        high = max(high, 1 - stats.chi2.ppf(0.05, 2 * (n - k)) / 2 / n)
    return low, high


@cache
def gap_sign(k: int, n: int, l: int, m: int, level: float = 0.95) -> int:  # noqa: E741
    """1 or -1 where a score test says that k/n is above or below l/m, else 0.

    The interval of Miettinen and Nurminen leaves zero out exactly when their test of equality rejects.
    """
    pooled = (k + l) / (n + m)
    variance = pooled * (1 - pooled) * (1 / n + 1 / m) * (n + m) / (n + m - 1)
    difference = k / n - l / m
    if variance == 0:
        return 0
    z = difference / math.sqrt(variance)
    return 0 if abs(z) <= stats.norm.ppf(0.5 + level / 2) else int(math.copysign(1, z))


def bar(given: Given) -> str:
    low, high = interval(given["k"], given["n"])
    if given["at_most"]:
        low, high = 1 - high, 1 - low
    limit = 1 - given["limit"] if given["at_most"] else given["limit"]
    if low >= limit:
        return "met"
    return "failed" if high < limit else "undecided"


def change(given: Given) -> str:
    return {1: "rose", -1: "fell", 0: "unclear"}[gap_sign(given["l"], given["m"], given["k"], given["n"])]


def paired(given: Given) -> str:
    n, b, c = given["n"], given["only_first"], given["only_second"]
    first, second = (b + 1) / (n + 2), (c + 1) / (n + 2)
    middle = first - second
    half = stats.t.ppf(0.975, n - 1) * math.sqrt((first + second - middle**2) / (n + 2))
    low, high = min(middle - half, (b - c) / n), max(middle + half, (b - c) / n)
    if low > -0.01 and high < 0.01:
        return "tied"
    return "better" if low > 0 else "worse" if high < 0 else "unclear"


def end(given: Given) -> float:
    return 100 * interval(given["k"], given["n"])[given["end"] == "high"]


def which_interval(given: Given) -> str:
    return "ABC"[given["order"].index(0)]


def benchmark(given: Given) -> str:
    n, k = given["n"], given["k"]
    unproven = "D" if k < n else ""
    if interval(k, n)[0] < given["floor"]:
        unproven += "A"
    if gap_sign(k, n, given["other"], n) <= 0:
        unproven += "B"
    if interval(given["l"], given["m"])[0] < given["segment_floor"]:
        unproven += "C"
    return ",".join(sorted(unproven + "E"))


def luck(given: Given) -> float:
    """The mean of the largest of several binomials, summed over its distribution."""
    n, tries, share = given["n"], given["tried"], given["share"]
    below = stats.binom.cdf(range(-1, n + 1), n, share) ** tries
    best = sum(value * (below[value + 1] - below[value]) for value in range(n + 1)) / n
    return float(100 * (best - share))


def net(given: Given) -> str:
    values = [
        given["items"] * (right * given["saved"] - (1 - right) * given["lost"]) - given["running"]
        for right in interval(given["k"], given["n"])
    ]
    return "pays" if min(values) > 0 else "loses" if max(values) < 0 else "unclear"


def capacity(given: Given) -> str:
    low, high = (given["volume"] * end for end in interval(given["k"], given["n"]))
    return "fits" if high <= given["capacity"] else "overloads" if low > given["capacity"] else "unclear"


def aligned(given: Given) -> str:
    n = given["n"]
    return {1: "agrees", -1: "contradicts", 0: "unclear"}[gap_sign(given["kept_b"], n, given["kept_a"], n)]


def cost_of(given: Given, threshold: float) -> int:
    costs = 0
    for score, bad in zip(given["scores"], given["bad"], strict=True):
        stopped = score >= threshold
        costs += given["alarm"] if stopped and not bad else given["miss"] if bad and not stopped else 0
    return costs


def least_cost(given: Given) -> int:
    """The lowest cost of any of a thousand thresholds."""
    return min(cost_of(given, step / 1000) for step in range(1001))


def leak(given: Given) -> str:
    def bare(text: str) -> list[str]:
        return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()

    leaked = [
        row[0]
        for row in given["test"]
        if any(row[1] == other[1] or bare(row[2]) == bare(other[2]) for other in given["train"])
    ]
    return ",".join(sorted(leaked)) or "none"


def segments(given: Given) -> str:
    n, k = sum(given["sizes"]), sum(given["right"])
    worse = [
        name
        for name, size, right in zip(given["names"], given["sizes"], given["right"], strict=True)
        if gap_sign(right, size, k - right, n - size, 0.9875) < 0
    ]
    return ",".join(worse) or "none"


def coverage(given: Given) -> str:
    wide = [
        name
        for name, size, right in zip(given["names"], given["sizes"], given["right"], strict=True)
        if interval(right, size)[1] - interval(right, size)[0] > 0.2
    ]
    return ",".join(wide) or "none"


def calibration(given: Given) -> str:
    off = [
        "ABCDE"[place]
        for place, stated in enumerate(given["stated"])
        if not (ends := interval(given["right"][place], given["sizes"][place]))[0] <= stated <= ends[1]
    ]
    return ",".join(off) or "none"


def mover(given: Given) -> str:
    test, production = sum(given["test"]), sum(given["production"])
    moved = [
        abs(Fraction(p, production) - Fraction(t, test))
        for t, p in zip(given["test"], given["production"], strict=True)
    ]
    return str(given["names"][moved.index(max(moved))])


def giveaway(given: Given) -> str:
    lows = [interval(k, n)[0] for n, k in zip(given["rows"], given["hits"], strict=True)]
    return str(given["words"][lows.index(max(lows))])


def overlap(given: Given) -> str:
    shares = []
    for first, second in given["pairs"]:
        either = both = 0
        for (one, other), mixed, alike in zip(given["pairs"], given["both"], given["alike"], strict=True):
            either += mixed if {one, other} & {first, second} else 0
            either += alike if one in (first, second) else 0
            both += mixed if {one, other} == {first, second} else 0
        shares.append(Fraction(both, either))
    return "ABCD"[shares.index(max(shares))]


def kappa(given: Given) -> float:
    a, b, c, d = (given[name] for name in ("both_good", "only_first", "only_second", "both_bad"))
    n = a + b + c + d
    agreed = Fraction(a + d, n)
    chance = Fraction((a + b) * (a + c) + (c + d) * (b + d), n * n)
    return float((agreed - chance) / (1 - chance))


def flips(given: Given) -> float:
    rates = []
    for row in given["answers"]:
        pairs = list(itertools.combinations(row, 2))
        rates.append(Fraction(sum(one != other for one, other in pairs), len(pairs)))
    return float(100 * sum(rates) / len(rates))


def cost(given: Given) -> float:
    return float(Fraction(sum(given["tokens"]) * given["price"], len(given["tokens"]) * 1000))


ORACLES: dict[str, Callable[[Given], str | float]] = {
    "bar": bar,
    "change": change,
    "paired": paired,
    "end": end,
    "interval": which_interval,
    "benchmark": benchmark,
    "luck": luck,
    "net": net,
    "capacity": capacity,
    "aligned": aligned,
    "leak": leak,
    "segments": segments,
    "coverage": coverage,
    "calibration": calibration,
    "mover": mover,
    "giveaway": giveaway,
    "overlap": overlap,
    "kappa": kappa,
    "flips": flips,
    "cost": cost,
}
"""Shape to its answer; ``threshold`` has many right answers and is checked by its cost."""


def disagreements(topic: str, seeds: range) -> list[str]:
    """Seeds on which the product's answer is not the independent one; empty when all agree."""
    from shipworthy.career.exercises import mark, solution
    from shipworthy.career.exercises.catalog import numbers
    from shipworthy.playbook.exercises import exercise_topics

    shape = next(item.shape for item in exercise_topics() if item.id == topic)
    wrong = []
    for seed in seeds:
        given, computed = numbers(topic, seed), solution(topic, seed).answer
        if shape == "threshold":
            agrees = cost_of(given, float(computed)) == least_cost(given)
        else:
            expected = ORACLES[shape](given)
            agrees = (
                abs(float(computed) - expected) < 1e-3
                if isinstance(expected, float)
                else _names(computed) == _names(expected)
            )
        if not (agrees and mark(topic, seed, computed).right):
            wrong.append(f"{topic}, seed {seed}: {computed}")
    return wrong


def _names(answer: str) -> Counter[str]:
    return Counter(answer.split(","))
