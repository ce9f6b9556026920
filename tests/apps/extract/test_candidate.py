from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from shipworthy.apps.extract import build_candidate
from shipworthy.core.errors import SpecError
from shipworthy.datasets.frozen import Example
from shipworthy.evals.jobs.candidate import JobCandidate, Surroundings
from shipworthy.evals.jobs.outputs import Record, output_from_json, output_to_json
from tests.apps.extract.papers import INVOICE


def example(name: str) -> Example:
    return Example(
        row=2,
        id=name,
        text=name,
        label=None,
        segments={},
        cluster=None,
        at=None,
        outcome=None,
        label_source=None,
        annotations={},
    )


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.txt").write_text(INVOICE, encoding="utf-8")
    (documents / "empty.txt").write_text("", encoding="utf-8")
    (tmp_path / "secret.txt").write_text(INVOICE, encoding="utf-8")
    return Surroundings(folder=tmp_path, documents=documents)


def test_the_candidate_answers_with_records_and_says_what_it_cannot_read(around: Surroundings) -> None:
    candidate: JobCandidate = build_candidate({"schema": "invoice"}, around)
    assert (candidate.words, candidate.sends_to) == (
        "Records of the schema invoice, by rules, no model.",
        None,
    )
    fitted = candidate.fit([])
    answers = fitted.answer(
        [example("a.txt"), example("empty.txt"), example("../secret.txt"), example("no.txt")]
    )
    assert list(answers.statuses) == ["ok", "error", "error", "error"]
    record = answers.outputs[0]
    assert isinstance(record, Record)
    assert record.fields["total"].value == {"amount": 1472.63, "currency": "EUR"}
    assert output_from_json(Record, output_to_json(record)) == record
    assert answers.confidence == [0.4, None, None, None]
    assert answers.details is not None
    assert answers.details[0] is None
    assert all(answers.details[1:])


def test_the_version_is_that_of_schema_and_model(around: Surroundings) -> None:
    one, same, other, model = (
        build_candidate(settings, around).version
        for settings in (
            {"schema": "invoice"},
            {"schema": "invoice"},
            {"schema": "contract"},
            {"schema": "invoice", "model": "local"},
        )
    )
    assert one == same
    assert len({one, other, model}) == 3


def test_a_model_on_another_machine_is_named(around: Surroundings) -> None:
    candidate = build_candidate({"schema": "invoice", "model": "openai:gpt-5-mini"}, around)
    assert candidate.sends_to == "openai:gpt-5-mini"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "settings.schema"),
        ({"schema": "invoice", "modle": "x"}, "settings.modle"),
        ({"schema": "invoice", "model": 3}, "settings.model"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(
    around: Surroundings, settings: dict[str, object], field: str
) -> None:
    with pytest.raises(SpecError) as caught:
        build_candidate(settings, around)
    assert caught.value.where is not None
    assert caught.value.where.field == field


def test_what_it_learns_from_labels_makes_its_confidence_a_probability(around: Surroundings) -> None:
    assert around.documents is not None
    rows = []
    for number in range(40):
        word = "Total" if number % 2 else "Sum in words and so on, total"
        name = f"{number}.txt"
        (around.documents / name).write_text(f"{word}: $5\n\nExtra line {number}: $7\n", encoding="utf-8")
        label = {"total": {"amount": 5 if number % 2 else 6, "currency": "USD"}}
        rows.append(replace(example(name), label=json.dumps(label)))
    plain = build_candidate({"schema": "invoice"}, around)
    fitted = plain.fit([*rows, example("empty.txt"), replace(example("a.txt"), label="no json")])
    answers = fitted.answer(rows[:2])
    assert answers.confidence is not None
    wrong, right = answers.confidence
    assert wrong is not None
    assert right is not None
    assert wrong < 0.3 < 0.7 < right
    assert fitted.version != plain.version
