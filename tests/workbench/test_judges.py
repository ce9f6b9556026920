"""The verbs of judges, and their commands as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shipworthy.cli.main import app
from shipworthy.core.errors import DataError, ShipworthyError
from shipworthy.workbench.judge_rows import Columns
from shipworthy.workbench.judges import compare_judges, review_labelled, score_lines, score_rows
from shipworthy.workbench.ledger import list_evidence
from shipworthy.workbench.workspace import Workspace, init


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init(tmp_path / "work")


def write(path: Path, *, rows: int = 80, labels: bool = True) -> Path:
    """Answers that have more or fewer of the reference's words, and people who go by that."""
    words = "refunds reach your card within five working days".split()  # noqa: SIM905
    with path.open("w", encoding="utf-8") as stream:
        for row in range(rows):
            size = row % 9
            label = ("wrong", "incomplete", "right")[size // 3] if labels else None
            line = {
                "id": f"r{row}",
                "output": " ".join([*words[:size], "then"]),
                "reference": " ".join(words),
            }
            stream.write(json.dumps({**line, "human": label, "topic": f"t{row % 25}"}) + "\n")
    return path


COLUMNS = Columns(labels=("human",))
SCALE = ("wrong", "incomplete", "right")


def test_a_review_is_kept_is_evidence_and_corrects_later_scores(workspace: Workspace, tmp_path: Path) -> None:
    found = review_labelled(
        workspace, "covers", write(tmp_path / "labelled.jsonl"), columns=COLUMNS, scale=SCALE
    )
    assert found.record is not None
    assert found.record.parent == workspace.root / "judges"
    assert (found.review.kappa.value or 0) > 0.8
    (evidence,) = list_evidence(workspace)
    assert (evidence.kind, evidence.competencies[0]) == ("judge-review", "model-evaluation")
    assert [artifact.path for artifact in evidence.artifacts] == [f"judges/{found.record.name}"]
    assert "refunds" not in found.record.read_text()  # no text of a row

    more = write(tmp_path / "more.jsonl", rows=300, labels=False)
    scored = score_rows(workspace, "covers", more)
    assert scored.record == found.record
    assert scored.check.calibrated
    assert "prediction-powered" in scored.check.estimate.method
    other = score_rows(workspace, "overlap", more)
    assert (other.check.calibrated, other.record) == (False, None)
    assert "uncalibrated" in (other.check.estimate.warning or "")


def test_outside_a_workspace_the_record_is_a_file_that_was_named(tmp_path: Path) -> None:
    labelled, out = write(tmp_path / "labelled.jsonl"), tmp_path / "covers.json"
    assert review_labelled(None, "covers", labelled, columns=COLUMNS, scale=SCALE).record is None
    assert review_labelled(None, "covers", labelled, columns=COLUMNS, scale=SCALE, out=out).record == out
    assert score_rows(None, "covers", labelled, columns=Columns(), record=out).check.calibrated
    out.write_text("{}")
    with pytest.raises(DataError, match="not the record of a judge"):
        score_rows(None, "covers", labelled, record=out)


def test_lines_are_scored_in_order_and_bad_ones_say_why(workspace: Workspace) -> None:
    good = json.dumps({"id": "a", "output": "five days", "reference": "five days"})
    lines = [good, "nonsense", "[1]", json.dumps({"output": "five"}), "", json.dumps({"text": "x"})]
    found = list(score_lines(workspace, "covers", lines))
    assert [(line.id, line.status, line.number) for line in found] == [
        ("a", "ok", 1.0), ("2", "error", None), ("3", "error", None), ("4", "cannot_assess", None),
        ("6", "error", None),
    ]  # fmt: skip
    hint = 'Each line should be like {"input": "…", "output": "…"}.'
    assert [line.detail for line in found if line.status == "error"] == [
        f"Line 2: This is not JSON. {hint}",
        f"Line 3: This is not an object in braces. {hint}",
        "Line 6: There is no column 'output'. Known: 'text'.",
    ]
    assert not any(line.calibrated for line in found)


def test_two_rules_are_compared(workspace: Workspace, tmp_path: Path) -> None:
    found = compare_judges(
        workspace, "covers", "overlap", write(tmp_path / "l.jsonl"), columns=COLUMNS, scale=SCALE
    )
    assert found.first.rows == found.second.rows == found.ahead.n == 80


def typed(*words: str | Path, text: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words], input=text)
    if isinstance(result.exception, ShipworthyError):
        return result.exception.exit_code, result.output + str(result.exception)
    return result.exit_code, result.output


def test_commands_print_what_a_person_needs(workspace: Workspace, tmp_path: Path) -> None:
    labelled = write(tmp_path / "labelled.jsonl")
    here = ("--workspace", workspace.root)
    common = ("--data", labelled, "--label", "human", "--scale", "wrong,incomplete,right", *here)
    code, said = typed("judge", "review", "covers", *common, "--cluster", "topic")
    assert code == 0
    for words in ("80 labelled rows in 25 groups.", "kappa", "What it has to beat", "length:", "Record: "):
        assert words in said

    more = write(tmp_path / "more.jsonl", labels=False)
    code, said = typed("judge", "score", "overlap", "--data", more, *here)
    assert (code, "uncalibrated" in said, "Next: label some rows" in said) == (0, True, True)
    code, said = typed("judge", "score", "covers", "--data", more, *here)
    assert "corrected by a record of 80 labelled rows" in " ".join(said.split())
    code, said = typed("judge", "compare", "covers", "overlap", *common)
    assert (code, "is ahead by" in said) == (0, True)
    code, said = typed("judge", "score", "covers", *here, text='{"output": "a", "reference": "a"}\n')
    assert (code, json.loads(said)["number"]) == (0, 1.0)
    code, said = typed("judge", "review", "covers", *common, "--json")
    assert json.loads(said)["review"]["judge"] == "covers"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["longe"], "Did you mean 'longer'?"),
        (["rubric"], "names no model"),
        (["overlap", "--model", "local"], "is a rule and asks no model"),
        (["overlap", "--output", "outputt"], "There is no column 'outputt'"),
        (["longer"], "of a pair it is first, second or tie"),
        (["overlap", "--label", "human"], "nobody said which is better"),
        (["missing.md", "--model", "local"], "There is no file 'missing.md'"),
    ],
)
def test_mistakes_are_told_with_what_to_do(tmp_path: Path, words: list[str], says: str) -> None:
    data = write(tmp_path / "l.jsonl")
    code, said = typed("judge", "review", *words, "--label", "human", "--data", data, "--workspace", tmp_path)
    assert code == 2
    assert says in said
