"""Checks of outputs, one registry of them, and the numbers they come to.

A user adds a check in five lines: a function that takes a :class:`~shipworthy.evals.checks.check.Case` and
gives a number from 0 to 1, named in feature.yaml under ``checks:``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.evals.checks.answers import ANSWER_CHECKS
from shipworthy.evals.checks.check import Case, Check, Found, Score, scores_of
from shipworthy.evals.checks.records import RECORD_CHECKS
from shipworthy.evals.checks.summaries import SUMMARY_CHECKS
from shipworthy.evals.checks.texts import ROUGE_CHECKS, has_rouge, own_check
from shipworthy.stats.classification import METRICS, Metric

if TYPE_CHECKING:
    from shipworthy.evals.checks.check import Job
    from shipworthy.evals.spec import OwnCheckSpec

__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "Found",
    "Score",
    "builtin_checks",
    "checks_of",
    "metrics_of",
    "scores_of",
]

CHECKS: tuple[Check, ...] = (*ANSWER_CHECKS, *RECORD_CHECKS, *SUMMARY_CHECKS, *ROUGE_CHECKS)
"""Every built-in check."""


def builtin_checks(job: Job) -> dict[str, Check]:
    """The built-in checks of a job by name."""
    return {check.name: check for check in CHECKS if job in check.jobs}


def checks_of(
    job: Job, own: Mapping[str, OwnCheckSpec], *, folder: Path, named: Iterable[str] = ()
) -> dict[str, Check]:
    """The checks that a review of a feature makes, by name: the built-in ones and the user's own.

    Those that need a library which is not installed are left out unless a bar names them.

    Args:
        job: The feature's job.
        own: The user's checks, from feature.yaml.
        folder: Where their files are.
        named: Checks that must not be left out.

    Raises:
        SpecError: one of the user's cannot be used.
    """
    found = builtin_checks(job)
    if not has_rouge():
        found = {n: c for n, c in found.items() if c not in ROUGE_CHECKS or n in set(named)}
    return found | {name: own_check(name, spec, job=job, folder=folder) for name, spec in own.items()}


def metrics_of(job: str, own: Mapping[str, OwnCheckSpec]) -> dict[str, Metric]:
    """What a bar may name for a job, by name: the metrics of labels, or being right and the job's checks."""
    if job == "classify":
        return METRICS
    shared = {name: METRICS[name] for name in ("accuracy", "calibration_error")}
    mine = [
        Metric(name=c.name, words=c.words, unit=c.unit, better=c.better, per_class=True)
        for c in CHECKS
        if job in c.jobs
    ]
    theirs = [
        Metric(
            name=name,
            words=spec.words or f"Your check {name}.",
            unit="count" if spec.unbounded else "share",
            better=spec.better,
            per_class=True,
        )
        for name, spec in own.items()
    ]
    return shared | {metric.name: metric for metric in (*mine, *theirs)}
