"""Sentence embeddings as a step of a scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from sklearn.base import BaseEstimator, TransformerMixin

from shipworthy.gateway.embedding import packaged_embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SentenceEmbedding"]

_KEPT = 50_000


class SentenceEmbedding(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Texts to unit vectors by the packaged MiniLM. Learns nothing.

    The folds of one training set ask for the same texts again and again; vectors are remembered
    for the life of the process, at most 50,000 of them (75 MB).
    """

    _known: dict[str, NDArray[np.float32]] = {}  # noqa: RUF012 (shared on purpose, see above)

    def fit(self, texts: Sequence[str], labels: Any = None) -> Self:
        """Nothing to learn; loads the model so that its absence is noticed here."""
        del texts, labels
        packaged_embedder()
        return self

    def transform(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 384) vectors."""
        import numpy as np

        known = self._known
        fresh = list(dict.fromkeys(text for text in texts if text not in known))
        vectors = dict(zip(fresh, packaged_embedder().embed(fresh), strict=True)) if fresh else {}
        if len(known) + len(vectors) <= _KEPT:
            known.update(vectors)
        return np.stack([vectors[text] if text in vectors else known[text] for text in texts])

    def __sklearn_is_fitted__(self) -> bool:
        return True
