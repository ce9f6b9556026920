"""What makes a sentence specific: figures, limits, conditions, causes, contrasts, names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.playbook.interviews import Mark

__all__ = ["marks"]

_NUMBER_WORDS = (
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
    r"|sixty|seventy"
    r"|eighty|ninety|hundreds?|thousands?|millions?|half|twice|third|quarter|dozen|zero|none|tenth"
    r"|fifth|eighth|one in|one or two"
)
_NUMBER = rf"(?:[$€£]?\d[\d.,]*\s?%?|\b(?:{_NUMBER_WORDS})\b)"
_PATTERNS: Mapping[Mark, str] = {
    "number": _NUMBER,
    "limit": r"\b(?:at least|at most|no more than|more than|less than|fewer than|under|over|above"
    r"|below|up to|within"
    rf"|minimum|maximum|by|around|to|at|past|than|until)\s+(?:roughly |about |around |a |an |only )?{_NUMBER}"
    r"|\b(?:lower|upper) (?:end|bound)|\bthe bar\b|\bzero \w+|\bnone at all\b|\bany (?:flip|miss)\w*",
    "money": r"[$€£]\s?\d|\b(?:dollars?|euros?|cents?|pounds?|eur|usd|margin|revenue|refunds?|lawsuit"
    r"|price|salary)\b",
    "time": rf"{_NUMBER}\s+(?:more )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|quarters?|years?)\b"
    r"|\b(?:today|tonight|tomorrow|monday|friday|noon|night|same day|last month|this week|by (?:june"
    r"|may|march))\b"
    r"|\b\d{1,2} (?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december)\b",
    "condition": r"\b(?:if|when|whenever|unless|until|once|only if|as soon as|otherwise|provided"
    r"|whatever|as long as"
    r"|anything|any \w+ (?:that|under|over|above|below))\b",
    "cause": r"\b(?:because|since|so that|otherwise|which means|that means|means|that's why|due to|or"
    r" else|as (?:they|it"
    r"|we|an?|nobody|the|those|one|words|people)|hence|therefore|so (?:i|we|it|the|nobody|there|that"
    r"|at|this)|leads? to"
    r"|caused|comes from|matters?|costs?)\b|:\s",
    "contrast": r"\b(?:instead|rather than|versus|vs|but|than|although|while|not (?:just|only|the|by"
    r"|at|a|all|an)|without"
    r"|compared|against|whereas|though|before|and not|the other way)\b",
    "example": r"\b(?:for example|for instance|say|suppose|like (?:when|equal|tone|latency)"
    r"|last time|at my"
    r"|in our (?:case|logs)|with us|it was|turned out|taught me|once|e\.g\.)|\bour own\b",
    "name": r"(?<=[a-z,;] )(?!I\b|I'|AI\b|A/B|LLM|ML\b|PM\b|KPI|NPS|UX\b|RAG\b|RICE|ROI\b|CEO\b|VP\b"
    r"|PR\b|SLA|API|OK\b"
    r"|TV|IT\b|F1|AUC|BLEU|IP\b|GDPR|RAID|RACI|MLOps|GPU)[A-Z][\w'’-]+",
    "quote": r"[\"“][^\"”]{3,}[\"”]",
}
_EXPECTED = {"number": 2, "limit": 1, "condition": 1, "cause": 1, "contrast": 1, "time": 1, "money": 1}


@cache
def _compiled() -> dict[Mark, re.Pattern[str]]:
    flags = dict.fromkeys(_PATTERNS, re.IGNORECASE) | {"name": re.RegexFlag(0)}
    return {name: re.compile(pattern, flags[name]) for name, pattern in _PATTERNS.items()}


def marks(text: str) -> dict[Mark, float]:
    """How far each mark is present in a sentence, from 0 to 1; absent ones are left out."""
    found = {name: len(pattern.findall(text)) for name, pattern in _compiled().items()}
    return {name: min(1.0, count / _EXPECTED.get(name, 1)) for name, count in found.items() if count}
