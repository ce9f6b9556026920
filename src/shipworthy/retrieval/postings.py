"""BM25 in memory, for an index so large that SQLite's own ranking would take too long.

FTS5 scores every passage that holds any word of a question, one at a time; with a hundred thousand passages
that is a tenth of a second. The same numbers as arrays take a few thousandths.

Reference:
    Robertson & Zaragoza (2009), The probabilistic relevance framework: BM25 and beyond. FnTIR 3(4);
    with the constants and the floor of SQLite's bm25().
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Postings", "packed"]

_K1, _B = 1.2, 0.75
_FLOOR = 1e-6  # what SQLite gives a word that more than half of the texts hold
_WORD = np.dtype([("word", "<u4"), ("times", "<u2")])


def _code(stem: str) -> int:
    return zlib.crc32(stem.encode())


def packed(stems: Mapping[str, int]) -> bytes:
    """The stems of a passage and how often each occurs, six bytes each."""
    row = np.array([(_code(stem), min(times, 65_535)) for stem, times in stems.items()], dtype=_WORD)
    return row.tobytes()


@dataclass(frozen=True, slots=True)
class Postings:
    """Which passages hold a word, and what it adds to their score."""

    size: int
    """Passages."""
    words: NDArray[np.uint32]
    """(w,) codes of the words, ascending."""
    starts: NDArray[np.int64]
    """(w + 1,) where the passages of each word begin in the arrays below."""
    passages: NDArray[np.int32]
    """Positions of the passages that hold each word."""
    weights: NDArray[np.float32]
    """Saturated and length-normalised frequency of the word in that passage."""

    @classmethod
    def of(cls, rows: Iterable[bytes]) -> Postings:
        """Build them from the packed stems of every passage, in order."""
        parts = list(rows)
        sizes = np.array([len(part) // _WORD.itemsize for part in parts], dtype=np.int64)
        table = np.frombuffer(b"".join(parts), dtype=_WORD)
        times = table["times"].astype(np.float32)
        passages = np.repeat(np.arange(len(parts), dtype=np.int32), sizes)
        lengths = np.bincount(passages, weights=times, minlength=len(parts)).astype(np.float32)
        average = float(lengths.mean()) if len(parts) else 1.0
        norm = _K1 * (1 - _B + _B * lengths / max(average, 1e-9))
        order = np.argsort(table["word"], kind="stable")
        ordered = table["word"][order]
        words, starts = np.unique(ordered, return_index=True)
        passages, times = passages[order], times[order]
        return cls(
            size=len(parts),
            words=words,
            starts=np.append(starts, len(ordered)).astype(np.int64),
            passages=passages,
            weights=(times * (_K1 + 1) / (times + norm[passages])).astype(np.float32),
        )

    def scores(self, stems: Sequence[str]) -> NDArray[np.float32]:
        """(n,) BM25 of every passage for a question's stems."""
        found = np.zeros(self.size, dtype=np.float32)
        for stem in stems:
            place = int(np.searchsorted(self.words, _code(stem)))
            if place == len(self.words) or self.words[place] != _code(stem):
                continue
            held = slice(self.starts[place], self.starts[place + 1])
            count = int(held.stop - held.start)
            rarity = max(_FLOOR, float(np.log((self.size - count + 0.5) / (count + 0.5))))
            found[self.passages[held]] += np.float32(rarity) * self.weights[held]
        return found
