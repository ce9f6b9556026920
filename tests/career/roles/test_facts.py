"""Level, pay, place and segment, each with the words that say so."""

from __future__ import annotations

import pytest

from shipworthy.career.roles import facts_of
from shipworthy.career.roles.pay import pay_in


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        ("Salary: $165,000 to $205,000 a year", (165_000, 205_000, "USD", "year", "base")),
        ("$140k–$170k", (140_000, 170_000, "USD", "year", "base")),
        ("**$158,650** to **$254,800** USD annually", (158_650, 254_800, "USD", "year", "base")),
        ("68.000 bis 84.000 Euro brutto im Jahr", (68_000, 84_000, "EUR", "year", "base")),
        ("zwischen 95.000 € und 115.000 €", (95_000, 115_000, "EUR", "year", "base")),
        ("£60,000 to £75,000", (60_000, 75_000, "GBP", "year", "base")),
        ("CHF 80'000 to 100'000", (80_000, 100_000, "CHF", "year", "base")),
        ("INR 35,00,000 - 48,00,000 per annum", (3_500_000, 4_800_000, "INR", "year", "base")),
        ("CAD $130,000 to $160,000", (130_000, 160_000, "CAD", "year", "base")),
        ("$42-$48/hour", (42, 48, "USD", "hour", "base")),
        ("$103,920.00 - $155,880.00", (103_920, 155_880, "USD", "year", "base")),
        ("total on-target earnings (OTE) of $140,000–$160,000", (140_000, 160_000, "USD", "year", "total")),
        ("The base salary is $120,000.", (120_000, 120_000, "USD", "year", "base")),
    ],
)
def test_pay_is_read_as_it_is_written(text: str, pay: tuple[float, float, str, str, str]) -> None:
    (found,) = pay_in(text)

    assert (found.low, found.high, found.currency, found.period, found.component) == pay
    assert text[found.start : found.end] == found.quote


@pytest.mark.parametrize(
    "text",
    [
        "A budget of $40M",
        "$5,000 annual learning and development budget",
        "We raised $113M",
        "401(k) matching up to $23,000 annually",
        "0.5-1.0% equity",
        "9,000 to 12,000 users",
        "$300 to $200",
    ],
)
def test_other_amounts_are_no_pay(text: str) -> None:
    assert pay_in(text) == ()


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Product Manager Intern", "intern"),
        ("Associate Product Manager", "junior"),
        ("AI Product Manager", "mid"),
        ("Sr. Product Manager", "senior"),
        ("Senior Manager, Product", "senior"),
        ("Principal Product Manager", "lead"),
        ("Produktleiter KI", "lead"),
        ("Senior Director, Engineering", "executive"),
        ("Head of AI Product", "executive"),
        ("Member of Product Staff", "mid"),
    ],
)
def test_the_level_is_in_the_title(title: str, level: str) -> None:
    seniority = facts_of("Some text.", title=title).seniority

    assert seniority is not None
    assert seniority.level == level


def test_what_a_posting_does_not_say_is_not_made_up() -> None:
    facts = facts_of("We make maps.\n")

    assert (facts.title, facts.seniority, facts.pay, facts.place, facts.segment) == (
        None,
        None,
        (),
        None,
        None,
    )


def test_place_and_segment_come_with_their_words() -> None:
    facts = facts_of("Product Manager\nFig Ltd, a Series A company. Remote in the UK.\n")

    assert facts.place is not None
    assert (facts.place.kind, facts.place.quote) == ("remote", "Remote")
    assert facts.segment is not None
    assert (facts.segment.id, facts.segment.quote) == ("startup", "Series A")
