"""How sure it is that a whole record is right, learnt from labelled documents.

A single value's confidence grades the reason for it. Whether all that a label asks for is right depends on
more: on which fields count, and on how often nothing was found because there is nothing. Both, and the scale,
come from training rows; the result is a probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from shipworthy.evals.checks.records import RecordCase, record_judged
from shipworthy.evals.jobs.outputs import Record

__all__ = ["RecordConfidence", "fitted_confidence"]

_FEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConfidence:
    """From a record to the probability that it is right."""

    empty: Mapping[str, float]
    """Field that counts to how often finding nothing for it was right."""
    slope: float
    """Of the logistic function of the weakest field."""
    intercept: float
    """Of the same function."""

    def weakest(self, record: Record) -> float:
        """The confidence of the field that is least sure."""
        return min(
            record.fields[name].confidence
            if name in record.fields and record.fields[name].state == "found"
            else share
            for name, share in self.empty.items()
        )

    def of(self, record: Record) -> float:
        """The probability that the record is right."""
        return 1 / (1 + exp(-(self.intercept + self.slope * self.weakest(record))))


def fitted_confidence(cases: Sequence[RecordCase]) -> RecordConfidence | None:
    """Learn it from records beside their labels; None from fewer than 20, or if none is right or none wrong.

    Platt's scaling (1999) of the weakest field, with a light quadratic penalty.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    right = np.array([record_judged(case) == "right" for case in cases], dtype=bool)
    if len(cases) < _FEWEST or right.all() or not right.any():
        return None
    names = sorted({name for case in cases for name in case.label.fields})
    empty = {name: _empty_is_right(cases, name) for name in names}
    plain = RecordConfidence(empty=empty, slope=1.0, intercept=0.0)
    weakest = np.array([[plain.weakest(case.output)] for case in cases])
    model = LogisticRegression(C=100.0).fit(weakest, right)
    return RecordConfidence(empty=empty, slope=float(model.coef_[0, 0]), intercept=float(model.intercept_[0]))


def _empty_is_right(cases: Sequence[RecordCase], name: str) -> float:
    """How often there was nothing where nothing was found (Laplace's rule of succession)."""
    empty = [
        case.label.fields[name].value is None
        for case in cases
        if name in case.label.fields
        and (name not in case.output.fields or case.output.fields[name].state != "found")
    ]
    return (sum(empty) + 1) / (len(empty) + 2)
