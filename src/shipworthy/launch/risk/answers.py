"""Answers to the playbook's questions: read, checked, written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import SpecError, Where, nearest
from shipworthy.core.files import write_atomic
from shipworthy.core.yaml_file import read_yaml
from shipworthy.playbook.regulation import question, questions

if TYPE_CHECKING:
    from pathlib import Path

    from shipworthy.playbook.regulation import Question

__all__ = ["UNKNOWN", "Answers", "answers_in", "parse_answers", "read_answers", "write_answers"]

Answers = Mapping[str, frozenset[str] | None]
"""Answers by question: the values given, or None for ``unknown``. What was left out is absent."""
UNKNOWN = "unknown"
_YES_NO = ("yes", "no")


def read_answers(path: Path) -> Answers:
    """Read an answers file: one ``question: answer`` a line.

    Raises:
        UserError: a question or an answer does not exist; line and nearest name are given.
    """
    file = read_yaml(path)
    return parse_answers({} if file.value is None else file.value, where=lambda name: file.where((name,)))


def parse_answers(given: object, *, where: Callable[[str], Where]) -> Answers:
    """Check answers that were read from somewhere.

    Args:
        given: Question ids with their answers: a word, true or false, a list of words, a date, or null.
        where: The place of a question, for errors.

    Raises:
        SpecError: this is no mapping, or a question or an answer does not exist.
    """
    if not isinstance(given, dict):
        raise SpecError(
            f"Answers are 'question: answer' lines, but this is a {type(given).__name__}.",
            where=where(""),
            hint="See 'shipworthy risk questions' for the questions.",
        )
    known = {item.id: item for item in questions()}
    found: dict[str, frozenset[str] | None] = {}
    for name, value in given.items():
        if name not in known:
            shown = str(name)[:80]
            raise SpecError(
                f"There is no question {shown!r}.", where=where(shown), hint=nearest(shown, known)
            )
        found[name] = _answer(known[name], value, where(name))
    return found


def answers_in(text: str, asked: Question) -> frozenset[str] | None:
    """The answer that somebody typed: a word, or several with commas.

    Raises:
        SpecError: it is no answer to this question.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    return _answer(asked, words[0] if len(words) == 1 else words, Where(field=asked.id))


def _answer(asked: Question, value: Any, where: Where) -> frozenset[str] | None:
    words = [_word(item) for item in value] if isinstance(value, list) else [_word(value)]
    if words == [UNKNOWN]:
        return None
    if asked.answers == "date":
        return frozenset({_day(words, where)})
    allowed = _YES_NO if asked.answers == "yes_no" else tuple(asked.choices)
    if words == ["no"] and "none" in allowed:
        words = ["none"]
    for word in words or [""]:
        if word not in allowed:
            raise SpecError(
                f"{word[:80]!r} is no answer to {asked.id!r}.",
                where=where,
                hint=nearest(word, [*allowed, UNKNOWN]),
            )
    _check_number(asked, words, where)
    return frozenset(words)


def _check_number(asked: Question, words: list[str], where: Where) -> None:
    if len(words) > 1 and asked.answers != "any_of":
        raise SpecError(f"{asked.id!r} takes one answer, not {len(words)}.", where=where)
    if len(words) > 1 and "none" in words:
        raise SpecError(
            f"{asked.id!r} cannot be 'none' and something else.", where=where, hint="Keep one of the two."
        )


def _word(value: Any) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):  # how YAML and JSON write a bare yes or no
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value).strip().lower()


def _day(words: list[str], where: Where) -> str:
    try:
        (word,) = words
        return date.fromisoformat(word).isoformat()
    except ValueError:
        hint = "Write it as year-month-day, for instance 2026-08-02."
        raise SpecError(f"{', '.join(words)[:80]!r} is no day.", where=where, hint=hint) from None


def write_answers(path: Path, answers: Answers) -> None:
    """Write an answers file that :func:`read_answers` reads back, each question beside its answer."""
    lines = ["# Answers to 'shipworthy risk questions'. Change them here; the memo is made from them.\n"]
    for item in questions():
        if item.id in answers:
            lines += [f"\n# {question(item.id).ask}\n", f"{item.id}: {_written(answers[item.id])}\n"]
    write_atomic(path, "".join(lines))


def _written(value: frozenset[str] | None) -> str:
    if value is None:
        return UNKNOWN
    words = sorted(value)
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"
