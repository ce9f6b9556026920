"""Texts that occur twice: copied, reformatted or lightly edited.

A test row that is also a training row says nothing about new rows. Two texts are the same here when

* ``exact``: every character agrees;
* ``reformatted``: the letters and digits agree in order, whatever the case, punctuation, white space,
  accents or Unicode form;
* ``edited``: most of both texts agrees word for word, in more surprising words than chance would give.

The last needs three things. Of all words of the two texts, at least ``share`` have the same neighbour
(the next word, or the next but one) in the other text. The same is true of their information: a word
counts by how surprising it is after the two words before it, judged by all other texts, so that a
form's headings, a greeting or a signature count for next to nothing and two reports written on one
form are not duplicates. And the words in common carry so much information that no two texts of the
collection should agree in them by accident (one such pair in a thousand collections): short questions about
one subject resemble each other by nature.

Texts under ``SHORT`` words ("ok thanks") repeat by nature too and are never reported; in scripts
written without spaces two characters count as a word.

The cost grows with the number of words, never with the number of pairs: equal texts are collapsed
first, only phrases that occur at most ``COMMON`` times make candidates, and candidates are then
compared word by word. Words are compared as 64-bit hashes; ``exact`` and ``reformatted`` pairs are
confirmed on the characters themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["COMMON", "SHORT", "Kind", "Pair", "duplicate_groups", "near_duplicates"]

Kind = Literal["exact", "reformatted", "edited"]
"""How a test text differs from the training text it repeats."""

COMMON = 12
"""A phrase of two or three words that occurs more often than this leads to no candidate."""
SHORT = 4
"""Texts under this many words repeat by nature and are never called duplicates."""

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]
_Hashes = NDArray[np.uint64]
_Flags = NDArray[np.bool_]

_BLOCK = 1 << 20  # characters or words handled at a time: bounds the working arrays
_MARGIN = 10.0  # bits beyond one accidental pair in the collection: one in a thousand collections
_PREDICTED = 0.5  # bits a word may carry and still count as predicted by the words before it
_COPIES = 4  # texts that may be copies of each other; a phrase is ordinary so far as it occurs in more
_LIKELY = 10  # a candidate shares at least one in this many rare phrases of one of the texts

_ONE = np.uint64(1)
_BASE = 0x9E3779B97F4A7C15
_ODD = tuple(
    np.uint64(odd) for odd in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
)
_DROPPED = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u2060\ufeff]+")
_SPACELESS = (  # Thai, Lao, Myanmar, Khmer, kana, Han: one character is one word
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x2E80, 0x2FDF), (0x3005, 0x3007),
    (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
)  # fmt: skip
_GAP, _LETTER, _SINGLE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A test row and the training row that it repeats most closely."""

    train: int
    """Position in the training texts, counted from 0."""
    test: int
    """Position in the test texts, counted from 0."""
    kind: Kind
    """How the two differ."""
    share: float
    """Share of the words of both texts that have the same neighbour in the other (0 to 1)."""


def near_duplicates(train: Sequence[str], test: Sequence[str], *, share: float = 0.5) -> tuple[Pair, ...]:
    """Test texts that repeat a training text, each with its closest training text.

    Args:
        train: Training texts.
        test: Test texts.
        share: Smallest share in common (see the module) for a pair to count as ``edited``.

    Returns:
        At most one pair per test row, in the order of the test rows. An exact match is preferred to
        a reformatted one, that to an edited one, then the largest share, then the first training row.
    """
    texts = _read((*train, *test))
    distinct = _distinct(texts)
    closest = _closest(_edited(texts.take(distinct), share, split=int(np.searchsorted(distinct, len(train)))))
    equal = _equal(train, test, texts)
    place = _places(texts, distinct)[len(train) :].tolist()
    pairs = []
    for row, own in enumerate(place):
        if row in equal:
            pairs.append(equal[row])
        elif own in closest:
            other, agreed = closest[own]
            pairs.append(Pair(train=int(distinct[other]), test=row, kind="edited", share=agreed))
    return tuple(pairs)


