"""The quadratic-weighted kappa against an independent implementation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from shipworthy.career.interview.agreement import quadratic_kappa

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@given(PAIRS)
def test_it_equals_scikit_learn_s(pairs: list[tuple[int, int]]) -> None:
    a, b = (np.array([pair[side] for pair in pairs], dtype=np.float64) for side in (0, 1))
    found = quadratic_kappa(a, b)

    if found.value is None:
        assert np.ptp(np.concatenate([a, b])) == 0
    else:
        expected = cohen_kappa_score(a, b, weights="quadratic", labels=[0, 1, 2, 3, 4])
        assert found.value == pytest.approx(expected)
        assert found.low is not None
        assert found.high is not None
        assert found.low <= found.value <= found.high


def test_its_interval_covers_the_true_value_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    truth = 0.8  # equal means and variances and a correlation of 0.8
    hits = 0
    for _ in range(400):
        first = rng.normal(size=150)
        second = truth * first + np.sqrt(1 - truth**2) * rng.normal(size=150)
        found = quadratic_kappa(first, second)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high

    assert 0.91 <= hits / 400 <= 0.98


def test_no_answers_have_no_agreement() -> None:
    found = quadratic_kappa(np.array([]), np.array([]))

    assert found.value is None
    assert "there are no items" in str(found)
