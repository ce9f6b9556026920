"""The score of an answer, criterion by criterion, from the sentences that earned it. No model is needed.

Each sentence has a worth: how much it says that somebody could act on or check, by weights of words that were
fitted on answers of several authors (``learned``). It earns nothing where it is talk or off the topic.

A criterion of the question takes its score from the best sentence about it, and a little from the next two,
so that neither the length of an answer nor its order matters. A sentence is about a criterion when the
playbook's expressions say so, when it shares words with the rubric, or (where an embedder is given) when its
meaning lies near the rubric. A sentence carries only so many criteria as its length allows.

One criterion does not depend on the rubric's words: what the sentences are worth together. It is most of the
overall score, because an answer may be right in words that no rubric foresaw.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

from shipworthy.career.interview.learned import worth
from shipworthy.career.interview.marks import marks
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
    "Each criterion has a score from 0 to 4. The overall score is nine tenths the first criterion, what the"
    " answer says that somebody could act on, and one tenth the mean of the others, each from the best"
    f" sentence about it. It passes from {PASS:g} on, unless a knock-out criterion is below 1. Naming a topic"
    " earns at most 0.5. Voice, face, tone and confidence are not judged."
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
"""A sentence with none of these, none of the question's words and none of its own expressions is on the topic
only if one beside it is."""
_MOST = 4.0
_NEXT = (0.85, 0.2, 0.1)
_WORDS_PER_CRITERION = 12
_NEAR, _SAME = 0.35, 0.65
_SAID, _SAID_MORE, _NAMED, _NEARBY = 0.7, 0.15, 0.25, 0.6
"""How sure it is that a sentence is about a criterion: one expression of doing it, each further one, one of
naming it, and the rubric's words or meaning."""
_NAMES, _FULL = 0.2, 1.25
"""The worth up to which a sentence only names things, and at which its criterion is met as far as words
show."""
_UPPER, _BESIDE = 3.0, 0.5
"""More than that no sentence is worth, and none that is on the topic only by a sentence beside it."""
_BEST, _LEVEL, _TALK = 20, 10.0, 1.2
"""Sentences that count for the first criterion, the worth that leaves a share of 1/e to the top, and the most
that sentences below nothing take away: less than half a level, so that padding moves nothing by more."""
_FIRST = 0.9
"""The first criterion's share of the overall score."""
_EVERYWHERE = content(
    "said says mentioned named case limit number stated told measured would happens follows reason"
)
_ANYWHERE = content(
    "month year week day hour minute morning today two three four five six seven eight nine sixty forty"
    " hundred thousand twice time make made take other first know want need find found look come keep kept"
    " back good last many every sure real really open work call read meet meeting wait stand worth matter"
    " number problem people everybody somebody long small large different part still again give given like"
    " start begin turn bring leave show help talk train book spent late early often ever never always already"
)


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
    """By the rule, 0 to 4; None where nothing could be judged."""
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
    words: int
    worth: float
    """Above 0 it says something, below 0 it is talk; 0 if it is off the topic."""
    about: bool
    """Whether its own words are on the topic, and not only those of a sentence beside it."""

    @property
    def full(self) -> float:
        """How much of a criterion it can earn, from 0 to 1."""
        return min(1.0, max(0.0, self.worth - _NAMES) / (_FULL - _NAMES)) if self.about else 0.0


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
    method = "words 5" if embedder is None else f"words 5, embeddings {embedder.version[:12]}"
    if unread_language(answer):
        reason = "the answer is not in English, which is all that this scorer reads"
        return assembled(
            question, {item.id: unjudged(item, reason) for item in question.criteria}, (), method
        )
    kept, ignored = read_answer(answer)
    read = _read(kept, question)
    near = _nearness(read, question, embedder)
    values = _topic_values(read, question, near)
    scores = {
        item.id: _scored(
            item, question, read, values[item.id] if item.kind == "topic" else _manner(item, read)
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
    """The first criterion and the mean of the others by their shares; what cannot be assessed is left out."""
    parts = []
    for first, share in ((True, _FIRST), (False, 1 - _FIRST)):
        items = [item for item in question.criteria if (item.kind == "concrete") is first]
        judged = [each for each in (scores[item.id].score for item in items) if each is not None]
        if judged:
            parts.append((share, sum(judged) / len(judged)))
    whole = sum(share for share, _ in parts)
    return round(sum(share * mean for share, mean in parts) / whole, 3) if parts else None


def _follow_ups(question: InterviewQuestion, criteria: Sequence[CriterionScore]) -> tuple[str, ...]:
    """The follow-ups of criteria below level 2, knock-outs first, then the weakest; three at most."""
    asks = {item.id: item.ask for item in question.criteria}
    low = [item for item in criteria if item.score is not None and item.score < 2]
    low.sort(key=lambda item: (not item.knock_out, item.score))
    return tuple(asks[item.criterion] for item in low[:3])


@lru_cache(maxsize=128)
def _subject(ask: str) -> frozenset[str]:
    """The question's own words, without short ones and those that stand in sentences about anything."""
    return frozenset(stem for stem in content(ask) if len(stem) > 3 and not stem.isdigit()) - _ANYWHERE


def _read(kept: Sequence[Sentence], question: InterviewQuestion) -> list[_Read]:
    about = [_is_about(sentence.text, question) for sentence in kept]
    beside = [any(about[max(0, at - 1) : at + 2]) for at in range(len(kept))]
    return [
        _Read(
            sentence,
            marks(sentence.text),
            len(sentence.text.split()),
            min(_UPPER if own else _BESIDE, worth(sentence.text, question.id)) if near else 0.0,
            own,
        )
        for sentence, own, near in zip(kept, about, beside, strict=True)
    ]


def _is_about(text: str, question: InterviewQuestion) -> bool:
    """Whether a sentence has a word of the field or one of the question's."""
    return (
        bool(_FIELD.search(text))
        or not _subject(question.ask).isdisjoint(content(text))
        or _hits(question.criteria[-1].says, text.replace("’", "'")) > 1
    )


# --- one sentence, one criterion ----------------------------------------------------------------------


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$€£-])(?:{pattern})(?!\w)", re.IGNORECASE)


