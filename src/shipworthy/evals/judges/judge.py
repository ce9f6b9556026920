"""What a judge is given, what it says, and the port of every judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shipworthy.core.progress import Progress, silent

__all__ = [
    "CANNOT_ASSESS",
    "PAIR_SCALE",
    "Grade",
    "GradeStatus",
    "Judge",
    "JudgeKind",
    "Piece",
    "pair_score",
]

JudgeKind = Literal["rubric", "pairwise"]
"""One text on a scale, or which of two texts is better."""
GradeStatus = Literal["ok", "cannot_assess", "refused", "invalid", "timeout", "error"]
"""How grading a text ended; only ``ok`` has a score."""

CANNOT_ASSESS = "CANNOT_ASSESS"
"""What a judge says that has no ground for a score."""
PAIR_SCALE = ("second", "tie", "first")
"""Which of two texts is better, as a scale: the higher, the better the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What is graded: one text, or two to compare. All of it is hostile."""

    id: str
    """Its id."""
    output: str
    """The text to grade; of a pair the first one."""
    other: str | None = None
    """The second text of a pair."""
    input: str | None = None
    """What the text answers: a question, a document."""
    reference: str | None = None
    """What a good text says."""
    author: str | None = None
    """What wrote the text."""
    other_author: str | None = None
    """What wrote the second text."""
    cluster: str | None = None
    """What it belongs to together with others, for instance a question."""
    labels: tuple[str | None, ...] = ()
    """What each annotator said; None where one said nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What a judge says of one piece."""

    id: str
    """Id of the piece."""
    status: GradeStatus
    """How it ended."""
    score: str | None = None
    """The score as it stands on the judge's scale; None without one, or where a judge gives bare numbers."""
    number: float | None = None
    """The score as a number: the scale's own where it has numbers, else the place on it, from 0 (worst). Of
    a pair 1 if the first is better, 0 if the second is, ½ for a tie. None unless the status is ok."""
    quote: str | None = None
    """Words of the graded text that a model's score rests on, verbatim."""
    detail: str | None = None
    """Why there is no score, or the judge's own reason; hostile text."""
    orders: tuple[float | None, float | None] | None = None
    """Of a pair: the number when the first was shown first, and when it was shown second."""
    cost: float | None = None
    """US dollars; None where unknown, 0 where nothing is charged."""


class Judge(Protocol):
    """Anything that grades."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> JudgeKind:
        """What it grades."""
        ...

    @property
    def scale(self) -> tuple[str, ...] | None:
        """Its scores, from worst to best; None where it gives bare numbers."""
        ...

    @property
    def words(self) -> str:
        """What it is, in one sentence."""
        ...

    @property
    def version(self) -> str:
        """Hash of everything that determines its scores."""
        ...

    def grade(self, pieces: Sequence[Piece], *, progress: Progress = silent) -> tuple[Grade, ...]:
        """Grade all of them, in order. A piece that cannot be graded never ends the work.

        Raises:
            UserError: the judge needs something the pieces lack, or cannot be asked.
            EnvironmentFailure: a provider cannot be reached.
        """
        ...


def pair_score(number: float) -> str:
    """The word for a preference: above ½ the first is better."""
    return "first" if number > 0.5 else "second" if number < 0.5 else "tie"
