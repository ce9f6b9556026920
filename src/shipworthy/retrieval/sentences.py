"""Where sentences begin and end, as offsets into a text.

A splitter of rules: it knows abbreviations, initials, numbers and closing quotation marks, and breaks at
empty lines. It needs no model and no language setting; marks of Chinese, Japanese, Hindi and Arabic count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["LONGEST", "sentences"]

LONGEST = 2_000
"""Characters; what goes on for longer without a stop is cut at white space."""

_STOP = re.compile(
    r"""(?P<mark>(?<![.!?…])[.!?…]++["'”’»)\]*_]*+)(?=\s)  # a stop and what closes it, before white space
      | (?P<wide>[。！？।؟۔]+["'”’»」』）)]*)     # scripts that put no space behind a stop
      | (?P<gap>\n[ \t]*(?=\n))                # an empty line
      | (?P<item>\n(?=[ \t]*(?:[-*+•–]|\(?\d{1,3}[.)])[ \t]+\S))  # the next item of a list
    """,
    re.VERBOSE,
)
_ABBREVIATIONS = frozenset(
    """
    abs adj al apr approx art aug ave bzw ca cap capt cf ch chr cit cl co col comp corp dec dept dipl dr ed
    eds e.g eg esp est etc ev exp feb ff fig figs fr gen ggf gov hon hr i.e ibid inc incl inkl jan jr jul jun
    lt ltd mar max mfg min mio mr mrs ms mt nat no nos nov nr op oct p par para pl pp prof pt rd ref rep rev
    sec sect sen sep sept sgt sog sr st str subj tab tel univ usw v viz vol vols vs z.b d.h u.a o.ä u.s u.k
    a.m p.m b.sc m.sc ph.d vgl abb bspw dgl evtl geb gest std tsd zzgl
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_FINAL = frozenset("etc usw co corp inc ltd jr sr a.m p.m u.s u.k al ff ph.d".split())  # noqa: SIM905
_MONTH = re.compile(r"\s*(?:Jan|Feb|Mär|Mar|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Oct|Nov|Dez|Dec)")
_WORD_BEFORE = re.compile(r"(?:^|[\s(\[\"'“‘/])((?:\w\.)*\w+)$")
_OPENING = "\"'“‘«(*_[¿¡„»"


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Offsets of the sentences between two positions: in order, not overlapping, no white space at the ends.

    Args:
        text: The whole text.
        start: Where to begin.
        end: Where to stop; the end of the text by default.
    """
    stop = len(text) if end is None else min(end, len(text))
    return [piece for found in _found(text, start, stop) for piece in _cut(text, *found)]


def _found(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for stop in _STOP.finditer(text, start, end):
        if stop["mark"] is not None and not _ends(text, begin, stop, end):
            continue
        if trimmed := _trimmed(text, begin, stop.end()):
            yield trimmed
        begin = stop.end()
    if trimmed := _trimmed(text, begin, end):
        yield trimmed


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _ends(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    """Whether a stop with white space behind it ends a sentence."""
    following = _next_letter(text, stop.end(), end)
    if following.islower():
        return False
    mark = stop["mark"]
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    before = _WORD_BEFORE.search(text, max(begin, stop.start() - 20), stop.start())
    if before is not None and before[1].isdecimal() and _MONTH.match(text, stop.end(), end):
        return False  # 31. März
    return before is None or _word_may_end(before[1], following)


def _word_may_end(word: str, following: str) -> bool:
    """Whether a full stop behind this word can end a sentence, seen the next letter."""
    folded = word.casefold()
    if folded in _ABBREVIATIONS:
        return folded in _FINAL and following.isupper()
    initial = len(word) == 1 and word.isupper() and word != "I"
    numbered = word.isdecimal() and len(word) <= 2 and not following.isupper()
    return not initial and not numbered


def _next_letter(text: str, place: int, end: int) -> str:
    while place < end and (text[place].isspace() or text[place] in _OPENING):
        place += 1
    return text[place] if place < end else ""


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        gap = max(text.rfind(" ", start + 1, start + LONGEST), text.rfind("\n", start + 1, start + LONGEST))
        place = gap if gap > start else start + LONGEST
        if trimmed := _trimmed(text, start, place):
            yield trimmed
        start = place
    if trimmed := _trimmed(text, start, end):
        yield trimmed
