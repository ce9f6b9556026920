"""Failing segments are found, and nothing is found where nothing fails."""

from __future__ import annotations

import numpy as np
import pytest

from shipworthy.stats.arrays import BoolArray, IntArray
from shipworthy.stats.intervals import proportion
from shipworthy.stats.segments import MISSING, SegmentTable, SmallSegment, segment_gaps

SIZES = [0.4, 0.25, 0.2, 0.1, 0.05]
N = 1_500


def columns(rng: np.random.Generator, clusters: IntArray | None = None) -> dict[str, list[str | None]]:
    """Four columns of five values; constant within clusters where there are any."""
    table: dict[str, list[str | None]] = {}
    for column in ("plan", "channel", "region", "level"):
        drawn = rng.choice(5, N if clusters is None else int(clusters.max()) + 1, p=SIZES)
        codes = drawn if clusters is None else drawn[clusters]
        table[column] = [f"v{code}" for code in codes]
    return table


def right(rng: np.random.Generator, rate: float, clusters: IntArray | None = None) -> BoolArray:
    """Right or wrong; with clusters, alike within them (intra-cluster correlation .2)."""
    if clusters is None:
        return np.asarray(rng.random(N) < rate)
    rates = rng.beta(4 * rate, 4 * (1 - rate), int(clusters.max()) + 1)
    return np.asarray(rng.random(N) < rates[clusters])


@pytest.mark.simulation
@pytest.mark.parametrize("rate", [0.92, 0.98])
@pytest.mark.parametrize("clustered", [False, True])
def test_where_nothing_fails_something_is_found_in_at_most_5_per_cent(rate: float, clustered: bool) -> None:
    rng = np.random.default_rng(1)
    clusters = np.arange(N) // 5 if clustered else None
    tables = [
        segment_gaps(right(rng, rate, clusters), columns(rng, clusters), clusters=clusters, effect_floor=0.0)
        for _ in range(80)
    ]
    assert sum(bool(table.found) for table in tables) <= 80 * 0.05 + 4


@pytest.mark.simulation
def test_a_segment_that_fails_by_15_points_is_found_in_at_least_90_per_cent_and_is_the_worst() -> None:
    rng = np.random.default_rng(2)
    found = 0
    for _ in range(60):
        table = columns(rng)
        failing = rng.permutation(N)[:150]
        for row in failing:
            table["plan"][row] = "free"
        correct = np.where(np.isin(np.arange(N), failing), rng.random(N) < 0.77, rng.random(N) < 0.92)
        result = segment_gaps(correct, table)
        found += bool(result.found) and result.singles[0].where == (("plan", "free"),)
    assert found >= 54


def planted(rng: np.random.Generator) -> tuple[BoolArray, dict[str, list[str | None]]]:
    table = columns(rng)
    free = np.array([value == "v1" for value in table["plan"]])
    return np.where(free, rng.random(N) < 0.7, rng.random(N) < 0.95), table


def test_the_worst_segment_comes_first_with_its_gap_and_in_words() -> None:
    correct, table = planted(np.random.default_rng(3))
    result = segment_gaps(correct, table)
    worst = result.singles[0]
    assert result.found[0] == worst
    inside = np.array([value == "v1" for value in table["plan"]])
    assert worst.rate.value == pytest.approx(correct[inside].mean())
    assert worst.rest.value == pytest.approx(correct[~inside].mean())
    assert worst.gap.value == pytest.approx(correct[inside].mean() - correct[~inside].mean())
    assert (worst.gap.low or 0) < (worst.gap.value or 0) < (worst.gap.high or 0) < 0
    assert worst.gap.level == 1 - 2 * 0.04 / 20
    assert worst.words(correct.mean()) == (
        f"right {correct.mean():.0%} on average, {correct[inside].mean():.0%} for plan = v1,"
        f" n = {inside.sum()}"
    )
    assert result.words().startswith(worst.words(correct.mean()))
    assert result.overall == proportion(correct).at()


def test_parts_of_a_failing_segment_are_not_listed_again_as_pairs() -> None:
    for seed in range(5):
        correct, table = planted(np.random.default_rng(seed))
        result = segment_gaps(correct, table)
        assert [segment.name for segment in result.found] == ["plan = v1"]
        assert result.pairs_tested > 50


def test_a_pair_that_fails_alone_is_found_at_the_second_stage() -> None:
    rng = np.random.default_rng(4)
    table = columns(rng)
    cells = zip(table["plan"], table["channel"], strict=True)
    both = np.array([cell == ("v0", "v1") for cell in cells])
    correct = np.where(both, rng.random(N) < 0.5, rng.random(N) < 0.95)
    result = segment_gaps(correct, table)
    assert result.found[0].where == (("plan", "v0"), ("channel", "v1"))
    assert result.found[0].name == "plan = v0 and channel = v1"
    assert result.found[0].n == both.sum()


def test_a_pair_that_is_nearly_all_of_a_failing_segment_is_not_listed_beside_it() -> None:
    correct, table = planted(np.random.default_rng(3))
    free = [row for row, value in enumerate(table["plan"]) if value == "v1"]
    others = [row for row, value in enumerate(table["plan"]) if value == "v0"]
    for row in free[10:] + others[:40]:
        table["channel"][row] = "mostly here"
    names = [segment.name for segment in segment_gaps(correct, table).found]
    assert sorted(names) == ["channel = mostly here", "plan = v1"]


