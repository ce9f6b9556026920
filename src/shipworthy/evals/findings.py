"""Findings: what is wrong, how bad, how we know, what to do next.

Each function looks at one thing and returns the findings about it, none when all is well. Severity
means: *blocker*: someone is likely to be harmed or the numbers cannot be believed; *serious*: the
decision may be wrong; *warning*: look before launch; *note*: nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from shipworthy.evals.review import ExampleRow, Finding, Pair, Severity

if TYPE_CHECKING:
    from shipworthy.datasets.giveaways import Giveaway
    from shipworthy.evals.review import (
        CandidateResult,
        Harm,
        Mistakes,
        OutcomeAgreement,
        ProtectedResult,
        SegmentResult,
    )
    from shipworthy.evals.running import Stopped
    from shipworthy.stats.estimate import Estimate
    from shipworthy.stats.shift import Shift

__all__ = [
    "annotators_split",
    "baseline_not_beaten",
    "calibration_off",
    "cluster_on_both_sides",
    "failed_rows",
    "giveaways",
    "harms_unmeasured",
    "leaked_rows",
    "made_up",
    "not_covered",
    "outcome_disagrees",
    "personal_data",
    "production_differs",
    "protected_gaps",
    "ranked",
    "run_ended_early",
    "segment_gaps",
    "suspected_labels",
    "too_small_classes",
    "unsteady",
]

_NOTHING_LEFT = "No row has left this machine in this review."
_RANK: Mapping[Severity, int] = {"blocker": 0, "serious": 1, "warning": 2, "note": 3}
_SHOWN = 30
_PAIRS_SHOWN = 100
_FLIPS = 0.05


def ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Worst first; the order of discovery decides among equals."""
    return tuple(sorted(findings, key=lambda finding: _RANK[finding.severity]))


def leaked_rows(
    pairs: Sequence[Pair], share: Estimate, *, with_leaks: Estimate, without: Estimate
) -> Iterator[Finding]:
    """Test rows that also stand, nearly word for word, in the training data."""
    if not pairs:
        return
    serious = share.value is not None and share.value > 0.01
    yield Finding(
        id="leakage.near_duplicates",
        failure_mode="leakage",
        severity="serious" if serious else "warning" if len(pairs) > 2 else "note",
        title=f"{len(pairs):,} test rows also stand in the training data, so the test was partly known.",
        evidence=("Bars and verdict use the rows without leaks.",),
        next_step="Take these rows out of the training data, or out of the test, and review again.",
        estimates={
            "share of test rows leaked": share,
            "right on all test rows": with_leaks,
            "right without the leaked ones": without,
        },
        pairs=tuple(pairs[:_PAIRS_SHOWN]),
    )


def cluster_on_both_sides(
    share: Estimate, names: Sequence[str], column: str, *, split_here: bool
) -> Iterator[Finding]:
    """The same customer or document in training and test."""
    if not names:
        return
    yield Finding(
        id="leakage.cluster",
        failure_mode="leakage",
        severity="serious" if share.value is not None and share.value > 0.05 else "warning",
        title=f"Some of the same {column!r} values stand on both sides of the split.",
        evidence=(f"For instance {', '.join(repr(name) for name in names[:5])}.",),
        next_step=f"Split by {column!r} (data.split_by: cluster), so that the test asks about strangers."
        if split_here
        else f"Keep all rows of one {column!r} in one file, so that the test asks about strangers.",
        estimates={"test rows whose group was seen in training": share},
    )


def giveaways(found: Sequence[Giveaway], without: Estimate, overall: Estimate) -> Iterator[Finding]:
    """Words, templates or segment values that give the label away."""
    if not found:
        return
    yield Finding(
        id="leakage.giveaway",
        failure_mode="shortcut-learning",
        severity="serious" if any((item.share.value or 0) >= 0.9 for item in found) else "warning",
        title=f"{_counted(len(found), 'pattern gives', 'patterns give')} the label away unread.",
        evidence=tuple(item.words for item in found[:8]),
        next_step="Ask whether the pattern will be there in production. If not, remove it from the texts "
        "and review again.",
        estimates={"right on all rows": overall, "right on rows without a giveaway": without},
    )


def baseline_not_beaten(candidates: Sequence[CandidateResult]) -> Iterator[Finding]:
    """A candidate that is no better than a rule somebody could write in an hour."""
    for rival in candidates:
        if not rival.baseline or rival.difference is None or rival.difference.low is None:
            continue
        if rival.difference.low > 0:
            continue
        yield Finding(
            id=f"baseline.{rival.kind}",
            failure_mode="no-better-than-baseline",
            severity="serious",
            title=f"The candidate is not shown to be better than {_rival(rival.kind)}.",
            evidence=("Both answered the same rows.",),
            next_step="Use the baseline, or find out what the candidate fails to learn.",
            estimates={"difference in rows answered rightly": rival.difference},
        )


