"""Transcripts in: subtitles and text by the usual parsers, and turns as JSON Lines."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from shipworthy.apps.summarise.lines import Turn, document_of_turns
from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.retrieval.document import Document, Part
from shipworthy.retrieval.parsing import read_document

__all__ = ["document_of_text", "read_transcript"]

_ROW = re.compile(r"\S[^\n]*+")
_NAMED = re.compile(r"[ \t]*(?:\*\*)?(?P<name>[^\W\d_][\w .'’-]{0,40}?)(?::\*\*|\*\*:|:)[ \t]+(?=\S)")
_LARGEST = 50_000_000
_TURN = 'Each line should be like {"speaker": "Anna", "text": "I will send it.", "start": 12.5}.'


def read_transcript(path: Path, *, name: str | None = None) -> Document:
    """Read a transcript: VTT, SRT, TXT with ``Name: text``, turns as JSON Lines, or any other document.

    Args:
        path: The file.
        name: What to call it; the file's own name by default.

    Raises:
        DataError: it cannot be read; the message says why.
        MissingExtraError: it needs a part that is not installed.
    """
    if path.suffix.casefold() not in {".jsonl", ".ndjson"}:
        return _with_turns(read_document(path, name=name))
    where = Where(file=path)
    try:
        size = readable(path).stat().st_size
    except UserError as error:
        raise DataError(error.message, where=where, hint=error.hint) from None
    if size > _LARGEST:
        raise DataError(f"{path.name!r} has {size / 1e6:,.0f} MB; up to 50 MB are read.", where=where)
    turns = list(_turns(path))
    if not turns:
        raise DataError(f"{path.name!r} holds no turns.", where=where, hint=_TURN)
    return replace(document_of_turns(name or path.name, turns), sha256=sha256_of_file(path))


def _with_turns(document: Document) -> Document:
    """A text in which most lines begin with a name, as turns; any other as it is."""
    if any(part.kind == "turn" for part in document.parts):
        return document
    turns: list[Part] = []
    lines = 0
    for row in _ROW.finditer(document.text):
        lines += 1
        end = row.start() + len(row[0].rstrip())
        named = _NAMED.match(row[0])
        if named is not None:
            start, name = row.start() + named.end(), named["name"].strip()
            turn = Part(start=start, end=end, kind="turn", line=len(turns) + 1, speaker=name)
            turns.append(turn)
        elif turns:
            turns[-1] = replace(turns[-1], end=end)
    return replace(document, parts=tuple(turns)) if 2 * len(turns) > lines else document


def _turns(path: Path) -> Iterator[Turn]:
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield _turn(line, Where(file=path, line=number))


def _turn(line: str, where: Where) -> Turn:
    try:
        plain = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError("This line is not JSON.", where=where, hint=_TURN) from None
    text = plain.get("text") if isinstance(plain, dict) else None
    if not isinstance(text, str):
        raise DataError("This line has no text.", where=where, hint=_TURN)
    speaker, start = plain.get("speaker"), plain.get("start")
    timed = isinstance(start, int | float) and not isinstance(start, bool) and 0 <= start < 1e9
    return Turn(
        text=_sound(text),
        speaker=_sound(speaker)[:100] or None if isinstance(speaker, str) else None,
        seconds=float(start) if timed else None,
    )


def _sound(text: str) -> str:
    """One line of text that every file can hold."""
    return " ".join(text.encode(errors="replace").decode().split())


def document_of_text(name: str, text: str) -> Document:
    """A transcript that came as a text: subtitles or ``Name: text`` lines are known by their looks.

    Raises:
        DataError: it holds no text.
    """
    if not text.strip():
        raise DataError(f"{name[:80]!r} holds no text.")
    with tempfile.TemporaryDirectory(prefix="shipworthy-") as folder:
        file = Path(folder) / ("meeting.vtt" if " --> " in text[:2000] else "meeting.txt")
        file.write_bytes(text.encode(errors="replace"))
        return _with_turns(read_document(file, name=name))
