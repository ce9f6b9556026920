"""Labelling in the terminal: one row on the screen, one key for its label."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import typer

from shipworthy.cli.output import say

if TYPE_CHECKING:
    from shipworthy.datasets.labelling import LabelSession

__all__ = ["label_by_key"]

_COMMANDS = "nsuq"
_KEYS = "123456789" + "".join(letter for letter in string.ascii_lowercase if letter not in _COMMANDS)
_SHOWN = 2_000


def label_by_key(session: LabelSession) -> None:
    """Ask until every chosen row has a label or the person stops."""
    while (choice := session.current) is not None:
        progress = session.progress
        say(f"\n{'─' * 60}\nRow {choice.row} · {progress.done} labelled, {progress.left} to go\n")
        say(choice.text[:_SHOWN] + ("…" if len(choice.text) > _SHOWN else ""))
        keys = dict(zip(_KEYS, session.classes, strict=False))
        say("\n" + "   ".join(f"[{key}] {name}" for key, name in keys.items()))
        say("[n] new label   [s] skip   [u] undo   [q] stop (everything is saved)")
        if not _acted(session, _key(), keys):
            return


def _key() -> str:
    """One key; the end of the input stops like ``q``."""
    try:
        return typer.getchar().lower()
    except EOFError:
        return "q"


def _acted(session: LabelSession, key: str, keys: dict[str, str]) -> bool:
    """Do what a key asks; False to stop."""
    if key in {"q", "\x04"}:
        return False
    if key in keys:
        session.label(keys[key])
    elif key == "s":
        session.skip()
    elif key == "u":
        if session.undo() is None:
            say("There is nothing to undo.")
    elif key == "n" or not keys:
        name = _name()
        if name:
            session.label(name)
    else:
        say(f"{key!r} is no key here.")
    return True


def _name() -> str:
    """The name of a new label; empty for none."""
    try:
        return str(typer.prompt("New label", default="", show_default=False)).strip()
    except typer.Abort:  # how Typer reports Ctrl-C
        raise KeyboardInterrupt from None
