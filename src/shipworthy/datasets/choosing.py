"""Which rows a person should label first.

Half of them are drawn at random, so that shares estimated from them hold for all rows; the other
half are spread over segments and over the kinds of text there are, so that rare ones are seen.
Each row says which half it belongs to. No model's output plays a part, unless rows are named that a
candidate was unsure of: they are marked, because whoever picks by doubt no longer measures all rows.
"""

# ruff: noqa: S608 - table and column names are made by us
from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.duplicates import duplicate_groups
from shipworthy.datasets.frozen import Columns
from shipworthy.datasets.table import Table
from shipworthy.datasets.values import present

__all__ = ["Choice", "Why", "choose", "choose_rows", "input_text", "unlabelled_rows"]

Why = Literal["random", "spread", "unsure"]
"""``random``: drawn by lot from all rows; ``spread``: picked to cover segments and kinds of text;
``unsure``: picked because a candidate was unsure of rows like it."""

_POOL = 20_000
_SPREAD_POOL = 5_000
_COPY = 0.85
_READ = 1_000
_ROWS_PER_SEGMENT_VALUE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A row to be labelled."""

    row: int
    """Its row number in the file (the header is row 1)."""
    text: str
    """The input, all that the person sees besides the segments."""
    segments: Mapping[str, str | None]
    """Value by segment column."""
    why: Why
    """Why it was chosen."""
    stands_for: int = 1
    """Draws of the lot that hit this text or a copy of it (0 for spread rows): its weight in estimates."""


def input_text(table: Table, columns: Columns) -> str:
    """SQL for the input of a row, several columns joined by a blank line."""
    names = columns.input
    if len(names) == 1:
        return f"coalesce({table.sql(names[0])}, '')"
    parts = [f"CASE WHEN regexp_matches({name}, '\\S') THEN {name} END" for name in map(table.sql, names)]
    return f"concat_ws(chr(10) || chr(10), {', '.join(parts)})"


def choose_rows(
    table: Table, columns: Columns, *, n: int, seed: int, without: Collection[int] = ()
) -> tuple[Choice, ...]:
    """Choose rows to label, in the order in which to label them.

    Rows that have a label, or no text, are not chosen; of rows that repeat each other's text one
    is. Above 20,000 rows the choice is made among 20,000 drawn by lot.

    Args:
        table: The rows.
        columns: Which column means what; ``input`` and ``segments`` are looked at.
        n: How many rows to choose.
        seed: Seed of the lot.
        without: Row numbers that were chosen before.

    Raises:
        DataError: there is no row left to label.
    """
    return choose(unlabelled_rows(table, columns, seed=seed, without=without), n=n, seed=seed)


def choose(pool: Sequence[Choice], *, n: int, seed: int, unsure: Sequence[int] = ()) -> tuple[Choice, ...]:
    """Choose among rows, in the order in which to label them.

    Args:
        pool: The rows, in an order drawn by lot.
        n: How many to choose.
        seed: Seed of the order and of the kinds of text.
        unsure: Rows that a candidate was unsure of, the least sure first; at most a quarter of the choice
            comes from them.
    """
    groups = duplicate_groups([choice.text for choice in pool], share=_COPY)
    drawn = Counter(groups[: (n + 1) // 2])
    first = {group: place for place, group in reversed(list(enumerate(groups)))}
    chosen = [_as(pool[first[group]], "random", stands_for=draws) for group, draws in drawn.items()]
    rest = [pool[place] for group, place in first.items() if group not in drawn]
    doubtful = [choice for row in unsure for choice in rest if choice.row == row][: (n - len(chosen)) // 2]
    chosen += [_as(choice, "unsure", stands_for=0) for choice in doubtful]
    rest = [choice for choice in rest if choice not in doubtful]
    chosen += _spread(rest, chosen, n - len(chosen), seed)
    return tuple(_shuffled(chosen, seed))


def _as(choice: Choice, why: Why, *, stands_for: int) -> Choice:
    return Choice(row=choice.row, text=choice.text, segments=choice.segments, why=why, stands_for=stands_for)


def unlabelled_rows(
    table: Table, columns: Columns, *, seed: int, without: Collection[int] = ()
) -> list[Choice]:
    """Rows in an order drawn by lot, without those that need no label.

    Raises:
        DataError: there is no row left to label.
    """
    text = input_text(table, columns)
    named = [columns.label, *columns.label_parts.values()]
    labels = [table.sql(name) for name in named if name is not None and name in table.columns]
    unlabelled = " AND ".join([f"({present(label)}) IS NULL" for label in labels] or ["TRUE"])
    taken = ", ".join(str(int(row)) for row in without) or "-1"
    segments = "".join(f", {present(table.sql(name))}" for name in columns.segments)
    rows = table.store.query(
        f"SELECT row, {text}{segments} FROM {table.name} "
        f"WHERE {unlabelled} AND regexp_matches({text}, '\\S') AND row NOT IN ({taken}) "
        f"ORDER BY hash(row, ?::BIGINT) LIMIT {_POOL}",
        [seed],
    )
    pool = [
        Choice(row=row, text=text, segments=dict(zip(columns.segments, values, strict=True)), why="random")
        for row, text, *values in rows
    ]
    if not pool:
        raise DataError(
            f"{table.path.name!r} has no row left to label: each has a label, or no text.",
            where=Where(file=table.path),
        )
    return pool


def _spread(rest: list[Choice], chosen: Sequence[Choice], n: int, seed: int) -> list[Choice]:
    picked = _for_segments(rest, chosen, n // 2)
    taken = {choice.row for choice in picked}
    left = [choice for choice in rest if choice.row not in taken]
    picked += _for_texts(left, n - len(picked), seed)
    return [_as(choice, "spread", stands_for=0) for choice in picked]


def _for_segments(rest: Sequence[Choice], chosen: Sequence[Choice], most: int) -> list[Choice]:
    """Rows of segment values that are hardly there yet, the rarest first."""
    there = Counter(pair for choice in chosen for pair in choice.segments.items())
    common = Counter(pair for choice in rest for pair in choice.segments.items())
    picked: list[Choice] = []
    for pair, _ in sorted(common.items(), key=lambda item: (item[1], str(item[0]))):
        for choice in rest:
            if there[pair] >= _ROWS_PER_SEGMENT_VALUE or len(picked) >= most:
                break
            if pair in choice.segments.items() and choice not in picked:
                picked.append(choice)
                there.update(choice.segments.items())
    return picked


def _for_texts(rest: Sequence[Choice], n: int, seed: int) -> list[Choice]:
    """Rows with unlike texts, by the seeding of k-means++ (Arthur and Vassilvitskii, 2007)."""
    rest = rest[:_SPREAD_POOL]
    if len(rest) <= n or n <= 0:
        return list(rest[: max(n, 0)])
    from sklearn.cluster import kmeans_plusplus
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=20_000, sublinear_tf=True)
    vectors = words.fit_transform([choice.text[:_READ] for choice in rest])
    _, places = kmeans_plusplus(vectors, n, random_state=seed)
    return [rest[place] for place in dict.fromkeys(places.tolist())]


def _shuffled(chosen: Sequence[Choice], seed: int) -> list[Choice]:
    import numpy as np

    return [chosen[place] for place in np.random.default_rng(seed).permutation(len(chosen))]
