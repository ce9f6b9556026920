"""What a piece of text says beside its scores: how many examples, runs and tries, and on which data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.evals.claims.words import NO_UNITS, NUMBER, TRIED, UNITS, compiled

__all__ = ["Said", "only", "said_in"]

_SMALL = (
    r"\d{1,6}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|(?:a )?dozen|(?:a )?hundred"
)
_WORD_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "twenty": 20, "fifty": 50, "dozen": 12, "a dozen": 12, "hundred": 100, "a hundred": 100,
}  # fmt: skip
_SIZE = rf"(?P<n>(?:{NUMBER})(?:\.\d{{1,3}})?)(?:\s?(?P<scale>k|thousand|million|m)(?!\w))?"
_N = (
    compiled(rf"(?<!\w)n\s?=\s?{_SIZE}(?!\w)"),
    compiled(rf"(?<![\w.,/-]){_SIZE}\+?\s(?:[a-z][\w-]{{0,20}}\s){{0,3}}?{UNITS}(?!\w)"),
    compiled(
        rf"(?<!\w)(?:on|over|across|of|n)\s(?:a |an |the |our |all )?{_SIZE}"
        r"(?=\s*(?:$|[;:)(]|[,.](?!\d)|(?:and|vs|versus|with|after|best|against|compared|in|from)\b))"
    ),
    compiled(
        rf"(?<!\w)(?:on|over|across)\s(?:a |an |the |our |all )?{_SIZE}(?![\d.,])\s(?!{NO_UNITS}\b)[a-z][\w-]"
    ),
)
_SCALES = {"": 1, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
_NOT_TESTED = compiled(r"few-?shot|in-?context|training|demonstration|fine-?tun")
_TRAINED = compiled(
    r"(?:train|fine-?tun|few-?shot|labelled|learn)\w{0,6}\s(?:on\s|with\s|from\s|by\s|using\s)?"
    r"(?:(?!on\s|over\s|across\s)[\w-]{1,20}\s){0,3}$"
)
_BEST = (
    compiled(rf"(?<!\w)best[\s-]of[\s-](?P<k>{_SMALL})(?!\w)(?:\s(?P<what>[a-z]{{2,20}}))?"),
    compiled(
        rf"(?<!\w)(?:best|top|winner|chosen|selected|picked|highest)\s(?:one |run |score )?(?:out )?"
        rf"(?:of|from|among|in)\s(?:the |our |all )?(?P<k>{_SMALL})(?!\w)\s(?P<what>{TRIED})(?!\w)"
    ),
    compiled(
        rf"(?<!\w)(?:tried|tested|testing|trying|compared|comparing|evaluated|explored|after|searched|swept)\s"
        rf"(?:over |about |some |around |through )?(?P<k>{_SMALL})\s(?:different |candidate )?"
        rf"(?P<what>{TRIED})(?!\w)"
    ),
    compiled(
        rf"(?<!\w)(?P<k>{_SMALL})\s(?:different )?(?P<what>{TRIED})\s(?:were |was )?"
        r"(?:tried|tested|compared|evaluated|explored)"
    ),
)
_TRIES = compiled(r"(?:attempts?|tries|samples?|sampling|generations?|answers?|completions?|guesses)$")
_PASS_AT = compiled(r"(?<!\w)pass@(?P<k>\d{1,4})(?!\d)")
_RUNS = compiled(
    rf"(?<!\w)(?P<k>{_SMALL})\s(?:independent |random |repeated )?(?:runs?|seeds?|repeats|repetitions|trials"
    r"|reruns)(?!\w)"
)
_DATASET = (
    compiled(
        r"(?<!\w)on\s(?P<name>(?:our|a|an|the|their|its)\s(?:[\w-]{1,30}\s){0,4}?"
        r"(?:benchmark|dataset|data set|test ?set|eval(?:uation)? set|hold-?out(?: set)?|suite|corpus))(?!\w)"
    ),
    re.compile(r"(?<!\w)on\s(?:the\s)?(?P<name>[A-Z][\w.+-]{1,30}(?:\s[A-Z0-9][\w.+-]{0,30}){0,4})"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a piece of text says beside its scores. What is None was not said."""

    sizes: tuple[tuple[int, int], ...]
    """Place in the text and number of examples, in the order of the text."""
    best: tuple[int, str | None] | None
    """How many were tried, and what they were."""
    attempts: int | None
    """Answers to each example of which one had to be right."""
    runs: int | None
    """Runs that were averaged."""
    dataset: str | None
    """The name of the benchmark or test set."""


def said_in(text: str) -> Said:
    """What a piece of text says beside its scores."""
    used: list[tuple[int, int]] = []
    best: tuple[int, str | None] | None = None
    attempts = None
    for pattern in _BEST:
        for match in pattern.finditer(text):
            used.append(match.span())
            k, what = _small(match["k"]), match["what"]
            if what and _TRIES.match(what):
                attempts = attempts or k
            elif best is None and k > 1:
                best = (k, what if what and re.fullmatch(TRIED, what, re.IGNORECASE) else None)
    if attempts is None and (passes := _PASS_AT.search(text)):
        attempts = int(passes["k"])
    runs = next(
        (_small(match["k"]) for match in _RUNS.finditer(text) if not _overlaps(match, used)),
        None,
    )
    return Said(
        sizes=tuple(sorted(_sizes(text, used))),
        best=best,
        attempts=attempts if attempts and attempts > 1 else None,
        runs=runs if runs and runs > 1 else None,
        dataset=_dataset(text),
    )


def _sizes(text: str, used: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Numbers of examples that a text names, but not those that something was trained on."""
    places: set[int] = set()
    taken = [*used, *(match.span() for match in _RUNS.finditer(text))]
    for pattern in _N:
        for match in pattern.finditer(text):
            place = match.start("n")
            trained = _TRAINED.search(text[max(0, place - 60) : place]) or _NOT_TESTED.search(match[0])
            n = _scaled(match)
            if place not in places and n is not None and not trained and not _overlaps(match, taken):
                places.add(place)
                yield place, n


def _scaled(match: re.Match[str]) -> int | None:
    """The number with its "thousand" or "k"; None for what is no whole number above 0."""
    n = float(re.sub(r"[^\d.]", "", match["n"])) * _SCALES[(match["scale"] or "").lower()]
    return int(n) if n >= 1 and n.is_integer() else None


def _overlaps(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    start = match.start("n") if "n" in match.groupdict() else match.start()
    return any(low <= start < high for low, high in spans)


def _dataset(text: str) -> str | None:
    for pattern in _DATASET:
        match = pattern.search(text)
        if match:
            return match["name"].strip(" .,")
    return None


def _small(text: str) -> int:
    return _WORD_NUMBERS.get(text.lower()) or int(text)


def only(sizes: list[int]) -> int | None:
    """The number of examples, if but one is named."""
    return sizes[0] if len(set(sizes)) == 1 else None
