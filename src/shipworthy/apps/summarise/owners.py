"""Who is to do it and until when: only what the lines themselves say.

An owner is the speaker of a line that says *I will*, a person or a role that a line names as the one who
does it, or whoever takes on a request in the next lines. Otherwise nobody: a wrong owner does more harm than
a blank. A due date is the words of a line, never worked out.
"""

# ruff: noqa: E501 - patterns are read whole
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shipworthy.apps.summarise.cues import ROLE
from shipworthy.apps.summarise.lines import Line
from shipworthy.apps.summarise.scoring import Talk

__all__ = ["Owner", "accepted", "due_in", "owner_of", "says_who"]

_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_NUMBER = (
    r"(?:\d{1,3}|a|an|one|two|three|four|five|six|seven|ten|fifteen|twenty|thirty|half an|a couple of|a few)"
)
_UNIT = r"(?:minutes?|hours?|days?|weeks?|months?|quarters?)"
_POINT = (
    rf"(?:(?:the )?(?:end|close|beginning|start|middle) of (?:the |this |next |play|business)?(?:day|week|month|quarter|year|sprint)?"
    rf"|(?:next|this|coming) (?:{_DAY}|week|month|quarter|meeting|time|sprint|session|call|stand-?up|morning|afternoon"
    rf"|evening|year|release|phase)"
    rf"|the (?:next )?(?:meeting|call|session|release|launch|deadline|demo|stand-?up|weekend|review)"
    rf"|(?:tomorrow|today|tonight)(?: (?:morning|afternoon|evening|night|noon))?"
    rf"|(?:the )?{_DAY}(?: (?:morning|afternoon|evening|noon|night|week))?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? \d{{4}})?|{_MONTH} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}(?:[./]\d{{2,4}})?|the \d{{1,2}}(?:st|nd|rd|th)"
    rf"|\d{{1,2}}(?::\d{{2}})? ?(?:[ap]\.?m\b\.?|o'clock)|noon|lunch(?: ?time)?|then|eod|eow|cob"
    rf"|q[1-4]\b)"
)
_DUE = re.compile(
    rf"\b(?:(?:by|before|until|till|no later than|due(?: on| by)?) {_POINT}(?: (?:at|by|on) {_POINT})?"
    rf"|(?:on|for|at|in time for) (?:{_DAY}|(?:the )?next (?:meeting|week|month|time|call|session|sprint|phase|release|{_DAY})|\d{{4}}-\d{{2}}-\d{{2}}|(?:the )?\d{{1,2}}(?:st|nd|rd|th)(?: of)? {_MONTH}|{_MONTH} \d{{1,2}})"
    rf"|(?:with)?in {_NUMBER} {_UNIT}|over the weekend"
    rf"|(?:tomorrow|tonight)(?: (?:morning|afternoon|evening))?|later today|today|this (?:week|afternoon|evening|month)"
    rf"|next (?:week|month|{_DAY})|as soon as possible|asap)\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?:last|yesterday|ago|was|were|did|had|sent|said)\s*$", re.IGNORECASE)

