from __future__ import annotations

import pytest

from shipworthy.apps.extract.fitting import fitted_confidence
from shipworthy.evals.checks.records import RecordCase
from shipworthy.evals.jobs.labels import FieldLabel, RecordLabel
from shipworthy.evals.jobs.outputs import Field, Record


def case(label: int | None, value: int | None, confidence: float, other: float = 0.1) -> RecordCase:
    total = (
        Field(state="not_found")
        if value is None
        else Field(state="found", value=value, confidence=confidence)
    )
    unasked = Field(state="found", value="x", confidence=other)
    return RecordCase(
        text="a.txt",
        label=RecordLabel(fields={"total": FieldLabel(value=label)}),
        output=Record(fields={"total": total, "unasked": unasked}),
        documents={},
    )


SURE = [case(1, 1, 0.9)] * 45 + [case(1, 2, 0.9)] * 5
UNSURE = [case(1, 1, 0.4)] * 10 + [case(1, 2, 0.4)] * 40


def test_the_confidence_of_a_record_becomes_how_often_such_records_are_right() -> None:
    learnt = fitted_confidence(SURE + UNSURE)
    assert learnt is not None
    assert learnt.of(SURE[0].output) == pytest.approx(0.9, abs=0.05)
    assert learnt.of(UNSURE[0].output) == pytest.approx(0.2, abs=0.05)


def test_fields_that_no_label_asks_for_do_not_count() -> None:
    learnt = fitted_confidence(SURE + UNSURE)
    assert learnt is not None
    assert learnt.of(case(1, 1, 0.9, other=0.01).output) == learnt.of(case(1, 1, 0.9, other=0.99).output)


def test_finding_nothing_counts_as_often_as_there_was_nothing() -> None:
    nothing = [case(None, None, 0.0)] * 9 + [case(3, None, 0.0)]
    learnt = fitted_confidence(SURE + UNSURE + nothing)
    assert learnt is not None
    assert learnt.empty == {"total": pytest.approx(10 / 12)}
    assert learnt.of(nothing[0].output) > 0.6


@pytest.mark.parametrize("cases", [[], SURE[:10] + UNSURE[-9:], SURE[:45], UNSURE[-40:]])
def test_too_few_rows_or_rows_that_are_all_alike_teach_nothing(cases: list[RecordCase]) -> None:
    assert fitted_confidence(cases) is None
