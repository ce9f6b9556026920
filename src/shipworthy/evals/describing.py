"""What the review was made on and how it was measured, in words and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shipworthy.evals.collecting import not_covered, personal_data
from shipworthy.evals.review import DataSummary, Problem
from shipworthy.evals.reviewing import label_counts
from shipworthy.stats import classification
from shipworthy.stats.intervals import proportion
from shipworthy.stats.power import detectable_difference

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.benching import Leaks
    from shipworthy.evals.reviewing import Material
    from shipworthy.stats.estimate import Estimate
    from shipworthy.stats.sample import Sample

__all__ = ["data_summary", "method_lines"]


def data_summary(material: Material, sample: Sample) -> DataSummary:
    """What the review was made on."""
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
        classes=_kinds(material),
        how_split=dataset.how_split,
        label_source=spec.data.label_source or _label_sources(material.test),
        problems=problems,
        personal_data=personal_data(material),
        not_covered=not_covered(material),
        detectable=_detectable(sample, accuracy),
    )


def _kinds(material: Material) -> dict[str, int]:
    """Test rows by label, or by what kind of label they have."""
    if material.crew.panel is None:
        return label_counts(material.test)
    from shipworthy.evals.jobs.telling import label_kinds

    return label_kinds([material.crew.panel.labels[row.id] for row in material.test])


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


def method_lines(material: Material, leaks: Leaks, threshold: float | None) -> tuple[str, ...]:
    """How it was measured, one sentence each."""
    spec = material.request.spec
    lines = [
        f"{len(material.test):,} labelled test rows; {int(leaks.mask.sum()):,} leaked ones are left out of "
        "bars and verdict.",
        material.request.dataset.how_split,
        material.crew.how_chosen,
        "Shares have Wilson intervals, other scores intervals by the jackknife over rows or groups. Each bar "
        "is held against the end of its interval, at the level that Holm's method sets for all of them.",
        "Rows without a usable answer stay in every denominator and count as wrong.",
    ]
    if material.crew.panel is not None:
        lines.append(material.crew.panel.right_means)
        lines.append(
            "Checks that count several things in a row are pooled: their points are added up over rows."
        )
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
