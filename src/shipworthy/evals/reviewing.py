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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from shipworthy.core.errors import DataError, SpecError, Where
from shipworthy.datasets.duplicates import duplicate_groups
from shipworthy.datasets.values import spelling_key
from shipworthy.evals.candidate import Fitted, TrainingSet
from shipworthy.evals.candidates import build_candidate
from shipworthy.evals.candidates.least_cost import LeastCost
from shipworthy.evals.running import Run, run_candidates
from shipworthy.evals.spec import KeywordSpec, MajoritySpec
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import FAILED, Sample

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example, FrozenDataset
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.evals.candidate import Candidate
    from shipworthy.evals.spec import CandidateSpec, FeatureSpec
    from shipworthy.stats.arrays import IntArray

__all__ = [
    "Material",
    "Request",
    "answer_codes",
    "codes",
    "gather",
    "label_counts",
    "sample_from_log",
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
    candidates: Mapping[str, Candidate]
    """All candidates, baselines included."""
    fitted: Mapping[str, Fitted]
    """The same, fitted."""
    chosen: str
    """The candidate under review."""
    how_chosen: str
    """How it was chosen."""
    baselines: tuple[str, ...]
    """Names of the baselines."""
    log: PredictionLog
    """What all of them answered."""
    samples: Mapping[str, Sample]
    """Per candidate, all test rows."""


def gather(request: Request) -> Material:
    """Fit and run every candidate on the frozen dataset.

    Raises:
        UserError: the data or a candidate cannot be used; nothing has been written that stays.
    """
    dataset = request.dataset
    train = _examples(dataset, "train")
    test = _examples(dataset, "test")
    if not test:
        raise DataError(
            "There are no labelled test rows.",
            where=Where(field="data"),
            hint="Label some rows first: shipworthy label FEATURE",
        )
    training = _training_set(train, dataset.classes, request.spec.data.seed) if train else None
    specs, baselines = _all_candidates(request.spec, has_training=training is not None)
    candidates = {spec.name: build_candidate(spec, folder=request.folder) for spec in specs}
    basis = training or _from_test(test, dataset.classes, request.spec.data.seed)
    fitted: dict[str, Fitted] = {}
    for position, (name, candidate) in enumerate(candidates.items()):
        request.progress(f"{name} gets ready", position, len(candidates))
        fitted[name] = _deciding(candidate.fit(basis), request.spec, dataset.classes)
    chosen, how = _choose(request.spec, fitted, basis)
    run = Run(
        id=request.id,
        feature=request.spec.name,
        dataset=dataset,
        candidates=fitted,
        segments=request.spec.data.all_segments,
        label_source=request.spec.data.label_source,
    )
    log = run_candidates(
        run,
        split="test",
        journal=request.work / "journal.jsonl",
        log=request.work / "predictions.parquet",
        clock=request.clock,
        progress=request.progress,
    )
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
        samples=samples,
    )


def _deciding(fitted: Fitted, spec: FeatureSpec, classes: tuple[str, ...]) -> Fitted:
    """The candidate as it is, or answering what costs least where feature.yaml asks for that."""
    if spec.decide == "most_likely" or spec.costs is None:
        return fitted
    return LeastCost(inner=fitted, classes=classes, costs=spec.costs.matrix(classes))


def sample_from_log(
    log: PredictionLog, candidate: str, classes: tuple[str, ...], *, clusters: IntArray | None, seed: int
) -> Sample:
    """One candidate's rows of a log as arrays.

    An answer that is not one of the classes is no usable answer: it stays and counts as wrong. A
    row with an answer and no confidence gets confidence 0, so that it is handed over.
    """
    rows = log.columns(["label", "output", "confidence"], candidate=candidate)
    place = {json.dumps(name, ensure_ascii=False): code for code, name in enumerate(classes)}
    outputs = [None if output is None else json.loads(output) for output in rows["output"]]
    predictions = answer_codes(outputs, classes)
    confidence = np.array([np.nan if value is None else value for value in rows["confidence"]], dtype=float)
    known = bool(np.isfinite(confidence).any())
    confidence = np.where(predictions == FAILED, np.nan, np.nan_to_num(confidence, nan=0.0))
    proba = log.probabilities(classes, candidate=candidate)
    proba[predictions == FAILED] = np.nan
    complete = known and bool(np.isfinite(proba[predictions != FAILED]).all())
    return Sample(
        labels=np.array([place[label] for label in rows["label"]], dtype=np.int64),
        predictions=predictions,
        classes=classes,
        confidence=confidence if known else None,
        proba=proba if complete else None,
        clusters=clusters,
        seed=seed,
    )


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


def _examples(dataset: FrozenDataset, split: str) -> tuple[Example, ...]:
    if split not in dataset.splits:
        return ()
    return tuple(example for example in dataset.examples(split) if example.label is not None)


def _training_set(train: Sequence[Example], classes: tuple[str, ...], seed: int) -> TrainingSet:
    """Training rows as arrays; duplicates and clusters are kept in one group."""
    place = {name: code for code, name in enumerate(classes)}
    texts = [example.text for example in train]
    return TrainingSet(
        texts=texts,
        labels=np.array([place[str(example.label)] for example in train], dtype=np.int64),
        classes=classes,
        groups=_joined(duplicate_groups(texts), [example.cluster for example in train]),
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


def _choose(spec: FeatureSpec, fitted: Mapping[str, Fitted], basis: TrainingSet) -> tuple[str, str]:
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
