"""Which encoding a text file is in, and whether it is a text file at all.

Nothing here knows about columns or rows.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from shipworthy.core.errors import DataError, Where
from shipworthy.datasets.problem import Problem

__all__ = ["Encoding", "encoding_of", "refuse_other_formats"]

_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_ESCAPED = re.compile("[\udc80-\udcff]")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with the one of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_TABLES = "Export it as CSV, XLSX, JSON Lines or Parquet and use that file."
_UNPACK = "Unpack it first and use the file inside."
_OTHER_FORMATS: tuple[tuple[bytes, str, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel file (.xls) or a workbook with a password",
        "Open it in a spreadsheet program and save it as XLSX without a password.",
    ),
    (b"%PDF", "a PDF document", _TABLES),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7-Zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"SQLite format 3\0", "an SQLite database", _TABLES),
    (b"\x89PNG", "a picture (PNG)", _TABLES),
    (b"\xff\xd8\xff", "a picture (JPEG)", _TABLES),
    (b"GIF8", "a picture (GIF)", _TABLES),
    (b"\x80\x04\x95", "a Python pickle, which is never opened because it can run code", _TABLES),
    (b"\x80\x05\x95", "a Python pickle, which is never opened because it can run code", _TABLES),
    (b"ARROW1", "an Arrow file", _TABLES),
    (b"Obj\x01", "an Avro file", _TABLES),
    (b"{\\rtf", "a rich-text document (RTF)", _TABLES),
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the data itself",
        "Run 'git lfs pull' in that repository.",
    ),
)
_MARKUP = (b"<!doctype html", b"<html", b"<?xml", b"<!doctype")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How to turn a file's bytes into text."""

    name: str
    """A codec's name."""
    errors: str = "strict"
    """What to do with bytes that do not fit: ``strict`` (there are none) or ``replace``."""
    problem: Problem | None = None
    """What to say about it."""


def refuse_other_formats(path: Path, head: bytes) -> None:
    """Raise DataError where the first bytes of a file show that it is not a table of text."""
    where = Where(file=path)
    for start, what, hint in _OTHER_FORMATS:
        if head.startswith(start):
            raise DataError(f"{path.name!r} is {what}.", where=where, hint=hint)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise DataError(
            f"{path.name!r} is a web page or an XML file, not a table.",
            where=where,
            hint="Perhaps a login page was saved in its place: look into the file, then export again.",
        )


def encoding_of(path: Path) -> Encoding:
    """Find the encoding of a text file by reading all of it once.

    A byte-order mark decides; otherwise whatever is valid UTF-8 is UTF-8; the rest is guessed
    from the lines that hold accented or other non-ASCII letters, and the guess is reported.

    Raises:
        DataError: the file is binary.
    """
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    for mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return _checked(path, name)
    if wide := _wide_without_mark(head):
        return _checked(path, wide)
    _refuse_binary(path, head)
    continuing, broken, sample = _utf8_census(path)
    if broken == 0:
        return Encoding(name="utf-8")
    if broken <= 0.1 * continuing:
        return _mostly(path, "utf-8")
    return _guessed(path, sample)


def _wide_without_mark(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if half and odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if half and even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _refuse_binary(path: Path, head: bytes) -> None:
    controls = sum(head.count(code) for code in (*range(9), *range(14, 27), *range(28, 32)))
    if controls > max(3, 0.05 * len(head)):
        raise DataError(
            f"{path.name!r} is not a text file: {controls:,} of its first {len(head):,} bytes are not text.",
            where=Where(file=path),
            hint="Open it in the program that made it and export the table as CSV, XLSX or JSON Lines.",
        )


def _checked(path: Path, name: str) -> Encoding:
    decoder = codecs.getincrementaldecoder(name)()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _mostly(path, name)
    return Encoding(name=name)


def _utf8_census(path: Path) -> tuple[int, int, bytes]:
    """Bytes that continue a valid UTF-8 letter, bytes that fit nowhere, and lines that hold either."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    continuing = broken = 0
    sample = b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            text = decoder.decode(block)
            if block.isascii():
                continue
            broken += len(_ESCAPED.findall(text))
            continuing += len(block) - len(text)
            if len(sample) < _SAMPLE:
                telling = (line for line in block.splitlines(keepends=True) if not line.isascii())
                sample = (sample + b"".join(telling))[:_SAMPLE]
    broken += len(decoder.decode(b"", final=True))
    return continuing, broken, sample


def _mostly(path: Path, name: str) -> Encoding:
    problem = Problem(
        kind="encoding",
        file=path.name,
        words=f"Some bytes of the file are not valid {name.removesuffix('-sig').upper()}.",
        done="Each was replaced by the mark �.",
    )
    return Encoding(name=name, errors="replace", problem=problem)


def _guessed(path: Path, sample: bytes) -> Encoding:
    name = _best_guess(sample)
    example = _example(sample.decode(name, "replace"))
    problem = Problem(
        kind="encoding",
        file=path.name,
        words="The file is not in UTF-8.",
        done=(
            f"It was read as {name}, which is a guess; for example {example!r}. "
            "If that looks wrong, save the file again as 'CSV UTF-8'."
        ),
    )
    return Encoding(name=name, errors="replace", problem=problem)


def _best_guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    western = "cp1252"
    if best is None:
        return western
    name = codecs.lookup(best.encoding).name
    same = sample.decode(western, "replace") == sample.decode(name, "replace")
    return western if same else name


def _example(text: str) -> str:
    place = next((index for index, character in enumerate(text) if character > "\x7f"), 0)
    words = text[max(0, place - 20) : place + 20].split()
    return " ".join(words)
