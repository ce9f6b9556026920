"""Everything that is wrong, collected from the gathered material and what was measured on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from shipworthy.datasets.coverage_of_test import uncovered
from shipworthy.datasets.giveaways import cluster_overlap, giveaways
from shipworthy.evals import findings, sections
from shipworthy.evals.attacks.finding import attacked
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.jobs.candidates import FittedChecked
from shipworthy.evals.measuring import counted
from shipworthy.evals.reviewing import label_counts
from shipworthy.stats import classification
from shipworthy.stats.agreement import cohen_kappa, split_pairs
from shipworthy.stats.label_errors import suspected_label_errors
from shipworthy.stats.label_noise import wrong_labels
from shipworthy.stats.shift import categorical_shift, text_shift

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.attacks.report import AttackReport
    from shipworthy.evals.benching import Leaks
    from shipworthy.evals.measuring import Bench
    from shipworthy.evals.review import Finding
    from shipworthy.evals.reviewing import Material
    from shipworthy.evals.summarising import Measures
    from shipworthy.stats.arrays import FloatArray, IntArray
    from shipworthy.stats.estimate import Estimate
    from shipworthy.stats.sample import Sample
    from shipworthy.stats.shift import Shift

__all__ = ["all_findings", "not_covered", "personal_data"]

_SMALLEST_CLASS = 10


def all_findings(material: Material, measures: Measures, attack: AttackReport | None) -> tuple[Finding, ...]:
    """Everything that is wrong, worst first."""
    of_test = material.request.dataset.splits["test"]
    first = measures.candidates[0]
    return findings.ranked(
        [
            *_leakage_findings(material, measures.leaks, measures.bench),
            *findings.baseline_not_beaten(measures.candidates),
            *findings.run_ended_early(material.asked.stopped, len(material.test), of_test),
            *findings.failed_rows(first),
            *findings.unsteady(first),
            *_made_up_findings(measures),
            *attacked(attack),
            *findings.segment_gaps(measures.segments),
            *findings.protected_gaps(measures.protected),
            *_label_findings(material),
            *_data_findings(material),
            *_calibration_findings(measures.bench.sample),
            *findings.outcome_disagrees(measures.outcome),
            *findings.harms_unmeasured(measures.harms),
        ]
    )


def _made_up_findings(measures: Measures) -> Iterator[Finding]:
    if measures.outputs is not None:
        from shipworthy.evals.jobs.telling import invented_or_unsupported

        yield from invented_or_unsupported(measures.bench, measures.mistakes, measures.outputs.panel)


def _leakage_findings(material: Material, leaks: Leaks, bench: Bench) -> Iterator[Finding]:
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
    if material.train and material.crew.panel is None:
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
        sample, training = material.samples[reader], material.crew.training
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
    if material.crew.panel is None:
        counts = dict.fromkeys(material.request.dataset.classes, 0) | label_counts(material.test)
        yield from findings.too_small_classes(counts, _SMALLEST_CLASS)
    askers = [one for one in material.fitted.values() if isinstance(one, Asker)]
    away = [asker.model.title for asker in askers if asker.leaves_the_machine]
    away += [
        one.sends_to for one in material.fitted.values() if isinstance(one, FittedChecked) and one.sends_to
    ]
    yield from findings.personal_data(personal_data(material), away)
    yield from findings.not_covered(not_covered(material))
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


def personal_data(material: Material) -> tuple[str, ...]:
    """Kinds of personal data in rows and documents, as sentences."""
    return (*map(str, material.request.dataset.personal_data), *material.crew.personal_data)


def not_covered(material: Material) -> tuple[str, ...]:
    """What the test set says nothing about."""
    return tuple(uncovered(material.train, material.test, material.production))
