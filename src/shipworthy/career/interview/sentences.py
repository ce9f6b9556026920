"""An answer as sentences with their places, and what of it earns nothing whatever it says.

Left out are instructions to whoever grades, sentences that describe the answer instead of answering, the
rubric's or the question's own words, lists of keywords, and what was said before. Each reason is kept, so
that a person can see why a sentence did not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

__all__ = ["LONGEST", "Ignored", "Sentence", "Unread", "content", "read_answer", "unread_language"]

LONGEST = 20_000
"""Characters of an answer that are read."""
Unread = Literal["instruction", "about itself", "rubric", "keywords", "repeated"]
"""Why a sentence earns nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the answer."""

    text: str
    """Its words, exactly as they stand in the answer."""
    start: int
    """Where it begins, in characters."""
    end: int
    """Where it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A sentence that earns nothing."""

    quote: str
    """Its words."""
    why: Unread
    """The reason."""


_END = re.compile(
    r"(?<=[.!?…])[\"”’')\]]*\s+(?=[\"“‘'(\[]?[A-Z0-9À-Þ])|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)]|[A-Z]))"
)
_LONGEST_SENTENCE, _PIECE = 60, 30
"""Words from which a sentence is read in pieces, and about how many each has: speech is often written down
without full stops."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FUNCTION = frozenset(  # English words that carry grammar and no topic
    """
    a about after all also am an and any are as at be because been before but by can can't could did
    didn't do does doesn't doing don't each for from get had has have he her here him his how i i'd
    i'll i'm i've if in into is isn't it it'd it's its just let like me more most my no nor not of
    on once one only or other our out over own per same she should so some such than that that's the
    their them then there there's they they're this those through to too under until up us very was
    we we'd we'll we're were what what's when where which while who why will with without won't
    would you your
    """.split()  # noqa: SIM905
)
_FOREIGN = frozenset(
    """
    der die das und ist nicht ein eine mit ich was den dem zu von wir dann auf le la les et est que un une
    pour avec je des du dans nous el los las y es para con del por il di che non per della een het van ik en
    """.split()  # noqa: SIM905
)
_GRADER = re.compile(
    r"\b(?:give|award|assign|grant|return|output|set|respond with)\b[^.]{0,60}\b(?:full|maximum|max"
    r"|top|highest"
    r"|perfect|[34](?:\.0)?|four|all)\b[^.]{0,30}\b(?:marks?|points?|scores?|credit|ratings?|levels?"
    r"|criteri\w+)"
    r"|\b(?:give|award|assign)\b[^.]{0,30}\b(?:level|score|mark|rating)s?\b[^.]{0,12}\b(?:4|four|maximum)"
    r"|\b(?:score|rate|grade|mark|evaluate|assess)\s+(?:this|my|the\s+(?:above|following"
    r"|candidate))\b[^.]{0,30}"
    r"(?:\b(?:answer|response|submission|as|at)\b)"
    r"|\b(?:note|message|attention|dear|instructions?|hint|reminder)\s*(?:to|for|,)?\s*(?:the\s+|all\s+)?"
    r"(?:human\s+|ai\s+|automatic\s+)?(?:grader|examiner|evaluator|assessor|scorer|interviewer|judge"
    r"|marker|rater"
    r"|model|system|llm)\b"
    r"|\b(?:you are|act as|pretend to be)\s+(?:an?|the|now)\b[^.]{0,30}\b(?:grader|examiner|evaluator"
    r"|assessor"
    r"|scorer|interviewer|assistant|rater|model)\b"
    r"|^\W*(?:please\s+)?(?:ignore|disregard|forget|override)\b[^.]{0,60}\b(?:instructions?|rubrics?"
    r"|rules?|prompts?"
    r"|criteri\w+|above|previous|guidelines?)\b"
    r"|\b(?:all|every|each)\s+criteri(?:a|on)\b[^.]{0,40}\b(?:met|satisfied|fulfilled|level|score|4"
    r"|four|maximum)\b"
    r"|^\W*(?:system|assistant|user|grader|admin)\s*:"
    r"|\b(?:grader|examiner|evaluator|scorer|rater|scoring (?:system|model|script)"
    r"|rubric)\b[^.]{0,40}\b(?:must|should"
    r"|will|please|has to|give|award|accept)\b"
    r"|\b(?:rate|score|grade|mark)\s+(?:it|this|me|them)\s+(?:an?\s+|with\s+)?[0-9]"
    r"|\b(?:full|top|maximum) (?:marks|credit|points)\b|\b4\s*/\s*4\b|<\|?[a-z_]{2,20}\|?>|\"(?:score"
    r"|level|criterion)\"\s*:",
    re.IGNORECASE,
)
_ITSELF = re.compile(
    r"\b(?:this|the|my)\s+(?:(?:following|above|preceding|given)\s+)?(?:answer|response|submission"
    r"|candidate|reply)\s+(?:\w+ly\s+)?(?:is|has"
    r"|will|names?|gives?"
    r"|states?|covers?|meets?|satisf\w+|fulfils?|contains?|includes?|demonstrates?|shows?|deserves?"
    r"|should|mentions?"
    r"|says?|sets?|provides?|describes?|addresses|looks?|compares?|measures?|explains?|quantif\w+"
    r"|makes?|checks?|ties"
    r"|talks?|takes?|reads?|tests?|knows?|uses?|keeps?|starts?|turns?)\b"
    r"|^\W*(?:it|he|she)\s+(?:names|states|covers|satisfies|fulfils"
    r"|demonstrates"
    r"|mentions|addresses|quantifies|compares|derives|gives|sets|identifies|specifies|defines"
    r"|describes|explains)\b"
    r"|\bthe candidate\b|\blevel (?:four|4|three|3)\b|\b(?:rubric|criterion)\b",
    re.IGNORECASE,
)


