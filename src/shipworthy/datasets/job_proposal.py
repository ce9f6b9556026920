"""Which column probably means what in a file of questions, of documents' records or of transcripts.

The same way as for texts with labels (``proposal``): by values, then by name, each choice with its reason. A
label of these jobs is JSON in one column, or a few columns, one for each part of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeAlias

from shipworthy.datasets.proposal import (
    Chooser,
    Profile,
    Proposal,
    cluster_score,
    dated,
    id_score,
    label_source_score,
    profiles,
    segments_of,
    shown,
    split_score,
    text_score,
    time_score,
)
from shipworthy.datasets.table import Table
from shipworthy.datasets.values import spelling_key

__all__ = ["JobOfFile", "propose_for_job"]

JobOfFile: TypeAlias = Literal["answer", "extract", "summarise"]

_MOSTLY = 0.8
_NO_FIELDS: Mapping[str, Collection[str]] = {}
_QUESTION = frozenset({"question", "query", "ask", "asked", "utterance", "prompt", "message", "title"})
_SAID = frozenset({"true", "false", "yes", "no", "y", "n", "0", "1", "0.0", "1.0"})
_ANSWERABLE = frozenset({"answerable", "answered", "possible", "known"})
_NEGATED = frozenset({"unanswerable", "impossible", "unknown"})
_ANSWER = frozenset(
    {"answer", "answers", "reference", "expected", "gold", "response", "reply", "truth", "solution"}
)
_DOCUMENT = frozenset({"document", "doc", "source", "file", "page", "article"})
_QUOTE = frozenset({"quote", "evidence", "passage", "context", "citation", "support", "excerpt"})
_PARTS: Mapping[str, set[str]] = {
    "answer": {"answerable", "answers", "answer", "evidence", "quote", "document"},
    "summarise": {"items"},
}


def propose_for_job(
    table: Table,
    *,
    job: JobOfFile,
    documents: Collection[str] = (),
    fields: Mapping[str, Collection[str]] = _NO_FIELDS,
) -> Proposal:
    """Say which column probably is the question or the document, which the label, and so on.

    Args:
        table: The file.
        job: The job.
        documents: Names of the documents, as paths below their folder.
        fields: Fields of a record with what else they are called, for ``extract``.

    Returns:
        The proposal; ``input`` is empty where no column holds questions, or names the documents.
    """
    names = frozenset(documents)
    chooser = Chooser(profiles(table))
    split = chooser.take("split", split_score, lambda p: f"its values are {shown(p)}")
    source = chooser.take("label_source", label_source_score, lambda _: "its name says who gave the label")
    label = chooser.take("label", _json_score(job), lambda _: "it holds labels as JSON")
    parts: dict[str, str] = {}
    if job == "answer":
        inputs = chooser.take("input", _question_score, lambda _: "it holds questions")
        parts = {} if label is not None else _answer_parts(chooser, names)
    else:
        inputs = chooser.take("input", _names_score(names), lambda p: _named(p, names))
        if job == "extract" and label is None:
            parts = _field_parts(chooser, fields)
    time = chooser.take("time", time_score, dated)
    identity = chooser.take("id", id_score(table), lambda _: "every row has another value")
    cluster = chooser.take(
        "cluster", cluster_score, lambda p: f"{p.distinct:,} values come back over {p.filled:,} rows"
    )
    return Proposal(
        input=() if inputs is None else (inputs.name,),
        label=None if label is None else label.name,
        label_parts=parts,
        id=None if identity is None else identity.name,
        segments=segments_of(chooser, None),
        cluster=None if cluster is None else cluster.name,
        time=None if time is None else time.name,
        split=None if split is None else split.name,
        label_source=None if source is None else source.name,
        reasons=chooser.reasons,
        runner_up={role: name for role, name in chooser.runner_up.items() if name in chooser.free},
    )


def _share(profile: Profile, holds: Callable[[str], bool]) -> float:
    return sum(map(holds, profile.sample)) / max(1, len(profile.sample))


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _json_score(job: JobOfFile) -> Callable[[Profile], float]:
    """Whether its values are labels of this job, written as JSON."""
    known = _PARTS.get(job)

    def is_label(text: str) -> bool:
        plain = _plain(text) if text.lstrip().startswith("{") else None
        return isinstance(plain, dict) and bool(plain) and (known is None or known >= plain.keys())

    def score(profile: Profile) -> float:
        share = _share(profile, is_label)
        return share if share >= _MOSTLY else 0.0

    return score


def _question_score(profile: Profile) -> float:
    """Text, and the more so when it asks or is named after a question."""
    if not profile.is_text and not profile.has(_QUESTION):
        return 0.0
    asks = _share(profile, lambda text: text.rstrip().endswith(("?", "？", "؟")))
    answers = profile.has(_ANSWER) or profile.has(_QUOTE)
    return max(0.0, text_score(profile) + 50 * profile.has(_QUESTION) + 60 * asks - 60 * answers) or 0.1


def _names_score(names: frozenset[str]) -> Callable[[Profile], float]:
    def score(profile: Profile) -> float:
        share = _share(profile, lambda text: text in names)
        return share if share >= _MOSTLY / 2 else 0.0

    return score


def _named(profile: Profile, names: frozenset[str]) -> str:
    lost = next((text for text in profile.sample if text not in names), None)
    more = "" if lost is None else f", but not {lost[:60]!r}"
    return f"its values are names of the documents{more}"


def _answer_parts(chooser: Chooser, names: frozenset[str]) -> dict[str, str]:
    """The columns of a right answer; none where there is neither an answer nor a quote."""
    answerable = chooser.take("answerable", _answerable_score, lambda p: f"its values are {shown(p)}")
    document = chooser.take(
        "document",
        lambda p: 2 * _names_score(names)(p) or 0.5 * (p.has(_DOCUMENT) and not p.is_text),
        lambda _: "it names the document that holds the answer",
    )
    quote = chooser.take(
        "quote", lambda p: float(p.has(_QUOTE) and not p.numeric), lambda _: "it holds the words to cite"
    )
    answer = chooser.take(
        "answer",
        lambda p: p.has(_ANSWER) + 1.0 * (spelling_key(p.name) == "answer"),
        lambda _: "it holds the right answer",
    )
    found = {"answerable": answerable, "answer": answer, "document": document, "quote": quote}
    if answer is None and quote is None:
        for profile in filter(None, found.values()):
            chooser.reasons.pop(profile.name)
        return {}
    if quote is None and document is not None:
        found["document"] = None
        chooser.reasons[document.name] = "it names a document, which says nothing without the words in it"
    return {part: profile.name for part, profile in found.items() if profile is not None}


def _answerable_score(profile: Profile) -> float:
    if profile.has(_NEGATED) or not profile.has(_ANSWERABLE):
        return 0.0
    return float(bool(profile.values) and all(value.casefold().strip() in _SAID for value in profile.values))


def _field_parts(chooser: Chooser, fields: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Fields of the schema to the columns of the same name, however it is spelled."""
    found = {}
    for field, others in fields.items():
        names = {_spelled(name) for name in (field, *others)}
        column = next((name for name in chooser.free if _spelled(name) in names), None)
        if column is not None:
            found[field] = column
            chooser.keep(column, lambda _: "it is named like a field of the schema")
    return found


def _spelled(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
