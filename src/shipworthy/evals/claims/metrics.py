"""What a claim may count, as people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["METRICS", "Counted", "Counts", "counted_in"]

Counts: TypeAlias = Literal["rows", "part", "other"]
"""A share of all rows, a share of a part of them (which is smaller than n), or no share at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A metric."""

    name: str
    """Its usual name."""
    counts: Counts
    """What it is a share of."""
    better: Literal["higher", "lower"] = "higher"
    """Which way is good."""


_SHARES = (
    (r"pass@\d{1,4}", "pass@k"),
    (r"win[- ]rate", "win rate"),
    (r"success rate|pass rate|resolution rate|(?:re)?solve[sd]?|passed", "success rate"),
    (r"agree(?:s|d|ment)?", "agreement"),
    (r"grounded(?:ness)?|faithful(?:ness)?", "groundedness"),
    (r"exact match", "exact match"),
    (r"accura(?:cy|te|tely)|correct(?:ly|ness)?|right(?:ly)?", "accuracy"),
)
_SHARES_OF_MISTAKES = (
    (r"hallucinat\w{0,12}", "hallucinations"),
    (r"(?:error|failure) rate|errors?|wrong|incorrect(?:ly)?|mistakes?", "errors"),
)
_PARTS = (
    (r"precision(?:@\d+)?", "precision"),
    (r"recall(?:@\d+)?|sensitivity|true[- ]positive rate", "recall"),
    (r"specificity", "specificity"),
)
_PARTS_OF_MISTAKES = (
    (r"false[- ]positive rate|fpr", "false positive rate"),
    (r"false[- ]negative rate|fnr|miss rate", "false negative rate"),
)
_OTHERS = (
    (r"(?:macro|micro|weighted)?[- ]?f-?1(?:[- ]score)?|f-?(?:score|measure)", "F1"),
    (r"(?:roc[- ]?)?au(?:c|roc)|area under", "AUC"),
    (r"bleu|rouge(?:-\w)?|meteor|bertscore", "overlap with a reference"),
    (r"ndcg(?:@\d+)?|mrr|map@\d+", "ranking score"),
    (r"kappa", "kappa"),
)
_Group: TypeAlias = tuple[tuple[tuple[str, str], ...], Counts, Literal["higher", "lower"]]
_GROUPS: tuple[_Group, ...] = (
    (_OTHERS, "other", "higher"),
    (_PARTS_OF_MISTAKES, "part", "lower"),
    (_PARTS, "part", "higher"),
    (_SHARES_OF_MISTAKES, "rows", "lower"),
    (_SHARES, "rows", "higher"),
)
METRICS: dict[str, Counted] = {
    name: Counted(name=name, counts=counts, better=better)
    for words, counts, better in _GROUPS
    for _, name in words
}
"""Every metric by its name."""
_PATTERNS = tuple(
    (re.compile(rf"(?<![\w-])(?:{pattern})(?!\w)", re.IGNORECASE), name)
    for words, _, _ in _GROUPS
    for pattern, name in words
)


def counted_in(text: str) -> Counted | None:
    """The metric that is named first in a short text; of two at one place the more particular one."""
    found = [
        (match.start(), place)
        for place, (pattern, _) in enumerate(_PATTERNS)
        if (match := pattern.search(text))
    ]
    return METRICS[_PATTERNS[min(found)[1]][1]] if found else None
