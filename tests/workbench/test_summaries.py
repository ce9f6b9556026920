"""``shipworthy summarise`` through the command line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipworthy.workbench.verbs import result_schema
from tests.workbench.small import FEATURE, run, write_csv, write_feature

VTT = """WEBVTT

00:00:01.000 --> 00:00:06.000
<v Anna Keller>Ben, can you send the draft to legal by Friday?

00:00:06.500 --> 00:00:08.000
<v Ben Ode>Sure, I'll do that.

00:00:09.000 --> 00:00:14.000
<v Anna Keller>We decided to drop the weekly digest.
"""


@pytest.fixture
def transcript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "meeting.vtt"
    file.write_text(VTT, encoding="utf-8")
    return file


def test_a_transcript_needs_no_workspace_and_its_notes_are_written(transcript: Path) -> None:
    done = run("summarise", transcript, "--out", "notes.md")
    assert (done.code, done.err) == (0, "")
    assert "1 decision, 1 action item, 0 open questions, 0 risks." in done.out
    page = Path("notes.md").read_text(encoding="utf-8")
    assert "- We decided to drop the weekly digest. \\[3, 0:00:09: Anna Keller\\]" in page


def test_json_fits_its_schema_and_names_lines_and_words(transcript: Path) -> None:
    done = run("summarise", transcript, "--json")
    Draft202012Validator(result_schema("summarise")).validate(done.json)
    first = done.json["items"][0]
    assert (first["owner"], first["due"], first["lines"]) == ("Ben", "by Friday", [1, 2])
    assert first["quotes"] == ["Ben, can you send the draft to legal by Friday?", "Sure, I'll do that."]


def test_json_lines_give_notes_for_each_and_a_broken_line_says_why(
    transcript: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"id": "a", "text": "Anna: I will send the report by Monday.\nBen: OK."}, VTT, {"id": "c"}]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(map(json.dumps, lines)) + "\n"))
    done = run("summarise")
    said = [json.loads(line) for line in done.out.splitlines()]
    assert [(one["id"], len(one["items"]), one["error"] is None) for one in said] == [
        ("a", 1, True),
        ("2", 2, True),
        ("c", 0, False),
    ]
    assert done.code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.vtt"], "There is no file 'gone.vtt'"),
        (["meeting.vtt", "--out", "meeting.vtt"], "would be overwritten"),
        (["meeting.vtt", "--model", "nonsense"], "not a model that can be reached"),
        (["standup", "meeting.vtt"], "no workspace here"),
        (["a", "b", "c"], "3 names were given"),
        (["empty.txt"], "is empty"),
    ],
)
def test_a_mistake_is_named(transcript: Path, arguments: list[str], message: str) -> None:
    (transcript.parent / "empty.txt").touch()
    done = run("summarise", *arguments)
    assert done.code == 2
    assert message in done.err


def test_a_feature_of_another_job_is_refused(transcript: Path) -> None:
    root = transcript.parent / "work"
    run("init", root)
    write_csv(root / "features" / "triage" / "data" / "feedback.csv", [{"message": "a", "topic": "b"}])
    write_feature(root / "features" / "triage", FEATURE)
    done = run("summarise", "triage", transcript, "--workspace", root)
    assert done.code == 2
    assert "no application that summarises" in done.err


def test_a_feature_gives_its_settings(transcript: Path) -> None:
    root = transcript.parent / "work"
    folder = root / "features" / "standup"
    run("init", root)
    (folder / "meetings").mkdir(parents=True)
    write_csv(folder / "data" / "labels.csv", [{"file": "a.vtt", "notes": '{"items": []}'}])
    spec = {
        "name": "standup",
        "does": "Takes the notes.",
        "for_whom": "the team",
        "job": "summarise",
        "data": {"file": "data/labels.csv", "input": "file", "label": "notes", "documents": "meetings"},
        "candidates": [{"name": "app", "kind": "app", "settings": {}}],
        "bar": ["accuracy >= 0.5"],
    }
    write_feature(folder, spec)
    done = run("summarise", "standup", transcript, "--workspace", root, "--json")
    assert done.code == 0, done.err
    assert [item["kind"] for item in done.json["items"]] == ["action", "decision"]
    spec["candidates"] = [{"name": "app", "kind": "app", "settings": {"modle": "x"}}]
    write_feature(folder, spec)
    assert "'modle' is not a setting" in run("summarise", "standup", transcript, "--workspace", root).err
