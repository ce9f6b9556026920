"""Bars are read as people write them, and wrong ones are explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import SpecError
from shipworthy.evals.bars import Bar, parse_bar
from shipworthy.stats.classification import METRICS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "macro_f1 >= 0.80",
            Bar(text="macro_f1 >= 0.80", kind="metric", op=">=", value=0.8, metric="macro_f1"),
        ),
        (
            "recall[outage] >= 90%",
            Bar(
                text="recall[outage] >= 90%",
                kind="metric",
                op=">=",
                value=0.9,
                metric="recall",
                class_="outage",
            ),
        ),
        (
            "gap(fnr, by=language level) ≤ 0.05",
            Bar(
                text="gap(fnr, by=language level) ≤ 0.05",
                kind="gap",
                op="<=",
                value=0.05,
                metric="fnr",
                by="language level",
            ),
        ),
        (
            "gap(recall[outage], by=plan) < 5%",
            Bar(
                text="gap(recall[outage], by=plan) < 5%",
                kind="gap",
                op="<=",
                value=0.05,
                metric="recall",
                class_="outage",
                by="plan",
            ),
        ),
        (
            "auto_handled >= 0.6 at precision >= 0.95",
            Bar(
                text="auto_handled >= 0.6 at precision >= 0.95",
                kind="auto_handled",
                op=">=",
                value=0.6,
                precision=0.95,
            ),
        ),
        ("beats(baseline)", Bar(text="beats(baseline)", kind="beats", op=">=", value=0.0, rival="baseline")),
        (
            "beats(old model) by 0.02",
            Bar(text="beats(old model) by 0.02", kind="beats", op=">=", value=0.02, rival="old model"),
        ),
        ("leakage <= 0.01", Bar(text="leakage <= 0.01", kind="leakage", op="<=", value=0.01)),
        (
            "cost_per_1000 <= 0.50",
            Bar(text="cost_per_1000 <= 0.50", kind="cost_per_1000", op="<=", value=0.5),
        ),
        (
            "net_value_month >= -1_000",
            Bar(text="net_value_month >= -1_000", kind="net_value_month", op=">=", value=-1000.0),
        ),
    ],
)
def test_a_bar_is_read_as_it_is_written(text: str, expected: Bar) -> None:
    assert parse_bar(text, metrics=METRICS) == expected


def test_an_unknown_metric_names_the_nearest_one() -> None:
    with pytest.raises(SpecError) as caught:
        parse_bar("acuracy >= 0.9", metrics=METRICS)
    assert caught.value.message == "The bar 'acuracy >= 0.9' names 'acuracy', which is not a metric."
    assert caught.value.hint == "Did you mean 'accuracy'?"


def test_text_that_is_no_bar_shows_how_bars_are_written() -> None:
    with pytest.raises(SpecError) as caught:
        parse_bar("as good as possible", metrics=METRICS)
    assert caught.value.hint is not None
    assert "macro_f1 >= 0.80" in caught.value.hint


def test_a_bar_about_a_missing_class_names_the_nearest_class() -> None:
    bar = parse_bar("recall[outages] >= 0.9", metrics=METRICS)
    with pytest.raises(SpecError) as caught:
        bar.check_names(classes=["billing", "outage"], segments=[], candidates=[])
    assert caught.value.hint == "Did you mean 'outage'?"


@given(st.text(max_size=60))
def test_any_text_is_either_a_bar_or_a_readable_error(text: str) -> None:
    try:
        words = parse_bar(text, metrics=METRICS).words
    except SpecError as error:
        words = error.message
    assert words


@given(
    st.sampled_from(sorted(METRICS)),
    st.floats(min_value=0, max_value=1).map(lambda value: round(value, 4)),
)
def test_a_written_number_is_the_number_read(metric: str, value: float) -> None:
    op = ">=" if METRICS[metric].better == "higher" else "<="
    bar = parse_bar(f"{metric} {op} {value:.4f}", metrics=METRICS)
    assert (bar.metric, bar.op) == (metric, op)
    assert bar.value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("accuracy >= 90", "Did you mean 90% (0.9)?"),
        ("beats(baseline) by 2", "Did you mean 2% (0.02)?"),
        ("auto_handled >= 0.6 at precision >= 95", "Did you mean 95% (0.95)?"),
        ("gap(fnr, by=plan) <= 5", "Did you mean 5% (0.05)?"),
        ("accuracy <= 0.9", "Write >= instead of <=."),
        ("leakage >= 0.01", "Write <= instead of >=."),
        ("net_value_month <= 100", "Write >= instead of <=."),
    ],
)
def test_a_slip_is_refused_with_what_was_probably_meant(text: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_bar(text, metrics=METRICS)
    assert caught.value.hint == hint
