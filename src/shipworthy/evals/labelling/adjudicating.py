"""Rows on which two people differ are decided by somebody who does not see who said what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import UserError
from shipworthy.datasets.labelling import Progress
from shipworthy.datasets.lines import append_lines
from shipworthy.evals.labelling.session import DECIDED, Said, settled

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock

__all__ = ["Adjudication", "Dispute", "majority_or_none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A row that people labelled differently."""

    row: int
    """Row number."""
    text: str
    """Its input."""
    options: tuple[Any, ...]
    """The different labels, in an order that says nothing about who gave them."""
    sources: tuple[tuple[str, ...], ...]
    """Who gave each of them; whoever decides does not see it."""


class Adjudication:
    """Somebody decides rows that differ.

    Args:
        folder: Where ``decided.jsonl`` is kept.
        said: Label by row, by person.
        texts: Input by row.
        by: Who decides.
        clock: Tells the time.
        same: Whether two labels say the same.
        check: Makes a label what is kept, or raises DataError; given the label and the row's input.
    """

    def __init__(
        self,
        folder: Path,
        *,
        said: Mapping[str, Mapping[int, Any]],
        texts: Mapping[int, str],
        by: str,
        clock: Clock,
        same: Callable[[Any, Any], bool],
        check: Callable[[Any, str], Any],
    ) -> None:
        if not by.strip():
            raise UserError("A decision needs somebody who takes it.", hint="For example --by cleo.")
        self.by = by.strip()
        self.path = folder / DECIDED
        self._clock = clock
        self._check = check
        rows = sorted({row for labels in said.values() for row in labels})
        found = (_dispute(row, texts[row], said, same) for row in rows if row in texts)
        self.disputes: tuple[Dispute, ...] = tuple(one for one in found if len(one.options) > 1)
        self._settled = settled(self.path)

    @property
    def decided(self) -> dict[int, Said]:
        """Every decision that stands, by row, also of rows that people agree on by now."""
        return {row: said for row, said in self._settled.items() if said.label is not None}

    @property
    def waiting(self) -> tuple[Dispute, ...]:
        """Rows that nobody has decided or skipped."""
        return tuple(one for one in self.disputes if one.row not in self._settled)

    @property
    def current(self) -> Dispute | None:
        """The next row."""
        return next(iter(self.waiting), None)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        done = sum(one.row in self.decided for one in self.disputes)
        left = len(self.waiting)
        return Progress(done=done, skipped=len(self.disputes) - done - left, left=left)

    def choose(self, option: int) -> None:
        """Take one of the labels shown, counted from 0."""
        dispute = self._next()
        if not 0 <= option < len(dispute.options):
            raise UserError(f"There is no option {option + 1} for row {dispute.row:,}.")
        self._append("decide", dispute, dispute.options[option], ", ".join(dispute.sources[option]))

    def decide(self, label: Any) -> None:
        """Give a label of one's own.

        Raises:
            DataError: it cannot be used.
        """
        dispute = self._next()
        self._append("decide", dispute, self._check(label, dispute.text), "own")

    def skip(self) -> None:
        """Leave the row undecided."""
        self._append("skip", self._next(), None, None)

    def undo(self) -> int | None:
        """Take back the last decision."""
        mine = [row for row, said in self._settled.items() if said.by == self.by]
        if not mine:
            return None
        append_lines(self.path, [{"at": self._now(), "by": self.by, "action": "undo", "row": mine[-1]}])
        del self._settled[mine[-1]]
        return mine[-1]

    def _next(self) -> Dispute:
        if self.current is None:
            raise UserError("Every row that differs is decided or skipped.")
        return self.current

    def _append(self, action: str, dispute: Dispute, label: Any, source: str | None) -> None:
        at = self._now()
        item = {"at": at, "by": self.by, "action": action, "row": dispute.row}
        kept = item if label is None else item | {"label": label, "source": source}
        append_lines(self.path, [kept])
        self._settled[dispute.row] = Said(row=dispute.row, label=label, by=self.by, at=at, source=source)

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")


def _dispute(
    row: int, text: str, said: Mapping[str, Mapping[int, Any]], same: Callable[[Any, Any], bool]
) -> Dispute:
    groups: list[tuple[Any, list[str]]] = []
    for person in sorted(said):
        if row not in said[person]:
            continue
        label = said[person][row]
        alike = next((people for known, people in groups if same(known, label)), None)
        if alike is None:
            groups.append((label, [person]))
        else:
            alike.append(person)
    groups.sort(key=lambda group: sha256_of(f"{row} {json.dumps(group[0], sort_keys=True)}"))
    return Dispute(
        row=row,
        text=text,
        options=tuple(label for label, _ in groups),
        sources=tuple(tuple(people) for _, people in groups),
    )


def majority_or_none(labels: Sequence[Any], same: Callable[[Any, Any], bool]) -> Any:
    """The first label where all say the same; None where they do not."""
    return labels[0] if labels and all(same(labels[0], other) for other in labels[1:]) else None
