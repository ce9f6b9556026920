"""What a sentence's own words say: how likely it asks something of the applicant, and of which competency.

Two logistic regressions over hashed words (Weinberger et al. 2009, "Feature hashing for large scale multitask
learning", ICML), fitted beforehand by ``fits/roles.py``. Here are only sums: nothing is
downloaded, and the same sentence always reads the same.
"""

from __future__ import annotations

import math
import re
import zlib
from functools import lru_cache
from itertools import pairwise

from shipworthy.career.roles.layout import plain
from shipworthy.playbook.roles import RoleModel, role_models

__all__ = ["competency_chances", "features_of_asking", "features_of_competency", "likely_asks"]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_MOST_WORDS = 120
_LONGEST_WORD = 30


@lru_cache(maxsize=4096)
def likely_asks(quote: str) -> float:
    """How likely a sentence asks something of the applicant, judged by its words alone; 0 to 1.

    What goes on for more than 120 words is no sentence: 0.
    """
    if len(_WORD.findall(quote)) > _MOST_WORDS:
        return 0.0
    (logit,) = _logits(role_models().asks, features_of_asking(quote))
    return 1 / (1 + math.exp(-logit))


@lru_cache(maxsize=4096)
def competency_chances(quote: str) -> tuple[tuple[str, float], ...]:
    """How likely a requirement is about each competency or ``other``; the chances sum to 1."""
    model = role_models().competencies
    logits = _logits(model, features_of_competency(quote))
    shares = [math.exp(each - max(logits)) for each in logits]
    return tuple((name, share / sum(shares)) for name, share in zip(model.names, shares, strict=True))


def _logits(model: RoleModel, features: set[str]) -> tuple[float, ...]:
    buckets = {zlib.crc32(each.encode()) % len(model.rarity) for each in features}
    length = math.sqrt(sum(model.rarity[each] ** 2 for each in buckets)) or 1.0
    return tuple(
        bias + step / length * sum(model.rarity[each] * weights[each] for each in buckets)
        for bias, step, weights in zip(model.biases, model.steps, model.weights, strict=True)
    )


def _words(quote: str) -> list[str]:
    found = _WORD.findall(plain(quote).casefold())[:_MOST_WORDS]
    return [word[:_LONGEST_WORD] for word in found]


def features_of_asking(quote: str) -> set[str]:
    """Words, pairs of words, beginnings and endings of words, and how the sentence opens."""
    words = _words(quote)
    features = {f"^{' '.join(words[:count])}" for count in (1, 2, 3) if len(words) >= count}
    features |= {f"{one} {two}" for one, two in pairwise(words)}
    for word in words:
        marked = f"<{word}>"
        features |= {marked, f"{marked[-4:]}$", f"{marked[-3:]}$", marked[:5], marked[:6]}
    return features


def features_of_competency(quote: str) -> set[str]:
    """Words and the runs of three to five letters in them, so that "retrained" is near "retraining"."""
    features = set()
    for word in _words(quote):
        marked = f"<{word}>"
        features.add(marked)
        for size in (3, 4, 5):
            features |= {marked[at : at + size] for at in range(len(marked) - size + 1)}
    return features
