"""A review as a value: everything the report shows, and nothing that needs our code to be read.

``report.json`` is this value written down; ``report.html`` is rendered from that JSON alone.
No field holds a bare score: what was measured is an :class:`Estimate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from shipworthy.stats.estimate import Estimate

__all__ = [
    "Abstentions",
    "BarOutcome",
    "BarResult",
    "Calls",
    "CandidateResult",
    "CheckResult",
    "ClassResult",
    "CostCurve",
    "CostPoint",
    "Curve",
    "DataSummary",
    "Decision",
    "ExampleRow",
    "Finding",
    "Handover",
    "HandoverPoint",
    "Harm",
    "Mistakes",
    "NetValue",
    "OutcomeAgreement",
    "Pair",
    "Problem",
    "ProtectedResult",
    "Quote",
    "Review",
    "SegmentResult",
    "Severity",
    "Verdict",
]

Decision = Literal["ship", "ship_with_fallback", "hold", "cannot_tell"]
"""The four verdicts of a review."""
Outcome = Literal["met", "failed", "undecided"]
"""What the interval says about one bar."""
Severity = Literal["blocker", "serious", "warning", "note"]
"""How much a finding matters; a note asks for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarOutcome:
    """One bar held against one set of rows."""

    outcome: Outcome
    """Met, failed or undecided, by the interval's bound."""
    estimate: Estimate
    """The measurement, with the interval that decided (its level comes from Holm's method)."""
    words: str
    """The outcome in one sentence."""
    more_rows: int | None = None
    """Further labelled examples that would probably decide it; None when it is decided or none would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarResult:
    """One condition the feature must meet, and whether it does."""

    text: str
    """The bar as written in feature.yaml."""
    words: str
    """What it asks, in plain words."""
    all_rows: BarOutcome
    """Held against every test row (leaked rows left out)."""
    above: BarOutcome | None = None
    """Held against the rows the feature would handle itself, where there is a threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, and why."""

    decision: Decision
    """Ship, ship with a human fallback, hold, or cannot tell yet."""
    headline: str
    """The answer in one sentence."""
    reasons: tuple[str, ...]
    """The three reasons that weigh most, most important first."""
    next_steps: tuple[str, ...] = ()
    """What to do now, most important first."""
    threshold: float | None = None
    """Confidence from which the feature acts alone (ship with fallback)."""
    more_rows: int | None = None
    """Further labelled examples that would probably decide (cannot tell yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of a document that an output rests on. Hostile text, escaped on output."""

    document: str
    """Name of the document."""
    place: str
    """Where it stands, for a person who wants to open it."""
    quote: str
    """The words, shortened, with personal data masked."""
    verbatim: bool
    """Whether they stand in the document at that very place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRow:
    """One row shown as evidence. All text in it is hostile and escaped on output."""

    row: int
    """Row number in the user's file (header is row 1)."""
    id: str
    """The row's id."""
    text: str
    """The input, shortened, with personal data masked."""
    label: str | None = None
    """The label in the file."""
    predicted: str | None = None
    """What the candidate answered."""
    confidence: float | None = None
    """The candidate's confidence."""
    note: str | None = None
    """Why this row is shown."""
    quotes: tuple[Quote, ...] = ()
    """What the output rests on (not for ``classify``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What asking a model took, and how steady its answers are."""

    model: str
    """The model, as it was named."""
    prompt: str
    """The prompt's name."""
    calls: int
    """Calls that are in the log, repeats included."""
    repeats: int
    """How often each example was asked."""
    cost_per_1000: Estimate
    """US dollars for a thousand items; undefined where the price is unknown."""
    price: str | None
    """Where the price comes from, with its date."""
    caution: str | None
    """Why the price may be wrong."""
    latency_ms: float | None
    """Median milliseconds a call took."""
    latency_p95_ms: float | None
    """19 of 20 calls took less."""
    tokens_in: float | None
    """Tokens read per call, on average."""
    tokens_out: float | None
    """Tokens written per call, on average."""
    confidence: str
    """Where the confidence comes from."""
    agreement: Estimate | None
    """The chance that two calls on the same example agree; None without repeats."""
    flips: Estimate | None
    """The chance that they differ; None without repeats."""
    spread: str | None
    """How much of the uncertainty more repeats or more examples would remove, and which is cheaper."""
    unstable: tuple[ExampleRow, ...]
    """Examples whose answer changes most often from call to call."""
    failures: tuple[ExampleRow, ...]
    """A few examples without a usable answer, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateResult:
    """One way to build the feature, measured on the same rows as the others."""

    name: str
    """Its name in feature.yaml."""
    kind: str
    """trained, app, callable, recorded, model, endpoint, majority, keyword, nothing, rules."""
    version: str
    """Hash of everything that determines its outputs."""
    chosen: bool
    """Whether the verdict is about this one."""
    baseline: bool
    """Whether it is one of the two baselines every report shows."""
    scores: dict[str, Estimate]
    """Metric name to estimate."""
    difference: Estimate | None
    """Accuracy of the chosen candidate minus this one, paired, in points."""
    statuses: dict[str, int]
    """Rows per status (ok, refused, invalid, timeout, error)."""
    cost_per_1000: Estimate | None
    """Price of a thousand calls; None when there is nothing to pay per call."""
    latency_ms: float | None
    """Median milliseconds per row on this machine."""
    words: str
    """What it is, in one sentence."""
    calls: Calls | None = None
    """What asking it took; None unless it is a model or a service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverPoint:
    """One threshold on the auto-handle curve."""

    threshold: float
    """Confidence from which rows are handled without a person."""
    share: float
    """Share of all rows handled."""
    precision: Estimate
    """How right the handled rows are (pointwise interval)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Which rows the feature may handle alone, and what that leaves for people."""

    target: float
    """The precision claimed for handled rows."""
    threshold: float | None
    """The chosen confidence threshold; None when none keeps the claim."""
    share: Estimate
    """Share of rows handled at the threshold."""
    precision: Estimate
    """Precision of handled rows at the threshold."""
    method: str
    """The rule that chose the threshold and the error it controls."""
    why_none: str | None
    """Why there is no threshold, where there is none."""
    points: tuple[HandoverPoint, ...]
    """The curve."""
    handed_over_a_day: Estimate | None
    """Rows a day left for people, from the monthly volume; None when no volume is given."""
    capacity_a_day: float | None
    """What the fallback can take a day."""
    fits: bool | None
    """Whether the interval's upper bound fits the capacity; None when either is unknown."""
    words: str
    """All this in two sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetValue:
    """What the feature brings a month at the threshold, after its mistakes."""

    currency: str
    """Currency of all amounts."""
    month: Estimate
    """Net value a month at the chosen threshold (all rows when there is none)."""
    cost_per_1000: Estimate
    """Cost of errors and hand-overs per thousand items."""
    assumptions: tuple[str, ...]
    """The inputs it rests on, as written in feature.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPoint:
    """Expected cost at one threshold of a yes/no decision."""

    threshold: float
    """Score from which the answer is yes."""
    cost_per_1000: float
    """Cost of errors per thousand items at this threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCurve:
    """The threshold of least expected cost for a yes/no decision."""

    positive: str
    """The class that counts as yes."""
    threshold: float
    """The cheapest threshold."""
    band_low: float
    """Lowest threshold that is as good within noise."""
    band_high: float
    """Highest threshold that is as good within noise."""
    cost_per_1000: Estimate
    """Cross-fitted cost at the cheapest threshold."""
    points: tuple[CostPoint, ...]
    """The curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentResult:
    """One segment value (or pair of values) against the rest."""

    segment: str
    """For instance ``plan`` or ``plan × channel``."""
    value: str
    """For instance ``free``."""
    n: int
    """Test rows in it."""
    rate: Estimate
    """Accuracy inside."""
    rest: Estimate
    """Accuracy of all other rows."""
    gap: Estimate
    """Inside minus rest, in points, with a family-wise interval."""
    found: bool
    """Whether the gap is real at the family-wise 5% and large enough to matter."""
    protected: bool
    """Whether feature.yaml names the segment as protected."""
    words: str
    """The sentence a report shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedResult:
    """A protected segment judged by the fairness definition chosen for it."""

    segment: str
    """Column name."""
    fairness: str
    """The definition, by its standard name."""
    fairness_words: str
    """What the definition asks, in plain words."""
    reason: str
    """Why this definition was chosen, from feature.yaml."""
    gap: Estimate
    """Largest difference between any two groups."""
    groups: dict[str, Estimate]
    """The metric in each group that is large enough."""
    unmeasured: dict[str, int]
    """Groups too small to measure, with their rows."""
    measured: bool
    """Whether at least two groups could be compared and none that matters was left out."""
    words: str
    """The sentence a report shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Something that can go wrong for somebody, and whether it was measured."""

    who: str
    """Who is harmed."""
    what: str
    """How."""
    severity: str
    """low, medium or high, from feature.yaml."""
    measured_by: str | None
    """The bar or metric that measures it; None is a gap."""
    estimate: Estimate | None
    """Its current value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two rows that are the same text, one on each side of the split."""

    train: ExampleRow
    """The row on the training side."""
    test: ExampleRow
    """The row on the test side."""
    kind: str
    """exact, reformatted or edited."""
    share: float
    """Share of word sequences they have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong: how bad, how we know, what to do next."""

    id: str
    """Stable name of the kind of finding, for instance ``leakage.near_duplicates``."""
    failure_mode: str
    """Playbook id of the failure mode."""
    severity: Severity
    """blocker, serious, warning or note."""
    title: str
    """One sentence."""
    evidence: tuple[str, ...]
    """What was seen, in numbers and words."""
    next_step: str
    """What to do."""
    estimates: dict[str, Estimate] = field(default_factory=dict)
    """Measurements that carry it, for instance with and without leaked rows."""
    rows: tuple[ExampleRow, ...] = ()
    """Rows that show it."""
    pairs: tuple[Pair, ...] = ()
    """Pairs of rows that show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """One class."""

    name: str
    """The label."""
    n: int
    """Test rows with this label."""
    precision: Estimate
    """Of the rows given this label, how many have it."""
    recall: Estimate
    """Of the rows that have this label, how many were given it."""
    f1: Estimate
    """Harmonic mean of the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check over the test rows (not for ``classify``)."""

    name: str
    """Its name in bars."""
    title: str
    """What it counts, in a few words."""
    words: str
    """What it says, in a sentence."""
    better: Literal["higher", "lower"]
    """Which way is good."""
    estimate: Estimate
    """On every test row (leaked rows left out)."""
    handled: Estimate | None
    """On the rows the feature would handle itself; None without a threshold."""
    parts: dict[str, Estimate]
    """The same for each field or kind of statement, where it can be told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstentions:
    """Which questions were answered (job ``answer``); a failed row counts as answered, not as abstained."""

    answered: int
    """Answerable, answered."""
    abstained: int
    """Answerable, not answered."""
    answered_unanswerable: int
    """Not answerable, answered nevertheless."""
    abstained_unanswerable: int
    """Not answerable, not answered."""
    wrongly: tuple[ExampleRow, ...]
    """A few answerable questions that were not answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """One kind of mistake: a label taken for another, or a kind of failure."""

    label: str
    """What it is; of jobs other than ``classify``, the kind of failure in words."""
    predicted: str
    """What it was taken for; empty where a label is no class."""
    count: int
    """How often."""
    examples: tuple[ExampleRow, ...]
    """A few of them."""
    escaped: int | None = None
    """How many the feature would not have handed over; None without a threshold, or for ``classify``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line to draw, with the numbers that describe it."""

    name: str
    """precision_recall, roc or reliability."""
    title: str
    """Title in plain words."""
    x_words: str
    """Meaning of x."""
    y_words: str
    """Meaning of y."""
    points: tuple[tuple[float, float], ...]
    """The line, at most 200 points."""
    summary: Estimate | None
    """Average precision, area under the curve, or calibration error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something about the data file that was met and dealt with."""

    kind: str
    """Stable name."""
    words: str
    """What was found and what was done."""
    count: int
    """Rows concerned."""
    rows: tuple[int, ...]
    """The first row numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSummary:
    """What the review was made on."""

    sha256: str
    """Hash of the frozen dataset."""
    files: dict[str, str]
    """File name to its hash."""
    rows: dict[str, int]
    """Rows per split."""
    classes: dict[str, int]
    """Test rows per class."""
    how_split: str
    """One sentence."""
    label_source: str
    """Who or what gave the labels."""
    problems: tuple[Problem, ...]
    """What was met and dealt with."""
    personal_data: tuple[str, ...]
    """Kinds of personal data found, with counts."""
    not_covered: tuple[str, ...]
    """What the test set says nothing about."""
    detectable: str
    """The smallest difference this test set can detect, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeAgreement:
    """Whether the metric and what happened to users agree."""

    column: str
    """The outcome column."""
    good: str
    """The value that counts as good."""
    agreement: Estimate
    """Share of rows where right goes with good and wrong with bad."""
    right_but_bad: Estimate
    """Of the rows the metric calls right, how many ended badly."""
    rows: tuple[ExampleRow, ...]
    """Rows where the metric says right and the user says wrong."""
    words: str
    """What it means for the metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Run, findings, verdict and papers of one feature at one moment."""

    id: str
    """Sortable id."""
    at: str
    """When, ISO 8601 in UTC."""
    feature: str
    """Feature name."""
    does: str
    """What the feature does."""
    for_whom: str
    """Who uses it."""
    job: str
    """classify, answer, extract or summarise."""
    origin: Literal["bundled", "own", "external"]
    """Where the data comes from; bundled data counts as practice only."""
    verdict: Verdict
    """The answer."""
    bars: tuple[BarResult, ...]
    """The conditions, in the order written."""
    findings: tuple[Finding, ...]
    """Worst first."""
    candidates: tuple[CandidateResult, ...]
    """The chosen one first, baselines last."""
    how_chosen: str
    """How the candidate under review was chosen."""
    handover: Handover | None
    """None when the candidate gives no confidence."""
    cost_curve: CostCurve | None
    """Only for yes/no decisions with costs."""
    value: NetValue | None
    """None when feature.yaml gives no value and costs."""
    segments: tuple[SegmentResult, ...]
    """Worst first."""
    segments_too_small: dict[str, int]
    """Segment values with too few rows to say anything."""
    protected: tuple[ProtectedResult, ...]
    """Protected segments."""
    harms: tuple[Harm, ...]
    """Harms named in feature.yaml."""
    classes: tuple[ClassResult, ...]
    """One row per class."""
    confusion_classes: tuple[str, ...]
    """Classes shown in the confusion matrix (the worst twenty when there are more)."""
    confusion: tuple[tuple[int, ...], ...]
    """Rows are true classes, columns answers; a last column counts answers not shown here, or none."""
    mistakes: tuple[Mistakes, ...]
    """Examples of each kind of mistake, most frequent first."""
    curves: tuple[Curve, ...]
    """Precision–recall, ROC and reliability."""
    outcome: OutcomeAgreement | None
    """Only with an outcome column."""
    data: DataSummary
    """What it was measured on."""
    fallback: dict[str, Any] | None
    """Who catches what the feature hands over, from feature.yaml."""
    method: tuple[str, ...]
    """How it was measured, one sentence each."""
    versions: dict[str, str]
    """Versions and hashes that a re-run needs."""
    stopped: str | None = None
    """Why the run ended before every row was answered; None when it did not."""
    checks: tuple[CheckResult, ...] = ()
    """What the job's checks say (not for ``classify``)."""
    right_means: str = ""
    """When an output is right, in words (not for ``classify``)."""
    abstentions: Abstentions | None = None
    """Which questions were answered (job ``answer``)."""
    schema: str = "shipworthy.review/1"
    """Version of this layout."""
