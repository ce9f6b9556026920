"""Word documents (DOCX): paragraphs, headings by their style, lists, tables and notes, read as XML.

What was deleted under tracked changes is left out and what was inserted is in. Pages are not kept: they
exist only once a program has laid the document out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pyexpat import ExpatError
from xml.parsers.expat import ParserCreate

from shipworthy.retrieval.parsing.archives import member, opened_archive
from shipworthy.retrieval.parsing.building import Builder, Parsed, Source, one_line, refused

__all__ = ["parse_docx"]

_WHAT = "a Word document"
_LEVEL = re.compile(r"heading (\d)", re.IGNORECASE)
_SKIPPED = frozenset({"Fallback", "instrText", "delText", "del", "moveFrom"})
_DEEPEST = 500

_Start = Callable[[str, dict[str, str]], None]
_End = Callable[[str], None]


def parse_docx(source: Source) -> Parsed:
    """Read a Word document."""
    builder = Builder(source)
    with opened_archive(source, _WHAT) as archive:
        body = member(source, archive, "word/document.xml", _WHAT)
        if body is None:
            raise refused(
                source,
                "is not a Word document, although its name says so.",
                hint="Open it in the program that made it and save it as DOCX or PDF.",
            )
        styles = member(source, archive, "word/styles.xml", _WHAT)
        levels = _levels(source, styles) if styles else {}
        for data in (body, *(member(source, archive, f"word/{notes}.xml", _WHAT) for notes in _NOTES)):
            if data is not None:
                reader = _Body(builder, levels)
                _walk(source, data, reader.start, reader.end, reader.text)
        core = member(source, archive, "docProps/core.xml", _WHAT)
    if core is not None:
        _properties(source, core, builder)
    if builder.empty:
        raise refused(
            source, "holds no text.", hint="If it holds pictures of text, run text recognition first."
        )
    return builder.finish()


_NOTES = ("footnotes", "endnotes")


def _walk(source: Source, data: bytes, start: _Start, end: _End, text: Callable[[str], None]) -> None:
    """Read XML without document types: entities and files that it names do not exist here."""
    parser = ParserCreate(namespace_separator=" ")
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise refused(source, "is nested too deeply to be a Word document.")
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(_local(name))

    def declared(*_: object) -> None:
        raise refused(
            source,
            "declares XML entities, which no Word document does; it was not read.",
            hint="Do not trust this file. If you do, open it and save it again.",
        )

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    parser.buffer_text = True
    try:
        parser.Parse(data, True)  # noqa: FBT003
    except ExpatError as error:
        raise refused(
            source, f"is damaged: its XML breaks off in line {error.lineno}.", hint="Save it again."
        ) from None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _levels(source: Source, styles: bytes) -> dict[str, int]:
    """Heading level of each style, by its id; the names of these styles are English in every language."""
    found: dict[str, int] = {}
    style = ""

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal style
        if name == "style":
            style = given.get("styleId", "")
        elif name == "name" and style:
            value = given.get("val", "")
            level = _LEVEL.match(value)
            if level or value.casefold() == "title":
                found[style] = int(level[1]) if level else 0
        elif name == "outlineLvl" and style and given.get("val", "").isdecimal():
            found.setdefault(style, int(given["val"][:1]) + 1)

    _walk(source, styles, start, lambda _: None, lambda _: None)
    return found


def _properties(source: Source, core: bytes, builder: Builder) -> None:
    names = {"title": "title", "creator": "author", "modified": "date"}
    words: list[str] = []

    def end(name: str) -> None:
        value = one_line("".join(words))[:500]
        if name in names and value:
            builder.metadata.setdefault(names[name], value)
        words.clear()

    _walk(source, core, lambda *_: words.clear(), end, words.append)
    builder.title = builder.metadata.pop("title", None) or builder.title


class _Body:
    """Turns the elements of a document's body into blocks."""

    def __init__(self, builder: Builder, levels: dict[str, int]) -> None:
        self._builder = builder
        self._levels = levels
        self._words: list[str] = []
        self._rows: list[list[str]] = []  # a row for each table that is open; tables nest
        self._around: list[list[str]] = []  # the words of the cell around each of them
        self._skipped = 0
        self._reading = False
        self._level: int | None = None
        self._item = False

    def start(self, name: str, given: dict[str, str]) -> None:
        if self._skipped or name in _SKIPPED:
            self._skipped += 1
            return
        match name:
            case "p":
                self._words = self._words if self._rows else []
                self._level, self._item = None, False
            case "pStyle":
                self._level = self._levels.get(given.get("val", ""))
            case "outlineLvl" if given.get("val", "").isdecimal() and int(given["val"]) < 9:
                self._level = int(given["val"]) + 1
            case "numPr":
                self._item = True
            case "t":
                self._reading = True
            case "tab":
                self._words.append("\t")
            case "br" | "cr":
                self._words.append("\n")
            case "noBreakHyphen":
                self._words.append("-")
            case "tr":
                self._rows.append([])
                self._around.append(self._words)
                self._words = []

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        match name:
            case "t":
                self._reading = False
            case "p" if self._rows:
                self._words.append(" ")
            case "p":
                self._block()
            case "tc" if self._rows:
                self._rows[-1].append(one_line("".join(self._words)))
                self._words = []
            case "tr" if self._rows:
                self._row()

    def text(self, words: str) -> None:
        if self._reading and not self._skipped:
            self._words.append(words)

    def _row(self) -> None:
        cells = [cell for cell in self._rows.pop() if cell]
        self._words = self._around.pop()
        if self._rows:  # a table in a cell: its words belong to the cell
            self._words += [" ".join(cells), " "]
        else:
            self._builder.add(" | ".join(cells), "table")

    def _block(self) -> None:
        words, self._words = "".join(self._words), []
        shown = "\n".join(filter(None, map(one_line, words.split("\n"))))
        if self._level is None or len(shown) > 300:
            self._builder.add(shown, "list" if self._item else "paragraph")
        else:
            if self._level == 0 and self._builder.title is None:
                self._builder.title = shown or None
            self._builder.heading(shown, max(1, self._level))
