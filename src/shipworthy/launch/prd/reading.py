"""Markdown as blocks under headings, each with its line: enough to judge a document, and bounded.

What does not count as the document's words (code blocks, comments, HTML tags, front matter) is blanked, never
run and never followed. Every step is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from shipworthy.core.errors import DataError, Where

__all__ = ["Block", "Document", "Section", "plain", "read_markdown"]

_LARGEST = 200_000
_LONGEST_LINE = 4_000
_MOST_LINES = 10_000
_MOST_SECTIONS = 2_000
_LONGEST_LABEL = 5
_LONGEST_BOLD_LABEL = 12

Kind = Literal["paragraph", "item", "row", "head"]

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r" {0,3}(?:[>] {0,3}){0,5}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_BOLD_LINE = re.compile(r"(?:\d{1,2}[.)]\s+)?(\*\*|__)([^*_]{2,90})\1:?$")
_COLON_LINE = re.compile(r"(?:\d{1,2}[.)]\s+)?([A-Z][^.!?;|:]{2,60}):$")
_NUMBERED_LINE = re.compile(r"\d{1,2}(?:\.\d{1,2})*[.)]?\s+([A-Z][^.!?;:|]{2,60})$")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(?=\S)")
_LEAD = re.compile(
    r"(?:\*\*|__)([^*_]{2,80}?)[:.]?(?:\*\*|__)\s*(?:[:.–—-]|\s)"
    r"|([A-Z][^.:;|!?()]{1,50}):\s|([A-Z][^.:;|!?()]{1,50}) [–—] "
)
_RULER = re.compile(r"\|?[\s:|-]*-[\s:|-]*\|?$")
_TAG = re.compile(
    r"</?(?!(?:add|describe|enter|insert|list|name|number|metric|date|owner|your|tbd|todo)\b)[A-Za-z][^<>]{0,300}>",
    re.IGNORECASE,
)
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\(([^()\s]{0,300})[^()]{0,100}\)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()<>#+.!|&~-])")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+|_+(?!\w)|`+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": " ", "&#124;": "|"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, a list item or a row of a table."""

    line: int
    """Its first line, counted from 1."""
    kind: Kind
    """What it is; ``head`` is the first row of a table."""
    text: str
    """Its words without markup; in a row each cell after the name of its column."""
    label: str | None = None
    """The words it leads with, as in ``**Fallback:** …`` or the first cell of a row."""
    cells: tuple[str, ...] = ()
    """The cells of a row."""
    head: tuple[str, ...] = ()
    """The first row of its table."""
    under: str = ""
    """The words of the item that an item is nested under."""


@dataclass(slots=True, kw_only=True)
class Section:
    """A heading and what stands directly under it."""

    number: int
    """Its place among the sections, from 0."""
    line: int
    """Line of the heading."""
    level: int
    """1 to 6; 7 for a bold line that serves as one, 8 for a line that ends in a colon; 0 before the first."""
    title: str
    """Its words."""
    above: tuple[str, ...]
    """Titles of the headings it stands under, outermost first."""
    blocks: list[Block] = field(default_factory=list)
    """What stands under it and under no deeper heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A Markdown text, read."""

    sections: tuple[Section, ...]
    """In order; the first one holds what stands before any heading."""

    @property
    def blocks(self) -> Iterator[Block]:
        """Every block, in order."""
        return (block for section in self.sections for block in section.blocks)

    def below(self, section: Section) -> Iterator[Section]:
        """The section and those under it."""
        yield section
        for other in self.sections[section.number + 1 :]:
            if other.level <= section.level or section.level == 0:
                return
            yield other


def read_markdown(text: str, *, name: str) -> Document:
    """Read a document.

    Args:
        text: Its Markdown, from anybody.
        name: What to call it in errors.

    Raises:
        DataError: it is too large, or it is not text.
    """
    if len(text) > _LARGEST:
        raise DataError(
            f"This document has {len(text):,} characters; up to {_LARGEST:,} are read.",
            where=Where(file=name),
        )
    if "\x00" in text:
        raise DataError("This is not a text: it holds a NUL character.", where=Where(file=name))
    lines = _words_only(text)
    if len(lines) > _MOST_LINES:
        raise DataError(
            f"This document has {len(lines):,} lines; up to {_MOST_LINES:,} are read.", where=Where(file=name)
        )
    return Document(sections=tuple(_Reader(lines).read()))


