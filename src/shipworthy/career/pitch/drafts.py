"""Drafts for a résumé, a headline and a first message: only what a record holds, each number cited."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shipworthy.career.audit import piece_of
from shipworthy.career.masking import masked_text
from shipworthy.career.pitch.outcome import CHOICE, Outcome, Reviewed
from shipworthy.documents.text import one_line
from shipworthy.documents.words import METRICS

if TYPE_CHECKING:
    from shipworthy.evidence.record import Record

__all__ = ["QUESTION", "Pitch", "PitchDraft", "draft_pitch"]

QUESTION = "What AI product have you shipped or contributed to, and what was the measurable outcome?"
"""What a résumé has to answer at once, after the guide."""
_CITATION = re.compile(r" ?\[evidence [^\[\]]{1,300}\]")
_DID = {
    "ship": "Took to a ship decision",
    "ship_with_fallback": "Took to a decision to ship with a human fallback",
    "hold": "Measured and held back",
    "cannot_tell": "Measured, and did not ship on too little evidence,",
}
_DECIDED = {
    "ship": "to ship it",
    "ship_with_fallback": "to ship it with a human fallback",
    "hold": "to hold it back",
    "cannot_tell": "not to decide on so little evidence",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchDraft:
    """One answer to the question, for one place."""

    place: Literal["resume", "headline", "message"]
    """Where it goes."""
    text: str
    """With the record of each statement."""
    plain: str
    """The same without citations, to be sent once you have made it yours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pitch:
    """Answers to the question, and what is missing for a better one."""

    question: str
    """The question."""
    chosen_by: str
    """How the evidence was chosen."""
    outcome: Outcome | None
    """The evidence; None where nothing answers."""
    drafts: tuple[PitchDraft, ...]
    """Drafts; none where nothing answers."""
    gaps: tuple[str, ...]
    """What no record says, each with what to do."""


def draft_pitch(records: Sequence[Record], outcome: Outcome | None, reviewed: Reviewed | None) -> Pitch:
    """Draft the answers.

    Args:
        records: Evidence records, for what is missing.
        outcome: The chosen evidence; None where there is none.
        reviewed: Its review.
    """
    drafts = () if outcome is None or reviewed is None else _drafts(outcome, reviewed)
    return Pitch(
        question=QUESTION,
        chosen_by=CHOICE,
        outcome=outcome,
        drafts=drafts,
        gaps=_gaps(records, outcome),
    )


def _drafts(outcome: Outcome, reviewed: Reviewed) -> tuple[PitchDraft, ...]:
    said = _Said(outcome, reviewed.facts)
    first = f"{_DID[outcome.decision]} an AI feature that {said.does} (for {said.for_whom}): {said.result}"
    resume = ". ".join([first, *said.more()]) + "."
    headline = f"AI product work with a result that can be checked: {said.result}."
    message = (
        f"I worked on an AI feature that {said.does}, for {said.for_whom}. {said.in_plain_words} I decided"
        f" {_DECIDED[outcome.decision]} {said.mark('verdict')}, for this reason: “{said.reason}” I can show"
        " you the evidence behind every number."
    )
    places: tuple[tuple[Literal["resume", "headline", "message"], str], ...] = (
        ("resume", resume),
        ("headline", headline),
        ("message", message),
    )
    return tuple(PitchDraft(place=place, text=text, plain=_CITATION.sub("", text)) for place, text in places)


class _Said:
    """The values of one review as sentences need them."""

    def __init__(self, outcome: Outcome, facts: Mapping[str, str]) -> None:
        self._outcome = outcome
        self._facts = facts
        self.does = _lower(_clean(facts.get("does", "")))
        self.for_whom = _lower(_clean(facts.get("for_whom", "")))
        self.reason = _clean(outcome.reason, full_stop=True)

    def mark(self, key: str) -> str:
        return f"[evidence {self._outcome.record}: {key}]"

    def cited(self, key: str) -> str:
        return f"{self._facts[key]} {self.mark(key)}"

    @property
    def result(self) -> str:
        name = self._outcome.metric.removeprefix("scores.")
        words, term = METRICS.get(name, (name, name))
        return f"{_lower(words)} ({term}) {self.cited(self._outcome.metric)}"

    @property
    def in_plain_words(self) -> str:
        if "wrong.sentence" in self._facts:
            sentence = self.cited("wrong.sentence")
            return f"{sentence[:1].upper()}{sentence[1:]}."
        result = self.result
        return f"{result[:1].upper()}{result[1:]}."

    def more(self) -> list[str]:
        """What else the review measured that a reader asks for."""
        found = []
        better = next(
            (
                key.removesuffix(".value")
                for key, value in self._facts.items()
                if key.startswith("bars.") and key.endswith(".value") and value.startswith("+")
                if "baseline" in self._facts.get(key.removesuffix(".value"), "")
            ),
            None,
        )
        if better is not None:
            found.append(f"More often right than the simplest way: {self.cited(better + '.value')}")
        if "handover.alone" in self._facts:
            found.append(f"It handles {self.cited('handover.alone')} alone; people take the others")
        return found


def _clean(text: str, *, full_stop: bool = False) -> str:
    line = one_line(masked_text(text).text, 300)
    return line if full_stop else line.rstrip(".")


def _lower(text: str) -> str:
    """The first letter small, unless the word is an abbreviation."""
    return text if text[:2].isupper() else f"{text[:1].lower()}{text[1:]}"


def _gaps(records: Sequence[Record], outcome: Outcome | None) -> tuple[str, ...]:
    if outcome is None:
        practised = any(record.kind == "review" and record.practice_only for record in records)
        only = " What you did with the bundled example is practice and answers nothing." if practised else ""
        return (
            "No record answers the question: there is no review on your own data with a reason in your own"
            f" words.{only} Next: shipworthy review FEATURE --reason TEXT",
        )
    gaps = []
    if outcome.launch is None:
        gaps.append(
            "No launch review follows the review, so “shipped” may not be said; the verdict is a decision."
            " Next: shipworthy launch FEATURE --reason TEXT"
        )
    elsewhere = [each for each in records if each.kind == "artifact" and piece_of(each).weight == "own"]
    if not elsewhere:
        gaps.append(
            "No record says what changed for users afterwards. Next: shipworthy career artifact add TITLE"
            " --competency ID --link URL --reason TEXT"
        )
    return tuple(gaps)
