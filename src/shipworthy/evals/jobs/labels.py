"""What a person says is right, for the jobs whose answer is not one of a few classes.

A label is JSON in one column, or a few columns that ``data.label`` names. Both arrive here as one JSON
text a row; everything in it is read leniently (``yes`` is true, one answer is a list of one) and nothing
is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from shipworthy.core.errors import DataError, nearest
from shipworthy.evals.jobs.outputs import ItemKind

__all__ = [
    "AnswerLabel",
    "Evidence",
    "FieldLabel",
    "ItemLabel",
    "Label",
    "RecordLabel",
    "SummaryLabel",
    "answer_label",
    "record_label",
    "summary_label",
]

_YES = frozenset({"true", "yes", "y", "1", "1.0"})
_NO = frozenset({"false", "no", "n", "0", "0.0"})
_KINDS: tuple[str, ...] = get_args(ItemKind)
_PARTS = {
    "answer": ("answerable", "answers", "answer", "evidence", "quote", "document"),
    "item": ("kind", "text", "owner", "due", "lines"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Words of a document that hold an answer."""

    quote: str
    """The words."""
    document: str | None = None
    """The document they stand in, where the label says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLabel:
    """What is right about a question (job ``answer``)."""

    answerable: bool
    """Whether the documents answer it; where they do not, abstaining is right."""
    answers: tuple[str, ...] = ()
    """Ways to say it, each of them enough."""
    evidence: tuple[Evidence, ...] = ()
    """What an answer should cite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLabel:
    """What is right about one field."""

    value: Any
    """The value as JSON; None: the document does not give one."""
    quote: str | None = None
    """The words of the document it stands in, where the label says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLabel:
    """What is right about a document's record (job ``extract``)."""

    fields: dict[str, FieldLabel]
    """Field by its name in the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLabel:
    """One statement that a summary should make."""

    kind: ItemKind
    """What it is."""
    text: str
    """What it says."""
    owner: str | None = None
    """Who is to do it; None: nobody was named."""
    due: str | None = None
    """Until when; None: nothing was said."""
    lines: tuple[int, ...] = ()
    """Lines or turns it rests on, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLabel:
    """What is right about a transcript's summary (job ``summarise``)."""

    items: tuple[ItemLabel, ...]
    """The statements it should make."""


Label = AnswerLabel | RecordLabel | SummaryLabel
"""What is right about one example."""


def answer_label(text: str) -> AnswerLabel:
    """Read the label of a question.

    ``{"answerable": true, "answers": ["28 days"], "evidence": [{"document": "leave.md", "quote": "…"}]}``;
    ``answer``, ``quote`` and ``document`` stand for lists of one. What has an answer is answerable unless it
    says otherwise.

    Raises:
        DataError: it has another form.
    """
    plain = _mapping(text, _PARTS["answer"])
    answers = tuple(filter(None, map(_text, [*_list(plain.get("answers")), plain.get("answer")])))
    evidence = [_evidence(item) for item in _list(plain.get("evidence"))]
    if quote := _text(plain.get("quote")):
        evidence.append(Evidence(quote=quote, document=_text(plain.get("document"))))
    answerable = _yes_or_no(plain.get("answerable"), default=bool(answers or evidence))
    if answerable and not answers and not evidence:
        raise DataError("It is answerable, but gives neither an answer nor a quote that holds one.")
    return AnswerLabel(answerable=answerable, answers=answers, evidence=tuple(evidence))


def record_label(text: str) -> RecordLabel:
    """Read the label of a document's record: ``{"total": 1250.0, "due": null, "lines": ["a", "b"]}``.

    A value may come with the words it stands in: ``{"value": 1250.0, "quote": "EUR 1,250.00"}``. An empty
    text is no value.

    Raises:
        DataError: it has another form, or no field.
    """
    plain = _mapping(text, None)
    if not plain:
        raise DataError("It names no field.")
    return RecordLabel(fields={name: _field(value) for name, value in plain.items()})


def summary_label(text: str) -> SummaryLabel:
    """Read the label of a transcript's summary: ``{"items": [{"kind": "action", "text": "…", "owner": …}]}``.

    Raises:
        DataError: it has another form, or a statement is of no known kind.
    """
    return SummaryLabel(items=tuple(_item(item) for item in _list(_mapping(text, ("items",)).get("items"))))


def _mapping(text: str, known: Iterable[str] | None) -> Mapping[str, Any]:
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"It is not JSON: {text[:60]!r}.") from None
    return _checked(plain, known)


def _checked(plain: Any, known: Iterable[str] | None) -> Mapping[str, Any]:
    if not isinstance(plain, dict):
        raise DataError(f"It should be an object in braces, but is {json.dumps(plain)[:60]}.")
    wrong = [name for name in plain if known is not None and name not in known]
    if wrong:
        raise DataError(
            f"It has a part {wrong[0][:60]!r} that is not known.", hint=nearest(wrong[0], known or ())
        )
    return plain


def _list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.strip() or None


def _yes_or_no(value: Any, *, default: bool) -> bool:
    word = (_text(value) or "").casefold()
    if word in _YES or word in _NO:
        return word in _YES
    if word:
        raise DataError(f"'answerable' is {word[:40]!r}.", hint="Write true or false.")
    return default


def _evidence(item: Any) -> Evidence:
    if isinstance(item, str):
        return Evidence(quote=item)
    plain = _checked(item, ("document", "quote"))
    quote = _text(plain.get("quote"))
    if quote is None:
        raise DataError("An entry of 'evidence' has no quote.")
    return Evidence(quote=quote, document=_text(plain.get("document")))


def _field(value: Any) -> FieldLabel:
    if isinstance(value, dict) and "value" in value and set(value) <= {"value", "quote"}:
        return FieldLabel(value=_blank(value["value"]), quote=_text(value.get("quote")))
    return FieldLabel(value=_blank(value))


def _blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _item(item: Any) -> ItemLabel:
    plain = _checked(item, _PARTS["item"])
    kind, text = _text(plain.get("kind")), _text(plain.get("text"))
    if kind not in _KINDS:
        raise DataError(f"A statement is of the kind {kind!r}.", hint=nearest(kind or "", _KINDS))
    if text is None:
        raise DataError("A statement has no text.")
    lines = _list(plain.get("lines"))
    if not all(isinstance(line, int) and line > 0 for line in lines):
        raise DataError(f"The lines of a statement are {json.dumps(lines)[:60]}.", hint="Write [12, 13].")
    return ItemLabel(
        kind=kind,  # type: ignore[arg-type]  # it is one of the kinds
        text=text,
        owner=_text(plain.get("owner")),
        due=_text(plain.get("due")),
        lines=tuple(lines),
    )
