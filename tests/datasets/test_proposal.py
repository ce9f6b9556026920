"""What the columns of a file probably mean."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from shipworthy.core.errors import DataError
from shipworthy.datasets.export import write_csv
from shipworthy.datasets.frozen import Columns
from shipworthy.datasets.proposal import Proposal, propose
from shipworthy.datasets.table import open_table
from tests.support import shared_data


def proposed(path: Path) -> Proposal:
    with open_table(path) as table:
        return propose(table)


def meant(proposal: Proposal) -> dict[str, Any]:
    names = (*Columns.__dataclass_fields__, "prediction", "confidence")
    values = {name: getattr(proposal, name) for name in names if hasattr(proposal, name)}
    return {name: value for name, value in values.items() if value}


WORDS = "the card app does not work when I try to pay my bill at home please help with refund order"


def text(rng: random.Random, n: int = 12) -> str:
    return " ".join(rng.choices(WORDS.split(), k=n)) + f" {rng.randrange(10_000)}x"


SHEETS: dict[str, tuple[Mapping[str, Any], dict[str, Any]]] = {
    "a support export": (
        {
            "Ticket ID": lambda k, _: f"T-{k}",
            "Created": lambda k, _: f"{k % 28 + 1:02d}.{k % 12 + 1:02d}.2026 10:{k % 60:02d}",
            "Last updated": lambda k, _: f"{k % 28 + 1:02d}.{k % 12 + 1:02d}.2026 11:{k % 60:02d}",
            "Customer": lambda _, rng: f"c{rng.randrange(90)}",
            "Plan": lambda _, rng: rng.choice(["free", "pro", "team"]),
            "Channel": lambda _, rng: rng.choice(["mail", "chat"]),
            "Subject": lambda _, rng: text(rng, 5),
            "Message": lambda _, rng: text(rng, 30),
            "Category": lambda _, rng: rng.choice(["bug", "billing", "praise", "outage"]),
            "Reopened": lambda _, rng: rng.choice(["yes", "no"]),
            "Minutes": lambda _, rng: rng.randrange(500),
        },
        {
            "input": ("Subject", "Message"),
            "label": "Category",
            "id": "Ticket ID",
            "segments": ("Plan", "Channel"),
            "cluster": "Customer",
            "time": "Created",
            "outcome": "Reopened",
        },
    ),
    "recorded outputs": (
        {
            "n": lambda k, _: k,
            "text": lambda _, rng: text(rng),
            "y": lambda _, rng: rng.choice("abc"),
            "pred": lambda _, rng: rng.choice("abc"),
            "confidence": lambda _, rng: round(rng.random(), 3),
        },
        {"input": ("text",), "label": "y", "prediction": "pred", "confidence": "confidence"},
    ),
    "several annotators": (
        {
            "uuid": lambda k, _: f"{k:08x}-0000",
            "utterance": lambda _, rng: text(rng),
            "intent": lambda _, rng: rng.choice("abc"),
            "annotator_1": lambda _, rng: rng.choice("abc"),
            "annotator_2": lambda _, rng: rng.choice("abc"),
            "labelled_by": lambda _, rng: rng.choice(["ana", "bob"]),
            "set": lambda _, rng: rng.choice(["train", "test"]),
        },
        {
            "input": ("utterance",),
            "label": "intent",
            "id": "uuid",
            "split": "set",
            "label_source": "labelled_by",
            "annotations": ("annotator_1", "annotator_2"),
        },
    ),
    "no names that help": (
        {
            "A": lambda _, rng: text(rng),
            "B": lambda _, rng: rng.choice(["red", "green", "blue", "black", "white"]),
        },
        {"input": ("A",), "label": "B"},
    ),
    "a text in Chinese": (
        {
            "文本": lambda k, rng: "我的订单还没有到请退款谢谢" + "帮助我"[k % 3] + str(rng.randrange(9_999)),
            "标签": lambda _, rng: rng.choice(["退款", "物流"]),
        },
        {"input": ("文本",), "label": "标签"},
    ),
    "no label yet": (
        {
            "id": lambda k, _: k,
            "feedback": lambda _, rng: text(rng),
            "country": lambda _, rng: rng.choice(["DE", "FR"]),
        },
        {"input": ("feedback",), "id": "id", "segments": ("country",)},
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_typical_sheets_are_understood(name: str, tmp_path: Path) -> None:
    makers, expected = SHEETS[name]
    rng = random.Random(7)
    rows = [[make(k, rng) for make in makers.values()] for k in range(300)]
    write_csv(tmp_path / "a.csv", list(makers), rows)

    proposal = proposed(tmp_path / "a.csv")

    found = meant(proposal)
    if name == "recorded outputs":
        assert found.pop("id") == "n"
    assert found == expected
    named = [each for value in found.values() for each in ((value,) if isinstance(value, str) else value)]
    assert len(named) == len(set(named))
    assert set(named) <= set(proposal.reasons)


def test_each_choice_has_a_reason_and_perhaps_a_second_choice(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [[text(rng), rng.choice(["bug", "praise"]), rng.choice(["x", "y", "z"])] for _ in range(100)]
    write_csv(tmp_path / "a.csv", ["message", "category", "team"], rows)

    proposal = proposed(tmp_path / "a.csv")

    assert proposal.label == "category"
    assert proposal.reasons["category"] in {
        "it has 2 values: 'bug', 'praise'",
        "it has 2 values: 'praise', 'bug'",
    }
    assert proposal.reasons["message"] == "it holds free text, 13 words on average"
    assert proposal.segments == ("team",)
    assert proposal.runner_up == {}


def test_a_column_that_follows_from_the_label_is_no_segment(tmp_path: Path) -> None:
    rng = random.Random(1)
    labels = [rng.choice(["bug", "praise", "outage"]) for _ in range(100)]
    rows = [[text(rng), label, str(label == "outage").lower()] for label in labels]
    write_csv(tmp_path / "a.csv", ["message", "label", "urgent"], rows)

    assert proposed(tmp_path / "a.csv").segments == ()


def test_without_any_text_there_are_no_columns_for_a_dataset(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["a", "b"], [[k, k % 2] for k in range(50)])

    proposal = proposed(tmp_path / "a.csv")

    assert proposal.input == ()
    with pytest.raises(DataError, match="No column looks like text"):
        proposal.columns()


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "github_issues/issues.jsonl",
            {
                "input": ("title", "body"),
                "label": "label",
                "segments": ("segment_repo",),
                "time": "created_at",
            },
        ),
        ("banking77/train.jsonl", {"input": ("text",), "label": "label"}),
        ("clinc150/train_val.jsonl", {"input": ("text",), "label": "label", "split": "split"}),
        (
            "semeval2013/train.jsonl",
            {
                "input": ("answer",),
                "label": "label",
                "id": "answer_id",
                "cluster": "question_id",
                "segments": ("corpus", "module"),
            },
        ),
        ("scifact/claims_train.jsonl", {"input": ("claim",), "label": "verdict", "id": "id"}),
    ],
)
def test_public_datasets_are_understood(name: str, expected: dict[str, Any]) -> None:
    assert meant(proposed(shared_data(name))) == expected
