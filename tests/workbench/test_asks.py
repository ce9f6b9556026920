"""The verb ask: a folder, an index or a feature; once, in a conversation, or as JSON Lines."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shipworthy.core.errors import DataError, UserError
from shipworthy.retrieval.parsing import read_document
from shipworthy.workbench.asking import Asking
from shipworthy.workbench.asks import AskedAnswer, ask_documents, ask_lines, read_conversation
from shipworthy.workbench.indexes import index_documents, index_folder
from shipworthy.workbench.json_lines import LineProblem
from shipworthy.workbench.verbs import as_json, result_schema
from shipworthy.workbench.workspace import Workspace, init

LEAVE = """\
# Leave

## Annual leave
Employees get 25 days of annual leave. Up to five days may be carried over into the next year.
The carried days expire on 31 March.

## Parental leave
Parents get 90 days of leave. Miriam Okafor plans it.
"""
QUESTION = "How many days may be carried over?"


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "leave.md").write_text(LEAVE, encoding="utf-8")
    (folder / "office.txt").write_text("The office in Oslo is open from 8 to 18.\n", encoding="utf-8")
    return folder


def test_a_folder_is_read_and_every_citation_opens_the_sentence_in_its_file(documents: Path) -> None:
    found = ask_documents(str(documents), QUESTION, start=documents, meaning=False)
    assert found.outcome == "answer"
    assert found.text == "Up to five days may be carried over into the next year."
    (citation,) = found.citations
    assert (citation.document, citation.line) == ("leave.md", 4)
    assert citation.headings == ("Leave", "Annual leave")
    read = read_document(documents / "leave.md", name="leave.md")
    assert read.text[citation.start : citation.end] == citation.quote == found.text
    assert citation.line is not None
    assert citation.quote in LEAVE.splitlines()[citation.line - 1]


def test_an_index_is_asked_where_it_lies(documents: Path, tmp_path: Path) -> None:
    index_documents(documents, into=tmp_path / "index", meaning=False)
    (documents / "leave.md").unlink()
    found = ask_documents(str(tmp_path / "index"), QUESTION, start=tmp_path, meaning=False)
    assert found.text == "Up to five days may be carried over into the next year."


def test_the_printed_answer_has_the_published_form(documents: Path) -> None:
    import jsonschema

    found = ask_documents(str(documents), "Who is the chief executive?", start=documents, meaning=False)
    assert found.outcome == "abstain"
    jsonschema.validate(json.loads(as_json("ask", found)), result_schema("ask"))


@pytest.mark.parametrize("target", ["nowhere", "no/such/folder"])
def test_documents_that_are_not_there_are_named(target: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=target):
        ask_documents(target, QUESTION, start=tmp_path, meaning=False)


def test_a_model_that_is_none_is_refused_before_anything_is_read(documents: Path) -> None:
    with pytest.raises(UserError, match="gpt"):
        ask_documents(str(documents), QUESTION, start=documents, model="gpt", meaning=False)


def test_a_conversation_is_kept_in_a_file(documents: Path, tmp_path: Path) -> None:
    kept = tmp_path / "talk.jsonl"
    ask_documents(str(documents), QUESTION, start=documents, conversation=kept, meaning=False)
    found = ask_documents(
        str(documents), "When do they expire?", start=documents, conversation=kept, meaning=False
    )
    assert found.text == "The carried days expire on 31 March."
    assert found.carried == ("days", "carried")
    assert [turn.question for turn in read_conversation(kept)] == [QUESTION, found.looked_for]
    kept.write_text("no JSON\n", encoding="utf-8")
    with pytest.raises(DataError, match="no turn"):
        read_conversation(kept)


def lines(rows: list[object], target: str, start: Path) -> Iterator[object]:
    return ask_lines(target, [json.dumps(row) for row in rows], start=start, meaning=False)


def test_lines_are_answered_one_by_one_with_their_ids(documents: Path) -> None:
    rows: list[object] = [
        {"id": 7, "question": QUESTION},
        {"question": "When do they expire?", "conversation": [{"question": QUESTION}]},
        {"id": "own", "question": "How old is Ada?", "passages": ["Ada is 36 years old.", "Bob sings."]},
        {"question": ""},
        {"question": "What does it cost?"},
    ]
    answers = ask_lines(str(documents), map(json.dumps, rows), start=documents, meaning=False)
    found = [one for one in answers if isinstance(one, AskedAnswer)]
    assert [(one.id, one.outcome, one.text) for one in found[:4]] == [
        ("7", "answer", "Up to five days may be carried over into the next year."),
        (None, "answer", "The carried days expire on 31 March."),
        ("own", "answer", "Ada is 36 years old."),
        (None, "ask_back", "The question is empty."),
    ]
    assert found[4].outcome == "ask_back"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([], "Line 1: This is not an object in braces. Each line should be like"),
        ({"id": 1}, "Line 1: This has no question. Each line should be like"),
        ({"question": "a", "passages": "b"}, "Line 1, field 'passages': These are not a list of at most 200"),
        ({"question": "a", "conversation": "b"}, "Line 1, field 'conversation': This is not a list of"),
        ({"question": "a"}, "Line 1: This brings no 'passages', and no documents were named."),
    ],
)
def test_a_line_of_another_form_is_named_and_the_next_one_answered(
    row: object, says: str, tmp_path: Path
) -> None:
    good = {"id": "b", "question": "Which colour?", "passages": ["The colour is green."]}
    wrong, right = lines([row, good], "-", tmp_path)
    assert isinstance(wrong, LineProblem)
    assert (wrong.line, wrong.error[: len(says)]) == (1, says)
    assert isinstance(right, AskedAnswer)
    assert right.id == "b"


# --- a feature ----------------------------------------------------------------------------------------

FEATURE = """\
name: handbook-qa
for_whom: Employees
does: Answers questions about the handbook.
job: answer
data:
  file: questions.jsonl
  input: question
  label: label
  documents: handbook
