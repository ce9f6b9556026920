"""Known incidents are caught again, one's own are written, and a linter says what they lack."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.launch.postmortem import contradictions, lint, page, resolve_citations
from shipworthy.launch.postmortem.linting import _RULES
from shipworthy.playbook.incidents import AnswerCheck, incident, incidents
from shipworthy.playbook.postmortem_rules import PostmortemRule, postmortem_rules
from shipworthy.workbench.postmortems import run_incident
from tests.launch.paper_reports import OLDER, small_report, workspace_with
from tests.workbench.small import run

SOUND = """\
# Postmortem: refunds

## Summary

Answers about refunds were wrong for a day.

## Timeline

- 2026-03-01 09:00: a new prompt was released
- 2026-03-01 15:10: the share of reopened tickets rose
- 2026-03-02 10:30: support read the weekly sample and saw it
- 2026-03-02 11:00: the old prompt was back

## Impact

212 customers got a wrong answer (source: ticket export of 3 March).

## Detection

The weekly sample by support showed it on 2026-03-02, 26 hours after the release.

## Contributing causes

- Established: the test set has no refund questions.
- Assumed: the longer prompt pushed the policy out of sight.

## What would have caught it earlier

An alert on reopened tickets with a limit of 5%, six hours after the release.

## Actions

