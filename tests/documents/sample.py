"""Reviews made by hand, one for each verdict, as the JSON that documents are rendered from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from shipworthy.evals.review import (
    BarOutcome,
    BarResult,
    CandidateResult,
    ClassResult,
    CostCurve,
    CostPoint,
    Curve,
    DataSummary,
    ExampleRow,
    Finding,
    Handover,
    HandoverPoint,
    Harm,
    Mistakes,
    NetValue,
    OutcomeAgreement,
    Pair,
    Problem,
    ProtectedResult,
    Review,
    SegmentResult,
    Verdict,
)
from shipworthy.stats.estimate import Estimate, Unit, undefined

__all__ = ["REVIEWS", "as_json", "bare", "cannot_tell", "check_page", "hold", "ship", "with_fallback"]


def as_json(review: Review) -> dict[str, Any]:
    """What ``report.json`` holds."""
    dumped: dict[str, Any] = TypeAdapter(Review).dump_python(review, mode="json")
    return dumped


def share(right: int, n: int, *, level: float = 0.95, clusters: int | None = None) -> Estimate:
    """A proportion with its Wilson interval."""
    z = {0.95: 1.96, 0.9917: 2.638, 0.99: 2.576, 0.9875: 2.498}[level]
    p = right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(
        value=p,
        low=max(middle - half, 0.0),
        high=min(middle + half, 1.0),
        n=n,
        method="Wilson score interval",
        level=level,
        clusters=clusters,
    )


def boot(value: float, half: float, *, n: int = 612, unit: Unit = "score", level: float = 0.95) -> Estimate:
    """An estimate with a symmetric interval."""
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        n=n,
        method="cluster bootstrap, 2,000 draws",
        level=level,
        clusters=n * 2 // 3,
        unit=unit,
    )


def row(
    number: int, text: str, label: str | None = None, predicted: str | None = None, **more: Any
) -> ExampleRow:
    """A row of the user's file."""
    return ExampleRow(row=number, id=f"msg-{number:05d}", text=text, label=label, predicted=predicted, **more)


CLASSES = ("billing", "bug", "feature request", "how-to question", "outage", "praise")
CONFUSION = (
    (118, 2, 1, 7, 0, 1, 1),
    (3, 131, 4, 9, 6, 0, 2),
    (1, 6, 88, 5, 0, 4, 0),
    (8, 5, 3, 102, 0, 2, 1),
    (0, 8, 0, 1, 21, 0, 0),
    (1, 0, 3, 1, 0, 68, 0),
)
BARS = (
    ("macro_f1 >= 0.80", "Right and found together, every class counting the same: at least 0.80"),
    ("recall[outage] >= 0.90", "At least 90% of outages are recognised as outages"),
    (
        "gap(accuracy, by=language_level) <= 0.05",
        "Readers of simple English are served within 5 points of others",
    ),
    ("auto_handled >= 0.6 at precision >= 0.95", "At least 60% handled without a person, of these 95% right"),
    ("beats(baseline)", "Better than the best baseline"),
    ("leakage <= 0.01", "At most 1% of test rows were seen in training"),
    ("net_value_month >= 0", "It brings more a month than its mistakes cost"),
)


def outcome(kind: str, estimate: Estimate, words: str, more_rows: int | None = None) -> BarOutcome:
    """A bar held against rows."""
    return BarOutcome(outcome=kind, estimate=estimate, words=words, more_rows=more_rows)  # type: ignore[arg-type]


