"""Where a posting's sentences stand: headings, list items and prose, each with its offsets in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from shipworthy.playbook.roles import SectionKind, role_words

__all__ = ["Sentence", "plain", "sentences"]

_MARK = re.compile(r"[ \t]*(?:[-*•·●▪◦‣○■→➢–—+~✓✔»>›▸►∙]|\(?\d{1,2}[.)]|\(?[a-z]\))[ \t]+")
_HASHES = re.compile(r"(#{1,6})[ \t]+")
_BOLD = re.compile(r"(?:\*\*|__)(?P<text>[^*\n]{2,200}?)(?:\*\*|__)?[ \t]*:?(?:\*\*|__)?[ \t]*$")
_RULE = re.compile(r"[ \t]*[-=_*·—]{3,}[ \t]*$")
_STOP = re.compile(
    r"(?P<mark>[.!?…][\"”’')\]]*)(?P<gap>\s+)(?=[\"“‘'(\[*]*[A-ZÄÖÜ0-9])",
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|incl|approx|Sr|Jr|Dr|Mr|Ms|Mrs|Prof|Inc|Ltd|Co|Corp|No|St|U\.S|U\.K|"
    r"z\. ?B|bzw|[Mm]in|[Mm]ax|[Mm]ind|[Ee]xp|[Yy]rs|mgmt|resp|"
    r"ca|inkl|ggf|d\. ?h|u\. ?a|Nr|[A-Z])|\b\d{1,2})\.$"
)
_SAME = str.maketrans("’‘‑‐_", "''-- ")
_LONGEST_HEADING = 12
_LABEL = re.compile(
    r"[ \t*_]*(?P<text>(?:[^\W\d_][\w'/&-]{0,30} ){0,4}[^\W\d_][\w'/&-]{0,30}):[ \t*_]+(?=\S)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence or a list item of one sentence."""

    start: int
    """Where it begins in the text, in characters."""
    end: int
    """Where it ends."""
    item: bool
    """Whether it stands in a list."""
    section: SectionKind | None
    """What its section holds; None above the first heading and below one that says nothing."""
    heading: str
    """The heading it stands under, or the empty text."""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    """Without the line end."""
    item: bool
    level: int | None
    """Depth as a heading, 1 to 6 as written and 7 to 9 by looks; None for what is no heading."""


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    level: int
    kind: SectionKind | None


def plain(text: str) -> str:
    """The text as patterns want it: typewriter quotes and hyphens. It keeps its length."""
    return text.translate(_SAME)


def sentences(text: str) -> tuple[Sentence, ...]:
    """Every sentence of a posting with its section, in order."""
    return tuple(_sentences(text))


def _sentences(text: str) -> Iterator[Sentence]:
    heading = _Heading("", 0, None)
    stack: list[_Heading] = []
    for line in _joined(text, tuple(_lines(text))):
        if line.level is not None:
            stack = _below(stack, _heading(text[line.start : line.end], line.level))
            heading = stack[-1]
            continue
        above = heading if line.item else _opening(text[line.start : line.end], heading)
        for start, end in _split(text, line.start, line.end):
            yield Sentence(start=start, end=end, item=line.item, section=above.kind, heading=above.text)


def _opening(line: str, above: _Heading) -> _Heading:
    """The heading of a paragraph: one that it opens with ("What we offer: a dog.") or the one above.

    "Education: a degree" below "Nice to have" is still merely preferred.
    """
    label = _LABEL.match(plain(line))
    kind = _kind(label["text"].casefold()) if label else None
    if label is None or kind is None or (kind == "required" and above.kind == "preferred"):
        return above
    return _Heading(label["text"], 9, kind)


def _below(stack: list[_Heading], found: _Heading) -> list[_Heading]:
    """The headings above the next lines; one that says nothing takes its kind from the one above it."""
    above = [each for each in stack if each.level < found.level]
    kind = found.kind
    if kind is None and above:
        kind = above[-1].kind
    elif kind is None and stack and found.level >= 7 and _speaks_of_people(found.text):
        kind = stack[-1].kind
    return [*above, _Heading(found.text, found.level, kind)]


def _speaks_of_people(heading: str) -> bool:
    """Whether a bold line between requirements is a summary of the next one and not a new section."""
    return bool(role_words().asks_in_section.search(plain(heading))) or bool(
        re.search(r"(?i)\b(mindset|foundation|exposure|judg|fluency|experien|tool)", heading)
    )


def _heading(raw: str, level: int) -> _Heading:
    text = plain(raw).strip(" \t#*:_").strip()
    return _Heading(text, level, _kind(text.casefold()))


@lru_cache(maxsize=1024)
def _kind(heading: str) -> SectionKind | None:
    for kind, patterns in role_words().headings:
        if any(pattern.search(heading) for pattern in patterns):
            return kind
    return None


