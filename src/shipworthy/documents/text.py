"""Hostile text made safe to look at: bounded, and with nothing hidden in it.

Escaping for HTML or XML is not done here but by the writer of that format (Jinja's autoescape,
ElementTree). What is done here is what no escaping does: characters that cannot be seen or that
reorder what can be seen are replaced by their visible name, such as ``‹U+202E›``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import count
from typing import Any

__all__ = ["chat_text", "one_line", "tame", "visible"]

_KEY_LIMIT = 160
_DEPTH_LIMIT = 16

_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters, the terminal's escape among them
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, embeddings, overrides, isolates
    "\u034f\u115f\u1160\u180e\u200b\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"  # unseen
    "\ud800-\udfff\ufff0-\ufffb\ufffe\uffff"  # not text: lone surrogates and non-characters
    "\U000e0000-\U000e007f"  # tag characters: whole messages that nobody sees
    "]"
)
_MARKDOWN = {
    "*": "∗",
    "`": "'",
    "[": "(",
    "]": ")",
    "~": "∼",
    "@": "＠",
    "#": "＃",
    "\\": "⧵",
    "|": "¦",
    "$": "＄",
    "_": "‗",
    "<": "‹",
    ":": "∶",
}
_MARKDOWN_CHARACTER = re.compile(
    r"[*`\[\]~@#\\|$]"
    r"|(?<!\w)_|_(?!\w)"  # an underscore inside a word (macro_f1) starts no emphasis
    r"|<(?=[^\s=\d])"  # an angle bracket that could open a tag, an autolink or a mention
    r"|:(?=//)"  # an address that a chat would turn into a link
)


def visible(text: str, limit: int = 320) -> str:
    """Shorten ``text`` to ``limit`` characters and name each hidden character in it."""
    shortened = text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"
    return _HIDDEN.sub(lambda found: f"‹U+{ord(found[0]):04X}›", shortened)


def one_line(text: str, limit: int = 320) -> str:
    """The same on one line, for a terminal or a table."""
    return " ".join(visible(text, limit).split())


def chat_text(text: str, limit: int = 160) -> str:
    """The same with nothing left that a chat would read as formatting, link, mention or tag."""
    return _MARKDOWN_CHARACTER.sub(_lookalike, one_line(text, limit))


def _lookalike(found: re.Match[str]) -> str:
    return _MARKDOWN[found[0]]


def tame(value: object, limit: int = 320, depth: int = 0) -> Any:
    """A copy of a JSON value with every text made :func:`visible` and every number finite.

    A number that is not finite becomes None. Keys that shortening would make equal stay apart.
    """
    match value:
        case str():
            return visible(value, limit)
        case float():
            return value if math.isfinite(value) else None
        case None | bool() | int():
            return value
    if depth == _DEPTH_LIMIT:
        return "…"
    if isinstance(value, Mapping):
        return _tame_mapping(value, limit, depth + 1)
    if isinstance(value, list | tuple):
        return [tame(item, limit, depth + 1) for item in value]
    return visible(str(value), limit)


def _tame_mapping(value: Mapping[Any, object], limit: int, depth: int) -> dict[str, Any]:
    tamed: dict[str, Any] = {}
    for key, item in value.items():
        name = visible(str(key), min(limit, _KEY_LIMIT))
        if name in tamed:
            name = next(other for i in count(len(tamed)) if (other := f"{name} ({i})") not in tamed)
        tamed[name] = tame(item, limit, depth)
    return tamed
