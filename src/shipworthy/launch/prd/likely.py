"""What each passage of a document is about, as far as its words and those around it tell.

The weights are those of a multinomial logistic regression that ``fits/prd.py`` fitted to passages labelled by
hand; here they are only added up. Features share rows of the weights by their checksum (feature hashing:
Weinberger et al., ICML 2009), so that no list of words is shipped.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from shipworthy.launch.prd.passages import Passage, features, passages
from shipworthy.launch.prd.reading import Document

__all__ = ["ROWS", "Least", "Likely", "Weights", "likely_topics", "read_weights", "row_of", "shipped_weights"]

ROWS = 1 << 16
"""Rows of the weights, over which features are spread."""
_NEIGHBOURS = 0.15
_TINY = 1e-6


def row_of(feature: str) -> int:
    """The row of the weights that belongs to a feature."""
    return crc32(feature.encode()) % ROWS


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
    """Topics in the order of the columns; the last one is none of them."""
    bias: NDArray[np.float64]
    """One value a topic."""
    slopes: NDArray[np.int8]
    """One row for the features that share it, one column a topic, in steps."""
    step: float
    """What one step of a slope is worth."""
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
    folder = files("shipworthy.launch.prd")
    told, slopes = folder.joinpath("words.json"), folder.joinpath("words.npz")
    return read_weights(told.read_text("utf-8"), slopes.read_bytes())


def read_weights(told: str, slopes: bytes) -> Weights:
    """The weights that ``fits/prd.py`` wrote: what it tells of them, and the slopes."""
    data = json.loads(told)
    with np.load(BytesIO(slopes), allow_pickle=False) as arrays:
        return Weights(
            topics=tuple(data["topics"]),
            bias=np.array(data["bias"]),
            slopes=arrays["slopes"],
            step=data["step"],
            least={
                topic: Least(words=words, said=said, named=named)
                for topic, (words, said, named) in data["least"].items()
            },
        )


def likely_topics(document: Document, weights: Weights) -> tuple[Likely, ...]:
    """What each passage is about; one between others of its section leans towards them."""
    every = tuple(passages(document))
    if not every:
        return ()
    logs = np.log(_normal(np.array([_sums(weights, passage) for passage in every])) + _TINY)
    shares = _normal(logs + _NEIGHBOURS * _beside(every, logs))
    return tuple(
        Likely(passage=passage, share=dict(zip(weights.topics[:-1], row.tolist(), strict=False)))
        for passage, row in zip(every, shares, strict=True)
    )


def _sums(weights: Weights, passage: Passage) -> NDArray[np.float64]:
    found = features(passage)
    rows = [row_of(name) for name in found]
    sums: NDArray[np.float64] = np.array(list(found.values())) @ weights.slopes[rows].astype(np.float64)
    return sums * weights.step + weights.bias


def _beside(every: Sequence[Passage], logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of what the passages before and after tell, where they stand in the same section."""
    total, count = np.zeros_like(logs), np.zeros((len(every), 1))
    for at, (one, other) in enumerate(pairwise(every)):
        if one.section is other.section:
            total[at] += logs[at + 1]
            total[at + 1] += logs[at]
            count[at : at + 2] += 1
    return total / np.maximum(count, 1)


def _normal(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(sums - sums.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
