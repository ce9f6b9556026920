"""What papers may say about a review: every value under a key, written once and for all papers alike.

A paper cites a value as ``… [review 2026-11-23-abc123: scores.accuracy]``, the form that PRDs use too. What
stands before the bracket is the text under that key, so a checker need not guess what was meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shipworthy.documents.numbers import amount, estimate_text, whole
from shipworthy.documents.words import DECISIONS, METRICS
from shipworthy.launch.papers.frequencies import frequency, most_of, sentence

__all__ = ["GAP", "Cite", "Sourcebook", "metadata_text", "paper_facts", "plain", "rounded", "things_of"]

GAP = "**Gap:**"
"""How a paper shows that something is not known."""
_METADATA = ("value", "low", "high", "n")
_DIGIT = re.compile(r"\d")
_MARKUP = re.compile(r"[\\`*{}\[\]<>#|~]|(?<!\w)_|_(?!\w)")


def plain(text: object) -> str:
    """Text of a stranger on one line, in which Markdown and HTML mean nothing."""
    from shipworthy.documents.text import one_line

    return _MARKUP.sub(r"\\\g<0>", one_line(str(text), 600))


def paper_facts(report: Mapping[str, Any]) -> dict[str, str]:
    """Every citable value of a review by key, as papers write it.

    Args:
        report: The content of ``report.json``.
    """
    return dict(_facts(report))


def _facts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _texts(report)
    yield from _scores(report)
    yield from _mistakes(report)
    yield from _groups(report)
    yield from _handing_over(report)
    yield from _data(report)
    yield from _metadata(report)


def _texts(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    verdict = report["verdict"]
    yield "verdict", DECISIONS[verdict["decision"]].word.lower()
    yield "verdict.headline", verdict["headline"]
    for number, reason in enumerate(verdict["reasons"], 1):
        yield f"verdict.reasons.{number}", reason
    for number, step in enumerate(verdict["next_steps"], 1):
        yield f"verdict.next_steps.{number}", step
    yield "does", report["does"]
    yield "for_whom", report["for_whom"]
    yield "how_chosen", report["how_chosen"]
    yield "candidate", report["candidates"][0]["words"]
    for number, text in enumerate(report["method"], 1):
        yield f"method.{number}", text
    for number, finding in enumerate(report["findings"], 1):
        yield f"findings.{number}", finding["title"]
        yield f"findings.{number}.next_step", finding["next_step"]
    for name, value in report["versions"].items():
        yield f"versions.{name}", str(value)
    for number, harm in enumerate(report["harms"], 1):
        yield f"harms.{number}", f"{harm['who']}: {harm['what']}".rstrip(".")
        if harm["estimate"] is not None:
            yield f"harms.{number}.measured", estimate_text(harm["estimate"], _currency(report))


def _currency(report: Mapping[str, Any]) -> str:
    return "" if report["value"] is None else str(report["value"]["currency"])


def _scores(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    chosen = report["candidates"][0]
    for name, estimate in chosen["scores"].items():
        yield f"scores.{name}", estimate_text(estimate)
    accuracy = chosen["scores"].get("accuracy")
    if accuracy is not None:
        yield "right", frequency(accuracy)
        yield "wrong", frequency(accuracy, others=True)
        yield "wrong.sentence", sentence(accuracy, things_of(report), "go wrong", others=True)
        yield "level", f"{accuracy['level'] * 100:.4g} of 100"
    outcomes = [bar["all_rows"]["outcome"] for bar in report["bars"]]
    yield "bars.met", f"{outcomes.count('met')} of {len(outcomes)}"
    for number, bar in enumerate(report["bars"], 1):
        yield f"bars.{number}", bar["words"]
        yield f"bars.{number}.outcome", bar["all_rows"]["outcome"]
        yield f"bars.{number}.value", estimate_text(bar["all_rows"]["estimate"], _currency(report))
    for name, rows in chosen["statuses"].items():
        yield f"statuses.{name}", whole(rows)
    if chosen["cost_per_1000"] is not None:
        yield "cost_per_1000", estimate_text(chosen["cost_per_1000"], "USD")
    if report["value"] is not None:
        yield "value.month", estimate_text(report["value"]["month"], _currency(report))


def things_of(report: Mapping[str, Any]) -> str:
    """What a feature is given, in the plural."""
    return "messages" if report["job"] == "classify" else "cases"


def _mistakes(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    accuracy = report["candidates"][0]["scores"].get("accuracy")
    if accuracy is None or accuracy["value"] is None:
        return
    wrong = round((1 - accuracy["value"]) * accuracy["n"])
    for number, kind in enumerate(report["mistakes"], 1):
        yield f"mistakes.{number}", f"“{kind['label']}” taken for “{kind['predicted']}”"
        yield f"mistakes.{number}.share", most_of(kind["count"], wrong)


def _groups(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in report["segments"]:
        key = f"segments.{item['segment']}={item['value']}"
        yield f"{key}.right", frequency(item["rate"])
        yield f"{key}.wrong", frequency(item["rate"], others=True)
        yield f"{key}.rest_wrong", frequency(item["rest"], others=True)
        yield key, estimate_text(item["rate"])
        yield f"{key}.gap", estimate_text(item["gap"])
    for item in report["protected"]:
        key = f"protected.{item['segment']}"
        yield f"{key}.gap", estimate_text(item["gap"])
        yield f"{key}.words", item["words"]
        yield f"{key}.reason", item["reason"]
        for group, estimate in item["groups"].items():
            yield f"{key}.{group}", estimate_text(estimate)
        for group, rows in item["unmeasured"].items():
            yield f"{key}.{group}.rows", whole(rows)


def _handing_over(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    fallback = report["fallback"]
    if fallback is not None:
        yield "fallback.who", fallback["who"]
        yield "fallback.user_sees", fallback["user_sees"]
        if fallback.get("capacity_a_day") is not None:
            yield "fallback.capacity", f"{fallback['capacity_a_day']:,.10g} a day"
    handover = report["handover"]
    if handover is None:
        return
    if handover["threshold"] is not None:
        yield "handover.alone", frequency(handover["share"])
        yield "handover.alone_wrong", frequency(handover["precision"], others=True)
        yield "handover.threshold", f"{handover['threshold']:.3g}"
    if handover["handed_over_a_day"] is not None:
        yield "handover.a_day", _a_day(handover["handed_over_a_day"])


def _a_day(estimate: Mapping[str, Any]) -> str:
    """Rows a day that people get: ends rounded away from each other."""
    value, low, high = (estimate[key] for key in ("value", "low", "high"))
    if value is None:
        return f"not known ({estimate['warning']})"
    if low is None or high is None:
        return f"about {amount(value, 'count')} a day (no range could be made)"
    return f"between {math.floor(max(low, 0) + 1e-9):,} and {math.ceil(high - 1e-9):,} a day"


def _data(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    data = report["data"]
    for split, rows in data["rows"].items():
        yield f"rows.{split}", whole(rows)
    for label, rows in data["classes"].items():
        yield f"classes.{label}", whole(rows)
    yield "data.sha256", data["sha256"]
    yield "data.how_split", data["how_split"]
    yield "data.label_source", data["label_source"]
    yield "data.detectable", data["detectable"]
    for number, text in enumerate(data["not_covered"], 1):
        yield f"data.not_covered.{number}", text
    for number, text in enumerate(data["personal_data"], 1):
        yield f"data.personal_data.{number}", text
    for number, problem in enumerate(data["problems"], 1):
        yield f"data.problems.{number}", problem["words"]


def _metadata(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Scores as the front matter of a model card writes them."""
    for name, one in report["candidates"][0]["scores"].items():
        if one["value"] is not None:
            yield (
                f"metadata.scores.{name}",
                metadata_text(*(rounded(one[key]) for key in _METADATA)),
            )


