"""The commands: words for people, JSON for programs, exit codes for both."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest

from shipworthy.workbench.verbs import result_schema
from tests.workbench.small import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run("init", tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    return tmp_path / "w"


@pytest.mark.parametrize(
    "command",
    [
        "career audit",
        "career artifact add X --competency ethics --link https://example.org/x",
        "career self ethics 2",
        "career path --from engineer",
        "career exercise --topic evidence --seed 4",
        "career topics",
        "career exercise --topic evidence --seed 4 --answer met",
        "career plan --hours 8 --start 2026-12-01",
        "career today",
        "career done audit",
        "career recall temperature --grade good",
    ],
)
def test_json_follows_the_published_schema(home: Path, command: str) -> None:
    run("career", "plan", "--hours", "10", "--start", "2026-12-01")

    done = run(*command.split(), "--json")

    verb = next(name for name in ("career artifact add", " ".join(command.split()[:2])) if name in command)
    assert (done.code, done.err) == (0, "")
    jsonschema.validate(done.json, result_schema(verb))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("career today", "There is no plan in this workspace."),
        ("career plan", "Make a plan: shipworthy career plan --hours 10 --start 2026-12-01"),
        ("career plan --hours 10", "A plan needs hours a week and a first day."),
        ("career path", "Where do you start from?"),
        ("career path --from doctor", "There is no starting point 'doctor'."),
        ("career self ethic 2", "Did you mean 'ethics'?"),
        ("career self ethics 9", "9 is no level."),
        ("career exercise --answer 3", "An answer needs its exercise."),
        ("career exercise --topic tresh", "Did you mean 'threshold'?"),
        ("career artifact add X --competency ethics", "An artifact needs something to look at."),
        ("career audit --resume no.pdf", "There is no file 'no.pdf'."),
    ],
)
def test_mistakes_end_with_exit_code_2_and_what_to_do(home: Path, command: str, said: str) -> None:
    done = run(*command.split())

    assert done.code == 2
    assert said in done.err


def test_a_hostile_resume_cannot_drive_the_terminal(home: Path, tmp_path: Path) -> None:
    resume = tmp_path / "resume.txt"
    resume.write_text("- Designed offline evaluations \x1b[2J with labelled test sets\n")

    done = run("career", "audit", "--resume", resume, "--full")

    assert done.code == 0
    assert "\x1b" not in done.out
    assert "1 claims" in done.out


def test_exercises_are_marked_as_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"topic": "evidence", "seed": 4, "answer": "met"}\n{}\n'))

    done = run("career", "exercise", "--lines")

    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 2
    assert [line["error"] is None for line in lines] == [True, False]


def test_a_plan_can_be_followed_from_the_command_line(home: Path) -> None:
    made = run("career", "plan", "--hours", "10", "--start", "2099-12-01", "--ics", "plan.ics")
    today = run("career", "today", "--on", "2099-12-02")
    done = run("career", "done", "audit")

    assert "0 of 200 h done, on time" in made.out
    assert (home / "plan.ics").read_bytes().startswith(b"BEGIN:VCALENDAR")
    assert "audit (1.5 h, catching up)" in today.out
    assert done.out.startswith("1.5 of 200 h done")
