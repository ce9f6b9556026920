"""From a tag to something measured: a segment of the data, or a check of the outputs.

Whether rows fit is told by a regular expression of the user's, or by the ids of the tagged rows. Rows that
were picked because they failed measure a repair; they say nothing about how common the error is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shipworthy.core.errors import UserError
from shipworthy.stats.estimate import Estimate
from shipworthy.stats.intervals import proportion

__all__ = ["Held", "check_stub", "compiled", "held_against", "slug"]

_LONGEST_PATTERN = 500
_READ = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a pattern does on the rows of the review."""

    tagged: Estimate
    """Of the tagged rows, the share that fit."""
    failed: Estimate
    """Of all rows that fit, the share that failed."""
    others_failed: Estimate
    """Of the rows that do not fit, the share that failed."""
    right: Estimate
    """Of the rows that were right, the share that fit."""
    fitting: int
    """Rows that fit."""


def slug(tag: str) -> str:
    """A tag as the name of a check or a column: lower case, digits and underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", tag.casefold()).strip("_")[:40]
    return plain if plain[:1].isalpha() else f"tag_{plain}".rstrip("_")


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression, without case.

    Raises:
        UserError: it cannot be read, or is too long.
    """
    if not pattern or len(pattern) > _LONGEST_PATTERN:
        raise UserError(f"A pattern has 1 to {_LONGEST_PATTERN} characters; this one has {len(pattern):,}.")
    try:
        return re.compile(pattern, re.IGNORECASE | re.DOTALL)
    except re.error as error:
        message = f"The pattern {pattern!r:.80} cannot be read: {error}."
        raise UserError(message, hint="For instance 'refund|money back'.") from None


def held_against(
    pattern: re.Pattern[str], texts: Mapping[str, str], *, failed: set[str], tagged: Sequence[str]
) -> Held:
    """What a pattern does on the rows of a review.

    Args:
        pattern: The regular expression, searched for anywhere in a text.
        texts: What it is searched for in, by example.
        failed: The examples that were not right.
        tagged: The examples with the tag.
    """
    fits = {example: pattern.search(text[:_READ]) is not None for example, text in texts.items()}

    def share(rows: Sequence[bool]) -> Estimate:
        return proportion(np.array(rows, dtype=bool)).at()

    return Held(
        tagged=share([fits[one] for one in tagged if one in fits]),
        failed=share([one in failed for one, fit in fits.items() if fit]),
        others_failed=share([one in failed for one, fit in fits.items() if not fit]),
        right=share([fit for one, fit in fits.items() if one not in failed]),
        fitting=sum(fits.values()),
    )


def check_stub(tag: str, pattern: str) -> tuple[str, str]:
    """Name and YAML lines of a check that an output does not have what the pattern finds."""
    name = f"no_{slug(tag)}"[:60]
    whole = f"(?i)(?!.*(?:{pattern})).*".replace("'", "''")
    words = f"The output does not show the error {tag!r}.".replace("'", "''")
    return name, f"checks:\n  {name}:\n    pattern: '{whole}'\n    words: '{words}'\n"
