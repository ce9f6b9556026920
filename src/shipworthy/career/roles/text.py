"""A posting as one plain text: the text that all offsets count in. What it came from may be hostile.

Of HTML only what a reader would see is kept; nothing in it is run or followed. Headings become lines that
begin with ``#``, list items lines that begin with ``-``, and a line that is bold as a whole stands in ``**``.
"""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from shipworthy.core.errors import Where

__all__ = ["LARGEST_FILE", "LONGEST", "posting_text", "visible_text"]

LARGEST_FILE = 10_000_000
"""Bytes of a file that is read."""
LONGEST = 200_000
"""Characters of a posting that are read."""
_LONGEST_PAGE = 2_000_000
_MOST_PAGES = 50
_DEEPEST = 200
_HTML = re.compile(
    r"(?i)<(?:!doctype|html|head|body|div|section|article|main|p|ul|ol|li|h[1-6]|br|table|!--)\b"
)
_UNSEEN = {"script", "style", "template", "noscript", "title", "svg", "iframe", "object", "nav", "select"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_BLOCKS = {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "header",
    ),
    *("main", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "tr", "ul"),
}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_HIDDEN = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])")
_BOLD = re.compile(r"(?i)font-weight\s*:\s*(?:bold|[6-9]00)")


def posting_text(data: bytes | str, *, markup: bool = True, where: Where | None = None) -> str:
    """The text of a posting that is plain text, HTML or PDF; with ``markup=False`` tags are text too.

    Raises:
        DataError: it is too large, no text in UTF-8, an unreadable PDF, or empty.
        MissingExtraError: it is a PDF and the part that reads PDF is not installed.
    """
    if isinstance(data, bytes) and data[:1024].lstrip().startswith(b"%PDF"):
        text = _clean(_pdf_text(data, where))
    else:
        decoded = data if isinstance(data, str) else _decoded(data, where)
        text = visible_text(decoded) if markup and _HTML.search(decoded[:LONGEST]) else _clean(decoded)
    if len(text) > LONGEST:
        raise DataError(
            f"This posting has {len(text):,} characters; up to {LONGEST:,} are read.",
            where=where,
            hint="Give one posting at a time.",
        )
    if not text.strip():
        raise DataError(
            "There is no text in this posting.",
            where=where,
            hint="A scanned PDF holds a picture of text: copy the words into a text file.",
        )
    return text


def _decoded(data: bytes, where: Where | None) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\x00" not in data and _HTML.search(data[:4096].decode("latin-1")):
            return data.decode("cp1252", errors="replace")  # old pages; browsers do the same
        raise DataError(
            "This posting is no text in UTF-8.",
            where=where,
            hint="Save it as plain text in UTF-8, as HTML or as PDF.",
        ) from None


def _clean(text: str) -> str:
    """Line feeds for all line ends, other control characters and odd spaces as spaces; the rest as it is."""
    text = re.sub(r"\r\n?|[\u0085\u2028\u2029\x0b\x0c]", "\n", text)
    return re.sub(r"[^\S\n ]|[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\ud800-\udfff]", " ", text)


def _pdf_text(data: bytes, where: Where | None) -> str:
    try:
        import pypdf
    except ImportError:
        raise MissingExtraError("docs", needed_for="Reading a PDF") from None
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        pages = [reader.pages[number] for number in range(min(len(reader.pages), _MOST_PAGES))]
        return "\n".join(page.extract_text() for page in pages)
    except (pypdf.errors.PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise DataError(
            f"This PDF cannot be read ({type(error).__name__}).",
            where=where,
            hint="Open it in a viewer, and save or copy its text.",
        ) from None
    except (RecursionError, MemoryError, OSError, ArithmeticError, NotImplementedError) as error:
        raise DataError(f"This PDF cannot be read ({type(error).__name__}).", where=where) from None


def visible_text(html: str) -> str:
    """What a reader sees of a page, as lines."""
    page = _Page()
    page.feed(_whole_tags(_clean(html[:_LONGEST_PAGE])))
    page.close()
    return page.text()


def _whole_tags(html: str) -> str:
    """The page without comments; what begins like a tag and is none becomes text.

    So a parser never looks for the end of something that has none, over and over.
    """
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        at = end + 3 if end >= 0 else len(html)
    kept.append(html[at:])
    page = re.sub(r"<[!?][^<>]{0,5000}>", "", "".join(kept))
    return re.sub(r"<(?!/?[a-zA-Z][^<>]{0,5000}>)", "&lt;", page)


class _Page(HTMLParser):
    """Collects visible text. A tag that is never closed hides at most what its parent holds."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._parts: list[tuple[str, bool]] = []
        self._lead = ""
        self._open: list[tuple[str, bool, bool]] = []  # tag, hidden, bold

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or tag == "hr":
            self._end_line(keep_lead=False)
        if tag in _VOID:
            return
        if tag in _BLOCKS or tag in _HEADINGS or tag == "li":
            self._end_line(keep_lead=tag == "p" and self._lead == "- ")
        if tag == "li":
            self._lead = "- "
        elif tag in _HEADINGS:
            self._lead = "#" * _HEADINGS[tag] + " "
        if len(self._open) < _DEEPEST:
            self._open.append(
                (tag, self._hidden or _is_hidden(tag, attrs), self._bold or _is_bold(tag, attrs))
            )

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS or tag in _HEADINGS or tag == "li":
            self._end_line(keep_lead=False)
        names = [name for name, _, _ in self._open]
        if tag in names:
            del self._open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append((data, self._bold))

    @property
    def _hidden(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    @property
    def _bold(self) -> bool:
        return bool(self._open) and self._open[-1][2]

    def _end_line(self, *, keep_lead: bool) -> None:
        line = " ".join("".join(text for text, _ in self._parts).split())
        if line:
            heavy = all(bold for text, bold in self._parts if text.strip())
            plain = heavy and not self._lead and not line.startswith("**")
            self._lines.append(f"**{line}**" if plain else self._lead + line)
        self._parts = []
        if line or not keep_lead:
            self._lead = ""

    def text(self) -> str:
        self._end_line(keep_lead=False)
        return "\n".join(self._lines) + "\n" if self._lines else ""


def _is_hidden(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    given = dict(attrs)
    return tag in _UNSEEN or "hidden" in given or bool(_HIDDEN.search(given.get("style") or ""))


def _is_bold(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    return tag in {"b", "strong"} or bool(_BOLD.search(dict(attrs).get("style") or ""))
