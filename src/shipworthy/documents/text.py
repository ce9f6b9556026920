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

_HIDDEN = (
    (0x00, 0x08), (0x0B, 0x0C), (0x0E, 0x1F), (0x7F, 0x9F),  # controls, the terminal's escape among them
    (0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069),  # direction
    (0x034F, 0x034F), (0x115F, 0x1160), (0x180E, 0x180E), (0x200B, 0x200B), (0x2028, 0x2029),  # unseen
    (0x2060, 0x2065), (0x206A, 0x206F), (0x3164, 0x3164), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),  # unseen
    (0xD800, 0xDFFF), (0xFFF0, 0xFFFB), (0xFFFE, 0xFFFF),  # not text: lone surrogates, non-characters
    (0xE0000, 0xE007F),  # tag characters: whole messages that nobody sees
)  # fmt: skip
_NAMES = {code: f"‹U+{code:04X}›" for first, last in _HIDDEN for code in range(first, last + 1)}
_MARKDOWN = {
    "*": "∗",
    "`": "'",
    "~": "∼",
    "@": "＠",
    "#": "＃",
    "\\": "⧵",
    "|": "¦",
    "$": "＄",
    "_": "‗",
    "<": "‹",
    ":": "∶",
    "]": "] ",
}
_MARKDOWN_CHARACTER = re.compile(
    r"[*`~@#\\|$]"
    r"|\](?=\()"  # the middle of a link
    r"|(?<!\w)_|_(?!\w)"  # an underscore inside a word (macro_f1) starts no emphasis
    r"|<(?=[^\s=\d])"  # an angle bracket that could open a tag, an autolink or a mention
    r"|:(?=//)"  # an address that a chat would turn into a link
)


def visible(text: str, limit: int = 320) -> str:
    """Shorten ``text`` to ``limit`` characters and name each hidden character in it."""
    shortened = text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"
    return shortened.translate(_NAMES)


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
