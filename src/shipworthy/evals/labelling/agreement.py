"""How far two people who labelled the same rows agree, and where they differ.

Whether two labels say the same follows the rule by which a review calls an output right: nobody should be
asked to decide what a review would not tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from shipworthy.evals.checks.matching import normalised, same_date, same_text, same_value, token_f1
from shipworthy.evals.jobs.labels import AnswerLabel, Label, RecordLabel, SummaryLabel
from shipworthy.stats.agreement import agreement, cohen_kappa
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.ratios import pooled_ratio

if TYPE_CHECKING:
    from shipworthy.evals.jobs.labels import ItemLabel

__all__ = ["AgreementLine", "answers_f1", "label_agreement", "paired_items", "same_label"]

_ENOUGH, _LIKE = 0.5, 0.35
Lines: TypeAlias = "Iterator[tuple[str, Estimate]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementLine:
    """One way in which two people's labels were compared."""

    first: str
    """One of the two."""
    second: str
    """The other one."""
    about: str
    """What was compared."""
    estimate: Estimate
    """How far they agree."""


def label_agreement(labels: Mapping[str, Mapping[int, Label | str]]) -> tuple[AgreementLine, ...]:
    """Every pair of people, over the rows that both labelled; empty where no row was labelled twice.

    Args:
        labels: Label by row, by person; a text is a class.
    """
    lines = []
    for first, second in combinations(sorted(labels), 2):
        rows = sorted(labels[first].keys() & labels[second].keys())
        pairs = [(labels[first][row], labels[second][row]) for row in rows]
        lines += [
            AgreementLine(first=first, second=second, about=about, estimate=estimate)
            for about, estimate in (_compared(pairs) if pairs else ())
        ]
    return tuple(lines)


def _compared(pairs: Sequence[tuple[Label | str, Label | str]]) -> Lines:
    match pairs[0][0]:
        case str():
            yield from _kappa("label", [str(one) for one, _ in pairs], [str(other) for _, other in pairs])
        case AnswerLabel():
            yield from _answers(_both(pairs, AnswerLabel))
        case RecordLabel():
            yield from _records(_both(pairs, RecordLabel))
        case SummaryLabel():
            yield from _summaries(_both(pairs, SummaryLabel))


_L = TypeVar("_L", AnswerLabel, RecordLabel, SummaryLabel)


def _both(pairs: Sequence[tuple[Label | str, Label | str]], kind: type[_L]) -> list[tuple[_L, _L]]:
    return [(a, b) for a, b in pairs if isinstance(a, kind) and isinstance(b, kind)]


def _kappa(what: str, one: Sequence[str | bool], other: Sequence[str | bool]) -> Lines:
    yield f"{what}: the same", agreement(one, other).at()
    yield f"{what}: beyond chance (Cohen's kappa)", cohen_kappa(one, other).at()


def _answers(pairs: Sequence[tuple[AnswerLabel, AnswerLabel]]) -> Lines:
    yield from _kappa("answerable", [a.answerable for a, _ in pairs], [b.answerable for _, b in pairs])
    both = [(a, b) for a, b in pairs if a.answers and b.answers]
    yield "answers: words in common (F1)", mean(np.array([answers_f1(a, b) for a, b in both])).at()
    cited = [_share_evidence(a, b) for a, b in pairs if a.evidence and b.evidence]
    yield "evidence: a quote in common", proportion(np.array(cited, dtype=bool)).at()


def answers_f1(one: AnswerLabel, other: AnswerLabel) -> float:
    """The most words that an answer of one has in common with an answer of the other (token F1)."""
    return max((token_f1(a, b) for a in one.answers for b in other.answers), default=0.0)


def _share_evidence(one: AnswerLabel, other: AnswerLabel) -> bool:
    quotes = [(a, b) for a in one.evidence for b in other.evidence if a.document == b.document]
    texts = [(normalised(a.quote), normalised(b.quote)) for a, b in quotes]
    return any(bool(a and b) and (a in b or b in a) for a, b in texts)


def _records(pairs: Sequence[tuple[RecordLabel, RecordLabel]]) -> Lines:
    same: list[bool] = []
    rows: list[int] = []
    by_field: dict[str, list[bool]] = {}
    for row, (one, other) in enumerate(pairs):
        for name in dict.fromkeys([*one.fields, *other.fields]):
            alike = _same_field(name, one, other)
            by_field.setdefault(name, []).append(alike)
            same.append(alike)
            rows.append(row)
    yield "all fields: the same value", proportion(np.array(same, dtype=bool), clusters=np.array(rows)).at()
    for name, alike_here in by_field.items():
        yield f"{name}: the same value", proportion(np.array(alike_here, dtype=bool)).at()


def _same_field(name: str, one: RecordLabel, other: RecordLabel) -> bool:
    return same_value(*(label.fields[name].value if name in label.fields else None for label in (one, other)))


def _summaries(pairs: Sequence[tuple[SummaryLabel, SummaryLabel]]) -> Lines:
    matched = [paired_items(one, other) for one, other in pairs]
    kinds = dict.fromkeys(item.kind for pair in pairs for label in pair for item in label.items)
    for kind in (None, *kinds):
        both = [2 * sum(kind in {None, one.kind} for one, _ in found) for found in matched]
        each = [sum(kind in {None, item.kind} for label in pair for item in label.items) for pair in pairs]
        about = "all statements" if kind is None else f"kind {kind}"
        share = pooled_ratio(np.array(both, dtype=float), np.array(each, dtype=float))
        yield f"{about}: in common (F1)", share.at()
    actions = [(row, a, b) for row, found in enumerate(matched) for a, b in found if a.kind == "action"]
    for part in ("owner", "due"):
        alike = np.array([_same_words(getattr(a, part), getattr(b, part)) for _, a, b in actions], dtype=bool)
        rows = np.array([row for row, _, _ in actions], dtype=int)
        yield f"{part} of actions in common: the same", proportion(alike, clusters=rows).at()


def paired_items(one: SummaryLabel, other: SummaryLabel) -> list[tuple[ItemLabel, ItemLabel]]:
    """Statements of two people that say the same, each used once, likest first.

    As in a review: of one kind, with a line in common or a token F1 of 0.35.
    """
    likeness = []
    for i, left in enumerate(one.items):
        for j, right in enumerate(other.items):
            words, shared = token_f1(left.text, right.text), bool(set(left.lines) & set(right.lines))
            if left.kind == right.kind and (shared or words >= _LIKE):
                likeness.append((-words - shared, i, j))
    taken: dict[int, int] = {}
    for _, i, j in sorted(likeness):
        if i not in taken and j not in taken.values():
            taken[i] = j
    return [(one.items[i], other.items[j]) for i, j in sorted(taken.items())]


def _same_words(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(same_date(one, other)) or same_text(one, other)


def same_label(one: Label | str, other: Label | str) -> bool:
    """Whether two labels say the same."""
    match one, other:
        case AnswerLabel(), AnswerLabel():
            if one.answerable != other.answerable or not one.answerable:
                return one.answerable == other.answerable
            if one.answers and other.answers:
                return answers_f1(one, other) >= _ENOUGH
            return _share_evidence(one, other)
        case RecordLabel(), RecordLabel():
            return all(_same_field(name, one, other) for name in {*one.fields, *other.fields})
        case SummaryLabel(), SummaryLabel():
            pairs = paired_items(one, other)
            whole = len(pairs) == len(one.items) == len(other.items)
            return whole and all(
                _same_words(a.owner, b.owner) and _same_words(a.due, b.due) for a, b in pairs
            )
        case _:
            return one == other
