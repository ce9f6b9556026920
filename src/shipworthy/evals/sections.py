"""The parts of a review, each computed from the gathered material and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shipworthy.datasets.personal_data import masked, sightings
from shipworthy.evals.calls import call_costs, calls_of, price_of
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.review import (
    Calls,
    CandidateResult,
    ClassResult,
    CostCurve,
    CostPoint,
    Curve,
    ExampleRow,
    Handover,
    HandoverPoint,
    Harm,
    Mistakes,
    NetValue,
    OutcomeAgreement,
    ProtectedResult,
    SegmentResult,
)
from shipworthy.stats import calibration, classification, curves
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.fairness import FAIRNESS, fairness_gap, group_gap
from shipworthy.stats.intervals import proportion
from shipworthy.stats.sample import FAILED, Sample
from shipworthy.stats.segments import segment_gaps
from shipworthy.stats.thresholds import handover_curve, least_cost_threshold

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.measuring import Bench
    from shipworthy.evals.prompts import Shot
    from shipworthy.evals.review import BarResult
    from shipworthy.evals.reviewing import Material
    from shipworthy.evals.spec import FeatureSpec, OutcomeSpec, ProtectedSpec
    from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
    from shipworthy.stats.thresholds import ChosenThreshold

__all__ = [
    "answered_row",
    "candidate_results",
    "class_results",
    "cost_curve",
    "costs_of",
    "curves_of",
    "example_row",
    "handover",
    "harms",
    "mistakes",
    "net_value",
    "outcome_agreement",
    "protected_results",
    "rows_shown",
    "scaled",
    "segment_results",
    "shot_row",
]

_TEXT = 400
_SMALLEST = 30
_DAYS_A_MONTH = 30
_SCORES = ("accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "brier")
_MISTAKE_KINDS = 12
_MISTAKES_SHOWN = 4


def example_row(
    example: Example,
    *,
    predicted: str | None = None,
    confidence: float | None = None,
    note: str | None = None,
) -> ExampleRow:
    """One row as evidence: shortened, personal data masked."""
    return ExampleRow(
        row=example.row,
        id=example.id,
        text=_shown(example.text),
        label=example.label,
        predicted=predicted,
        confidence=None if confidence is None or np.isnan(confidence) else round(float(confidence), 4),
        note=note,
    )


def _shown(text: str) -> str:
    """The beginning of a text, with personal data masked."""
    cut = text[:_TEXT] + "…" if len(text) > _TEXT else text
    for found in reversed(list(sightings(cut))):
        cut = cut[: found.start] + masked(cut[found.start : found.end]) + cut[found.end :]
    return cut


def shot_row(shot: Shot, position: int) -> ExampleRow:
    """An example of a prompt as evidence."""
    return ExampleRow(
        row=0, id=f"example {position + 1} of the prompt", text=_shown(shot.input), label=shot.output
    )


def answered_row(
    examples: Sequence[Example], sample: Sample, position: int, *, note: str | None = None
) -> ExampleRow:
    """A test row together with what the candidate under review answered."""
    code = int(sample.predictions[position])
    return example_row(
        examples[position],
        predicted=None if code == FAILED else sample.classes[code],
        confidence=None if sample.confidence is None else float(sample.confidence[position]),
        note=note,
    )


def rows_shown(examples: Sequence[Example], sample: Sample) -> list[ExampleRow]:
    """Every row as evidence, without what was answered."""
    sure = [None] * sample.n if sample.confidence is None else sample.confidence.tolist()
    return [example_row(example, confidence=value) for example, value in zip(examples, sure, strict=True)]


def candidate_results(
    material: Material, samples: Mapping[str, Sample], leaked: BoolArray
) -> tuple[CandidateResult, ...]:
    """All candidates side by side on the same rows: the chosen one first, baselines last."""
    chosen = samples[material.chosen]
    order = sorted(samples, key=lambda name: (name != material.chosen, name in material.crew.baselines))
    return tuple(_candidate_result(material, name, samples[name], chosen, leaked) for name in order)


def _scores(material: Material, name: str, sample: Sample, leaked: BoolArray) -> dict[str, Estimate]:
    if material.crew.panel is None:
        metrics = _SCORES if sample.proba is not None else _SCORES[:-1]
        return {metric: classification.measure(sample, metric).at() for metric in metrics}
    from shipworthy.evals.jobs.scoring import scored_of

    found = scored_of(material.rows[name], material.crew.panel.checks)
    return {"accuracy": classification.measure(sample, "accuracy").at()} | {
        check: scored.take(~leaked).measured(clusters=sample.clusters).at()
        for check, scored in found.items()
        if "[" not in check
    }


def costs_of(material: Material, name: str) -> FloatArray | None:
    """(n,) US dollars that the calls about each row cost; None where the candidate calls nothing."""
    if isinstance(material.fitted[name], Asker):
        return call_costs(material.log, name)
    given = material.rows[name]["cost"] if name in material.rows else ()
    costs = np.array([np.nan if value is None else value for value in given], dtype=float)
    return None if np.isnan(costs).all() else costs


def _price(material: Material, name: str, calls: Calls | None) -> Estimate | None:
    """Price of a thousand items, where something is to be paid for them."""
    if calls is not None:
        return calls.cost_per_1000
    costs = costs_of(material, name)
    return None if costs is None else price_of(costs, material.samples[name].clusters)


def _candidate_result(
    material: Material, name: str, sample: Sample, chosen: Sample, leaked: BoolArray
) -> CandidateResult:
    rows = material.log.columns(["status", "latency_ms"], candidate=name)
    calls = _calls(material, name)
    candidate = material.crew.candidates[name]
    return CandidateResult(
        name=name,
        kind=candidate.kind,
        version=material.fitted[name].version,
        chosen=name == material.chosen,
        baseline=name in material.crew.baselines,
        scores=_scores(material, name, sample, leaked),
        difference=None
        if name == material.chosen
        else classification.difference(chosen, sample, "accuracy").at(),
        statuses=dict(Counter(rows["status"])),
        cost_per_1000=_price(material, name, calls),
        latency_ms=float(np.median([value for value in rows["latency_ms"] if value is not None] or [0.0])),
        words=candidate.words,
        calls=calls,
    )


def _calls(material: Material, name: str) -> Calls | None:
    """What asking took, where the candidate is a model or a service."""
    asker, sample = material.fitted[name], material.samples[name]
    if not isinstance(asker, Asker):
        return None
    return calls_of(
        asker,
        material.log,
        name,
        examples=material.test,
        clusters=sample.clusters,
        failures=material.asked.failures.get(name, ()),
        shown=lambda example, note: example_row(example, note=note),
        value=material.request.spec.value,
    )


def handover(spec: FeatureSpec, bench: Bench, target: float, chosen: ChosenThreshold) -> Handover | None:
    """The auto-handle curve, the threshold chosen on it, and what that leaves for people."""
    sample = bench.sample
    if sample.confidence is None:
        return None
    curve = handover_curve(sample.correct, sample.confidence, clusters=sample.clusters, points=60)
    handed, fits = _handed_over(spec, bench, chosen)
    return Handover(
        target=target,
        threshold=chosen.t,
        share=chosen.share,
        precision=chosen.precision,
        method=chosen.method,
        why_none=chosen.why_none,
        points=tuple(
            HandoverPoint(threshold=point.threshold, share=point.share, precision=point.precision)
            for point in curve.points
        ),
        handed_over_a_day=handed,
        capacity_a_day=spec.fallback.capacity_a_day if spec.fallback else None,
        fits=fits,
        words=_handover_words(target, chosen, handed),
    )


def _handed_over(
    spec: FeatureSpec, bench: Bench, chosen: ChosenThreshold
) -> tuple[Estimate | None, bool | None]:
    """Items a day left for people, and whether the upper bound fits the fallback's capacity."""
    if chosen.t is None or spec.value is None:
        return None, None
    left = ~bench.above(chosen.t).handled
    a_day = spec.value.volume_per_month / _DAYS_A_MONTH
    share = proportion(left, clusters=bench.sample.clusters).at()
    handed = scaled(share, a_day)
    capacity = spec.fallback.capacity_a_day if spec.fallback else None
    return handed, None if capacity is None or handed.high is None else handed.high <= capacity


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """An estimate in other units, counted in pieces."""
    from dataclasses import replace

    value, low, high = (
        None if part is None else part * factor for part in (estimate.value, estimate.low, estimate.high)
    )
    return replace(estimate, value=value, low=low, high=high, unit="count")


