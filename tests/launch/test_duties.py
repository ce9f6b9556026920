"""Duties fall on the right people, from the right day."""

from __future__ import annotations

from datetime import date

import pytest

from shipworthy.launch.risk import assess
from shipworthy.launch.risk.assessing import Assessment
from tests.launch.facts import harmless

HIRING = {"employment": "yes", "recruitment": "yes", "work_decisions": "no", "limited_task": "none"}
DEVICE = {"product": "medical_device", "product_itself": "yes", "third_party_check": "for_safety"}
PRESS = {
    "product": "machinery",
    "product_itself": "no",
    "safety_function": "yes",
    "third_party_check": "for_safety",
}
NUDES = {"intimate_images": "yes", "sexual_purpose": "yes"}
CHAT = {"talks_to_people": "yes", "generates_content": "yes"}
EXEMPT = {**HIRING, "limited_task": "preparatory", "influences_outcome": "no", "profiling": "no"}


def assessed(on: str = "2026-11-23", /, **so: str | None) -> Assessment:
    return assess(harmless(**so), on=date.fromisoformat(on))


def days(found: Assessment) -> dict[str, str]:
    return {duty.id: duty.applies_from.isoformat() for duty in found.duties}


def applying(found: Assessment) -> set[str]:
    return {duty.id for duty in found.duties if duty.applies}


@pytest.mark.parametrize(
    ("on", "chat", "nudes", "hiring", "device"),
    [
        ("2026-08-01", False, False, False, False),
        ("2026-08-02", True, False, False, False),
        ("2026-12-01", True, False, False, False),
        ("2026-12-02", True, True, False, False),
        ("2027-12-01", True, True, False, False),
        ("2027-12-02", True, True, True, False),
        ("2028-08-01", True, True, True, False),
        ("2028-08-02", True, True, True, True),
    ],
)
def test_each_duty_begins_on_its_day(on: str, *, chat: bool, nudes: bool, hiring: bool, device: bool) -> None:
    assert ("tell-people-it-is-ai" in applying(assessed(on, **CHAT))) is chat
    assert ("prohibition" in applying(assessed(on, **NUDES))) is nudes
    assert ("risk-management" in applying(assessed(on, **HIRING))) is hiring
    assert ("risk-management" in applying(assessed(on, **DEVICE))) is device
    assert "literacy" in applying(assessed(on))


def test_the_day_changes_what_applies_and_never_the_tier() -> None:
    tiers = [assessed(day, **NUDES).tier for day in ("2026-08-01", "2026-12-01", "2026-12-02")]

    assert tiers == ["prohibited"] * 3
    assert assessed("2026-12-01", **NUDES).duties[1].timing == "from 2 December 2026"
    assert assessed("2026-12-02", **NUDES).duties[1].timing == "applies since 2 December 2026"
    assert assessed(**NUDES).notes == (
        "This prohibition was added in 2026 and applies from 2 December 2026.",
    )


def test_an_old_and_a_new_prohibition_together_apply_since_the_old_one() -> None:
    both = assessed(**NUDES, uses_biometrics="yes", scrapes_faces="yes")

    assert days(both)["prohibition"] == "2025-02-02"


def test_marking_has_until_december_2026_for_what_was_released_before_august() -> None:
    assert days(assessed(**CHAT))["mark-content"] == "2026-08-02"
    assert days(assessed(**CHAT, released_on="2026-08-02"))["mark-content"] == "2026-08-02"
    assert days(assessed(**CHAT, released_on="2026-08-01"))["mark-content"] == "2026-12-02"
    assert days(assessed(**CHAT, released_on="2026-08-01"))["tell-people-it-is-ai"] == "2026-08-02"


def test_high_risk_systems_released_before_the_rules_are_bound_by_change_or_by_2030_at_authorities() -> None:
    old = assessed(**HIRING, released_on="2027-01-01")
    office = assessed(**HIRING, released_on="2027-01-01", deployer_kind="public_authority")
    device = assessed(**DEVICE, released_on="2028-01-01")

    assert days(old)["risk-management"] == "2027-12-02"
    assert "Art. 111(2)" in (old.duties[1].note or "")
    assert days(office)["risk-management"] == "2030-08-02"
    assert "Art. 111(2)" in (device.duties[1].note or "")
    assert assessed(**HIRING, released_on="2027-12-02").duties[1].note is None


def test_the_exemption_brings_its_own_duties_and_both_readings_of_the_day() -> None:
    found = {duty.id: duty for duty in assessed(**EXEMPT).duties}

    assert list(found) == ["literacy", "document-exemption", "register-exemption"]
    assert found["document-exemption"].applies_from == date(2027, 12, 2)
    assert found["register-exemption"].applies_from == date(2026, 8, 2)
    assert found["register-exemption"].other_reading == date(2027, 12, 2)


