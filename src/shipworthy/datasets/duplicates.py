"""Texts that occur twice: copied, reformatted or lightly edited.

A test row that is also a training row says nothing about new rows. Two texts are the same here when

* ``exact``: every character agrees;
* ``reformatted``: the letters and digits agree in order, whatever the case, punctuation, white space,
  accents or Unicode form;
* ``edited``: at least ``share`` of the words of both texts together lie in runs of two or more words
  that the other text has too, **and** the same holds for the distinctive words of one of them.

A word is distinctive where it stands in a three-word phrase that occurs in at most ``COMMON``
distinct texts. Phrases that occur in more are templates, greetings, signatures or ordinary language:
two reports written on one form are not duplicates. Texts under ``SHORT`` words ("ok thanks") repeat
by nature and are never reported; scripts written without spaces count two characters as a word.

The cost grows with the number of words, never with the number of pairs: equal texts are collapsed
first, only rare phrases make candidates, and every candidate is then compared word for word. Words
and phrases are compared as 64-bit hashes; an ``exact`` or ``reformatted`` pair is confirmed on the
characters themselves.
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
"""A phrase in more distinct texts than this is common and is no evidence of copying."""
SHORT = 4
"""Texts under this many words repeat by nature and are never called duplicates."""

_Ints = NDArray[np.int64]
_Hashes = NDArray[np.uint64]
_Flags = NDArray[np.bool_]

_BLOCK = 1 << 20  # characters handled at a time: keeps the working arrays in the cache
_PHRASES = 24_000_000  # phrases held at a time: about 400 MB with the copies that sorting makes
_BASE = np.uint64(0x9E3779B97F4A7C15)
_UNBASE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
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
    """Share of the words of both texts that lie in runs of two or more found in the other (0 to 1)."""


class _Words(NamedTuple):
    """The words of many texts, end to end, as hashes."""

    words: _Hashes
    starts: _Ints  # one more than there are texts: text i is words[starts[i]:starts[i + 1]]
    sizes: NDArray[np.float64]  # words a text counts as having: two characters of a spaceless script are one
    letters: _Hashes  # hash of a text's letters and digits run together; 0 for none

    def take(self, rows: _Ints) -> _Words:
        """The same for some of the texts."""
        length = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(length)])
        at = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], length)
        return _Words(self.words[at], starts, self.sizes[rows], self.letters[rows])


def near_duplicates(train: Sequence[str], test: Sequence[str], *, share: float = 0.5) -> tuple[Pair, ...]:
    """Test texts that repeat a training text, each with its closest training text.

    Args:
        train: Training texts.
        test: Test texts.
        share: Smallest share of words in common (see the module) for a pair to count as ``edited``.

    Returns:
        At most one pair per test row, in the order of the test rows. An exact match is preferred to
        a reformatted one, that to an edited one, then the largest share, then the first training row.
    """
    texts = _read((*train, *test))
    equal = _equal_pairs(train, test, texts)
    kept = _distinct(texts)
    split = int(np.searchsorted(kept, len(train)))
    edited = _edited_pairs(texts.take(kept), share=share, split=split)
    closest = _closest(edited)
    number = _same_as(texts, kept)
    found = list(equal)
    taken = {pair.test for pair in equal}
    for row in range(len(test)):
        match = closest.get(int(number[len(train) + row]))
        if match is not None and row not in taken:
            found.append(Pair(train=int(kept[match[0]]), test=row, kind="edited", share=match[1]))
    return tuple(sorted(found, key=lambda pair: pair.test))


def duplicate_groups(texts: Sequence[str], *, share: float = 0.5) -> list[int]:
    """Number the groups of texts that are duplicates of each other, directly or through others.

    A split that keeps each group on one side has no pair that :func:`near_duplicates` would report.

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
    kept = _distinct(read)
    edited = _edited_pairs(read.take(kept), share=share, split=None)
    links = coo_array(
        (np.ones(len(edited.first), dtype=bool), (edited.first, edited.second)), shape=(len(kept), len(kept))
    )
    _, component = connected_components(links, directed=False)
    number = _same_as(read, kept)
    group = np.where(number >= 0, component[number] if len(kept) else -1, len(kept) + np.arange(len(texts)))
    return _renumbered(group)


