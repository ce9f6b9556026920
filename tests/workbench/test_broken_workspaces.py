"""Whatever is wrong with a workspace, its owner is told in plain words and finds it as it was.

Each case breaks a copy of one good workspace and runs one command: the exit code says whose turn it
is (2 the user's, 4 the machine's), the message says what and where, and no file has changed, come or
gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.workbench.small import FEATURE, Row, files_of, rows, run, write_csv, write_feature

HOME = Path("features/triage")
DATA = HOME / "data/feedback.csv"
YAML = HOME / "feature.yaml"

Change = Callable[[], object]


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one feature and one review."""
    root = tmp_path_factory.mktemp("good") / "work"
    assert run("init", root).code == 0
    write_feature(root / HOME, FEATURE)
    write_csv(root / DATA, rows())
    reviewed = run("review", "triage", "--workspace", root)
    assert reviewed.code == 0, reviewed
    return root


@pytest.fixture
def broken(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy to break; it is the current folder, and temporary files of the machine are counted."""
    root, spare = tmp_path / "work", tmp_path / "spare"
    shutil.copytree(good, root)
    spare.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    yield root
    sys.modules.pop("mine", None)  # another test's function has the same name
    assert list(spare.iterdir()) == []


# --- ways to break it --------------------------------------------------------------------------


def spec(**changes: Any) -> Change:
    """Change settings by dotted name (``data__label``); None takes one away."""

    def change() -> None:
        content = json.loads(json.dumps(FEATURE))
        for name, value in changes.items():
            *path, last = name.split("__")
            inner = content
            for part in path:
                inner = inner[part]
            if value is None:
                inner.pop(last)
            else:
                inner[last] = value
        write_feature(HOME, content)

    return change


def yaml(content: str | bytes) -> Change:
    raw = content.encode() if isinstance(content, str) else content
    return lambda: YAML.write_bytes(raw)


def data(content: bytes, path: Path = DATA) -> Change:
    return lambda: path.write_bytes(content)


def cells(**values: str) -> Change:
    """Give a column one value in every row."""
    return lambda: write_csv(DATA, [{**row, **values} for row in rows()])


def both(*changes: Change) -> Change:
    return lambda: [change() for change in changes]


def candidates(*specs: dict[str, Any], **more: Any) -> Change:
    return spec(candidates=list(specs), **more)


def function(source: str) -> Change:
    one = {"name": "mine", "kind": "callable", "function": "mine:answer"}
    return both(candidates(one), lambda: (HOME / "mine.py").write_text(source))


RECORDED = {"name": "old", "kind": "recorded", "file": "data/old.csv", "output": "said"}


def recorded(change: Callable[[list[Row]], object] = len, **settings: str) -> Change:
    """A candidate of recorded outputs, whose rows are changed before they are written."""

    def write() -> None:
        table = [{"key": row["id"], "said": row["topic"], "sure": "0.9"} for row in rows()]
        change(table)
        write_csv(HOME / "data/old.csv", table)

    return both(candidates({**RECORDED, "id": "key", "confidence": "sure", **settings}), write)


def apart(train: list[Row], test: list[Row]) -> Change:
    """Separate files for training and test."""
    usual = rows()

    def change() -> None:
        write_csv(HOME / "data/train.csv", train, columns=list((train or usual)[0]))
        write_csv(HOME / "data/test.csv", test, columns=list((test or usual)[0]))

    files = {"train": "data/train.csv", "test": "data/test.csv"}
    return both(spec(data__file=None, data__files=files), change)


def the_review() -> Path:
    return next((HOME / "reviews").iterdir())


def report(change: Callable[[dict[str, Any]], object] | str) -> Change:
    def damage() -> None:
        file = the_review() / "report.json"
        if isinstance(change, str):
            file.write_text(change)
            return
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))

    return damage


def moved(name: str, source: Path = DATA) -> Change:
    """The data under another name, which feature.yaml gives."""
    return both(spec(data__file=f"data/{name}"), lambda: source.rename(HOME / "data" / name))


def ledger_folder() -> None:
    Path(".shipworthy/ledger.db").unlink()
    Path(".shipworthy/ledger.db").mkdir()


def nothing() -> None:
    """The command is what is wrong."""


@dataclass(frozen=True)
class Case:
    """One way to break it, and what is said then."""

    name: str
    change: Change
    says: str
    command: tuple[str, ...] = ("review", "triage")
    code: int = 2


UNLABELLED = both(cells(topic=""), spec(data__to_label="data/feedback.csv", data__file="data/labelled.csv"))


def answers(content: bytes) -> Change:
    return both(UNLABELLED, data(content, Path("a.jsonl")))


ANSWER = ("label", "triage", "--answers", "a.jsonl")
CHECK = ("feature", "check", "triage")
NEW = ("feature", "new", "other", "--data")
OUTPUTS = ("check", str(DATA), "--label", "topic", "--output", "plan")

CASES = (
    # The data file
    Case("data file missing", DATA.unlink, "There is no file 'feedback.csv'"),
    Case("data file misspelt", spec(data__file="data/feedbak.csv"), "Did you mean 'feedback.csv'?"),
    Case("data file is a folder", spec(data__file="data"), "'data' is a folder; a file is needed"),
    Case(
        "data path leads to nothing", spec(data__file="../../../../nowhere/x.csv"), "There is no file 'x.csv'"
    ),
    Case("empty file", data(b""), "feedback.csv"),
    Case("header only", data(b"id,message,topic,plan\n"), "feedback.csv"),
    Case("no labelled row", cells(topic=""), "No row of 'feedback.csv' has a label in column 'topic'"),
    Case("NaN labels", cells(topic="NaN"), "No row of 'feedback.csv' has a label in column 'topic'"),
    Case("one class", cells(topic="bug"), "All rows of 'feedback.csv' have the same label 'bug'"),
    Case("one row", lambda: write_csv(DATA, rows(1)), "feedback.csv"),
    Case("binary file", data(bytes(range(256)) * 40), "feedback.csv"),
    Case("picture", data(b"\x89PNG\r\n\x1a\n" + b"\x00" * 500), "feedback.csv"),
    Case("workbook named csv", data(b"PK\x03\x04" + b"\x00" * 200), "feedback.csv"),
    Case("not a workbook", both(moved("f.xlsx"), data(b"no workbook", HOME / "data/f.xlsx")), "f.xlsx"),
    Case("not Parquet", both(moved("f.parquet"), data(b"PAR1 no", HOME / "data/f.parquet")), "f.parquet"),
    Case(
        "10 MB cell",
        lambda: write_csv(DATA, [{**rows()[0], "message": "a" * 10_000_000}, *rows()]),
        "characters",
    ),
    Case("wrong encoding in settings", yaml("does: Prüfung".encode("latin-1")), "not UTF-8 text"),
    # Columns
    Case("wrong label column", spec(data__label="topics"), "Did you mean 'topic'?"),
    Case("wrong text column", spec(data__input="mesage"), "Did you mean 'message'?"),
    Case("wrong segment column", spec(data__segments=["plann"]), "Did you mean 'plan'?"),
    Case("wrong id column", spec(data__id="idd"), "Did you mean 'id'?"),
    Case("wrong cluster column", spec(data__cluster="customer"), "customer"),
    Case("wrong time column", spec(data__time="when"), "when"),
    Case("wrong split column", spec(data__split="part"), "part"),
    Case("split by a column not given", spec(data__split_by="cluster"), "needs a cluster column"),
    # feature.yaml
    Case("no feature.yaml", YAML.unlink, "There is no feature 'triage' in this workspace"),
    Case("empty settings", yaml(""), "it is empty"),
    Case("malformed YAML", yaml("name: [triage\ndoes: x"), "This is not valid YAML"),
    Case("tab in YAML", yaml("name: triage\ndata:\n\tfile: x"), "line 3"),
    Case("list at the top", yaml("- name: triage\n"), "it is a list"),
    Case("the same key twice", yaml("name: a\nname: b\n"), "This name is given twice"),
    Case(
        "a Python object in YAML", yaml("name: !!python/object/apply:os.system ['true']\n"), "not valid YAML"
    ),
    Case("unknown key", spec(bars=["accuracy >= 0.9"]), "Did you mean 'bar'?"),
    Case("unknown key inside", spec(data__labels="topic"), "Did you mean 'label'?"),
    Case("missing key", spec(does=None), "'does' is missing"),
    Case("wrong type", spec(candidates="trained"), "cannot be used for 'candidates'"),
    Case("unknown job", spec(job="translate"), "'translate' is not a possible value of 'job'"),
    Case("no kind", candidates({"name": "a"}), "'kind' is missing"),
    Case("unknown kind", candidates({"name": "a", "kind": "trainned"}), "Did you mean 'trained'?"),
    Case("neither file nor files", spec(data__file=None), "Give either 'file'"),
    Case("negative cost", spec(costs={"wrong": -5}), "cannot be used for 'wrong'"),
    Case(
        "infinite cost",
        yaml(json.dumps({**FEATURE, "costs": {"wrong": float("inf")}}).replace("Infinity", ".inf")),
        "'wrong'",
    ),
    Case("test share above 1", spec(data__test_share=30), "cannot be used for 'test_share'"),
    Case(
        "unknown fairness definition",
        spec(data__protected=[{"segment": "plan", "fairness": "equal_chances", "reason": "because"}]),
        "'equal_chances' is not a known fairness definition",
    ),
    # Bars
    Case("unreadable bar", spec(bar=["accuracy should be high"]), "accuracy should be high", CHECK),
    Case("bar on an unknown metric", spec(bar=["acuracy >= 0.9"]), "Did you mean 'accuracy'?", CHECK),
    Case("bar on an unknown class", spec(bar=["recall[bugs] >= 0.9"]), "Did you mean 'bug'?"),
    Case("bar on an unknown segment", spec(bar=["gap(accuracy, by=plans) <= 0.1"]), "Did you mean 'plan'?"),
    Case("bar on an unknown candidate", spec(bar=["beats(gpt)"]), "gpt"),
    Case(
        "harm measured by no bar",
        spec(harms=[{"who": "users", "what": "wait", "measured_by": "accuracy >= 0.9"}]),
        "Did you mean 'accuracy >= 0.6'?",
    ),
    Case(
        "label as a segment",
        spec(data__segments=["plan", "topic"]),
        "'topic' is the label, so it cannot be a segment",
    ),
    Case("cost of no label", spec(costs={"pairs": [{"label": "bugg", "cost": 3}]}), "Did you mean 'bug'?"),
    Case(
        "cost of taking it for no label",
        spec(costs={"pairs": [{"label": "bug", "predicted": "billin", "cost": 3}]}),
        "Did you mean 'billing'?",
    ),
    Case(
        "protection of no label",
        spec(
            data__protected=[
                {
                    "segment": "plan",
                    "fairness": "equal_false_negative_rate",
                    "reason": "because",
                    "label": "bugs",
                }
            ]
        ),
        "Did you mean 'bug'?",
    ),
    Case(
        "keywords of no label",
        candidates({"name": "k", "kind": "keyword", "words": {"prise": ["thanks"]}}),
        "Did you mean 'praise'?",
    ),
    Case(
        "file name that is no text",
        lambda: DATA.rename(os.fsdecode(b"\xff.csv")),
        "is not text in UTF-8",
        ("feature", "new", "x", "--data", os.fsdecode(b"\xff.csv")),
    ),
    # Candidates
    Case("candidate that is not there", spec(candidate="trainedd"), "Did you mean 'trained'?"),
    Case(
        "two candidates of one name",
        candidates({"name": "a", "kind": "trained"}, {"name": "a", "kind": "majority"}),
        "The candidate name 'a' is used twice",
    ),
    Case(
        "estimator that does not exist",
        candidates({"name": "a", "kind": "trained", "estimator": "sklearn.svm.SVCC"}),
        "sklearn.svm.SVCC",
    ),
    Case(
        "function that is not there",
        candidates({"name": "a", "kind": "callable", "function": "gone:answer"}),
        "'gone'",
    ),
    Case("function that fails at import", function("raise RuntimeError('no key')"), "RuntimeError: no key"),
    Case(
        "function that leaves at import",
        function("import sys; sys.exit(0)"),
        "ended the program (exit code 0)",
    ),
    Case("function with a syntax error", function("def answer(text:\n"), "mine:answer"),
    Case("function that is a number", function("answer = 3"), "is not a function"),
    Case(
        "function named without module",
        candidates({"name": "a", "kind": "callable", "function": "answer"}),
        "'function'",
    ),
    Case("recorded file missing", candidates(RECORDED), "old.csv"),
    Case("recorded column missing", recorded(output="sayd"), "Did you mean 'said'?"),
    Case("recorded id twice", recorded(lambda table: table.append(table[0])), "The id 'r0' occurs twice"),
    Case(
        "recorded confidence above 1",
        recorded(lambda table: table[4].update(sure="87")),
        "'87' is not a confidence between 0 and 1",
    ),
    Case(
        "probabilities of a class that is not there",
        recorded(probabilities={"bugs": "sure"}),  # type: ignore[arg-type]
        "Did you mean 'bug'?",
    ),
    # Train and test
    Case("test file without rows", apart(rows(), []), "test.csv"),
    Case("no training rows", apart([], rows()), "train"),
    Case(
        "test file without labels",
        apart(rows(), [{**row, "topic": ""} for row in rows(30)]),
        "No row of 'test.csv' has a label in column 'topic'",
    ),
    Case(
        "test file without a label column",
        apart(rows(), [{key: row[key] for key in ("id", "message", "plan")} for row in rows(30)]),
        "'test.csv' has no column 'topic'",
    ),
    Case(
        "two files without labels",
        apart([{**row, "topic": ""} for row in rows(30)], [{**row, "topic": ""} for row in rows(30)]),
        "No row of 'train.csv' or 'test.csv' has a label",
    ),
    # Workspace and names
    Case("no workspace", Path("shipworthy.toml").unlink, "There is no Shipworthy workspace here"),
    Case(
        "folder that is not there",
        nothing,
        "no Shipworthy workspace",
        ("feature", "list", "--workspace", "/nowhere/at/all"),
    ),
    Case("unknown feature", nothing, "Did you mean 'triage'?", ("review", "triag")),
    Case("feature with a slash", nothing, "cannot be a feature's name", ("review", "../triage")),
    Case(
        "feature named ..",
        nothing,
        "cannot be a feature's name",
        ("feature", "new", "..", "--data", str(DATA)),
    ),
    Case("feature named nothing", nothing, "cannot be a feature's name", ("review", "")),
    Case(
        "feature exists",
        nothing,
        "exists already; nothing was changed",
        ("feature", "new", "triage", "--data", str(DATA)),
    ),
    Case("new feature without file", nothing, "There is no file", (*NEW, "gone.csv")),
    Case("new feature without text", data(b"a,b\n1,2\n2,3\n", Path("n.csv")), "texts", (*NEW, "n.csv")),
    Case(
        "new feature for another job",
        nothing,
        "'translate' is not available",
        (*NEW, str(DATA), "--job", "translate"),
    ),
    Case("workspace inside itself", nothing, "already is a workspace", ("init",)),
    Case("workspace in a file", nothing, "is a file, not a folder", ("init", str(DATA))),
    Case("workspace below a file", nothing, "Nothing can be written under this name", ("init", f"{DATA}/x")),
    Case(
        "demo in a folder with files",
        nothing,
        "is not a workspace; nothing was changed",
        ("demo", "--into", "features"),
    ),
    # Labelling
    Case("label without a file to label", nothing, "names no file to label", ("label", "triage")),
    Case("label without a terminal", UNLABELLED, "there is no terminal to ask in", ("label", "triage")),
    Case("label what is labelled", both(UNLABELLED, cells(topic="bug")), "no row left", ("label", "triage")),
    Case(
        "label a file onto itself",
        spec(data__to_label="data/feedback.csv"),
        "Labelling would overwrite 'feedback.csv'",
        ("label", "triage", "--json"),
    ),
    Case(
        "label into a workbook",
        spec(data__to_label="data/feedback.csv", data__file="data/labelled.xlsx"),
        "written as CSV",
        ("label", "triage", "--json"),
    ),
    Case("label as nobody", UNLABELLED, "needs somebody", ("label", "triage", "--by", " ", "--json")),
    Case("review what has no labels yet", UNLABELLED, "next: shipworthy label triage"),
    Case("answers missing", UNLABELLED, "There is no file 'a.jsonl'", ANSWER),
    Case("answers that are not JSON", answers(b"row 2: bug"), "This line is not an answer", ANSWER),
    Case("answers in another encoding", answers(b"\xff\xfe\x00"), "not UTF-8 text", ANSWER),
    Case("answers for rows nobody chose", answers(b'{"row": 9999, "label": "bug"}'), "Row 9,999", ANSWER),
    Case("answers for no row", answers(b'{"row": 1e999, "label": "bug"}'), "not an answer", ANSWER),
    Case("answers without a label", answers(b'{"row": 2, "label": null}'), "not an answer", ANSWER),
    Case("answers that are empty", answers(b"\n"), "The file of answers is empty", ANSWER),
    # Reviews and evidence
    Case("unknown review", nothing, "is neither a review nor a feature here", ("reviews", "show", "zzz")),
    Case(
        "no reviews yet",
        lambda: shutil.rmtree(HOME / "reviews"),
        "There is no review yet",
        ("reviews", "show"),
    ),
    Case(
        "a review against itself",
        nothing,
        "Both names mean the review",
        ("reviews", "compare", "triage", "triage"),
    ),
    Case("damaged report", report('{"feature": "tri'), "report.json cannot be read", ("reviews", "list")),
    Case(
        "report without its parts",
        report(lambda it: it.pop("bars")),
        "report.json cannot be read",
        ("reviews", "show"),
    ),
    Case("report that is a list", report("[]"), "report.json cannot be read", ("reviews", "list")),
    Case(
        "report nested without end", report("[" * 100_000), "report.json cannot be read", ("reviews", "show")
    ),
    Case("damaged ledger", lambda: Path(".shipworthy/ledger.db").write_bytes(b"no database" * 100), "ledger"),
    Case("ledger is a folder", ledger_folder, "The ledger must be a file; this is a folder"),
    Case("evidence of an unknown feature", nothing, "Did you mean 'triage'?", ("evidence", "list", "triag")),
    # The command
    Case("unknown verb", nothing, "No such command", ("revue",)),
    Case("option forgotten", nothing, "--data", ("feature", "new", "x")),
    Case("schema of an unknown verb", nothing, "Did you mean 'review'?", ("schema", "revieww")),
    Case(
        "outputs without that column",
        nothing,
        "Did you mean 'topic'?",
        ("check", str(DATA), "--label", "topics", "--output", "plan"),
    ),
    Case(
        "outputs that are the labels",
        nothing,
        "both name the column",
        ("check", str(DATA), "--label", "topic", "--output", "topic"),
    ),
    Case(
        "outputs sliced by the label",
        nothing,
        "--segment and --label both name the column 'topic'",
        (*OUTPUTS, "--segment", "topic"),
    ),
    Case(
        "outputs sliced by the output",
        nothing,
        "--segment and --output both name the column",
        (*OUTPUTS, "--segment", OUTPUTS[OUTPUTS.index("--output") + 1]),
    ),
    Case("outputs against an unreadable bar", nothing, "good enough", (*OUTPUTS, "--bar", "good enough")),
    Case(
        "outputs against a bar on no class",
        nothing,
        "Did you mean 'bug'?",
        (*OUTPUTS, "--bar", "recall[bugg] >= 0.5"),
    ),
    Case(
        "outputs whose confidence is a text",
        nothing,
        "is not a confidence between 0 and 1",
        (*OUTPUTS, "--confidence", "message"),
    ),
    Case(
        "outputs of a missing file",
        nothing,
        "There is no file",
        ("check", "gone.csv", "--label", "a", "--output", "b"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_owner_is_told_and_finds_everything_as_it_was(broken: Path, case: Case) -> None:
    case.change()
    before = files_of(broken)

    done = run(*case.command)

    assert (done.code, done.out) == (case.code, ""), done
    assert case.says in done.err
    assert "Traceback" not in done.err
    assert files_of(broken) == before


@pytest.mark.parametrize(
    ("verb", "code"), [(("review", "triage"), 2), (("evidence", "list"), 2), (("evidence", "verify"), 2)]
)
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("nonsense://", "A ledger cannot be kept in 'nonsense://'"),
        ("mysql://me:secret@host/db", "A ledger cannot be kept in 'mysql://me:***@host/db'"),
        ("sqlite:///features", "The ledger must be a file; this is a folder"),
    ],
)
def test_a_ledger_at_a_nonsensical_address_is_refused_before_anything_is_written(
    broken: Path, monkeypatch: pytest.MonkeyPatch, address: str, says: str, verb: tuple[str, ...], code: int
) -> None:
    monkeypatch.setenv("SHIPWORTHY_LEDGER_URL", address)
    before = files_of(broken)

    done = run(*verb)

    assert (done.code, done.out) == (code, "")
    assert says in done.err
    assert "secret" not in done.err
    assert files_of(broken) == before


def test_a_broken_line_of_json_is_named_and_the_others_are_used(broken: Path) -> None:
    lines = [json.dumps(row) for row in rows()]
    lines[1] = '{"id": 2, '
    (HOME / "data/f.jsonl").write_text("\n".join(lines))
    spec(data__file="data/f.jsonl")()

    done = run(*CHECK)

    assert done.code == 0
    assert "line 2" in done.out.casefold() or "row 2" in done.out.casefold(), done.out
    assert sum(run(*CHECK, "--json").json["rows"].values()) == 119


def test_two_columns_of_one_name_are_told_apart_and_said(broken: Path) -> None:
    text = DATA.read_text().replace("id,message,topic,plan", "id,message,topic,topic", 1)
    DATA.write_text(text)
    spec(data__segments=[])()

    done = run(*CHECK)

    assert done.code == 0
    assert "topic" in done.out


def test_a_label_that_training_never_saw_is_a_problem_that_is_said_not_a_crash(broken: Path) -> None:
    unseen = [{**row, "topic": "outage"} for row in rows(15, seed=1)]
    apart(rows(), [*rows(45, seed=2), *unseen])()
    content = json.loads(YAML.read_text())
    write_feature(HOME, {**content, "bar": ["accuracy >= 0.95"]})

    checked, reviewed = run(*CHECK), run("review", "triage", "--json")

    assert "a label that no training row has: 'outage'" in checked.out
    assert reviewed.code == 1, reviewed
    assert reviewed.json["decision"] == "hold"


def test_a_test_of_training_rows_only_is_never_called_ship(broken: Path) -> None:
    apart(rows(), rows())()

    done = run("review", "triage", "--json")

    assert done.code in {1, 3}, done
    assert done.json["decision"] in {"hold", "cannot_tell"}


def test_a_file_outside_the_workspace_may_be_read_and_is_not_copied(broken: Path) -> None:
    DATA.rename(broken.parent / "elsewhere.csv")
    spec(data__file="../../../elsewhere.csv")()
    before = files_of(broken)

    assert run(*CHECK).code == 0
    assert files_of(broken) == before


def test_a_function_that_returns_junk_is_wrong_everywhere_and_does_not_stop_the_review(broken: Path) -> None:
    function("def answer(text):\n    return {'label': ['junk', None]}\n")()

    done = run("review", "triage", "--json")

    assert (done.code, done.json["decision"]) == (1, "hold")


def test_init_overwrites_nothing_that_is_there(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "features").mkdir()

    assert run("init", tmp_path).code == 0

    assert files_of(tmp_path)[".gitignore"] == b"mine\n"


def test_there_are_enough_ways_to_break_it() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40
