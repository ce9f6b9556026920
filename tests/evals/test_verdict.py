"""The verdict's rule, case by case."""

from collections.abc import Sequence
from typing import Any, Final

import pytest

from shipworthy.evals.bars import parse_bar
from shipworthy.evals.review import BarOutcome, BarResult, Decision, Outcome
from shipworthy.evals.verdict import Grounds, decide, outcome_of
from shipworthy.stats.classification import METRICS
from shipworthy.stats.estimate import Estimate, undefined

MET: Final = "met"
FAILED: Final = "failed"
UNDECIDED: Final = "undecided"


def outcome(kind: Outcome) -> BarOutcome:
    estimate = Estimate(value=0.9, low=0.88, high=0.92, n=500, method="Wilson")
    more = 700 if kind == UNDECIDED else None
    return BarOutcome(outcome=kind, estimate=estimate, words=f"It is {kind}.", more_rows=more)


def bar(everywhere: Outcome, above: Outcome | None = None) -> BarResult:
    return BarResult(
        text=f"bar {everywhere} {above}",
        words="something of at least 0.9",
        all_rows=outcome(everywhere),
        above=None if above is None else outcome(above),
    )


def decision(
    bars: Sequence[BarResult],
    *,
    fallback: bool = True,
    fits: bool | None = True,
    unmeasured: tuple[str, ...] = (),
) -> Decision:
    threshold = 0.8 if any(item.above for item in bars) else None
    grounds = Grounds(
        rows=500,
        bars=tuple(bars),
        threshold=threshold,
        has_fallback=fallback,
        fits=fits,
        unmeasured=unmeasured,
    )
    return decide(grounds).decision


def test_every_bar_met_on_all_rows_ships() -> None:
    assert decision([bar(MET), bar(MET, FAILED)]) == "ship"


@pytest.mark.parametrize(("fallback", "fits"), [(False, None), (True, False), (True, None)])
def test_a_feature_that_ships_on_all_rows_is_not_told_of_a_fallback_it_does_not_need(
    fallback: bool, fits: bool | None
) -> None:
    grounds = Grounds(
        rows=500, bars=(bar(MET, MET),), threshold=0.8, has_fallback=fallback, fits=fits, unmeasured=()
    )

    assert decide(grounds).reasons == ("Something of at least 0.9. It is met.",)


def test_no_bar_at_all_cannot_tell() -> None:
    assert decision([]) == "cannot_tell"


def test_a_protected_segment_that_was_not_measured_does_not_ship() -> None:
    assert decision([bar(MET, MET)], unmeasured=("language",)) == "cannot_tell"


def test_bars_met_above_the_threshold_ship_with_a_fallback_that_can_take_the_rest() -> None:
    assert decision([bar(FAILED, MET), bar(UNDECIDED, MET)]) == "ship_with_fallback"


@pytest.mark.parametrize(
    ("fallback", "fits", "expected"),
    [
        (False, True, "hold"),
        (True, False, "hold"),
        (True, None, "cannot_tell"),
    ],
)
def test_a_failed_bar_is_not_rescued_without_a_fallback_that_fits(
    fallback: bool, fits: bool | None, expected: Decision
) -> None:
    assert decision([bar(FAILED, MET)], fallback=fallback, fits=fits) == expected


def test_a_failed_bar_without_any_threshold_holds() -> None:
    assert decision([bar(FAILED), bar(MET)]) == "hold"


def test_a_bar_that_fails_above_the_threshold_too_holds() -> None:
    assert decision([bar(FAILED, FAILED), bar(MET, MET)]) == "hold"


def test_a_failed_bar_that_the_threshold_may_still_rescue_cannot_tell() -> None:
    assert decision([bar(FAILED, UNDECIDED), bar(MET, MET)]) == "cannot_tell"


def test_an_undecided_bar_cannot_tell_and_says_how_many_examples_would() -> None:
    verdict = decide(
        Grounds(rows=500, bars=(bar(UNDECIDED),), threshold=None, has_fallback=True, fits=None, unmeasured=())
    )
    assert (verdict.decision, verdict.more_rows) == ("cannot_tell", 700)
    assert "Label about 700 more test rows to decide 'bar undecided None'." in verdict.next_steps


def test_a_bar_about_handing_over_never_ships_without_the_fallback_it_needs() -> None:
    handed: dict[str, Any] = {
        "rows": 500,
        "bars": (bar(MET, MET),),
        "threshold": 0.8,
        "unmeasured": (),
        "hands_over": True,
    }
    assert decide(Grounds(**handed, has_fallback=True, fits=True)).decision == "ship_with_fallback"
    assert decide(Grounds(**handed, has_fallback=False, fits=None)).decision == "cannot_tell"


def test_the_reasons_name_what_failed_first() -> None:
    verdict = decide(
        Grounds(
            rows=500,
            bars=(bar(MET), bar(FAILED)),
            threshold=None,
            has_fallback=True,
            fits=None,
            unmeasured=(),
        )
    )
    assert verdict.reasons[0] == "Something of at least 0.9. It is failed."


@pytest.mark.parametrize(
    ("low", "high", "text", "expected"),
    [
        (0.91, 0.95, "accuracy >= 0.9", MET),
        (0.90, 0.95, "accuracy >= 0.9", MET),
        (0.85, 0.89, "accuracy >= 0.9", FAILED),
        (0.85, 0.90, "accuracy >= 0.9", UNDECIDED),
        (0.00, 0.01, "leakage <= 0.01", MET),
        (0.02, 0.05, "leakage <= 0.01", FAILED),
        (0.00, 0.05, "leakage <= 0.01", UNDECIDED),
    ],
)
def test_a_bar_is_decided_by_the_interval_and_not_by_the_point(
    low: float, high: float, text: str, expected: Outcome
) -> None:
    estimate = Estimate(value=(low + high) / 2, low=low, high=high, n=100, method="Wilson")
    assert outcome_of(estimate, parse_bar(text, metrics=METRICS)) == expected


def test_what_could_not_be_measured_is_undecided() -> None:
    estimate = undefined("no rows", method="Wilson")
    assert outcome_of(estimate, parse_bar("accuracy >= 0.9", metrics=METRICS)) == UNDECIDED
