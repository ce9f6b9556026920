"""``career/cases/NAME.answers.yaml``: a case study in the person's own words, and what of it may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipworthy.core.errors import SpecError, nearest
from shipworthy.core.yaml_file import YamlFile, read_yaml

__all__ = [
    "PUBLISHABLE",
    "QUESTIONS",
    "SITE_QUESTIONS",
    "CaseAnswers",
    "Question",
    "SiteAnswers",
    "case_answers_file",
    "read_case",
    "read_site",
    "site_answers_file",
]

_LONGEST = 5_000
_UNKNOWN = ("", "unknown", "?", "tbd", "todo", "n/a")
_MOST_HIDDEN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question about a case, or about the whole site."""

    id: str
    """Name in the answers file."""
    heading: str
    """Heading of its answer on the page; empty where it stands elsewhere."""
    ask: str
    """The question."""
    choices: tuple[str, ...] = ()
    """The answers that it takes; empty for any text."""


QUESTIONS: tuple[Question, ...] = (
    Question(id="title", heading="", ask="What is the case called in public?"),
    Question(
        id="product",
        heading="",
        ask="Is the product real, or made up for this case?",
        choices=("real", "fictional"),
    ),
    Question(
        id="users",
        heading="Who it is for",
        ask="Who are the users, and what did you learn from them, by which means?",
    ),
    Question(id="problem", heading="What hurts today", ask="What goes wrong today, and how do you know?"),
    Question(
        id="options",
        heading="The ways to build it",
        ask="Which architectures did you weigh, no model among them, and what does each cost?",
    ),
    Question(
        id="tradeoffs",
        heading="What was chosen, and what was given up",
        ask="Which did you choose, what did you give up for it, and what would reverse it?",
    ),
    Question(
        id="metric",
        heading="Why this measure",
        ask="Why is this measure close to what the users value, and where is it not?",
    ),
    Question(
        id="limits", heading="What it does not prove", ask="What do these results not prove, and for whom?"
    ),
    Question(id="decision", heading="The decision", ask="What did you decide, and why?"),
    Question(
        id="learned", heading="What I would do differently", ask="What would you not do again, and why?"
    ),
)
"""What a case study tells, in the order of the page."""
SITE_QUESTIONS: tuple[Question, ...] = (
    Question(id="title", heading="", ask="What is the site called in public?"),
    Question(id="about", heading="", ask="One paragraph about you, as strangers may read it."),
)
"""What the first page tells."""
PUBLISHABLE: Mapping[str, str] = {
    "name": "the feature's name in the workspace",
    "purpose": "what feature.yaml says it does, and for whom",
    "classes": "the names of labels",
    "segments": "the names of segments and groups",
    "business": "volumes, capacity and money",
    "reason": "the reason that you wrote with the review",
    "record": "the whole evidence record, with the names of files",
}
"""What stays private unless an answers file names it under ``publish``."""
_SITE_PUBLISHABLE: Mapping[str, str] = {
    "name": "your name, from your profile",
    "email": "your e-mail address, from your profile",
    "url": "your own page, from your profile",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswers:
    """A case as its file has it."""

    id: str
    """Its name, also the name of its page."""
    feature: str
    """The feature it is about."""
    review: str
    """The review whose numbers it shows."""
    answers: Mapping[str, str | None]
    """Question to answer; None where it is not answered."""
    publish: frozenset[str]
    """What may be shown of :data:`PUBLISHABLE`."""
    hide: tuple[str, ...]
    """Words that are taken out everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAnswers:
    """What the first page says."""

    answers: Mapping[str, str | None]
    """Question to answer; None where it is not answered."""
    publish: frozenset[str]
    """Which fields of the profile may be shown."""
    hide: tuple[str, ...]
    """Words that are taken out everywhere."""


def case_answers_file(*, feature: str, review: str) -> str:
    """A new case's file, with nothing answered and nothing published."""
    return "\n".join(
        [
            "# A case study in your own words. What is not answered shows as a gap, and gaps block --final.",
            f"feature: {_quoted(feature)}",
            f"review: {_quoted(review)}",
            "",
            *_asked(QUESTIONS),
            *_private(PUBLISHABLE),
        ]
    )


def site_answers_file() -> str:
    """The site's file, with nothing answered and nothing published."""
    return "\n".join(
        [
            "# The first page of your portfolio. What is not answered shows as a gap.",
            *_asked(SITE_QUESTIONS),
            *_private(_SITE_PUBLISHABLE),
        ]
    )


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _asked(questions: Sequence[Question]) -> list[str]:
    lines = []
    for one in questions:
        takes = f" ({' or '.join(one.choices)})" if one.choices else ""
        lines += [f"# {one.ask}{takes}", f'{one.id}: ""', ""]
    return lines


def _private(publishable: Mapping[str, str]) -> list[str]:
    return [
        "# All of these stay private unless you name them, for instance publish: [name]",
        *(f"#   {name}: {words}" for name, words in publishable.items()),
        "publish: []",
        "# Words to take out everywhere: names of people, customers, projects.",
        "hide: []",
        "",
    ]


def read_case(path: Path) -> CaseAnswers:
    """Read a case.

    Raises:
        SpecError: the file cannot be used; file, line and field are named.
    """
    file = read_yaml(path)
    given = _mapping(file)
    answers, publish, hide = _read(file, given, QUESTIONS, PUBLISHABLE, ("feature", "review"))
    for name in ("feature", "review"):
        if not isinstance(given.get(name), str) or not given[name].strip():
            raise SpecError(f"The case does not say its {name}.", where=file.where((name,)))
    return CaseAnswers(
        id=path.name.removesuffix(".answers.yaml"),
        feature=given["feature"],
        review=given["review"],
        answers=answers,
        publish=publish,
        hide=hide,
    )


def read_site(path: Path) -> SiteAnswers:
    """Read what the first page says; all gaps where there is no file.

    Raises:
        SpecError: the file cannot be used; file, line and field are named.
    """
    if not path.exists():
        unanswered = dict.fromkeys(one.id for one in SITE_QUESTIONS)
        return SiteAnswers(answers=unanswered, publish=frozenset(), hide=())
    file = read_yaml(path)
    answers, publish, hide = _read(file, _mapping(file), SITE_QUESTIONS, _SITE_PUBLISHABLE, ())
    return SiteAnswers(answers=answers, publish=publish, hide=hide)


def _mapping(file: YamlFile) -> dict[str, Any]:
    value = file.value or {}
    if not isinstance(value, dict):
        raise SpecError("Answers are 'question: answer' lines.", where=file.where(()))
    return {str(name): item for name, item in value.items()}


def _read(
    file: YamlFile,
    given: Mapping[str, Any],
    questions: Sequence[Question],
    publishable: Mapping[str, str],
    more: Sequence[str],
) -> tuple[dict[str, str | None], frozenset[str], tuple[str, ...]]:
    known = [*(one.id for one in questions), *more, "publish", "hide"]
    for name in given:
        if name not in known:
            raise SpecError(
                f"There is no question {name[:80]!r}.", where=file.where((name,)), hint=nearest(name, known)
            )
    answers = {one.id: _answer(file, one, given.get(one.id)) for one in questions}
    publish = _words(file, "publish", given.get("publish"))
    for name in publish:
        if name not in publishable:
            raise SpecError(
                f"{name[:80]!r} is nothing that can be published.",
                where=file.where(("publish",)),
                hint=nearest(name, publishable),
            )
    return answers, frozenset(publish), _words(file, "hide", given.get("hide"))


def _answer(file: YamlFile, asked: Question, value: Any) -> str | None:
    where = file.where((asked.id,))
    if value is None or (isinstance(value, str) and value.strip().lower() in _UNKNOWN):
        return None
    if not isinstance(value, str):
        raise SpecError(f"The answer to {asked.id!r} is not a text.", where=where, hint="Put it in quotes.")
    if len(value) > _LONGEST:
        raise SpecError(f"This answer has {len(value):,} characters; up to {_LONGEST:,} fit.", where=where)
    text = value.strip()
    if asked.choices and text.lower() not in asked.choices:
        raise SpecError(
            f"{text[:80]!r} is no answer to {asked.id!r}.", where=where, hint=nearest(text, asked.choices)
        )
    return text.lower() if asked.choices else text


def _words(file: YamlFile, name: str, value: Any) -> tuple[str, ...]:
    words = [] if value is None else value
    if not isinstance(words, list) or len(words) > _MOST_HIDDEN:
        raise SpecError(
            f"{name!r} is a list of words.", where=file.where((name,)), hint=f"{name}: [one, two]"
        )
    return tuple(str(word) for word in words)
