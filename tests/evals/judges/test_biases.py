"""Biases of a judge: planted ones are found, and a judge without any is not accused."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.random import Generator

from shipworthy.evals.judges.biases import Seen, pair_lean, position_bias, score_lean
from shipworthy.stats.arrays import FloatArray

DRAWS = 120


def pairs(
    rng: Generator, n: int, *, right: float = 0.8, long: float = 0.6, place: float = 0.0, length: float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """A judge that is right in a share of cases, and in others goes by place or by length."""
    better = rng.random(n) < 0.5
    longer = np.where(rng.random(n) < long, better, ~better)
    orders = []
    for shown_first in (True, False):
        said = np.where(rng.random(n) < right, better, ~better)
        said = np.where(rng.random(n) < length, longer, said)
        orders.append(np.where(rng.random(n) < place, shown_first, said).astype(float))
    return orders[0], orders[1], better.astype(float), np.where(longer, 1.0, -1.0)


def how_often(n: int, **planted: float) -> tuple[Counter[Seen], Counter[Seen]]:
    rng = np.random.default_rng(1)
    place, length = Counter[Seen](), Counter[Seen]()
    for _ in range(DRAWS):
        first, second, people, side = pairs(rng, n, **planted)
        place[position_bias(first.tolist(), second.tolist()).seen] += 1
        preferred = ((first + second) / 2).tolist()
        length[pair_lean("length", preferred, people.tolist(), side.tolist()).seen] += 1
    return place, length


@pytest.mark.parametrize("right", [0.65, 0.8, 0.95])
@pytest.mark.parametrize("long", [0.5, 0.7])
def test_a_judge_without_a_bias_is_seldom_accused_however_good_it_is(right: float, long: float) -> None:
    place, length = how_often(200, right=right, long=long)
    assert place["seen"] / DRAWS < 0.11
    assert length["seen"] / DRAWS < 0.06
    assert (length["seen"] + length["possible"]) / DRAWS < 0.11


def test_a_planted_position_bias_is_found() -> None:
    place, length = how_often(200, place=0.25)
    assert place["seen"] / DRAWS > 0.95
    assert length["seen"] / DRAWS < 0.06


def test_a_planted_length_bias_is_found() -> None:
    place, length = how_often(300, length=0.3, long=0.5)
    assert length["seen"] / DRAWS > 0.95
    assert place["seen"] / DRAWS < 0.11


@pytest.mark.parametrize(("planted", "least", "most"), [(0.0, 0.0, 0.08), (0.4, 0.9, 1.0)])
def test_scores_that_rise_with_length_alone_are_found(planted: float, least: float, most: float) -> None:
    rng, found = np.random.default_rng(2), 0
    for _ in range(DRAWS):
        size = rng.normal(size=200)
        people = np.clip(np.round(3 + 0.4 * size + rng.normal(size=200)), 1, 5)
        judge = np.clip(np.round(3 + 0.9 * (people - 3) + 0.7 * rng.normal(size=200) + planted * size), 1, 5)
        found += score_lean("length", judge.tolist(), people.tolist(), size.tolist()).seen == "seen"
    assert least <= found / DRAWS <= most


def test_strength_direction_and_words_are_told() -> None:
    rng = np.random.default_rng(3)
    first, second, people, side = pairs(rng, 400, place=0.4, length=0.0)
    place = position_bias(first.tolist(), second.tolist())
    assert place.effect.value == pytest.approx(0.4, abs=0.08)
    assert place.words.endswith("it favours the text shown first.")

    first, second, people, side = pairs(rng, 400, length=0.4, long=0.5)
    length = pair_lean("length", first.tolist(), people.tolist(), side.tolist())
    assert length.words == "It favours longer texts."
    own = pair_lean("self-preference", first.tolist(), people.tolist(), (-side).tolist())
    assert own.words == "It favours others' texts."
    assert own.effect.value == pytest.approx(-(length.effect.value or 0))


def test_a_judge_that_never_changes_its_mind_has_a_bound_and_no_bias() -> None:
    said = [1.0, 0.0] * 50
    bias = position_bias(said, said)
    assert (bias.seen, bias.effect.value) == ("not seen", 0.0)
    assert 0.02 < (bias.effect.high or 0) < 0.05


def test_too_few_pairs_measure_nothing() -> None:
    assert position_bias([1.0] * 9, [0.0] * 9).seen == "not measured"
    assert pair_lean("length", [1.0] * 30, [1.0] * 30, [1.0] * 30).seen == "not measured"
    assert score_lean("length", [1.0] * 30, [1.0] * 30, [1.0] * 30).seen == "not measured"
