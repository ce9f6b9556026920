"""The labelled cases, each answered from its description alone."""

from __future__ import annotations

import pytest

from benchmarks.risk import ANSWERS, LAW_AS_OF, PAGE, Scored, cases, page, scored
from shipworthy.launch.risk import assess, read_answers
from tests.support import shared_data

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def results() -> list[Scored]:
    shared_data("eu-ai-act-cases")
    return scored()


def undisputed(results: list[Scored]) -> list[Scored]:
    return [item for item in results if not item.disputed]


def test_every_case_has_an_answers_file_and_none_is_left_over(results: list[Scored]) -> None:
    assert {item.case["id"] for item in results} == {path.stem for path in ANSWERS.glob("*.yaml")}
    assert len(results) == 65


def test_no_undisputed_case_is_too_low_and_at_most_one_is_wrong(results: list[Scored]) -> None:
    assert [item.case["id"] for item in undisputed(results) if item.under] == []
    assert len([item.case["id"] for item in undisputed(results) if not item.right]) <= 1


def test_pins_and_paragraphs_of_article_50_are_those_of_the_labels(results: list[Scored]) -> None:
    wrong = [item.case["id"] for item in undisputed(results) if not (item.pins_right and item.art50_right)]

    assert wrong == []


def test_duties_of_a_case_begin_when_its_label_says(results: list[Scored]) -> None:
    dated = [item for item in undisputed(results) if item.case.get("applies_from")]
    wrong = [
        item.case["id"]
        for item in dated
        if item.case["applies_from"] not in {duty.applies_from.isoformat() for duty in item.ours.duties}
    ]

    assert len(dated) == 19
    assert wrong == []


def test_ten_runs_are_identical(results: list[Scored]) -> None:
    for case in cases():
        answers = read_answers(ANSWERS / f"{case['id']}.yaml")
        assert len({repr(assess(answers, on=LAW_AS_OF)) for _ in range(10)}) == 1


def test_the_page_of_measurements_is_what_the_benchmark_writes(results: list[Scored]) -> None:
    assert results
    assert PAGE.read_text(encoding="utf-8") == page(), "run: .venv/bin/python benchmarks/risk.py"
