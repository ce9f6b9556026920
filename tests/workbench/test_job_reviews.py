"""``shipworthy review`` with the applications that ship: from files to evidence, one feature of each job."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shipworthy.core.errors import SpecError, UserError
from shipworthy.datasets.prediction_log import PredictionLog
from shipworthy.evals.jobs.outputs import Answer, Record, Summary, output_from_json
from shipworthy.evidence.ledger import Ledger, ledger_location
from shipworthy.workbench.attacks import attack_feature
from shipworthy.workbench.comparisons import compare_candidates
from shipworthy.workbench.features import check_feature
from shipworthy.workbench.labels import label_feature
from shipworthy.workbench.reviews import FinishedReview, find_review, review_feature, review_schema
from shipworthy.workbench.workspace import Workspace
from tests.evals.jobs.made import answer_feature, extract_feature, summarise_feature
from tests.fakes.clock import FixedClock

APP = [{"name": "app", "kind": "app"}]
SCHEMA = "name: invoice\nfields:\n  number: {type: text}\n  total: {type: money}\n  due: {type: date}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "shipworthy.toml").write_text("")
    return Workspace(root=tmp_path)


def scores(review: FinishedReview) -> dict[str, float | None]:
    return {check["name"]: check["estimate"]["value"] for check in review.report["checks"]}


def outputs(review: FinishedReview, candidate: str = "app") -> list[Any]:
    log = PredictionLog(review.folder / "predictions.parquet")
    return [json.loads(text) for text in log.columns(["output"], candidate=candidate)["output"]]


def test_the_answer_application_is_reviewed_from_files_to_evidence(workspace: Workspace) -> None:
    answer_feature(workspace.feature_folder("handbook"), candidates=APP, bar=["citations_verbatim >= 0.9"])
    review = review_feature(workspace, "handbook", clock=FixedClock())
    assert scores(review)["citations_verbatim"] == 1.0
    assert review.report["verdict"]["decision"] == "ship"
    jsonschema.validate(json.loads((review.folder / "report.json").read_text()), review_schema())
    assert "Check by check" in review.page.read_text()
    assert {output_from_json(Answer, plain).outcome for plain in outputs(review)} <= {
        "answer",
        "abstain",
        "ask_back",
    }
    assert find_review(workspace, "handbook").id == review.id
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=FixedClock()) as ledger:
        record = ledger.records()[-1]
    assert (record.kind, record.facts["review"]) == ("review", review.id)


def test_the_extract_application_is_reviewed(workspace: Workspace) -> None:
    folder = workspace.feature_folder("invoices")
    candidates = [{"name": "app", "kind": "app", "settings": {"schema": "schema.yaml"}}]
    extract_feature(
        folder, candidates=candidates, bar=["field_accuracy[number] >= 0.7", "spans_verbatim >= 0.8"]
    )
    (folder / "schema.yaml").write_text(SCHEMA)
    review = review_feature(workspace, "invoices", clock=FixedClock())
    assert scores(review)["spans_verbatim"] == 1.0
    assert [bar["all_rows"]["outcome"] for bar in review.report["bars"]] == ["met", "met"]
    assert set(output_from_json(Record, outputs(review)[0]).fields) == {"number", "total", "due"}


def test_the_summarise_application_is_reviewed(workspace: Workspace) -> None:
    summarise_feature(workspace.feature_folder("standup"), candidates=APP)
    review = review_feature(workspace, "standup", clock=FixedClock())
    assert scores(review)["spans_verbatim"] == 1.0
    assert output_from_json(Summary, outputs(review)[0]).items


def test_a_check_before_the_review_reads_labels_documents_and_settings(workspace: Workspace) -> None:
    folder = workspace.feature_folder("invoices")
    file = extract_feature(folder)
    (folder / "inbox" / "invoice07.txt").unlink()
    checked = check_feature(workspace, "invoices")
    assert checked.rows == {"train": 20, "test": 20}
    assert any(
        "1 of 40 documents cannot be read, for instance 'invoice07.txt'" in note for note in checked.notes
    )
    spec = json.loads(file.read_text())
    spec["bar"] = ["field_f1[totl] >= 0.5"]
    file.write_text(json.dumps(spec))
    with pytest.raises(SpecError, match="names the class 'totl'") as failure:
        check_feature(workspace, "invoices")
    assert failure.value.hint == "Did you mean 'total'?"
    spec |= {"bar": [], "candidates": [{"name": "app", "kind": "app", "settings": {"skema": "x"}}]}
    file.write_text(json.dumps(spec))
    with pytest.raises(UserError, match="skema"):
        check_feature(workspace, "invoices")


def test_a_missing_folder_of_documents_is_told_with_its_line(workspace: Workspace) -> None:
    folder = workspace.feature_folder("handbook")
    answer_feature(folder)
    (folder / "docs").rename(folder / "papers-of-old")
    with pytest.raises(UserError, match="There is no folder 'docs'") as failure:
        check_feature(workspace, "handbook")
    assert failure.value.where is not None
    assert failure.value.where.line is not None


def test_commands_that_know_labels_only_say_so(workspace: Workspace) -> None:
    answer_feature(workspace.feature_folder("handbook"))
    with pytest.raises(SpecError, match=r"'shipworthy compare' works on features whose job is 'classify'"):
        compare_candidates(workspace, "handbook")
    with pytest.raises(SpecError, match=r"'shipworthy attack' works on"):
        attack_feature(workspace, "handbook")
    with (
        pytest.raises(SpecError, match=r"'shipworthy label' works on"),
        label_feature(workspace, "handbook", by="me"),
    ):
        raise AssertionError("the session opened")
