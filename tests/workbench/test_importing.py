"""Foreign files become features that can be reviewed at once; predictions go out again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipworthy.datasets.imports import forms
from shipworthy.datasets.table import open_table
from shipworthy.evals.prompts import read_prompt
from shipworthy.workbench.workspace import init
from tests.support import ROOT
from tests.workbench.small import files_of, run

ARTEFACTS = ROOT / "tests" / "datasets" / "artefacts"
RESULTS = ARTEFACTS / "promptfoo" / "results.json"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    init(tmp_path / "work")
    return tmp_path / "work"


def test_results_of_promptfoo_are_a_feature_whose_review_agrees_with_promptfoo(work: Path) -> None:
    done = run("import", RESULTS, "--feature", "triage", "--workspace", work, "--json").json
    reviewed = run("review", "triage", "--workspace", work, "--json")

    assert done["next"] == "shipworthy review triage"
    assert [each["name"] for each in done["candidates"]] == [
        "openai-chat-small-1-short",
        "openai-chat-small-1-sentence",
        "big-short",
        "big-sentence",
    ]
    assert reviewed.code == 1
    report = json.loads((Path(reviewed.json["page"]).parent / "report.json").read_text())
    accuracy = report["bars"][0]["all_rows"]["estimate"]
    assert (accuracy["value"], accuracy["n"]) == (0.5, 8)  # promptfoo: 4 of 8 passed
    raw = json.loads(RESULTS.read_text())["results"]["prompts"][0]
    assert (raw["label"], raw["metrics"]["testPassCount"]) == ("short", 4)


@pytest.mark.parametrize(
    ("name", "following"),
    [
        ("inspect/topics.eval", "review"),
        ("inspect/topics.json", "review"),
        ("openai_evals/log.jsonl", "review"),
        ("openai_hosted/output_items.jsonl", "review"),
        ("openai_hosted/dashboard.jsonl", "review"),
        ("promptfoo/repeated.json", "review"),
        ("promptfoo/tests.csv", "feature check"),
        ("promptfoo/promptfooconfig.yaml", "feature check"),
        ("openai_evals/samples.jsonl", "feature check"),
        ("otel/traces.jsonl", "label"),
    ],
)
def test_the_command_it_names_next_works_at_once(work: Path, name: str, following: str) -> None:
    done = run("import", ARTEFACTS / name, "--feature", "mine", "--workspace", work, "--json").json
    next_ = run(*done["next"].split()[1:], "--workspace", work, "--json")

    assert done["next"] == f"shipworthy {following} mine"
    assert next_.code in (0, 1, 3), next_.err


def test_labels_of_a_production_log_are_held_against_the_answers_that_were_given(
    work: Path, tmp_path: Path
) -> None:
    run("import", ARTEFACTS / "otel/traces.jsonl", "--feature", "live", "--workspace", work)
    labels = ("billing", "bug", "billing", "praise", "bug", "billing")
    given = [json.dumps({"row": row, "label": label}) for row, label in enumerate(labels, start=2)]
    (tmp_path / "answers.jsonl").write_text("\n".join(given), encoding="utf-8")

    labelled = run("label", "live", "--answers", tmp_path / "answers.jsonl", "--workspace", work, "--json")
    reviewed = run("review", "live", "--workspace", work, "--json")

    assert labelled.json["done"] == 6
    report = json.loads((Path(reviewed.json["page"]).parent / "report.json").read_text())
    assert [each["name"] for each in report["candidates"] if each["chosen"]] == ["small-1"]
    assert report["bars"][0]["all_rows"]["estimate"]["n"] >= 4


def test_without_a_workspace_a_folder_is_written_that_check_reads(tmp_path: Path) -> None:
    copy = tmp_path / "results.json"
    copy.write_bytes(RESULTS.read_bytes())

    done = run("import", copy)
    following = next(line for line in done.out.splitlines() if line.startswith("Next: "))
    checked = run(*following.removeprefix("Next: shipworthy ").split(), "--bar", "accuracy >= 0.3", "--json")

    assert done.code == 0
    assert {path.name for path in (tmp_path / "results-imported").iterdir()} == {
        "examples.csv",
        "import.json",
        "outputs",
        "predictions.parquet",
        "prompts",
    }
    assert checked.code == 3, checked.err
    assert run("import", copy).code == 2  # never written over


def test_every_prompt_that_was_brought_in_can_be_read(work: Path) -> None:
    run("import", RESULTS, "--feature", "triage", "--workspace", work)

    prompts = [read_prompt(path) for path in sorted((work / "features/triage/prompts").iterdir())]

    assert [prompt.settings.temperature for prompt in prompts] == [0.5, 0, 0.5, 0]
    assert all("{{ input }}" in prompt.text for prompt in prompts)


def test_what_the_import_did_is_kept_beside_the_data_without_a_path(work: Path) -> None:
    run("import", RESULTS, "--feature", "triage", "--workspace", work)

    kept = (work / "features/triage/data/import.json").read_text()

    assert json.loads(kept)["source"]["file"] == "results.json"
    assert json.loads(kept)["not_carried_over"][-1]["count"] == 1
    assert str(work.parent) not in kept


def test_no_cell_of_an_export_is_a_formula_and_every_text_reads_back(work: Path) -> None:
    run("import", RESULTS, "--feature", "triage", "--workspace", work)

    raw = (work / "features/triage/data/examples.csv").read_text(encoding="utf-8-sig")
    with open_table(work / "features/triage/data/examples.csv") as table:
        texts = table.column("message")

    assert ",\"'=SUM(1,2)" in raw
    assert "=SUM(1,2) is what the invoice of our team says" in texts


@pytest.mark.parametrize(
    "arguments",
    [
        ("--feature", "../outside"),
        ("--feature", "f", "--into", "elsewhere"),
        ("--as", "inspect", "--feature", "f"),
        ("--as", "unknown", "--feature", "f"),
    ],
)
def test_what_cannot_be_done_changes_nothing(work: Path, arguments: tuple[str, ...]) -> None:
    before = files_of(work.parent)

    done = run("import", RESULTS, *arguments, "--workspace", work)

    assert done.code == 2
    assert files_of(work.parent) == before


def test_a_feature_that_exists_is_left_as_it_is(work: Path) -> None:
    run("import", RESULTS, "--feature", "triage", "--workspace", work)
    before = files_of(work)

    again = run("import", RESULTS, "--feature", "triage", "--workspace", work)

    assert (again.code, files_of(work)) == (2, before)
    assert "exists already" in again.err


def test_every_format_is_on_the_page_about_importing() -> None:
    page = (ROOT / "docs" / "import.md").read_text()

    assert [name for name in forms() if f"`{name}`" not in page] == []


# Predictions go out


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("reviewed") / "work"
    init(work)
    run("import", RESULTS, "--feature", "triage", "--workspace", work)
    assert run("review", "triage", "--workspace", work).code == 1
    return work


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl", ".parquet"])
def test_predictions_are_exported_and_read_back(reviewed: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"predictions{suffix}"

    done = run("reviews", "export", "--to", target, "--workspace", reviewed, "--json")

    with open_table(target) as table:
        assert table.n_rows == done.json["rows"]
        rows = list(
            zip(table.column("candidate"), table.column("example_id"), table.column("output"), strict=True)
        )
    assert done.json["rows"] == len(rows) >= 32
    bare = [(who, which, None if said is None else said.strip('"')) for who, which, said in rows]
    assert ("big-sentence", "test-1", "billing") in bare
    assert ("big-sentence", "test-7", None) in bare


def test_the_bars_are_exported_as_junit(reviewed: Path, tmp_path: Path) -> None:
    done = run("reviews", "export", "triage", "--to", tmp_path / "bars.xml", "--workspace", reviewed)

    assert done.code == 0
    assert 'testsuite name="bars"' in (tmp_path / "bars.xml").read_text()


def test_an_export_never_writes_over_a_file_and_needs_a_known_ending(reviewed: Path, tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("mine", encoding="utf-8")

    there = run("reviews", "export", "--to", tmp_path / "there.csv", "--workspace", reviewed)
    odd = run("reviews", "export", "--to", tmp_path / "x.pdf", "--workspace", reviewed)

    assert (there.code, odd.code) == (2, 2)
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert "'.csv'" in odd.err


def test_an_answer_that_looks_like_a_formula_is_harmless_in_the_exported_table(
    work: Path, tmp_path: Path
) -> None:
    formula = '=HYPERLINK("http://x";"y")'
    rows = [
        {
            "run_id": "run",
            "data_source_idx": place,
            "item": {"input": f"Message number {place} of a user", "label": ("bug", "praise")[place % 2]},
            "sample": {"outputs": [{"role": "assistant", "content": formula if place == 3 else "bug"}]},
            "grades": {},
        }
        for place in range(6)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    run("import", tmp_path / "rows.jsonl", "--feature", "f", "--workspace", work)
    assert run("review", "f", "--workspace", work).code in (1, 3)
    run("reviews", "export", "f", "--to", tmp_path / "out.csv", "--workspace", work)

    raw = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    with open_table(tmp_path / "out.csv") as table:
        assert formula in table.column("output")
    assert ',"\'=HYPERLINK(""http' in raw
    assert ',"=HYPERLINK' not in raw
