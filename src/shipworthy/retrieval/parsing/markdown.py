"""Markdown as CommonMark with tables. Positions and lines are those of the file; markup stays in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError
from shipworthy.core.yaml_file import parse_yaml
from shipworthy.retrieval.document import Part, PartKind
from shipworthy.retrieval.parsing.building import Outline, Parsed, Source, cleaned, one_line
from shipworthy.retrieval.parsing.decoding import decoded

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["parse_markdown"]

_FRONT = re.compile(r"---[ \t]*\n(?P<yaml>.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_MARKS = re.compile(r"(?:[ \t]*(?:[-*+>]|\d{1,9}[.)])(?=[ \t]))*[ \t]*(?:\[[ xX]\][ \t]+)?")
_HIDDEN = re.compile(r"\s*<(?:!--|script\b|style\b|!|\?)", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]\n]{1,200})\]\([^()\s]{0,500}\)")
_EMPHASIS = dict.fromkeys(map(ord, "*`"))
_LONGEST_FRONT = 20_000
_LEAVES: dict[str, PartKind] = {
    "paragraph_open": "paragraph",
    "fence": "code",
    "code_block": "code",
    "html_block": "paragraph",
    "tr_open": "table",
}


def parse_markdown(source: Source) -> Parsed:
    """Read Markdown; front matter becomes metadata. HTML comments and scripts in it are no part of it."""
    from markdown_it import MarkdownIt

    text, warnings = decoded(source)
    text = cleaned(text)
    front = _FRONT.match(text[:_LONGEST_FRONT])
    metadata, more = _front_matter(front["yaml"] or "", source) if front else ({}, ())
    body = front.end() if front else 0
    blank = "\n" * text.count("\n", 0, body)
    reader = MarkdownIt("commonmark").enable("table").disable(["inline", "reference"])  # only blocks matter
    tokens = reader.parse(blank + text[body:])
    parts = tuple(_parts(text, tokens))
    headings = (text[part.start : part.end] for part in parts if part.kind == "heading" and not part.headings)
    title = metadata.get("title") or next(headings, None)
    return Parsed(
        text=text,
        parts=parts,
        title=one_line(title)[:300] if title else None,
        metadata=metadata,
        warnings=(*warnings, *more),
    )


def _front_matter(yaml: str, source: Source) -> tuple[dict[str, str], tuple[str, ...]]:
    try:
        value = parse_yaml(yaml, path=source.path).value
    except UserError:
        return {}, ("Its front matter is not valid YAML, and was not read.",)
    if not isinstance(value, dict):
        return {}, ()
    found = {str(key)[:60]: _written(item) for key, item in list(value.items())[:50]}
    return {key: item for key, item in found.items() if item}, ()


def _written(item: object) -> str:
    if isinstance(item, list):
        return ", ".join(str(one) for one in item if not isinstance(one, list | dict))[:500]
    return "" if item is None or isinstance(item, dict) else one_line(str(item))[:500]


def _parts(text: str, tokens: list[Token]) -> Iterator[Part]:
    lines = [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1]
    outline = Outline()
    depth = 0
    for place, token in enumerate(tokens):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "heading_open":
            if heading := _heading(text, lines, token, tokens[place + 1], outline):
                yield heading
        elif token.type in _LEAVES and token.map and not _hidden(token):
            kind = "list" if depth and token.type == "paragraph_open" else _LEAVES[token.type]
            if span := _span(text, lines, token, kind):
                yield Part(
                    start=span[0],
                    end=span[1],
                    kind=kind,
                    headings=outline.above,
                    line=token.map[0] + 1 + text.count("\n", lines[token.map[0]], span[0]),
                )


def _hidden(token: Token) -> bool:
    return token.type == "html_block" and _HIDDEN.match(token.content) is not None


def _heading(text: str, lines: list[int], token: Token, inline: Token, outline: Outline) -> Part | None:
    if not token.map or not inline.content.strip():
        return None
    from_line, to_line = token.map
    begin, finish = lines[from_line], min(len(text), lines[to_line] - 1)
    start = text.find(inline.content.split("\n")[0], begin, finish)
    if start < 0:  # an escape or a tab made the shown words differ from the written ones
        start = begin + len(text[begin:finish]) - len(text[begin:finish].lstrip(" \t#>-*+"))
    end = start + len(inline.content) if text.startswith(inline.content, start) else finish
    end = start + len(text[start:end].rstrip())
    if end <= start:
        return None
    above = outline.open(int(token.tag[1]), _LINK.sub(r"\1", inline.content).translate(_EMPHASIS))
    return Part(start=start, end=end, kind="heading", headings=above, line=from_line + 1)


def _span(text: str, lines: list[int], token: Token, kind: PartKind) -> tuple[int, int] | None:
    """Where a block's words stand, without the marks in front of them and white space at the end."""
    assert token.map is not None
    start, end = lines[token.map[0]], min(len(text), lines[token.map[1]] - 1)
    if kind == "table":
        start += len(text[start:end]) - len(text[start:end].lstrip("| \t"))
        end = start + len(text[start:end].rstrip("| \t\n"))
    elif kind != "code":
        marks = _MARKS.match(text, start, end)
        start = marks.end() if marks else start
    end = start + len(text[start:end].rstrip())
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return (start, end) if start < end else None
