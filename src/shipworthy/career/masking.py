"""Words taken out before a text leaves: personal data, places on a disk, and what a person names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Masked", "Redaction", "masked_text"]

_PATHS = re.compile(
    r"(?<![\w/.:])(?:~|[A-Za-z]:)?(?:[\\/][\w.@ -]{1,80}?){2,20}(?=[\s,;:)\]}'\"”’]|$)"
    r"|(?<![\w/])(?:\.{1,2}/)?(?:[\w.-]{1,80}/){1,20}[\w.-]{1,80}\.(?:csv|xlsx?|jsonl?|parquet|py|ya?ml|toml|html?|md|db|sql|ipynb|txt|log)\b"
    r"|\bfile:/{2,3}\S{1,300}"
)
_HIDDEN = "[taken out]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """Something that was taken out of a text."""

    kind: str
    """What it looked like: an e-mail address, a place on a disk, a hidden word."""
    shown: str
    """What stands there now, or a masked form of what stood there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text without what should not leave."""

    text: str
    """What is left."""
    redactions: tuple[Redaction, ...]
    """What was taken out, in order."""


def masked_text(text: str, hide: Iterable[str] = ()) -> Masked:
    """A text without personal data, places on a disk, and the words that somebody wants hidden.

    Names of people and stories follow no pattern and are not found; that is what ``hide`` is for.
    """
    from shipworthy.datasets.personal_data import masked

    found = sorted(_places(text, hide), key=lambda place: (place[0], -place[1]))
    pieces, redactions, at = list[str](), list[Redaction](), 0
    for start, end, kind in found:
        if start < at:
            continue
        pieces += [text[at:start], _HIDDEN]
        redactions.append(Redaction(kind=kind, shown=masked(text[start:end])))
        at = end
    return Masked(text="".join([*pieces, text[at:]]), redactions=tuple(redactions))


def _places(text: str, hide: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    from shipworthy.datasets.personal_data import sightings

    for one in sightings(text):
        yield one.start, one.end, one.kind
    for found in _PATHS.finditer(text):
        yield found.start(), found.end(), "place on a disk"
    for word in hide:
        if word.strip():
            pattern = re.compile(rf"(?<!\w){re.escape(word.strip())}(?!\w)", re.IGNORECASE)
            for found in pattern.finditer(text):
                yield found.start(), found.end(), "word to be hidden"
