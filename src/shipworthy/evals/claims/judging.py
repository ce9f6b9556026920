"""What a claim shows: its interval, luck, the other's score, and what was not said."""

from __future__ import annotations

from typing import Literal

from shipworthy.evals.claims.asking import topics
from shipworthy.evals.claims.claim import Claim
from shipworthy.evals.claims.judgement import Compared, IfN, Judged, Judgement, Selection
from shipworthy.evals.claims.metrics import METRICS, Counted
from shipworthy.evals.claims.reading import claims_in
from shipworthy.evals.claims.wording import clear, comparison, sentences, written
from shipworthy.stats.comparison import paired_difference, share_gap_bounds
from shipworthy.stats.estimate import Estimate, undefined
from shipworthy.stats.intervals import wilson
from shipworthy.stats.power import detectable_difference
from shipworthy.stats.selection import best_of_range

__all__ = ["judge"]

_SIZES = (50, 200, 1_000)
_MOST_TRIED = 1_000_000


def judge(text: str, *, identifier: str | None = None) -> Judgement:
    """Read the claims in a text or Markdown report and say what each of them shows.

    Nothing is assumed: what the text does not say is named as missing.

    Raises:
        DataError: The text is too long to be read.
    """
    found = tuple(_judged(claim) for claim in claims_in(text))
    return Judgement(id=identifier, claims=found, topics=topics(text))


def _judged(claim: Claim) -> Judged:
    if claim.gain:
        return _gain(claim)
    counted = METRICS[claim.metric] if claim.metric else None
    interval = _interval(claim, claim.n, counted)
    selection = _selection(claim, counted)
    compared = _compared(claim, selection, counted)
    detectable = _detectable(claim, counted)
    if_n = () if claim.n else tuple(_if_n(claim, n, counted) for n in _SIZES)
    return Judged(
        claim=claim,
        interval=interval,
        if_n=if_n,
        selection=selection,
        detectable=detectable,
        compared=compared,
        says=tuple(sentences(claim, interval, selection, detectable, compared)),
        questions=tuple(_questions(claim, counted)),
    )


def _gain(claim: Claim) -> Judged:
    reason = "a change says nothing without the two scores that it lies between"
    return Judged(
        claim=claim,
        interval=undefined(reason, method="Wilson", n=claim.n or 0),
        if_n=(),
        selection=None,
        detectable=None,
        compared=None,
        says=(f"{written(claim)}: {reason}.",),
        questions=(
            "From which score to which, relative or in points, and on how many examples was each measured?",
        ),
    )


# --- numbers ------------------------------------------------------------------------------------------


def _interval(claim: Claim, n: int | None, counted: Counted | None) -> Estimate:
    if n is None:
        return undefined("the number of examples is not said", method="Wilson")
    low, high = wilson(claim.value, n)
    return Estimate(value=claim.value, low=low, high=high, n=n, method="Wilson", warning=_caution(counted))


def _caution(counted: Counted | None) -> str | None:
    """In which way the claim may be no share of n rows."""
    if counted is None:
        return "what was counted is not said; taken as a share of the examples"
    if counted.counts == "part":
        return f"{counted.name} rests on a part of the examples only, so the true range is wider"
    if counted.counts == "other":
        return f"{counted.name} is no share of the examples, so this range is a rough guide"
    return None


def _if_n(claim: Claim, n: int, counted: Counted | None) -> IfN:
    inflation = None
    tried = claim.best_of or claim.tried_elsewhere
    if tried:
        inflation = best_of_range(min(tried, _MOST_TRIED), n, _mirrored(claim.value, counted)).inflation
    return IfN(n=n, interval=_interval(claim, n, counted), inflation=inflation)


