"""Measures of rankings against scikit-learn and values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score

from shipworthy.stats.ranking import average_precision, ndcg, precision_at, recall_at, reciprocal_rank

_GAINS = st.lists(st.integers(0, 3), min_size=2, max_size=30)


@given(gains=_GAINS, k=st.integers(1, 12))
def test_ndcg_is_that_of_scikit_learn(gains: list[int], k: int) -> None:
    found = ndcg(gains, gains, k)
    if not any(gains):
        assert found is None
        return
    order = np.arange(len(gains), 0, -1, dtype=float)
    assert found == pytest.approx(ndcg_score([gains], [order], k=k))


@given(relevant=st.lists(st.booleans(), min_size=1, max_size=30))
def test_average_precision_is_that_of_scikit_learn_where_everything_was_found(relevant: list[bool]) -> None:
    found = average_precision(relevant, sum(relevant))
    if not any(relevant):
        assert found is None
        return
    order = np.arange(len(relevant), 0, -1)
    assert found == pytest.approx(average_precision_score(relevant, order))


def test_values_worked_out_by_hand() -> None:
    assert ndcg([0, 1, 1], [1, 1], 10) == pytest.approx((1 / np.log2(3) + 1 / 2) / (1 + 1 / np.log2(3)))
    assert ndcg([1, 0], [1, 1, 1], 1) == 1.0
    assert reciprocal_rank([False, False, True], 2) == pytest.approx(1 / 3)
    assert reciprocal_rank([False], 2) == 0.0
    assert recall_at([True, False, True, True], 4, 3) == 0.5
    assert precision_at([True, False], 4, 5) == pytest.approx(0.2)
    assert average_precision([True, False, True], 4) == pytest.approx((1 + 2 / 3) / 4)


def test_where_nothing_is_relevant_every_measure_is_undefined() -> None:
    assert ndcg([0, 0], [], 5) is None
    assert reciprocal_rank([], 0) is None
    assert recall_at([], 0, 5) is None
    assert precision_at([], 0, 5) is None
    assert average_precision([], 0) is None


@given(relevant=st.lists(st.booleans(), max_size=20), more=st.integers(0, 5), k=st.integers(1, 20))
def test_every_measure_is_a_share(relevant: list[bool], more: int, k: int) -> None:
    total = sum(relevant) + more
    gains = [float(found) for found in relevant]
    for value in (
        ndcg(gains, [1.0] * total, k),
        reciprocal_rank(relevant, total),
        recall_at(relevant, total, k),
        precision_at(relevant, total, k),
        average_precision(relevant, total),
    ):
        assert (value is None) if total == 0 else (value is not None and 0 <= value <= 1 + 1e-12)


def test_a_negative_gain_and_a_k_of_nought_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        ndcg([-1], [1], 5)
    for measure in (recall_at, precision_at):
        with pytest.raises(ValueError, match="at least 1"):
            measure([True], 1, 0)
    with pytest.raises(ValueError, match="at least 1"):
        ndcg([1], [1], 0)
