"""One's own incident: questions in a file, and the one-pager made of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shipworthy.core.errors import SpecError, nearest
from shipworthy.launch.papers.draft import signed
from shipworthy.launch.papers.facts import GAP, plain

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["QUESTIONS", "answers_text", "one_pager", "read_own"]

QUESTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "summary": ("What happened, to whom, for how long? One or two sentences.", ()),
    "timeline": (
        "The change, the first signal, the discovery, the repair: in order, each with day and time.",
        ("at", "what"),
    ),
    "impact": ("Who was affected and how much: a number, and where it comes from.", ("what", "source")),
    "detection": ("Who or what noticed it, when, and how long after it began?", ()),
    "causes": (
        "What let it in, what let it through, what let it last? Mark each as established or assumed.",
        ("what", "basis"),
    ),
    "earlier": ("Which check would have caught it earlier, and when would it have fired?", ()),
    "failure_modes": (
        "Ids of failure modes from the playbook, for instance hallucination; may stay empty.",
        (),
    ),
    "actions": ("What will be done, by whom, by which day?", ("what", "owner", "by")),
}
"""Question by name, with the fields of each entry where it is a list of entries."""
_LONGEST = 200


def answers_text() -> str:
    """The file of questions, with nothing answered."""
    lines = [
        "# One postmortem, without blame: what happened and why, not who. Empty answers show as gaps.",
        "",
    ]
    for name, (question, parts) in QUESTIONS.items():
        lines.append(f"# {question}")
        if parts:
            fields = ", ".join(f'{part}: ""' for part in parts)
            lines += [f"{name}:", *[f"  - {{{fields}}}"] * (3 if name == "timeline" else 2), ""]
        else:
            lines += [f"{name}: []" if name == "failure_modes" else f'{name}: ""', ""]
    return "\n".join(lines)


def read_own(path: Path) -> dict[str, Any]:
    """Read the answers: a text, or a list of entries, by question.

    Raises:
        UserError: the file cannot be read, or a question, a field or a failure mode does not exist.
    """
    from shipworthy.core.yaml_file import read_yaml
    from shipworthy.playbook.items import failure_mode

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
        if QUESTIONS[name][1]:
            _check_entries(value, name, file)
    for mode in given.get("failure_modes") or ():
        failure_mode(str(mode))
    return dict(given)


def _check_entries(value: Any, name: str, file: Any) -> None:
    parts = QUESTIONS[name][1]
    entries = value or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SpecError(
            f"{name!r} is a list of entries with {', '.join(parts)}.",
            where=file.where((name,)),
            hint=f"Write a line such as '- {{{', '.join(f'{part}: …' for part in parts)}}}'.",
        )
    for place, entry in enumerate(entries[:_LONGEST]):
        unknown = [key for key in entry if key not in parts]
        if unknown:
            raise SpecError(
                f"{str(unknown[0])[:80]!r} is no field of {name!r}.",
                where=file.where((name, place)),
                hint=nearest(str(unknown[0]), parts),
            )


def one_pager(answers: Mapping[str, Any], *, feature: str, day: str) -> str:
    """The page about one incident; what is not answered is a gap.

    Args:
        answers: What :func:`read_own` gives.
        feature: The feature.
        day: The day of the incident.
    """
    return signed("\n".join(_lines(answers, feature, day)), source=f"postmortem-{day}.answers.yaml")


def _lines(answers: Mapping[str, Any], feature: str, day: str) -> Iterator[str]:
    yield f"# Postmortem: {plain(feature)}, {day}\n"
    yield "## Summary\n"
    yield from _text(answers, "summary")
    yield "## Timeline\n"
    yield from _entries(answers, "timeline", lambda entry: f"- {entry['at']}: {entry['what']}")
    yield "## Impact\n"
    yield from _entries(answers, "impact", lambda entry: f"- {entry['what']} (source: {entry['source']})")
    yield "## Detection\n"
    yield from _text(answers, "detection")
    yield "## Contributing causes\n"
    yield from _entries(answers, "causes", lambda entry: f"- {entry['basis'].capitalize()}: {entry['what']}")
    yield from _failure_modes(answers)
    yield "## What would have caught it earlier\n"
    yield from _text(answers, "earlier")
    yield "## Actions\n"
    yield "| Action | Owner | By |"
    yield "|---|---|---|"
    yield from _entries(
        answers, "actions", lambda entry: f"| {entry['what']} | {entry['owner']} | {entry['by']} |", row=True
    )


def _text(answers: Mapping[str, Any], name: str) -> Iterator[str]:
    said = str(answers.get(name) or "").strip()
    yield plain(said) if said else f"{GAP} {QUESTIONS[name][0]}"
    yield ""


def _entries(answers: Mapping[str, Any], name: str, line: Any, *, row: bool = False) -> Iterator[str]:
    parts = QUESTIONS[name][1]
    told = False
    for entry in (answers.get(name) or [])[:_LONGEST]:
        said = {part: plain(str(entry.get(part) or "").strip()) for part in parts}
        if any(said.values()):
            told = True
            yield line({part: words or f"{GAP} {part}" for part, words in said.items()})
    if not told:
        yield f"| {GAP} {QUESTIONS[name][0]} | | |" if row else f"{GAP} {QUESTIONS[name][0]}"
    yield ""


def _failure_modes(answers: Mapping[str, Any]) -> Iterator[str]:
    from shipworthy.playbook.items import failure_mode

    names: Iterable[Any] = answers.get("failure_modes") or ()
    shown = [failure_mode(str(name)).name for name in names]
    if shown:
        yield f"Failure modes: {', '.join(shown)}.\n"
