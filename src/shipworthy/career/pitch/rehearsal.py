"""An explanation of a result, scored on whether the numbers and the uncertainty survive.

Only what can be checked against the review is scored: no style, no voice, no confidence. The text is read
and nothing in it is followed. A text that claims nothing earns nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shipworthy.career.pitch.numbers import Known, Said, known_numbers, matches, said_numbers
from shipworthy.career.pitch.outcome import main_metric
from shipworthy.core.errors import DataError
from shipworthy.documents.numbers import estimate_text
from shipworthy.documents.text import one_line
from shipworthy.documents.words import DECISIONS

__all__ = ["AUDIENCES", "Audience", "Criterion", "Rehearsal", "rehearse"]

Audience = Literal["executive", "engineer"]
"""Whom the result is explained to."""
AUDIENCES: tuple[Audience, ...] = ("executive", "engineer")
"""All of them."""
_LONGEST = 5_000
_MOST_NUMBERS = 60
_ABSOLUTE = re.compile(
    r"(?i)\b(?:never|always)\s+(?:be\s+)?(?:wrong|right|correct|fails?|errs?|makes? (?:a )?mistakes?)\b"
    r"|\b(?:error|bias|mistake|risk)[- ]free\b|\b(?:flawless\w*|infallible|foolproof|perfect(?:ly)?)\b"
    r"|\bguarante\w+|\bcertain(?:ly)? (?:that|to|it|we|right)\b|\bprove[sn]?\b(?! nothing)"
    r"|\bcompletely (?:safe|accurate|fair|reliable)\b|\b100 ?% (?:accurate|safe|right|correct|reliable)\b"
    r"|\bno risks?\b|\bcannot fail\b|\bworks? for (?:everyone|everybody|all)\b|\bsolved\b|\bundoubtedly\b"
    r"|\bwithout (?:any )?(?:mistakes?|errors?|risk)\b"
)
_NEGATED = re.compile(
    r"(?i)\b(?:not?|never|cannot|can't|doesn't|does not|isn't|nothing|nobody|without|no test)\b[^.;!?]{0,40}$"
)
_BETTER = re.compile(
    r"(?i)\b(?:beats?|outperforms?|better than|more (?:often )?(?:right|accurate) than|improves? on)\b"
    r"[^.;]{0,40}\b(?:baselines?|simplest|rules?|keywords?|before|today)\b"
)
_FAIR = re.compile(
    r"(?i)\b(?:fair to|unbiased|works? equally|equally (?:well|good|right)|no (?:gap|difference|bias))\b"
)
_JARGON = re.compile(
    r"(?i)\bf1\b|\bauc\b|\broc\b|\bp[- ]values?\b|\bconfidence intervals?\b|\bholm\b|\bwilson\b|\bbrier\b"
    r"|\bjackknife\b|\bmacro[- ]\w+|\bprecision\b|\brecall\b|\blogits?\b|\bcalibrat\w+|\bstratif\w+"
    r"|\bstandard (?:error|deviation)\b"
)
_METHOD = re.compile(
    r"(?i)\bwilson\b|\bjackknife\b|\bbootstrap\b|\bconfidence\b|\bintervals?\b|\bheld[- ]out\b|\btest set\b"
    r"|\btest rows?\b|\bholm\b|\bpaired\b|\bclusters?\b|\bgroups?\b|\bsplit\b|\bleak\w*"
)
_HOLDS = (
    r"(?:do(?:es)? not|don't|should not|shouldn't|must not|will not|won't|cannot|not (?:yet )?(?:ready )?to"
    r"|not)"
    r"(?: \w+){0,2} (?:ship|launch|release|roll\w* out|go live)\b"
    r"|\bhold(?:ing)?(?: it)?(?: back)?\b|\bheld back\b|\bnot (?:yet )?ready\b|\bstop the launch\b"
    r"|\bpostpon\w+"
)
_UNKNOWN = (
    r"(?:cannot|can't|can not|could not) (?:yet )?(?:tell|say|decide)\b|\btoo (?:few|early|little)\b"
    r"|\bmore (?:labelled )?(?:examples?|rows?|data|cases)\b|\bundecided\b"
    r"|\bnot enough (?:data|evidence|rows|examples)\b"
)
_SHIPS = (
    r"\b(?:ship|ships|shipping|launch|launching|release|releasing|roll(?:ing)? (?:it )?out|go(?:es)? live)\b"
)
_HANDS = (
    r"\bfall-?back\b|\bhand(?:s|ed|ing)?[- ]?(?:it |them |the rest )?(?:over|off)\b|\bhand-?overs?\b"
    r"|\b(?:a person|people|humans?|agents?|staff|team) (?:\w+ ){0,3}"
    r"(?:takes?|checks?|reads?|decides?|handles?|looks?|sorts?)\b"
    r"|\bto (?:a |the )?(?:person|people|human|agents?|support desk)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that an explanation is scored on."""

    id: str
    """Stable name."""
    asks: str
    """What is asked."""
    met: bool
    """Whether the text does it."""
    quotes: tuple[str, ...]
    """The words that earned it, or that lost it."""
    words: str
    """Why, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A scored explanation."""

    audience: Audience
    """Whom it is for."""
    review: str
    """The review that it explains."""
    criteria: tuple[Criterion, ...]
    """One by one."""
    met: int
    """Criteria that are met."""
    of: int
    """Criteria in all."""


