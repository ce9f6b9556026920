"""What supports what: does a sentence say what a claim says, and does a passage answer a question?

Two judgements without a model. Both hold words against words: which are there, which are replaced by their
opposite, whether names and numbers agree, whether one of the two denies. :func:`answerable` also takes the
angle between the meanings where an embedder gives it. The weights are set by hand and have learnt from no
data; how far they carry is in ``docs/measurements/answers.md``: far on easy questions, less so on questions
that were written to look answerable.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Literal

from shipworthy.retrieval import wording
from shipworthy.retrieval.sentences import sentences

__all__ = [
    "SIGNALS",
    "AnswerKind",
    "Signals",
    "answer_kind",
    "answerable",
    "counts",
    "has_kind",
    "signals",
    "support",
    "support_in",
]

AnswerKind = Literal["number", "date", "person", "place", "reason", "thing"]
"""What a question asks for."""

_KINDS: tuple[tuple[AnswerKind, str], ...] = (
    (
        "number",
        r"\bhow (?:many|much|often|long|old|far|large|big|tall|high|deep|fast|heavy)\b"
        r"|\b(?:what|which) (?:percentage|percent|number|proportion|share|amount|price|age)\b",
    ),
    ("date", r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century|decade|time)\b"),
    (
        "person",
        r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|king|queen|president|author|leader)\b",
    ),
    ("place", r"\bwhere\b|\b(?:what|which) (?:country|city|state|place|region|town|continent|room)\b"),
    ("reason", r"\bwhy\b|\bwhat (?:is|was|were) the (?:reason|cause)"),
)
_MONTHS = frozenset(
    """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_DATE = re.compile(r"\b(?:1\d{3}|20\d{2})s?\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\bcentur(?:y|ies)\b", re.I)
