"""From all that was found for a field to what the record says: found, absent, not found or conflict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from shipworthy.apps.extract.reading import in_bounds
from shipworthy.apps.extract.schema import FieldSpec, folded
from shipworthy.core.canonical import canonical_json
from shipworthy.evals.jobs.outputs import Field
from shipworthy.retrieval.document import Document, Span, verified

__all__ = ["Found", "chosen"]

_AS_GOOD = 0.06  # two values whose scores are this close have equal reason
_SURE = 0.99
_AGAIN = 0.02  # what each further place that agrees adds
_MOST_SPANS = 50


@dataclass(frozen=True, slots=True)
class Found:
    """A value somewhere in a document, and how good the reason for it is."""

    value: Any
    """The value as JSON; None where the document says that there is none."""
    spans: tuple[tuple[int, int], ...]
    """Where it stands."""
    score: float
    """How good the reason is, 0 to 1."""
    why: str
    """The reason in words."""
    others: tuple[Any, ...] = ()
    """What the same words may mean as well."""
    absent: bool = False
    """Whether the document says that there is none."""


def chosen(spec: FieldSpec, found: Iterable[Found], document: Document, *, nothing: str) -> Field:
    """What the record says about a field.

    Args:
        spec: The field.
        found: Everything that was found, in any order.
        document: What the spans are held against: a value none of whose spans is verbatim is not used.
        nothing: Why there may be nothing, in words.
    """
    usable = [one for one in found if _spans(one, document)]
    values = [one for one in usable if not one.absent]
    denials = [one for one in usable if one.absent]
    best = max((one.score for one in values), default=0.0)
    if denials and max(one.score for one in denials) >= best:
        said = max(denials, key=lambda one: one.score)
        return Field(state="absent", spans=_spans(said, document), confidence=said.score, why=said.why)
    if not values:
        return Field(state="not_found", why=nothing)
    if spec.kind == "list":
        return _list(spec, values, document)
    return _single(spec, values, document, best)


def _spans(found: Found, document: Document) -> tuple[Span, ...]:
    spans = (
        Span(document=document.name, start=start, end=end, quote=document.text[start:end])
        for start, end in found.spans
    )
    return tuple(span for span in spans if verified(span, document))


def _single(spec: FieldSpec, values: Sequence[Found], document: Document, best: float) -> Field:
    groups = _grouped([one for one in values if one.score >= best - _AS_GOOD])
    if len(groups) > 1 and spec.several != "conflict":
        ordered = sorted(groups, key=lambda group: min(one.spans[0] for one in group))
        groups = [ordered[0 if spec.several == "first" else -1]]
    if len(groups) > 1:
        return _conflict(groups, document, best, "the document gives different values with equal reason")
    group = sorted(groups[0], key=lambda one: -one.score)
    lead = group[0]
    if lead.others and all(one.others for one in group):
        return _conflict([group], document, best, "the same words can be read in more than one way")
    value = next((one.value for one in group if not one.others), lead.value)
    again = (len({one.spans for one in group}) - 1) * _AGAIN
    return Field(
        state="found",
        value=value,
        spans=_all_spans(group, document),
        confidence=round(min(_SURE, lead.score + again), 4),
        why=lead.why,
    )


def _conflict(groups: Sequence[Sequence[Found]], document: Document, best: float, why: str) -> Field:
    values: dict[str, Any] = {}
    for group in groups:
        for one in group:
            for value in (one.value, *one.others):
                values.setdefault(_key(value), value)
    leads = [one for group in groups for one in group]
    return Field(
        state="conflict",
        spans=_all_spans(leads, document),
        confidence=round(best / max(2, len(values)), 4),
        others=tuple(values.values()),
        why=why,
    )


def _all_spans(found: Sequence[Found], document: Document) -> tuple[Span, ...]:
    spans = {(span.start, span.end): span for one in found for span in _spans(one, document)}
    return tuple(spans[place] for place in sorted(spans))[:_MOST_SPANS]


def _grouped(values: Sequence[Found]) -> list[list[Found]]:
    """Those that mean the same together. What can be read in two ways goes with what can be read in one."""
    groups: dict[str, list[Found]] = {}
    for one in sorted(values, key=lambda one: (bool(one.others), -one.score)):
        keys = [_key(value) for value in (one.value, *one.others)]
        home = next((key for key in keys if key in groups), None)
        if home is None and isinstance(one.value, str):
            home = next((key for key in groups if _within(key, keys[0])), None)
        groups.setdefault(home or keys[0], []).append(one)
    return list(groups.values())


def _within(one: str, other: str) -> bool:
    """Whether one text is the beginning of the other, at the end of a word."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(f"{short} ")


def _key(value: Any) -> str:
    return folded(value) or value if isinstance(value, str) else canonical_json(value)


def _list(spec: FieldSpec, values: Sequence[Found], document: Document) -> Field:
    items: dict[str, list[Found]] = {}
    for one in sorted(values, key=lambda one: one.spans[0]):
        items.setdefault(_key(one.value) if spec.item.kind != "object" else str(one.spans), []).append(one)
    kept = [group[0] for group in items.values()]
    value = [one.value for one in kept]
    if not in_bounds(spec, value):
        why = f"{len(value)} items were found, which is not between min and max"
        return Field(state="not_found", why=why)
    return Field(
        state="found",
        value=value,
        spans=tuple(span for one in kept for span in _spans(one, document)),
        confidence=round(sum(one.score for one in kept) / len(kept), 4),
        why=kept[0].why,
    )
