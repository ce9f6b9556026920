"""Questions about counts of labels, answers and tokens. Each is solved by ``stats`` and by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from shipworthy.career.exercises.exercise import Given, Shape, Solution, letters, table

__all__ = ["COUNTS"]

_Settings = Mapping[str, Any]
_WORDS = ("urgent", "invoice", "hello", "update", "ref-77", "please")


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
    return "Which topic's share changed most, in points, from test to production?\n" + table(
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
        "Half of all rows are labelled outage. Which word gives that label away most surely, judged"
        " by the lower end of"
        " its 95% interval?\n" + table(("word", "rows with it", "of those outage"), rows)
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
        "Two people labelled the same items; nothing else was labelled. Which pair of labels is"
        " confused most often,"
        " as a share of the items that somebody gave either of the two?\n" + table(head, rows)
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
    for _row in range(lot.randint(5, 8)):
        usual = lot.choice(labels)
        rows.append([usual if lot.random() < 0.75 else lot.choice(labels) for _ in range(4)])
    return {"answers": rows}


def _ask_flips(given: Given) -> str:
    rows = [(place + 1, *row) for place, row in enumerate(given["answers"])]
    return (
        "Each input was sent four times. What is the chance, in per cent, that two calls with the"
        " same input answer"
        " differently? One point of tolerance.\n"
        + table(("input", "call 1", "call 2", "call 3", "call 4"), rows)
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
        f"A sample of requests used these tokens: {shown}. A million tokens cost {given['price']}"
        " dollars; the bar is"
        f" {given['bar']} dollars for a thousand requests. What does a thousand cost, in dollars,"
        " taking the sample"
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


def _words(given: Given) -> tuple[str, ...]:
    return tuple(given["words"])


COUNTS: dict[str, Shape] = {
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
