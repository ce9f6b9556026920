"""Test set against production, by effect size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, chi2_contingency

from shipworthy.stats.shift import Mover, Shift, categorical_shift, numeric_shift, text_shift


def test_the_p_value_is_scipys_where_every_cell_is_large_enough() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 6, 400), rng.integers(0, 6, 300)
    table = [np.bincount(a), np.bincount(b)]
    assert categorical_shift(a.tolist(), b.tolist()).p == pytest.approx(
        chi2_contingency(table, correction=False).pvalue, rel=1e-9
    )


@pytest.mark.simulation
@pytest.mark.parametrize(("categories", "runs"), [(2, 500), (5, 500), (20, 400), (100, 60)])
def test_no_shift_is_called_one_in_5_per_cent_and_measures_0(categories: int, runs: int) -> None:
    rng = np.random.default_rng(categories)
    weights = rng.dirichlet(np.ones(categories))
    shifts = [
        categorical_shift(*rng.choice(categories, (2, 1_000), p=weights).tolist(), seed=run)
        for run in range(runs)
    ]
    called = sum((shift.p or 0) <= 0.05 for shift in shifts)
    assert called <= binom.ppf(0.999, runs, 0.05)
    psi = np.array([shift.effects["psi"] for shift in shifts])
    assert abs(psi.mean()) <= 4 * psi.std() / np.sqrt(runs)
    assert sum(shift.severity != "none" for shift in shifts) <= 0.01 * runs


def test_the_index_agrees_with_its_definition_on_large_samples() -> None:
    before, after = [0.5, 0.3, 0.2], [0.4, 0.3, 0.3]
    test = np.repeat([0, 1, 2], np.multiply(before, 100_000).astype(int)).tolist()
    production = np.repeat([0, 1, 2], np.multiply(after, 100_000).astype(int)).tolist()
    expected = sum((b - a) * np.log(b / a) for a, b in zip(before, after, strict=True))
    assert categorical_shift(test, production).effects["psi"] == pytest.approx(expected, abs=1e-4)


def test_a_changed_mix_is_told_by_what_moved_most() -> None:
    test = ["chat"] * 300 + ["mail"] * 600 + ["phone"] * 100
    production = ["chat"] * 600 + ["mail"] * 300 + [None] * 100
    shift = categorical_shift(test, production)
    assert shift.severity == "large"
    assert shift.movers == (
        Mover(value="chat", test=0.3, production=0.6),
        Mover(value="mail", test=0.6, production=0.3),
        Mover(value="phone", test=0.1, production=0.0),
        Mover(value="(missing)", test=0.0, production=0.1),
    )
    assert shift.words == (
        "The mix is different: chat goes from 30% of the test set to 60% of production; mail goes from"
        " 60% of the test set to 30% of production; phone goes from 10% of the test set to 0% of production."
    )


def test_at_a_million_rows_a_tiny_difference_is_significant_and_does_not_matter() -> None:
    test = np.repeat(["a", "b"], [500_000, 500_000]).tolist()
    production = np.repeat(["a", "b"], [505_000, 495_000]).tolist()
    shift = categorical_shift(test, production)
    assert (shift.p or 1) < 1e-9
    assert (shift.severity, shift.words) == ("none", "No shift that matters.")


def test_empty_and_missing_values_are_one_category() -> None:
    shift = categorical_shift(["a"] * 50 + [None] * 50, ["a"] * 50 + [""] * 25 + [float("nan")] * 25)
    assert (shift.p, shift.movers) == (1.0, ())


def test_one_category_cannot_shift() -> None:
    shift = categorical_shift(["a"] * 20, ["a"] * 30)
    assert (shift.effects, shift.p, shift.severity) == ({"psi": 0.0, "cramers_v": 0.0}, 1.0, "none")


def test_thousands_of_rare_values_do_not_look_like_a_shift() -> None:
    rng = np.random.default_rng(4)
    shift = categorical_shift(rng.integers(0, 5_000, 2_000).tolist(), rng.integers(0, 5_000, 2_000).tolist())
    assert abs(shift.effects["psi"]) < 0.1
    assert shift.severity == "none"


def test_nothing_on_one_side_is_not_called_no_shift() -> None:
    for shift in (categorical_shift([], ["a"]), numeric_shift([np.nan], [1.0]), text_shift([], ["a"])):
        assert (shift.p, shift.effects) == (None, {})
        assert shift.words == "Not compared: there are no values in the test set."
    assert numeric_shift([1.0], []).words == "Not compared: there are no values in production."


def test_numbers_that_moved_are_told_in_standard_deviations() -> None:
    rng = np.random.default_rng(5)
    test = rng.normal(100, 10, 2_000)
    shift = numeric_shift(test, rng.normal(106, 10, 2_000))
    assert shift.severity == "large"
    assert shift.effects["moved_sd"] == pytest.approx(0.6, abs=0.08)
    assert "values moved by 0." in shift.words
    assert numeric_shift(test, rng.normal(100, 10, 2_000)).severity == "none"


def test_numbers_that_went_missing_are_a_shift_of_their_own() -> None:
    rng = np.random.default_rng(6)
    production = rng.normal(size=500)
    production[:100] = np.nan
    shift = numeric_shift(rng.normal(size=500), production)
    assert shift.severity == "large"
    assert shift.words.endswith("Missing values: missing goes from 0% of the test set to 20% of production.")


def test_a_constant_that_changed_is_a_shift() -> None:
    assert numeric_shift([1.0] * 50, [2.0] * 50).severity == "large"
    assert numeric_shift([1.0] * 50, [1.0] * 50).severity == "none"


def texts(rng: np.random.Generator, n: int, words: int) -> list[str]:
    return [" ".join(f"w{rng.zipf(1.4) % words}" for _ in range(8)) for _ in range(n)]


def test_texts_from_one_source_do_not_look_shifted_though_many_words_are_unseen() -> None:
    rng = np.random.default_rng(7)
    shifts = [text_shift(texts(rng, 300, 3_000), texts(rng, 300, 3_000), seed=run) for run in range(10)]
    assert [shift.severity for shift in shifts] == ["none"] * 10
    assert abs(np.mean([shift.effects["unseen_words"] for shift in shifts])) < 0.01


def test_new_words_in_production_are_counted_beyond_chance() -> None:
    rng = np.random.default_rng(8)
    shift = text_shift(texts(rng, 300, 500), [text + " refund voucher" for text in texts(rng, 300, 500)])
    assert shift.severity == "large"
    assert shift.effects["unseen_words"] == pytest.approx(0.2, abs=0.05)
    assert {mover.value for mover in shift.movers[:2]} == {"refund", "voucher"}
    assert isinstance(shift, Shift)


def test_only_a_seeded_part_of_many_texts_is_read() -> None:
    rng = np.random.default_rng(9)
    many = texts(rng, 2_500, 300)
    assert text_shift(many, many[::-1], seed=1) == text_shift(many, many[::-1], seed=1)
    assert text_shift(many, many[::-1], seed=1).n_test == 2_500