def test_without_a_find_the_words_say_how_much_was_looked_at() -> None:
    rng = np.random.default_rng(18)
    table = segment_gaps(right(rng, 0.9), columns(rng))
    assert (
        table.words()
        == f"Nothing fails beyond doubt among 20 segments and {table.pairs_tested} pairs of them."
    )
    crowd = [f"v{row % 10}" for row in range(N)]
    failing = np.array([int(value[1]) < 5 for value in crowd])
    many = segment_gaps(np.where(failing, rng.random(N) < 0.5, rng.random(N) < 0.98), {"crowd": crowd})
    assert len(many.found) == 5
    assert many.words().endswith("And 2 more.")


def test_rows_without_a_value_are_a_segment_of_their_own() -> None:
    rng = np.random.default_rng(5)
    missing = rng.random(N) < 0.2
    correct = np.where(missing, rng.random(N) < 0.6, rng.random(N) < 0.95)
    column = [None if gone and row % 2 else "" if gone else "known" for row, gone in enumerate(missing)]
    (found,) = segment_gaps(correct, {"plan": column}).found
    assert found.where == (("plan", MISSING),)
    assert found.n == missing.sum()


def test_segments_that_cannot_be_compared_are_named_with_the_reason() -> None:
    rng = np.random.default_rng(6)
    column = ["rare"] * 12 + ["one customer"] * 100 + ["common"] * 888
    clusters = np.concatenate([np.arange(12), np.full(100, 12), np.arange(13, 901)])
    result = segment_gaps(rng.random(1_000) < 0.9, {"plan": column, "same": ["x"] * 1_000}, clusters=clusters)
    assert [segment.name for segment in result.singles] == ["plan = common"]
    assert result.too_small == (
        SmallSegment(
            column="same", value="x", n=1_000, reason="fewer than 30 rows without it to compare with"
        ),
        SmallSegment(
            column="plan",
            value="one customer",
            n=100,
            reason="nearly all its rows come from very few of the groups that rows belong to",
        ),
        SmallSegment(column="plan", value="rare", n=12, reason="fewer than 30 rows"),
    )
    assert result.words() == (
        "Nothing fails beyond doubt among 1 segment. Too small to say anything: 3 segments."
    )


def test_a_tiny_gap_is_not_found_however_sure_it_is() -> None:
    rng = np.random.default_rng(7)
    column = np.where(rng.random(100_000) < 0.5, "a", "b")
    correct = np.where(column == "a", rng.random(100_000) < 0.90, rng.random(100_000) < 0.93)
    table = {"plan": column.tolist()}
    assert segment_gaps(correct, table).found == ()
    assert [s.name for s in segment_gaps(correct, table, effect_floor=0.01).found] == ["plan = a"]


def test_copies_of_rows_find_no_more_than_the_rows_when_they_are_named_as_clusters() -> None:
    rng = np.random.default_rng(8)
    column = np.where(rng.random(300) < 0.3, "a", "b")
    correct = np.where(column == "a", rng.random(300) < 0.85, rng.random(300) < 0.92)
    once = segment_gaps(correct, {"plan": column.tolist()})
    copied = segment_gaps(
        np.repeat(correct, 8), {"plan": np.repeat(column, 8).tolist()}, clusters=np.repeat(np.arange(300), 8)
    )
    assert [s.name for s in copied.singles] == [s.name for s in once.singles]
    for there, here in zip(copied.singles, once.singles, strict=True):
        assert there.p == pytest.approx(here.p, rel=0.02)
        assert there.gap.low == pytest.approx(here.gap.low, abs=1e-3)
        assert there.rate.low == pytest.approx(here.rate.low, abs=1e-3)


def test_scores_of_any_size_are_compared_in_their_own_unit() -> None:
    rng = np.random.default_rng(9)
    column = np.where(rng.random(N) < 0.2, "a", "b")
    cost = -np.where(column == "a", rng.gamma(2, 6, N), rng.gamma(2, 4, N))
    result = segment_gaps(cost, {"plan": column.tolist()})
    (found,) = result.found
    assert found.gap.value == pytest.approx(cost[column == "a"].mean() - cost[column == "b"].mean())
    assert (found.gap.unit, found.rate.unit, result.overall.unit) == ("score", "score", "score")
    assert found.words(float(cost.mean()), "earns").startswith("earns -8.")


def test_rows_without_a_number_are_left_out_and_counted() -> None:
    correct, table = planted(np.random.default_rng(10))
    values = correct.astype(np.float64)
    values[::10] = np.nan
    result = segment_gaps(values, table)
    assert result.left_out == 150
    assert result.overall.n == 1_350
    assert [segment.name for segment in result.found] == ["plan = v1"]


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_equal_values_show_no_gap(value: float) -> None:
    result = segment_gaps(np.full(N, value), columns(np.random.default_rng(11)))
    assert result.found == ()
    assert {segment.gap.value for segment in result.singles} == {0.0}


def test_no_rows_give_an_empty_table() -> None:
    result = segment_gaps(np.zeros(0), {"plan": []})
    assert (result.singles, result.pairs, result.too_small) == ((), (), ())
    assert result.words() == "There are no rows to compare."
    assert isinstance(result, SegmentTable)


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="column 'plan' has 2 rows, the values have 3"):
        segment_gaps(np.ones(3), {"plan": ["a", "b"]})