def _handover_words(target: float, chosen: ChosenThreshold, handed: Estimate | None) -> str:
    if chosen.t is None:
        reason = (chosen.why_none or "none was found").rstrip(".")
        return f"No confidence threshold keeps {target:.0%} of handled items right: {reason}."
    text = (
        f"At a confidence of {chosen.t:.2f} and above, the feature handles {chosen.share} of the "
        f"items alone, and {chosen.precision} of those are right."
    )
    return text if handed is None else f"{text} That leaves {handed} items a day for people."


def net_value(spec: FeatureSpec, bench: Bench) -> NetValue | None:
    """What the feature brings a month, given its value and costs."""
    if bench.money is None or spec.value is None:
        return None
    value, costs = spec.value, bench.money.costs
    paid = bench.money.calls is not None and bool(np.nan_to_num(bench.money.calls).any())
    assumptions = [
        f"{value.volume_per_month:,.0f} items a month",
        f"{value.per_item:,.2f} {value.currency} for an item handled rightly",
        f"{costs.wrong:,.2f} {value.currency} for a mistake",
        f"{costs.handed_over:,.2f} {value.currency} for handing one to a person",
        *(
            f"{pair.cost:,.2f} {value.currency} for taking {pair.label!r} for "
            f"{pair.predicted or 'anything else'}"
            for pair in costs.pairs
        ),
        *([f"1 US dollar of calls counts as {value.per_us_dollar:g} {value.currency}"] if paid else []),
    ]
    return NetValue(
        currency=value.currency,
        month=bench.net_value_month().at(),
        cost_per_1000=bench.cost_per_1000().at(),
        assumptions=tuple(assumptions),
    )


