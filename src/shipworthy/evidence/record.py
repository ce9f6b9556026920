"""One thing that was done, as the ledger keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from shipworthy.core.canonical import canonical_json, sha256_of
from shipworthy.core.errors import UserError

__all__ = ["Artifact", "Origin", "Record", "checked", "content_sha256"]

Origin = Literal["bundled", "own", "external"]
"""Whose data it was: an example shipped with the product, the person's own, or from elsewhere."""

_LONGEST = {"kind": 50, "title": 500, "feature": 200, "reason": 20_000, "competency": 100}
_LONGEST_PATH = 4_096
_LARGEST_FACTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that a record rests on."""

    name: str
    """What the file is, for instance ``report``."""
    sha256: str
    """Hash of its bytes when it was recorded."""
    path: str
    """Where it lies, relative to the workspace, with forward slashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One entry of the ledger; it is never changed."""

    id: str
    """Short name: the day and six characters."""
    at: datetime
    """When it was recorded, in UTC."""
    kind: str
    """What was done, for instance ``review``."""
    title: str
    """What it was about, in one line."""
    feature: str | None
    """The feature it belongs to; None when it belongs to none."""
    origin: Origin
    """Whose data it was."""
    drafted_by_tool: bool
    """Whether Shipworthy wrote the first version of what is recorded."""
    share_edited: float | None
    """Share of that draft which the person changed, from 0 to 1; None where nothing was drafted."""
    reason: str | None
    """Why the person decided as they did, in their own words."""
    verified: bool
    """Whether Shipworthy saw it happen (a claim from a résumé is not verified)."""
    competencies: tuple[str, ...]
    """Playbook ids of the competencies it shows."""
    artifacts: tuple[Artifact, ...]
    """The files it rests on."""
    facts: Mapping[str, Any]
    """Counts, scores and names as JSON; never an example's text."""
    previous: str | None
    """Hash of the record before this one; None for the first."""
    sha256: str
    """Hash of everything above, so that a later change shows."""

    @property
    def practice_only(self) -> bool:
        """Whether it proves practice and no more, because the data came with the product."""
        return self.origin == "bundled"


def content_sha256(record: Record) -> str:
    """The hash a record should carry.

    A field added to records one day must be left out here where it is None, so that the hashes
    of older records stay true.
    """
    content = asdict(record) | {"at": record.at.isoformat(), "facts": dict(record.facts)}
    del content["sha256"]
    return sha256_of(content)


def checked(
    *,
    kind: str,
    title: str,
    feature: str | None,
    origin: Origin,
    drafted_by_tool: bool,
    share_edited: float | None,
    reason: str | None,
    verified: bool,
    competencies: Sequence[str],
    artifacts: Sequence[Artifact],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """The fields of a new record as they will read back from any database.

    Raises:
        UserError: a text is empty, too long, or has a character that no database keeps.
        ValueError: a value that only our own code can have got wrong.
    """
    if origin not in get_args(Origin):
        raise ValueError(f"origin {origin!r} is not one of {get_args(Origin)}")
    if share_edited is not None and not 0 <= share_edited <= 1:
        raise ValueError(f"share_edited {share_edited!r} is not between 0 and 1")
    return {
        "kind": _text("kind", kind),
        "title": _text("title", title),
        "feature": None if feature is None else _text("feature", feature),
        "origin": origin,
        "drafted_by_tool": drafted_by_tool,
        "share_edited": None if share_edited is None else float(share_edited),
        "reason": None if reason is None else _text("reason", reason),
        "verified": verified,
        "competencies": tuple(_text("competency", name) for name in dict.fromkeys(competencies)),
        "artifacts": tuple(_artifact(artifact) for artifact in artifacts),
        "facts": _facts(facts),
    }


def _text(field: str, value: str, longest: int | None = None) -> str:
    limit = longest or _LONGEST[field]
    if not value.strip():
        raise UserError(f"The {field} of an evidence record may not be empty.")
    if len(value) > limit:
        raise UserError(
            f"The {field} of an evidence record has {len(value):,} characters.",
            hint=f"Shorten it to {limit:,} at most.",
        )
    _refuse_unstorable(field, value)
    return value


def _refuse_unstorable(field: str, value: str) -> None:
    """PostgreSQL keeps no NUL, and no database keeps half of a surrogate pair."""
    found = re.search("[\x00\ud800-\udfff]", value)
    if found:
        raise UserError(
            f"The {field} of an evidence record holds the character {found[0]!r}, which cannot be stored.",
            hint="Remove it and try again.",
        )


def _artifact(artifact: Artifact) -> Artifact:
    if not re.fullmatch("[0-9a-f]{64}", artifact.sha256):
        raise ValueError(f"{artifact.sha256!r} is not a SHA-256")
    _text("artifact's name", artifact.name, _LONGEST_PATH)
    _text("artifact's path", artifact.path, _LONGEST_PATH)
    return artifact


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    text = canonical_json(dict(facts))
    if len(text) > _LARGEST_FACTS:
        raise ValueError(f"facts of {len(text):,} characters: the ledger keeps counts and names, not rows")
    _refuse_unstorable("facts", text)
    plain: dict[str, Any] = json.loads(text)
    return plain
