"""What a person has to state because no review can know it: the answers beside a card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from shipworthy.core.errors import SpecError, nearest
from shipworthy.launch.papers.facts import GAP, plain

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["QUESTIONS", "Stated", "card_answers_file", "read_stated", "stated"]

Stated = Mapping[str, str]
"""Answers by question; what is not known is absent."""

QUESTIONS: Mapping[str, str] = {
    "developed_by": "Who made it, and under whose name is it offered?",
    "contact": "Where do questions and complaints go?",
    "version": "Which version is this, and how does it differ from the one before?",
    "license": "Licence of the model, as a Hugging Face identifier, for instance mit or other.",
    "languages": "Languages it is meant for, as codes with commas between them, for instance en, fr.",
    "out_of_scope": "What must it not be used for?",
    "interaction": "Which software, hardware or other AI systems does it work with?",
    "form": "In what form is it offered: a service, a download, part of a product?",
    "hardware": "On what hardware does it run, and what did it take to build?",
    "interface": "What do the people see who work with it?",
    "instructions": "Where are the instructions for use?",
    "third_parties": "Which pre-trained models and tools of others are in it, and how were they changed?",
    "design": "What is it designed to optimise, and which choices were made on the way and why?",
    "architecture": "How do its parts work together?",
    "training_data": "Where do the training data come from, and how were they chosen, labelled and cleaned?",
    "oversight": "How can a person understand, overrule and stop it?",
    "planned_changes": "Which changes are planned already, and how will they be tested?",
    "security": "What protects it against attacks?",
    "metrics_fit": "Why are these the right metrics for what it is for?",
    "risk_management": "How are risks found, weighed and followed up, by whom and how often?",
    "changes": "What was changed since it was first offered?",
    "standards": "Which harmonised standards or other specifications were applied?",
    "declaration": "Where is the EU declaration of conformity?",
    "monitoring": "What is watched once it is in use, by whom, and what happens then?",
}
"""Name to question, in the order of the file."""


def card_answers_file(answers: Stated) -> str:
    """The text of an answers file: every question, and what is known."""
    import yaml

    lines = ["# What no review can know. Fill in what you know; what stays empty is shown as a gap.", ""]
    for name, question in QUESTIONS.items():
        given = answers.get(name, "")
        lines += [f"# {question}", yaml.safe_dump({name: given}, allow_unicode=True, width=110).rstrip(), ""]
    return "\n".join(lines)


def read_stated(path: Path) -> dict[str, str]:
    """Read the answers beside a card.

    Raises:
        UserError: the file cannot be read, or a question does not exist.
    """
    from shipworthy.core.yaml_file import read_yaml

    file = read_yaml(path)
    given = file.value or {}
    if not isinstance(given, dict):
        raise SpecError("Answers are 'question: answer' lines.", where=file.where(()))
    for name, value in given.items():
        if name not in QUESTIONS:
            shown = str(name)[:80]
            raise SpecError(
                f"There is no question {shown!r}.", where=file.where((shown,)), hint=nearest(shown, QUESTIONS)
            )
        if isinstance(value, dict | list):
            raise SpecError(f"The answer to {name!r} is one text.", where=file.where((name,)))
    return {name: str(value).strip() for name, value in given.items() if str(value or "").strip()}


def stated(answers: Stated, *names: str) -> Iterable[str]:
    """The answers to questions as quotations, or the questions as gaps; each a line of Markdown."""
    for name in names:
        if name in answers:
            yield f"> {plain(answers[name])} *(stated, not measured)*"
        else:
            yield f"{GAP} {QUESTIONS[name]} (`{name}` in card.answers.yaml)"
        yield ""
