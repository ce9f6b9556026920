"""Questions about shares and their intervals. Each is solved by ``stats`` and by nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

from shipworthy.career.exercises.exercise import Given, Shape, Solution, letters

__all__ = ["RATES"]

_Settings = Mapping[str, Any]


def _interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    from shipworthy.stats.intervals import wilson

    return wilson(k / n, n, level)


def _range(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.1%} to {ends[1]:.1%}"


def _near(lot: Random, rate: float, n: int, spread: float = 5.0) -> int:
    """A count whose share lies around ``rate``, within a few standard errors."""
    error = math.sqrt(max(rate * (1 - rate), 0.0009) / n)
    return min(n, max(0, round(n * (rate + lot.uniform(-spread, spread) * error))))


# --- a bar: met, failed or undecided ----------------------------------------------------------------


def _draw_bar(lot: Random, settings: _Settings) -> Given:
    n = lot.choice([40, 60, 80, 120, 200, 300, 500, 800, 1200])
    limit = lot.choice(settings["limits"])
    return {"n": n, "k": _near(lot, limit, n), "limit": limit, "at_most": bool(settings["at_most"])}


def _ask_bar(given: Given) -> str:
    side = "at most" if given["at_most"] else "at least"
    return (
        f"The bar, written before the run, is {side} {given['limit']:.0%}, decided on the end of the"
        " 95% interval."
        " Is it met, failed or undecided?"
    )


def _solve_bar(given: Given) -> Solution:
    low, high = _interval(given["k"], given["n"])
    if given["at_most"]:
        met, failed = high <= given["limit"], low > given["limit"]
    else:
        met, failed = low >= given["limit"], high < given["limit"]
    answer = "met" if met else "failed" if failed else "undecided"
    side = "above" if given["at_most"] else "below"
    because = {
        "met": f"even its unfavourable end is not {side} {given['limit']:.0%}",
        "failed": f"even its favourable end is {side} {given['limit']:.0%}",
        "undecided": f"{given['limit']:.0%} lies inside it, so more rows are needed",
    }[answer]
    share = given["k"] / given["n"]
    return Solution(
        answer=answer, why=f"{share:.1%}, and the 95% interval is {_range((low, high))}: {because}."
    )


# --- before and after -------------------------------------------------------------------------------


def _draw_change(lot: Random, settings: _Settings) -> Given:
    n, m = lot.choice([60, 100, 150, 250, 400]), lot.choice([60, 100, 150, 250, 400])
    base = lot.choice(settings["rates"])
    k = _near(lot, base, n, 1.0)
    return {"k": k, "n": n, "l": _near(lot, base + lot.choice([-0.25, -0.15, -0.08, 0, 0.1]), m, 1.5), "m": m}


def _ask_change(_: Given) -> str:
    return (
        "Taking 95% as enough, did the share from the first group to the second fall, rise,"
        " or can these numbers not tell? (fell, rose, unclear)"
    )


def _solve_change(given: Given) -> Solution:
    low, high = _gap(given["l"], given["m"], given["k"], given["n"])
    answer = "fell" if high < 0 else "rose" if low > 0 else "unclear"
    change = given["l"] / given["m"] - given["k"] / given["n"]
    return Solution(
        answer=answer,
        why=f"The change is {change * 100:+.1f} points, with a 95% interval from {low * 100:+.1f} to"
        f" {high * 100:+.1f} points: {'zero is inside it' if answer == 'unclear' else 'zero is outside it'}.",
    )


def _gap(k: int, n: int, l: int, m: int, level: float = 0.95) -> tuple[float, float]:  # noqa: E741
    """Interval of k/n minus l/m."""
    import numpy as np

    from shipworthy.stats.comparison import share_gap_bounds

    one, two = np.array([k / n]), np.array([l / m])
    low, high = share_gap_bounds(one, np.array([float(n)]), two, np.array([float(m)]), level=level)
    return float(low[0]), float(high[0])


# --- two candidates on the same rows ----------------------------------------------------------------


def _draw_paired(lot: Random, _: _Settings) -> Given:
    n = lot.choice([80, 150, 300, 600])
    only_first = lot.randint(0, n // 6)
    only_second = min(n // 5, max(0, only_first + lot.randint(-n // 8, n // 8)))
    both = lot.randint(n // 3, n - only_first - only_second)
    return {"n": n, "both": both, "only_first": only_first, "only_second": only_second}


def _ask_paired(_: Given) -> str:
    return (
        "With a margin of 1 point and a 95% interval of the paired difference: is the candidate"
        " better than the"
        " baseline, worse, tied, or is it unclear? (better, worse, tied, unclear)"
    )


def _solve_paired(given: Given) -> Solution:
    import numpy as np

    from shipworthy.stats.comparison import compare

    neither = given["n"] - given["both"] - given["only_first"] - given["only_second"]
    counts = [given["both"], given["only_first"], given["only_second"], neither]
    first = np.repeat([True, True, False, False], counts)
    second = np.repeat([True, False, True, False], counts)
    found = compare(first, second, margin=0.01)
    answer = "unclear" if found.standing == "cannot tell" else found.standing
    return Solution(answer=answer, why=found.words("The candidate", "the baseline"))


# --- the end of an interval -------------------------------------------------------------------------


def _draw_end(lot: Random, settings: _Settings) -> Given:
    n = lot.choice([5, 8, 12, 20, 30, 40, 60, 100])
    few = lot.choice([0, 0, 0, 1, 2, 3])
    high = settings["end"] == "high"
    return {"n": n, "k": few if high else n - few, "end": settings["end"]}


def _ask_end(given: Given) -> str:
    which = "highest" if given["end"] == "high" else "lowest"
    return (
        f"What is the {which} true rate, in per cent, that a 95% interval (two-sided) still allows?"
        " One point of tolerance."
    )


def _solve_end(given: Given) -> Solution:
    low, high = _interval(given["k"], given["n"])
    end = high if given["end"] == "high" else low
    return Solution(
        answer=f"{end * 100:.4f}",
        why=f"{given['k']} of {given['n']} give a 95% interval of {_range((low, high))}.",
    )


# --- which interval ---------------------------------------------------------------------------------


def _draw_interval(lot: Random, _: _Settings) -> Given:
    customers, each = lot.choice([15, 20, 25, 40, 60]), lot.choice([4, 5, 8, 10])
    return {
        "customers": customers,
        "each": each,
        "right": lot.randint(customers // 2, customers - 2),
        "order": lot.sample(range(3), 3),
    }


def _intervals(given: Given) -> tuple[tuple[float, float], ...]:
    """By customers, by rows, and one standard error around customers; in printed order."""
    customers, right, each = given["customers"], given["right"], given["each"]
    share = right / customers
    half = (share * (1 - share) / customers) ** 0.5
    every = (
        _interval(right, customers),
        _interval(right * each, customers * each),
        (share - half, min(1.0, share + half)),
    )
    return tuple(every[place] for place in given["order"])


def _ask_interval(given: Given) -> str:
    shown = "".join(
        f"\n  {letter}. {_range(ends)}" for letter, ends in zip(letters(3), _intervals(given), strict=True)
    )
    return f"Which 95% interval of the share that are right may be printed?{shown}"


def _solve_interval(given: Given) -> Solution:
    answer = letters(3)[given["order"].index(0)]
    rows = given["customers"] * given["each"]
    return Solution(
        answer=answer,
        why=f"Rows of one customer stand or fall together, so {rows} rows are worth {given['customers']}:"
        f" {_range(_interval(given['right'], given['customers']))}. Counting rows makes it too"
        " narrow, and one"
        " standard error to each side is no 95% interval.",
    )


# --- what a benchmark does not prove ----------------------------------------------------------------


def _draw_benchmark(lot: Random, _: _Settings) -> Given:
    n = lot.choice([100, 200, 400, 800])
    m = lot.choice([8, 12, 20, 60])
    k = _near(lot, lot.choice([0.85, 0.9, 0.93]), n, 1.0)
    return {
        "n": n,
        "k": k,
        "other": _near(lot, k / n - lot.choice([0.01, 0.03, 0.08, 0.14]), n, 0.5),
        "floor": lot.choice([0.8, 0.85, 0.9]),
        "m": m,
        "l": _near(lot, lot.choice([0.85, 0.95]), m, 1.0),
        "segment_floor": lot.choice([0.6, 0.75]),
        "tried": lot.choice([5, 12, 30]),
    }


def _claims(given: Given) -> tuple[str, ...]:
    n, m = given["n"], given["m"]
    return (
        f"On questions like these it is right at least {given['floor']:.0%} of the time.",
        f"It is better than the other model ({given['other']} of {n} right, on {n} questions of its own).",
        f"It is right at least {given['segment_floor']:.0%} of the time for Spanish"
        f" ({given['l']} of the {m} Spanish questions were right).",
        f"On fresh questions its expected score is at least {given['k'] / n:.1%} again"
        f" (its prompt was the best of {given['tried']} that scored alike).",
        "It will do as well on your own users' requests, which nobody has looked at.",
    )


def _ask_benchmark(given: Given) -> str:
    shown = "".join(
        f"\n  {letter}. {claim}" for letter, claim in zip(letters(5), _claims(given), strict=True)
    )
    return f"Which of these does the benchmark NOT prove, taking 95% intervals? Name every one.{shown}"


def _solve_benchmark(given: Given) -> Solution:
    from shipworthy.stats.selection import best_of_expected

    n, k = given["n"], given["k"]
    low = _interval(k, n)[0]
    gap = _gap(k, n, given["other"], n)
    segment = _interval(given["l"], given["m"])[0]
    luck = best_of_expected(given["tried"], n, k / n) - k / n
    unproven = (low < given["floor"], gap[0] <= 0, segment < given["segment_floor"], luck > 0, True)
    named = [letter for letter, wrong in zip(letters(5), unproven, strict=True) if wrong]
    return Solution(
        answer=",".join(named) or "none",
        why=f"A: the interval starts at {low:.1%}. B: the difference is {gap[0] * 100:+.1f} to"
        f" {gap[1] * 100:+.1f} points. C: that interval starts at {segment:.1%}. D: the best of"
        f" {given['tried']} looks {luck * 100:.1f} points too good by luck. E: nothing was measured there.",
    )


# --- luck of the choice -----------------------------------------------------------------------------


def _draw_luck(lot: Random, _: _Settings) -> Given:
    return {
        "n": lot.choice([50, 100, 200, 400, 800]),
        "tried": lot.choice([3, 5, 10, 20, 40]),
        "share": lot.choice([0.7, 0.8, 0.85, 0.9, 0.95]),
    }


def _ask_luck(_: Given) -> str:
    return (
        "By how many points does the best of them look too good, on average, by luck alone?"
        " Half a point of tolerance."
    )


def _solve_luck(given: Given) -> Solution:
    from shipworthy.stats.selection import best_of_expected

    luck = best_of_expected(given["tried"], given["n"], given["share"]) - given["share"]
    return Solution(
        answer=f"{luck * 100:.4f}",
        why=f"The expected best of {given['tried']} equal candidates on {given['n']} rows is"
        f" {given['share'] + luck:.1%}, not {given['share']:.0%}.",
    )


# --- does it pay, does it fit -----------------------------------------------------------------------


def _draw_net(lot: Random, _: _Settings) -> Given:
    n = lot.choice([60, 120, 250, 500])
    saved, lost = lot.choice([1, 2, 3]), lot.choice([10, 20, 40])
    items = lot.choice([2_000, 5_000, 20_000])
    running = lot.choice([100, 400, 1_000])
    even = (running / items + lost) / (saved + lost)
    return {
        "n": n,
        "k": _near(lot, even, n),
        "saved": saved,
        "lost": lost,
        "items": items,
        "running": running,
    }


def _ask_net(_: Given) -> str:
    return "Taking the ends of the 95% interval, does it pay each month? (pays, loses, unclear)"


def _solve_net(given: Given) -> Solution:
    ends = _interval(given["k"], given["n"])
    low, high = (
        given["items"] * (given["saved"] * right - given["lost"] * (1 - right)) - given["running"]
        for right in ends
    )
    answer = "pays" if low > 0 else "loses" if high < 0 else "unclear"
    return Solution(
        answer=answer,
        why=f"Right in {_range(ends)} of cases means {low:,.0f} to {high:,.0f} a month.".replace("-", "−"),
    )


def _draw_capacity(lot: Random, _: _Settings) -> Given:
    n, volume = lot.choice([80, 150, 300, 600]), lot.choice([200, 500, 1_000, 3_000])
    rate = lot.choice([0.05, 0.1, 0.2, 0.3])
    return {"n": n, "volume": volume, "capacity": round(volume * rate), "k": _near(lot, rate, n)}


def _ask_capacity(_: Given) -> str:
    return (
        "Taking the ends of the 95% interval, does an average day's hand-over fit? (fits, overloads, unclear)"
    )


def _solve_capacity(given: Given) -> Solution:
    ends = _interval(given["k"], given["n"])
    low, high = (given["volume"] * end for end in ends)
    answer = "fits" if high <= given["capacity"] else "overloads" if low > given["capacity"] else "unclear"
    return Solution(
        answer=answer,
        why=f"{_range(ends)} of {given['volume']:,} is {low:,.0f} to {high:,.0f} a day, and people can take"
        f" {given['capacity']:,}.",
    )


# --- metric against value ---------------------------------------------------------------------------


def _draw_aligned(lot: Random, _: _Settings) -> Given:
    n = lot.choice([150, 300, 600])
    k = _near(lot, 0.85, n, 1.0)
    kept = _near(lot, 0.7, n, 1.0)
    step = lot.choice([0.03, 0.07, 0.12])
    better = lot.choice([-0.15, -0.08, 0.0, 0.08, 0.15])
    return {
        "n": n,
        "metric_a": k,
        "metric_b": min(n, k + round(n * step)),
        "kept_a": kept,
        "kept_b": min(n, max(0, kept + round(n * better))),
    }


def _ask_aligned(_: Given) -> str:
    return (
        "B scores higher on the metric. Taking a 95% interval of the change in what users keep,"
        " does the metric"
        " agree with users, contradict them, or is it unclear? (agrees, contradicts, unclear)"
    )


def _solve_aligned(given: Given) -> Solution:
    low, high = _gap(given["kept_b"], given["n"], given["kept_a"], given["n"])
    answer = "agrees" if low > 0 else "contradicts" if high < 0 else "unclear"
    gain = (given["metric_b"] - given["metric_a"]) / given["n"]
    return Solution(
        answer=answer,
        why=f"The metric says {gain * 100:+.1f} points; what users keep changes by {low * 100:+.1f} to"
        f" {high * 100:+.1f} points. What users keep is the value; the metric only stands for it.",
    )


def _named(*names: str) -> Any:
    return lambda _: names


RATES: dict[str, Shape] = {
    "bar": Shape(
        kind="choice",
        draw=_draw_bar,
        ask=_ask_bar,
        choices=_named("met", "failed", "undecided"),
        solve=_solve_bar,
    ),
    "change": Shape(
        kind="choice",
        draw=_draw_change,
        ask=_ask_change,
        choices=_named("fell", "rose", "unclear"),
        solve=_solve_change,
    ),
    "paired": Shape(
        kind="choice",
        draw=_draw_paired,
        ask=_ask_paired,
        choices=_named("better", "worse", "tied", "unclear"),
        solve=_solve_paired,
    ),
    "end": Shape(
        kind="number", draw=_draw_end, ask=_ask_end, choices=_named(), solve=_solve_end, tolerance=1.0
    ),
    "interval": Shape(
        kind="choice",
        draw=_draw_interval,
        ask=_ask_interval,
        choices=_named(*letters(3)),
        solve=_solve_interval,
    ),
    "benchmark": Shape(
        kind="set",
        draw=_draw_benchmark,
        ask=_ask_benchmark,
        choices=_named(*letters(5)),
        solve=_solve_benchmark,
    ),
    "luck": Shape(
        kind="number", draw=_draw_luck, ask=_ask_luck, choices=_named(), solve=_solve_luck, tolerance=0.5
    ),
    "net": Shape(
        kind="choice",
        draw=_draw_net,
        ask=_ask_net,
        choices=_named("pays", "loses", "unclear"),
        solve=_solve_net,
    ),
    "capacity": Shape(
        kind="choice",
        draw=_draw_capacity,
        ask=_ask_capacity,
        choices=_named("fits", "overloads", "unclear"),
        solve=_solve_capacity,
    ),
    "aligned": Shape(
        kind="choice",
        draw=_draw_aligned,
        ask=_ask_aligned,
        choices=_named("agrees", "contradicts", "unclear"),
        solve=_solve_aligned,
    ),
}
"""Name in ``exercises.yaml`` to the shape."""
