"""The verbs and commands: questions, assessment with and without a workspace, the wording of a pin."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipworthy.core.errors import UserError
from shipworthy.evidence.ledger import Ledger, ledger_location
from shipworthy.launch.risk import read_answers, write_answers
from shipworthy.playbook.regulation import Question, questions
from shipworthy.workbench.risk import assess_answers, assess_feature, settled
from shipworthy.workbench.workspace import Workspace, init
from tests.fakes.clock import FixedClock
from tests.launch.facts import harmless
from tests.workbench.small import Done, run

HIRING = {"employment": "yes", "recruitment": "yes", "work_decisions": "no", "limited_task": "none"}
ON = date(2026, 11, 23)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = init(tmp_path / "work")
    (made.root / "features" / "ranker").mkdir(parents=True)
    return made


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sits at a terminal, and nothing is on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def answers_file(folder: Path, **so: str | None) -> Path:
    file = folder / "answers.yaml"
    write_answers(file, harmless(**so))
    return file


def piped(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> Done:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return run("risk", "assess", *arguments)


def test_every_question_is_listed_with_help_answers_and_pins() -> None:
    listed = run("risk", "questions", "--json").json
    by_id = {item["id"]: item for item in listed["questions"]}

    assert list(by_id) == [item.id for item in questions()]
    assert all(item["help"] and item["pins"] and item["answers"][-1] == "unknown" for item in by_id.values())
    assert by_id["education_grading"]["needed_when"] == "education is yes"
    assert by_id["emotion_work_school"]["needed_when"] == "emotions is body"
    assert by_id["influences_outcome"]["needed_when"] == "limited_task is anything but none"
    assert by_id["ai_system"]["if_left_out"] == "yes"
    assert by_id["employment"]["if_left_out"] == "unknown"
    assert by_id["recruitment"]["if_left_out"] == "unknown; no, assumed, where it is not needed"
    assert by_id["role"]["decides"] == "tier"
    assert "recruitment is yes" in by_id["profiling"]["needed_when"]
    assert by_id["profiling"]["needed_when"] == by_id["limited_task"]["needed_when"]
    assert "(safety_function is yes or failure_endangers is yes)" in by_id["profiling"]["needed_when"]
    assert "In doubt" in by_id["recruitment"]["help"]
    assert "recruitment [yes|no|unknown] (Annex III(4)(a))" in run("risk", "questions").out


@pytest.mark.parametrize(
    ("so", "tier", "code"),
    [
        ({}, "minimal", 0),
        (HIRING, "high", 0),
        ({"uses_biometrics": "yes", "scrapes_faces": "yes"}, "prohibited", 1),
        ({"employment": None}, "undetermined", 3),
    ],
)
def test_answers_in_a_file_need_no_workspace_and_no_conversation(
    tmp_path: Path, lines: None, so: dict[str, str | None], tier: str, code: int
) -> None:
    file = answers_file(tmp_path, **so)
    done = run("risk", "assess", "--answers", file, "--json", "--on", "2026-11-23")

    assert (done.json["tier"], done.code) == (tier, code)
    assert done.json["on"] == "2026-11-23"
    assert {"tier", "display_tier", "pins", "art50", "duties", "missing"} <= done.json.keys()
    assert run("risk", "assess", "--answers", file).code == code


def test_what_is_printed_as_json_has_the_published_layout(tmp_path: Path, lines: None) -> None:
    made = {
        "risk questions": run("risk", "questions", "--json"),
        "risk assess": run("risk", "assess", "--answers", answers_file(tmp_path, **HIRING), "--json"),
        "risk show": run("risk", "show", "recital 53", "--json"),
    }
    for verb, done in made.items():
        schema = run("schema", verb).json
        Draft202012Validator(schema).validate(done.json)


def test_lines_in_lines_out(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [
        {
            "id": "a",
            "answers": {name: next(iter(value or {"unknown"})) for name, value in harmless().items()},
        },
        {"id": 2, "description": "A chatbot."},
        {"answers": {}},
    ]
    done = piped(monkeypatch, "\n".join(map(json.dumps, every)) + "\n\n", "--on", "2026-12-02")
    results = [json.loads(line) for line in done.out.splitlines()]

    assert done.code == 0
    assert [(item["id"], item["tier"]) for item in results] == [
        ("a", "minimal"),
        ("2", "undetermined"),
        (None, "undetermined"),
    ]
    assert [(item["id"], item["quote"]) for item in results[1]["proposed"]] == [
        ("talks_to_people", "chatbot")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "not JSON"),
        ('{"id": 1}', "neither 'answers' nor 'description'"),
        ('{"answers": {"recruitmant": true}}', "Did you mean 'recruitment'?"),
        ('{"answers": {"emotions": "txt"}}', "Line 2, field 'emotions': "),
        ('{"answers": [1]}', "this is a list"),
        ('{"description": 7}', "A description is a text"),
        ('{"description": "' + "x" * 20_001 + '"}', "up to 20,000 are read"),
        ('{"description": "' + "x" * 100_001 + '"}', "up to 100,000 are read"),
    ],
)
def test_a_line_that_cannot_be_used_says_why_and_the_others_are_assessed(
    monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    done = piped(monkeypatch, '{"id": 1, "answers": {}}\n' + text + '\n{"id": 3, "answers": {}}\n')
    first, second, third = (json.loads(line) for line in done.out.splitlines())

    assert done.code == 2
    assert message in second["error"]
    assert second["line"] == 2
    assert [first["tier"], third["tier"]] == ["undetermined"] * 2


def test_no_line_at_all_is_told_what_to_give(lines: None) -> None:
    done = run("risk", "assess")

    assert (done.code, done.out) == (2, "")
    assert "--answers" in done.err


def test_a_wrong_day_two_descriptions_or_a_description_that_is_no_text_are_refused(
    tmp_path: Path, lines: None
) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\xff\xfe")
    words = tmp_path / "words.txt"
    words.write_text("A chatbot for a shop.")

    assert "is no day" in run("risk", "assess", "--on", "tomorrow").err
    assert "two descriptions" in run("risk", "assess", "--describe", "x", "--description", words).err
    assert "not UTF-8" in run("risk", "assess", "--description", picture).err
    assert "talks_to_people: yes, from “chatbot”" in run("risk", "assess", "--description", words).out


def test_a_feature_without_answers_and_without_a_terminal_is_told_what_to_give(
    workspace: Workspace, lines: None
) -> None:
    done = run("risk", "assess", "ranker", "--workspace", workspace.root)

    assert done.code == 2
    assert "--answers" in done.err
    assert run("risk", "assess", "rankr", "--workspace", workspace.root).code == 2


def test_a_feature_keeps_its_answers_its_memo_and_a_record(
    workspace: Workspace, tmp_path: Path, lines: None
) -> None:
    file = answers_file(tmp_path, **HIRING)
    done = run("risk", "assess", "ranker", "--answers", file, "--workspace", workspace.root)
    papers = workspace.root / "features" / "ranker" / "papers"
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root) as ledger:
        (record,) = ledger.records()
        problems = ledger.verify()

    assert done.code == 0
    assert str(papers / "risk.md") in done.out
    assert read_answers(papers / "risk.answers.yaml") == harmless(**HIRING)
    assert (papers / "risk.md").read_text().startswith("# Risk memo: ranker")
    assert (record.kind, record.feature, record.competencies) == ("risk", "ranker", ("regulatory-fluency",))
    assert record.facts["tier"] == "high"
    assert record.facts["answers"]["recruitment"] == ["yes"]
    assert list(problems) == []


def test_answers_that_were_kept_are_used_again_and_new_ones_go_on_top(
    workspace: Workspace, tmp_path: Path, lines: None
) -> None:
    run(
        "risk",
        "assess",
        "ranker",
        "--answers",
        answers_file(tmp_path, **HIRING),
        "--workspace",
        workspace.root,
    )
    assert run("risk", "assess", "ranker", "--workspace", workspace.root, "--json").json["tier"] == "high"

    more = tmp_path / "more.yaml"
    more.write_text("recruitment: no\n")
    again = run("risk", "assess", "ranker", "--answers", more, "--workspace", workspace.root, "--json")

    assert again.json["tier"] == "minimal"
    assert run("risk", "assess", "ranker", "--workspace", workspace.root, "--json").json["tier"] == "minimal"


def test_a_file_of_answers_edited_by_hand_keeps_its_comments(workspace: Workspace, lines: None) -> None:
    kept = workspace.root / "features" / "ranker" / "papers" / "risk.answers.yaml"
    kept.parent.mkdir()
    text = "# Ana says so\nuses_biometrics: yes\nscrapes_faces: yes\n"
    kept.write_text(text)

    assert run("risk", "assess", "ranker", "--workspace", workspace.root).code == 1
    assert kept.read_text() == text


def test_only_what_decides_is_asked_and_unknown_is_not_asked_again() -> None:
    asked: list[str] = []

    def answer(item: Question) -> frozenset[str] | None:
        asked.append(item.id)
        return {"employment": frozenset({"yes"}), "recruitment": None}.get(item.id, frozenset({"no"}))

    known = settled(harmless(employment=None, role="provider") | {}, ask=answer)
    assert asked == []  # "unknown" was an answer

    known = harmless()
    del known["employment"]
    known = settled(known, ask=answer)
    assert asked == ["employment", "recruitment", "work_decisions"]
    assert known["recruitment"] is None


def test_an_interruption_loses_no_answer(workspace: Workspace) -> None:
    def answer(item: Question) -> frozenset[str] | None:
        if item.id == "exploits_vulnerability":
            raise KeyboardInterrupt
        return frozenset({"provider" if item.id == "role" else "hidden"})

    with pytest.raises(KeyboardInterrupt):
        assess_feature(workspace, "ranker", on=ON, ask=answer, clock=FixedClock())

    assert read_answers(workspace.root / "features/ranker/papers/risk.answers.yaml") == {
        "role": frozenset({"provider"}),
        "manipulation": frozenset({"hidden"}),
    }


def test_a_confirmed_proposal_is_an_answer_and_a_refused_one_is_not(workspace: Workspace) -> None:
    result = assess_feature(
        workspace,
        "ranker",
        on=ON,
        description="It screens CVs of applicants and is a chatbot.",
        confirm=lambda proposal: proposal.id != "talks_to_people",
        clock=FixedClock(),
    )
    kept = read_answers(workspace.root / "features/ranker/papers/risk.answers.yaml")

    assert kept == {"employment": frozenset({"yes"}), "recruitment": frozenset({"yes"})}
    assert [item.id for item in result.proposed] == ["talks_to_people"]
    assert result.tier == "undetermined"


def test_nothing_to_go_by_is_refused() -> None:
    with pytest.raises(UserError, match="nothing to assess"):
        assess_answers(None, on=ON)


def test_the_wording_of_a_pin_is_shown_and_a_wrong_one_answered_with_the_nearest() -> None:
    assert (
        "infer emotions of a natural person in the areas of workplace"
        in run("risk", "show", "Art. 5(1)(f)").out
    )
    assert run("risk", "show", "Art 5(1)(f)").code == 2
    assert "Did you mean 'Art. 5(1)(f)'?" in run("risk", "show", "Art 5(1)(f)").err


def test_on_a_terminal_it_asks_one_question_at_a_time(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-c", "from shipworthy.cli.main import main; main()", "risk", "assess"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
    )
    try:
        os.write(ours, b"provider\nperhaps\nhidden\nno\nyes\nyes\n")
        text = started.communicate(timeout=60)[0].decode()
    finally:
        started.kill()
        os.close(ours)
        os.close(theirs)

    assert started.returncode == 1
    assert "What are you with regard to it?" in text
    assert "'perhaps' is no answer to 'manipulation'." in text
    assert "Prohibited: manipulation that causes significant harm (Art. 5(1)(a))." in text
