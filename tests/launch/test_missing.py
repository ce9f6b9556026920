"""What is missing is asked: no more than is needed, and enough to settle it."""

from __future__ import annotations

import random
from itertools import product

import pytest

from shipworthy.launch.risk.answers import Answers
from shipworthy.launch.risk.missing import missing_questions
from shipworthy.launch.risk.tree import decide, known_facts
from tests.launch.facts import FACTS, harmless, possible


def tier(answers: Answers) -> str:
    return decide(known_facts(answers).facts).tier


def ids(answers: Answers) -> list[str]:
    return [item.id for item in missing_questions(answers)]


def test_one_missing_element_is_the_only_question() -> None:
    so = {"manipulation": "hidden", "distorts_behaviour": "yes", "significant_harm": None}

    assert ids(harmless(**so)) == ["significant_harm"]


def test_a_question_that_stands_before_several_is_asked_first_and_alone() -> None:
    assert ids(harmless(education=None)) == ["education"]
    assert ids(harmless(education="yes")) == [
        "education_admission",
        "education_grading",
        "education_level",
        "exam_monitoring",
    ]


def test_the_way_out_of_annex_three_is_asked_only_where_annex_three_applies() -> None:
    hiring = harmless(employment="yes", recruitment="yes", work_decisions="no")

    assert ids(hiring) == ["profiling", "limited_task"]
    assert ids({**hiring, "profiling": frozenset({"no"}), "limited_task": frozenset({"preparatory"})}) == [
        "influences_outcome"
    ]


def test_a_fact_that_one_other_makes_superfluous_is_not_asked() -> None:
    plant = harmless(
        product=None,
        product_itself="no",
        infrastructure="yes",
        safety_function=None,
        failure_endangers="no",
        limited_task="none",
    )

    assert ids(plant) == ["safety_function"]


def test_nothing_is_asked_once_the_tier_cannot_change() -> None:
    assert ids(harmless(scrapes_faces="yes", uses_biometrics="yes", employment=None)) == []


def small_sets() -> list[Answers]:
    """Random answers of which two to five are forgotten."""
    found: list[Answers] = []
    for seed in range(250):
        lot = random.Random(seed)
        answers = harmless()
        for item in lot.sample(FACTS, 12):
            answers[item.id] = lot.choice(possible(item))
        for item in lot.sample(FACTS, lot.randint(2, 5)):
            answers[item.id] = None
        found.append(answers)
    return found


@pytest.mark.parametrize("start", range(0, 250, 50))
def test_answering_what_is_missing_settles_the_tier_or_opens_the_next_questions(start: int) -> None:
    for answers in small_sets()[start : start + 50]:
        listed = missing_questions(answers)
        if not listed or len(listed) > 4:
            continue
        for given in product(*(possible(item)[:3] for item in listed)):
            filled = {**answers, **{item.id: value for item, value in zip(listed, given, strict=True)}}
            later = missing_questions(filled)
            assert bool(later) is (tier(filled) == "undetermined")
            assert not [item for item in later if item in listed]
            assert all(item.opened_by or item.after_annex_three for item in later)


@pytest.mark.parametrize("start", range(0, 250, 50))
def test_without_any_one_of_the_questions_some_answers_leave_it_open(start: int) -> None:
    for answers in small_sets()[start : start + 50]:
        listed = missing_questions(answers)
        if not 2 <= len(listed) <= 4 or any(item.id == "product" for item in listed):
            continue
        for item in listed:
            rest = [other for other in listed if other is not item]
            tiers = {
                tier({**answers, **{other.id: value for other, value in zip(rest, given, strict=True)}})
                for given in product(*map(possible, rest))
            }
            assert "undetermined" in tiers


@pytest.mark.parametrize("seed", range(25))
def test_whoever_answers_one_question_after_the_other_gets_a_tier(seed: int) -> None:
    lot = random.Random(seed)
    answers: dict[str, frozenset[str] | None] = {}
    while listed := missing_questions(answers):
        assert listed[0].id not in answers
        answers[listed[0].id] = lot.choice(possible(listed[0]))

    assert tier(answers) != "undetermined"
