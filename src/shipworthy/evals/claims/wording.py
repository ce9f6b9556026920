"""What a claim shows, in plain sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from shipworthy.evals.claims.claim import Claim
from shipworthy.evals.claims.judgement import Compared, Selection
from shipworthy.evals.claims.metrics import METRICS
from shipworthy.stats.estimate import Estimate

__all__ = ["clear", "comparison", "sentences", "written"]

_LONGEST_NAME = 60


def clear(estimate: Estimate) -> bool:
    """Whether an interval of a difference excludes 0."""
    return estimate.low is not None and estimate.high is not None and not estimate.low <= 0 <= estimate.high


def sentences(
    claim: Claim,
    interval: Estimate,
    selection: Selection | None,
    detectable: float | None,
    compared: Compared | None,
) -> Iterator[str]:
    """All that is known about a claim, the weightiest first."""
    yield _interval_words(claim, interval)
    yield from _cautions(claim, interval)
    yield from _luck(claim, selection)
    if claim.attempts:
        yield (
            f"An example counts as right if one of {claim.attempts:,} answers was; who gets one answer sees"
            " less."
        )
    if claim.runs and claim.n:
        yield f"{claim.runs:,} runs of the same examples are no more examples: n stays {claim.n:,}."
    if detectable is not None:
        yield (
            f"The smallest change for the worse that {claim.n:,} examples would show, in 80 of 100 cases, is"
            f" {detectable * 100:.1f} points."
        )
    if compared:
        yield compared.why


def _cautions(claim: Claim, interval: Estimate) -> Iterator[str]:
    if claim.up_to is not None:
        upper = f"{claim.up_to:.{claim.decimals}%}"
        yield f"A range was claimed ({written(claim)} to {upper}); this is about its lower end."
    if interval.warning and interval.defined:
        yield f"{interval.warning[0].upper()}{interval.warning[1:]}."
    counted = METRICS[claim.metric] if claim.metric else None
    if claim.n and not _possible(claim) and (counted is None or counted.counts == "rows"):
        yield (
            f"No whole number of {claim.n:,} examples is {written(claim)}: the percentage or the number of"
            " examples is not what it seems, or it is an average of several runs."
        )


def _luck(claim: Claim, selection: Selection | None) -> Iterator[str]:
    if selection:
        yield _selection_words(selection)
    elif claim.best_of:
        yield f"The best of {claim.best_of:,} looks better than it is; by how much depends on n."
    elif claim.tried_elsewhere:
        yield (
            f"Elsewhere the text says that {claim.tried_elsewhere:,} were tried; if this is the best of them,"
            " it looks better than it is."
        )


def _interval_words(claim: Claim, interval: Estimate) -> str:
    if interval.low is None or interval.high is None:
        return "The number of examples is not said, so nobody knows how far this is from the truth."
    what = f"{written(claim)} on {claim.n:,}"
    if claim.successes is not None:
        what = f"{claim.successes:,} of {claim.n:,}"
    return f"{what} examples: the true value is plausibly between {interval.low:.1%} and {interval.high:.1%}."


def _selection_words(selection: Selection) -> str:
    what = selection.what if selection.what and selection.what.endswith("s") else "candidates"
    if not selection.stated:
        what += " (as the text says elsewhere, if that is about this score)"
    if selection.inflation is None or selection.corrected is None:
        text = f"It is the best of {selection.best_of:,} {what}, so part of it is luck"
    else:
        text = (
            f"The best of {selection.best_of:,} equally good {what} would look about"
            f" {selection.inflation * 100:.1f} points too good by luck alone, which leaves"
            f" {selection.corrected:.1%}"
        )
    return f"{text}; with that allowed for, the range is {selection.low:.1%} to {selection.high:.1%}."


def comparison(beyond: str, gap: float, apart: Estimate, claim: Claim, selection: Selection | None) -> str:
    """Whether A is ahead of B, in a sentence."""
    whom = (claim.against_whom or "the other")[:_LONGEST_NAME]
    size = f"{abs(gap) * 100:.1f} points {'above' if gap >= 0 else 'below'} {whom}"
    rows = "each on examples of its own"
    if claim.against_n is None:
        rows = "if the other was measured on as many, which is not said"
    ends = f"{_points(apart.low)} to {_points(apart.high)} points"
    found = f"{size}; the true difference is plausibly {ends} ({rows})"
    if beyond == "yes":
        return f"{found}: more than chance."
    if beyond == "no":
        return f"{found}: no more than chance would give."
    if clear(apart) and selection is not None and selection.low <= (claim.against or 0) <= selection.high:
        return f"{found}: more than chance, but not more than chance and the choice of the best together."
    if clear(apart):
        return f"{found}: more than chance for a share of so many examples, which this score is not."
    return (
        f"{found}: chance alone could give it, unless both answered the very same examples and rarely"
        " disagreed on them."
    )


def _points(share: float | None) -> str:
    return "?" if share is None else f"{share * 100:+.1f}".replace("-", "−")


def written(claim: Claim) -> str:
    """The value as it was claimed."""
    return f"{claim.value:.{min(claim.decimals, 4)}%}"


def _possible(claim: Claim) -> bool:
    """Whether some whole number of n rows is written as this percentage (Brown and Heathers 2017, GRIM)."""
    if claim.n is None or claim.successes is not None or claim.runs is not None:
        return True
    half = 0.5 * 10.0 ** -(claim.decimals + 2) + 1e-12
    near = (math.floor(claim.value * claim.n), math.ceil(claim.value * claim.n))
    return any(abs(count / claim.n - claim.value) <= half for count in near)
