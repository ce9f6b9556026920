"""What people wrote about failures: one file of JSON Lines that only grows.

A line is a draw of failures, a note, the tags of a note, a tag's failure mode, a skip or an undo. What
stands is told from the lines in order; a later line about the same thing replaces an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import DataError, UserError, Where
from shipworthy.datasets.lines import append_lines, read_lines
from shipworthy.evals.errors.drawing import Drawn
from shipworthy.playbook.items import failure_mode

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock

__all__ = ["LONGEST_NOTE", "LONGEST_TAG", "Note", "Notebook", "tidy_tag"]

LONGEST_NOTE, LONGEST_TAG = 4_000, 80
_TAGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one person wrote about one failure."""

    review: str
    """The review."""
    example: str
    """The example's id."""
    kind: str
    """What kind of failure the review counts it as."""
    note: str
    """The person's own words; empty where it was skipped."""
    by: str
    """Who."""
    at: str
    """When, ISO 8601 in UTC."""
    tags: tuple[str, ...] | None = None
    """Its tags; None: nobody has tagged it yet."""


def tidy_tag(tag: Any) -> str:
    """A tag as it is kept.

    Raises:
        UserError: it is empty or too long.
    """
    plain = _printable(" ".join(str(tag).split()))
    if not plain or len(plain) > LONGEST_TAG:
        raise UserError(
            f"{plain[:40]!r} is no tag.",
            hint=f"A tag has 1 to {LONGEST_TAG} characters, for instance 'old price'.",
        )
    return plain


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)