def _hits(patterns: Sequence[str], text: str) -> int:
    return sum(_expression(pattern).search(text) is not None for pattern in patterns)


def _value(read: _Read, criterion: InterviewCriterion, near: float) -> float:
    """What one sentence is worth for one criterion, from 0 to 4."""
    if not read.full:
        return 0.0
    text = read.sentence.text.replace("’", "'")
    said, named = _hits(criterion.says, text), _hits(criterion.mentions, text)
    sure = max(
        _SAID + _SAID_MORE * min(2, said - 1) if said else 0.0, _NAMED if named else 0.0, _NEARBY * near
    )
    return _MOST * sure * read.full


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


def _manner(criterion: InterviewCriterion, read: Sequence[_Read]) -> list[float]:
    """What each sentence is worth for how the answer is given."""
    if criterion.kind == "concrete":
        return [max(0.0, each.worth) for each in read]
    return [_MOST * _form(criterion, each.marks) * each.full for each in read]


def _form(criterion: InterviewCriterion, found: Mapping[Mark, float]) -> float:
    """How far a sentence gives reasons or ties an action to a result, from 0 to 1."""
    first, second = (found.get(name, 0.0) for name in _MANNER[criterion.kind])
    beside = {name: found.get(name, 0.0) for name in ("number", "condition")}
    if criterion.kind == "commits":
        return first * (0.5 + 0.3 * second + 0.2 * beside["number"])
    return first * min(1.0, 0.5 + 0.3 * second + 0.1 * beside["number"] + 0.1 * beside["condition"])


# --- from sentences to a criterion ----------------------------------------------------------------------


def _scored(
    criterion: InterviewCriterion, question: InterviewQuestion, read: Sequence[_Read], values: Sequence[float]
) -> CriterionScore:
    best = sorted((at for at in range(len(read)) if values[at] > 0), key=lambda at: (-values[at], at))
    talk = -sum(each.worth for each in read if each.worth < 0)
    score = round(_total(criterion, [values[at] for at in best], talk), 3)
    best = best[:3] if score else []
    level = min(len(criterion.levels) - 1, int(score + 0.5))
    quotes = [read[at].sentence for at in best if values[at] >= 0.5 * values[best[0]]]
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


def _total(criterion: InterviewCriterion, ranked: Sequence[float], talk: float) -> float:
    """A criterion's score from its sentences' worth, the greatest first."""
    if criterion.kind == "concrete":
        said = sum(ranked[:_BEST])
        said -= min(_TALK, talk) * said / (said + min(_TALK, talk)) if said else 0.0
        return _MOST * (1 - math.exp(-said / _LEVEL))
    return min(_MOST, sum(share * each for share, each in zip(_NEXT, ranked, strict=False)))


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
