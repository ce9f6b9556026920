"""Transcripts in every form that is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipworthy.apps.summarise.reading import document_of_text, read_transcript
from shipworthy.core.errors import DataError
from shipworthy.retrieval.document import Document


def turns(document: Document) -> list[tuple[int | None, str | None, str]]:
    return [(part.line, part.speaker, document.text[part.start : part.end]) for part in document.parts]


SAID = [(1, "Anna", "I will send it."), (2, "Ben", "Fine.")]


def test_turns_as_json_lines_are_read(tmp_path: Path) -> None:
    file = tmp_path / "meeting.jsonl"
    rows = [
        {"speaker": "Anna", "text": "I will\nsend it.", "start": 1.5},
        {"speaker": "Ben", "text": "Fine."},
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    document = read_transcript(file)
    assert turns(document) == SAID
    assert [part.seconds for part in document.parts] == [1.5, None]


@pytest.mark.parametrize(
    "text",
    [
        "Anna: I will send it.\nBen: Fine.",
        "**Anna:** I will send it.\n**Ben:** Fine.\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>I will send it.\n\n"
        "00:03.000 --> 00:04.000\n<v Ben>Fine.\n",
        "1\n00:00:01,000 --> 00:00:02,000\nAnna: I will send it.\n\n"
        "2\n00:00:03,000 --> 00:00:04,000\nBen: Fine.\n",
    ],
)
def test_a_text_is_known_by_its_looks(text: str) -> None:
    assert turns(document_of_text("7", text)) == SAID


def test_a_text_without_names_stays_what_it_is() -> None:
    document = document_of_text("7", "We met on Monday. I will send the report by Friday.")
    assert [part.kind for part in document.parts] == ["paragraph"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no turns"),
        ("not json\n", "not JSON"),
        ('{"speaker": "A"}\n', "has no text"),
        ("[1]\n", "has no text"),
    ],
)
def test_a_file_of_turns_that_is_none_says_why(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "meeting.jsonl"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_transcript(file)


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(DataError, match="holds no text"):
        document_of_text("7", " \n ")


@pytest.mark.parametrize("blank", [" ", "\t", "\u00a0"])
def test_a_long_blank_behind_or_before_words_is_passed_over(blank: str) -> None:
    gap = blank * 200_000  # where a pattern took the square of it, this would take minutes
    assert turns(document_of_text("7", f"Anna: I will send it.{gap}\n{gap}\nBen: Fine.{gap}")) == SAID
