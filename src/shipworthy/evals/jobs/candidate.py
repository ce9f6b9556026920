"""The port of candidates whose job is ``answer``, ``extract`` or ``summarise``.

It has the shape of the port for ``classify`` (``evals.candidate``): fit on training rows, then answer
batches. What an example's ``text`` is depends on the job: a question (``answer``), or the name of a
document below ``Surroundings.documents`` (``extract``, ``summarise``). An example's ``label`` is JSON
(``evals.jobs.labels`` reads it); a candidate may look at labels of training rows, and the test rows it is
given carry none.

An application is such a candidate by exporting a :class:`JobBuilder` from ``apps/<job>/__init__.py``::

    def build_candidate(settings: Mapping[str, Any], around: Surroundings) -> JobCandidate: ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shipworthy.evals.candidate import Status
from shipworthy.evals.jobs.desk import ModelDesk

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.jobs.outputs import Output
    from shipworthy.retrieval.document import Span

__all__ = ["FittedJob", "JobAnswers", "JobBuilder", "JobCandidate", "Spent", "Surroundings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the calls about one example used; None where that is not known."""

    tokens_in: int | None = None
    """Tokens read."""
    tokens_out: int | None = None
    """Tokens written."""
    cost: float | None = None
    """US dollars."""
    price_source: str | None = None
    """Where the price is from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAnswers:
    """What a candidate gave for a batch, one entry per example, in order."""

    outputs: Sequence[Output | None]
    """The outputs (``Answer``, ``Record`` or ``Summary``, as the job is); None unless the status is ok.
    An abstention is an output with status ok."""
    statuses: Sequence[Status]
    """How each ended. A document that cannot be read is ``error``; a bug of one row never ends the run."""
    confidence: Sequence[float | None] | None = None
    """How sure it is that the whole output is right, 0 to 1, where the candidate can say. The threshold
    below which a person takes over is chosen on this number; of an abstention it is how sure the candidate
    is that abstaining is right."""
    details: Sequence[str | None] | None = None
    """Why one did not end well, in words."""
    retrieved: Sequence[Sequence[Span] | None] | None = None
    """What was retrieved for each, best first, where the candidate retrieves."""
    spent: Sequence[Spent | None] | None = None
    """What the model's calls used, where there were any."""


class FittedJob(Protocol):
    """A candidate ready to answer."""

    @property
    def version(self) -> str:
        """Hash of everything that determines its outputs: settings, prompts, model, index."""
        ...

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        """Answer a batch, in order. A failing row never ends the run."""
        ...


class JobCandidate(Protocol):
    """One way to do the job."""

    @property
    def words(self) -> str:
        """What it is, in one sentence with a full stop, for instance: Best sentences, cited; no model."""
        ...

    @property
    def sends_to(self) -> str | None:
        """Title of the model on another machine that will read inputs or documents; None: nothing leaves."""
        ...

    def fit(self, train: Sequence[Example]) -> FittedJob:
        """Get ready: index, calibrate, choose a threshold, on labelled training rows (there may be none).

        What learns nothing may be its own fitted form and return itself.

        Raises:
            UserError: a setting or the documents cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a candidate is given besides its settings."""

    folder: Path
    """The feature's folder: relative paths in settings start here."""
    documents: Path | None = None
    """The folder of ``data.documents``; None where the feature has none."""
    kept: Path | None = None
    """A folder that outlives the run, for an index; None: keep nothing."""
    desk: ModelDesk = field(default_factory=ModelDesk)
    """Where it asks a model: one budget, one cache, and no personal data without leave."""
    seed: int = 0
    """Seed for whatever is random."""


class JobBuilder(Protocol):
    """Makes a candidate from the ``settings:`` of ``feature.yaml``; ``apps/<job>`` exports one."""

    def __call__(self, settings: Mapping[str, Any], around: Surroundings) -> JobCandidate:
        """Make it.

        Raises:
            SpecError: a setting is unknown or cannot be used; ``where`` names it.
        """
        ...
