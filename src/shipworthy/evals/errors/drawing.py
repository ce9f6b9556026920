"""Which failures of a review are read: every kind of failure, by lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Drawn", "Failure", "draw_failures"]

_KINDS = 12
_RARER = "other kinds"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A row on which the candidate under review was not right. Everything in it is hostile."""

    example: str
    """The example's id."""
    kind: str
    """What kind of failure the review counts it as."""
    text: str
    """The input."""
    output: str
    """What was put out, in words."""
    label: str
    """What is right, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The failures of one review that are to be read."""

    review: str
    """The review."""
    candidate: str
    """Whose failures they are."""
    tested: int
    """Rows of the review."""
    sizes: Mapping[str, int]
    """Failures by kind, read or not."""
    examples: tuple[tuple[str, str], ...]
    """Example and kind of those to be read, in the order of reading."""
    seed: int
    """Seed of the lot."""

    @property
    def failures(self) -> int:
        """All failures."""
        return sum(self.sizes.values())


def draw_failures(
    failures: Sequence[Failure], *, review: str, candidate: str, tested: int, n: int, seed: int
) -> Drawn:
    """Draw failures by lot from every kind: as many of each as its share, and at least one where n allows.

    With the same seed a larger ``n`` keeps what a smaller one drew. Beyond the twelve commonest, kinds
    are drawn from together.
    """
    lot = np.random.default_rng(seed)
    ordered = [failures[place] for place in lot.permutation(len(failures))]
    kinds = _merged(ordered)
    sizes = {kind: sum(each == kind for each in kinds.values()) for kind in dict.fromkeys(kinds.values())}
    wanted = _shares(sizes, min(n, len(failures)))
    taken: dict[str, int] = {}
    drawn = []
    for failure in ordered:
        kind = kinds[failure.example]
        if taken.get(kind, 0) < wanted[kind]:
            taken[kind] = taken.get(kind, 0) + 1
            drawn.append((failure.example, kind))
    return Drawn(
        review=review, candidate=candidate, tested=tested, sizes=sizes, examples=tuple(drawn), seed=seed
    )


def _merged(failures: Sequence[Failure]) -> dict[str, str]:
    counts: dict[str, int] = {}
    for failure in failures:
        counts[failure.kind] = counts.get(failure.kind, 0) + 1
    ranked = sorted(counts, key=lambda kind: (-counts[kind], kind))
    kept = set(ranked if len(ranked) <= _KINDS else ranked[: _KINDS - 1])
    return {one.example: one.kind if one.kind in kept else _RARER for one in failures}


def _shares(sizes: Mapping[str, int], n: int) -> dict[str, int]:
    """Rows shared out by size with at least one each (largest first), never more than there are."""
    wanted = dict.fromkeys(sizes, 0)
    for kind in sorted(sizes, key=lambda kind: (-sizes[kind], kind))[:n]:
        wanted[kind] = 1
    while sum(wanted.values()) < n:
        open_ = [kind for kind in sizes if wanted[kind] < sizes[kind]]
        kind = max(open_, key=lambda kind: (sizes[kind] / (wanted[kind] + 1), kind))
        wanted[kind] += 1
    return wanted