def read_answer(answer: str) -> tuple[tuple[Sentence, ...], tuple[Ignored, ...]]:
    """The sentences that may earn something, and those that may not."""
    kept: list[Sentence] = []
    ignored: list[Ignored] = []
    seen: list[frozenset[str]] = []
    for sentence in _sentences(answer[:LONGEST]):
        why = _unread(sentence.text, seen)
        if why is None:
            kept.append(sentence)
            seen.append(frozenset(_words(sentence.text)))
        else:
            ignored.append(Ignored(quote=sentence.text, why=why))
    return tuple(kept), tuple(ignored)


def _sentences(answer: str) -> Iterator[Sentence]:
    at = 0
    for match in (*_END.finditer(answer), None):
        end = len(answer) if match is None else match.start()
        words = list(re.finditer(r"\S+", answer[at:end]))
        pieces = max(1, len(words) // _PIECE) if len(words) > _LONGEST_SENTENCE else 1
        for piece in range(pieces if words else 0):
            some = words[piece * len(words) // pieces : (piece + 1) * len(words) // pieces]
            start, stop = at + some[0].start(), at + some[-1].end()
            yield Sentence(text=answer[start:stop], start=start, end=stop)
        at = end if match is None else match.end()


def _unread(text: str, seen: list[frozenset[str]]) -> Unread | None:
    if _GRADER.search(text):
        return "instruction"
    if _ITSELF.search(text):
        return "about itself"
    if _pasted(text):
        return "rubric"
    if _is_list(text):
        return "keywords"
    words = frozenset(_words(text))
    if len(words) > 3 and any(len(words & old) >= 0.8 * len(words | old) for old in seen):
        return "repeated"
    return None


def _words(text: str) -> list[str]:
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ingly", "ings", "ing", "edly", "ed", "ies", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def content(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    return frozenset(_stem(word) for word in _words(text) if word not in _FUNCTION)


@dataclass(frozen=True, slots=True)
class _Rubric:
    """What is published of all rubrics, in the ways in which it can be recognised."""

    stems: tuple[frozenset[str], ...]
    runs: frozenset[tuple[str, ...]]
    whole: frozenset[str]
    long: tuple[str, ...]


@cache
def _rubric() -> _Rubric:
    from shipworthy.playbook.interviews import interview_questions

    lines = {
        line
        for question in interview_questions()
        for line in (
            question.ask,
            *(text for each in question.criteria for text in (each.text, each.ask, *each.levels)),
        )
    }
    lines |= {sentence.text for line in lines for sentence in _sentences(line)}
    plain = frozenset(" ".join(_words(line)) for line in lines)
    return _Rubric(
        stems=tuple(stems for stems in map(content, lines) if len(stems) >= 4),
        runs=frozenset(run for line in lines for run in _runs(_words(line))),
        whole=plain,
        long=tuple(f" {line} " for line in plain if len(line.split()) >= 5),
    )


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + 3]) for at in range(len(words) - 2)]


@lru_cache(maxsize=4096)
def _pasted(text: str) -> bool:
    rubric, words = _rubric(), _words(text)
    runs, stems, plain = _runs(words), content(text), " ".join(words)
    if plain in rubric.whole or (
        len(runs) >= 2 and sum(run in rubric.runs for run in runs) >= 0.5 * len(runs)
    ):
        return True
    if any(line in f" {plain} " for line in rubric.long):
        return True
    return len(stems) >= 4 and any(len(stems & line) >= 0.8 * len(stems) for line in rubric.stems)


def _is_list(text: str) -> bool:
    """Whether it is a list of keywords, with or without commas, or a telegram of them."""
    words = [word for word in _words(text) if word not in ("and", "or")]
    functional = sum(word in _FUNCTION for word in words) / max(1, len(words))
    if len(words) < 6:
        return functional == 0
    parts = [len(_words(part)) for part in re.split(r"[,;:/|•\n+&-]|\b(?:and|or)\b", text) if part.strip()]
    short = sum(count <= 3 for count in parts)
    return functional < 0.15 or (len(parts) >= 5 and short >= 0.7 * len(parts) and functional < 0.3)


def unread_language(answer: str) -> bool:
    """Whether the answer is in a language that is not read here: its grammar is of another one."""
    words = _words(answer[:LONGEST])
    if len(words) < 8:
        return False
    english = sum(word in _FUNCTION for word in words) / len(words)
    foreign = sum(word in _FOREIGN or not word.isascii() for word in words) / len(words)
    return english < 0.2 and foreign > 0.2
