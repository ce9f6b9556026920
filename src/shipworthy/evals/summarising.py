"""From what was run to what is said: the review of a gathered run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.core.clock import written
from shipworthy.core.errors import SpecError, Where
from shipworthy.datasets import duplicates
from shipworthy.datasets.coverage_of_test import uncovered
from shipworthy.datasets.giveaways import cluster_overlap, giveaways
from shipworthy.evals import findings, sections
from shipworthy.evals.attacks.finding import attacked
from shipworthy.evals.calls import call_costs
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.measuring import Bench, Money, counted
from shipworthy.evals.review import DataSummary, Finding, Pair, Problem, Review
from shipworthy.evals.reviewing import Material, label_counts, versions
from shipworthy.evals.verdict import Grounds, decide, judge_bars
from shipworthy.stats import classification
from shipworthy.stats.agreement import cohen_kappa, split_pairs
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import proportion
from shipworthy.stats.label_errors import suspected_label_errors
from shipworthy.stats.label_noise import wrong_labels
from shipworthy.stats.power import detectable_difference
from shipworthy.stats.shift import categorical_shift, text_shift

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.attacks.report import AttackReport
    from shipworthy.evals.prompts import Shot
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.stats.arrays import BoolArray, FloatArray, IntArray
    from shipworthy.stats.classification import Confusion
    from shipworthy.stats.sample import Sample
    from shipworthy.stats.shift import Shift
    from shipworthy.stats.thresholds import ChosenThreshold

__all__ = ["summarise"]

_SMALLEST_CLASS = 10
_TARGET = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaks:
    """Test rows that also stand in the training data."""

    pairs: tuple[Pair, ...]
    mask: BoolArray


def summarise(material: Material, attack: AttackReport | None = None) -> Review:
    """Measure, find and decide.

    Args:
        material: Everything that was run.
        attack: The newest attack on this version of the candidate under review, if there is one.

    Raises:
        SpecError: a bar names a class, segment or candidate that is not there.
    """
    request, spec = material.request, material.request.spec
    _check_bars(material)
    leaks = _leaks(material)
    bench = _bench(material, leaks.mask)
    target = _target(spec)
    chosen = bench.choose(target) if bench.sample.confidence is not None else None
    threshold = chosen.t if chosen is not None else None
    request.progress("bars are judged", 0, len(spec.bars))
    bars = judge_bars(spec.bars, bench, threshold=threshold)
    handover = sections.handover(spec, bench, target, chosen) if chosen is not None else None
    kept = {name: sample.take(~leaks.mask) for name, sample in material.samples.items()}
    examples = [example for example, leak in zip(material.test, leaks.mask, strict=True) if not leak]
    request.progress("candidates are compared", 0, len(kept))
    candidates = sections.candidate_results(material, kept)
    protected = sections.protected_results(spec, bench)
    names = [item.segment for item in spec.data.protected]
    segments, too_small = sections.segment_results(bench, names)
    outcome = sections.outcome_agreement(spec.data.outcome, examples, bench.sample)
    harms = sections.harms(spec, bars)
    request.progress("findings are collected", 0, 1)
    found = findings.ranked(
        [
            *_leakage_findings(material, leaks, bench),
            *findings.baseline_not_beaten(candidates),
            *findings.run_ended_early(_stopped(material), len(material.test), request.dataset.splits["test"]),
            *findings.failed_rows(candidates[0]),
            *findings.unsteady(candidates[0]),
            *attacked(attack),
            *findings.segment_gaps(segments),
            *findings.protected_gaps(protected),
            *_label_findings(material),
            *_data_findings(material),
            *_calibration_findings(bench.sample),
            *findings.outcome_disagrees(outcome),
            *findings.harms_unmeasured(harms),
        ]
    )
    grounds = Grounds(
        bars=bars,
        rows=bench.sample.n,
        threshold=threshold,
        hands_over=any(bar.kind == "auto_handled" for bar in spec.bars) and not _handles_all(chosen),
        has_settings=request.has_settings,
        has_fallback=spec.fallback is not None,
        fits=handover.fits if handover else None,
        unmeasured=tuple(item.segment for item in protected if not item.measured),
        notes=tuple(item.title for item in found if item.severity in {"blocker", "serious"}),
        next_steps=tuple(item.next_step for item in found if item.severity != "note"),
        stopped=_stopped(material),
    )
    verdict = decide(grounds)
    priced = bench.above(threshold) if threshold is not None else bench
    confusion = classification.confusion(bench.sample, worst=20)
    return Review(
        id=request.id,
        at=written(request.clock.now()),
        feature=spec.name,
        does=spec.does,
        for_whom=spec.for_whom,
        job=spec.job,
        origin=request.origin,
        verdict=verdict,
        bars=bars,
        findings=found,
        candidates=candidates,
        how_chosen=material.how_chosen,
        handover=handover,
        cost_curve=sections.cost_curve(bench),
        value=sections.net_value(spec, priced),
        segments=segments,
        segments_too_small=too_small,
        protected=protected,
        harms=harms,
        classes=sections.class_results(bench.sample),
        confusion_classes=confusion.classes,
        confusion=_with_rest(confusion),
        mistakes=sections.mistakes(examples, bench.sample),
        curves=sections.curves_of(bench.sample, _focus(spec, bench.sample)),
        outcome=outcome,
        data=_data_summary(material, bench.sample),
        fallback=spec.fallback.model_dump() if spec.fallback else None,
        method=_method(material, leaks, threshold),
        versions={
            **versions(),
            "dataset": request.dataset.sha256,
            "candidate": material.fitted[material.chosen].version,
            "seed": str(spec.data.seed),
        },
        stopped=_stopped(material),
    )


def _stopped(material: Material) -> str | None:
    return None if material.asked.stopped is None else material.asked.stopped.reason


def _handles_all(chosen: ChosenThreshold | None) -> bool:
    """Whether the precision claim holds with every row handled."""
    return chosen is not None and chosen.share.value == 1.0


def _with_rest(confusion: Confusion) -> tuple[tuple[int, ...], ...]:
    """The counts, and in a last column the answers that are not among the classes shown."""
    rest = confusion.elsewhere + confusion.failed
    return tuple(
        (*(int(count) for count in row), int(other))
        for row, other in zip(confusion.counts, rest, strict=True)
    )


def _check_bars(material: Material) -> None:
    spec = material.request.spec
    for position, bar in enumerate(spec.bars):
        try:
            bar.check_names(
                classes=material.request.dataset.classes,
                segments=spec.data.all_segments,
                candidates=tuple(material.candidates),
            )
        except SpecError as error:
            raise SpecError(error.message, where=Where(field=f"bar.{position}"), hint=error.hint) from None


def _target(spec: FeatureSpec) -> float:
    """The precision claimed for handled rows: from a bar, else from the fallback, else 95%."""
    claims = [bar.precision for bar in spec.bars if bar.precision is not None]
    if claims:
        return max(claims)
    return spec.fallback.precision if spec.fallback else _TARGET


def _leaks(material: Material) -> _Leaks:
    """Test rows that stand in the training data, or among the examples in the prompt under review."""
    train, test = material.train, material.test
    shots = _shots(material)
    known = [row.text for row in train] + [shot.input for shot in shots]
    found = duplicates.near_duplicates(known, [row.text for row in test])
    mask = np.zeros(len(test), dtype=bool)
    mask[[pair.test for pair in found]] = True
    worst_first = sorted(found, key=lambda pair: (-pair.share, pair.test))
    pairs = tuple(
        Pair(
            train=sections.example_row(train[pair.train])
            if pair.train < len(train)
            else sections.shot_row(shots[pair.train - len(train)], pair.train - len(train)),
            test=sections.example_row(test[pair.test]),
            kind=pair.kind,
            share=pair.share,
        )
        for pair in worst_first
    )
    return _Leaks(pairs=pairs, mask=mask)


def _paid(material: Material, kept: BoolArray) -> FloatArray | None:
    """(n,) what the calls about each row cost, in the feature's currency; None where nothing is called."""
    if not isinstance(material.fitted[material.chosen], Asker):
        return None
    value = material.request.spec.value
    rate = 1.0 if value is None else value.per_us_dollar
    return call_costs(material.log, material.chosen)[kept] * rate


