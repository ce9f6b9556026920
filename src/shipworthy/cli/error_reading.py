"""Reading failures in the terminal: first a note in open words, later its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.cli.job_labelling import TERMINAL, Terminal
from shipworthy.cli.output import say
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.evals.errors.notes import Note
    from shipworthy.workbench.error_analysis import Desk

__all__ = ["read_failures", "tag_notes"]

_SHOWN = 2_500
_KEYS = "123456789"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def read_failures(desk: Desk, terminal: Terminal = TERMINAL) -> None:
    """Show failure after failure until each has a note or the person stops."""
    total = len(desk.draw.examples)
    while waiting := desk.waiting:
        one = waiting[0]
        say(f"\n{'─' * 60}\n{one.example} · {total - len(waiting)} of {total} read · {one.kind}\n")
        say(f"{_cut(one.text)}\n\nIt said:   {_cut(one.output)}\nRight is:  {_cut(one.label)}\n")
        say("[Enter] write a note: what went wrong first?   [s] skip   [u] undo   [q] stop (all is saved)")
        key = terminal.key().lower()
        try:
            if key in {"q", "\x04"}:
                return
            if key == "s":
                desk.skip(one.example)
            elif key == "u":
                if desk.undo() is None:
                    say("There is nothing to undo.")
            elif words := terminal.line("Note"):
                desk.note(one.example, words)
        except UserError as error:
            say(str(error))


def tag_notes(desk: Desk, terminal: Terminal = TERMINAL) -> None:
    """Show note after note until each has its tags or the person stops."""
    passed: set[str] = set()
    while note := next((n for n in desk.notes if n.tags is None and n.example not in passed), None):
        known = list(desk.book.tags)
        near = [tag for tag in desk.suggested(note).tags if tag in known]
        offered = list(dict.fromkeys([*near, *reversed(known)]))[: len(_KEYS)]
        left = sum(n.tags is None for n in desk.notes) - len(passed)
        say(f"\n{'─' * 60}\n{note.example} · {left} notes without a tag · {note.kind}\n\n{_cut(note.note)}\n")
        for key, tag in zip(_KEYS, offered, strict=False):
            say(f"[{key}] {tag}{'   (like it)' if tag in near else ''}")
        say("[n] new tags, with ; between   [0] no error after all   [s] later   [q] stop (all is saved)")
        try:
            if not _tagged(desk, note, terminal.key().lower(), offered, passed, terminal):
                return
        except UserError as error:
            say(str(error))


def _tagged(
    desk: Desk, note: Note, key: str, offered: list[str], passed: set[str], terminal: Terminal
) -> bool:
    """Do what a key asks; False to stop."""
    if key in {"q", "\x04"}:
        return False
    if key == "s":
        passed.add(note.example)
    elif key == "0":
        desk.tag(note.example, [])
    elif key in _KEYS and int(key) <= len(offered):
        desk.tag(note.example, [offered[int(key) - 1]])
    elif key == "n":
        tags = [part.strip() for part in terminal.line("Tags").split(";") if part.strip()]
        fresh = [tag for tag in tags if desk.book.spelling(tag) not in desk.book.tags]
        if tags:
            desk.tag(note.example, tags)
        for tag in fresh:
            _tie(desk, tag, note, terminal)
    else:
        say(f"{key!r} is no key here.")
    return True


def _tie(desk: Desk, tag: str, note: Note, terminal: Terminal) -> None:
    """Ask which failure mode of the playbook a new tag is."""
    from shipworthy.workbench.error_analysis import mode_name, modes_like

    modes = modes_like(tag, note.note)
    say(f"Which known failure mode is {tag!r}?")
    for key, mode in zip(_KEYS, modes, strict=False):
        say(f"[{key}] {mode_name(mode)}")
    say("[Enter] none of these")
    key = terminal.key()
    if key in _KEYS and key and int(key) <= len(modes):
        desk.book.define(tag, modes[int(key) - 1])
