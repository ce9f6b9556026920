"""Checks of meeting summaries: which of the statements that count are there, with what they rest on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.evals.checks.check import Case, Check, Job, Score
from shipworthy.evals.checks.matching import same_date, same_text, token_f1
from shipworthy.evals.checks.places import is_verbatim, lines_of

if TYPE_CHECKING:
    from shipworthy.evals.jobs.labels import ItemLabel, SummaryLabel
    from shipworthy.evals.jobs.outputs import Item, Summary
    from shipworthy.retrieval.document import Span

__all__ = ["SUMMARY_CHECKS", "SummaryCase", "matched_items", "summary_judged"]

Scores = Mapping[str, Score | None]
_ENOUGH = 0.5
_LIKE = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryCase(Case):
    """A summary beside what is right."""

    label: SummaryLabel
    """What is right."""
    output: Summary
    """What was written."""

    @property
    def spans(self) -> list[Span]:
        """Every span of every statement."""
        return [span for item in self.output.items for span in item.spans]


def matched_items(case: SummaryCase) -> list[tuple[ItemLabel, Item]]:
    """Labelled statements with the written statement that says the same, each used once, likest first.

    Two statements of one kind say the same when they rest on a line in common, or have enough words in
    common (token F1 of 0.35: minutes are worded freely). No pair rests on the kind alone.
    """
    lines = [lines_of(item.spans, case.documents) for item in case.output.items]
    likeness = []
    for i, wanted in enumerate(case.label.items):
        for j, given in enumerate(case.output.items):
            words = token_f1(wanted.text, given.text)
            shared = bool(lines[j].intersection(wanted.lines))
            if wanted.kind == given.kind and (shared or words >= _LIKE):
                likeness.append((-words - shared, i, j))
    taken: dict[int, int] = {}
    for _, i, j in sorted(likeness):
        if i not in taken and j not in taken.values():
            taken[i] = j
    return [(case.label.items[i], case.output.items[j]) for i, j in sorted(taken.items())]


def summary_judged(case: SummaryCase) -> str:
    """Right, or the kind of failure.

    A summary is right when it has at least half of what counts and half of what it says counts (F1 of its
    statements), and every line it rests on stands in the transcript.
    """
    if not all(is_verbatim(span, case.documents) for span in case.spans):
        return "unsupported"
    both, extra, lacking = _counts(case, None)
    if 2 * both >= _ENOUGH * (2 * both + extra + lacking):
        return "right"
    return "invented" if extra > lacking else "missed"


def _counts(case: SummaryCase, kind: str | None) -> tuple[int, int, int]:
    """Statements of a kind in common, only written, only labelled."""
    both = sum(kind in {None, wanted.kind} for wanted, _ in matched_items(case))
    given = sum(kind in {None, item.kind} for item in case.output.items)
    wanted = sum(kind in {None, item.kind} for item in case.label.items)
    return both, given - both, wanted - both


def _per_kind(case: SummaryCase, score: Callable[[int, int, int], Score]) -> Scores:
    kinds = dict.fromkeys(item.kind for items in (case.label.items, case.output.items) for item in items)
    return {kind: score(*_counts(case, kind)) for kind in kinds}


def _precision(case: SummaryCase) -> Scores:
    return _per_kind(case, lambda both, extra, _: Score(points=both, of=both + extra))


def _recall(case: SummaryCase) -> Scores:
    return _per_kind(case, lambda both, _, lacking: Score(points=both, of=both + lacking))


def _f1(case: SummaryCase) -> Scores:
    return _per_kind(case, lambda both, extra, lacking: Score(points=2 * both, of=2 * both + extra + lacking))


def _owners(case: SummaryCase) -> Score:
    pairs = [(wanted.owner, item.owner) for wanted, item in matched_items(case) if wanted.kind == "action"]
    return Score(points=sum(_same(*pair) for pair in pairs), of=len(pairs))


def _dues(case: SummaryCase) -> Score:
    pairs = [(wanted.due, item.due) for wanted, item in matched_items(case) if wanted.kind == "action"]
    return Score(points=sum(_same(*pair) for pair in pairs), of=len(pairs))


def _same(wanted: str | None, given: str | None) -> bool:
    if wanted is None or given is None:
        return wanted is given
    return bool(same_date(wanted, given)) or same_text(_bare(wanted), _bare(given))


def _bare(words: str) -> str:
    """A due date without what leads to it: 'by Friday' is Friday."""
    return re.sub(r"^\s*((by|on|until|till|before|due)\s+)+", "", words, flags=re.IGNORECASE)


def _lines(case: SummaryCase) -> Score:
    pairs = [
        (set(wanted.lines), lines_of(item.spans, case.documents))
        for wanted, item in matched_items(case)
        if wanted.lines
    ]
    return Score(points=sum(len(one & other) / len(one | other) for one, other in pairs), of=len(pairs))


def _verbatim(case: SummaryCase) -> Score:
    return Score(points=sum(is_verbatim(span, case.documents) for span in case.spans), of=len(case.spans))


def _supported(case: SummaryCase) -> Score:
    items = case.output.items
    return Score(points=sum(item.supported and bool(item.spans) for item in items), of=len(items))


def _words(case: SummaryCase) -> float:
    return float(sum(len(item.text.split()) for item in case.output.items))


_JOB: frozenset[Job] = frozenset({"summarise"})


def _check(
    name: str, measure: Callable[[SummaryCase], Scores | Score | None], title: str, words: str
) -> Check:
    return Check(name=name, jobs=_JOB, measure=measure, title=title, words=words)


SUMMARY_CHECKS: tuple[Check, ...] = (
    _check(
        "item_precision",
        _precision,
        "statements made that count",
        "Of the statements it makes, the share that are among the labelled ones.",
    ),
    _check(
        "item_recall",
        _recall,
        "statements that count and are made",
        "Of the labelled statements, the share it makes.",
    ),
    _check(
        "item_f1",
        _f1,
        "statements right and statements found in one score",
        "Statements right and statements found in one score.",
    ),
    _check(
        "owner_right",
        _owners,
        "action items with the right owner, or rightly with none",
        "Of the action items found, the share with the right owner; where nobody was named, with none.",
    ),
    _check(
        "due_right",
        _dues,
        "action items with the right due date, or rightly with none",
        "Of the action items found, the share with the right due date; where none was said, with none.",
    ),
    _check(
        "line_overlap",
        _lines,
        "overlap of the lines it rests on with the labelled ones",
        "How far its lines and the labelled ones cover each other, for statements found.",
    ),
    _check(
        "spans_verbatim",
        _verbatim,
        "spans that stand in the document, word for word",
        "Of the lines it rests on, the share that stand in the transcript.",
    ),
    _check(
        "items_supported",
        _supported,
        "statements that rest on lines",
        "Of its statements, the share that rest on lines and are not marked.",
    ),
    Check(
        name="summary_words",
        title="words of a summary",
        jobs=_JOB,
        unit="count",
        better="lower",
        measure=_words,
        words="Words of a summary.",
    ),
)
"""The checks of the job ``summarise``; some can be asked of one kind, as in ``item_recall[action]``."""
