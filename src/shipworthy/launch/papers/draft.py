"""Drafts that know themselves: whether a person changed a paper since we wrote it, and how much."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

__all__ = ["Draft", "draft_of", "is_edited", "share_edited", "signed"]

_SIGN = re.compile(
    r"\n*<!-- drafted by shipworthy from (?P<source>[\w.:-]{1,80}), text (?P<sha>[0-9a-f]{16}) -->\s*\Z"
)
_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a paper says of its own making."""

    source: str
    """The review, or the answers file, that it was drafted from."""
    sha: str
    """Beginning of the hash of the text as drafted."""


def signed(text: str, *, source: str) -> str:
    """A draft with a last line by which later changes show."""
    body = text.rstrip("\n")
    return f"{body}\n\n<!-- drafted by shipworthy from {source}, text {_sha(body)} -->\n"


def draft_of(text: str) -> Draft | None:
    """What the last line says; None where a paper is not of our making."""
    found = _SIGN.search(text)
    return None if found is None else Draft(source=found["source"], sha=found["sha"])


def is_edited(text: str) -> bool:
    """Whether a paper is not exactly what was drafted."""
    draft = draft_of(text)
    return draft is None or draft.sha != _sha(_body(text))


def share_edited(draft: str, text: str) -> float:
    """Share of a draft's words that a person changed: 0 for none, 1 for all of them.

    One minus the share of words that draft and paper have in common, in their order.
    """
    from difflib import SequenceMatcher

    before, after = (_body(each).split()[:_MOST_WORDS] for each in (draft, text))
    if not before and not after:
        return 0.0
    return round(1 - SequenceMatcher(None, before, after, autojunk=False).ratio(), 3)


def _body(text: str) -> str:
    return _SIGN.sub("", text).rstrip("\n")


def _sha(body: str) -> str:
    return hashlib.sha256(body.encode(errors="backslashreplace")).hexdigest()[:16]
