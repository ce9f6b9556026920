"""``shipworthy classify`` through the command line, on a reviewed feature and on others."""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shipworthy.datasets.export import write_xlsx
from shipworthy.datasets.table import open_table
from shipworthy.workbench.verbs import result_schema
from tests.servers import ModelServer, Turn
from tests.servers.models import Question
from tests.workbench.small import FEATURE, Done, rows, run, write_csv, write_feature

SAID = {"bug": ("crash", "error", "crash", "hello"), "billing": ("refund", "invoice", "refund", "hello")}
FALLBACK = {
    "bar": ["accuracy >= 0.92"],
    "fallback": {"who": "the desk", "capacity_a_day": 1000},
    "value": {"volume_per_month": 300},
}


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose feature was reviewed, to be copied."""
    root = tmp_path_factory.mktemp("reviewed")
    made(root, FEATURE)
    assert run("review", "triage", "--workspace", root).code == 0
    return root


@pytest.fixture
def workspace(reviewed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(reviewed, tmp_path / "work"))


def made(root: Path, spec: dict[str, Any], *, table: list[dict[str, str]] | None = None) -> Path:
    run("init", root)
    folder = root / "features" / "triage"
    write_csv(folder / "data" / "feedback.csv", table or rows())
    write_feature(folder, spec)
    return root


def classify(workspace: Path, *arguments: str | Path) -> Done:
    return run("classify", "triage", *arguments, "--workspace", workspace)


def cells(file: Path) -> dict[str, list[str | None]]:
    with open_table(file) as table:
        return {name: table.column(name) for name in table.columns}


NEW = [
    {"id": "007", "message": "the app crash error", "cost": "1.50", "note": "=HYPERLINK(1)"},
    {"id": "8", "message": "refund my invoice payment", "cost": "2", "note": 'a, "b"\nc'},
    {"id": "9", "message": "", "cost": "", "note": "empty"},
]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl", "parquet"])
def test_every_column_is_kept_and_three_are_added(workspace: Path, tmp_path: Path, ending: str) -> None:
    source, out = write_csv(tmp_path / "new.csv", NEW), tmp_path / f"labelled.{ending}"
    done = classify(workspace, source, "--out", out)
    assert done.code == 0, done.err
    found = cells(out)
    assert list(found) == ["id", "message", "cost", "note", "predicted_label", "confidence", "action"]
    assert found["id"] == ["007", "8", "9"]
    assert found["cost"] == ["1.50", "2", None]
    assert found["note"] == ["=HYPERLINK(1)", 'a, "b"\nc', "empty"]
    assert found["predicted_label"] == ["bug", "billing", None]
    assert found["action"] == ["automatic", "automatic", "send to a person"]
    assert "1 to send to a person, 1 of them without a label" in done.out
    assert "Stands on review" in done.out


def test_a_cell_that_is_a_formula_is_defused_in_csv(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "labelled.csv"
    classify(workspace, write_csv(tmp_path / "new.csv", NEW), "--out", out)
    assert '"\'=HYPERLINK(1)"' in out.read_text(encoding="utf-8-sig")


def test_a_workbook_is_read_and_columns_of_the_user_are_never_overwritten(
    workspace: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "feedback.xlsx", tmp_path / "labelled.xlsx"
    write_xlsx(source, ["Action", "message"], [["keep me", "the app crash error"]])
    assert classify(workspace, source, "--out", out).code == 0
    found = cells(out)
    assert list(found) == ["Action", "message", "predicted_label", "confidence", "action_2"]
    assert found["Action"] == ["keep me"]


def test_a_text_gets_a_label_a_confidence_and_what_to_do(workspace: Path) -> None:
    done = classify(workspace, "the app crash error", "--json")
    assert done.code == 0, done.err
    Draft202012Validator(result_schema("classify")).validate(done.json)
    (answer,) = done.json["answers"]
    assert (answer["label"], answer["action"]) == ("bug", "automatic")
    assert done.json["standing"]["review"] is not None
    assert done.json["standing"]["acts"] is True


def test_json_lines_give_json_lines_and_a_broken_line_says_why(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"id": "a", "text": "crash error"}, {"message": "refund invoice"}, "payment price", {"x": 1}]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(map(json.dumps, lines)) + "\n\n{oops\n"))
    done = classify(workspace)
    said = [json.loads(line) for line in done.out.splitlines()]
    assert [(one["id"], one["label"], one["status"]) for one in said] == [
        ("a", "bug", "ok"),
        ("2", "billing", "ok"),
        ("3", "billing", "ok"),
        ("4", None, "invalid"),
        ("6", None, "invalid"),
    ]
    assert done.code == 2
    assert "2 of 5 lines got no label" in done.err


def test_without_a_review_nothing_is_labelled_unless_one_insists(tmp_path: Path) -> None:
    workspace = made(tmp_path / "work", FEATURE)
    refused = classify(workspace, "the app crash error")
    assert refused.code == 2
    assert "never reviewed" in refused.err
    insisted = classify(workspace, "the app crash error", "--anyway", "--json")
    assert insisted.json["answers"][0]["label"] == "bug"
    assert insisted.json["answers"][0]["action"] == "send to a person"


def test_after_a_hold_labels_are_suggestions_at_most(tmp_path: Path) -> None:
    lot = random.Random(1)
    table = [{**row, "topic": lot.choice(["bug", "billing", "praise"])} for row in rows()]
    workspace = made(tmp_path / "work", {**FEATURE, "bar": ["accuracy >= 0.99"]}, table=table)
    assert run("review", "triage", "--workspace", workspace).code == 1
    refused = classify(workspace, "the app crash error")
    assert (refused.code, "says hold: at least one bar" in refused.err) == (2, True), refused.err
    insisted = classify(workspace, "the app crash error", "--anyway")
    assert "send to a person" in insisted.out
    assert "says hold" in insisted.out


def test_data_or_a_candidate_that_changed_since_the_review_are_noticed(workspace: Path) -> None:
    folder = workspace / "features" / "triage"
    spec = {**FEATURE, "candidates": [{"name": "trained", "kind": "trained", "features": "words"}]}
    write_feature(folder, spec)
    changed = classify(workspace, "the app crash error")
    assert changed.code == 2
    assert "is not what the review" in changed.err
    assert "data have changed" not in changed.err
    write_feature(folder, FEATURE)
    write_csv(folder / "data" / "feedback.csv", rows(123))
    assert "The data have changed since the review" in classify(workspace, "the app crash error").err


RULES = """
WORDS = {"crash": "bug", "error": "bug", "refund": "billing", "invoice": "billing"}

