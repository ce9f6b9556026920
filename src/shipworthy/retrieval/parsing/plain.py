"""Plain text: paragraphs between empty lines, headings by their looks, lists, and transcripts with names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from shipworthy.retrieval.document import Part, PartKind
from shipworthy.retrieval.parsing.building import Outline, Parsed, Source, cleaned
from shipworthy.retrieval.parsing.decoding import decoded

__all__ = ["parse_text"]

_LINE = r"[^\S\n]*+\S[^\n]*+"  # one that is not blank, told in one step from one that is
_ROW = re.compile(rf"^{_LINE}", re.MULTILINE)
_BLOCK = re.compile(rf"^{_LINE}(?:\n{_LINE})*+", re.MULTILINE)
_RULE = re.compile(r"[ \t]*([-=~*_])\1{2,}[ \t]*")
_ITEM = re.compile(r"[ \t]*(?:[-*+•·●▪◦‣–]|\(?\d{1,3}[.)]|\(?[a-z]\))[ \t]+(?=\S)")
_BULLET = re.compile(r"[ \t]*[-*+•·●▪◦‣–][ \t]+")
_NUMBERED = re.compile(
    r"(?:(?:article|section|chapter|part|§)\s*)?\d{1,3}(?:\.\d{1,3})*\.?\s+\S", re.IGNORECASE
)
_SAID = re.compile(
    r"[ \t]*(?:[\[(]?(?P<time>\d{1,2}(?::\d{2}){1,2})(?:[.,]\d+)?[\])]?[ \t]*[-–]?[ \t]*)?"
    r"(?P<speaker>[^\W\d_][^:\n\[\]()]{0,48}?)"
    r"(?:[ \t]*[\[(](?P<late>\d{1,2}(?::\d{2}){1,2})[\])])?:[ \t]+(?=\S)"
)
_LONGEST_HEADING = 90


def parse_text(source: Source) -> Parsed:
    """Read plain text. Positions and lines are those of the file."""
    text, warnings = decoded(source)
    text = cleaned(text)
    parts = tuple(_turns(text)) if _is_transcript(text) else tuple(_parts(text))
    return Parsed(text=text, parts=parts, warnings=warnings)


def _is_transcript(text: str) -> bool:
    """Whether most lines begin with a name and a colon, and the names come again and again."""
    lines = [line for line in text[:200_000].split("\n") if line.strip()]
    said = [match for line in lines if (match := _SAID.match(line))]
    names = {match["speaker"].casefold() for match in said}
    return len(said) >= 4 and len(said) >= 0.5 * len(lines) and 2 * len(names) <= len(said)


def _turns(text: str) -> Iterator[Part]:
    """A turn for each line with a name; lines without one belong to the turn before them."""
    current: Part | None = None
    number = 0
    for block in _ROW.finditer(text):
        said = _SAID.match(text, block.start(), block.end())
        if said is None and current is not None:
            current = replace(current, end=_end(text, *block.span()))
            continue
        if current is not None:
            yield current
        number += 1
        start = said.end() if said else block.start() + _indent(block[0])
        time = (said["time"] or said["late"]) if said else None
        current = Part(
            start=start,
            end=_end(text, start, block.end()),
            kind="turn",
            line=number,
            speaker=said["speaker"].strip() if said else None,
            seconds=_seconds(time),
        )
    if current is not None:
        yield current


def _seconds(time: str | None) -> float | None:
    if time is None:
        return None
    total = 0
    for part in time.split(":"):
        total = total * 60 + int(part)
    return float(total)


def _parts(text: str) -> Iterator[Part]:
    outline = Outline()
    counted, line = 0, 1
    for block in _BLOCK.finditer(text):
        line += text.count("\n", counted, block.start())
        counted = block.start()
        yield from _of_block(text, block.start(), block.end(), line, outline)


def _of_block(text: str, start: int, end: int, line: int, outline: Outline) -> Iterator[Part]:
    """Headings with what stands right under them, the items of a list, or a paragraph."""
    while start < end:
        stop = text.find("\n", start, end)
        first_end = end if stop < 0 else stop
        below_end = text.find("\n", first_end + 1, end)
        below = text[first_end + 1 : end if below_end < 0 else below_end] if stop >= 0 else ""
        underlined = bool(below) and _RULE.fullmatch(below) is not None
        level = _heading_level(text[start:first_end], alone=stop < 0, underlined=underlined)
        if not level:
            yield from _body(text, start, end, line, outline)
            return
        yield _heading(text, start, first_end, line, outline, level)
        start = first_end + 1 + (len(below) + 1 if underlined else 0)
        line += 2 if underlined else 1


def _body(text: str, start: int, end: int, line: int, outline: Outline) -> Iterator[Part]:
    counted = start
    for begin, finish, item in _items(text, start, end):
        if not _RULE.fullmatch(text, begin, finish):
            bullet = _BULLET.match(text, begin, finish) if item else None
            kept = bullet.end() if bullet else begin + _indent(text[begin:finish])
            line += text.count("\n", counted, kept)
            counted = kept
            kind: PartKind = "list" if item else "paragraph"
            yield Part(start=kept, end=_end(text, kept, finish), kind=kind, headings=outline.above, line=line)


def _heading(text: str, start: int, end: int, line: int, outline: Outline, level: int) -> Part:
    begin = start + _indent(text[start:end])
    finish = _end(text, begin, end)
    above = outline.open(level, text[begin:finish])
    return Part(start=begin, end=finish, kind="heading", headings=above, line=line)


def _heading_level(line: str, *, alone: bool, underlined: bool) -> int:
    """Depth of a line that looks like a heading, or 0."""
    shown = line.strip()
    if len(shown) > _LONGEST_HEADING or _ITEM.match(line) or not any(map(str.isalpha, shown)):
        return 3 if alone and _is_numbered_title(shown) else 0
    if underlined:
        return 1
    if alone and shown.isupper() and len(shown) > 3 and shown[-1] not in ".,;":
        return 2
    return 3 if alone and _is_numbered_title(shown) else 0


def _is_numbered_title(shown: str) -> bool:
    short = len(shown) <= _LONGEST_HEADING and len(shown.split()) <= 10
    return short and shown[-1] not in ".,;:?!" and _NUMBERED.match(shown) is not None


def _items(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """The block as it is, or cut before every line that begins with a mark of a list."""
    begin, item = start, _ITEM.match(text, start, end) is not None
    for gap in re.finditer("\n", text[start:end]):
        place = start + gap.end()
        if _ITEM.match(text, place, end):
            yield begin, place - 1, item
            begin, item = place, True
    yield begin, end, item


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())
