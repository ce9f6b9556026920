"""The labelled postings: own ones here, real ones where the public data is."""

from __future__ import annotations

import pytest

from benchmarks.roles import PAGE, chosen, fact_of, own, page, real, rows, score
from shipworthy.career.roles import read_posting
from tests.support import shared_data


@pytest.mark.parametrize("half", ["tune", "held-out"])
def test_own_postings_are_read_as_labelled(half: str) -> None:
    got = score(chosen("own", (half,)))

    assert got.postings == 20
    assert got.f1 >= 0.95
    assert min(got.must.value or 0, got.code.value or 0, got.named.value or 0) >= 0.95


def test_postings_of_another_author_are_read_nearly_as_well_without_having_been_learned_from() -> None:
    got = score(chosen("blind", ("blind-held-out",)))

    assert got.postings == 10
    assert got.f1 >= 0.85
    assert (got.must.value or 0) >= 0.9
    assert (got.code.value or 0) >= 0.8
    assert (got.named.value or 0) >= 0.9


def test_facts_of_own_postings_are_read_as_labelled() -> None:
    wrong = [
        (posting.name, name)
        for posting in own()
        for name in ("seniority", "years", "pay", "place", "segment")
        if fact_of(posting, name) != posting.facts[name]
    ]

    assert len(wrong) <= 2


def test_scripts_and_orders_in_a_posting_are_never_requirements() -> None:
    quotes = [each.quote for posting in own() for each in posting.reading.requirements]

    assert [
        quote for quote in quotes if "Ignore all" in quote or "20 years" in quote or quote.endswith("PhD')")
    ] == []


@pytest.mark.real_data
@pytest.mark.parametrize(("blind", "postings"), [(False, 52), (True, 13)])
def test_real_postings_are_read_as_labelled(*, blind: bool, postings: int) -> None:
    shared_data("jds")

    got = score(posting for posting in real() if (posting.half == "blind") is blind)

    assert got.postings == postings
    assert got.f1 >= 0.95
    assert min(got.must.value or 0, got.code.value or 0, got.named.value or 0) >= 0.95


@pytest.mark.real_data
def test_no_requirement_is_shown_that_is_not_word_for_word_in_a_real_posting() -> None:
    shared_data("jds")

    readings = [(row["text"], read_posting(row["text"], title=row["title"])) for row in rows().values()]

    assert len(readings) == 65
    for text, reading in readings:
        assert reading.requirements
        assert [each for each in reading.requirements if text[each.start : each.end] != each.quote] == []


@pytest.mark.real_data
def test_the_page_says_what_is_measured() -> None:
    shared_data("jds")

    assert PAGE.read_text(encoding="utf-8") == page()