def _bars(*, repaired: bool) -> tuple[BarResult, ...]:
    level = 0.9917
    if repaired:
        all_rows = (
            outcome("met", boot(0.861, 0.031, level=level), "The whole interval is above 0.80."),
            outcome("undecided", share(33, 34, level=level), "The interval crosses 90%.", 41),
            outcome("met", boot(0.012, 0.029, unit="points"), "The whole interval is below 5 points."),
            outcome("met", share(428, 612, level=level), "The whole interval is above 60%."),
            outcome("met", boot(0.331, 0.052, unit="points"), "Better than the key words beyond doubt."),
            outcome("met", share(0, 612, level=level), "The whole interval is below 1%."),
            outcome("met", boot(11840.0, 2410.0, unit="money"), "The whole interval is above zero."),
        )
        above = outcome(
            "met", share(30, 30, level=0.95), "The whole interval is above 88%, as asked above the threshold."
        )
        return tuple(
            BarResult(text=text, words=words, all_rows=one, above=above if "outage" in text else one)
            for (text, words), one in zip(BARS, all_rows, strict=True)
        )
    all_rows = (
        outcome("met", boot(0.842, 0.033, level=level), "The whole interval is above 0.80."),
        outcome("failed", share(21, 30, level=level), "Even the upper end of the interval is below 90%."),
        outcome(
            "failed",
            boot(0.173, 0.071, unit="points"),
            "Even the lower end of the interval is above 5 points.",
        ),
        outcome("met", share(431, 612, level=level), "The whole interval is above 60%."),
        outcome("met", boot(0.312, 0.052, unit="points"), "Better than the key words beyond doubt."),
        outcome("failed", share(28, 640, level=level), "Even the lower end of the interval is above 1%."),
        outcome("undecided", boot(2140.0, 2980.0, unit="money"), "The interval crosses zero.", 480),
    )
    return tuple(
        BarResult(text=text, words=words, all_rows=one)
        for (text, words), one in zip(BARS, all_rows, strict=True)
    )


def _candidates() -> tuple[CandidateResult, ...]:
    def scores(right: int, f1: float, **more: Estimate) -> dict[str, Estimate]:
        return {"accuracy": share(right, 612, clusters=410), "macro_f1": boot(f1, 0.034), **more}

    ok = {"ok": 608, "invalid": 4}
    return (
        CandidateResult(
            name="tfidf",
            kind="trained",
            version="sha256:6f2c1d0b9e",
            chosen=True,
            baseline=False,
            scores=scores(528, 0.842, brier=boot(0.214, 0.019), calibration_error=boot(0.021, 0.012)),
            difference=None,
            statuses=ok,
            cost_per_1000=None,
            latency_ms=0.412,
            words="Words and characters weighed by TF-IDF, logistic regression, calibrated",
        ),
        CandidateResult(
            name="minilm",
            kind="trained",
            version="sha256:ab81c0d7f1",
            chosen=False,
            baseline=False,
            scores=scores(519, 0.829, brier=boot(0.231, 0.02), calibration_error=boot(0.034, 0.014)),
            difference=boot(0.015, 0.022, unit="points"),
            statuses=ok,
            cost_per_1000=None,
            latency_ms=6.93,
            words="MiniLM sentence embeddings, logistic regression, calibrated",
        ),
        CandidateResult(
            name="keyword",
            kind="keyword",
            version="sha256:00c1d7aa42",
            chosen=False,
            baseline=True,
            scores=scores(337, 0.498, calibration_error=undefined("it gives no confidence", method="none")),
            difference=boot(0.312, 0.041, unit="points"),
            statuses={"ok": 612},
            cost_per_1000=None,
            latency_ms=0.03,
            words="The class whose key words occur most often",
        ),
        CandidateResult(
            name="majority",
            kind="majority",
            version="sha256:77e0b1c3f5",
            chosen=False,
            baseline=True,
            scores=scores(155, 0.067, calibration_error=undefined("it gives no confidence", method="none")),
            difference=boot(0.61, 0.04, unit="points"),
            statuses={"ok": 612},
            cost_per_1000=boot(0.42, 0.01, unit="money"),
            latency_ms=None,
            words="Always “bug”, the most frequent class",
        ),
    )


def _handover(*, fits: bool = True) -> Handover:
    def point(i: int) -> HandoverPoint:
        t = 0.3 + 0.69 * i / 59
        handled = max(1 - ((t - 0.3) / 0.7) ** 2.1 * 0.93, 0.03)
        n = round(612 * handled)
        return HandoverPoint(
            threshold=t, share=handled, precision=share(round(n * min(0.863 + 0.135 * (i / 59) ** 0.8, 1)), n)
        )

    return Handover(
        target=0.95,
        threshold=0.74,
        share=share(431, 612),
        precision=share(419, 431),
        method="fixed-sequence testing, which claims too much in at most 5% of cases",
        why_none=None,
        points=tuple(point(i) for i in range(60)),
        handed_over_a_day=Estimate(
            value=88.7, low=77.4, high=100.9, n=612, method="Wilson score interval", unit="count"
        ),
        capacity_a_day=120.0 if fits else 90.0,
        fits=fits,
        words="From confidence 0.74 the feature handles seven of ten messages without a person and is right "
        "on 97% of them. About 89 messages a day are left for the support team.",
    )


