"""Labelling answers, records and minutes: from the rows chosen to the file a review reads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shipworthy.cli.job_labelling import Terminal, decide_by_key, label_job_by_key
from shipworthy.core.errors import DataError, SpecError, UserError
from shipworthy.datasets.prediction_log import PredictionLog
from shipworthy.evals.labelling.session import chosen_rows, everybody
from shipworthy.workbench.job_labels import adjudicate_feature, label_job
from shipworthy.workbench.label_answers import decide_from, job_answers_from
from shipworthy.workbench.labels import label_feature
from shipworthy.workbench.reviews import review_feature
from shipworthy.workbench.workspace import Workspace, init
from tests.evals.jobs.made import answer_feature, extract_feature, summarise_feature
from tests.fakes.clock import FixedClock
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

MAKE = {"handbook": answer_feature, "invoices": extract_feature, "standup": summarise_feature}
SECRET = "SECRET-OUTPUT-OF-A-CANDIDATE"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init(tmp_path / "work")


def bare(workspace: Workspace, name: str, *, to: str = "labelled.jsonl") -> Path:
    """The feature with its labels taken away, ready to be labelled."""
    folder = workspace.feature_folder(name)
    file = MAKE[name](folder) if not folder.exists() else folder / "feature.yaml"
    spec = json.loads(file.read_text())
    label = spec["data"]["label"]
    gone = set(label.values()) if isinstance(label, dict) else {label}
    lines = (json.loads(line) for line in (folder / spec["data"]["file"]).read_text().splitlines())
    kept = [{key: value for key, value in line.items() if key not in gone} for line in lines]
    (folder / "bare.jsonl").write_text("".join(json.dumps(line) + "\n" for line in kept))
    spec["data"] |= {"to_label": "bare.jsonl", "file": to}
    file.write_text(json.dumps(spec))
    return folder


def keys(*pressed: str, lines: tuple[str, ...] = ()) -> Terminal:
    left, typed = iter(pressed), iter(lines)
    return Terminal(key=lambda: next(left, "q"), line=lambda _: next(typed, ""))


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def label_all(workspace: Workspace, name: str, by: str, labels: Callable[[int, str], Any]) -> None:
    with label_job(workspace, name, by=by, rows=4, clock=FixedClock()) as work:
        for position, row in enumerate(work.session):
            work.session.label(labels(position, row.text))


def test_a_question_is_labelled_by_keys_and_its_evidence_is_the_very_words_of_a_document(
    workspace: Workspace,
) -> None:
    folder = bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=2, clock=FixedClock()) as work:
        first = work.session.rows[0]
        terminal = keys("y", "n", lines=("about 30 euros", "1"))
        label_job_by_key(work, terminal)
        assert work.progress.done == 2
    said = read(folder / "labels" / "ana.jsonl")
    assert said[1]["label"] == {"answerable": False}
    label = said[0]["label"]
    assert label["answers"] == ["about 30 euros"]
    (evidence,) = label["evidence"]
    assert evidence["quote"] in (folder / "docs" / evidence["document"]).read_text()
    labelled = {line["question"]: line for line in read(folder / "labelled.jsonl")}
    assert labelled[first.text]["label"] == label
    assert labelled[first.text]["label_source"] == "ana"
    assert len(labelled) == 60


def test_a_quote_that_stands_in_no_document_is_refused_and_nothing_is_kept(workspace: Workspace) -> None:
    folder = bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=2, clock=FixedClock()) as work:
        with pytest.raises(DataError, match="do not stand in any document: 'made up by me'"):
            work.session.label({"answers": ["x"], "quote": "made up by me"})
        with pytest.raises(DataError, match=r"do not stand in 'page1\.md'"):
            work.session.label({"answers": ["x"], "quote": "red badges", "document": "page1.md"})
        with pytest.raises(DataError, match="cannot be read"):
            work.session.label({"answers": ["x"], "quote": "red", "document": "../feature.yaml"})
        assert work.session.progress.done == 0
    assert not (folder / "labels" / "ana.jsonl").exists()


def test_a_quote_without_its_document_gets_the_one_it_stands_in(workspace: Workspace) -> None:
    folder = bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=1, clock=FixedClock()) as work:
        work.session.label({"answers": ["10"], "quote": "The   deposit for red\nbadges is 10 euros."})
    (line,) = read(folder / "labels" / "ana.jsonl")
    assert line["label"]["evidence"] == [
        {"document": "page0.md", "quote": "The deposit for red badges is 10 euros."}
    ]


def typed_schema(folder: Path) -> None:
    (folder / "schema.yaml").write_text(
        "name: invoice\nfields:\n  number: {type: text}\n  total: {type: money}\n  due: {type: date}\n"
    )
    spec = json.loads((folder / "feature.yaml").read_text())
    spec["candidates"] = [{"name": "app", "kind": "app", "settings": {"schema": "schema.yaml"}}]
    (folder / "feature.yaml").write_text(json.dumps(spec))


def test_a_record_is_labelled_field_by_field_with_the_types_of_the_schema(workspace: Workspace) -> None:
    folder = bare(workspace, "invoices")
    typed_schema(folder)
    with label_job(workspace, "invoices", by="ana", rows=1, clock=FixedClock()) as work:
        label_job_by_key(work, keys("\r", lines=("INV-1", "EUR 1,105.50", "-")))
    (line,) = read(folder / "labels" / "ana.jsonl")
    assert line["label"] == {
        "number": {"value": "INV-1", "quote": "INV-1"},
        "total": {"amount": 1105.5, "currency": "EUR"},
        "due": None,
    }


def test_a_value_of_the_wrong_type_and_a_field_that_is_not_there_are_refused(workspace: Workspace) -> None:
    typed_schema(bare(workspace, "invoices"))
    with label_job(workspace, "invoices", by="ana", rows=1, clock=FixedClock()) as work:
        with pytest.raises(DataError, match="'due' is of the type date: not 'tomorrow'"):
            work.session.label({"due": "tomorrow"})
        with pytest.raises(DataError, match="no field 'totl'") as failure:
            work.session.label({"totl": 3})
        assert failure.value.hint == "Did you mean 'total'?"
        with pytest.raises(DataError, match="quotes words that do not stand in"):
            work.session.label({"total": {"value": 3, "quote": "three"}})


def test_a_document_that_says_there_is_none_is_told_from_one_that_does_not_say(workspace: Workspace) -> None:
    folder = bare(workspace, "invoices")
    with label_job(workspace, "invoices", by="ana", rows=1, clock=FixedClock()) as work:
        label_job_by_key(work, keys("\r", lines=("-", "-", "!", "Thank you.")))
    (line,) = read(folder / "labels" / "ana.jsonl")
    assert line["label"] == {"number": None, "total": None, "due": {"value": None, "quote": "Thank you."}}


def test_minutes_are_labelled_statement_by_statement_with_lines_that_exist(workspace: Workspace) -> None:
    folder = bare(workspace, "standup")
    with label_job(workspace, "standup", by="ana", rows=1, clock=FixedClock()) as work:
        terminal = keys("a", ".", lines=("Order paint", "Ben", "Friday", "2-3"))
        label_job_by_key(work, terminal)
        assert work.progress.done == 1
        work.session.undo()
        with pytest.raises(DataError, match="names line 9"):
            work.session.label({"items": [{"kind": "risk", "text": "Rain", "lines": [9]}]})
    assert read(folder / "labels" / "ana.jsonl")[0]["label"] == {
        "items": [{"kind": "action", "text": "Order paint", "owner": "Ben", "due": "Friday", "lines": [2, 3]}]
    }


@pytest.mark.parametrize("name", list(MAKE))
def test_nothing_of_any_prediction_is_shown_while_labelling(
    name: str, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = workspace.feature_folder(name)
    MAKE[name](folder)
    for file in ("outputs.jsonl", "reader.py", "notes.py"):
        path = folder / file
        if path.exists():
            old = path.read_text().replace("It was Ada.", SECRET)
            old = old.replace("The deposit is 99 euros.", SECRET)
            path.write_text(
                old.replace("'value': total", f"'value': '{SECRET}'").replace(
                    "'text': said[start:]", f"'text': '{SECRET}'"
                )
            )
    review = review_feature(workspace, name, clock=FixedClock())
    log = PredictionLog(review.folder / "predictions.parquet")
    put_out = log.columns(["output"], candidate=review.report["candidates"][0]["name"])["output"]
    assert SECRET in "".join(filter(None, put_out))
    bare(workspace, name)
    with label_job(workspace, name, by="ana", rows=3, clock=FixedClock()) as work:
        shown = repr(work.progress)
        label_job_by_key(work, keys("x", "s", "?", "u", "s", "s", "s"))
    with label_job(workspace, name, by="ana", rows=6, clock=FixedClock()) as work:
        shown += repr(work.progress)
    printed = capsys.readouterr().out
    assert "Row " in printed
    assert SECRET not in printed + shown
    assert "unsure" not in printed + shown.replace("was unsure of rows like them", "")


def test_a_label_survives_the_death_of_the_process_and_the_next_one_goes_on(workspace: Workspace) -> None:
    folder = bare(workspace, "handbook")
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from shipworthy.workbench.job_labels import label_job\n"
        "from shipworthy.workbench.workspace import open_workspace\n"
        f"place = open_workspace(Path({str(workspace.root)!r}))\n"
        "with label_job(place, 'handbook', by='ana', rows=3) as work:\n"
        "    work.session.label({'answerable': False})\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    with (folder / "labels" / "ana.jsonl").open("ab") as stream:
        stream.write(b'{"at": "2026-11-23", "by": "ana", "act')  # a torn line
    with label_job(workspace, "handbook", by="ana", clock=FixedClock()) as work:
        assert (work.progress.done, work.progress.left) == (1, 2)
        work.session.label({"answerable": False})
    assert [line["action"] for line in read(folder / "labels" / "ana.jsonl")] == ["label", "label"]


def test_two_people_have_a_file_each_and_label_the_same_rows(workspace: Workspace) -> None:
    folder = bare(workspace, "handbook")
    label_all(workspace, "handbook", "ana", lambda *_: {"answerable": False})
    with label_job(workspace, "handbook", by="Ana", clock=FixedClock()) as work:
        assert work.progress.left == 4
        work.session.label({"answers": ["x"]})
    names = {path.name for path in (folder / "labels").iterdir()}
    assert len(names) == 3
    people = everybody(folder / "labels")
    assert {name: len(labels) for name, labels in people.items()} == {"ana": 4, "Ana": 1}


def test_rows_on_which_people_differ_have_no_label_until_somebody_blind_decides(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = bare(workspace, "handbook")
    label_all(workspace, "handbook", "ana", lambda *_: {"answerable": False})
    label_all(
        workspace, "handbook", "ben", lambda i, _: {"answers": ["yes"]} if i < 2 else {"answerable": False}
    )
    named = [line for line in read(folder / "labelled.jsonl") if line["label_source"]]
    assert sum(line["label"] is None for line in named) == 2
    with adjudicate_feature(workspace, "handbook", by="cleo", clock=FixedClock()) as work:
        rows_ = [row.row for row in work.progress.waiting]
        chosen = work.progress.waiting[0].options[0]
        assert "ana" not in repr(work.progress.waiting) + repr(work.progress.classes)
        decide_by_key(work, keys("1", "n", lines=('{"answers": ["neither"]}',)))
    assert "ana" not in capsys.readouterr().out
    decided = {line["row"]: line for line in read(folder / "labels" / "decided.jsonl")}
    assert decided[rows_[0]]["label"] == chosen
    assert decided[rows_[0]]["source"] == ("ana" if chosen == {"answerable": False} else "ben")
    assert decided[rows_[1]]["source"] == "own"
    named = [line for line in read(folder / "labelled.jsonl") if line["label_source"]]
    assert all(line["label"] is not None for line in named)
    assert {line["label_source"] for line in named} == {"ana, ben", "ana, ben; decided by cleo"}


def test_decisions_come_from_a_file_and_a_wrong_line_decides_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = bare(workspace, "handbook")
    label_all(workspace, "handbook", "ana", lambda *_: {"answerable": False})
    label_all(workspace, "handbook", "ben", lambda *_: {"answers": ["yes"]})
    file = tmp_path / "decisions.jsonl"
    with adjudicate_feature(workspace, "handbook", by="cleo", clock=FixedClock()) as work:
        one, two = (row.row for row in work.progress.waiting[:2])
        file.write_text(json.dumps({"row": one, "option": 1}) + "\n" + json.dumps({"row": two, "option": 3}))
        with pytest.raises(DataError, match="no option 3"):
            decide_from(work, file)
        assert not (folder / "labels" / "decided.jsonl").exists()
        file.write_text(json.dumps({"row": one, "option": 2}))
        decide_from(work, file)
    lines = read(folder / "labels" / "decided.jsonl")
    assert [line["action"] for line in lines] == ["decide", "skip", "skip", "skip"]


def test_classes_are_adjudicated_too_and_the_decision_stands_in_the_labelled_file(
    workspace: Workspace,
) -> None:
    home = workspace.feature_folder("triage")
    data = {**FEATURE["data"], "to_label": "data/bare.csv", "file": "data/labelled.csv"}
    write_feature(home, {**FEATURE, "data": data})
    write_csv(home / "data/bare.csv", [{**row, "topic": ""} for row in rows(30)])
    for by, label in (("ana", "bug"), ("ben", "praise")):
        with label_feature(workspace, "triage", by=by, rows=3, clock=FixedClock()) as session:
            session.session.label(label)
            session.session.label("bug")
    with adjudicate_feature(workspace, "triage", by="cleo", clock=FixedClock()) as work:
        (row,) = work.progress.waiting
        assert set(row.options) == {"bug", "praise"}
        work.adjudication.decide("billing")
    text = (home / "data/labelled.csv").read_text(encoding="utf-8-sig")
    assert '"billing","ana, ben; decided by cleo"' in text
    done = run("label", "triage", "--agreement", "--workspace", workspace.root)
    assert (done.code, "Cohen's kappa" in done.out, "rows differ" in done.out) == (0, True, False)


def test_answers_come_from_csv_with_a_column_for_each_part(workspace: Workspace, tmp_path: Path) -> None:
    folder = bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=3, clock=FixedClock()) as work:
        one, two, _ = work.session.rows
        file = tmp_path / "answers.csv"
        file.write_text(f"row,answerable,answer\n{one.row},no,\n{two.row},yes,28 days\n")
        job_answers_from(work, file)
        assert (work.progress.done, work.progress.skipped, work.progress.left) == (2, 1, 0)
    assert [line.get("label") for line in read(folder / "labels" / "ana.jsonl")] == [
        {"answerable": False},
        {"answerable": True, "answers": ["28 days"], "evidence": []},
        None,
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nonsense", "not an answer"),
        ('{"label": {"answerable": false}}', "names no row"),
        ('{"row": 999, "label": {"answerable": false}}', "does not wait for a label"),
        ('{"row": ROW, "label": {"answerabl": false}}', "'answerabl' that is not known"),
        ('{"row": ROW, "label": {"answerable": false, "answer": "x"}}', "neither an answer nor evidence"),
        ('{"row": ROW, "label": 3}', "object in braces"),
    ],
)
def test_a_wrong_answer_is_told_with_its_line_and_no_label_is_taken(
    line: str, says: str, workspace: Workspace, tmp_path: Path
) -> None:
    folder = bare(workspace, "handbook")
    file = tmp_path / "answers.jsonl"
    with label_job(workspace, "handbook", by="ana", rows=2, clock=FixedClock()) as work:
        good, bad = (row.row for row in work.session.rows)
        first = json.dumps({"row": good, "label": {"answerable": False}})
        file.write_text(f"{first}\n{line.replace('ROW', str(bad))}\n")
        with pytest.raises(DataError, match=says) as failure:
            job_answers_from(work, file)
        assert failure.value.where is not None
        assert failure.value.where.line == 2
    assert not (folder / "labels" / "ana.jsonl").exists()


def test_what_was_labelled_can_be_reviewed(workspace: Workspace) -> None:
    folder = bare(workspace, "invoices")
    originals = {line["file"]: line for line in read(folder / "labels.jsonl")}
    with label_job(workspace, "invoices", by="ana", rows=40, clock=FixedClock()) as work:
        for row in work.session:
            known = originals[row.text]
            work.session.label({name: known[name] or None for name in ("number", "total", "due")})
    review = review_feature(workspace, "invoices", clock=FixedClock())
    assert review.report["data"]["rows"]["test"] == 20


def test_half_of_the_rows_are_drawn_by_lot_and_more_are_added_later(workspace: Workspace) -> None:
    folder = bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=10, clock=FixedClock()) as work:
        first = work.session.rows
        texts = {row.row: row.text for row in first}
    assert sum(row.stands_for for row in first) == 5
    with label_job(workspace, "handbook", by="ben", rows=30, clock=FixedClock()) as work:
        assert [row.row for row in work.session.rows][:10] == [row.row for row in first]
        assert len({row.row for row in work.session.rows}) == 30
        texts = {row.row: row.text for row in work.session.rows}
    assert len(chosen_rows(folder / "labels", texts)) == 30


def test_rows_like_those_a_candidate_was_unsure_of_are_added_and_the_bias_is_said(
    workspace: Workspace,
) -> None:
    answer_feature(workspace.feature_folder("handbook"))
    review_feature(workspace, "handbook", clock=FixedClock())
    bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=8, clock=FixedClock()) as work:
        assert work.progress.caution is None
    with label_job(workspace, "handbook", by="ana", rows=24, clock=FixedClock()) as work:
        unsure = [row for row in work.session.rows if row.why == "unsure"]
        caution = work.progress.caution
    assert 0 < len(unsure) <= 4
    assert all(row.stands_for == 0 for row in unsure)
    assert caution is not None
    assert "too low for all rows" in caution


def test_a_changed_data_file_is_told(workspace: Workspace) -> None:
    folder = bare(workspace, "handbook")
    with label_job(workspace, "handbook", by="ana", rows=3, clock=FixedClock()) as work:
        work.session.label({"answerable": False})
    text = (folder / "bare.jsonl").read_text().replace("What is", "Which is").replace("Who", "Whom")
    (folder / "bare.jsonl").write_text(text)
    with (
        pytest.raises(DataError, match="about other rows"),
        label_job(workspace, "handbook", by="ana", clock=FixedClock()),
    ):
        raise AssertionError("the session opened")


def test_a_feature_without_a_file_to_label_and_a_person_without_a_name_are_told(workspace: Workspace) -> None:
    answer_feature(workspace.feature_folder("handbook"))
    with (
        pytest.raises(SpecError, match="names no file to label"),
        label_job(workspace, "handbook", by="ana"),
    ):
        raise AssertionError("the session opened")
    bare(workspace, "handbook")
    with pytest.raises(UserError, match="needs somebody"), label_job(workspace, "handbook", by=" "):
        raise AssertionError("the session opened")
    with (
        pytest.raises(UserError, match="Nobody has labelled"),
        adjudicate_feature(workspace, "handbook", by="cleo"),
    ):
        raise AssertionError("the session opened")


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_the_command_names_the_option(workspace: Workspace) -> None:
    bare(workspace, "handbook")
    done = run("label", "handbook", "--workspace", workspace.root)
    assert done.code == 2
    assert "--answers FILE" in done.err
    listed = run("label", "handbook", "--annotator", "ana", "--json", "--workspace", workspace.root)
    assert (listed.code, listed.json["by"], listed.json["job"]) == (0, "ana", "answer")
    refused = run("label", "handbook", "--labels", "a,b", "--workspace", workspace.root)
    assert (refused.code, "--labels" in refused.err) == (2, True)
