"""Reviews for papers: one real small review made once, and copies of it with other numbers."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.workbench.small import FEATURE, rows, run, write_csv, write_feature

__all__ = ["NEWER", "OLDER", "share", "small_report", "workspace_with"]

OLDER, NEWER = "2026-11-01-aaa111", "2026-11-02-bbb222"
SPEC = FEATURE | {
    "fallback": {
        "who": "the support desk",
        "capacity_a_day": 40,
        "user_sees": "We answer within 2 days.",
    },
    "value": {"volume_per_month": 3000, "minutes_saved": 2, "cost_per_hour": 30},
    "costs": {"wrong": 5},
    "harms": [{"who": "a customer", "what": "waits", "severity": "high", "measured_by": "accuracy >= 0.6"}],
}


def share(value: float | None, low: float | None, high: float | None, n: int = 600) -> dict[str, Any]:
    """An estimate of a share as ``report.json`` holds it."""
    return {
        "value": value,
        "low": low,
        "high": high,
        "n": n,
        "method": "Wilson",
        "level": 0.95,
        "clusters": None,
        "unit": "share",
        "warning": None if value is not None else "no rows",
    }


@cache
def _made() -> str:
    with TemporaryDirectory() as home:
        root = Path(home) / "w"
        run("init", root)
        folder = root / "features" / "triage"
        write_csv(folder / "data" / "feedback.csv", rows(150))
        write_feature(folder, SPEC)
        done = run("review", "triage", "--workspace", root)
        assert done.code in {0, 1, 3}, done.err
        (report,) = folder.glob("reviews/*/report.json")
        return report.read_text(encoding="utf-8")


def small_report(id: str = OLDER, *, right: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: A002
    """A review of 150 messages under another id; ``right`` replaces its accuracy, with mistakes to match."""
    report: dict[str, Any] = copy.deepcopy(json.loads(_made()))
    report |= {"id": id, "at": f"{id[:10]}T08:00:00Z"}
    if right is not None:
        report["candidates"][0]["scores"]["accuracy"] = right
        count = round((1 - right["value"]) * right["n"])
        report["mistakes"] = [{"label": "bug", "predicted": "billing", "count": count, "examples": []}]
    return report


def workspace_with(root: Path, *reports: dict[str, Any]) -> Path:
    """A workspace with the feature and these reviews; returns the feature's folder."""
    run("init", root)
    folder = root / "features" / "triage"
    write_csv(folder / "data" / "feedback.csv", rows(150))
    write_feature(folder, SPEC)
    for report in reports:
        place = folder / "reviews" / report["id"]
        place.mkdir(parents=True)
        (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return folder
