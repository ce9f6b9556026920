"""Follow-up questions are made to stand alone by rules, and what was carried over can be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.apps.answer.conversation import Rewritten, Turn, rewritten, unclear

FIRST = (Turn(question="How many days of annual leave may I carry over?"),)


def test_a_question_that_stands_alone_is_left_alone() -> None:
    for question in (
        "Who approves travel expenses?",
        "Is it possible to work from abroad?",
        "Are there showers in the office?",
        "When the laptop breaks and it is old, who replaces it?",
        "Who is the CEO?",
    ):
        assert rewritten(question, FIRST) == Rewritten(question=question, asked=question)


def test_without_a_conversation_nothing_is_carried_over() -> None:
    assert rewritten("When do they expire?", ()).carried == ()


def test_a_word_that_points_back_gets_the_words_it_may_point_at() -> None:
    found = rewritten("When do they expire?", FIRST)
    assert found.carried == ("days", "annual", "leave", "carry")
    assert found.question == "When do they expire? (days, annual, leave, carry)"


def test_an_elliptic_question_takes_the_place_of_a_part_of_the_one_before() -> None:
    found = rewritten("And what about interns?", FIRST)
    assert found.question == "How many days of annual leave may I carry over – interns?"
    assert found.asked == "And what about interns?"


def test_what_the_new_question_denies_is_not_carried_over() -> None:
    earlier = (Turn(question="What is the highest daily rate in Oslo?"),)
    found = rewritten("What about the lowest?", earlier)
    assert "highest" not in found.question
    assert found.carried == ("daily", "rate", "Oslo")


def test_a_second_follow_up_stands_on_the_first() -> None:
    first = rewritten("And what about interns?", FIRST)
    second = rewritten("When do they expire?", (*FIRST, Turn(question=first.question)))
    assert set(second.carried) == {"days", "annual", "leave", "carry", "interns"}


@pytest.mark.parametrize(
    "question", ["How does it work?", "What about it?", "and?", "Why?", "When do they start?"]
)
def test_a_question_about_nothing_is_asked_back(question: str) -> None:
    assert unclear(question) is not None


@pytest.mark.parametrize(
    "question",
    ["How many days may I carry over?", "leave", "Is it possible to work abroad?", "Are there showers?",
     "Does the laptop policy say who owns it?"],
)  # fmt: skip
def test_a_question_that_names_its_matter_is_not_asked_back(question: str) -> None:
    assert unclear(question) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_rewriting_takes_any_texts_and_is_the_same_every_time(question: str, before: str) -> None:
    earlier = (Turn(question=before),)
    found = rewritten(question, earlier)
    assert found == rewritten(question, earlier)
    assert found.asked == question
    assert len(found.carried) <= 8
