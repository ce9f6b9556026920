"""Which rows are set aside as test.

Rows that belong together, and rows whose texts repeat each other, stay on one side. Everything
here is about whole numbers in arrays; what they stand for is known elsewhere.

The stratified assignment follows the idea of Sechidis, Tsoumakas and Vlahavas, "On the
stratification of multi-label data" (2011): the largest groups first, each to the side that needs
its classes more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["joined_groups", "split_by_group", "split_by_time"]

_Ints = NDArray[np.int64]
_Flags = NDArray[np.bool_]
_Floats = NDArray[np.float64]

_LARGEST_TEST_GROUP = 0.5
"""A group with more than this share of the test rows would be most of the test: it trains."""


def joined_groups(*groupings: _Ints) -> _Ints:
    """Groups of rows that are connected through any of the groupings.

    Args:
        groupings: One group number per row each; a negative number is a group of its own.

    Returns:
        A group number per row, from 0.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = len(groupings[0])
    heads: list[NDArray[np.int32]] = []
    tails: list[NDArray[np.int32]] = []
    for grouping in groupings:
        members = np.flatnonzero(grouping >= 0).astype(np.int32)
        _, first, inverse = np.unique(grouping[members], return_index=True, return_inverse=True)
        leaders = members[first][inverse]
        follows = leaders != members
        heads.append(members[follows])
        tails.append(leaders[follows])
    head, tail = np.concatenate(heads), np.concatenate(tails)
    graph = coo_array((np.ones(len(head), dtype=np.int8), (head, tail)), shape=(rows, rows))
    _, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64)


def split_by_group(classes: _Ints, groups: _Ints, *, test_share: float, seed: int) -> _Flags:
    """Set aside about ``test_share`` of each class without dividing a group.

    Args:
        classes: Class number per row, from 0.
        groups: Group number per row, from 0.
        test_share: Share of rows to set aside.
        seed: Seed of the choice.

    Returns:
        True for test rows.
    """
    rng = np.random.default_rng(seed)
    sizes = np.bincount(groups)
    together = sizes[groups] > 1
    targets: _Floats = np.bincount(classes).astype(np.float64) * test_share
    test = np.zeros(len(classes), dtype=bool)
    _place_groups(test, classes, groups, np.flatnonzero(together), targets, rng)
    _place_singles(test, classes, np.flatnonzero(~together), targets, rng)
    _top_up(test, groups, sizes, test_share)
    return test


def _place_groups(
    test: _Flags, classes: _Ints, groups: _Ints, rows: _Ints, targets: _Floats, rng: np.random.Generator
) -> None:
    """Largest groups first, equal ones in random order, each to the side that needs its classes more."""
    if not len(rows):
        return
    share = targets.sum() / len(classes)
    test_needs = targets.tolist()
    train_needs = (targets / share - targets).tolist()
    test_all, train_all = np.maximum(targets, 1e-9).tolist(), np.maximum(train_needs, 1e-9).tolist()
    limit = max(1.0, _LARGEST_TEST_GROUP * targets.sum())
    for members in _members(groups, rows, rng):
        kinds = classes[members].tolist()
        wanted = sum(test_needs[k] / test_all[k] - train_needs[k] / train_all[k] for k in kinds)
        lucky = rng.random() < share
        chosen = len(kinds) <= limit and (lucky if abs(wanted) < 1e-9 else wanted > 0)
        needs = test_needs if chosen else train_needs
        for kind in kinds:
            needs[kind] -= 1
        test[members] = chosen


def _members(groups: _Ints, rows: _Ints, rng: np.random.Generator) -> list[_Ints]:
    order = rows[np.argsort(groups[rows], kind="stable")]
    edges = np.flatnonzero(np.diff(groups[order])) + 1
    parts = np.split(order, edges)
    shuffled = [parts[place] for place in rng.permutation(len(parts))]
    return sorted(shuffled, key=len, reverse=True)


def _place_singles(
    test: _Flags, classes: _Ints, rows: _Ints, targets: _Floats, rng: np.random.Generator
) -> None:
    shuffled = rows[rng.permutation(len(rows))]
    ordered = shuffled[np.argsort(classes[shuffled], kind="stable")]
    free = np.bincount(classes[rows], minlength=len(targets))
    placed = np.bincount(classes[test], minlength=len(targets))
    wanted = np.clip(np.rint(targets - placed), 0, free).astype(np.int64)
    starts = np.cumsum(free) - free
    rank = np.arange(len(ordered)) - starts[classes[ordered]]
    test[ordered[rank < wanted[classes[ordered]]]] = True


def _top_up(test: _Flags, groups: _Ints, sizes: _Ints, test_share: float) -> None:
    """Where large groups left the test far too small, add the smallest ones until it is not."""
    target = test_share * len(test)
    if test.sum() >= target / 2:
        return
    training = np.unique(groups[~test])
    for group in training[np.argsort(sizes[training], kind="stable")][:-1]:
        if abs(test.sum() + sizes[group] - target) >= abs(test.sum() - target):
            return
        test[groups == group] = True


def split_by_time(times: _Ints, groups: _Ints, *, test_share: float) -> _Flags:
    """Set aside the latest rows; a text that occurs on both sides of the line trains only.

    Args:
        times: Any number per row that grows with time; rows of one time stay on one side.
        groups: Group of repeated texts per row.
        test_share: Share of rows to set aside.

    Returns:
        True for test rows; none if all rows have one time.
    """
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        return np.zeros(len(times), dtype=bool)
    later = counts[::-1].cumsum()[::-1]  # rows at this moment or after it
    cut = 1 + int(np.argmin(np.abs(later[1:] - test_share * len(times))))
    test = times >= moments[cut]
    early = np.zeros(groups.max() + 1, dtype=bool)
    early[groups[~test]] = True
    late: _Flags = test & ~early[groups]
    return late
