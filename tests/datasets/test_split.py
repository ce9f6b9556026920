"""Groups stay together, classes stay in proportion, the same seed gives the same split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.datasets.split import joined_groups, split_by_group, split_by_time

groupings = st.integers(2, 80).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 4), min_size=n, max_size=n),
        st.lists(st.integers(-1, n), min_size=n, max_size=n),
        st.lists(st.integers(-1, n), min_size=n, max_size=n),
    )
)


def connected(first: list[int], second: list[int]) -> list[set[int]]:
    """The groups by brute force."""
    parts = [{row} for row in range(len(first))]
    for grouping in (first, second):
        for number in set(grouping) - {-1}:
            rows = {row for row, each in enumerate(grouping) if each == number}
            touched = [part for part in parts if part & rows]
            parts = [part for part in parts if not part & rows] + [set().union(*touched)]
    return parts


@given(groupings)
def test_groups_are_joined_through_every_grouping(drawn: tuple[list[int], list[int], list[int]]) -> None:
    _, first, second = drawn

    joined = joined_groups(np.array(first), np.array(second))

    found = [set(np.flatnonzero(joined == number).tolist()) for number in range(joined.max() + 1)]
    assert sorted(map(sorted, found)) == sorted(map(sorted, connected(first, second)))


@given(groupings, st.floats(0.1, 0.5), st.integers(0, 3))
def test_no_group_is_divided(drawn: tuple[list[int], list[int], list[int]], share: float, seed: int) -> None:
    classes, first, second = (np.array(each) for each in drawn)
    groups = joined_groups(first, second)

    test = split_by_group(classes, groups, test_share=share, seed=seed)

    assert all(len(set(test[groups == number])) == 1 for number in range(groups.max() + 1))
    assert (test == split_by_group(classes, groups, test_share=share, seed=seed)).all()


@pytest.mark.parametrize("seed", range(5))
def test_single_rows_are_stratified_to_the_row(seed: int) -> None:
    classes = np.repeat(np.arange(4), [400, 100, 40, 10])

    test = split_by_group(classes, np.arange(550), test_share=0.3, seed=seed)

    assert np.bincount(classes[test]).tolist() == [120, 30, 12, 3]


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_stratified_as_far_as_they_allow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, 300, 2_000)
    leaning = rng.dirichlet([0.5] * 5, 300)
    classes = np.array([rng.choice(5, p=leaning[cluster]) for cluster in clusters])

    test = split_by_group(classes, joined_groups(clusters), test_share=0.3, seed=seed)

    shares = np.bincount(classes[test], minlength=5) / np.bincount(classes, minlength=5)
    assert abs(test.mean() - 0.3) < 0.01
    assert np.abs(shares - 0.3).max() < 0.04


def test_a_group_that_would_be_most_of_the_test_trains() -> None:
    groups = np.concatenate([np.zeros(400, dtype=np.int64), np.arange(1, 601)])

    test = split_by_group(np.zeros(1_000, dtype=np.int64), groups, test_share=0.3, seed=1)

    assert not test[:400].any()
    assert test.sum() == 300


def test_where_all_groups_are_large_the_smallest_are_the_test() -> None:
    groups = np.repeat(np.arange(3), [500, 300, 200])

    test = split_by_group(np.zeros(1_000, dtype=np.int64), groups, test_share=0.3, seed=1)

    assert 200 <= test.sum() <= 300


def test_a_class_of_one_row_trains() -> None:
    classes = np.array([0] * 50 + [1])

    test = split_by_group(classes, np.arange(51), test_share=0.3, seed=1)

    assert not test[50]


def test_the_latest_rows_are_the_test_and_rows_of_one_moment_stay_together() -> None:
    times = np.array([5, 1, 2, 2, 3, 4, 4, 4, 9, 9])

    test = split_by_time(times, np.arange(10), test_share=0.3)

    assert times[test].tolist() == [5, 9, 9]


def test_a_text_that_occurs_before_and_after_the_line_trains_only() -> None:
    times = np.arange(10)
    groups = np.array([0, 1, 2, 3, 4, 5, 6, 0, 7, 8])

    test = split_by_time(times, groups, test_share=0.3)

    assert np.flatnonzero(test).tolist() == [8, 9]


def test_rows_of_one_moment_cannot_be_split_by_time() -> None:
    assert not split_by_time(np.ones(8, dtype=np.int64), np.arange(8), test_share=0.3).any()