class Notebook:
    """One person at the notes of a feature.

    Args:
        path: The file; made when the first line is written.
        by: Who writes.
        clock: Tells the time.
    """

    def __init__(self, path: Path, *, by: str, clock: Clock) -> None:
        if not by.strip():
            raise UserError(
                "A note needs somebody who wrote it.", hint="Say who you are, for example --by ana."
            )
        self.path = path
        self.by = by.strip()
        self._clock = clock
        self._draws: dict[str, Drawn] = {}
        self._notes: dict[tuple[str, str, str], Note] = {}
        self._modes: dict[str, str | None] = {}
        for line, item in read_lines(path):
            try:
                self._take(item)
            except (LookupError, TypeError, ValueError, AttributeError):
                raise DataError(
                    f"Line {line:,} of {path.name!r} is not one that was written here.",
                    where=Where(file=path, line=line),
                    hint="Put the line right or delete it; the other lines are fine.",
                ) from None

    def draw(self, review: str) -> Drawn | None:
        """The failures of a review that are to be read; None before any were drawn."""
        return self._draws.get(review)

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who wrote a note."""
        return tuple(dict.fromkeys(note.by for note in self._notes.values() if note.note))

    def notes(self, review: str, by: str | None = None) -> tuple[Note, ...]:
        """Somebody's notes about a review in the order of writing, without skipped ones."""
        person = by or self.by
        return tuple(
            note for note in self._notes.values() if note.review == review and note.by == person and note.note
        )

    def waiting(self, review: str) -> tuple[tuple[str, str], ...]:
        """Example and kind of the failures this person has neither noted nor skipped."""
        draw = self._draws.get(review)
        return tuple(
            (example, kind)
            for example, kind in (() if draw is None else draw.examples)
            if (review, example, self.by) not in self._notes
        )

    @property
    def tags(self) -> dict[str, str | None]:
        """Every tag in use or defined, in the order in which they came, with its failure mode's id."""
        used = dict.fromkeys(tag for note in self._notes.values() for tag in note.tags or ())
        return {tag: self._modes.get(tag) for tag in dict.fromkeys([*self._modes, *used])}

    def spelling(self, tag: Any) -> str:
        """A tag in the spelling in which it was used before."""
        plain = tidy_tag(tag)
        known = {each.casefold(): each for each in self.tags}
        return known.get(plain.casefold(), plain)

    def add_draw(self, draw: Drawn) -> None:
        """Keep which failures are to be read, and out of how many of each kind."""
        self._write(
            {
                "action": "draw",
                "review": draw.review,
                "candidate": draw.candidate,
                "tested": draw.tested,
                "sizes": dict(draw.sizes),
                "examples": [list(pair) for pair in draw.examples],
                "seed": draw.seed,
            }
        )

    def note(self, review: str, example: str, words: str) -> None:
        """Write a note about a failure.

        Raises:
            UserError: it is empty or too long, or the failure is none of those drawn.
        """
        plain = words.strip()
        if not plain or len(plain) > LONGEST_NOTE:
            raise UserError(f"A note has 1 to {LONGEST_NOTE:,} characters; this one has {len(plain):,}.")
        self._about("note", review, example, note=plain)

    def skip(self, review: str, example: str) -> None:
        """Leave a failure without a note."""
        self._about("skip", review, example)

    def tag(self, review: str, example: str, tags: Iterable[Any]) -> None:
        """Say which tags a note has; none at all means that it was looked at and none fits.

        Raises:
            UserError: there is no such note, or a tag cannot be used.
        """
        if not self._notes.get((review, example, self.by), _NOBODY).note:
            raise UserError(f"There is no note of {self.by!r} about {example!r:.80}.")
        names = list(dict.fromkeys(self.spelling(tag) for tag in tags))
        if len(names) > _TAGS:
            raise UserError(f"A note has at most {_TAGS} tags.")
        self._about("tag", review, example, tags=names)

    def define(self, tag: Any, mode: str | None) -> None:
        """Tie a tag to a failure mode of the playbook, or to none.

        Raises:
            UserError: there is no such failure mode; the nearest one is named.
        """
        if mode is not None:
            failure_mode(mode)
        self._write({"action": "define", "tag": self.spelling(tag), "failure_mode": mode})

    def undo(self, review: str) -> str | None:
        """Take back this person's last note or skip; returns the example, which comes next again."""
        mine = [note.example for note in self._notes.values() if (note.review, note.by) == (review, self.by)]
        if not mine:
            return None
        self._about("undo", review, mine[-1])
        return mine[-1]

    def _about(self, action: str, review: str, example: str, **more: Any) -> None:
        kinds = dict(self._draws[review].examples) if review in self._draws else {}
        if example not in kinds:
            raise UserError(
                f"{example!r:.80} is none of the failures drawn from the review {review!r}.",
                hint="The failures to read: shipworthy errors FEATURE --json",
            )
        self._write({"action": action, "review": review, "example": example, "kind": kinds[example], **more})

    def _write(self, item: dict[str, Any]) -> None:
        at = self._clock.now().isoformat(timespec="seconds")
        whole = {"at": at, "by": self.by, **item}
        append_lines(self.path, [whole])
        self._take(whole)

    def _take(self, item: dict[str, Any]) -> None:
        """Let a line change what stands."""
        match item["action"]:
            case "draw":
                self._draws[item["review"]] = _draw(item)
            case "define":
                mode = item["failure_mode"]
                self._modes[str(item["tag"])] = None if mode is None else str(mode)
            case "tag":
                key = str(item["review"]), str(item["example"]), str(item["by"])
                if key in self._notes:
                    self._notes[key] = replace(self._notes[key], tags=tuple(map(str, item["tags"])))
            case "note" | "skip" | "undo" as action:
                key = str(item["review"]), str(item["example"]), str(item["by"])
                old = self._notes.pop(key, _NOBODY)
                if action != "undo":
                    words = str(item["note"]) if action == "note" else ""
                    self._notes[key] = Note(
                        review=key[0],
                        example=key[1],
                        kind=str(item["kind"]),
                        note=words,
                        by=key[2],
                        at=str(item["at"]),
                        tags=old.tags if words else None,
                    )
            case _:
                raise ValueError(item["action"])


_NOBODY = Note(review="", example="", kind="", note="", by="", at="")


def _draw(item: dict[str, Any]) -> Drawn:
    examples: Sequence[Any] = item["examples"]
    return Drawn(
        review=str(item["review"]),
        candidate=str(item["candidate"]),
        tested=int(item["tested"]),
        sizes={str(kind): int(size) for kind, size in item["sizes"].items()},
        examples=tuple((str(example), str(kind)) for example, kind in examples),
        seed=int(item["seed"]),
    )
