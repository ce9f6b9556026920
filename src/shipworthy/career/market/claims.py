"""A claim about pay held against its own arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.playbook.market import Band, MarketClaim

__all__ = ["RuleCheck", "check_shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCheck:
    """Whether a claimed share of a claimed band gives the band that the same text prints."""

    claim: str
    """Playbook id of the claim."""
    low: float
    """What its arithmetic gives at the lower end."""
    high: float
    """What it gives at the upper end."""
    printed_low: float
    """What the text prints at the lower end."""
    printed_high: float
    """What it prints at the upper end."""
    closes: bool
    """Whether the two are the same."""
    steps: tuple[str, ...]
    """The arithmetic, line by line."""


def check_shares(claim: MarketClaim, of: Band, printed: Band) -> RuleCheck:
    """Multiply the lower share with the lower end and the upper with the upper, and compare."""
    assert claim.low is not None
    assert claim.high is not None
    low, high = round(claim.low * of.low), round(claim.high * of.high)
    closes = (low, high) == (round(printed.low), round(printed.high))
    implied = printed.low / of.low, printed.high / of.high
    verdict = "The two agree." if closes else "The two do not agree: the rule does not close."
    return RuleCheck(
        claim=claim.id,
        low=low,
        high=high,
        printed_low=printed.low,
        printed_high=printed.high,
        closes=closes,
        steps=(
            f"{claim.low:.0%} of {of.low:,.0f} is {low:,}; {claim.high:.0%} of {of.high:,.0f} is {high:,}.",
            f"Printed: {printed.currency} {printed.low:,.0f} to {printed.high:,.0f}, which is"
            f" {implied[0]:.0%} of the lower end and {implied[1]:.0%} of the upper.",
            verdict,
        ),
    )
