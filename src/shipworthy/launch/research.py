"""The one-page agreement between research and product: question, evidence, time box, meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.launch.paper import Answers, gap, inert
from shipworthy.launch.prd.drafting import escaped
from shipworthy.playbook.prd import paper_questions

if TYPE_CHECKING:
    from shipworthy.launch.decisions import Decision

__all__ = ["research_agreement"]

_TITLES = {
    "question": "The question",
    "evidence": "What settles it",
    "time_box": "Time box",
    "meanwhile": "What ships meanwhile",
    "then": "What follows",
}


def research_agreement(name: str, answers: Answers, decisions: tuple[Decision, ...]) -> str:
    """The agreement as Markdown.

    Args:
        name: The feature.
        answers: The person's words.
        decisions: The feature's decisions; the last three are shown with what would reverse them.
    """
    parts = [f"# Research agreement: {escaped(name)}\n"]
    for question in paper_questions("research"):
        said = inert(answers[question.id]) if question.id in answers else gap(question.ask)
        parts.append(f"## {_TITLES[question.id]}\n\n{said}\n")
    if decisions:
        lines = [f"- {escaped(item.text)} Reversed if: {escaped(item.reverse_if)}" for item in decisions[-3:]]
        parts.append("## Decisions it may reverse\n\n" + "\n".join(lines) + "\n")
    return "\n".join([*parts, "Agreed by: product ____________  research ____________\n"])
