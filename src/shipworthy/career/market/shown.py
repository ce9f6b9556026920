"""The market in words, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shipworthy.documents.numbers import estimate_text
from shipworthy.documents.text import one_line

if TYPE_CHECKING:
    from shipworthy.career.market.fit import SegmentFit
    from shipworthy.career.market.pay import PayLine

__all__ = ["amounts", "fit_text", "pay_text"]

_WIDTH = 96
_MARKS = {"yes": "yes    ", "no": "no     ", "unknown": "unknown"}
_ENDS = {"low": "lower end", "high": "upper end"}
_QUARTERS = {0.25: "a quarter below", 0.5: "half below", 0.75: "three quarters below"}


def fit_text(fits: Sequence[SegmentFit]) -> list[str]:
    """Every part with every rule."""
    lines: list[str] = []
    for each in fits:
        roles = f"; {each.saved_roles} saved postings" if each.saved_roles else ""
        lines += [f"{each.fit.upper()}: {each.name}{roles}", *_indented(each.what)]
        for rule in each.rules:
            basis = "the guide's condition" if rule.basis == "guide" else "our reading"
            lines += _indented(f"{_MARKS[rule.holds]}  {rule.words} ({basis}). {rule.why}")
    return lines


def pay_text(lines: Iterable[PayLine]) -> list[str]:
    """Every line of pay, one provenance after the other."""
    found: list[str] = []
    for line in lines:
        about = ", ".join(
            one_line(each)
            for each in (line.country, line.place, line.level, line.segment, line.component)
            if each
        )
        old = f" OLD: more than twelve months since {line.as_of}." if line.stale else ""
        found += [f"[{line.provenance}] {about}: {amounts(line)}"]
        found += _indented(f"{one_line(line.note)}{old} {one_line(line.source)}; as of {line.as_of}.")
        for each in line.quantiles:
            if each.estimate.defined:
                where = f"{_ENDS[each.end]}, {_QUARTERS[each.share]}"
                found += _indented(f"{where}: {estimate_text(_json(each.estimate), line.currency)}")
    return found


def _json(estimate: object) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(estimate)  # type: ignore[call-overload,no-any-return]


def amounts(line: PayLine) -> str:
    """The amounts of one line; what cannot be said is said so."""
    if line.steps:
        return f"{line.currency} " + " / ".join(f"{step:,.0f}" for step in line.steps) + " a year"
    if line.low is None or line.high is None:
        given = sum(each.estimate.defined for each in line.quantiles)
        if given:
            return f"{given} of {len(line.quantiles)} quantiles can be given"
        return f"no quantile can be given ({line.quantiles[0].estimate.warning})"
    more = " and more" if line.open_ended else ""
    text = f"{line.currency} {line.low:,.0f} to {line.high:,.0f}{more} a {line.period}"
    if line.low == line.high:
        text = f"{line.currency} {line.low:,.0f}{more} a {line.period}"
    if line.converted is not None:
        low, high = line.converted
        text += f" (at {line.rate}: {low:,.0f} to {high:,.0f})"
    return text


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="   ", subsequent_indent="     ")