def _words_only(text: str) -> list[str]:
    """Lines with everything blanked that is no part of the document's words."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    lines = [_CONTROL.sub(" ", line)[:_LONGEST_LINE] for line in text.split("\n")]
    _blank_front_matter(lines)
    _blank_code(lines)
    return lines


def _blank_front_matter(lines: list[str]) -> None:
    if lines[0].strip() == "---":
        end = next((at for at in range(1, min(len(lines), 100)) if lines[at].strip() in {"---", "..."}), None)
        if end is not None:
            lines[: end + 1] = [""] * (end + 1)


def _blank_code(lines: list[str]) -> None:
    """Blank fenced blocks. A fence that is never closed hides nothing."""
    opened: tuple[int, str] | None = None
    for at, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if opened is None:
            opened = (at, fence[1])
        elif fence[1].startswith(opened[1]) and not line[fence.end() :].strip():
            lines[opened[0] : at + 1] = [""] * (at + 1 - opened[0])
            opened = None


def plain(text: str) -> str:
    """Words without Markdown and HTML."""
    text = _LINK.sub(lambda link: f"{link[1]} ({link[2]})" if link[2] else link[1], text)
    text = _TAG.sub(" ", text)
    kept = _ESCAPE.sub(lambda found: chr(0xE000 + ord(found[1])), text)
    kept = _EMPHASIS.sub("", kept)
    kept = re.sub("[\ue000-\ue07f]", lambda found: chr(ord(found[0]) - 0xE000), kept)
    for entity, letter in _ENTITIES.items():
        kept = kept.replace(entity, letter)
    return " ".join(kept.split())


class _Reader:
    """One pass over the lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.section = Section(number=0, line=1, level=0, title="", above=())
        self.sections = [self.section]
        self.path: list[Section] = []
        self.open: list[str] = []
        self.started = 0
        self.kind: Kind = "paragraph"
        self.head: tuple[str, ...] = ()
        self.indent = 0
        self.items: list[tuple[int, str]] = []

    def read(self) -> list[Section]:
        for at, raw in enumerate(self.lines):
            self._line(at, raw)
        self._close()
        return self.sections

    def _line(self, at: int, raw: str) -> None:
        line = raw.lstrip(" \t>").rstrip()
        heading = _HEADING.match(raw.lstrip("> ")) if raw[:4].strip() else None
        if not line:
            self._close()
            self.head = ()
        elif heading:
            self._open_section(at, len(heading[1]), heading[2])
        elif self.kind == "paragraph" and self.open and re.fullmatch(r"=+|-{2,}", line):
            above, self.open = " ".join(self.open), []
            self._open_section(self.started, 1 if line[0] == "=" else 2, above)
        elif (title := self._title_line(at, line)) is not None:
            self._open_section(at, 7 if _BOLD_LINE.match(line) else 8, title)
        elif line.startswith("|") or (self.head and "|" in line) or self._starts_table(at, line):
            self._row(at, line)
        else:
            self._text(at, line, indent=len(raw) - len(raw.lstrip(" \t>")))

    def _starts_table(self, at: int, line: str) -> bool:
        return (
            "|" in line
            and at + 1 < len(self.lines)
            and "|" in self.lines[at + 1]
            and bool(_RULER.fullmatch(self.lines[at + 1].strip()))
        )

    def _title_line(self, at: int, line: str) -> str | None:
        """A line that serves as a heading without being one: bold, or alone and ending with a colon."""
        if self.open and self.kind != "item":
            return None
        if (bold := _BOLD_LINE.match(line)) is not None:
            return bold[2]
        if self.open:
            return None
        if (colon := _COLON_LINE.match(line)) is not None:
            return colon[1]
        alone = at + 1 >= len(self.lines) or not self.lines[at + 1].strip()
        numbered = _NUMBERED_LINE.match(line) if alone else None
        title = numbered[1] if numbered else None
        return title if title and len(title.split()) <= 7 and not _is_item_of_list(self.lines, at) else None

    def _open_section(self, at: int, level: int, title: str) -> None:
        self._close()
        self.head, self.items = (), []
        if len(self.sections) >= _MOST_SECTIONS:
            return
        while self.path and self.path[-1].level >= level:
            self.path.pop()
        above = tuple(section.title for section in self.path)[-10:]
        self.section = Section(
            number=len(self.sections), line=at + 1, level=level, title=plain(title)[:200], above=above
        )
        self.sections.append(self.section)
        self.path.append(self.section)

    def _row(self, at: int, line: str) -> None:
        self._close()
        if _RULER.fullmatch(line):
            return
        cells = tuple(
            plain(cell) for cell in re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|"))[:60]
        )
        kind: Kind = "row" if self.head else "head"
        label = cells[0][:80] if self.head and cells[0] else None
        text = " | ".join(_named(cell, place, self.head) for place, cell in enumerate(cells))
        self.section.blocks.append(
            Block(line=at + 1, kind=kind, text=text[:20_000], label=label, cells=cells, head=self.head)
        )
        self.head = self.head or cells

    def _text(self, at: int, line: str, *, indent: int) -> None:
        item = _ITEM.match(line)
        if item:
            self._close()
            self.kind, self.indent = "item", indent
            line = line[item.end() :]
        if not self.open:
            self.started = at
        if len(self.open) < 60:
            self.open.append(line)

    def _close(self) -> None:
        if self.open:
            raw = " ".join(self.open)[:20_000]
            lead = _LEAD.match(raw)
            label = next((part for part in lead.groups() if part), None) if lead else None
            bold = lead is not None and lead[1] is not None
            if label and len(label.split()) > (_LONGEST_BOLD_LABEL if bold else _LONGEST_LABEL):
                label = None  # a sentence
            self.section.blocks.append(
                Block(
                    line=self.started + 1,
                    kind=self.kind,
                    text=plain(raw),
                    label=label and plain(label),
                    under=self._outer(raw),
                )
            )
        self.open, self.kind = [], "paragraph"

    def _outer(self, raw: str) -> str:
        """The item around the one that ends here, if it is one; it is remembered for those inside it."""
        if self.kind != "item":
            self.items = []
            return ""
        while self.items and self.items[-1][0] >= self.indent:
            self.items.pop()
        outer = self.items[-1][1] if self.items else ""
        self.items.append((self.indent, plain(raw)[:200]))
        return outer


def _is_item_of_list(lines: Sequence[str], at: int) -> bool:
    """Whether a numbered line stands beside others like it, as in a list with empty lines between."""
    near = [line for line in lines[max(0, at - 2) : at + 3] if re.match(r"\s*\d{1,2}[.)]\s", line)]
    return len(near) > 1


def _named(cell: str, place: int, head: Sequence[str]) -> str:
    """A cell after the name of its column; the first column's name says little and is left out."""
    return f"{head[place]}: {cell}" if 0 < place < len(head) and head[place] else cell
