"""An embedder that needs no model: a text's vector counts its words."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordEmbedder"]


@dataclass(slots=True, kw_only=True)
class WordEmbedder:
    """Hashes words, and their given meanings, into 64 places."""

    name: str = "words"
    """Its name."""
    version: str = "words:1"
    """Its version."""
    meanings: dict[str, str] = field(default_factory=dict)
    """Words that mean the same as another word."""
    asked: list[str] = field(default_factory=list)
    """All texts so far."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 64) unit vectors."""
        self.asked += texts
        vectors = np.full((len(texts), 64), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()):
                vectors[row, zlib.crc32(self.meanings.get(word, word).encode()) % 64] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / lengths, dtype=np.float32)
