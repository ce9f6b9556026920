"""Where answers are looked for: an index behind a small port, or passages that came with the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from shipworthy.core.canonical import sha256_of
from shipworthy.retrieval import wording
from shipworthy.retrieval.document import Document, Part
from shipworthy.retrieval.hits import Explanation, Mode

__all__ = ["Explaining", "GivenPassages", "Library", "Opened", "Passage", "well_found"]

_FEW = 20  # passages: among fewer, how rare a word is says nothing
_DEEP = 10
_MOST = 2.2  # BM25 of a word is at most its rarity times this (k1 = 1.2)


class Passage(Protocol):
    """A stretch of a document that was found for a question; ``retrieval.index.Hit`` is one."""

    @property
    def document(self) -> str:
        """Name of the document."""
        ...

    @property
    def start(self) -> int:
        """Position of its first character in the document's text."""
        ...

    @property
    def end(self) -> int:
        """Position after its last character."""
        ...

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings above it."""
        ...


class Library(Protocol):
    """Documents that can be searched and opened; ``retrieval.index.Index`` is one."""

    @property
    def version(self) -> str:
        """Hash of what is in it."""
        ...

    def search(self, question: str, *, k: int = 10) -> Sequence[Passage]:
        """The passages that fit best, best first."""
        ...

    def document(self, name: str) -> Document:
        """A document as it is searched, so that a citation can be held against it."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A library that says how it found something; ``retrieval.index.Index`` is one."""

    def explain(self, question: str, *, k: int = 5, mode: Mode | None = None) -> Explanation:
        """Why the question finds what it finds."""
        ...


def well_found(library: Library, question: str) -> tuple[float, float] | None:
    """How well words found the best passage, as shares of the BM25 that the question could reach at most.

    Its own score, and by how much it is ahead of the best of another document; None where the library
    cannot tell or has fewer than 20 passages.
    """
    library = library.opened if isinstance(library, Opened) else library
    if not isinstance(library, Explaining):
        return None
    found = library.explain(question, k=_DEEP, mode="lexical")
    most = sum(_rarity(word.passages, found.passages) for word in found.words if not word.ignored)
    if found.passages < _FEW or not found.hits or most <= 0:
        return None
    best = found.hits[0].hit
    other = next((why.hit for why in found.hits if why.hit.document != best.document), None)
    score = best.score / most
    return min(1.0, score), max(0.0, score - (0.0 if other is None else other.score / most))


def _rarity(holding: int, passages: int) -> float:
    """The most BM25 that a word can add: by how rare it is, in a passage full of it."""
    return _MOST * max(1e-6, math.log((passages - holding + 0.5) / (holding + 0.5)))


class Opened:
    """A library in which each document is opened once, for the length of one question."""

    def __init__(self, library: Library) -> None:
        self.opened = library
        self._documents: dict[str, Document] = {}

    @property
    def version(self) -> str:
        """The library's."""
        return self.opened.version

    def search(self, question: str, *, k: int = 10) -> Sequence[Passage]:
        """As the library finds them."""
        return self.opened.search(question, k=k)

    def document(self, name: str) -> Document:
        """The document, as it was when it was opened first."""
        if name not in self._documents:
            self._documents[name] = self.opened.document(name)
        return self._documents[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    document: str
    start: int
    end: int
    headings: tuple[str, ...] = ()


class GivenPassages:
    """A handful of texts that came with a question; the best is the one with most of its words."""

    def __init__(self, texts: Sequence[str], *, titles: Sequence[str] = ()) -> None:
        names = [f"passage {place}" for place, _ in enumerate(texts, 1)]
        self._documents = {
            name: _document(name, text, titles[place] if place < len(titles) else None)
            for place, (name, text) in enumerate(zip(names, texts, strict=True))
        }
        self.version = sha256_of([list(texts), list(titles)])

    def search(self, question: str, *, k: int = 10) -> Sequence[Passage]:
        """The passages that share most words with the question, in their order where that is equal."""
        wanted = set(wording.stems(question))
        shares = {
            name: wording.covered(wanted, set(wording.stems(f"{document.title or ''} {document.text}")))
            for name, document in self._documents.items()
        }
        best = sorted(shares, key=lambda name: -shares[name])[:k]
        return [_whole(self._documents[name]) for name in best if self._documents[name].text]

    def document(self, name: str) -> Document:
        """The passage of that name."""
        return self._documents[name]


def _document(name: str, text: str, title: str | None) -> Document:
    headings = (title,) if title else ()
    part = Part(start=0, end=len(text), kind="paragraph", headings=headings)
    return Document(name=name, text=text, parts=(part,), sha256=sha256_of(text), title=title)


def _whole(document: Document) -> _Whole:
    return _Whole(
        document=document.name, start=0, end=len(document.text), headings=document.parts[0].headings
    )
