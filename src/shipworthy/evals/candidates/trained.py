"""A classifier trained here, with probabilities that mean what they say.

Probabilities are calibrated by one temperature, fitted to out-of-fold predictions of the training
rows (Guo et al. 2017, "On Calibration of Modern Neural Networks"); the test set plays no part. The
same out-of-fold predictions serve the search for label errors and the choice between candidates.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import DataError, SpecError, Where
from shipworthy.evals.candidate import Answers, OutOfFold, TrainingSet

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.spec import TrainedSpec
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["Trained"]

_FOLDS = 5
_TINY = 1e-12
_FEW = 300


class Trained:
    """TF-IDF of words and characters with logistic regression, or any scikit-learn estimator."""

    kind = "trained"

    def __init__(self, spec: TrainedSpec) -> None:
        self.name = spec.name
        self._spec = spec
        what = spec.estimator or "logistic regression"
        self.words = f"Trained here: {spec.features.replace('_', ' ')}, {what.rpartition('.')[2]}."

    def fit(self, train: TrainingSet) -> _FittedClassifier:
        """Fit on all training rows, and on folds of them for calibration.

        Raises:
            DataError: fewer than two classes, or too few rows, to learn from.
            SpecError: the estimator cannot be imported, made or fitted.
        """
        present = np.unique(train.labels)
        if len(present) < 2:
            raise DataError(
                f"The training rows have {len(present)} class; a classifier needs at least two.",
                where=Where(field="data.label"),
            )
        out_of_fold = self._out_of_fold(train)
        model = self._fitted(train.texts, train.labels)
        version = sha256_of(
            {
                "spec": self._spec.model_dump(),
                "texts": sha256_of("\n".join(train.texts)),
                "labels": train.labels.tolist(),
                "sklearn": importlib.import_module("sklearn").__version__,
            }
        )
        return _FittedClassifier(model=model, classes=train.classes, version=version, out_of_fold=out_of_fold)

    def _out_of_fold(self, train: TrainingSet) -> OutOfFold:
        raw = np.full((len(train.texts), len(train.classes)), 1.0 / len(train.classes))
        for inside, outside in _folds(train):
            texts = [train.texts[i] for i in inside]
            if len(np.unique(train.labels[inside])) < 2:
                continue
            model = self._fitted(texts, train.labels[inside])
            raw[outside] = _probabilities(model, [train.texts[i] for i in outside], len(train.classes))
        temperature = _temperature(raw, train.labels) if self._spec.calibrate else 1.0
        return OutOfFold(proba=_sharpened(raw, temperature), raw=raw, temperature=temperature)

    def _fitted(self, texts: Sequence[str], labels: IntArray) -> Any:
        from threadpoolctl import threadpool_limits

        model = self._model(len(texts))
        try:
            # On sparse texts more threads only wait for each other: one is several times faster.
            with threadpool_limits(limits=1), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # convergence notes are the library's, not the user's
                model.fit(list(texts), labels)
        except (ValueError, TypeError) as error:
            raise SpecError(
                f"The candidate {self.name!r} could not be trained: {error}",
                where=Where(field=f"candidates.{self.name}"),
            ) from error
        return model

    def _model(self, n: int) -> Any:
        from sklearn.pipeline import make_pipeline

        estimator = _estimator(self._spec)
        if hasattr(estimator, "steps"):
            return estimator  # a whole pipeline reads texts itself
        return make_pipeline(_features(self._spec.features, n), estimator)


def _estimator(spec: TrainedSpec) -> Any:
    from sklearn.linear_model import LogisticRegression

    where = Where(field=f"candidates.{spec.name}.estimator")
    name = spec.estimator or "logistic regression"
    factory, parameters = LogisticRegression, {"C": 10.0, "max_iter": 1000, **spec.parameters}
    if spec.estimator is not None:
        factory, parameters = _imported(spec.estimator, where), spec.parameters
    try:
        estimator = factory(**parameters)
    except TypeError as error:
        raise SpecError(f"The estimator {name!r} cannot be made: {error}.", where=where) from error
    if hasattr(estimator, "get_params") and "random_state" in estimator.get_params():
        estimator.set_params(random_state=spec.seed)
    return estimator


def _imported(path: str, where: Where) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SpecError(f"The estimator {path!r} cannot be imported: {error}.", where=where) from error


def _features(kind: str, n: int) -> Any:
    """What a classifier reads of ``n`` texts; beyond a few hundred, terms of a single text only cost time."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    if kind == "embeddings":
        from shipworthy.evals.candidates.embedding import SentenceEmbedding

        return SentenceEmbedding()
    every_word = r"(?u)\b\w+\b"  # scikit-learn's own pattern drops words of one letter
    shared = {"sublinear_tf": True, "min_df": 2 if n > _FEW else 1}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=every_word, **shared)
    if kind == "words":
        return words
    return make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), **shared))


def _folds(train: TrainingSet) -> list[tuple[IntArray, IntArray]]:
    """Folds that keep groups together and spread each class as evenly as groups allow."""
    from sklearn.model_selection import StratifiedGroupKFold

    largest_class = int(np.bincount(train.labels).max())
    folds = min(_FOLDS, len(np.unique(train.groups)), largest_class)
    if folds < 2:
        return []
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=train.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer rows than folds are reported by the data checks
        return list(splitter.split(np.zeros(len(train.labels)), train.labels, train.groups))


def _probabilities(model: Any, texts: list[str], n_classes: int) -> FloatArray:
    """(n, K) probabilities in the order of all classes; 0 for a class the model never saw."""
    table: FloatArray = np.zeros((len(texts), n_classes))
    if not texts:
        return table
    if hasattr(model, "predict_proba"):
        found = np.asarray(model.predict_proba(texts), dtype=float)
    else:
        scores = np.asarray(model.decision_function(texts), dtype=float)
        scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
        found = np.exp(scores - scores.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
    table[:, np.asarray(model.classes_, dtype=int)] = found
    return table


def _sharpened(proba: FloatArray, temperature: float) -> FloatArray:
    """Probabilities at another temperature; a class of probability 0 stays at 0."""
    if temperature == 1.0:
        return proba
    logits = np.log(np.maximum(proba, _TINY)) / temperature
    logits -= logits.max(axis=1, keepdims=True)
    table: FloatArray = np.where(proba > 0, np.exp(logits), 0.0)
    table /= table.sum(axis=1, keepdims=True)
    return table


def _temperature(proba: FloatArray, labels: IntArray) -> float:
    """The temperature under which the labels are likeliest, between 0.05 and 20."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(labels))

    def surprise(log_temperature: float) -> float:
        table = _sharpened(proba, float(np.exp(log_temperature)))
        return float(-np.log(np.maximum(table[rows, labels], _TINY)).mean())

    found = minimize_scalar(surprise, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


@dataclass(frozen=True, slots=True)
class _FittedClassifier:
    model: Any
    classes: tuple[str, ...]
    version: str
    out_of_fold: OutOfFold

    def answer(self, batch: Sequence[Example]) -> Answers:
        raw = _probabilities(self.model, [example.text for example in batch], len(self.classes))
        proba = _sharpened(raw, self.out_of_fold.temperature)
        best = proba.argmax(axis=1)
        return Answers(
            outputs=[self.classes[code] for code in best],
            statuses=["ok"] * len(batch),
            confidence=proba[np.arange(len(batch)), best].tolist(),
            proba=proba,
        )
