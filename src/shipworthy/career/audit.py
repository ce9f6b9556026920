"""Where somebody stands: from evidence records to a level for each competency, by one stated rule.

Every condition of the rule is a count of evidence that more evidence can only raise, and counts know no
order. So the same evidence gives the same levels whatever the order, and taking one piece away changes only
the competencies that it was tagged with, downwards.

This module knows nothing about where records are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shipworthy.playbook.careers import levels
from shipworthy.playbook.exercises import exercise_topics
from shipworthy.playbook.items import competencies

if TYPE_CHECKING:
    from shipworthy.evidence.record import Record

__all__ = ["RULE", "Audit", "Piece", "Standing", "Weight", "audit", "piece_of"]

Weight = Literal["own", "practice", "claim", "none"]
"""What a record is worth: own work, practice, an unverified claim, or nothing."""
_EDITED = 0.1
_ENOUGH_EXERCISES = 3
_NO_EVIDENCE = ("self-assessment",)

RULE = (
    "Level 1, practised: anything done here, or three exercises right at the first try. Level 2,"
    " done once: one piece of"
    " work on your own data, or from elsewhere with a link or a file, with a reason in your own"
    " words. Level 3, done"
    " repeatedly: three such pieces about two different subjects, one of which Shipworthy saw"
    " happen. Level 4, relied"
    " upon: five, about three subjects, of two kinds, two of them seen. The bundled example is"
    " practice, and so is a paper"
    " that the tool drafted and you hardly changed. A claim from a résumé gives no level. Work of"
    " the same kind about the"
    " same subject counts once."
)
"""The rule in words, shown with every audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One evidence record, as the audit reads it."""

    record: str
    """Id of the record."""
    on: str
    """Its day, ISO 8601."""
    kind: str
    """What was done."""
    title: str
    """What it was about."""
    weight: Weight
    """What it is worth."""
    why: str
    """Why it is worth no more than that, or what makes it own work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where somebody stands in one competency."""

    competency: str
    """Playbook id."""
    name: str
    """Its name."""
    level: int
    """0 to 4, from evidence alone."""
    level_name: str
    """The level in words."""
    observable: str | None
    """What can be observed at this level; None at level 0."""
    pieces: tuple[Piece, ...]
    """What the level rests on, oldest first."""
    claims: int
    """Unverified claims about it, which give no level."""
    self_level: int | None
    """What the person says; None when they have not said."""
    difference: int | None
    """Self-assessment minus evidence."""
    next: str
    """What the next level needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Where somebody stands, per competency."""

    standings: tuple[Standing, ...]
    """In the playbook's order."""
    rule: str
    """How levels come about."""
    broken: tuple[str, ...]
    """Ids of records that no longer hold and were left out."""
    untagged: int
    """Records that are tagged with no competency."""

    def levels(self) -> dict[str, int]:
        """Competency to level."""
        return {standing.competency: standing.level for standing in self.standings}


@dataclass(frozen=True, slots=True)
class _Tally:
    pieces: tuple[tuple[Record, Piece], ...]

    def counts(self) -> dict[str, int]:
        own = {
            (record.kind, _subject(record)): record for record, piece in self.pieces if piece.weight == "own"
        }
        seen = {
            (record.kind, _subject(record))
            for record, piece in self.pieces
            if piece.weight == "own" and record.verified
        }
        return {
            "practice": int(self._practised()),
            "own": len(own),
            "subjects": len({subject for _, subject in own}),
            "kinds": len({kind for kind, _ in own}),
            "seen": len(seen),
        }

    def _practised(self) -> bool:
        done = [record for record, piece in self.pieces if piece.weight in {"own", "practice"}]
        exercises = {_subject(record) for record in done if record.kind == "exercise"}
        return len(exercises) >= _ENOUGH_EXERCISES or any(record.kind != "exercise" for record in done)


