"""``shipworthy extract``: files, folders, interruptions, and JSON Lines."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator
from openpyxl import load_workbook

from shipworthy.apps.extract import load_schema
from shipworthy.core.errors import UserError
from shipworthy.workbench.extracts import extract_files, extract_lines
from tests.apps.extract.papers import INVOICE
from tests.servers import ModelServer, Turn
from tests.servers.models import Question
from tests.support import require_http
from tests.workbench.small import FEATURE, Done, run, write_feature

KILLED_AFTER = 3
KILL = """
import os, signal, sys
from pathlib import Path
from shipworthy.workbench.extracts import extract_files

def progress(what, done, total):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

extract_files("invoice", [Path(sys.argv[1])], out=Path(sys.argv[2]), progress=progress)
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for number in range(6):
        (folder / f"{number}.txt").write_text(INVOICE.replace("0815", f"{number:04d}"), encoding="utf-8")
    (folder / "empty.txt").write_text("", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing")
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_folder_becomes_a_table_with_spans_and_rejects_beside_it(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.csv"
    done = extract_files("invoice", [inbox], out=out)
    records = table(out)
    assert (done.documents, done.rejected, done.resumed, done.incomplete) == (6, 2, 0, 0)
    assert [row["invoice_number"] for row in records] == [f"RE-2026-{number:04d}" for number in range(6)]
    assert (records[0]["total"], records[0]["total.currency"]) == ("1472.63", "EUR")
    spans = [row for row in table(tmp_path / "records.spans.csv") if row["field"] == "total"]
    for row, text in zip(spans, (path.read_text() for path in sorted(inbox.glob("?.txt"))), strict=True):
        assert text[int(row["start"]) : int(row["end"])] == row["quote"] == "EUR 1.472,63"
        assert row["line"] == "13"
    assert [Path(row["document"]).name for row in table(tmp_path / "records.rejects.csv")] == [
        "broken.pdf",
        "empty.txt",
    ]
    assert all(row["error"] for row in table(tmp_path / "records.rejects.csv"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_run_that_is_killed_goes_on_and_loses_and_repeats_nothing(inbox: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.csv", tmp_path / "records.csv"
    extract_files("invoice", [inbox], out=whole)
    command = [sys.executable, "-c", KILL, str(inbox), str(out), str(KILLED_AFTER)]
    assert subprocess.run(command, check=False).returncode == -9
    assert not out.exists()
    journal = tmp_path / ".records.csv.extract" / "journal.jsonl"
    with journal.open("ab") as stream:
        stream.write(b'{"document": "half a li')  # as a write that was cut short leaves it
    done = extract_files("invoice", [inbox], out=out)
    assert (done.documents, done.rejected) == (6, 2)
    assert done.resumed == KILLED_AFTER
    assert out.read_bytes() == whole.read_bytes()
    assert not journal.exists()


def test_a_file_that_changed_after_the_interruption_is_read_again(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.csv"
    command = [sys.executable, "-c", KILL, str(inbox), str(out), str(KILLED_AFTER)]
    assert subprocess.run(command, check=False).returncode == -9
    (inbox / "0.txt").write_text(INVOICE.replace("0815", "new"), encoding="utf-8")
    done = extract_files("invoice", [inbox], out=out)
    assert done.resumed == KILLED_AFTER - 1
    assert table(out)[0]["invoice_number"] == "RE-2026-new"


def test_another_schema_does_not_go_on_with_the_journal(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.csv"
    command = [sys.executable, "-c", KILL, str(inbox), str(out), str(KILLED_AFTER)]
    assert subprocess.run(command, check=False).returncode == -9
    schema = tmp_path / "own.yaml"
    schema.write_text("fields: {total: {type: money}}", encoding="utf-8")
    done = extract_files(str(schema), [inbox], out=out)
    assert (done.resumed, done.documents) == (0, 6)
    assert list(table(out)[0]) == [
        "document",
        "total",
        "total.currency",
        "missing",
        "conflicts",
        "lowest_confidence",
    ]


def test_two_processes_do_not_write_the_same_file(inbox: Path, tmp_path: Path) -> None:
    out = tmp_path / "records.csv"

    def progress(what: str, done: int, total: int) -> None:
        with pytest.raises(UserError, match="Another process is writing"):
            extract_files("invoice", [inbox / "0.txt"], out=out)

    extract_files("invoice", [inbox / "1.txt"], out=out, progress=progress)


@pytest.mark.parametrize("ending", [".xlsx", ".parquet", ".jsonl", ".csv"])
def test_every_format_holds_the_same_values(inbox: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"records{ending}"
    extract_files("invoice", [inbox / "0.txt"], out=out)
    found: dict[Any, Any]
    if ending == ".xlsx":
        header, row = load_workbook(out)["data"].iter_rows(values_only=True)
        found = dict(zip(header, row, strict=True))
    elif ending == ".parquet":
        answer = duckdb.connect().execute("FROM read_parquet(?)", [str(out)])
        names = [column[0] for column in answer.description or ()]
        found = dict(zip(names, answer.fetchall()[0], strict=True))
    elif ending == ".jsonl":
        found = {name: one["value"] for name, one in json.loads(out.read_text())["fields"].items()}
        found["total"] = found["total"]["amount"]
    else:
        found = dict(table(out)[0])
        found["total"] = float(found["total"])
    assert (found["invoice_number"], found["total"]) == ("RE-2026-0000", 1472.63)


def test_no_cell_acts_as_a_formula(tmp_path: Path) -> None:
    paper = tmp_path / "=cmd.txt"
    paper.write_text('Invoice no.: =HYPERLINK("http://x")\n', encoding="utf-8")
    for ending in ("csv", "xlsx"):
        extract_files("invoice", [paper], out=tmp_path / f"r.{ending}")
    assert table(tmp_path / "r.csv")[0]["invoice_number"] == '\'=HYPERLINK("http://x")'
    assert table(tmp_path / "r.spans.csv")[0]["quote"] == '\'=HYPERLINK("http://x")'
    cells = [cell for row in load_workbook(tmp_path / "r.xlsx")["data"].iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("invoise", "0.txt"), "Did you mean 'invoice'?"),
        (("invoice", "9.txt"), "There is no file '9.txt'"),
        (("invoice", "0.txt", "--out", "r.doc"), "no ending that says what to write"),
        (("invoice", "0.txt", "--out", "0.csv", "0.csv"), "it would be overwritten"),
        (("invoice", "--out", "r.csv"), "--out needs files"),
        (("invoice", "0.txt", "--model", "openai"), "has many models"),
        (("nothing.yaml", "0.txt"), "There is no file 'nothing.yaml'"),
    ],
)
def test_mistakes_are_explained(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(inbox)
    (inbox / "0.csv").write_text("a,b\n1,2\n")
    done = run("extract", *arguments)
    assert (done.code, said in done.err) == (2, True), done.err
    assert (inbox / "0.csv").read_text() == "a,b\n1,2\n"


def test_the_command_shows_a_record_for_a_person(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(inbox)
    done = run("extract", "invoice", "0.txt", "empty.txt")
    assert "invoice_number  RE-2026-0000   [line 1, 0.90]" in done.out
    assert "purchase_order  (the document says there is none)   [line 6, 0.90]" in done.out
    assert "no record: " in done.out
    assert done.code == 0


def test_where_no_file_gives_a_record_the_exit_code_says_so(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(inbox)
    assert run("extract", "invoice", "empty.txt").code == 2


def test_the_json_has_the_published_form(inbox: Path) -> None:
    shown = run("extract", "invoice", str(inbox / "0.txt"), "--json").json
    Draft202012Validator(run("schema", "extract").json).validate(shown)
    assert shown["records"][0]["fields"]["total"]["quotes"][0]["quote"] == "EUR 1.472,63"


def fed(monkeypatch: pytest.MonkeyPatch, text: str) -> Done:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    return run("extract", "invoice")


def test_json_lines_in_json_lines_out(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"id": "x", "text": INVOICE}, {"id": "y"}, "Total: $5", {"id": "z", "text": ""}]
    done = fed(monkeypatch, "\n".join(map(json.dumps, lines)) + "\nnot json\n\n")
    records: list[Any] = [json.loads(line) for line in done.out.splitlines()]
    assert [one["document"] for one in records] == ["x", "y", "3", "z", "5"]
    assert records[0]["fields"]["due_date"]["value"] == "2026-04-25"
    assert records[2]["fields"]["total"]["value"] == {"amount": 5, "currency": "USD"}
    assert [bool(one["error"]) for one in records] == [False, True, False, False, True]
    assert done.code == 2
    assert "2 of 5 lines gave no record" in done.err


def test_nothing_on_standard_input_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fed(monkeypatch, "").code == 2


def test_lines_are_answered_as_they_come() -> None:
    given = iter([json.dumps({"id": "1", "text": INVOICE}), "never reached"])
    assert next(extract_lines("invoice", given)).document == "1"
    assert next(given) == "never reached"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIPWORTHY_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    assert run("init", "work").code == 0
    return tmp_path / "work"


def test_a_features_name_stands_for_its_schema(workspace: Path, inbox: Path) -> None:
    spec = {
        **FEATURE,
        "name": "notes",
        "job": "extract",
        "data": {"file": "data/rows.csv", "input": "file", "label": "total", "documents": "documents"},
        "candidates": [{"name": "by rules", "kind": "app", "settings": {"schema": "schema.yaml"}}],
        "bar": ["accuracy >= 0.6"],
    }
    folder = workspace / "features" / "notes"
    write_feature(folder, spec)
    (folder / "schema.yaml").write_text("fields: {due_date: {type: date}}", encoding="utf-8")
    shown = run("extract", "notes", str(inbox / "0.txt"), "--json")
    assert shown.err == ""
    assert shown.json["records"][0]["fields"]["due_date"]["value"] == "2026-04-25"


def test_a_feature_that_does_not_extract_is_refused(workspace: Path, inbox: Path) -> None:
    write_feature(workspace / "features" / "triage", FEATURE)
    done = run("extract", "triage", str(inbox / "0.txt"))
    assert (done.code, "has no candidate that extracts" in done.err) == (2, True)


@pytest.fixture
def http() -> None:
    require_http()


def test_a_model_on_a_server_is_asked_once_and_only_what_it_quotes_is_kept(
    http: None, workspace: Path, inbox: Path, tmp_path: Path
) -> None:
    schema = tmp_path / "own.yaml"
    schema.write_text("fields: {number: {labels: [Invoice No.]}, total: {type: money}}", encoding="utf-8")

    def script(question: Question) -> Turn:
        found = re.search(r"RE-\d+-\d+", question.text)
        assert found is not None
        number = {"quote": found[0], "value": found[0]}
        return Turn(text=json.dumps({"number": number, "total": {"quote": "EUR 1,00", "value": "1 EUR"}}))

    files = [inbox / f"{number}.txt" for number in range(3)]
    out = tmp_path / "records.csv"
    with ModelServer("openai", script) as server:
        assert run("models", "add", "house", "--url", f"{server.url}/v1").code == 0
        arguments: tuple[str | Path, ...] = ("extract", schema, *files, "--model", "house:m", "--out", out)
        first = run(*arguments, "--json").json
        again = run(*arguments, "--json").json
        assert len(server.requests) == 3, "the second time every reply is in the workspace's cache"
    assert [row["number"] for row in table(out)] == [f"RE-2026-{number:04d}" for number in range(3)]
    assert [row["total"] for row in table(out)] == ["", "", ""]
    assert (first["how"], first["documents"], first["dropped"]) == ("house:m", 3, 3)
    assert {**again, "cost": None} == {**first, "cost": None}


def test_a_full_budget_stops_the_run_and_the_same_command_goes_on(
    http: None, workspace: Path, inbox: Path, tmp_path: Path
) -> None:
    answer = json.dumps(dict.fromkeys(name for name, _ in load_schema("invoice").leaves()))
    files = [inbox / f"{number}.txt" for number in range(3)]
    out = tmp_path / "records.csv"
    with ModelServer("openai", lambda _: Turn(text=answer)) as server:
        price = ("--price-in", "1000", "--price-out", "1000")
        assert run("models", "add", "house", "--url", f"{server.url}/v1", *price).code == 0
        arguments: tuple[str | Path, ...] = ("extract", "invoice", *files, "--model", "house:m", "--out", out)
        stopped = run(*arguments, "--budget", "0.0001")
        assert (stopped.code, out.exists(), len(server.requests)) == (4, False, 0)
        assert run(*arguments).code == 0
    assert len(table(out)) == 3


KILL_WITH_MODEL = """
import sys
from pathlib import Path
from shipworthy.workbench.extracts import extract_files
from shipworthy.workbench.runs import Asking
from shipworthy.workbench.workspace import open_workspace

extract_files("invoice", [Path(sys.argv[1])], out=Path(sys.argv[2]), model="house:m",
              asking=Asking(concurrency=1), workspace=open_workspace(Path(sys.argv[3])))
"""


def test_no_reply_is_asked_for_twice_when_the_process_is_killed_between_two_of_them(
    http: None, workspace: Path, inbox: Path, tmp_path: Path
) -> None:
    answer = json.dumps(dict.fromkeys(name for name, _ in load_schema("invoice").leaves()))
    out = tmp_path / "records.csv"
    running: list[subprocess.Popen[bytes]] = []

    def script(question: Question) -> Turn:
        if len(server.requests) == 4 and running:
            running.pop().kill()  # three replies were given, the fourth never arrives
            return Turn(hang=True)
        return Turn(text=answer)

    with ModelServer("openai", script) as server:
        assert run("models", "add", "house", "--url", f"{server.url}/v1").code == 0
        command = [sys.executable, "-c", KILL_WITH_MODEL, str(inbox), str(out), str(workspace)]
        running.append(process := subprocess.Popen(command))
        assert process.wait() == -9
        assert run("extract", "invoice", inbox, "--model", "house:m", "--out", out).code == 0
        assert sum(server.billed.values()) == 6
        assert len(server.requests) == 7
    assert len(table(out)) == 6


def test_a_file_s_name_is_on_one_line_of_the_table_and_drives_no_terminal(tmp_path: Path) -> None:
    name = "a\nb\x1b[31m é.txt"
    (tmp_path / name).write_text(INVOICE, encoding="utf-8")
    (tmp_path / f"empty {name}").write_text("", encoding="utf-8")
    extract_files("invoice", [tmp_path], out=tmp_path / "out" / "records.csv")
    shown = "a\\nb\\x1b[31m é.txt"
    for file, cell in (("records", shown), ("records.spans", shown), ("records.rejects", f"empty {shown}")):
        path = tmp_path / "out" / f"{file}.csv"
        assert table(path)[0]["document"].rpartition("/")[2] == cell
        assert "\x1b" not in path.read_text(encoding="utf-8")
