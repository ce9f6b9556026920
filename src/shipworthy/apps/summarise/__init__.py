"""Meeting notes: decisions, action items, open questions and risks, each linked to the lines it rests on."""

from shipworthy.apps.summarise.candidate import build_candidate
from shipworthy.apps.summarise.lines import Turn, document_of_turns
from shipworthy.apps.summarise.notes import notes_as_markdown
from shipworthy.apps.summarise.summariser import Noted, Summariser

__all__ = [
    "Noted",
    "Summariser",
    "Turn",
    "build_candidate",
    "document_of_turns",
    "notes_as_markdown",
]
