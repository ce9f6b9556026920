"""``shipworthy claim``: a sentence, a report, or many lines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.workbench.small import Done, run

CLAIM = "93% accuracy on 500 tickets, best of 12 prompts"


def fed(monkeypatch: pytest.MonkeyPatch, text: str) -> Done:
    """``shipworthy claim`` with a text on its standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode("latin-1")), encoding="utf-8"))
    return run("claim")


def lines(done: Done) -> list[Any]:
    return [json.loads(line) for line in done.out.splitlines()]


def valid(judgement: Any) -> Any:
    Draft202012Validator(run("schema", "claim").json).validate(judgement)
    return judgement


def test_a_sentence_gets_its_range_its_luck_and_the_questions_to_ask() -> None:
    done = run("claim", CLAIM)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        f"“{CLAIM}”\n  - 93% on 500 examples: the true value is plausibly between 90.4%"
    )
    assert "\nNot said\n  a baseline\n" in done.out
    assert "\nMentioned; read whether it is enough\n  how many candidates were tried:" in done.out
    assert "   1. On which data was it measured, and may we see some of them?\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 96


def test_without_n_it_shows_what_the_range_would_be() -> None:
    out = run("claim", "93% accuracy, best of 12 prompts").out
    assert "  - It would be\n      on    50 examples: 82.5% to 97.4%, luck of the choice 7.6 points\n" in out


def test_json_is_what_the_schema_says_and_holds_the_numbers() -> None:
    done = run("claim", CLAIM, "--json")
    (judged,) = valid(done.json)["claims"]
    assert (judged["claim"]["n"], judged["claim"]["best_of"], judged["claim"]["quote"]) == (500, 12, CLAIM)
    assert judged["interval"]["method"] == "Wilson"


def test_a_report_is_read_from_a_file_with_the_lines_of_its_claims(tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    report.write_text("# Results\n\nIt has **93% accuracy**\non 500 tickets.\n", encoding="utf-8")
    done = run("claim", "--file", report)
    assert done.code == 0
    assert done.out.startswith("line 3: “It has **93% accuracy** on 500 tickets.”\n")


def test_a_text_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in run("claim", "\x1b[31m93% on 500").out


def test_json_lines_go_in_and_come_out_and_one_bad_line_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = '{"id": "a", "text": "93% on 500"}\n\nnot json\n"88% vs 85% on 200 tickets"\n'
    given += '{"text": 3}\n[1]\n"\xff"\n'
    done = fed(monkeypatch, given)
    found = [valid(line) for line in lines(done)]
    hint = 'Each line should be like {"text": "93% on 500"}.'
    assert [(each["id"], len(each["claims"]), each["error"]) for each in found] == [
        ("a", 1, None),
        ("3", 0, f"Line 3: This is not JSON. {hint}"),
        ("4", 1, None),
        ("5", 0, f"Line 5: This has no text. {hint}"),
        ("6", 0, f"Line 6: This has no text. {hint}"),
        ("7", 0, f"Line 7: There is no claim with a number in this text. {hint}"),
    ]
    assert (done.code, done.err) == (
        2,
        "shipworthy: 4 of 6 lines could not be judged; each of them says why.\n",
    )


def test_a_line_without_end_is_refused_and_the_next_one_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    done = fed(monkeypatch, '"' + "a" * 1_000_000 + '"\n"93% on 500"\n')
    first, last = lines(done)
    assert first["error"] == "Line 1: This is too long (1,000,002 characters; up to 1,000,000 are read)."
    assert len(last["claims"]) == 1


def test_lines_that_can_all_be_judged_end_well(monkeypatch: pytest.MonkeyPatch) -> None:
    done = fed(monkeypatch, '"93% on 500"\n' * 3)
    assert (done.code, done.err, len(lines(done))) == (0, "", 3)


def test_with_nothing_to_judge_it_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    done = fed(monkeypatch, "")
    assert done.code == 2
    assert "There is nothing to judge." in done.err
    assert "--file" in done.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no number here", "There is no claim with a number in this text."),
        (b"\xff\xfe9\x003\x00", "This file is not UTF-8 text."),
        (b"93% " * 300_000, "This file is too large for a report (1,200,000 bytes)."),
        (b"93% " * 60_000, "The text has 240,000 letters; at most 200,000 are read."),
    ],
)
def test_a_file_that_is_no_report_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "report.md"
    file.write_bytes(content)
    done = run("claim", "--file", file)
    assert done.code == 2
    assert done.err.startswith(f"shipworthy: {message}\n  where: {file}")


def test_a_file_that_is_not_there_and_two_sources_are_the_user_s_mistake(tmp_path: Path) -> None:
    assert run("claim", "--file", tmp_path / "report.md").code == 2
    done = run("claim", CLAIM, "--file", tmp_path / "report.md")
    assert (done.code, done.err) == (2, "shipworthy: Give a text or --file, not both.\n")
