"""Whether an answer contradicts the text it should come from: by rule, without a model.

Each sentence of the answer is paired with the sentence of the source that shares most of its content words.
The two contradict each other where one forbids what the other allows or asks for, or one asks for what the
other waives; a number of the answer that the source does not have is unsupported. Sentences about different
matters, and contradictions that need knowledge of the world, are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Contradiction", "contradictions"]

Modality = Literal["forbids", "requires", "permits", "waives"]

_WORDS: dict[Modality, str] = {
    "waives": (
        r"\b(?:do|does|need|is|are) not (?:have to|need to|required|obliged)|\bneed not\b|"
        r"\bnot required\b"
    ),
    "forbids": r"\b(?:must|may|can|shall) not\b|\bcannot\b|\b(?:mustn|can|won)['’]t\b|\bno longer\b|\bnever\b"
    r"|\bnot (?:allowed|permitted|possible)\b|\b(?:unlawful|illegal|prohibited|forbidden|against the law)\b",
    "requires": r"\b(?:must|shall|ha(?:ve|s) to|(?:is|are) (?:required|obliged) to)\b",
    "permits": r"\b(?:can|may|allowed|permitted|free to)\b",
}
_MODALITIES = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _WORDS.items()}
_REFUSING = re.compile(r"\b(?:refus\w+|reject\w*|declin\w+|turn\w* away|deny|denies|denied)\b", re.IGNORECASE)
_TURNED: dict[Modality, Modality] = {
    "forbids": "requires",
    "requires": "forbids",
    "permits": "waives",
    "waives": "permits",
}
_AGAINST = {
    frozenset(pair) for pair in (("forbids", "permits"), ("forbids", "requires"), ("requires", "waives"))
}
_IDLE = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be because before but by can cannot do does for from has have he her his i if"
        " in is it its may me must my need no not of off on or our she shall so some than that the their them"
        " then there they this to was we were will with within yes you your only",
    )
)
_LEAST_SHARED = 2
_LEAST_SHARE = 0.34


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A sentence of an answer that its source does not carry."""

    kind: Literal["contradicts", "unsupported"]
    """Contradicts the source, or says a number that the source does not have."""
    answer: str
    """The sentence of the answer."""
    source: str
    """The sentence of the source on the same matter."""
    why: str
    """What does not go together."""


def contradictions(answer: str, source: str) -> Iterator[Contradiction]:
    """What an answer says against its source.

    Args:
        answer: What was answered.
        source: The text it should come from.
    """
    places = _sentences(source)
    for said in _sentences(answer):
        nearest = max(places, key=lambda place: _shared(said, place), default=None)
        if nearest is None or _shared(said, nearest) < _LEAST_SHARE:
            continue
        one, other = _modality(said), _modality(nearest)
        if one and other and frozenset((one, other)) in _AGAINST:
            why = f"the source {other} what the answer {one}"
            yield Contradiction(kind="contradicts", answer=said, source=nearest, why=why)
        for number in sorted(
            set(re.findall(r"\d[\d.,]*\d|\d", said)) - set(re.findall(r"\d[\d.,]*\d|\d", source))
        ):
            why = f"the source does not say {number}"
            yield Contradiction(kind="unsupported", answer=said, source=nearest, why=why)


def _sentences(text: str) -> list[str]:
    return [
        part.strip() for part in re.split(r"(?<=[.!?])\s+", " ".join(text.split())[:20_000]) if part.strip()
    ]


def _modality(text: str) -> Modality | None:
    found = next((name for name, pattern in _MODALITIES.items() if pattern.search(text)), None)
    return _TURNED[found] if found is not None and _REFUSING.search(text) else found


def _shared(one: str, other: str) -> float:
    """Content words in common, as a share of the shorter sentence's; 0 where there are hardly any."""
    first, second = _content(one), _content(other)
    common = len(first & second)
    return 0.0 if common < _LEAST_SHARED else common / min(len(first), len(second))


def _content(text: str) -> set[str]:
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return {re.sub(r"(?:ing|ed|es|s)$", "", word) for word in words if word not in _IDLE and len(word) > 2}
