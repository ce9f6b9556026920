"""Numbers in an explanation held against the numbers of a review.

A number survives when it is one of the review's, rounded as it is written. What it is called must fit as
well: the review's F1 is no accuracy, and the baseline's accuracy is not the feature's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shipworthy.career.pitch.outcome import main_metric

__all__ = ["Known", "Said", "known_numbers", "matches", "said_numbers"]

End = Literal["value", "low", "high", "n", "count"]
_BASELINE = r"baseline|simplest|simple rule|keyword|key words|always answer|most frequent"
_RIGHT = r"\bright|correct|accura|alone|succe|hit"
_LEFT = (
    (r"handover\.share", r"person|people|rest|hand|others|by hand|agents?"),
    (
        r"(chosen|baseline|other|segments|protected|handover)\.",
        r"wrong|mistake|error|miss|fail|astray|incorrect|bad",
    ),
)
"""What a sentence about the complement of a share speaks of, by the share's key."""
_THRESHOLD = r"threshold|confiden|sure|above|below|from|target"
_ALONE = r"alone|handle|itself|on its own|automatic|without a person|by hand|hand|acts?\b"
_BASES = (10, 20, 100, 1_000, 10_000)
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twenty": 20, "hundred": 100, "thousand": 1_000,
}  # fmt: skip
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_COUNTED = "|".join(_WORDS)
_NOT_A_CLAIM = re.compile(
    r"\d{4}-\d\d-\d\d(?:-[0-9a-z]{6})?(?:T[\d:.]+Z?)?"
    r"|\b\d{1,2}(?:st|nd|rd|th)\b|\b[A-Za-z]\w{0,30}-?\d{1,10}\w{0,20}\b|\bQ[1-4]\b"
    r"|\b(?:19|20)\d\d\b(?!\s*(?:%|rows|cases|examples|messages|items))"
    r"|\b\d{4}/\d+\b|\b24/7\b"
)
_BASE = rf"(?:in|of|out\s+of)\s+(?:every\s+|the\s+|a\s+|all\s+)?(?P<base>{_DIGITS}|{_COUNTED})\b(?!\s*%)"
_FREQUENCIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:(?:between|from)\s+)?(?<![\w.,])(?P<low>{_DIGITS})\s*(?:–|-|and|to)\s*(?P<high>{_DIGITS})\s+{_BASE}",
        rf"(?<![\w.,])(?P<k>{_DIGITS}|{_COUNTED})\s+{_BASE}",
        rf"\b(?:in|of|out\s+of)\s+(?:every\s+|a\s+)?(?P<base>{_DIGITS}|hundred|thousand)\s+[a-z]{{2,30}},?\s++"
        rf"(?:(?:about|around|some|roughly|only|perhaps)\s*+)*+(?P<k>{_DIGITS}|{_COUNTED})\b(?!\s*%)",
    )
)
_RANGE = re.compile(
    rf"(?:between|from|plausibly)\s+(?P<low>{_DIGITS})\s+(?:and|to)\s+(?P<high>{_DIGITS})\b(?!\s*(?:%|per|points))",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?](?=\s|$)|\n")
_PERCENT = r"%|per\s?cent\b|percent\b"
_POINTS = r"(?:percentage\s+)?points?\b"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?P<sign>[−+-])?(?P<digits>{_DIGITS})(?P<unit>\s?(?:{_PERCENT})|\s(?:{_POINTS}))?",
    re.IGNORECASE,
)
_TO = re.compile(
    rf"\s*(?:–|—|-|to|and|up to|through)\s*[−+-]?(?:{_DIGITS})\s?(?P<unit>{_PERCENT}|{_POINTS})",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"confiden|interval|sure|chance|plausib")
