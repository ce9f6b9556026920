"""The commands: read, add, list, apply, reply, gaps."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from shipworthy.evidence.ledger import Ledger, ledger_location
from shipworthy.workbench.career_roles import ReadRole, read_roles
from shipworthy.workbench.verbs import result_schema
from shipworthy.workbench.workspace import Workspace, init
from tests.workbench.small import Done, run

POSTINGS = Path(__file__).parent / "postings"
THREE = ("01.txt", "04.html", "11.txt")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return init(tmp_path / "work")


class Typed(io.StringIO):
    """Standard input with something on it."""

    @property
    def buffer(self) -> io.BytesIO:
        return io.BytesIO(self.getvalue().encode())


def career(workspace: Workspace, *words: str) -> Done:
    return run("career", *words, "--workspace", str(workspace.root))


@pytest.fixture
def saved(workspace: Workspace) -> Workspace:
    for name in THREE:
        assert career(workspace, "roles", "add", str(POSTINGS / name)).code == 0
    return workspace


def test_read_needs_no_workspace_and_shows_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    done = run("career", "roles", "read", str(POSTINGS / "01.txt"))

    assert done.code == 0
    assert "Must have (5)" in done.out
    assert "“Fluent SQL and the habit of looking at raw rows before believing a dashboard”" in done.out
    assert "data-literacy, characters 800 to 876" in done.out


def test_read_as_json_has_the_text_that_offsets_count_in() -> None:
    done = run("career", "roles", "read", str(POSTINGS / "04.html"), "--json")
    reading = done.json["reading"]

    Draft202012Validator(result_schema("career roles read")).validate(done.json)
    assert all(
        reading["text"][each["start"] : each["end"]] == each["quote"] for each in reading["requirements"]
    )


def test_a_posting_may_come_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Typed("Requirements\n- You must know SQL\n"))

    done = run("career", "roles", "read", "-", "--title", "PM")

    assert done.code == 0
    assert "You must know SQL" in done.out


def test_json_lines_in_give_json_lines_out(monkeypatch: pytest.MonkeyPatch) -> None:
    good = json.dumps({"id": "a", "text": "Requirements\n- SQL is required", "title": "PM"})
    monkeypatch.setattr(
        sys, "stdin", io.StringIO(f"{good}\n\nno\n[]\n" + json.dumps({"id": 7, "text": ""}) + "\n")
    )

    done = run("career", "roles", "read")
    lines = [json.loads(line) for line in done.out.splitlines()]

    assert [(line["id"], line["error"] is None) for line in lines] == [
        ("a", True),
        ("3", False),
        ("4", False),
        ("7", False),
    ]
    assert lines[0]["reading"]["requirements"][0]["quote"] == "SQL is required"
    assert done.code == 2
    assert "3 of 4 lines" in done.err


def test_nothing_on_standard_input_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    assert run("career", "roles", "read").code == 2


def test_a_line_of_nested_brackets_is_no_bug() -> None:
    (found,) = read_roles(["[" * 100_000])

    said = 'Line 1: This is not JSON. Each line should be like {"id": "7", "text": "…"}.'
    assert found == ReadRole(id="1", error=said)


def test_a_saved_role_is_two_plain_files_and_reads_back(saved: Workspace) -> None:
    folder = saved.root / "career" / "roles"
    listed = career(saved, "roles", "list", "--json").json

    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{role['id']}{suffix}" for role in listed for suffix in (".txt", ".yaml")
    )
    assert [(role["must"], role["nice"]) for role in listed] == [(5, 2)] * 3
    name = "senior-product-manager-claims-intelligence"
    assert (folder / f"{name}.txt").read_bytes() == (POSTINGS / "01.txt").read_bytes()
    assert (
        (folder / f"{name}.yaml")
        .read_text()
        .startswith("title: Senior Product Manager, Claims Intelligence\nadded: ")
    )


def test_the_same_posting_is_not_saved_twice(saved: Workspace) -> None:
    again = career(saved, "roles", "add", str(POSTINGS / "01.txt"), "--title", "Another")

    assert again.code == 2
    assert "saved already" in again.err


def test_an_address_that_is_none_is_refused_and_nothing_is_written(workspace: Workspace) -> None:
    done = career(workspace, "roles", "add", str(POSTINGS / "01.txt"), "--url", "javascript:alert(1)")

    assert done.code == 2
    assert not (workspace.root / "career").exists()


def test_a_posting_without_a_title_asks_for_one(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "bare.txt"
    file.write_text("We need somebody.\n")

    assert "--title" in career(workspace, "roles", "add", str(file)).err
    done = career(
        workspace, "roles", "add", str(file), "--title", "Ärger ../../\x1b[31m über Größe", "--json"
    )
    assert done.json["id"] == "arger-31m-uber-grosse"


def test_an_application_and_its_replies_are_kept(saved: Workspace) -> None:
    name = "senior"
    assert career(saved, "roles", "reply", name, "--on", "2026-12-09", "--what", "call").code == 2
    assert career(saved, "roles", "apply", name, "--on", "2026-12-01").code == 0
    assert "2026-12-01" in career(saved, "roles", "apply", name, "--on", "2026-12-02").err
    assert career(saved, "roles", "reply", name, "--on", "2026-11-30", "--what", "call").code == 2
    career(saved, "roles", "reply", name, "--on", "2026-12-09", "--what", "second\ncall")
    done = career(saved, "roles", "reply", name, "--on", "2026-12-04", "--what", "first call", "--json")

    assert (done.json["applied"], done.json["last_reply"], done.json["heard"]) == (
        "2026-12-01",
        "2026-12-09",
        "second call",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("roles", "apply", "nobody", "--on", "2026-12-01"),
        ("roles", "apply", "", "--on", "2026-12-01"),
        ("roles", "apply", "senior", "--on", "1.12.2026"),
        ("roles", "add", "missing.txt"),
        ("gaps", "nobody"),
    ],
)
def test_mistakes_end_with_code_2(saved: Workspace, words: tuple[str, ...]) -> None:
    done = career(saved, *words)

    assert done.code == 2
    assert "next:" in done.err


def test_a_file_that_was_spoiled_by_hand_is_named(saved: Workspace) -> None:
    file = saved.root / "career" / "roles" / "senior-product-manager-claims-intelligence.yaml"
    file.write_text("title: x\nadded: yesterday\n")

    done = career(saved, "gaps")

    assert done.code == 2
    assert "line 2, field 'added'" in done.err


def test_gaps_go_requirement_by_requirement_and_end_with_what_to_do(saved: Workspace) -> None:
    with Ledger.open(ledger_location(saved.root), workspace=saved.root) as ledger:
        record = ledger.record(
            kind="review",
            title="Review of triage",
            origin="own",
            drafted_by_tool=True,
            verified=True,
            reason="Misses cost more.",
            competencies=("model-evaluation", "data-literacy", "probabilistic-thinking", "failure-modes"),
        )

    found = career(saved, "gaps", "--json").json
    text = career(saved, "gaps")

    Draft202012Validator(result_schema("career gaps")).validate(found)
    assert found["nearest"] == "senior-product-manager-claims-intelligence"
    met = [each for role in found["roles"] for each in role["requirements"] if each["status"] == "met"]
    assert len(met) == 6
    assert {evidence for each in met for evidence in each["evidence"]} == {record.id}
    assert found["next"]["of"] == sum(
        each["open"] for role in found["roles"] for each in role["requirements"]
    )
    assert text.code == 0
    assert "Nearest: senior-product-manager-claims-intelligence\n  3 of 3 firm requirements met" in text.out
    assert "shipworthy risk assess FEATURE" in text.out


def test_fewer_than_three_roles_are_compared_with_a_note(workspace: Workspace) -> None:
    assert "No role is saved" in career(workspace, "gaps").err
    career(workspace, "roles", "add", str(POSTINGS / "01.txt"))

    done = career(workspace, "gaps")

    assert done.code == 0
    assert "1 of 3 roles" in done.err


def test_an_empty_list_says_how_to_begin(workspace: Workspace) -> None:
    assert career(workspace, "roles", "list").out.startswith("No roles yet")
