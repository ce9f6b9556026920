"""The score of an answer, criterion by criterion, from the sentences that earned it. No model is needed.

A criterion of the question takes its score from the best sentence about it, and a little from the next two,
so that neither the length of an answer nor its order matters. A sentence is about a criterion when the
playbook's expressions say so, or (where an embedder is given) when its meaning lies near the criterion's
upper levels. What it is worth depends on how specific it is: numbers with limits, conditions, causes,
contrasts, names. Naming a topic alone is worth at most half a level. A sentence carries only so many
criteria as its length allows.

One criterion does not depend on the question's words: how much of the answer somebody else could act on,
summed over its six firmest sentences. It is half of the overall score, because an answer may be right in
words that no rubric foresaw.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import exp
from typing import TYPE_CHECKING, Any, Literal, cast

from shipworthy.career.interview.marks import deeds, firmness, hollowness, marks, substance, working
from shipworthy.career.interview.sentences import Ignored, Sentence, content, read_answer, unread_language
from shipworthy.core.errors import DataError
from shipworthy.playbook.interviews import Mark  # at run time: Pydantic reads the field types

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shipworthy.gateway.embedding import Embedder
    from shipworthy.playbook.interviews import InterviewCriterion, InterviewQuestion

__all__ = [
    "PASS",
    "RULE",
    "CriterionScore",
    "InterviewScore",
    "Quote",
    "assembled",
    "score_answer",
    "unjudged",
]

PASS = 2.0
"""Overall score from which an answer passes, if nothing knocks it out."""
RULE = (
    "Each criterion has a score from 0 to 4. The overall score is half the first criterion, how concrete the"
    " answer is over its six firmest sentences, and half the mean of the others, each from the best sentence"
    f" about it. It passes from {PASS:g} on, unless a knock-out criterion is below 1. Naming a topic earns at"
    " most 0.5. Voice, face, tone and confidence are not judged."
)
"""How scores come about, in words."""
_LONGEST_TEXT = 200_000
_FIELD = re.compile(
    r"\b(?:models?|labels?\w*|test\w*|cases?|users?|customers?|agents?|clerks?|scores?|scoring"
    r"|thresholds?|cut.?offs?"
    r"|the bar|bars?|errors?|mistakes?|wrong\w*|right|correct\w*|miss\w*|ship\w*|launch\w*|releas\w+"
    r"|data|vendors?"
    r"|prompts?|answers?|queue|precision|recall|accura\w+|percent|points?|interval|baseline|rules?"
    r"|segments?|groups?"
    r"|retrain\w*|training|trained|train (?:a|an|the|it|on|one|only|with|your|our)"
    r"|tun(?:e|ed|ing)|measur\w+|metrics?|rates?|sampl\w+|rows?|documents?"
    r"|tickets?|calls?|chats?"
    r"|cost\w*|price|volume|engineers?|research\w*|features?|roll\w*|fallback|human|person|people"
    r"|review\w*|confiden\w+"
    r"|sure|unsure|doubt\w*|risk\w*|harm\w*|hurts?|fair\w*|bias\w*|article|annex|law|legal|counsel|ai"
    r"|bots?|assistant"
    r"|outputs?|inputs?|versions?|attack\w*|flag|pilot|traffic|complain\w*|refunds?|judge\w*|grad(?:e|ed|ing)"
    r"|experts?|source\w*|passages?|pages?|retriev\w+|search|suggest\w*|predict\w*|classif\w+|fraud"
    r"|privacy|gpus?"
    r"|tokens?|latency|drift|leak\w*|demo|benchmark\w*|compar\w+|experiment\w*|hold.?out|stop"
    r"|switch\w*|decid\w+"
    r"|decision|build|buy|wait|budget|usage|tell|told|i'd say|promis\w+|approv\w+|contracts?|quer\w+"
    r"|questions?)\b",
    re.IGNORECASE,
)
"""A sentence with none of these, none of the question's words and none of its own expressions is"
" off the topic."""
_NAMING = 0.4
_MOST = 4.0
_NEXT = (0.85, 0.2, 0.1)
_WORDS_PER_CRITERION = 12
_NEAR, _SAME = 0.35, 0.65
_PLAIN = 0.65
"""What is left of a sentence's worth for each hollow word in it."""
_BASE, _STEP, _GATE = 1.1, 0.4, 0.3
"""A sentence that does what is looked for, each further expression, and what is left without any mark."""
_BASE_NEAR = 0.25
_EVERYWHERE = content(
    "said says mentioned named case limit number stated told measured would happens follows reason"
)
_ANYWHERE = content(
    "month year week day hour minute morning today two three four five six seven eight nine sixty forty"
    " hundred thousand twice time make made take other first know"
)
_FIRMEST, _HALFWAY = 6, 2.0
"""Sentences that count for concreteness, and how many full ones make 2.5."""
_UNTIED = 0.7
"""What the manner of a firm sentence is worth when it is tied to no criterion."""
_MOST_BY_MEANING = 2.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of the answer that earned something."""

    text: str
    """Exactly as they stand in the answer."""
    start: int
    """Where they begin, in characters."""
    end: int
    """Where they end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionScore:
    """What an answer earned by one criterion."""

    criterion: str
    """Its id."""
    text: str
    """What was looked for."""
    status: Literal["scored", "cannot_assess"]
    """Whether it could be judged."""
    score: float | None
    """0 to 4; None where it could not be judged."""
    level: str | None
    """What the level that was reached says."""
    next_level: str | None
    """What the next level says; None at the top."""
    quotes: tuple[Quote, ...]
    """The words that earned it, the best first; none at 0."""
    marks: tuple[Mark, ...]
    """What made the best of them specific."""
    knock_out: bool
    """Whether it is a knock-out criterion below level 1."""
    reason: str | None
    """Why it could not be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewScore:
    """An answer with its scores."""

    question: str
    """Id of the question."""
    ask: str
    """The question."""
    overall: float | None
    """Mean of the criteria's scores, 0 to 4; None where nothing could be judged."""
    passes: bool
    """Whether it passes, by the rule."""
    knocked_out: tuple[str, ...]
    """Knock-out criteria below level 1."""
    criteria: tuple[CriterionScore, ...]
    """One by one."""
    follow_ups: tuple[str, ...]
    """What an interviewer would ask next, the weakest criterion first."""
    ignored: tuple[Ignored, ...]
    """Sentences that earned nothing, with the reason."""
    rule: str
    """How the scores come about."""
    method: str
    """Who scored, with version."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence with what is known of it."""

    sentence: Sentence
    marks: dict[Mark, float]
    hollow: int
    words: int
    about: bool
    detail: float
    terms: int


