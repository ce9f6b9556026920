"""Questions about a small table. Each is solved by ``stats`` (leaks: by ``datasets``) and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from shipworthy.career.exercises.exercise import Given, Shape, Solution, letters, table

__all__ = ["TABLES"]

_Settings = Mapping[str, Any]
_SEGMENTS = ("free", "pro", "team", "enterprise", "trial")


# --- choose a threshold for these costs -------------------------------------------------------------


def _draw_threshold(lot: Random, _: _Settings) -> Given:
    n = lot.randint(10, 14)
    scores = sorted(lot.sample(range(5, 96), n))
    flags = [int(lot.random() < score / 100) for score in scores]
    return {
        "scores": [score / 100 for score in scores],
        "bad": flags,
        "miss": lot.choice([2, 5, 20, 50]),
        "alarm": lot.choice([1, 3, 10]),
    }


def _ask_threshold(given: Given) -> str:
    rows = [
        (f"{s:.2f}", "yes" if bad else "no") for s, bad in zip(given["scores"], given["bad"], strict=True)
    ]
    return (
        f"A miss costs {given['miss']}, a false alarm costs {given['alarm']}. Cases with at least"
        " the threshold's"
        " score are stopped. Which threshold costs least on these cases? (a number; 1 means never stop)\n"
        + table(("score", "fraud"), rows)
    )


def _cost(given: Given, threshold: float) -> float:
    pairs = zip(given["scores"], given["bad"], strict=True)
    return sum(
        (0 if bad else given["alarm"]) if score >= threshold else (given["miss"] if bad else 0)
        for score, bad in pairs
    )


def _least(given: Given) -> float:
    import numpy as np

    from shipworthy.stats.thresholds import least_cost_threshold

    found = least_cost_threshold(
        np.array(given["scores"]),
        np.array(given["bad"], dtype=np.bool_),
        cost_false_positive=given["alarm"],
        cost_false_negative=given["miss"],
    )
    return min(found.threshold, 1.0)


def _solve_threshold(given: Given) -> Solution:
    best = _least(given)
    return Solution(
        answer=f"{best:.3f}",
        why=f"Stopping from {best:.3f} costs {_cost(given, best):,.0f} here; stopping from 0.50 would cost"
        f" {_cost(given, 0.5):,.0f}. A threshold with the same cost is as good.",
    )


def _accepts_threshold(given: Given, reply: float) -> bool:
    return 0 <= reply <= 1 and _cost(given, reply) == _cost(given, _least(given))


# --- spot the leak in this split --------------------------------------------------------------------

_THINGS = ("invoice", "password", "export", "calendar", "search", "report", "login", "refund")
_TROUBLES = (
    "is missing since Monday",
    "shows the wrong month",
    "does not open on my phone",
    "was lost again",
)


def _draw_leak(lot: Random, _: _Settings) -> Given:
    texts = [f"The {thing} {trouble}" for thing in _THINGS for trouble in _TROUBLES]
    lot.shuffle(texts)
    customers = [f"C{number}" for number in lot.sample(range(10, 99), 12)]
    train = [[f"r{i + 1}", customers[i], texts[i]] for i in range(7)]
    test = []
    for i in range(5):
        row = [f"t{i + 1}", customers[7 + i], texts[7 + i]]
        trick = lot.choice(["none", "none", "copy", "customer"])
        if trick == "copy":
            row[2] = _disguised(lot, lot.choice(train)[2])
        elif trick == "customer":
            row[1] = lot.choice(train)[1]
        test.append(row)
    return {"train": train, "test": test}


def _disguised(lot: Random, text: str) -> str:
    return lot.choice([text, text.upper(), f"{text}!", f"  {text.lower()} "]).strip()


def _ask_leak(given: Given) -> str:
    rows = [("train", *row) for row in given["train"]] + [("test", *row) for row in given["test"]]
    return (
        "Which test rows has the model in effect seen, because their text or their customer is in"
        " training too?"
        " Name every one, or none.\n" + table(("part", "row", "customer", "text"), rows)
    )


def _solve_leak(given: Given) -> Solution:
    from shipworthy.datasets.duplicates import near_duplicates

    pairs = near_duplicates([row[2] for row in given["train"]], [row[2] for row in given["test"]], share=1.0)
    copied = {given["test"][pair.test][0] for pair in pairs}
    known = {row[1] for row in given["train"]}
    shared = {row[0] for row in given["test"] if row[1] in known}
    leaked = sorted(copied | shared)
    why = [f"{row} is a copy of a training text" for row in sorted(copied)]
    why += [f"{row} is of a customer in training" for row in sorted(shared)]
    return Solution(answer=",".join(leaked) or "none", why=f"{'; '.join(why) or 'No row is shared'}.")


# --- segments ---------------------------------------------------------------------------------------


def _draw_segments(lot: Random, _: _Settings) -> Given:
    names = lot.sample(_SEGMENTS, 4)
    sizes = [lot.choice([12, 25, 60, 120, 300]) for _ in names]
    rates = [lot.uniform(0.86, 0.94) for _ in names]
    if lot.random() < 0.7:
        rates[lot.randrange(4)] -= lot.choice([0.15, 0.25, 0.4])
    right = [min(n, max(0, round(n * rate))) for n, rate in zip(sizes, rates, strict=True)]
    return {"names": names, "sizes": sizes, "right": right}


def _ask_segments(given: Given) -> str:
    rows = list(zip(given["names"], given["sizes"], given["right"], strict=True))
    return (
        "Which segments are surely worse than all the others together? Use intervals at 98.75%,"
        " since four are"
        " looked at. Name every one, or none.\n" + table(("segment", "rows", "right"), rows)
    )


def _solve_segments(given: Given) -> Solution:
    import numpy as np

    from shipworthy.stats.comparison import share_gap_bounds

    n, k = np.array(given["sizes"], dtype=np.float64), np.array(given["right"], dtype=np.float64)
    rest_n, rest_k = n.sum() - n, k.sum() - k
    _, high = share_gap_bounds(k / n, n, rest_k / rest_n, rest_n, level=1 - 0.05 / len(n))
    worse = [name for name, end in zip(given["names"], high.tolist(), strict=True) if end < 0]
    ends = ", ".join(
        f"{name} {end * 100:+.1f}" for name, end in zip(given["names"], high.tolist(), strict=True)
    )
    return Solution(
        answer=",".join(worse) or "none",
        why=f"Best case of each against the rest, in points: {ends}. Below zero is surely worse.",
    )


def _draw_coverage(lot: Random, _: _Settings) -> Given:
    names = lot.sample(_SEGMENTS, 4)
    sizes = [lot.choice([6, 15, 30, 60, 90, 200, 400]) for _ in names]
    right = [min(n, max(0, round(n * lot.uniform(0.75, 0.97)))) for n in sizes]
    return {"names": names, "sizes": sizes, "right": right}


def _ask_coverage(given: Given) -> str:
    rows = list(zip(given["names"], given["sizes"], given["right"], strict=True))
    return (
        "For which segments was too little tested to say more than 'somewhere within 20 points'"
        " (their 95% interval"
        " is wider than 20 points)? Name every one, or none.\n" + table(("segment", "rows", "right"), rows)
    )


def _solve_coverage(given: Given) -> Solution:
    from shipworthy.stats.intervals import wilson

    widths = {}
    for name, n, k in zip(given["names"], given["sizes"], given["right"], strict=True):
        low, high = wilson(k / n, n)
        widths[name] = high - low
    wide = [name for name, width in widths.items() if width > 0.2]
    shown = ", ".join(f"{name} {width * 100:.0f}" for name, width in widths.items())
    return Solution(answer=",".join(wide) or "none", why=f"Width of the interval in points: {shown}.")


# --- stated confidence ------------------------------------------------------------------------------


def _draw_calibration(lot: Random, _: _Settings) -> Given:
    stated = [0.55, 0.65, 0.75, 0.85, 0.95]
    sizes = [lot.choice([30, 60, 120, 250]) for _ in stated]
    off = [lot.choice([0, 0, -0.04, -0.12, -0.25]) for _ in stated]
    right = [
        min(n, max(0, round(n * (s + o + lot.uniform(-0.02, 0.02)))))
        for n, s, o in zip(sizes, stated, off, strict=True)
    ]
    return {"stated": stated, "sizes": sizes, "right": right}


def _ask_calibration(given: Given) -> str:
    rows = [
        (letter, f"{stated:.0%}", n, k)
        for letter, stated, n, k in zip(
            letters(5), given["stated"], given["sizes"], given["right"], strict=True
        )
    ]
    return (
        "In which bands does the stated confidence lie outside the 95% interval of what was right?"
        " Name every one,"
        " or none.\n" + table(("band", "stated", "rows", "right"), rows)
    )


def _solve_calibration(given: Given) -> Solution:
    from shipworthy.stats.intervals import wilson

    off, shown = [], []
    for letter, stated, n, k in zip(letters(5), given["stated"], given["sizes"], given["right"], strict=True):
        low, high = wilson(k / n, n)
        shown.append(f"{letter} {low:.0%} to {high:.0%}")
        if not low <= stated <= high:
            off.append(letter)
    return Solution(answer=",".join(off) or "none", why=f"Intervals: {', '.join(shown)}.")


def _none(_: Given) -> tuple[str, ...]:
    return ()


def _names(given: Given) -> tuple[str, ...]:
    return tuple(given["names"])


def _test_rows(given: Given) -> tuple[str, ...]:
    return tuple(row[0] for row in given["test"])


TABLES: dict[str, Shape] = {
    "threshold": Shape(
        kind="number",
        draw=_draw_threshold,
        ask=_ask_threshold,
        choices=_none,
        solve=_solve_threshold,
        accepts=_accepts_threshold,
    ),
    "leak": Shape(kind="set", draw=_draw_leak, ask=_ask_leak, choices=_test_rows, solve=_solve_leak),
    "segments": Shape(
        kind="set", draw=_draw_segments, ask=_ask_segments, choices=_names, solve=_solve_segments
    ),
    "coverage": Shape(
        kind="set", draw=_draw_coverage, ask=_ask_coverage, choices=_names, solve=_solve_coverage
    ),
    "calibration": Shape(
        kind="set",
        draw=_draw_calibration,
        ask=_ask_calibration,
        choices=lambda _: letters(5),
        solve=_solve_calibration,
    ),
}
"""Name in ``exercises.yaml`` to the shape."""
