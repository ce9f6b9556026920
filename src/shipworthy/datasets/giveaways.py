"""What gives the label away without the text being understood.

A model may learn that every report written on one form is a bug, that one customer group only
ever complains, or that a tag in the text names the answer. That is right on the test set and
wrong the day the form changes. Ordinary words are no giveaway: "refund" in a message about a
refund is what the feature should read. Looked at are therefore only

* ``template``: whole lines that stand verbatim in many different texts (headings, forms, signatures);
* ``tag``: marks such as ``[bug]``, ``#billing`` or ``Category: outage``;
* ``segment``: values of a segment column.

Everything is counted on all labelled rows; a pattern is reported when, beyond doubt, at least 70%
of its rows (80% for a segment) have one label and that is 25 points more than the label's share.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import proportion

if TYPE_CHECKING:
    from shipworthy.stats.arrays import IntArray

__all__ = ["ClusterOverlap", "Giveaway", "cluster_overlap", "giveaways"]

Kind = Literal["template", "tag", "segment"]

_FEWEST = 20
_SHARE_OF_ROWS = 0.01
_LIFT = 0.25
_SURE: Mapping[Kind, float] = {"template": 0.7, "tag": 0.7, "segment": 0.8}
_LEVEL = 0.999  # many patterns are looked at; a false one would be blamed on the data
_LONGEST_LINE = 200
_LINES_PER_TEXT = 300
_TAG = re.compile(
    r"[\[(<{]\s*([^\W\d][\w /-]{1,30}?)\s*[\])>}]"  # [bug]
    r"|#([^\W\d][\w-]{1,30})"  # #billing
    r"|^\s*([A-Za-z][\w -]{2,20}):\s*(\S{2,30})\s*$",  # Category: outage
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Giveaway:
    """A pattern whose rows nearly all have one label."""

    kind: Kind
    """What it is."""
    pattern: str
    """The line, the tag, or ``column = value``."""
    label: str
    """The label it gives away."""
    share: Estimate
    """Share of its rows with that label."""
    base: float
    """Share of all rows with that label."""
    rows: IntArray
    """Positions of its rows, counted from 0."""
    also: tuple[str, ...] = ()
    """Other lines that stand in the same rows."""

    @property
    def words(self) -> str:
        """One sentence for a person."""
        shown = self.pattern if len(self.pattern) <= 80 else self.pattern[:79] + "…"
        more = f" (and {len(self.also)} more lines of the same form)" if self.also else ""
        where = {"template": "the line", "tag": "the tag", "segment": "the segment"}[self.kind]
        return (
            f"{self.share.value:.0%} of the {self.share.n:,} rows with {where} {shown!r}{more} are "
            f"{self.label!r}, against {self.base:.0%} of all rows."
        )


def giveaways(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    segments: Mapping[str, Sequence[str | None]] | None = None,
) -> tuple[Giveaway, ...]:
    """Patterns that give the label away, those that touch most rows first.

    Args:
        texts: The inputs.
        labels: Their labels.
        segments: Segment column to one value per row.
    """
    if not texts:
        return ()
    codes, names = _coded(labels)
    fewest = max(_FEWEST, int(np.ceil(_SHARE_OF_ROWS * len(texts))))
    candidates: list[tuple[Kind, Mapping[str, list[int]]]] = [
        ("template", _rows_of(_lines(text) for text in texts)),
        ("tag", _rows_of(_tags(text) for text in texts)),
    ]
    for column, values in (segments or {}).items():
        named = _rows_of([f"{column} = {value}"] if value else [] for value in values)
        candidates.append(("segment", named))
    found = [
        giveaway
        for kind, patterns in candidates
        for pattern, rows in patterns.items()
        if len(rows) >= fewest
        and (giveaway := _judged(kind, pattern, np.array(rows), codes, names)) is not None
    ]
    return tuple(sorted(_merged(found), key=lambda item: (-len(item.rows), item.pattern)))


def _coded(labels: Sequence[str]) -> tuple[IntArray, list[str]]:
    names, codes = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
    return codes, names.tolist()


def _lines(text: str) -> set[str]:
    """Lines of a text that has several of them; one line alone is a message, not a form."""
    lines = [line.strip() for line in text.split("\n", _LINES_PER_TEXT)[:_LINES_PER_TEXT]]
    kept = {line for line in lines if 4 <= len(line) <= _LONGEST_LINE and any(map(str.isalpha, line))}
    return kept if len(kept) > 1 else set()


def _tags(text: str) -> set[str]:
    """Marks that somebody or something put on the text, without their brackets and case."""
    return {" ".join(filter(None, match)).casefold() for match in _TAG.findall(text[:20_000])}


def _rows_of(patterns: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, found in enumerate(patterns):
        for pattern in found:
            rows[pattern].append(row)
    return rows


def _judged(
    kind: Kind, pattern: str, rows: IntArray, codes: IntArray, names: Sequence[str]
) -> Giveaway | None:
    label, _ = Counter(codes[rows].tolist()).most_common(1)[0]
    base = float(np.mean(codes == label))
    share = proportion(codes[rows] == label).at(_LEVEL)
    if share.low is None or share.low < max(_SURE[kind], base + _LIFT):
        return None
    return Giveaway(kind=kind, pattern=pattern, label=names[label], share=share, base=base, rows=rows)


def _merged(found: Sequence[Giveaway]) -> Iterator[Giveaway]:
    """Lines of one form are one giveaway: those that share nine tenths of their rows."""
    kept: list[tuple[Giveaway, set[int], list[str]]] = []
    for item in sorted(found, key=lambda item: (-len(item.rows), item.pattern)):
        rows = set(item.rows.tolist())
        for other, other_rows, also in kept:
            if other.label == item.label and len(rows & other_rows) >= 0.9 * len(rows | other_rows):
                also.append(item.pattern)
                break
        else:
            kept.append((item, rows, []))
    for item, _, also in kept:
        yield Giveaway(
            kind=item.kind,
            pattern=item.pattern,
            label=item.label,
            share=item.share,
            base=item.base,
            rows=item.rows,
            also=tuple(also),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOverlap:
    """What stands on both sides of a split."""

    share: Estimate
    """Share of test rows (of those with a cluster) whose cluster was seen in training."""
    names: tuple[str, ...]
    """Such clusters, the most frequent in the test first."""


def cluster_overlap(train: Sequence[str | None], test: Sequence[str | None]) -> ClusterOverlap:
    """Clusters (customers, documents) that stand in training and test."""
    seen = {name for name in train if name is not None}
    known = [name for name in test if name is not None]
    both = Counter(name for name in known if name in seen)
    inside = np.array([name in seen for name in known], dtype=bool)
    return ClusterOverlap(share=proportion(inside).at(), names=tuple(name for name, _ in both.most_common()))
