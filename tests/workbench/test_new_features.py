"""``shipworthy feature new`` for questions, documents and transcripts: from files to a sound feature."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipworthy.core.errors import UserError
from shipworthy.evals.spec import load_feature
from shipworthy.workbench.features import check_feature
from shipworthy.workbench.new_features import new_feature
from shipworthy.workbench.workspace import Workspace
from tests.evals.jobs.made import answer_feature, extract_feature, summarise_feature
from tests.workbench.small import run

SCHEMA = "name: invoice\nfields:\n  number: {type: text}\n  total: {type: money}\n  due: {type: date}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "shipworthy.toml").write_text("")
    return Workspace(root=tmp_path / "work")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Questions with their documents, records with theirs, transcripts with theirs: outside the workspace."""
    folder = tmp_path / "mine"
    for name, made in (
        ("answer", answer_feature),
        ("extract", extract_feature),
        ("summarise", summarise_feature),
    ):
        (folder / name).mkdir(parents=True)
        file = made(folder / name)
        (folder / name / "was.json").write_text(file.read_text())
        file.unlink()
    (folder / "schema.yaml").write_text(SCHEMA)
    return folder


def was(folder: Path) -> tuple[Path, Path, str]:
    """File, documents and label of the feature that these files were made for."""
    data = json.loads((folder / "was.json").read_text())["data"]
    return folder / data["file"], folder / data["documents"], data["input"]


@pytest.mark.parametrize("job", ["answer", "extract", "summarise"])
def test_a_new_feature_of_each_job_passes_its_check(job: str, workspace: Workspace, files: Path) -> None:
    file, documents, asked = was(files / job)
    schema = str(files / "schema.yaml") if job == "extract" else None
    made = new_feature(workspace, "mine", job=job, data=file, documents=documents, schema=schema)
    spec, _ = load_feature(workspace.feature_file("mine"))
    assert (spec.job, spec.data.input, spec.data.documents) == (job, asked, "documents")
    assert [(one.name, one.kind) for one in spec.candidates] == [("app", "app")]
    assert len(spec.bars) >= 2
    assert made.label is not None
    assert made.documents == len(list(documents.iterdir()))
    checked = check_feature(workspace, "mine")
    assert sum(checked.rows.values()) == made.rows
    assert not any("cannot be read" in note for note in checked.notes)


def test_documents_inside_the_workspace_are_read_where_they_are(workspace: Workspace, files: Path) -> None:
    file, documents, _ = was(files / "answer")
    inside = workspace.root / "handbook"
    documents.rename(inside)
    new_feature(workspace, "mine", job="answer", data=file, documents=inside)
    spec, _ = load_feature(workspace.feature_file("mine"))
    assert spec.data.documents == "../../handbook"
    assert not (workspace.feature_folder("mine") / "documents").exists()
    assert check_feature(workspace, "mine").rows


def test_a_folder_alone_lists_its_documents_to_be_labelled(workspace: Workspace, files: Path) -> None:
    _, documents, _ = was(files / "summarise")
    made = new_feature(workspace, "mine", job="summarise", data=documents)
    listed = (workspace.feature_folder("mine") / "data" / "files.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in listed] == sorted(path.name for path in documents.iterdir())
    assert (made.label, made.rows) == (None, len(listed))
    with pytest.raises(UserError) as failure:
        check_feature(workspace, "mine")
    assert failure.value.hint == "shipworthy label mine"


def test_a_document_that_is_a_link_out_of_the_folder_is_not_copied(workspace: Workspace, files: Path) -> None:
    _, documents, _ = was(files / "summarise")
    (files / "secret.txt").write_text("Anna: the password is 1234")
    (documents / "link.txt").symlink_to(files / "secret.txt")
    new_feature(workspace, "mine", job="summarise", documents=documents)
    assert not (workspace.feature_folder("mine") / "documents" / "link.txt").exists()


def test_the_papers_of_an_idea_stay_beside_the_new_feature(workspace: Workspace, files: Path) -> None:
    papers = workspace.feature_folder("mine") / "papers"
    papers.mkdir(parents=True)
    (papers / "idea.md").write_text("An idea.")
    file, documents, _ = was(files / "answer")
    new_feature(workspace, "mine", job="answer", data=file, documents=documents)
    assert (papers / "idea.md").read_text() == "An idea."
    assert check_feature(workspace, "mine").rows


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ("--job answer --data Q", "needs a folder of documents", "--documents FOLDER"),
        ("--job answer --documents D", "needs a file of questions", "--data questions.csv"),
        ("--job extract --documents D", "needs a schema", "--schema FILE.yaml"),
        ("--job extract --documents D --schema no.yaml", "no.yaml", ""),
        ("--job summarise", "needs a folder of documents", "--documents FOLDER"),
        ("--job summarise --documents D --schema invoice", "has no schema", "Leave --schema out"),
        ("--job summarise --documents D --data Q", "names the documents", "names such as 'page0.md'"),
        ("--job classify --data Q --documents D", "has no documents", "--job answer"),
        ("--job sumarise --documents D", "'sumarise' is not available", "Did you mean 'summarise'?"),
        ("--job summarise --documents nowhere", "does not exist", ""),
        ("", "needs a file of texts", "--data texts.csv"),
    ],
)
def test_a_mistake_is_named_and_leaves_nothing_behind(
    options: str, message: str, hint: str, workspace: Workspace, files: Path
) -> None:
    file, documents, _ = was(files / "answer")
    words = [{"Q": str(file), "D": str(documents)}.get(word, word) for word in options.split()]
    done = run("feature", "new", "mine", *words, "--workspace", workspace.root)
    assert (done.code, message in done.err, hint in done.err) == (2, True, True), done.err
    assert not workspace.feature_folder("mine").exists()


def test_the_command_says_why_each_column_was_chosen_and_what_comes_next(
    workspace: Workspace, files: Path
) -> None:
    file, documents, _ = was(files / "answer")
    done = run("feature", "new", "mine", "--job", "answer", "--data", file, "--documents", documents,
               "--workspace", workspace.root)  # fmt: skip
    assert done.code == 0
    assert "from 60 rows and 4 documents." in done.out
    assert "  question: it holds questions" in done.out
    assert done.out.rstrip().endswith("shipworthy feature check mine")
