"""Which unlabelled rows a candidate is probably unsure of, told from rows it was asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["unsure_rows"]

_NEAR = 5
_READ = 2_000


def unsure_rows(pool: Mapping[int, str], seen: Sequence[tuple[str, float]]) -> list[int]:
    """Rows like those that a candidate was least sure of, the least sure first.

    A row's doubt is the mean confidence of the five most similar rows of a review, weighted by likeness
    (nearest neighbours on character n-grams). Rows like nothing that was reviewed are left out, and so are
    rows on which it is probably surer than on half of the reviewed ones.

    Labels of rows picked so are worth most to whoever repairs the candidate. They bias an estimate: use
    rows drawn by lot for those (Sawade, Landwehr, Bickel and Scheffer 2010, "Active Risk Estimation").

    Args:
        pool: Text by row.
        seen: Text and confidence of reviewed rows.
    """
    if not pool or not seen:
        return []
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows, texts = list(pool), [pool[row][:_READ] or " " for row in pool]
    words = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=20_000, sublinear_tf=True)
    known = words.fit_transform([text[:_READ] or " " for text, _ in seen])
    sure = np.array([confidence for _, confidence in seen])
    likeness = (words.transform(texts) @ known.T).toarray()
    near = np.argsort(-likeness, axis=1, kind="stable")[:, :_NEAR]
    weights = np.take_along_axis(likeness, near, axis=1)
    total = weights.sum(axis=1)
    expected = np.where(total > 0, (weights * sure[near]).sum(axis=1) / np.maximum(total, 1e-12), np.inf)
    middle = float(np.median(sure))
    return [rows[place] for place in np.argsort(expected, kind="stable").tolist() if expected[place] < middle]
