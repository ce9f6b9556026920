"""Families of questions: adjusted p-values and bars decided together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from statsmodels.stats.multitest import multipletests

from shipworthy.stats.arrays import FloatArray
from shipworthy.stats.multiplicity import (
    Decision,
    FamilyDecision,
    benjamini_hochberg,
    decide_family,
    holm,
)

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@settings(max_examples=25)  # statsmodels takes its time
@given(p_values)
def test_holm_equals_statsmodels(p: list[float]) -> None:
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], rtol=1e-9, atol=1e-12)


@given(p_values)
def test_benjamini_hochberg_equals_statsmodels(p: list[float]) -> None:
    np.testing.assert_allclose(
        benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], rtol=1e-9, atol=1e-12
    )


@given(p_values, st.randoms(use_true_random=False))
def test_adjusting_does_not_depend_on_the_order(p: list[float], random: object) -> None:
    order = np.random.default_rng(len(p)).permutation(len(p))
    shuffled = np.asarray(p)[order]
    np.testing.assert_array_equal(holm(shuffled), holm(p)[order])
    np.testing.assert_array_equal(benjamini_hochberg(shuffled), benjamini_hochberg(p)[order])


def test_an_empty_family_stays_empty() -> None:
    assert holm([]).tolist() == []
    assert benjamini_hochberg([]).tolist() == []
    assert decide_family({}) == {}


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_a_p_value_outside_0_to_1_is_refused(
    adjust: Callable[[list[float]], FloatArray], wrong: float
) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 1, got {wrong}"):
        adjust([0.5, wrong])


def bar(distance: float) -> Callable[[float], Decision]:
    """A bar so many standard errors below the value."""

    def decide(level: float) -> Decision:
        z = float(ndtri(0.5 + level / 2))
        if distance > z:
            return "met"
        return "failed" if distance < -z else "undecided"

    return decide


def test_bars_are_decided_step_by_step_each_at_the_level_of_those_still_open() -> None:
    decided = decide_family({"clear": bar(5), "close": bar(2.1), "missed": bar(-5), "open": bar(1)})
    assert decided == {
        "clear": FamilyDecision(decision="met", level=1 - 0.05 / 4),
        "close": FamilyDecision(decision="undecided", level=1 - 0.05 / 2),
        "missed": FamilyDecision(decision="failed", level=1 - 0.05 / 4),
        "open": FamilyDecision(decision="undecided", level=1 - 0.05 / 2),
    }


def test_a_bar_decided_late_opens_the_way_for_the_next() -> None:
    decided = decide_family({"a": bar(2.5), "b": bar(2.3), "c": bar(2.0)})
    assert [decision.decision for decision in decided.values()] == ["met", "met", "met"]
    assert decided["c"].level == 0.95


def test_one_bar_alone_is_examined_at_95_per_cent() -> None:
    assert decide_family({"only": bar(0)}) == {"only": FamilyDecision(decision="undecided", level=0.95)}


@pytest.mark.simulation
def test_all_bars_met_is_said_of_a_feature_below_one_of_them_in_at_most_5_per_cent() -> None:
    rng = np.random.default_rng(1)
    distances = rng.normal(size=(2_000, 4)) + np.array([0.0, 4.0, 5.0, 6.0])
    met = [
        all(d.decision == "met" for d in decide_family({str(i): bar(x) for i, x in enumerate(row)}).values())
        for row in distances
    ]
    assert np.mean(met) <= 0.035