def cost_curve(bench: Bench) -> CostCurve | None:
    """The cheapest threshold of a yes/no decision."""
    sample = bench.sample
    if bench.money is None or sample.proba is None or len(sample.classes) != 2:
        return None
    usable = sample.take(sample.predictions != FAILED)
    if usable.proba is None or len(np.unique(usable.labels)) < 2:
        return None
    matrix = bench.money.costs.matrix(sample.classes)
    found = least_cost_threshold(
        usable.proba[:, 1],
        usable.labels == 1,
        cost_false_positive=float(matrix[0, 1]),
        cost_false_negative=float(matrix[1, 0]),
        clusters=usable.clusters,
        seed=usable.seed,
    )
    return CostCurve(
        positive=sample.classes[1],
        threshold=found.threshold,
        band_low=found.band_low,
        band_high=found.band_high,
        cost_per_1000=found.cost_per_1000,
        points=tuple(
            CostPoint(threshold=float(found.thresholds[i]), cost_per_1000=float(found.costs_per_1000[i]))
            for i in _spread(found.thresholds)
        ),
    )


def _spread(thresholds: FloatArray) -> IntArray:
    """At most 200 positions of a curve, both ends included, thresholds without a number left out."""
    usable = np.flatnonzero(np.isfinite(thresholds))
    wanted = np.linspace(0, len(usable) - 1, min(200, len(usable))).round().astype(int)
    spread: IntArray = usable[np.unique(wanted)]
    return spread


def segment_results(
    bench: Bench, protected: Sequence[str]
) -> tuple[tuple[SegmentResult, ...], dict[str, int]]:
    """Every segment value against the rest, worst first, and the values too small to judge."""
    if not bench.segments:
        return (), {}
    sample = bench.sample
    table = segment_gaps(sample.correct, bench.segments, clusters=sample.clusters, smallest=_SMALLEST)
    average = table.overall.value or 0.0
    rows = tuple(
        SegmentResult(
            segment=" and ".join(column for column, _ in gap.where),
            value=" and ".join(value for _, value in gap.where),
            n=gap.n,
            rate=gap.rate,
            rest=gap.rest,
            gap=gap.gap,
            found=gap.found,
            protected=any(column in protected for column, _ in gap.where),
            words=gap.words(average),
        )
        for gap in (*table.singles, *(pair for pair in table.pairs if pair.found))
    )
    return rows, {f"{small.column} = {small.value}": small.n for small in table.too_small}


def protected_results(spec: FeatureSpec, bench: Bench) -> tuple[ProtectedResult, ...]:
    """Protected segments by the fairness definition that feature.yaml chose for them."""
    return tuple(_protected(item, bench) for item in spec.data.protected)


def _protected(item: ProtectedSpec, bench: Bench) -> ProtectedResult:
    definition = FAIRNESS[item.fairness]
    values = bench.segments[item.segment]
    sample, about, column = bench.sample, item.label, item.segment
    gap = fairness_gap(sample, item.fairness, values, class_=about, column=column, smallest=_SMALLEST).at()
    first = group_gap(sample, definition.metrics[0], values, class_=about, column=column, smallest=_SMALLEST)
    small = {group.value: group.n for group in first.too_small}
    measured = gap.defined and not small
    return ProtectedResult(
        segment=item.segment,
        fairness=item.fairness,
        fairness_words=definition.words,
        reason=item.reason,
        gap=gap,
        groups={name: group.at() for name, group in first.groups.items()},
        unmeasured=small,
        measured=measured,
        words=f"Between the groups of {item.segment!r} the difference is {gap}."
        if measured
        else f"Not every group of {item.segment!r} has the {_SMALLEST} test rows that a comparison needs.",
    )


