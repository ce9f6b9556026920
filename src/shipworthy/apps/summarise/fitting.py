"""Words learnt from meetings that somebody labelled, for those whose meetings speak otherwise than ours.

The cues keep the weights that were set by hand. Beside them counts how a line's words, alone and in pairs,
differ between labelled lines and others (logistic regression). How much they count is chosen on meetings that
were left out; where they do not help there, they count nothing. What was learnt lives where it was learnt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING

from shipworthy.apps.summarise.lines import lines_of
from shipworthy.apps.summarise.scoring import BY_HAND, KINDS, Scorer, Talk, Weights, terms, worth

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from shipworthy.evals.jobs.outputs import ItemKind
    from shipworthy.retrieval.document import Document
    from shipworthy.stats.arrays import BoolArray, FloatArray

__all__ = ["FEWEST", "FEWEST_MEETINGS", "Labelled", "fitted"]

FEWEST, FEWEST_MEETINGS = 20, 5
"""Labelled lines of a kind, and meetings with such lines; below these nothing is learnt for it."""

_FOLDS = 5
_SEEN_IN = 0.08
"""Share of the meetings in which a term must be said, and in three of them at least."""
_COUNTS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0)
"""How much the words may count beside the cues."""
_PENALTY = 0.3
"""Inverse strength of the penalty."""

Labelled = tuple["Document", Mapping["ItemKind", Set[int]]]
"""A transcript, and for each kind the numbers of the turns that its statements rest on."""


def fitted(meetings: Sequence[Labelled]) -> Scorer:
    """A scorer that knows the words of labelled meetings, kind by kind where there are enough labels."""
    talks = [(Talk.of(lines_of(document)), labels) for document, labels in meetings]
    return Scorer(weights={kind: _fitted_kind(talks, kind) for kind in KINDS})


@dataclass(frozen=True, slots=True)
class _Known:
    """The lines of one meeting: their terms, which are labelled, and their scores by the cues alone."""

    terms: tuple[frozenset[str], ...]
    truth: BoolArray
    cues: FloatArray


def _known(talk: Talk, wanted: Set[int], kind: ItemKind) -> _Known:
    import numpy as np

    return _Known(
        terms=tuple(map(terms, talk.words)),
        truth=np.array([line.number in wanted for line in talk.lines], dtype=np.bool_),
        cues=np.array(Scorer().scores(talk, kind)),
    )


def _fitted_kind(talks: Sequence[tuple[Talk, Mapping[ItemKind, Set[int]]]], kind: ItemKind) -> Weights:
    import numpy as np

    known = [_known(talk, labels.get(kind, frozenset()), kind) for talk, labels in talks]
    labelled = [int(one.truth.sum()) for one in known]
    if np.count_nonzero(labelled) < FEWEST_MEETINGS or sum(labelled) < FEWEST:
        return BY_HAND[kind]
    away = _out_of_fold(known)
    by_share = {
        share: [one.cues + share * said for one, said in zip(known, away, strict=True)] for share in _COUNTS
    }
    share = max(_COUNTS, key=lambda share: _precision(known, by_share[share]))
    if share == 0:
        return BY_HAND[kind]
    even = _best_cut(np.concatenate(by_share[share]), np.concatenate([one.truth for one in known]))
    words = {term: share * weight for term, weight in _words(known).items()}
    return replace(BY_HAND[kind], words=words, even=even, even_short=even)


def _out_of_fold(known: Sequence[_Known]) -> list[FloatArray]:
    """What the words of each line are worth, by weights that saw none of its meeting."""
    import numpy as np

    away: dict[int, FloatArray] = {}
    for fold in range(_FOLDS):
        words = _words([one for place, one in enumerate(known) if place % _FOLDS != fold])
        for place in range(fold, len(known), _FOLDS):
            away[place] = np.array([worth(line, words) for line in known[place].terms])
    return [away[place] for place in range(len(known))]


def _precision(known: Sequence[_Known], scores: Sequence[FloatArray]) -> float:
    """Average precision, as a mean over the meetings that have such lines."""
    from sklearn.metrics import average_precision_score

    pairs = [(one.truth, found) for one, found in zip(known, scores, strict=True) if one.truth.any()]
    return sum(float(average_precision_score(truth, found)) for truth, found in pairs) / len(pairs)


def _words(known: Sequence[_Known]) -> dict[str, float]:
    """A weight for each term that enough meetings say."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    lines = [line for one in known for line in one.terms]
    meetings = Counter(term for one in known for term in frozenset().union(*one.terms))
    rare = _rarity(lines, {term for term, n in meetings.items() if n >= max(3, _SEEN_IN * len(known))})
    truth = np.concatenate([one.truth for one in known])
    if not rare or not truth.any() or truth.all():
        return {}
    model = LogisticRegression(C=_PENALTY, max_iter=1000, class_weight="balanced")
    slopes = model.fit(_rows(lines, rare), truth).coef_[0]
    return {term: float(slope) * rare[term] for term, slope in zip(rare, slopes, strict=True)}


def _rarity(lines: Sequence[Set[str]], wanted: Set[str]) -> dict[str, float]:
    """Inverse document frequency of the wanted terms, 1 on average."""
    said = Counter(term for line in lines for term in line if term in wanted)
    found = {term: log((1 + len(lines)) / (1 + said[term])) + 1 for term in sorted(wanted)}
    usual = sum(found.values()) / max(1, len(found))
    return {term: value / usual for term, value in found.items()}


def _rows(lines: Sequence[Set[str]], rare: Mapping[str, float]) -> csr_matrix:
    """(lines, terms) such that a row times the slopes is what ``worth`` makes of the weights."""
    from scipy.sparse import csr_matrix

    place = {term: at for at, term in enumerate(rare)}
    cells = [
        (row, place[term], rare[term] / len(known) ** 0.5)
        for row, line in enumerate(lines)
        for known in [sorted(line & rare.keys())]
        for term in known
    ]
    rows, columns, values = zip(*cells, strict=True)
    return csr_matrix((values, (rows, columns)), shape=(len(lines), len(rare)))


def _best_cut(scores: FloatArray, truth: BoolArray) -> float:
    """The score from which on F1 is best on the labelled lines."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    return float(scores[order[int(f1.argmax())]])
