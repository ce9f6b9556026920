"""The AI Act as data: complete, consistent with itself, and true to the text."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.playbook.conditions import (
    Comparison,
    Condition,
    comparisons,
    condition,
    facts_of,
    holds,
    says,
)
from shipworthy.playbook.regulation import (
    Duty,
    Question,
    Rule,
    cues,
    duties,
    provision,
    provisions,
    question,
    questions,
    regimes,
    rules,
    text_as_of,
)
from tests.support import ROOT, require

QUESTIONS = {item.id: item for item in questions()}
DERIVED = {"tier", "basis", "point", "art50", "gpai", "released"}
ACT = ROOT.parent / "shared" / "facts" / "eu-ai-act"
PINNED: list[Question | Rule | Duty] = [*questions(), *rules(), *duties()]


def conditions() -> list[Condition | Comparison]:
    of_rules = [part for rule in rules() for part in (rule.elements, rule.topic, *rule.unless)]
    pinned = [when for rule in rules() for when, _ in (*rule.pins_if, *rule.leaves)]
    of_duties = [part for duty in duties() for part in (duty.when, *(later.when for later in duty.later_if))]
    openers = [opener for item in questions() for opener in item.opened_by]
    return [*of_rules, *pinned, *of_duties, *openers]


@pytest.mark.parametrize("item", PINNED, ids=lambda item: f"{type(item).__name__}-{item.id}")
def test_every_pin_resolves_in_the_text_that_ships(item: Question | Rule | Duty) -> None:
    more = (*item.pins_if, *item.leaves) if isinstance(item, Rule) else ()
    pins = [*item.pins, *(pin for _, extra in more for pin in extra)]

    assert pins
    assert [pin for pin in pins if len(provision(pin).text) < 20] == []


def test_every_item_has_an_id_of_its_own_a_source_and_a_date() -> None:
    for items in (questions(), rules(), duties(), regimes()):
        ids = [item.id for item in items]
        assert len(ids) == len(set(ids))
        assert all(item.source.title and item.as_of == date(2026, 11, 22) for item in items)
    assert text_as_of() == date(2026, 11, 22)


def test_conditions_mention_only_facts_and_answers_that_exist() -> None:
    for test in (test for part in conditions() for test in comparisons(part)):
        if test.fact in DERIVED:
            continue
        item = QUESTIONS[test.fact]
        allowed = {"yes", "no"} if item.answers == "yes_no" else set(item.choices)
        assert test.values <= allowed, test


def test_cues_propose_only_answers_that_exist_by_patterns_that_can_be_read() -> None:
    for cue in cues():
        item = question(cue.fact)
        assert cue.value in ({"yes", "no"} if item.answers == "yes_no" else set(item.choices)), cue
        assert all(re.compile(text) for text in (*cue.any_of, *cue.unless))


def test_every_question_that_may_change_the_tier_is_in_a_rule_or_opens_one_that_is() -> None:
    used = {fact for rule in rules() for part in (rule.elements, *rule.unless) for fact in facts_of(part)}
    used |= {opener.fact for item in questions() for opener in item.opened_by}

    assert {item.id for item in questions() if item.decides == "tier"} - used == {"open_source"}


def test_every_question_says_what_counts_what_does_not_and_what_to_answer_in_doubt() -> None:
    for item in questions():
        assert item.ask.endswith(("?", "fit.", "all."))
        assert item.in_doubt
        assert item.answers == "date" or item.choices or (item.yes_if and item.no_if), item.id


def test_exceptions_count_for_nothing_until_somebody_claims_them() -> None:
    exceptions = {test for rule in rules() for test in rule.unless if test.how == "given"}

    assert {test.fact for test in exceptions if QUESTIONS[test.fact].if_unknown != "no"} == set()


def test_days_of_application_are_those_of_article_113_as_amended() -> None:
    found = {(rule.tier, rule.basis, rule.applies_from) for rule in rules() if rule.applies_from}

    assert found == {
        ("prohibited", None, date(2025, 2, 2)),
        ("prohibited", None, date(2026, 12, 2)),
        ("high", "annex_iii", date(2027, 12, 2)),
        ("high", "annex_i_a", date(2028, 8, 2)),
        ("high", "annex_i_b", date(2028, 8, 2)),
        ("limited", None, date(2026, 8, 2)),
    }
    late = {rule.pins[0] for rule in rules() if rule.applies_from == date(2026, 12, 2)}
    assert late == {"Art. 5(1)(ba)", "Art. 5(1)(bb)"}


def test_every_point_of_article_5_and_annex_iii_has_a_rule() -> None:
    pins = {rule.pins[0] for rule in rules()}
    prohibited = {f"Art. 5(1)({point})" for point in ("a", "b", "ba", "bb", *"cdefgh")}
    points = {1: "abc", 3: "abcd", 4: "ab", 5: "abcd", 6: "abcde", 7: "abcd", 8: "ab"}
    areas = {f"Annex III({number})({point})" for number, letters in points.items() for point in letters}

    assert {pin for pin in pins if pin.startswith("Art. 5(")} == prohibited
    assert {pin for pin in pins if pin.startswith("Annex III")} == areas | {"Annex III(2)"}


def test_the_text_is_the_act_s_word_for_word() -> None:
    if not ACT.exists():
        require("data", "the text of the Act is not beside the repository (../shared/facts/eu-ai-act)")
    act = json.loads((ACT / "act_patched_2026-07-27.json").read_text())
    parts = [part["text"] for part in (*act["articles"], *act["annexes"])]
    whole = _bare(" ".join([*parts, (ACT / "recitals_2024_1689.md").read_text()]))

    for pin, found in provisions().items():
        for line in found.text.splitlines():
            assert line.startswith("*") or _bare(line) in whole, (pin, line[:100])


def _bare(text: str) -> str:
    return re.sub(r"[\s#]+|(?<!\w)- ", " ", text).replace(" ", "")


def test_what_was_amended_and_is_not_at_hand_is_cited_by_number_only() -> None:
    stubs = {pin for pin, found in provisions().items() if "by number only.*" in found.text}

    assert stubs == {"Art. 2(2)", "Art. 3(14)", "Art. 11(1)"}


def test_the_dates_of_other_regimes_are_those_that_were_found() -> None:
    since = {item.id: item.since for item in regimes()}

    assert since["us-order-14365"] == date(2025, 12, 11)
    assert since["colorado-sb-26-189"] == date(2027, 1, 1)
    assert since["canada"] == date(2025, 1, 6)
    assert "moving" in next(item.status for item in regimes() if item.id == "canada")


def test_a_name_that_is_not_there_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError, match="recruitmnt") as wrong:
        question("recruitmnt")
    assert wrong.value.hint == "Did you mean 'recruitment'?"

    with pytest.raises(UserError) as missing:
        provision("Art. 5(1)(z)")
    assert missing.value.hint is not None


# Conditions


def facts(**values: str | None) -> dict[str, frozenset[str] | None]:
    return {name: None if value is None else frozenset(value.split("+")) for name, value in values.items()}


@pytest.mark.parametrize(
    ("written", "known", "expected"),
    [
        ("a", facts(a="yes"), True),
        ("a", facts(a="no"), False),
        ("a", facts(a="none"), False),
        ("a", facts(a="some_choice"), True),
        ("a", facts(a=None), None),
        ("a", {}, None),
        ("a=x|y", facts(a="y+z"), True),
        ("a=x|y", facts(a="z"), False),
        ("a==x", facts(a="x"), True),
        ("a==x", facts(a="x+y"), False),
        ("a!=x", facts(a="y"), True),
        ("a!=x", facts(a="x"), False),
        ("a!=x", facts(a=None), True),
        (["a", "b"], facts(a="yes", b=None), None),
        (["a", "b"], facts(a="no", b=None), False),
        ({"any": ["a", "b"]}, facts(a="yes", b=None), True),
        ({"any": ["a", "b"]}, facts(a="no", b=None), None),
        ({"any": ["a", {"all": ["b", "c"]}]}, facts(a="no", b="yes", c="yes"), True),
    ],
)
def test_a_condition_holds_does_not_or_is_unknown(
    written: object, known: dict[str, frozenset[str] | None], expected: bool | None
) -> None:
    assert holds(condition(written), known) is expected


@pytest.mark.parametrize(
    "written", [3, "Not a fact", {"some": ["a"]}, {"all": "a"}, {"all": ["a"], "any": []}, None]
)
def test_what_is_no_condition_is_refused(written: object) -> None:
    with pytest.raises(UserError, match="is no condition"):
        condition(written)


def test_a_fact_says_a_value_only_when_it_is_known() -> None:
    assert says(facts(a="yes"), "a")
    assert not says(facts(a="no"), "a")
    assert not says(facts(a=None), "a")
    assert says(facts(a="x+y"), "a", "y")


LEAVES = st.sampled_from(["a", "b", "c", "a=no", "b=no"])
WRITTEN = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda how, parts: {how: parts},
        st.sampled_from(["all", "any"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
VALUES = st.sampled_from([None, frozenset({"yes"}), frozenset({"no"})])


@given(WRITTEN, st.fixed_dictionaries(dict.fromkeys("abc", VALUES)), st.sampled_from("abc"))
def test_forgetting_a_fact_never_turns_a_yes_into_a_no(
    written: object, known: dict[str, frozenset[str] | None], name: str
) -> None:
    before = holds(condition(written), known)
    after = holds(condition(written), {**known, name: None})

    assert after in {before, None}
