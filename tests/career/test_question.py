"""A question for a community holds nothing of the data that its finding was made on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shipworthy.career.question import draft_question
from shipworthy.core.errors import UserError
from shipworthy.playbook.items import failure_modes
from shipworthy.workbench.career_question import ask_community
from shipworthy.workbench.reviews import review_feature
from shipworthy.workbench.workspace import init
from tests.workbench.small import FEATURE, rows, write_csv, write_feature


def report(mode: str) -> dict[str, Any]:
    secret = "Zebrafield"
    return {
        "id": "2026-11-23-abc123",
        "feature": secret,
        "job": "classify",
        "verdict": {"decision": "hold", "headline": secret},
        "data": {"rows": {"train": 8_431, "test": 1_222}, "files": {secret: secret}, "classes": {secret: 7}},
        "findings": [
            {
                "id": "leakage.near_duplicates",
                "failure_mode": mode,
                "title": f"{secret} wrote twice",
                "evidence": [f"{secret}@zebrafield.org"],
                "next_step": f"Ask {secret}.",
            }
        ],
    }


@pytest.mark.parametrize("mode", [mode.id for mode in failure_modes()])
def test_the_draft_is_about_the_failure_mode_and_holds_no_word_of_the_review(mode: str) -> None:
    drafted = draft_question(report(mode))

    assert "zebrafield" not in drafted.text.lower()
    assert "about 10,000 examples" in drafted.text
    assert drafted.text.endswith("?")
    assert drafted.finding == "leakage.near_duplicates"


def test_a_review_without_findings_asks_nothing() -> None:
    with pytest.raises(UserError, match="no finding"):
        draft_question({**report("leakage"), "findings": []})


def test_a_real_review_gives_a_question(tmp_path: Path) -> None:
    workspace = init(tmp_path)
    folder = workspace.feature_folder("triage")
    write_csv(folder / "data" / "feedback.csv", rows(30))
    write_feature(folder, FEATURE)
    finished = review_feature(workspace, "triage")

    drafted = ask_community(workspace)

    assert drafted.review == finished.id
    assert "triage" not in drafted.text
    assert "about 30 examples" in drafted.text
