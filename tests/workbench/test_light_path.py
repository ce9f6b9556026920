"""The light path: asking models and comparing them needs neither scikit-learn nor SciPy nor a page.

The rows say which of them are for the test: drawing them looks for copies first, which takes SciPy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers import ModelServer
from tests.support import require
from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

HEAVY = ("sklearn", "scipy", "jinja2", "shipworthy.documents", "sqlalchemy", "pydantic_ai", "openai")
PROCESS = f"""
import sys
from shipworthy.cli.main import main
try:
    sys.argv[0] = "shipworthy"
    main()
finally:
    print("imported:", *(name for name in {HEAVY!r} if name in sys.modules))
"""


def imported_by(folder: Path, *arguments: str) -> list[str]:
    """Which heavy modules a command that works imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SHIPWORTHY_OFFLINE": "1"},
    )
    return done.stdout.rpartition("imported:")[2].split()


@pytest.fixture
def work(tmp_path: Path) -> Path:
    if find_spec("aiohttp") is None:
        require("http", "requests to a server need aiohttp")
    assert run("init", tmp_path / "work").code == 0
    return tmp_path / "work"


def test_comparing_models_imports_nothing_that_only_a_review_needs(work: Path) -> None:
    with ModelServer("openai") as server:
        added = run("models", "add", "house", "--url", f"{server.url}/v1", "--workspace", work)
        assert added.code == 0, added
        candidates = [{"name": name, "kind": "model", "model": f"house:{name}"} for name in ("a", "b")]
        table = [{**row, "split": "train" if i % 3 else "test"} for i, row in enumerate(rows(120))]
        write_csv(work / "features/triage/data/feedback.csv", table)
        data = {**FEATURE["data"], "split": "split"}
        write_feature(work / "features/triage", {**FEATURE, "data": data, "candidates": candidates})
        assert imported_by(work, "compare", "triage", "--candidates", "a") == []
        assert len(server.requests) == 40
    report = next(work.glob("features/triage/comparisons/*/report.json")).read_text(encoding="utf-8")
    assert json.loads(report)["candidates"][0]["statuses"] == {"ok": 40}


def test_the_probe_sees_what_a_review_imports(work: Path) -> None:
    candidates = [{"name": "most", "kind": "majority"}]
    write_csv(work / "features/triage/data/feedback.csv", rows(120))
    write_feature(work / "features/triage", {**FEATURE, "candidates": candidates, "bar": ["accuracy >= 0.1"]})
    assert {"scipy", "jinja2", "shipworthy.documents"} <= set(imported_by(work, "review", "triage"))
