"""The whole way through the command line: from a file to a verdict, its papers and its evidence."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import pytest
import typer.main
from jsonschema import Draft202012Validator
from openpyxl import Workbook
from playwright.sync_api import Browser, Dialog

from shipworthy.cli.main import app
from shipworthy.datasets.prediction_log import COLUMNS
from shipworthy.datasets.table import open_table
from shipworthy.workbench.verbs import VERBS
from tests.browser import offline_page
from tests.documents.payloads import PAYLOADS
from tests.workbench.small import FEATURE, Row, files_of, rows, run, write_csv, write_feature

UNSTABLE = {"id", "at", "run_id", "latency_ms", "seconds"}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace made as a user makes one, reviewed twice; the current folder of these tests."""
    root = tmp_path_factory.mktemp("end-to-end") / "work"
    with pytest.MonkeyPatch.context() as patch:
        assert run("init", root).code == 0
        patch.chdir(root)
        write_csv(root.parent / "feedback.csv", rows())
        made = run("feature", "new", "triage", "--job", "classify", "--data", "../feedback.csv")
        assert made.code == 0, made
        file = root / "features/triage/feature.yaml"
        file.write_text(file.read_text().replace("leakage <= 0.01", "leakage <= 0.2"))
        for _ in range(2):
            assert run("review", "triage", "--reason", "I looked at every mistake.").code == 0
        yield root


def reviews_of(root: Path) -> list[Path]:
    return [root / "features/triage/reviews" / line["id"] for line in run("reviews", "list", "--json").json]


def published(verb: str) -> Draft202012Validator:
    schema = run("schema", verb).json
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def stable(value: Any) -> Any:
    """A report without what differs between two runs of the same."""
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key not in UNSTABLE}
    return [stable(item) for item in value] if isinstance(value, list) else value


def outputs(n: int = 90, right: int = 90, **columns: str) -> list[Row]:
    """Recorded outputs, the first ``right`` of them right."""
    return [
        {
            "y": row["topic"],
            "pred": row["topic"] if place < right else "nothing",
            "text": row["message"],
            **columns,
        }
        for place, row in enumerate(rows(n))
    ]


# --- a feature's way ---------------------------------------------------------------------------


def test_the_verdict_is_on_stdout_nothing_is_on_stderr_and_the_code_is_the_verdict_s(work: Path) -> None:
    done = run("feature", "check", "triage")
    assert (done.code, done.err) == (0, "")
    assert "84 train, 36 test rows; 3 labels" in done.out
    assert done.out.endswith("Next: shipworthy review triage\n")

    shown = run("reviews", "show")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("SHIP")
    assert f"Report: {reviews_of(work)[-1] / 'report.html'}" in shown.out


def test_a_review_s_folder_holds_the_report_its_data_the_log_and_a_file_for_ci(work: Path) -> None:
    folder = reviews_of(work)[0]
    assert sorted(path.name for path in folder.iterdir()) == [
        "junit.xml",
        "predictions.parquet",
        "report.html",
        "report.json",
    ]
    published("reviews show").validate(json.loads((folder / "report.json").read_text()))
    assert ET.parse(folder / "junit.xml").getroot().tag == "testsuites"
    assert "<script" not in (folder / "report.html").read_text()
    with duckdb.connect() as database:
        log = str(folder / "predictions.parquet")
        columns = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [log]).fetchall()
        counts = database.execute("SELECT candidate, count(*) FROM read_parquet(?) GROUP BY ALL", [log])
        assert dict(counts.fetchall()) == {"trained": 36, "majority": 36, "keyword": 36}
    assert {row[0]: row[1] for row in columns} == {**COLUMNS, "seg_plan": "VARCHAR"}


def test_the_same_review_gives_the_same_numbers(work: Path) -> None:
    first, second = (json.loads((folder / "report.json").read_text()) for folder in reviews_of(work))
    assert first["id"] != second["id"]
    assert stable(first) == stable(second)


def test_the_paste_has_five_lines(work: Path) -> None:
    done = run("reviews", "show", "triage", "--paste")
    assert done.code == 0
    assert len(done.out.splitlines()) == 5
    assert all(line.strip() for line in done.out.splitlines())


def test_reviews_are_found_by_feature_by_id_and_by_the_end_of_it(work: Path) -> None:
    newest = reviews_of(work)[-1].name
    found = [run("reviews", "show", name, "--json").json["id"] for name in ("triage", newest, newest[-6:])]
    assert found == [newest] * 3


def test_two_reviews_of_the_same_have_nothing_that_changed(work: Path) -> None:
    first, second = (folder.name for folder in reviews_of(work))
    change = run("reviews", "compare", first, second, "--json").json
    assert (change["same_data"], change["gone"], change["fresh"]) == (True, [], [])
    assert all(bar["before"] == bar["after"] for bar in change["bars"])
    assert first in run("reviews", "compare", first, second).out