def _shots(material: Material) -> Sequence[Shot]:
    asker = material.fitted[material.chosen]
    return asker.prompt.settings.examples if isinstance(asker, Asker) else ()


def _bench(material: Material, leaked: BoolArray) -> Bench:
    spec = material.request.spec
    kept = {name: sample.take(~leaked) for name, sample in material.samples.items()}
    baselines = {name: kept[name] for name in material.baselines}
    best = max(baselines, key=lambda name: float(baselines[name].correct.mean() if baselines[name].n else 0))
    examples = [example for example, leak in zip(material.test, leaked, strict=True) if not leak]
    money = None
    if spec.costs is not None:
        money = Money(value=spec.value, costs=spec.costs, calls=_paid(material, ~leaked))
    return Bench(
        sample=kept[material.chosen],
        rivals={**kept, "baseline": baselines[best]},
        segments={
            name: [example.segments.get(name) for example in examples] for name in spec.data.all_segments
        },
        leaked=leaked,
        money=money,
    )


def _leakage_findings(material: Material, leaks: _Leaks, bench: Bench) -> Iterator[Finding]:
    whole = material.samples[material.chosen]
    share = counted(leaks.mask).at()
    overall = classification.measure(bench.sample, "accuracy").at()
    yield from findings.leaked_rows(
        leaks.pairs, share, with_leaks=classification.measure(whole, "accuracy").at(), without=overall
    )
    column = material.request.spec.data.cluster
    if column is not None and material.train:
        overlap = cluster_overlap(
            [row.cluster for row in material.train], [row.cluster for row in material.test]
        )
        split_here = material.request.spec.data.file is not None
        yield from findings.cluster_on_both_sides(overlap.share, overlap.names, column, split_here=split_here)
    if material.train:
        yield from _giveaway_findings(material, overall)


