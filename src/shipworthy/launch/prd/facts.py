"""What can be cited: the values of a review, of ``feature.yaml`` and of the risk answers, by key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shipworthy.documents.text import one_line
from shipworthy.launch.prd.citations import Fact
from shipworthy.stats.estimate import Estimate

if TYPE_CHECKING:
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.launch.risk import Assessment

__all__ = ["feature_facts", "key_of", "review_facts", "risk_facts"]

_LONGEST = 2_000
Pairs = Iterator[tuple[str, Fact]]


def key_of(*parts: str) -> str:
    """A key: each part in lower case with dashes for everything but letters, digits and underscores."""
    return ".".join(re.sub(r"[^\w]+", "-", part.lower()).strip("-_") or "none" for part in parts)


def review_facts(report: Mapping[str, Any]) -> dict[str, Fact]:
    """Everything of a review that a paper may cite.

    Args:
        report: The content of ``report.json``.
    """
    return _distinct(_of_review(report))


def feature_facts(spec: FeatureSpec) -> dict[str, Fact]:
    """Everything of ``feature.yaml`` that a paper may cite."""
    return _distinct(_of_feature(spec))


def risk_facts(assessment: Assessment) -> dict[str, Fact]:
    """The tier, and the paragraphs of Art. 50 that apply."""
    return {
        "tier": Fact(text=assessment.display_tier),
        "headline": Fact(text=_words(assessment.headline)),
        "art50": Fact(text=", ".join(assessment.art50) or "none"),
    }


def _distinct(pairs: Iterable[tuple[str, Fact]]) -> dict[str, Fact]:
    """By key; of two with the same key the second is called ``…-2``."""
    found: dict[str, Fact] = {}
    for key, fact in pairs:
        name, number = key, 2
        while name in found:
            name, number = f"{key}-{number}", number + 1
        found[name] = fact
    return found


def _of_review(report: Mapping[str, Any]) -> Pairs:
    data, verdict = report["data"], report["verdict"]
    yield "verdict", Fact(text=_words(verdict["headline"]))
    yield "data.sha256", Fact(text=data["sha256"][:12])
    yield from ((key_of("data", "rows", name), _count(n)) for name, n in data["rows"].items())
    for bar in report["bars"]:
        name = re.split(r"[<>≤≥]", bar["text"])[0]
        yield f"bars.{key_of(name)}", _estimate(bar["all_rows"]["estimate"], _currency(report))
        yield f"bars.{key_of(name)}.asks", Fact(text=_words(bar["words"]))
    for candidate in report["candidates"]:
        prefix = ("scores",) if candidate["chosen"] else ("candidates", candidate["name"])
        for metric, estimate in candidate["scores"].items():
            yield key_of(*prefix, metric), _estimate(estimate)
        if candidate["cost_per_1000"] is not None:
            yield key_of(*prefix, "cost_per_1000"), _estimate(candidate["cost_per_1000"], "USD")
    yield from _of_handover(report)
    for result in report["protected"]:
        yield key_of("protected", result["segment"], "gap"), _estimate(result["gap"])
        for group, estimate in result["groups"].items():
            yield key_of("protected", result["segment"], "group", group), _estimate(estimate)
    for result in report["segments"]:
        yield key_of("segments", result["segment"], result["value"]), _estimate(result["rate"])
    for place, harm in enumerate(report["harms"], start=1):
        if harm["estimate"] is not None:
            yield f"harms.{place}", _estimate(harm["estimate"], _currency(report))
    if report["value"] is not None:
        yield "value.month", _estimate(report["value"]["month"], _currency(report))
        yield "value.cost_per_1000", _estimate(report["value"]["cost_per_1000"], _currency(report))


def _of_handover(report: Mapping[str, Any]) -> Pairs:
    handover = report["handover"]
    if handover is None:
        return
    if handover["threshold"] is not None:
        yield "handover.threshold", _number(handover["threshold"])
        yield "handover.share", _estimate(handover["share"])
        yield "handover.precision", _estimate(handover["precision"])
    if handover["handed_over_a_day"] is not None:
        yield "handover.handed_over_a_day", _estimate(handover["handed_over_a_day"])
    if report["cost_curve"] is not None:
        yield "cost_curve.threshold", _number(report["cost_curve"]["threshold"])


def _of_feature(spec: FeatureSpec) -> Pairs:
    money = spec.value.currency if spec.value else ""
    for bar in spec.bar:
        yield f"bar.{key_of(re.split('[<>≤≥]', bar)[0])}", Fact(text=_words(bar))
    if spec.value is not None:
        yield "value.volume_per_month", _number(spec.value.volume_per_month)
        yield "value.per_item", _number(spec.value.per_item, money)
    if spec.costs is not None:
        yield "costs.wrong", _number(spec.costs.wrong, money)
        yield "costs.handed_over", _number(spec.costs.handed_over, money)
        for pair in spec.costs.pairs:
            yield key_of("costs", pair.label, pair.predicted or "other"), _number(pair.cost, money)
    if spec.fallback is not None and spec.fallback.capacity_a_day is not None:
        yield "fallback.capacity_a_day", _number(spec.fallback.capacity_a_day)


def _estimate(written: Mapping[str, Any], currency: str = "") -> Fact:
    estimate = Estimate(**written)
    scale = 100.0 if estimate.unit == "points" else 1.0
    ends = tuple(end * scale for end in (estimate.low, estimate.high) if end is not None)
    text = _words(str(estimate))
    return Fact(
        text=f"{currency} {text}".strip() if estimate.unit == "money" and estimate.defined else text,
        value=None if estimate.value is None else estimate.value * scale,
        around=(*ends, float(estimate.n), estimate.level),
        share=estimate.unit in {"share", "score"},
    )


def _number(value: float, currency: str = "") -> Fact:
    return Fact(text=f"{currency} {value:,.6g}".strip(), value=value, share=0 < value <= 1)


def _count(n: int) -> Fact:
    return Fact(text=f"{n:,}", value=float(n))


def _currency(report: Mapping[str, Any]) -> str:
    return str(report["value"]["currency"]) if report["value"] else ""


def _words(text: str) -> str:
    return " ".join(one_line(text, _LONGEST).split())
