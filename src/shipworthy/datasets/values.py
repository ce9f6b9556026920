"""What a cell says: nothing, a class written one way or another, a number.

Whether two spellings are one class is decided here and nowhere else, so that a file of outputs,
a label column and a person's labels agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["is_missing", "is_number", "number_in", "present", "spelling_key", "spellings"]

_MISSING = frozenset({"", "nan", "null", "n/a", "na", "#n/a", "<na>", "#na", "(null)", "(blank)", "-"})
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*%?")


def is_missing(text: str | None) -> bool:
    """Whether a cell says that there is no value: empty, NaN, null, N/A, a lone dash."""
    return text is None or text.strip().casefold() in _MISSING


def present(column: str) -> str:
    """SQL for a column's text without outer spaces, or NULL where ``is_missing`` says so."""
    words = ", ".join(f"'{word}'" for word in sorted(_MISSING))
    text = f"trim({column}, ' ' || chr(9) || chr(10) || chr(13))"
    return f"CASE WHEN lower({text}) NOT IN ({words}) THEN {text} END"


def is_number(text: str) -> bool:
    """Whether a cell holds a number and nothing else."""
    return _NUMBER.fullmatch(text.strip()) is not None


def number_in(text: str) -> float:
    """The number in a cell that ``is_number``; a lone comma is a decimal point, per cent stay as they are."""
    return float(text.strip().removesuffix("%").strip().replace(",", "."))


def spelling_key(text: str) -> str:
    """What is left of a class name without case, extra space and Unicode form."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class _Spelling(NamedTuple):
    times: int
    text: str


def spellings(counts: Iterable[tuple[str | None, int]]) -> Mapping[str, str | None]:
    """Map each way to write a value to the commonest way to write it, or to None for missing ones.

    Args:
        counts: Values with how often each occurs; a value may come several times.
    """
    seen: dict[str, dict[str, int]] = {}
    result: dict[str, str | None] = {}
    for text, times in counts:
        if text is None:
            continue
        if is_missing(text):
            result[text] = None
            continue
        variants = seen.setdefault(spelling_key(text), {})
        variants[text] = variants.get(text, 0) + times
    for variants in seen.values():
        commonest = _commonest(variants)
        result.update(dict.fromkeys(variants, commonest))
    return result


def _commonest(variants: Mapping[str, int]) -> str:
    """The spelling most rows use (spaces around it do not make two spellings)."""
    tidy: dict[str, int] = {}
    for text, times in variants.items():
        name = " ".join(unicodedata.normalize("NFC", text).split())
        tidy[name] = tidy.get(name, 0) + times
    return min(tidy, key=lambda name: (-tidy[name], name))