def _giveaway_findings(material: Material, overall: Estimate) -> Iterator[Finding]:
    names = material.request.spec.data.all_segments
    rows = (*material.train, *material.test)
    found = giveaways(
        [row.text for row in rows],
        [str(row.label) for row in rows],
        segments={name: [row.segments.get(name) for row in rows] for name in names},
    )
    if not found:
        return
    sample = material.samples[material.chosen]
    given = {row - len(material.train) for item in found for row in item.rows if row >= len(material.train)}
    rest = np.array([position not in given for position in range(sample.n)], dtype=bool)
    without = classification.measure(sample.take(rest), "accuracy").at()
    yield from findings.giveaways(found, without, overall)


def _label_findings(material: Material) -> Iterator[Finding]:
    reader = next((name for name, fit in material.fitted.items() if fit.out_of_fold is not None), None)
    if reader is not None:
        sample, training = material.samples[reader], material.training
        folds = material.fitted[reader].out_of_fold
        if sample.proba is not None:
            yield from _suspects(material.test, sample.labels, sample.proba, sample.classes, "test")
        if folds is not None and training is not None:
            yield from _suspects(material.train, training.labels, folds.proba, training.classes, "training")
    yield from _annotator_findings(material)


def _annotator_findings(material: Material) -> Iterator[Finding]:
    names = material.request.spec.data.annotations
    if len(names) < 2:
        return
    labels = [[row.annotations[name] for name in names] for row in (*material.train, *material.test)]
    both = [row for row in labels if row[0] is not None and row[1] is not None]
    kappa = cohen_kappa([row[0] for row in both], [row[1] for row in both]).at()
    yield from findings.annotators_split([pair.words() for pair in split_pairs(labels)], kappa)


def _suspects(
    examples: Sequence[Example], labels: IntArray, proba: FloatArray, classes: tuple[str, ...], where: str
) -> Iterator[Finding]:
    suspects = suspected_label_errors(labels, proba, classes)
    rows = [
        sections.example_row(
            examples[item.row],
            predicted=item.suggested,
            confidence=item.score,
            note=f"labelled {item.given!r}, reads like {item.suggested!r}",
        )
        for item in suspects
    ]
    # Two lists are looked at in a review and a clean one must rarely be accused: 99% each.
    yield from findings.suspected_labels(rows, wrong_labels(labels, proba).at(0.99), where)


def _data_findings(material: Material) -> Iterator[Finding]:
    counts = dict.fromkeys(material.request.dataset.classes, 0) | label_counts(material.test)
    yield from findings.too_small_classes(counts, _SMALLEST_CLASS)
    askers = [one for one in material.fitted.values() if isinstance(one, Asker)]
    away = [asker.model.title for asker in askers if asker.leaves_the_machine]
    yield from findings.personal_data(_personal(material), away)
    yield from findings.not_covered(_uncovered(material))
    if material.production:
        yield from findings.production_differs(_shifts(material))


def _shifts(material: Material) -> Mapping[str, Shift]:
    test, production = material.test, material.production
    found = {
        name: categorical_shift(
            [row.segments.get(name) for row in test], [row.segments.get(name) for row in production]
        )
        for name in material.request.spec.data.all_segments
    }
    return {**found, "text": text_shift([row.text for row in test], [row.text for row in production])}


