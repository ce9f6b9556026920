"""A person labels rows, one at a time, and nothing they did is lost.

Everything goes to one CSV file that only grows: which rows were chosen and why, each label, each
skip, each undo, who did it and when. A line is on the disk before the next row is shown; whoever
stops in the middle goes on from there. Several people can label the same rows in one file. No
model's output is shown.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal, get_args

from shipworthy.core.canonical import sha256_of, short
from shipworthy.core.clock import Clock
from shipworthy.core.errors import DataError, EnvironmentFailure, UserError, Where
from shipworthy.core.files import write_atomic
from shipworthy.datasets.choosing import Choice, Why, input_text
from shipworthy.datasets.export import defused, restored, write_csv
from shipworthy.datasets.frozen import Columns
from shipworthy.datasets.table import Table
from shipworthy.datasets.values import is_missing, spelling_key

__all__ = ["Label", "LabelSession", "Progress", "write_labelled"]

Action = Literal["chosen", "label", "skip", "undo"]

_HEADER = ("at", "by", "action", "row", "label", "why", "stands_for", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What one person said about one row."""

    row: int
    """Row number in the file."""
    label: str
    """The class."""
    by: str
    """Who."""
    at: str
    """When, as ISO 8601 in UTC."""
    why: Why
    """Why the row was chosen: only ``random`` rows speak for all rows."""
    stands_for: int
    """Weight of the row in estimates for all rows; 0 for ``spread``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a person has come."""

    done: int
    """Rows labelled."""
    skipped: int
    """Rows skipped."""
    left: int
    """Rows to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    at: str
    by: str
    action: Action
    row: int
    label: str = ""
    why: str = ""
    stands_for: int = 0
    text: str = ""

    def line(self) -> str:
        stream = StringIO()
        cells = [getattr(self, name) for name in _HEADER]
        csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC).writerow(map(defused, cells))
        return stream.getvalue()


class LabelSession:
    """One person labelling the rows that were chosen.

    Args:
        path: The file of labels; made if it is not there.
        table: The rows.
        columns: Which column means what.
        by: Who labels.
        clock: Tells the time.
        choices: Rows to add to those the file has.
        classes: Labels to offer from the start.

    Raises:
        DataError: the file is not one of labels, or it is about other rows.
    """

    def __init__(
        self,
        path: Path,
        *,
        table: Table,
        columns: Columns,
        by: str,
        clock: Clock,
        choices: Sequence[Choice] = (),
        classes: Iterable[str] = (),
    ) -> None:
        if not by.strip():
            raise UserError(
                "A label needs somebody who gave it.", hint="Say who you are, for example --by ana."
            )
        self.path = path
        self.by = by.strip()
        self._clock = clock
        self._entries = _read(path)
        self._offered = tuple(classes)
        self._add(choices)
        self._choices = _choices(self._entries, table, columns, path)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """All rows chosen so far, in order."""
        return self._choices

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels offered or used so far, in the order in which they came."""
        names = {spelling_key(name): name for name in reversed(self._used())}
        return tuple(dict.fromkeys(names[spelling_key(name)] for name in self._used()))

    @property
    def current(self) -> Choice | None:
        """The next row, or None if this person is through."""
        return next(iter(self.waiting), None)

    @property
    def waiting(self) -> tuple[Choice, ...]:
        """The rows this person has neither labelled nor skipped, in order."""
        settled = self._settled()
        return tuple(choice for choice in self._choices if choice.row not in settled)

    @property
    def progress(self) -> Progress:
        """How far this person has come."""
        settled = self._settled()
        done = sum(entry.action == "label" for entry in settled.values())
        return Progress(done=done, skipped=len(settled) - done, left=len(self._choices) - len(settled))

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels in the file that were not undone, everybody's, in order of the rows chosen."""
        people = dict.fromkeys(entry.by for entry in self._entries if entry.action == "label")
        settled = {person: self._settled(person) for person in people}
        return tuple(
            Label(
                row=choice.row,
                label=entry.label,
                by=person,
                at=entry.at,
                why=choice.why,
                stands_for=choice.stands_for,
            )
            for choice in self._choices
            for person in people
            if (entry := settled[person].get(choice.row)) is not None and entry.action == "label"
        )

    def label(self, name: str) -> None:
        """Give the current row a label, in the spelling in which it was used before."""
        if is_missing(name):
            raise UserError(f"{name!r} is not a label.", hint="Type the name of a class, or skip the row.")
        tidy = " ".join(name.split())
        known = {spelling_key(each): each for each in reversed(self.classes)}
        self._settle("label", known.get(spelling_key(tidy), tidy))

    def skip(self) -> None:
        """Leave the current row without a label."""
        self._settle("skip", "")

    def undo(self) -> Choice | None:
        """Take back this person's last label or skip; returns the row, which comes next again."""
        settled = self._settled()
        if not settled:
            return None
        row = list(settled)[-1]
        self._append([_Entry(at=self._now(), by=self.by, action="undo", row=row)])
        return next(choice for choice in self._choices if choice.row == row)

    def _used(self) -> list[str]:
        return [*self._offered, *(entry.label for entry in self._entries if entry.action == "label")]

    def _settled(self, by: str | None = None) -> dict[int, _Entry]:
        """A person's standing labels and skips by row, the latest last."""
        settled: dict[int, _Entry] = {}
        for entry in self._entries:
            if entry.by != (by or self.by) or entry.action == "chosen":
                continue
            settled.pop(entry.row, None)
            if entry.action != "undo":
                settled[entry.row] = entry
        return settled

    def _settle(self, action: Action, label: str) -> None:
        choice = self.current
        if choice is None:
            raise UserError("All chosen rows are labelled or skipped.", hint="Choose more rows, or undo.")
        self._append([_Entry(at=self._now(), by=self.by, action=action, row=choice.row, label=label)])

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    def _add(self, choices: Sequence[Choice]) -> None:
        there = {entry.row for entry in self._entries if entry.action == "chosen"}
        fresh = [choice for choice in choices if choice.row not in there]
        entries = [
            _Entry(
                at=self._now(),
                by=self.by,
                action="chosen",
                row=choice.row,
                why=choice.why,
                stands_for=choice.stands_for,
                text=short(sha256_of(choice.text)),
            )
            for choice in fresh
        ]
        if not self.path.exists():
            write_atomic(self.path, _header_line() + "".join(entry.line() for entry in entries))
            self._entries += entries
        elif entries:
            self._append(entries)

    def _append(self, entries: Sequence[_Entry]) -> None:
        """Add whole lines to the file and wait until they are on the disk."""
        data = "".join(entry.line() for entry in entries).encode()
        try:
            with self.path.open("r+b") as stream:
                _seek_to_end_of_last_line(stream.fileno())
                stream.seek(0, os.SEEK_END)
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise EnvironmentFailure(
                f"The label could not be written: {error.strerror or error}.",
                where=Where(file=self.path),
                hint="What was labelled before is safe. Free some space or allow writing, then go on.",
            ) from error
        self._entries += entries


