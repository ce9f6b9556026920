"""The launch review's page: one self-contained HTML file, made from the launch review's JSON alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shipworthy.documents.report import page_templates
from shipworthy.documents.text import one_line, tame
from shipworthy.documents.words import DECISIONS, Word

__all__ = ["launch_text", "render_launch"]

_LONGEST = 700
_ALLOWED = Word(word="Not in the way", tone="quiet", icon="check")
_STATES = {
    "current": Word(word="Current", tone="good", icon="check"),
    "stale": Word(word="Stale", tone="open", icon="warning"),
    "wrong": Word(word="Wrong", tone="bad", icon="cross"),
    "missing": Word(word="Missing", tone="open", icon="warning"),
    "due": Word(word="Due again", tone="open", icon="warning"),
}


def render_launch(launch: Mapping[str, Any]) -> str:
    """Render a launch review as one page without script and without anything to load.

    Args:
        launch: The JSON of ``launch.json`` (schema ``shipworthy.launch/1``); every text in it is hostile.
    """
    view = {"r": tame(launch, _LONGEST), "states": _STATES, "part_word": _part_word}
    return page_templates().get_template("launch.html").render(view)


def launch_text(launch: Mapping[str, Any]) -> str:
    """A launch review as lines for a terminal."""
    lines = [f"{_word(launch['decision'])}: {launch['headline']}", ""]
    lines += [
        f"{part['title']}: {_part_word(part).word.lower()}. {part['words']}" for part in launch["parts"]
    ]
    for title, key in (("What to do next:", "next_steps"), ("Gaps:", "gaps")):
        if launch[key]:
            lines += ["", title, *(f"  {line}" for line in launch[key][:12])]
            if len(launch[key]) > 12:
                lines.append(f"  … and {len(launch[key]) - 12} more on the page")
    due = [one for one in launch["decisions"] if one["due"]]
    if due:
        lines += ["", "Decisions that are due again:", *(f"  {one['words']}" for one in due)]
    return "\n".join(
        one_line(line, _LONGEST) if not line.startswith("  ") else f"  {one_line(line, _LONGEST)}"
        for line in lines
    )


def _part_word(part: Mapping[str, Any]) -> Word:
    """What a part says; a tier or a PRD that allows a launch does not itself recommend it."""
    if part["decision"] == "ship" and part["id"] != "review":
        return _ALLOWED
    return DECISIONS[part["decision"]]


def _word(decision: str) -> str:
    return DECISIONS[decision].word
