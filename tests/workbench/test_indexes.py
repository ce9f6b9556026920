"""Indexing documents and explaining what is found, through the command line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipworthy.workbench.workspace import init
from tests.workbench.small import run


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "work" / "docs"
    (folder / "hr").mkdir(parents=True)
    (folder / "hr/leave.md").write_text("# Leave\n\nYou may carry over five vacation days.\n")
    (folder / "pay.txt").write_text("Salaries are paid on the last working day.\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-nothing")
    init(tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return folder


def test_a_feature_s_documents_are_indexed_and_searched_with_reasons(docs: Path) -> None:
    done = run("index", "docs", "--feature", "handbook-qa", "--no-meaning")
    assert done.code == 0
    assert done.out == (
        "2 documents, 2 passages (2 added, 1 not read).\n"
        "Searched by words, because nothing was measured on questions of your own.\n"
        'Next: shipworthy explain retrieval handbook-qa "a question"\n'
    )
    assert done.err.startswith("not read: 'broken.pdf' is not a PDF document that can be opened")
    shown = run("explain", "retrieval", "handbook-qa", "How many vacation days may I carry over?").out
    assert "1. hr/leave.md, line 1\n   by words place 1 (holds: " in shown
    assert "holds: vacation, days, carry, over" in shown
    assert "how (passed over)" in shown


def test_outside_a_workspace_a_folder_of_documents_is_told_from_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "our docs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run("explain", "retrieval", "our docs", "leave").err == (
        "shipworthy: There is no index in the folder 'our docs'.\n"
        "  next: If it holds the documents, index them first: "
        "shipworthy index 'our docs' --into 'our docs-index'\n"
    )


def test_results_keep_to_their_published_schemas(docs: Path) -> None:
    done = run("index", "docs", "--into", "idx", "--no-meaning", "--json")
    Draft202012Validator(run("schema", "index").json).validate(done.json)
    assert [each["name"] for each in done.json["changes"]["rejected"]] == ["broken.pdf"]
    found = run("explain", "retrieval", "idx", "vacation", "--json")
    Draft202012Validator(run("schema", "explain retrieval").json).validate(found.json)
    assert found.json["hits"][0]["hit"]["document"] == "hr/leave.md"


def test_a_second_run_touches_only_what_changed(docs: Path) -> None:
    run("index", "docs", "--into", "idx", "--no-meaning")
    (docs / "pay.txt").write_text("Salaries are paid weekly.")
    assert run("index", "docs", "--into", "idx", "--no-meaning").out.startswith(
        "2 documents, 2 passages (1 changed, 1 unchanged, 1 not read)."
    )


def test_questions_of_one_s_own_choose_how_to_search(docs: Path) -> None:
    rows = [f"{n} vacation days,hr/leave.md" for n in range(12)] + [
        f"{n} salaries,pay.txt" for n in range(12)
    ]
    Path("questions.csv").write_text("question,document\n" + "\n".join(rows) + "\nof the moon,\n")
    done = run("index", "docs", "--into", "idx", "--no-meaning", "--questions", "questions.csv")
    assert "Searched by words, because this index holds nothing to search by meaning." in done.out
    assert "lexical  nDCG@10 1.000" in done.out
    assert run("explain", "retrieval", "idx", "pay").out.startswith("Searched by words, because this index")
    Path("questions.csv").write_text("question,answer\na,b\n")
    refused = run("index", "docs", "--into", "idx", "--no-meaning", "--questions", "questions.csv")
    assert (refused.code, "has no column 'document'" in refused.err) == (2, True)


def test_many_questions_are_asked_as_json_lines(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("index", "docs", "--into", "idx", "--no-meaning")
    lines = '{"question": "vacation", "id": 7}\n\n{"question": "day", "k": 1, "where": {"format": "txt"}}\n'
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    found = [json.loads(line) for line in run("explain", "retrieval", "idx", "-").out.splitlines()]
    assert [[hit["hit"]["document"] for hit in each["hits"]] for each in found] == [
        ["hr/leave.md"],
        ["pay.txt"],
    ]
    for line, said in (
        ("vacation", "Line 1: This is not JSON."),
        ('{"question": " "}', "Line 1: This has no question."),
        ('{"question": "x", "k": 0}', "wants k = 0"),
        ('{"question": "x", "mode": "fuzed"}', "Did you mean 'fused'?"),
        ('{"question": "x", "where": {"a": 1}}', "not an object of texts"),
        ('{"question": "x", "qestion": "y"}', "Did you mean 'question'?"),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(line + '\n{"question": "vacation"}\n'))
        done = run("explain", "retrieval", "idx", "-")
        wrong, right = map(json.loads, done.out.splitlines())
        assert (done.code, wrong["line"], said in wrong["error"]) == (2, 1, True), wrong
        assert right["hits"][0]["hit"]["document"] == "hr/leave.md"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("index docs", "give either --feature NAME or --into FOLDER"),
        ("index docs --into idx --feature a", "give either --feature NAME or --into FOLDER"),
        ("index nowhere --into idx", "does not exist"),
        ("index docs/pay.txt --into idx", "is a file, not a folder"),
        ("index docs --into docs/idx", "would lie among the documents"),
        ("index docs --feature ../x", "cannot be a feature's name"),
        ("explain retrieval nothing question", "There is no index of 'nothing'"),
        ("explain retrieval ./nothing question", "There is no index in the folder"),
        ("explain retrieval idx question --mode fuzed", "Did you mean 'fused'?"),
        ("explain retrieval idx question --where folder", "is not of the form NAME=VALUE"),
        ("explain retrieval idx question --mode vector", "cannot be searched by meaning"),
        ("explain retrieval docs question", "index them first: shipworthy index docs --into docs-index"),
        ("explain retrieval idx {nothing}", "The question is empty."),
    ],
)
def test_mistakes_are_named(command: str, said: str, docs: Path) -> None:
    run("index", "docs", "--into", "idx", "--no-meaning")
    done = run(*("" if word == "{nothing}" else word for word in command.split()))
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_folder_in_which_nothing_can_be_read_is_a_mistake(docs: Path) -> None:
    Path("bad").mkdir()
    assert "There are no documents in 'bad'" in run("index", "bad", "--into", "i1").err
    Path("bad/a.pdf").write_bytes(b"%PDF-x")
    done = run("index", "bad", "--into", "i2")
    assert (done.code, "None of the 1 files can be read. The first: 'a.pdf'" in done.err) == (2, True)


def test_an_index_without_a_document_counts_as_none(docs: Path) -> None:
    """What a mistake left behind must not answer in the place of the documents."""
    assert run("index", "nowhere", "--feature", "handbook-qa").code == 2
    done = run("explain", "retrieval", "handbook-qa", "vacation")
    assert (done.code, "There is no index of 'handbook-qa'" in done.err) == (2, True), done.err
    run("index", "docs", "--feature", "handbook-qa", "--no-meaning")
    assert run("explain", "retrieval", "handbook-qa", "vacation").code == 0


def test_a_file_that_is_no_index_is_reported_when_it_is_opened(docs: Path) -> None:
    Path("idx").mkdir()
    Path("idx/index.db").write_bytes(b"not a database at all" * 100)
    done = run("explain", "retrieval", "idx", "vacation")
    assert (done.code, "This is not an index, or it is damaged" in done.err) == (2, True), done.err
