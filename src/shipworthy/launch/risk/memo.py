"""The risk memo: one assessment as Markdown that a person can read, file and sign."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shipworthy.playbook.regulation import provision, question, regimes

if TYPE_CHECKING:
    from shipworthy.launch.risk.assessing import Ask, Assessment, Stated, Step

__all__ = ["memo"]

_RESULT = {"applies": "applies", "does_not_apply": "does not apply", "open": "open"}


def memo(assessment: Assessment, *, feature: str) -> str:
    """The memo of a feature.

    Args:
        assessment: What was decided.
        feature: Its name.
    """
    parts = [
        *_top(assessment, feature),
        *_section("Still to answer", _questions(assessment.missing)),
        *_section("How this was decided", _path(assessment)),
        *_section("Transparency (Art. 50)", _transparency(assessment)),
        *_section("Duties", _duties(assessment)),
        *_section("What would change it", _changes(assessment)),
        *_section("Taken for granted, since nobody said otherwise", _assumed(assessment.assumed)),
        *_section("Also open", _questions(assessment.also_open)),
        *_section("The text", _texts(assessment)),
        *_section("Other rules, in brief", _regimes()),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _top(assessment: Assessment, feature: str) -> Iterator[str]:
    yield f"# Risk memo: {_plain(feature)}\n"
    yield f"**{assessment.headline}**\n"
    yield f"{assessment.disclaimer} {assessment.law}; the text was checked last on {assessment.text_as_of}."
    yield f"What applies already is said for {assessment.on}."
    yield "Made from `risk.answers.yaml`; change the answers there.\n"
    if assessment.gpai != "none":
        yield f"General-purpose model: {assessment.gpai} (Chapter V, beside the tier).\n"
    yield from (f"> {note}\n" for note in assessment.notes)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    written = list(lines)
    if written:
        yield f"## {title}\n"
        yield "\n".join(written) + "\n"


def _questions(some: Iterable[Ask]) -> Iterator[str]:
    for item in some:
        yield f"- `{item.id}`: {item.ask} ({', '.join(item.pins)})"


def _path(assessment: Assessment) -> Iterator[str]:
    for step in assessment.path:
        yield f"- **{step.title}: {_RESULT[step.result]}** ({', '.join(step.pins)})"
        yield f"  {_because(step)}"


def _because(step: Step) -> str:
    facts = [fact for fact in step.because if not (fact.assumed and step.result != "open")]
    return "; ".join(f"`{fact.id}`: {fact.answer or 'unknown'}" for fact in facts or step.because)


def _transparency(assessment: Assessment) -> Iterator[str]:
    if assessment.tier not in {"prohibited", "out_of_scope"}:
        yield f"Paragraphs that apply: {', '.join(assessment.art50) or 'none'}."


def _duties(assessment: Assessment) -> Iterator[str]:
    if not assessment.duties:
        return
    yield "| Who | What | Pins | When |"
    yield "|---|---|---|---|"
    for duty in assessment.duties:
        when = duty.timing
        if duty.other_reading:
            when += f" (by another reading {duty.other_reading})"
        if duty.note:
            when += f". {duty.note}"
        yield f"| {', '.join(duty.who)} | {duty.what} | {', '.join(duty.pins)} | {when} |"


def _changes(assessment: Assessment) -> Iterator[str]:
    for change in assessment.would_change:
        ask = question(change.id).ask
        yield f"- `{change.id}` is {change.now}; were it {change.otherwise}: {change.tier}. {ask}"


def _assumed(some: Iterable[Stated]) -> Iterator[str]:
    for fact in some:
        yield f"- `{fact.id}`: {fact.answer}. {question(fact.id).ask}"


def _texts(assessment: Assessment) -> Iterator[str]:
    if assessment.pins:
        yield "© European Union, https://eur-lex.europa.eu. Only the Official Journal is authentic.\n"
    for pin in assessment.pins:
        text = re.sub(r"\n+", "\n> ", provision(pin).text)
        yield f"**{pin}**\n\n> {text}\n"


def _regimes() -> Iterator[str]:
    yield f"Checked on {max(item.as_of for item in regimes())}.\n"
    for item in regimes():
        yield f"- **{item.name}** ({item.place}; {item.status}; {item.since}). {item.says} {item.limits}"


def _plain(text: str) -> str:
    """Text in which Markdown and HTML mean nothing."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|&-])", r"\\\1", text)
