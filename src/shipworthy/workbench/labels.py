"""Labelling: choose rows worth a label, take labels one at a time, write the labelled file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, SpecError, UserError, Where
from shipworthy.core.files import readable
from shipworthy.evals.labelling.agreement import AgreementLine

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.datasets.labelling import LabelSession
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "LabelProgress",
    "Labelling",
    "RowToLabel",
    "answer_from",
    "decided_classes",
    "label_feature",
    "refuse_to_overwrite",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowToLabel:
    """A row that waits for a label."""

    row: int
    """Row number in the file."""
    text: str
    """What to judge. Nothing that a model said is shown beside it."""
    options: tuple[Any, ...] = ()
    """Of a row to be decided: the different labels that people gave, without saying who gave which."""


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
    job: str = "classify"
    """What the feature does."""
    agreement: tuple[AgreementLine, ...] = ()
    """How far people agree who labelled the same rows."""
    differing: int = 0
    """Rows on which people differ and nobody has decided."""
    caution: str | None = None
    """What to keep in mind about rows that were chosen by a candidate's doubt."""


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
        return LabelProgress(
            feature=self.feature,
            by=session.by,
            labels=str(session.path),
            labelled=str(self.labelled),
            done=done.done,
            skipped=done.skipped,
            left=done.left,
            classes=session.classes,
            waiting=tuple(RowToLabel(row=choice.row, text=choice.text) for choice in session.waiting),
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
    spec.only_classify("shipworthy label")
    source = spec.data.to_label
    if source is None or spec.data.file is None:
        raise SpecError(
            f"The feature {name!r} names no file to label.",
            where=file.where(("data",)),
            hint="Write 'to_label: data/FILE' for the rows, and 'file: data/labelled.csv' for the result.",
        )
    folder = file.path.parent
    columns = columns_of(spec.data)
    labels, labelled = folder / "data" / "labels.csv", folder / spec.data.file
    refuse_to_overwrite(labelled, {folder / source, labels}, file.where(("data", "file")))
    with open_table(folder / source) as table:
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
        started = labels.read_bytes()
        try:
            yield Labelling(feature=name, session=session, labelled=labelled)
        except BaseException:
            if fresh and labels.read_bytes() == started:  # nobody has labelled a row
                labels.unlink()
            raise
        finally:
            decided = decided_classes(folder)
            if session.progress.done or decided:
                write_labelled(labelled, table, session, label=str(spec.data.label), decided=decided)


def decided_classes(folder: Path) -> dict[int, tuple[str, str]]:
    """Label and who decided it, of rows on which people differed."""
    from shipworthy.evals.labelling.session import decisions

    return {row: (str(said.label), said.by) for row, said in decisions(folder / "labels").items()}


def refuse_to_overwrite(
    labelled: Path, sources: set[Path], where: Where, *, kinds: Sequence[str] = (".csv",)
) -> None:
    """Labelled rows go to a file of their own.

    Raises:
        SpecError: it is one of the sources, or of a kind that is not written.
    """
    if labelled.resolve() in {path.resolve() for path in sources}:
        raise SpecError(
            f"Labelling would overwrite {labelled.name!r}.",
            where=where,
            hint="Name another file for the result: 'file: data/labelled.csv'.",
        )
    if labelled.suffix.lower() not in kinds:
        raise SpecError(
            f"Labelled rows are written as CSV, not as {labelled.suffix or 'a file without ending'!r}.",
            where=where,
            hint="Name a CSV file for the result: 'file: data/labelled.csv'.",
        )


def answer_from(session: LabelSession, answers: Path) -> None:
    """Take labels from a file; rows that it does not name are skipped.

    JSON Lines such as ``{"row": 12, "label": "bug"}``, or CSV with the columns ``row`` and ``label``.

    Raises:
        DataError: a line is not of that form, or is about a row that was not chosen; then no label
            is taken.
    """
    given = _answers(answers, {choice.row for choice in session.choices})
    while (choice := session.current) is not None:
        if choice.row in given:
            session.label(given[choice.row])
        else:
            session.skip()


def _answers(path: Path, chosen: set[int]) -> dict[int, str]:
    """Row to label, as a file of answers has them."""
    try:
        lines = readable(path).read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise DataError(
            "This file is not UTF-8 text.", where=Where(file=path), hint="Save it as UTF-8 and try again."
        ) from None
    if path.suffix.lower() == ".csv":
        from shipworthy.workbench.label_answers import read_answers

        lines = [json.dumps(item) for _, item in read_answers(path)]
    given: dict[int, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = Where(file=path, line=number)
        try:
            item = json.loads(line)
            row, label = int(item["row"]), " ".join(item["label"].split())
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise DataError(
                f"This line is not an answer: {line[:60]!r}.", where=where, hint=_ANSWER
            ) from error
        if row not in chosen:
            raise DataError(
                f"Row {row:,} was not chosen to be labelled.",
                where=where,
                hint="The rows to label: shipworthy label FEATURE --json",
            )
        if not label:
            raise DataError(f"Row {row:,} has an empty label.", where=where, hint=_ANSWER)
        given[row] = label
    if not given:
        raise UserError("The file of answers is empty.", where=Where(file=path))
    return given


_ANSWER = 'Write one JSON object per line, for instance {"row": 12, "label": "bug"}.'
