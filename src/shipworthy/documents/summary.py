"""A review in a terminal, and in five lines for a chat."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shipworthy.documents.contents import bar_counts, contents, currency_of, day, deciding, rows_tested
from shipworthy.documents.numbers import estimate_text, whole
from shipworthy.documents.text import chat_text, one_line
from shipworthy.documents.words import DECISIONS, ORIGINS, OUTCOMES, PRACTICE, SEVERITIES, UNKNOWN

__all__ = ["review_paste", "review_text"]

_WIDTH = 96
_INDENT = " " * 11
_TEXT = 320
_REASONS = 3
_FINDINGS = 3
_STEPS = 5
_WORST_FIRST = ("failed", "undecided", "met")


def review_text(report: Mapping[str, Any]) -> str:
    """Say in plain text what a review found, for a terminal.

    The verdict comes first, then its reasons, every bar with its estimate and interval, the worst
    findings, and what to do next. No line carries colour or markup.

    Args:
        report: The JSON of ``report.json``.

    Returns:
        Lines of at most 96 characters, except where a bar's own text is longer.
    """
    review = contents(report, _TEXT)
    verdict = review["verdict"]
    title = f"{_decision(verdict).upper()}: {one_line(review['feature'])}".rstrip(": ")
    lines = [title, *_wrapped([verdict["headline"]])]
    if review["origin"] == "bundled":
        lines.append(f"({PRACTICE}.)")
    lines += _part("Why", _numbered(verdict["reasons"][:_REASONS]))
    lines += _part(f"Bars: {bar_counts(review)}" if review["bars"] else "", _bar_lines(review))
    lines += _part("Worst findings", _finding_lines(review["findings"]))
    lines += _part("What to do next", _numbered(verdict["next_steps"][:_STEPS]))
    return "\n".join(lines)


def _decision(verdict: Mapping[str, Any]) -> str:
    return DECISIONS.get(verdict["decision"], UNKNOWN).word


def _part(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _wrapped(texts: Iterable[str], first: str = "", later: str = "") -> list[str]:
    wrapper = textwrap.TextWrapper(
        width=_WIDTH - 2, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
    )
    return [line for text in texts for line in wrapper.wrap(one_line(text, _TEXT))]


def _numbered(texts: Iterable[str]) -> list[str]:
    return [line for i, text in enumerate(texts, 1) for line in _wrapped([text], f"{i}. ", "   ")]


def _bar_lines(review: Mapping[str, Any]) -> list[str]:
    width = min(max((len(one_line(bar["text"])) for bar in review["bars"]), default=0), 44)
    return [line for bar in review["bars"] for line in _bar_line(review, bar, width)]


def _bar_line(review: Mapping[str, Any], bar: Mapping[str, Any], width: int) -> Iterator[str]:
    outcome = deciding(bar, review["verdict"]["decision"])
    word = OUTCOMES.get(outcome["outcome"], UNKNOWN).word
    named = f"{word:<9}  {one_line(bar['text']):<{width}}"
    measured = one_line(estimate_text(outcome["estimate"], currency_of(review)))
    if outcome["estimate"]["value"] is None:
        yield named.rstrip()
        yield from _wrapped([measured], _INDENT, _INDENT)
    else:
        yield f"{named}  {measured}"
    if outcome["more_rows"] is not None:
        yield f"{_INDENT}about {whole(outcome['more_rows'])} more labelled examples would probably decide it"


def _finding_lines(findings: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = []
    for one in list(findings)[:_FINDINGS]:
        severity = SEVERITIES.get(one["severity"], UNKNOWN).word
        lines += _wrapped([one["title"]], f"{severity}: ", "   ")
        lines += _wrapped([one["next_step"]], "   Next: ", "   ")
    return lines


def review_paste(report: Mapping[str, Any]) -> str:
    """Say what a review found in exactly five lines, to paste into a chat.

    Args:
        report: The JSON of ``report.json``.

    Returns:
        Five lines of plain text. Whatever a chat would read as formatting, link, mention or tag
        is replaced by a character that looks alike.
    """
    review = contents(report, _TEXT)
    verdict = review["verdict"]
    reasons = " / ".join(chat_text(reason) for reason in verdict["reasons"][:_REASONS])
    return "\n".join(
        (
            f"{_decision(verdict)}: {chat_text(review['feature'], 60)}. {chat_text(verdict['headline'])}",
            f"Why: {reasons or 'no reason was recorded'}",
            f"Bars: {_paste_bars(review)}",
            f"Next: {chat_text((*verdict['next_steps'], 'nothing was proposed')[0])}",
            _paste_source(review),
        )
    )


def _paste_bars(review: Mapping[str, Any]) -> str:
    if not review["bars"]:
        return "none were written"
    held = [(bar, deciding(bar, review["verdict"]["decision"])) for bar in review["bars"]]
    order = {name: i for i, name in enumerate(_WORST_FIRST)}
    bar, outcome = min(held, key=lambda one: order.get(one[1]["outcome"], -1))
    measured = chat_text(estimate_text(outcome["estimate"], currency_of(review)))
    word = OUTCOMES.get(outcome["outcome"], UNKNOWN).word.lower()
    return f"{bar_counts(review)}; {chat_text(bar['text'], 80)}: {word}, {measured}"


def _paste_source(review: Mapping[str, Any]) -> str:
    origin = ORIGINS.get(review["origin"], "Data of unknown origin")
    rows = rows_tested(review)
    tested = f"{whole(rows)} test rows" if rows else "an unknown number of test rows"
    when = chat_text(day(review["at"]), 40)
    return f"{origin}: {tested}. Shipworthy review {chat_text(review['id'], 60)}, {when}"
