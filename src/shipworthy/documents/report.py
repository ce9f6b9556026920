"""The review's report: one self-contained HTML page, made from the review's JSON alone.

The page needs no script and no network, and forbids both to itself. It stays below a size that
mail and chat accept: when there is too much to show, every list and every text gets shorter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from shipworthy.documents import figures, words
from shipworthy.documents.contents import bar_counts, contents, currency_of, day, deciding
from shipworthy.documents.numbers import Written, estimate_parts, interval_methods, tied, whole
from shipworthy.documents.words import UNKNOWN, Word

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page_templates", "render_review"]

_MOST_BYTES = 950_000
_REASONS = 3
_CANDIDATES = 8
_MATRIX = 20
_CURVES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limits:
    """How much of everything a page shows."""

    text: int = 600
    """Characters of one text."""
    rows: int = 30
    """Example rows of one finding."""
    items: int = 40
    """Findings, kinds of mistake and other lists."""
    many: int = 100
    """Classes and segments."""

    def halved(self) -> _Limits:
        return _Limits(
            text=max(self.text // 2, 40),
            rows=max(self.rows // 2, 1),
            items=max(self.items // 2, 3),
            many=max(self.many // 2, 5),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """One chapter of the page; its template is ``sections/<id>.html``."""

    id: str
    title: str
    needs: tuple[str, ...] = ()
    """It is left out when none of these parts of the review holds anything."""
    unless: tuple[str, ...] = ()
    """It is left out when one of these does: another section shows the same."""

    def stands(self, review: Mapping[str, Any]) -> bool:
        needed = not self.needs or any(review[part] for part in self.needs)
        return needed and not any(review[part] for part in self.unless)


_SECTIONS = (
    _Section(id="bars", title="The bars", needs=("bars",)),
    _Section(id="worth", title="What it is worth", needs=("value",)),
    _Section(id="candidates", title="Candidates side by side", needs=("candidates",)),
    _Section(id="calls", title="Asking the models", needs=("asked",)),
    _Section(id="alone", title="What it can handle alone", needs=("handover", "cost_curve", "fallback")),
    _Section(id="segments", title="For whom it works", needs=("segments", "segments_too_small")),
    _Section(id="harms", title="Fairness and harms", needs=("protected", "harms")),
    _Section(id="findings", title="Findings", needs=("findings",)),
    _Section(id="data", title="The data", needs=("data",)),
    _Section(id="checks", title="Check by check", needs=("checks", "abstentions")),
    _Section(id="mistakes", title="Its mistakes", needs=("mistakes",)),
    _Section(id="classes", title="Class by class", needs=("classes", "confusion")),
    _Section(id="confidence", title="How sure it is", needs=("curves",), unless=("classes", "confusion")),
    _Section(id="users", title="What happened to users", needs=("outcome",)),
    _Section(id="method", title="How it was measured", needs=("method", "versions", "data")),
    _Section(id="words", title="The words used here"),
)


def render_review(report: Mapping[str, Any]) -> str:
    """Render a review as one self-contained HTML page of less than 1 MB.

    Args:
        report: The JSON of ``report.json`` (schema ``shipworthy.review/1``). Parts that are
            absent or empty are left out of the page; every text in it is treated as hostile.

    Returns:
        The page, without script and without anything to load.
    """
    limits = _Limits()
    page = _page(report, limits)
    while len(page.encode()) > _MOST_BYTES and limits != limits.halved():
        limits = limits.halved()
        page = _page(report, limits)
    return page


def _page(report: Mapping[str, Any], limits: _Limits) -> str:
    view = _view(contents(report, limits.text), limits)
    return page_templates().get_template("review.html").render(view)


@cache
def page_templates() -> Environment:
    """The templates of all pages, escaping everything that is put into them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("shipworthy.documents"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": day, "tied": tied, "whole": whole}
    environment.globals |= {
        "decision_word": _lookup(words.DECISIONS),
        "estimate_parts": estimate_parts,
        "interval_methods": interval_methods,
        "outcome_word": _lookup(words.OUTCOMES),
        "severity_word": _lookup(words.SEVERITIES),
        "words": words,
    }
    return environment


def _lookup(known: Mapping[str, Word]) -> Callable[[str], Word]:
    def word_for(name: str) -> Word:
        return known.get(name) or replace(UNKNOWN, word=name or UNKNOWN.word)

    return word_for


def _view(review: dict[str, Any], limits: _Limits) -> dict[str, Any]:
    currency = currency_of(review)
    segments = review["segments"][: limits.many]
    return {
        "r": review,
        "limits": limits,
        "currency": currency,
        "reasons": review["verdict"]["reasons"][:_REASONS],
        "facts": _facts(review, currency),
        "sections": [section for section in _SECTIONS if section.stands(review)],
        "bars": _bars(review, currency),
        "candidates": review["candidates"][:_CANDIDATES],
        "asked": review["asked"][:_CANDIDATES],
        "score_names": _score_names(review["candidates"]),
        "metrics": words.METRICS
        | {one["name"]: (_capital(one["title"]), one["name"]) for one in review["checks"]},
        "plots": _plots(review, currency),
        "segments": segments,
        "gap_whiskers": figures.gap_whiskers(segments),
        "group_whiskers": _groups(review["protected"]),
        "matrix": _matrix(review),
    }


def _facts(review: Mapping[str, Any], currency: str) -> list[tuple[str, Written]]:
    """The few numbers that stand beside the verdict."""
    facts = []
    if review["bars"]:
        met, _, others = bar_counts(review).partition(", ")
        facts.append(("Bars", Written(value=met, rest=others)))
    chosen = next((one for one in review["candidates"] if one["chosen"]), None)
    if chosen is not None and "accuracy" in chosen["scores"]:
        facts.append(("Right overall", estimate_parts(chosen["scores"]["accuracy"])))
    handover = review["handover"]
    if handover is not None and handover["threshold"] is not None:
        facts.append(("Handled alone", estimate_parts(handover["share"])))
    if review["value"]:
        facts.append(("Net value a month", estimate_parts(review["value"]["month"], currency)))
    if review["findings"]:
        facts.append(("Findings", _finding_counts(review["findings"])))
    return facts


def _finding_counts(findings: Sequence[Mapping[str, Any]]) -> Written:
    counted = Counter(one["severity"] for one in findings)
    named = [words.counted_severity(name, counted[name]) for name in words.SEVERITIES if counted[name]]
    return Written(value=whole(len(findings)), rest=", ".join(named))


def _bars(review: Mapping[str, Any], currency: str) -> list[dict[str, Any]]:
    decision = review["verdict"]["decision"]
    return [_bar(bar, f"bar-{i}", decision, currency) for i, bar in enumerate(review["bars"])]


def _bar(bar: Mapping[str, Any], name: str, decision: str, currency: str) -> dict[str, Any]:
    first = deciding(bar, decision)
    second = bar["all_rows"] if first is not bar["all_rows"] else bar.get("above")
    return {
        "text": bar["text"],
        "words": bar["words"],
        "first": first,
        "first_rows": "On all rows" if first is bar["all_rows"] else "On the rows it handles itself",
        "second": second,
        "second_rows": "On the rows it would handle itself" if first is bar["all_rows"] else "On all rows",
        "whisker": figures.bar_whisker(bar, first, name, currency),
    }


def _score_names(candidates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every metric that some candidate was measured by, in the order in which they appear."""
    return list(dict.fromkeys(name for one in candidates[:_CANDIDATES] for name in one["scores"]))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plots(review: Mapping[str, Any], currency: str) -> dict[str, Any]:
    cost = review["cost_curve"]
    curves = review["curves"][:_CURVES]
    return {
        "handover": figures.handover_plots(review["handover"]) if review["handover"] else (),
        "cost": figures.cost_plot(cost, currency) if cost else None,
        "curves": [(curve, figures.curve_plot(curve, f"curve-{i}")) for i, curve in enumerate(curves)],
    }


def _groups(protected: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [figures.group_whiskers(one["groups"], f"group-{i}") for i, one in enumerate(protected)]


def _matrix(review: Mapping[str, Any]) -> list[tuple[str, list[figures.Cell]]]:
    """The rows of the confusion matrix, each with its label."""
    names = review["confusion_classes"][:_MATRIX]
    return list(zip(names, figures.heat(review["confusion"][:_MATRIX]), strict=False))