def score_answer(
    answer: str, question: InterviewQuestion, *, embedder: Embedder | None = None
) -> InterviewScore:
    """Score an answer.

    Args:
        answer: What was said, as text. Only the first 20,000 characters are read.
        question: The question with its rubric.
        embedder: Finds sentences by meaning as well as by expressions; None reads expressions only.

    Raises:
        DataError: the answer is far too long to be one.
    """
    if len(answer) > _LONGEST_TEXT:
        raise DataError(
            f"An answer of {len(answer):,} characters is too long.", hint="Shorten it to a few minutes."
        )
    method = "expressions 2" if embedder is None else f"expressions 2, embeddings {embedder.version[:12]}"
    if unread_language(answer):
        reason = "the answer is not in English, which is all that this scorer reads"
        return assembled(
            question, {item.id: unjudged(item, reason) for item in question.criteria}, (), method
        )
    kept, ignored = read_answer(answer)
    read = [_read(sentence, question) for sentence in kept]
    near = _nearness(read, question, embedder)
    values = _topic_values(read, question, near)
    scores = {
        item.id: _scored(
            item, question, read, values[item.id] if item.kind == "topic" else _manner(item, read, values)
        )
        for item in question.criteria
    }
    return assembled(question, scores, ignored, method)


def assembled(
    question: InterviewQuestion,
    scores: Mapping[str, CriterionScore],
    ignored: tuple[Ignored, ...],
    method: str,
) -> InterviewScore:
    """The whole from its criteria."""
    criteria = tuple(scores[item.id] for item in question.criteria)
    overall = _overall(question, scores)
    out = tuple(item.criterion for item in criteria if item.knock_out)
    return InterviewScore(
        question=question.id,
        ask=question.ask,
        overall=overall,
        passes=overall is not None and overall >= PASS and not out,
        knocked_out=out,
        criteria=criteria,
        follow_ups=_follow_ups(question, criteria),
        ignored=ignored,
        rule=RULE,
        method=method,
    )


def _overall(question: InterviewQuestion, scores: Mapping[str, CriterionScore]) -> float | None:
    """Half how concrete it is, half the mean of the other criteria; what cannot be assessed is left out."""
    halves = []
    for concrete in (True, False):
        items = [item for item in question.criteria if (item.kind == "concrete") is concrete]
        judged = [each for each in (scores[item.id].score for item in items) if each is not None]
        if judged:
            halves.append(sum(judged) / len(judged))
    return round(sum(halves) / len(halves), 3) if halves else None


