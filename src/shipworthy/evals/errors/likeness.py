"""Which words are like which, without a model: rare words in common count most."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from shipworthy.playbook.items import failure_modes

__all__ = ["nearest_modes", "nearest_tags", "ranked"]

_COMMON = frozenset(
    """
    a about all also an and any are as at be been but by can could did do does for from get gets had has have
    he her his how if in into is it its just me more my no not of off on one only or our out over said says
    she should so some than that the their them then there these they this to too up us was we were what when
    where which who why will with would you your
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_STEM = 6


def _words(text: str) -> list[str]:
    """Words without those that every text has, cut to their stem."""
    found = re.findall(r"\w+", text.casefold()[:20_000])
    return [word[:_STEM] for word in found if word not in _COMMON and len(word) > 1]


def ranked(text: str, options: Mapping[str, str], n: int) -> tuple[str, ...]:
    """The options whose words are most like a text, the likest first; without a word in common, none.

    Cosine of word counts weighted by rarity (Spärck Jones 1972, "A statistical interpretation of term
    specificity").
    """
    bags = {name: Counter(_words(words)) for name, words in options.items()}
    often = Counter(word for bag in bags.values() for word in bag)
    wanted = Counter(_words(text))

    def weight(word: str) -> float:
        return math.log((1 + len(bags)) / (1 + often[word])) + 1

    def likeness(bag: Counter[str]) -> float:
        common = sum(wanted[word] * bag[word] * weight(word) ** 2 for word in wanted.keys() & bag.keys())
        size = math.sqrt(sum((count * weight(word)) ** 2 for word, count in bag.items()))
        return common / size if size else 0.0

    rated = [(likeness(bag), name) for name, bag in bags.items()]
    return tuple(name for value, name in sorted(rated, key=lambda pair: (-pair[0], pair[1]))[:n] if value > 0)


def nearest_tags(note: str, tagged: Mapping[str, Sequence[str]], n: int = 5) -> tuple[str, ...]:
    """Tags whose name and notes are most like a note."""
    return ranked(note, {tag: " ".join([tag, *notes]) for tag, notes in tagged.items()}, n)


def nearest_modes(tag: str, notes: Sequence[str] = (), n: int = 4) -> tuple[str, ...]:
    """Ids of the playbook's failure modes whose description is most like a tag and its notes."""
    options = {mode.id: f"{mode.name} {mode.name} {mode.meaning} {mode.shows}" for mode in failure_modes()}
    return ranked(" ".join([tag, tag, *notes]), options, n)
