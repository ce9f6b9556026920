"""Whether to search by words, by meaning or by both is measured on the questions of whoever asks.

Fusing helps on one collection and hurts on another, so it is never assumed: another mode than words is chosen
only where it is better on these questions by more than chance, both alternatives counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.core.errors import UserError, nearest
from shipworthy.core.progress import Progress, silent
from shipworthy.retrieval.document import Span
from shipworthy.retrieval.hits import MODES, Hit, Mode
from shipworthy.retrieval.index import Index
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.ranking import ndcg, recall_at, reciprocal_rank

__all__ = ["FEWEST", "AskedQuestion", "ModeChoice", "ModeMeasured", "choose_mode"]

FEWEST = 20
"""Questions below which nothing is chosen."""
_K = 10
_DEEP = 50  # passages looked at to find ten documents
_LEVEL = 0.975  # two alternatives share the five per cent (Bonferroni)
_WORDS: dict[Mode, str] = {"lexical": "by words", "vector": "by meaning", "fused": "by words and meaning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A question, and where its answer stands."""

    text: str
    """The question."""
    documents: tuple[str, ...] = ()
    """Names of the documents that answer it."""
    spans: tuple[Span, ...] = ()
    """The very places, where they are known; then a passage counts that overlaps one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeMeasured:
    """How well one way of searching finds what answers the questions."""

    mode: Mode
    """The way."""
    ndcg: Estimate
    """nDCG of the first ten."""
    recall: Estimate
    """Share of what answers a question that is among the first five."""
    reciprocal_rank: Estimate
    """One over the rank of the first that answers."""
    gain: Estimate | None
    """nDCG minus that of words alone, on the same questions; None for words alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChoice:
    """The way to search these documents for questions such as these."""

    mode: Mode
    """The way."""
    why: str
    """Why, in words, with the numbers."""
    questions: int
    """Questions it was measured on."""
    measured: tuple[ModeMeasured, ...]
    """Every way that was tried."""


def choose_mode(
    index: Index, questions: Sequence[AskedQuestion], *, progress: Progress = silent
) -> ModeChoice:
    """Measure the ways to search an index, and choose one. The index itself is not changed.

    Args:
        index: The index; without vectors of all passages words are the only way.
        questions: Questions with what answers them; those without an answer say nothing and are left out.
        progress: Told about every question.

    Raises:
        UserError: a question names a document that the index does not have.
    """
    asked = [question for question in questions if question.documents or question.spans]
    _check_names(index, asked)
    modes = MODES if index.by_meaning else MODES[:1]
    if index.by_meaning:
        index.read([question.text for question in asked])
    values: dict[Mode, list[tuple[float, float, float]]] = {mode: [] for mode in modes}
    for done, question in enumerate(asked):
        progress("measures ways to search", done, len(asked))
        for mode in modes:
            values[mode].append(_judged(index.search(question.text, k=_DEEP, mode=mode), question))
    measured = tuple(_measured(mode, values) for mode in modes)
    return _choice(measured, len(asked))


def _check_names(index: Index, asked: Sequence[AskedQuestion]) -> None:
    known = set(index.names)
    for question in asked:
        for name in (*question.documents, *(span.document for span in question.spans)):
            if name not in known:
                raise UserError(
                    f"The question {question.text[:80]!r} names {name!r}, which the index lacks.",
                    hint=nearest(name, sorted(known)) or None,
                )


def _judged(hits: Sequence[Hit], question: AskedQuestion) -> tuple[float, float, float]:
    relevant, total = _relevance(hits, question)
    gains = [float(found) for found in relevant]
    return (
        ndcg(gains, [1.0] * total, _K) or 0.0,
        recall_at(relevant, total, 5) or 0.0,
        reciprocal_rank(relevant[:_K], total) or 0.0,
    )


def _relevance(hits: Sequence[Hit], question: AskedQuestion) -> tuple[list[bool], int]:
    """Whether each document found (or passage, where places are known) answers, and how many there are."""
    if not question.spans:
        found = list(dict.fromkeys(hit.document for hit in hits))
        return [name in question.documents for name in found], len(set(question.documents))
    left = set(question.spans)
    relevant = []
    for hit in hits:  # a place that two passages touch is found once
        touched = {span for span in left if _overlap(hit, span)}
        relevant.append(bool(touched))
        left -= touched
    return relevant, len(set(question.spans))


def _overlap(hit: Hit, span: Span) -> bool:
    return hit.document == span.document and hit.start < span.end and span.start < hit.end


def _measured(mode: Mode, values: dict[Mode, list[tuple[float, float, float]]]) -> ModeMeasured:
    import numpy as np

    from shipworthy.stats.comparison import paired_difference
    from shipworthy.stats.intervals import mean

    own, words = (np.array(values[each], dtype=np.float64).reshape(-1, 3) for each in (mode, MODES[0]))
    gain = None if mode == "lexical" else paired_difference(own[:, 0], words[:, 0]).at(_LEVEL)
    found = [mean(own[:, column], unit="score").at() for column in range(3)]
    return ModeMeasured(mode=mode, ndcg=found[0], recall=found[1], reciprocal_rank=found[2], gain=gain)


def _choice(measured: tuple[ModeMeasured, ...], n: int) -> ModeChoice:
    better = [
        each for each in measured if each.gain is not None and each.gain.low is not None and each.gain.low > 0
    ]
    best = max(better, key=lambda each: each.ndcg.value or 0.0, default=measured[0])
    if n < FEWEST:
        best = measured[0]
    return ModeChoice(mode=best.mode, why=_reason(best, measured, n), questions=n, measured=measured)


def _reason(best: ModeMeasured, measured: tuple[ModeMeasured, ...], n: int) -> str:
    if n < FEWEST:
        return f"by words, because {n} questions with an answer decide nothing; {FEWEST} are needed"
    if len(measured) == 1:
        return "by words, because this index holds nothing to search by meaning"
    if best.gain is not None:
        return (
            f"{_WORDS[best.mode]}, because on {n:,} of your questions that is better than by words alone: "
            f"nDCG of the first ten {best.ndcg}, a gain of {best.gain}"
        )
    tried = "; ".join(f"{_WORDS[each.mode]} {each.gain}" for each in measured if each.gain is not None)
    return f"by words, because on {n:,} of your questions nothing else is surely better (nDCG: {tried})"