| Action | Owner | By |
|---|---|---|
| Add 50 refund questions to the test | Dana | 2026-03-20 |
| Put an alert on reopened tickets | Sam | 2026-03-12 |
"""


def rules_hit(text: str) -> set[str]:
    return {problem.rule for problem in lint(text)}


def test_every_rule_has_words_and_a_function() -> None:
    assert {rule.id for rule in postmortem_rules()} == _RULES.keys()
    assert len(_RULES) >= 20


@pytest.mark.parametrize("rule", postmortem_rules(), ids=lambda rule: rule.id)
def test_each_rule_fails_its_bad_example_and_passes_its_good_one(rule: PostmortemRule) -> None:
    assert rule.id in rules_hit(rule.fails)
    assert rule.id not in rules_hit(rule.passes)


def test_a_sound_postmortem_has_no_problem() -> None:
    assert lint(SOUND) == ()


@pytest.mark.parametrize(
    ("change", "to", "rule"),
    [
        ("## Impact", "## Notes", "impact-missing"),
        ("## Detection", "## Notes", "detection-missing"),
        ("## Actions", "## Notes", "actions-missing"),
        ("212 customers", "Many customers", "impact-unnumbered"),
        (" (source: ticket export of 3 March)", "", "impact-unsourced"),
        ("| Dana |", "|  |", "action-owner"),
        ("| Dana |", "| everybody |", "action-owner"),
        ("2026-03-12 |", "soon |", "action-date"),
        ("2026-03-01 15:10", "2026-02-01 15:10", "timeline-order"),
        ("2026-03-02 11:00: the", "then the", "timeline-undated"),
        (
            "An alert on reopened tickets with a limit of 5%, six hours after the release",
            "Care",
            "earlier-unmeasurable",
        ),
        ("Put an alert on reopened tickets", "Remind people to pay attention", "action-vague"),
        ("the test set has", "Sam was careless, and the test set has", "blame"),
        ("212 customers got a wrong answer", "TBD", "gap-left"),
    ],
)
def test_each_harm_done_to_a_sound_postmortem_is_found(change: str, to: str, rule: str) -> None:
    assert change in SOUND
    assert rule in rules_hit(SOUND.replace(change, to))


def test_a_problem_names_its_line() -> None:
    (problem,) = lint(SOUND.replace("2026-03-12 |", "soon |"))

    assert SOUND.splitlines()[problem.line - 1].startswith("| Put an alert")


def test_recorded_scores_of_three_incidents_fail_a_real_review(tmp_path: Path) -> None:
    for name, words in {
        "epic-sepsis": "roc_auc >= 0.76: Failed",
        "amazon-recruiting": "gap(recall[invite], by=mentions_womens) <= 0.05: Failed",
        "compas": "gap(fpr[reoffends], by=race) <= 0.05: Failed",
    }.items():
        done = run_incident(name, into=tmp_path)
        assert done.fired, name
        assert any(line.startswith(words) for line in done.found)
        assert [Path(file).exists() for file in done.files] == [True, True]
        with (tmp_path / name / "recorded.csv").open() as stream:
            rows = Counter(row["label"] for row in csv.DictReader(stream))
        check = incident(name).check
        assert check.kind == "recorded_scores"
        assert sum(rows.values()) == sum(cell.n for cell in check.cells)


def test_another_meaning_of_fair_judges_the_same_rows_otherwise(tmp_path: Path) -> None:
    estimates = run_incident("compas", into=tmp_path).estimates
    missed, alike = estimates["gap(fnr[reoffends], by=race) <= 0.05"], estimates["equal_precision"]

    assert missed.value == pytest.approx(0.197, abs=0.001)
    assert alike.value == pytest.approx(0.0386, abs=0.001)
    assert missed.low is not None
    assert alike.low is not None
    assert alike.low < 0.05 < missed.low


@pytest.mark.parametrize("name", ["air-canada", "nyc-mycity"])
def test_answers_against_their_source_are_found_and_right_ones_are_not(name: str) -> None:
    check = incident(name).check
    assert isinstance(check, AnswerCheck)
    for item in check.exchanges:
        assert [one.kind for one in contradictions(item.answer, item.source)][:1] == ["contradicts"]
        assert list(contradictions(item.source, item.source)) == []


@pytest.mark.parametrize(
    ("answer", "source", "kinds"),
    [
        ("You may return shoes within 30 days.", "Shoes may be returned within 30 days.", []),
        ("You may return shoes within 60 days.", "You may return shoes within 30 days.", ["unsupported"]),
        (
            "Employers must pay overtime to staff.",
            "Employers need not pay overtime to staff.",
            ["contradicts"],
        ),
        ("Owners may deny pets in flats.", "Owners must allow pets in flats.", ["contradicts"]),
        ("Bread is sold on Sundays.", "Parking is free at night.", []),
        ("", "Parking is free.", []),
        ("Parking is free.", "", []),
    ],
)
def test_an_answer_is_held_against_the_sentence_on_the_same_matter(
    answer: str, source: str, kinds: list[str]
) -> None:
    assert [one.kind for one in contradictions(answer, source)] == kinds


def test_citations_are_looked_up_by_name_and_year() -> None:
    works = ("Guo and others, On Calibration, 2017", "Ji and others, Survey, 2022")
    found = resolve_citations(
        "See Guo et al. (2017), (Guo et al., 2019) and Ji and Lee 2022, again Guo et al. 2017.", works
    )

    assert [(item.text, item.work) for item in found] == [
        ("Guo et al., 2017", works[0]),
        ("Guo et al., 2019", None),
        ("Ji and Lee, 2022", works[1]),
    ]


def test_every_incident_fits_on_a_page_with_facts_and_analysis_apart() -> None:
    for case in incidents():
        shown = page(case)
        assert len(shown.split()) < 450
        assert (
            shown.index("## What happened")
            < shown.index("our analysis, no sourced fact")
            < shown.index("## Sources")
        )


def test_what_cannot_be_checked_names_the_missing_check(tmp_path: Path) -> None:
    done = run("postmortem", "run", "zillow-offers", "--into", tmp_path / "none")

    assert done.code == 3
    assert "Missing: The signed error of a forecast" in done.out
    assert not (tmp_path / "none").exists()
    assert run("postmortem", "run", "galactica").code == 1
    assert run("postmortem", "show", "bing-chats").code == 2
    assert len(run("postmortem", "list", "--json").json) == 12
    assert run("postmortem", "show", "bing-chat", "--json").json["check"]["kind"] == "missing"


def test_a_postmortem_that_cites_a_review_is_held_to_it(tmp_path: Path) -> None:
    folder = workspace_with(tmp_path / "w", small_report()) / "papers"
    folder.mkdir()
    file = folder / "postmortem.md"
    cited = SOUND.replace(
        "(source: ticket export of 3 March)", f"of 7 rows tested 7 [review {OLDER}: rows.test]"
    )
    file.write_text(cited)
    done = run("postmortem", "check", file, "--json")

    assert done.code == 1
    assert [problem["rule"] for problem in done.json["problems"]] == ["citation-mismatch"]


def test_ones_own_postmortem_starts_with_gaps_and_is_recorded_when_it_is_whole(tmp_path: Path) -> None:
    root = tmp_path / "w"
    folder = workspace_with(root) / "papers"
    first = run("postmortem", "new", "triage", "--day", "2026-03-02", "--workspace", root)
    file, kept = folder / "postmortem-2026-03-02.md", folder / "postmortem-2026-03-02.answers.yaml"
    assert (first.code, "It still has" in first.out) == (0, True)
    assert run("postmortem", "check", file).code == 1
    assert {problem.rule for problem in lint(file.read_text())} >= {"gap-left", "timeline-short"}

    kept.write_text(yaml.safe_dump(ANSWERS))
    whole = run("postmortem", "new", "triage", "--day", "2026-03-02", "--workspace", root)
    assert "It has all that a postmortem needs." in whole.out, lint(file.read_text())
    assert run("postmortem", "check", file).code == 0
    (record,) = [
        record
        for record in run("evidence", "list", "--workspace", root, "--json").json
        if record["kind"] == "postmortem"
    ]
    assert record["share_edited"] > 0.5

    file.write_text(file.read_text().replace("support", "the support desk"))
    refused = run("postmortem", "new", "triage", "--day", "2026-03-02", "--workspace", root)
    assert (refused.code, "changed by hand" in refused.err) == (2, True)


ANSWERS = {
    "summary": "Answers about refunds were wrong for a day.",
    "timeline": [
        {"at": "2026-03-01 09:00", "what": "a new prompt was released"},
        {"at": "2026-03-01 15:10", "what": "reopened tickets rose"},
        {"at": "2026-03-02 10:30", "what": "support saw it in the weekly sample"},
    ],
    "impact": [{"what": "212 customers got a wrong answer", "source": "ticket export"}],
    "detection": "The weekly sample by support showed it on 2026-03-02, 26 hours after the release.",
    "causes": [
        {"what": "the test set has no refund questions", "basis": "established"},
        {"what": "the longer prompt pushed the policy out of sight", "basis": "assumed"},
    ],
    "earlier": "An alert on reopened tickets with a limit, six hours after the release.",
    "failure_modes": ["coverage-gap"],
    "actions": [{"what": "Add refund questions to the test", "owner": "Dana", "by": "2026-03-20"}],
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timline: []", "Did you mean 'timeline'"),
        ("timeline: yesterday", "is a list of entries"),
        ("actions: [{what: x, woner: y}]", "Did you mean 'owner'"),
        ("failure_modes: [halucination]", "Did you mean 'hallucination'"),
        ("- a\n- b", "lines"),
    ],
)
def test_a_mistake_in_the_answers_is_explained(tmp_path: Path, text: str, words: str) -> None:
    folder = workspace_with(tmp_path / "w") / "papers"
    folder.mkdir()
    (folder / "postmortem-2026-03-02.answers.yaml").write_text(text)
    done = run("postmortem", "new", "triage", "--day", "2026-03-02", "--workspace", tmp_path / "w")

    assert (done.code, words in done.err) == (2, True), done.err


def test_a_day_that_is_none_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    workspace_with(tmp_path / "w")
    assert run("postmortem", "new", "triage", "--day", "soon", "--workspace", tmp_path / "w").code == 2
    assert run("postmortem", "check", tmp_path / "none.md").code == 2
    (tmp_path / "bytes.md").write_bytes(b"\xff\xfe\x00")
    assert run("postmortem", "check", tmp_path / "bytes.md").code == 2


FOREIGN = """\
Incident review: search outage
==============================

