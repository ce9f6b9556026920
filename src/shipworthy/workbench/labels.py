"""Labelling: choose rows worth a label, take labels one at a time, write the labelled file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, SpecError, UserError, Where
from shipworthy.core.files import readable

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.datasets.labelling import LabelSession
    from shipworthy.workbench.workspace import Workspace

__all__ = ["LabelProgress", "Labelling", "RowToLabel", "answer_from", "label_feature"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowToLabel:
    """A row that waits for a label."""

    row: int
    """Row number in the file."""
    text: str
    """What to judge. Nothing that a model said is shown beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelProgress:
    """How far somebody has come."""

    feature: str
    """The feature."""
    by: str
    """Who labels."""
    labels: str
    """The file that keeps every label, by whom and when."""
    labelled: str
    """The file of examples with their labels, which feature.yaml names."""
    done: int
    """Rows labelled."""
    skipped: int
    """Rows skipped."""
    left: int
    """Rows to come."""
    classes: tuple[str, ...]
    """Labels in use."""
    waiting: tuple[RowToLabel, ...]
    """The rows to come."""


@dataclass(frozen=True, slots=True)
class Labelling:
    """A session under way, and what it will be written to."""

    feature: str
    """The feature."""
    session: LabelSession
    """Takes the labels."""
    labelled: Path
    """Where the labelled examples go."""

    @property
    def progress(self) -> LabelProgress:
        """How far it is."""
        session, done = self.session, self.session.progress
        settled = {choice.row for choice in session.choices[: len(session.choices) - done.left]}
        waiting = [choice for choice in session.choices if choice.row not in settled]
        return LabelProgress(
            feature=self.feature,
            by=session.by,
            labels=str(session.path),
            labelled=str(self.labelled),
            done=done.done,
            skipped=done.skipped,
            left=done.left,
            classes=session.classes,
            waiting=tuple(RowToLabel(row=choice.row, text=choice.text) for choice in waiting[-done.left :])
            if done.left
            else (),
        )


@contextmanager
def label_feature(
    workspace: Workspace,
    name: str,
    *,
    by: str,
    rows: int = 100,
    classes: Sequence[str] = (),
    clock: Clock | None = None,
) -> Iterator[Labelling]:
    """Open a labelling session; the labelled file is written when it ends, however it ends.

    The first time, ``rows`` rows are chosen: half by lot, so that estimates stay honest, half spread
    over segments and kinds of text. Every label is on the disk before the next row is shown.

    Raises:
        UserError: the feature has no file to label, or ``by`` is empty.
    """
    from shipworthy.datasets.choosing import choose_rows
    from shipworthy.datasets.labelling import LabelSession, write_labelled
    from shipworthy.datasets.table import open_table
    from shipworthy.evals.spec import load_feature
    from shipworthy.workbench.features import columns_of

    spec, file = load_feature(workspace.feature_file(name))
    source = spec.data.to_label
    if source is None or spec.data.file is None:
        raise SpecError(
            f"The feature {name!r} names no file to label.",
            where=file.where(("data",)),
            hint="Write 'to_label: data/FILE' for the rows, and 'file: data/labelled.csv' for the result.",
        )
    folder = file.path.parent
    columns = columns_of(spec.data)
    labels = folder / "data" / "labels.csv"
    with open_table(readable(folder / source)) as table:
        fresh = not labels.exists()
        choices = choose_rows(table, columns, n=rows, seed=spec.data.seed) if fresh else ()
        session = LabelSession(
            labels,
            table=table,
            columns=columns,
            by=by,
            clock=clock or SystemClock(),
            choices=choices,
            classes=classes,
        )
        labelled = folder / spec.data.file
        try:
            yield Labelling(feature=name, session=session, labelled=labelled)
        finally:
            if session.progress.done:
                write_labelled(labelled, table, session, label=spec.data.label)


def answer_from(session: LabelSession, answers: Path) -> None:
    """Take labels from JSON Lines such as ``{"row": 12, "label": "bug"}``; other rows are skipped.

    Raises:
        DataError: a line is not of that form.
    """
    given: dict[int, str] = {}
    for number, line in enumerate(readable(answers).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            given[int(item["row"])] = str(item["label"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"This line is not an answer: {line[:60]!r}.",
                where=Where(file=answers, line=number),
                hint='Write one JSON object per line, for instance {"row": 12, "label": "bug"}.',
            ) from error
    if not given:
        raise UserError("The file of answers is empty.", where=Where(file=answers))
    while (choice := session.current) is not None:
        if choice.row in given:
            session.label(given[choice.row])
        else:
            session.skip()