def test_open_without_a_terminal_prints_where_the_report_is(work: Path) -> None:
    assert run("reviews", "open").out == f"{reviews_of(work)[-1] / 'report.html'}\n"


def test_each_review_is_evidence_and_a_report_changed_afterwards_shows(work: Path) -> None:
    records = run("evidence", "list", "--json").json
    assert [record["facts"]["review"] for record in records] == [folder.name for folder in reviews_of(work)]
    assert {record["origin"] for record in records} == {"own"}
    assert {record["reason"] for record in records} == {"I looked at every mistake."}
    listed = run("evidence", "list").out.splitlines()
    for line, record, folder in zip(listed, records, reviews_of(work), strict=True):
        assert line.startswith(f"{record['id']}  ")
        assert f"  own  Review {folder.name} of triage: " in line
        assert "_" not in line
    assert run("evidence", "verify").out == "Every record and file is as it was.\n"

    page = reviews_of(work)[0] / "report.html"
    old = page.read_bytes()
    try:
        page.write_bytes(old + b"<!-- -->")
        done = run("evidence", "verify")
    finally:
        page.write_bytes(old)
    assert done.code == 1
    assert "was changed after it was recorded" in done.out


# --- labels ------------------------------------------------------------------------------------


def test_a_file_without_labels_is_labelled_and_reviewed(tmp_path: Path) -> None:
    root = tmp_path / "work"
    hostile = [{**row, "note": f"{PAYLOADS[i % len(PAYLOADS)]} {i}"} for i, row in enumerate(rows())]
    hostile[0]["message"] = "=1+1 is what I would like the app to add up for me every day please"
    columns = [name for name in hostile[0] if name != "topic"]
    bare = [{name: row[name] for name in columns} for row in hostile]
    write_csv(tmp_path / "bare.csv", bare)
    run("init", root)
    assert run("feature", "new", "bare", "--data", tmp_path / "bare.csv", "--workspace", root).code == 0

    waiting = run("label", "bare", "--by", "ana", "--rows", "120", "--json", "--workspace", root)
    published("label").validate(waiting.json)
    topics = {row["message"]: row["topic"] for row in hostile}
    given = [{"row": row["row"], "label": topics[row["text"]]} for row in waiting.json["waiting"]]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, given)))
    done = run("label", "bare", "--by", "ana", "--answers", tmp_path / "answers.jsonl", "--workspace", root)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{len(given)} labelled, 0 skipped, 0 to go")
    after = run("label", "bare", "--by", "ana", "--json", "--workspace", root).json
    assert (after["done"], after["left"], after["waiting"]) == (len(given), 0, [])
    labelled = root / "features/bare/data/labelled.csv"
    assert "'=1+1" in labelled.read_text(encoding="utf-8-sig")
    with open_table(labelled) as table:
        assert table.column("message") == [row["message"] for row in hostile]
    reviewed = run("review", "bare", "--workspace", root)
    assert reviewed.code in {0, 1, 3}, reviewed


# --- one file of outputs -----------------------------------------------------------------------


def as_csv(path: Path, table: list[Row]) -> None:
    write_csv(path, table)


def as_jsonl(path: Path, table: list[Row]) -> None:
    path.write_text("\n".join(map(json.dumps, table)))


def as_xlsx(path: Path, table: list[Row]) -> None:
    book = Workbook()
    for line in (list(table[0]), *(list(row.values()) for row in table)):
        book.active.append(line)  # type: ignore[union-attr]
    book.save(path)


def as_parquet(path: Path, table: list[Row]) -> None:
    source = path.with_suffix(".csv")
    write_csv(source, table)
    with duckdb.connect() as database:
        database.execute(f"COPY (FROM read_csv('{source}')) TO '{path}' (FORMAT parquet)")
    source.unlink()


