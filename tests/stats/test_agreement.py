"""Agreement between annotators, and the labels that they split on."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from shipworthy.stats.agreement import (
    SplitPair,
    Weights,
    agreement,
    cohen_kappa,
    mean_kappa,
    split_pairs,
    weighted_kappa,
)

labels = st.sampled_from(["bug", "feature", "question"])
annotated = st.lists(st.tuples(labels, labels), min_size=1, max_size=60)


@given(annotated)
def test_kappa_equals_scikit_learn_and_is_undefined_where_that_is_nan(rows: list[tuple[str, str]]) -> None:
    first, second = ([pair[side] for pair in rows] for side in (0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(first, second)
    value = cohen_kappa(first, second).at().value
    assert value is None if np.isnan(expected) else value == pytest.approx(expected, abs=1e-9)


@given(annotated)
def test_kappa_does_not_depend_on_who_is_first_or_on_the_names(rows: list[tuple[str, str]]) -> None:
    first, second = ([pair[side] for pair in rows] for side in (0, 1))
    renamed = [[{"bug": 2, "feature": 0, "question": 1}[x] for x in side] for side in (second, first)]
    here, there = cohen_kappa(first, second).at(), cohen_kappa(*renamed).at()
    assert (here.value, here.low, here.high) == pytest.approx((there.value, there.low, there.high))


def test_the_interval_is_the_large_sample_one() -> None:
    rng = np.random.default_rng(1)
    a = rng.integers(0, 4, 2_000)
    b = np.where(rng.random(2_000) < 0.6, a, rng.integers(0, 4, 2_000))
    table = np.zeros((4, 4))
    np.add.at(table, (a, b), 1)
    estimate = cohen_kappa(a.tolist(), b.tolist()).at()
    half = ((estimate.high or 0) - (estimate.low or 0)) / 2
    assert half == pytest.approx(1.96 * cohens_kappa(table).std_kappa, rel=0.03)


def test_perfect_agreement_on_few_items_is_not_certainty() -> None:
    estimate = cohen_kappa(["a", "b"] * 10, ["a", "b"] * 10).at()
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert 0.5 < (estimate.low or 0) < 0.8


def test_one_label_throughout_has_no_kappa() -> None:
    estimate = cohen_kappa(["a"] * 5, ["a"] * 5).at()
    assert estimate.value is None
    assert estimate.warning == "both used one label throughout, so chance alone explains the agreement"
    assert agreement(["a"] * 5, ["a"] * 5).at().value == 1


def test_no_items_give_no_agreement() -> None:
    assert cohen_kappa([], []).at().warning == "there are no items that both labelled"
    assert agreement([], []).at().value is None


def test_annotators_of_different_items_are_refused() -> None:
    with pytest.raises(ValueError, match="got 1 and 2 labels"):
        agreement(["a"], ["a", "b"])


def test_repeated_items_do_not_narrow_kappa_when_they_are_named_as_clusters() -> None:
    rng = np.random.default_rng(2)
    a = rng.integers(0, 3, 150)
    b = np.where(rng.random(150) < 0.7, a, rng.integers(0, 3, 150))
    once = cohen_kappa(a.tolist(), b.tolist()).at()
    clusters = np.repeat(np.arange(150), 4)
    again = cohen_kappa(np.repeat(a, 4).tolist(), np.repeat(b, 4).tolist(), clusters=clusters).at()
    assert (again.low, again.high) == pytest.approx((once.low, once.high), abs=0.02)


def test_pairs_of_labels_that_annotators_split_on_are_listed_the_surest_overlap_first() -> None:
    annotations = (
        [["bug", "question"]] * 12
        + [["bug", "bug"]] * 20
        + [["question", "question", "bug"]] * 8
        + [["praise", "praise"]] * 30
        + [["praise", "feature", None]] * 3
        + [["praise", ""]] * 9
        + [["bug", "praise"]] * 2
    )
    first, second = split_pairs(annotations)
    assert (first.first, first.second, len(first.rows), first.either) == ("bug", "question", 20, 42)
    assert first.rows[:2] == (0, 1)
    assert (second.first, second.second, len(second.rows), second.either) == ("feature", "praise", 3, 35)
    assert first.words() == (
        "Of 42 items that somebody called bug or question, 20 (48%) were called both: these categories"
        " overlap, and where one ends is a product decision."
    )
    assert isinstance(first, SplitPair)


def test_items_with_one_label_say_nothing_about_overlap() -> None:
    assert split_pairs([["bug"], ["question"], [], [None, "bug"]]) == ()


scale = [1, 2, 3, 4, 5]
rated = st.lists(st.tuples(st.sampled_from(scale), st.sampled_from(scale)), min_size=1, max_size=60)


@pytest.mark.parametrize("weights", ["linear", "quadratic", "none"])
@given(rows=rated)
def test_weighted_kappa_equals_scikit_learn(weights: Weights, rows: list[tuple[int, int]]) -> None:
    first, second = ([pair[side] for pair in rows] for side in (0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(
            first, second, labels=scale, weights=None if weights == "none" else weights
        )
    value = weighted_kappa(first, second, order=scale, weights=weights).at().value
    assert value is None if np.isnan(expected) else value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("noise", [0.5, 1.2, 3.0])
@pytest.mark.parametrize("n", [50, 200])
def test_intervals_of_weighted_kappa_cover(noise: float, n: int) -> None:
    rng = np.random.default_rng(3)

    def drawn(size: int) -> tuple[list[int], list[int]]:
        truth = rng.choice(scale, p=[0.05, 0.1, 0.2, 0.35, 0.3], size=size)
        return truth.tolist(), np.clip(np.round(truth + rng.normal(size=size) * noise), 1, 5).astype(
            int
        ).tolist()

    true_value = cohen_kappa_score(*drawn(400_000), weights="quadratic")
    found = [weighted_kappa(*drawn(n), order=scale).at() for _ in range(300)]
    held = sum((one.low or 0) <= true_value <= (one.high or 0) for one in found)
    assert 0.91 <= held / 300 <= 0.99


def test_perfect_agreement_on_few_items_is_not_certainty_with_weights_either() -> None:
    estimate = weighted_kappa([1, 5] * 10, [1, 5] * 10, order=scale).at()
    assert (estimate.value, estimate.high) == (1.0, 1.0)
    assert (estimate.low or 1) < 0.99


def test_the_mean_of_pairs_is_the_mean_of_their_kappas_each_over_what_both_labelled() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 300)
    columns: list[list[int | None]] = [
        np.where(rng.random(300) < share, truth, rng.integers(0, 3, 300)).tolist()
        for share in (0.9, 0.7, 0.5)
    ]
    columns[1][:60] = [None] * 60
    pairs = [(0, 1), (0, 2), (1, 2)]
    found = mean_kappa(columns, pairs, order=[0, 1, 2]).at()

    each = []
    for a, b in pairs:
        both = [pair for pair in zip(columns[a], columns[b], strict=True) if None not in pair]
        each.append(cohen_kappa_score(*zip(*both, strict=True)))
    assert found.value == pytest.approx(np.mean(each), abs=1e-9)
    assert found.method == "mean of 3 pairs' Cohen's kappa, large-sample"
    assert (found.low or 0) < (found.value or 0) < (found.high or 0)


def test_a_label_outside_the_order_and_no_pair_at_all_are_told() -> None:
    with pytest.raises(ValueError, match="is not in the order"):
        weighted_kappa([1], [6], order=scale)
    assert mean_kappa([[1, 2]], [], order=scale).at().warning == "there is no pair"
