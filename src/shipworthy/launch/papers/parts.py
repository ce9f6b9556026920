"""Parts that the card and the technical documentation share, so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shipworthy.launch.papers.facts import GAP, Cite, plain

__all__ = [
    "data",
    "findings",
    "groups",
    "harms",
    "how_often",
    "oversight",
    "purpose",
    "results",
    "sentence_case",
    "summary",
]

Report = Mapping[str, Any]


def purpose(cite: Cite) -> Iterator[str]:
    """What it is for."""
    yield f"- What it does: {cite.words('does')}"
    yield f"- For whom: {cite.words('for_whom')}"
    yield ""


def summary(cite: Cite) -> Iterator[str]:
    """How often it is wrong, in words."""
    if "wrong" not in cite.facts:
        yield f"{GAP} how often it is right was not measured."
        return
    yield from how_often(cite)
    yield f"The range in brackets is what chance allows: {cite('level')} such ranges hold the truth."
    yield ""


def how_often(cite: Cite) -> Iterator[str]:
    """How often it is wrong and what most mistakes are, as one sentence."""
    said = sentence_case(cite("wrong.sentence"))
    if "mistakes.1.share" in cite.facts:
        said += f", {cite('mistakes.1.share')} being {cite('mistakes.1')}"
    yield f"{said}."


def sentence_case(text: str) -> str:
    """The text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def results(report: Report, cite: Cite) -> Iterator[str]:
    """Scores and bars as tables."""
    yield "| What | Measured |"
    yield "|---|---|"
    for name in report["candidates"][0]["scores"]:
        yield f"| {cite.metric(name)} | {cite(f'scores.{name}')} |"
    yield ""
    if report["bars"]:
        yield "| Bar, written before the run | Outcome | Measured |"
        yield "|---|---|---|"
        for key in cite.numbered("bars"):
            yield f"| {cite.words(key)} | {cite.words(f'{key}.outcome')} | {cite(f'{key}.value')} |"
    else:
        yield f"{GAP} no bar was written before the run."
    yield ""


def groups(report: Report, cite: Cite) -> Iterator[str]:
    """For whom it is worse, and what was not measured."""
    for item in report["segments"]:
        if item["found"]:
            key = f"segments.{item['segment']}={item['value']}"
            yield (
                f"- Worse where {plain(item['segment'])} is {plain(item['value'])}: right {cite(key)}, "
                f"against all others {cite(f'{key}.gap')}."
            )
    for item in report["protected"]:
        yield from _protected(item, cite)
    if not report["protected"]:
        yield f"{GAP} no protected group was named in feature.yaml, so none was measured."
    elif not any(item["found"] for item in report["segments"]):
        yield "- No other group was found for which it is clearly worse; small differences may be hidden."
    yield ""


def _protected(item: Mapping[str, Any], cite: Cite) -> Iterator[str]:
    key = f"protected.{item['segment']}"
    name = plain(item["segment"])
    if not item["measured"]:
        yield f"- {GAP} the protected groups of {name} were not all measured: {cite.words(f'{key}.words')}"
        return
    yield (
        f"- Protected: {name}. Asked for: {plain(item['fairness_words'])} Chosen because: "
        f"{cite.words(f'{key}.reason')} Largest gap between groups: {cite(f'{key}.gap')}."
    )


def data(report: Report, cite: Cite) -> Iterator[str]:
    """What it was measured on."""
    rows = ", ".join(f"{split} {cite(f'rows.{split}')}" for split in report["data"]["rows"])
    yield f"- Rows: {rows}"
    yield f"- Labels: {cite.words('data.label_source')}"
    yield f"- How they were split: {cite.words('data.how_split')}"
    yield f"- Frozen dataset: {cite('data.sha256')}"
    yield from (f"- Not covered: {cite.words(key)}" for key in cite.numbered("data.not_covered"))
    yield from (f"- Personal data found: {cite.words(key)}" for key in cite.numbered("data.personal_data"))
    yield from (f"- Met and dealt with: {cite.words(key)}" for key in cite.numbered("data.problems"))
    yield f"- {cite.words('data.detectable')}"
    yield ""


def findings(report: Report, cite: Cite) -> Iterator[str]:
    """What the review found, with what to do."""
    shown = [number for number, item in enumerate(report["findings"], 1) if item["severity"] != "note"]
    for number in shown:
        key = f"findings.{number}"
        severity = report["findings"][number - 1]["severity"]
        yield f"- {severity.capitalize()}: {cite.words(key)} Next: {cite.words(f'{key}.next_step')}"
    if not shown:
        yield "The review has no finding beyond notes. That is no proof that there is nothing to find."
    yield ""


def harms(report: Report, cite: Cite) -> Iterator[str]:
    """Who can be hurt, and whether it was measured."""
    for number, item in enumerate(report["harms"], 1):
        said = f"- {item['severity'].capitalize()}: {cite.words(f'harms.{number}')}. "
        known = item["estimate"] is not None and item["estimate"]["value"] is not None
        yield said + (f"Measured: {cite(f'harms.{number}.measured')}" if known else f"{GAP} not measured.")
    if not report["harms"]:
        yield f"{GAP} no harm is named in feature.yaml."
    yield ""


def oversight(report: Report, cite: Cite) -> Iterator[str]:
    """Who catches what the feature does not handle."""
    if report["fallback"] is None:
        yield f"{GAP} no fallback is named in feature.yaml: nobody takes what it is unsure about."
        yield ""
        return
    yield f"- Takes over: {cite.words('fallback.who')}"
    if "handover.alone" in cite.facts:
        yield f"- Handled without a person: {cite('handover.alone')}"
        yield f"- Of these wrong: {cite('handover.alone_wrong')}"
    else:
        yield f"- {GAP} there is no threshold above which it may act alone."
    if "handover.a_day" in cite.facts:
        yield f"- Left for people: {cite('handover.a_day')}"
    if "fallback.capacity" in cite.facts:
        yield f"- They can take: {cite('fallback.capacity')}"
    yield f"- What the user sees meanwhile: {cite.words('fallback.user_sees')}"
    yield ""
