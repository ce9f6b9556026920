"""What supports what: words held against words, and what that can and cannot tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.retrieval import wording
from shipworthy.retrieval.groundedness import (
    SIGNALS,
    Signals,
    answer_kind,
    answerable,
    counts,
    has_kind,
    signals,
    support,
)

RULE = "Employees may carry over five days of leave into the next year."


@given(st.text(max_size=80), st.text(max_size=80))
def test_support_is_a_share_of_whatever_texts(claim: str, evidence: str) -> None:
    assert 0.0 <= support(claim, evidence) <= 1.0


@given(
    st.text(alphabet="abcdefgh 0123456789.", min_size=1, max_size=60).filter(lambda text: text.strip(" ."))
)
def test_words_that_stand_there_as_they_are_support_themselves(claim: str) -> None:
    assert support(claim, f"Before it. {claim} After it.") == 1.0


@pytest.mark.parametrize(
    ("claim", "least", "most"),
    [
        ("Five days of leave may be carried over.", 0.8, 1.0),  # other order, other endings
        ("Employees may carry over 5 days of leave.", 0.8, 1.0),  # a number as digits
        ("Employees may carry over nine days of leave.", 0.0, 0.4),  # another number
        ("Employees may not carry over five days of leave.", 0.0, 0.59),  # denied
        ("Employees may carry over five days of leave into the previous year.", 0.0, 0.9),
        ("Brussels has a large fish market.", 0.0, 0.1),
        ("", 0.0, 0.0),
    ],
)
def test_support_falls_with_another_number_a_denial_and_other_words(
    claim: str, least: float, most: float
) -> None:
    assert least <= support(claim, RULE) <= most


def test_a_name_that_the_evidence_lacks_weighs_more_than_another_word() -> None:
    with_name = support("The days go to Miriam Okafor.", "The days go to the manager.")
    without = support("The days go to somebody kind.", "The days go to the manager.")
    assert with_name < without


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many days may I carry over?", "number"),
        ("When do they expire?", "date"),
        ("In what year was it founded?", "date"),
        ("Who approves expenses?", "person"),
        ("Where is the office?", "place"),
        ("Why is travel booked early?", "reason"),
        ("What is the limit?", "thing"),
    ],
)
def test_the_kind_of_answer_is_read_off_the_question(question: str, kind: str) -> None:
    assert answer_kind(question) == kind


def test_a_kind_counts_only_where_it_is_new() -> None:
    asked = {wording.stem(word) for word in wording.words("How many of the 30 days expire?")}
    assert not has_kind("number", "The 30 days expire.", besides=asked)
    assert has_kind("number", "Of the 30 days 12 expire.", besides=asked)


def test_signals_say_what_is_there_and_what_is_not() -> None:
    found = signals(
        "How many days may Anna Weiss not carry over in 2025?",
        sentence="Anna Weiss may carry over some days.",
        passage="Anna Weiss may carry over some days.",
    )
    assert found == Signals(
        words_in_sentence=found.words_in_sentence,
        words_in_passage=found.words_in_sentence,
        kind_missing=1.0,
        names_missing=0.0,
        numbers_missing=1.0,
        denied=1.0,
        opposed=0.0,
    )
    assert 0.6 < found.words_in_sentence < 0.9


def test_a_number_of_what_is_asked_for_is_told_from_another_number() -> None:
    question = "How many days may I carry over?"

    assert counts(question, "You can carry six days into the next year.")
    assert counts(question, "Up to 6 full working days are carried over.")
    assert not counts(question, "Money can be carried over once, days cannot.")
    assert not counts(question, "It costs 6 euros.")
    assert not counts("When may I carry days over?", "You can carry six days.")


def test_an_opposite_in_place_of_a_word_of_the_question_is_seen() -> None:
    said = "The largest office is in Oslo."
    assert signals("Where is the smallest office?", sentence=said, passage=said).opposed == 1.0
    assert signals("Where is the largest office?", sentence=said, passage=said).opposed == 0.0
    assert signals("Is it indirectly encoded?", sentence="It is encoded directly.", passage="").opposed == 1.0


FOR = {"words_in_sentence", "words_in_passage", "found_of_best", "ahead", "sentence_angle", "passage_angle"}


def test_what_speaks_for_an_answer_raises_the_confidence_and_what_speaks_against_lowers_it() -> None:
    middle = dict.fromkeys(SIGNALS, 0.5)
    for angles in (0.5, None):
        values: dict[str, float | None] = {**middle, "sentence_angle": angles, "passage_angle": angles}
        usual = answerable(Signals(**values))  # type: ignore[arg-type]
        for name in SIGNALS:
            if values[name] is None or (angles is not None and name == "found_of_best"):
                continue
            more = answerable(Signals(**{**values, name: 1.0}))  # type: ignore[arg-type]
            assert more > usual if name in FOR else more < usual, name


def test_opposites_go_both_ways() -> None:
    for word in ("large", "before", "always", "direct", "possible"):
        others = wording.opposites(word)
        assert others
        assert any(wording.stem(word) in wording.opposites(other) for other in others)


@given(st.text(max_size=100))
def test_any_text_has_words_names_and_numbers(text: str) -> None:
    assert wording.names(text) <= {wording.stem(word) for word in wording.words(text)}
    assert all(stem == stem.casefold() for stem in wording.stems(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [("carries", "carry"), ("expired", "expires"), ("planning", "plans"), ("companies", "company"),
     ("1,200", "1200"), ("employee’s", "employee")],
)  # fmt: skip
def test_endings_do_not_tell_words_apart(one: str, other: str) -> None:
    assert wording.stem(one) == wording.stem(other)


def test_texts_without_spaces_between_words_are_compared_too() -> None:
    assert support("会社の休暇は五日です", "会社の休暇は五日です。") == 1.0
    assert support("会社の休暇", "この会社の休暇は五日です") == 1.0
    assert support("東京の天気", "会社の休暇は五日です") < 0.5


def test_another_form_of_a_word_counts_for_most_of_it() -> None:
    assert wording.nearness("invent", {"inventor"}) == 0.8
    assert wording.nearness("invent", {"import"}) == 0.0
    assert wording.nearness("lead", {"leader"}) == 0.0  # too short to be told by its beginning
    assert 0.8 <= wording.nearly_covered(["invent", "lamp"], {"inventor", "lamp"}) < 1.0
    assert wording.nearly_covered([], set()) == 1.0


def test_a_superlative_that_the_sentence_lacks_is_seen() -> None:
    said = "The first office was opened in Oslo."
    assert signals("Where was the first office?", sentence=said, passage=said).superlatives_missing == 0.0
    assert signals("Where was the oldest office?", sentence=said, passage=said).superlatives_missing == 1.0


def test_what_search_cannot_tell_counts_as_middling() -> None:
    said = "The office is in Oslo."
    unknown, middling, better = (
        answerable(signals("Where is the office?", sentence=said, passage=said, found=found))
        for found in (None, (0.4, 0.15), (0.6, 0.3))
    )
    assert unknown == pytest.approx(middling)
    assert better > middling
