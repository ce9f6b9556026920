"""What each passage of a document is about, as far as its words and those around it tell.

The weights in ``words.json`` are those of a multinomial logistic regression that ``fits/prd.py``
fitted to passages labelled by hand; here they are only added up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log

from shipworthy.launch.prd.passages import Passage, features, passages
from shipworthy.launch.prd.reading import Document

__all__ = ["Least", "Likely", "Weights", "likely_topics", "read_weights", "shipped_weights"]

_NEIGHBOURS = 0.3
_TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """How likely a topic must be for a document to count as saying something about it."""

    words: float
    """By its words alone."""
    said: float
    """Where a pattern finds it said."""
    named: float
    """Where a heading or a lead word names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A linear model of what a passage is about."""

    topics: tuple[str, ...]
    """Topics in the order of the weights; the last one is none of them."""
    bias: tuple[float, ...]
    """One value a topic."""
    words: dict[str, tuple[tuple[int, float], ...]]
    """By feature, the place of a topic and its weight, where there is one."""
    least: dict[str, Least]
    """What a topic needs to count, chosen on documents that the weights were not fitted to."""

    def needed(self, topic: str) -> Least:
        """What a topic needs to count."""
        return self.least.get(topic, self.least["any"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A passage and how likely each topic is."""

    passage: Passage
    """The passage."""
    share: dict[str, float]
    """By topic, from 0 to 1; all of them and none add up to 1."""


@cache
def shipped_weights() -> Weights:
    """The weights that come with the package."""
    return read_weights(files("shipworthy.launch.prd").joinpath("words.json").read_text("utf-8"))


def read_weights(text: str) -> Weights:
    """The weights that ``fits/prd.py`` wrote."""
    data = json.loads(text)
    return Weights(
        topics=tuple(data["topics"]),
        bias=tuple(data["bias"]),
        words={word: _pairs(written) for word, written in data["words"].items()},
        least={
            topic: Least(words=words, said=said, named=named)
            for topic, (words, said, named) in data["least"].items()
        },
    )


def _pairs(written: str) -> tuple[tuple[int, float], ...]:
    """``"3:15 7:-4"``: weights in tenths by place."""
    return tuple(
        (int(place), int(tenths) / 10) for place, tenths in (part.split(":") for part in written.split())
    )


def likely_topics(document: Document, weights: Weights) -> tuple[Likely, ...]:
    """What each passage is about; one between others of its section leans towards them."""
    every = tuple(passages(document))
    logs = [_log_shares(weights, passage) for passage in every]
    return tuple(
        Likely(passage=passage, share=_shares(weights, [logs[at], *_beside(every, logs, at)]))
        for at, passage in enumerate(every)
    )


def _log_shares(weights: Weights, passage: Passage) -> list[float]:
    sums = list(weights.bias)
    for name, value in features(passage).items():
        for place, weight in weights.words.get(name, ()):
            sums[place] += value * weight
    return [log(share + _TINY) for share in _normal(sums)]


def _beside(every: Sequence[Passage], logs: Sequence[list[float]], at: int) -> Iterator[list[float]]:
    for other in (at - 1, at + 1):
        if 0 <= other < len(every) and every[other].section is every[at].section:
            yield logs[other]


def _shares(weights: Weights, logs: Sequence[list[float]]) -> dict[str, float]:
    own, *beside = logs
    if beside:
        near = [sum(values) / len(beside) for values in zip(*beside, strict=True)]
        own = [value + _NEIGHBOURS * other for value, other in zip(own, near, strict=True)]
    return dict(zip(weights.topics[:-1], _normal(own), strict=False))


def _normal(sums: Sequence[float]) -> list[float]:
    largest = max(sums)
    powers = [exp(value - largest) for value in sums]
    total = sum(powers)
    return [power / total for power in powers]
