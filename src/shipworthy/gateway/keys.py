"""Keys: read from the environment or the keyring when they are used, and shown nowhere.

A ``Secret`` has no readable form but ``reveal()``, which only an adapter calls, to put the key into a
header. Whatever an adapter says to a person goes through ``scrub``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from shipworthy.core.errors import UserError

__all__ = ["NO_SECRET", "FoundKey", "Secret", "found_keys", "scrub", "secret", "without"]

_SERVICE = "shipworthy"
_LIKE_A_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|key)[-_][A-Za-z0-9_\-]{12,}|\bAIza[0-9A-Za-z_\-]{20,}|(?i:bearer)\s+[^\s'\",;]{8,}"
)
_SHORTEST = 6


class Secret:
    """A key whose value never turns up in a repr, a log, an error, a pickle or a comparison."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """The key itself, for a header."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"the key {self.name!r} is not written anywhere")


NO_SECRET = Secret("no key", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """That a key is there, and where; not the key."""

    name: str
    """Name of the variable or keyring entry."""
    place: str
    """``environment`` or ``keyring``."""


def secret(names: Iterable[str], *, needed_for: str, environment: Mapping[str, str] | None = None) -> Secret:
    """The first of ``names`` that is set in the environment, else in the keyring.

    Raises:
        UserError: none of them is set, or it holds characters that no header may hold.
    """
    wanted = list(names)
    for name in wanted:
        value, _ = _looked_up(name, environment)
        if value:
            return Secret(name, _usable(name, value))
    raise UserError(
        f"{needed_for} needs a key, and {' or '.join(wanted)} is not set.",
        hint=f"export {wanted[0]}=… (or, with the keyring package: keyring set {_SERVICE} {wanted[0]})",
    )


def found_keys(names: Iterable[str], *, environment: Mapping[str, str] | None = None) -> tuple[FoundKey, ...]:
    """Which of ``names`` are set, and where."""
    looked_up = [(name, *_looked_up(name, environment)) for name in names]
    return tuple(FoundKey(name=name, place=place) for name, value, place in looked_up if value)


def _looked_up(name: str, environment: Mapping[str, str] | None) -> tuple[str | None, str]:
    given = (os.environ if environment is None else environment).get(name, "").strip()
    if given or environment is not None:
        return given or None, "environment"
    return _from_keyring(name), "keyring"


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        return (keyring.get_password(_SERVICE, name) or "").strip() or None
    except KeyringError:
        return None


def _usable(name: str, value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise UserError(
            f"{name} holds a line break or a character that no key has; its value is not shown here.",
            hint="Copy the key again, without quotes or line breaks.",
        )
    return value


def scrub(text: str, secrets: Iterable[Secret] = ()) -> str:
    """A message without these keys, and without anything that looks like one."""
    return _LIKE_A_KEY.sub("[key]", without(secrets, text))


def without(secrets: Iterable[Secret], text: str) -> str:
    """What a server sent, without the keys that it was sent; whatever else looks like a key stays."""
    for one in secrets:
        value = one.reveal()
        if len(value) >= _SHORTEST and value in text:
            text = text.replace(value, f"[{one.name}]")
    return text