_MINE = re.compile(
    r"\b(?:I(?:'ll| will| shall|'m going to|'m gonna| am going to)|let me|I have to|I need to|I've got to|I can\b"
    r"|I'm supposed to|leave (?:it|that) (?:to|with) me|I'm on it)\b",
    re.IGNORECASE,
)
_ONLY_IF = re.compile(
    r"\bif I\b|\bI (?:will|'ll) (?:be|see you)\b|\bI can (?:see|hear|imagine|think)\b", re.IGNORECASE
)
_TO_YOU = re.compile(
    r"\b(?:can|could|would|will) you (?!(?:guys|two|all|both)\b)|\byou(?:'ll| will|'re going to| are going to|'re gonna)\b"
    r"|\bI(?:'d| would) like you to|\bI (?:want|need) you to|\bwould you mind\b|\bplease\b",
    re.IGNORECASE,
)
_TAKES_IT = re.compile(
    r"^\W*(?:(?:um|uh|yeah|yes|yep|okay|ok|oh|right|alright|all right|absolutely|certainly)[,.! ]+)*"
    r"(?:sure(?: thing)?\b|will do\b|on it\b|no problem\b|of course\b|happy to\b|I(?:'ll| will| can)\b|I'm on it\b"
    r"|consider it done|you got it|my pleasure)",
    re.IGNORECASE,
)
_SHORT = 60  # characters; whoever says more than "Sure, I'll do that" may mean something else
_WILL = (
    r"(?:will\b|'ll\b|is (?:going to|gonna)|are (?:going to|gonna)|should\b|is supposed to|has to\b|have to\b"
    r"|needs to\b|to (?!(?:the|a|an|be)\b)\w+|can you\b|could you\b|would you\b|you(?:'ll| will|'re| are| can| could)\b"
    r"|please\b|I(?:'d| would) like you|I (?:want|need) you|is on it|takes?\b|owns?\b)"
)
_ROLE_WILL = re.compile(
    rf"\b(?:the |our )?((?:(?!the\b|our\b|and\b|for\b|as\b|that\b|so\b|um\b|uh\b)[\w-]+ ){{0,2}}{ROLE})"
    rf"(?: you)?,? (?:over here )?(?={_WILL})",
    re.IGNORECASE,
)
_TWICE = re.compile(r"\b([\w-]+)(?: \1\b)+", re.IGNORECASE)
_NOT_WHO = re.compile(
    r"^(?:to|in|on|with|of|my|your|we|I|ask|check|a|an|support|sales|lead|leads)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who is to do something, and the line that says so."""

    name: str
    """A speaker's label, or the words of the line."""
    line: Line
    """Where it is said."""


def owner_of(talk: Talk, places: Sequence[int]) -> Owner | None:
    """Who takes on what these lines give out; None unless one of them, or the answer to them, says so."""
    for place in places:
        found = _named(talk, talk.lines[place]) or _speaker(talk.lines[place])
        if found is not None:
            return found
    answer = accepted(talk, places)
    if answer is None:
        return None
    line = talk.lines[answer]
    return None if line.speaker is None else Owner(name=line.speaker, line=line)


def _named(talk: Talk, line: Line) -> Owner | None:
    """A person or a role that the line names as the one who does it."""
    for name in talk.names:
        found = re.search(
            rf"\b{re.escape(name)}\b,? (?={_WILL})|(?<=\bfor ){re.escape(name)}(?= to\b)"
            rf"|(?<=\bask ){re.escape(name)}(?= to\b)|(?<=\bassigned to ){re.escape(name)}\b",
            line.text,
            re.IGNORECASE,
        )
        if found:
            return Owner(name=line.text[found.start() : found.start() + len(name)], line=line)
    role = _ROLE_WILL.search(line.text)
    if role and not _NOT_WHO.match(role[1].split()[0]):
        once = _TWICE.sub(r"\1", role[1])
        return Owner(name=once if once in line.text else role[1], line=line)
    return None


def _speaker(line: Line) -> Owner | None:
    """The speaker, where the line says *I will*."""
    if line.speaker is None or _MINE.search(line.text) is None or _ONLY_IF.search(line.text):
        return None
    return Owner(name=line.speaker, line=line)


def accepted(talk: Talk, places: Sequence[int]) -> int | None:
    """Where somebody else says, within three lines, that they will do what these lines ask for."""
    asked = [place for place in places if _TO_YOU.search(talk.lines[place].text)]
    if not asked:
        return None
    asker = talk.lines[asked[-1]].speaker
    for place in range(places[-1] + 1, min(places[-1] + 4, len(talk.lines))):
        line = talk.lines[place]
        if line.speaker != asker and _TAKES_IT.match(line.text) and len(line.text) <= _SHORT:
            return place
    return None


def due_in(lines: Sequence[Line]) -> tuple[str, Line] | None:
    """The first words in these lines that say until when, and the line they are in."""
    for line in lines:
        for found in _DUE.finditer(line.text):
            if not _PAST.search(line.text, max(0, found.start() - 20), found.start()):
                return found[0], line
    return None


def says_who(owner: str, lines: Sequence[Line]) -> bool:
    """Whether lines support an owner: they name him, or he is the speaker of one that says *I will*."""
    wanted = owner.casefold().strip()
    for line in lines:
        if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", line.text.casefold()):
            return True
        mine = _MINE.search(line.text) or _TAKES_IT.match(line.text)
        if mine and line.speaker is not None and line.speaker.casefold() == wanted:
            return True
    return False
