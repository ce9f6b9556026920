"""Weights fitted to meetings that somebody labelled, for those whose meetings speak otherwise than ours.

Logistic regression on the same cues. Fitted weights live where they were fitted: none are shipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from shipworthy.apps.summarise.lines import lines_of
from shipworthy.apps.summarise.scoring import BY_HAND, EXTRA, KINDS, Scorer, Talk, Weights, features_of

if TYPE_CHECKING:
    from shipworthy.evals.jobs.outputs import ItemKind
    from shipworthy.retrieval.document import Document
    from shipworthy.stats.arrays import BoolArray, FloatArray

__all__ = ["FEWEST", "Labelled", "fitted"]

FEWEST = 20
"""Labelled lines of a kind; below that its weights stay as they were set by hand."""

Labelled = tuple["Document", Mapping["ItemKind", Set[int]]]
"""A transcript, and for each kind the numbers of the turns that its statements rest on."""


def fitted(meetings: Sequence[Labelled]) -> Scorer:
    """A scorer whose weights fit labelled meetings, kind by kind where there are enough labels."""
    talks = [(Talk.of(lines_of(document)), labels) for document, labels in meetings]
    return Scorer(weights={kind: _fitted_kind(talks, kind) for kind in KINDS})


def _fitted_kind(talks: Sequence[tuple[Talk, Mapping[ItemKind, Set[int]]]], kind: ItemKind) -> Weights:
    import numpy as np

    wanted = [line.number in labels.get(kind, ()) for talk, labels in talks for line in talk.lines]
    truth = np.array(wanted, dtype=np.bool_)
    if int(truth.sum()) < FEWEST or bool(truth.all()):
        return BY_HAND[kind]
    rows = [row for talk, _ in talks for row in features_of(talk, kind)]
    return _regressed(np.array(rows), truth, BY_HAND[kind])


def _regressed(rows: FloatArray, truth: BoolArray, before: Weights) -> Weights:
    from sklearn.linear_model import LogisticRegression

    size = rows.std(axis=0)
    size[size == 0] = 1.0
    model = LogisticRegression(max_iter=2000, class_weight="balanced", C=0.1).fit(rows / size, truth)
    weights = model.coef_[0] / size
    even = _best_cut(rows @ weights, truth)
    cues = len(before.cues)
    return replace(
        before,
        cues=tuple(weights[:cues].tolist()),
        extra=dict(zip(EXTRA, weights[cues:].tolist(), strict=True)),
        even=even,
        even_short=even,
        scale=1.0,
    )


def _best_cut(scores: FloatArray, truth: BoolArray) -> float:
    """The score from which on F1 is best on the labelled lines."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + truth.sum())
    return float(scores[order[int(f1.argmax())]])
