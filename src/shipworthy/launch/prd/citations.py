"""Citations: a number in a paper, the place it comes from, and whether the two still agree.

    93.1% (90.2% to 95.4%, n = 412) [review 2026-11-23-abc123: scores.recall]
    600 [feature.yaml: fallback.capacity_a_day]
    limited [risk.answers.yaml: tier]

What stands before the bracket, back to the citation or cell before it, must be what the source says, at the
precision it is written with. A citation without a number before it claims nothing but that the value exists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shipworthy.launch.prd.reading import Block, Document

__all__ = ["NO_SOURCES", "Citation", "Fact", "Source", "Sources", "citations", "written_as"]

_CITATION = re.compile(
    r"\[(?:review (?P<review>\d{4}-\d\d-\d\d-[0-9a-z]{6})|(?P<file>feature\.yaml|risk\.answers\.yaml))"
    r"(?:: (?P<key>[^\[\]\n|]{1,200}))?\]"
)
_NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]{0,15}(?:\.\d+)?(?P<percent>\s?%)?(?!\w)")
_GROUP = re.compile(r"\(([^()]{0,200})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One value that can be cited."""

    text: str
    """How it is written in full."""
    value: float | None = None
    """The number, for papers that write it otherwise; None where it is words."""
    around: tuple[float, ...] = ()
    """Numbers that may stand in brackets behind it: interval, n, level."""
    share: bool = False
    """Whether the numbers are fractions of one, so that 0.5 may be written 50%."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something that values are cited from."""

    facts: Mapping[str, Fact]
    """Its values by key."""
    newer: str | None = None
    """The id of a newer review of the same feature, where there is one."""


Sources = Callable[[str], Source | None]
"""The source called so (a review's id, ``feature.yaml``, ``risk.answers.yaml``); None where there is none."""


def NO_SOURCES(name: str) -> Source | None:  # noqa: N802 - a constant that can be called
    """Nothing can be looked up."""
    del name
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One citation in a document."""

    line: int
    """Where it stands."""
    section: str
    """Heading it stands under."""
    source: str
    """What is cited: a review's id or the name of a file."""
    is_review: bool
    """Whether it is a review."""
    key: str | None
    """The value; None where only the source is named."""
    claim: str
    """What stands before it."""


def citations(document: Document) -> Iterator[Citation]:
    """Every citation, in order."""
    for section in document.sections:
        for block in section.blocks:
            yield from _in_block(block, section.title)


def _in_block(block: Block, section: str) -> Iterator[Citation]:
    start = 0
    for found in _CITATION.finditer(block.text):
        before = block.text[start : found.start()]
        start = found.end()
        yield Citation(
            line=block.line,
            section=section,
            source=found["review"] or found["file"],
            is_review=found["review"] is not None,
            key=found["key"],
            claim=before.rpartition(" | ")[2].strip(),
        )


def written_as(fact: Fact, claim: str) -> bool:
    """Whether what stands before a citation is what the source says."""
    if claim.endswith(fact.text):
        return True
    if fact.value is None:
        return not claim or fact.text.casefold() in claim.casefold()
    groups = _GROUP.findall(claim)
    outside = list(_NUMBER.finditer(_GROUP.sub(" ", claim)))
    if outside and not _equals(outside[-1], (fact.value,), share=fact.share):
        return False
    inside = _NUMBER.finditer(groups[-1]) if groups else ()
    return all(_equals(number, fact.around, share=fact.share) for number in inside)


def _equals(written: re.Match[str], values: tuple[float, ...], *, share: bool) -> bool:
    """Whether a written number is one of ``values``, rounded as it is written."""
    digits = written[0].removesuffix(written["percent"] or "").replace(",", "").replace("−", "-")
    number, decimals = float(digits), len(digits.partition(".")[2])
    tolerance = 0.5 * 10**-decimals + 1e-9
    scales = (100.0,) if written["percent"] else (1.0, 100.0) if share else (1.0,)
    return any(abs(value * scale - number) <= tolerance for value in values for scale in scales)
