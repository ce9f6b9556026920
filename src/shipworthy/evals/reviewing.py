"""A review from beginning to end: fit, run, measure, find, decide.

Each step takes values and returns values: the prediction log stands between running and
measuring, the bench between measuring and deciding, and the review is what remains.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from shipworthy.core.errors import DataError, EnvironmentFailure, SpecError, Where
from shipworthy.datasets.duplicates import duplicate_groups
from shipworthy.datasets.values import spelling_key
from shipworthy.evals.candidate import Fitted, TrainingSet
from shipworthy.evals.candidates import build_candidate
from shipworthy.evals.candidates.least_cost import LeastCost, cheapest
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.running import Asked, Conduct, Run, run_candidates
from shipworthy.evals.spec import KeywordSpec, MajoritySpec
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import FAILED, Sample

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example, FrozenDataset
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.evals.candidate import Candidate
    from shipworthy.evals.candidates.model import ModelCandidate
    from shipworthy.evals.running import Stopped
    from shipworthy.evals.spec import CandidateSpec, FeatureSpec
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = [
    "Material",
    "Request",
    "answer_codes",
    "answered",
    "codes",
    "fit_all",
    "gather",
    "label_counts",
    "labelled",
    "sample_from_log",
    "training_set",
    "versions",
]


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
    training: TrainingSet | None
    """The training rows as arrays."""
    candidates: Mapping[str, Candidate | ModelCandidate]
    """All candidates, baselines included."""
    fitted: Mapping[str, Fitted | Asker]
    """The same, fitted."""
    chosen: str
    """The candidate under review."""
    how_chosen: str
    """How it was chosen."""
    baselines: tuple[str, ...]
    """Names of the baselines."""
    log: PredictionLog
    """What all of them answered."""
    asked: Asked
    """How asking the models ended."""
    samples: Mapping[str, Sample]
    """Per candidate, all test rows."""


def gather(request: Request) -> Material:
    """Fit and run every candidate on the frozen dataset.

    Raises:
        UserError: the data or a candidate cannot be used; nothing has been written that stays.
    """
    dataset = request.dataset
    train = labelled(dataset, "train")
    test = labelled(dataset, "test")
    if not test:
        raise DataError(
            "There are no labelled test rows.",
            where=Where(field="data"),
            hint="Label some rows first: shipworthy label FEATURE",
        )
    training = training_set(train, dataset.classes, request.spec.data.seed) if train else None
    specs, baselines = _all_candidates(request.spec, has_training=training is not None)
    servers = request.conduct.servers
    candidates = {spec.name: build_candidate(spec, folder=request.folder, servers=servers) for spec in specs}
    basis = training or _from_test(test, dataset.classes, request.spec.data.seed)
    fitted: dict[str, Fitted | Asker] = {}
    for position, (name, candidate) in enumerate(candidates.items()):
        request.progress(f"{name} gets ready", position, len(candidates))
        fitted[name] = _deciding(candidate.fit(basis), request.spec, dataset.classes)
    chosen, how = _choose(request.spec, fitted, basis)
    run = Run(
        id=request.run_id or request.id,
        feature=request.spec.name,
        dataset=dataset,
        candidates=fitted,
        segments=request.spec.data.all_segments,
        label_source=request.spec.data.label_source,
        seed=request.spec.data.seed,
    )
    log, asked = run_candidates(
        run,
        split="test",
        work=request.work,
        clock=request.clock,
        progress=request.progress,
        conduct=request.conduct,
    )
    if asked.stopped is not None:
        test = answered(test, asked.stopped)
    clusters = codes([example.cluster for example in test]) if request.spec.data.cluster else None
    samples = {
        name: sample_from_log(log, name, dataset.classes, clusters=clusters, seed=request.spec.data.seed)
        for name in candidates
    }
    return Material(
        request=request,
        train=train,
        test=test,
        production=tuple(dataset.examples("production")) if "production" in dataset.splits else (),
        training=training,
        candidates=candidates,
        fitted=fitted,
        chosen=chosen,
        how_chosen=how,
        baselines=baselines,
        log=log,
        asked=asked,
        samples=samples,
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


def sample_from_log(
    log: PredictionLog, candidate: str, classes: tuple[str, ...], *, clusters: IntArray | None, seed: int
) -> Sample:
    """One candidate's rows of a log as arrays.

    An answer that is not one of the classes is no usable answer: it stays and counts as wrong. A
    row with an answer and no confidence gets confidence 0, so that it is handed over. Of an example
    that was asked several times the first answer counts, as in production; where the model gives no
    confidence, what most repeats say counts, and the share of them is the confidence (Wang et al.
    2023, "Self-Consistency Improves Chain of Thought Reasoning", arXiv 2203.11171).
    """
    rows = log.columns(["label", "output", "confidence", "repeat"], candidate=candidate)
    first = np.flatnonzero(np.array(rows["repeat"]) == 0)
    place = {json.dumps(name, ensure_ascii=False): code for code, name in enumerate(classes)}
    outputs = [None if output is None else json.loads(output) for output in rows["output"]]
    predictions = answer_codes(outputs, classes)
    confidence = np.array([np.nan if value is None else value for value in rows["confidence"]], dtype=float)
    proba = log.probabilities(classes, candidate=candidate)
    if len(first) < len(predictions) and not np.isfinite(confidence).any():
        predictions, confidence = _voted(predictions, first, len(classes))
    else:
        predictions, confidence = predictions[first], confidence[first]
    proba = proba[first]
    known = bool(np.isfinite(confidence).any())
    confidence = np.where(predictions == FAILED, np.nan, np.nan_to_num(confidence, nan=0.0))
    proba[predictions == FAILED] = np.nan
    complete = known and bool(np.isfinite(proba[predictions != FAILED]).all())
    return Sample(
        labels=np.array([place[rows["label"][row]] for row in first], dtype=np.int64),
        predictions=predictions,
        classes=classes,
        confidence=confidence if known else None,
        proba=proba if complete else None,
        clusters=clusters,
        seed=seed,
    )


def _voted(predictions: IntArray, first: IntArray, n_classes: int) -> tuple[IntArray, FloatArray]:
    """What most repeats of each example answered, and the share of repeats that did (self-consistency).

    Of answers given equally often, the one given first counts; a failed repeat votes for nothing.
    """
    votes = np.zeros((len(first), n_classes), dtype=np.int64)
    example = np.searchsorted(first, np.arange(len(predictions)), side="right") - 1
    usable = predictions != FAILED
    np.add.at(votes, (example[usable], predictions[usable]), 1)
    earliest = np.full(votes.shape, len(predictions))
    np.minimum.at(earliest, (example[usable], predictions[usable]), np.flatnonzero(usable))
    best = np.lexsort((earliest, -votes), axis=1)[:, 0]
    most = votes[np.arange(len(first)), best]
    repeats = np.bincount(example, minlength=len(first))
    return np.where(most > 0, best, FAILED), np.where(most > 0, most / repeats, np.nan)


def answer_codes(outputs: Sequence[str | None], classes: Sequence[str]) -> IntArray:
    """Position of each answer among the classes, -1 where it is none of them.

    ``yes`` is the class ``Yes``, and ``1.0`` the class ``1``: spreadsheets write them so. Where two
    classes differ in nothing else, only the exact spelling counts.
    """
    loose = Counter(_key(name) for name in classes)
    known = {_key(name): code for code, name in enumerate(classes) if loose[_key(name)] == 1}
    known |= {f"={name}": code for code, name in enumerate(classes)}
    return np.array(
        [
            FAILED if text is None else known.get(f"={text}", known.get(_key(text), FAILED))
            for text in outputs
        ],
        dtype=np.int64,
    )


def _key(text: str) -> str:
    """A spelling that case, spaces and a spreadsheet's way with whole numbers do not change."""
    plain = spelling_key(text)
    return plain[:-2] if re.fullmatch(r"-?\d+\.0", plain) else plain


def codes(values: Sequence[str | None]) -> IntArray:
    """Equal values get equal numbers; a missing value belongs with nothing else."""
    known: dict[str, int] = {}
    found = np.empty(len(values), dtype=np.int64)
    fresh = -1
    for position, value in enumerate(values):
        if value is None:
            found[position], fresh = fresh, fresh - 1
        else:
            found[position] = known.setdefault(value, len(known))
    return found


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


def _choose(spec: FeatureSpec, fitted: Mapping[str, Fitted | Asker], basis: TrainingSet) -> tuple[str, str]:
    """The candidate the verdict is about: named, or best on training folds; never by the test."""
    if spec.candidate is not None:
        return spec.candidate, f"{spec.candidate!r} is named in feature.yaml."
    real = [item.name for item in spec.candidates if item.kind not in {"majority", "keyword"}]
    if len(real) <= 1:
        name = real[0] if real else spec.candidates[0].name
        return name, f"{name!r} is the only candidate besides the baselines."
    scores = {}
    for name in real:
        folds = fitted[name].out_of_fold
        if folds is None:
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
