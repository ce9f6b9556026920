"""The tier follows from the facts, and a missing fact never lowers it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.launch.risk.missing import missing_questions
from shipworthy.launch.risk.tree import TIERS, decide, known_facts
from tests.launch.facts import FACTS, harmless, possible

CLAIM = {"limited_task": "narrow_procedural", "influences_outcome": "no", "profiling": "no"}
LIVE = {
    "uses_biometrics": "yes",
    "identification": "remote",
    "live_identification": "yes",
    "public_space": "yes",
    "police_identification": "yes",
    "law_enforcement": "yes",
    "scrapes_faces": "no",
    "biometric_categories": "no",
    "victim_risk": "no",
    "lie_detector": "no",
    "evidence_reliability": "no",
    "traits_or_record": "no",
    "crime_profiling": "no",
    "limited_task": "none",
}
SORTED = {
    "uses_biometrics": "yes",
    "scrapes_faces": "no",
    "biometric_categories": "yes",
    "identification": "none",
    "limited_task": "none",
}
IMAGES = {"intimate_images": "yes", "generates_content": "yes"}


@pytest.mark.parametrize(
    ("so", "tier"),
    [
        ({}, "minimal"),
        # scope
        ({"ai_system": "no", "manipulation": None}, "out_of_scope"),
        ({"military_only": "yes", "social_score": "general", "score_unrelated": "yes"}, "out_of_scope"),
        ({"personal_use": "yes", "role": "deployer"}, "out_of_scope"),
        ({"personal_use": "yes", "role": "provider"}, "minimal"),
        ({"personal_use": "yes", "role": "provider+deployer"}, "minimal"),
        ({"eu_link": None}, "minimal"),
        ({"open_source": "yes"}, "out_of_scope"),
        ({"open_source": "yes", "talks_to_people": "yes"}, "limited"),
        # Art. 5: every element is needed, an exception must be claimed
        ({"manipulation": "hidden", "distorts_behaviour": "yes", "significant_harm": "yes"}, "prohibited"),
        ({"manipulation": "hidden", "distorts_behaviour": "yes", "significant_harm": "no"}, "minimal"),
        ({"manipulation": "hidden", "distorts_behaviour": "yes"}, "undetermined"),
        ({**IMAGES, "sexual_purpose": "yes"}, "prohibited"),
        ({**IMAGES, "sexual_purpose": "yes", "intimate_consent": "yes"}, "limited"),
        ({**IMAGES, "sexual_purpose": "yes", "exposure_unchanged": "yes"}, "limited"),
        (
            {**IMAGES, "sexual_purpose": "no", "sexual_reproducible": "yes", "sexual_safeguards": "no"},
            "prohibited",
        ),
        (
            {**IMAGES, "sexual_purpose": "no", "sexual_reproducible": "yes", "sexual_safeguards": "yes"},
            "limited",
        ),
        (
            {
                **IMAGES,
                "role": "deployer",
                "sexual_purpose": "no",
                "sexual_reproducible": "yes",
                "sexual_safeguards": "no",
            },
            "minimal",
        ),
        ({"child_abuse_material": "yes", "sexual_purpose": "yes"}, "prohibited"),
        ({"child_abuse_material": "yes", "sexual_purpose": "yes", "child_abuse_defence": "yes"}, "minimal"),
        ({"predicts_crime": "persons", "only_profiling": "yes"}, "prohibited"),
        ({"predicts_crime": "persons", "only_profiling": "yes", "supports_facts": "yes"}, "minimal"),
        ({"emotions": "body", "emotion_work_school": "yes"}, "prohibited"),
        (
            {
                "emotions": "body",
                "emotion_work_school": "yes",
                "emotion_medical_safety": "yes",
                "limited_task": "none",
            },
            "high",
        ),
        ({"emotions": "text"}, "minimal"),
        ({"emotions": "physical_state"}, "minimal"),
        ({**SORTED, "category_kinds": "belief", "categories_individual": "yes"}, "prohibited"),
        ({**SORTED, "category_kinds": "belief", "categories_individual": "no"}, "high"),
        ({**SORTED, "category_kinds": "other_protected", "categories_individual": "yes"}, "high"),
        ({**SORTED, "category_kinds": "neutral"}, "limited"),
        ({**SORTED, "category_kinds": "neutral", "biometric_ancillary": "yes"}, "minimal"),
        (LIVE, "prohibited"),
        ({**LIVE, "authorised_search": "yes"}, "high"),
        ({**LIVE, "live_identification": "no"}, "high"),
        # Annex I
        ({"product": "medical_device", "product_itself": "yes", "third_party_check": "for_safety"}, "high"),
        ({"product": "medical_device", "product_itself": "yes", "third_party_check": "none"}, "minimal"),
        ({"product": "medical_device", "product_itself": "yes"}, "undetermined"),
        (
            {
                "product": "lift",
                "product_itself": "no",
                "safety_function": "no",
                "failure_endangers": "no",
                "third_party_check": "for_safety",
            },
            "minimal",
        ),
        (
            {
                "product": "lift",
                "product_itself": "no",
                "safety_function": "no",
                "failure_endangers": "yes",
                "third_party_check": "for_safety",
            },
            "high",
        ),
        (
            {"product": "radio", "product_itself": "yes", "third_party_check": "other_risks_only"},
            "minimal",
        ),
        ({"product": "making_products"}, "minimal"),
        # Annex III and the way out
        ({"infrastructure": "yes", "safety_function": "yes", "limited_task": "none"}, "high"),
        ({"infrastructure": "yes", "safety_function": "yes", "cybersecurity_only": "yes"}, "minimal"),
        ({"employment": "yes", "recruitment": "yes", "work_decisions": "no", "limited_task": "none"}, "high"),
        ({"employment": "yes", "recruitment": "yes", "work_decisions": "no", **CLAIM}, "exempt_6_3"),
        (
            {"employment": "yes", "recruitment": "yes", "work_decisions": "no", **CLAIM, "profiling": "yes"},
            "high",
        ),
        (
            {"employment": "yes", "recruitment": "yes", "work_decisions": "no", **CLAIM, "profiling": None},
            "undetermined",
        ),
        ({"employment": "yes"}, "undetermined"),
        ({"recruitment": "yes", "limited_task": "none"}, "high"),
        # Art. 50
        ({"talks_to_people": "yes"}, "limited"),
        ({"talks_to_people": "yes", "obviously_ai": "yes"}, "minimal"),
        ({"generates_content": "yes", "standard_editing": "yes"}, "minimal"),
        ({"generates_content": "yes", "role": "deployer"}, "minimal"),
        ({"generates_content": "yes", "role": "importer+distributor+representative"}, "minimal"),
        ({"generates_content": "yes", "role": "deployer+provider"}, "limited"),
        ({"generates_content": "yes", "role": "manufacturer"}, "limited"),
        ({"public_interest_text": "yes", "editor_responsible": "yes"}, "minimal"),
        ({"public_interest_text": "yes"}, "limited"),
        ({"deep_fake": None}, "undetermined"),
    ],
)
def test_facts_give_a_tier(so: dict[str, str | None], tier: str) -> None:
    assert decide(known_facts(harmless(**so)).facts).tier == tier


def test_nothing_known_is_undetermined_and_everything_in_scope_is_still_possible() -> None:
    outcome = decide(known_facts({}).facts)

    assert outcome.tier == "undetermined"
    assert outcome.possible == ("prohibited", "high", "exempt_6_3", "limited", "minimal")


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        item.id: st.one_of(st.none(), st.sampled_from(possible(item)), st.just(possible(item)[-1]))
        for item in FACTS
    },
)


def severity(tier: str) -> int:
    return -1 if tier == "undetermined" else TIERS.index(tier)


@settings(max_examples=250)
@given(ANSWERS, st.sampled_from([item.id for item in FACTS]))
def test_forgetting_an_answer_never_gives_a_lower_tier(
    answers: dict[str, frozenset[str] | None], forgotten: str
) -> None:
    before = decide(known_facts(answers).facts)
    after = decide(known_facts({**answers, forgotten: None}).facts)

    assert (
        severity(after.tier) <= severity(before.tier)
        or after.tier == before.tier
        or (before.tier == "undetermined" and severity(after.tier) <= severity(before.possible[0]))
    )


@settings(max_examples=200)
@given(ANSWERS)
def test_every_set_of_answers_gives_one_tier_or_says_what_is_missing(
    answers: dict[str, frozenset[str] | None],
) -> None:
    outcome = decide(known_facts(answers).facts)
    missing = missing_questions(answers)

    assert outcome.tier in {*TIERS, "undetermined"}
    assert (outcome.tier == "undetermined") is bool(missing) is (len(outcome.possible) > 1)
    assert all(answers.get(item.id) is None for item in missing)
