"""Groups of repeated texts that are small enough to put on one side of a split.

Edited copies of edited copies can chain up texts that have little in common, a quarter of a file
of short questions for instance. Such a chain is taken apart by asking for more words in common.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shipworthy.datasets.duplicates import duplicate_groups

__all__ = ["copy_groups"]

_SHARES = (0.5, 0.7, 0.85, 1.0)
_LARGEST = 0.02
_SMALL = 20


def copy_groups(texts: Sequence[str], *, share: float = _SHARES[0]) -> NDArray[np.int64]:
    """Number the groups of texts that repeat each other.

    A group of more than 2% of the texts (and more than 20) is grouped again with a larger share
    of words in common, until it is small or only texts with equal words are left in it.

    Args:
        texts: The texts.
        share: Share of the words that two texts must have in common at first.

    Returns:
        A group number per text.
    """
    groups = np.array(duplicate_groups(texts, share=share), dtype=np.int64)
    largest = max(_SMALL, int(_LARGEST * len(texts)))
    for stricter in (each for each in _SHARES if each > share):
        sizes = np.bincount(groups) if len(groups) else groups
        for group in np.flatnonzero(sizes > largest):
            members = np.flatnonzero(groups == group)
            parts = duplicate_groups([texts[place] for place in members.tolist()], share=stricter)
            groups[members] = groups.max() + 1 + np.array(parts, dtype=np.int64)
    return groups
