"""From outputs to numbers in the log, and from the log to a sample.

The log's ``checks`` hold for every row whether it is right, the kind of failure if it is not, and what
each check says: its share under its name, and where it counts several things, how many under
``<name>.of``. Everything that is measured afterwards is a function of the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shipworthy.evals.checks.check import Check, Score, scores_of
from shipworthy.evals.jobs.job import OUTCOMES
from shipworthy.stats.intervals import mean
from shipworthy.stats.ratios import pooled_ratio
from shipworthy.stats.sample import FAILED, Sample

if TYPE_CHECKING:
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.evals.bars import Bar
    from shipworthy.evals.checks.check import Case
    from shipworthy.evals.jobs.job import JobForm
    from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
    from shipworthy.stats.estimate import Measured

__all__ = ["Rows", "Scored", "checked", "job_rows", "job_sample", "scored_of"]

_OF = ".of"


def checked(case: Case, form: JobForm, checks: Mapping[str, Check], rule: Bar | None) -> dict[str, float]:
    """What the log keeps of a case.

    Args:
        case: The output beside its label.
        form: The job.
        checks: Its checks.
        rule: When an output is right; the job's own rule when None, or where the rule's check says nothing.
    """
    scores: dict[str, Score] = {}
    for check in checks.values():
        scores |= scores_of(check, case)
    outcome = _outcome(form.judge(case), scores, rule)
    found = {OUTCOMES[0]: float(outcome == OUTCOMES[0]), outcome: 1.0}
    for name, score in scores.items():
        found[name] = score.points / score.of
        if score.of != 1:
            found[name + _OF] = score.of
    return found


def _outcome(judged: str, scores: Mapping[str, Score], rule: Bar | None) -> str:
    if rule is None:
        return judged
    score = scores.get(f"{rule.metric}[{rule.class_}]" if rule.class_ else str(rule.metric))
    if score is None:
        return judged
    value = score.points / score.of
    if value >= rule.value if rule.op == ">=" else value <= rule.value:
        return OUTCOMES[0]
    return "wrong" if judged == OUTCOMES[0] else judged


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """What one check says about every row of a candidate."""

    check: Check
    """The check."""
    points: FloatArray
    """(n,) what each row has."""
    of: FloatArray
    """(n,) what each row could have; 0 where the check says nothing about the row."""

    def take(self, rows: BoolArray) -> Scored:
        """Some of the rows."""
        return Scored(check=self.check, points=self.points[rows], of=self.of[rows])

    def measured(self, *, clusters: IntArray | None) -> Measured:
        """The check over all these rows: what they have of what they could have; of a count, the mean."""
        nothing = "this check says nothing about any of these rows"
        if self.check.bounded:
            return pooled_ratio(
                self.points, self.of, clusters=clusters, nothing=nothing, unit=self.check.unit
            )
        rows = self.of > 0
        return mean(self.points[rows], clusters=None if clusters is None else clusters[rows], unit="count")


Rows: TypeAlias = Mapping[str, Sequence[Any]]
"""Columns of a log: output, checks, status, confidence, cost; one entry per example."""


def job_rows(log: PredictionLog, candidate: str) -> Rows:
    """What is needed of one candidate's rows, read once."""
    return log.columns(["output", "checks", "status", "confidence", "cost"], candidate=candidate)


def scored_of(table: Rows, checks: Mapping[str, Check]) -> dict[str, Scored]:
    """What the checks say about a candidate's rows, by name: ``field_f1`` and ``field_f1[total]``."""
    rows = [row or {} for row in table["checks"]]
    order = {name: place for place, name in enumerate(checks)}
    names = dict.fromkeys(name for row in rows for name in row if name.partition("[")[0] in checks)
    found = {}
    for name in sorted(names, key=lambda name: (order[name.partition("[")[0]], "[" in name)):
        if name.endswith(_OF):
            continue
        share = np.array([row.get(name, np.nan) for row in rows], dtype=float)
        of = np.array([row.get(name + _OF, 1.0 if name in row else 0.0) for row in rows], dtype=float)
        points = np.where(of > 0, np.nan_to_num(share) * of, 0.0)
        found[name] = Scored(check=checks[name.partition("[")[0]], points=points, of=of)
    return found


def job_sample(rows: Rows, *, clusters: IntArray | None, seed: int) -> Sample:
    """A candidate's rows as a sample in which every label is "right".

    What a row is (right, or a kind of failure) stands where a class would; a failed row is no answer. A row
    without confidence among rows with one gets confidence 0, so that it is handed over.
    """
    predictions = np.array(
        [
            _code(checks or {}) if status == "ok" else FAILED
            for checks, status in zip(rows["checks"], rows["status"], strict=True)
        ],
        dtype=np.int64,
    )
    confidence = np.array([np.nan if value is None else value for value in rows["confidence"]], dtype=float)
    known = bool(np.isfinite(confidence).any())
    confidence = np.where(predictions == FAILED, np.nan, np.nan_to_num(confidence, nan=0.0))
    return Sample(
        labels=np.zeros(len(predictions), dtype=np.int64),
        predictions=predictions,
        classes=OUTCOMES,
        confidence=confidence if known else None,
        clusters=clusters,
        seed=seed,
    )


def _code(checks: Mapping[str, float]) -> int:
    return next((code for code, name in enumerate(OUTCOMES) if checks.get(name) == 1.0), FAILED)