candidates:
  - {name: sentences, kind: app, settings: {meanings: false}}
bar: ["accuracy >= 0.5"]
"""


@pytest.fixture
def feature(documents: Path, tmp_path: Path) -> Workspace:
    workspace = init(tmp_path / "work")
    folder = workspace.feature_folder("handbook-qa")
    folder.mkdir(parents=True)
    documents.rename(folder / "handbook")
    rows = [
        {"question": f"How many days of leave do parents get in case {n}?", "label": {"answers": ["90 days"]}}
        if n % 2
        else {"question": f"Which colour has the boat of captain {n}?", "label": {"answerable": False}}
        for n in range(120)
    ]
    text = "".join(json.dumps({**row, "label": json.dumps(row["label"])}) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")
    (folder / "feature.yaml").write_text(FEATURE, encoding="utf-8")
    return workspace


def test_a_feature_is_indexed_when_it_is_asked_first_and_learns_from_its_labelled_questions(
    feature: Workspace,
) -> None:
    with Asking("handbook-qa", start=feature.root) as asking:
        assert asking.notices == ["Documents read: 2."]
        assert "labelled questions" in asking.answerer.confidence.words
        learnt = asking.answerer.confidence
    kept = feature.state / "answers" / "handbook-qa.json"
    before = kept.stat().st_mtime_ns
    with Asking("handbook-qa", start=feature.root) as again:
        assert (again.answerer.confidence, again.notices) == (learnt, [])
    assert kept.stat().st_mtime_ns == before
    found = ask_documents("handbook-qa", "How many days of leave do parents get?", start=feature.root)
    assert (found.outcome, found.text) == ("answer", "Parents get 90 days of leave.")
    assert index_folder(feature, "handbook-qa").is_dir()


def test_a_feature_of_another_job_is_refused(feature: Workspace) -> None:
    file = feature.feature_file("handbook-qa")
    file.write_text(file.read_text().replace("job: answer", "job: extract"), encoding="utf-8")
    with pytest.raises(UserError, match="does the job 'extract'"):
        ask_documents("handbook-qa", QUESTION, start=feature.root)


# --- the command --------------------------------------------------------------------------------------


def command(*words: str, given: str = "") -> tuple[int, str]:
    from shipworthy.cli.main import app

    run = CliRunner().invoke(app, ["ask", *words, "--no-meaning"], input=given)
    if run.exception is not None and not isinstance(run.exception, SystemExit):
        raise run.exception
    return run.exit_code, run.output


def test_an_answer_exits_with_0_and_none_with_3(documents: Path) -> None:
    code, said = command(str(documents), QUESTION)
    assert code == 0
    assert "“Up to five days may be carried over into the next year.” [1]" in said
    assert "[1] leave.md, line 4 (Leave > Annual leave)" in said
    code, said = command(str(documents), "Who is the chief executive?")
    assert code == 3
    assert "Not in these documents." in said
    code, said = command(str(documents), "How does it work?", "--json")
    assert (code, json.loads(said)["outcome"]) == (3, "ask_back")


def test_standard_input_is_read_as_json_lines(documents: Path) -> None:
    code, said = command(str(documents), "-", given=f'{{"id": "a", "question": "{QUESTION}"}}\n')
    assert code == 0
    assert [json.loads(line)["id"] for line in said.splitlines()] == ["a"]
    with pytest.raises(UserError, match="No question"):
        command(str(documents))


def test_on_a_terminal_one_may_talk(documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shipworthy.cli import asks

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", Terminal(f"{QUESTION}\nWhen do they expire?\n\n"))
    monkeypatch.setattr(sys, "stdout", out)
    asks.ask(str(documents), None, model=None, conversation=None, meaning=False, workspace=documents)
    assert "five days" in out.getvalue()
    assert "(Understood as: When do they expire? (days, carried))" in out.getvalue()
    assert "expire on 31 March" in out.getvalue()


def test_escape_codes_in_a_document_do_not_reach_the_terminal(documents: Path) -> None:
    (documents / "evil.txt").write_text("The red button is \x1b[31mred\x1b[0m and loud.\n", encoding="utf-8")
    _, said = command(str(documents), "Which button is red and loud?")
    assert "\x1b" not in said
    assert "loud" in said
