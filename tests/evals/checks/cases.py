"""Cases of every job: a document, what is right about it, and outputs that are right, wrong and empty."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shipworthy.evals.checks.answers import AnswerCase
from shipworthy.evals.checks.check import Case
from shipworthy.evals.checks.records import RecordCase
from shipworthy.evals.checks.summaries import SummaryCase
from shipworthy.evals.jobs.job import JOBS
from shipworthy.evals.jobs.labels import (
    AnswerLabel,
    Evidence,
    FieldLabel,
    ItemLabel,
    RecordLabel,
    SummaryLabel,
)
from shipworthy.evals.jobs.outputs import Answer, AnswerSentence, Field, Item, Record, Summary
from shipworthy.retrieval.document import Document, Part, Span

__all__ = ["ANSWER", "RECORD", "SUMMARY", "Shelf", "empty", "perfect", "right_cases", "span", "wrong"]

TEXT = "Leave is 28 days a year.\nRefunds take 14 days.\nInvoice 7 of 1 May 2026: EUR 1,250.00\n"


@dataclass(frozen=True)
class Shelf:
    """Documents by name."""

    documents: dict[str, Document]

    def get(self, name: str) -> Document | None:
        return self.documents.get(name)


def _document() -> Document:
    parts, start = [], 0
    for number, line in enumerate(TEXT.splitlines(keepends=True), 1):
        parts.append(Part(start=start, end=start + len(line), kind="paragraph", line=number))
        start += len(line)
    return Document(name="a.md", text=TEXT, parts=tuple(parts), sha256="0" * 64)


SHELF = Shelf({"a.md": _document()})


def span(quote: str, document: str = "a.md") -> Span:
    start = TEXT.index(quote) if quote in TEXT else 0
    return Span(document=document, start=start, end=start + len(quote), quote=quote)


_LEAVE = "Leave is 28 days a year."
ANSWER = AnswerCase(
    text="How long is leave?",
    label=AnswerLabel(
        answerable=True,
        answers=("28 days a year", _LEAVE),
        evidence=(Evidence(quote=_LEAVE, document="a.md"),),
    ),
    output=Answer(
        outcome="answer",
        text=_LEAVE,
        sentences=(AnswerSentence(text=_LEAVE, citations=(span(_LEAVE),), supported=1.0),),
    ),
    documents=SHELF,
    retrieved=(span(_LEAVE), span("Refunds take 14 days.")),
)  # fmt: skip
UNANSWERABLE = AnswerCase(
    text="Who is the chair?",
    label=AnswerLabel(answerable=False),
    output=Answer(outcome="abstain", text="Not in these documents."),
    documents=SHELF,
    retrieved=(),
)
RECORD = RecordCase(
    text="a.md",
    label=RecordLabel(
        fields={
            "number": FieldLabel(value="7", quote="7"),
            "total": FieldLabel(value={"amount": 1250.0, "currency": "EUR"}, quote="EUR 1,250.00"),
            "day": FieldLabel(value="2026-05-01"),
            "days": FieldLabel(value=["28 days", "14 days"]),
            "due": FieldLabel(value=None),
        }
    ),
    output=Record(
        fields={
            "number": Field(state="found", value="7", spans=(span("7"),)),
            "total": Field(
                state="found", value={"amount": 1250.0, "currency": "EUR"}, spans=(span("EUR 1,250.00"),)
            ),
            "day": Field(state="found", value="2026-05-01", spans=(span("1 May 2026"),)),
            "days": Field(
                state="found", value=["14 days", "28 days"], spans=(span("28 days"), span("14 days"))
            ),
            "due": Field(state="absent"),
        }
    ),
    documents=SHELF,
)
SUMMARY = SummaryCase(
    text="a.md",
    label=SummaryLabel(
        items=(
            ItemLabel(kind="action", text="Pay the invoice", owner="Ada", due="2026-05-01", lines=(3,)),
            ItemLabel(kind="decision", text="Leave is 28 days", lines=(1,)),
        )
    ),
    output=Summary(
        items=(
            Item(kind="action", text="Pay the invoice", owner="Ada", due="1 May 2026",
                 spans=(span("Invoice 7 of 1 May 2026: EUR 1,250.00"),)),
            Item(kind="decision", text="Leave is 28 days", spans=(span(_LEAVE),)),
        )
    ),
    documents=SHELF,
)  # fmt: skip


def right_cases(job: str) -> list[Case]:
    """Cases whose output is right in every respect."""
    cases: dict[str, list[Case]] = {
        "answer": [ANSWER, UNANSWERABLE],
        "extract": [RECORD],
        "summarise": [SUMMARY],
    }
    return cases[job]


def perfect(case: Case) -> Case:
    """The case as it is: its output is right."""
    return case


def empty(case: Case) -> Case:
    """The case of a call that failed."""
    job = next(form for form in JOBS.values() if isinstance(case, form.case))
    return replace(case, output=job.empty, retrieved=None)


def wrong(case: Case) -> Case:
    """The case with an output that is wrong in every respect, and whose spans do not stand anywhere."""
    nowhere = Span(document="a.md", start=0, end=7, quote="made up")
    match case:
        case AnswerCase():
            if not case.label.answerable:
                said = AnswerSentence(text="It is Zoe.", citations=(nowhere,), supported=0.0)
                return replace(case, output=Answer(outcome="answer", text="It is Zoe.", sentences=(said,)))
            said = AnswerSentence(text="Nobody knows.", citations=(nowhere,), supported=0.0)
            return replace(
                case,
                output=Answer(outcome="answer", text="Nobody knows.", sentences=(said,)),
                retrieved=(nowhere,),
            )
        case RecordCase():
            field = Field(state="found", value="made up", spans=(nowhere,))
            return replace(case, output=Record(fields=dict.fromkeys(case.label.fields, field)))
        case SummaryCase():
            item = Item(kind="risk", text="made up", spans=(nowhere,), owner="Zoe", supported=False)
            return replace(case, output=Summary(items=(item,)))
    raise TypeError(case)
