"""Are planted problems found, and is a clean feature left alone?

Twenty reseedings of the bundled example with its plantings, and twenty without (the clean twin), are
reviewed as a user would; writes docs/measurements/planted.md. Run: python benchmarks/planted.py [seeds]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from shipworthy.core.clock import SystemClock  # noqa: E402 (after the path to the generator)
from shipworthy.core.progress import silent  # noqa: E402
from shipworthy.datasets.freezing import freeze  # noqa: E402
from shipworthy.evals.review import Review  # noqa: E402
from shipworthy.evals.reviewing import Request, gather  # noqa: E402
from shipworthy.evals.spec import FeatureSpec  # noqa: E402
from shipworthy.evals.summarising import summarise  # noqa: E402
from shipworthy.examples import example_folder  # noqa: E402
from shipworthy.workbench.features import columns_of  # noqa: E402
from tools.make_example import make  # noqa: E402

OUT = ROOT / "docs" / "measurements" / "planted.md"


def reviewed(files: dict[str, str]) -> Review:
    """The review of one set of generated files."""
    spec = FeatureSpec.model_validate(
        yaml.safe_load((example_folder("feedback_triage") / "feature.yaml").read_text(encoding="utf-8"))
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / Path(file).name).write_text(content, encoding="utf-8")
        given = {split: folder / f"{split}.csv" for split in ("train", "test", "production")}
        dataset = freeze(given, columns_of(spec.data), folder=folder / "frozen", seed=0)
        (folder / "work").mkdir()
        return summarise(
            gather(
                Request(
                    id="benchmark",
                    run_id="benchmark",
                    spec=spec,
                    dataset=dataset,
                    folder=folder,
                    work=folder / "work",
                    origin="bundled",
                    clock=SystemClock(),
                    progress=silent,
                )
            )
        )


def planted(seed: int) -> dict[str, object]:
    """What of one planting was found."""
    files = make(seed, planted=True)
    record = json.loads(next(text for name, text in files.items() if name.endswith("planted.json")))
    review = reviewed(files)
    found = {finding.id: finding for finding in review.findings}
    wrong = {_id(item) for item in record["wrong_labels"]}
    leaked = {_id(item, "test") for item in record["near_duplicates"]}
    shown = [row.id for row in found["labels.suspected.test"].rows[:30]]
    pairs = found.get("leakage.near_duplicates")
    return {
        "seed": seed,
        "verdict": review.verdict.decision,
        "leaks": len(leaked & {pair.test.id for pair in pairs.pairs} if pairs else ()),
        "leaks planted": len(leaked),
        "leaks shown": len(pairs.pairs) if pairs else 0,
        "segment": any(name.startswith("segment.language_level.basic") for name in found),
        "labels": len(wrong & set(shown)),
    }


def _id(item: object, side: str = "message_id") -> str:
    if isinstance(item, dict):
        return str(item[side] if side in item else item["message_id"])
    return str(item)


def clean(seed: int) -> list[str]:
    """Findings of severity warning or worse where nothing is wrong."""
    review = reviewed(make(seed, planted=False))
    return [finding.id for finding in review.findings if finding.severity != "note"]


def main(seeds: int) -> None:
    """Measure and write the page."""
    numbers = range(100, 100 + seeds)
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(planted, numbers))
        alarms = dict(zip(numbers, pool.map(clean, numbers), strict=True))
    labels = sorted(int(str(row["labels"])) for row in rows)
    lines = [
        "# Planted problems",
        "",
        f"{seeds} reseedings of the bundled example (`python benchmarks/planted.py`), each reviewed as a "
        "user would review it. Every one has 40 copies of test messages in its training data, a segment "
        "that training hardly knows and 15 wrong labels. Its clean twin comes from the same generator with "
        "nothing planted; no two of its messages are near-duplicates.",
        "",
        f"- Wrong labels, 15 planted: among the first 30 rows shown, median {statistics.median(labels):g}, "
        f"worst {labels[0]}.",
        f"- The failing segment was found in {sum(bool(row['segment']) for row in rows)} of {seeds}.",
        f"- Leaked pairs: all planted ones were found in "
        f"{sum(row['leaks'] == row['leaks planted'] for row in rows)} of {seeds}, and nothing besides in "
        f"{sum(row['leaks shown'] == row['leaks planted'] for row in rows)} of {seeds}.",
        f"- The clean twin had no finding of severity warning or worse in "
        f"{sum(not found for found in alarms.values())} of {seeds}.",
        "",
        "| seed | verdict | planted leaks found | wrong labels among the first 30 | segment found "
        "| found in the clean twin |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['seed']} | {row['verdict']} | {row['leaks']} of {row['leaks planted']} "
            f"| {row['labels']} of 15 | {'yes' if row['segment'] else 'no'} "
            f"| {', '.join(found) or 'nothing'} |"
            for row, found in zip(rows, alarms.values(), strict=True)
        ),
    ]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