def _calibration_findings(sample: Sample) -> Iterator[Finding]:
    if sample.confidence is not None:
        yield from findings.calibration_off(classification.measure(sample, "calibration_error").at())


def _personal(material: Material) -> tuple[str, ...]:
    return tuple(str(item) for item in material.request.dataset.personal_data)


def _uncovered(material: Material) -> tuple[str, ...]:
    return tuple(uncovered(material.train, material.test, material.production))


def _data_summary(material: Material, sample: Sample) -> DataSummary:
    dataset, spec = material.request.dataset, material.request.spec
    problems = tuple(
        Problem(kind=item.kind, words=str(item), count=item.count, rows=item.rows)
        for item in dataset.problems
    )
    accuracy = classification.measure(sample, "accuracy").at()
    return DataSummary(
        sha256=dataset.sha256,
        files={source.file: source.sha256 for source in dataset.sources},
        rows=dict(dataset.splits),
        classes=label_counts(material.test),
        how_split=dataset.how_split,
        label_source=spec.data.label_source or _label_sources(material.test),
        problems=problems,
        personal_data=_personal(material),
        not_covered=_uncovered(material),
        detectable=_detectable(sample, accuracy),
    )


def _label_sources(test: Sequence[Example]) -> str:
    """Who labelled, as the rows say it."""
    counts = Counter(row.label_source for row in test if row.label_source)
    said = ", ".join(f"{name} ({n:,})" for name, n in counts.most_common(5))
    return said or "not said in feature.yaml"


def _detectable(sample: Sample, accuracy: Estimate) -> str:
    """What this test set can and cannot see."""
    if accuracy.value is None:
        return "Nothing can be detected without test rows."
    smallest = detectable_difference(sample.n, accuracy.value, design_effect=_design_effect(sample))
    if smallest is None:
        return f"{sample.n:,} test rows are too few to show any drop."
    return (
        f"With {sample.n:,} test rows, a true drop of {smallest * 100:.1f} points or more below "
        f"{accuracy.value:.0%} would be seen four times in five; a smaller one would often be missed."
    )


def _design_effect(sample: Sample) -> float:
    """How many of these rows are worth one independent row, from the widths of the two intervals."""
    if sample.clusters is None:
        return 1.0
    together, alone = (
        proportion(sample.correct, clusters=sample.clusters).at(),
        proportion(sample.correct).at(),
    )
    if together.low is None or together.high is None or alone.low is None or alone.high is None:
        return 1.0
    return max(1.0, ((together.high - together.low) / max(alone.high - alone.low, 1e-12)) ** 2)


def _focus(spec: FeatureSpec, sample: Sample) -> str | None:
    """The class whose curves are drawn: of two the second, else the one a bar names, else the rarest."""
    if len(sample.classes) == 2:
        return sample.classes[1]
    named = [bar.class_ for bar in spec.bars if bar.class_ is not None]
    if named:
        return named[0]
    counts = np.bincount(sample.labels, minlength=len(sample.classes))
    present = np.flatnonzero(counts)
    return sample.classes[int(present[counts[present].argmin()])] if present.size else None


def _method(material: Material, leaks: _Leaks, threshold: float | None) -> tuple[str, ...]:
    spec = material.request.spec
    lines = [
        f"{len(material.test):,} labelled test rows; {int(leaks.mask.sum()):,} leaked ones are left out of "
        "bars and verdict.",
        material.request.dataset.how_split,
        material.how_chosen,
        "Shares have Wilson intervals, other scores intervals by the jackknife over rows or groups. Each bar "
        "is held against the end of its interval, at the level that Holm's method sets for all of them.",
        "Rows without a usable answer stay in every denominator and count as wrong.",
    ]
    if spec.data.cluster:
        lines.append(f"Rows with the same {spec.data.cluster!r} are treated as one group in every interval.")
    fitted = material.fitted[material.chosen].out_of_fold
    if fitted is not None and fitted.temperature != 1.0:
        lines.append(
            "Probabilities were calibrated on held-back training rows "
            f"(temperature {fitted.temperature:.2f}); the test rows played no part."
        )
    if threshold is not None:
        lines.append(
            "The confidence threshold was chosen by testing one threshold after the other, from the "
            "strictest down, so that its precision claim is wrong in at most 5% of samples."
        )
    return tuple(lines)
