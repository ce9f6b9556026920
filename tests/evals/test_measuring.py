"""What a bar names is measured on the right rows, and money is counted as written."""

import numpy as np
import pytest

from shipworthy.evals.bars import parse_bar
from shipworthy.evals.measuring import Bench, Money
from shipworthy.evals.spec import CostPair, CostsSpec, ValueSpec
from shipworthy.stats.classification import METRICS
from shipworthy.stats.sample import Sample

COSTS = CostsSpec(
    wrong=5,
    handed_over=1,
    pairs=[CostPair(label="outage", cost=60), CostPair(label="outage", predicted="bug", cost=20)],
)
VALUE = ValueSpec(benefit_per_item=1, minutes_saved=6, cost_per_hour=10, volume_per_month=1000)


def sample() -> Sample:
    return Sample(
        labels=np.array([0, 0, 1, 1, 1, 0]),
        predictions=np.array([0, 1, 1, 0, 2, -1]),
        classes=("bug", "outage", "praise"),
        confidence=np.array([0.9, 0.6, 0.8, 0.7, 0.2, np.nan]),
    )


def bench(*, threshold: float | None = None, money: bool = True) -> Bench:
    whole = sample()
    return Bench(
        sample=whole,
        rivals={"baseline": whole},
        segments={"plan": ["a", "a", "a", "b", "b", "b"]},
        leaked=np.array([False] * 6 + [True] * 2),
        money=Money(value=VALUE, costs=COSTS) if money else None,
        threshold=threshold,
    )


def value(text: str, held: Bench) -> float | None:
    return held.measure(parse_bar(text, metrics=METRICS)).at().value


def test_the_most_specific_cost_of_a_mistake_wins() -> None:
    assert [COSTS.of("outage", name) for name in ("bug", "praise", "outage")] == [20, 60, 0]
    assert COSTS.of("bug", "praise") == 5


def test_a_row_without_an_answer_costs_a_hand_over() -> None:
    held = bench()
    assert Money(value=VALUE, costs=COSTS).cost_per_row(held.sample, held.handled).tolist() == [
        0,
        5,
        0,
        20,
        60,
        1,
    ]
    assert value("cost_per_1000 <= 1", held) == pytest.approx(1000 * 86 / 6)


def test_above_a_threshold_the_rest_is_handed_over() -> None:
    held = bench(threshold=0.75)
    assert held.handled.tolist() == [True, False, True, False, False, False]
    assert value("cost_per_1000 <= 1", held) == pytest.approx(1000 * 4 / 6)
    assert value("net_value_month >= 0", held) == pytest.approx(1000 * (2 * 2 - 4) / 6)


def test_metrics_look_at_the_handled_rows_only() -> None:
    assert value("accuracy >= 0.5", bench()) == pytest.approx(2 / 6)
    assert value("accuracy >= 0.5", bench(threshold=0.75)) == 1.0


def test_leakage_counts_every_test_row() -> None:
    assert value("leakage <= 0.5", bench(threshold=0.75)) == pytest.approx(2 / 8)


def test_money_without_costs_is_undefined_and_not_zero() -> None:
    estimate = bench(money=False).net_value_month().at()
    assert (estimate.value, estimate.warning) == (None, "feature.yaml gives no value")


def test_a_candidate_is_level_with_itself() -> None:
    assert value("beats(baseline)", bench()) == 0.0


def test_without_confidence_nothing_can_be_handed_over() -> None:
    plain = sample()
    held = Bench(
        sample=Sample(labels=plain.labels, predictions=plain.predictions, classes=plain.classes),
        rivals={},
        segments={},
        leaked=np.zeros(6, dtype=bool),
        money=None,
    )
    estimate = held.auto_handled(0.9).at()
    assert estimate.warning == "the candidate gives no confidence"
    assert held.above(0.5).handled.tolist() == [False] * 6


@pytest.mark.parametrize(
    ("outputs", "classes", "expected"),
    [
        (["yes", "NO ", "Yes", "maybe", None], ("No", "Yes"), [1, 0, 1, -1, -1]),
        (["0.0", "1.0", "1", "10"], ("0", "1"), [0, 1, 1, -1]),
        (["A", "a"], ("A", "a"), [0, 1]),
    ],
)
def test_an_answer_is_read_as_the_label_that_a_spreadsheet_made_of_it(
    outputs: list[str | None], classes: tuple[str, ...], expected: list[int]
) -> None:
    from shipworthy.evals.sampling import answer_codes

    assert answer_codes(outputs, classes).tolist() == expected
