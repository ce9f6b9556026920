"""A labelling session through the workbench: what waits, what is kept, what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipworthy.datasets.table import open_table
from shipworthy.workbench.labels import label_feature
from shipworthy.workbench.workspace import Workspace, init
from tests.fakes.clock import FixedClock
from tests.workbench.small import FEATURE, files_of, rows, write_csv, write_feature


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = init(tmp_path / "work")
    home = made.feature_folder("triage")
    data = {**FEATURE["data"], "to_label": "data/bare.csv", "file": "data/labelled.csv"}
    write_feature(home, {**FEATURE, "data": data})
    write_csv(home / "data/bare.csv", [{**row, "topic": ""} for row in rows(30)])
    return made


def test_what_waits_is_what_is_neither_labelled_nor_skipped_in_the_order_of_asking(
    workspace: Workspace,
) -> None:
    with label_feature(workspace, "triage", by="ana", rows=5, clock=FixedClock()) as work:
        chosen = [choice.row for choice in work.session.choices]
        assert [row.row for row in work.progress.waiting] == chosen
        work.session.label("bug")
        work.session.skip()
        work.session.label("praise")
        assert [row.row for row in work.progress.waiting] == chosen[3:]
        work.session.undo()
        assert [row.row for row in work.progress.waiting] == chosen[2:]
        progress = work.progress
    assert (progress.done, progress.skipped, progress.left) == (1, 1, 3)


def test_what_one_person_has_settled_still_waits_for_another(workspace: Workspace) -> None:
    with label_feature(workspace, "triage", by="ana", rows=4, clock=FixedClock()) as work:
        work.session.label("bug")
    with label_feature(workspace, "triage", by="ben", clock=FixedClock()) as work:
        assert len(work.progress.waiting) == 4


def interrupted(workspace: Workspace, *labels: str) -> None:
    with label_feature(workspace, "triage", by="ana", rows=4, clock=FixedClock()) as work:
        for label in labels:
            work.session.label(label)
        raise KeyboardInterrupt


def test_an_interruption_keeps_what_was_labelled(workspace: Workspace) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(workspace, "bug")
    with open_table(workspace.feature_folder("triage") / "data/labelled.csv") as table:
        assert [label for label in table.column("topic") if label] == ["bug"]


def test_an_interruption_before_the_first_label_leaves_nothing(workspace: Workspace) -> None:
    before = files_of(workspace.root)
    with pytest.raises(KeyboardInterrupt):
        interrupted(workspace)
    assert files_of(workspace.root) == before
