"""Build, tune, buy or wait: what is recommended, what would reverse it, and what ends a wait."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shipworthy.core.errors import SpecError, UserError
from shipworthy.evals.spec import FeatureSpec
from shipworthy.launch.sourcing import (
    SourceAnswers,
    Sourcing,
    check_tripwires,
    in_words,
    paper,
    ranked,
    weigh,
)
from shipworthy.launch.sourcing.answers import read_source_answers
from shipworthy.launch.sourcing.deciding import required_fall, required_points
from shipworthy.launch.sourcing.options import Option
from shipworthy.launch.sourcing.tripwires import Tripwire, score_tripwire
from shipworthy.playbook.regulation import provision
from shipworthy.playbook.sourcing import cost_ranges

TODAY = date(2026, 11, 23)
REVIEW = "2026-11-20-abc123"


def estimate(value: float, half: float = 0.02, n: int = 400, unit: str = "share") -> dict[str, Any]:
    return {
        "value": value,
        "low": value - half,
        "high": value + half,
        "n": n,
        "method": "Wilson",
        "level": 0.95,
        "clusters": None,
        "unit": unit,
        "warning": None,
    }


def candidate(name: str, accuracy: float, *, lead: float | None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "trained",
        "baseline": False,
        "chosen": lead is None,
        "scores": {"accuracy": estimate(accuracy)},
        "difference": None if lead is None else estimate(lead, 0.01, unit="points"),
        "latency_ms": 2.0,
        "calls": None,
    } | more


def asked(
    name: str, accuracy: float, *, lead: float | None, model: str, cost: float | None
) -> dict[str, Any]:
    price = estimate(cost, 0.05 * cost, unit="money") if cost else estimate(0, 0) | {"value": None}
    calls = {
        "model": model,
        "cost_per_1000": price,
        "price": "genai-prices 0.2.3, as of 2026-10-01",
        "caution": None,
        "tokens_in": 400.0,
        "tokens_out": 8.0,
        "latency_p95_ms": 900.0,
    }
    return candidate(name, accuracy, lead=lead, kind="model", calls=calls)


def report(*candidates: dict[str, Any], decision: str = "ship", bars: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {
        "id": REVIEW,
        "at": "2026-11-20T10:00:00Z",
        "origin": "own",
        "candidates": list(candidates),
        "verdict": {"decision": decision, "headline": "Said so.", "reasons": [], "next_steps": []},
        "bars": list(bars),
        "data": {"rows": {"test": 400}},
    }


def spec(**value: Any) -> FeatureSpec:
    return FeatureSpec.model_validate(
        {
            "name": "triage",
            "does": "Sorts messages.",
            "for_whom": "support",
            "data": {"file": "x.csv", "input": "text", "label": "team"},
            "value": {"volume_per_month": 50_000, "benefit_per_item": 0.5} | value,
            "costs": {"wrong": 1.0},
        }
    )


HOSTED = asked("prompted", 0.93, lead=None, model="openai:gpt-5-mini", cost=0.4)
SMALL = candidate("trained", 0.90, lead=0.03)


def weighed(*candidates: dict[str, Any], answers: dict[str, Any] | None = None, **more: Any) -> Sourcing:
    said = SourceAnswers.model_validate(answers or {})
    return weigh(more.pop("spec", spec()), report(*candidates, **more), said, on=TODAY)


def option(found: Sourcing, route: str) -> Option:
    return next(one for one in found.options if one.route == route)


def test_the_way_that_brings_most_is_recommended_with_what_would_reverse_it() -> None:
    found = weighed(HOSTED, SMALL)
    hosted, trained = option(found, "api"), option(found, "trained")
    assert (found.recommendation.choice, found.recommendation.candidate) == ("api", "prompted")
    assert hosted.net_month is not None
    assert trained.net_month is not None
    assert hosted.net_month.middle > trained.net_month.middle
    assert hosted.best_share is not None
    assert hosted.best_share > 0.8
    assert any(
        "Small classifier trained here (trained) would be level" in one
        for one in found.recommendation.reversed_by
    )
    assert any("machines of your own" in one for one in found.recommendation.reversed_by)


def test_quality_and_its_gap_are_those_that_the_review_measured_on_the_same_rows() -> None:
    found = option(weighed(HOSTED, SMALL), "trained")
    assert found.accuracy is not None
    assert found.gap is not None
    assert (found.accuracy.value, found.accuracy.n, found.gap.value, found.gap.low) == (
        0.90,
        400,
        0.03,
        0.03 - 0.01,
    )


def test_the_middle_of_a_range_is_the_cost_at_the_middle_of_its_inputs() -> None:
    """Volume · price + people: both parts are symmetric and independent."""
    cost = option(weighed(HOSTED, SMALL), "api").cost_month
    assert cost is not None
    people = (250_000 + 360_000) / 2 / 12 * (0.02 + 0.15) / 2
    assert cost.middle == pytest.approx(50 * 0.4 + people, rel=0.03)
    assert cost.low < cost.middle < cost.high


def test_a_way_whose_data_may_not_leave_is_ruled_out_and_not_recommended() -> None:
    found = weighed(HOSTED, SMALL, answers={"data_may_go": "nowhere"})
    assert found.recommendation.choice == "trained"
    assert option(found, "api").best_share is None
    assert "broken" in {limit.state for limit in option(found, "api").constraints}


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"max_latency_ms": 500}, "broken"),
        ({"max_latency_ms": 1000}, "met"),
        ({"data_may_go": "one_region"}, "unknown"),
        ({"data_may_go": "one_region", "vendor_in_region": False}, "broken"),
        ({"vendor_retires": "2026-01-01"}, "broken"),
        ({"vendor_retires": "2027-03-01"}, "note"),
        ({"vendor_retires": "2029-01-01"}, "met"),
    ],
)
def test_constraints_are_met_broken_or_open(answers: dict[str, Any], state: str) -> None:
    assert state in {
        limit.state for limit in option(weighed(HOSTED, SMALL, answers=answers), "api").constraints
    }


def test_the_role_flip_of_the_ai_act_cites_provisions_that_resolve() -> None:
    (limit,) = [
        one for one in option(weighed(HOSTED), "fine_tune").constraints if one.name == "Your role in law"
    ]
    pins = re.findall(r"Art\. 25\(1\)\([a-z]\)", limit.words)
    assert pins == ["Art. 25(1)(b)", "Art. 25(1)(c)"]
    assert "substantial modification" in provision(pins[0]).text


def test_without_a_review_nothing_is_recommended_but_to_measure() -> None:
    found = weigh(spec(), None, SourceAnswers(), on=TODAY)
    assert found.recommendation.choice == "measure_first"
    assert found.gaps[0].startswith("There is no review")
    assert all(one.accuracy is None for one in found.options)


def test_tokens_and_prices_that_nobody_measured_are_asked_and_marked_as_assumptions() -> None:
    bare = weighed(candidate("trained", 0.9, lead=None))
    assert option(bare, "api").cost_month is None
    assert any("tokens_in" in gap for gap in bare.gaps)
    said = {"tokens_in": 400, "tokens_out": 8, "price": {"input": 0.25, "output": 2.0}}
    found = weighed(candidate("trained", 0.9, lead=None), answers=said)
    tokens = next(one for one in found.inputs if one.id == "tokens_in")
    assert (tokens.basis, tokens.low, tokens.high) == ("assumption", 400, 400)
    assert option(found, "api").cost_month is not None
    assert found.break_even is not None
    assert found.recommendation.choice == "trained"  # a price without a measured quality recommends nothing


def test_lists_that_disagree_widen_the_price() -> None:
    disputed = asked("prompted", 0.93, lead=None, model="google:gemini-3.6-flash", cost=0.4)
    disputed["calls"]["caution"] = "Price lists disagree."
    found = weighed(disputed)
    factor = next(one for one in found.inputs if one.id == "price_factor")
    assert (factor.low, factor.high, factor.basis) == (0.5, 1.0, "published")
    assert "Price lists disagree." in found.prices


def test_a_feature_on_hold_waits_and_every_wait_has_a_tripwire() -> None:
    bar = {"text": "accuracy >= 0.95", "all_rows": {"outcome": "failed"}}
    found = weighed(HOSTED, SMALL, decision="hold", bars=(bar,))
    assert found.recommendation.choice == "wait"
    assert [one.kind for one in found.waiting.tripwires] == ["date", "score"]
    assert found.waiting.until == date(2027, 5, 23)
    assert found.recommendation.reversed_by == tuple(one.words for one in found.waiting.tripwires)


def test_what_loses_money_waits_for_the_price_that_pays() -> None:
    dear = asked("prompted", 0.99, lead=None, model="openai:gpt-5", cost=400.0)
    found = weighed(dear, spec=spec(benefit_per_item=0.3))
    price = next(one for one in found.waiting.tripwires if one.kind == "price")
    assert found.recommendation.choice == "wait"
    assert price.limit is not None
    worth = 1000 * (0.99 * 0.3 - 0.01 * 1.0)
    assert price.limit == pytest.approx(worth, rel=0.05)


def test_what_waiting_needs_equals_the_algebra() -> None:
    """Six of twelve months at 1,000 a month are made up by 1,000 more in each of the other six."""
    assert required_points(1000, 6, 12, per_point=250) == pytest.approx(4.0)
    assert required_fall(1000, 6, 12, spent=4000) == pytest.approx(0.25)
    assert required_points(1000, 12, 12, per_point=250) is None
    assert required_points(1000, 3, 12, per_point=0) is None


def test_what_a_person_says_about_waiting_is_taken() -> None:
    said = {"wait": {"until": "2027-02-01", "score": "macro_f1 >= 90%", "cost_per_1000": 0.1}}
    found = weighed(HOSTED, answers=said).waiting
    assert found.until == date(2027, 2, 1)
    assert [(one.kind, one.metric, one.limit) for one in found.tripwires] == [
        ("date", None, None),
        ("score", "macro_f1", 0.9),
        ("price", None, 0.1),
    ]


@pytest.mark.parametrize(("accuracy", "met"), [(0.97, True), (0.90, False), (0.95, None)])
def test_a_score_meets_a_tripwire_by_the_end_of_its_interval(accuracy: float, met: bool | None) -> None:
    (result,) = check_tripwires(
        [score_tripwire("accuracy >= 0.95")], candidate("new", accuracy, lead=None), on=TODAY
    )
    assert result.met is met


def test_dates_and_prices_meet_their_tripwires_on_the_day_and_at_the_limit() -> None:
    day = Tripwire(kind="date", words="", day=TODAY)
    price = Tripwire(kind="price", words="", limit=0.4)
    results = check_tripwires([day, price], HOSTED, on=TODAY)
    assert [one.met for one in results] == [True, True]
    assert check_tripwires([replace(day, day=date(2026, 11, 24))], None, on=TODAY)[0].met is False
    assert check_tripwires([replace(price, limit=0.39)], HOSTED, on=TODAY)[0].met is False
    assert check_tripwires([price], SMALL, on=TODAY)[0].met is None


def test_a_score_that_is_written_otherwise_is_refused() -> None:
    with pytest.raises(UserError, match="no score to wait for"):
        score_tripwire("better than now")


def test_ranking_is_by_the_lower_end_and_what_cannot_be_ranked_says_why() -> None:
    sure, unsure = (
        weighed(HOSTED),
        replace(weighed(SMALL | {"chosen": True, "difference": None}), feature="other"),
    )
    unknown = replace(weigh(spec(), None, SourceAnswers(), on=TODAY), feature="new")
    lines = ranked([unknown, unsure, sure], [("broken", "It has no volume.")])
    assert [(one.rank, one.feature) for one in lines] == [
        (1, "triage"),
        (2, "other"),
        (None, "new"),
        (None, "broken"),
    ]
    assert lines[3].problem == "It has no volume."
    assert lines[0].evidence == "ship, 400 test rows"


def test_the_paper_shows_every_input_with_its_source_and_every_gap() -> None:
    found = weighed(HOSTED, SMALL)
    text = paper(found)
    assert all(f"| `{one.id}` |" in text for one in found.inputs)
    assert text.count("**Gap:** not measured") == 2
    assert f"[review {REVIEW}]" in text
    assert "(20,000 draws, seed 0)" in text
    assert "What would reverse it" in in_words(found)


def test_a_hostile_name_is_inert_in_the_paper() -> None:
    nasty = candidate("<script>alert(1)</script>|x", 0.9, lead=None)
    assert "<script>" not in paper(weighed(nasty))


def test_the_same_seed_gives_the_same_decision_and_another_one_differs_little() -> None:
    first, again = weighed(HOSTED, SMALL), weighed(HOSTED, SMALL)
    other = weigh(spec(), report(HOSTED, SMALL), SourceAnswers(), on=TODAY, seed=5)
    assert first == again
    before, after = option(first, "api").cost_month, option(other, "api").cost_month
    assert before is not None
    assert after is not None
    assert before != after
    assert after.middle == pytest.approx(before.middle, rel=0.03)


def test_a_feature_without_a_volume_cannot_be_weighed() -> None:
    with pytest.raises(SpecError, match="monthly volume"):
        weigh(spec().model_copy(update={"value": None}), None, SourceAnswers(), on=TODAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ranges: {gpu_hours: [1, 2]}", "gpu_hour"),
        ("ranges: {gpu_hour: [4, 2]}", "4 to 2"),
        ("routes: {nobody: api}", "nobody"),
        ("data_may_go: mars", "mars"),
        ("tokens_in: -3", "-3"),
        ("wait: {score: better}", "better"),
        ("wait: {until: soon}", "soon"),
    ],
)
def test_answers_that_cannot_be_used_are_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "source.answers.yaml"
    file.write_text(text)
    with pytest.raises(SpecError) as caught:
        weigh(spec(), report(HOSTED), read_source_answers(file), on=TODAY)
    assert message in str(caught.value)


def test_every_range_has_a_source_a_date_and_two_ends() -> None:
    for one in cost_ranges():
        assert one.source.title
        assert one.as_of <= TODAY
        assert 0 <= one.low <= one.high, one.id
