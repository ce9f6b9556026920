"""What search gives back: passages, and why each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from shipworthy.retrieval.document import Span

__all__ = ["MODES", "Explanation", "Hit", "Mode", "WhyHit", "Word"]

Mode: TypeAlias = Literal["lexical", "vector", "fused"]
"""By words, by meaning, or by both."""
MODES: tuple[Mode, ...] = ("lexical", "vector", "fused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that was found."""

    document: str
    """Name of the document."""
    start: int
    """Position of its first character in the document's text."""
    end: int
    """Position after its last character."""
    text: str
    """Exactly ``text[start:end]`` of the document."""
    headings: tuple[str, ...]
    """The headings it stands under, outermost first."""
    page: int | None
    """Page of its beginning, where the format has pages."""
    line: int | None
    """Line or turn of its beginning, where the format has lines."""
    score: float
    """What it was ranked by: BM25, cosine, or the sum of reciprocal ranks. Only the order counts."""
    lexical_rank: int | None
    """Its place among the passages found by words, from 1; None where it is not among the first hundred."""
    vector_rank: int | None
    """Its place among the passages found by meaning, from 1."""
    lexical_score: float | None = None
    """BM25, where it was found by words."""
    vector_score: float | None = None
    """Cosine between question and passage, −1 to 1, where it was found by meaning."""

    @property
    def span(self) -> Span:
        """The passage as something to cite."""
        return Span(document=self.document, start=self.start, end=self.end, quote=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a question, as the index sees it."""

    word: str
    """The word."""
    stem: str
    """What is looked up: the word without its ending."""
    passages: int
    """Passages that hold it."""
    ignored: bool = False
    """Whether it says too little to be searched for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyHit:
    """A passage and what brought it here."""

    hit: Hit
    """The passage."""
    words: tuple[str, ...]
    """Words of the question that it holds, or that its headings hold."""
    from_words: float
    """What its place among the passages found by words adds to the fused score."""
    from_meaning: float
    """What its place among the passages found by meaning adds to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a question found these passages."""

    question: str
    """The question."""
    mode: Mode
    """How it was searched."""
    why_mode: str
    """Why it was searched so."""
    passages: int
    """Passages in the index."""
    words: tuple[Word, ...]
    """The question's words."""
    hits: tuple[WhyHit, ...]
    """The best passages, best first."""
    vectors_by: str | None = None
    """The embedding model that read passages and question; None where words alone were compared."""
