"""The share among rows of several kinds of which different shares were read."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.stats.intervals import proportion
from shipworthy.stats.strata import stratified_share


def share(sizes: list[int], read: list[int], hits: list[int], others: int = 0):  # type: ignore[no-untyped-def]
    return stratified_share(np.array(sizes), np.array(read), np.array(hits), others=others).at()


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1)), min_size=1, max_size=5), st.integers(0, 200))
def test_with_every_row_read_it_is_wilsons_interval_of_the_plain_share(
    strata: list[tuple[int, float]], others: int
) -> None:
    sizes = [size for size, _ in strata]
    hits = [round(size * part) for size, part in strata]
    found = share(sizes, sizes, hits, others)
    rows = np.arange(sum(sizes) + others) < sum(hits)
    plain = proportion(rows).at()
    assert (found.value, found.n) == (pytest.approx(plain.value), plain.n)
    assert (found.low, found.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_a_kind_of_which_fewer_were_read_weighs_more() -> None:
    found = share([90, 10], [10, 10], [5, 0])
    assert found.value == pytest.approx(0.45)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 0.4


def test_a_kind_of_which_none_was_read_is_taken_to_be_like_the_others_and_said() -> None:
    found = share([50, 50], [20, 0], [5, 0])
    assert found.value == pytest.approx(0.25)
    assert found.warning == "50 rows of kinds of which none was read are taken to be like the others"


def test_without_any_row_read_it_is_undefined_and_not_zero() -> None:
    found = share([50], [0], [0])
    assert not found.defined
    assert found.warning is not None


def test_more_read_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="grow in that order"):
        share([3], [4], [1])


@pytest.mark.parametrize("parts", [(0.1, 0.5, 0.3), (0.02, 0.02, 0.02), (0.9, 0.99, 0.95)])
def test_the_interval_covers_the_truth_in_simulations(parts: tuple[float, ...]) -> None:
    lot = np.random.default_rng(7)
    kinds, failing, tested, times = np.array([0.5, 0.3, 0.2]), 0.3, 800, 400
    truth = float(kinds @ np.array(parts))
    covered = np.zeros(2)
    for _ in range(times):
        sizes = lot.multinomial(tested, [*(kinds * failing), 1 - failing])[:-1]
        read = np.maximum(1, sizes // 6)
        hits = np.array([lot.hypergeometric(k, size - k, n) for k, size, n in
                         zip(lot.binomial(sizes, parts), sizes, read, strict=True)])  # fmt: skip
        of_failures = stratified_share(sizes, read, hits).at()
        of_rows = stratified_share(sizes, read, hits, others=tested - int(sizes.sum())).at()
        for place, (estimate, true) in enumerate(((of_failures, truth), (of_rows, truth * failing))):
            assert estimate.low is not None
            assert estimate.high is not None
            covered[place] += estimate.low <= true <= estimate.high
    assert (covered / times >= 0.92).all(), covered / times
