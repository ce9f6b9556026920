"""What every command prints with: results on stdout, progress and errors on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shipworthy.core.progress import Progress, silent

__all__ = ["STOPPED", "exit_code", "fail", "notice", "progress", "say", "say_json"]

STOPPED = 4
"""The exit code of a review whose run was ended by its budget."""

_CODES = {"ship": 0, "ship_with_fallback": 0, "hold": 1, "cannot_tell": 3}


def say(text: str) -> None:
    """Print a result."""
    _write(_visible(text) + "\n")


def say_json(verb: str, value: Any) -> None:
    """Print a verb's result as JSON."""
    from shipworthy.workbench.verbs import as_json

    _write(as_json(verb, value) + "\n")


def _write(text: str) -> None:
    """Write to stdout at once; who has stopped reading (``| head``) changes no exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def notice(text: str) -> None:
    """Print what a person should know before something happens."""
    sys.stderr.write(f"{_visible(text)}\n")


def fail(text: str, code: int) -> int:
    """Print what went wrong and give back the exit code."""
    sys.stderr.write(f"shipworthy: {_visible(text)}\n")
    return code


def exit_code(decision: str) -> int:
    """The exit code of a verdict."""
    return _CODES[decision]


def _visible(text: str) -> str:
    """Text without the control characters by which a file could drive the terminal."""
    return "".join(
        letter if letter in "\n\t" or (letter.isprintable() or letter == " ") else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )


@contextmanager
def progress() -> Iterator[Progress]:
    """Something to report progress to: a line on the terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starts", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total or None
        )
