"""The bundled example is what its generator makes, and its two reviews tell its story."""

import csv
import json
from pathlib import Path

import pytest

from shipworthy.datasets.duplicates import duplicate_groups, near_duplicates
from shipworthy.examples import bundled_files, example_folder
from shipworthy.workbench.demonstration import Demonstration, demonstrate
from shipworthy.workbench.ledger import list_evidence
from shipworthy.workbench.reviews import list_reviews
from shipworthy.workbench.workspace import Workspace
from tools import make_example


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return make_example.make()


def report(page: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(Path(page).with_name("report.json").read_text(encoding="utf-8"))
    return found


def test_the_generator_makes_the_committed_files_byte_for_byte(made: dict[str, str]) -> None:
    committed = example_folder("feedback_triage") / "data"
    assert {path.name: path.read_bytes() for path in committed.iterdir()} == {
        name: text.encode() for name, text in made.items()
    }


def test_no_two_messages_are_alike_but_those_planted(made: dict[str, str]) -> None:
    rows = {name: list(csv.DictReader(made[f"{name}.csv"].splitlines(True))) for name in ("train", "test")}
    planted = {(pair["train"], pair["test"]) for pair in json.loads(made["planted.json"])["near_duplicates"]}
    found = near_duplicates([row["text"] for row in rows["train"]], [row["text"] for row in rows["test"]])
    ids = {(rows["train"][pair.train]["message_id"], rows["test"][pair.test]["message_id"]) for pair in found}
    assert ids == planted
    originals = [row["text"] for row in rows["test"]]
    assert len(set(duplicate_groups(originals))) == len(originals)


def test_the_clean_twin_has_no_copies_and_no_shared_customers() -> None:
    twin = make_example.make(1, planted=False)
    train, test = (list(csv.DictReader(twin[f"{name}.csv"].splitlines(True))) for name in ("train", "test"))
    assert near_duplicates([row["text"] for row in train], [row["text"] for row in test]) == ()
    assert {row["customer_id"] for row in train}.isdisjoint(row["customer_id"] for row in test)


def test_the_first_review_holds_and_the_repaired_one_ships_with_a_fallback(shown: Demonstration) -> None:
    assert (shown.before.decision, shown.after.decision) == ("hold", "ship_with_fallback")


def test_the_first_review_finds_what_was_planted(shown: Demonstration) -> None:
    found = {finding["id"]: finding for finding in report(shown.before.page)["findings"]}  # type: ignore[attr-defined]
    planted = json.loads((example_folder("feedback_triage") / "data" / "planted.json").read_text())
    wrong = {item["message_id"] for item in planted["wrong_labels"]}
    leaked = {item["test"] for item in planted["near_duplicates"]}
    assert "segment.language_level.basic" in found
    assert leaked <= {pair["test"]["id"] for pair in found["leakage.near_duplicates"]["pairs"]}
    assert len(wrong & {row["id"] for row in found["labels.suspected.test"]["rows"][:30]}) >= 12


def test_bundled_data_count_as_practice_only(shown: Demonstration) -> None:
    records = list_evidence(Workspace(shown.workspace))
    assert [record.practice_only for record in records] == [True] * 5
    assert len(bundled_files()) == 9


def test_a_second_demonstration_adds_a_review_of_each_to_the_same_workspace(shown: Demonstration) -> None:
    demonstrate(shown.workspace, with_model=False)
    assert len(list_reviews(Workspace(shown.workspace))) == 10
