"""From tags to counts: how common each kind of error is, and whether reading on would find new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.stats.agreement import cohen_kappa
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.strata import stratified_share

if TYPE_CHECKING:
    from shipworthy.evals.errors.drawing import Drawn
    from shipworthy.evals.errors.notes import Note

__all__ = ["ReaderAgreement", "Saturation", "TagCount", "count_tags", "readers_agree", "saturation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """How common one kind of error is."""

    tag: str
    """The tag, in the words of whoever made it."""
    failure_mode: str | None
    """The playbook's failure mode it is tied to."""
    notes: int
    """Notes with it."""
    of_failures: Estimate
    """Its share of all failures."""
    of_rows: Estimate
    """Its share of all rows of the test."""
    examples: tuple[str, ...]
    """Ids of the first examples with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saturation:
    """Whether reading on would bring new tags."""

    tagged: int
    """Notes that were tagged."""
    since_new: int
    """Of these, how many came after the last one that brought a new tag."""
    next_is_new: float | None
    """Chance that the next note brings a new tag: the share of notes that hold a tag seen once (Good 1953,
    "The population frequencies of species"); None without notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAgreement:
    """Whether two people who read the same failures give a tag to the same ones."""

    tag: str
    """The tag."""
    first: str
    """One reader."""
    second: str
    """The other one."""
    both: int
    """Failures that both gave it."""
    either: int
    """Failures that at least one gave it."""
    kappa: Estimate
    """Agreement beyond chance."""


def count_tags(
    notes: Sequence[Note], draw: Drawn, modes: Mapping[str, str | None], *, shown: int = 5
) -> tuple[TagCount, ...]:
    """Every tag with its share of the failures and of all rows, the commonest first.

    Only notes that were tagged count as read. A kind of failure of which fewer were read weighs more.

    Args:
        notes: One person's notes about a review.
        draw: The failures that were drawn, and out of how many.
        modes: Tag to failure mode.
        shown: How many examples to name.
    """
    read = [note for note in notes if note.tags is not None and note.kind in draw.sizes]
    kinds = sorted(draw.sizes)
    sizes = np.array([draw.sizes[kind] for kind in kinds])
    each = Counter(note.kind for note in read)
    looked = np.array([each[kind] for kind in kinds])
    found = []
    for tag in dict.fromkeys(tag for note in read for tag in note.tags or ()):
        having = [note for note in read if tag in (note.tags or ())]
        counted = Counter(note.kind for note in having)
        hits = np.array([counted[kind] for kind in kinds])
        found.append(
            TagCount(
                tag=tag,
                failure_mode=modes.get(tag),
                notes=len(having),
                of_failures=stratified_share(sizes, looked, hits).at(),
                of_rows=stratified_share(sizes, looked, hits, others=draw.tested - draw.failures).at(),
                examples=tuple(note.example for note in having[:shown]),
            )
        )
    return tuple(sorted(found, key=lambda one: (-(one.of_failures.value or 0), one.tag)))


def saturation(notes: Sequence[Note]) -> Saturation:
    """Whether new kinds of error still turn up, by the order in which the notes were written."""
    read = [note.tags or () for note in notes if note.tags is not None]
    often = Counter(tag for tags in read for tag in set(tags))
    known: set[str] = set()
    since = 0
    for tags in read:
        since = 0 if set(tags) - known else since + 1
        known |= set(tags)
    once = sum(any(often[tag] == 1 for tag in tags) for tags in read)
    return Saturation(tagged=len(read), since_new=since, next_is_new=once / len(read) if read else None)


def readers_agree(notes: Mapping[str, Sequence[Note]]) -> tuple[ReaderAgreement, ...]:
    """Every tag of every pair of readers, over the failures that both tagged.

    Args:
        notes: Notes about one review, by reader.
    """
    tagged = {
        person: {note.example: set(note.tags) for note in mine if note.tags is not None}
        for person, mine in notes.items()
    }
    lines = []
    for first, second in combinations(sorted(tagged), 2):
        examples = sorted(tagged[first].keys() & tagged[second].keys())
        pairs = [(tagged[first][one], tagged[second][one]) for one in examples]
        for tag in sorted({tag for pair in pairs for tags in pair for tag in tags}):
            a, b = [tag in one for one, _ in pairs], [tag in other for _, other in pairs]
            lines.append(
                ReaderAgreement(
                    tag=tag,
                    first=first,
                    second=second,
                    both=sum(x and y for x, y in zip(a, b, strict=True)),
                    either=sum(x or y for x, y in zip(a, b, strict=True)),
                    kappa=cohen_kappa(a, b).at(),
                )
            )
    return tuple(lines)
