"""A review from beginning to end: fit, run, measure, find, decide.

Each step takes values and returns values: the prediction log stands between running and
measuring, the bench between measuring and deciding, and the review is what remains.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from shipworthy.core.errors import DataError, EnvironmentFailure, SpecError, Where
from shipworthy.datasets.duplicates import duplicate_groups
from shipworthy.evals.candidate import Fitted, TrainingSet
from shipworthy.evals.candidates import build_candidate
from shipworthy.evals.candidates.least_cost import LeastCost, cheapest
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.running import Asked, Conduct, Run, run_candidates
from shipworthy.evals.sampling import codes, sample_from_log
from shipworthy.evals.spec import KeywordSpec, MajoritySpec
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import Sample

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example, FrozenDataset
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.evals.candidate import Candidate
    from shipworthy.evals.candidates.model import ModelCandidate
    from shipworthy.evals.jobs.candidate import JobBuilder
    from shipworthy.evals.jobs.candidates import Checked, Panel
    from shipworthy.evals.jobs.scoring import Rows
    from shipworthy.evals.running import Stopped
    from shipworthy.evals.spec import CandidateSpec, FeatureSpec
    from shipworthy.stats.arrays import IntArray

__all__ = [
    "Crew",
    "Material",
    "Request",
    "answered",
    "choose_candidate",
    "fit_all",
    "gather",
    "label_counts",
    "labelled",
    "training_set",
    "versions",
]


AnyCandidate: TypeAlias = "Candidate | ModelCandidate | Checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be reviewed."""

    id: str
    """Review id."""
    spec: FeatureSpec
    """The feature."""
    dataset: FrozenDataset
    """Its frozen examples."""
    folder: Path
    """Where relative paths of candidates start."""
    work: Path
    """A folder for the journal and the prediction log."""
    origin: Literal["bundled", "own", "external"]
    """Where the data come from."""
    clock: Clock
    """The time."""
    progress: Progress
    """Told what is going on."""
    has_settings: bool = True
    """Whether there is a feature.yaml that somebody can change."""
    run_id: str | None = None
    """Id of the run whose rows are in the log; the review's own when left out."""
    conduct: Conduct = field(default_factory=Conduct)
    """How models are asked."""
    apps: Mapping[str, JobBuilder] = field(default_factory=dict)
    """The application of each job, where the workbench knows one."""
    kept: Path | None = None
    """A folder that outlives the review, for an index; None: nothing is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The candidates of a review, fitted, and which of them it is about."""

    candidates: Mapping[str, AnyCandidate]
    """All candidates, baselines included."""
    fitted: Mapping[str, Fitted | Asker]
    """The same, fitted."""
    chosen: str
    """The candidate under review."""
    how_chosen: str
    """How it was chosen."""
    baselines: tuple[str, ...]
    """Names of the baselines."""
    classes: tuple[str, ...]
    """What an answer can be: labels, or right and the kinds of failure."""
    training: TrainingSet | None
    """The training rows as arrays (job ``classify``)."""
    panel: Panel | None = None
    """What outputs are held against (every job but ``classify``)."""
    personal_data: tuple[str, ...] = ()
    """Kinds of personal data found in documents, as sentences."""

    def rows(self, log: PredictionLog) -> Mapping[str, Rows]:
        """Every candidate's rows of the log (every job but ``classify``)."""
        if self.panel is None:
            return {}
        from shipworthy.evals.jobs.scoring import job_rows

        return {name: job_rows(log, name) for name in self.candidates}

    def shown(self, examples: Sequence[Example]) -> tuple[Example, ...]:
        """The rows as a person sees them."""
        if self.panel is None:
            return tuple(examples)
        from shipworthy.evals.jobs.crew import shown

        return tuple(shown(example, self.panel) for example in examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that was run, before anything is said about it."""

    request: Request
    """What was asked."""
    train: tuple[Example, ...]
    """Labelled training rows."""
    test: tuple[Example, ...]
    """Labelled test rows."""
    production: tuple[Example, ...]
    """Rows of a production sample."""
    crew: Crew
    """The candidates."""
    log: PredictionLog
    """What all of them answered."""
    asked: Asked
    """How asking the models ended."""
    samples: Mapping[str, Sample]
    """Per candidate, all test rows."""
    rows: Mapping[str, Rows]
    """Per candidate, its outputs and what checks say about them (every job but ``classify``)."""

    @property
    def chosen(self) -> str:
        """The candidate under review."""
        return self.crew.chosen

    @property
    def fitted(self) -> Mapping[str, Fitted | Asker]:
        """All candidates, fitted."""
        return self.crew.fitted


def gather(request: Request) -> Material:
    """Fit and run every candidate on the frozen dataset.

    Raises:
        UserError: the data or a candidate cannot be used; nothing has been written that stays.
    """
    dataset, spec = request.dataset, request.spec
    train, test = labelled(dataset, "train"), labelled(dataset, "test")
    if not test:
        raise DataError(
            "There are no labelled test rows.",
            where=Where(field="data"),
            hint="Label some rows first: shipworthy label FEATURE",
        )
    crew = _crew(request, train, test)
    log, asked = run_candidates(
        _run(request, crew),
        split="test",
        work=request.work,
        clock=request.clock,
        progress=request.progress,
        conduct=request.conduct,
    )
    if asked.stopped is not None:
        test = answered(test, asked.stopped)
    clusters = codes([example.cluster for example in test]) if spec.data.cluster else None
    production = dataset.examples("production") if "production" in dataset.splits else ()
    rows = crew.rows(log)
    return Material(
        request=request,
        train=crew.shown(train),
        test=crew.shown(test),
        production=crew.shown(tuple(production)),
        crew=crew,
        log=log,
        asked=asked,
        samples={name: _sample(request, crew, log, name, rows, clusters) for name in crew.candidates},
        rows=rows,
    )


def _sample(
    request: Request,
    crew: Crew,
    log: PredictionLog,
    name: str,
    rows: Mapping[str, Rows],
    clusters: IntArray | None,
) -> Sample:
    seed = request.spec.data.seed
    if name not in rows:
        return sample_from_log(log, name, crew.classes, clusters=clusters, seed=seed)
    from shipworthy.evals.jobs.scoring import job_sample

    return job_sample(rows[name], clusters=clusters, seed=seed)


def _crew(request: Request, train: Sequence[Example], test: Sequence[Example]) -> Crew:
    if request.spec.job != "classify":
        from shipworthy.evals.jobs.crew import job_crew

        return job_crew(request, train, test)
    spec, classes = request.spec, request.dataset.classes
    training = training_set(train, classes, spec.data.seed) if train else None
    specs, baselines = _all_candidates(spec, has_training=training is not None)
    servers = request.conduct.servers
    candidates = {one.name: build_candidate(one, folder=request.folder, servers=servers) for one in specs}
    basis = training or _from_test(test, classes, spec.data.seed)
    fitted = fit_all(candidates, basis, spec=spec, progress=request.progress)
    chosen, how = choose_candidate(spec, fitted, basis)
    return Crew(
        candidates=candidates,
        fitted=fitted,
        chosen=chosen,
        how_chosen=how,
        baselines=baselines,
        classes=classes,
        training=training,
    )


def _run(request: Request, crew: Crew) -> Run:
    data = request.spec.data
    return Run(
        id=request.run_id or request.id,
        feature=request.spec.name,
        dataset=request.dataset,
        candidates=crew.fitted,
        segments=data.all_segments,
        label_source=data.label_source,
        seed=data.seed,
        structured=crew.panel is not None,
    )


def fit_all(
    candidates: Mapping[str, Candidate | ModelCandidate],
    basis: TrainingSet,
    *,
    spec: FeatureSpec,
    progress: Progress,
) -> dict[str, Fitted | Asker]:
    """Get every candidate ready, answering as feature.yaml asks for."""
    fitted: dict[str, Fitted | Asker] = {}
    for position, (name, candidate) in enumerate(candidates.items()):
        progress(f"{name} gets ready", position, len(candidates))
        fitted[name] = _deciding(candidate.fit(basis), spec, basis.classes)
    return fitted


def answered(test: Sequence[Example], stopped: Stopped) -> tuple[Example, ...]:
    """The rows that every candidate has answered, of a run that ended early.

    Raises:
        EnvironmentFailure: there is none.
    """
    known = set(stopped.examples)
    if not known:
        raise EnvironmentFailure(
            f"No row was answered: {stopped.reason}", hint="Raise the budget (--budget), and resume."
        )
    return tuple(example for example in test if example.id in known)


def _deciding(fitted: Fitted | Asker, spec: FeatureSpec, classes: tuple[str, ...]) -> Fitted | Asker:
    """The candidate as it is, or answering what costs least where feature.yaml asks for that."""
    if spec.decide == "most_likely" or spec.costs is None:
        return fitted
    costs = spec.costs.matrix(classes)
    if isinstance(fitted, Asker):
        fitted.decide = lambda proba: cheapest(proba, classes, costs)
        return fitted
    return LeastCost(inner=fitted, classes=classes, costs=costs)


def labelled(dataset: FrozenDataset, split: str) -> tuple[Example, ...]:
    """The labelled rows of a split; none where there is no such split."""
    if split not in dataset.splits:
        return ()
    return tuple(example for example in dataset.examples(split) if example.label is not None)


def training_set(
    train: Sequence[Example], classes: tuple[str, ...], seed: int, *, grouped: bool = True
) -> TrainingSet:
    """Training rows as arrays; duplicates and clusters are kept in one group where there will be folds."""
    place = {name: code for code, name in enumerate(classes)}
    texts = [example.text for example in train]
    return TrainingSet(
        texts=texts,
        labels=np.array([place[str(example.label)] for example in train], dtype=np.int64),
        classes=classes,
        groups=_joined(duplicate_groups(texts), [example.cluster for example in train])
        if grouped
        else np.arange(len(train)),
        seed=seed,
    )


def _joined(duplicates: Sequence[int], clusters: Sequence[str | None]) -> IntArray:
    """Groups that keep both duplicates and clusters together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(duplicates)
    by_cluster = codes(clusters)
    first = np.asarray(duplicates) - min(duplicates, default=0)
    second = by_cluster - by_cluster.min(initial=0)
    nodes = n + int(first.max(initial=0)) + int(second.max(initial=0)) + 2
    left = np.concatenate([np.arange(n), np.arange(n)])
    right = np.concatenate([n + first, n + 1 + int(first.max(initial=0)) + second])
    links = coo_array((np.ones(2 * n), (left, right)), shape=(nodes, nodes))
    groups: IntArray = connected_components(links, directed=False)[1][:n]
    return groups


def _from_test(test: Sequence[Example], classes: tuple[str, ...], seed: int) -> TrainingSet:
    """Labels of the test rows, for the majority baseline where there are no training rows."""
    place = {name: code for code, name in enumerate(classes)}
    labels = np.array([place[str(example.label)] for example in test], dtype=np.int64)
    return TrainingSet(
        texts=[""] * len(test), labels=labels, classes=classes, groups=np.arange(len(test)), seed=seed
    )


def _all_candidates(spec: FeatureSpec, *, has_training: bool) -> tuple[list[CandidateSpec], tuple[str, ...]]:
    """The candidates of feature.yaml and the baselines that are missing among them."""
    found = list(spec.candidates)
    if not has_training and any(candidate.kind == "trained" for candidate in found):
        raise SpecError(
            "There are no training rows, but a candidate of kind 'trained' needs them.",
            where=Where(field="data"),
            hint="Give data.files.train, or one file (data.file) that is split here.",
        )
    kinds = {candidate.kind for candidate in found}
    if "majority" not in kinds:
        found.append(MajoritySpec(name="majority", kind="majority"))
    if "keyword" not in kinds and has_training:
        found.append(KeywordSpec(name="keyword", kind="keyword"))
    return found, tuple(item.name for item in found if item.kind in {"majority", "keyword"})


def choose_candidate(
    spec: FeatureSpec, fitted: Mapping[str, Fitted | Asker], basis: TrainingSet | None = None
) -> tuple[str, str]:
    """The candidate the verdict is about: named, or best on training folds; never by the test.

    Raises:
        SpecError: there are several, and one of them cannot be compared on training rows.
    """
    if spec.candidate is not None:
        return spec.candidate, f"{spec.candidate!r} is named in feature.yaml."
    real = [item.name for item in spec.candidates if item.kind not in {"majority", "keyword"}]
    if len(real) <= 1:
        name = real[0] if real else spec.candidates[0].name
        return name, f"{name!r} is the only candidate besides the baselines."
    scores = {}
    for name in real:
        folds = fitted[name].out_of_fold
        if folds is None or basis is None:
            raise SpecError(
                f"Several candidates are given, and {name!r} cannot be compared on training rows.",
                where=Where(field="candidate"),
                hint=f"Say which one the verdict is about, for instance 'candidate: {name}'.",
            )
        scores[name] = proportion(folds.proba.argmax(axis=1) == basis.labels, clusters=basis.groups).at()
    best = max(scores, key=lambda name: scores[name].value or 0.0)
    listed = "; ".join(f"{name} {score}" for name, score in scores.items())
    return best, f"{best!r} was right most often on training folds: {listed}."


def versions() -> dict[str, str]:
    """Versions of everything that can change a number."""
    from importlib.metadata import version

    import shipworthy

    packages = ("numpy", "scipy", "scikit-learn", "duckdb")
    return {
        "shipworthy": shipworthy.__version__,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def label_counts(examples: Sequence[Example]) -> dict[str, int]:
    """Rows per label, commonest first."""
    return dict(Counter(str(example.label) for example in examples).most_common())
