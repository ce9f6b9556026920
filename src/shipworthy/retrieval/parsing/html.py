"""HTML: what a reader of the page would see. Scripts, navigation and hidden text are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shipworthy.retrieval.parsing.building import Builder, Parsed, Source, one_line, refused
from shipworthy.retrieval.parsing.decoding import decoded
from shipworthy.retrieval.parsing.markup import Css, Tag, Words, pieces
from shipworthy.retrieval.parsing.seen import INHERITED, Styles

__all__ = ["add_html", "parse_html"]

_BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table
    tbody td tfoot th thead tr ul
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_DROPPED = frozenset(
    """
    script style noscript template svg math iframe object embed canvas audio video nav select button
    textarea datalist map
    """.split()  # noqa: SIM905 (a list of words reads as words)
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_CLOSED_BY_THE_NEXT = frozenset("li dt dd tr td th".split())  # noqa: SIM905
_AROUND = frozenset("ul ol dl table".split())  # noqa: SIM905
_NO_COVER = _VOID | _DROPPED
_NEVER_SEEN = frozenset({"noscript", "template"})
_STYLE = re.compile("<style", re.IGNORECASE)
_HEADING = re.compile(r"h[1-6]")
_BREAK = "\u2028"  # a line end that a reader sees, told from one in the source
_METADATA = {
    "author": "author",
    "date": "date",
    "dc.date": "date",
    "article:published_time": "date",
    "keywords": "keywords",
}


def parse_html(source: Source) -> Parsed:
    """Read a web page."""
    text, warnings = decoded(source)
    builder = Builder(source)
    builder.warnings.extend(warnings)
    add_html(builder, text, lines=True)
    if builder.empty:
        raise refused(
            source,
            "holds no text that a reader would see.",
            hint="Perhaps a script fills the page: save it from the browser after it has loaded.",
        )
    return builder.finish()


def add_html(builder: Builder, text: str, *, lines: bool) -> None:
    """Append what a reader of a page would see; ``lines`` says whether lines of the source are kept."""
    sheets = (piece for piece in pieces(text) if isinstance(piece, Css)) if _STYLE.search(text) else ()
    page = _Page(builder, Styles(text, sheets))
    line, counted = 1, 0
    for piece in pieces(text):
        if isinstance(piece, Tag):
            (page.closed if piece.closes else page.opened)(piece.name, piece.attributes)
        elif isinstance(piece, Words):
            if lines:
                line += text.count("\n", counted, piece.start)
                counted = piece.start
            page.said(piece.text, line if lines else None)
    page.flush()
    if page.unseen:
        builder.warnings.append(
            f"Left out: {page.unseen:,} characters that a reader of the page does not see."
        )


@dataclass(slots=True)
class _Cover:
    """An element that hides what is in it, or shows it again."""

    tags: list[str]
    """Its name, and those of elements in it that end with the same or a list's tag."""
    hides: str | None
    """The property that hides; empty: nobody wrote it to be read there; None: it shows."""


