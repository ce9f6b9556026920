"""From what was run to what is said: the review of a gathered run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.core.clock import written
from shipworthy.evals import sections
from shipworthy.evals.benching import check_bars, find_leaks, make_bench, target_precision
from shipworthy.evals.collecting import all_findings
from shipworthy.evals.describing import data_summary, method_lines
from shipworthy.evals.review import Review
from shipworthy.evals.reviewing import versions
from shipworthy.evals.verdict import Grounds, decide, judge_bars
from shipworthy.stats import classification

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.attacks.report import AttackReport
    from shipworthy.evals.benching import Leaks
    from shipworthy.evals.jobs.telling import Outputs
    from shipworthy.evals.measuring import Bench
    from shipworthy.evals.review import (
        BarResult,
        CandidateResult,
        Finding,
        Handover,
        Harm,
        Mistakes,
        OutcomeAgreement,
        ProtectedResult,
        SegmentResult,
        Verdict,
    )
    from shipworthy.evals.reviewing import Material
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.stats.classification import Confusion
    from shipworthy.stats.sample import Sample
    from shipworthy.stats.thresholds import ChosenThreshold

__all__ = ["Measures", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was measured on the gathered material."""

    leaks: Leaks
    """Test rows that were known before."""
    examples: tuple[Example, ...]
    """The other test rows, as a person sees them."""
    bench: Bench
    """The candidate under review on these rows."""
    chosen: ChosenThreshold | None
    """Its threshold; None where it gives no confidence."""
    bars: tuple[BarResult, ...]
    """The bars and their outcomes."""
    handover: Handover | None
    """What it can handle alone."""
    candidates: tuple[CandidateResult, ...]
    """All candidates side by side."""
    segments: tuple[SegmentResult, ...]
    """Every segment value against the rest."""
    too_small: dict[str, int]
    """Segment values with too few rows."""
    protected: tuple[ProtectedResult, ...]
    """Protected segments."""
    outcome: OutcomeAgreement | None
    """Whether being right and what happened to users agree."""
    harms: tuple[Harm, ...]
    """Harms, and what measures them."""
    mistakes: tuple[Mistakes, ...]
    """Examples of each kind of mistake."""
    outputs: Outputs | None
    """What was put out, row by row (every job but ``classify``)."""

    @property
    def threshold(self) -> float | None:
        """Confidence from which rows are handled without a person."""
        return None if self.chosen is None else self.chosen.t

    @property
    def handling(self) -> Bench:
        """The bench as it would be used: above the threshold where there is one."""
        return self.bench if self.threshold is None else self.bench.above(self.threshold)


def summarise(material: Material, attack: AttackReport | None = None) -> Review:
    """Measure, find and decide.

    Args:
        material: Everything that was run.
        attack: The newest attack on this version of the candidate under review, if there is one.

    Raises:
        SpecError: a bar names a class, segment or candidate that is not there.
    """
    check_bars(material)
    measures = _measured(material)
    material.request.progress("findings are collected", 0, 1)
    found = all_findings(material, measures, attack)
    verdict = decide(_grounds(material, measures, found))
    review = _review(material, measures, found, verdict)
    return _with_classes(review, measures) if measures.outputs is None else _with_checks(review, measures)


def _measured(material: Material) -> Measures:
    spec, progress = material.request.spec, material.request.progress
    leaks = find_leaks(material)
    bench = make_bench(material, leaks.mask)
    target = target_precision(spec)
    chosen = bench.choose(target) if bench.sample.confidence is not None else None
    progress("bars are judged", 0, len(spec.bars))
    bars = judge_bars(spec.bars, bench, threshold=None if chosen is None else chosen.t)
    kept = {name: sample.take(~leaks.mask) for name, sample in material.samples.items()}
    examples = tuple(example for example, leak in zip(material.test, leaks.mask, strict=True) if not leak)
    progress("candidates are compared", 0, len(kept))
    segments, too_small = sections.segment_results(bench, [item.segment for item in spec.data.protected])
    outputs = _outputs(material, leaks)
    measures = Measures(
        leaks=leaks,
        examples=examples,
        bench=bench,
        chosen=chosen,
        bars=bars,
        handover=None if chosen is None else sections.handover(spec, bench, target, chosen),
        candidates=sections.candidate_results(material, kept, leaks.mask),
        segments=segments,
        too_small=too_small,
        protected=sections.protected_results(spec, bench),
        outcome=sections.outcome_agreement(spec.data.outcome, examples, bench.sample),
        harms=sections.harms(spec, bars),
        mistakes=() if outputs is not None else sections.mistakes(examples, bench.sample),
        outputs=outputs,
    )
    return measures if outputs is None else replace(measures, mistakes=_failures(measures, outputs))


