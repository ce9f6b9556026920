"""A user's test that asks for a review, run as a user runs it: by pytest, in a process of its own."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from shipworthy.workbench.workspace import init
from tests.support import ROOT
from tests.workbench.small import FEATURE, rows, write_csv, write_feature

_TEST = """\
def test_review(shipworthy_review):
    review = shipworthy_review("features/triage"{options})
    assert review.page.exists()
"""
_KEYWORD = {"name": "keyword", "kind": "keyword"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    init(tmp_path / "work")
    return tmp_path / "work"


def feature(project: Path, bar: str) -> None:
    folder = project / "features" / "triage"
    write_csv(folder / "data" / "feedback.csv", rows())
    write_feature(folder, FEATURE | {"bar": [bar], "candidates": [_KEYWORD]})


def outcome(project: Path, text: str, *options: str) -> tuple[int, str]:
    (project / "test_mine.py").write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "shipworthy.pytest_plugin",
            *options,
        ],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_review_that_ships_passes_and_the_reasons_of_a_hold_fail_the_test(project: Path) -> None:
    feature(project, "accuracy >= 0.3")
    passed = outcome(project, _TEST.format(options=""))
    feature(project, "accuracy >= 0.95")
    code, out = outcome(project, _TEST.format(options=", allow_cannot_tell=True"))

    assert passed[0] == 0, passed[1]
    assert code == 1
    assert "triage: Hold" in out
    assert "1. Rows answered rightly (accuracy): at least 0.95. Failed" in out
    assert "report.html" in out
    assert "Traceback" not in out


def test_cannot_tell_fails_unless_it_is_allowed(project: Path) -> None:
    feature(project, "accuracy >= 0.6")

    strict, allowed = (
        outcome(project, _TEST.format(options=options)) for options in ("", ", allow_cannot_tell=True")
    )

    assert (strict[0], allowed[0]) == (1, 0), strict[1] + allowed[1]
    assert "triage: Cannot tell yet" in strict[1]


def test_the_function_can_be_imported_and_says_what_is_wrong_with_a_feature(project: Path) -> None:
    text = "from shipworthy.pytest_plugin import shipworthy_review as r\n\ndef test_it():\n    r({})\n"

    missing = outcome(project, text.format("'features/triage'"))
    elsewhere = outcome(project, text.format("'.'"))

    assert (missing[0], elsewhere[0]) == (1, 1)
    assert "There is no feature 'triage' in this workspace." in missing[1]
    assert "it should be features/NAME" in elsewhere[1]


def test_a_suite_that_asks_for_no_review_loads_nothing_but_the_plugin(project: Path) -> None:
    heavy = "('numpy', 'sklearn', 'duckdb', 'pydantic', 'typer', 'shipworthy.core', 'shipworthy.workbench')"
    text = f"import sys\n\ndef test_light():\n    assert [n for n in {heavy} if n in sys.modules] == []\n"

    code, out = outcome(project, text, "-W", "error")

    assert code == 0, out


def test_pytest_finds_the_plugin_by_itself_once_shipworthy_is_installed() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]

    assert named == {"shipworthy": "shipworthy.pytest_plugin"}
    assert callable(importlib.import_module(named["shipworthy"]).shipworthy_review)
