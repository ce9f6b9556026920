"""The rules for PRDs: sound ones pass, damaged ones do not, foreign ones are read all the same."""

from __future__ import annotations

from collections import Counter

import pytest

from fits.prd import rule_of
from shipworthy.launch.prd import CheckedPrd, blocking, check_prd
from shipworthy.launch.prd.citations import Fact, Source
from shipworthy.playbook.prd import PrdRule, prd_rule, prd_rules
from tests.launch.mutating import FOREIGN, HELDOUT, SOUND, heldout_cuts, mutants, unseen

MUTANTS = list(mutants())


def sources(name: str) -> Source | None:
    return {
        "feature.yaml": Source(facts={"fallback.capacity_a_day": Fact(text="600", value=600.0)}),
        "2020-01-01-aaaaaa": Source(facts={}, newer="2020-01-02-bbbbbb"),
    }.get(name)


def rules_broken(text: str) -> set[str]:
    return {finding.rule for finding in check_prd(text, name="x", sources=sources).findings}


def foreign(name: str) -> tuple[CheckedPrd, dict[str, list[int]]]:
    checked = check_prd(FOREIGN[name].read_text(), name=name)
    lines: dict[str, list[int]] = {}
    for finding in checked.findings:
        lines.setdefault(finding.rule, []).append(finding.line)
    return checked, lines


def test_there_are_rules_enough_and_each_is_explained() -> None:
    rules = prd_rules()

    assert len(rules) >= 30
    assert Counter(rule.id for rule in rules).most_common(1)[0][1] == 1
    assert all(rule.why.endswith(".") and rule.next.endswith(".") for rule in rules)
    assert all(rule.source.title and rule.as_of for rule in rules)
    assert {"blocking", "advice"} == {rule.severity for rule in rules}


@pytest.mark.parametrize("rule", prd_rules(), ids=lambda rule: rule.id)
def test_a_rule_is_broken_by_its_failing_example_and_kept_by_its_passing_one(rule: PrdRule) -> None:
    assert rule.id in rules_broken(rule.failing)
    assert rule.id not in rules_broken(rule.passing)


def test_sound_prds_of_different_kinds_raise_at_most_two_alarms_in_ten() -> None:
    alarms = [(path.name, item) for path in SOUND for item in check_prd(path.read_text(), name="x").findings]

    assert len(SOUND) == 162
    assert len(alarms) / len(SOUND) <= 0.2, alarms


def test_the_false_alarms_over_prds_that_nothing_was_fitted_to_are_as_many_as_docs_prd_says() -> None:
    alarms = Counter(path.stem[0] for path in HELDOUT for _ in check_prd(path.read_text(), name="x").findings)

    assert Counter(path.stem[0] for path in HELDOUT) == dict.fromkeys("dhnvw", 10)
    assert alarms == {"d": 3, "h": 5, "n": 6, "v": 2, "w": 3}


def test_topics_taken_out_of_prds_that_nothing_was_fitted_to_are_noticed_as_docs_prd_says() -> None:
    damaged = list(heldout_cuts())
    noticed = [name for name, topic, text in damaged if rule_of(topic) in rules_broken(text)]

    assert (len(noticed), len(damaged)) == (469, 500)


@pytest.mark.parametrize(("expected", "text"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_damage_to_a_sound_prd_is_found(expected: frozenset[str], text: str) -> None:
    assert expected & rules_broken(text)


def test_the_deletions_known_to_be_overlooked_are_few_and_still_overlooked() -> None:
    overlooked = list(unseen())
    noticed = [name for name, rule, text in overlooked if rule in rules_broken(text)]

    assert noticed == [], "move these to `cut` in mutations.yaml"
    assert len(overlooked) / (len(overlooked) + len(MUTANTS)) < 0.02


def test_every_rule_is_proved_by_damage_to_a_sound_prd() -> None:
    proved = frozenset().union(*(expected for _, expected, _ in MUTANTS))
    by_reviews = {rule.id for rule in prd_rules() if rule.needs_workspace}  # tests/workbench/test_prd.py

    assert {rule.id for rule in prd_rules()} - proved - by_reviews == set()


def test_a_one_pager_with_empty_promises_is_taken_apart() -> None:
    checked, lines = foreign("one_pager")

    assert lines["claim.superlative"] == [15]
    assert lines["claim.ai_will"] == [15]
    assert lines["text.blank_cell"] == [47]
    assert lines["launch.date_only"] == [47]
    assert lines["equity.appendix"] == [34]
    assert {21, 39, 52, 53} <= set(lines["text.placeholder"])
    assert {"monitoring.missing", "retraining.missing", "kill.missing", "abuse.missing"} <= lines.keys()
    assert "problem.missing" not in lines
    assert not checked.ready


def test_a_document_without_any_markdown_heading_is_read_by_its_numbered_titles() -> None:
    checked, lines = foreign("enterprise")

    assert {"fallback", "privacy", "retraining", "launch", "latency"} <= set(checked.recognised)
    assert lines["claim.perfect"] == [24]
    assert lines["fallback.capacity"] == [45]
    assert lines["retraining.date_only"] == [49]
    assert lines["harms.measure"] == [41]
    assert {"slices.missing", "error_cost.missing", "error_states.missing", "equity.missing"} <= lines.keys()
    assert not {"privacy.missing", "launch.missing", "metric.missing", "users.missing"} & lines.keys()


def test_user_stories_are_held_against_the_same_rules() -> None:
    _, lines = foreign("user_stories")

    assert lines["claim.perfect"] == [11]
    assert {
        "metric.dataset",
        "metric.definition",
        "monitoring.threshold",
        "fallback.capacity",
    } <= lines.keys()
    assert not {"problem.missing", "value.metric", "budget.latency", "launch.missing"} & lines.keys()


def test_a_finding_says_where_why_and_what_to_do() -> None:
    text = "# Sorter\n\n## Fallback\n\nThe desk takes over.\n\n## Monitoring\n\nTBD\n"
    found = {item.rule: item for item in check_prd(text, name="x").findings}
    placeholder, capacity = found["text.placeholder"], found["fallback.capacity"]

    assert (placeholder.line, placeholder.section, placeholder.quote) == (9, "Monitoring", "TBD")
    assert (capacity.line, capacity.section, capacity.quote) == (3, "Fallback", None)
    assert capacity.why == prd_rule("fallback.capacity").why
    assert capacity in blocking(found.values())
    assert found["alternative.missing"] not in blocking(found.values())


def test_a_passage_whose_words_do_not_settle_it_makes_the_check_abstain() -> None:
    text = "# Sorter\n\n## Problem\n\nMail is slow.\n\n## Plan Zebra\n\nOdd ones go aside.\n"
    checked = check_prd(text, name="x")

    assert "fallback.missing" not in {item.rule for item in checked.findings}
    (said,) = [item for item in checked.abstained if item.rule == "fallback.missing"]
    assert (said.line, "'Odd ones go aside.'" in said.why) == (9, True)


def test_a_document_in_another_language_is_not_misjudged() -> None:
    text = (
        "# Sortierer\n\n## Rückfallebene\n\n"
        + "Unsichere Nachrichten gehen an die Leitstelle. " * 10
        + "TBD\n"
    )
    checked = check_prd(text, name="x")

    assert {item.rule for item in checked.findings} == {"text.placeholder"}
    assert "does not seem to be in English" in checked.abstained[0].why


def test_checking_twice_gives_the_same() -> None:
    text = SOUND[0].read_text().replace("Ana", "TBD")

    assert check_prd(text, name="x") == check_prd(text, name="x")
