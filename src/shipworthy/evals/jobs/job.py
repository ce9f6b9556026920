"""What the review knows about each job whose answer is not a class: its label, output, checks and failures.

A job decides for every row whether the output is right, and if not, what kind of failure it is. With
"right" as every row's label, a kind of failure is a class like any other: accuracy, thresholds, segments,
costs and comparisons are those of ``classify``, computed by the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from shipworthy.core.errors import UserError
from shipworthy.evals.checks.answers import AnswerCase, answer_judged
from shipworthy.evals.checks.check import Case, Job
from shipworthy.evals.checks.records import RecordCase, record_judged
from shipworthy.evals.checks.summaries import SummaryCase, summary_judged
from shipworthy.evals.jobs.labels import (
    AnswerLabel,
    Label,
    RecordLabel,
    SummaryLabel,
    answer_label,
    record_label,
    summary_label,
)
from shipworthy.evals.jobs.outputs import Answer, Output, Record, Summary, output_from_json

__all__ = ["JOBS", "OUTCOMES", "JobForm", "job_form"]

OUTCOMES = ("right", "invented", "missed", "unsupported", "wrong")
"""What a row can be besides failed; the first is what every row should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobForm:
    """One job."""

    name: Job
    """Its name in feature.yaml."""
    empty: Output
    """What stands for the output of a row that failed."""
    read_output: Callable[[Any], Output]
    """Reads an output back from what the log holds."""
    read_label: Callable[[str], Label]
    """Reads a label; DataError where it has another form."""
    case: type[Case]
    """An output beside its label."""
    judge: Callable[[Any], str]
    """One of :data:`OUTCOMES` for a case."""
    about_documents: bool
    """Whether an input is the name of a document (and not a question)."""
    failures: Mapping[str, str]
    """Kind of failure to what it means, for a person."""
    right: str
    """What right means, in one sentence."""

    def parts(self, labels: Iterable[Label]) -> tuple[str, ...]:
        """What can stand in square brackets behind a check: fields, or kinds of statements."""
        found: dict[str, None] = {}
        for label in labels:
            match label:
                case RecordLabel():
                    found.update(dict.fromkeys(label.fields))
                case SummaryLabel():
                    found.update(dict.fromkeys(item.kind for item in label.items))
                case AnswerLabel():
                    pass
        return tuple(found)


def job_form(name: str) -> JobForm:
    """The job of that name.

    Raises:
        UserError: it is ``classify`` or no job.
    """
    if name not in JOBS:
        raise UserError(f"The job {name!r} has no outputs to check.")
    return JOBS[name]


JOBS: Mapping[str, JobForm] = MappingProxyType(
    {
        form.name: form
        for form in (
            JobForm(
                name="answer",
                # A failed call has neither answered nor abstained: it gets credit for neither.
                empty=Answer(outcome="answer", text=""),
                read_output=partial(output_from_json, Answer),
                read_label=answer_label,
                case=AnswerCase,
                judge=answer_judged,
                about_documents=False,
                failures={
                    "invented": "Answered a question that the documents do not answer",
                    "missed": "Did not answer a question that the documents answer",
                    "unsupported": "Cited words that do not stand in the documents",
                    "wrong": "Answered something else than a right answer",
                },
                right="An answer is right when it contains a labelled answer or has half of its words in "
                "common with one, and every citation stands in the documents; where the documents hold no "
                "answer, abstaining is right.",
            ),
            JobForm(
                name="extract",
                empty=Record(fields={}),
                read_output=partial(output_from_json, Record),
                read_label=record_label,
                case=RecordCase,
                judge=record_judged,
                about_documents=True,
                failures={
                    "invented": "Gave a value where the document has none",
                    "missed": "Did not find a value that the document has",
                    "unsupported": "Rests on words that do not stand in the document",
                    "wrong": "Gave a wrong value",
                },
                right="A record is right when every labelled field is, and its spans stand in the document.",
            ),
            JobForm(
                name="summarise",
                empty=Summary(items=()),
                read_output=partial(output_from_json, Summary),
                read_label=summary_label,
                case=SummaryCase,
                judge=summary_judged,
                about_documents=True,
                failures={
                    "invented": "Said mostly what does not count",
                    "missed": "Left out most of what counts",
                    "unsupported": "Rests on words that do not stand in the transcript",
                    "wrong": "Is wrong by the rule in feature.yaml",
                },
                right="A summary is right when its statements reach an F1 of one half against the labelled "
                "ones, and every line it rests on stands in the transcript.",
            ),
        )
    }
)
"""Every such job by name."""