def made_up(kind: str, failure: Mistakes, *, rows: int, share: Estimate, right: str) -> Iterator[Finding]:
    """Outputs that say what the documents do not hold (invented), or cite what is not there (unsupported)."""
    often = share.low is not None and share.low > 0.01
    yield Finding(
        id=f"output.{kind}",
        failure_mode="hallucination",
        severity="serious" if often or kind == "unsupported" else "warning",
        title=f"{failure.label}: {failure.count:,} of {rows:,} rows.",
        evidence=(right,),
        next_step="Read these rows. Raise the threshold, or let the feature abstain where nothing supports "
        "what it would say.",
        estimates={"share of rows": share},
        rows=failure.examples,
    )


def segment_gaps(segments: Sequence[SegmentResult]) -> Iterator[Finding]:
    """Groups of rows on which the feature is really worse."""
    for segment in segments:
        if not segment.found or segment.gap.value is None or segment.gap.value > 0:
            continue
        yield Finding(
            id=f"segment.{segment.segment}.{segment.value}",
            failure_mode="subgroup-failure",
            severity="blocker" if segment.protected else "serious",
            title=_capital(segment.words) + ".",
            evidence=("The chance of any false alarm is held at 5% over all segments looked at.",),
            next_step=f"Collect and label training rows with {segment.segment} = {segment.value}, or hand "
            "these rows to a person until it works for them.",
            estimates={"right inside": segment.rate, "right elsewhere": segment.rest, "gap": segment.gap},
        )


def protected_gaps(protected: Sequence[ProtectedResult]) -> Iterator[Finding]:
    """Protected segments that nobody could measure."""
    for result in protected:
        if result.measured:
            continue
        yield Finding(
            id=f"protected.{result.segment}",
            failure_mode="insufficient-evidence",
            severity="serious",
            title=f"The protected segment {result.segment!r} could not be measured.",
            evidence=(result.words,),
            next_step="Collect labelled test rows for the groups that are too small: "
            + (", ".join(f"{name} ({n})" for name, n in result.unmeasured.items()) or "all of them")
            + ".",
        )


def suspected_labels(rows: Sequence[ExampleRow], wrong: Estimate, where: str) -> Iterator[Finding]:
    """Rows whose label is probably wrong, where there are more than a good model's mistakes explain."""
    if not rows or wrong.value is None:
        return
    sure = wrong.low is not None and wrong.low > 0
    yield Finding(
        id=f"labels.suspected.{where}",
        failure_mode="label-noise",
        severity="warning" if sure else "note",
        title=f"About {max(wrong.value, 1):,.0f} {where} labels are wrong."
        if sure
        else f"If {where} labels are wrong, it is probably among these.",
        evidence=(
            "Counted: labels that a model which never saw the row contradicts, beyond its own mistakes.",
            "The rows are ranked (confident learning): the first are the likeliest to be wrong. Some "
            "will be right after all: look.",
        ),
        next_step=f"Read the {where} rows listed here and correct those labels that are wrong.",
        estimates={"wrong labels": wrong},
        rows=tuple(rows[:_SHOWN]),
    )


def annotators_split(sentences: Sequence[str], agreement: Estimate) -> Iterator[Finding]:
    """Label pairs on which people disagree: a product decision, not a model's mistake."""
    if not sentences:
        return
    yield Finding(
        id="labels.annotators_split",
        failure_mode="overlapping-categories",
        severity="warning",
        title="People who label these rows disagree about some pairs of labels.",
        evidence=tuple(sentences[:6]),
        next_step="Decide what separates these categories, write it down with examples, and label again; "
        "or merge them. No model can be better than the definition.",
        estimates={"agreement beyond chance (Cohen's kappa)": agreement},
    )


def not_covered(sentences: Sequence[str]) -> Iterator[Finding]:
    """What the test set says nothing about."""
    if not sentences:
        return
    yield Finding(
        id="coverage.test_set",
        failure_mode="coverage-gap",
        severity="note",
        title="The test set says little or nothing about some of what users send.",
        evidence=tuple(sentences[:8]),
        next_step="Add test rows of these kinds before you rely on the result for them.",
    )


def production_differs(shifts: Mapping[str, Shift]) -> Iterator[Finding]:
    """Columns whose mix in production is not the test's."""
    large = {name: shift for name, shift in shifts.items() if shift.severity != "none"}
    if not large:
        return
    worst = "warning" if any(shift.severity == "large" for shift in large.values()) else "note"
    yield Finding(
        id="shift.production",
        failure_mode="distribution-shift",
        severity="warning" if worst == "warning" else "note",
        title="What users send now differs from the test set in " + ", ".join(repr(n) for n in large) + ".",
        evidence=tuple(shift.words for shift in large.values()),
        next_step="Weigh the result by the production mix, or draw a new test set from production.",
    )


def calibration_off(error: Estimate) -> Iterator[Finding]:
    """Confidence that does not mean what it says."""
    if error.low is None or error.low < 0.05:
        return
    yield Finding(
        id="calibration.off",
        failure_mode="miscalibration",
        severity="warning",
        title="The confidence does not mean what it says.",
        evidence=("A confidence of 0.8 should be right eight times in ten; here it is not.",),
        next_step="Recalibrate on held-back training rows before any threshold is used.",
        estimates={"typical distance between confidence and being right (calibration error)": error},
    )


