"""Outputs from elsewhere: what a function returned, what a file of recorded outputs holds.

The whole form of ``evals.jobs.outputs`` is read as it is. So that nobody has to count characters, short
forms are read too: an answer may be its text, a record may map fields to values, and whatever is quoted
(``{"document": …, "quote": …}``) is looked for in the document. A quote that does not stand there keeps a
place where it cannot be verified, and counts as what it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shipworthy.evals.checks.places import find_quote
from shipworthy.evals.jobs.outputs import Answer, Record, Summary, output_from_json

if TYPE_CHECKING:
    from shipworthy.evals.checks.check import Documents, Job
    from shipworthy.evals.jobs.outputs import Output

__all__ = ["read_output"]

_ABSTAINED = Answer(outcome="abstain", text="")


def read_output(job: Job, raw: Any, *, documents: Documents, document: str | None = None) -> Output:
    """An output of a job, in its whole or a short form.

    Args:
        job: The job.
        raw: A value of ours, plain data, or JSON text (of an answer also plain text; empty is an abstention).
        documents: Where quotes are looked for.
        document: The document that quotes stand in unless they say otherwise.

    Raises:
        ValueError: it is not an output of this job.
    """
    if isinstance(raw, Answer | Record | Summary):
        return raw
    plain = _placed(_parsed(raw), documents, document)
    try:
        match job:
            case "answer":
                return _answer(plain)
            case "extract":
                return _record(plain)
            case "summarise":
                items = plain if isinstance(plain, list) else plain["items"]
                return output_from_json(Summary, {"items": [_item(item) for item in items]})
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an output of the job {job!r}: {_brief(error)}") from None


def _brief(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return f"{type(error).__name__}: {error}"


def _parsed(raw: Any) -> Any:
    if not isinstance(raw, str) or raw.lstrip()[:1] not in {"{", "["}:
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw


def _placed(plain: Any, documents: Documents, document: str | None) -> Any:
    """The data with a place for every quote that has none."""
    if isinstance(plain, list | tuple):
        return [_placed(item, documents, document) for item in plain]
    if not isinstance(plain, Mapping):
        return plain
    if isinstance(plain.get("quote"), str) and not {"start", "value", "kind"} & set(plain):
        return _span(plain["quote"], str(plain.get("document") or document or ""), documents)
    return {name: _placed(value, documents, document) for name, value in plain.items()} | (
        {"spans": _spans(plain["quote"], documents, document)} if "quote" in plain else {}
    )


def _spans(quotes: Any, documents: Documents, document: str | None) -> list[Any]:
    each = [quotes] if isinstance(quotes, str) else quotes if isinstance(quotes, Sequence) else []
    return [_span(str(quote), document or "", documents) for quote in each]


def _span(quote: str, document: str, documents: Documents) -> dict[str, Any]:
    known = documents.get(document) if document else None
    place = find_quote(quote, known) if known is not None else None
    if known is None or place is None:
        return {"document": document, "start": 0, "end": len(quote), "quote": quote}
    return {
        "document": document,
        "start": place[0],
        "end": place[1],
        "quote": known.text[place[0] : place[1]],
    }


def _answer(plain: Any) -> Answer:
    if plain is None or (isinstance(plain, str) and not plain.strip()):
        return _ABSTAINED
    if isinstance(plain, str):
        return _said(plain.strip(), [])
    if "outcome" in plain:
        return output_from_json(Answer, plain)
    text = plain.get("text", plain.get("answer"))
    return _said(str(text).strip(), plain.get("citations") or []) if text else _ABSTAINED


def _said(text: str, citations: list[Any]) -> Answer:
    sentence = {"text": text, "citations": citations, "supported": 0.0}
    return output_from_json(Answer, {"outcome": "answer", "text": text, "sentences": [sentence]})


def _record(plain: Any) -> Record:
    fields = plain.get("fields", plain)
    return output_from_json(Record, {"fields": {str(name): _field(value) for name, value in fields.items()}})


def _field(value: Any) -> Any:
    if isinstance(value, Mapping) and "state" in value:
        return {name: part for name, part in value.items() if name != "quote"}
    spans: Any = ()
    if (
        isinstance(value, Mapping)
        and "value" in value
        and set(value) <= {"value", "quote", "spans", "confidence"}
    ):
        value, spans = value["value"], value.get("spans", ())
    empty = value is None or value == ""
    return {"state": "not_found" if empty else "found", "value": None if empty else value, "spans": spans}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {"spans": ()} | {name: value for name, value in item.items() if name != "quote"}
