"""What a review finds in real data. Reads ../shared/data in place; writes docs/measurements/real_data.md.

No row of the data is written: counts, names of patterns and estimates only.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from shipworthy.workbench.new_features import new_feature
from shipworthy.workbench.reviews import review_feature
from shipworthy.workbench.workspace import init

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
OUT = ROOT / "docs" / "measurements" / "real_data.md"
SETS = {
    "github_issues": ("github_issues/issues.jsonl", "1,491 user reports on five products (nlbse2024)", None),
    "github_issues, split at random": (
        "github_issues/issues.jsonl",
        "the same, split at random instead of by time",
        "random",
    ),
    "banking77": (
        "banking77/train.jsonl",
        "10,003 questions of bank customers, 77 intents (PolyAI-LDN)",
        None,
    ),
}


def report_of(file: Path, split_by: str | None) -> dict[str, Any]:
    """Review one file with the settings that ``feature new`` proposes."""
    with tempfile.TemporaryDirectory() as name:
        workspace = init(Path(name))
        made = new_feature(workspace, "real", data=file)
        if split_by is not None:
            text = made.file.read_text(encoding="utf-8")
            made.file.write_text(
                text.replace("\ndata:\n", f"\ndata:\n  split_by: {split_by}\n"), encoding="utf-8"
            )
        return dict(review_feature(workspace, "real").report)


def shown(estimate: dict[str, Any] | None) -> str:
    """An estimate as text."""
    if estimate is None or estimate["value"] is None:
        return "undefined"
    scale = 1 if estimate["unit"] == "count" else 100
    sign = "" if estimate["unit"] == "count" else "%"
    low, value, high = (scale * estimate[part] for part in ("low", "value", "high"))
    return f"{value:.1f}{sign} ({low:.1f} to {high:.1f}, n = {estimate['n']:,})"


def section(title: str, about: str, report: dict[str, Any]) -> list[str]:
    """One data set."""
    chosen = report["candidates"][0]
    lines = [
        f"## {title}",
        "",
        f"{about[0].upper()}{about[1:]}. {report['data']['how_split']}",
        "",
        f"- Verdict: {report['verdict']['headline']}",
        f"- Right: {shown(chosen['scores']['accuracy'])}; macro F1 {shown(chosen['scores']['macro_f1'])}.",
        f"- {report['data']['detectable']}",
    ]
    for finding in report["findings"]:
        lines.append(f"- **{finding['severity']}** {finding['title']}")
        lines += [f"    - {name}: {shown(estimate)}" for name, estimate in finding["estimates"].items()]
        if finding["id"] in {"leakage.giveaway", "coverage.test_set", "shift.production"}:
            lines += [f"    - {line}" for line in finding["evidence"]]
    return [*lines, ""]


def main() -> int:
    """Review and write the page."""
    if not DATA.exists():
        print("../shared/data is not here: nothing measured")
        return 4
    lines = [
        "# What a review finds in real data",
        "",
        "Each file was reviewed with the settings that `shipworthy feature new` proposes for it "
        "(`python benchmarks/real_data.py`), good or bad. Nothing was tuned to these files.",
        "",
    ]
    for title, (file, about, split_by) in SETS.items():
        lines += section(title, about, report_of(DATA / file, split_by))
        OUT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
