"""Every error that Shipworthy raises on purpose.

    ShipworthyError                something a person should read; never a traceback
    ├── UserError                  the user's mistake                      exit code 2
    │   ├── WorkspaceError         no workspace here, or a broken one
    │   ├── SpecError              a feature.yaml that cannot be used
    │   ├── DataError              a data file that cannot be used
    │   └── MissingExtraError      an optional part is not installed
    └── EnvironmentFailure         disk, network, provider or budget       exit code 4

Anything else that reaches the command line is a bug of ours (exit code 70).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "DataError",
    "EnvironmentFailure",
    "MissingExtraError",
    "ShipworthyError",
    "SpecError",
    "UserError",
    "Where",
    "WorkspaceError",
    "nearest",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The place an error is about, as far as it is known."""

    file: Path | str | None = None
    """The file the user wrote or named."""
    line: int | None = None
    """Line in that file, counted from 1 (row numbers of a table count the header as line 1)."""
    field: str | None = None
    """Dotted name of the setting or column, for instance ``data.label``."""

    def __str__(self) -> str:
        place = _printable(str(self.file)) if self.file is not None else ""
        if self.line is not None:
            place += f", line {self.line}" if place else f"line {self.line}"
        if self.field is not None:
            place += f", field {self.field!r}" if place else f"field {self.field!r}"
        return place


def _printable(text: str) -> str:
    """The text, or its escaped form where it could move the cursor or colour the terminal."""
    return text if text.isprintable() else repr(text)


class ShipworthyError(Exception):
    """Base of all errors meant to be read by a person.

    Args:
        message: What is wrong, with the value that is wrong, in one or two sentences.
        where: File, line and field.
        hint: What to do next, as a sentence or a command to type.
    """

    exit_code = 70

    def __init__(self, message: str, *, where: Where | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = self.message
        if self.where is not None and str(self.where):
            text += f"\n  where: {self.where}"
        if self.hint is not None:
            text += f"\n  next: {self.hint}"
        return text


class UserError(ShipworthyError, ValueError):
    """Something the user can put right: a name, a value, a file.

    A ValueError too, so that Pydantic validators may raise it and keep the place of the value.
    """

    exit_code = 2


class WorkspaceError(UserError):
    """There is no workspace here, or what was asked for is not in it."""


class SpecError(UserError):
    """A ``feature.yaml`` that cannot be used as it stands."""


class DataError(UserError):
    """A data file that cannot be used as it stands."""


class MissingExtraError(UserError):
    """An optional part of Shipworthy is needed and not installed."""

    def __init__(self, extra: str, *, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs the optional part {extra!r}, which is not installed.",
            hint=f"pip install 'shipworthy[{extra}]'",
        )


class EnvironmentFailure(ShipworthyError):
    """The machine, the network or a provider failed: not the user's mistake, not a bug of ours."""

    exit_code = 4


def nearest(value: str, options: Iterable[str]) -> str:
    """Say which of ``options`` was probably meant, or list them all.

    Returns a sentence such as ``Did you mean 'plan'?`` or ``Known: 'a', 'b'.``; empty when
    there are no options.
    """
    import difflib

    known = list(options)
    folded = {option.casefold(): option for option in reversed(known)}
    close = difflib.get_close_matches(value[:200].casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {_brief(folded[close[0]])}?"
    if not known:
        return ""
    shown = ", ".join(_brief(option) for option in known[:12])
    return f"Known: {shown}{', …' if len(known) > 12 else ''}."


def _brief(option: str) -> str:
    return repr(option if len(option) <= 80 else option[:79] + "…")