def rehearse(text: str, report: Mapping[str, Any], *, audience: Audience) -> Rehearsal:
    """Score an explanation of a review.

    Args:
        text: The explanation, in the person's own words.
        report: The content of ``report.json``.
        audience: An executive, or an engineer.

    Raises:
        DataError: it is longer than 5,000 characters, or has more than 60 numbers.
    """
    if len(text) > _LONGEST:
        raise DataError(f"This explanation has {len(text):,} characters; up to {_LONGEST:,} are read.")
    said, known = said_numbers(text), known_numbers(report)
    if len(said) > _MOST_NUMBERS:
        raise DataError(
            f"This explanation has {len(said)} numbers; nobody remembers that many.",
            hint=f"Keep the few that decide; up to {_MOST_NUMBERS} are read.",
        )
    found = tuple((one, matches(one, known, text)) for one in said)
    main = f"chosen.{main_metric(report)}"
    headline = _headline(found, main, report)
    criteria = (
        _numbers(found),
        headline,
        _uncertainty(found, main, report),
        _for_executive(text, found, main) if audience == "executive" else _for_engineer(text, found, main),
        _claims(text, report, anything=headline.met),
        _decision(text, report),
    )
    return Rehearsal(
        audience=audience,
        review=str(report["id"]),
        criteria=criteria,
        met=sum(one.met for one in criteria),
        of=len(criteria),
    )


Found = Sequence[tuple[Said, tuple[Known, ...]]]


def _numbers(found: Found) -> Criterion:
    wrong = [said.text for said, known in found if not known]
    measured = any(one.end in {"value", "low", "high"} for _, known in found for one in known)
    if wrong:
        words = "The review does not hold these numbers, or holds them for something else. Take them from it."
    elif not measured:
        words = "There is no measured number to check. Say how often it is right or wrong."
    else:
        words = "Every number is the review's."
    return Criterion(
        id="numbers",
        asks="Every number is the review's",
        met=measured and not wrong,
        quotes=_quotes(wrong or [said.text for said, _ in found]),
        words=words,
    )


def _of(found: Found, main: str, *ends: str) -> list[Said]:
    """Numbers that can be the main result, or one end of its interval."""
    return [said for said, known in found if any(one.key == main and one.end in ends for one in known)]


def _headline(found: Found, main: str, report: Mapping[str, Any]) -> Criterion:
    said = _of(found, main, "value")
    shown = _shown(report, main)
    return Criterion(
        id="result",
        asks="The main result is there",
        met=bool(said),
        quotes=_quotes([one.text for one in said]),
        words="The main result survived." if said else f"The main result is missing: {shown}.",
    )


def _shown(report: Mapping[str, Any], main: str) -> str:
    name = main.removeprefix("chosen.scores.")
    scores = report["candidates"][0]["scores"]
    return f"{name} {estimate_text(scores[name])}" if name in scores else "the review has no score"


def _uncertainty(found: Found, main: str, report: Mapping[str, Any]) -> Criterion:
    low, high = _of(found, main, "low"), _of(found, main, "high")
    both = bool(low) and bool(high)
    lost = "Both ends of the range must survive" if low or high else "No range is given"
    return Criterion(
        id="uncertainty",
        asks="The uncertainty is there: both ends of the range of the main result",
        met=both,
        quotes=_quotes([one.text for one in (*low, *high)]),
        words="The range survived." if both else f"{lost}: {_shown(report, main)}.",
    )


