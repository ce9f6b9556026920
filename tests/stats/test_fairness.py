"""Gaps between groups, and the definitions of fairness made of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from shipworthy.core.errors import UserError
from shipworthy.stats.classification import measure
from shipworthy.stats.fairness import FAIRNESS, GroupGap, fairness_gap, group_gap
from shipworthy.stats.sample import Sample
from shipworthy.stats.segments import MISSING, SmallSegment


def sample(rng: np.random.Generator, missed: Mapping[str, float], n: int) -> tuple[Sample, list[str | None]]:
    """Two classes; of each group's n positive rows a share is missed."""
    groups: list[str | None] = [name for name in missed for _ in range(2 * n)]
    labels = np.tile([0, 1], n * len(missed))
    wrong = (rng.random(len(labels)) < np.array([missed[str(g)] for g in groups])) & (labels == 1)
    predictions = np.where(wrong, 1 - labels, labels)
    return Sample(labels=labels, predictions=predictions, classes=("no", "yes")), groups


def test_the_gap_is_the_largest_difference_between_any_two_groups() -> None:
    given, groups = sample(np.random.default_rng(12), {"a": 0.05, "b": 0.3, "c": 0.1}, 200)
    gap = group_gap(given, "fnr", groups)
    rates = [
        measure(given.take(np.array([g == name for g in groups])), "fnr").at().value or 0 for name in "abc"
    ]
    estimate = gap.at()
    assert estimate.value == pytest.approx(max(rates) - min(rates))
    assert 0 < (estimate.low or 0) < (estimate.value or 0) < (estimate.high or 0) < 0.4
    assert (estimate.unit, estimate.n) == ("points", 600)
    wider = gap.at(0.99)
    assert (wider.low or 0) < (estimate.low or 0)
    assert (wider.high or 0) > (estimate.high or 0)


@pytest.mark.simulation
@pytest.mark.parametrize("missed", [{"a": 0.1, "b": 0.1, "c": 0.1}, {"a": 0.05, "b": 0.25, "c": 0.15}])
def test_the_interval_of_the_largest_gap_holds_the_truth_in_95_per_cent(missed: dict[str, float]) -> None:
    rng = np.random.default_rng(13)
    truth = max(missed.values()) - min(missed.values())
    held = 0
    for _ in range(100):
        given, groups = sample(rng, missed, 120)
        estimate = group_gap(given, "fnr", groups).at()
        held += (estimate.low or 0) <= truth <= (estimate.high or 0)
    assert held >= 90


def test_groups_too_small_to_measure_are_named_not_dropped() -> None:
    given, groups = sample(np.random.default_rng(14), {"a": 0.1, "b": 0.1, "few": 0.1}, 100)
    rows = np.flatnonzero([g != "few" or row % 20 < 2 for row, g in enumerate(groups)])
    some: list[str | None] = [groups[row] if groups[row] != "few" else None for row in rows]
    gap = group_gap(given.take(rows), "fnr", some, column="language level")
    assert isinstance(gap, GroupGap)
    assert gap.too_small == (
        SmallSegment(column="language level", value=MISSING, n=10, reason="fewer than 30 rows"),
    )
    assert gap.at().warning == "not measured, too few rows: (missing) (n = 10)"


def test_with_one_group_there_is_no_gap_to_measure() -> None:
    given, groups = sample(np.random.default_rng(15), {"a": 0.1, "b": 0.1}, 20)
    estimate = group_gap(given, "fnr", groups).at()
    assert estimate.value is None
    assert (estimate.warning or "").startswith("fewer than two groups are large enough to compare")
    with pytest.raises(ValueError, match="3 groups for 80 rows"):
        group_gap(given, "fnr", ["a", "b", "c"])


def test_every_fairness_definition_is_measured_and_explained() -> None:
    given, groups = sample(np.random.default_rng(16), {"a": 0.05, "b": 0.3}, 300)
    gaps = {name: fairness_gap(given, name, groups).at() for name in FAIRNESS}
    assert gaps["equal_opportunity"].value == pytest.approx(gaps["equal_false_negative_rate"].value)
    assert gaps["equal_false_positive_rate"].value == 0
    assert gaps["demographic_parity"].value == pytest.approx((gaps["equal_opportunity"].value or 0) / 2)
    assert gaps["equalised_odds"].value == gaps["equal_opportunity"].value
    assert (gaps["equalised_odds"].high or 0) > (gaps["equal_opportunity"].high or 0)
    assert all(definition.words.endswith(".") for definition in FAIRNESS.values())


def test_equalised_odds_are_undefined_where_one_half_of_them_is() -> None:
    labels = np.ones(200, dtype=np.int64)
    given = Sample(labels=labels, predictions=labels, classes=("no", "yes"))
    estimate = fairness_gap(given, "equalised_odds", ["a", "b"] * 100).at()
    assert (estimate.value, estimate.level) == (None, 0.95)


def test_an_unknown_definition_names_the_nearest_and_a_selection_needs_a_class() -> None:
    given, groups = sample(np.random.default_rng(17), {"a": 0.1, "b": 0.1}, 40)
    with pytest.raises(UserError) as unknown:
        fairness_gap(given, "equal_oportunity", groups)
    assert unknown.value.hint == "Did you mean 'equal_opportunity'?"
    three = Sample(labels=np.array([0, 1, 2]), predictions=np.array([0, 1, 2]), classes=("a", "b", "c"))
    with pytest.raises(UserError, match="needs one class to be asked about; there are 3"):
        group_gap(three, "selection_rate", ["x", "y", "z"])
    assert group_gap(three, "selection_rate", ["x"] * 3, class_="b").at().value is None
