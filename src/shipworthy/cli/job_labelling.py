"""Labelling answers, records and minutes in the terminal, and deciding rows that differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from shipworthy.cli.output import say
from shipworthy.core.errors import UserError

if TYPE_CHECKING:
    from shipworthy.evals.labelling.values import FieldForm
    from shipworthy.workbench.job_labels import Adjudicating, JobLabelling

__all__ = ["TERMINAL", "Terminal", "decide_by_key", "label_job_by_key"]

_SHOWN = 12_000
_KINDS = {"d": "decision", "a": "action", "o": "question", "r": "risk"}


def _key() -> str:
    try:
        return typer.getchar()
    except EOFError:
        return "q"


def _line(prompt: str) -> str:
    try:
        return str(typer.prompt(prompt, default="", show_default=False)).strip()
    except typer.Abort:  # how Typer reports Ctrl-C
        raise KeyboardInterrupt from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where keys and lines come from."""

    key: Callable[[], str] = _key
    """The next key."""
    line: Callable[[str], str] = _line
    """A line of text, given what it is about; empty for none."""


TERMINAL = Terminal()
"""The terminal this program runs in."""


def label_job_by_key(work: JobLabelling, terminal: Terminal = TERMINAL) -> None:
    """Ask until every chosen row has a label or the person stops."""
    asks = {"answer": _answer, "extract": _record, "summarise": _minutes}
    while (row := work.session.current) is not None:
        progress = work.session.progress
        say(f"\n{'─' * 60}\nRow {row.row} · {progress.done} labelled, {progress.left} to go\n")
        _show(work, row.text)
        try:
            if not asks[work.form.job](work, row.text, terminal):
                return
        except UserError as error:  # the label cannot be used: nothing was kept, the row is asked again
            say(str(error))