def harms(spec: FeatureSpec, bars: Sequence[BarResult]) -> tuple[Harm, ...]:
    """Harms from feature.yaml, each with the bar that measures it, if any."""
    by_text = {bar.text: bar for bar in bars}
    return tuple(
        Harm(
            who=harm.who,
            what=harm.what,
            severity=harm.severity,
            measured_by=harm.measured_by if harm.measured_by in by_text else None,
            estimate=by_text[harm.measured_by].all_rows.estimate if harm.measured_by in by_text else None,
        )
        for harm in spec.harms
    )


def class_results(sample: Sample) -> tuple[ClassResult, ...]:
    """Precision, recall and F1 of each class."""
    return tuple(
        ClassResult(name=row.name, n=row.n, precision=row.precision, recall=row.recall, f1=row.f1)
        for row in classification.class_table(sample)
    )


def mistakes(examples: Sequence[Example], sample: Sample) -> tuple[Mistakes, ...]:
    """Examples of each kind of mistake, the commonest kinds first, the surest rows first."""
    wrong = np.flatnonzero(~sample.correct)
    kinds = Counter((int(sample.labels[i]), int(sample.predictions[i])) for i in wrong)
    sure = sample.confidence if sample.confidence is not None else np.zeros(sample.n)
    found = []
    for (label, taken), count in kinds.most_common(_MISTAKE_KINDS):
        rows = [i for i in wrong if sample.labels[i] == label and sample.predictions[i] == taken]
        rows.sort(key=lambda i: (-float(np.nan_to_num(sure[i])), i))
        found.append(
            Mistakes(
                label=sample.classes[label],
                predicted="(no usable answer)" if taken == FAILED else sample.classes[taken],
                count=count,
                examples=tuple(answered_row(examples, sample, int(i)) for i in rows[:_MISTAKES_SHOWN]),
            )
        )
    return tuple(found)


def curves_of(sample: Sample, focus: str | None) -> tuple[Curve, ...]:
    """Precision–recall and ROC for one class, and reliability of the confidence."""
    return tuple(_curves(sample, focus))


def _curves(sample: Sample, focus: str | None) -> Iterator[Curve]:
    if sample.proba is not None and focus is not None:
        code = sample.code(focus)
        present = sample.labels == code
        if present.any() and not present.all():
            for name, title, x_words, y_words, made, metric in (
                (
                    "precision_recall",
                    f"Precision and recall of {focus!r}",
                    "recall: share found",
                    "precision: share of alarms that are right",
                    curves.pr_curve,
                    "average_precision",
                ),
                (
                    "roc",
                    f"ROC curve of {focus!r}",
                    "false alarms among all others",
                    "share found",
                    curves.roc_curve,
                    "roc_auc",
                ),
            ):
                line = made(sample, focus)
                yield Curve(
                    name=name,
                    title=title,
                    x_words=x_words,
                    y_words=y_words,
                    points=tuple((float(x), float(y)) for x, y in line.points),
                    summary=classification.measure(sample, metric, class_=focus).at(),
                )
    if sample.confidence is not None:
        bins = calibration.reliability(sample)
        yield Curve(
            name="reliability",
            title="Does the confidence mean what it says?",
            x_words="confidence",
            y_words="share right",
            points=tuple((row.confidence, row.right.value) for row in bins if row.right.value is not None),
            summary=classification.measure(sample, "calibration_error").at(),
        )


def outcome_agreement(
    wanted: OutcomeSpec | None, examples: Sequence[Example], sample: Sample
) -> OutcomeAgreement | None:
    """Whether rows that count as right ended well for the user."""
    if wanted is None:
        return None
    known = np.array([example.outcome is not None for example in examples])
    good = np.array([_same(example.outcome, wanted.good) for example in examples])
    right = sample.correct
    clusters = sample.clusters
    bad_rows = np.flatnonzero(known & right & ~good)
    agreement = proportion((right == good)[known], clusters=_taken(clusters, known)).at()
    right_but_bad = proportion(~good[known & right], clusters=_taken(clusters, known & right)).at()
    return OutcomeAgreement(
        column=wanted.column,
        good=wanted.good,
        agreement=agreement,
        right_but_bad=right_but_bad,
        rows=tuple(answered_row(examples, sample, int(i)) for i in bad_rows[:10]),
        words=f"Answer and {wanted.column!r} agree on {agreement} of the rows (right and "
        f"{wanted.good!r}, or wrong and not).",
    )


def _same(value: str | None, wanted: str) -> bool:
    return value is not None and value.strip().casefold() == wanted.strip().casefold()


def _taken(clusters: Any, rows: BoolArray) -> Any:
    return None if clusters is None else clusters[rows]
