"""Is there enough data, and how much more would decide?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.stats.comparison import paired_difference
from shipworthy.stats.estimate import measured, undefined
from shipworthy.stats.intervals import mean, proportion
from shipworthy.stats.power import (
    Direction,
    detectable_difference,
    detectable_paired_difference,
    rows_to_decide,
)


def right(count: int, n: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.arange(n) < count


@pytest.mark.simulation
@pytest.mark.parametrize(("n", "rate"), [(200, 0.9), (1_000, 0.95), (300, 0.7)])
def test_a_detectable_drop_is_detected_in_about_80_per_cent(n: int, rate: float) -> None:
    drop = detectable_difference(n, rate)
    assert drop is not None
    counts = np.random.default_rng(5).binomial(n, rate - drop, 2_000)
    below = {
        count: (proportion(right(count, n)).at().high or 1) < rate for count in np.unique(counts).tolist()
    }
    assert np.mean([below[count] for count in counts.tolist()]) == pytest.approx(0.8, abs=0.06)


@pytest.mark.simulation
def test_a_detectable_paired_difference_is_detected_in_about_80_per_cent() -> None:
    gap = detectable_paired_difference(500, 0.15)
    assert gap is not None
    rng = np.random.default_rng(6)
    seen = 0
    for _ in range(600):
        draw = rng.random(500)
        estimate = paired_difference(draw < (0.15 + gap) / 2, draw > 1 - (0.15 - gap) / 2).at()
        seen += (estimate.low or 0) > 0
    assert seen / 600 == pytest.approx(0.8, abs=0.06)


@given(st.integers(20, 5_000), st.floats(0.5, 0.99))
def test_more_rows_detect_less_and_dependence_takes_rows_away(n: int, rate: float) -> None:
    few, many = detectable_difference(n, rate), detectable_difference(4 * n, rate)
    assert many is not None
    assert few is None or many < few
    assert detectable_difference(4 * n, rate, design_effect=4) == few


def test_what_no_drop_would_show_is_not_detectable() -> None:
    assert detectable_difference(3, 0.5) is None
    assert detectable_paired_difference(5, 0.02) is None


@pytest.mark.simulation
@pytest.mark.parametrize(
    ("count", "n", "bar", "direction", "would_be"),
    [
        (93, 100, 0.9, ">=", "met"),
        (440, 500, 0.9, ">=", "failed"),
        (385, 400, 0.95, ">=", "met"),
        (29, 30, 0.9, ">=", "met"),
        (40, 500, 0.1, "<=", "met"),
        (60, 500, 0.1, "<=", "failed"),
    ],
)
def test_so_many_more_rows_decide_in_about_80_per_cent(
    count: int, n: int, bar: float, direction: Direction, would_be: str
) -> None:
    rows = rows_to_decide(proportion(right(count, n)), bar, direction)
    assert rows.more is not None
    assert rows.would_be == would_be
    total = n + rows.more
    new = np.random.default_rng(7).binomial(rows.more, count / n, 2_000)
    ends = {seen: proportion(right(count + seen, total)).at() for seen in np.unique(new).tolist()}
    above = (would_be == "met") == (direction == ">=")
    decided = [
        (ends[seen].low or 0) >= bar if above else (ends[seen].high or 1) <= bar for seen in new.tolist()
    ]
    assert 0.7 <= np.mean(decided) <= 0.9


def test_a_mean_is_reckoned_with_like_a_share() -> None:
    rng = np.random.default_rng(8)
    values = rng.normal(0.1, 1, 200)
    values += 0.1 - values.mean()
    rows = rows_to_decide(mean(values), 0.0, ">=")
    expected = ((1.96 + 0.84) * float(np.std(values)) / 0.1) ** 2
    assert rows.more == pytest.approx(expected - 200, rel=0.35)


def test_a_single_interval_will_do_when_nothing_else_is_at_hand() -> None:
    quantity = proportion(right(440, 500))
    whole, single = rows_to_decide(quantity, 0.9, ">="), rows_to_decide(quantity.at(), 0.9, ">=")
    assert whole.more is not None
    assert single.more == pytest.approx(whole.more, rel=0.1)


def test_a_decided_bar_needs_no_more_rows() -> None:
    rows = rows_to_decide(proportion(right(990, 1_000)), 0.9, ">=")
    assert (rows.more, rows.would_be, str(rows)) == (0, "met", "It is met on the rows at hand.")


def test_a_value_on_the_bar_is_never_decided_and_that_is_said() -> None:
    rows = rows_to_decide(proportion(right(900, 1_000)), 0.9, ">=")
    assert (rows.more, rows.would_be) == (None, None)
    assert rows.why == (
        "The measured value is so close to the bar that 1,000,000 more rows would probably not decide."
        " Move the bar, or improve the feature."
    )


def test_nothing_measured_gives_nothing_to_reckon_from() -> None:
    nothing = measured(lambda level: undefined("no rows of class 'outage'", method="Wilson", level=level))
    for quantity in (nothing, nothing.at()):
        rows = rows_to_decide(quantity, 0.9, ">=")
        assert rows.more is None
        assert "no rows of class 'outage'" in rows.why


def test_a_stricter_level_asks_for_more_rows() -> None:
    quantity = proportion(right(440, 500))
    plain, strict = (rows_to_decide(quantity, 0.9, ">=", level=level).more for level in (0.95, 0.9875))
    assert plain is not None
    assert strict is not None
    assert strict > plain