def _outputs(material: Material, leaks: Leaks) -> Outputs | None:
    if material.crew.panel is None:
        return None
    from shipworthy.evals.jobs.telling import Outputs

    return Outputs(material.rows[material.chosen]["output"], material.crew.panel).take(~leaks.mask)


def _failures(measures: Measures, outputs: Outputs) -> tuple[Mistakes, ...]:
    from shipworthy.evals.jobs.telling import failures

    return failures(measures.handling, outputs, sections.rows_shown(measures.examples, measures.bench.sample))


def _grounds(material: Material, measures: Measures, found: tuple[Finding, ...]) -> Grounds:
    spec, handover = material.request.spec, measures.handover
    handles_all = measures.chosen is not None and measures.chosen.share.value == 1.0
    return Grounds(
        bars=measures.bars,
        rows=measures.bench.sample.n,
        threshold=measures.threshold,
        hands_over=any(bar.kind == "auto_handled" for bar in spec.bars) and not handles_all,
        has_settings=material.request.has_settings,
        has_fallback=spec.fallback is not None,
        fits=handover.fits if handover else None,
        unmeasured=tuple(item.segment for item in measures.protected if not item.measured),
        notes=tuple(item.title for item in found if item.severity in {"blocker", "serious"}),
        next_steps=tuple(item.next_step for item in found if item.severity != "note"),
        stopped=material.asked.stopped,
    )


def _review(material: Material, measures: Measures, found: tuple[Finding, ...], verdict: Verdict) -> Review:
    """The review without what only some jobs have."""
    request, spec = material.request, material.request.spec
    return Review(
        id=request.id,
        at=written(request.clock.now()),
        feature=spec.name,
        does=spec.does,
        for_whom=spec.for_whom,
        job=spec.job,
        origin=request.origin,
        verdict=verdict,
        bars=measures.bars,
        findings=found,
        candidates=measures.candidates,
        how_chosen=material.crew.how_chosen,
        handover=measures.handover,
        cost_curve=None,
        value=sections.net_value(spec, measures.handling),
        segments=measures.segments,
        segments_too_small=measures.too_small,
        protected=measures.protected,
        harms=measures.harms,
        classes=(),
        confusion_classes=(),
        confusion=(),
        mistakes=measures.mistakes,
        curves=sections.curves_of(measures.bench.sample, _focus(spec, measures.bench.sample)),
        outcome=measures.outcome,
        data=data_summary(material, measures.bench.sample),
        fallback=spec.fallback.model_dump() if spec.fallback else None,
        method=method_lines(material, measures.leaks, measures.threshold),
        versions=_versions(material),
        stopped=None if material.asked.stopped is None else material.asked.stopped.reason,
    )


def _versions(material: Material) -> dict[str, str]:
    return {
        **versions(),
        "dataset": material.request.dataset.sha256,
        "candidate": material.fitted[material.chosen].version,
        "seed": str(material.request.spec.data.seed),
    }


def _with_classes(review: Review, measures: Measures) -> Review:
    """The review with what only classes have."""
    sample = measures.bench.sample
    confusion = classification.confusion(sample, worst=20)
    return replace(
        review,
        cost_curve=sections.cost_curve(measures.bench),
        classes=sections.class_results(sample),
        confusion_classes=confusion.classes,
        confusion=_with_rest(confusion),
    )


def _with_checks(review: Review, measures: Measures) -> Review:
    """The review with what only outputs have that are checked."""
    from shipworthy.evals.jobs.telling import abstentions, check_results

    assert measures.outputs is not None
    rows = sections.rows_shown(measures.examples, measures.bench.sample)
    ids = [example.id for example in measures.examples]
    return replace(
        review,
        checks=check_results(measures.handling),
        right_means=measures.outputs.panel.right_means,
        abstentions=abstentions(measures.outputs, ids, rows),
    )


def _with_rest(confusion: Confusion) -> tuple[tuple[int, ...], ...]:
    """The counts, and in a last column the answers that are not among the classes shown."""
    rest = confusion.elsewhere + confusion.failed
    return tuple(
        (*(int(count) for count in row), int(other))
        for row, other in zip(confusion.counts, rest, strict=True)
    )


def _focus(spec: FeatureSpec, sample: Sample) -> str | None:
    """The class whose curves are drawn: of two the second, else the one a bar names, else the rarest."""
    if spec.job != "classify":
        return None
    if len(sample.classes) == 2:
        return sample.classes[1]
    named = [bar.class_ for bar in spec.bars if bar.class_ is not None]
    if named:
        return named[0]
    counts = np.bincount(sample.labels, minlength=len(sample.classes))
    present = np.flatnonzero(counts)
    return sample.classes[int(present[counts[present].argmin()])] if present.size else None
