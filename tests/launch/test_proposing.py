"""Facts are proposed with the words they come from, and count for nothing until they are confirmed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.risk import Scored, cases, labelled, own, proposals
from shipworthy.core.errors import UserError
from shipworthy.launch.risk import assess, propose
from shipworthy.launch.risk.proposing import LONGEST, _pattern
from shipworthy.playbook.regulation import cues
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
    assert pairs(text).get("talks_to_people") != "yes"


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


@pytest.mark.parametrize(
    ("part", "right_at_least", "found_at_least"),
    [
        ("seen", 0.9, 0.9),
        ("second", 0.95, 0.9),
        ("third", 0.95, 0.9),
        ("fourth", 0.95, 0.75),
        ("untouched", 0.95, 0.8),
        ("blind", 0.95, 0.9),
        ("held_out", 0.9, 0.5),
        ("once", 0.9, 0.5),
    ],
)
def test_on_our_own_descriptions_proposals_stay_as_good_as_measured(
    part: str, right_at_least: float, found_at_least: float
) -> None:
    got = proposals(own(part))
    right, found = [hit for hit, _ in got.right], [hit for hit, _ in got.found]

    assert sum(right) >= right_at_least * len(right)
    assert sum(found) >= found_at_least * len(found)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Courts do not use it.", "justice"),
        ("Chatbots aren't part of it.", "talks_to_people"),
        ("A form instead of a chatbot.", "talks_to_people"),
        ("Nobody talks to a bot.", "talks_to_people"),
    ],
)
def test_a_word_that_denies_counts_before_and_after(text: str, fact: str) -> None:
    assert fact not in pairs(text)


def test_a_word_that_only_ends_like_a_denial_denies_nothing() -> None:
    assert pairs("The volcano chatbot.")["talks_to_people"] == "yes"


def test_what_a_text_excludes_is_proposed_as_no() -> None:
    found = pairs("It works without faces or voices, and no personal data is processed.")

    assert found == {"uses_biometrics": "no", "profiling": "no"}


@pytest.mark.parametrize("person", ["borrowers", "nurses", "a pupil", "each claimant"])
def test_a_family_of_words_stands_for_each_of_them(person: str) -> None:
    assert pairs(f"The police use it. It rates {person}.")["profiling"] == "yes"


def test_what_only_matters_in_an_area_of_annex_three_is_not_proposed_outside_of_one() -> None:
    assert pairs("It scores customers and ranks them.") == {}


def test_a_cue_wants_all_its_words_in_one_sentence_in_any_order_and_quotes_the_shortest_stretch() -> None:
    text = "From a pulse, it says, anger can be told. Whose pulse it was, or that anger ends, is known."
    found = [item.quote for item in propose(text) if item.id == "emotions"]

    assert found == ["pulse, it says, anger"]
    assert "emotions" not in pairs("It measures a pulse. Anger is another matter. It says so.")


def test_a_fact_that_follows_from_another_is_proposed_from_the_same_words() -> None:
    quotes = {item.id: item.quote for item in propose("Sick-fund premiums are set by illnesses.")}

    assert quotes["profiling"] == quotes["insurance"] == "Sick-fund premiums"


def test_a_circumstance_alone_does_not_bring_the_practice_that_it_would_be_a_circumstance_of() -> None:
    assert "identification" not in pairs("Our shop at the airport sells out of umbrellas when it rains.")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("It reads the news in a warm voice.", "uses_biometrics"),
        ("The face lift of our site was drawn up by a model.", "uses_biometrics"),
        ("A vote of the staff council.", "deployer_kind"),
    ],
)
def test_an_idiom_is_not_taken_for_what_its_words_say(text: str, fact: str) -> None:
    assert fact not in pairs(text)


def test_nobody_but_somebody_denies_nothing() -> None:
    assert pairs("Used by nobody but the navy.")["military_only"] == "yes"


def test_nothing_in_a_pattern_repeats_without_end() -> None:
    """So hostile text costs a bounded number of steps a character, and up to LONGEST of them are read."""
    patterns = [
        _pattern(text).pattern
        for cue in cues()
        for text in (*cue.any_of, *cue.all_of, *cue.but_not, *cue.unless)
    ]
    endless = re.compile(r"(?<!\\)[*+]|\{\d+,\}")
    plain = [re.sub(r"\[[^\]]*\]", "x", pattern) for pattern in patterns]

    assert [text for text in plain if endless.search(text)] == []
    assert max(int(most) for text in plain for most in re.findall(r",(\d+)\}", text)) <= 120


@pytest.mark.parametrize("words", ["scrap", "no faces ", "score staff ", "write a ", "customers who "])
def test_a_description_of_repeated_words_is_read_to_its_end_and_a_longer_one_is_refused(words: str) -> None:
    long = words * (200_000 // len(words))

    assert all(long[item.start : item.end] == item.quote for item in propose(long[:LONGEST]))
    with pytest.raises(UserError, match="up to 20,000 are read"):
        propose(long)


@pytest.mark.real_data
def test_on_the_labelled_cases_precision_is_nine_tenths_at_half_recall() -> None:
    shared_data("eu-ai-act-cases")
    got = proposals(labelled())
    right, found = [hit for hit, _ in got.right], [hit for hit, _ in got.found]

    assert sum(right) >= 0.95 * len(right)
    assert sum(found) >= 0.85 * len(found)


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
