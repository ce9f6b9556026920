"""What holds for every check, whatever it measures."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shipworthy.core.errors import SpecError
from shipworthy.evals.bars import parse_bar
from shipworthy.evals.checks import CHECKS, Check, metrics_of, scores_of
from shipworthy.evals.checks.answers import AnswerCase
from shipworthy.evals.checks.check import Case
from shipworthy.evals.checks.records import RecordCase
from shipworthy.evals.checks.summaries import SummaryCase
from shipworthy.evals.jobs.job import JOBS, OUTCOMES
from tests.evals.checks.cases import Shelf, empty, perfect, right_cases, wrong

PAIRS = [(check, job) for check in CHECKS for job in sorted(check.jobs)]
every_check = pytest.mark.parametrize(
    ("check", "job"), PAIRS, ids=[f"{check.name}-{job}" for check, job in PAIRS]
)
LOOSE = {"answer_words", "summary_words"}  # they count, and no count is perfect


@every_check
def test_it_has_a_name_for_bars_and_words_for_people(check: Check, job: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", check.name)
    assert check.title[0] == check.title[0].lower()
    assert check.words.endswith(".")
    bar = parse_bar(
        f"{check.name} {'>=' if check.better == 'higher' else '<='} 0.5", metrics=metrics_of(job, {})
    )
    assert check.title in bar.words
    with pytest.raises(SpecError, match="points the wrong way"):
        parse_bar(
            f"{check.name} {'<=' if check.better == 'higher' else '>='} 0.5", metrics=metrics_of(job, {})
        )


@every_check
@pytest.mark.parametrize("make", [perfect, empty, wrong])
def test_points_lie_between_nothing_and_what_could_be_had(check: Check, job: str, make: object) -> None:
    for case in right_cases(job):
        made: Case = make(case)  # type: ignore[operator]
        for name, score in scores_of(check, made).items():
            assert name.partition("[")[0] == check.name
            assert score.of > 0
            assert 0 <= score.points <= (score.of if check.bounded else 10**6)


@every_check
def test_a_perfect_output_gets_everything(check: Check, job: str) -> None:
    found = [scores_of(check, case).get(check.name) for case in right_cases(job)]
    said = [score for score in found if score is not None]
    assert said, "no case shows this check at work"
    if check.name not in LOOSE:
        assert [score.points / score.of for score in said] == pytest.approx([1.0] * len(said))


@every_check
def test_a_wrong_output_gets_nothing(check: Check, job: str) -> None:
    if check.name in {*LOOSE, "answered", "sentences_cited"}:
        pytest.skip("it does not look at whether what was said is right")
    for case in right_cases(job):
        score = scores_of(check, wrong(case)).get(check.name)
        assert score is None or score.points == pytest.approx(0, abs=0.05 * score.of)


@every_check
def test_a_failed_call_never_scores_better_than_a_right_output(check: Check, job: str) -> None:
    if check.name in LOOSE:
        pytest.skip("it counts")
    for case in right_cases(job):
        failed = scores_of(check, empty(case)).get(check.name)
        assert failed is None or failed.points <= 0.3 * failed.of  # a field without a value is rightly empty


@every_check
def test_the_order_of_what_is_listed_does_not_matter(check: Check, job: str) -> None:
    if check.name == "rouge_l":
        pytest.skip("it is about order")
    for case in right_cases(job):
        assert scores_of(check, _turned(case)).get(check.name) == scores_of(check, case).get(check.name)


@every_check
def test_documents_that_are_gone_break_nothing(check: Check, job: str) -> None:
    for case in right_cases(job):
        for score in scores_of(check, replace(case, documents=Shelf({}))).values():
            assert score.points <= score.of or not check.bounded


@every_check
def test_parts_add_up_to_the_whole(check: Check, job: str) -> None:
    for case in right_cases(job):
        for made in (case, wrong(case)):
            found = scores_of(check, made)
            parts = [score for name, score in found.items() if "[" in name]
            if parts:
                assert found[check.name].points == pytest.approx(sum(score.points for score in parts))
                assert found[check.name].of == pytest.approx(sum(score.of for score in parts))


def test_names_belong_to_one_check_of_a_job_each() -> None:
    for job in JOBS:
        names = [check.name for check in CHECKS if job in check.jobs]
        assert len(names) == len(set(names))
        assert not set(names) & set(OUTCOMES)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_calls_a_perfect_output_right_and_a_wrong_one_not(job: str) -> None:
    for case in right_cases(job):
        assert JOBS[job].judge(case) == "right"
        assert JOBS[job].judge(wrong(case)) in OUTCOMES[1:]
        assert JOBS[job].judge(empty(case)) != "right"


def _turned(case: Case) -> Case:
    match case:
        case AnswerCase():
            label = replace(case.label, answers=case.label.answers[::-1], evidence=case.label.evidence[::-1])
            return replace(
                case, label=label, output=replace(case.output, sentences=case.output.sentences[::-1])
            )
        case RecordCase():
            turned = dict(reversed(case.output.fields.items()))
            label_fields = dict(reversed(case.label.fields.items()))
            return replace(
                case,
                output=replace(case.output, fields=turned),
                label=replace(case.label, fields=label_fields),
            )
        case SummaryCase():
            return replace(case, label=replace(case.label, items=case.label.items[::-1]))
    raise TypeError(case)
