"""What asking a model took, and how steady its answers are: read from the prediction log alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shipworthy.evals.review import Calls, ExampleRow
from shipworthy.stats.estimate import Estimate, undefined
from shipworthy.stats.intervals import mean
from shipworthy.stats.repeats import Stability, by_example, plan, stability

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shipworthy.datasets.frozen import Example
    from shipworthy.datasets.prediction_log import PredictionLog
    from shipworthy.evals.candidates.model import Asker
    from shipworthy.evals.running import Failure
    from shipworthy.evals.spec import ValueSpec
    from shipworthy.stats.arrays import FloatArray, IntArray

__all__ = ["call_costs", "calls_of", "price_of", "right_of", "scores_of"]

Shown: TypeAlias = "Callable[[Example, str], ExampleRow]"

_UNSTABLE_SHOWN = 10
_LABEL_COST = 0.5
_COST = ("cost", "repeat", "confidence")
_COLUMNS = (*_COST, "output", "label", "latency_ms", "tokens_in", "tokens_out", "price_source")


def call_costs(log: PredictionLog, candidate: str) -> FloatArray:
    """(n,) US dollars that the calls about each example cost; NaN where that is unknown.

    One call is what production makes; all repeats count where the answer is what most of them say.
    """
    return _costs(log.columns(_COST, candidate=candidate))


def _costs(rows: Mapping[str, Sequence[Any]]) -> FloatArray:
    voted = all(value is None for value in rows["confidence"])
    costs = np.array([np.nan if value is None else value for value in rows["cost"]], dtype=float)
    first = np.array(rows["repeat"]) == 0
    found: FloatArray = costs[first]
    if voted and len(costs):
        found = np.add.reduceat(costs, np.flatnonzero(first))
    return found


def scores_of(rows: Mapping[str, Sequence[Any]]) -> FloatArray:
    """(n,) share of the answers about each example that are right; one answer, one repeat: 0 or 1.

    ``rows`` are the columns output, label and repeat of one candidate.
    """
    table = right_of(rows)
    found: FloatArray = np.nanmean(table, axis=1) if table.size else np.zeros(len(table))
    return found


def right_of(rows: Mapping[str, Sequence[Any]]) -> FloatArray:
    """(n, R) whether each answer is right, 0 or 1; NaN where a repeat is missing. ``rows`` as above."""
    first = np.array(rows["repeat"]) == 0
    right = [out == label for out, label in zip(rows["output"], rows["label"], strict=True)]
    return by_example(_examples_of(first), np.array(right, dtype=float))


def calls_of(
    asker: Asker,
    log: PredictionLog,
    candidate: str,
    *,
    examples: Sequence[Example],
    clusters: IntArray | None,
    failures: Sequence[Failure],
    shown: Shown,
    value: ValueSpec | None = None,
) -> Calls:
    """Sum up one model candidate's calls.

    Args:
        asker: The candidate.
        log: What it answered.
        candidate: Its name.
        examples: The examples it was asked about, in the log's order.
        clusters: (n,) codes of examples that belong together.
        failures: A few calls without a usable answer.
        shown: Makes a row of evidence of an example and a note.
        value: What an hour of work costs, to price further labels.
    """
    rows = log.columns(_COLUMNS, candidate=candidate)
    first = np.array(rows["repeat"]) == 0
    repeats = int(max(rows["repeat"], default=0)) + 1
    costs = _costs(rows)
    latency = _known(rows["latency_ms"])
    known = {example.id: example for example in examples}
    steady = _steadiness(rows, first, clusters) if repeats > 1 else None
    return Calls(
        model=asker.model.title,
        prompt=asker.prompt.name,
        calls=len(first),
        repeats=repeats,
        cost_per_1000=price_of(costs, clusters),
        price=next((source for source in rows["price_source"] if source is not None), None),
        caution=None if asker.price is None else asker.price.caution,
        latency_ms=None if not len(latency) else float(np.median(latency)),
        latency_p95_ms=None if not len(latency) else float(np.quantile(latency, 0.95)),
        tokens_in=_mean_or_none(rows["tokens_in"]),
        tokens_out=_mean_or_none(rows["tokens_out"]),
        confidence=asker.confidence_words,
        agreement=None if steady is None else steady.agreement,
        flips=None if steady is None else steady.flips,
        spread=None if steady is None else _spread_words(rows, clusters, costs, value),
        unstable=() if steady is None else tuple(_unstable(steady, examples, shown)),
        failures=tuple(
            shown(known[failure.example], f"{failure.status}: {failure.detail}")
            for failure in failures
            if failure.example in known
        ),
    )


def _known(values: Sequence[float | None]) -> FloatArray:
    return np.array([value for value in values if value is not None], dtype=float)


def _mean_or_none(values: Sequence[float | None]) -> float | None:
    known = _known(values)
    return float(known.mean()) if len(known) else None


def price_of(costs: FloatArray, clusters: IntArray | None) -> Estimate:
    """US dollars for a thousand examples, from what each of them (n,) cost; NaN where that is unknown."""
    if not len(costs) or np.isnan(costs).any():
        reason = "what some calls cost is not known: give the candidate a price"
        return undefined(reason, method="mean of the calls' costs", n=len(costs), unit="money")
    if not costs.any():
        return Estimate(value=0.0, low=0.0, high=0.0, n=len(costs), method="nothing is charged", unit="money")
    return mean(costs, clusters=clusters, scale=1000, unit="money").at()


def _examples_of(first: np.ndarray) -> IntArray:
    found: IntArray = np.cumsum(first) - 1
    return found


def _steadiness(
    rows: Mapping[str, Sequence[object]], first: np.ndarray, clusters: IntArray | None
) -> Stability:
    place: dict[object, int] = {}
    answers = np.array([place.setdefault(output, len(place)) for output in rows["output"]], dtype=float)
    return stability(by_example(_examples_of(first), answers), clusters=clusters)


def _spread_words(
    rows: Mapping[str, Sequence[object]],
    clusters: IntArray | None,
    costs: FloatArray,
    value: ValueSpec | None,
) -> str:
    scores = right_of(rows)
    repeats = scores.shape[1]
    per_call = float(np.nan_to_num(costs).mean()) / repeats
    per_label = _LABEL_COST if value is None or not value.cost_per_hour else value.cost_per_hour / 60
    advice = plan(scores, cost_per_call=per_call, cost_per_label=per_label, clusters=clusters)
    asked = f"All {repeats} repeats together: {advice.variance.score} of the answers are right."
    return f"{asked} {advice.why} (A further label is taken to cost {per_label:.2f}.)"


def _unstable(steady: Stability, examples: Sequence[Example], shown: Shown) -> list[ExampleRow]:
    return [
        shown(examples[one.row], f"{one.answers} different answers in {one.runs} calls")
        for one in steady.unstable[:_UNSTABLE_SHOWN]
    ]
