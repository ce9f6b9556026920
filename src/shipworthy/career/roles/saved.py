"""Roles that a person keeps: ``career/roles/NAME.yaml``, and the posting's text beside it in ``NAME.txt``.

Only these two files are kept. What a posting asks for is read anew each time, so corrections reach old roles.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date  # at run time: Pydantic reads the field types
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shipworthy.career.roles.reading import Reading, read_posting
from shipworthy.core.errors import DataError, UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import readable, write_atomic
from shipworthy.core.yaml_file import model_from_yaml, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Reply", "SavedRole", "find_role", "keep_role", "saved_roles", "with_application", "with_reply"]

_LONGEST = 500
_LONGEST_NAME = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Something heard from a company."""

    on: date
    """The day."""
    what: str
    """What it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedRole:
    """A role that is kept."""

    id: str
    """Its name, made from company and title; also the name of its files."""
    title: str
    """The job."""
    company: str | None
    """The company, where it is known."""
    url: str | None
    """Where the posting was found; it is never opened."""
    added: date
    """When it was saved."""
    applied: date | None
    """When an application was sent."""
    replies: tuple[Reply, ...]
    """What was heard since, oldest first."""
    reading: Reading
    """The posting, read."""


class _ReplyFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: date
    what: str = Field(min_length=1, max_length=_LONGEST)


class _RoleFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=_LONGEST)
    company: str | None = Field(default=None, max_length=_LONGEST)
    url: str | None = None
    added: date
    applied: date | None = None
    replies: list[_ReplyFile] = []

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s<>\"']{1,2000}", value):
            raise UserError(f"{value[:80]!r} is no web address.", hint="It should begin with https://")
        return value


def keep_role(
    folder: Path, reading: Reading, *, added: date, title: str | None, company: str | None, url: str | None
) -> SavedRole:
    """Save a posting.

    Raises:
        UserError: it has no title and none was given, the address is none, or the posting is saved already.
    """
    name = title or reading.title
    if not name or not name.strip():
        raise UserError("This posting does not say what the job is called.", hint="Add --title 'the job'.")
    for other in saved_roles(folder):
        if other.reading.text == reading.text:
            raise UserError(f"This posting is saved already, as {other.id!r}.")
    role = SavedRole(
        id=_free_name(folder, f"{company or reading.company or ''} {name}"),
        title=" ".join(name.split())[:_LONGEST],
        company=company or reading.company,
        url=url,
        added=added,
        applied=None,
        replies=(),
        reading=reading,
    )
    _checked(role)
    write_atomic(folder / f"{role.id}.txt", reading.text)
    _write(folder, role)
    return role


def with_application(folder: Path, role: SavedRole, *, on: date) -> SavedRole:
    """Note that an application was sent.

    Raises:
        UserError: one was noted already.
    """
    if role.applied is not None:
        raise UserError(
            f"An application for {role.id!r} was noted for {role.applied}.",
            hint=f"If the day is wrong, correct it in career/roles/{role.id}.yaml.",
        )
    return _write(folder, replace(role, applied=on))


def with_reply(folder: Path, role: SavedRole, *, on: date, what: str) -> SavedRole:
    """Note what was heard from the company.

    Raises:
        UserError: no application was noted, the reply is older than it, or says nothing.
    """
    if role.applied is None:
        raise UserError(
            f"No application for {role.id!r} was noted.",
            hint=f"First: shipworthy career roles apply {role.id} --on YEAR-MONTH-DAY",
        )
    if on < role.applied:
        raise UserError(f"The reply ({on}) is older than the application ({role.applied}).")
    if not what.strip() or len(what) > _LONGEST:
        raise UserError(f"A reply has 1 to {_LONGEST} characters.", hint="--what 'invited to a first call'")
    replies = sorted((*role.replies, Reply(on=on, what=" ".join(what.split()))), key=lambda reply: reply.on)
    return _write(folder, replace(role, replies=tuple(replies)))


def saved_roles(folder: Path) -> tuple[SavedRole, ...]:
    """All roles, by the day they were saved and by name.

    Raises:
        UserError: a file cannot be used; file, line and field are named.
    """
    roles = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(roles, key=lambda role: (role.added, role.id)))


def find_role(folder: Path, prefix: str) -> SavedRole:
    """The one role whose name begins with ``prefix``.

    Raises:
        UserError: none does (the nearest is named), or several do.
    """
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    wanted = prefix.strip()
    found = [wanted] if wanted in names else [name for name in names if wanted and name.startswith(wanted)]
    if not found:
        hint = nearest(wanted, names) or "Save one: shipworthy career roles add posting.html"
        raise WorkspaceError(f"There is no role {wanted[:80]!r} here.", hint=hint)
    if len(found) > 1:
        raise UserError(
            f"{len(found)} roles begin with {wanted!r}.", hint=f"Type more: {', '.join(found[:8])}"
        )
    return _read(folder / f"{found[0]}.yaml")


def _read(path: Path) -> SavedRole:
    file = model_from_yaml(_RoleFile, read_yaml(path))
    text = path.with_suffix(".txt")
    where = Where(file=text)
    if readable(text).stat().st_size > 1_000_000:
        raise DataError("This posting's text is too large.", where=where)
    reading = read_posting(
        text.read_bytes(), title=file.title, company=file.company, markup=False, where=where
    )
    return SavedRole(
        id=path.stem,
        title=file.title,
        company=file.company,
        url=file.url,
        added=file.added,
        applied=file.applied,
        replies=tuple(Reply(on=each.on, what=each.what) for each in file.replies),
        reading=reading,
    )


def _write(folder: Path, role: SavedRole) -> SavedRole:
    import yaml

    text = yaml.safe_dump(_checked(role), sort_keys=False, allow_unicode=True, width=1000)
    write_atomic(folder / f"{role.id}.yaml", text)
    return role


def _checked(role: SavedRole) -> Mapping[str, object]:
    """The role as its file holds it; refused where it could not be read back."""
    from pydantic import ValidationError

    replies = [{"on": each.on, "what": each.what} for each in role.replies]
    content = {
        "title": role.title,
        "company": role.company,
        "url": role.url,
        "added": role.added,
        "applied": role.applied,
        "replies": replies,
    }
    try:
        return _RoleFile.model_validate(content).model_dump(exclude_defaults=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = first.get("ctx", {}).get("error")
        if isinstance(reason, UserError):
            raise UserError(reason.message, hint=reason.hint) from None
        raise UserError(f"{first['loc'][0]} cannot be kept: {first['msg'].lower()}.") from None


def _free_name(folder: Path, words: str) -> str:
    plain = unicodedata.normalize("NFKD", words.replace("ß", "ss")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")
    base = (slug if len(slug) <= _LONGEST_NAME else slug[: _LONGEST_NAME + 1].rpartition("-")[0]) or "role"
    names = [base, *(f"{base}-{number}" for number in range(2, 1000))]
    return next(name for name in names if not (folder / f"{name}.yaml").exists())
