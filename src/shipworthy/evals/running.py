"""A run: every candidate answers every example, and the prediction log is what remains.

Candidates that live in this process answer batches. Models are asked one request for each example and
repeat (``asking.py``); their rows go to a journal that outlives the process, so that a run can go on.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of
from shipworthy.datasets.prediction_log import Journal, PredictionLog, write_log
from shipworthy.evals.candidates.model import Asker
from shipworthy.gateway.budget import BudgetStop

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example, FrozenDataset
    from shipworthy.evals.candidate import Answers, Fitted
    from shipworthy.gateway.calls import Patience
    from shipworthy.gateway.specs import ServerSpec

__all__ = [
    "Asked",
    "Conduct",
    "Failure",
    "Run",
    "Stopped",
    "asking_order",
    "log_row",
    "place_of",
    "run_candidates",
    "written_time",
]

_BATCH, _FEW = 2_000, 20  # a document takes as long as a hundred labels
_FEWEST = 5  # with a budget: what is under way when it is full counts for nothing
_RESUME = "Go on with the run: shipworthy runs resume (with a larger --budget if that ended it)."
_AGAIN = "Review again with a larger --budget: what was answered is in the cache and is not paid for twice."
_MOST_REPEATS = 1_000


def _unheard(text: str) -> None:
    del text


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How models are asked."""

    repeats: int = 1
    """How often each example is asked."""
    rows: int | None = None
    """Ask about a random part of so many rows only; None: about all of them."""
    concurrency: int = 16
    """The most requests under way at one provider."""
    budget: float | None = None
    """US dollars the run may cost; None: no limit."""
    accept_unknown_price: bool = False
    """Start although a budget is set and a price is unknown."""
    send_personal_data: bool = False
    """Whether texts with personal data may be sent to another machine."""
    cache: Path | None = None
    """Folder of the cache of replies; None keeps nothing."""
    journal: Path | None = None
    """Folder that outlives this process, with what models answered; None: it need not."""
    model: str | None = None
    """The model of candidates that name none."""
    record: Path | None = None
    """Folder in which every exchange is written down, to be replayed without a model; None: none is."""
    servers: Mapping[str, ServerSpec] = field(default_factory=dict)
    """Model servers that were added to the workspace, by name."""
    patience: Patience | None = None
    """Deadline and retries; the usual ones when left out."""
    enough: Callable[[Mapping[str, list[list[bool]]]], str | None] | None = None
    """Asked now and then, with who was right so far: why no more is needed, or None to go on."""
    notice: Callable[[str], None] = _unheard
    """Told what a person should know before money is spent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is asked of the candidates."""

    id: str
    """Run id."""
    feature: str
    """Feature name."""
    dataset: FrozenDataset
    """The frozen examples."""
    candidates: Mapping[str, Fitted | Asker]
    """Name to candidate, ready to answer."""
    segments: tuple[str, ...]
    """Segment columns, kept in the log."""
    label_source: str | None
    """Who gave the labels, where the rows do not say."""
    seed: int = 0
    """Seed of the order in which models are asked."""
    structured: bool = False
    """Whether labels and outputs are JSON texts of their own (every job but ``classify``)."""

    def written(self, value: str | None) -> str | None:
        """A label or an output as the log has it."""
        if value is None or self.structured:
            return value
        return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A run that ended early and is worth something nevertheless."""

    reason: str
    """Why."""
    examples: tuple[str, ...]
    """Ids of the examples that every model has answered: a random part, by the seeded order."""
    next_step: str = _RESUME
    """How to get the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A call without a usable answer."""

    example: str
    """Id of the example."""
    status: str
    """How the call ended."""
    detail: str
    """Why, as the provider or our check said it; hostile text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How asking the models ended."""

    stopped: Stopped | None = None
    """None when every row is there."""
    failures: Mapping[str, tuple[Failure, ...]] = field(default_factory=dict)
    """A few calls without a usable answer, by candidate."""


def run_candidates(
    run: Run, *, split: str, work: Path, clock: Clock, progress: Progress, conduct: Conduct
) -> tuple[PredictionLog, Asked]:
    """Let every candidate answer the rows of one split, and write ``predictions.parquet`` in ``work``.

    A row that fails is a row with another status; an interruption ends a run early, and what models
    answered until then stays in the journal. A budget that is full leaves the rows that all have answered.

    Raises:
        BudgetStop: the budget is full before a candidate of this process has answered anything.
        EnvironmentFailure: a provider cannot be reached or refuses the key.
        UserError: personal data would leave the machine, or a price is unknown and there is a budget.
    """
    askers = {name: one for name, one in run.candidates.items() if isinstance(one, Asker)}
    asked, rest = (conduct.journal or work) / "asked.jsonl", work / "rest.jsonl"
    outcome = Asked()
    if askers:
        from shipworthy.evals.asking import ask

        outcome = ask(
            run, askers, split=split, journal=asked, clock=clock, progress=progress, conduct=conduct
        )
    with Journal(rest) as rows:
        for position, (name, fitted) in enumerate(run.candidates.items()):
            if not isinstance(fitted, Asker):
                full = _answer(run, name, position, fitted, split, rows, clock, progress, conduct)
                outcome = outcome if full is None else _shorter(outcome, full)
    log = write_log(
        work / "predictions.parquet",
        [asked, rest],
        segments=run.segments,
        examples=None if outcome.stopped is None else outcome.stopped.examples,
        sort=bool(askers) or run.structured,
    )
    rest.unlink()
    return log, outcome


def _answer(
    run: Run,
    name: str,
    candidate: int,
    fitted: Fitted,
    split: str,
    rows: Journal,
    clock: Clock,
    progress: Progress,
    conduct: Conduct,
) -> Stopped | None:
    """Let a candidate of this process answer, batch by batch; how far it came when the budget is full."""
    done, total = list[str](), run.dataset.splits[split]
    for places, batch in _batches(run, split, _FEW if conduct.budget is None else _FEWEST):
        started = time.perf_counter()
        try:
            answers = fitted.answer(batch)
        except BudgetStop as full:
            if not done:
                raise
            return Stopped(reason=full.message, examples=tuple(done), next_step=_AGAIN)
        each = (time.perf_counter() - started) * 1000 / max(len(batch), 1)
        common = {
            "candidate": name,
            "candidate_version": fitted.version,
            "at": written_time(clock),
            "latency_ms": each,
        }
        rows.append(_rows(run, batch, answers, common, [place_of(candidate, place) for place in places]))
        done += [example.id for example in batch]
        progress(f"{name} answers", len(done), total)
    return None


def _batches(run: Run, split: str, few: int) -> Iterator[tuple[Sequence[int], Sequence[Example]]]:
    """Places and examples; what is no label comes in the seeded order, so that any part is a fair sample."""
    if not run.structured:
        at = 0
        for batch in run.dataset.batches(split, size=_BATCH):
            yield range(at, at + len(batch)), batch
            at += len(batch)
        return
    examples = tuple(run.dataset.examples(split))
    order = asking_order(examples, run.seed)
    for start in range(0, len(order), few):
        places = order[start : start + few]
        yield places, [examples[place] for place in places]


def _shorter(outcome: Asked, full: Stopped) -> Asked:
    """Candidates are asked in one order: the one that came least far has answered what all have answered."""
    stops = [full] if outcome.stopped is None else [outcome.stopped, full]
    return replace(outcome, stopped=min(stops, key=lambda stop: len(stop.examples)))


def asking_order(examples: Sequence[Example], seed: int) -> list[int]:
    """Positions of the examples in the order in which they are asked: clusters in a random order, whole.

    The order of two examples does not depend on the others.
    """

    def turn(position: int) -> tuple[str, int]:
        example = examples[position]
        belongs = f"row {example.id}" if example.cluster is None else f"cluster {example.cluster}"
        return sha256_of([seed, belongs]), position

    return sorted(range(len(examples)), key=turn)


def written_time(clock: Clock) -> str:
    """Now, as the log has it."""
    return clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")


def place_of(candidate: int, position: int, repeat: int = 0) -> int:
    """Where a row stands in the finished log: by candidate, then example, then repeat."""
    return (candidate * 10**9 + position) * _MOST_REPEATS + repeat


def log_row(run: Run, example: Example) -> dict[str, Any]:
    """What a row of the log says about its example, whoever answered."""
    row = {
        "run_id": run.id,
        "feature": run.feature,
        "example_id": example.id,
        "repeat": 0,
        "input_sha": sha256_of(example.text),
        "label": run.written(example.label),
        "label_source": example.label_source or run.label_source,
        "cluster": example.cluster,
        "outcome": example.outcome,
    }
    return row | {f"seg_{name}": example.segments.get(name) for name in run.segments}


def _rows(
    run: Run, batch: Sequence[Example], answers: Answers, common: Mapping[str, Any], places: Sequence[int]
) -> Iterator[dict[str, Any]]:
    for position, example in enumerate(batch):
        output = answers.outputs[position]
        row: dict[str, Any] = {
            **log_row(run, example),
            **common,
            "output": run.written(output),
            "status": answers.statuses[position],
            "place": places[position],
        }
        if answers.confidence is not None:
            row["confidence"] = answers.confidence[position]
        if answers.checks is not None:
            row["checks"] = answers.checks[position]
        if answers.calls is not None:
            row |= answers.calls[position]
        if answers.proba is not None and not math.isnan(answers.proba[position, 0]):
            shares = answers.proba[position].tolist()
            row["proba"] = dict(zip(run.dataset.classes, shares, strict=True))
        yield row