**What happened:** Search returned nothing for 40 minutes (status page export).

**Impact:** 3,100 searches failed, counted in the logs of the gateway.

**Timeline (UTC)**

| Time | Event |
|---|---|
| 2026-05-04 08:00 | index rebuilt |
| 2026-05-04 08:05 | alert on empty results |
| 2026-05-04 08:40 | old index restored |

**How we detected it:** an alert fired five minutes after the rebuild, at 08:05.

### Root causes and contributing factors (our analysis)

The rebuild read a folder that was empty at the time. Nothing compared the new index with the old one.

### Could we have caught it earlier?

A check that the new index has at least 90% of the old one's rows would have stopped it.

### Follow-ups

1. Compare index sizes before the switch. @rin, 2026-05-11
2. Keep the old index for a day. Owner: platform on-call lead, due 12 May 2026
"""


def test_a_sound_postmortem_in_another_form_raises_no_false_alarm() -> None:
    assert [(problem.rule, problem.line) for problem in lint(FOREIGN)] == []


@given(st.text(max_size=500), st.text(alphabet="#-| \n0123456789:timelne causDY", max_size=300))
def test_any_text_can_be_linted(first: str, second: str) -> None:
    for text in (first, second):
        if "\x00" not in text:
            assert all(1 <= problem.line <= text.count("\n") + text.count("\r") + 1 for problem in lint(text))
        list(contradictions(text, second))
        resolve_citations(text, (second,))
