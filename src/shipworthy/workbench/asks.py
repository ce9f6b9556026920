"""Questions about documents: asked once, in a conversation, or as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.apps.answer.answering import Finished
from shipworthy.apps.answer.conversation import Rewritten, Turn, rewritten
from shipworthy.apps.answer.library import GivenPassages
from shipworthy.core.errors import DataError, Where
from shipworthy.core.files import readable, write_atomic
from shipworthy.evals.jobs.outputs import Answer
from shipworthy.workbench.asking import NO_DOCUMENTS, Asking
from shipworthy.workbench.json_lines import GivenLine, LineProblem, each_line, problem_of
from shipworthy.workbench.runs import AS_USUAL
from shipworthy.workbench.runs import Asking as ModelCalls

if TYPE_CHECKING:
    from shipworthy.retrieval.document import Place, Span

__all__ = [
    "AskedAnswer",
    "AskedSentence",
    "Citation",
    "WithheldSentence",
    "add_turn",
    "ask_documents",
    "ask_lines",
    "asked_answer",
    "read_conversation",
]

_LONGEST_LINE = 2_000_000
_MOST_TURNS = 1_000
_MOST_PASSAGES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A sentence of a document."""

    number: int
    """As it stands in square brackets, from 1."""
    document: str
    """Name of the document."""
    page: int | None
    """Page, from 1, where the format has pages."""
    line: int | None
    """Line or turn, from 1, where the format has lines."""
    headings: tuple[str, ...]
    """The headings above it."""
    start: int
    """Position of its first character in the document's text."""
    end: int
    """Position after its last character."""
    quote: str
    """The words: exactly what stands there."""
    place: str
    """Document, page, line and headings as one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSentence:
    """One sentence of an answer."""

    text: str
    """The sentence."""
    citations: tuple[int, ...]
    """Numbers of what it rests on."""
    supported: float
    """How well that supports it, 0 to 1; 1 where it is a quotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldSentence:
    """A sentence that a model wrote and that is no part of the answer."""

    text: str
    """The sentence."""
    why: str
    """Why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAnswer:
    """A question and its answer, or an honest none."""

    id: str | None
    """The question's id, where it came with one."""
    question: str
    """What was typed."""
    looked_for: str
    """The question as it was looked for."""
    carried: tuple[str, ...]
    """Words that were taken from the conversation."""
    outcome: Literal["answer", "abstain", "ask_back"]
    """Answered, not in these documents, or the question has to be clearer first."""
    text: str
    """What the user reads."""
    sentences: tuple[AskedSentence, ...]
    """The sentences of an answer."""
    citations: tuple[Citation, ...]
    """What they rest on; each was held against its document."""
    nearest: tuple[Citation, ...]
    """Sentences that came near, where there is no answer."""
    options: tuple[str, ...]
    """What may have been meant, of a question back."""
    withheld: tuple[WithheldSentence, ...]
    """What a model wrote that its sources do not say."""
    confidence: float
    """How sure it is that the documents answer the question, 0 to 1."""
    threshold: float
    """From which confidence on it answers."""
    how: str
    """The model that wrote, or ``quoted``."""
    trouble: str | None
    """Why a model gave no usable reply."""
    tokens_in: int | None
    """Tokens the model read."""
    tokens_out: int | None
    """Tokens it wrote."""
    cost: float | None
    """US dollars of the call; None: no call, or its price is unknown."""


def ask_documents(
    target: str,
    question: str,
    *,
    start: Path,
    model: str | None = None,
    meaning: bool | None = None,
    conversation: Path | None = None,
    calls: ModelCalls = AS_USUAL,
) -> AskedAnswer:
    """Answer one question from documents.

    Args:
        target: A feature, a folder with an index, or a folder of documents.
        question: What to answer.
        start: A folder in or below the workspace.
        model: The model that somebody named; None answers with the documents' own sentences.
        meaning: Whether meanings are compared too; None: where the model for it is installed. False also
            searches the documents by words only.
        conversation: File with the turns before this one; this one is added.
        calls: How the model is asked: budget, leave to send personal data.

    Raises:
        UserError: there are no such documents, or the question or the file cannot be used.
        EnvironmentFailure: the model cannot be reached.
    """
    earlier = read_conversation(conversation) if conversation is not None else ()
    with Asking(target, start=start, model=model, meaning=meaning, calls=calls) as asking:
        found = asked_answer(asking.answer(question, earlier), asking)
    if conversation is not None:
        add_turn(conversation, found)
    return found


def ask_lines(
    target: str,
    lines: Iterable[str],
    *,
    start: Path,
    model: str | None = None,
    meaning: bool | None = None,
    calls: ModelCalls = AS_USUAL,
) -> Iterator[AskedAnswer | LineProblem]:
    """Answer JSON Lines such as ``{"id": "7", "question": "How long is the notice period?"}``.

    A line may bring its ``conversation`` (a list of ``{"question", "answer"}``) and its own ``passages``
    (a list of texts, which are then searched in place of the documents). A question that is empty or too
    long is asked back. A line that cannot be used gives a problem in its place, and the others are answered
    all the same.

    Raises:
        UserError: there are no such documents.
        EnvironmentFailure: the model cannot be reached.
    """
    with Asking(target, start=start, model=model, meaning=meaning, calls=calls) as asking:
        yield from each_line(
            lines,
            lambda line: _answered(asking, line, alone=target == NO_DOCUMENTS),
            problem_of,
            longest=_LONGEST_LINE,
            hint='Each line should be like {"id": "7", "question": "How long is the notice?"}.',
        )