_REASON = re.compile(
    r"\b(?:because|since|so that|in order|due to|therefore|thus|for|to|as|reasons?|caus\w+|led|result\w*)\b",
    re.IGNORECASE,
)
_PASSAGE = 5
_HOW_MANY = re.compile(r"\bhow many (?:of the |more |other )?(\w+)", re.IGNORECASE)
_OFTEN = re.compile(
    r"\b(?:once|twice|daily|weekly|monthly|yearly|annual(?:ly)?|every|each|half|third|quarter)\b", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What speaks for and against a passage answering a question. Shares and cosines; counts are cut at 3."""

    words_in_sentence: float
    """Share of the question's content words in the best sentence or the one before it; a word of which only
    another form is there (*invent*, *inventor*) counts 0.8."""
    words_in_passage: float
    """Share of them in the whole passage and its headings."""
    kind_missing: float
    """1 where it asks for a number, a date, a person or a place and the sentence has none that is new."""
    names_missing: float
    """Names of the question that neither the sentence nor the one before it has."""
    numbers_missing: float
    """Numbers of the question that the sentence does not have."""
    denied: float
    """1 where only the question says no to something, half where only the sentence does."""
    opposed: float
    """Words of the question that the passage lacks while their opposite is there."""
    superlatives_missing: float = 0.0
    """Words of the question such as *first*, *only* or *largest* that the sentence does not have."""
    found_of_best: float | None = None
    """BM25 of the best passage as a share of the most the question could reach; None among few passages."""
    ahead: float | None = None
    """By how much of that the best passage is ahead of the next document's; None among few passages."""
    sentence_angle: float | None = None
    """Cosine between the meanings of question and sentence; None without an embedder."""
    passage_angle: float | None = None
    """Cosine between the meanings of question and passage; None without an embedder."""


SIGNALS = tuple(item.name for item in fields(Signals))
"""The signals in order."""

_WITHOUT_ANGLES = (2.5, 1.0, -0.6, -0.8, -0.8, -2.5, -1.0, -0.4, 1.5, 1.5, 0.0, 0.0)
_BASE_WITHOUT_ANGLES = -2.2
_WITH_ANGLES = (1.5, 0.5, -0.5, -0.6, -0.6, -2.0, -0.8, -0.4, 0.0, 1.0, 3.0, 3.0)
_BASE_WITH_ANGLES = -4.4
_MIDDLING = (0.0,) * 8 + (0.4, 0.15, 0.0, 0.0)  # what speaks neither for nor against
_SUPERLATIVE = re.compile(r"\b(?:\w{3,}est|most|least|first|second|third|last|only|final)\b", re.IGNORECASE)


def answer_kind(question: str) -> AnswerKind:
    """What a question asks for."""
    return next((kind for kind, pattern in _KINDS if re.search(pattern, question, re.IGNORECASE)), "thing")


def has_kind(kind: AnswerKind, sentence: str, *, besides: Iterable[str] = ()) -> bool:
    """Whether a sentence has something of a kind besides the question's own words (given as stems).

    A name is a word with a capital where no sentence begins: one at the very beginning is not seen.
    """
    known = set(besides)
    new = [word for word in wording.words(sentence) if wording.stem(word) not in known]
    match kind:
        case "number":
            counts = any(word[0].isdigit() or word.casefold() in wording.NUMBER_WORDS for word in new)
            return counts or bool(_OFTEN.search(sentence))
        case "date":
            named = any(word.casefold() in _MONTHS or _DATE.fullmatch(word) for word in new)
            return named or bool(_DATE.search(" ".join(new)))
        case "person" | "place":
            return bool(wording.names(sentence) - known)
        case "reason":
            return bool(_REASON.search(sentence))
        case _:
            return bool(new)


def counts(question: str, sentence: str) -> bool:
    """Whether a sentence gives the number that is asked for: *six days* for *how many days*."""
    asked = _HOW_MANY.search(question)
    if asked is None:
        return False
    unit, said = wording.stem(asked[1]), wording.words(sentence)
    return any(
        wording.stem(word) == unit
        and any(
            one[0].isdigit() or one.casefold() in wording.NUMBER_WORDS for one in said[max(0, at - 3) : at]
        )
        for at, word in enumerate(said)
    )


def support(claim: str, evidence: str) -> float:
    """How well a text says what a claim says, 0 to 1; 1 where the claim's words stand in it as they are.

    The share of the claim's content words that are in the evidence, less for each number and name of the
    claim that is not, for a word that is replaced by its opposite, and for a denial on one side only. It
    compares words and does not understand: a claim in entirely other words gets little.
    """
    if _plain(claim) and _plain(claim) in _plain(evidence):
        return 1.0
    wanted = wording.stems(claim)
    if not wanted:
        return 0.0
    there = set(wording.stems(evidence)) | {wording.stem(word) for word in wording.words(evidence)}
    share = wording.covered(wanted, there)
    share *= 0.4 ** len(wording.numbers(claim) - wording.numbers(evidence))
    share *= 0.7 ** len(wording.names(claim) - there)
    share *= 0.5 ** _opposed(wording.words(claim), there)
    if wording.denies(claim) != wording.denies(evidence):
        share *= 0.5
    return share


def support_in(claim: str, source: str) -> float:
    """The :func:`support` that the best passage of a long text gives a claim: five sentences in a row."""
    places = sentences(source)
    passages = range(max(1, len(places) - _PASSAGE + 1)) if places else ()
    return max(
        (support(claim, source[places[at][0] : places[at : at + _PASSAGE][-1][1]]) for at in passages),
        default=0.0,
    )


def signals(
    question: str,
    *,
    sentence: str,
    before: str = "",
    passage: str,
    headings: str = "",
    found: tuple[float, float] | None = None,
    angles: tuple[float, float] | None = None,
) -> Signals:
    """Hold a question against the best sentence of a passage.

    Args:
        question: What was asked.
        sentence: The sentence that answers it best.
        before: The sentence before it, which may hold what its pronouns mean.
        passage: The whole passage.
        headings: Title and headings above it.
        found: How well the search found it: ``found_of_best`` and ``ahead`` of :class:`Signals`.
        angles: Cosines of the question with sentence and passage.
    """
    asked = list(dict.fromkeys(wording.stems(question)))
    here = set(wording.stems(f"{before} {sentence}"))
    around = set(wording.stems(f"{headings} {passage}"))
    kind = answer_kind(question)
    every = {wording.stem(word) for word in wording.words(question)}
    strict = kind in {"number", "date", "person", "place"}
    return Signals(
        words_in_sentence=wording.nearly_covered(asked, here),
        words_in_passage=wording.nearly_covered(asked, around),
        kind_missing=float(strict and not has_kind(kind, sentence, besides=every)),
        names_missing=_missing(wording.names(question), here),
        numbers_missing=float(
            min(3, len(wording.numbers(question) - wording.numbers(f"{before} {sentence}")))
        ),
        denied=_denied(question, sentence),
        opposed=float(min(3, _opposed(wording.words(question), here | around))),
        superlatives_missing=_missing(
            _superlatives(question), {wording.stem(word) for word in wording.words(sentence)}
        ),
        found_of_best=None if found is None else found[0],
        ahead=None if found is None else found[1],
        sentence_angle=None if angles is None else angles[0],
        passage_angle=None if angles is None else angles[1],
    )


def answerable(found: Signals) -> float:
    """How sure it is that the question is answered there, 0 to 1, by weights set by hand."""
    values = [
        0.0 if value is None else value - usual
        for value, usual in zip(astuple(found), _MIDDLING, strict=True)
    ]
    with_angles = found.sentence_angle is not None
    weights = _WITH_ANGLES if with_angles else _WITHOUT_ANGLES
    base = _BASE_WITH_ANGLES if with_angles else _BASE_WITHOUT_ANGLES
    return 1 / (1 + math.exp(-base - sum(w * v for w, v in zip(weights, values, strict=True))))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?\"'“”’")


def _missing(wanted: Iterable[str], there: set[str]) -> float:
    """How many are not there in any form, at most 3."""
    return float(min(3, sum(not wording.nearness(word, there) for word in wanted)))


def _superlatives(text: str) -> set[str]:
    return {wording.stem(word) for word in _SUPERLATIVE.findall(text)}


def _opposed(asked: Iterable[str], there: set[str]) -> int:
    return sum(
        wording.stem(word) not in there and bool(wording.opposites(word) & there) for word in set(asked)
    )


def _denied(question: str, sentence: str) -> float:
    asks, says = wording.denies(question), wording.denies(sentence)
    return 1.0 if asks and not says else 0.5 * (says and not asks)
