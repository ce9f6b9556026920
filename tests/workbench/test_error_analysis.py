"""``shipworthy errors``: from a review's failures to tags with intervals, and to something measured."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import yaml

from shipworthy.cli.error_reading import read_failures, tag_notes
from shipworthy.cli.job_labelling import Terminal
from shipworthy.core.errors import DataError, UserError
from shipworthy.datasets.table import open_table
from shipworthy.evals.spec import load_feature
from shipworthy.evidence.ledger import Ledger, ledger_location
from shipworthy.workbench.error_analysis import analyse_errors, open_errors
from shipworthy.workbench.reviews import review_feature
from shipworthy.workbench.workspace import Workspace, init
from tests.evals.jobs.made import answer_feature, extract_feature, summarise_feature
from tests.fakes.clock import FixedClock
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

HOSTILE = "It was \x1b[31mAda\x07."


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one reviewed feature of each job; nobody changes it."""
    workspace = init(tmp_path_factory.mktemp("errors") / "work")
    answer_feature(workspace.feature_folder("handbook"))
    outputs = workspace.feature_folder("handbook") / "outputs.jsonl"
    outputs.write_text(outputs.read_text().replace("It was Ada.", json.dumps(HOSTILE)[1:-1]))
    extract_feature(workspace.feature_folder("invoices"))
    summarise_feature(workspace.feature_folder("standup"), right="item_recall >= 0.9")
    home = workspace.feature_folder("triage")
    write_feature(home, {**FEATURE, "candidates": [{"name": "old", "kind": "majority"}], "candidate": "old",
                         "bar": []})  # fmt: skip
    write_csv(home / "data/feedback.csv", rows())
    for name in ("handbook", "invoices", "standup", "triage"):
        review_feature(workspace, name, clock=FixedClock())
    return workspace.root


@pytest.fixture
def workspace(reviewed: Path, tmp_path: Path) -> Workspace:
    return Workspace(root=copytree(reviewed, tmp_path / "work"))


def noted(workspace: Workspace, tmp_path: Path, by: str = "ana") -> None:
    """Every failure of the handbook noted and tagged by its kind."""
    desk = open_errors(workspace, "handbook", by=by, clock=FixedClock())
    lines = [
        {"example": one.example, "note": f"It {one.kind.lower()}", "tags": [one.kind.split(" ")[0]]}
        for one in desk.waiting
    ]
    tied = {"tag": "Answered", "failure_mode": "hallucination"}
    file = tmp_path / "notes.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in [*lines, tied]))
    analyse_errors(workspace, "handbook", by=by, answers=file, clock=FixedClock())


def test_failures_of_every_job_wait_with_what_was_said_and_what_is_right(workspace: Workspace) -> None:
    for name, said, right in (
        ("handbook", "99 euros", "42 euros"),
        ("invoices", "INV-1001", "due: 2026-02-15"),
        ("standup", "decided to paint", "action: Order paint"),
        ("triage", "bug", "praise"),
    ):
        found = analyse_errors(workspace, name, by="ana", clock=FixedClock())
        assert found.drawn == min(50, sum(found.failures.values()))
        assert any(said in one.output for one in found.waiting), name
        assert any(right in one.label for one in found.waiting), name
        assert all(one.text for one in found.waiting)


def test_notes_from_a_file_become_counts_with_intervals_of_failures_and_of_rows(
    workspace: Workspace, tmp_path: Path
) -> None:
    noted(workspace, tmp_path)
    found = analyse_errors(workspace, "handbook", by="ana", clock=FixedClock())
    counts = {one.tag: one for one in found.tags}
    assert {tag: one.notes for tag, one in counts.items()} == {"Answered": 9, "Did": 6}
    assert counts["Answered"].failure_mode == "hallucination"
    assert counts["Did"].of_failures.value == pytest.approx(6 / 15)
    assert counts["Did"].of_rows.value == pytest.approx(6 / 60)
    assert (found.waiting, found.untagged, found.saturation.tagged) == ((), 0, 15)
    shown = run("errors", "handbook", "--by", "ana", "--show", "--workspace", workspace.root)
    assert (shown.code, shown.err) == (0, "")
    assert "of all failures 40.0% (19.8% to 64.3%, n = 15)" in shown.out
    assert "Hallucination (hallucination)" in shown.out
    other = run("errors", "handbook", "--by", "ben", "--show", "--workspace", workspace.root)
    assert "Notes are by ana" in other.out