def _answered(asking: Asking, line: GivenLine, *, alone: bool) -> AskedAnswer:
    row = _row(line)
    if row.passages is None and alone:
        message = "This brings no 'passages', and no documents were named."
        raise DataError(message, where=line.where())
    library = None if row.passages is None else GivenPassages(row.passages)
    try:
        found = asking.answer(row.question, row.earlier, library=library)
    except DataError as error:
        found = _asked_back(row.question, error)
    return asked_answer(found, asking, id_=line.id)


def read_conversation(path: Path) -> tuple[Turn, ...]:
    """The turns of a conversation that was kept; none where there is no such file yet.

    Raises:
        DataError: the file holds something else.
    """
    if not path.exists():
        return ()
    text = readable(path).read_bytes()[:_LONGEST_LINE].decode("utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()][-_MOST_TURNS:]
    return tuple(_turn(line, number, path) for number, line in enumerate(lines, start=1))


def add_turn(path: Path, found: AskedAnswer) -> None:
    """Write one more turn to a conversation's file."""
    before = readable(path).read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    turn = {
        "question": found.looked_for,
        "asked": found.question,
        "outcome": found.outcome,
        "answer": found.text,
    }
    write_atomic(path, before + json.dumps(turn, ensure_ascii=False) + "\n")


def asked_answer(found: Finished, asking: Asking, *, id_: str | None = None) -> AskedAnswer:
    """What a face shows of a finished question."""
    numbers: dict[tuple[str, int, int], Citation] = {}
    sentences = []
    for sentence, places in zip(found.answer.sentences, found.places, strict=True):
        cited = [
            _citation(span, place, numbers) for span, place in zip(sentence.citations, places, strict=True)
        ]
        sentences.append(
            AskedSentence(
                text=sentence.text,
                citations=tuple(one.number for one in cited),
                supported=sentence.supported,
            )
        )
    near: dict[tuple[str, int, int], Citation] = {}
    nearest = () if found.answer.outcome == "answer" else found.near
    for one in nearest:
        _citation(one.span, one.place, near)
    reply = found.reply
    return AskedAnswer(
        id=id_,
        question=found.question.asked,
        looked_for=found.question.question,
        carried=found.question.carried,
        outcome=found.answer.outcome,
        text=found.answer.text,
        sentences=tuple(sentences),
        citations=tuple(numbers.values()),
        nearest=tuple(near.values()),
        options=found.options,
        withheld=tuple(WithheldSentence(text=one.text, why=one.why) for one in found.withheld),
        confidence=found.answer.confidence,
        threshold=asking.answerer.confidence.threshold,
        how=asking.how,
        trouble=found.trouble,
        tokens_in=None if reply is None else reply.tokens_in,
        tokens_out=None if reply is None else reply.tokens_out,
        cost=None if reply is None else reply.cost,
    )


def _citation(span: Span, place: Place, known: dict[tuple[str, int, int], Citation]) -> Citation:
    """The citation of a span, with the number it has or the next one."""
    return known.setdefault(
        (span.document, span.start, span.end),
        Citation(
            number=len(known) + 1,
            document=span.document,
            page=place.page,
            line=place.line,
            headings=place.headings,
            start=span.start,
            end=span.end,
            quote=span.quote,
            place=str(place),
        ),
    )


def _asked_back(question: str, error: DataError) -> Finished:
    asked = Rewritten(question=question, asked=question)
    return Finished(answer=Answer(outcome="ask_back", text=error.message), question=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    question: str
    earlier: tuple[Turn, ...]
    passages: list[str] | None


def _row(line: GivenLine) -> _Row:
    plain = line.fields()
    if not isinstance(plain.get("question"), str):
        raise line.bad("This has no question.")
    passages = plain.get("passages")
    if passages is not None and not _texts(passages):
        message = f"These are not a list of at most {_MOST_PASSAGES} texts."
        raise line.bad(message, field="passages")
    earlier = plain.get("conversation") or []
    turns = isinstance(earlier, list) and all(
        isinstance(turn, dict) and isinstance(turn.get("question"), str) for turn in earlier
    )
    if not turns:
        message = 'This is not a list of {"question": …, "answer": …}.'
        raise line.bad(message, field="conversation")
    return _Row(
        question=plain["question"],
        earlier=_standing_alone(earlier),
        passages=passages,
    )


def _texts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MOST_PASSAGES
        and all(isinstance(one, str) for one in value)
    )


def _standing_alone(turns: Sequence[dict[str, Any]]) -> tuple[Turn, ...]:
    """The turns of a conversation, each question made to stand alone by those before it."""
    found: list[Turn] = []
    for turn in turns[-_MOST_TURNS:]:
        asked = rewritten(turn["question"], found)
        found.append(Turn(question=asked.question, answer=str(turn.get("answer") or "")))
    return tuple(found)


def _turn(line: str, number: int, path: Path) -> Turn:
    try:
        plain = json.loads(line)
        return Turn(question=str(plain["question"]), answer=str(plain.get("answer") or ""))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(
            "This is no turn of a conversation.",
            where=Where(file=path, line=number),
            hint='Each line should be like {"question": "…", "answer": "…"}; or name a new file.',
        ) from None
