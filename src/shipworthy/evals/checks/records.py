"""Checks of records extracted from documents. A value that is a list counts value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.evals.checks import matching
from shipworthy.evals.checks.check import Case, Check, Job, Score
from shipworthy.evals.checks.places import find_quote, is_verbatim, overlap

if TYPE_CHECKING:
    from shipworthy.evals.jobs.labels import FieldLabel, RecordLabel
    from shipworthy.evals.jobs.outputs import Field, Record
    from shipworthy.retrieval.document import Span

__all__ = ["RECORD_CHECKS", "RecordCase", "record_judged"]

Scores = Mapping[str, Score | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCase(Case):
    """A record beside what is right."""

    label: RecordLabel
    """What is right."""
    output: Record
    """What was extracted."""

    def pairs(self) -> Iterator[tuple[str, FieldLabel, Any]]:
        """Name, label and extracted value of every labelled field; None where none was found."""
        for name, label in self.label.fields.items():
            field = self.output.fields.get(name)
            yield name, label, field.value if field is not None and field.state == "found" else None

    def found(self) -> Iterator[tuple[str, Field]]:
        """Every extracted field with a value."""
        return ((name, field) for name, field in self.output.fields.items() if field.state == "found")


def record_judged(case: RecordCase) -> str:
    """Right, or the kind of failure: right means every labelled field is, and every span is verbatim.

    The worst field names the failure: a value where there is none (invented), a wrong value, a value that
    was not found (missed), a value whose words do not stand in the document (unsupported).
    """
    kinds = {_field_judged(label.value, value) for _, label, value in case.pairs()}
    if not all(is_verbatim(span, case.documents) for span in _spans(case)):
        kinds.add("unsupported")
    return next((kind for kind in ("invented", "wrong", "missed", "unsupported") if kind in kinds), "right")


def _field_judged(label: Any, value: Any) -> str:
    if matching.same_value(label, value):
        return "right"
    return "invented" if label is None else "missed" if value is None else "wrong"


def _spans(case: RecordCase) -> list[Span]:
    return [span for _, field in case.found() for span in field.spans]


def _counts(label: Any, value: Any) -> tuple[int, int, int]:
    """Values in common, values only extracted, values only labelled."""
    wanted, given = _listed(label), _listed(value)
    common = matching.set_matches(given, wanted)
    return common, len(given) - common, len(wanted) - common


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _per_field(case: RecordCase, score: Callable[[int, int, int], Score]) -> Scores:
    return {name: score(*_counts(label.value, value)) for name, label, value in case.pairs()}


def _accuracy(case: RecordCase) -> Scores:
    return {
        name: Score(points=matching.same_value(label.value, value)) for name, label, value in case.pairs()
    }


def _precision(case: RecordCase) -> Scores:
    return _per_field(case, lambda both, extra, _: Score(points=both, of=both + extra))


def _recall(case: RecordCase) -> Scores:
    return _per_field(case, lambda both, _, lacking: Score(points=both, of=both + lacking))


def _f1(case: RecordCase) -> Scores:
    return _per_field(
        case, lambda both, extra, lacking: Score(points=2 * both, of=2 * both + extra + lacking)
    )


def _set_f1(case: RecordCase) -> Scores | None:
    lists = {name for name, label, _ in case.pairs() if isinstance(label.value, list)}
    return {name: score for name, score in _f1(case).items() if name in lists} or None


def _compared(case: RecordCase, same: Callable[[Any, Any], bool | None]) -> Scores | None:
    """Fields with a labelled value that ``same`` can say something about; a missing value is not the same."""
    found = {}
    for name, label, value in case.pairs():
        wanted, given = _listed(label.value), _listed(value)
        if wanted and all(same(one, one) is not None for one in wanted):
            hits = matching.set_matches(given, wanted, same)
            found[name] = Score(points=hits, of=max(len(wanted), len(given)))
    return found or None


def _exact(case: RecordCase) -> Scores | None:
    return _compared(case, matching.exact)


def _same_text(case: RecordCase) -> Scores | None:
    return _compared(case, matching.same_text)


def _numeric(case: RecordCase) -> Scores | None:
    return _compared(case, matching.same_number)


def _dates(case: RecordCase) -> Scores | None:
    return _compared(case, matching.same_date)


def _verbatim(case: RecordCase) -> Score:
    spans = _spans(case)
    return Score(points=sum(is_verbatim(span, case.documents) for span in spans), of=len(spans))


def _with_span(case: RecordCase) -> Scores:
    return {
        name: Score(points=any(is_verbatim(span, case.documents) for span in field.spans))
        for name, field in case.found()
    }


def _overlap(case: RecordCase) -> Scores | None:
    document = case.documents.get(case.text)
    if document is None:
        return None
    found = {}
    for name, label in case.label.fields.items():
        place = find_quote(label.quote, document) if label.quote else None
        if place is None:
            continue
        field = case.output.fields.get(name)
        spans = field.spans if field is not None and field.state == "found" else ()
        found[name] = Score(points=max((overlap((s.start, s.end), place) for s in spans), default=0.0))
    return found or None


_JOB: frozenset[Job] = frozenset({"extract"})


def _check(
    name: str, measure: Callable[[RecordCase], Scores | Score | None], title: str, words: str
) -> Check:
    return Check(name=name, jobs=_JOB, measure=measure, title=title, words=words)


RECORD_CHECKS: tuple[Check, ...] = (
    _check(
        "field_accuracy",
        _accuracy,
        "fields that are right",
        "Share of fields that are right; without a value, to give none is right.",
    ),
    _check(
        "field_precision",
        _precision,
        "values given that are right",
        "Of the values it gives, the share that are right.",
    ),
    _check(
        "field_recall",
        _recall,
        "values in the documents that are found",
        "Of the values the documents hold, the share it gives rightly.",
    ),
    _check(
        "field_f1",
        _f1,
        "values right and values found in one score",
        "Values right and values found in one score, every value counting the same.",
    ),
    _check(
        "set_f1",
        _set_f1,
        "values of lists right and found in one score",
        "The same for fields that are lists, in any order.",
    ),
    _check(
        "field_exact",
        _exact,
        "values given to the last character",
        "Of the values the documents hold, the share given to the last character.",
    ),
    _check(
        "field_text",
        _same_text,
        "values given in the same words",
        "Of the values the documents hold, the share given in the same words, case and punctuation apart.",
    ),
    _check(
        "field_number",
        _numeric,
        "numbers given rightly",
        "Of the values that are numbers, the share given as the same number.",
    ),
    _check(
        "field_date",
        _dates,
        "dates given rightly",
        "Of the values that are dates, the share given as the same day.",
    ),
    _check(
        "span_overlap",
        _overlap,
        "overlap of spans and labelled quotes",
        "How far its spans and the labelled quotes cover each other (characters in both over in either).",
    ),
    _check(
        "spans_verbatim",
        _verbatim,
        "spans that stand in the document, word for word",
        "Of its spans, the share whose words stand at the very place.",
    ),
    _check(
        "values_with_span",
        _with_span,
        "values with a span that stands in the document",
        "Of the values it gives, the share with a span that is verbatim.",
    ),
)
"""The checks of the job ``extract``; every one can be asked of one field, as in ``field_f1[total]``."""
