"""A paper made from answers: the person's words live in one file, and the page is made from them again.

The file of answers is only ever added to: new questions go to its end, and no byte of what stands there is
changed. The page says in its last line which text was made, so that words typed into the page itself are
noticed before they are lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.canonical import sha256_of, short
from shipworthy.core.errors import SpecError, UserError, Where, nearest
from shipworthy.core.files import readable, write_atomic
from shipworthy.core.yaml_file import read_yaml
from shipworthy.documents.text import visible

if TYPE_CHECKING:
    from shipworthy.playbook.prd import PaperQuestion

__all__ = [
    "Answers",
    "add_questions",
    "gap",
    "gaps_in",
    "inert",
    "own_words",
    "read_answers",
    "share_of_own",
    "write_page",
]

Answers = Mapping[str, str]
"""A person's answers by question; what is not answered is absent."""

_LONGEST = 20_000
_GAP = re.compile(r"\[GAP: (.+?)\](?=[\s|.]|$)")
_MADE = re.compile(r"\n<!-- made by shipworthy, text (?P<sha>[0-9a-f]{12}) -->\n*\Z")


def add_questions(path: Path, questions: Sequence[PaperQuestion], *, paper: str) -> Answers:
    """Make the file of answers, or add the questions it lacks, and read what was answered.

    Args:
        path: The file.
        questions: What is asked.
        paper: What the paper is called, for the file's first line.

    Raises:
        UserError: the file cannot be used; line and field are named.
    """
    known = set(read_answers(path, questions)) | _asked(path) if path.exists() else set()
    new = [question for question in questions if question.id not in known]
    if new:
        before = path.read_text(encoding="utf-8-sig").rstrip("\n") + "\n" if path.exists() else _top(paper)
        write_atomic(path, before + "".join(map(_blank, new)))
    return read_answers(path, questions)


def _top(paper: str) -> str:
    return (
        f"# Your words for the {paper}. Only you write here; the {paper} is made from it at every draft.\n"
        "# An answer may be one line, several lines after '|', or a list. Leave empty what you do not know.\n"
    )


def _blank(question: PaperQuestion) -> str:
    return f"\n# {question.ask}\n# For instance: {question.example}\n{question.id}:\n"


def _asked(path: Path) -> set[str]:
    value = read_yaml(path).value
    return {str(name) for name in value} if isinstance(value, dict) else set()


def read_answers(path: Path, questions: Sequence[PaperQuestion]) -> Answers:
    """Read a file of answers.

    Raises:
        UserError: a question does not exist, or an answer is neither text nor a list of texts.
    """
    file = read_yaml(readable(path))
    if file.value is None:
        return {}
    if not isinstance(file.value, dict):
        raise SpecError("Answers are 'question: answer' lines.", where=Where(file=path))
    known = {question.id for question in questions}
    found: dict[str, str] = {}
    for name, value in file.value.items():
        if name not in known:
            hint = nearest(str(name), known)
            raise SpecError(f"There is no question {str(name)[:80]!r}.", where=file.where((name,)), hint=hint)
        text = _text(value, file.where((name,)))
        if text:
            found[name] = text
    return found


def _text(value: object, where: Where) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(_is_plain(item) for item in value):
        text = "\n".join(f"- {_text(item, where)}" for item in value)
    elif _is_plain(value):
        text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).strip()
    else:
        raise SpecError("An answer is a text or a list of texts.", where=where, hint="Write it after '|'.")
    if len(text) > _LONGEST:
        raise SpecError(
            f"This answer has {len(text):,} characters; up to {_LONGEST:,} are read.", where=where
        )
    return text


def _is_plain(value: object) -> bool:
    from datetime import date

    return isinstance(value, str | int | float | bool | date)


def inert(text: str) -> str:
    """A person's Markdown without what breaks out of its place: headings, fences, HTML, hidden letters."""
    lines = (
        re.sub(r"^(\s*)(#|```|~~~|=+\s*$|-{2,}\s*$)", r"\1\\\2", line)
        for line in visible(text, _LONGEST).split("\n")
    )
    return "\n".join(lines).replace("<", "&lt;").strip()


def gap(ask: str) -> str:
    """A place that is still empty, with what belongs there."""
    return f"[GAP: {ask}]"


def gaps_in(page: str) -> tuple[str, ...]:
    """What a page says is still to be filled in."""
    return tuple(dict.fromkeys(_GAP.findall(page)))


def own_words(answers: Answers) -> int:
    """How many words the person wrote."""
    return sum(len(text.split()) for text in answers.values())


def share_of_own(answers: Answers, page: str) -> float:
    """Share of a page's words that are the person's, from 0 to 1."""
    return min(1.0, own_words(answers) / max(1, len(page.split())))


def write_page(path: Path, text: str) -> None:
    """Write the page, unless somebody typed into the one that is there.

    Raises:
        UserError: the page was changed by hand since it was made.
    """
    if path.exists() and not _is_ours(path):
        raise UserError(
            f"{path.name!r} was changed by hand; drafting it again would lose that.",
            where=Where(file=path),
            hint=f"Move your words into {path.stem}.answers.yaml, then rename or remove {path.name}.",
        )
    write_atomic(path, f"{text}\n<!-- made by shipworthy, text {short(sha256_of(text))} -->\n")


def _is_ours(path: Path) -> bool:
    text = readable(path).read_bytes().decode("utf-8", errors="replace")
    mark = _MADE.search(text)
    return mark is not None and short(sha256_of(text[: mark.start()])) == mark["sha"]
