"""Candidates of the jobs whose answer is not a class: applications, functions, recorded outputs.

:class:`Checked` is what the run sees: a candidate of the port for ``classify`` whose answers are JSON and
carry what the checks say about them.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import SpecError, Where, nearest
from shipworthy.evals.candidate import Answers, OutOfFold, TrainingSet
from shipworthy.evals.candidates.function import imported
from shipworthy.evals.candidates.recorded import Recorded
from shipworthy.evals.jobs.candidate import JobAnswers
from shipworthy.evals.jobs.outputs import output_to_json
from shipworthy.evals.jobs.reading import read_output
from shipworthy.evals.jobs.scoring import checked
from shipworthy.evals.spec import AppSpec, CallableSpec, RecordedSpec

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.bars import Bar
    from shipworthy.evals.candidate import Status
    from shipworthy.evals.checks.check import Check
    from shipworthy.evals.jobs.candidate import FittedJob, JobBuilder, JobCandidate, Spent, Surroundings
    from shipworthy.evals.jobs.job import JobForm
    from shipworthy.evals.jobs.labels import Label
    from shipworthy.evals.jobs.library import Library
    from shipworthy.evals.jobs.outputs import Output
    from shipworthy.evals.spec import CandidateSpec

__all__ = ["Checked", "FittedChecked", "Panel", "build_job_candidate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What outputs of one feature are held against."""

    form: JobForm
    """The job."""
    checks: Mapping[str, Check]
    """Its checks by name."""
    rule: Bar | None
    """When an output is right; None: the job's own rule."""
    labels: Mapping[str, Label]
    """What is right, by example's id."""
    library: Library
    """The documents."""

    @property
    def right_means(self) -> str:
        """When an output is right, in words."""
        if self.rule is None:
            return self.form.right
        return f"By feature.yaml an output is right when: {self.rule.words}."

    def numbers(self, example: Example, output: Output | None, retrieved: Any = None) -> dict[str, float]:
        """What the log keeps of one output; a failed one is checked as an empty one."""
        case = self.form.case(
            text=example.text,
            label=self.labels[example.id],
            output=self.form.empty if output is None else output,
            documents=self.library,
            retrieved=retrieved,
        )
        return checked(case, self.form, self.checks, self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A candidate whose outputs are checked."""

    name: str
    """Its name in feature.yaml."""
    kind: str
    """app, callable, recorded, nothing or rules."""
    inner: JobCandidate
    """The candidate."""
    panel: Panel
    """What its outputs are held against."""

    @property
    def words(self) -> str:
        """What it is, in one sentence."""
        return self.inner.words

    def fit(self, train: Sequence[Example]) -> FittedChecked:
        """Get it ready on labelled training rows."""
        return FittedChecked(inner=self.inner.fit(train), panel=self.panel, sends_to=self.inner.sends_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedChecked:
    """A candidate ready to answer, seen by the run as any other."""

    inner: FittedJob
    """The candidate."""
    panel: Panel
    """What its outputs are held against."""
    sends_to: str | None
    """The model elsewhere that reads inputs; None: nothing leaves this machine."""
    out_of_fold: OutOfFold | None = None
    """It was not trained here."""

    @property
    def version(self) -> str:
        """Hash of everything that determines its outputs."""
        return self.inner.version

    def answer(self, batch: Sequence[Example]) -> Answers:
        """Outputs as JSON text with what the checks say; the candidate never sees a label of these rows."""
        answers = self.inner.answer([replace(example, label=None) for example in batch])
        outputs = [
            output if status == "ok" else None
            for output, status in zip(answers.outputs, answers.statuses, strict=True)
        ]
        retrieved = answers.retrieved or [None] * len(batch)
        return Answers(
            outputs=[None if output is None else _json(output) for output in outputs],
            statuses=[
                "invalid" if status == "ok" and output is None else status
                for output, status in zip(outputs, answers.statuses, strict=True)
            ],
            confidence=answers.confidence,
            details=answers.details,
            checks=[
                self.panel.numbers(example, output, found)
                for example, output, found in zip(batch, outputs, retrieved, strict=True)
            ],
            calls=None if answers.spent is None else [_columns(spent) for spent in answers.spent],
        )


def _json(output: Output) -> str:
    return json.dumps(output_to_json(output), ensure_ascii=False)


def _columns(spent: Spent | None) -> dict[str, float | str | None]:
    if spent is None:
        return {}
    return {
        "tokens_in": spent.tokens_in,
        "tokens_out": spent.tokens_out,
        "cost": spent.cost,
        "price_source": spent.price_source,
    }


def build_job_candidate(
    spec: CandidateSpec, panel: Panel, *, around: Surroundings, apps: Mapping[str, JobBuilder]
) -> Checked:
    """Make the candidate that ``spec`` describes.

    Args:
        spec: The candidate as feature.yaml has it.
        panel: What its outputs are held against.
        around: What it is given besides its settings.
        apps: The application of each job.

    Raises:
        SpecError: no application does this job, or a setting cannot be used.
    """
    match spec:
        case AppSpec():
            inner: JobCandidate = _app(spec, panel.form.name, around, apps)
        case CallableSpec():
            inner = _Function(spec=spec, around=around, panel=panel)
        case RecordedSpec():
            inner = _RecordedOutputs(spec=spec, around=around, panel=panel)
        case _:
            raise SpecError(f"A candidate of kind {spec.kind!r} does not do the job {panel.form.name!r}.")
    return Checked(name=spec.name, kind=spec.kind, inner=inner, panel=panel)


def _app(spec: AppSpec, job: str, around: Surroundings, apps: Mapping[str, JobBuilder]) -> JobCandidate:
    if job not in apps:
        raise SpecError(f"No application does the job {job!r} here.", hint=nearest(job, apps))
    try:
        return apps[job](spec.settings, around)
    except SpecError as error:
        inside = error.where.field if error.where is not None and error.where.field else "settings"
        where = Where(field=f"candidates.{spec.name}.{inside}")
        raise SpecError(error.message, where=where, hint=error.hint) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    """``module:function``: the question, or the parsed document, goes in and an output comes out."""

    spec: CallableSpec
    around: Surroundings
    panel: Panel
    sends_to: None = None

    @property
    def words(self) -> str:
        return f"Your function {self.spec.function}."

    def fit(self, train: Sequence[Example]) -> _FittedFunction:
        del train
        function = imported(self.spec.function, self.around.folder)
        try:
            source = inspect.getsource(sys.modules[function.__module__])
        except (OSError, TypeError, KeyError, AttributeError):
            source = self.spec.function
        return _FittedFunction(function=function, panel=self.panel, version=sha256_of(source))


Row = tuple["Output | None", "Status", float | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _FittedFunction:
    function: Callable[[Any], Any]
    panel: Panel
    version: str

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        return _answers([self._called(example.text) for example in batch])

    def _called(self, text: str) -> Row:
        given: Any = text
        if self.panel.form.about_documents:
            given = self.panel.library.get(text)
            if given is None:
                return None, "error", None, self.panel.library.problems.get(text, "no such document")
        try:
            result = self.function(given)
        except (Exception, SystemExit) as error:  # noqa: BLE001 (the user's code may do anything; it is counted)
            return None, "error", None, f"{type(error).__name__}: {error}"[:300]
        raw, confidence = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
        return _read(self.panel, raw, text, confidence)


def _read(panel: Panel, raw: Any, text: str, confidence: Any) -> Row:
    number = isinstance(confidence, int | float) and not isinstance(confidence, bool)
    if confidence is not None and not (number and 0 <= confidence <= 1):
        return None, "invalid", None, f"not a confidence between 0 and 1: {confidence!r}"[:300]
    document = text if panel.form.about_documents else None
    try:
        output = read_output(panel.form.name, raw, documents=panel.library, document=document)
    except ValueError as error:
        return None, "invalid", None, str(error)[:300]
    return output, "ok", None if confidence is None else float(confidence), None


def _answers(rows: Sequence[Row]) -> JobAnswers:
    confidence = [row[2] for row in rows]
    return JobAnswers(
        outputs=[row[0] for row in rows],
        statuses=[row[1] for row in rows],
        confidence=None if all(value is None for value in confidence) else confidence,
        details=[row[3] for row in rows],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RecordedOutputs:
    """A file with one output a row, as JSON (an answer may be plain text; blank is an abstention)."""

    spec: RecordedSpec
    around: Surroundings
    panel: Panel
    sends_to: None = None

    @property
    def words(self) -> str:
        return f"Outputs recorded in {self.spec.file.rpartition('/')[2]}."

    def fit(self, train: Sequence[Example]) -> _FittedRecorded:
        import numpy as np

        del train
        if self.spec.probabilities:
            raise SpecError(
                f"The job {self.panel.form.name!r} has no labels, so there are no probabilities of them.",
                where=Where(field=f"candidates.{self.spec.name}.probabilities"),
                hint="Leave them out; 'confidence' names the column with the confidence.",
            )
        none = np.zeros(0, dtype=np.int64)
        nobody = TrainingSet(texts=(), labels=none, classes=(), groups=none, seed=0)
        file = Recorded(self.spec, folder=self.around.folder).fit(nobody)
        return _FittedRecorded(file=file, panel=self.panel, version=file.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FittedRecorded:
    file: Any
    panel: Panel
    version: str

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        kept: Answers = self.file.answer(batch)
        confidence = kept.confidence or [None] * len(batch)
        rows: list[Row] = [
            (None, "error", None, "no row in the file of outputs")
            if status == "error"
            else _read(self.panel, output or "", example.text, sure)
            for example, output, status, sure in zip(
                batch, kept.outputs, kept.statuses, confidence, strict=True
            )
        ]
        return _answers(rows)
