"""One file in, one document out; or a message that names the file and says why not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.retrieval.document import Document
from shipworthy.retrieval.parsing.building import LONGEST_TEXT, Parsed, Source, refused

__all__ = ["FORMATS", "PARSERS", "read_document"]

PARSERS = "2"
"""Changes whenever a parser makes other text or parts of the same file, so that an index reads it again."""


@dataclass(frozen=True, slots=True)
class _Format:
    name: str
    parser: str
    largest: int = LONGEST_TEXT


_TEXT = _Format("text", "plain:parse_text")
_HTML = _Format("html", "html:parse_html", 20_000_000)
_MARKDOWN = _Format("markdown", "markdown:parse_markdown", 20_000_000)
_SUBTITLES = _Format("subtitles", "transcripts:parse_subtitles", 20_000_000)
_MAIL = _Format("mail", "mail:parse_mail", 50_000_000)
_TABLE = _Format("table", "tables:parse_table")
_WORD = _Format("word", "word:parse_docx", 100_000_000)
_PDF = _Format("pdf", "pdf:parse_pdf", 300_000_000)
_BY_SUFFIX = {
    "": _TEXT,
    ".txt": _TEXT,
    ".text": _TEXT,
    ".log": _TEXT,
    ".rst": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".mdx": _MARKDOWN,
    ".htm": _HTML,
    ".html": _HTML,
    ".xhtml": _HTML,
    ".vtt": _SUBTITLES,
    ".srt": _SUBTITLES,
    ".eml": _MAIL,
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".xlsx": _TABLE,
    ".docx": _WORD,
    ".pdf": _PDF,
}
FORMATS = tuple(suffix for suffix in _BY_SUFFIX if suffix)
"""Endings of the files that are read."""
_OTHERS = {
    ".doc": "Open it in a word processor and save it as DOCX or PDF.",
    ".rtf": "Open it in a word processor and save it as DOCX or PDF.",
    ".odt": "Open it in a word processor and save it as DOCX or PDF.",
    ".pages": "Export it as DOCX or PDF.",
    ".xls": "Open it in a spreadsheet program and save it as XLSX or CSV.",
    ".ods": "Open it in a spreadsheet program and save it as XLSX or CSV.",
    ".ppt": "Export the slides as PDF.",
    ".pptx": "Export the slides as PDF.",
    ".key": "Export the slides as PDF.",
    ".msg": "Save the message as EML.",
    ".zip": "Unpack it first.",
    ".epub": "Convert it to HTML or PDF first.",
}


def read_document(path: Path, *, name: str | None = None) -> Document:
    """Read a PDF, DOCX, HTML, Markdown, text, mail, subtitle, CSV, TSV or XLSX file.

    Args:
        path: The file.
        name: What to call the document; the file's own name by default.

    Raises:
        DataError: it cannot be read; the message names the file, the reason and what to do.
        MissingExtraError: it needs a part that is not installed.
    """
    called = name or path.name
    form = _format(path, called)
    source = Source(path=path, name=called, data=_bytes(path, called, form))
    if not source.data.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise refused(source, "is empty.", hint="Export or download it again.")
    parsed = _parser(_by_content(form, source))(source)
    if not parsed.parts:
        raise refused(source, "holds no text.", hint="Export or download it again.")
    return Document(
        name=called,
        text=parsed.text,
        parts=parsed.parts,
        sha256=hashlib.sha256(source.data).hexdigest(),
        title=parsed.title,
        metadata={**_from_name(called), **parsed.metadata},
        warnings=parsed.warnings,
    )


def _format(path: Path, called: str) -> _Format:
    try:
        readable(path)
    except UserError as error:
        raise DataError(error.message, where=Where(file=path), hint=error.hint) from None
    suffix = path.suffix.casefold()
    form = _BY_SUFFIX.get(suffix)
    if form is None:
        raise DataError(
            f"{called!r} is of a kind that is not read ({suffix}).",
            where=Where(file=path),
            hint=_OTHERS.get(suffix, f"Read are: {' '.join(FORMATS)}"),
        )
    return form


def _bytes(path: Path, called: str, form: _Format) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(form.largest + 1)
    except OSError as error:
        why = f"{called!r} cannot be read: {error.strerror}."
        raise DataError(why, where=Where(file=path), hint="Check the disk and try again.") from error
    if len(data) > form.largest:
        size = path.stat().st_size
        raise DataError(
            f"{called!r} has {size / 1e6:,.0f} MB; of a file of this kind up to {form.largest // 10**6} MB "
            "are read.",
            where=Where(file=path),
            hint="Split it into several files.",
        )
    return data


def _by_content(form: _Format, source: Source) -> _Format:
    """A PDF is a PDF and a web page a web page, whatever the name says."""
    head = source.data[:1024].lstrip()
    if head.startswith(b"%PDF") and form is not _PDF:
        return _PDF
    page = head.removeprefix(b"\xef\xbb\xbf").lower().startswith((b"<!doctype html", b"<html"))
    return _HTML if page and form in {_TEXT, _TABLE} else form


def _parser(form: _Format) -> Callable[[Source], Parsed]:
    module, _, function = form.parser.partition(":")
    parser: Callable[[Source], Parsed] = getattr(
        import_module(f"shipworthy.retrieval.parsing.{module}"), function
    )
    return parser


def _from_name(called: str) -> dict[str, str]:
    folder, _, file = called.rpartition("/")
    found = {
        "name": called,
        "folder": folder,
        "format": Path(file).suffix.casefold().removeprefix(".") or "txt",
    }
    return {key: value for key, value in found.items() if value}
