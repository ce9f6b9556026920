"""What a file of questions, of records or of notes is taken for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shipworthy.datasets.job_proposal import JobOfFile, propose_for_job
from shipworthy.datasets.proposal import Proposal
from shipworthy.datasets.table import open_table

DOCUMENTS = {f"in/{number:02}.txt" for number in range(12)}


def proposed(folder: Path, rows: list[dict[str, Any]], job: JobOfFile, **known: Any) -> Proposal:
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with open_table(file) as table:
        return propose_for_job(table, job=job, **known)


def questions(n: int = 12) -> list[dict[str, Any]]:
    return [{"nr": f"q{i}", "question": f"How long is the trial of plan number {i}?", "team": "ab"[i % 2]}
            for i in range(n)]  # fmt: skip


def test_questions_with_labels_in_json_are_understood(tmp_path: Path) -> None:
    rows = [
        {**row, "right": {"answerable": True, "answers": [f"{i} days"]}} for i, row in enumerate(questions())
    ]
    found = proposed(tmp_path, rows, "answer")
    assert (found.input, found.label, dict(found.label_parts)) == (("question",), "right", {})
    assert (found.id, found.segments) == ("nr", ("team",))


def test_questions_with_a_column_for_each_part_are_understood(tmp_path: Path) -> None:
    rows = [
        {
            **row,
            "answerable": ("yes", "no")[i % 3 == 0],
            "expected answer": None if i % 3 == 0 else f"The trial is {i} days.",
            "where": None if i % 3 == 0 else f"in/{i:02}.txt",
            "evidence": None if i % 3 == 0 else f"The trial of this plan is {i} days.",
        }
        for i, row in enumerate(questions())
    ]
    found = proposed(tmp_path, rows, "answer", documents=DOCUMENTS)
    assert dict(found.label_parts) == {
        "answerable": "answerable",
        "answer": "expected answer",
        "document": "where",
        "quote": "evidence",
    }
    assert (found.input, found.label) == (("question",), None)
    assert set(found.label_parts.values()) <= found.reasons.keys()


def test_without_an_answer_or_a_quote_nothing_says_what_is_right(tmp_path: Path) -> None:
    rows = [{**row, "answerable": ("yes", "no")[i % 2]} for i, row in enumerate(questions())]
    found = proposed(tmp_path, rows, "answer")
    assert (found.label, dict(found.label_parts)) == (None, {})


def test_the_question_is_what_asks_and_not_the_longer_answer(tmp_path: Path) -> None:
    rows = [
        {"text a": f"May I carry over {i} days?", "reply": "You may carry over some days. " * 3 + str(i)}
        for i in range(12)
    ]  # fmt: skip
    found = proposed(tmp_path, rows, "answer")
    assert (found.input, dict(found.label_parts)) == (("text a",), {"answer": "reply"})


def test_a_file_without_texts_has_no_questions(tmp_path: Path) -> None:
    assert proposed(tmp_path, [{"a": i, "b": i % 2} for i in range(12)], "answer").input == ()


def test_records_are_found_by_documents_names_and_fields_names(tmp_path: Path) -> None:
    rows = [
        {"path": f"in/{i:02}.txt", "Total Amount": f"{i}.50", "due-date": "2026-01-02", "by": "AB"[i % 2]}
        for i in range(12)
    ]
    fields = {"total": ("total amount",), "due_date": (), "supplier": ()}
    found = proposed(tmp_path, rows, "extract", documents=DOCUMENTS, fields=fields)
    assert (found.input, dict(found.label_parts)) == (
        ("path",),
        {"total": "Total Amount", "due_date": "due-date"},
    )
    assert found.segments == ("by",)


@pytest.mark.parametrize("job", ["extract", "summarise"])
def test_a_file_that_names_no_document_has_no_input(job: JobOfFile, tmp_path: Path) -> None:
    rows = [{"path": f"elsewhere/{i}.txt"} for i in range(12)]
    assert proposed(tmp_path, rows, job, documents=DOCUMENTS).input == ()


def test_a_name_without_its_document_is_told(tmp_path: Path) -> None:
    rows = [{"path": f"in/{i:02}.txt"} for i in range(11)] + [{"path": "lost.txt"}]
    found = proposed(tmp_path, rows, "summarise", documents=DOCUMENTS)
    assert found.reasons["path"] == "its values are names of the documents, but not 'lost.txt'"


def test_a_label_of_another_job_is_no_label(tmp_path: Path) -> None:
    rows = [{"path": f"in/{i:02}.txt", "notes": {"totals": [i]}} for i in range(12)]
    assert proposed(tmp_path, rows, "summarise", documents=DOCUMENTS).label is None
    assert proposed(tmp_path, rows, "extract", documents=DOCUMENTS).label == "notes"
