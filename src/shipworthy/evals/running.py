"""A run: every candidate answers every example once, and the prediction log is what remains."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.datasets.prediction_log import Journal, PredictionLog

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example, FrozenDataset
    from shipworthy.evals.candidate import Answers, Fitted

__all__ = ["Run", "run_candidates"]

_BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is asked of the candidates."""

    id: str
    """Run id."""
    feature: str
    """Feature name."""
    dataset: FrozenDataset
    """The frozen examples."""
    candidates: Mapping[str, Fitted]
    """Name to fitted candidate."""
    segments: tuple[str, ...]
    """Segment columns, kept in the log."""
    label_source: str | None
    """Who gave the labels, where the rows do not say."""


def run_candidates(
    run: Run, *, split: str, journal: Path, log: Path, clock: Clock, progress: Progress
) -> PredictionLog:
    """Let every candidate answer the rows of one split, and write the prediction log.

    A row that fails is a row with another status; only an interruption ends a run early, and what
    was answered until then stays in the journal.
    """
    total = run.dataset.splits[split]
    with Journal(journal, segments=run.segments) as rows:
        for name, fitted in run.candidates.items():
            done = 0
            for batch in run.dataset.batches(split, size=_BATCH):
                started = time.perf_counter()
                answers = fitted.answer(batch)
                each = (time.perf_counter() - started) * 1000 / max(len(batch), 1)
                at = clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")
                common = {
                    "candidate": name,
                    "candidate_version": fitted.version,
                    "at": at,
                    "latency_ms": each,
                }
                rows.append(_rows(run, batch, answers, common))
                done += len(batch)
                progress(f"{name} answers", done, total)
        return rows.to_parquet(log)


def _rows(
    run: Run, batch: Sequence[Example], answers: Answers, common: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    for position, example in enumerate(batch):
        output, label = answers.outputs[position], example.label
        row: dict[str, Any] = {
            "run_id": run.id,
            "feature": run.feature,
            **common,
            "example_id": example.id,
            "repeat": 0,
            "input_sha": sha256_of(example.text),
            "output": None if output is None else json.dumps(output, ensure_ascii=False),
            "status": answers.statuses[position],
            "label": None if label is None else json.dumps(label, ensure_ascii=False),
            "label_source": example.label_source or run.label_source,
            "cluster": example.cluster,
            "outcome": example.outcome,
        }
        if answers.confidence is not None:
            row["confidence"] = answers.confidence[position]
        if answers.proba is not None and not math.isnan(answers.proba[position, 0]):
            shares = answers.proba[position].tolist()
            row["proba"] = dict(zip(run.dataset.classes, shares, strict=True))
        for name in run.segments:
            row[f"seg_{name}"] = example.segments.get(name)
        yield row
