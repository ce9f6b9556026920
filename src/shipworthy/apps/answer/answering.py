"""From a question to an answer whose every sentence is cited, or to an honest none.

Search, read, choose or let a model write, verify, decide. The steps are events, in order, so that a face can
show each as it happens; the last one holds everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shipworthy.apps.answer.confidence import Confidence
from shipworthy.apps.answer.conversation import Rewritten, Turn, rewritten, unclear
from shipworthy.apps.answer.library import Library, Opened, Passage
from shipworthy.apps.answer.selecting import Reader, Sentence, chosen
from shipworthy.apps.answer.writing import PROMPT_VERSION, read_reply, request
from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import DataError
from shipworthy.evals.jobs.outputs import Answer, AnswerSentence
from shipworthy.retrieval import wording
from shipworthy.retrieval.document import Place, Span, verified
from shipworthy.retrieval.groundedness import Signals, answer_kind, has_kind

if TYPE_CHECKING:
    from shipworthy.gateway.model import Model, Reply

__all__ = ["Answerer", "Event", "Finished", "Found", "Near", "Said", "Understood", "Withheld"]

_LONGEST_QUESTION = 2_000
_NEAR = 3
_SHORT = 3  # content words
_CLOSE = 0.04  # scores of sentences that fit about as well as each other
ABSTAINED = "Not in these documents."
"""What is answered where nothing is."""
FAILED = "No answer: the model gave none that can be used."
"""What is said where a model failed, which says nothing about the documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A passage that came near, for a person to look at."""

    place: Place
    """Where."""
    span: Span
    """Its best sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The question as it is looked for."""

    question: Rewritten
    """With what was carried over from the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was retrieved."""

    passages: tuple[Span, ...]
    """Best first."""
    near: tuple[Near, ...]
    """The best sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One sentence of the answer."""

    sentence: AnswerSentence
    """It and what it rests on; each citation was held against its document."""
    places: tuple[Place, ...]
    """Where the citations stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A sentence that a model wrote and that is not shown as an answer."""

    text: str
    """The sentence."""
    why: str
    """Why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end: everything that was found out."""

    answer: Answer
    """The answer, as a review reads it."""
    question: Rewritten
    """What was looked for."""
    places: tuple[tuple[Place, ...], ...] = ()
    """Of each sentence, where its citations stand."""
    passages: tuple[Span, ...] = ()
    """What was retrieved, best first."""
    near: tuple[Near, ...] = ()
    """The nearest sentences, of an abstention."""
    options: tuple[str, ...] = ()
    """What may have been meant, of a question back."""
    withheld: tuple[Withheld, ...] = ()
    """What a model wrote without support."""
    signals: Signals | None = None
    """What the confidence is made of; None where nothing was found."""
    trouble: str | None = None
    """Why the model gave no usable reply."""
    reply: Reply | None = None
    """The model's reply, with what it took."""


Event = Understood | Found | Said | Withheld | Finished


@dataclass(slots=True, kw_only=True)
class Answerer:
    """Answers questions from a library.

    Without a model the answer is the best sentences themselves, word for word. With one, the model writes
    and each of its sentences is held against what it cites.
    """

    library: Library
    """Where answers are looked for."""
    reader: Reader = field(default_factory=Reader)
    """Ranks sentences."""
    confidence: Confidence = field(default_factory=Confidence)
    """How sure an answer is, and from where on it is given."""
    model: Model | None = None
    """The model that somebody named; None: the documents' own sentences."""
    k: int = 5
    """Passages that are read."""

    @property
    def version(self) -> str:
        """Hash of everything that determines the answers."""
        asked = None if self.model is None else [self.model.version, PROMPT_VERSION]
        embedder = None if self.reader.embedder is None else self.reader.embedder.version
        return sha256_of([self.library.version, self.confidence.version, embedder, asked, self.k])

    async def answer(self, question: str, earlier: Sequence[Turn] = ()) -> Finished:
        """The answer, when all is done.

        Raises:
            DataError: the question is empty or longer than 2,000 characters.
            EnvironmentFailure: the model cannot be reached.
        """
        happened = [event async for event in self.events(question, earlier)]
        assert isinstance(happened[-1], Finished)
        return happened[-1]

    async def events(self, question: str, earlier: Sequence[Turn] = ()) -> AsyncIterator[Event]:
        """What happens, as it happens; :class:`Finished` comes last.

        Raises:
            DataError: the question is empty or longer than 2,000 characters.
            EnvironmentFailure: the model cannot be reached.
        """
        asked = rewritten(_sound(question), earlier)
        yield Understood(question=asked)
        if (back := unclear(asked.question)) is not None:
            yield _asked_back(asked, back)
            return
        passages = self.library.search(asked.question, k=self.k)
        library = Opened(self.library)
        ranked = self.reader.ranked(asked.question, passages, library, asked=asked.asked)
        found = Found(
            passages=tuple(_span(passage, library) for passage in passages), near=_near(ranked, library)
        )
        yield found
        if not ranked:
            yield Finished(
                answer=Answer(outcome="abstain", text=ABSTAINED), question=asked, passages=found.passages
            )
            return
        if options := _meanings(asked.question, ranked):
            text = "That depends. Which do you mean: " + "; or ".join(options) + "?"
            yield _asked_back(asked, text, options=options, found=found)
            return
        if self.model is None:
            async for event in self._quoted(asked, ranked, found, library):
                yield event
        else:
            async for event in self._written(asked, ranked, found, library, self.model):
                yield event

    async def _quoted(
        self, asked: Rewritten, ranked: list[Sentence], found: Found, library: Library
    ) -> AsyncIterator[Event]:
        """The best sentences, word for word."""
        signals = self.reader.signals(asked.question, ranked[0], library)
        sure = self.confidence.of(signals)
        said = []
        if sure >= self.confidence.threshold:
            for one in chosen(asked.asked, ranked):
                sentence = AnswerSentence(text=one.span.quote, citations=(one.span,), supported=1.0)
                said.append(_said(sentence, library))
                yield said[-1]
                await asyncio.sleep(0)
        yield _finished(asked, said, sure=sure, found=found, signals=signals)

    async def _written(
        self, asked: Rewritten, ranked: list[Sentence], found: Found, library: Library, model: Model
    ) -> AsyncIterator[Event]:
        """What a model makes of the sentences, as far as they say it."""
        wanted, given = request(asked.question, ranked)
        reply = await model.reply(wanted)
        written = read_reply(reply, given)
        kept = [one for one in written.sentences if one.trouble is None]
        withheld = [
            Withheld(text=one.text, why=one.trouble) for one in written.sentences if one.trouble is not None
        ]
        for event in withheld:
            yield event
        best = max((source for one in kept for source in one.sources), key=_score, default=ranked[0])
        signals = self.reader.signals(asked.question, best, library)
        sure = self.confidence.of(signals)
        if not kept and written.trouble is None:
            sure = (
                min(sure, self.confidence.threshold) * 0.5
            )  # the model found nothing, or nothing that holds
        said = []
        if sure >= self.confidence.threshold:
            for one in kept:
                cited = tuple(source.span for source in one.sources)
                sentence = AnswerSentence(text=one.text, citations=cited, supported=one.supported)
                said.append(_said(sentence, library))
                yield said[-1]
        yield _finished(
            asked, said, sure=sure, found=found, signals=signals, withheld=withheld,
            trouble=written.trouble, reply=reply,
        )  # fmt: skip


