"""Cost arithmetic, break-even and simulation, each against another way to get the same number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.launch.sourcing import costs
from shipworthy.launch.sourcing.inputs import Input, drawn
from shipworthy.launch.sourcing.simulating import spread, variance_shares

BASE: dict[str, float] = {
    "volume": 1_000_000,
    "tokens_in": 400,
    "tokens_out": 50,
    "price_in": 5.0,
    "price_out": 25.0,
    "tokens_per_second": 1000,
    "read_weight": 0.5,
    "utilisation": 0.4,
    "gpus_per_replica": 2,
    "gpu_hour": 3.0,
    "overhead": 1.5,
    "replicas_at_least": 2,
    "operator_year": 300_000,
    "operator_share": 0.5,
    "api_share": 0.05,
    "tuning_days": 10,
    "tuning_rounds": 2,
    "tuning_compute": 500,
    "tuned_price": 1.5,
    "small_server": 100,
    "trained_share": 0.05,
}


def at(**changes: float) -> dict[str, Any]:
    return {name: np.array([value], dtype=float) for name, value in {**BASE, **changes}.items()}


def api(volume: float, **x: float) -> float:
    """Written again from the formula sheet, in plain numbers."""
    x = {**BASE, **x}
    item = (x["tokens_in"] * x["price_in"] + x["tokens_out"] * x["price_out"]) / 1e6
    return volume * item + x["operator_year"] * x["api_share"] / 12


def own(volume: float, **x: float) -> float:
    x = {**BASE, **x}
    a_month = x["tokens_per_second"] * x["utilisation"] * 730 * 3600
    room = a_month / (x["tokens_out"] + x["read_weight"] * x["tokens_in"])
    replicas = int(x["replicas_at_least"])
    while replicas * room < volume * (1 - 1e-12):
        replicas += 1
    machines = replicas * x["gpus_per_replica"] * x["gpu_hour"] * 730 * x["overhead"]
    return machines + x["operator_year"] * x["operator_share"] / 12


@pytest.mark.parametrize("volume", [0.0, 1.0, 4_204_800.0, 8_409_600.0, 8_500_000.0, 5e7])
def test_a_month_costs_what_an_independent_calculation_says(volume: float) -> None:
    x = at(volume=volume)
    assert costs.api_month(x)[0] == pytest.approx(api(volume))
    assert costs.self_host_month(x)[0] == pytest.approx(own(volume))


def test_machines_are_bought_whole_so_one_item_more_may_cost_a_whole_replica() -> None:
    room = float(costs.capacity(at())[0])
    full, over = (
        costs.self_host_month(at(volume=3 * room - 1)),
        costs.self_host_month(at(volume=3 * room + 1)),
    )
    assert (over - full)[0] == pytest.approx(2 * 3.0 * 730 * 1.5)
    assert costs.fleet(at(volume=1))[0] == 2


def test_tuning_and_training_cost_people_and_rounds() -> None:
    item = (400 * 5 + 50 * 25) / 1e6
    one_round = 10 / 220 * 300_000 + 500
    assert costs.tuned_month(at())[0] == pytest.approx(1e6 * item * 1.5 + 1250 + 2 / 12 * one_round)
    assert costs.trained_month(at())[0] == pytest.approx(100 + 1250)


def first_level_volume(**x: float) -> float:
    """The break-even by walking through the fleets one by one."""
    full = {**BASE, **x}
    item = (full["tokens_in"] * full["price_in"] + full["tokens_out"] * full["price_out"]) / 1e6
    load = full["tokens_out"] + full["read_weight"] * full["tokens_in"]
    room = full["tokens_per_second"] * full["utilisation"] * 730 * 3600 / load
    people = full["operator_year"] / 12 * (full["operator_share"] - full["api_share"])
    for replicas in range(int(full["replicas_at_least"]), 4000):
        machines = replicas * full["gpus_per_replica"] * full["gpu_hour"] * 730 * full["overhead"]
        level = (machines + people) / item
        if level <= replicas * room:
            below = (replicas - 1) * room if replicas > full["replicas_at_least"] else 0.0
            return max(level, below, 0.0)
    return math.inf


@settings(max_examples=150, deadline=None)
@given(
    price=st.floats(0.05, 30),
    busy=st.floats(0.05, 0.9),
    hour=st.floats(0.5, 6),
    overhead=st.floats(1, 5),
    share=st.floats(0.0, 1),
    least=st.integers(1, 3),
)
def test_break_even_equals_a_walk_through_the_fleets(
    price: float, busy: float, hour: float, overhead: float, share: float, least: int
) -> None:
    x = {
        "price_in": price,
        "price_out": 5 * price,
        "utilisation": busy,
        "gpu_hour": hour,
        "overhead": overhead,
        "operator_share": share,
        "replicas_at_least": float(least),
    }
    found, walked = float(costs.break_even(at(**x))[0]), first_level_volume(**x)
    if walked == math.inf:
        assert found == math.inf or found > 3000 * float(costs.capacity(at(**x))[0])
        return
    assert found == pytest.approx(walked, rel=1e-9)
    if found > 1:
        assert own(found * (1 + 1e-9), **x) <= api(found * (1 + 1e-9), **x) * (1 + 1e-6)


def test_the_worked_example_of_the_fact_sheet_comes_out_again() -> None:
    """Two replicas of a pair of GPUs, a quarter to one person: 1.3 to 3.9 billion tokens a month at 5/25."""
    found = []
    for hour, year, share in ((2, 250_000, 0.25), (4, 360_000, 1.0)):
        x = at(
            gpu_hour=hour,
            operator_year=year,
            operator_share=share,
            overhead=1.0,
            api_share=0.0,
            gpus_per_replica=2,
            tokens_in=750,
            tokens_out=250,
            read_weight=0.0,
            utilisation=0.7,
            tokens_per_second=1200,
        )
        fixed = 4 * hour * 730 + year * share / 12
        item = (750 * 5 + 250 * 25) / 1e6
        assert costs.break_even(x)[0] == pytest.approx(fixed / item)
        found.append(fixed / item * 1000 / 1e9)
    assert found == pytest.approx([1.1, 4.2], abs=0.05)


def test_against_a_cheap_model_the_first_fleet_is_full_before_it_pays() -> None:
    x = at(price_in=0.2, price_out=1.2, operator_share=1.0)
    assert costs.break_even(x)[0] > 2 * costs.capacity(x)[0]


def uniform(name: str, low: float, high: float, **more: Any) -> Input:
    return Input(id=name, what=name, low=low, high=high, basis="given", source="here", **more)


def test_ranges_equal_the_quantiles_of_the_closed_form() -> None:
    """The sum of two uniforms is triangular: its quantiles are known."""
    x = drawn([uniform("a", 0, 1), uniform("b", 0, 1)], 20_000, np.random.default_rng(3))
    found = spread(x["a"] + x["b"])
    assert found is not None
    truth = [math.sqrt(2 * 0.05), 1.0, 2 - math.sqrt(2 * 0.05)]
    assert [found.low, found.middle, found.high] == pytest.approx(truth, abs=0.02)


def test_eighteen_of_twenty_new_draws_fall_into_the_range() -> None:
    inputs = [uniform("hour", 2, 4), uniform("busy", 0.1, 0.7)]
    inside = []
    for seed in range(40):
        x = drawn(inputs, 4_000, np.random.default_rng(seed))
        found = spread(x["hour"] / x["busy"])
        assert found is not None
        fresh = drawn(inputs, 4_000, np.random.default_rng(1000 + seed))
        cost = fresh["hour"] / fresh["busy"]
        inside.append(float(np.mean((cost >= found.low) & (cost <= found.high))))
    assert float(np.mean(inside)) == pytest.approx(0.90, abs=0.005)


def test_a_normal_input_has_the_interval_that_was_measured() -> None:
    one = uniform("item", 0.8, 1.2, shape="normal")
    assert one.at(np.array([0.025, 0.5, 0.975])) == pytest.approx([0.8, 1.0, 1.2])


def test_a_whole_input_takes_every_whole_number_alike() -> None:
    values = uniform("gpus", 1, 2, shape="whole").at(np.linspace(0, 0.9999, 1000))
    assert set(values.tolist()) == {1.0, 2.0}
    assert float(np.mean(values)) == pytest.approx(1.5, abs=0.01)


def test_variance_shares_equal_the_closed_form_of_a_sum() -> None:
    """Var(a·U) is a²/12, so 3U + 1U + 0V has shares 9/10, 1/10 and 0."""
    inputs = [uniform("big", 0, 3), uniform("small", 0, 1), uniform("idle", 0, 9), uniform("sure", 2, 2)]
    found = variance_shares(inputs, lambda x: x["big"] + x["small"], seed=1)
    shares = {one.input: one.share for one in found}
    assert [one.input for one in found][:2] == ["big", "small"]
    assert shares == pytest.approx({"big": 0.9, "small": 0.1, "idle": 0.0}, abs=0.02)


def test_what_does_not_vary_has_no_shares() -> None:
    assert variance_shares([uniform("sure", 2, 2)], lambda x: x["sure"], seed=0) == ()


def test_the_same_seed_gives_the_same_draws() -> None:
    inputs = [uniform("a", 0, 1)]
    first, second = (drawn(inputs, 50, np.random.default_rng(7))["a"] for _ in range(2))
    assert np.array_equal(first, second)