def _show(work: JobLabelling, text: str) -> None:
    try:
        shown = work.form.text_of(text)
    except UserError as error:
        shown = str(error)
    say(shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…\n(the first {_SHOWN:,} characters)")


def _common(work: JobLabelling, key: str) -> bool | None:
    """What the keys do that every job has: True to go on, False to stop; None for another key."""
    match key.lower():
        case "q" | "\x04":
            return False
        case "s":
            work.session.skip()
        case "u":
            if work.session.undo() is None:
                say("There is nothing to undo.")
        case _:
            return None
    return True


_LAST = "[s] skip   [u] undo   [q] stop (everything is saved)"


def _answer(work: JobLabelling, text: str, terminal: Terminal) -> bool:
    say(f"Do the documents answer this?   [y] yes   [n] no   {_LAST}")
    key = terminal.key()
    if (on := _common(work, key)) is not None:
        return on
    if key.lower() == "n":
        work.session.label({"answerable": False})
    elif key.lower() == "y":
        answers = [part.strip() for part in terminal.line("Right answer (several: with ;)").split(";")]
        evidence = _evidence(work, terminal, text)
        work.session.label({"answerable": True, "answers": [a for a in answers if a], "evidence": evidence})
    else:
        say(f"{key!r} is no key here.")
    return True


def _evidence(work: JobLabelling, terminal: Terminal, text: str) -> list[dict[str, str]]:
    """Sentences picked, or words that stand in a document; as many as the person wants."""
    found: list[dict[str, str]] = []
    offered = work.form.find(text)
    while True:
        for number, one in enumerate(offered, start=1):
            say(f"[{number}] {one.quote[:300]}   ({one.place})")
        said = terminal.line('Evidence: numbers, other words to search for, "words" to quote, or nothing')
        if not said:
            return found
        if said.replace(" ", "").replace(",", "").isdigit():
            picked = [int(part) for part in said.replace(",", " ").split()]
            found += [
                {"document": offered[n - 1].document, "quote": offered[n - 1].quote}
                for n in picked
                if 1 <= n <= len(offered)
            ]
            return found
        if said.startswith('"'):
            found.append({"quote": said.strip('"')})
            return found
        offered = work.form.find(said)
        if not offered:
            say("No sentence has any of these words.")


def _record(work: JobLabelling, text: str, terminal: Terminal) -> bool:
    del text
    say(f"[Enter] field by field   {_LAST}")
    if (on := _common(work, terminal.key())) is not None:
        return on
    if not work.form.fields:
        raise UserError(
            "The fields to ask for are not known.",
            hint="Name them in feature.yaml (data.label: {total: total}), or name the candidate's schema.",
        )
    say("The words of the document; '-' where it does not say; '!' where it says that there is none.")
    work.session.label({field.name: _field(field, terminal) for field in work.form.fields})
    return True


def _field(field: FieldForm, terminal: Terminal) -> Any:
    about = f", {field.words}" if field.words else ""
    kind = f"one of {', '.join(field.values)}" if field.values else field.kind
    said = terminal.line(f"{field.name} ({kind}{about})")
    if said == "!":
        words = terminal.line("Which words say so?")
        return {"value": None, "quote": words} if words else None
    return None if said in {"", "-"} else said


def _minutes(work: JobLabelling, text: str, terminal: Terminal) -> bool:
    del text
    items: list[dict[str, Any]] = []
    keys = "   ".join(f"[{key}] {kind}" for key, kind in _KINDS.items())
    while True:
        say(f"{len(items)} statements.   {keys}   [.] that is all   {_LAST}")
        key = terminal.key().lower()
        if key == ".":
            work.session.label({"items": items})
            return True
        if key == "u" and items:
            items.pop()
        elif key in _KINDS:
            items += _statement(_KINDS[key], terminal)
        elif (on := _common(work, key)) is not None:
            return on
        else:
            say(f"{key!r} is no key here.")


def _statement(kind: str, terminal: Terminal) -> list[dict[str, Any]]:
    words = terminal.line(f"The {kind}, in a sentence")
    if not words:
        return []
    item: dict[str, Any] = {"kind": kind, "text": words}
    if kind == "action":
        item |= {"owner": terminal.line("Who is to do it"), "due": terminal.line("Until when")}
    return [item | {"lines": _lines(terminal.line("Lines it rests on, for instance 12, 14-16"))}]


def _lines(said: str) -> list[int]:
    found: list[int] = []
    for part in said.replace(",", " ").split():
        first, _, last = part.partition("-")
        if first.isdigit() and (not last or last.isdigit()):
            end = int(last or first)
            found += range(int(first), min(end, int(first) + 500) + 1)
        else:
            say(f"{part!r} is no line.")
    return found


def decide_by_key(work: Adjudicating, terminal: Terminal = TERMINAL) -> None:
    """Ask until every row that differs is decided or the person stops."""
    from shipworthy.workbench.job_labels import option_words

    adjudication = work.adjudication
    while (dispute := adjudication.current) is not None:
        left = adjudication.progress.left
        say(f"\n{'─' * 60}\nRow {dispute.row} · {left} to decide\n\n{dispute.text[:_SHOWN]}\n")
        for number, option in enumerate(dispute.options, start=1):
            say(f"[{number}] {option_words(work.job, option)}")
        say(f"[n] another label, as JSON or a class   {_LAST}")
        key = terminal.key().lower()
        if key in {"q", "\x04"}:
            return
        try:
            _decided(work, key, terminal)
        except UserError as error:
            say(str(error))


def _decided(work: Adjudicating, key: str, terminal: Terminal) -> None:
    if key.isdigit():
        work.adjudication.choose(int(key) - 1)
    elif key == "s":
        work.adjudication.skip()
    elif key == "u":
        if work.adjudication.undo() is None:
            say("There is nothing to undo.")
    elif key == "n":
        from shipworthy.workbench.label_answers import label_of

        work.adjudication.decide(label_of(terminal.line("Label")))
    else:
        say(f"{key!r} is no key here.")
