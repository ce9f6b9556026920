"""What a report says about a job's outputs: its checks, each kind of failure with examples, abstentions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.datasets.personal_data import masked, sightings
from shipworthy.evals.checks.answers import AnswerCase
from shipworthy.evals.checks.matching import as_text
from shipworthy.evals.checks.places import is_verbatim
from shipworthy.evals.findings import made_up
from shipworthy.evals.jobs.job import OUTCOMES
from shipworthy.evals.jobs.labels import AnswerLabel, RecordLabel, SummaryLabel
from shipworthy.evals.jobs.outputs import Answer, Record, Summary
from shipworthy.evals.review import Abstentions, CheckResult, Mistakes, Quote
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import FAILED

if TYPE_CHECKING:
    from shipworthy.evals.jobs.candidates import Panel
    from shipworthy.evals.jobs.labels import Label
    from shipworthy.evals.jobs.library import Library
    from shipworthy.evals.jobs.outputs import Output
    from shipworthy.evals.measuring import Bench
    from shipworthy.evals.review import ExampleRow, Finding
    from shipworthy.retrieval.document import Span
    from shipworthy.stats.arrays import BoolArray

__all__ = [
    "Outputs",
    "abstentions",
    "check_results",
    "failures",
    "invented_or_unsupported",
    "label_kinds",
    "label_words",
    "output_words",
]

_SHOWN = 4
_QUOTES = 5
_LONGEST = 600
_FAILED = "Gave no usable output"


def check_results(bench: Bench) -> tuple[CheckResult, ...]:
    """Every check over the rows of a bench, and over those it would handle itself."""
    clusters = bench.sample.clusters
    handled = bench.handled
    results = []
    for name, scored in bench.scored.items():
        if "[" in name:
            continue
        inside = None if clusters is None else clusters[handled]
        results.append(
            CheckResult(
                name=name,
                title=scored.check.title,
                words=scored.check.words,
                better=scored.check.better,
                estimate=scored.measured(clusters=clusters).at(),
                handled=None
                if bench.threshold is None
                else scored.take(handled).measured(clusters=inside).at(),
                parts={
                    part[len(name) + 1 : -1]: other.measured(clusters=clusters).at()
                    for part, other in bench.scored.items()
                    if part.startswith(f"{name}[")
                },
            )
        )
    return tuple(results)


class Outputs:
    """The outputs of the candidate under review, row by row, read back from the log.

    Args:
        texts: JSON text of each row's output; None where it failed.
        panel: What they were held against.
    """

    def __init__(self, texts: Sequence[str | None], panel: Panel) -> None:
        self._texts = texts
        self.panel = panel

    def __len__(self) -> int:
        return len(self._texts)

    def at(self, position: int) -> Output | None:
        """The output of a row, or None where it failed."""
        text = self._texts[position]
        return None if text is None else self.panel.form.read_output(json.loads(text))

    def take(self, rows: BoolArray) -> Outputs:
        """Some of the rows."""
        return Outputs([self._texts[i] for i in np.flatnonzero(rows).tolist()], self.panel)

    def row(self, row: ExampleRow, position: int) -> ExampleRow:
        """A row as evidence, with what was put out and what it rests on."""
        output = self.at(position)
        if output is None:
            return row
        return replace(
            row, predicted=_shortened(output_words(output)), quotes=_quotes(output, self.panel.library)
        )


def failures(bench: Bench, outputs: Outputs, rows: Sequence[ExampleRow]) -> tuple[Mistakes, ...]:
    """Each kind of failure with examples: those the feature would not have handed over come first.

    Args:
        bench: The rows, with the threshold if there is one.
        outputs: What was put out, one per row.
        rows: The rows as evidence, one per row of the bench.
    """
    sample, form = bench.sample, outputs.panel.form
    handled = bench.handled
    sure = np.zeros(sample.n) if sample.confidence is None else np.nan_to_num(sample.confidence)
    found = []
    for code, count in Counter(sample.predictions[~sample.correct].tolist()).most_common():
        places = np.flatnonzero(sample.predictions == code)
        order = sorted(places.tolist(), key=lambda i: (not handled[i], -sure[i], i))
        name = _FAILED if code == FAILED else form.failures[OUTCOMES[code]]
        escaped = int(handled[places].sum()) if bench.threshold is not None else None
        found.append(
            Mistakes(
                label=name,
                predicted="",
                count=count,
                examples=tuple(outputs.row(rows[i], i) for i in order[:_SHOWN]),
                escaped=escaped,
            )
        )
    return tuple(found)


def invented_or_unsupported(bench: Bench, kinds: Sequence[Mistakes], panel: Panel) -> Iterator[Finding]:
    """What was made up: answers and values that the documents do not hold, and words they do not have."""
    shown = {one.label: one for one in kinds}
    for kind in ("unsupported", "invented"):
        failure = shown.get(panel.form.failures[kind])
        if failure is None:
            continue
        rows = np.asarray(bench.sample.predictions == OUTCOMES.index(kind))
        share = proportion(rows, clusters=bench.sample.clusters).at()
        yield from made_up(kind, failure, rows=len(rows), share=share, right=panel.right_means)


def abstentions(outputs: Outputs, ids: Sequence[str], rows: Sequence[ExampleRow]) -> Abstentions | None:
    """Who answered what: answerable or not against answered or not; only for the job ``answer``."""
    if outputs.panel.form.case is not AnswerCase:
        return None
    counts: Counter[tuple[bool, bool]] = Counter()
    silent = []
    for position, id_ in enumerate(ids):
        label, output = outputs.panel.labels[id_], outputs.at(position)
        assert isinstance(label, AnswerLabel)
        answered = not isinstance(output, Answer) or output.outcome == "answer"
        counts[label.answerable, answered] += 1
        if not answered and label.answerable:
            silent.append(position)
    return Abstentions(
        answered=counts[True, True],
        abstained=counts[True, False],
        answered_unanswerable=counts[False, True],
        abstained_unanswerable=counts[False, False],
        wrongly=tuple(outputs.row(rows[i], i) for i in silent[:_SHOWN]),
    )


def label_kinds(labels: Sequence[Label]) -> dict[str, int]:
    """How many test rows are of which kind: answerable or not, statements by kind."""
    found: Counter[str] = Counter()
    for label in labels:
        match label:
            case AnswerLabel():
                found["answerable" if label.answerable else "not answerable"] += 1
            case SummaryLabel():
                found.update(item.kind for item in label.items)
            case RecordLabel():
                pass
    return dict(found.most_common())


def label_words(label: Label) -> str:
    """A label as a person reads it."""
    match label:
        case AnswerLabel():
            said = " / ".join(label.answers) or " / ".join(item.quote for item in label.evidence)
            return _shortened(said if label.answerable else "(not in the documents)")
        case RecordLabel():
            return _shortened(_fields({name: field.value for name, field in label.fields.items()}))
        case SummaryLabel():
            return _shortened(
                "\n".join(_item(item.kind, item.text, item.owner, item.due) for item in label.items)
            )


def output_words(output: Output) -> str:
    """An output as a person reads it."""
    match output:
        case Answer():
            said = {"answer": "", "abstain": "(abstained) ", "ask_back": "(asked back) "}[output.outcome]
            return f"{said}{output.text}".strip()
        case Record():
            return _fields(
                {
                    name: field.value if field.state == "found" else None
                    for name, field in output.fields.items()
                }
            )
        case Summary():
            return "\n".join(_item(item.kind, item.text, item.owner, item.due) for item in output.items)


def _fields(values: Mapping[str, object]) -> str:
    return "\n".join(f"{name}: {'–' if value is None else as_text(value)}" for name, value in values.items())


def _item(kind: str, text: str, owner: str | None, due: str | None) -> str:
    about = ", ".join(filter(None, (owner, due)))
    return f"{kind}: {text}{f' ({about})' if about else ''}"


def _shortened(text: str) -> str:
    cut = text[:_LONGEST] + "…" if len(text) > _LONGEST else text
    for found in reversed(list(sightings(cut))):
        cut = cut[: found.start] + masked(cut[found.start : found.end]) + cut[found.end :]
    return cut


def _spans(output: Output) -> Iterator[Span]:
    match output:
        case Answer():
            yield from (span for sentence in output.sentences for span in sentence.citations)
        case Record():
            yield from (span for field in output.fields.values() for span in field.spans)
        case Summary():
            yield from (span for item in output.items for span in item.spans)


def _quotes(output: Output, library: Library) -> tuple[Quote, ...]:
    """The first things an output rests on; those that do not stand in the document come first."""
    every = [(is_verbatim(span, library), span) for span in _spans(output)]
    every.sort(key=lambda item: item[0])
    return tuple(
        Quote(
            document=span.document,
            place=_place(span, library),
            quote=_shortened(span.quote),
            verbatim=verbatim,
        )
        for verbatim, span in every[:_QUOTES]
    )


def _place(span: Span, library: Library) -> str:
    document = library.get(span.document)
    return span.document if document is None else str(document.place(max(span.start, 0)))
