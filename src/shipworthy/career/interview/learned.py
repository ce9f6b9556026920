"""How much a sentence says that somebody could act on or check, by a weight for each word and pair of words.

A linear model (least squares with a penalty, on pairs of answers to one question, of which one is better, and
on single sentences that say something or only talk). Most weights hold for every question, some for one: what
is a trap in one answer is sound in another. They were fitted beforehand by ``fits/interviews.py``; here they
are added up. Words are read without regard to contractions, so that "I'd" and "I would" are
the same, and all figures are one word: that there is a figure counts, not which.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from itertools import pairwise

from shipworthy.playbook.interviews import answer_words

__all__ = ["terms", "worth"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_FIGURE = re.compile(r"\d[\d.,:]*")
_SHORT = tuple(
    (re.compile(pattern), whole)
    for pattern, whole in (
        (r"\b(?:can't|cannot)\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"n't\b", " not"),
        (r"'d\b", " would"),
        (r"'ll\b", " will"),
        (r"'re\b", " are"),
        (r"'ve\b", " have"),
        (r"'m\b", " am"),
        (r"\b(it|that|what|there|who|he|she|here|how|where|let|nobody|one|everybody)'s\b", r"\1 is"),
    )
)


_PAIRS, _STANDING = 6, 0.08
"""Pairs of known words from which a sentence is checked for being one, and the least share of known pairs."""


def terms(text: str) -> frozenset[str]:
    """The words of a sentence and its pairs of neighbours, contractions written out, figures as ``0``."""
    words = _words(text)
    return frozenset(words).union(map(" ".join, pairwise(words)))


def _words(text: str) -> list[str]:
    plain = text.casefold().replace("’", "'")
    for pattern, whole in _SHORT:
        plain = pattern.sub(whole, plain)
    return _WORD.findall(_FIGURE.sub("0", plain))


@lru_cache(maxsize=4096)
def worth(text: str, question: str) -> float:
    """What a sentence is worth in an answer to a question, by its id: above 0 it says something to the point.

    Mostly between -1.5 and 1.5; about 0 where it only talks, below where a better answer would not say it.

    Telling words that are strung together, and do not follow each other as in sentences, are worth 0.
    """
    model = answer_words()
    pairs = [pair for pair in pairwise(_words(text)) if all(word in model.weights for word in pair)]
    standing = sum(" ".join(pair) in model.weights for pair in pairs)
    if len(pairs) >= _PAIRS and standing < _STANDING * len(pairs):
        return 0.0
    known = sorted(terms(text) & model.weights.keys())
    if not known:
        return 0.0
    asked = model.asked.get(question, {})
    adds = [model.weights[each] + asked.get(each, 0.0) for each in known]
    return model.offset + sum(adds) / math.sqrt(len(adds))