WRITERS = {"xlsx": as_xlsx, "csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}


@pytest.mark.parametrize("kind", WRITERS)
def test_one_file_of_outputs_gets_a_verdict_page_without_a_workspace(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"outputs.{kind}"
    WRITERS[kind](file, outputs())

    done = run("check", file, "--label", "y", "--output", "pred", "--bar", "accuracy >= 0.9")

    assert (done.code, done.err) == (0, ""), done
    assert done.out.startswith("SHIP: outputs")
    (folder,) = (tmp_path / "outputs-reviews").iterdir()
    assert f"Report: {folder / 'report.html'}" in done.out
    published("reviews show").validate(json.loads((folder / "report.json").read_text()))


@pytest.mark.parametrize(
    ("right", "bar", "code", "decision"),
    [
        (90, "accuracy >= 0.9", 0, "ship"),
        (30, "accuracy >= 0.9", 1, "hold"),
        (80, "accuracy >= 0.9", 3, "cannot_tell"),
        (90, None, 3, "cannot_tell"),
    ],
)
def test_the_exit_code_is_the_verdict(
    tmp_path: Path, right: int, bar: str | None, code: int, decision: str
) -> None:
    file = write_csv(tmp_path / "outputs.csv", outputs(right=right))
    bars = ["--bar", bar] if bar else []

    done = run("check", file, "--label", "y", "--output", "pred", "--text", "text", *bars, "--json")

    assert done.code == code, done
    published("check").validate(done.json)
    assert done.json["decision"] == decision


def test_what_the_file_has_besides_is_used(tmp_path: Path) -> None:
    table = [
        {**row, "sure": f"{60 + i % 40}%", "plan": ("free", "pro")[i % 2], "who": f"c{i // 3}", "n": str(i)}
        for i, row in enumerate(outputs())
    ]
    file = write_csv(tmp_path / "outputs.csv", table)
    options = ["--confidence", "sure", "--segment", "plan", "--cluster", "who", "--id", "n", "--text", "text"]

    done = run("check", file, "--label", "y", "--output", "pred", *options, "--into", tmp_path / "there")

    assert done.code == 3, done
    (folder,) = (tmp_path / "there").iterdir()
    report = json.loads((folder / "report.json").read_text())
    assert {segment["segment"] for segment in report["segments"]} == {"plan"}


# --- workbooks ---------------------------------------------------------------------------------


def test_a_sheet_of_a_workbook_is_named_in_one_way_everywhere(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.create_sheet("Cover").append(["nothing here"])
    del book["Sheet"]
    sheet = book.create_sheet("Our rows")
    table = [{**row, "said": row["topic"]} for row in rows()]
    for cells in (list(table[0]), *(list(row.values()) for row in table)):
        sheet.append(cells)
    file = tmp_path / "book.xlsx"
    book.save(file)
    work, asked = tmp_path / "work", ("--label", "topic", "--output", "said", "--json")
    assert run("init", work).code == 0

    checked = run("check", f"{file}#Our rows", *asked)
    made = run("feature", "new", "triage", "--data", f"{file}#Our rows", "--workspace", work)
    known = run("feature", "check", "triage", "--workspace", work, "--json")
    cover = run("check", file, *asked)
    misspelt = run("check", f"{file}#our row", *asked)
    settings = work / "features/triage/feature.yaml"
    text = settings.read_text()
    assert "data/book.xlsx#Our rows" in text
    settings.write_text(text.replace("#Our rows", "#Our row"))
    unknown = run("feature", "check", "triage", "--workspace", work)

    assert checked.code == 3, checked
    assert cover.code == 2
    assert "Only 'Cover' was read; another one is named like 'book.xlsx#Our rows'." in cover.err
    assert made.code == 0, made
    assert sum(known.json["rows"].values()) == len(table)
    for done, name in ((misspelt, "our row"), (unknown, "Our row")):
        assert done.code == 2
        assert f"'book.xlsx' has no sheet {name!r}" in done.err
        assert "Did you mean 'Our rows'?" in done.err


# --- what every command keeps to ---------------------------------------------------------------


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        below = hasattr(command, "commands")
        if below:
            yield from commands(command, (*path, name))
        if not below or command.invoke_without_command:
            yield " ".join((*path, name)), command


def test_every_verb_is_a_command_and_every_command_but_schema_a_verb() -> None:
    assert {name for name, _ in commands()} - {"schema"} == set(VERBS)


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_has_an_example_that_can_be_typed(name: str) -> None:
    command = dict(commands())[name]
    (example,) = (line.strip() for line in (command.help or "").splitlines() if "Example:" in line)
    words = shlex.split(example.removeprefix("Example: "))
    verb = name.split()
    assert words[: len(verb) + 1] == ["shipworthy", *verb]
    command.make_context(name, words[len(verb) + 1 :])
    help_page = run(*verb, "--help")
    assert (help_page.code, help_page.err) == (0, "")
    assert "Example: shipworthy" in help_page.out


JSON = {
    "feature list": ("feature", "list"),
    "feature check": ("feature", "check", "triage"),
    "reviews list": ("reviews", "list", "triage"),
    "reviews show": ("reviews", "show"),
    "reviews open": ("reviews", "open"),
    "evidence list": ("evidence", "list", "triage"),
    "evidence verify": ("evidence", "verify"),
}


@pytest.mark.parametrize("verb", JSON)
def test_what_a_verb_prints_as_json_is_what_its_schema_says(work: Path, verb: str) -> None:
    done = run(*JSON[verb], "--json")
    assert (done.code, done.err) == (0, "")
    published(verb).validate(done.json)


def test_what_a_verb_makes_is_printed_as_its_schema_says(tmp_path: Path) -> None:
    published("init").validate(run("init", tmp_path / "work", "--json").json)
    file = write_csv(tmp_path / "feedback.csv", rows())
    made = run("feature", "new", "a", "--data", file, "--workspace", tmp_path / "work", "--json")
    published("feature new").validate(made.json)
    done = run("review", "a", "--workspace", tmp_path / "work", "--json")
    published("review").validate(done.json)


@pytest.mark.parametrize("verb", [*VERBS, "feature.yaml"])
def test_every_schema_is_one(verb: str) -> None:
    assert run("schema", verb).json["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    published(verb)


def test_the_schema_of_the_settings_accepts_what_feature_new_writes(work: Path) -> None:
    import yaml

    text = (work / "features/triage/feature.yaml").read_text()
    published("feature.yaml").validate(yaml.safe_load(text))
    published("feature.yaml").validate(FEATURE)


def test_who_stops_reading_changes_no_exit_code_and_a_poor_terminal_gets_something(work: Path) -> None:
    def shown(**more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", "from shipworthy.cli.main import main; main()", "reviews", "show"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **more},
        )

    gone = shown()
    assert gone.stdout is not None
    gone.stdout.close()
    assert gone.stderr is not None
    assert (gone.stderr.read(), gone.wait()) == (b"", 0)
    gone.stderr.close()
    poor = shown(PYTHONIOENCODING="ascii")
    out, err = poor.communicate()
    assert (poor.returncode, err) == (0, b"")
    assert b"SHIP" in out


# --- hostile content ---------------------------------------------------------------------------


def test_hostile_texts_labels_segments_and_names_are_inert_on_the_page_and_in_the_terminal(
    browser: Browser, tmp_path: Path
) -> None:
    payloads = [payload for payload in PAYLOADS if "\x00" not in payload]
    labels = ["<script>pwned=1;alert(1)</script>", '"><img src=x onerror=pwned=1>', "\x1b[2J\u202eok"]
    table = [
        {
            "id": f"{payloads[i % len(payloads)]}{i}",
            "me<svg onload=pwned=1>": f"{payloads[i % len(payloads)]} {row['message']}",
            "topic": labels[i % 3],
            "plan\x1b]0;pwned\x07": payloads[i % 2],
        }
        for i, row in enumerate(rows(240))
    ]
    file = write_csv(tmp_path / "<img src=x onerror=pwned=1>.csv", table)
    root = tmp_path / "work"
    identifier, text, label, segment = table[0]
    run("init", root)
    write_feature(
        root / "features/hostile",
        {
            **FEATURE,
            "name": "hostile",
            "does": payloads[0],
            "for_whom": payloads[9],
            "data": {
                "file": f"../../../{file.name}",
                "input": text,
                "label": label,
                "id": identifier,
                "segments": [segment],
            },
            "harms": [{"who": payloads[1], "what": payloads[2], "severity": "high"}],
            "fallback": {"who": payloads[3], "user_sees": payloads[4]},
            "bar": ["accuracy >= 0.99", f"recall[{labels[0]}] >= 0.9"],
        },
    )

    checked = run("feature", "check", "hostile", "--workspace", root)
    done = run("review", "hostile", "--workspace", root)

    assert checked.code == 0, checked
    assert done.code in {0, 1, 3}, done
    for printed in (checked.out, done.out, run("reviews", "show", "--paste", "--workspace", root).out):
        assert not set("\x1b\x07\u202e") & set(printed)
    (folder,) = (root / "features/hostile/reviews").iterdir()
    assert ET.parse(folder / "junit.xml").getroot().tag == "testsuites"
    dialogs: list[str] = []

    def refuse(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with offline_page(browser, bypass_csp=True) as page:
        page.on("dialog", refuse)
        page.goto((folder / "report.html").as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
        state = page.evaluate("[typeof pwned, document.scripts.length, document.images.length]")
    assert (state, dialogs) == (["undefined", 0, 0], [])


def test_column_and_file_names_of_any_kind_make_a_feature_that_can_be_read_back(tmp_path: Path) -> None:
    names = {"id": "# id: x", "message": "mess\x07age\u2028: {", "topic": "'topic\"", "plan": "- plan & *"}
    table = [{names[key]: value for key, value in row.items()} for row in rows()]
    file = write_csv(tmp_path / "a: [b] #c.csv", table)
    root = tmp_path / "work"
    run("init", root)

    made = run("feature", "new", "odd", "--data", file, "--workspace", root)
    checked = run("feature", "check", "odd", "--workspace", root)

    assert (made.code, checked.code) == (0, 0), (made, checked)
    assert "3 labels" in checked.out
    assert "features/odd/data/a: [b] #c.csv" in files_of(root)
