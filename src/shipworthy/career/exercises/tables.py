"""Questions about a small table. Each is solved by ``stats`` (leaks: by ``datasets``) and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from shipworthy.career.exercises.exercise import Given, Shape, Solution, letters

__all__ = ["TABLES"]

_Settings = Mapping[str, Any]
_SEGMENTS = ("free", "pro", "team", "enterprise", "trial")
_WORDS = ("urgent", "invoice", "hello", "update", "ref-77", "please")


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    cells = [head, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(f"  {line}".rstrip() for line in lines)


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
        f"A miss costs {given['miss']}, a false alarm costs {given['alarm']}. Cases with at least the threshold's"
        " score are stopped. Which threshold costs least on these cases? (a number; 1 means never stop)\n"
        + _table(("score", "fraud"), rows)
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
        "Which test rows has the model in effect seen, because their text or their customer is in training too?"
        " Name every one, or none.\n" + _table(("part", "row", "customer", "text"), rows)
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
        "Which segments are surely worse than all the others together? Use intervals at 98.75%, since four are"
        " looked at. Name every one, or none.\n" + _table(("segment", "rows", "right"), rows)
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
        "For which segments was too little tested to say more than 'somewhere within 20 points' (their 95% interval"
        " is wider than 20 points)? Name every one, or none.\n" + _table(("segment", "rows", "right"), rows)
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
        "In which bands does the stated confidence lie outside the 95% interval of what was right? Name every one,"
        " or none.\n" + _table(("band", "stated", "rows", "right"), rows)
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


# --- what moved, what gives away, what overlaps -----------------------------------------------------


def _draw_mover(lot: Random, _: _Settings) -> Given:
    names = lot.sample(("billing", "bug", "praise", "outage", "question"), 4)
    test = [lot.randint(20, 90) for _ in names]
    production = [max(1, round(count * lot.choice([0.5, 0.8, 1.0, 1.3, 2.2]))) for count in test]
    moved = [abs(p / sum(production) - t / sum(test)) for t, p in zip(test, production, strict=True)]
    first, second = sorted(range(4), key=moved.__getitem__, reverse=True)[:2]
    if moved[first] - moved[second] < 1e-6:  # two movers alike have no single answer
        production[first] += 7
    return {"names": names, "test": test, "production": production}


def _ask_mover(given: Given) -> str:
    rows = list(zip(given["names"], given["test"], given["production"], strict=True))
    return "Which topic's share changed most, in points, from test to production?\n" + _table(
        ("topic", "test", "production"), rows
    )


def _solve_mover(given: Given) -> Solution:
    from shipworthy.stats.shift import categorical_shift

    rows = [
        [name for name, count in zip(given["names"], given[part], strict=True) for _ in range(count)]
        for part in ("test", "production")
    ]
    shift = categorical_shift(rows[0], rows[1])
    first = shift.movers[0] if shift.movers else None
    if first is None:
        return Solution(answer=given["names"][0], why="Nothing moved.")
    return Solution(
        answer=first.value,
        why=f"{first.value} went from {first.test:.1%} to {first.production:.1%}.",
    )


def _draw_giveaway(lot: Random, _: _Settings) -> Given:
    words = lot.sample(_WORDS, 4)
    rows = [lot.choice([3, 8, 40, 80, 150]) for _ in words]
    hits = [min(n, round(n * lot.uniform(0.4, 0.8))) for n in rows]
    culprit = lot.randrange(4)
    rows[culprit] = lot.choice([60, 90, 140])
    hits[culprit] = rows[culprit] - lot.choice([0, 0, 1, 2])
    small = lot.choice([place for place in range(4) if place != culprit])
    rows[small] = hits[small] = lot.choice([1, 2, 3])  # perfect, and proves nothing
    return {"words": words, "rows": rows, "hits": hits}


def _ask_giveaway(given: Given) -> str:
    rows = list(zip(given["words"], given["rows"], given["hits"], strict=True))
    return (
        "Half of all rows are labelled outage. Which word gives that label away most surely, judged by the lower end of"
        " its 95% interval?\n" + _table(("word", "rows with it", "of those outage"), rows)
    )


def _solve_giveaway(given: Given) -> Solution:
    from shipworthy.stats.intervals import wilson

    lows = {
        word: wilson(k / n, n)[0]
        for word, n, k in zip(given["words"], given["rows"], given["hits"], strict=True)
    }
    answer = max(lows, key=lows.__getitem__)
    shown = ", ".join(f"{word} {low:.0%}" for word, low in lows.items())
    return Solution(answer=answer, why=f"Lower ends: {shown}. Three rows out of three prove little.")


def _draw_overlap(lot: Random, _: _Settings) -> Given:
    pairs = [("bug", "outage"), ("bug", "question"), ("billing", "question"), ("billing", "bug")]
    both = lot.sample(range(3, 20), 4)
    apart = [lot.randint(20, 60) for _ in pairs]
    order = lot.sample(range(4), 4)
    return {"pairs": [list(pairs[place]) for place in order], "both": both, "alike": apart}


def _ask_overlap(given: Given) -> str:
    rows = [
        (letter, *pair, both, alike)
        for letter, pair, both, alike in zip(
            letters(4), given["pairs"], given["both"], given["alike"], strict=True
        )
    ]
    head = ("pair", "first", "second", "one said first, the other second", "both said first")
    return (
        "Two people labelled the same items; nothing else was labelled. Which pair of labels is confused most often,"
        " as a share of the items that somebody gave either of the two?\n" + _table(head, rows)
    )


def _items(given: Given) -> list[list[str]]:
    items: list[list[str]] = []
    for (first, second), both, alike in zip(given["pairs"], given["both"], given["alike"], strict=True):
        items += [[first, second]] * both + [[first, first]] * alike
    return items


def _solve_overlap(given: Given) -> Solution:
    from shipworthy.stats.agreement import split_pairs

    shares = {
        frozenset((pair.first, pair.second)): pair.share.value or 0.0
        for pair in split_pairs(_items(given), fewest=1)
    }
    ranked = [shares[frozenset(pair)] for pair in given["pairs"]]
    shown = ", ".join(f"{letter} {share:.1%}" for letter, share in zip(letters(4), ranked, strict=True))
    return Solution(answer=letters(4)[ranked.index(max(ranked))], why=f"Shares: {shown}.")


# --- agreement, repeats, money ----------------------------------------------------------------------


def _draw_kappa(lot: Random, _: _Settings) -> Given:
    return {
        "both_good": lot.randint(30, 120),
        "both_bad": lot.randint(3, 40),
        "only_first": lot.randint(0, 20),
        "only_second": lot.randint(0, 20),
    }


def _ask_kappa(_: Given) -> str:
    return (
        "What is Cohen's kappa, the agreement beyond what the two habits would give by chance?"
        " A tolerance of 0.02."
    )


def _solve_kappa(given: Given) -> Solution:
    from shipworthy.stats.agreement import cohen_kappa

    counts = [given[name] for name in ("both_good", "only_first", "only_second", "both_bad")]
    first = [label for label, count in zip("ggbb", counts, strict=True) for _ in range(count)]
    second = [label for label, count in zip("gbgb", counts, strict=True) for _ in range(count)]
    found = cohen_kappa(first, second).at()
    plain = (counts[0] + counts[3]) / sum(counts)
    return Solution(
        answer=f"{found.value or 0.0:.4f}", why=f"They agree on {plain:.0%}, but kappa is only {found}."
    )


def _draw_flips(lot: Random, _: _Settings) -> Given:
    labels = ("bug", "billing", "praise")
    rows = []
    for _ in range(lot.randint(5, 8)):
        usual = lot.choice(labels)
        rows.append([usual if lot.random() < 0.75 else lot.choice(labels) for _ in range(4)])
    return {"answers": rows}


def _ask_flips(given: Given) -> str:
    rows = [(place + 1, *row) for place, row in enumerate(given["answers"])]
    return (
        "Each input was sent four times. What is the chance, in per cent, that two calls with the same input answer"
        " differently? One point of tolerance.\n"
        + _table(("input", "call 1", "call 2", "call 3", "call 4"), rows)
    )


def _solve_flips(given: Given) -> Solution:
    import numpy as np

    from shipworthy.stats.repeats import stability

    labels = sorted({label for row in given["answers"] for label in row})
    codes = np.array([[float(labels.index(label)) for label in row] for row in given["answers"]])
    found = stability(codes)
    assert found.flips.value is not None
    return Solution(
        answer=f"{found.flips.value * 100:.4f}",
        why=f"Of the six pairs of calls of each input, so many differ on average; {found.changed} of"
        f" {len(codes)} inputs got more than one answer.",
    )


def _draw_cost(lot: Random, _: _Settings) -> Given:
    tokens = [lot.choice([300, 500, 800, 1_200]) for _ in range(lot.randint(5, 7))]
    tokens.append(lot.choice([12_000, 30_000, 60_000]))
    lot.shuffle(tokens)
    return {"tokens": tokens, "price": lot.choice([1, 2, 5, 10]), "bar": lot.choice([5, 10, 20, 50])}


def _ask_cost(given: Given) -> str:
    shown = ", ".join(f"{count:,}" for count in given["tokens"])
    return (
        f"A sample of requests used these tokens: {shown}. A million tokens cost {given['price']} dollars; the bar is"
        f" {given['bar']} dollars for a thousand requests. What does a thousand cost, in dollars, taking the sample"
        " as it is? A tolerance of 0.1."
    )


def _solve_cost(given: Given) -> Solution:
    import numpy as np

    from shipworthy.stats.intervals import mean

    prices = np.array(given["tokens"], dtype=np.float64) * given["price"] / 1e6
    value = mean(prices, scale=1000.0, unit="money").at().value
    assert value is not None
    longest = max(given["tokens"]) / sum(given["tokens"])
    side = "above" if value > given["bar"] else "within"
    return Solution(
        answer=f"{value:.4f}",
        why=f"That is {side} the bar; the longest request alone is {longest:.0%} of it.",
    )


def _none(_: Given) -> tuple[str, ...]:
    return ()


def _names(given: Given) -> tuple[str, ...]:
    return tuple(given["names"])


def _test_rows(given: Given) -> tuple[str, ...]:
    return tuple(row[0] for row in given["test"])


def _words(given: Given) -> tuple[str, ...]:
    return tuple(given["words"])


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
    "mover": Shape(kind="choice", draw=_draw_mover, ask=_ask_mover, choices=_names, solve=_solve_mover),
    "giveaway": Shape(
        kind="choice", draw=_draw_giveaway, ask=_ask_giveaway, choices=_words, solve=_solve_giveaway
    ),
    "overlap": Shape(
        kind="choice",
        draw=_draw_overlap,
        ask=_ask_overlap,
        choices=lambda _: letters(4),
        solve=_solve_overlap,
    ),
    "kappa": Shape(
        kind="number", draw=_draw_kappa, ask=_ask_kappa, choices=_none, solve=_solve_kappa, tolerance=0.02
    ),
    "flips": Shape(
        kind="number", draw=_draw_flips, ask=_ask_flips, choices=_none, solve=_solve_flips, tolerance=1.0
    ),
    "cost": Shape(
        kind="number", draw=_draw_cost, ask=_ask_cost, choices=_none, solve=_solve_cost, tolerance=0.1
    ),
}
"""Name in ``exercises.yaml`` to the shape."""
