"""An assessment explains itself: path, pins, what would change it, what was taken for granted."""

from __future__ import annotations

from datetime import date

import pytest

from shipworthy.launch.risk import assess, memo
from shipworthy.launch.risk.words import in_words
from shipworthy.playbook.regulation import provisions
from tests.launch.facts import harmless
from tests.launch.test_tree import SORTED

ON = date(2026, 11, 23)
HIRING = {"employment": "yes", "recruitment": "yes", "work_decisions": "no"}
RANKS = {**HIRING, "limited_task": "none", "influences_outcome": "yes", "profiling": "yes"}


def test_the_path_names_the_rule_its_pins_and_the_facts_it_rests_on() -> None:
    found = assess(harmless(**RANKS), on=ON)
    step, exempt = found.path

    assert found.headline == "High-risk: recruitment and selection (Annex III(4)(a))."
    assert found.pins == ("Art. 6(2)", "Annex III(4)(a)", "Art. 6(3)", "Art. 3(52)")
    assert (step.rule, step.result, step.pins) == ("iii-4a", "applies", found.pins[:2])
    assert (exempt.rule, exempt.result) == ("exempt", "does_not_apply")
    assert [(fact.id, fact.answer, fact.assumed) for fact in step.because] == [("recruitment", "yes", False)]


def test_a_claim_to_the_exemption_that_fails_is_on_the_path_with_its_pin() -> None:
    found = assess(harmless(**{**RANKS, "limited_task": "preparatory"}), on=ON)

    assert "Art. 6(3)" in found.pins
    assert [(step.rule, step.result) for step in found.path] == [
        ("iii-4a", "applies"),
        ("exempt", "does_not_apply"),
    ]


@pytest.mark.parametrize(
    ("so", "pin"),
    [
        ({"essential_services": "yes", "creditworthiness": "no", "fraud_only": "yes"}, "recital 42"),
        ({"essential_services": "yes", "insurance": "other_lines"}, "Annex III(5)(c)"),
        ({"infrastructure": "yes", "cybersecurity_only": "yes"}, "recital 55"),
        ({"tax_customs_only": "yes"}, "recital 59"),
        ({"elections": "yes", "influences_votes": "no"}, "Annex III(8)(b)"),
        ({"justice": "yes", "assists_judges": "no"}, "recital 61"),
        ({"emotions": "text"}, "Art. 3(39)"),
        ({"emotions": "physical_state"}, "recital 18"),
        ({"uses_biometrics": "yes", "identification": "verification"}, "Annex III(1)(a)"),
        ({"product": "making_products", "safety_function": "no", "failure_endangers": "no"}, "Art. 6(1a)"),
        ({"product": "radio", "third_party_check": "other_risks_only"}, "Art. 6(1c)"),
        ({"generates_content": "yes", "standard_editing": "yes"}, "Art. 50(2)"),
        ({"gpai_model": "yes", "gpai_compute": "yes"}, "Art. 55(1)"),
    ],
)
def test_what_was_near_is_pinned_although_it_does_not_apply(so: dict[str, str | None], pin: str) -> None:
    leaves = ("public_benefits", "creditworthiness", "emergency", "scrapes_faces", "biometric_categories")
    parts = ("product_itself", "safety_function", "failure_endangers")
    answers = harmless(**{**dict.fromkeys((*leaves, *parts), "no"), "insurance": "none", **so})

    found = assess(answers, on=ON)

    assert found.tier == "minimal"
    assert pin in found.pins
    assert all(step.result == "does_not_apply" for step in found.path)


@pytest.mark.parametrize(
    ("so", "pins", "checked"),
    [
        ({"manipulation": "recognisable"}, (), ("Art. 5(1)(a)", "recital 29", "Art. 5(1)(b)")),
        ({"social_score": "one_purpose"}, (), ("Art. 5(1)(c)", "recital 31")),
        (
            {"product": "making_products", "safety_function": "no"},
            ("Art. 6(1a)",),
            ("Art. 6(1)",),
        ),
        (
            {"infrastructure": "yes", "safety_function": "no"},
            (),
            ("Annex III(2)", "Art. 3(14)", "Art. 6(1a)", "Art. 6(1b)"),
        ),
        ({"generates_content": "yes", "role": "deployer"}, (), ("Art. 50(2)",)),
        (
            {"talks_to_people": "yes", "generates_content": "yes", "standard_editing": "yes"},
            ("Art. 50(1)",),
            ("Art. 50(2)",),
        ),
    ],
)
def test_what_was_checked_and_decides_nothing_stands_apart_from_the_pins(
    so: dict[str, str | None], pins: tuple[str, ...], checked: tuple[str, ...]
) -> None:
    found = assess(harmless(**{"failure_endangers": "no", "product_itself": "no", **so}), on=ON)

    assert (found.pins, found.checked) == (pins, checked)


def test_profiling_in_an_area_of_annex_three_is_pinned_and_noted_whatever_the_task() -> None:
    found = assess(harmless(**{**HIRING, "limited_task": "none", "profiling": "yes"}), on=ON)
    outside = assess(harmless(profiling="yes"), on=ON)

    assert {"Art. 6(3)", "Art. 3(52)"} <= set(found.pins)
    assert found.notes == (
        "It profiles people, so no exemption is open to it (Art. 6(3), third subparagraph).",
    )
    assert (outside.pins, outside.checked, outside.notes) == ((), (), ())


