"""From a prediction log to arrays: what each row is, what was answered, how sure, what belongs together."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.datasets.values import spelling_key
from shipworthy.stats.sample import FAILED, Sample

if TYPE_CHECKING:
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["answer_codes", "codes", "sample_from_log"]


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
