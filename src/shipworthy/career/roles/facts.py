"""What a posting says about the job itself: level, years, pay, place, market segment, each with its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shipworthy.career.roles.layout import plain
from shipworthy.career.roles.pay import Pay, pay_in
from shipworthy.playbook.roles import SegmentId, role_words

__all__ = ["Facts", "Place", "Quote", "Segment", "Seniority", "facts_of"]

SeniorityLevel = Literal["intern", "junior", "mid", "senior", "lead", "executive"]
"""From the title: lead is lead, staff, principal and group; executive is director and above."""
PlaceKind = Literal["remote", "hybrid", "onsite"]
_LEVELS: tuple[tuple[SeniorityLevel, str], ...] = (
    ("executive", r"director|vice president|s?vp|avp|head of|chief|c[etp]o|leiter(?:in)? (?:der|des)\b"),
    ("intern", r"intern(?:ship)?|praktik\w+|werkstudent\w*|trainee"),
    (
        "lead",
        r"lead|staff(?= [\w/])|principal|group (?:product )?manager|group product|\w*leiter(?:in)?|leitung",
    ),
    ("senior", r"senior|sr"),
    ("junior", r"junior|jr|associate|entry[- ]level|graduate|early career|assistant"),
)
_MANAGES = r"manager|owner|analyst|engineer|product|designer|scientist|consultant|coordinator"
_PLACES: tuple[tuple[PlaceKind, str], ...] = (
    (
        "hybrid",
        r"hybrid\w*"
        r"|(?:\w+ )?(?:\d|one|two|three|four) days?(?: (?:a|per) week|/week) (?:in|on|near|at)[^.\n]{0,25}"
        r"|(?:\w+ )?(?:\d|one|two|three|four) days?(?: on site| in (?:the |our )?office)",
    ),
    (
        "remote",
        r"(?:fully |100 ?% )?remote(?!ly)(?! (?:work stipend|sensing|server|desktop|control))"
        r"|work from (?:home|anywhere)|#li-remote",
    ),
    (
        "onsite",
        r"on[- ]?site|in[- ]person|in the office|in-office|vor ort|#li-onsite"
        r"|(?:based|located) in (?:our )?[A-Z][\w ,]{2,40}office",
    ),
)
_PLACE_LINE = re.compile(
    r"(?i)location|remote|hybrid|on-?site|office|based|where\b|vor ort|in person|place of work"
)
_TITLE = re.compile(r"(?im)^[ \t*#]*(?:job |position )?(?:title|role)[ \t*]*:[ \t*]*(?P<text>[^\n*]{3,150})")
_COMPANY = re.compile(
    r"(?im)^[ \t*#]*(?:company|employer|organi[sz]ation|firma)[ \t*]*:[ \t*]*(?P<text>[^\n*]{2,100})"
)
_HEAD = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a posting and where they stand."""

    quote: str
    """The words: ``text[start:end]``."""
    start: int
    """Where they begin, in characters."""
    end: int
    """Where they end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seniority(Quote):
    """The level that the title names."""

    level: SeniorityLevel
    """From intern to executive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Quote):
    """Where the work is done."""

    kind: PlaceKind
    """Remote, hybrid or on site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Quote):
    """The part of the market that the company belongs to, in the guide's terms."""

    id: SegmentId
    """Playbook id."""
    name: str
    """What it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a posting says about the job; None and empty where it says nothing."""

    title: str | None
    """As given, or from the posting's first lines."""
    company: str | None
    """As given, or from a line such as "Company: …"."""
    seniority: Seniority | None
    """The level; None where no title was found."""
    pay: tuple[Pay, ...]
    """Every range of pay, in the posting's order."""
    place: Place | None
    """Where the work is done."""
    segment: Segment | None
    """The part of the market."""


def facts_of(text: str, *, title: str | None = None, company: str | None = None) -> Facts:
    """Everything about the job that the posting states. A title or company given goes before its own."""
    said = plain(text)
    found = _title(text)
    name = title or (text[slice(*found)] if found else None)
    return Facts(
        title=name,
        company=company or _first(_COMPANY, text),
        seniority=_seniority(name, text) if name else None,
        pay=pay_in(text),
        place=_place(text, said),
        segment=_segment(text, said),
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text, 0, _HEAD)
    return found["text"].strip() if found else None


def _title(text: str) -> tuple[int, int] | None:
    """Where the title stands: a line that says so, else the first line that names a job."""
    labelled = _TITLE.search(text, 0, _HEAD)
    if labelled:
        return labelled.span("text")
    for line in re.finditer(r"[^\n]+", text[:_HEAD]):
        words = line.group().strip(" \t#*")
        if (
            words
            and len(words) <= 150
            and re.search(rf"(?i)\b(?:{_MANAGES}|head|director|vp|lead\w*|produkt\w+)", words)
        ):
            start = line.start() + line.group().index(words)
            return start, start + len(words)
    return None


def _seniority(title: str, text: str) -> Seniority:
    start = max(text.find(title), 0)
    quoted = title if text.startswith(title, start) else ""
    said = plain(title)
    for level, pattern in _LEVELS:
        found = re.search(rf"(?i)(?<!\w)(?:{pattern})(?!\w)", said)
        if found and not (level == "junior" and re.search(r"(?i)assistant (?:general|vice)", said)):
            at = start + found.start() if quoted else 0
            words = text[at : at + len(found.group())] if quoted else ""
            return Seniority(quote=words, start=at, end=at + len(words), level=level)
    return Seniority(
        quote=quoted, start=start if quoted else 0, end=start + len(quoted) if quoted else 0, level="mid"
    )


def _place(text: str, said: str) -> Place | None:
    """From the lines that speak of the place; the first ones count most, a hybrid beats the other two."""
    lines = list(re.finditer(r"[^\n]+", said))
    for some in (lines[:8], [line for line in lines[8:] if _PLACE_LINE.search(line.group())]):
        for kind, pattern in _PLACES:
            for line in some:
                found = re.search(rf"(?i)(?<![\w-])(?:{pattern})", line.group())
                if found and not _not_a_place(line.group()):
                    start, end = line.start() + found.start(), line.start() + found.end()
                    return Place(quote=text[start:end], start=start, end=end, kind=kind)
    return None


def _not_a_place(line: str) -> bool:
    return bool(
        re.search(
            r"(?i)remote (?:interview|work stipend)|customers? .{0,20}on-?site"
            r"|hybrid (?:cloud|search|approach)",
            line,
        )
    )


def _segment(text: str, said: str) -> Segment | None:
    """The first segment with a fitting word; a large or old company is established whatever its trade."""
    words = role_words()
    large = words.large.search(said)
    for segment in words.segments:
        if segment.id in {"domain", "startup"} and large:
            continue
        found = _named(segment.patterns, said)
        if found is not None:
            start, end = found
            return Segment(quote=text[start:end], start=start, end=end, id=segment.id, name=segment.name)
    return None


def _named(patterns: tuple[re.Pattern[str], ...], said: str) -> tuple[int, int] | None:
    """Where a segment's words stand, looked for in the text without its lists."""
    for start, end in _prose(said):
        for pattern in patterns:
            found = pattern.search(said, start, end)
            if found:
                return found.span()
    return None


def _prose(said: str) -> Iterator[tuple[int, int]]:
    """The lines that are no list items: a company describes itself in sentences."""
    for line in re.finditer(r"[^\n]+", said):
        if not re.match(r"\s*(?:[-*•→+]|\d+[.)]|\([a-z]\))\s", line.group()):
            yield line.span()