def too_small_classes(counts: Mapping[str, int], smallest: int) -> Iterator[Finding]:
    """Classes with too few test rows to say anything."""
    small = {name: n for name, n in counts.items() if n < smallest}
    if not small:
        return
    yield Finding(
        id="data.small_classes",
        failure_mode="rare-class",
        severity="warning" if len(small) <= len(counts) / 2 else "serious",
        title=f"{_counted(len(small), 'label has', 'labels have')} fewer than {smallest} test rows: too few "
        "to say anything.",
        evidence=tuple(f"{name}: {n} test rows" for name, n in list(small.items())[:20]),
        next_step="Collect more labelled rows of these classes, or merge classes that need the same action.",
    )


def personal_data(sentences: Sequence[str], sent_to: Sequence[str] = ()) -> Iterator[Finding]:
    """Personal data in the texts, said before any row could leave the machine."""
    if not sentences:
        return
    left = f"Rows were sent to {', '.join(sent_to)}, as you said they may." if sent_to else _NOTHING_LEFT
    yield Finding(
        id="data.personal",
        failure_mode="personal-data-exposure",
        severity="note",
        title="The data contain personal data.",
        evidence=(*sentences, left),
        next_step="Before a hosted model is used, mask these or make sure that you may send them.",
    )


def outcome_disagrees(agreement: OutcomeAgreement | None) -> Iterator[Finding]:
    """Rows that the metric calls right and the user calls wrong."""
    if agreement is None or agreement.right_but_bad.low is None or agreement.right_but_bad.low < 0.05:
        return
    yield Finding(
        id="metric.outcome",
        failure_mode="metric-misalignment",
        severity="warning",
        title="Some answers count as right and still end badly for the user.",
        evidence=(agreement.words,),
        next_step="Read these rows: is the label what the user needed? If not, the metric measures the "
        "wrong thing.",
        estimates={"right but ended badly": agreement.right_but_bad},
        rows=agreement.rows[:_SHOWN],
    )


def failed_rows(candidate: CandidateResult) -> Iterator[Finding]:
    """Calls that did not end with a usable answer."""
    failed = {status: n for status, n in candidate.statuses.items() if status != "ok" and n}
    if not failed:
        return
    total, n = sum(failed.values()), sum(candidate.statuses.values())
    yield Finding(
        id="run.failed_rows",
        failure_mode="invalid-output",
        severity="serious" if total / n > 0.01 else "warning",
        title=f"{total:,} of {n:,} answers were not usable; they count as wrong.",
        evidence=tuple(f"{status}: {count:,}" for status, count in failed.items()),
        next_step="Look at these rows in predictions.parquet (column status) and handle them.",
        rows=() if candidate.calls is None else candidate.calls.failures[:_SHOWN],
    )


def run_ended_early(stopped: Stopped | None, answered: int, rows: int) -> Iterator[Finding]:
    """A run that a budget or an outage ended: what is there is a fair sample, and not all of it."""
    if stopped is None:
        return
    yield Finding(
        id="run.ended_early",
        failure_mode="insufficient-evidence",
        severity="serious",
        title=f"The run ended early: {answered:,} of {rows:,} test rows were answered.",
        evidence=(
            stopped.reason,
            "The rows were asked in a random order, so those answered stand for the rest.",
        ),
        next_step=stopped.next_step,
    )


def unsteady(candidate: CandidateResult) -> Iterator[Finding]:
    """A model that says something else when it is asked the same again."""
    calls = candidate.calls
    if calls is None or calls.flips is None or calls.flips.low is None or calls.flips.low < _FLIPS:
        return
    yield Finding(
        id="run.unsteady",
        failure_mode="inconsistent-output",
        severity="warning",
        title="Asked the same again, the model often answers differently.",
        evidence=(calls.spread or "",),
        next_step="Lower the temperature, ask several times and take what most answers say, or make the "
        "prompt clearer about these examples.",
        estimates={"chance that two calls differ": calls.flips},
        rows=calls.unstable[:_SHOWN],
    )


def harms_unmeasured(harms: Sequence[Harm]) -> Iterator[Finding]:
    """Harms somebody wrote down and nobody measures."""
    missing = [harm for harm in harms if harm.measured_by is None]
    if not missing:
        return
    yield Finding(
        id="harm.unmeasured",
        failure_mode="insufficient-evidence",
        severity="warning" if any(harm.severity == "high" for harm in missing) else "note",
        title=f"{_counted(len(missing), 'harm', 'harms')} named in feature.yaml: measured by no bar.",
        evidence=tuple(f"{harm.who}: {harm.what} ({harm.severity})" for harm in missing),
        next_step="Write a bar that would notice the harm and name it under harms.measured_by.",
    )


def _rival(kind: str) -> str:
    return "doing nothing" if kind == "nothing" else f"the simple {kind} baseline"


def _counted(n: int, one: str, several: str) -> str:
    return f"{n:,} {one if n == 1 else several}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
