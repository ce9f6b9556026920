"""From measurements to an answer: is each bar met, and does the feature ship?

The rule (binding for every face of the product):

* a bar is *met* if the unfavourable end of its interval meets it, *failed* if the favourable end
  fails it, *undecided* in between; Holm's method over the bars sets the level of the intervals;
* *ship* takes all bars, met by all rows;
* *ship with a human fallback above t* takes all bars, met by the rows whose confidence reaches t, and
  somebody who can take the rest even at the upper end of its estimate;
* *hold* follows from a failed bar that no t repairs;
* *cannot tell yet* is what remains. A protected segment that was not measured rules out shipping.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from shipworthy.evals.review import BarOutcome, BarResult, Decision, Outcome, Verdict
from shipworthy.stats.multiplicity import FamilyDecision, decide_family
from shipworthy.stats.power import rows_to_decide

if TYPE_CHECKING:
    from shipworthy.evals.bars import Bar
    from shipworthy.evals.measuring import Bench
    from shipworthy.evals.running import Stopped
    from shipworthy.stats.estimate import Estimate, Measured

__all__ = ["Grounds", "decide", "judge_bars", "outcome_of"]


def outcome_of(estimate: Estimate, bar: Bar) -> Outcome:
    """What an interval says about a bar."""
    if estimate.low is None or estimate.high is None:
        return "undecided"
    if bar.op == ">=":
        return "met" if estimate.low >= bar.value else "failed" if estimate.high < bar.value else "undecided"
    return "met" if estimate.high <= bar.value else "failed" if estimate.low > bar.value else "undecided"


def judge_bars(bars: Sequence[Bar], bench: Bench, *, threshold: float | None) -> tuple[BarResult, ...]:
    """Hold every bar against all rows and, where there is a threshold, against the rows above it."""
    everywhere = _judged(bars, bench)
    above = _judged(bars, bench.above(threshold)) if threshold is not None else [None] * len(bars)
    return tuple(
        BarResult(text=bar.text, words=bar.words, all_rows=outcome, above=inside)
        for bar, outcome, inside in zip(bars, everywhere, above, strict=True)
    )


def _judged(bars: Sequence[Bar], bench: Bench) -> list[BarOutcome]:
    measurements = [bench.measure(bar) for bar in bars]
    questions: Mapping[str, Callable[[float], Outcome]] = {
        str(position): partial(_asked, bar, measurement)
        for position, (bar, measurement) in enumerate(zip(bars, measurements, strict=True))
    }
    decided = decide_family(questions)
    return [
        _outcome(bar, measurement, decided[str(position)])
        for position, (bar, measurement) in enumerate(zip(bars, measurements, strict=True))
    ]


def _asked(bar: Bar, measurement: Measured, level: float) -> Outcome:
    return outcome_of(measurement.at(level), bar)


def _outcome(bar: Bar, measurement: Measured, decided: FamilyDecision) -> BarOutcome:
    outcome, estimate = decided.decision, measurement.at(decided.level)
    words = _words(estimate, outcome)
    if outcome != "undecided" or not estimate.defined:
        return BarOutcome(outcome=outcome, estimate=estimate, words=words)
    rows = rows_to_decide(measurement, bar.value, bar.op, level=decided.level, most=_MOST_ROWS)
    if rows.more is None:
        words += " It is too close to the bar for any practical number of rows to tell apart."
    return BarOutcome(outcome=outcome, estimate=estimate, words=words, more_rows=rows.more)


def _words(estimate: Estimate, outcome: Outcome) -> str:
    if not estimate.defined:
        return f"Not decided: {(estimate.warning or 'nothing was measured').rstrip('.')}."
    side = "worst" if outcome == "met" else "best"
    match outcome:
        case "met":
            return f"Met: even the {side} plausible value meets it: {estimate}."
        case "failed":
            return f"Failed: even the {side} plausible value misses it: {estimate}."
        case "undecided":
            return f"Not decided: the plausible values lie on both sides of it: {estimate}."


_MOST_ROWS = 20_000  # beyond this nobody labels; the bar or the feature has to move


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """All that the verdict rests on."""

    bars: tuple[BarResult, ...]
    """The bars and their outcomes."""
    rows: int
    """Test rows that the bars rest on."""
    threshold: float | None
    """The confidence threshold that keeps its precision claim, if any."""
    has_fallback: bool
    """Whether feature.yaml defines who catches what is handed over."""
    fits: bool | None
    """Whether hand-overs fit the fallback's capacity; None when that is not known."""
    unmeasured: tuple[str, ...]
    """Protected segments that could not be measured."""
    notes: tuple[str, ...] = ()
    """Titles of the worst findings, worst first."""
    next_steps: tuple[str, ...] = ()
    """Next steps of the worst findings, worst first."""
    hands_over: bool = False
    """Whether a bar is about handing over (``auto_handled``), so that it is met only with a threshold."""
    has_settings: bool = True
    """Whether there is a feature.yaml in which a fallback can be defined."""
    stopped: Stopped | None = None
    """How the run ended before every row was answered; None when it did not."""


def decide(grounds: Grounds) -> Verdict:
    """The verdict that the grounds allow, with its three weightiest reasons."""
    decision = _decision(grounds)
    more = [
        outcome.more_rows
        for bar in grounds.bars
        for outcome in (bar.above or bar.all_rows,)
        if outcome.more_rows is not None
    ]
    return Verdict(
        decision=decision,
        headline=_headline(decision, grounds),
        reasons=tuple(dict.fromkeys(_reasons(decision, grounds)))[:3],
        next_steps=_next_steps(decision, grounds),
        threshold=grounds.threshold if decision == "ship_with_fallback" else None,
        more_rows=max(more) if more and decision == "cannot_tell" else None,
    )


