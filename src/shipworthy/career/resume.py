"""Claims in a résumé: text, JSON Resume or PDF. They are claims, and stay unverified.

The résumé is read and nothing in it is followed. A line that is not clearly about one competency is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shipworthy.career.roles.layout import sentences
from shipworthy.career.roles.requirements import competency_of
from shipworthy.career.roles.text import LARGEST_FILE, posting_text
from shipworthy.core.errors import DataError
from shipworthy.playbook.items import competencies

if TYPE_CHECKING:
    from shipworthy.core.errors import Where

__all__ = ["ResumeClaim", "ResumeClaims", "claims_in"]

_MOST = 200
_LONGEST = 300
_DEEPEST = 8
_PARTS = ("work", "volunteer", "projects", "education", "publications", "awards", "certificates", "skills")
_FIELDS = ("highlights", "summary", "description", "keywords", "courses")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeClaim:
    """One line of a résumé that is about a competency."""

    text: str
    """The line, cut at 300 characters."""
    competency: str
    """Playbook id of what it is mainly about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeClaims:
    """What a résumé claims."""

    claims: tuple[ResumeClaim, ...]
    """Lines about a competency, in order, each once."""
    lines: int
    """Lines in all."""


def claims_in(data: bytes, *, where: Where | None = None) -> ResumeClaims:
    """The claims of a résumé.

    Raises:
        DataError: it is too large, is no text, holds no text, or is JSON but no JSON Resume.
        MissingExtraError: it is a PDF and the part that reads PDF is not installed.
    """
    if len(data) > LARGEST_FILE:
        raise DataError(f"This résumé is too large ({len(data):,} bytes).", where=where)
    lines = list(_json_lines(data, where) if data.lstrip()[:1] == b"{" else _text_lines(data, where))
    known = {item.id for item in competencies()}
    found = {line[:_LONGEST]: competency_of(line) for line in dict.fromkeys(lines)}
    claims = [ResumeClaim(text=text, competency=code) for text, code in found.items() if code in known]
    return ResumeClaims(claims=tuple(claims[:_MOST]), lines=len(lines))


def _text_lines(data: bytes, where: Where | None) -> Iterator[str]:
    try:
        text = posting_text(data, where=where)
    except DataError as error:
        message = error.message.replace("posting", "résumé")
        hint = (error.hint or "").replace("posting", "résumé") or None
        raise DataError(message, where=where, hint=hint) from None
    for sentence in sentences(text):
        if line := " ".join(text[sentence.start : sentence.end].split()):
            yield line


def _json_lines(data: bytes, where: Where | None) -> Iterator[str]:
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise DataError("This résumé begins like JSON and is not JSON.", where=where) from None
    if not any(isinstance(value.get(part), list) for part in _PARTS):
        raise DataError(
            "This JSON is not a JSON Resume.",
            where=where,
            hint=f"It should have lists such as {', '.join(_PARTS[:3])}; see jsonresume.org/schema.",
        )
    basics = value.get("basics")
    yield from _texts(basics.get("summary") if isinstance(basics, dict) else None)
    for part in _PARTS:
        entries = value.get(part)
        for entry in entries if isinstance(entries, list) else ():
            for field in _FIELDS if isinstance(entry, dict) else ():
                yield from _texts(entry.get(field))


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str) and (line := " ".join(value.split())):
        yield line.encode(errors="replace").decode().replace("\x00", " ")
    elif isinstance(value, list) and depth < _DEEPEST:
        for item in value:
            yield from _texts(item, depth + 1)
