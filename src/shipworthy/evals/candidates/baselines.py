"""The two baselines that every report shows: a candidate that does not beat them is a finding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.core.canonical import sha256_of
from shipworthy.evals.candidate import Answers, OutOfFold, TrainingSet

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example

__all__ = ["Keyword", "Majority"]

_WORD = re.compile(r"\w{3,40}")
_WORDS_PER_LABEL = 12


@dataclass(frozen=True, slots=True)
class _Rules:
    """Words per label, and what to answer when none of them occurs."""

    words: Mapping[str, tuple[str, ...]]
    otherwise: str
    version: str
    out_of_fold: OutOfFold | None = None

    def answer(self, batch: Sequence[Example]) -> Answers:
        return Answers(outputs=[self._label(example.text) for example in batch], statuses=["ok"] * len(batch))

    def _label(self, text: str) -> str:
        present = set(_WORD.findall(text.casefold()))
        hits = {label: len(present.intersection(words)) for label, words in self.words.items()}
        best = max(hits, key=lambda label: hits[label], default=self.otherwise)
        return best if hits.get(best, 0) else self.otherwise


def _commonest(train: TrainingSet) -> str:
    return train.classes[Counter(train.labels.tolist()).most_common(1)[0][0]]


class Majority:
    """Always the commonest label of the training rows."""

    kind = "majority"
    words = "Always answers the commonest label; knows nothing about the text."

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(self, train: TrainingSet) -> _Rules:
        """Find the commonest label."""
        label = _commonest(train)
        return _Rules(words={}, otherwise=label, version=sha256_of({"majority": label}))


class Keyword:
    """The label most of whose words occur in the text, as a rule somebody could write in an hour.

    Without given words, each label gets the dozen whose share of texts inside the label exceeds
    their share outside by most (ties by the alphabet).
    """

    kind = "keyword"
    words = "Counts a dozen telling words per label; no learning beyond that."

    def __init__(self, name: str, *, words: Mapping[str, Sequence[str]] | None = None) -> None:
        self.name = name
        self._given = words

    def fit(self, train: TrainingSet) -> _Rules:
        """Find the words of each label."""
        words = {label: tuple(w.casefold() for w in given) for label, given in (self._given or {}).items()}
        words = words or _telling_words(train)
        otherwise = _commonest(train)
        version = sha256_of({"keyword": {k: list(v) for k, v in words.items()}, "otherwise": otherwise})
        return _Rules(words=words, otherwise=otherwise, version=version)


def _telling_words(train: TrainingSet) -> dict[str, tuple[str, ...]]:
    texts_with: Counter[str] = Counter()
    in_label: dict[int, Counter[str]] = {}
    rows: Counter[int] = Counter()
    for text, label in zip(train.texts, train.labels.tolist(), strict=True):
        present = set(_WORD.findall(text.casefold()))
        texts_with.update(present)
        in_label.setdefault(label, Counter()).update(present)
        rows[label] += 1
    total = len(train.texts)
    chosen = {}
    for label, counts in sorted(in_label.items()):
        outside = max(total - rows[label], 1)
        lift = {
            word: count / rows[label] - (texts_with[word] - count) / outside for word, count in counts.items()
        }
        best = sorted(lift, key=lambda word: (-lift[word], word))[:_WORDS_PER_LABEL]
        chosen[train.classes[label]] = tuple(best)
    return chosen
