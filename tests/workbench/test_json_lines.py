"""JSON Lines on standard input: every command that reads them treats a broken line alike."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core.errors import DataError, Where
from shipworthy.workbench.json_lines import GivenLine, LineProblem, each_line, problem_of
from tests.workbench.small import run

HINT = "Each line should be a number."


def numbers(*lines: str, longest: int = 50) -> list[object]:
    def use(line: GivenLine) -> object:
        if isinstance(line.value, dict):
            return line.fields().get("n") or line.text()
        return line.text() if isinstance(line.value, str) else line.value

    return list(each_line(lines, use, problem_of, longest=longest, hint=HINT))


def problem(line: int, error: str, *, id: str | None = None) -> LineProblem:  # noqa: A002
    return LineProblem(id=id, line=line, error=f"Line {line}: {error}")


def test_a_broken_line_gives_a_problem_in_its_place_and_empty_lines_only_count() -> None:
    assert numbers("1\n", "\n", "oops\n", '{"id": 7}\n', '"two"\r\n', '{"n": 3}') == [
        1,
        problem(3, f"This is not JSON. {HINT}"),
        problem(4, f"This has no text. {HINT}", id="7"),
        "two",
        3,
    ]


@pytest.mark.parametrize(
    "line", ["[" * 100_000, "NaN", "-Infinity", '{"n": NaN}', "1" * 5000, '"\x00"', "{}{}"]
)
def test_what_is_no_json_is_named_and_nothing_breaks(line: str) -> None:
    assert numbers(line, longest=200_000) == [problem(1, f"This is not JSON. {HINT}")]


def test_a_line_that_is_too_long_is_refused_and_the_limit_named() -> None:
    assert numbers(f'"{"a" * 48}"\n', f'"{"a" * 49}"') == [
        "a" * 48,
        problem(2, "This is too long (51 characters; up to 50 are read)."),
    ]


def test_a_byte_order_mark_before_the_first_line_is_passed_over() -> None:
    assert numbers("\ufeff1") == [1]


def test_half_a_character_becomes_one_that_can_be_written() -> None:
    assert numbers('"a\\ud83db"', '"\\ud83d\\ude00"') == ["a?b", "😀"]


def test_the_error_of_a_line_names_standard_input_the_line_and_what_to_do() -> None:
    error = GivenLine(number=3, hint=HINT).bad("This is no score.", field="human")
    assert isinstance(error, DataError)
    assert (error.where, error.hint) == (Where(file="standard input", line=3, field="human"), HINT)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_json_value_arrives_as_it_was_sent(value: object) -> None:
    def use(line: GivenLine) -> object:
        return [line.value]

    line = json.dumps(value)
    assert list(each_line([line], use, problem_of, longest=10_000, hint=HINT)) == [[value]]


@given(st.text())
def test_no_line_stops_the_next_one(line: str) -> None:
    assert numbers(line, "2")[-1] == 2


COMMANDS = {
    "extract invoice": {"text": "Total: $5"},
    "summarise": {"text": "Anna: I will send it on Friday."},
    "claim": {"text": "93% on 500"},
    "career roles read": {"text": "Requirements\n- SQL is required"},
    "career interview score": {"question": "launch-eval", "answer": "I would measure recall."},
    "career exercise --lines": {"topic": "leak", "seed": 3},
    "risk assess": {"answers": {"recruitment": "yes"}},
    "prd check": {"text": "# PRD"},
    "judge score overlap": {"output": "five days", "reference": "five days"},
    "ask - -": {"question": "Which colour?", "passages": ["The colour is green."]},
    "explain retrieval idx -": {"question": "vacation"},
}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/leave.md").write_text("You may carry over five vacation days.\n")
    monkeypatch.chdir(tmp_path)
    assert run("index", "docs", "--into", "idx", "--no-meaning").code == 0


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_goes_on_after_a_broken_line_and_ends_with_2(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = json.dumps(COMMANDS[command])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{good}\n{{oops\n\n{good}\n"))
    done = run(*command.split())
    first, broken, last = map(json.loads, done.out.splitlines())
    said = broken.get("error") or broken["detail"]
    assert said.startswith("Line 2: This is not JSON. ")
    assert not any(each.get("error") or each.get("detail") for each in (first, last))
    assert done.code == 2
    assert "1 of 3 lines " in done.err
    assert "each of them says why" in done.err


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_so_where_there_is_no_line(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n \n"))
    done = run(*command.split())
    assert (done.code, done.out) == (2, "")
    assert "standard input" in done.err or "Give " in done.err
