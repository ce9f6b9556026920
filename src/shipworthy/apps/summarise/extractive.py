"""Meeting notes without a language model: the lines that look most like decisions, actions, questions, risks.

Every statement is words that were said, tidied of *um* and *uh*, with the lines it comes from. How many are
shown grows with the meeting; the best come first in confidence and stand in the transcript's order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.apps.summarise.lines import lines_of, span_of
from shipworthy.apps.summarise.owners import accepted, due_in, owner_of
from shipworthy.apps.summarise.scoring import KINDS, Scorer, Talk
from shipworthy.evals.jobs.outputs import Item, ItemKind, Summary
from shipworthy.retrieval.document import Document

__all__ = ["by_place", "summarise_by_cues", "tidy"]

_LIKELY = 0.5
_LEAST, _LINES_AN_ITEM = 5, {"action": 50, "decision": 100, "question": 150, "risk": 150}
_MOST_MERGED = 3
_HESITATION = re.compile(r"(?<![\w'-])(?:u+h+m*|u+m+|e+r+m*|h+m+|mm-hmm|mm)(?![\w'-])[,.]?\s*", re.IGNORECASE)
_TWICE = re.compile(r"(?<![\w'-])([\w'-]+)(?:[ ,]+\1(?![\w'-]))+", re.IGNORECASE)
_OPENER = re.compile(r"^(?:(?:and|so|okay|ok|well|right|but|then|yeah)(?![\w'-])[,.]?\s+)+", re.IGNORECASE)


def summarise_by_cues(document: Document, scorer: Scorer | None = None) -> Summary:
    """What a meeting comes to, by its cues.

    Args:
        document: The transcript.
        scorer: Weights; those set by hand when left out.
    """
    talk = Talk.of(lines_of(document))
    items: list[Item] = []
    for kind, found in _best(talk, scorer or Scorer()).items():
        accepts: set[int] = set()
        for group in _groups(talk, found):
            answer = accepted(talk, group.places) if kind == "action" else None
            if answer is not None:
                accepts.add(answer)
            if not accepts.issuperset(group.places):
                items.append(_item(document, talk, kind, group, answer))
    return Summary(items=by_place(items))


def by_place(items: Sequence[Item]) -> tuple[Item, ...]:
    """Items in the order of the transcript."""
    return tuple(sorted(items, key=lambda item: (item.spans[0].start, KINDS.index(item.kind))))


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines that make one statement."""

    places: list[int]
    confidence: float


def _best(talk: Talk, scorer: Scorer) -> dict[ItemKind, dict[int, float]]:
    """By kind the likely lines and how likely; each line once, and no more than notes can hold."""
    lines = len(talk.lines)
    likely: dict[ItemKind, dict[int, float]] = {kind: {} for kind in KINDS}
    by_kind = [
        [scorer.confidence(score, kind, lines=lines) for score in scorer.scores(talk, kind)] for kind in KINDS
    ]
    for place, shares in enumerate(zip(*by_kind, strict=True)):
        kind = KINDS[max(range(len(KINDS)), key=lambda which: shares[which])]
        if max(shares) >= _LIKELY:
            likely[kind][place] = max(shares)
    return {kind: _few(found, _LEAST + lines // _LINES_AN_ITEM[kind]) for kind, found in likely.items()}


def _few(found: dict[int, float], most: int) -> dict[int, float]:
    kept = sorted(found, key=lambda place: (-found[place], place))[:most]
    return {place: found[place] for place in sorted(kept)}


def _groups(talk: Talk, found: dict[int, float]) -> list[_Group]:
    """A line that breaks off goes on in the speaker's next one."""
    groups: list[_Group] = []
    for place, confidence in found.items():
        last = groups[-1] if groups else None
        if last is not None and _goes_on(talk, last.places, place):
            last.places.append(place)
            groups[-1] = _Group(last.places, max(last.confidence, confidence))
        else:
            groups.append(_Group([place], confidence))
    return groups


def _goes_on(talk: Talk, places: list[int], place: int) -> bool:
    before, line = talk.lines[places[-1]], talk.lines[place]
    broken = not before.text.rstrip().endswith((".", "?", "!", ";"))
    near = place == places[-1] + 1 and len(places) < _MOST_MERGED
    return near and broken and before.speaker == line.speaker and line.text[:1].islower()


def _item(document: Document, talk: Talk, kind: ItemKind, group: _Group, answer: int | None) -> Item:
    lines = [talk.lines[place] for place in group.places]
    owner = owner_of(talk, group.places) if kind == "action" else None
    rests_on = lines if answer is None else [*lines, talk.lines[answer]]
    due = due_in(rests_on) if kind == "action" else None
    return Item(
        kind=kind,
        text=tidy(" ".join(line.text for line in lines)),
        spans=tuple(span_of(document, line) for line in rests_on),
        owner=None if owner is None else owner.name,
        due=None if due is None else due[0],
        confidence=round(group.confidence, 3),
    )


def tidy(text: str) -> str:
    """What was said without hesitations and words said twice, with a capital in front."""
    flat = " ".join(text.split())
    shown = _TWICE.sub(r"\1", _HESITATION.sub("", flat))
    shown = _OPENER.sub("", shown).strip(" ,") or flat
    return shown[:1].upper() + shown[1:]