class _Page:
    """Turns tags and words into blocks."""

    def __init__(self, builder: Builder, styles: Styles) -> None:
        self.unseen = 0
        self._builder = builder
        self._styles = styles
        self._line: int | None = None
        self._words: list[str] = []
        self._covers: list[_Cover] = []
        self._level = self._items = self._verbatim = 0
        self._cells: list[str] | None = None
        self._title: list[str] | None = None

    def opened(self, tag: str, given: dict[str, str]) -> None:
        """An element begins."""
        if self._covers and not self._ends_cover(tag) and self._stays_covered(tag, given):
            return
        if tag in _BLOCKS:
            self._block(tag)
        if tag not in _VOID and (why := self._hides(tag, given)) is not None:
            self._covers.append(_Cover([tag], why))
        elif tag == "title" and self._builder.title is None:
            self._title = []
        elif tag == "meta":
            self._note(given)
        elif tag == "br":
            self._words.append(_BREAK)
        else:
            self._open(tag)

    def _hides(self, tag: str, given: dict[str, str]) -> str | None:
        if tag in _DROPPED:
            return "hidden" if tag in _NEVER_SEEN else ""
        return self._styles.hides(tag, given)

    def _ends_cover(self, tag: str) -> bool:
        """Whether a tag closes a paragraph, item or cell that nobody closed, and no other cover is left."""
        tags = self._covers[-1].tags
        name = tags[0]
        if len(tags) == 1 and (
            (name == "p" and tag in _BLOCKS) or (name in _CLOSED_BY_THE_NEXT and tag == name)
        ):
            self._covers.pop()
        return not self._covers

    def _stays_covered(self, tag: str, given: dict[str, str]) -> bool:
        """Whether an element inside a hidden one is hidden too."""
        cover = self._covers[-1]
        if cover.hides in INHERITED and tag not in _NO_COVER and self._styles.shows(tag, given, cover.hides):
            self._covers.append(_Cover([tag], None))
            return False
        if tag == cover.tags[0] or tag in _AROUND:
            cover.tags.append(tag)
        return cover.hides is not None

    def _open(self, tag: str) -> None:
        if _HEADING.fullmatch(tag):
            self._level = int(tag[1])
        elif tag in {"li", "dd", "dt"}:
            self._items += 1
        elif tag == "pre":
            self._verbatim += 1
        elif tag == "tr":
            self._cells = []
        elif tag in {"td", "th"} and self._cells is not None:
            self._cells.append("")

    def closed(self, tag: str, _: dict[str, str]) -> None:
        """An element ends."""
        if self._closes_cover(tag):
            return
        if tag == "title" and self._title is not None:
            self._builder.title = one_line("".join(self._title))[:300] or None
            self._title = None
        if tag in _BLOCKS:
            self._block(tag)
            self._close(tag)

    def _closes_cover(self, tag: str) -> bool:
        """Whether an end tag is that of something hidden, or in it."""
        while self._covers:
            cover = self._covers[-1]
            _close_what_nobody_closed(cover.tags, tag)
            inside = bool(cover.tags)
            if inside and tag == cover.tags[-1]:
                cover.tags.pop()
            if not cover.tags:
                self._covers.pop()
            if inside:
                return cover.hides is not None
        return False

    def _close(self, tag: str) -> None:
        if _HEADING.fullmatch(tag):
            self._level = 0
        elif tag in {"li", "dd", "dt"}:
            self._items = max(0, self._items - 1)
        elif tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)
        elif tag in {"ul", "ol", "dl"}:
            self._items = 0
        elif tag in {"tr", "table"}:
            self._row()

    def _block(self, tag: str) -> None:
        """A block begins or ends: what was collected stands for itself, or goes into its cell."""
        if self._cells is None:
            self.flush()
            return
        if self._cells:
            self._cells[-1] = one_line(f"{self._cells[-1]} {''.join(self._words)}")
            self._words = []
        if tag in {"tr", "table"}:
            self._row()

    def _row(self) -> None:
        cells, self._cells = self._cells, None
        if cells and any(cells):
            self._builder.add(" | ".join(cells), "table", line=self._line)

    def said(self, words: str, line: int | None) -> None:
        """Words of an element, and the line of the source in which they begin."""
        if self._title is not None:
            self._title.append(words)
        elif self._covers and (why := self._covers[-1].hides) is not None:
            self.unseen += len(one_line(words)) if why else 0
        else:
            if not any(map(str.strip, self._words)):
                self._words = []
                blank = words[: len(words) - len(words.lstrip())]
                self._line = None if line is None else line + blank.count("\n")
            self._words.append(words)

    def flush(self) -> None:
        """Append what was collected as a block of its own."""
        words, self._words = "".join(self._words), []
        if self._level:
            self._builder.heading(words, self._level, line=self._line)
        elif self._verbatim:
            self._builder.add(words.replace(_BREAK, "\n").strip("\n"), "code", line=self._line)
        else:
            shown = "\n".join(filter(None, map(one_line, words.split(_BREAK))))
            self._builder.add(shown, "list" if self._items else "paragraph", line=self._line)

    def _note(self, given: dict[str, str]) -> None:
        name = (given.get("name") or given.get("property") or "").casefold()
        if name in _METADATA and given.get("content"):
            self._builder.metadata.setdefault(_METADATA[name], one_line(given["content"])[:500])


def _close_what_nobody_closed(tags: list[str], tag: str) -> None:
    """Items end with their list, and a paragraph with what it stands in."""
    while tag in _AROUND and tags and tags[-1] in _CLOSED_BY_THE_NEXT:
        tags.pop()
    if tags == ["p"] and tag in _BLOCKS and tag != "p":
        tags.pop()
