"""What a label of each job must be before it is kept: readable, typed, its quotes in the documents.

Nothing in here has seen a candidate's output.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, nearest
from shipworthy.evals.checks.matching import normalised
from shipworthy.evals.checks.places import find_quote
from shipworthy.evals.jobs.job import JOBS
from shipworthy.evals.jobs.labels import AnswerLabel, Evidence, FieldLabel, Label, RecordLabel, SummaryLabel
from shipworthy.evals.labelling.values import FieldForm, typed
from shipworthy.retrieval.sentences import sentences

if TYPE_CHECKING:
    from shipworthy.evals.checks.check import Job
    from shipworthy.evals.jobs.library import Library
    from shipworthy.retrieval.document import Document

__all__ = ["LabelForm", "Sentence", "label_from_plain", "plain_of"]

_DOCUMENTS = 5_000
_SHOWN = 9
_LONGEST = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of a document that may be the evidence of an answer."""

    document: str
    """Its document."""
    quote: str
    """The sentence, word for word."""
    place: str
    """Where it stands, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelForm:
    """What labels of one feature are held against."""

    job: Job
    """answer, extract or summarise."""
    library: Library
    """The documents."""
    fields: tuple[FieldForm, ...] = ()
    """The fields of a record; empty: any."""

    def checked(self, plain: Any, text: str) -> dict[str, Any]:
        """A label as it is kept: in one form, its values typed, its quotes as the document has them.

        Args:
            plain: What a person gave.
            text: The input: a question, or the name of a document.

        Raises:
            DataError: it has another form, or quotes words that do not stand there.
        """
        written = json.dumps(plain, ensure_ascii=False)
        if len(written) > _LONGEST:
            raise DataError(f"A label of {len(written):,} characters is too long.")
        label = JOBS[self.job].read_label(written)
        match label:
            case AnswerLabel():
                label = self._answer(label)
            case RecordLabel():
                label = self._record(label, text)
            case SummaryLabel():
                self._check_lines(label, text)
        return plain_of(label)

    def document(self, name: str) -> Document:
        """The document of that name.

        Raises:
            DataError: it is not there, or cannot be read.
        """
        found = self.library.get(name)
        if found is None:
            why = self.library.problems.get(name, "There is none of that name.")
            raise DataError(
                f"The document {name[:80]!r} cannot be read. {why}",
                hint=nearest(name, islice(self.library.names(), _DOCUMENTS)),
            )
        return found

    def text_of(self, text: str) -> str:
        """What a person judges: the question, or the document (a transcript with numbers)."""
        if self.job == "answer":
            return text
        document = self.document(text)
        if self.job == "extract":
            return document.text
        return "\n".join(f"{number:>4}  {words}" for number, words in _lines(document))

    def find(self, words: str) -> tuple[Sentence, ...]:
        """The sentences of the documents that have most of some words; rare words count more."""
        wanted = set(normalised(words).split())
        if not wanted:
            return ()
        found = [(set(normalised(one.quote).split()), one) for one in self._sentences()]
        often = {word: 1 + sum(word in have for have, _ in found) for word in wanted}
        rated = [(sum(1 / often[word] for word in wanted & have), one) for have, one in found]
        best = sorted((pair for pair in rated if pair[0]), key=lambda pair: -pair[0])
        return tuple(one for _, one in best[:_SHOWN])

    def _sentences(self) -> Iterator[Sentence]:
        for name in islice(self.library.names(), _DOCUMENTS):
            document = self.library.get(name)
            for part in () if document is None else document.parts:
                assert document is not None
                for start, end in sentences(document.text, part.start, part.end):
                    yield Sentence(
                        document=name, quote=document.text[start:end], place=str(document.place(start))
                    )

    def _answer(self, label: AnswerLabel) -> AnswerLabel:
        if not label.answerable and (label.answers or label.evidence):
            raise DataError("What the documents do not answer has neither an answer nor evidence.")
        return replace(label, evidence=tuple(map(self._evidence, label.evidence)))

    def _evidence(self, given: Evidence) -> Evidence:
        names = [given.document] if given.document else islice(self.library.names(), _DOCUMENTS)
        for name in names:
            document = self.document(name) if given.document else self.library.get(name)
            place = None if document is None else find_quote(given.quote, document)
            if document is not None and place is not None:
                return Evidence(document=name, quote=document.text[place[0] : place[1]])
        where = f"in {given.document!r}" if given.document else "in any document"
        raise DataError(
            f"These words do not stand {where}: {given.quote[:80]!r}.",
            hint="Copy them from the document, word for word.",
        )

    def _record(self, label: RecordLabel, text: str) -> RecordLabel:
        known = {field.name: field for field in self.fields}
        document = self.document(text)
        return RecordLabel(
            fields={name: self._field(name, field, known, document) for name, field in label.fields.items()}
        )

    def _field(
        self, name: str, given: FieldLabel, known: Mapping[str, FieldForm], document: Document
    ) -> FieldLabel:
        if known and name not in known:
            raise DataError(f"The schema has no field {name[:60]!r}.", hint=nearest(name, known))
        value = typed(known.get(name, FieldForm(name=name)), given.value)
        quote = given.quote
        if quote is None and isinstance(given.value, str):
            place = find_quote(given.value, document)
            return FieldLabel(value=value, quote=_words(document, place))
        if quote is None:
            return FieldLabel(value=value)
        place = find_quote(quote, document)
        if place is None:
            raise DataError(
                f"The field {name!r} quotes words that do not stand in {document.name!r}: {quote[:80]!r}.",
                hint="Copy them from the document, word for word.",
            )
        return FieldLabel(value=value, quote=_words(document, place))

    def _check_lines(self, label: SummaryLabel, text: str) -> None:
        there = {number for number, _ in _lines(self.document(text))}
        for item in label.items:
            wrong = [line for line in item.lines if line not in there]
            if wrong:
                raise DataError(
                    f"The statement {item.text[:60]!r} names line {wrong[0]:,}, not in {text!r}.",
                    hint=f"Lines go from {min(there, default=0)} to {max(there, default=0)}.",
                )


def _words(document: Document, place: tuple[int, int] | None) -> str | None:
    return None if place is None else document.text[place[0] : place[1]]


def _lines(document: Document) -> Iterator[tuple[int, str]]:
    """Number and words of every line; of a transcript, of every turn."""
    for part in document.parts:
        words = document.text[part.start : part.end]
        if part.kind == "turn" and part.line is not None:
            said = words.replace("\n", " ")
            yield (
                part.line,
                said
                if part.speaker is None or said.startswith(part.speaker)
                else (f"{part.speaker}: {said}"),
            )
        elif part.line is not None:
            for place, line in enumerate(words.split("\n")):
                yield part.line + place, line


def plain_of(label: Label) -> dict[str, Any]:
    """A label as JSON, in the form that reviews read."""
    match label:
        case AnswerLabel(answerable=False):
            return {"answerable": False}
        case AnswerLabel():
            return {
                "answerable": True,
                "answers": list(label.answers),
                "evidence": [_without_none(document=one.document, quote=one.quote) for one in label.evidence],
            }
        case RecordLabel():
            return {
                name: field.value if field.quote is None else {"value": field.value, "quote": field.quote}
                for name, field in label.fields.items()
            }
        case SummaryLabel():
            return {
                "items": [
                    _without_none(
                        kind=one.kind, text=one.text, owner=one.owner, due=one.due, lines=list(one.lines)
                    )
                    for one in label.items
                ]
            }


def _without_none(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value is not None}


def label_from_plain(job: str, plain: Any) -> Label:
    """The label that was kept."""
    return JOBS[job].read_label(json.dumps(plain, ensure_ascii=False))