def _renumbered(group: _Ints) -> list[int]:
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    numbers: list[int] = order[inverse].tolist()
    return numbers


# Reading


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = _DROPPED.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", plain).casefold()


def _blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    size = 0
    for text in texts:
        folded = _fold(text)
        block.append(folded)
        size += len(folded)
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


@lru_cache(maxsize=2)
def _kinds(limit: int) -> NDArray[np.uint8]:
    """What each character below ``limit`` is; above 0x20000 there are only Han characters."""
    table = np.full(0x110000 if limit > 128 else 128, _SINGLE, dtype=np.uint8)
    table[:limit] = [
        _LETTER if char.isalnum() or unicodedata.category(char)[0] == "M" else _GAP
        for char in map(chr, range(limit))
    ]
    table[0xE0000:] = _GAP
    for low, high in _SPACELESS if limit > 128 else ():
        part = table[low : high + 1]
        part[part == _LETTER] = _SINGLE
    return table


@lru_cache(maxsize=4)
def _powers(length: int, base: np.uint64) -> _Hashes:
    powers = np.full(length, base, dtype=np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


def _codes(block: list[str]) -> tuple[NDArray[np.unsignedinteger], NDArray[np.uint8]]:
    """Characters of a block, one gap between texts, and what each of them is."""
    joined = "\n".join(block)
    if joined.isascii():
        codes = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        return codes, _kinds(128)[codes]
    wide = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return wide, _kinds(0x20000)[wide]


def _read_block(block: list[str]) -> tuple[_Hashes, _Ints, NDArray[np.float64], _Hashes]:
    """Hashes of the words, words per text, size per text, and the hash of each text's letters.

    One running sum of code times power of a base gives the hash of any stretch of letters: the
    difference of the sums at its ends, divided by the power at its start.
    """
    codes, kind = _codes(block)
    letter = kind != _GAP
    follows = (kind[1:] == _LETTER) & (kind[:-1] == _LETTER)
    begins = letter.copy()
    begins[1:] &= ~follows
    place = np.concatenate([[0], np.cumsum(letter)])
    kept = codes[letter]
    length = 1 << max(20, int(len(kept)).bit_length())
    sums = np.zeros(len(kept) + 1, dtype=np.uint64)
    np.cumsum(kept * _powers(length, _BASE)[: len(kept)], out=sums[1:])
    unbase = _powers(length, _UNBASE)
    ends = np.cumsum([0, *(len(text) + 1 for text in block)])
    ends[-1] -= 1
    rows = place[ends]
    at = np.flatnonzero(begins)
    word = np.append(place[at], len(kept))
    words = (sums[word[1:]] - sums[word[:-1]]) * unbase[word[:-1]]
    letters = (sums[rows[1:]] - sums[rows[:-1]]) * unbase[rows[:-1]]
    bounds = np.searchsorted(word[:-1], rows)
    weights = np.concatenate([[0.0], np.cumsum(1 - 0.5 * (kind[at] == _SINGLE))])
    return _mixed(words), np.diff(bounds), np.diff(weights[bounds]), letters


def _mixed(hashes: _Hashes) -> _Hashes:
    hashes = (hashes ^ (hashes >> np.uint64(32))) * _ODD[3]
    return hashes ^ (hashes >> np.uint64(29))


def _read(texts: Iterable[str]) -> _Words:
    parts = [_read_block(block) for block in _blocks(texts)]
    if not parts:
        return _Words(*(np.zeros(0, d) for d in (np.uint64,)), np.zeros(1, np.int64), np.zeros(0), np.zeros(0, np.uint64))
    words, counts, sizes, letters = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Words(words, np.concatenate([[0], np.cumsum(counts)]), sizes, letters)


# Equal texts


def _letters_of(text: str) -> bytes:
    codes, kind = _codes([_fold(text)])
    return codes[kind != _GAP].astype(np.uint32).tobytes()


def _equal_pairs(train: Sequence[str], test: Sequence[str], texts: _Words) -> list[Pair]:
    long = texts.sizes >= SHORT
    same_text = {text: row for row, text in reversed(list(enumerate(train)))}
    letters, first = np.unique(texts.letters[: len(train)], return_index=True)
    place = np.searchsorted(letters, texts.letters[len(train) :])
    place = np.minimum(place, len(letters) - 1)
    hit = letters[place] == texts.letters[len(train) :] if len(letters) else np.zeros(len(test), bool)
    pairs = []
    for row in np.flatnonzero(hit & long[len(train) :]).tolist():
        exact = same_text.get(test[row])
        if exact is not None:
            pairs.append(Pair(train=exact, test=row, kind="exact", share=1.0))
            continue
        other = int(first[place[row]])
        if _letters_of(train[other]) == _letters_of(test[row]):
            pairs.append(Pair(train=other, test=row, kind="reformatted", share=1.0))
    return pairs


def _distinct(texts: _Words) -> _Ints:
    """First rows of the distinct texts long enough to compare, ascending."""
    _, first = np.unique(texts.letters, return_index=True)
    first.sort()
    return first[texts.sizes[first] >= SHORT]


def _same_as(texts: _Words, kept: _Ints) -> _Ints:
    """For each text its position among the kept ones, -1 where it is not compared."""
    order = np.argsort(texts.letters[kept])
    letters = texts.letters[kept][order]
    if not len(kept):
        return np.full(len(texts.letters), -1)
    place = np.minimum(np.searchsorted(letters, texts.letters), len(kept) - 1)
    same = (letters[place] == texts.letters) & (texts.sizes >= SHORT)
    return np.where(same, order[place], -1)


# Edited texts


class _Edited(NamedTuple):
    first: _Ints
    second: _Ints
    share: NDArray[np.float64]


def _closest(edited: _Edited) -> dict[int, tuple[int, float]]:
    """For each second text its closest first text and their share."""
    order = np.lexsort((edited.first, -edited.share, edited.second))[::-1]
    return {
        second: (first, share)
        for first, second, share in zip(
            edited.first[order].tolist(), edited.second[order].tolist(), edited.share[order].tolist(), strict=True
        )
    }


def _text_of_words(texts: _Words) -> _Ints:
    return np.repeat(np.arange(len(texts.letters)), np.diff(texts.starts))


def _phrases(words: _Hashes, text: _Ints, width: int) -> tuple[_Hashes, _Ints]:
    """Hash of the phrase that starts at each position, and the positions where one fits."""
    last = len(words) - width + 1
    if last <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    fits = np.flatnonzero(text[:last] == text[width - 1 :])
    total = words[fits] * _ODD[0]
    for step in range(1, width):
        total += words[fits + step] * _ODD[step]
    return _mixed(total), fits


class _Postings(NamedTuple):
    common: _Hashes
    rare: _Ints
    pairs: _Hashes
    shared: _Ints
    bits: np.uint64


def _postings(texts: _Words, split: int | None) -> _Postings:
    """Phrases that are common, rare phrases per text, and the pairs of texts that share rare phrases."""
    text = _text_of_words(texts)
    keys, at = _phrases(texts.words, text, 3)
    bits = np.uint64(max(1, len(texts.letters).bit_length()))
    if len(keys) > _PHRASES:
        sample = (keys >> bits) % np.uint64(len(keys) // _PHRASES + 1) == 0
        keys, at = keys[sample], at[sample]
    packed = (keys >> bits << bits) | text[at].astype(np.uint64)
    packed.sort()  # and drop the repeats: several times faster than np.unique, which hashes
    packed = packed[np.concatenate([[True], packed[1:] != packed[:-1]])] if len(packed) else packed
    phrase, row = packed >> bits, (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    edge = np.flatnonzero(np.concatenate([[True], phrase[1:] != phrase[:-1]])) if len(phrase) else np.zeros(0, int)
    many = np.diff(np.append(edge, len(phrase)))
    common = phrase[edge[many > COMMON]]
    each = np.repeat(many, many)
    rare = np.bincount(row[each <= COMMON], minlength=len(texts.letters))
    linked = (each > 1) & (each <= COMMON)
    pairs, shared = _linked(phrase[linked], row[linked], split)
    return _Postings(common, rare, pairs, shared, bits)


def _linked(phrase: _Hashes, row: _Ints, split: int | None) -> tuple[_Hashes, _Ints]:
    found = []
    for lag in range(1, COMMON):
        same = phrase[lag:] == phrase[:-lag]
        first, second = row[:-lag][same], row[lag:][same]
        if split is not None:
            across = (first < split) & (second >= split)
            first, second = first[across], second[across]
        found.append(first << 32 | second)
    pairs, shared = np.unique(np.concatenate(found), return_counts=True)
    return pairs, shared


def _edited_pairs(texts: _Words, *, share: float, split: int | None) -> _Edited:
    postings = _postings(texts, split)
    first, second = postings.pairs >> 32, postings.pairs & 0xFFFFFFFF
    length = np.diff(texts.starts)
    short, long = np.minimum(length[first], length[second]), np.maximum(length[first], length[second])
    likely = (4 * postings.shared >= np.minimum(postings.rare[first], postings.rare[second])) & (
        2 * short >= share * (short + long)
    )
    first, second = first[likely], second[likely]
    shares = _shares(texts, first, second, postings, share)
    keep = shares >= share
    return _Edited(first[keep], second[keep], shares[keep])


def _shares(texts, first, second, postings, least):
    total = np.cumsum(np.diff(texts.starts)[first] + np.diff(texts.starts)[second])
    cuts = np.searchsorted(total, np.arange(0, total[-1] if len(total) else 0, 1 << 20))
    out = [
        _shares_of(texts, first[a:b], second[a:b], postings, least)
        for a, b in zip(cuts, [*cuts[1:], len(first)], strict=True)
        if b > a
    ]
    return np.concatenate(out) if out else np.zeros(0)


def _spread(texts, rows):
    """Words of the rows end to end, and which row (its place in ``rows``) each belongs to."""
    length = np.diff(texts.starts)[rows]
    pair = np.repeat(np.arange(len(rows)), length)
    offset = np.arange(len(pair)) - np.repeat(np.cumsum(length) - length, length)
    return texts.words[np.repeat(texts.starts[rows], length) + offset], pair


def _covered(n, at, width):
    out = np.zeros(n, bool)
    for step in range(width):
        out[at + step] = True
    return out


def _shares_of(texts, first, second, postings, least):
    count = len(first)
    sides = [_spread(texts, first), _spread(texts, second)]
    own = [{}, {}]
    for side, (words, pair) in enumerate(sides):
        for width in (2, 3):
            keys, at = _phrases(words, pair, width)
            own[side][width] = (keys, _mixed(keys + pair[at].astype(np.uint64) * _ODD[2]), at)
    agreed = np.zeros(count)
    length = np.zeros(count)
    distinct = np.zeros(count)
    for side, (words, pair) in enumerate(sides):
        keys, inpair, at = own[side][2]
        cov = _covered(len(words), at[np.isin(inpair, own[1 - side][2][1])], 2)
        agreed += np.bincount(pair, cov, count)
        length += np.bincount(pair, minlength=count)
        keys, inpair, at = own[side][3]
        rare = ~np.isin(keys >> postings.bits, postings.common)
        both = np.isin(inpair, own[1 - side][3][1])
        n_rare = np.bincount(pair, _covered(len(words), at[rare], 3), count)
        n_both = np.bincount(pair, _covered(len(words), at[rare & both], 3), count)
        distinct = np.maximum(distinct, np.where(n_both > 0, n_both / np.maximum(n_rare, 1), 0))
    return np.where(distinct >= least, agreed / np.maximum(length, 1), 0)
