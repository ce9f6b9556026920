"""What a candidate of each job puts into the log's column ``output``, apart from ``classify``.

An application makes these values, the checks of its job read them, and the log keeps them as JSON.
Nobody believes a span because it is in here: whoever shows or counts one holds it against the document
again (``retrieval.document.verified``).
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from shipworthy.retrieval.document import Span

__all__ = [
    "Answer",
    "AnswerSentence",
    "Field",
    "FieldState",
    "Item",
    "ItemKind",
    "Output",
    "Record",
    "Summary",
    "output_from_json",
    "output_to_json",
]

FieldState = Literal["found", "absent", "not_found", "conflict"]
"""Absent: the document says there is none. Not found: nothing was recognised. Conflict: two values."""
ItemKind = Literal["decision", "action", "question", "risk"]
"""What a statement of a summary is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentence:
    """One sentence of an answer and what it rests on."""

    text: str
    """The sentence."""
    citations: tuple[Span, ...]
    """The sentences of documents that support it."""
    supported: float
    """How well they support it, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a question about documents (job ``answer``)."""

    outcome: Literal["answer", "abstain", "ask_back"]
    """Answered, honestly not, or the question has to be clearer first."""
    text: str
    """What the user reads; of an abstention or a question back, its words."""
    sentences: tuple[AnswerSentence, ...] = ()
    """The sentences of an answer; none otherwise."""
    confidence: float = 0.0
    """How sure it is that these documents answer the question, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of a record (job ``extract``)."""

    state: FieldState
    """Whether there is a value, and if not, why not."""
    value: Any = None
    """The value as JSON: text, number, true or false, date as ISO text, money as {amount, currency}, a list
    or an object; None unless the state is found."""
    spans: tuple[Span, ...] = ()
    """Where it stands."""
    confidence: float = 0.0
    """How sure it is, 0 to 1."""
    others: tuple[Any, ...] = ()
    """Other values the document gives for it, where it contradicts itself."""
    why: str = ""
    """The reason for the state, in words for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was extracted from one document (job ``extract``)."""

    fields: dict[str, Field]
    """Field by its name in the schema; nested fields are ``outer.inner``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One statement of a summary and the lines it rests on."""

    kind: ItemKind
    """What it is."""
    text: str
    """The statement."""
    spans: tuple[Span, ...]
    """The lines it rests on."""
    owner: str | None = None
    """Who is to do it; None unless a line says so."""
    due: str | None = None
    """Until when, in the words of a line or as an ISO date; None unless a line says so."""
    confidence: float = 0.0
    """How sure it is, 0 to 1."""
    supported: bool = True
    """Whether its lines support it; what is not is marked wherever it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a meeting's transcript comes to (job ``summarise``)."""

    items: tuple[Item, ...]
    """Its statements, in the order of the transcript."""


Output = Answer | Record | Summary
"""The answer of a candidate whose job is not ``classify``."""
_O = TypeVar("_O", Answer, Record, Summary)


def output_to_json(output: Output) -> dict[str, Any]:
    """The output as the log keeps it."""
    plain: dict[str, Any] = TypeAdapter(type(output)).dump_python(output, mode="json")
    return plain


def output_from_json(kind: type[_O], plain: Any) -> _O:
    """Read an output back.

    Raises:
        pydantic.ValidationError: it does not have the form of its job.
    """
    return TypeAdapter(kind).validate_python(plain)
