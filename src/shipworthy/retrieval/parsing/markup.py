"""Tags and words of HTML in time that grows with the length of the page, however broken it is.

Python's own HTML parser takes quadratic time on some malformed pages, and a page may be hostile.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Css", "Tag", "Words", "pieces"]

_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[a-zA-Z][^\s/><]*+)(?P<rest>(?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>""",
)
_LOOSE = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][^\s/><]*+)(?P<rest>[^>]*+)>")
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'>]++))?+""")
_RAW = {name: re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE) for name in ("script", "style")}
_MOST_ATTRIBUTES = 50


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that opens or closes an element."""

    name: str
    """Its name in small letters."""
    closes: bool
    """Whether it closes the element."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Attributes by their names in small letters."""


@dataclass(frozen=True, slots=True)
class Words:
    """Text between two tags, with its character references resolved."""

    text: str
    """The text."""
    start: int
    """Where it begins in the source."""


@dataclass(frozen=True, slots=True)
class Css:
    """What a ``<style>`` element holds."""

    text: str
    """The style sheet."""
    media: str
    """For what it is; empty: for everything."""


def pieces(source: str) -> Iterator[Tag | Words | Css]:
    """Tags, words and style sheets in order; comments, declarations and scripts are passed over."""
    place = 0
    tag = _TAG
    while place < len(source):
        opened = source.find("<", place)
        if opened != place:
            until = len(source) if opened < 0 else opened
            yield Words(html.unescape(source[place:until]), place)
            place = until
            continue
        found = tag.match(source, place)
        if found is None and source[place + 1 : place + 2].isalpha() and tag is _TAG:
            tag = _LOOSE  # a quotation mark is never closed: from here on it does not count
            continue
        if found is None:
            end = _passed_over(source, place)
            if end == place:
                yield Words("<", place)
            place = max(end, place + 1)
            continue
        name = found["name"].casefold()
        place = found.end()
        given = {} if found["end"] else _attributes(found["rest"])
        yield Tag(name, bool(found["end"]), given)
        if name in _RAW and not found["end"]:
            close = _RAW[name].search(source, place)
            begin, place = place, close.start() if close else len(source)
            if name == "style":
                yield Css(source[begin:place], given.get("media", "").strip().casefold())


def _passed_over(source: str, place: int) -> int:
    """The end of a comment or declaration, or the same place where none begins."""
    if source.startswith("<!--", place):
        end = source.find("-->", place + 2)
        return len(source) if end < 0 else end + 3
    if source[place + 1 : place + 2] in {"!", "?", "/"}:
        end = source.find(">", place)
        return len(source) if end < 0 else end + 1
    unclosed = source[place + 1 : place + 2].isalpha()  # then the rest of the page is inside this tag
    return len(source) if unclosed else place


def _attributes(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(written):
        if len(found) == _MOST_ATTRIBUTES:
            break
        found.setdefault(match[1].casefold(), html.unescape((match[2] or "").strip("\"'")))
    return found