def _selection(claim: Claim, counted: Counted | None) -> Selection | None:
    tried = claim.best_of or claim.tried_elsewhere
    if tried is None or claim.n is None:
        return None
    found = best_of_range(min(tried, _MOST_TRIED), claim.n, _mirrored(claim.value, counted))
    ends = sorted((_mirrored(found.low, counted), _mirrored(found.high, counted)))
    return Selection(
        stated=claim.best_of is not None,
        best_of=tried,
        what=claim.best_of_what,
        inflation=found.inflation,
        corrected=None if found.corrected is None else _mirrored(found.corrected, counted),
        low=ends[0],
        high=ends[1],
    )


def _mirrored(share: float, counted: Counted | None) -> float:
    """The share as one of which more is better."""
    return 1 - share if counted is not None and counted.better == "lower" else share


def _detectable(claim: Claim, counted: Counted | None) -> float | None:
    """The smallest change for the worse that n rows show; from 0 or 1 as from one row beside it."""
    if claim.n is None or (counted is not None and counted.counts != "rows"):
        return None
    edge = 1 / (claim.n + 2)
    return detectable_difference(claim.n, min(max(_mirrored(claim.value, counted), edge), 1 - edge))


def _compared(claim: Claim, selection: Selection | None, counted: Counted | None) -> Compared | None:
    if claim.against is None:
        return None
    gap = claim.value - claim.against
    if claim.n is None:
        apart = undefined("the number of examples is not said", method="Miettinen–Nurminen", unit="points")
        why = "Whether the difference is more than chance nobody can tell without the number of examples."
        return Compared(difference=gap, beyond_noise="cannot tell", apart=apart, together=None, why=why)
    other = claim.against_n or claim.n
    apart = _apart(claim.value, claim.n, claim.against, other)
    together = _together(gap, claim.n) if other == claim.n else None
    beyond = _beyond(apart, together, claim, selection, counted)
    return Compared(
        difference=gap,
        beyond_noise=beyond,
        apart=apart,
        together=together,
        why=comparison(beyond, gap, apart, claim, selection),
    )


def _apart(value: float, n: int, other: float, m: int) -> Estimate:
    import numpy as np

    bounds = share_gap_bounds(np.array([value]), np.array([n]), np.array([other]), np.array([m]), level=0.95)
    low, high = (float(bound[0]) for bound in bounds)
    return Estimate(
        value=value - other,
        low=low,
        high=high,
        n=min(n, m),
        method="Miettinen–Nurminen, each on examples of its own",
        unit="points",
    )


def _together(gap: float, n: int) -> Estimate | None:
    """The narrowest that the interval can be on the same examples: all disagreement is in favour of one."""
    import numpy as np

    if n > 1_000_000:
        return None
    better = np.arange(n) < round(abs(gap) * n)
    nothing = np.zeros(n, dtype=np.bool_)
    return paired_difference(*((better, nothing) if gap >= 0 else (nothing, better))).at()


def _beyond(
    apart: Estimate,
    together: Estimate | None,
    claim: Claim,
    selection: Selection | None,
    counted: Counted | None,
) -> Literal["yes", "no", "cannot tell"]:
    if clear(apart):
        lucky = selection is not None and selection.low <= (claim.against or 0) <= selection.high
        share = counted is None or counted.counts == "rows"
        return "yes" if share and not lucky else "cannot tell"
    if (claim.against_n or claim.n) != claim.n:
        return "no"
    return "cannot tell" if together is None or clear(together) else "no"


def _questions(claim: Claim, counted: Counted | None) -> list[str]:
    asks = []
    if counted is None:
        asks.append("What exactly was counted as right, and who or what decided it?")
    elif counted.counts != "rows":
        asks.append(f"How many examples does the {counted.name} rest on, for each class?")
    if claim.n is None:
        asks.append("On how many examples was it measured, and how were they chosen?")
    if claim.dataset is None:
        asks.append("On which data was it measured, and may we see some of them?")
    if claim.best_of:
        asks.append("What does the chosen one score on fresh examples that played no part in choosing it?")
    if claim.against is not None:
        asks.append("Did both answer the same examples, with the same effort put into each of them?")
    return asks