_ACCURACY = r"accuracy|segments|rate|protected"
_CALLED = (
    (r"macro[- ]f1", r"macro_f1"),
    (r"(?<!macro )(?<!macro-)\bf1\b|\bf-score\b", r"f1"),
    (r"\baccura\w+", _ACCURACY),
    (r"\brecall\b", r"recall"),
    (r"\bprecision\b", r"precision"),
    (r"\bbrier\b", r"brier"),
)
_PARTED = r"(?<![a-z])\d|\b(?:while|but|against|than|and on|of which)\b"
_BASELINE_KEYS = r"baseline|difference|beats"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One number of a review."""

    key: str
    """Where it stands, such as ``chosen.scores.accuracy``."""
    end: End
    """The value, an end of its interval, its n, or a plain count."""
    unit: str
    """share, points, score, money or count."""
    value: float
    """The number; shares and points as fractions of one."""
    needs: str
    """Pattern that its sentence must hold, so that no number passes for another; empty for none."""
    n: float | None = None
    """The rows that a value rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One number of an explanation."""

    text: str
    """As it is written."""
    start: int
    """Where it begins."""
    end: int
    """Where it ends."""
    kind: Literal["percent", "points", "frequency", "plain"]
    """How it is written."""
    value: float
    """The number; per cent as a fraction of one."""
    decimals: int
    """Decimals as written."""
    base: float | None
    """For a frequency: out of how many."""


def known_numbers(report: Mapping[str, Any]) -> tuple[Known, ...]:
    """Every number of a review that an explanation may use, with the word that it must be called by."""
    return tuple(
        found for part in (_candidates, _bars, _handover, _worth, _groups, _data) for found in part(report)
    )


def _candidates(report: Mapping[str, Any]) -> Iterator[Known]:
    chosen, *others = report["candidates"]
    main = main_metric(report).removeprefix("scores.")
    for name, estimate in chosen["scores"].items():
        needs = "" if name in {main, "accuracy"} else re.escape(name.rpartition("_")[2])
        yield from _estimate(estimate, f"chosen.scores.{name}", needs)
    yield from _estimate(chosen["cost_per_1000"], "chosen.cost_per_1000", "cost|price|thousand|1,000")
    for status, rows in chosen["statuses"].items():
        yield _count(f"chosen.statuses.{status}", rows, "answer|refus|time|error|invalid|fail")
    for one in others:
        needs = _BASELINE if one["baseline"] else rf"{re.escape(one['name'].lower())}|\bother\b|alternative"
        key = f"{'baseline' if one['baseline'] else 'other'}.{one['name']}"
        for name, estimate in one["scores"].items():
            yield from _estimate(estimate, f"{key}.scores.{name}", needs)
        yield from _estimate(one["difference"], f"{key}.difference", f"{needs}|better|more often|gain")


def _bars(report: Mapping[str, Any]) -> Iterator[Known]:
    outcomes = [bar["all_rows"]["outcome"] for bar in report["bars"]]
    for name in ("met", "failed", "undecided"):
        yield _count(f"bars.{name}", outcomes.count(name), r"\bbars?\b|condition|requirement")
    yield _count("bars.all", len(outcomes), r"\bbars?\b|condition|requirement")
    for number, bar in enumerate(report["bars"], 1):
        text = str(bar["text"])
        metric = re.match(r"[\w ]+", text)
        called = re.escape((metric[0].strip() if metric else "").rpartition("_")[2])
        label = re.search(r"\[([^\[\]]{1,200})\]", text)
        needs = re.escape(label[1].lower()) if label else rf"{called}\b.*\bbar\b|\bbar\b.*{called}"
        yield from _estimate(bar["all_rows"]["estimate"], f"bars.{number}.{text[:60]}", needs)
        for found in _NUMBER.finditer(text):
            yield _threshold(number, text, found)


def _threshold(number: int, text: str, found: re.Match[str]) -> Known:
    value = float(found["digits"].replace(",", ""))
    percent = (found["unit"] or "").strip() == "%"
    unit = "share" if percent or ("." in found["digits"] and value <= 1) else "count"
    return Known(
        key=f"bars.{number}.{text[:60]}",
        end="count",
        unit=unit,
        value=value / 100 if percent else value,
        needs=r"\bbar\b|at least|at most|need|require|ask|target|had to|must|above|below|under|over",
    )


def _handover(report: Mapping[str, Any]) -> Iterator[Known]:
    handover, fallback = report["handover"], report["fallback"] or {}
    if isinstance(fallback.get("capacity_a_day"), int | float):
        yield _count("fallback.capacity", fallback["capacity_a_day"], "day|capacity")
    if handover is None:
        return
    for name in ("share", "precision"):
        yield from _estimate(handover[name], f"handover.{name}", _ALONE)
    yield from _estimate(handover["handed_over_a_day"], "handover.handed_over_a_day", "day")
    for name in ("threshold", "target"):
        if handover[name] is not None:
            unit, value = "share", float(handover[name])
            yield Known(key=f"handover.{name}", end="count", unit=unit, value=value, needs=_THRESHOLD)


def _worth(report: Mapping[str, Any]) -> Iterator[Known]:
    if report["value"] is not None:
        needs = rf"value|worth|month|bring|{re.escape(str(report['value']['currency']).lower())}"
        yield from _estimate(report["value"]["month"], "value.month", needs)
        yield from _estimate(report["value"]["cost_per_1000"], "value.cost_per_1000", "cost|thousand|1,000")
    if report["verdict"]["more_rows"] is not None:
        yield _count("verdict.more_rows", report["verdict"]["more_rows"], "more|further|another")


def _groups(report: Mapping[str, Any]) -> Iterator[Known]:
    for item in report["segments"]:
        key, needs = f"segments.{item['segment']}={item['value']}", re.escape(str(item["value"]).lower())
        for name in ("rate", "rest", "gap"):
            yield from _estimate(item[name], f"{key}.{name}", needs)
    for item in report["protected"]:
        key, needs = f"protected.{item['segment']}", "gap|differ|group|between|protected"
        yield from _estimate(item["gap"], f"{key}.gap", needs)
        for group, estimate in item["groups"].items():
            yield from _estimate(estimate, f"{key}.{group}", re.escape(str(group).lower()))
    for item in report["classes"]:
        for name in ("precision", "recall", "f1"):
            yield from _estimate(item[name], f"classes.{name}", re.escape(str(item["name"]).lower()))


def _data(report: Mapping[str, Any]) -> Iterator[Known]:
    for name, rows in report["data"]["rows"].items():
        yield _count(f"data.rows.{name}", rows)
    for name, rows in report["data"]["classes"].items():
        yield _count("data.classes", rows, re.escape(str(name).lower()))
    yield _count(
        "data.classes.all", len(report["data"]["classes"]), r"class|topic|categor|label|kind|\bqueue"
    )
    yield _count("findings", len(report["findings"]), "finding|problem|issue")
    if report["outcome"] is not None:
        for name in ("agreement", "right_but_bad"):
            yield from _estimate(
                report["outcome"][name], f"outcome.{name}", "user|outcome|ended|reopen|happen"
            )


def _count(key: str, value: float, needs: str = "") -> Known:
    return Known(key=key, end="count", unit="count", value=float(value), needs=needs)


def _estimate(estimate: Mapping[str, Any] | None, key: str, needs: str) -> Iterator[Known]:
    if estimate is None:
        return
    unit, rows = str(estimate["unit"]), float(estimate["n"])
    ends: tuple[End, ...] = ("value", "low", "high")
    for end in ends:
        if estimate[end] is not None:
            yield Known(key=key, end=end, unit=unit, value=float(estimate[end]), needs=needs, n=rows)
    for count in (estimate["n"], estimate.get("clusters")):
        if count is not None:
            yield Known(key=key, end="n", unit="count", value=float(count), needs="")
    if estimate.get("level") is not None:
        yield Known(
            key="level", end="count", unit="share", value=float(estimate["level"]), needs=_LEVEL.pattern
        )


def said_numbers(text: str) -> tuple[Said, ...]:
    """Every number in a text that claims something; dates, ids, years and names with digits claim nothing."""
    taken = [found.span() for found in _NOT_A_CLAIM.finditer(text)]
    found: list[Said] = []

    def free(start: int, end: int) -> bool:
        return not any(start < last and first < end for first, last in taken)

    for pattern in _FREQUENCIES:
        for match in pattern.finditer(text):
            if free(*match.span()):
                names = [name for name in ("k", "low", "high") if match.groupdict().get(name)]
                found += [_frequency(match, name, match["base"]) for name in names]
                taken.append(match.span())
    for match in _RANGE.finditer(text):  # "about 7 in 100 (between 4 and 9)": the base was said before
        start, _ = _sentence(text, match.start())
        before = [one for one in found if start <= one.start < match.start()]
        if before and free(*match.span()):
            found += [_frequency(match, name, str(before[-1].base)) for name in ("low", "high")]
            taken.append(match.span())
    for match in _NUMBER.finditer(text):
        if free(*match.span()):
            found.append(_plain(text, match))
    return tuple(sorted(found, key=lambda one: one.start))


def _amount(text: str) -> float:
    return float(_WORDS.get(text.lower(), 0) or text.replace(",", ""))


def _sentence(text: str, at: int) -> tuple[int, int]:
    """Where the sentence around a place begins and ends."""
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    return max((end for end in ends if end <= at), default=0), min(
        (end for end in ends if end > at), default=len(text)
    )


def _frequency(match: re.Match[str], name: str, base_text: str) -> Said:
    k, base = _amount(match[name]), _amount(base_text)
    return Said(
        text=match[0],
        start=match.start(),
        end=match.end(),
        kind="frequency",
        value=k,
        decimals=_decimals(match[name]),
        base=base,
    )


def _plain(text: str, match: re.Match[str]) -> Said:
    unit = (match["unit"] or "").strip().lower()
    if not unit:  # "88 to 93%": the unit stands after the second
        ahead = _TO.match(text, match.end())
        unit = ahead["unit"].lower() if ahead else ""
    value = float(match["digits"].replace(",", "")) * (
        -1 if match["sign"] in {"-", "−"} and unit != "%" else 1
    )
    kind: Literal["percent", "points", "plain"] = (
        "points" if "point" in unit else "percent" if unit else "plain"
    )
    return Said(
        text=match[0].strip(),
        start=match.start(),
        end=match.end(),
        kind=kind,
        value=value / 100 if kind != "plain" else value,
        decimals=_decimals(match["digits"]),
        base=None,
    )


def _decimals(digits: str) -> int:
    return len(digits.partition(".")[2])


def matches(said: Said, known: Sequence[Known], text: str) -> tuple[Known, ...]:
    """The numbers of a review that a number of an explanation can be, given what it is called there."""
    called, (start, end) = _called(text, said), _sentence(text, said.start)
    sentence = text[start:end].lower()
    names = {needs for needs in {one.needs for one in known} if not needs or re.search(needs, sentence)}
    return tuple(
        one
        for one in known
        if one.needs in names
        and (one.end in {"n", "count"} or all(re.search(keys, one.key) for keys in called))
        and _equal(said, one, sentence)
    )


def _called(text: str, said: Said) -> tuple[str, ...]:
    """What the words before a number call it, in its own part of the sentence: patterns for its key."""
    start, _ = _sentence(text, said.start)
    if said.kind == "percent" and re.match(r"\W{0,3}accura\w+", text[said.end :], re.IGNORECASE):
        return (_ACCURACY,)
    before = re.split(_PARTED, text[max(start, said.start - 60) : said.start].lower())[-1]
    last = [(found.end(), keys) for words, keys in _CALLED for found in re.finditer(words, before)]
    whose = (_BASELINE_KEYS,) if re.search(r"\bbaselines?\b|\bsimplest\b", before) else ()
    return (*whose, *([max(last)[1]] if last else []))


def _equal(said: Said, known: Known, sentence: str) -> bool:
    if known.unit == "share":
        return any(_equal_share(said, value, end, known.n) for value, end in _sides(known, sentence))
    if said.kind == "points":
        return known.unit == "points" and _rounds(
            abs(100 * said.value), abs(100 * known.value), said.decimals, known.end
        )
    if said.kind != "plain" or known.unit == "points":
        return False
    if known.unit == "score" and said.decimals == 0:
        return False
    outward = known.unit in {"count", "money"}
    return _rounds(abs(said.value), abs(known.value), said.decimals, known.end, outward=outward)


def _sides(known: Known, sentence: str) -> Iterator[tuple[float, End]]:
    """A share, and its complement where the sentence is about what is left: 91% right are 9% wrong."""
    left = next((words for key, words in _LEFT if re.match(key, known.key)), None)
    about_left = left is not None and re.search(left, sentence) is not None
    about_it = re.search(_RIGHT, sentence) is not None
    if about_it or not about_left or known.key.startswith("handover."):
        yield known.value, known.end
    if about_left and known.end != "count":
        other: dict[End, End] = {"low": "high", "high": "low"}
        yield 1 - known.value, other.get(known.end, known.end)


def _equal_share(said: Said, value: float, end: End, n: float | None) -> bool:
    match said.kind:
        case "percent":
            return _rounds(100 * said.value, 100 * value, said.decimals, end)
        case "frequency" if said.base in _BASES or said.base == n:
            assert said.base is not None
            return _rounds(said.value, value * said.base, said.decimals, end, outward=True)
        case "plain":  # 0.91 is a share, a bare 91 is none
            return said.value <= 1 and said.decimals > 0 and _rounds(said.value, value, said.decimals, end)
    return False


def _rounds(said: float, real: float, decimals: int, end: End, *, outward: bool = False) -> bool:
    """Whether a number is another one as it is written; ends of an interval may be rounded outwards."""
    step = 10.0**-decimals
    hair = 1e-9 * max(1.0, abs(real))
    if abs(said - real) <= step / 2 + hair:
        return True
    if not outward:
        return False
    if end == "low":
        return 0 <= real - said < step + hair
    if end == "high":
        return 0 <= said - real < step + hair
    return False
