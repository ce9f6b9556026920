"""The sentences of some passages that answer a question best, each with its place and what speaks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shipworthy.apps.answer.library import Library, Passage, well_found
from shipworthy.retrieval import wording
from shipworthy.retrieval.document import Document, Span
from shipworthy.retrieval.groundedness import Signals, answer_kind, counts, has_kind, signals
from shipworthy.retrieval.sentences import sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shipworthy.gateway.embedding import Embedder

__all__ = ["Reader", "Sentence", "chosen"]

_PER_PASSAGE = 200  # sentences
_READ = 12  # sentences whose meaning is looked at
_LONGEST = 1_000  # characters of a sentence that is shown
_KEPT = 20_000  # vectors, some 30 MB
_MOST_CHOSEN = 3
_MOST_WITH_NEIGHBOURS = 4
_TOPIC = 0.2  # share of the question's words from which on a neighbouring sentence carries its topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a document, seen from a question."""

    span: Span
    """Where it stands, and its words."""
    before: str
    """The sentence before it in the passage."""
    passage: str
    """The passage it stands in."""
    headings: tuple[str, ...]
    """The headings above it."""
    rank: int
    """Place of its passage among those found, from 0."""
    score: float
    """How well it fits the question."""
    angle: float | None = None
    """Cosine between its meaning and the question's."""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads passages for a question."""

    embedder: Embedder | None = None
    """Reads meanings; None compares words only."""
    _vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def ranked(
        self, question: str, passages: Sequence[Passage], library: Library, *, asked: str | None = None
    ) -> list[Sentence]:
        """The sentences of the passages, best first.

        Args:
            question: What is looked for.
            passages: Where.
            library: Opens their documents.
            asked: What was typed, where words were carried over: these words then count twice.
        """
        found = list(_by_words(question, passages, library, asked or question))
        found.sort(key=lambda one: (-one.score, one.rank, one.span.start))
        if self.embedder is None or not found:
            return found
        first, rest = found[:_READ], found[_READ:]
        angles = self._angles(question, [one.span.quote for one in first])
        read = [_with_angle(one, angle) for one, angle in zip(first, angles, strict=True)]
        return [*sorted(read, key=lambda one: (-one.score, one.rank, one.span.start)), *rest]

    def signals(self, question: str, best: Sentence, library: Library) -> Signals:
        """What speaks for and against the question being answered there."""
        angles = None
        if self.embedder is not None:
            here, around = self._angles(question, [best.span.quote, best.passage])
            angles = (here, around)
        return signals(
            question,
            sentence=best.span.quote,
            before=best.before,
            passage=best.passage,
            headings=" ".join(best.headings),
            found=well_found(library, question),
            angles=angles,
        )

    def _angles(self, question: str, texts: Sequence[str]) -> list[float]:
        wanted = [text for text in dict.fromkeys([question, *texts]) if text not in self._vectors]
        if len(self._vectors) > _KEPT:
            self._vectors.clear()
            wanted = list(dict.fromkeys([question, *texts]))
        if wanted and self.embedder is not None:
            for text, vector in zip(wanted, self.embedder.embed(wanted), strict=True):
                self._vectors[text] = vector
        asked = self._vectors[question]
        return [float(asked @ self._vectors[text]) for text in texts]


def chosen(question: str, ranked: Sequence[Sentence]) -> list[Sentence]:
    """The sentences to answer with, in reading order: the best, and others that add to it.

    Another sentence adds where it has words of the question that are missing so far. Where no single number,
    date, person or place is asked for, one of the same passage that fits nearly as well is added too. So are
    the sentences right after and before the best where they carry the question's topic and no second number,
    date, person or place where one is asked for.
    """
    if not ranked:
        return []
    best = ranked[0]
    kept, seen = [best], set(wording.stems(best.span.quote))
    wanted = set(wording.stems(question)) - seen
    several = answer_kind(question) in {"thing", "reason"}
    for one in ranked[1:]:
        if len(kept) == _MOST_CHOSEN:
            break
        brings = wanted & set(wording.stems(one.span.quote))
        near = several and one.rank == best.rank and one.score >= 0.8 * best.score
        if (near or (brings and one.score >= 0.7 * best.score)) and not _repeats(one, kept):
            kept.append(one)
            wanted -= brings
    kept += _neighbours(question, ranked, kept)
    return sorted(kept, key=lambda one: (one.rank, one.span.start))


def _neighbours(question: str, ranked: Sequence[Sentence], kept: Sequence[Sentence]) -> list[Sentence]:
    """The sentences of its passage next to the best that have words of the question and are not there yet."""
    best, asked = ranked[0], list(dict.fromkeys(wording.stems(question)))
    kind, every = answer_kind(question), {wording.stem(word) for word in wording.words(question)}
    around = sorted((one for one in ranked if one.rank == best.rank), key=lambda one: one.span.start)
    at = around.index(best)
    added: list[Sentence] = []
    for one in [*around[at + 1 : at + 2], *around[max(0, at - 1) : at]]:
        so_far = [*kept, *added]
        here = set(wording.stems(one.span.quote))
        topic = any(word in here for word in asked) and wording.covered(asked, here) >= _TOPIC
        rival = kind not in {"thing", "reason"} and has_kind(kind, one.span.quote, besides=every)
        if (
            topic
            and not rival
            and len(so_far) < _MOST_WITH_NEIGHBOURS
            and one not in so_far
            and not _repeats(one, so_far)
        ):
            added.append(one)
    return added


def _repeats(one: Sentence, kept: Sequence[Sentence]) -> bool:
    words = set(wording.stems(one.span.quote))
    return any(wording.covered(words, set(wording.stems(other.span.quote))) > 0.9 for other in kept)


def _with_angle(one: Sentence, angle: float) -> Sentence:
    return Sentence(
        span=one.span, before=one.before, passage=one.passage, headings=one.headings, rank=one.rank,
        score=one.score + 0.8 * max(0.0, angle), angle=angle,
    )  # fmt: skip


def _by_words(question: str, passages: Sequence[Passage], library: Library, typed: str) -> Iterator[Sentence]:
    asked = list(dict.fromkeys(wording.stems(question)))
    own = set(wording.stems(typed)) or set(asked)
    every = {wording.stem(word) for word in wording.words(question)}
    kind = answer_kind(question)
    seen: set[tuple[str, int]] = set()
    for rank, passage in enumerate(passages):
        document = library.document(passage.document)
        before, before_stems = "", set[str]()
        whole = document.text[passage.start : passage.end]
        title = " ".join(passage.headings)
        above = set(wording.stems(title))
        for start, end in _sentences(document, passage):
            quote = document.text[start:end]
            here = set(wording.stems(quote))
            share = (wording.covered(asked, here) + wording.covered(own, here)) / 2
            wider = wording.covered(asked, here | before_stems | above)
            if (document.name, start) not in seen:
                seen.add((document.name, start))
                yield Sentence(
                    span=Span(document=document.name, start=start, end=end, quote=quote),
                    before=before,
                    passage=whole,
                    headings=passage.headings,
                    rank=rank,
                    score=0.8 * share
                    + 0.2 * wider
                    + 0.15 * has_kind(kind, quote, besides=every)
                    + 0.15 * counts(typed, quote)
                    - 0.03 * rank,
                )
            before, before_stems = quote, here


def _sentences(document: Document, passage: Passage) -> Iterator[tuple[int, int]]:
    """Sentences of a passage, part by part; headings are no answer."""
    count = 0
    for part in document.parts:
        start, end = max(part.start, passage.start), min(part.end, passage.end)
        if part.kind == "heading" or start >= end:
            continue
        for found in sentences(document.text, start, end):
            if found[1] - found[0] <= _LONGEST and wording.content_words(document.text[found[0] : found[1]]):
                yield found
                count += 1
                if count == _PER_PASSAGE:
                    return
