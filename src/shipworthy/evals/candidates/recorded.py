"""Outputs somebody already has, matched to the examples by id or by row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import DataError, Where, nearest
from shipworthy.evals.candidate import Answers, OutOfFold, Status, TrainingSet

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.spec import RecordedSpec
    from shipworthy.stats.arrays import FloatArray

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
            DataError: a column is missing, an id occurs twice, a confidence is not in 0 to 1, or
                the probabilities of a row do not add up to 1.
        """
        spec, probabilities = self._spec, self._spec.probabilities or {}
        unknown = sorted(set(probabilities) - set(train.classes))
        if unknown:
            raise DataError(
                f"Probabilities are given for {unknown[0]!r}, which is not a label of the data.",
                where=Where(field=f"candidates.{spec.name}.probabilities"),
                hint=nearest(unknown[0], train.classes),
            )
        file = _File.read(self._path, [spec.id, spec.output, spec.confidence, *probabilities.values()])
        shares = {label: file.shares(column) for label, column in probabilities.items()}
        file.check_totals(list(shares.values()))
        return _FittedRecorded(
            rows=file.places(spec.id),
            by_id=spec.id is not None,
            outputs=file.columns[spec.output],
            confidence=file.shares(spec.confidence) if spec.confidence else None,
            proba=[shares.get(name) for name in train.classes] if probabilities else None,
            classes=train.classes,
            version=file.sha256,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """The columns that are needed of a file of outputs."""

    path: Path
    numbers: Sequence[int]
    columns: Mapping[str, Sequence[str | None]]
    sha256: str

    @classmethod
    def read(cls, path: Path, wanted: Sequence[str | None]) -> _File:
        from shipworthy.datasets.table import open_table

        names = list(dict.fromkeys(name for name in wanted if name is not None))
        numbers: list[int] = []
        columns: dict[str, list[str | None]] = {name: [] for name in names}
        with open_table(path) as table:
            for rows in table.batches(names):
                numbers += rows.numbers
                for name in names:
                    columns[name] += rows.columns[name]
            return cls(path=path, numbers=numbers, columns=columns, sha256=table.sha256)

    def places(self, id_column: str | None) -> dict[str, int]:
        """Where each example's row is, by id or by row number."""
        keys = self.columns[id_column] if id_column else [str(number) for number in self.numbers]
        found: dict[str, int] = {}
        for place, key in enumerate(keys):
            if key is None:
                continue
            if key in found:
                raise DataError(
                    f"The id {key!r} occurs twice in {self.path.name!r}.",
                    where=Where(file=self.path, line=self.numbers[place], field=id_column),
                    hint="One row per example is needed.",
                )
            found[key] = place
        return found

    def shares(self, column: str) -> list[float | None]:
        """Numbers from 0 to 1, percentages included; blank is None."""
        return [self._share(value, place, column) for place, value in enumerate(self.columns[column])]

    def _share(self, value: str | None, place: int, column: str) -> float | None:
        text = (value or "").strip()
        if not text:
            return None
        try:
            number = float(text.removesuffix("%").replace(",", ".")) / (100 if text.endswith("%") else 1)
        except ValueError:
            number = math.nan
        if not 0 <= number <= 1:
            raise DataError(
                f"{text[:40]!r} is not a confidence between 0 and 1.",
                where=Where(file=self.path, line=self.numbers[place], field=column),
                hint="Write 0.87 or 87%. Scores on another scale are no confidence: leave the column out.",
            )
        return number

    def check_totals(self, columns: Sequence[Sequence[float | None]]) -> None:
        """Refuse probabilities of one row that do not add up to 1."""
        for place, row in enumerate(zip(*columns, strict=True)):
            total = sum(value or 0.0 for value in row)
            if abs(total - 1) > 0.01 and any(value is not None for value in row):
                raise DataError(
                    f"The probabilities of this row add up to {total:.3g}, not to 1.",
                    where=Where(file=self.path, line=self.numbers[place]),
                    hint="Give one column for every label, or only the confidence.",
                )


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

    def _proba(self, places: Sequence[int | None]) -> FloatArray | None:
        """(n, K) probabilities; a row without an answer has none, an empty cell is 0."""
        if self.proba is None:
            return None
        import numpy as np

        table = np.full((len(places), len(self.classes)), np.nan)
        for row, place in enumerate(places):
            if place is not None and self._output(place) is not None:
                table[row] = [(column[place] or 0.0) if column is not None else 0.0 for column in self.proba]
        return table


def _status(place: int | None, output: str | None) -> Status:
    if place is None:
        return "error"
    return "ok" if output is not None else "invalid"