def test_a_deployer_has_other_duties_than_a_provider_and_nobody_named_sees_both() -> None:
    provider = set(days(assessed(**HIRING, role="provider")))
    deployer = set(days(assessed(**HIRING, role="deployer")))
    nobody = set(days(assessed(**HIRING, role=None)))

    assert provider & deployer == {"literacy"}
    assert {"human-oversight", "keep-logs", "inform-workers", "inform-people"} <= deployer
    assert nobody == provider | deployer


@pytest.mark.parametrize("flip", ["own_name", "substantial_change", "new_purpose"])
def test_whoever_changes_or_renames_a_high_risk_system_becomes_its_provider(flip: str) -> None:
    assert assessed(**HIRING, role="deployer", role_flip=flip).roles == ("provider", "deployer")
    assert assessed(**HIRING, role="deployer", role_flip="none").roles == ("deployer",)
    assert assessed(**CHAT, role="deployer", role_flip=flip).roles == ("deployer",)


def test_the_manufacturer_of_a_product_becomes_the_provider_of_what_is_in_it() -> None:
    assert assessed(**DEVICE, role="manufacturer").roles == ("provider", "manufacturer")
    assert assessed(**PRESS, role="manufacturer").roles == ("manufacturer",)
    assert assessed(generates_content="yes", role="manufacturer").roles == ("provider", "manufacturer")


def test_private_use_takes_the_duties_of_a_deployer_away_and_no_others() -> None:
    assert assessed(**HIRING, role="provider+deployer", personal_use="yes").roles == ("provider",)


def test_products_of_section_b_have_the_product_s_law_and_few_articles_of_the_act() -> None:
    press = assessed(**PRESS, role="provider+deployer")

    assert days(press) == {"literacy": "2025-02-02", "product-law": "2028-08-02"}
    assert "Art. 2(2)" in press.pins


def test_the_impact_assessment_falls_on_authorities_public_services_credit_and_insurance() -> None:
    def due(**so: str | None) -> bool:
        return "fundamental-rights-assessment" in days(assessed(**so, role="deployer"))

    credit = {
        "essential_services": "yes",
        "public_benefits": "no",
        "creditworthiness": "yes",
        "insurance": "none",
        "emergency": "no",
        "limited_task": "none",
    }
    water = {"infrastructure": "yes", "safety_function": "yes", "limited_task": "none"}
    assert not due(**HIRING)
    assert due(**HIRING, deployer_kind="public_authority")
    assert due(**HIRING, deployer_kind="public_service")
    assert due(**credit)
    assert not due(**water, deployer_kind="public_authority")


def test_infrastructure_is_registered_with_the_member_state() -> None:
    water = days(assessed(infrastructure="yes", safety_function="yes", limited_task="none"))

    assert "registration-national" in water
    assert "registration" not in water
    assert "registration" in days(assessed(**HIRING))


def test_an_importer_and_a_provider_abroad_have_duties_of_their_own() -> None:
    assert "importer-checks" in days(assessed(**HIRING, role="importer"))
    assert "distributor-checks" in days(assessed(**HIRING, role="distributor"))
    assert "representative-tasks" in days(assessed(**HIRING, role="representative"))
    assert "authorised-representative" in days(assessed(**HIRING, outside_eu="yes"))
    assert "authorised-representative" not in days(assessed(**HIRING))


@pytest.mark.parametrize(
    ("so", "kind", "expected"),
    [
        ({"gpai_model": "yes", "gpai_compute": "no"}, "model", {"model-documentation", "model-copyright"}),
        ({"gpai_model": "yes", "gpai_compute": "no", "open_source": "yes"}, "model", {"model-copyright"}),
        (
            {"gpai_model": "yes", "gpai_compute": "yes", "open_source": "yes"},
            "systemic",
            {"model-documentation", "model-copyright", "model-systemic-risk"},
        ),
        (
            {"gpai_model": "yes", "gpai_compute": "no", "gpai_designated": "yes"},
            "systemic",
            {"model-documentation", "model-copyright", "model-systemic-risk"},
        ),
        ({"gpai_model": "yes", "gpai_compute": None}, "unknown", {"model-documentation", "model-copyright"}),
        ({"gpai_model": "no"}, "none", set()),
    ],
)
def test_models_have_duties_beside_the_tier(so: dict[str, str | None], kind: str, expected: set[str]) -> None:
    found = assessed(**so, talks_to_people="yes")

    assert found.tier == "limited"
    assert found.gpai == kind
    assert {name for name in days(found) if name.startswith("model-")} == expected


def test_models_from_before_august_2025_have_until_2027() -> None:
    model = {"gpai_model": "yes", "gpai_compute": "no"}

    assert days(assessed(**model, released_on="2025-08-01"))["model-copyright"] == "2027-08-02"
    assert days(assessed(**model))["model-copyright"] == "2025-08-02"


def test_outside_the_act_there_are_no_duties() -> None:
    assert assessed(ai_system="no").duties == ()
