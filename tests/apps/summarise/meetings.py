"""Short invented meetings."""

from __future__ import annotations

from shipworthy.apps.summarise import Turn, document_of_turns
from shipworthy.retrieval.document import Document

__all__ = ["LAUNCH", "meeting"]


def meeting(*turns: str, name: str = "meeting.vtt") -> Document:
    """A transcript of turns written as ``Name: words``."""
    split = (turn.partition(": ") for turn in turns)
    return document_of_turns(
        name,
        [Turn(text=text, speaker=who, seconds=10.0 * n) for n, (who, _, text) in enumerate(split)],
    )


LAUNCH = meeting(
    "Anna Keller: Okay, so the export is done. Ben, can you send the draft to legal by Friday?",
    "Ben Ode: Sure, I'll do that.",
    "Anna Keller: We decided to drop the weekly digest.",
    "Chidi Eze: Yes, agreed.",
    "Chidi Eze: I'm worried the vendor won't be ready before the launch. I'll ask them for a date tomorrow.",
    "Ben Ode: Who pays for the second licence?",
    "Anna Keller: I don't know. We still need to find out who owns the budget.",
    "Anna Keller: Someone should update the wiki please.",
)
