"""Parts of patterns that several modules need. Every repeat in them is bounded."""

from __future__ import annotations

import re

__all__ = ["MOST", "NO_UNITS", "NUMBER", "TRIED", "UNITS", "compiled", "number"]

MOST = 200
"""Scores and claims that are read."""
NUMBER = r"\d{1,3}(?:[,\u00a0\u202f]\d{3}){1,3}|\d{1,9}"
"""A whole number, with or without separators of thousands."""
TRIED = (
    r"(?:prompts?|prompt (?:variants?|versions?)|models?|settings|configurations?|configs?|variants?"
    r"|versions?|candidates?|seeds?|checkpoints?|iterations?|experiments?|combinations|options|runs?)"
)
"""What one tries several of and takes the best."""
UNITS = (
    r"(?:examples?|samples?|questions?|rows?|cases?|items?|tickets?|e-?mails?|messages?|documents?|docs"
    r"|conversations?|chats?|calls?|requests?|quer(?:y|ies)|tasks?|problems?|records?|instances?|utterances?"
    r"|images?|scans?|transactions?|prompts?|inputs?|users?|customers?|patients?|people|participants?"
    r"|respondents?|subjects|reviews?|comments?|posts?|contracts?|clauses?|invoices?|pages?|files?|answers?"
    r"|responses?|articles?|sentences?|passages?|resumes?|cvs?|applications?|claims?|incidents?|issues"
    r"|accounts?|sessions?|recordings?|clips?|videos?|products?|leads?)"
)
"""What one measures on."""
NO_UNITS = (
    r"(?:[gct]pus?|a100s?|h100s?|nodes|machines|cores|languages|benchmarks|datasets|class(?:es)?|labels"
    r"|categories|tokens|parameters|epochs|steps|hours|minutes|seconds|days|weeks|months|points|models|seeds"
    r"|runs|trials|times|attempts|tries|million|billion|thousand)"
)
"""What a number may count that is no example."""


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, blind to the case of letters."""
    return re.compile(pattern, re.IGNORECASE)


def number(text: str) -> int:
    """A whole number as it is written."""
    return int(re.sub(r"\D", "", text))