def _header_line() -> str:
    stream = StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(_HEADER)
    return stream.getvalue()


def _seek_to_end_of_last_line(file: int) -> None:
    """Cut off a line that an interruption left unfinished."""
    size = os.fstat(file).st_size
    tail = os.pread(file, 65_536, max(0, size - 65_536))
    os.ftruncate(file, size - len(tail) + tail.rfind(b"\n") + 1)


def _read(path: Path) -> list[_Entry]:
    if not path.exists():
        return []
    text = path.read_bytes().decode(errors="replace")
    lines = StringIO(text[: text.rfind("\n") + 1], newline="")
    reader = csv.reader(lines)
    if tuple(next(reader, ())) != _HEADER:
        raise DataError(
            f"{path.name!r} is not a file of labels made here.",
            where=Where(file=path, line=1),
            hint="Move it away or name another file.",
        )
    return [_entry(cells, path, reader.line_num) for cells in reader]


def _entry(cells: Sequence[str], path: Path, line: int) -> _Entry:
    try:
        at, by, action, row, label, why, stands_for, text = map(restored, cells)
        if action not in get_args(Action):
            raise ValueError(action)
        return _Entry(
            at=at,
            by=by,
            action=action,  # type: ignore[arg-type]  # checked in the line above
            row=int(row),
            label=label,
            why=why,
            stands_for=int(stands_for),
            text=text,
        )
    except ValueError as error:
        raise DataError(
            f"Line {line:,} of {path.name!r} was changed by hand and cannot be read.",
            where=Where(file=path, line=line),
            hint="Put the line right or delete it; the other lines are fine.",
        ) from error