def _segments() -> tuple[SegmentResult, ...]:
    def one(
        segment: str,
        value: str,
        right: int,
        n: int,
        gap: float,
        half: float,
        *,
        found: bool,
        protected: bool = False,
    ) -> SegmentResult:
        rate = share(right, n)
        return SegmentResult(
            segment=segment,
            value=value,
            n=n,
            rate=rate,
            rest=share(528 - right, 612 - n),
            gap=boot(gap, half, unit="points"),
            found=found,
            protected=protected,
            words=f"Right {528 / 612:.0%} on average, {right / n:.0%} for {segment} = {value} (n = {n}).",
        )

    return (
        one("language_level", "simple", 66, 96, -0.207, 0.118, found=True, protected=True),
        one("plan × channel", "free × chat", 51, 68, -0.128, 0.122, found=True),
        one("plan", "free", 172, 210, -0.067, 0.081, found=False),
        one("channel", "e-mail", 201, 236, -0.018, 0.074, found=False),
        one("region", "EU", 214, 245, 0.018, 0.073, found=False),
        one("channel", "web form", 148, 167, 0.032, 0.08, found=False),
        one("plan", "enterprise", 140, 152, 0.077, 0.072, found=True),
    )


def _protected() -> tuple[ProtectedResult, ...]:
    return (
        ProtectedResult(
            segment="language_level",
            fairness="equal opportunity",
            fairness_words="Whoever reports a problem is understood equally often.",
            reason="A message that is not understood waits two days longer.",
            gap=boot(0.173, 0.071, unit="points"),
            groups={"simple": share(66, 96), "fluent": share(289, 318), "native": share(173, 198)},
            unmeasured={"mixed": 9},
            measured=True,
            words="Writers of simple English are understood 22 points less often than fluent ones.",
        ),
        ProtectedResult(
            segment="age_band",
            fairness="demographic parity",
            fairness_words="Every group gets the same share of automatic answers.",
            reason="",
            gap=undefined(
                "fewer than two groups have 30 rows", method="largest pairwise difference", unit="points"
            ),
            groups={},
            unmeasured={"65+": 12, "under 25": 21},
            measured=False,
            words="Nothing can be said about age_band: no group has enough rows.",
        ),
    )


def _findings() -> tuple[Finding, ...]:
    reset = "Cannot reset my password since the update, the link in the mail goes to an empty page"
    wrong = tuple(
        row(
            1400 + 17 * i,
            f"Since Tuesday the export of report {i} stops at 80% and the whole team is waiting",
            "praise",
            "bug",
            confidence=0.97 - i / 100,
            note="The label disagrees with every similar row",
        )
        for i in range(15)
    )
    return (
        Finding(
            id="segments.failing",
            failure_mode="quality.uneven",
            severity="blocker",
            title="Messages in simple English are understood 22 points less often",
            evidence=(
                "66 of 96 right for language_level = simple, 462 of 516 for all others.",
                "Most mistakes are bugs taken for questions: simple sentences often start with “how”.",
            ),
            next_step="Add at least 150 labelled messages in simple English and review again.",
            rows=(
                row(
                    812,
                    "App no open. I push and push. Please how?",
                    "bug",
                    "how-to question",
                    confidence=0.71,
                ),
                row(
                    955,
                    "Money go two time from my card, how stop",
                    "billing",
                    "how-to question",
                    confidence=0.64,
                ),
            ),
        ),
        Finding(
            id="leakage.near_duplicates",
            failure_mode="data.leakage",
            severity="serious",
            title="28 test rows are copies of training rows",
            evidence=(
                "28 of 640 test rows; 9 exact, 12 reformatted, 7 edited.",
                "They were left out of every bar.",
            ),
            next_step="Split again by conversation: shipworthy feature split triage --by conversation",
            estimates={"Accuracy with them": share(556, 640), "Accuracy without them": share(528, 612)},
            pairs=(
                Pair(
                    train=row(101, reset, "bug"),
                    test=row(1811, reset.upper(), "bug"),
                    kind="reformatted",
                    share=1.0,
                ),
                Pair(
                    train=row(
                        340, "The invoice of March shows the wrong VAT number, please correct it", "billing"
                    ),
                    test=row(
                        1902, "The invoice of April shows the wrong VAT number, please correct", "billing"
                    ),
                    kind="edited",
                    share=0.78,
                ),
            ),
        ),
        Finding(
            id="labels.suspected",
            failure_mode="data.labels",
            severity="warning",
            title="15 labels are probably wrong",
            evidence=("The model is sure of another class, on training rows it has not seen.",),
            next_step="Read these rows, correct the labels that are wrong, and review again.",
            rows=wrong,
        ),
        Finding(
            id="data.shift",
            failure_mode="data.shift",
            severity="note",
            title="Production has more chat messages than the test set",
            evidence=("41% of production rows come from chat, 27% of test rows.",),
            next_step="Nothing now; weigh the segments by channel when you read the averages.",
        ),
    )


