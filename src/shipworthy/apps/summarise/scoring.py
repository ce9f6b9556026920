"""How much each line looks like a statement of each kind.

A line's score is the sum of its cues, what stands near it (work is given out in one go, by one speaker), how
late in the meeting it is, and whether others agree, with weights set by hand in ``cues.py`` and here. The
words of the user's own labelled meetings may count beside them (``fitting.py``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import get_args

from shipworthy.apps.summarise.cues import Cues, agrees, named_cue, plain
from shipworthy.apps.summarise.lines import Line, named_speakers
from shipworthy.evals.jobs.outputs import ItemKind

__all__ = ["BY_HAND", "EXTRA", "KINDS", "Scorer", "Talk", "Weights", "features_of", "terms", "worth"]

KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
EXTRA = ("named", "words", "short", "agreed", "answered", "near", "late")
"""Features beside the cues."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_NEAR = 6
_OTHERS = 0.4
_ENOUGH = 1.5
_LATE = 0.6
_LONG_MEETING = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A transcript's lines, with what all kinds of statement look at."""

    lines: tuple[Line, ...]
    """The lines."""
    words: tuple[str, ...]
    """Their plain words."""
    names: tuple[str, ...]
    """People in the meeting who have a name."""

    @classmethod
    def of(cls, lines: tuple[Line, ...]) -> Talk:
        """Look at lines once."""
        return cls(lines=lines, words=tuple(plain(line.text) for line in lines), names=named_speakers(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a kind's features count."""

    cues: tuple[float, ...]
    """Weight of each cue."""
    extra: Mapping[str, float]
    """Weight of each feature of ``EXTRA``; 0 where left out."""
    even: float
    """The score at which a line of a long meeting is as likely as not to be one."""
    even_short: float
    """The same in a few lines, where hardly anything else is said."""
    scale: float = 1.0
    """How many points of score make one unit of log-odds."""
    words: Mapping[str, float] = field(default_factory=dict)
    """Weight of each term that was learnt from labelled meetings."""

    def __getitem__(self, name: str) -> float:
        return self.extra.get(name, 0.0)


def _by_hand(kind: ItemKind, few: float, many: float, scale: float = 1.0, **extra: float) -> Weights:
    return Weights(cues=Cues.of(kind).weights, extra=extra, even=many, even_short=few, scale=scale)


BY_HAND: Mapping[ItemKind, Weights] = {
    "action": _by_hand("action", 2.3, 6.0, 1.5, named=2.5, words=0.06, short=-2.0, near=0.6, late=3.5),
    "decision": _by_hand("decision", 2.4, 2.8, 1.5, words=0.12, short=-2.0, agreed=0.2, near=0.15, late=1.0),
    "question": _by_hand("question", 2.8, 3.0, 1.0, words=0.05, short=-2.5, answered=-2.0),
    "risk": _by_hand("risk", 2.8, 3.0, 1.0, words=0.03, short=-2.0),
}
"""The weights that are used unless others were fitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """Weights by kind of statement."""

    weights: Mapping[ItemKind, Weights] = field(default_factory=lambda: BY_HAND)
    """The weights."""

    def scores(self, talk: Talk, kind: ItemKind) -> list[float]:
        """A number for each line; the higher, the more it looks like a statement of this kind."""
        weights = self.weights[kind]
        rows = features_of(talk, kind)
        every = (*weights.cues, *(weights[name] for name in EXTRA))
        cues = [sum(map(float.__mul__, row, every)) for row in rows]
        if not weights.words:
            return cues
        return [cue + worth(terms(line), weights.words) for cue, line in zip(cues, talk.words, strict=True)]

    def confidence(self, score: float, kind: ItemKind, *, lines: int) -> float:
        """A score as a share between 0 and 1, among so many lines.

        With weights set by hand it is a person's guess and no measured probability.
        """
        weights = self.weights[kind]
        length = min(1.0, lines / _LONG_MEETING)
        even = weights.even_short + (weights.even - weights.even_short) * length
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, (score - even) / weights.scale))))


def terms(line: str) -> frozenset[str]:
    """The words of a line and its pairs of neighbours."""
    words = _WORD.findall(line)
    return frozenset(words).union(map(" ".join, pairwise(words)))


def worth(said: frozenset[str], weights: Mapping[str, float]) -> float:
    """The weights of a line's known terms together, by the root of how many these are."""
    known = sorted(said & weights.keys())
    return sum(weights[term] for term in known) / len(known) ** 0.5 if known else 0.0


def features_of(talk: Talk, kind: ItemKind) -> list[list[float]]:
    """(lines, cues + ``EXTRA``) what each line shows. How strong neighbours are, the hand-set weights say."""
    weights, cues = BY_HAND[kind], Cues.of(kind)
    named = named_cue(talk.names) if kind == "action" else None
    rows = [
        [*map(float, cues.found(_with_mark(line, words))), *_own(words, named)]
        for line, words in zip(talk.lines, talk.words, strict=True)
    ]
    own = _own_scores(rows, weights)
    agreed = _agreements(talk)
    near = _nearness(talk, own)
    total = len(rows)
    for place, row in enumerate(rows):
        answered = _answered(talk, place) if kind == "question" and own[place] > 0 else 0.0
        row += [agreed[place], answered, near[place], _lateness(place, total)]
    return rows


def _with_mark(line: Line, words: str) -> str:
    """Plain words that keep the question mark behind whatever closes after it."""
    return words if words.endswith("?") or not line.text.rstrip("\"'”’)").endswith("?") else words + "?"


def _own(words: str, named: re.Pattern[str] | None) -> list[float]:
    count = len(words.split())
    by_name = named is not None and named.search(words) is not None
    return [float(by_name), float(min(count, 15)), float(count < 3)]


def _own_scores(rows: Sequence[Sequence[float]], weights: Weights) -> list[float]:
    every = (*weights.cues, weights["named"], weights["words"], weights["short"])
    return [sum(map(float.__mul__, row, every)) for row in rows]


def _agreements(talk: Talk) -> list[float]:
    """How many of the next four lines are others agreeing, at most two."""
    yes = [agrees(words) for words in talk.words]
    who = [line.speaker for line in talk.lines]
    total = len(yes)
    return [
        float(
            min(2, sum(yes[after] and who[after] != who[at] for after in range(at + 1, min(total, at + 5))))
        )
        for at in range(total)
    ]


def _nearness(talk: Talk, own: Sequence[float]) -> list[float]:
    """What the lines around a line show, the nearer the more, and of the same speaker more than of others."""
    strong = [(place, value - _ENOUGH) for place, value in enumerate(own) if value > _ENOUGH]
    near = [0.0] * len(own)
    for place, value in strong:
        speaker = talk.lines[place].speaker
        for other in range(max(0, place - _NEAR), min(len(own), place + _NEAR + 1)):
            if other != place:
                share = 1.0 if talk.lines[other].speaker == speaker else _OTHERS
                near[other] += value * share * (1 - abs(other - place) / (_NEAR + 1))
    length = min(1.0, len(own) / _LONG_MEETING)
    return [
        value * length if len(words.split()) > 2 else 0.0
        for value, words in zip(near, talk.words, strict=True)
    ]


def _lateness(place: int, total: int) -> float:
    """0 to 1 over the last part of a long meeting: it ends with what everybody is to do."""
    late = max(0.0, place / total - _LATE) / (1 - _LATE)
    return late * min(1.0, total / _LONG_MEETING)


_UNKNOWING = ("i don't know", "i dunno", "not sure", "no idea", "good question", "don't know", "dunno", "hmm")


def _answered(talk: Talk, place: int) -> float:
    """1 where one of the next lines of another speaker says something that may answer."""
    asker = talk.lines[place].speaker
    for after in range(place + 1, min(len(talk.lines), place + 6)):
        words = talk.words[after]
        other = talk.lines[after].speaker
        if (other is None or other != asker) and not words.endswith("?"):
            if any(phrase in words for phrase in _UNKNOWING):
                return 0.0
            if agrees(words) or words.startswith("no") or len(words.split()) > 3:
                return 1.0
    return 0.0
