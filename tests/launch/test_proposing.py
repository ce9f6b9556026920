"""Facts are proposed with the words they come from, and count for nothing until they are confirmed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.risk import Scored, cases, labelled, own, proposals
from shipworthy.core.errors import UserError
from shipworthy.launch.risk import assess, propose
from shipworthy.workbench.risk import assess_risk
from tests.support import shared_data


def pairs(text: str) -> dict[str, str]:
    return {item.id: item.answer for item in propose(text)}


def test_a_proposal_quotes_the_description_word_for_word() -> None:
    text = "Webcam software infers the emotions of employees from their faces."
    found = {item.id: item for item in propose(text)}

    assert found["emotions"].answer == "body"
    assert found["emotions"].quote == "emotions of employees from their faces"
    assert all(text[item.start : item.end] == item.quote for item in found.values())


def test_a_point_brings_the_question_that_stands_before_it() -> None:
    assert pairs("It screens CVs.") == {"employment": "yes", "recruitment": "yes"}


@pytest.mark.parametrize(
    "text",
    [
        "It never talks to customers and is no chatbot.",
        "No chatbots here.",
        "Works without chatbots, that is all.",
    ],
)
def test_what_is_denied_is_not_proposed(text: str) -> None:
    assert "talks_to_people" not in pairs(text)


def test_two_answers_to_one_question_cancel_each_other_unless_it_takes_several() -> None:
    both = "It sorts letters into types, and searches case files."

    assert "limited_task" not in pairs(both)
    assert [item.answer for item in propose("A toy with Wi-Fi.") if item.id == "product"] == ["toy", "radio"]


def test_a_description_that_is_a_book_is_refused() -> None:
    with pytest.raises(UserError, match="up to 20,000 are read"):
        propose("x" * 20_001)


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_every_quote_stands_in_it(text: str) -> None:
    for item in propose(text):
        assert text[item.start : item.end] == item.quote != ""


@pytest.mark.parametrize("part", ["seen", "fresh"])
def test_nine_proposals_in_ten_are_right_on_our_own_descriptions(part: str) -> None:
    right = [hit for hit, _ in proposals(own(part)).right]

    assert sum(right) >= 0.9 * len(right)


@pytest.mark.real_data
def test_on_the_labelled_cases_precision_is_nine_tenths_at_half_recall() -> None:
    shared_data("eu-ai-act-cases")
    got = proposals(labelled())
    right, found = [hit for hit, _ in got.right], [hit for hit, _ in got.found]

    assert sum(right) >= 0.9 * len(right)
    assert sum(found) >= 0.5 * len(found)


@pytest.mark.real_data
def test_from_a_description_alone_no_tier_is_too_low_even_if_every_proposal_is_confirmed() -> None:
    shared_data("eu-ai-act-cases")
    for case in cases():
        confirmed: dict[str, frozenset[str]] = {}
        for item in propose(case["description"]):
            confirmed[item.id] = confirmed.get(item.id, frozenset()) | {item.answer}
        result = Scored(case=case, ours=assess(confirmed, on=date(2026, 11, 23)))

        assert not result.under, case["id"]
        assert (
            assess_risk(answers={}, description=case["description"], on=date(2026, 11, 23)).tier
            == "undetermined"
        )
