"""Checking a PRD: every rule, each finding with its line, and what could not be judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from shipworthy.launch.prd.citations import NO_SOURCES, Sources
from shipworthy.launch.prd.likely import Weights, shipped_weights
from shipworthy.launch.prd.parts import Parts, Standing
from shipworthy.launch.prd.reading import Block, read_markdown
from shipworthy.launch.prd.special import SPECIAL, Place, Subject, quoted
from shipworthy.playbook.prd import PrdRule, RuleSeverity, prd_rules

__all__ = ["Abstention", "CheckedPrd", "PrdFinding", "blocking", "check_prd"]

_COMMON = frozenset(["the", "and", "of", "to", "for", "with", "are", "by", "that", "from", "when", "not"])
_FEW_WORDS = 40
_ENGLISH = 0.05
_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PrdFinding:
    """Something that a PRD lacks or says wrongly."""

    rule: str
    """The rule's id."""
    severity: RuleSeverity
    """Blocking or advice."""
    line: int
    """Line in the file, counted from 1; the title's where something is nowhere."""
    section: str
    """The heading it stands under; empty where there is none."""
    why: str
    """What is wrong, in plain words."""
    next: str
    """What to do."""
    quote: str | None
    """The words it is about; None where something is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """A rule that was not judged, and why."""

    rule: str
    """The rule's id."""
    line: int | None
    """The place that may hold what it asks for."""
    why: str
    """Why it could not be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPrd:
    """What the rules say about one document."""

    name: str
    """What was checked."""
    findings: tuple[PrdFinding, ...]
    """In the order of the document."""
    abstained: tuple[Abstention, ...]
    """Rules that could not be judged."""
    recognised: tuple[str, ...]
    """Topics that were found under a heading or a lead word."""
    rules: int
    """Rules that were judged."""

    @property
    def ready(self) -> bool:
        """Whether no finding is blocking."""
        return not blocking(self.findings)


def blocking(findings: Iterable[PrdFinding]) -> tuple[PrdFinding, ...]:
    """The findings that keep a feature from launch."""
    return tuple(finding for finding in findings if finding.severity == "blocking")


def check_prd(
    text: str, *, name: str, sources: Sources = NO_SOURCES, weights: Weights | None = None
) -> CheckedPrd:
    """Hold a document against every rule.

    Args:
        text: Its Markdown, from anybody.
        name: What to call it.
        sources: Where citations lead; rules about them are left out where there is none.
        weights: What passages are recognised by; those that come with the package by default.

    Raises:
        DataError: the document is too large or no text.
    """
    parts = Parts(document=read_markdown(text, name=name), weights=weights or shipped_weights())
    subject = Subject(parts=parts, sources=sources)
    foreign = not _is_english(subject.parts)
    findings: list[PrdFinding] = []
    abstained: list[Abstention] = []
    for rule in prd_rules():
        reason = _why_not(rule, subject, foreign=foreign)
        if reason is not None:
            abstained.append(reason)
        else:
            findings += (_finding(rule, place) for place in _unique(_broken(rule, subject)))
    findings.sort(key=lambda found: (found.line, found.rule))
    return CheckedPrd(
        name=name,
        findings=tuple(findings),
        abstained=tuple(abstained),
        recognised=subject.parts.recognised,
        rules=len(prd_rules()) - len(abstained),
    )


def _is_english(parts: Parts) -> bool:
    """Whether the words are English, by its commonest ones; a few words count as English."""
    words = re.findall(
        r"[^\W\d_]+", " ".join(block.text for block in parts.document.blocks)[:200_000].lower()
    )
    return len(words) < _FEW_WORDS or sum(word in _COMMON for word in words) / len(words) >= _ENGLISH


def _why_not(rule: PrdRule, subject: Subject, *, foreign: bool) -> Abstention | None:
    """Why a rule cannot be judged; None where it can."""
    if rule.needs_workspace and subject.sources is NO_SOURCES:
        return Abstention(
            rule=rule.id, line=None, why="Outside a workspace there is nothing to compare citations with."
        )
    if foreign and not rule.needs_workspace and not rule.id.startswith("text."):
        return Abstention(rule=rule.id, line=None, why="The document does not seem to be in English.")
    topic, parts = rule.topic, subject.parts
    if rule.kind == "missing" and topic is not None and _standing(rule, parts) == "unclear":
        near = parts.nearest(topic)
        why = f"This may be about it, and its words do not settle it: {quoted(near.text)!r}."
        return Abstention(rule=rule.id, line=near.line, why=why)
    return None


def _standing(rule: PrdRule, parts: Parts) -> Standing:
    assert rule.topic is not None
    heading = rule.presence == "label"
    return parts.standing(rule.topic, needs=() if heading else rule.needs, heading=heading)


def _broken(rule: PrdRule, subject: Subject) -> Iterator[Place]:
    match rule.kind:
        case "missing":
            if _standing(rule, subject.parts) == "missing":
                yield Place(line=subject.parts.line)
        case _ if any(_any(rule.unless_document, block.text) for block in subject.parts.document.blocks):
            return
        case "detail":
            yield from _without_detail(rule, subject.parts)
        case "wording":
            yield from _worded(rule, subject.parts)
        case _:
            yield from SPECIAL[rule.id](subject)


def _without_detail(rule: PrdRule, parts: Parts) -> Iterator[Place]:
    assert rule.topic is not None
    own = parts.about(rule.topic)
    if not own:
        return
    more = chain.from_iterable(parts.about(topic) for topic in rule.also)
    texts = [block.text for part in (*own, *more, *parts.likely(rule.topic)) for block in part.blocks]
    mine = [block.text for part in own for block in part.blocks] if rule.unless else texts
    if rule.when and not any(_any(rule.when, text) for text in texts):
        return
    if any(_any(rule.unless, text) for text in mine):
        return
    if sum(any(pattern.search(text) for text in texts) for pattern in rule.needs) < rule.at_least:
        yield Place(line=own[0].line, section=own[0].title or _last(own[0].above))


def _worded(rule: PrdRule, parts: Parts) -> Iterator[Place]:
    assert rule.says is not None
    for section, block in _blocks(rule, parts):
        found = rule.says.search(block.text)
        if found and not _any(rule.unless, block.text):
            yield Place(line=block.line, section=section, quote=quoted(block.text, found.start()))
    if rule.topic is None:
        for heading in parts.document.sections:
            found = rule.says.search(heading.title)
            if found:
                yield Place(
                    line=heading.line, section=heading.title, quote=quoted(heading.title, found.start())
                )


def _blocks(rule: PrdRule, parts: Parts) -> Iterator[tuple[str, Block]]:
    if rule.topic is None:
        yield from ((section.title, block) for section in parts.document.sections for block in section.blocks)
        return
    for part in parts.about(rule.topic):
        yield from ((part.title or _last(part.above), block) for block in part.blocks)


def _any(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


def _last(titles: tuple[str, ...]) -> str:
    return titles[-1] if titles else ""


def _unique(places: Iterable[Place]) -> list[Place]:
    """Each line once, and no more of them than anybody would read."""
    found: dict[int, Place] = {}
    for place in places:
        found.setdefault(place.line, place)
        if len(found) >= _MOST:
            break
    return list(found.values())


def _finding(rule: PrdRule, place: Place) -> PrdFinding:
    return PrdFinding(
        rule=rule.id,
        severity=rule.severity,
        line=place.line,
        section=place.section,
        why=f"{rule.why} {place.note}" if place.note else rule.why,
        next=rule.next,
        quote=place.quote,
    )
