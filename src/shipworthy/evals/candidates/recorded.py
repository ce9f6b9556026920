"""Outputs somebody already has, matched to the examples by id or by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.evals.candidate import Answers, OutOfFold, Status, TrainingSet

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.spec import RecordedSpec

__all__ = ["Recorded"]


class Recorded:
    """A file of outputs, with confidence or probabilities where it has them.

    A test example without a row in the file has status ``error`` and counts as wrong: leaving it
    out would let a candidate choose its own exam.
    """

    kind = "recorded"

    def __init__(self, spec: RecordedSpec, *, folder: Path) -> None:
        self.name = spec.name
        self.words = f"Outputs recorded in {Path(spec.file).name}."
        self._spec = spec
        self._path = folder / spec.file

    def fit(self, train: TrainingSet) -> _FittedRecorded:
        """Read the file; nothing is learnt.

        Raises:
            DataError: a column is missing, an id occurs twice, a confidence is not in 0 to 1.
        """
        from shipworthy.datasets.table import open_table

        spec = self._spec
        table = open_table(self._path)
        probabilities = spec.probabilities or {}
        for column in (spec.id, spec.output, spec.confidence, *probabilities.values()):
            if column is not None and column not in table.columns:
                raise DataError(
                    f"{self._path.name!r} has no column {column!r}.",
                    where=Where(file=self._path, field=f"candidates.{spec.name}"),
                    hint=nearest(column, table.columns),
                )
        unknown = sorted(set(probabilities) - set(train.classes))
        if unknown:
            raise DataError(
                f"Probabilities are given for {unknown[0]!r}, which is not a label of the data.",
                where=Where(field=f"candidates.{spec.name}.probabilities"),
                hint=nearest(unknown[0], train.classes),
            )
        outputs = table.column(spec.output)
        keys = table.column(spec.id) if spec.id else [str(row + 2) for row in range(len(outputs))]
        numbers = {
            name: _shares(table.column(name), self._path, name)
            for name in (spec.confidence, *probabilities.values())
            if name is not None
        }
        rows: dict[str, int] = {}
        for position, key in enumerate(keys):
            if key is None:
                continue
            if key in rows:
                raise DataError(
                    f"The id {key!r} occurs twice in {self._path.name!r}.",
                    where=Where(file=self._path, line=position + 2, field=spec.id),
                    hint="One row per example is needed.",
                )
            rows[key] = position
        by_class = [numbers.get(probabilities.get(name, "")) for name in train.classes]
        return _FittedRecorded(
            rows=rows,
            by_id=spec.id is not None,
            outputs=outputs,
            confidence=numbers[spec.confidence] if spec.confidence else None,
            proba=by_class if probabilities else None,
            classes=train.classes,
            version=table.sha256,
        )


def _shares(values: Sequence[str | None], path: Path, column: str) -> list[float | None]:
    """Numbers from 0 to 1, percentages included; blank is None."""
    found: list[float | None] = []
    for position, value in enumerate(values):
        if value is None or not value.strip():
            found.append(None)
            continue
        text = value.strip()
        try:
            number = float(text.removesuffix("%").replace(",", ".")) / (100 if text.endswith("%") else 1)
        except ValueError:
            number = math.nan
        if not 0 <= number <= 1:
            raise DataError(
                f"{value[:40]!r} is not a confidence between 0 and 1.",
                where=Where(file=path, line=position + 2, field=column),
                hint="Write 0.87 or 87%. Scores on another scale are not confidences: leave the column out.",
            )
        found.append(number)
    return found


@dataclass(frozen=True, slots=True)
class _FittedRecorded:
    rows: dict[str, int]
    by_id: bool
    outputs: Sequence[str | None]
    confidence: Sequence[float | None] | None
    proba: Sequence[Sequence[float | None] | None] | None
    classes: tuple[str, ...]
    version: str
    out_of_fold: OutOfFold | None = None

    def answer(self, batch: Sequence[Example]) -> Answers:
        places = [self.rows.get(example.id if self.by_id else str(example.row)) for example in batch]
        outputs = [self._output(place) for place in places]
        return Answers(
            outputs=outputs,
            statuses=[_status(place, output) for place, output in zip(places, outputs, strict=True)],
            confidence=self._confidence(places, outputs),
            proba=self._proba(places),
            details=["no row in the file of outputs" if place is None else None for place in places],
        )

    def _output(self, place: int | None) -> str | None:
        value = self.outputs[place] if place is not None else None
        return value.strip() or None if value is not None else None

    def _confidence(
        self, places: Sequence[int | None], outputs: Sequence[str | None]
    ) -> list[float | None] | None:
        if self.confidence is not None:
            return [self.confidence[place] if place is not None else None for place in places]
        if self.proba is None:
            return None
        columns = dict(zip(self.classes, self.proba, strict=True))
        found: list[float | None] = []
        for place, output in zip(places, outputs, strict=True):
            column = columns.get(output) if output is not None else None
            found.append(column[place] if column is not None and place is not None else None)
        return found

    def _proba(self, places: Sequence[int | None]):  # type: ignore[no-untyped-def]
        if self.proba is None:
            return None
        import numpy as np

        table = np.zeros((len(places), len(self.classes)))
        for code, column in enumerate(self.proba):
            if column is not None:
                table[:, code] = [(column[p] or 0.0) if p is not None else 0.0 for p in places]
        return table


def _status(place: int | None, output: str | None) -> Status:
    if place is None:
        return "error"
    return "ok" if output is not None else "invalid"
