"""The market: which part of it fits, what is paid there and how that is known, a sheet for negotiating."""

from shipworthy.career.market.claims import RuleCheck, check_shares
from shipworthy.career.market.fit import RuleResult, SegmentFit, level_by_years, segment_fits
from shipworthy.career.market.pay import PayLine, Quantile, Rate, is_stale, pay_lines, rate_in
from shipworthy.career.market.quantiles import quantile

__all__ = [
    "PayLine",
    "Quantile",
    "Rate",
    "RuleCheck",
    "RuleResult",
    "SegmentFit",
    "check_shares",
    "is_stale",
    "level_by_years",
    "pay_lines",
    "quantile",
    "rate_in",
    "segment_fits",
]