def _subject(record: Record) -> str:
    """What a piece of work is about: a feature, a link, a file, or its title."""
    link = record.facts.get("link")
    files = ",".join(sorted(artifact.sha256 for artifact in record.artifacts))
    return str(
        record.feature or link or (files if record.kind == "artifact" else "") or record.title.casefold()
    )


def piece_of(record: Record) -> Piece:
    """What a record is worth, and why."""
    weight, why = _weight(record)
    return Piece(
        record=record.id,
        on=record.at.date().isoformat(),
        kind=record.kind,
        title=record.title,
        weight=weight,
        why=why,
    )


def _weight(record: Record) -> tuple[Weight, str]:
    backed = bool(record.artifacts) or bool(record.facts.get("link"))
    if record.kind in _NO_EVIDENCE:
        return "none", "a self-assessment is kept apart"
    if record.kind == "exercise":
        right = bool(record.facts.get("right"))
        return ("practice", "an exercise") if right else ("none", "an exercise answered wrongly")
    if not record.verified and (not backed or record.kind == "claim"):
        return "claim", "a claim that nothing is attached to"
    if record.practice_only:
        return "practice", "bundled data"
    if not (record.reason or "").strip():
        return "practice", "no reason in your own words"
    if record.drafted_by_tool and record.share_edited is not None and record.share_edited < _EDITED:
        return "practice", f"drafted by the tool and {record.share_edited:.0%} changed"
    return (
        "own",
        "own data, with a reason"
        if record.verified
        else "from elsewhere, with a reason and something to look at",
    )


def audit(
    records: Iterable[Record], *, claimed: Mapping[str, int] | None = None, broken: Set[str] = frozenset()
) -> Audit:
    """The level of every competency.

    Args:
        records: Evidence records, in any order.
        claimed: The person's own assessment, competency to level.
        broken: Ids of records that no longer hold; they count for nothing.
    """
    every = sorted(records, key=lambda record: (record.at, record.id))
    sound = [(record, piece_of(record)) for record in every if record.id not in broken]
    return Audit(
        standings=tuple(
            _standing(item.id, item.name, sound, (claimed or {}).get(item.id)) for item in competencies()
        ),
        rule=RULE,
        broken=tuple(record.id for record in every if record.id in broken),
        untagged=sum(not record.competencies for record, piece in sound if piece.weight != "none"),
    )


def _standing(competency: str, name: str, sound: list[tuple[Record, Piece]], claimed: int | None) -> Standing:
    about = [(record, piece) for record, piece in sound if competency in record.competencies]
    counts = _Tally(tuple(about)).counts()
    scale = levels()
    reached = [rule for rule in scale.rules if all(counts[what] >= n for what, n in rule.needs.items())]
    level = max(rule.level for rule in reached)
    return Standing(
        competency=competency,
        name=name,
        level=level,
        level_name=scale.rules[level].name,
        observable=scale.observable[competency][level - 1] if level else None,
        pieces=tuple(piece for _, piece in about if piece.weight in {"own", "practice"}),
        claims=sum(piece.weight == "claim" for _, piece in about),
        self_level=claimed,
        difference=None if claimed is None else claimed - level,
        next=_next(competency, level, counts),
    )


_LACKING = {
    "own": "work on your own data, or to be looked at, with a reason",
    "subjects": "another subject",
    "kinds": "another kind of work",
    "seen": "a piece that Shipworthy sees happen",
}


def _next(competency: str, level: int, counts: Mapping[str, int]) -> str:
    """What the next level lacks, in words."""
    rules = levels().rules
    if level + 1 >= len(rules):
        return "nothing; keep it fresh"
    if level == 0:
        topics = [item.id for item in exercise_topics() if competency in item.competencies]
        return f"any work here about it, or three exercises ({', '.join(topics[:3])})"
    lacking = {what: n - counts[what] for what, n in rules[level + 1].needs.items() if counts[what] < n}
    parts = (
        f"{short} × {_LACKING[what]}" if short > 1 else _LACKING[what] for what, short in lacking.items()
    )
    return "; ".join(parts)
