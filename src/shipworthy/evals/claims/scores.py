"""Numbers in a sentence that are scores, and what they count."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from shipworthy.evals.claims.metrics import Counted, counted_in
from shipworthy.evals.claims.words import MOST, NUMBER, TRIED, compiled, number

__all__ = ["Mention", "mentions_in", "metric_of"]

_MENTION = compiled(
    r"(?<![\w.,/])(?:"
    r"(?P<low>\d{1,3}(?:[.,]\d{1,4})?)"
    r"(?:\s?%?\s?[-–—]|\sto)\s?(?P<high>\d{1,3}(?:[.,]\d{1,4})?)\s?(?:%|per ?cent\b)"
    r"|(?P<percent>\d{1,3}(?:[.,]\d{1,4})?)\s?(?:%|per ?cent\b)"
    rf"|(?P<part>{NUMBER})(?:\s?/\s?|\s(?:out )?of\s(?:the |all |our )?)(?P<whole>{NUMBER})(?![\w%/])"
    r"|(?P<score>[01]?\.\d{1,4})(?![\d%\w])"
    r"|(?P<hundred>\d{2}\.\d{1,2})(?![\d%\w])"
    r")"
)
_NO_SCORE_BEFORE = compiled(
    r"(?:confidence(?: level)?(?: of)?|threshold(?: of)?|temperature|alpha|top-?p|[pP]\s?[=<>]|±|\+/-"
    r"|margin of|error bars?(?: of)?|\bCI:?|interval(?: of)?|from\s\[|\[)\s*[=:]?\s*\(?\[?$"
)
_NO_SCORE_AFTER = compiled(
    r"\s?-?(?:confidence|CI\b|C\.I\.|conf\b|interval|credible|uptime|availability|discount|threshold"
    r"|of (?:the )?(?:cost|price|budget|data|training|traffic|time is))"
)
_GAIN_BEFORE = compiled(
    r"(?:\bby|(?<!\w)[+−-]|\bup|\bdown|grew|improve[sd]?|reduc(?:es|ed|ing)|cuts?|saves?|saved|saving|boost(?:s|ed)?"
    r"|increas(?:es|ed|ing)|decreas(?:es|ed|ing)|gain(?:s|ed)? of|(?:improvement|reduction|increase) of)"
    r"\s(?:about |around |over |nearly |up to )?$|[+−]$"
)
_GAIN_AFTER = compiled(
    r"\s?(?:relative |absolute )?(?:faster|slower|cheaper|less|fewer|more|lower|higher|better|worse|reduction"
    r"|increase|improvement|growth|drop|gain|lift|uplift|savings?|points?\b|pp\b)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A number that is a score or a gain."""

    start: int
    """Where it begins."""
    end: int
    """Where it ends."""
    value: float
    """The share or score, 0 to 1; a gain may be more."""
    decimals: int
    """Digits after the point of its percentage."""
    gain: bool = False
    """Whether it is a change and not a score."""
    successes: int | None = None
    """How many, where it is written as "465 of 500"."""
    whole: int | None = None
    """Of how many."""
    up_to: float | None = None
    """The upper end, where it is a range."""


def mentions_in(text: str) -> list[Mention]:
    """The scores and gains in a sentence, in its order."""
    found: list[Mention] = []
    for match in _MENTION.finditer(text):
        mention = _mention(text, match)
        if mention is None:
            continue
        if found and _same(found[-1], mention, text):
            found[-1] = _joined(found[-1], mention)
        else:
            found.append(mention)
    return found[:MOST]


def _same(one: Mention, two: Mention, text: str) -> bool:
    """Whether a percentage and a count say one thing twice, as in "93% (465/500)"."""
    counts = (one.successes is None) != (two.successes is None)
    between = text[one.end : two.start].strip()
    return (
        counts
        and between in {"(", ",", "(i.e.", "[", "=", "or", "i.e.", ":"}
        and abs(one.value - two.value) < 0.006
    )


def _joined(one: Mention, two: Mention) -> Mention:
    count = one if one.successes is not None else two
    return replace(count, start=one.start, end=two.end)


def _mention(text: str, match: re.Match[str]) -> Mention | None:
    before, after = text[max(0, match.start() - 40) : match.start()], text[match.end() : match.end() + 40]
    if _NO_SCORE_BEFORE.search(before) or _NO_SCORE_AFTER.match(after):
        return None
    gain = bool(_GAIN_BEFORE.search(before) or _GAIN_AFTER.match(after))
    if match["part"] is not None:
        return None if gain else _fraction(match, before, after)
    if match["score"] is not None or match["hundred"] is not None:
        return None if gain else _bare_score(match, before, after)
    if match["low"] is not None and re.search(r"(?:CI|interval|confidence)\W", before, re.IGNORECASE):
        return None
    digits = (match["low"] or match["percent"]).replace(",", ".")
    value = round(float(digits) / 100, 9)
    if value > 1 and not gain:
        return None
    return Mention(
        start=match.start(),
        end=match.end(),
        value=value,
        decimals=len(digits.partition(".")[2]),
        gain=gain,
        up_to=round(float(match["high"].replace(",", ".")) / 100, 9) if match["high"] else None,
    )


def _fraction(match: re.Match[str], before: str, after: str) -> Mention | None:
    part, whole = number(match["part"]), number(match["whole"])
    chosen = re.search(r"(?:best|top|first)\W?$", before, re.IGNORECASE) or re.match(
        rf"\s{TRIED}(?!\w)", after, re.IGNORECASE
    )
    if not 0 <= part <= whole or whole < 5 or chosen:
        return None
    return Mention(
        start=match.start(),
        end=match.end(),
        value=part / whole,
        decimals=9,
        successes=part,
        whole=whole,
    )


def _bare_score(match: re.Match[str], before: str, after: str) -> Mention | None:
    """A number such as 0.93 or 93.1, which is a score only beside the name of one."""
    if re.search(r"\d\s?(?:[-–—,]|to)\s?$", before):
        return None
    if not (counted_in(before[-25:]) or counted_in(after[:15])):
        return None
    digits = match["score"] or match["hundred"]
    decimals = len(digits.partition(".")[2])
    if match["score"]:
        value, decimals = float(digits), max(0, decimals - 2)
    else:
        value = round(float(digits) / 100, 9)
    if value > 1:
        return None
    return Mention(start=match.start(), end=match.end(), value=value, decimals=decimals)


def metric_of(text: str, mention: Mention, mentions: list[Mention]) -> Counted | None:
    """The metric named right behind a score, else before it, else behind it, else before all scores."""
    earlier = max((other.end for other in mentions if other.end <= mention.start), default=0)
    later = min((other.start for other in mentions if other.start >= mention.end), default=len(text))
    behind = text[mention.end : later]
    close = re.split(r"[,;:()]|\band\b|\bon\b|\bvs\b", behind[:40], maxsplit=1)[0]
    before = text[earlier : mention.start]
    lead = text[: mentions[0].start]
    return (
        counted_in(close) or counted_in(before[-40:]) or counted_in(behind[:120]) or counted_in(lead[-120:])
    )
