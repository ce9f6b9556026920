"""Agreement between annotators, and the labels that they split on."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa

from shipworthy.stats.agreement import SplitPair, agreement, cohen_kappa, split_pairs

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
