"""PDF: the text layer page by page. Lines become paragraphs by their distances, headings by their size.

Line breaks inside a paragraph and hyphens at line ends belong to the page and are taken out; lines that come
again at the top or bottom of most pages are left out. Nothing in the file is run or followed.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import MissingExtraError
from shipworthy.retrieval.parsing.building import Builder, Parsed, Source, one_line, refused

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

__all__ = ["parse_pdf"]

_MOST_PAGES = 10_000
_ITEM = re.compile(r"(?:[-•·●▪◦‣–*]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+\S")
_MARK = re.compile(r"[-•·●▪◦‣–*]\s+")
_HYPHEN = re.compile(r"[^\W\d_]{2}-$")
_STOP = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
_LEADER = re.compile(r"(?:\.\s?){5}")  # dots of a table of contents
_NO_TITLE = re.compile(r"(?i)about:|untitled|microsoft word - |\S+\.(?:docx?|html?|tex|indd)$")
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""How pypdf fails on pages that break the format, besides its own errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    size: float
    """Height of its letters on the page, in points."""
    height: float
    """Where it stands, from the bottom of the page, in points."""
    bold: bool
    page: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    text: str
    first: _Line


def parse_pdf(source: Source) -> Parsed:
    """Read a PDF document.

    Raises:
        DataError: it is damaged, has a password, or no text layer.
        MissingExtraError: pypdf is not installed.
    """
    reader = _opened(source)
    builder = Builder(source)
    pages = _pages(source, reader, builder)
    _describe(reader, builder)
    _add(builder, list(_blocks(_without_running_lines(pages))))
    if builder.empty:
        raise refused(
            source,
            f"has no text layer on any of its {len(pages):,} pages: it is a scan, or pictures of text.",
            hint="Run text recognition over it (for instance 'ocrmypdf in.pdf out.pdf') and use the result.",
        )
    blank = [number for number, lines in enumerate(pages, start=1) if not lines]
    if blank:
        builder.warnings.append(
            f"No text on {len(blank):,} of {len(pages):,} pages ({_listed(blank)}): empty, or pictures."
        )
    return builder.finish()


def _listed(pages: Sequence[int]) -> str:
    return ", ".join(map(str, pages[:10])) + (", …" if len(pages) > 10 else "")


def _opened(source: Source) -> PdfReader:
    try:
        import pypdf
    except ImportError:
        raise MissingExtraError("docs", needed_for=f"Reading {source.name!r}, a PDF,") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters is told in the document's warnings
    try:
        reader = pypdf.PdfReader(io.BytesIO(source.data), strict=False)
        locked = reader.is_encrypted and not reader.decrypt("")
        count = 0 if locked else len(reader.pages)
    except pypdf.errors.DependencyError:
        raise _locked(source) from None
    except (pypdf.errors.PyPdfError, *_BROKEN) as error:
        raise _damaged(source) from error
    if locked:
        raise _locked(source)
    if not 0 < count <= _MOST_PAGES:
        raise (
            _damaged(source)
            if count == 0
            else refused(source, f"has {count:,} pages; up to {_MOST_PAGES:,} are read.", hint="Split it.")
        )
    return reader


def _locked(source: Source) -> Exception:
    return refused(source, "has a password.", hint="Open it with the password and print it to a new PDF.")


def _damaged(source: Source) -> Exception:
    return refused(
        source,
        "is not a PDF document that can be opened: the file is damaged or incomplete.",
        hint="Download it again, or open it in a viewer and print it to a new PDF.",
    )


def _pages(source: Source, reader: PdfReader, builder: Builder) -> list[list[_Line]]:
    import pypdf

    found: list[list[_Line]] = []
    broken: list[int] = []
    for number in range(len(reader.pages)):
        try:
            found.append(_lines(reader.pages[number], number + 1))
        except (pypdf.errors.PyPdfError, *_BROKEN):
            broken.append(number + 1)
            found.append([])
    if len(broken) == len(found):
        raise _damaged(source)
    if broken:
        builder.warnings.append(f"Damaged, and not read: {len(broken):,} pages ({_listed(broken)}).")
    return found


def _lines(page: PageObject, number: int) -> list[_Line]:
    pieces: list[tuple[str, float, float, bool]] = []

    def visit(text: str, within: Any, at: Any, font: Any, size: float) -> None:
        if text:
            scale = abs(at[3] or at[0] or 1) * abs(within[3] or within[0] or 1)
            height = at[4] * within[1] + at[5] * within[3] + within[5]
            bold = "bold" in str((font or {}).get("/BaseFont", "")).casefold()
            pieces.append((text, float(size or 0) * scale, float(height), bold))

    page.extract_text(visitor_text=visit)
    return list(_joined(pieces, number))


def _joined(pieces: list[tuple[str, float, float, bool]], number: int) -> Iterator[_Line]:
    """Lines of the page from the pieces in which its text comes."""
    row: list[tuple[str, float, float, bool]] = []
    for text, *rest in [*pieces, ("\n", 0.0, 0.0, False)]:
        for place, piece in enumerate(text.split("\n")):
            if place:
                yield from _line(row, number)
                row = []
            if piece:
                row.append((piece, rest[0], rest[1], rest[2]))  # type: ignore[arg-type]


def _line(row: list[tuple[str, float, float, bool]], number: int) -> Iterator[_Line]:
    text = one_line("".join(piece[0] for piece in row))
    if text:
        longest = max((piece for piece in row if piece[0].strip()), key=lambda piece: len(piece[0]))
        bold = all(piece[3] for piece in row if piece[0].strip())
        yield _Line(text=text, size=longest[1], height=longest[2], bold=bold, page=number)


def _without_running_lines(pages: list[list[_Line]]) -> list[list[_Line]]:
    """The pages without the lines that come again at the edge of most of them."""
    seen = Counter(key for lines in pages for key in {_key(line) for line in _edges(lines)})
    often = {key for key, times in seen.items() if times >= 4 and times > 0.4 * len(pages)}
    return [_body(lines, often) or lines for lines in pages]


def _body(lines: list[_Line], often: set[str]) -> list[_Line]:
    edges = _edges(lines)
    return [line for line in lines if not (line in edges and _key(line) in often)]


def _edges(lines: list[_Line]) -> list[_Line]:
    return [*lines[:2], *lines[-2:]]


def _key(line: _Line) -> str:
    return _DIGITS.sub("#", line.text.casefold())


def _blocks(pages: list[list[_Line]]) -> Iterator[_Block]:
    widest = max((len(line.text) for lines in pages for line in lines), default=0)
    usual = _usual_distance(pages)
    for lines in pages:
        block: list[_Line] = []
        for line in lines:
            if block and _begins_anew(block[-1], line, usual, widest):
                yield _block(block, widest)
                block = []
            block.append(line)
        if block:
            yield _block(block, widest)


def _usual_distance(pages: list[list[_Line]]) -> float:
    gaps = [
        abs(above.height - below.height)
        for lines in pages
        for above, below in pairwise(lines)
        if len(above.text) > 40 and abs(above.size - below.size) < 0.5
    ]
    close = [gap for gap in gaps if gap > 0]
    return median(close) if close else 0.0


def _begins_anew(above: _Line, line: _Line, usual: float, widest: int) -> bool:
    other_size = abs(above.size - line.size) > 0.08 * max(above.size, line.size)
    apart = usual > 0 and abs(above.height - line.height) > 1.4 * max(usual, line.size)
    ended = _STOP.search(above.text) is not None and len(above.text) < 0.75 * widest
    return other_size or apart or ended or _ITEM.match(line.text) is not None or above.bold != line.bold


def _block(lines: list[_Line], widest: int) -> _Block:
    """Lines as one text; a line that ends far from the margin (an address, a total) stays a line."""
    text = lines[0].text
    for above, line in pairwise(lines):
        if _HYPHEN.search(text) is not None and line.text[0].islower():
            text = text[:-1] + line.text
        else:
            text += ("\n" if len(above.text) < 0.6 * widest else " ") + line.text
    return _Block(text=text, first=lines[0])


def _add(builder: Builder, blocks: list[_Block]) -> None:
    sizes = Counter[float]()
    for block in blocks:
        sizes[round(block.first.size, 1)] += len(block.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted((size for size in sizes if size > 1.1 * body), reverse=True)[:5]
    for place, block in enumerate(blocks):
        page = block.first.page
        below = blocks[place + 1] if place + 1 < len(blocks) else None
        level = _level(block, below, larger)
        if level:
            builder.heading(block.text, level, page=page)
        elif _ITEM.match(block.text):
            builder.add(_MARK.sub("", block.text, count=1), "list", page=page)
        else:
            builder.add(block.text, page=page)


def _level(block: _Block, below: _Block | None, larger: list[float]) -> int:
    """Depth of a heading, or 0: larger letters, or a bold line above a paragraph."""
    if len(block.text) > 200 or not any(map(str.isalpha, block.text)) or _LEADER.search(block.text):
        return 0
    size = round(block.first.size, 1)
    if size in larger:
        return larger.index(size) + 1
    above_text = below is not None and not below.first.bold and len(below.text) > 80
    bold = block.first.bold and len(block.text) <= 100 and block.text[-1] not in ".,;"
    return len(larger) + 1 if bold and above_text else 0


def _describe(reader: PdfReader, builder: Builder) -> None:
    import pypdf

    try:
        info: Mapping[str, Any] = reader.metadata or {}
        told = {key: one_line(str(info.get(name) or ""))[:500] for key, name in _TOLD.items()}
    except (pypdf.errors.PyPdfError, *_BROKEN):
        return
    title = told.pop("title")
    builder.title = None if not title or _NO_TITLE.match(title) else title
    date = re.match(r"D:(\d{4})(\d{2})(\d{2})", told["date"])
    told["date"] = "-".join(date.groups()) if date else ""
    builder.metadata |= {key: value for key, value in told.items() if value}


_TOLD = {"title": "/Title", "author": "/Author", "date": "/CreationDate"}