def _follow_ups(question: InterviewQuestion, criteria: Sequence[CriterionScore]) -> tuple[str, ...]:
    """The follow-ups of criteria below level 2, knock-outs first, then the weakest; three at most."""
    asks = {item.id: item.ask for item in question.criteria}
    low = [item for item in criteria if item.score is not None and item.score < 2]
    low.sort(key=lambda item: (not item.knock_out, item.score))
    return tuple(asks[item.criterion] for item in low[:3])


@lru_cache(maxsize=128)
def _subject(ask: str) -> frozenset[str]:
    """The question's own words, without short ones and numbers, which stand in sentences about anything."""
    return frozenset(stem for stem in content(ask) if len(stem) > 3 and not stem.isdigit()) - _ANYWHERE


def _read(sentence: Sentence, question: InterviewQuestion) -> _Read:
    text = sentence.text
    own = question.criteria[-1]
    about = (
        bool(_FIELD.search(text))
        or working(text) >= 2
        or not _subject(question.ask).isdisjoint(content(text))
        or _hits(own.says, text.replace("’", "'")) > 1
    )
    terms = {match.group().casefold() for match in _FIELD.finditer(text)}
    detail = 0.12 * min(2, deeds(text)) + 0.06 * min(5, len(terms))
    return _Read(sentence, marks(text), hollowness(text), len(text.split()), about, detail, len(terms))


# --- one sentence, one criterion ----------------------------------------------------------------------


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$€£-])(?:{pattern})(?!\w)", re.IGNORECASE)


def _hits(patterns: Sequence[str], text: str) -> int:
    return sum(_expression(pattern).search(text) is not None for pattern in patterns)


def _value(read: _Read, criterion: InterviewCriterion, near: float) -> float:
    """What one sentence is worth for one criterion, from 0 to 4."""
    text = read.sentence.text.replace("’", "'")
    if not read.about:
        return 0.0
    said, named = _hits(criterion.says, text), _hits(criterion.mentions, text)
    plain = _PLAIN**read.hollow
    specific = substance(read.marks, criterion.wants, more=read.detail) * plain
    bare = substance(read.marks, criterion.wants) * plain
    value = _NAMING * plain + max(0.0, bare - 0.5) * 2.5 if named else 0.0
    if near > 0:
        value = max(value, min(_MOST_BY_MEANING, near * plain * (_BASE_NEAR + 3 * max(0.0, specific - 0.3))))
    if said:
        base = (_BASE + _STEP * min(said, 3)) * plain
        value = max(
            value, (base + (_MOST - base) * specific) * min(1.0, _GATE + 0.25 * said + 1.5 * specific)
        )
    return value