def _decision(grounds: Grounds) -> Decision:
    decision = _of_a_whole_run(grounds)
    unfinished = grounds.stopped is not None and decision in {"ship", "ship_with_fallback"}
    return "cannot_tell" if unfinished else decision


def _of_a_whole_run(grounds: Grounds) -> Decision:
    if not grounds.bars:
        return "cannot_tell"
    if all(bar.all_rows.outcome == "met" for bar in grounds.bars) and not grounds.hands_over:
        return "cannot_tell" if grounds.unmeasured else "ship"
    rescued = _rescued(grounds)
    if rescued and grounds.has_fallback and grounds.fits and not grounds.unmeasured:
        return "ship_with_fallback"
    failed = [bar for bar in grounds.bars if bar.all_rows.outcome == "failed"]
    if any(_beyond_rescue(bar, grounds) for bar in failed):
        return "hold"
    return "cannot_tell"


def _rescued(grounds: Grounds) -> bool:
    """Whether every bar is met on the rows above the threshold."""
    return all(bar.above is not None and bar.above.outcome == "met" for bar in grounds.bars)


def _beyond_rescue(bar: BarResult, grounds: Grounds) -> bool:
    """Whether nothing that is defined today can turn this failed bar."""
    if bar.above is None or bar.above.outcome == "failed":
        return True
    return not grounds.has_fallback or grounds.fits is False


def _headline(decision: Decision, grounds: Grounds) -> str:
    match decision:
        case "ship":
            return f"Ship: every bar is met on all {grounds.rows:,} test rows."
        case "ship_with_fallback":
            return (
                f"Ship with a human fallback: at a confidence of {grounds.threshold:.2f} and above every bar "
                "is met; what is below goes to a person."
            )
        case "hold" if grounds.threshold is None:
            return "Hold: at least one bar has failed."
        case "hold":
            return "Hold: at least one bar has failed, and handing over the unsure cases does not rescue it."
        case "cannot_tell" if not grounds.bars:
            return (
                "Cannot tell yet: no bar was written, so there is nothing to hold the measurements against."
            )
        case "cannot_tell" if grounds.stopped is not None:
            return f"Cannot tell yet: the run ended early, with {grounds.rows:,} test rows answered."
        case "cannot_tell":
            return "Cannot tell yet: the measurements do not decide every bar."


_ORDER: Mapping[Outcome, int] = {"failed": 0, "undecided": 1, "met": 2}


def _reasons(decision: Decision, grounds: Grounds) -> tuple[str, ...]:
    chosen = [
        (bar.above if decision == "ship_with_fallback" and bar.above else bar.all_rows, bar)
        for bar in grounds.bars
    ]
    ranked = sorted(chosen, key=lambda item: _ORDER[item[0].outcome])
    lines = [f"{_capital(bar.words)}. {outcome.words}" for outcome, bar in ranked]
    missing = [
        f"The protected segment {name!r} was not measured, and unmeasured is not safe."
        for name in grounds.unmeasured
    ]
    capacity = _capacity_reason(decision, grounds)
    if decision in {"ship", "ship_with_fallback"}:
        return (*capacity, *lines, *grounds.notes)
    bad = [line for line, (outcome, _) in zip(lines, ranked, strict=True) if outcome.outcome != "met"]
    early = () if grounds.stopped is None else (f"The run ended early: {grounds.stopped.reason}",)
    return (*early, *bad[:2], *missing, *capacity, *grounds.notes, *bad[2:], *lines)


def _capacity_reason(decision: Decision, grounds: Grounds) -> tuple[str, ...]:
    if decision == "ship_with_fallback":
        return (
            "The items handed over fit what the fallback can take, even at the upper end of the estimate.",
        )
    if decision == "ship" or not _rescued(grounds) or not grounds.bars:
        return ()
    if not grounds.has_fallback:
        return ("A confidence threshold would meet every bar, but no fallback is defined.",)
    if grounds.fits is False:
        return (
            "A confidence threshold would meet every bar, but hand-overs exceed the fallback's capacity.",
        )
    if grounds.fits is None:
        return ("A confidence threshold would meet every bar, but the fallback's capacity is not known.",)
    return ()


def _next_steps(decision: Decision, grounds: Grounds) -> tuple[str, ...]:
    steps: list[str] = []
    if not grounds.bars:
        steps.append("Write at least one bar, for instance 'accuracy >= 0.90', and review again.")
    if grounds.stopped is not None:
        steps.append(grounds.stopped.next_step)
    if decision == "cannot_tell":
        undecided = [(bar.above or bar.all_rows, bar) for bar in grounds.bars]
        steps += [
            f"Label about {outcome.more_rows:,} more test rows to decide {bar.text!r}."
            for outcome, bar in undecided
            if outcome.more_rows is not None
        ]
    if decision != "ship" and not grounds.has_fallback and grounds.has_settings:
        steps.append("Say in feature.yaml who takes the unsure cases (fallback), and how many a day.")
    steps += [f"Collect labelled rows for the protected segment {name!r}." for name in grounds.unmeasured]
    return tuple(dict.fromkeys([*steps, *grounds.next_steps]))[:6]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
