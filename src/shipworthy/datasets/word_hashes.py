"""Texts as hashes of their words, some characters at a time.

A word is a run of letters and digits without regard to case, accents and Unicode form; in scripts
written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each character is a word. What
stands between words is dropped. Equal words have equal hashes; that different words have the same hash
can be contrived but does not happen by chance (64 bits).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["HashedTexts", "hashed_texts", "letters_of", "mixed", "running"]

_Ints = NDArray[np.int64]
_Hashes = NDArray[np.uint64]

_BLOCK = 1 << 17  # characters read at a time: the working arrays stay in the processor's cache
_BASE = 0x9E3779B97F4A7C15
_DROPPED = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u2060\ufeff]+")
_SPACELESS = (  # Thai, Lao, Myanmar, Khmer, kana, Han: one character is one word
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007),
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
)  # fmt: skip
_GAP, _LETTER, _SINGLE = 0, 1, 2


class HashedTexts(NamedTuple):
    """The words of many texts, end to end, as hashes."""

    words: _Hashes
    starts: _Ints  # one more than there are texts: text i is words[starts[i]:starts[i + 1]]
    sizes: NDArray[np.float64]  # words a text counts as having: two characters of a spaceless script are one
    letters: _Hashes  # hash of a text's letters and digits run together; 0 for none

    @property
    def lengths(self) -> _Ints:
        """Words of each text."""
        return np.diff(self.starts)

    def take(self, rows: _Ints) -> HashedTexts:
        """Some of the texts."""
        words, starts = self.spread(rows)
        return HashedTexts(words, starts, self.sizes[rows], self.letters[rows])

    def spread(self, rows: _Ints) -> tuple[_Hashes, _Ints]:
        """Words of some texts end to end, and where each text starts."""
        length = self.lengths[rows]
        starts = running(length)
        at = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], length)
        return self.words[at], starts


def running(counts: NDArray[np.integer] | Sequence[int]) -> _Ints:
    """Running total that starts at 0."""
    total = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=total[1:])
    return total


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", plain).casefold()


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    size = 0
    for text in texts:
        block.append(_fold(text))
        size += len(block[-1])
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


@lru_cache(maxsize=2)
def _kinds(limit: int) -> NDArray[np.uint8]:
    """What each character is; beyond ``limit`` there are Han characters, then tags and private use."""
    table = np.full(0x110000, _SINGLE, dtype=np.uint8)
    table[0xE0000:] = _GAP
    table[:limit] = [
        _LETTER if char.isalnum() or unicodedata.category(char)[0] == "M" else _GAP
        for char in map(chr, range(limit))
    ]
    for low, high in _SPACELESS:
        part = table[low : high + 1]
        part[part == _LETTER] = _SINGLE
    return table


def _characters(folded: list[str]) -> tuple[NDArray[np.unsignedinteger], NDArray[np.uint8]]:
    """Characters of a block with a gap between texts, and what each of them is."""
    joined = "\n".join(folded)
    if joined.isascii():
        narrow = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        return narrow, _kinds(0x80)[narrow]
    wide = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return wide, _kinds(0x20000)[wide]


@lru_cache(maxsize=4)
def _powers(length: int, base: int) -> _Hashes:
    powers = np.full(length, base, dtype=np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers)


class _Stretches:
    """Hashes of stretches of characters, from one running sum.

    The sum of code times power of a base, taken between two places and divided by the power at the
    first, depends on the characters between them only (arithmetic modulo 2**64, odd base).
    """

    def __init__(self, codes: NDArray[np.unsignedinteger]) -> None:
        size = 1 << max(_BLOCK.bit_length(), len(codes).bit_length())
        self._sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(codes * _powers(size, _BASE)[: len(codes)], out=self._sums[1:])
        self._divide = _powers(size, pow(_BASE, -1, 1 << 64))

    def between(self, bounds: _Ints) -> _Hashes:
        """Hash of each stretch from one bound to the next."""
        return np.diff(self._sums[bounds]) * self._divide[bounds[:-1]]


def _read_block(folded: list[str]) -> tuple[_Hashes, _Ints, NDArray[np.float64], _Hashes]:
    """Words of a block; number of words, size and letters of each of its texts."""
    codes, kind = _characters(folded)
    kept = kind != _GAP
    begins = kept.copy()
    begins[1:] &= (kind[1:] == _SINGLE) | (kind[:-1] != _LETTER)
    first = np.flatnonzero(begins)
    place = running(kept)
    texts = place[running([len(text) + 1 for text in folded]).clip(max=len(codes))]
    words = place[np.append(first, len(codes))]
    hashes = _Stretches(codes[kept])
    bounds = np.searchsorted(words[:-1], texts)
    halves = running(kind[first] == _SINGLE)
    counts = np.diff(bounds)
    return mixed(hashes.between(words)), counts, counts - np.diff(halves[bounds]) / 2, hashes.between(texts)


def mixed(hashes: _Hashes) -> _Hashes:
    """Spread the differences of hashes over all their bits."""
    hashes = (hashes ^ (hashes >> np.uint64(32))) * np.uint64(0xA0761D6478BD642F)
    return hashes ^ (hashes >> np.uint64(29))


def hashed_texts(texts: Iterable[str]) -> HashedTexts:
    """Read texts."""
    parts = [_read_block(block) for block in _blocks(texts)] or [_read_block([])]
    words, counts, sizes, letters = (np.concatenate(column) for column in zip(*parts, strict=True))
    return HashedTexts(words, running(counts), sizes, letters)


def letters_of(text: str) -> bytes:
    """The letters and digits of a text run together, as :attr:`HashedTexts.letters` sees them."""
    codes, kind = _characters([_fold(text)])
    letters: bytes = codes[kind != _GAP].astype(np.uint32).tobytes()
    return letters