@pytest.mark.parametrize(
    ("so", "possible"),
    [
        ({"generates_content": "yes"}, ("limited", "minimal")),
        ({"personal_use": "yes"}, ("minimal", "out_of_scope")),
        (
            {
                "intimate_images": "yes",
                "sexual_purpose": "no",
                "sexual_reproducible": "yes",
                "sexual_safeguards": "no",
            },
            ("prohibited", "minimal"),
        ),
    ],
)
def test_a_role_that_nobody_stated_is_asked_where_the_tier_turns_on_it(
    so: dict[str, str | None], possible: tuple[str, ...]
) -> None:
    found = assess(harmless(**so, role=None), on=ON)

    assert (found.tier, found.possible) == ("undetermined", possible)
    assert [item.id for item in found.missing] == ["role"]
    assert assess(harmless(role=None), on=ON).missing == ()


def test_every_single_answer_that_would_change_the_tier_is_named() -> None:
    found = assess(harmless(**RANKS), on=ON)

    assert [(change.id, change.otherwise, change.tier) for change in found.would_change] == [
        ("recruitment", "no", "minimal")
    ]
    chat = assess(harmless(talks_to_people="yes"), on=ON)
    assert {(change.id, change.otherwise, change.tier) for change in chat.would_change} == {
        ("talks_to_people", "no", "minimal"),
        ("obviously_ai", "yes", "minimal"),
        ("crime_detection_by_law", "yes", "minimal"),
    }


def test_what_nobody_said_is_listed_as_taken_for_granted() -> None:
    found = assess(harmless(talks_to_people="yes", eu_link="yes"), on=ON)
    assumed = {fact.id: fact.answer for fact in found.assumed}

    assert assumed["ai_system"] == "yes"
    assert assumed["obviously_ai"] == "no"
    assert "eu_link" not in assumed


def test_a_denied_area_with_an_answer_inside_it_counts_and_is_noted() -> None:
    found = assess(harmless(recruitment="yes", limited_task="none"), on=ON)

    assert found.tier == "high"
    assert found.notes == (
        "'recruitment' was answered although what it belongs to was denied (employment); "
        "it counts all the same. Check the two.",
    )


def test_the_exemption_shows_as_limited_or_minimal() -> None:
    small = {**HIRING, "limited_task": "preparatory", "influences_outcome": "no", "profiling": "no"}

    assert assess(harmless(**small), on=ON).display_tier == "minimal"
    assert assess(harmless(**small, talks_to_people="yes"), on=ON).display_tier == "limited"


def test_what_is_open_beside_the_tier_is_listed_apart() -> None:
    found = assess(harmless(**RANKS, talks_to_people=None, role=None), on=ON)

    assert found.missing == ()
    assert [item.id for item in found.also_open] == ["talks_to_people", "role"]


@pytest.mark.parametrize("so", [{}, RANKS, {"employment": None}, {"ai_system": "no"}, {"gpai_model": "yes"}])
def test_the_same_answers_give_the_same_words_every_time(so: dict[str, str | None]) -> None:
    answers = harmless(**so)
    backwards = dict(reversed(answers.items()))

    texts = {memo(assess(given, on=ON), feature="x") for given in [answers, backwards] * 5}
    assert len(texts) == 1


def test_the_memo_holds_the_decision_the_wording_the_duties_and_the_other_regimes() -> None:
    found = assess(harmless(**RANKS, role="provider+deployer"), on=ON)
    text = memo(found, feature="cv_ranking <b>")

    assert text.startswith("# Risk memo: cv\\_ranking \\<b\\>\n\n**High-risk: recruitment")
    assert "Orientation, not legal advice." in text
    assert "the text was checked last on 2026-11-22" in text
    assert all(duty.what in text and duty.timing in text for duty in found.duties)
    assert all(provisions()[pin].text.splitlines()[-1] in text for pin in found.pins)
    assert "Colorado SB 26-189" in text
    assert "`recruitment` is yes; were it no: minimal" in text


def test_words_for_the_terminal_say_the_tier_first_and_what_is_missing() -> None:
    text = in_words(assess(harmless(employment=None), on=ON))

    assert text.splitlines()[0] == "Undetermined: still possible are high, exempt_6_3, minimal."
    assert "employment: Does it concern people's jobs" in text


def test_pins_in_an_assessment_all_resolve() -> None:
    every: list[dict[str, str | None]] = [
        {},
        {**RANKS},
        {"employment": None},
        {"talks_to_people": "yes"},
        {"gpai_model": "yes"},
    ]
    for so in every:
        found = assess(harmless(**so), on=ON)
        steps = (pin for step in found.path for pin in step.pins)
        duties = (pin for duty in found.duties for pin in duty.pins)
        asked = (pin for item in (*found.missing, *found.also_open) for pin in item.pins)

        assert {*found.pins, *steps, *duties, *asked} <= set(provisions())


def test_words_for_the_terminal_are_cut_where_they_would_be_endless_and_name_the_model() -> None:
    text = in_words(assess(harmless(gpai_model="yes", gpai_compute="yes"), on=ON))
    sorts = {**SORTED, "category_kinds": "belief", "categories_individual": "yes"}
    longer = in_words(assess(harmless(**sorts), on=ON))
    writes = in_words(assess(harmless(generates_content="yes"), on=ON))

    assert "General-purpose model (Chapter V, beside the tier): systemic" in text
    assert "more (--json)" in longer
    assert "role deployer or importer or distributor or representative instead of provider: minimal" in writes
