"""One person labels the rows that were chosen: a file for each person, which only grows.

Rows, and why they were chosen, stand in ``chosen.jsonl``; what a person says in a file of their own, so that
nobody sees another's labels while labelling. A label is on the disk before the next row is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of, short
from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.datasets.labelling import Progress
from shipworthy.datasets.lines import append_lines, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from shipworthy.core.clock import Clock
    from shipworthy.datasets.choosing import Choice, Why

__all__ = [
    "CHOSEN",
    "DECIDED",
    "Chosen",
    "JobLabelSession",
    "Said",
    "add_chosen",
    "chosen_rows",
    "decisions",
    "everybody",
    "file_of",
    "settled",
]

CHOSEN, DECIDED = "chosen.jsonl", "decided.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A row to be labelled."""

    row: int
    """Row number in the file."""
    text: str
    """Its input."""
    why: Why
    """Why it was chosen; a person who labels does not see it."""
    stands_for: int
    """Its weight in estimates for all rows; 0 unless drawn by lot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What stands of what one person did with a row."""

    row: int
    """Row number."""
    label: Any
    """The label; None where the row was skipped."""
    by: str
    """Who."""
    at: str
    """When, ISO 8601 in UTC."""
    source: str | None = None
    """Of a decision: whose label it is, or ``own``."""


def file_of(folder: Path, person: str) -> Path:
    """The file with a person's labels; two names never share one."""
    plain = re.sub(r"[^a-z0-9]+", "-", person.casefold()).strip("-")[:40]
    if plain != person or f"{plain}.jsonl" in {CHOSEN, DECIDED}:
        plain = f"{plain or 'person'}-{short(sha256_of(person))}"
    return folder / f"{plain}.jsonl"


def add_chosen(folder: Path, choices: Sequence[Choice], at: str) -> None:
    """Keep which rows were chosen, and why."""
    append_lines(
        folder / CHOSEN,
        [
            {
                "at": at,
                "row": choice.row,
                "why": choice.why,
                "stands_for": choice.stands_for,
                "text": short(sha256_of(choice.text)),
            }
            for choice in choices
        ],
    )


def chosen_rows(folder: Path, texts: Mapping[int, str]) -> tuple[Chosen, ...]:
    """The rows that were chosen, in order.

    Raises:
        DataError: the file of rows has changed since.
    """
    found = []
    for line, item in read_lines(folder / CHOSEN):
        where = Where(file=folder / CHOSEN, line=line)
        try:
            row, why, weight, sha = int(item["row"]), item["why"], int(item["stands_for"]), item["text"]
        except (LookupError, TypeError, ValueError):
            raise DataError("This line names no row that was chosen.", where=where) from None
        if short(sha256_of(texts.get(row, ""))) != sha:
            raise DataError(
                f"The labels here are about other rows: row {row:,} has changed.",
                where=where,
                hint="Use the data file that was labelled, or move the folder 'labels' away and start anew.",
            )
        kind: Why = why if why in {"random", "spread", "unsure"} else "spread"
        found.append(Chosen(row=row, text=texts[row], why=kind, stands_for=weight))
    return tuple(found)


def settled(path: Path) -> dict[int, Said]:
    """What stands in a person's file (or the file of decisions), by row, the latest last."""
    found: dict[int, Said] = {}
    for line, item in read_lines(path):
        try:
            row, by, at, action = int(item["row"]), str(item["by"]), str(item["at"]), item["action"]
        except (LookupError, TypeError, ValueError):
            raise DataError("This line is no label.", where=Where(file=path, line=line)) from None
        found.pop(row, None)
        if action != "undo":
            found[row] = Said(row=row, label=item.get("label"), by=by, at=at, source=item.get("source"))
    return found


def everybody(folder: Path) -> dict[str, dict[int, Said]]:
    """Standing labels of every person, by name and row; skipped rows are left out."""
    found: dict[str, dict[int, Said]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        if path.name in {CHOSEN, DECIDED}:
            continue
        for row, said in settled(path).items():
            if said.label is not None:
                found.setdefault(said.by, {})[row] = said
    return found


def decisions(folder: Path) -> dict[int, Said]:
    """Standing decisions by row."""
    return {row: said for row, said in settled(folder / DECIDED).items() if said.label is not None}


class JobLabelSession:
    """One person at work.

    Args:
        folder: Where the files are.
        rows: The rows that were chosen.
        by: Who labels.
        clock: Tells the time.
        check: Makes a label what is kept, or raises DataError; given the label and the row's input.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rows: Sequence[Chosen],
        by: str,
        clock: Clock,
        check: Callable[[Any, str], Any],
    ) -> None:
        if not by.strip():
            raise UserError(
                "A label needs somebody who gave it.", hint="Say who you are, for example --by ana."
            )
        self.by = by.strip()
        self.path = file_of(folder, self.by)
        self.rows = tuple(rows)
        self._clock = clock
        self._check = check
        self._settled = {row: said for row, said in settled(self.path).items() if said.by == self.by}

    @property
    def waiting(self) -> tuple[Chosen, ...]:
        """The rows this person has neither labelled nor skipped, in order."""
        return tuple(row for row in self.rows if row.row not in self._settled)

    @property
    def current(self) -> Chosen | None:
        """The next row, or None if this person is through."""
        return next(iter(self.waiting), None)

    @property
    def progress(self) -> Progress:
        """How far this person has come."""
        done = sum(said.label is not None for said in self._settled.values())
        return Progress(done=done, skipped=len(self._settled) - done, left=len(self.waiting))

    def label(self, plain: Any) -> None:
        """Give the current row a label.

        Raises:
            DataError: it cannot be used; nothing was kept.
        """
        self._settle("label", self._check(plain, self._next().text))

    def skip(self) -> None:
        """Leave the current row without a label."""
        self._settle("skip", None)

    def undo(self) -> Chosen | None:
        """Take back this person's last label or skip; that row comes next again."""
        if not self._settled:
            return None
        row = list(self._settled)[-1]
        self._append("undo", row, None)
        del self._settled[row]
        return next((one for one in self.rows if one.row == row), None)

    def _next(self) -> Chosen:
        if self.current is None:
            raise UserError("All chosen rows are labelled or skipped.", hint="Choose more (--rows), or undo.")
        return self.current

    def _settle(self, action: str, label: Any) -> None:
        row = self._next().row
        at = self._append(action, row, label)
        self._settled[row] = Said(row=row, label=label, by=self.by, at=at)

    def _append(self, action: str, row: int, label: Any) -> str:
        at = self._clock.now().isoformat(timespec="seconds")
        item = {"at": at, "by": self.by, "action": action, "row": row}
        append_lines(self.path, [item if label is None else item | {"label": label}])
        return at

    def __iter__(self) -> Iterator[Chosen]:
        """Every row in turn; it must be labelled or skipped before the next."""
        while (row := self.current) is not None:
            yield row
