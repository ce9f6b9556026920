"""What a posting asks of the applicant: sentence by sentence, in its own words, with offsets."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from shipworthy.career.roles.layout import Sentence, plain, sentences
from shipworthy.career.roles.learned import competency_chances, likely_asks
from shipworthy.playbook.roles import CompetencyCues, SectionKind, role_words

__all__ = ["OTHER", "Requirement", "competency_of", "is_must", "requirements_in", "years_in"]

OTHER = "other"
"""Stands for a requirement that is about none of the thirteen competencies, or not clearly about one."""
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
    "fifteen": 15, "twenty": 20,
    "ein": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
}  # fmt: skip
_YEARS = re.compile(
    r"(?i)\b(?P<low>\d{1,2}|" + "|".join(_NUMBERS) + r")\b\s*(?:\+|plus\b|or more\b|oder mehr\b)?\s*"
    r"(?:(?:-|–|to\b|bis\b)\s*\d{1,2}\b\s*\+?\s*)?(?:full\s+)?(?:years?|yrs?|jahr(?:en?)?)\b(?!-old)"
)
_PAST = re.compile(r"(?i)\b(?:in|over|within|during) (?:the )?(?:past|last)\s*$|\bletzten\s*$")
_LABEL = re.compile(r"[\w/&,' -]{1,60}:[*\s]*")
_AT_START = re.compile(r"(?i)(?:(?:[\w&/ -]{1,24}[:–—]|it['’]s|das ist|wir finden es)\s+)?")
_ASIDE = re.compile(r"\([^()]{0,200}\)")
_LONE_ASIDE = re.compile(r"\(([^()]{1,40})\)\W*$")
_SOFTENED = re.compile(
    r"(?i)\b(?:but|not|no|required|necessary|needed|essential|mandatory|aber|kein|muss|to have|for)\b"
)
_TAIL = 60
_LIST_LIKE = 5
_ASKING = ("required", "preferred")
_A_FEW = 2
_LIKELY, _CLEAR, _UNLIKELY = 0.5, 0.9, 0.05
_SURE = 0.5
_A_POINT = 0.6
_MOST_POINTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that a posting asks for."""

    quote: str
    """The words of the posting, unchanged: ``text[start:end]``."""
    start: int
    """Where they begin in the posting's text, in characters."""
    end: int
    """Where they end."""
    must: bool
    """False where the posting calls it preferred."""
    competency: str
    """The competency it is mainly about, or ``other``."""
    years: int | None
    """Years of experience that it asks for."""


def requirements_in(text: str) -> tuple[Requirement, ...]:
    """Everything that a posting asks for, in its order."""
    return tuple(
        Requirement(
            quote=text[each.start : each.end],
            start=each.start,
            end=each.end,
            must=is_must(text[each.start : each.end], preferred=each.section == "preferred"),
            competency=competency_of(text[each.start : each.end]),
            years=years_in(text[each.start : each.end]),
        )
        for each, chance in _placed(text)
        if _asks(text, each, chance)
    )


def _placed(text: str) -> Iterator[tuple[Sentence, float]]:
    """The sentences, each with how likely it asks something of the applicant by its words.

    A list below a heading that says nothing known is what its items are; straight after the list of what is
    asked it is what is merely preferred.
    """
    every = sentences(text)
    headed = sum(each.section in _ASKING for each in every) >= _A_FEW
    before: SectionKind | None = None
    asked = 0
    for (section, heading), group in groupby(every, key=lambda each: (each.section, each.heading)):
        some = tuple(group)
        chances = [likely_asks(text[each.start : each.end]) for each in some]
        follows = before in _ASKING
        listed = [chance for each, chance in zip(some, chances, strict=True) if each.item]
        unknown = section is None and heading and (follows or not headed)
        if unknown and listed and sum(listed) / len(listed) >= _LIKELY:
            section = "preferred" if follows and asked >= len(some) else "required"
        asked = max(asked, len(some)) if section in _ASKING else asked
        before = section
        for each, chance in zip(some, chances if headed else _among_neighbours(chances), strict=True):
            clear = section is not None or not headed or chance >= _CLEAR
            yield replace(each, section=section), chance if clear else 0.0


def _among_neighbours(chances: Sequence[float]) -> list[float]:
    """Without headings what is asked stands together: a sentence counts for two, those beside it for one."""
    padded = [chances[0], *chances, chances[-1]]
    return [
        (before + 2 * own + after) / 4
        for before, own, after in zip(padded, padded[1:], padded[2:], strict=False)
    ]