def _said(sentence: AnswerSentence, library: Library) -> Said:
    """The sentence with its places, each citation held against its document once more."""
    for span in sentence.citations:
        if not verified(span, library.document(span.document)):
            raise DataError(f"A citation of {span.document!r} does not stand where it says.")
    return Said(
        sentence=sentence,
        places=tuple(library.document(span.document).place(span.start) for span in sentence.citations),
    )


def _span(passage: Passage, library: Library) -> Span:
    text = library.document(passage.document).text
    start, end = passage.start, passage.end
    return Span(document=passage.document, start=start, end=end, quote=text[start:end])


def _near(ranked: Sequence[Sentence], library: Library) -> tuple[Near, ...]:
    """The best sentence of each of the best passages."""
    first: dict[int, Sentence] = {}
    for one in ranked:
        first.setdefault(one.rank, one)
    return tuple(
        Near(place=library.document(one.span.document).place(one.span.start), span=one.span)
        for one in list(first.values())[:_NEAR]
    )


def _meanings(question: str, ranked: Sequence[Sentence]) -> tuple[str, ...]:
    """Headings under which a short question has different answers that fit alike; none: one fits best.

    Only questions for a number or a date: there, two answers can be seen to differ.
    """
    kind = answer_kind(question)
    asked = set(wording.stems(question))
    best = ranked[0]
    if kind not in {"number", "date"} or len(asked) > _SHORT or not best.headings:
        return ()
    different: dict[tuple[str, ...], set[str]] = {}
    for one in ranked:
        fits = best.score - one.score <= _CLOSE and has_kind(kind, one.span.quote, besides=asked)
        values = wording.numbers(one.span.quote)
        if fits and one.headings and values and values not in different.values():
            different.setdefault(one.headings, values)
    named = [set(wording.stems(headings[-1])) for headings in different]
    if len(different) < 2 or any(words and words <= asked for words in named):
        return ()
    return tuple(" > ".join(headings[-2:]) for headings in list(different)[:3])


def _score(one: Sentence) -> float:
    return one.score


def _sound(question: str) -> str:
    plain = " ".join(question.split())
    if not plain:
        raise DataError("The question is empty.", hint="For instance: How many days may I carry over?")
    if len(plain) > _LONGEST_QUESTION:
        raise DataError(
            f"The question has {len(plain):,} characters; at most {_LONGEST_QUESTION:,} are read.",
            hint="Ask in a sentence or two, and put documents into the index.",
        )
    return plain


def _asked_back(
    asked: Rewritten, text: str, *, options: tuple[str, ...] = (), found: Found | None = None
) -> Finished:
    return Finished(
        answer=Answer(outcome="ask_back", text=text),
        question=asked,
        options=options,
        passages=found.passages if found is not None else (),
        near=found.near if found is not None else (),
    )


def _finished(
    asked: Rewritten,
    said: Sequence[Said],
    *,
    sure: float,
    found: Found,
    signals: Signals,
    withheld: Sequence[Withheld] = (),
    trouble: str | None = None,
    reply: Reply | None = None,
) -> Finished:
    sentences = tuple(one.sentence for one in said)
    nothing = ABSTAINED if trouble is None else FAILED
    text = " ".join(one.text for one in sentences) if sentences else nothing
    answer = Answer(
        outcome="answer" if sentences else "abstain", text=text, sentences=sentences, confidence=sure
    )
    return Finished(
        answer=answer,
        question=asked,
        places=tuple(one.places for one in said),
        passages=found.passages,
        near=() if sentences else found.near,
        withheld=tuple(withheld),
        signals=signals,
        trouble=trouble,
        reply=reply,
    )
