"""Whether a reader sees an element of a page: what its attributes and the page's own styles say of it.

A small part of CSS on purpose: rules for one element, class or id, and ``style`` attributes. Where more
than that would have to be known an element counts as seen: a script may put its class on, a mouse may open
it. What is moved off the page, or hidden by a style sheet in another file, is not noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from shipworthy.retrieval.parsing.markup import Css

__all__ = ["INHERITED", "Styles"]

INHERITED = frozenset({"visibility", "font-size", "color"})
"""Properties that an element inside can undo."""

_MOST_CSS = 500_000
_MOST_CLASSES = 20
_DEEPEST = 5
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(r"([{}])")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*+)?[.#][-\w]++|[a-z][a-z0-9]*+")
_NAMES = re.compile(r"[.#][-\w]++")
_BETWEEN = re.compile(r"[\s>+~]+")
_ALWAYS = frozenset({"@media screen", "@media all", "@media only screen"})
_NUMBER = r"(\d*\.?\d++)"
_SIZE = re.compile(rf"{_NUMBER}(px|pt|em|rem|%)?")
_SHORTHAND = re.compile(rf"(?:^|\s)(0|{_NUMBER}(?:px|pt|em|rem|%))(?=[\s/]|$)")
_PIXELS = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "%": 0.16, None: 1.0}
_TOO_SMALL = 2.0
"""Pixels up to which nobody can read letters."""
_TOO_FAINT = 0.05
_RGB = re.compile(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,([\d.]+)%?)?\)")
_COLOURED = re.compile(r"background|bgcolor|stylesheet|color-scheme|@import", re.IGNORECASE)
_NO_COLOUR = frozenset({"inherit", "initial", "unset", "revert", "currentcolor", "none"})
_WHITE = "#ffffff"

_Rank = tuple[bool, int, int]
_Rule = tuple[_Rank, str, str]
"""How much it counts, whose it is, and the value."""


class Styles:
    """What the styles of one page hide.

    Args:
        source: The page. Where nothing in it speaks of backgrounds white letters are not seen.
        sheets: What its ``<style>`` elements hold; hostile.
    """

    def __init__(self, source: str, sheets: Iterable[Css]) -> None:
        self._white = _COLOURED.search(source) is None
        self._rules: dict[str, dict[str, _Rule]] = {}
        self._shown_too: set[tuple[str, str]] = set()
        self._order = 0
        left = _MOST_CSS
        for sheet in sheets:
            self._read(sheet.text[:left], [f"@media {sheet.media}"] if sheet.media else [])
            left = max(0, left - len(sheet.text))

    def hides(self, tag: str, given: Mapping[str, str]) -> str | None:
        """The property that hides an element; None where a reader sees it."""
        if "hidden" in given:
            return "hidden"
        said = self._said(tag, given)
        hiding = (name for name in said if self._hidden(name, said) and not self._doubted(name, said))
        return next(hiding, None)

    def shows(self, tag: str, given: Mapping[str, str], name: str) -> bool:
        """Whether an element undoes for itself what hides the one around it."""
        said = self._said(tag, given)
        return name in said and not self._hidden(name, said)

    def _doubted(self, name: str, said: Mapping[str, _Rule]) -> bool:
        return any((part, name) in self._shown_too for part in _NAMES.findall(said[name][1]))

    def _hidden(self, name: str, said: Mapping[str, _Rule]) -> bool:
        value = said[name][2]
        if name != "color":
            return _hides(name, value)
        colour = _colour(value)
        behind = _colour(said["background"][2]) if "background" in said else None
        if behind is None:
            return colour == "transparent" or (self._white and colour == _WHITE)
        return colour == "transparent" or (colour == behind and colour not in _NO_COLOUR)

    def _said(self, tag: str, given: Mapping[str, str]) -> dict[str, _Rule]:
        """What counts of each property."""
        found: dict[str, _Rule] = {}
        if tag == "font" and "color" in given:
            found["color"] = ((False, -1, 0), "", given["color"].casefold())
        for place, owner in self._owners(tag, given):
            for name, ((important, _, order), _, value) in self._rules.get(owner, {}).items():
                _count(found, name, ((important, place, order), owner, value))
        for name, value, important in _declared(given.get("style", "")):
            _count(found, name, ((important, 3, 0), "", value))
        return found

    def _owners(self, tag: str, given: Mapping[str, str]) -> Iterator[tuple[int, str]]:
        if not self._rules:
            return
        yield 0, tag
        for name in given.get("class", "").casefold().split()[:_MOST_CLASSES]:
            yield 1, f".{name}"
            yield 1, f"{tag}.{name}"
        if given.get("id"):
            yield 2, f"#{given['id'].casefold()}"
            yield 2, f"{tag}#{given['id'].casefold()}"

    def _read(self, css: str, around: list[str]) -> None:
        opened, text = around, ""
        for piece in _BRACE.split(_COMMENT.sub(" ", css).casefold()):
            if piece == "{":
                opened.append(" ".join(text.rpartition(";")[2].split()))
            elif piece == "}" and len(opened) > 0:
                self._rule(opened.pop(), opened, text)
            text = "" if piece in {"{", "}"} else piece

    def _rule(self, selectors: str, around: list[str], body: str) -> None:
        if selectors.startswith("@") or len(around) > _DEEPEST:
            return
        if any("print" in one and "screen" not in one for one in around):
            return
        declared = list(_declared(body))
        certain = all(one in _ALWAYS for one in around)
        for selector in map(str.strip, selectors.split(",") if declared else ()):
            simple = certain and _SIMPLE.fullmatch(selector) is not None
            for name, value, important in declared:
                if simple:
                    self._order += 1
                    rules = self._rules.setdefault(selector, {})
                    _count(rules, name, ((important, 0, self._order), selector, value))
                elif not _hides(name, value):
                    parts = _NAMES.findall(_BETWEEN.split(selector)[-1])
                    self._shown_too.update((part, name) for part in parts)


def _count(found: dict[str, _Rule], name: str, rule: _Rule) -> None:
    """Keep the rule if it counts more than what is known of that property."""
    if name not in found or rule[0] >= found[name][0]:
        found[name] = rule


def _declared(block: str) -> Iterator[tuple[str, str, bool]]:
    """The declarations that can hide: property, value, and whether it is important."""
    for piece in _COMMENT.sub(" ", block[:_MOST_CSS]).casefold().split(";"):
        name, _, value = (part.strip() for part in piece.partition(":"))
        value, mark, _ = value.partition("!")
        value = " ".join(value.split())
        if name == "font" and (size := _SHORTHAND.search(value)):
            yield "font-size", size[1], bool(mark)
        elif name in {"background", "background-color"}:
            yield "background", value, bool(mark)
        elif name in {"display", "visibility", "opacity", "font-size", "color"} and value:
            yield name, value, bool(mark)


def _hides(name: str, value: str) -> bool:
    """Whether a property, taken alone, hides what has it."""
    if name == "display":
        return value == "none"
    if name == "visibility":
        return value in {"hidden", "collapse"}
    number = _SIZE.fullmatch(value)
    if name == "opacity" and number:
        return float(number[1]) * (0.01 if number[2] else 1) <= _TOO_FAINT
    if name == "font-size" and number:
        return float(number[1]) * _PIXELS[number[2]] <= _TOO_SMALL
    return name == "color" and _colour(value) == "transparent"


def _colour(value: str) -> str:
    """A colour in the one way of writing it that can be compared."""
    value = value.replace(" ", "")
    if match := _RGB.fullmatch(value):
        clear = match[4] is not None and match[4].strip("0.") == ""
        return "transparent" if clear else "#" + "".join(f"{int(part):02x}" for part in match.groups()[:3])
    if len(value) == 4 and value.startswith("#"):
        return "#" + "".join(2 * digit for digit in value[1:])
    return {"white": _WHITE, "black": "#000000"}.get(value, value)