def test_the_notes_become_evidence_in_the_persons_own_words(workspace: Workspace, tmp_path: Path) -> None:
    noted(workspace, tmp_path)
    with Ledger.open(ledger_location(workspace.root), workspace=workspace.root, clock=FixedClock()) as ledger:
        record = ledger.records()[-1]
    assert (record.kind, record.feature, record.drafted_by_tool) == ("errors", "handbook", False)
    assert record.competencies == ("model-evaluation", "failure-modes")
    assert record.reason is not None
    assert "It answered something else" in record.reason
    assert (record.facts["notes"], record.facts["tags"]) == (15, ["Answered", "Did"])
    (kept,) = record.artifacts
    assert (workspace.root / kept.path).is_file()


def test_failures_are_read_key_by_key_and_hostile_output_cannot_drive_the_terminal(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = open_errors(workspace, "handbook", by="ana", clock=FixedClock())
    words = iter(["first", "second"])
    keys = iter(["\r", "s", "u", "\r", "q"])
    read_failures(desk, Terminal(key=lambda: next(keys), line=lambda _: next(words)))
    assert [note.note for note in desk.notes] == ["first", "second"]
    for one in list(desk.waiting):
        desk.note(one.example, "rest")
    keys = iter(["s"] * 20)
    again = open_errors(workspace, "handbook", by="ben", clock=FixedClock())
    read_failures(again, Terminal(key=lambda: next(keys, "q"), line=lambda _: ""))
    printed = capsys.readouterr().out
    assert "Ada" in printed
    assert "\x1b" not in printed
    assert "\x07" not in printed


def test_notes_are_grouped_into_tags_key_by_key_and_tied_to_a_failure_mode(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = open_errors(workspace, "handbook", by="ana", clock=FixedClock())
    one, two, three = desk.waiting[:3]
    desk.note(one.example, "states something that its source does not say")
    desk.note(two.example, "states a name that its source does not say")
    desk.note(three.example, "right after all")
    keys, lines = iter(["n", "1", "1", "0"]), iter(["made up"])
    tag_notes(desk, Terminal(key=lambda: next(keys, "q"), line=lambda _: next(lines)))
    assert [note.tags for note in desk.notes] == [("made up",), ("made up",), ()]
    assert desk.book.tags == {"made up": "hallucination"}
    assert "made up   (like it)" in capsys.readouterr().out


def test_two_readers_are_compared_on_the_failures_both_tagged(workspace: Workspace, tmp_path: Path) -> None:
    noted(workspace, tmp_path)
    noted(workspace, tmp_path, by="ben")
    found = analyse_errors(workspace, "handbook", by="ben", clock=FixedClock())
    assert [(line.tag, line.first, line.second, line.kappa.value) for line in found.readers] == [
        ("Answered", "ana", "ben", 1.0),
        ("Did", "ana", "ben", 1.0),
    ]


def test_a_segment_of_ids_marks_the_tagged_rows_in_a_copy_and_the_settings_stay(
    workspace: Workspace, tmp_path: Path
) -> None:
    noted(workspace, tmp_path)
    settings = workspace.feature_file("handbook")
    before = settings.read_bytes()
    made = analyse_errors(workspace, "handbook", by="ana", make=("segment", "did"), clock=FixedClock()).made
    assert made is not None
    assert made.caution is not None
    assert "picked because they failed" in made.caution
    with open_table(Path(made.files[0])) as table:
        marked = [
            id_ for id_, yes in zip(table.column("id"), table.column("tag_did"), strict=True) if yes == "yes"
        ]
    assert marked == [f"q{i}" for i in range(34, 40)]
    assert settings.read_bytes() == before
    spec = json.loads(before)
    spec["data"] |= yaml.safe_load(made.paste)["data"]
    settings.write_text(json.dumps(spec))
    review = review_feature(workspace, "handbook", clock=FixedClock())
    segments = review.report["segments"], review.report["segments_too_small"]
    assert "tag_did" in json.dumps(segments)


def test_a_segment_by_pattern_says_how_it_does_on_right_rows_too(
    workspace: Workspace, tmp_path: Path
) -> None:
    noted(workspace, tmp_path)
    made = analyse_errors(
        workspace, "handbook", by="ana", make=("segment", "Answered"), pattern="painted", clock=FixedClock()
    ).made
    assert made is not None
    assert made.held is not None
    assert made.held.fitting == 20
    assert made.held.tagged.value == pytest.approx(5 / 9)
    assert (made.held.right.n, made.held.failed.value) == (45, 0.25)


def test_a_check_can_be_pasted_and_fails_where_the_error_shows(workspace: Workspace, tmp_path: Path) -> None:
    noted(workspace, tmp_path)
    made = analyse_errors(
        workspace, "handbook", by="ana", make=("check", "Answered"), pattern="it was|99", clock=FixedClock()
    ).made
    assert made is not None
    settings = workspace.feature_file("handbook")
    settings.write_text(json.dumps(json.loads(settings.read_text()) | yaml.safe_load(made.paste)))
    load_feature(settings)
    review = review_feature(workspace, "handbook", clock=FixedClock())
    (value,) = (one["estimate"]["value"] for one in review.report["checks"] if one["name"] == "no_answered")
    assert value == pytest.approx(51 / 60)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"example": "q0", "note": "x"}, "none of the failures drawn"),
        ({"example": "q34", "tags": ["a"]}, "notes come before tags"),
        ({"example": "q34", "note": "x", "tags": [""]}, "is no tag"),
        ({"tag": "a", "failure_mode": "halucination"}, "halucination"),
        ({"example": "q34", "note": "x" * 4001}, "at most 4,000"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_nothing_is_kept(
    line: dict[str, object], says: str, workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_text(json.dumps({"example": "q35", "note": "fine"}) + "\n" + json.dumps(line))
    with pytest.raises(DataError, match=says) as failure:
        analyse_errors(workspace, "handbook", by="ana", answers=file, clock=FixedClock())
    assert failure.value.where is not None
    assert failure.value.where.line == 2
    assert analyse_errors(workspace, "handbook", by="ana", clock=FixedClock()).notes == ()


def test_what_cannot_be_analysed_is_told(workspace: Workspace) -> None:
    with pytest.raises(UserError, match="no tag 'x'"):
        analyse_errors(workspace, "triage", by="ana", make=("check", "x"), clock=FixedClock())
    desk = open_errors(workspace, "triage", by="ana", clock=FixedClock())
    desk.note(desk.waiting[0].example, "n")
    desk.tag(desk.notes[0].example, ["x"])
    with pytest.raises(UserError, match="has no checks"):
        analyse_errors(workspace, "triage", by="ana", make=("check", "x"), clock=FixedClock())
    with pytest.raises(UserError, match="is not one of 'triage'"):
        open_errors(workspace, "triage", by="ana", review="handbook")


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_the_command_names_the_option(workspace: Workspace) -> None:
    for options in ((), ("--tag",)):
        done = run("errors", "triage", *options, "--workspace", workspace.root)
        assert (done.code, "--answers FILE" in done.err) == (2, True)
    listed = run("errors", "triage", "--json", "--workspace", workspace.root)
    assert (listed.code, listed.json["candidate"]) == (0, "old")
    wrong = run("errors", "triage", "--make", "graph", "x", "--workspace", workspace.root)
    assert (wrong.code, "cannot be made" in wrong.err) == (2, True)
