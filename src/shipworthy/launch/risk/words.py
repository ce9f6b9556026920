"""An assessment as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.launch.risk.assessing import Assessment, Step
    from shipworthy.playbook.regulation import Question

__all__ = ["help_of", "in_words"]

_SIGN = {"applies": "applies", "does_not_apply": "not met", "open": "open"}
_SHOWN = 5


def in_words(assessment: Assessment) -> str:
    """The tier, why, what is missing, what follows and when."""
    return "\n".join(_lines(assessment))


def _lines(assessment: Assessment) -> Iterator[str]:
    yield assessment.headline
    yield f"{assessment.disclaimer} {assessment.law}, checked on {assessment.text_as_of}."
    yield from (f"Note: {note}" for note in assessment.notes)
    if assessment.missing:
        yield "\nTell me, in this order:"
        yield from (f"  {item.id}: {item.ask} [{'|'.join(item.answers[:5])}]" for item in assessment.missing)
    decided = [step for step in assessment.path if step.result != "open"]
    if decided:
        yield "\nWhy:"
        yield from (_step(step) for step in decided)
    if assessment.gpai != "none":
        yield f"\nGeneral-purpose model (Chapter V, beside the tier): {assessment.gpai}"
    yield from _duties(assessment)
    yield from _changes(assessment)
    if assessment.also_open:
        names = ", ".join(item.id for item in assessment.also_open)
        yield f"\nAlso open, without effect on the tier: {names}"


def _step(step: Step) -> str:
    facts = [
        f"{fact.id}={fact.answer}" for fact in step.because if not fact.assumed and fact.answer is not None
    ]
    return f"  {_SIGN[step.result]}: {step.title} ({', '.join(step.pins)}): {', '.join(facts)}"


def _duties(assessment: Assessment) -> Iterator[str]:
    if not assessment.duties:
        return
    yield "\nDuties:"
    for duty in assessment.duties:
        other = f" (by another reading {duty.other_reading})" if duty.other_reading else ""
        yield f"  {duty.timing}{other}, {' and '.join(duty.who)}: {duty.what} ({', '.join(duty.pins)})"


def _changes(assessment: Assessment) -> Iterator[str]:
    """One line for all answers to a question that lead to the same tier."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for change in assessment.would_change:
        together.setdefault((change.id, change.now, change.tier), []).append(change.otherwise)
    if together:
        yield "\nWhat would change it:"
    for (name, now, tier), others in list(together.items())[:_SHOWN]:
        yield f"  {name} {' or '.join(others)} instead of {now}: {tier}"
    if len(together) > _SHOWN:
        yield f"  … and {len(together) - _SHOWN} more (--json)"


def help_of(asked: Question) -> str:
    """What counts, what does not, and what to answer in doubt."""
    parts = [f"{choice}: {meaning}." for choice, meaning in asked.choices.items()]
    if asked.yes_if:
        parts.append(f"Yes: {asked.yes_if}.")
    if asked.no_if:
        parts.append(f"No: {asked.no_if}.")
    parts.append(f"In doubt: {asked.in_doubt}.")
    return " ".join(parts)