def _asks(text: str, sentence: Sentence, chance: float) -> bool:
    words = role_words()
    quote = plain(text[sentence.start : sentence.end])
    if quote.endswith("?") or words.never.search(quote) or _is_label(quote):
        return False
    if sentence.section in _ASKING:
        listed = quote[-1] not in ".!:" and len(quote.split()) >= _LIST_LIKE
        if sentence.item or listed or quote[0].islower() or words.asks_in_section.search(quote):
            return sentence.item or chance >= _UNLIKELY
        return chance >= _LIKELY
    if words.asks_anywhere.search(quote):
        return True
    return sentence.section is None and chance >= _LIKELY and not words.duty.match(quote)


def _is_label(quote: str) -> bool:
    """A lead-in that says nothing by itself, such as "Technical skills:" or "You should:"."""
    return quote.endswith(":") and len(quote.split()) <= 4


def is_must(quote: str, *, preferred: bool) -> bool:
    """Whether a requirement is firm. A part of it or an aside that is preferred leaves it firm."""
    words = role_words()
    said = plain(quote)
    aside = _LONE_ASIDE.search(said)
    if aside and words.nice.match(aside[1].strip()):
        return False
    bare = _ASIDE.sub(" ", said).strip()
    if preferred:
        return re.search(r"(?i)\b(required|must|mandatory)\b", words.nice.sub(" ", bare)) is not None
    opening = _AT_START.match(bare)
    if words.nice.match(bare, opening.end() if opening else 0) or words.nice.match(bare):
        return False
    clauses = [clause for clause in bare.split(";") if clause.strip()]
    return not all(_is_nice(clause, words.nice) for clause in clauses)


def _is_nice(clause: str, nice: re.Pattern[str]) -> bool:
    """Whether a word such as "preferred" opens the clause or closes it, and so is about all of it."""
    said = clause.strip()
    return nice.match(said) is not None or any(
        len(re.findall(r"\w+", _SOFTENED.sub(" ", said[found.end() :]))) <= 2
        and _governs(said[: found.start()], found.group())
        for found in nice.finditer(said)
    )


def _governs(before: str, found: str) -> bool:
    """Whether the words before are one thing (or a list of things) that "preferred" can be about."""
    if found.casefold().startswith(("is ", "are ", "would ", "it ")):
        return True
    last = before.rpartition(",")[2].strip().casefold()
    return "," not in before[-_TAIL:] or last.startswith(("or ", "and ", "but ", "aber "))


def years_in(quote: str) -> int | None:
    """The years of experience that a sentence asks for first; of a range the lower end."""
    said = plain(quote)
    for found in _YEARS.finditer(said):
        if not _PAST.search(said, 0, found.start()):
            low = found["low"].casefold()
            return _NUMBERS[low] if low in _NUMBERS else int(low)
    return None


def competency_of(quote: str) -> str:
    """The competency that a requirement is mainly about; ``other`` where none clearly is."""
    chances = _chances(quote)
    other = chances.pop(OTHER)
    best = max(chances, key=lambda name: chances[name])
    return best if chances[best] >= _SURE and chances[best] > other else OTHER


def _chances(quote: str) -> dict[str, float]:
    """What the words make likely and what the trade's own terms point to, together."""
    said = plain(quote)
    less = 1 if role_words().against.search(said) else 0
    points = {cues.competency: _points(cues, said)[0] - less for cues in role_words().cues}
    shares = {
        name: chance * math.exp(_A_POINT * min(max(points.get(name, 0), 0), _MOST_POINTS))
        for name, chance in competency_chances(quote)
    }
    return {name: share / sum(shares.values()) for name, share in shares.items()}


def _points(cues: CompetencyCues, said: str) -> tuple[int, int]:
    """How much points to a competency, and where that begins."""
    found = list(_hits(cues, said))
    return sum(weight for weight, _ in found), min((at for _, at in found), default=len(said))


def _hits(cues: CompetencyCues, said: str) -> Iterator[tuple[int, int]]:
    for weight, patterns in ((2, cues.strong), (1, cues.weak)):
        for pattern in patterns:
            for number, match in enumerate(pattern.finditer(said)):
                if number < 3:
                    yield weight, match.start()
