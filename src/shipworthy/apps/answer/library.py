"""Where answers are looked for: an index behind a small port, or passages that came with the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shipworthy.core.canonical import sha256_of
from shipworthy.retrieval import wording
from shipworthy.retrieval.document import Document, Part

__all__ = ["GivenPassages", "Library", "Opened", "Passage"]


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


class Opened:
    """A library in which each document is opened once, for the length of one question."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._documents: dict[str, Document] = {}

    @property
    def version(self) -> str:
        """The library's."""
        return self._library.version

    def search(self, question: str, *, k: int = 10) -> Sequence[Passage]:
        """As the library finds them."""
        return self._library.search(question, k=k)

    def document(self, name: str) -> Document:
        """The document, as it was when it was opened first."""
        if name not in self._documents:
            self._documents[name] = self._library.document(name)
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