def _topic_values(
    read: Sequence[_Read], question: InterviewQuestion, near: NDArray[np.float64]
) -> dict[str, list[float]]:
    """Criterion to the worth of each sentence, a sentence's weaker uses held back."""
    topics = [item for item in question.criteria if item.kind == "topic"]
    rows = []
    for at, sentence in enumerate(read):
        row = [_value(sentence, item, float(near[at, place])) for place, item in enumerate(topics)]
        rows.append(_shared(row, 1 + sentence.words // _WORDS_PER_CRITERION))
    return {item.id: [row[place] for row in rows] for place, item in enumerate(topics)}


def _shared(row: list[float], fully: int) -> list[float]:
    """A sentence's worth for its criteria, less for each beyond what its length can carry."""
    ranked = sorted(range(len(row)), key=lambda place: -row[place])
    return [value * 0.6 ** max(0, ranked.index(place) + 1 - fully) for place, value in enumerate(row)]


_MANNER: Mapping[str, tuple[Mark, ...]] = {
    "reasoned": ("cause", "contrast"),
    "commits": ("condition", "limit"),
}


def _manner(
    criterion: InterviewCriterion, read: Sequence[_Read], values: Mapping[str, Sequence[float]]
) -> list[float]:
    """What each sentence is worth for how the answer is given; only sentences about the question count."""
    if criterion.kind == "concrete":
        firm = [firmness(each.sentence.text, each.marks) if each.about else 0.0 for each in read]
        return [_MOST * worth for worth in firm]
    return [
        _manner_of(criterion, sentence, max((scores[at] for scores in values.values()), default=0.0))
        for at, sentence in enumerate(read)
    ]


def _manner_of(criterion: InterviewCriterion, read: _Read, topical: float) -> float:
    strengths = [read.marks.get(name, 0.0) for name in _MANNER[criterion.kind]]
    beside = {name: read.marks.get(name, 0.0) for name in ("number", "condition", "time")}
    if criterion.kind == "commits":
        found = strengths[0] * (0.3 + 0.4 * strengths[1] + 0.3 * beside["number"])
    else:
        found = strengths[0] * min(
            1.0, 0.25 + 0.35 * strengths[1] + 0.3 * beside["number"] + 0.2 * beside["condition"]
        )
    relevant = min(1.0, max(0.0, topical - 0.6)) if read.about else 0.0
    firm = any(name in read.marks for name in ("number", "limit", "money", "name"))
    untied = _UNTIED * min(1.0, read.terms / 2) if firm and read.about else 0.0
    return _MOST * found * _PLAIN**read.hollow * max(relevant, untied)


# --- from sentences to a criterion ----------------------------------------------------------------------


def _scored(
    criterion: InterviewCriterion, question: InterviewQuestion, read: Sequence[_Read], worth: Sequence[float]
) -> CriterionScore:
    best = sorted((at for at in range(len(read)) if worth[at] > 0), key=lambda at: (-worth[at], at))
    score = round(_total(criterion, [worth[at] for at in best]), 3)
    best = best[:3]
    level = min(len(criterion.levels) - 1, int(score + 0.5))
    quotes = [read[at].sentence for at in best if worth[at] >= 0.5 * worth[best[0]]]
    return CriterionScore(
        criterion=criterion.id,
        text=criterion.text,
        status="scored",
        score=score,
        level=criterion.levels[level],
        next_level=criterion.levels[level + 1] if level + 1 < len(criterion.levels) else None,
        quotes=tuple(Quote(text=item.text, start=item.start, end=item.end) for item in quotes),
        marks=tuple(read[best[0]].marks) if best else (),
        knock_out=criterion.id in question.knock_outs and score < 1,
        reason=None,
    )


def _total(criterion: InterviewCriterion, ranked: Sequence[float]) -> float:
    """A criterion's score from its sentences' worth, the greatest first."""
    if criterion.kind == "concrete":
        return _MOST * (1 - exp(-sum(ranked[:_FIRMEST]) / _MOST / _HALFWAY))
    return min(_MOST, sum(share * worth for share, worth in zip(_NEXT, ranked, strict=False)))


def unjudged(criterion: InterviewCriterion, reason: str) -> CriterionScore:
    """A criterion that cannot be assessed, and why."""
    return CriterionScore(
        criterion=criterion.id,
        text=criterion.text,
        status="cannot_assess",
        score=None,
        level=None,
        next_level=None,
        quotes=(),
        marks=(),
        knock_out=False,
        reason=reason,
    )


# --- by meaning -------------------------------------------------------------------------------------------


def _nearness(
    read: Sequence[_Read], question: InterviewQuestion, embedder: Embedder | None
) -> NDArray[np.float64]:
    """(sentences, topic criteria): how near each sentence lies to what a criterion says, 0 to 1.

    By the words that they share, and by the angle of their embeddings where there is an embedder.
    """
    import numpy as np

    words = [_vocabulary(item) for item in question.criteria if item.kind == "topic"]
    shared = [[len(content(each.sentence.text) & known) for known in words] for each in read]
    near: NDArray[np.float64] = np.clip(
        (np.array(shared, dtype=np.float64).reshape(-1, len(words)) - 1) / 3, 0, 1
    )
    if embedder is None or not read:
        return near
    vectors = embedder.embed([item.sentence.text for item in read])
    angle = np.tensordot(vectors, _anchors(cast("Any", embedder), question), axes=([1], [2])).max(axis=2)
    nearest: NDArray[np.float64] = np.maximum(near, np.clip((angle - _NEAR) / (_SAME - _NEAR), 0, 1))
    return nearest


@lru_cache(maxsize=1024)
def _vocabulary(criterion: InterviewCriterion) -> frozenset[str]:
    """The stems of everything that is said about a criterion, without those that are in every rubric."""
    return content(" ".join((criterion.text, criterion.ask, *criterion.levels[1:]))) - _EVERYWHERE


@lru_cache(maxsize=128)
def _anchors(embedder: Any, question: InterviewQuestion) -> NDArray[np.float32]:
    """(topic criteria, lines, dimensions): the vectors of what the upper levels of each say."""
    topics = [item for item in question.criteria if item.kind == "topic"]
    lines = [line for item in topics for line in (item.text, item.ask, *item.levels[2:])]
    found: NDArray[np.float32] = embedder.embed(lines)
    return found.reshape(len(topics), -1, found.shape[1])
