"""Checks of answers to questions about documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.evals.checks.check import Case, Check, Job, Score
from shipworthy.evals.checks.matching import normalised, token_f1
from shipworthy.evals.checks.places import covers, is_verbatim
from shipworthy.stats.ranking import ndcg, reciprocal_rank

if TYPE_CHECKING:
    from shipworthy.evals.jobs.labels import AnswerLabel
    from shipworthy.evals.jobs.outputs import Answer
    from shipworthy.retrieval.document import Span

__all__ = [
    "ANSWER_CHECKS",
    "AnswerCase",
    "answer_f1",
    "answer_judged",
    "answered",
    "citation_recall",
    "contains_answer",
]

_ENOUGH = 0.5
_DEPTH, _RANKS = 5, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCase(Case):
    """An answer beside what is right."""

    label: AnswerLabel
    """What is right."""
    output: Answer
    """What was answered."""

    @property
    def citations(self) -> list[Span]:
        """Every citation of every sentence."""
        return [span for sentence in self.output.sentences for span in sentence.citations]


def answered(case: AnswerCase) -> bool:
    """Whether it answered; an abstention and a question back are no answers."""
    return case.output.outcome == "answer"


def answer_judged(case: AnswerCase) -> str:
    """Right, or the kind of failure.

    Where the documents hold no answer, only abstaining (or asking back) is right. Where they do, an answer is
    right that contains one of the labelled answers, or has half of its words in common with one (token F1);
    of a label without answers, one that cites its evidence. An answer with a citation that does not stand in
    the documents is not right, whatever it says.
    """
    if not case.label.answerable:
        return "invented" if answered(case) else "right"
    if not answered(case):
        return "missed"
    if not all(is_verbatim(span, case.documents) for span in case.citations):
        return "unsupported"
    if not case.label.answers:
        recall = citation_recall(case)
        return "right" if recall is not None and recall.points else "wrong"
    return "right" if contains_answer(case) or (answer_f1(case) or 0) >= _ENOUGH else "wrong"


def answer_f1(case: AnswerCase) -> float | None:
    """Words in common with the nearest labelled answer; for an unanswerable question, 1 for abstaining."""
    if not case.label.answerable:
        return float(not answered(case))
    if not case.label.answers:
        return None
    return max(token_f1(_text(case), answer) for answer in case.label.answers)


def _text(case: AnswerCase) -> str:
    return case.output.text if answered(case) else ""


def _exact(case: AnswerCase) -> bool | None:
    if not case.label.answerable:
        return not answered(case)
    said = normalised(_text(case))
    return said in {normalised(answer) for answer in case.label.answers} if case.label.answers else None


def contains_answer(case: AnswerCase) -> bool | None:
    """Whether the words of a labelled answer stand together in what was said."""
    if not case.label.answers or not case.label.answerable:
        return None
    said = f" {normalised(_text(case))} "
    return any(f" {words} " in said for words in map(normalised, case.label.answers) if words)


def _citation_precision(case: AnswerCase) -> Score | None:
    if not case.label.evidence:
        return None
    right = [any(covers(span, it, case.documents) for it in case.label.evidence) for span in case.citations]
    return Score(points=sum(right), of=len(right))


def citation_recall(case: AnswerCase) -> Score | None:
    """Of the labelled evidence, what is cited."""
    if not case.label.evidence:
        return None
    found = [any(covers(span, it, case.documents) for span in case.citations) for it in case.label.evidence]
    return Score(points=sum(found), of=len(found))


def _verbatim(case: AnswerCase) -> Score:
    return Score(
        points=sum(is_verbatim(span, case.documents) for span in case.citations), of=len(case.citations)
    )


def _cited(case: AnswerCase) -> Score:
    return Score(
        points=sum(bool(sentence.citations) for sentence in case.output.sentences),
        of=len(case.output.sentences),
    )


def _groundedness(case: AnswerCase) -> Score:
    from shipworthy.retrieval.groundedness import support

    each = [
        support(sentence.text, " ".join(span.quote for span in sentence.citations))
        if sentence.citations
        else 0.0
        for sentence in case.output.sentences
    ]
    return Score(points=sum(each), of=len(each))


def _abstention_precision(case: AnswerCase) -> bool | None:
    return None if answered(case) else not case.label.answerable


def _abstention_recall(case: AnswerCase) -> bool | None:
    return None if case.label.answerable else not answered(case)


def _answer_recall(case: AnswerCase) -> bool | None:
    return answered(case) and bool(_text(case)) if case.label.answerable else None


def _ranked(case: AnswerCase) -> Iterator[list[bool]]:
    """For each labelled piece of evidence, which of what was retrieved holds it."""
    for evidence in case.label.evidence:
        yield [covers(span, evidence, case.documents) for span in case.retrieved or ()]


def _retrieval_recall(case: AnswerCase) -> Score | None:
    if case.retrieved is None or not case.label.evidence:
        return None
    hits = [any(row[:_DEPTH]) for row in _ranked(case)]
    return Score(points=sum(hits), of=len(hits))


def _first_hit(case: AnswerCase) -> float | None:
    if case.retrieved is None:
        return None
    holds = [any(column) for column in zip(*_ranked(case), strict=True)]
    return reciprocal_rank(holds, len(case.label.evidence))


def _ndcg(case: AnswerCase) -> float | None:
    if case.retrieved is None:
        return None
    gains = [0.0] * len(case.retrieved)
    for row in _ranked(case):
        if True in row:
            gains[row.index(True)] = 1.0  # evidence that two passages hold is found once
    return ndcg(gains, [1.0] * len(case.label.evidence), _RANKS)


def _words(case: AnswerCase) -> float | None:
    return float(len(_text(case).split())) if answered(case) else None


_JOB: frozenset[Job] = frozenset({"answer"})
ANSWER_CHECKS: tuple[Check, ...] = (
    Check(
        name="answer_f1",
        title="words in common with a right answer",
        jobs=_JOB,
        unit="score",
        measure=answer_f1,
        words="Words in common with the nearest right answer (token F1, as SQuAD counts it); for a question "
        "without an answer, whether it abstained.",
    ),
    Check(
        name="answer_exact",
        title="questions answered in the very words of a right answer",
        jobs=_JOB,
        measure=_exact,
        words="Share of questions answered in the very words of a right answer; without one, abstained.",
    ),
    Check(
        name="answer_contains",
        title="answerable questions whose answer contains a right answer",
        jobs=_JOB,
        measure=contains_answer,
        words="Share of answerable questions whose answer contains the words of a right answer.",
    ),
    Check(
        name="abstention_precision",
        title="abstentions where the documents hold no answer",
        jobs=_JOB,
        measure=_abstention_precision,
        words="Of the questions it abstained from, the share that the documents do not answer.",
    ),
    Check(
        name="abstention_recall",
        title="questions without an answer that it abstained from",
        jobs=_JOB,
        measure=_abstention_recall,
        words="Of the questions that the documents do not answer, the share it abstained from.",
    ),
    Check(
        name="answered",
        title="answerable questions that it answered at all",
        jobs=_JOB,
        measure=_answer_recall,
        words="Of the questions that the documents answer, the share it answered at all.",
    ),
    Check(
        name="citation_precision",
        title="citations that name labelled evidence",
        jobs=_JOB,
        measure=_citation_precision,
        words="Of its citations, the share that name labelled evidence.",
    ),
    Check(
        name="citation_recall",
        title="labelled evidence that is cited",
        jobs=_JOB,
        measure=citation_recall,
        words="Of the labelled evidence, the share it cites; what it abstained from counts as not cited.",
    ),
    Check(
        name="citations_verbatim",
        title="citations that stand in the document, word for word",
        jobs=_JOB,
        measure=_verbatim,
        words="Of its citations, the share whose words stand in the document at the very place.",
    ),
    Check(
        name="sentences_cited",
        title="sentences with a citation",
        jobs=_JOB,
        measure=_cited,
        words="Of the sentences of its answers, the share with a citation.",
    ),
    Check(
        name="groundedness",
        title="support of sentences by what they cite",
        jobs=_JOB,
        unit="score",
        measure=_groundedness,
        words="How well the cited words support each sentence, by words in common; it misses paraphrase.",
    ),
    Check(
        name="retrieval_recall",
        title="labelled evidence among the first passages retrieved",
        jobs=_JOB,
        measure=_retrieval_recall,
        words=f"Of the labelled evidence, the share among the first {_DEPTH} passages retrieved.",
    ),
    Check(
        name="retrieval_ndcg",
        title="labelled evidence in front of other passages",
        jobs=_JOB,
        unit="score",
        measure=_ndcg,
        words=f"How far labelled evidence stands in front among the first {_RANKS} passages (nDCG).",
    ),
    Check(
        name="retrieval_mrr",
        title="how high the first passage with evidence stands",
        jobs=_JOB,
        unit="score",
        measure=_first_hit,
        words="One over the place of the first passage that holds labelled evidence (mean reciprocal rank).",
    ),
    Check(
        name="answer_words",
        title="words of an answer",
        jobs=_JOB,
        unit="count",
        better="lower",
        measure=_words,
        words="Words of an answer.",
    ),
)
"""The checks of the job ``answer``."""
