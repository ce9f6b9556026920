"""Where words stand in documents: quotes found again, spans held against them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shipworthy.evals.checks.matching import normalised
from shipworthy.retrieval.document import Span, verified

if TYPE_CHECKING:
    from shipworthy.evals.checks.check import Documents
    from shipworthy.evals.jobs.labels import Evidence
    from shipworthy.retrieval.document import Document

__all__ = ["covers", "find_quote", "is_verbatim", "lines_of", "overlap"]

_LONGEST_QUOTE = 20_000
_ENOUGH = 0.5


def find_quote(quote: str, document: Document) -> tuple[int, int] | None:
    """Where a quote stands in a document's text, spaces and line ends apart; the first place of several."""
    words = quote[:_LONGEST_QUOTE].split()
    if not words:
        return None
    exact = document.text.find(quote)
    if exact >= 0:
        return exact, exact + len(quote)
    found = re.search(r"\s+".join(map(re.escape, words)), document.text)
    return None if found is None else found.span()


def is_verbatim(span: Span, documents: Documents) -> bool:
    """Whether a span names words that stand at that very place of a document that is there."""
    document = documents.get(span.document)
    return document is not None and verified(span, document)


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Characters in common over characters of either, 0 to 1 (intersection over union, Jaccard)."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return max(0.0, common / (max(one[1], other[1]) - min(one[0], other[0]))) if common > 0 else 0.0


def covers(span: Span, evidence: Evidence, documents: Documents) -> bool:
    """Whether a span cites the labelled evidence: half of the shorter of the two is in both.

    A span whose words do not stand at its place cites nothing. Where the evidence cannot be found in the
    document, its words are compared instead of its place.
    """
    if evidence.document is not None and evidence.document != span.document:
        return False
    document = documents.get(span.document)
    if document is not None and not verified(span, document):
        return False
    place = find_quote(evidence.quote, document) if document is not None else None
    if place is None:
        left, right = normalised(span.quote), normalised(evidence.quote)
        return bool(left and right) and (left in right or right in left)
    common = min(span.end, place[1]) - max(span.start, place[0])
    shorter = min(span.end - span.start, place[1] - place[0])
    return shorter > 0 and common >= _ENOUGH * shorter


def lines_of(spans: Sequence[Span], documents: Documents) -> frozenset[int]:
    """Lines or turns that spans touch, from 1; of a document that is not there, none."""
    found: set[int] = set()
    for span in spans:
        document = documents.get(span.document)
        if document is None or not 0 <= span.start < span.end <= len(document.text):
            continue
        first, last = document.place(span.start).line, document.place(span.end - 1).line
        if first is not None and last is not None:
            found.update(range(first, min(last, first + 10_000) + 1))
    return frozenset(found)
