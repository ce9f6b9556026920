"""The Candidate port: one way to build a feature, and what it answers.

A candidate knows nothing about labels of the test set, bars or verdicts. It is fitted on
training rows (baselines and trained classifiers use them, the others ignore them) and then
answers batches of examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["Answers", "Candidate", "Fitted", "OutOfFold", "Status", "TrainingSet"]

Status = Literal["ok", "refused", "invalid", "timeout", "error"]
"""How a call ended. Anything but ok stays in the denominator and counts as wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSet:
    """What a candidate may learn from."""

    texts: Sequence[str]
    """Inputs."""
    labels: IntArray
    """Class codes, one per text."""
    classes: tuple[str, ...]
    """Names of all classes, of training and test together."""
    groups: IntArray
    """Rows with the same number belong together and never stand on both sides of a fold."""
    seed: int
    """Seed for folds and estimators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a candidate said about a batch, one entry per example."""

    outputs: Sequence[str | None]
    """The label answered (jobs other than ``classify``: the output as JSON text); None unless it is ok."""
    statuses: Sequence[Status]
    """How each call ended."""
    confidence: Sequence[float | None] | None = None
    """Confidence of the answer, 0 to 1, where the candidate gives one."""
    proba: FloatArray | None = None
    """(n, K) probabilities in the order of the classes, where the candidate gives them."""
    details: Sequence[str | None] | None = None
    """Why a call did not end well."""
    checks: Sequence[Mapping[str, float]] | None = None
    """What the job's checks say about each output, by name (not for ``classify``)."""
    calls: Sequence[Mapping[str, float | str | None]] | None = None
    """Columns of the log about the calls behind each output: tokens, cost, price source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfFold:
    """Predictions for training rows by models that never saw them."""

    proba: FloatArray
    """(n, K) calibrated probabilities."""
    raw: FloatArray
    """The same before calibration."""
    temperature: float
    """The calibration's one parameter; 1 where nothing was calibrated."""


class Fitted(Protocol):
    """A candidate ready to answer."""

    @property
    def version(self) -> str:
        """Hash of everything that determines its outputs."""
        ...

    @property
    def out_of_fold(self) -> OutOfFold | None:
        """Predictions for the training rows, where the candidate was trained here."""
        ...

    def answer(self, batch: Sequence[Example]) -> Answers:
        """Answer a batch, in order. A failing row never ends the run."""
        ...


class Candidate(Protocol):
    """One way to build a feature."""

    @property
    def name(self) -> str:
        """Its name in feature.yaml."""
        ...

    @property
    def kind(self) -> str:
        """trained, callable, recorded, majority or keyword."""
        ...

    @property
    def words(self) -> str:
        """What it is, in one sentence."""
        ...

    def fit(self, train: TrainingSet) -> Fitted:
        """Get ready on the training rows."""
        ...
