"""Texts that occur twice: copied, reformatted or lightly edited.

A test row that is also a training row says nothing about new rows. Two texts are the same here when

* ``exact``: every character agrees;
* ``reformatted``: the letters and digits agree in order, whatever the case, punctuation, white space,
  accents or Unicode form;
* ``edited``: most of both texts agrees word for word, beyond what chance and habit explain.

The last needs three things.

1. Of all words of the two texts, at least ``share`` have the same neighbour (the next word, or the next
   but one) in the other text.
2. The same is true of their information. A word counts by how surprising it is after the two words
   before it, judged by all texts, so that a form's headings, a greeting or a signature count for next
   to nothing: two reports written on one form are not duplicates.
3. A copy with some words replaced explains the second text better than a text of its own does, by so
   much that it would not happen once by chance in 32 such collections. Short questions about one
   subject resemble each other by nature.

Texts under ``SHORT`` words ("ok thanks") repeat by nature too and are never reported; in scripts
written without spaces two characters count as a word. Phrases that occur in more than a few texts
become ordinary: of a text that was edited into ten or more versions, some versions are missed (exact
and reformatted copies never are).

The cost grows with the number of words, never with the number of pairs: equal texts are collapsed
first, only phrases that occur at most ``COMMON`` times make candidates, and candidates are compared
word by word. Words are compared as 64-bit hashes; ``exact`` and ``reformatted`` pairs are confirmed on
the characters themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shipworthy.datasets.word_hashes import HashedTexts, hashed_texts, letters_of, mixed, running

__all__ = ["COMMON", "SHORT", "Kind", "Pair", "duplicate_groups", "near_duplicates"]

Kind = Literal["exact", "reformatted", "edited"]
"""How a test text differs from the training text it repeats."""

COMMON = 12
"""A phrase that occurs more often than this leads to no candidate."""
SHORT = 4
"""Texts under this many words repeat by nature and are never called duplicates."""

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]
_Hashes = NDArray[np.uint64]
_Flags = NDArray[np.bool_]

_Member = Callable[[_Hashes, _Hashes], _Flags]

_BLOCK = 1 << 17  # words handled at a time: the working arrays stay in the processor's cache
_WIDTHS = (2, 3, 6)  # words in the phrases that lead to candidates; long ones where all texts are alike
_LIKELY = 16  # a candidate shares at least one in this many rare phrases of one of the texts
_COPIES = 4  # texts that may be copies of each other; a phrase is ordinary so far as it occurs in more
_MARGIN = 5.0  # bits beyond one accidental pair in the collection
_EDIT = 2.0  # bits by which a word without counterpart speaks against a copy: one word in four is edited
_KEPT = 0.5  # bits that a word with a counterpart must exceed to speak for one: three in four are kept
_FACTOR = np.uint64(0xBF58476D1CE4E5B9)


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
    texts = hashed_texts((*train, *test))
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

    read = hashed_texts(texts)
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


# Equal texts


def _new(values: _Hashes) -> _Flags:
    """Whether each of some sorted values differs from the one before."""
    new = np.ones(len(values), dtype=np.bool_)
    new[1:] = values[1:] != values[:-1]
    return new


def _distinct(texts: HashedTexts) -> _Ints:
    """First rows of the distinct texts that are long enough to compare, ascending."""
    order = np.argsort(texts.letters, kind="stable")
    first = np.sort(order[_new(texts.letters[order])])
    return first[texts.sizes[first] >= SHORT]


def _places(texts: HashedTexts, distinct: _Ints) -> _Ints:
    """For each text its position among the distinct ones; -1 where it is too short to be compared."""
    if not len(distinct):
        return np.full(len(texts.letters), -1, dtype=np.int64)
    letters = texts.letters[distinct]
    order = np.argsort(letters)
    place = np.searchsorted(letters[order], texts.letters).clip(max=len(order) - 1)
    places: _Ints = np.where(letters[order][place] == texts.letters, order[place], -1)
    return places


def _equal(train: Sequence[str], test: Sequence[str], texts: HashedTexts) -> dict[int, Pair]:
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
        elif letters_of(train[other]) == letters_of(test[row]):
            pairs[row] = Pair(train=other, test=row, kind="reformatted", share=1.0)
    return pairs


def _first_rows(texts: Sequence[str], wanted: set[str]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, text in enumerate(texts):
        if text in wanted:
            rows.setdefault(text, row)
    return rows


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


def _edited(texts: HashedTexts, share: float, split: int | None) -> _Edited:
    """Compare the likely pairs; with ``split``, only pairs of a text before it and one from it on.

    Quick looks that may find too much in common, never too little, go before the full comparison.
    """
    counts = _Counts(texts)
    first, second = _likely(texts, counts, split)
    lengths = texts.lengths
    alike = 2 * np.minimum(lengths[first], lengths[second]) >= share * (lengths[first] + lengths[second])
    first, second = first[alike], second[alike]
    least = 2 * np.log2(max(2, len(lengths))) + _MARGIN
    agreed = np.zeros(0)
    for member, fully in ((_perhaps_in, False), (_perhaps_in, True), (_is_in, True)):
        pieces = [
            piece.share() * (piece.copied(counts, share, least) if fully else 1.0)
            for piece in _compared(texts, first, second, member)
        ]
        agreed = np.concatenate([np.zeros(0), *pieces])
        kept = (agreed >= share) & (agreed > 0)
        first, second, agreed = first[kept], second[kept], agreed[kept]
    return _Edited(first, second, agreed)


def _cuts(starts: _Ints) -> list[int]:
    """Where to cut a list of texts into pieces of about ``_BLOCK`` words; ``starts`` as in HashedTexts."""
    inner = np.searchsorted(starts, np.arange(_BLOCK, starts[-1], _BLOCK))
    cuts: list[int] = np.unique(np.concatenate([[0], inner, [len(starts) - 1]])).tolist()
    return cuts


class _Counts:
    """How often each word and each phrase occurs in the texts, and how ordinary a word is after others.

    Kept in tables of hashed places, one or more to a word: a rare phrase is now and then counted
    together with another one.
    """

    def __init__(self, texts: HashedTexts) -> None:
        size = len(texts.words).bit_length()
        bits = min(max(16, size, min(size + 1, 22)), 27)  # room to spare where that costs little memory
        self._shift = np.uint64(64 - bits)
        self._total = max(1, len(texts.words))
        self._often = {width: np.zeros(1 << bits, dtype=np.uint32) for width in (1, *_WIDTHS)}
        self._known = {width: np.zeros(1 << bits, dtype=np.float32) for width in (1, 2)}
        for words, _, inside in _pieces(texts):
            for width, table in self._often.items():
                np.add.at(table, self._place(_phrases(words, width)[inside[width]]), np.uint32(1))
        for words, _, inside in _pieces(texts):
            for width, known in self._known.items():
                self._add_known(known, words, inside[width + 1], width)

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

    def surprise(self, side: _Side) -> _Floats:
        """Bits by which each word is a surprise after the two words before it.

        A language model of words, pairs and triples with absolute discounting (Ney, Essen and Kneser
        1994). The discount is the ``_COPIES`` occurrences that a text and its copies may account for,
        so that copies do not make each other ordinary.
        """
        words, inside = side.words, side.inside
        chance = np.maximum(self.of(_phrases(words, 1), 1), 1) / self._total
        for width in (1, 2):
            often = self.of(_phrases(words, width + 1), width + 1).astype(np.float64)
            place = self._place(_phrases(words, width)[: len(often)])
            context = np.maximum(self._often[width][place], 1)
            unknown = np.maximum(1 - self._known[width][place] / context, 0)
            after = np.maximum(often - _COPIES, 0) / context + unknown * chance[width:]
            chance[width:] = np.where(inside[width + 1], after, chance[width:])
        return np.maximum(-np.log2(np.clip(chance, 1 / self._total, 1)) - _KEPT, 0.0)


def _pieces(texts: HashedTexts) -> Iterator[tuple[_Hashes, NDArray[np.int32], dict[int, _Flags]]]:
    """Words of some texts, the text of each word, and by width where a phrase lies inside one text."""
    cuts = _cuts(texts.starts)
    for start, stop in pairwise(cuts):
        words = texts.words[texts.starts[start] : texts.starts[stop]]
        text = np.repeat(np.arange(start, stop, dtype=np.int32), texts.lengths[start:stop])
        yield words, text, _inside(text, (1, *_WIDTHS))


def _inside(text: NDArray[np.integer], widths: Iterable[int]) -> dict[int, _Flags]:
    return {width: text[width - 1 :] == text[: max(0, len(text) - width + 1)] for width in widths}


def _phrases(words: _Hashes, width: int) -> _Hashes:
    """Hash of the phrase that starts at each word; the last words start none."""
    count = max(0, len(words) - width + 1)
    total = words[:count].copy()
    for step in range(1, width):
        total *= _FACTOR
        total += words[step : step + count]
    return mixed(total)


def _likely(texts: HashedTexts, counts: _Counts, split: int | None) -> tuple[_Ints, _Ints]:
    """Pairs of texts that share many of the rare phrases of one of them."""
    bits = np.uint64(max(1, len(texts.lengths).bit_length()))
    rare = np.zeros(len(texts.lengths), dtype=np.int64)
    postings = [np.zeros(0, dtype=np.uint64)]
    for words, text, inside in _pieces(texts):
        for width in _WIDTHS:
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
    return values[_new(values)]


def _together(postings: _Hashes, bits: np.uint64, split: int | None) -> tuple[_Ints, _Ints, _Ints]:
    """Pairs of texts in one phrase's list, and in how many lists they are together.

    A posting is a phrase's hash with the text in its low bits. No list is longer than ``COMMON``.
    """
    phrase = postings >> bits
    text = (postings & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
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


def _is_in(keys: _Hashes, among: _Hashes) -> _Flags:
    return np.isin(keys, among)


def _perhaps_in(keys: _Hashes, among: _Hashes) -> _Flags:
    """Like ``np.isin`` and many times as fast, but up to one in sixteen absent keys is found by mistake."""
    size = max(10, len(among).bit_length() + 4)
    shift = np.uint64(64 - size)
    table = np.zeros(1 << size, dtype=np.bool_)
    table[(among >> shift).view(np.int64)] = True
    return table[(keys >> shift).view(np.int64)]


def _compared(texts: HashedTexts, first: _Ints, second: _Ints, member: _Member) -> Iterator[_Comparison]:
    """Compare pairs of texts, some at a time."""
    cuts = _cuts(running(texts.lengths[first] + texts.lengths[second]))
    for start, stop in pairwise(cuts):
        yield _Comparison(_Side(texts, first[start:stop]), _Side(texts, second[start:stop]), member)


class _Side:
    """One text of each of several pairs, word by word."""

    def __init__(self, texts: HashedTexts, rows: _Ints) -> None:
        self.words, starts = texts.spread(rows)
        self.pairs = len(rows)
        self.pair = np.repeat(np.arange(len(rows)), np.diff(starts))
        self.inside = _inside(self.pair, (1, 2, 3))

    def total(self, weights: NDArray[np.bool_ | np.float64] | None = None) -> _Floats:
        """Sum over the words of each text; the number of its words without weights."""
        return np.bincount(self.pair, weights, self.pairs).astype(np.float64)

    def agreement(self, other: _Side, member: _Member) -> _Flags:
        """Whether each word has the same neighbour in the other text."""
        agreed = np.zeros(len(self.words), dtype=np.bool_)
        for gap in (1, 2):
            theirs = other._neighbours(gap)[other.inside[gap + 1]]
            at = np.flatnonzero(self.inside[gap + 1] & member(self._neighbours(gap), theirs))
            agreed[at] = agreed[at + gap] = True
        return agreed

    def _neighbours(self, gap: int) -> _Hashes:
        """Each word with the one ``gap`` places on, told apart by pair."""
        count = max(0, len(self.words) - gap)
        here = (self.words[:count] + np.uint64(gap)) * _FACTOR + self.words[gap : gap + count]
        return mixed(here * _FACTOR + self.pair[:count].astype(np.uint64))


class _Comparison:
    """Pairs of texts, and which of their words have the same neighbour in the other text."""

    def __init__(self, one: _Side, two: _Side, member: _Member) -> None:
        self._sides = ((one, one.agreement(two, member)), (two, two.agreement(one, member)))

    def share(self) -> _Floats:
        """Share of the words of both texts that agree."""
        (one, mine), (two, yours) = self._sides
        return (one.total(mine) + two.total(yours)) / np.maximum(one.total() + two.total(), 1)

    def copied(self, counts: _Counts, share: float, least: float) -> _Flags:
        """Whether chance and habit do not explain what agrees.

        Args:
            counts: How ordinary each word is.
            share: Smallest share of the information of both texts that must agree.
            least: Bits by which a copy must explain one text better than a text of its own does.
        """
        agreed, total, evidence = (np.zeros(self._sides[0][0].pairs) for _ in range(3))
        for side, agrees in self._sides:
            bits = counts.surprise(side)
            agreed += side.total(agrees * bits)
            total += side.total(bits)
            evidence += side.total(np.where(agrees, bits, -_EDIT)) / len(self._sides)
        return (agreed >= share * total) & (evidence >= least)