def duplicate_groups(texts: Sequence[str], *, share: float = 0.5) -> list[int]:
    """Number the groups of texts that are duplicates of each other, directly or through others.

    After a split that keeps each group on one side, :func:`near_duplicates` finds nothing.

    Args:
        texts: The texts of one list.
        share: As in :func:`near_duplicates`.

    Returns:
        A group number per text, counted from 0 in the order of first appearance. A text without
        duplicates, a short one or an empty one is a group of its own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    read = _read(texts)
    distinct = _distinct(read)
    edited = _edited(read.take(distinct), share, split=None)
    place = _places(read, distinct)
    alone = np.flatnonzero(place < 0)
    place[alone] = len(distinct) + np.arange(len(alone))
    size = len(distinct) + len(alone)
    links = coo_array((np.ones(len(edited.first)), (edited.first, edited.second)), shape=(size, size))
    _, component = connected_components(links, directed=False)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(group, len(numbers)) for group in component[place].tolist()]


# Reading texts as hashed words


class _Texts(NamedTuple):
    """The words of many texts, end to end, as hashes."""

    words: _Hashes
    starts: _Ints  # one more than there are texts: text i is words[starts[i]:starts[i + 1]]
    sizes: _Floats  # words a text counts as having: two characters of a spaceless script are one
    letters: _Hashes  # hash of a text's letters and digits run together; 0 for none

    @property
    def lengths(self) -> _Ints:
        return np.diff(self.starts)

    def take(self, rows: _Ints) -> _Texts:
        """Some of the texts."""
        words, _, starts = self.spread(rows)
        return _Texts(words, starts, self.sizes[rows], self.letters[rows])

    def spread(self, rows: _Ints) -> tuple[_Hashes, _Ints, _Ints]:
        """Words of some texts end to end, where each stands in ``words``, and where each text starts."""
        length = self.lengths[rows]
        starts = _running(length)
        at = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], length)
        return self.words[at], at, starts


def _running(counts: NDArray[np.integer] | Sequence[int]) -> _Ints:
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


def _read_block(folded: list[str]) -> tuple[_Hashes, _Ints, _Floats, _Hashes]:
    """Words of a block; number of words, size and letters of each of its texts."""
    codes, kind = _characters(folded)
    kept = kind != _GAP
    begins = kept.copy()
    begins[1:] &= (kind[1:] == _SINGLE) | (kind[:-1] != _LETTER)
    first = np.flatnonzero(begins)
    place = _running(kept)
    texts = place[_running([len(text) + 1 for text in folded]).clip(max=len(codes))]
    words = place[np.append(first, len(codes))]
    hashes = _Stretches(codes[kept])
    bounds = np.searchsorted(words[:-1], texts)
    halves = _running(kind[first] == _SINGLE)
    counts = np.diff(bounds)
    return _mixed(hashes.between(words)), counts, counts - np.diff(halves[bounds]) / 2, hashes.between(texts)


def _mixed(hashes: _Hashes) -> _Hashes:
    hashes = (hashes ^ (hashes >> np.uint64(32))) * _ODD[3]
    return hashes ^ (hashes >> np.uint64(29))


def _read(texts: Iterable[str]) -> _Texts:
    parts = [_read_block(block) for block in _blocks(texts)] or [_read_block([])]
    words, counts, sizes, letters = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Texts(words, _running(counts), sizes, letters)


# Equal texts


def _distinct(texts: _Texts) -> _Ints:
    """First rows of the distinct texts that are long enough to compare, ascending."""
    order = np.argsort(texts.letters, kind="stable")
    letters = texts.letters[order]
    first = np.sort(order[np.append(True, letters[1:] != letters[:-1])[: len(order)]])
    return first[texts.sizes[first] >= SHORT]


def _places(texts: _Texts, distinct: _Ints) -> _Ints:
    """For each text its position among the distinct ones; -1 where it is too short to be compared."""
    if not len(distinct):
        return np.full(len(texts.letters), -1)
    letters = texts.letters[distinct]
    order = np.argsort(letters)
    place = np.searchsorted(letters[order], texts.letters).clip(max=len(order) - 1)
    return np.where(letters[order][place] == texts.letters, order[place], -1)


def _equal(train: Sequence[str], test: Sequence[str], texts: _Texts) -> dict[int, Pair]:
    """Pairs of texts with the same letters, by test row."""
    own = texts.letters[len(train) :]
    letters, first = np.unique(texts.letters[: len(train)], return_index=True)
    found = np.isin(own, letters) & (texts.sizes[len(train) :] >= SHORT)
    rows = np.flatnonzero(found).tolist()
    others = first[np.searchsorted(letters, own[found])].tolist()
    same = _first_rows(train, {test[row] for row in rows})
    pairs = {}
    for row, other in zip(rows, others, strict=True):
        if test[row] in same:
            pairs[row] = Pair(train=same[test[row]], test=row, kind="exact", share=1.0)
        elif _letters(train[other]) == _letters(test[row]):
            pairs[row] = Pair(train=other, test=row, kind="reformatted", share=1.0)
    return pairs


def _first_rows(texts: Sequence[str], wanted: set[str]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, text in enumerate(texts):
        if text in wanted:
            rows.setdefault(text, row)
    return rows


def _letters(text: str) -> bytes:
    codes, kind = _characters([_fold(text)])
    return codes[kind != _GAP].astype(np.uint32).tobytes()


# Edited texts


class _Edited(NamedTuple):
    """Pairs of texts that are edits of each other, and the share that they have in common."""

    first: _Ints
    second: _Ints
    share: _Floats


def _closest(edited: _Edited) -> dict[int, tuple[int, float]]:
    """For each second text the first text that it shares most with."""
    order = np.lexsort((-edited.first, edited.share))  # a later entry replaces an earlier one
    columns = (column[order].tolist() for column in edited)
    return {second: (first, share) for first, second, share in zip(*columns, strict=True)}


def _edited(texts: _Texts, share: float, split: int | None) -> _Edited:
    """Compare the likely pairs; with ``split``, only pairs of a text before it and one from it on."""
    counts = _Counts(texts)
    first, second = _likely(texts, counts, split)
    lengths = texts.lengths
    enough = 2 * np.minimum(lengths[first], lengths[second]) >= share * (lengths[first] + lengths[second])
    first, second = first[enough], second[enough]
    chance = 2 * np.log2(max(2, len(lengths))) + _MARGIN
    cuts = _cuts(_running(lengths[first] + lengths[second]))
    shares = [np.zeros(0)]
    for start, stop in zip(cuts[:-1], cuts[1:], strict=True):
        shares.append(_compare(texts, counts, first[start:stop], second[start:stop], share, chance))
    agreed = np.concatenate(shares)
    kept = agreed >= max(share, 1e-9)
    return _Edited(first[kept], second[kept], agreed[kept])


def _cuts(starts: _Ints) -> list[int]:
    """Where to cut a list of texts into pieces of about ``_BLOCK`` words; ``starts`` as in _Texts."""
    inner = np.searchsorted(starts, np.arange(_BLOCK, starts[-1], _BLOCK))
    return np.unique(np.concatenate([[0], inner, [len(starts) - 1]])).tolist()


class _Counts:
    """How often single words and phrases of two or three words occur in the texts.

    Kept in tables of hashed places, two or more to a word: a rare phrase is now and then counted
    together with another one.
    """

    def __init__(self, texts: _Texts) -> None:
        bits = min(max(16, (2 * len(texts.words)).bit_length()), 27)
        self._shift = np.uint64(64 - bits)
        self._total = max(1, len(texts.words))
        self._often = {width: np.zeros(1 << bits, dtype=np.uint32) for width in (1, 2, 3)}
        self._known = {width: np.zeros(1 << bits, dtype=np.float32) for width in (1, 2)}
        for words, _, inside in _pieces(texts):
            for width, table in self._often.items():
                np.add.at(table, self._place(_phrases(words, width)[inside[width]]), np.uint32(1))
        for words, _, inside in _pieces(texts):
            for width, table in self._known.items():
                self._add_known(table, words, inside[width + 1], width)

    def _add_known(self, table: NDArray[np.float32], words: _Hashes, inside: _Flags, width: int) -> None:
        """Count the occurrences of each phrase that are followed by a word that often follows it."""
        often = self.of(_phrases(words, width + 1), width + 1)
        at = np.flatnonzero(inside & (often > _COPIES))
        ordinary = (1 - _COPIES / often[at]).astype(np.float32)
        np.add.at(table, self._place(_phrases(words, width)[at]), ordinary)

    def _place(self, phrases: _Hashes) -> _Ints:
        return (phrases >> self._shift).view(np.int64)  # NumPy indexes by these twice as fast

    def of(self, phrases: _Hashes, width: int) -> NDArray[np.uint32]:
        """How often each phrase occurs."""
        return self._often[width][self._place(phrases)]

    def surprise(self, words: _Hashes, inside: dict[int, _Flags]) -> _Floats:
        """Bits by which each word is a surprise after the two words before it.

        A language model of words, pairs and triples with absolute discounting (Ney, Essen and Kneser
        1994). The discount is the ``_COPIES`` occurrences that a text and its copies may account for,
        so that copies do not make each other ordinary.
        """
        chance = np.maximum(self.of(_phrases(words, 1), 1), 1) / self._total
        for width in (1, 2):
            often = self.of(_phrases(words, width + 1), width + 1).astype(np.float64)
            place = self._place(_phrases(words, width)[: len(often)])
            context = np.maximum(self._often[width][place], 1)
            unknown = np.maximum(1 - self._known[width][place] / context, 0)
            after = np.maximum(often - _COPIES, 0) / context + unknown * chance[width:]
            chance[width:] = np.where(inside[width + 1], after, chance[width:])
        return np.maximum(-np.log2(np.clip(chance, 1 / self._total, 1)) - _PREDICTED, 0.0)


def _pieces(texts: _Texts) -> Iterator[tuple[_Hashes, NDArray[np.int32], dict[int, _Flags]]]:
    """Words of some texts, the text of each word, and by width where a phrase lies inside one text."""
    cuts = _cuts(texts.starts)
    for start, stop in zip(cuts[:-1], cuts[1:], strict=True):
        words = texts.words[texts.starts[start] : texts.starts[stop]]
        text = np.repeat(np.arange(start, stop, dtype=np.int32), texts.lengths[start:stop])
        yield words, text, _inside(text)


def _inside(text: NDArray[np.integer]) -> dict[int, _Flags]:
    return {width: text[width - 1 :] == text[: max(0, len(text) - width + 1)] for width in (1, 2, 3)}


def _phrases(words: _Hashes, width: int) -> _Hashes:
    """Hash of the phrase that starts at each word; the last words start none."""
    count = max(0, len(words) - width + 1)
    total = words[:count] * _ODD[0]
    for step in range(1, width):
        total += words[step : step + count] * _ODD[step]
    return _mixed(total)


def _likely(texts: _Texts, counts: _Counts, split: int | None) -> tuple[_Ints, _Ints]:
    """Pairs of texts that share many of the rare phrases of one of them."""
    bits = np.uint64(max(1, len(texts.lengths).bit_length()))
    rare = np.zeros(len(texts.lengths), dtype=np.int64)
    postings = [np.zeros(0, dtype=np.uint64)]
    for words, text, inside in _pieces(texts):
        for width in (2, 3):
            phrases = _phrases(words, width)
            often = counts.of(phrases, width)
            few = inside[width] & (often <= COMMON)
            rare += np.bincount(text[: len(few)][few], minlength=len(rare))
            few &= often > 1
            postings.append((phrases[few] >> bits << bits) | text[: len(few)][few].astype(np.uint64))
    first, second, shared = _together(_sorted_once(np.concatenate(postings)), bits, split)
    likely = _LIKELY * shared >= np.minimum(rare[first], rare[second])
    return first[likely], second[likely]


def _sorted_once(values: _Hashes) -> _Hashes:
    """Distinct values in order, in place; several times faster than np.unique on random hashes."""
    values.sort()
    return values[np.append(True, values[1:] != values[:-1])[: len(values)]]


def _together(postings: _Hashes, bits: np.uint64, split: int | None) -> tuple[_Ints, _Ints, _Ints]:
    """Pairs of texts in one phrase's list, and in how many lists they are together.

    A posting is a phrase's hash with the text in its low bits. No list is longer than ``COMMON``.
    """
    phrase = postings >> bits
    text = (postings & ((_ONE << bits) - _ONE)).astype(np.int64)
    pairs = [np.zeros(0, dtype=np.int64)]
    for lag in range(1, COMMON):
        same = phrase[lag:] == phrase[:-lag]
        first, second = text[:-lag][same], text[lag:][same]
        if split is not None:
            across = (first < split) & (second >= split)
            first, second = first[across], second[across]
        pairs.append(first << 32 | second)
    pair, shared = np.unique(np.concatenate(pairs), return_counts=True)
    return pair >> 32, pair & 0xFFFFFFFF, shared


def _compare(
    texts: _Texts, counts: _Counts, first: _Ints, second: _Ints, share: float, chance: float
) -> _Floats:
    """Share of the words that each pair has in common; 0 where that is no sign of copying."""
    one, two = _Side(texts, counts, first), _Side(texts, counts, second)
    mine, yours = one.agreement(two), two.agreement(one)
    words = texts.lengths[first] + texts.lengths[second]
    informed = mine.bits + yours.bits >= share * (mine.total + yours.total)
    surprising = np.minimum(mine.bits, yours.bits) >= chance
    return np.where(informed & surprising, (mine.words + yours.words) / np.maximum(words, 1), 0.0)


class _Agreement(NamedTuple):
    """What one text of each pair has in common with the other."""

    words: _Floats
    bits: _Floats
    total: _Floats


class _Side:
    """One text of each of many pairs, word by word."""

    def __init__(self, texts: _Texts, counts: _Counts, rows: _Ints) -> None:
        self._words, _, starts = texts.spread(rows)
        self._pairs = len(rows)
        self._pair = np.repeat(np.arange(self._pairs), np.diff(starts))
        self._inside = _inside(self._pair)
        self._bits = counts.surprise(self._words, self._inside)

    def _neighbours(self, gap: int) -> _Hashes:
        """Each word with the one ``gap`` places on, told apart by pair."""
        count = max(0, len(self._words) - gap)
        here = self._words[:count] * _ODD[0] + self._words[gap : gap + count] * _ODD[gap]
        return _mixed(here + self._pair[:count].astype(np.uint64) * _ODD[3])

    def agreement(self, other: _Side) -> _Agreement:
        """Words that have the same neighbour in the other text, and their information."""
        agreed = np.zeros(len(self._words), dtype=np.bool_)
        for gap in (1, 2):
            inside, theirs = self._inside[gap + 1], other._inside[gap + 1]
            both = inside & np.isin(self._neighbours(gap), other._neighbours(gap)[theirs])
            at = np.flatnonzero(both)
            agreed[at] = agreed[at + gap] = True
        words, bits, total = (
            np.bincount(self._pair, weights, self._pairs)
            for weights in (agreed, agreed * self._bits, self._bits)
        )
        return _Agreement(words, bits, total)

