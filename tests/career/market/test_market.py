"""The market: each rule shown, each figure with its provenance, nothing converted or averaged in silence."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shipworthy.career.market import (
    check_shares,
    is_stale,
    level_by_years,
    pay_lines,
    quantile,
    rate_in,
    segment_fits,
)
from shipworthy.career.market.quantiles import one_each
from shipworthy.career.profile import Profile, changed_profile, read_profile, write_profile
from shipworthy.core.errors import SpecError, UserError
from shipworthy.playbook.careers import levels
from shipworthy.playbook.items import competencies
from shipworthy.playbook.market import market
from tests.support import ROOT

TODAY = date(2026, 11, 23)
ALL = {item.id: 4 for item in competencies()}
KNOWN = Profile(
    background="research",
    domain="healthcare",
    domain_years=5,
    product_years=3,
    ai_years=4,
    ambiguity="yes",
    country="US",
)


# --- segments ----------------------------------------------------------------------------------


def test_the_four_segments_of_the_guide_are_there_each_with_its_rules() -> None:
    assert [one.id for one in market().segments] == ["frontier", "startup", "established", "domain"]
    assert all(len(one.rules) >= 3 for one in market().segments)
    ids = [rule.id for one in market().segments for rule in one.rules]
    assert len(set(ids)) == len(ids)
    assert all(
        rule.level <= len(levels().rules) - 1 for s in market().segments for rule in s.rules if rule.level
    )


def test_everything_fits_who_has_shown_everything_and_nobody_fits_without_evidence() -> None:
    assert {one.fit for one in segment_fits(ALL, KNOWN)} == {"fits"}
    assert {one.fit for one in segment_fits({}, KNOWN)} == {"not yet"}


def test_what_the_profile_does_not_say_is_unknown_and_never_a_fit() -> None:
    fits = segment_fits(ALL, Profile())

    assert {one.fit for one in fits} == {"cannot tell"}
    unknown = [rule for one in fits for rule in one.rules if rule.holds == "unknown"]
    assert unknown
    assert all("does not say" in rule.why for rule in unknown)


@given(
    shown=st.dictionaries(st.sampled_from(sorted(ALL)), st.integers(0, 4)),
    background=st.sampled_from([None, "research", "engineering"]),
    years=st.none() | st.floats(0, 20),
)
def test_a_fit_is_what_its_shown_rules_say(
    shown: dict[str, int], background: str | None, years: float | None
) -> None:
    for one in segment_fits(shown, Profile(background=background, domain_years=years)):
        holds = [rule.holds for rule in one.rules]
        expected = "not yet" if "no" in holds else "cannot tell" if "unknown" in holds else "fits"
        assert one.fit == expected


def test_more_evidence_never_makes_a_segment_fit_less() -> None:
    order = ["not yet", "cannot tell", "fits"]
    for profile in (KNOWN, Profile()):
        for some, more in pairwise([dict.fromkeys(ALL, n) for n in range(5)]):
            before, after = segment_fits(some, profile), segment_fits(more, profile)
            assert all(order.index(b.fit) <= order.index(a.fit) for b, a in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("years", "level"),
    [(None, None), (0, "entry"), (2.9, "entry"), (3, "mid"), (6, "senior"), (30, "senior")],
)
def test_the_guide_counts_years_to_a_level(years: float | None, level: str | None) -> None:
    found = level_by_years(Profile(ai_years=years))

    assert (found.id if found else None) == level


# --- quantiles ---------------------------------------------------------------------------------


@given(
    values=st.lists(st.floats(1, 1e6), min_size=1, max_size=40, unique=True),
    share=st.sampled_from([0.1, 0.25, 0.5, 0.75]),
    level=st.sampled_from([0.8, 0.95]),
)
def test_the_interval_is_the_one_that_the_binomial_gives(
    values: list[float], share: float, level: float
) -> None:
    found, ordered, n = quantile(values, share, level=level), sorted(values), len(values)
    tail = (1 - level) / 2
    lower = [k for k in range(1, n + 1) if stats.binom.cdf(k - 1, n, share) <= tail * (1 + 1e-12)]
    upper = [k for k in range(1, n + 1) if stats.binom.sf(k - 1, n, share) <= tail * (1 + 1e-12)]

    if lower and upper:
        assert (found.low, found.high, found.n) == (ordered[max(lower) - 1], ordered[min(upper) - 1], n)
        assert found.value == pytest.approx(float(np.quantile(ordered, share)))
        assert found.low is not None
        assert found.high is not None
        assert found.low <= float(np.quantile(ordered, share)) <= found.high
    else:
        assert not found.defined
        assert "independent values cannot carry an interval" in str(found.warning)


@pytest.mark.simulation
def test_the_interval_covers_at_least_as_often_as_it_says() -> None:
    lot = np.random.default_rng(6)
    for n, share in ((17, 0.25), (17, 0.5), (6, 0.5), (40, 0.75)):
        truth = stats.lognorm.ppf(share, 0.4)
        inside = 0
        for _ in range(800):
            found = quantile(stats.lognorm.rvs(0.4, size=n, random_state=lot).tolist(), share)
            inside += found.low is not None and found.high is not None and found.low <= truth <= found.high
        assert inside / 800 >= 0.935, (n, share)


def test_an_employer_with_many_postings_counts_once() -> None:
    assert one_each([("a", 1.0), ("a", 3.0), ("a", 50.0), ("b", 2.0)]) == (2.0, 3.0)


# --- pay ---------------------------------------------------------------------------------------


def test_every_figure_has_id_source_and_date_and_base_stays_apart_from_total() -> None:
    lines = pay_lines(on=TODAY)

    assert len({line.id for line in lines}) == len(lines)
    assert all(line.source and line.as_of <= TODAY and line.currency for line in lines)
    assert {(line.provenance, line.component) for line in lines} == {
        ("measured", "base"),
        ("posted", "base"),
        ("claimed", "base"),
        ("claimed", "total"),
    }
    assert [line.provenance for line in lines] == sorted(
        (line.provenance for line in lines), key=["measured", "posted", "claimed"].index
    )


def test_the_guide_s_bands_are_claimed_and_carry_its_numbers() -> None:
    bands: dict[str, tuple[Any, ...]] = {
        band.id: (band.low, band.high, band.currency, band.component) for band in market().bands
    }

    assert bands["us-entry-midsize"] == (140_000, 175_000, "USD", "total")
    assert bands["us-entry-hot"] == (180_000, 220_000, "USD", "total")
    assert bands["us-mid-established"] == (200_000, 280_000, "USD", "total")
    assert bands["us-mid-startup"] == (250_000, 350_000, "USD", "total")
    assert bands["us-senior"] == (300_000, 500_000, "USD", "total")
    assert bands["ca-senior"] == (220_000, 300_000, "CAD", "total")
    assert {line.provenance for line in pay_lines(on=TODAY) if line.id in bands} == {"claimed"}


def test_premium_and_arbitrage_are_claims_with_what_is_known_against_them() -> None:
    claims = {claim.id: claim for claim in market().claims}

    assert (claims["premium"].low, claims["premium"].high) == (0.20, 0.35)
    assert "No data here can test it" in claims["premium"].check
    assert "claimed bands alone" in claims["remote-arbitrage"].check


def test_the_canadian_rule_does_not_close_and_its_arithmetic_is_shown() -> None:
    claim = next(each for each in market().claims if each.id == "canada-rule")

    found = check_shares(claim, market().band("us-senior"), market().band("ca-senior"))

    assert (found.low, found.high, found.closes) == (180_000, 350_000, False)
    assert (found.printed_low, found.printed_high) == (220_000, 300_000)
    assert "60% of 300,000 is 180,000; 70% of 500,000 is 350,000." in found.steps[0]
    assert "73% of the lower end and 60% of the upper" in found.steps[1]


def test_the_measured_figures_are_the_register_s() -> None:
    shared = ROOT.parent / "shared" / "facts" / "pay" / "oflc_wage_levels_pm_socs.json"
    if not shared.exists():
        pytest.skip("data: the wage levels are not beside the repository")
    import json

    rows = json.loads(shared.read_text())["rows"]
    theirs = {(r["soc"], r["metro_county"], r["level1"], r["level2"], r["level3"], r["level4"]) for r in rows}
    ours = {(one.occupation[-8:-1], one.place, *one.levels) for one in market().measured}
    assert ours == theirs


def test_a_figure_is_old_one_day_after_twelve_months() -> None:
    assert not is_stale(date(2025, 11, 23), on=TODAY)
    assert is_stale(date(2025, 11, 22), on=TODAY)
    assert not is_stale(date(2024, 2, 29), on=date(2025, 2, 28))
    assert is_stale(date(2024, 2, 29), on=date(2025, 3, 1))


def test_the_same_figures_age_as_the_day_moves_and_none_is_known_before_its_day() -> None:
    def bands(on: date) -> list[tuple[str, bool]]:
        return [(line.id, line.stale) for line in pay_lines(on=on) if line.id == "us-senior"]

    assert bands(date(2026, 4, 23)) == []
    assert bands(date(2026, 4, 24)) == [("us-senior", False)]
    assert bands(date(2027, 4, 24)) == [("us-senior", False)]
    assert bands(date(2027, 4, 25)) == [("us-senior", True)]


def test_postings_older_than_twelve_months_are_left_out_of_quantiles_and_counted() -> None:
    def everyone(on: date) -> tuple[int | None, str]:
        (line,) = [line for line in pay_lines(on=on) if line.id == "posted-us-all"]
        return line.n, line.note

    n, note = everyone(TODAY)
    assert n == sum(not is_stale(one.on, on=TODAY) for one in market().posted) == 24
    assert "6 of 30 are older" in note
    assert everyone(date(2030, 1, 1))[0] == 0


def test_every_quantile_has_n_and_interval_or_is_not_given() -> None:
    found = [each.estimate for line in pay_lines(on=TODAY) for each in line.quantiles]

    assert any(one.defined for one in found)
    assert any(not one.defined for one in found)
    assert all(one.low is not None and one.high is not None and one.n > 5 for one in found if one.defined)


def test_nothing_is_converted_without_a_rate_and_its_day() -> None:
    assert all(line.converted is None for line in pay_lines(on=TODAY))

    rate = rate_in("USD/CAD=1.37@2026-11-20", on=TODAY)
    lines = {line.id: line for line in pay_lines(on=TODAY, rate=rate)}

    assert lines["us-senior"].converted == (411_000.0, 685_000.0)
    assert lines["us-senior"].rate == rate
    assert lines["ca-senior"].converted is None  # it is in Canadian dollars already
    assert (lines["us-senior"].low, lines["us-senior"].currency) == (300_000, "USD")
    later = pay_lines(on=TODAY + timedelta(days=40), rate=rate)
    assert any("43 days old" in line.note for line in later)


@pytest.mark.parametrize(
    "wrong",
    [
        "1.37",
        "USD/CAD=1.37",
        "USD/CAD=0@2026-11-20",
        "USD/USD=1@2026-11-20",
        "USD/CAD=1.37@2026-13-40",
        "USD/CAD=1.37@2026-11-24",
        "usd/cad=1.37@2026-11-20",
        "x" * 10_000,
    ],
)
def test_a_rate_without_its_day_or_of_a_day_to_come_is_refused(wrong: str) -> None:
    with pytest.raises(UserError) as raised:
        rate_in(wrong, on=TODAY)

    assert len(str(raised.value)) < 400


# --- the profile -------------------------------------------------------------------------------


def test_a_profile_is_read_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("p") / "profile.yaml"
    full = changed_profile(
        KNOWN, {"name": "Ada: the first # 1", "email": "ada@firma.de", "url": "https://a.b/c"}
    )

    write_profile(path, full)

    assert read_profile(path) == full
    write_profile(path, Profile())
    assert read_profile(path) == Profile()
    assert changed_profile(full, {"country": ""}).country is None


def test_a_bare_yes_in_the_file_is_a_yes(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("p") / "profile.yaml"
    path.write_text("ambiguity: yes\n")

    assert read_profile(path).ambiguity == "yes"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"contry": "US"}, "Did you mean 'country'"),
        ({"country": "usa"}, "cannot be country"),
        ({"ai_years": "many"}, "cannot be ai_years"),
        ({"ai_years": "-1"}, "cannot be ai_years"),
        ({"url": "javascript:alert(1)"}, "is no web address"),
        ({"email": "nobody"}, "is no e-mail address"),
        ({"domain": "space"}, "cannot be domain"),
    ],
)
def test_a_field_that_is_none_or_a_value_that_is_none_is_refused(changes: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        changed_profile(Profile(), changes)


def test_a_wrong_line_of_the_profile_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("p") / "profile.yaml"
    path.write_text("country: CA\nai_years: soon\n")

    with pytest.raises(SpecError, match=r"line 2.*ai_years"):
        read_profile(path)


@given(seed=st.integers(0, 1000))
def test_whatever_the_order_of_postings_the_pay_is_the_same(seed: int) -> None:
    from shipworthy.career.market.pay import _posted

    shuffled = list(market().posted)
    Random(seed).shuffle(shuffled)

    def shown(posted: list[object]) -> dict[str, object]:
        return {line.id: (line.quantiles, line.n, line.note) for line in _posted(posted, TODAY)}  # type: ignore[arg-type]

    assert shown(shuffled) == shown(list(market().posted))  # type: ignore[arg-type]