def _for_executive(text: str, found: Found, main: str) -> Criterion:
    counted = [said for said in _of(found, main, "value", "low", "high") if said.kind == "frequency"]
    jargon = [one[0] for one in _JARGON.finditer(text)]
    if jargon:
        words = "Words of statistics: say them so that nobody has to ask."
    elif not counted:
        words = "Say it as so many in 100: people understand that better than a percentage."
    else:
        words = "Said as people count, without words of statistics."
    return Criterion(
        id="plain",
        asks="So many in 100, and no words of statistics",
        met=bool(counted) and not jargon,
        quotes=_quotes(jargon or [one.text for one in counted]),
        words=words,
    )


def _for_engineer(text: str, found: Found, main: str) -> Criterion:
    rows, method = _of(found, main, "n"), [one[0] for one in _METHOD.finditer(text)]
    missing = [name for name, there in (("the n", rows), ("how it was measured", method)) if not there]
    words = f"Missing: {' and '.join(missing)}." if missing else "Size and method are there."
    return Criterion(
        id="basis",
        asks="On how many rows, and how it was measured",
        met=not missing,
        quotes=_quotes([*(one.text for one in rows), *method]),
        words=words,
    )


def _claims(text: str, report: Mapping[str, Any], *, anything: bool) -> Criterion:
    over = [one[0] for one in _ABSOLUTE.finditer(text) if not _NEGATED.search(text[: one.start()])]
    if not _beats(report):
        over += [one[0] for one in _BETTER.finditer(text) if not _NEGATED.search(text[: one.start()])]
    if not _is_even(report):
        over += [one[0] for one in _FAIR.finditer(text) if not _NEGATED.search(text[: one.start()])]
    words = "More than the review can show. Say what was seen, with its range."
    if not over:
        words = (
            "Nothing is claimed beyond the review."
            if anything
            else "There is no result that could be claimed."
        )
    return Criterion(
        id="claims",
        asks="Nothing is claimed that the review does not carry",
        met=anything and not over,
        quotes=_quotes(over),
        words=words,
    )


def _beats(report: Mapping[str, Any]) -> bool:
    """Whether the feature is better than every baseline, chance allowed for."""
    gaps = [one["difference"] for one in report["candidates"] if one["baseline"]]
    return bool(gaps) and all(gap is not None and gap["low"] is not None and gap["low"] > 0 for gap in gaps)


def _is_even(report: Mapping[str, Any]) -> bool:
    """Whether protected segments were measured and no gap was found in any segment."""
    measured = bool(report["protected"]) and all(one["measured"] for one in report["protected"])
    return measured and not any(one["found"] for one in report["segments"])


def _decision(text: str, report: Mapping[str, Any]) -> Criterion:
    decision = str(report["verdict"]["decision"])
    said = _decisions(text)
    fits = {
        "ship": "ships" in said and not said & {"holds", "unknown"},
        "ship_with_fallback": {"ships", "hands"} <= said and not said & {"holds", "unknown"},
        "hold": "holds" in said and "ships" not in said,
        "cannot_tell": "unknown" in said and "ships" not in said,
    }[decision]
    verdict = DECISIONS[decision].word.lower()
    return Criterion(
        id="decision",
        asks="The decision that follows is said, and is the review's",
        met=fits,
        quotes=_quotes([each[0] for each in re.finditer(f"(?i){_SHIPS}|{_HOLDS}|{_UNKNOWN}|{_HANDS}", text)]),
        words="The decision survived."
        if fits
        else f"The verdict is “{verdict}”; say that, and nothing else.",
    )


def _decisions(text: str) -> set[str]:
    """What a text says is to be done; "do not ship" does not say ship."""
    rest = re.sub(f"(?i){_HOLDS}", " · ", text)
    found = {"holds"} if rest != text else set()
    for name, words in (("unknown", _UNKNOWN), ("hands", _HANDS), ("ships", _SHIPS)):
        if re.search(f"(?i){words}", rest):
            found.add(name)
    return found


def _quotes(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(one_line(each, 120) for each in dict.fromkeys(words))[:12]