def _choices(entries: Sequence[_Entry], table: Table, columns: Columns, path: Path) -> tuple[Choice, ...]:
    """The chosen rows with their texts; the file must be about this table."""
    chosen = [entry for entry in entries if entry.action == "chosen"]
    texts = _texts(table, columns, [entry.row for entry in chosen])
    for entry in chosen:
        if entry.row not in texts or short(sha256_of(texts[entry.row][0])) != entry.text:
            raise DataError(
                f"{path.name!r} holds labels for other rows: row {entry.row:,} of "
                f"{table.path.name!r} has changed.",
                where=Where(file=path),
                hint="Use the data file that was labelled, or start a new file of labels.",
            )
    return tuple(
        Choice(
            row=entry.row,
            text=texts[entry.row][0],
            segments=texts[entry.row][1],
            why="random" if entry.why == "random" else "spread",
            stands_for=entry.stands_for,
        )
        for entry in chosen
    )


def _texts(
    table: Table, columns: Columns, rows: Sequence[int]
) -> dict[int, tuple[str, Mapping[str, str | None]]]:
    listed = ", ".join(map(str, rows)) or "-1"
    segments = "".join(f", {table.sql(name)}" for name in columns.segments)
    found = table.store.query(
        f"SELECT row, {input_text(table, columns)}{segments} FROM {table.name} WHERE row IN ({listed})"  # noqa: S608
    )
    return {row: (text, dict(zip(columns.segments, values, strict=True))) for row, text, *values in found}


def write_labelled(
    path: Path,
    table: Table,
    session: LabelSession,
    *,
    label: str = "label",
    decided: Mapping[int, tuple[str, str]] | None = None,
) -> int:
    """Write the whole table with the labels people gave, as CSV; returns how many rows have one.

    The label is what most people said (empty where they are split), in the column ``label``, which
    keeps what it had. ``label_source`` says who, ``chosen`` why; with several people there is a
    column for each. ``decided`` has the label of rows on which people differed, and who decided it.
    """
    settled = decided or {}
    said: dict[int, dict[str, str]] = {}
    why: dict[int, str] = {}
    for each in session.labels:
        said.setdefault(each.row, {})[each.by] = each.label
        why[each.row] = each.why
    people = sorted({person for labels in said.values() for person in labels})
    own = [f"{label} ({person})" for person in people] if len(people) > 1 else []
    kept = [name for name in table.columns if name not in {label, "label_source", "chosen", *own}]

    def rows() -> Iterable[list[str | None]]:
        for batch in table.batches(size=5_000):
            old = batch.columns.get(label, [None] * len(batch.numbers))
            for place, row in enumerate(batch.numbers):
                labels = said.get(row, {})
                yield [
                    *(batch.columns[name][place] for name in kept),
                    settled.get(row, ("",))[0] or _majority(labels.values()) or old[place],
                    _source(labels, settled.get(row)),
                    why.get(row),
                    *(labels.get(person) for person in people if own),
                ]

    write_csv(path, [*kept, label, "label_source", "chosen", *own], rows())
    return sum(row in settled or _majority(labels.values()) is not None for row, labels in said.items())


def _source(people: Iterable[str], decision: tuple[str, str] | None) -> str | None:
    names = ", ".join(people) or None
    return names if decision is None else f"{names}; decided by {decision[1]}"


def _majority(labels: Iterable[str]) -> str | None:
    ranked = Counter(labels).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]
