"""``papers/idea.answers.yaml``: read, checked, written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipworthy.core.errors import SpecError, Where, nearest
from shipworthy.core.files import write_atomic
from shipworthy.core.yaml_file import read_yaml
from shipworthy.playbook.ideas import IdeaQuestion, idea_playbook

__all__ = ["IdeaAnswers", "answer_in", "read_idea_answers", "write_idea_answers"]

IdeaAnswers = Mapping[str, str | None]
"""Question to answer; None where somebody said that they do not know."""
_UNKNOWN = ("unknown", "?", "tbd", "todo", "n/a")
_LONGEST = 2_000


def read_idea_answers(path: Path) -> IdeaAnswers:
    """Read an answers file: one ``question: answer`` a line.

    Raises:
        SpecError: a question or an answer does not exist; line and nearest name are given.
    """
    file = read_yaml(path)
    given = {} if file.value is None else file.value
    if not isinstance(given, dict):
        raise SpecError("Answers are 'question: answer' lines.", where=Where(file=path))
    known = {one.id: one for one in idea_playbook().questions}
    found: dict[str, str | None] = {}
    for name, value in given.items():
        if name not in known:
            shown = str(name)[:80]
            raise SpecError(
                f"There is no question {shown!r}.", where=file.where((shown,)), hint=nearest(shown, known)
            )
        found[name] = answer_in(value, known[name], file.where((name,)))
    return found


def answer_in(value: Any, asked: IdeaQuestion, where: Where) -> str | None:
    """One answer, checked; None for ``unknown``, an empty text or a placeholder.

    Raises:
        SpecError: it is no answer to this question.
    """
    text = {True: "yes", False: "no", None: ""}.get(value) if isinstance(value, bool | None) else str(value)
    text = (text or "").strip()
    if not text or text.lower() in _UNKNOWN:
        return None
    if len(text) > _LONGEST:
        raise SpecError(f"This answer has {len(text):,} characters; up to {_LONGEST:,} fit.", where=where)
    if asked.number:
        return _number(text, where)
    if asked.choices and text.lower() not in asked.choices:
        raise SpecError(
            f"{text[:80]!r} is no answer to {asked.id!r}.",
            where=where,
            hint=nearest(text.lower(), [*asked.choices, "unknown"]),
        )
    return text.lower() if asked.choices else text


def _number(text: str, where: Where) -> str:
    digits = text.replace(",", "").replace("_", "").replace(" ", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        raise SpecError(f"{text[:80]!r} is no whole number.", where=where, hint="For instance 9000.")
    return str(int(digits))


def write_idea_answers(path: Path, answers: IdeaAnswers) -> None:
    """Write an answers file that :func:`read_idea_answers` reads back, each question beside its answer."""
    import json

    lines = ["# Answers to 'shipworthy feature idea'. Change them here; idea.md is made from them.\n"]
    for one in idea_playbook().questions:
        value = answers.get(one.id)
        written = "unknown" if value is None else json.dumps(value, ensure_ascii=False)
        lines += [f"\n# {one.ask}\n", f"{one.id}: {written}\n"]
    write_atomic(path, "".join(lines))