def _lines(text: str) -> Iterator[_Line]:
    """Lines that are not empty, each told apart as heading, list item or prose."""
    starts = [match.span() for match in re.finditer(r"[^\n]+", text)]
    filled = [(start, end) for start, end in starts if text[start:end].strip()]
    for number, (start, end) in enumerate(filled):
        line = text[start:end]
        if _RULE.match(line):
            continue
        before = text[filled[number - 1][1] : start].count("\n") if number else 2
        after = filled[number + 1] if number + 1 < len(filled) else None
        following = text[slice(*after)] if after else ""
        mark = _MARK.match(line)
        level = _level(line, following, alone=before > 1, marked=mark is not None)
        lead = mark.end() if mark and level is None else 0
        yield _Line(start + lead, end, mark is not None and level is None, level)


def _hangs(text: str, line: _Line, following: _Line) -> bool:
    """Whether the next line is indented below a list item and begins a sentence of its own."""
    indented = text[following.start : following.start + 1].isspace()
    if not (line.item and indented and following.level is None and not following.item):
        return False
    return (
        text[line.end : following.start].count("\n") == 1
        and not text[following.start :].lstrip()[0].islower()
    )


def _level(line: str, following: str, *, alone: bool, marked: bool) -> int | None:
    """How deep a heading the line is, or None."""
    hashes = _HASHES.match(line)
    if hashes:
        return len(hashes[1])
    text = line.strip()
    if _RULE.match(following) and len(text) < 100:
        return 2
    if text.startswith(("**", "__")) and _BOLD.match(text):
        return 7
    words = len(text.split())
    if marked:
        return _level_of_label(text[_mark_end(text) :])
    if words > _LONGEST_HEADING:
        return None
    if text.endswith(":") and (words <= 9 or _kind(plain(text).strip(" :").casefold()) is not None):
        return 8
    return 8 if _looks_like_a_heading(text, following, alone=alone) else None


def _mark_end(text: str) -> int:
    mark = _MARK.match(text)
    return mark.end() if mark else 0


def _level_of_label(label: str) -> int | None:
    """An item such as "Preferred skills:" opens a part of the list; one such as "Experience:" does not."""
    if not label.rstrip("* \t").endswith(":") or len(label.split()) > 4:
        return None
    kind = _kind(plain(label).strip(" *:").casefold())
    return 9 if kind in {"preferred", "other"} else None


def _looks_like_a_heading(text: str, following: str, *, alone: bool) -> bool:
    """A short line that opens a list, stands alone in capitals, or is worded like a heading."""
    if text[-1] in ".,;!" or not following or not any(letter.isalpha() for letter in text):
        return False
    if len(text.split()) > 10:
        return False
    if text.isupper():
        return True
    kind = _kind(plain(text).strip().casefold())
    if alone and kind is not None and ("," not in text or kind in {"other", "duties"}):
        return True
    return (alone or kind is not None) and bool(_MARK.match(following))


def _joined(text: str, lines: tuple[_Line, ...]) -> Iterator[_Line]:
    """Lines that a program broke at its right margin, put together again."""
    width = max((line.end - line.start for line in lines), default=0)
    current: _Line | None = None
    for line in lines:
        if current is not None and width <= 130 and _goes_on(text, current, line, width):
            current = _Line(current.start, line.end, current.item, None)
            continue
        if current is not None and _hangs(text, current, line):
            if text[current.end - 3 : current.end].rstrip()[-1:] in ".!?;":
                yield current  # a whole sentence; without its stop it is the title of what hangs below it
            current = replace(line, item=True)
            continue
        if current is not None:
            yield current
        current = line
    if current is not None:
        yield current


def _goes_on(text: str, line: _Line, following: _Line, width: int) -> bool:
    """Whether the next line was too long for this one and begins in the middle of a sentence."""
    if line.level is not None or following.level is not None or following.item:
        return False
    if text[line.end : following.start].count("\n") > 1:
        return False
    last = text[text.rfind("\n", 0, line.end) + 1 : line.end].rstrip()
    rest = text[following.start : following.end].lstrip()
    if last.endswith((".", "!", "?", ":", ";")) or not (rest[0].islower() or last[-1] in ",-–("):
        return False
    return len(last) + 1 + len(rest.split(maxsplit=1)[0]) > min(width, 100) - 5


def _split(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences between two offsets, without white space and emphasis at their ends."""
    begin = start
    for stop in _STOP.finditer(text, start, end):
        if _ABBREVIATION.search(text, max(begin, stop.start() - 8), stop.start("mark") + 1):
            continue
        yield from _trimmed(text, begin, stop.end("mark"))
        begin = stop.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and (text[start].isspace() or text[start] in "*_•"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in "*_"):
        end -= 1
    if any(letter.isalpha() for letter in text[start:end]):
        yield start, end