def metadata_text(value: Any, low: Any, high: Any, n: Any) -> str:
    """A metric of the front matter as one comparable text."""
    return " ".join("none" if each is None else repr(each) for each in (value, low, high, n))


def rounded(number: Any) -> Any:
    """A number as metadata write it: six decimals at most."""
    return round(number, 6) if isinstance(number, float) else number


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourcebook:
    """What one paper cites from."""

    review: str
    """The review's id."""
    facts: Mapping[str, str]
    """Its values by key."""
    newest: str
    """The newest review of the same feature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cite:
    """Writes values of one review with the place they come from."""

    review: str
    """The review's id."""
    facts: Mapping[str, str]
    """Its values by key."""

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Cite:
        """For one review."""
        return cls(review=report["id"], facts=paper_facts(report))

    def __call__(self, key: str) -> str:
        """A value and its citation; a gap where the review has none."""
        if key not in self.facts:
            return f"{GAP} the review does not say ({plain(key)})"
        return f"{plain(self.facts[key])} {self.mark(key)}"

    def mark(self, key: str) -> str:
        """The citation alone."""
        safe = re.sub(r"[\[\]|\n]", "?", key)[:190]
        return f"[review {self.review}: {safe}]"

    def words(self, key: str) -> str:
        """A text: cited where it holds a number, else as it is."""
        text = self.facts.get(key, "")
        if not text:
            return f"{GAP} feature.yaml does not say"
        return self(key) if _DIGIT.search(text) else plain(text)

    def numbered(self, key: str) -> Iterator[str]:
        """The keys ``key.1``, ``key.2``, … that exist."""
        number = 1
        while f"{key}.{number}" in self.facts:
            yield f"{key}.{number}"
            number += 1

    def metric(self, name: str) -> str:
        """A metric's name in plain words, the statistic's second."""
        base, _, label = name.partition("[")
        words, term = METRICS.get(base, (base, base))
        return plain(f"{words} ({term}{f', {label[:-1]}' if label else ''})")