def topic(text):
    found = [WORDS[word] for word in text.split() if word in WORDS]
    return (found[0], 0.9) if found else ("bug", 0.2)
"""


def test_below_the_threshold_of_the_review_a_person_is_asked(tmp_path: Path) -> None:
    lot = random.Random(2)
    table = [
        {"id": str(n), "message": f"{lot.choice(list(SAID[topic]))} {n}", "topic": topic, "plan": "free"}
        for n, topic in enumerate(["bug", "billing"] * 300)
    ]
    candidate = {"name": "own", "kind": "callable", "function": "rules:topic"}
    workspace = made(tmp_path / "work", {**FEATURE, **FALLBACK, "candidates": [candidate]}, table=table)
    (workspace / "features" / "triage" / "rules.py").write_text(RULES, encoding="utf-8")
    review = run("review", "triage", "--workspace", workspace, "--json").json
    assert review["decision"] == "ship_with_fallback"
    sure = classify(workspace, "a crash", "--json").json
    vague = classify(workspace, "hello", "--json").json
    assert sure["standing"]["threshold"] == review["threshold"]
    assert [sure["answers"][0][part] for part in ("label", "action")] == ["bug", "automatic"]
    assert [vague["answers"][0][part] for part in ("label", "action")] == ["bug", "send to a person"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new.csv"], "--out labelled.csv"),
        (["gone.csv", "--out", "x.csv"], "There is no file"),
        (["new.csv", "--out", "x.pdf"], "no ending that says what to write"),
        (["new.csv", "--out", "new.csv"], "would be overwritten"),
        (["other.csv", "--out", "x.csv"], "has no column 'message'"),
        (["just a text", "--out", "x.csv"], "--out is for a table"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "new.csv", NEW)
    write_csv(tmp_path / "other.csv", [{"massage": "a"}])
    before = sorted(path.name for path in tmp_path.iterdir())
    done = classify(workspace, *arguments)
    assert done.code == 2
    assert message in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def topic(question: Question) -> Turn:
    return Turn(text=json.dumps({"label": "bug" if "crash" in question.text else "billing"}))


@pytest.fixture
def served() -> Iterator[ModelServer]:
    with ModelServer("openai", topic) as server:
        yield server


def test_a_model_is_asked_through_the_gateway_within_a_budget(
    served: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = {
        "name": "hosted",
        "kind": "model",
        "model": "openai:gpt-5-mini",
        "url": f"{served.url}/v1",
        "price": {"call": 0.01},
    }
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    workspace = made(tmp_path / "work", {**FEATURE, "candidates": [candidate]})
    done = classify(workspace, "a crash again", "--anyway", "--json")
    assert done.code == 0, done.err
    assert (done.json["answers"][0]["label"], done.json["cost"]) == ("bug", 0.01)
    source, out = write_csv(tmp_path / "new.csv", NEW[:2]), tmp_path / "out.csv"
    stopped = classify(workspace, source, "--out", out, "--anyway", "--budget", "0.005")
    assert stopped.code == 4
    assert "Raise --budget" in stopped.err
    assert not out.exists()
