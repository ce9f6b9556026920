"""Small features of each job with known truth: documents, labels, and outputs whose faults are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shipworthy.evals.checks.places import find_quote
from shipworthy.retrieval.parsing import read_document

__all__ = ["answer_feature", "extract_feature", "summarise_feature", "write_rows"]

TOPICS = [f"{colour} {thing}" for colour in ("red", "blue", "green", "grey", "black") for thing in
          ("badges", "laptops", "desks", "bikes", "lockers", "mugs", "lamps", "chairs")]  # fmt: skip
NAMES = ("Ada", "Ben", "Cleo", "Dev", "Eve")


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_spec(folder: Path, **spec: Any) -> Path:
    file = folder / "feature.yaml"
    file.write_text(json.dumps(spec, indent=1), encoding="utf-8")
    return file


def answer_feature(folder: Path, **changes: Any) -> Path:
    """40 questions that the handbook answers and 20 that it does not, with a recorded candidate.

    Of its answers 30 are right and 4 wrong, 6 questions are missed; of the 20 it answers 5. It is sure of
    what is right (0.9 and more) and unsure of the rest.
    """
    (folder / "docs").mkdir(parents=True)
    for page in range(4):
        lines = [
            f"The deposit for {topic} is {10 + i} euros." for i, topic in enumerate(TOPICS) if i % 4 == page
        ]
        (folder / "docs" / f"page{page}.md").write_text("# Deposits\n\n" + "\n\n".join(lines) + "\n")
    rows, outputs = [], []
    for i, topic in enumerate(TOPICS):
        quote = f"The deposit for {topic} is {10 + i} euros."
        document = f"page{i % 4}.md"
        label = {
            "answerable": True,
            "answers": [f"{10 + i} euros"],
            "evidence": [{"document": document, "quote": quote}],
        }
        rows.append({"id": f"q{i}", "question": f"What is the deposit for {topic}?", "label": label,
                     "kind": ("old", "new")[i % 2], "split": "test"})  # fmt: skip
        if i < 30:
            output: Any = {"text": quote, "citations": [{"document": document, "quote": quote}]}
        else:
            output = {"text": "The deposit is 99 euros."} if i < 34 else ""
        outputs.append({"id": f"q{i}", "output": output, "sure": 0.9 + i / 1000 if i < 30 else 0.3})
    for i in range(20):
        rows.append({"id": f"n{i}", "question": f"Who painted picture number {i}?", "split": "test",
                     "label": {"answerable": False}, "kind": ("old", "new")[i % 2]})  # fmt: skip
        outputs.append({"id": f"n{i}", "output": "It was Ada." if i < 5 else "",
                        "sure": 0.2 if i < 5 else 0.95})  # fmt: skip
    write_rows(folder / "questions.jsonl", rows)
    write_rows(folder / "outputs.jsonl", outputs)
    return write_spec(
        folder,
        **{
            "name": "handbook",
            "does": "Answers questions about the handbook.",
            "for_whom": "staff",
            "job": "answer",
            "data": {"file": "questions.jsonl", "input": "question", "label": "label", "id": "id",
                     "split": "split", "segments": ["kind"], "documents": "docs"},
            "candidates": [{"name": "kept", "kind": "recorded", "file": "outputs.jsonl", "id": "id",
                            "output": "output", "confidence": "sure"}],
            "bar": ["answer_f1 >= 0.3", "citations_verbatim >= 0.8", "abstention_recall >= 0.4",
                    "beats(baseline)"],
            **changes,
        },
    )  # fmt: skip


def invoice(i: int) -> str:
    due = "" if i % 5 == 0 else f"Due: 2026-{1 + i % 12:02d}-15\n"
    return f"Invoice\n\nNumber: INV-{1000 + i}\n\nTotal: EUR {100 + i}.50\n\n{due}\nThank you.\n"


def extract_feature(folder: Path, **changes: Any) -> Path:
    """40 invoices in a text each, with a function that reads the number and the total, and no due date."""
    (folder / "inbox").mkdir(parents=True)
    rows = []
    for i in range(40):
        name = f"invoice{i:02d}.txt"
        (folder / "inbox" / name).write_text(invoice(i))
        rows.append({"file": name, "number": f"INV-{1000 + i}", "total": f"{100 + i}.50",
                     "due": "" if i % 5 == 0 else f"2026-{1 + i % 12:02d}-15",
                     "split": "test" if i % 2 else "train"})  # fmt: skip
    write_rows(folder / "labels.jsonl", rows)
    (folder / "reader.py").write_text(
        "import re\n\n\n"
        "def read(document):\n"
        "    number = re.search(r'Number: (\\S+)', document.text)[1]\n"
        "    total = re.search(r'Total: (.+)', document.text)[1]\n"
        "    return {'number': {'value': number, 'quote': number},\n"
        "            'total': {'value': total, 'quote': total}}, 0.8\n"
    )
    return write_spec(
        folder,
        **{
            "name": "invoices",
            "does": "Reads invoices.",
            "for_whom": "accounts",
            "job": "extract",
            "data": {"file": "labels.jsonl", "input": "file", "split": "split", "documents": "inbox",
                     "label": {"number": "number", "total": "total", "due": "due"}},
            "candidates": [{"name": "reader", "kind": "callable", "function": "reader:read"}],
            "bar": ["field_f1 >= 0.5", "field_accuracy[number] >= 0.7", "spans_verbatim >= 0.8"],
            **changes,
        },
    )  # fmt: skip


def transcript(i: int) -> str:
    a, b = NAMES[i % 5], NAMES[(i + 1) % 5]
    return (
        "WEBVTT\n\n"
        f"00:00:01.000 --> 00:00:04.000\n<v {a}>We have decided to paint hall {i} green.\n\n"
        f"00:00:05.000 --> 00:00:08.000\n<v {b}>I will order paint number {i} by Friday.\n\n"
        f"00:00:09.000 --> 00:00:12.000\n<v {a}>The weather was fine on day {i}.\n"
    )


def summarise_feature(folder: Path, **changes: Any) -> Path:
    """30 short meetings with a decision and an action each, and a function that finds the decision only."""
    (folder / "meetings").mkdir(parents=True)
    rows = []
    for i in range(30):
        name = f"meeting{i:02d}.vtt"
        (folder / "meetings" / name).write_text(transcript(i))
        items = [
            {"kind": "decision", "text": f"Hall {i} is painted green.", "lines": [1]},
            {"kind": "action", "text": f"Order paint {i}.", "owner": NAMES[(i + 1) % 5], "due": "Friday",
             "lines": [2]},
        ]  # fmt: skip
        rows.append({"file": name, "label": {"items": items}, "split": "test"})
    write_rows(folder / "labels.jsonl", rows)
    (folder / "notes.py").write_text(
        "def write(document):\n"
        "    said = next(line for line in document.text.splitlines() if 'decided' in line)\n"
        "    start = said.index('We')\n"
        "    return [{'kind': 'decision', 'text': said[start:], 'quote': said[start:]}]\n"
    )
    return write_spec(
        folder,
        **{
            "name": "standup",
            "does": "Writes minutes.",
            "for_whom": "the team",
            "job": "summarise",
            "data": {"file": "labels.jsonl", "input": "file", "label": "label", "split": "split",
                     "documents": "meetings"},
            "candidates": [{"name": "notes", "kind": "callable", "function": "notes:write"}],
            "bar": ["item_recall >= 0.3", "item_precision >= 0.6", "spans_verbatim >= 0.8"],
            **changes,
        },
    )  # fmt: skip


def place(folder: Path, name: str, quote: str) -> tuple[int, int]:
    """Where a quote stands in a document below a folder."""
    found = find_quote(quote, read_document(folder / name, name=name))
    assert found is not None
    return found
