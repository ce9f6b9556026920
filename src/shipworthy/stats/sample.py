"""A test set with what a candidate said about it, as arrays: what every metric is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.core.errors import DataError, UserError, Where, nearest
from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FAILED", "Sample", "one_row_per_example"]

FAILED = -1
"""The prediction code of a row that gave no usable output: refused, invalid, timed out or broken."""

_SUM_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Labels and predictions of n rows over K classes.

    A row without a usable output keeps its place: its prediction is -1, it stays in every
    denominator and it counts as wrong.

    Raises:
        DataError: Arrays of different lengths, codes outside the classes, a confidence or
            probability outside 0 to 1, probabilities that do not add up to 1.
    """

    labels: IntArray
    """(n,) the right class of each row, as a position in ``classes``."""
    predictions: IntArray
    """(n,) the predicted class of each row, or -1 where there was no usable output."""
    classes: tuple[str, ...]
    """The K class names. Of two classes the second is the positive one."""
    confidence: FloatArray | None = None
    """(n,) how sure the candidate was of its prediction, 0 to 1; NaN only in failed rows."""
    proba: FloatArray | None = None
    """(n, K) the probability given to each class; NaN only in failed rows."""
    clusters: IntArray | None = None
    """(n,) rows with the same code belong together (one customer, one document, one repeated example)."""
    seed: int = 0
    """Seed of whatever is drawn at random from this sample."""

    def __post_init__(self) -> None:
        _check_classes(self.classes)
        n = len(self.labels)
        for name in ("labels", "predictions", "confidence", "clusters"):
            _check_length(name, getattr(self, name), n)
        _check_codes("labels", self.labels, self.classes, lowest=0)
        _check_codes("predictions", self.predictions, self.classes, lowest=FAILED)
        if self.confidence is not None:
            _check_range("confidence", self.confidence, self.predictions)
        if self.proba is not None:
            _check_proba(self.proba, self.predictions, len(self.classes))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.labels)

    @property
    def correct(self) -> BoolArray:
        """(n,) whether each prediction is right; a failed row is not."""
        return np.asarray(self.labels == self.predictions)

    @property
    def positive(self) -> int:
        """Position of the positive class: the second of two.

        Raises:
            UserError: There are not two classes, so one has to be named.
        """
        if len(self.classes) != 2:
            raise UserError(
                f"There are {len(self.classes)} classes, so one has to be named.",
                hint=nearest("", self.classes),
            )
        return 1

    def take(self, rows: BoolArray | IntArray) -> Sample:
        """The sample of some rows only, chosen by a mask or by positions; classes and seed stay."""
        return Sample(
            labels=self.labels[rows],
            predictions=self.predictions[rows],
            classes=self.classes,
            confidence=None if self.confidence is None else self.confidence[rows],
            proba=None if self.proba is None else self.proba[rows],
            clusters=None if self.clusters is None else self.clusters[rows],
            seed=self.seed,
        )

    def code(self, class_: str) -> int:
        """Position of a class name.

        Raises:
            UserError: There is no such class; the message names the nearest one.
        """
        if class_ not in self.classes:
            raise UserError(f"There is no class {class_!r}.", hint=nearest(class_, self.classes))
        return self.classes.index(class_)


def one_row_per_example(example_ids: Sequence[str], clusters: IntArray | None = None) -> None:
    """Refuse repeats of an example that would be counted as independent rows.

    Ten repeats of each example, pooled as if independent, give "95%" intervals that cover the truth 70%
    of the time.

    Args:
        example_ids: (n,) the example of each row.
        clusters: (n,) codes of rows that belong together; repeats are fine inside one cluster.

    Raises:
        DataError: An example has several rows that share no cluster.
    """
    first: dict[str, int] = {}
    for row, example in enumerate(example_ids):
        earlier = first.setdefault(example, row)
        if earlier != row and (clusters is None or clusters[earlier] != clusters[row]):
            raise DataError(
                f"Example {example!r} has several rows (rows {earlier:,} and {row:,}), which would be counted"
                " as if they were independent.",
                where=Where(field="example_id"),
                hint="Keep one row for each example, or put the repeats of an example in one cluster.",
            )


def _check_classes(classes: tuple[str, ...]) -> None:
    if len(set(classes)) != len(classes):
        twice = next(name for name in classes if classes.count(name) > 1)
        raise DataError(f"The class {twice!r} is listed twice.", where=Where(field="classes"))


def _check_length(name: str, values: IntArray | FloatArray | None, n: int) -> None:
    if values is None:
        return
    if values.ndim != 1 or len(values) != n:
        raise DataError(
            f"{name!r} has the shape {values.shape}, but there are {n:,} labels.", where=Where(field=name)
        )
    if name != "confidence" and values.dtype.kind not in "iu":
        raise DataError(
            f"{name!r} must hold whole-number codes, not {values.dtype}.", where=Where(field=name)
        )


def _check_codes(name: str, codes: IntArray, classes: tuple[str, ...], *, lowest: int) -> None:
    bad = np.flatnonzero((codes < lowest) | (codes >= len(classes)))
    if bad.size:
        raise DataError(
            f"Row {bad[0]:,} of {name!r} has the code {codes[bad[0]]}, but there are {len(classes)} classes.",
            where=Where(field=name),
        )


def _check_range(name: str, values: FloatArray, predictions: IntArray) -> None:
    rows = values if values.ndim == 2 else values[:, None]
    usable = (rows >= 0) & (rows <= 1) | np.isnan(rows) & (predictions == FAILED)[:, None]
    bad = np.flatnonzero(~usable.all(axis=1))
    if bad.size:
        value = rows[bad[0]][~usable[bad[0]]][0]
        raise DataError(
            f"Row {bad[0]:,} of {name!r} holds {value}, which is not a number from 0 to 1.",
            where=Where(field=name),
            hint="Give a probability; a percentage has to be divided by 100.",
        )


def _check_proba(proba: FloatArray, predictions: IntArray, k: int) -> None:
    if proba.shape != (len(predictions), k):
        raise DataError(
            f"'proba' has the shape {proba.shape}, but {len(predictions):,} rows and {k} classes need one"
            " column for each class.",
            where=Where(field="proba"),
        )
    _check_range("proba", proba, predictions)
    totals = proba.sum(axis=1)
    bad = np.flatnonzero(np.abs(totals - 1) > _SUM_TOLERANCE)
    if bad.size:
        raise DataError(
            f"The probabilities of row {bad[0]:,} add up to {totals[bad[0]]:.4g}, not to 1.",
            where=Where(field="proba"),
        )