def _curves() -> tuple[Curve, ...]:
    steps = [i / 100 for i in range(101)]
    return (
        Curve(
            name="precision_recall",
            title="Outage: how right it stays while finding more",
            x_words="Found of all outages (recall)",
            y_words="Right when it says outage (precision)",
            points=tuple((x, 1 - 0.35 * x**4) for x in steps),
            summary=boot(0.861, 0.074, n=30),
        ),
        Curve(
            name="roc",
            title="Outage: finding against false alarms",
            x_words="False alarms among all other rows",
            y_words="Found of all outages",
            points=tuple((x, x**0.13) for x in steps),
            summary=boot(0.948, 0.031),
        ),
        Curve(
            name="reliability",
            title="Whether “90% sure” is right in 90 of 100 cases",
            x_words="Confidence",
            y_words="Share right",
            points=tuple(
                (x, x - 0.06 * math.sin(x * 6)) for x in (0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
            ),
            summary=boot(0.021, 0.012),
        ),
        Curve(
            name="roc",
            title="Praise: finding against false alarms",
            x_words="False alarms among all other rows",
            y_words="Found of all praise",
            points=(),
            summary=undefined("the candidate gives no probabilities", method="none"),
        ),
    )


def _data() -> DataSummary:
    return DataSummary(
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        files={"feedback.csv": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"},
        rows={"train": 1402, "test": 612, "production": 400},
        classes=dict(zip(CLASSES, (130, 155, 104, 121, 30, 73), strict=True)),
        how_split="By conversation, seeded (7), copies kept together; 70% to train, 30% to test.",
        label_source="two support agents, one label each",
        problems=(
            Problem(
                kind="missing_label",
                words="11 rows have no label; they were left out.",
                count=11,
                rows=(14, 88, 120, 301),
            ),
            Problem(
                kind="label_spelling", words="“Bug” and “bug ” were read as “bug”.", count=37, rows=(5, 9, 31)
            ),
        ),
        personal_data=("e-mail addresses: 21 rows", "phone numbers: 4 rows"),
        not_covered=(
            "Messages in languages other than English",
            "Messages longer than 2,000 characters",
            "Plan = trial: no test row",
        ),
        detectable="With 612 rows a difference of 5.5 points in accuracy would be noticed in 8 of 10 cases.",
    )


def hold() -> Review:
    """Everything a review can hold, with a feature that must not ship."""
    recalls = [one[i] for i, one in enumerate(CONFUSION)]
    return Review(
        id="2026-11-22-7k3f9q",
        at="2026-11-22T14:05:09+00:00",
        feature="Feedback triage",
        does="Reads a customer's message and sends it to the right team.",
        for_whom="The support desk of Larkspur, 9,000 messages a month",
        job="classify",
        origin="bundled",
        verdict=Verdict(
            decision="hold",
            headline="Hold: it misses three outages in ten and understands simple English badly.",
            reasons=(
                "Outages: 70.0% are recognised (44.9–87.0, n = 30); the bar is 90%.",
                "Messages in simple English: 69% right against 90% for all others (n = 96).",
                "28 test rows are copies of training rows; the bar allows one in a hundred.",
            ),
            next_steps=(
                "Add at least 150 labelled messages in simple English to the training data.",
                "Split again by conversation, so that copies stay on one side.",
                "Correct the 15 labels listed under Findings, then run: shipworthy review triage",
            ),
        ),
        bars=_bars(repaired=False),
        findings=_findings(),
        candidates=_candidates(),
        how_chosen="Chosen on training folds by macro F1; the test rows had no part in it.",
        handover=_handover(),
        cost_curve=None,
        value=NetValue(
            currency="EUR",
            month=boot(2140.0, 2980.0, unit="money"),
            cost_per_1000=boot(412.0, 61.0, unit="money"),
            assumptions=(
                "9,000 messages a month",
                "1.20 EUR saved by each message handled without a person (2 minutes)",
                "A missed outage costs 150 EUR, every other mistake 3 EUR, a hand-over 1.20 EUR",
            ),
        ),
        segments=_segments(),
        segments_too_small={"region = Islands": 7, "plan = trial": 0, "channel = fax": 3},
        protected=_protected(),
        harms=(
            Harm(
                who="A customer whose service is down",
                what="The report waits in the wrong queue",
                severity="high",
                measured_by="recall[outage]",
                estimate=share(21, 30),
            ),
            Harm(
                who="Support agents",
                what="They stop reading the messages themselves",
                severity="medium",
                measured_by=None,
                estimate=None,
            ),
        ),
        classes=tuple(
            ClassResult(
                name=name,
                n=sum(one),
                precision=share(right, max(sum(r[i] for r in CONFUSION), right)),
                recall=share(right, sum(one)),
                f1=boot(0.8 + i / 50, 0.05),
            )
            for i, (name, one, right) in enumerate(zip(CLASSES, CONFUSION, recalls, strict=True))
        ),
        confusion_classes=CLASSES,
        confusion=CONFUSION,
        mistakes=tuple(
            Mistakes(
                label=label,
                predicted=predicted,
                count=count,
                examples=(
                    row(
                        733 + count,
                        f"A message about {label} that reads like {predicted} at first sight",
                        label,
                        predicted,
                        confidence=0.66,
                    ),
                    row(
                        801 + count,
                        "Where do I see whether the payment went through? It failed twice yesterday.",
                        label,
                        predicted,
                        confidence=0.58,
                    ),
                ),
            )
            for label, predicted, count in (
                ("bug", "how-to question", 9),
                ("outage", "bug", 8),
                ("how-to question", "billing", 8),
                ("billing", "how-to question", 7),
                ("praise", "bug", 1),
            )
        ),
        curves=_curves(),
        outcome=OutcomeAgreement(
            column="reopened",
            good="no",
            agreement=share(489, 612),
            right_but_bad=share(58, 528),
            rows=(
                row(
                    640,
                    "Thank you, that was quick. But it still does not work.",
                    "bug",
                    "bug",
                    note="reopened after 2 days",
                ),
            ),
            words="In four of five cases the metric and the customer agree.",
        ),
        data=_data(),
        fallback={
            "who": "First-level support, Dublin",
            "capacity_a_day": 120,
            "user_sees": "“A colleague will answer you today.”",
        },
        method=(
            "The levels of the bars' intervals come from Holm's method: together they err in 5% of cases.",
            "Probabilities were calibrated on held-back training rows, never on test rows.",
            "Intervals respect that messages of one conversation belong together.",
        ),
        versions={
            "shipworthy": "0.1.0",
            "scikit-learn": "1.9.1",
            "python": "3.11.7",
            "feature.yaml": "sha256:0d9c2f",
        },
    )


def with_fallback() -> Review:
    """The repaired feature."""
    first = hold()
    return replace(
        first,
        id="2026-11-23-b8q2ma",
        verdict=Verdict(
            decision="ship_with_fallback",
            headline="Ship with a human fallback: from confidence 0.74 every bar is met.",
            reasons=(
                "All seven bars are met on the 431 rows it would handle itself.",
                "About 89 messages a day are left for people (77–101); they can take 120.",
                "It brings EUR 11,840 a month (9,430–14,250) after its mistakes.",
            ),
            next_steps=(
                "Watch outages first: 34 test rows are few.",
                "Review again after 4 weeks of production.",
            ),
            threshold=0.74,
        ),
        bars=_bars(repaired=True),
        findings=_findings()[3:],
        segments=tuple(one for one in _segments() if not one.found),
        protected=_protected()[:1],
        value=replace(_value(first), month=boot(11840.0, 2410.0, unit="money")),
    )


def _value(review: Review) -> NetValue:
    assert review.value is not None
    return review.value


def cannot_tell() -> Review:
    """A yes/no feature with too few rows, its own data, and costs for each threshold."""
    return replace(
        hold(),
        id="2026-11-24-c0ffee",
        feature="Refund check",
        does="Says whether a refund may be paid at once.",
        origin="own",
        verdict=Verdict(
            decision="cannot_tell",
            headline="Cannot tell yet: 61 rows are too few to say whether nine in ten refunds are right.",
            reasons=("The bar on recall is undecided: 88.5% (78.2–94.3, n = 61).",),
            next_steps=("Label 240 more refunds: shipworthy label refunds",),
            more_rows=240,
        ),
        bars=(
            BarResult(
                text="recall[refund] >= 0.90",
                words="At least 90% of justified refunds are paid",
                all_rows=outcome("undecided", share(54, 61), "The interval crosses 90%.", 240),
            ),
            BarResult(
                text="cost_per_1000 <= 0.50",
                words="A thousand decisions cost at most 50 cents",
                all_rows=outcome(
                    "undecided",
                    undefined("the price of a call is not known", method="none", unit="money"),
                    "Nothing was measured.",
                ),
            ),
        ),
        findings=(),
        cost_curve=CostCurve(
            positive="refund",
            threshold=0.42,
            band_low=0.31,
            band_high=0.55,
            cost_per_1000=boot(212.0, 44.0, n=61, unit="money"),
            points=tuple(
                CostPoint(threshold=i / 50, cost_per_1000=200 + 900 * (i / 50 - 0.42) ** 2) for i in range(51)
            ),
        ),
        handover=replace(
            _handover(fits=False),
            threshold=None,
            share=undefined("no threshold keeps the claim", method="fixed-sequence testing"),
            precision=undefined("no threshold keeps the claim", method="fixed-sequence testing"),
            why_none="with 61 rows no threshold shows 95% precision",
            handed_over_a_day=None,
            fits=None,
            words="With so few rows no threshold keeps the claim of 95%.",
        ),
        segments=(),
        outcome=None,
        mistakes=(),
    )


def ship() -> Review:
    """A feature that meets every bar on all rows; somebody else's data."""
    first = with_fallback()
    return replace(
        first,
        id="2026-11-25-5h1p00",
        origin="external",
        verdict=Verdict(
            decision="ship",
            headline="Ship: every bar is met on all rows.",
            reasons=(
                "All six bars are met on all 612 rows.",
                "No segment differs from the rest beyond chance.",
            ),
            next_steps=("Review again after 4 weeks of production.",),
        ),
        bars=tuple(replace(one, above=None) for one in first.bars if "outage" not in one.text),
    )


def bare() -> Review:
    """The least a review can hold."""
    return replace(
        hold(),
        does="",
        for_whom="",
        origin="own",
        verdict=Verdict(decision="cannot_tell", headline="Cannot tell yet: there is no bar.", reasons=()),
        bars=(),
        findings=(),
        candidates=(),
        how_chosen="",
        handover=None,
        value=None,
        segments=(),
        segments_too_small={},
        protected=(),
        harms=(),
        classes=(),
        confusion_classes=(),
        confusion=(),
        mistakes=(),
        curves=(),
        outcome=None,
        fallback=None,
        method=(),
        versions={},
    )


def check_page() -> dict[str, Any]:
    """What ``shipworthy check outputs.xlsx`` knows: recorded outputs, no costs, no segments, no split."""
    full = as_json(cannot_tell())
    kept = (
        "id",
        "at",
        "feature",
        "verdict",
        "bars",
        "candidates",
        "classes",
        "confusion_classes",
        "confusion",
        "data",
        "schema",
    )
    return {key: full[key] for key in kept}


REVIEWS = {"hold": hold, "ship_with_fallback": with_fallback, "cannot_tell": cannot_tell, "ship": ship}
"""A review for each verdict."""
