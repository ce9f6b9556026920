"""What somebody says about themselves in ``career/profile.yaml``: facts that no evidence record can hold.

Every field may be left out; what is left out is unknown and is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shipworthy.core.errors import UserError, nearest
from shipworthy.core.files import write_atomic
from shipworthy.core.yaml_file import model_from_yaml, parse_yaml, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Profile", "changed_profile", "read_profile", "write_profile"]

_Line = Annotated[str, Field(min_length=1, max_length=200)]
_Years = Annotated[float, Field(ge=0, le=80)]
_HEAD = "# What only you can say. A line that is not there is unknown. See: shipworthy career profile\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What somebody says about themselves; None where they do not."""

    name: str | None = None
    """Name, for exports in which it is published on purpose."""
    email: str | None = None
    """Address to be reached at."""
    url: str | None = None
    """A page of their own."""
    country: str | None = None
    """Two letters, such as CA."""
    background: str | None = None
    """research, ml-engineering, engineering, product or other."""
    domain: str | None = None
    """A field known from the inside: healthcare, legal, finance, other or none."""
    domain_years: float | None = None
    """Years in that field."""
    product_years: float | None = None
    """Years of product work."""
    ai_years: float | None = None
    """Years of AI-specific work."""
    ambiguity: str | None = None
    """Whether ambiguity and building from nothing are welcome: yes or no."""


class _ProfileFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Line | None = None
    email: _Line | None = None
    url: _Line | None = None
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    background: Literal["research", "ml-engineering", "engineering", "product", "other"] | None = None
    domain: Literal["healthcare", "legal", "finance", "other", "none"] | None = None
    domain_years: _Years | None = None
    product_years: _Years | None = None
    ai_years: _Years | None = None
    ambiguity: Literal["yes", "no"] | None = None

    @field_validator("ambiguity", mode="before")
    @classmethod
    def _yes_is_a_word(cls, value: object) -> object:
        """YAML reads a bare yes as true."""
        return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s<>\"'\\]{1,190}", value):
            raise UserError(f"{value[:80]!r} is no web address.", hint="It should begin with https://")
        return value

    @field_validator("email")
    @classmethod
    def _is_mail(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[^\s@<>\"']{1,64}@[^\s@<>\"']{1,130}", value):
            raise UserError(f"{value[:80]!r} is no e-mail address.")
        return value


def read_profile(path: Path) -> Profile:
    """What the file says; all unknown where there is no file.

    Raises:
        SpecError: a line cannot be used; file, line and field are named.
    """
    if not path.exists():
        return Profile()
    file = read_yaml(path)
    if file.value is None:
        file = parse_yaml("{}", path=path)
    return Profile(**model_from_yaml(_ProfileFile, file).model_dump())


def changed_profile(profile: Profile, changes: Mapping[str, str]) -> Profile:
    """A profile with some fields set; an empty text makes a field unknown again.

    Raises:
        UserError: there is no such field, or it does not take the value.
    """
    known = [each.name for each in fields(Profile)]
    for name in changes:
        if name not in known:
            raise UserError(f"A profile has no field {name[:80]!r}.", hint=nearest(name, known))
    given = {**asdict(profile), **{name: value.strip() or None for name, value in changes.items()}}
    try:
        return Profile(**_ProfileFile.model_validate(given).model_dump())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        reason = first.get("ctx", {}).get("error")
        if isinstance(reason, UserError):
            raise UserError(reason.message, hint=reason.hint) from None
        message = f"{str(first['input'])[:80]!r} cannot be {first['loc'][0]!s}: {first['msg'].lower()}."
        raise UserError(message) from None


def write_profile(path: Path, profile: Profile) -> None:
    """Write the fields that are known."""
    import yaml

    known = {name: value for name, value in asdict(profile).items() if value is not None}
    lines = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=1000) if known else ""
    write_atomic(path, _HEAD + lines)
