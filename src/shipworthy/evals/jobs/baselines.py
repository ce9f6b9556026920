"""Two baselines for each job: doing nothing, and what somebody could write in an hour.

A candidate that does not beat them is not worth its cost. They give no confidence and use no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.evals.jobs.candidate import JobAnswers
from shipworthy.evals.jobs.outputs import Answer, AnswerSentence, Field, Item, Output, Record, Summary
from shipworthy.retrieval.document import Span

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.jobs.job import JobForm
    from shipworthy.evals.jobs.library import Library
    from shipworthy.evals.jobs.outputs import ItemKind
    from shipworthy.retrieval.document import Document

__all__ = ["Nothing", "Rules"]

_MOST_SENTENCES = 100_000
_MOST_ITEMS = 200
_NOTHING = {
    "answer": "Always abstains.",
    "extract": "Never finds a value.",
    "summarise": "Says nothing.",
}
_RULES = {
    "answer": "The sentence of the documents with most words of the question (TF-IDF), cited.",
    "extract": "What stands behind the field's name on a line.",
    "summarise": "Every sentence with a cue word, such as 'will', 'decided' or a question mark.",
}
_CUES: tuple[tuple[ItemKind, str], ...] = (
    ("decision", r"\b(we('ve| have)? (decided|agreed)|decision|let's go with|it's settled)\b"),
    (
        "action",
        r"\b(I'll|I will|(will|can|could) you|to-?do|action( item)?|by (mon|tues|wednes|thurs|fri)day)\b",
    ),
    ("risk", r"\b(risk|worried|concern(ed)?|blocker|might (fail|slip))\b"),
    ("question", r"\?\s*$"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Abstains from every question, finds no field, writes no statement."""

    form: JobForm
    """The job."""
    sends_to: None = None
    """Nothing leaves this machine."""

    @property
    def words(self) -> str:
        """What it does."""
        return _NOTHING[self.form.name]

    @property
    def version(self) -> str:
        """Hash of its rule."""
        return sha256_of(["nothing", self.form.name])

    def fit(self, train: Sequence[Example]) -> Nothing:
        """Learns nothing."""
        del train
        return self

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        """The same for every example."""
        none: Output = Answer(outcome="abstain", text="") if self.form.name == "answer" else self.form.empty
        return JobAnswers(outputs=[none] * len(batch), statuses=["ok"] * len(batch))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The simplest thing that could work."""

    form: JobForm
    """The job."""
    library: Library
    """The documents."""
    parts: tuple[str, ...]
    """Names of the fields (job ``extract``)."""
    sends_to: None = None
    """Nothing leaves this machine."""

    @property
    def words(self) -> str:
        """What it does."""
        return _RULES[self.form.name]

    def fit(self, train: Sequence[Example]) -> _FittedRules:
        """Read the documents that answers are looked for in; nothing is learnt."""
        del train
        version = sha256_of(["rules", self.form.name, list(self.parts)])
        search = _Search(self.library) if self.form.name == "answer" else None
        return _FittedRules(
            kind=self.form.name, library=self.library, parts=self.parts, search=search, version=version
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _FittedRules:
    kind: str
    library: Library
    parts: tuple[str, ...]
    search: _Search | None
    version: str

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        outputs = [self._output(example.text) for example in batch]
        return JobAnswers(
            outputs=outputs,
            statuses=["error" if output is None else "ok" for output in outputs],
            details=["the document cannot be read" if output is None else None for output in outputs],
        )

    def _output(self, text: str) -> Output | None:
        if self.search is not None:
            return self.search.answer(text)
        document = self.library.get(text)
        if document is None:
            return None
        return _key_values(document, self.parts) if self.kind == "extract" else _cued(document)


class _Search:
    """The sentences of all documents, found by TF-IDF."""

    def __init__(self, library: Library) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._spans = list(_sentences(library))
        self._vectoriser: Any = TfidfVectorizer(sublinear_tf=True)
        self._matrix: Any = None
        if any(re.search(r"\w", span.quote) for span in self._spans):
            self._matrix = self._vectoriser.fit_transform(span.quote for span in self._spans)

    def answer(self, question: str) -> Answer:
        if self._matrix is None:
            return Answer(outcome="abstain", text="")
        likeness = (self._matrix @ self._vectoriser.transform([question]).T).toarray().ravel()
        best = self._spans[int(likeness.argmax())]
        sentence = AnswerSentence(text=best.quote, citations=(best,), supported=1.0)
        return Answer(outcome="answer", text=best.quote, sentences=(sentence,))


def _sentences(library: Library) -> Iterator[Span]:
    left = _MOST_SENTENCES
    for name in library.names():
        document = library.get(name)
        for span in _spans(document) if document is not None else ():
            yield span
            left -= 1
            if not left:
                return


def _spans(document: Document) -> Iterator[Span]:
    from shipworthy.retrieval.sentences import sentences

    for part in document.parts:
        if part.kind == "heading":
            continue
        for start, end in sentences(document.text, part.start, part.end):
            yield Span(document=document.name, start=start, end=end, quote=document.text[start:end])


def _key_values(document: Document, fields: Sequence[str]) -> Record:
    return Record(fields={name: _key_value(document, name) for name in fields})


def _key_value(document: Document, name: str) -> Field:
    key = r"[\s_-]*".join(map(re.escape, re.split(r"[._\s-]+", name)))
    found = re.search(
        rf"^[^\w\n]{{0,9}}{key}[^\w\n]{{0,9}}[:\t|][\s|]*(?P<value>[^\n|]{{1,200}})",
        document.text,
        re.I | re.M,
    )
    value = found["value"].strip() if found is not None else ""
    if found is None or not value:
        return Field(state="not_found")
    start = found.start("value") + found["value"].index(value)
    span = Span(document=document.name, start=start, end=start + len(value), quote=value)
    return Field(state="found", value=value, spans=(span,))


def _cued(document: Document) -> Summary:
    items = []
    for span in _spans(document):
        kind = next((kind for kind, cue in _CUES if re.search(cue, span.quote, re.I)), None)
        if kind is not None:
            items.append(Item(kind=kind, text=span.quote, spans=(span,)))
    return Summary(items=tuple(items[:_MOST_ITEMS]))
