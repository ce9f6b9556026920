"""Organisations, e-mail addresses and web addresses in a text.

An organisation is known by its legal form (Ltd, Inc., GmbH, …): a name without one is not recognised,
and the extractor says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["addresses", "emails", "organisations"]

_FORMS = (
    r"Inc\.?|Incorporated|L\.?L\.?C\.?|L\.?L\.?P\.?|L\.?P\.?|Ltd\.?|Limited|PLC|plc|P\.?L\.?C\.|Corp\.?|Corporation|"
    r"Co\.|Company|GmbH(?:\s&\sCo\.\sKG)?|AG|KG|OHG|UG|e\.V\.|SE|S\.?A\.?S\.?|S\.A\.(?:\sde\sC\.V\.)?|SA|SARL|"
    r"INC\.?|INCORPORATED|LTD\.?|LIMITED|CORP\.?|CORPORATION|CO\.|COMPANY|S\.r\.l\.|S\.p\.A\.|SpA|S\.L\.|B\.?V\.?|N\.V\.|NV|Oy|OY|Oyj|AB|A/S|ApS|AS|ASA|Pty\.?\sLtd\.?|Pte\.?\sLtd\.?|"
    r"Co\.,?\sLtd\.?|K\.K\.|Bank|Trust|N\.A\.|University|Foundation|Association|Institute"
)
_CAPITAL = r"[A-Z0-9ÄÖÜÀ-Ý](?:[\w&'’/\-]|\.(?=\w)){0,60}(?:(?<=\b\w)\.|(?<=\b\w\w)\.)?"
_WORD = rf"(?:{_CAPITAL}|&|of|and|the|de|di|für|und|\([A-Z][\w ]{{0,20}}\))"
_ORGANISATION = re.compile(
    rf"(?<![\w]){_CAPITAL}(?:[ \u00a0]{_WORD}){{0,7}}?,?[ \u00a0]\(?(?:{_FORMS})\)?(?![\w])"
    rf"(?:,?[ ](?:{_FORMS})(?![\w]))?"
)
_LEADING = re.compile(r"(?:the|this|that|by|and|of|between|company)\s+", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}(?<![.-])"
)
_ADDRESS = re.compile(r"(?<!\w)(?:https?://|www\.)[^\s<>\"'()|]{3,300}(?<![.,;:!?])", re.IGNORECASE)


def organisations(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where names with a legal form stand in ``text[start:end]``."""
    for found in _ORGANISATION.finditer(text, start, len(text) if end is None else end):
        left = found.start()
        while leading := _LEADING.match(text, left, found.end()):
            left = leading.end()
        if " " in text[left : found.end()].strip():
            yield left, found.end()


def emails(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where e-mail addresses stand."""
    for found in _EMAIL.finditer(text, start, len(text) if end is None else end):
        yield found.span()


def addresses(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Where web addresses stand."""
    for found in _ADDRESS.finditer(text, start, len(text) if end is None else end):
        yield found.span()
