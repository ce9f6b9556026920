"""The bundled example by the small local model: how far is it below the classifier that is trained here?

    python benchmarks/local_model.py        # some minutes; needs the extra local and its weights

Asks the model about every test row, with a plain prompt and with one that shows an example of each label, and
writes docs/measurements/local_model.md. No network.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import yaml

from shipworthy.evals.comparing import SideBySide
from shipworthy.examples import example_folder
from shipworthy.workbench.comparisons import compare_candidates
from shipworthy.workbench.workspace import Workspace, init

PAGE = Path(__file__).resolve().parents[1] / "docs" / "measurements" / "local_model.md"
SHOWN = """\
---
temperature: 0
system: You sort customers' messages to a booking program.
examples:
{examples}---
Which of these is the message about: {{{{ labels }}}}?

{{{{ input }}}}
"""


def feature(workspace: Workspace) -> None:
    """The repaired example with three candidates."""
    source = example_folder("feedback_triage")
    folder = workspace.feature_folder("triage")
    shutil.copytree(source / "data", folder / "data")
    spec = yaml.safe_load((source / "feature-repaired.yaml").read_text())
    spec["name"] = "triage"
    local = {"kind": "model", "model": "local"}
    spec["candidates"] = [
        {"name": "trained", "kind": "trained"},
        {"name": "plain prompt", **local},
        {"name": "prompt with examples", **local, "prompt": "prompts/shown.md"},
    ]
    spec["candidate"] = "trained"
    (folder / "feature.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    (folder / "prompts").mkdir()
    (folder / "prompts" / "shown.md").write_text(SHOWN.format(examples=shots(folder, spec["data"])))


def shots(folder: Path, data: dict[str, object]) -> str:
    """The first training row of each label."""
    import csv

    files = data["files"]
    assert isinstance(files, dict)
    first: dict[str, str] = {}
    with (folder / files["train"]).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            first.setdefault(row["team"], row["text"])
    rows = [{"input": text, "output": label} for label, text in sorted(first.items())]
    return "".join(f"  {line}\n" for line in yaml.safe_dump(rows, width=10_000).splitlines())


def page(found: SideBySide, seconds: float) -> str:
    """The measurement as Markdown."""
    calls = [one.calls for one in found.candidates if one.calls is not None]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = "\n".join(
        f"| {one.name} | {one.right} | {one.statuses.get('ok', 0):,} of {sum(one.statuses.values()):,} |"
        for one in found.candidates
    )
    pairs = "\n".join(f"- {duel.words}" for duel in found.duels)
    asked = sum(one.calls for one in calls)
    slowest = max(one.latency_ms or 0 for one in calls)
    return f"""# The small local model on the bundled example

Made by `benchmarks/local_model.py`: SmolLM2-135M-Instruct in this process (no network, no key), asked about
all {found.rows:,} test rows of the repaired example, beside the classifier that Shipworthy trains on the
training rows. Each label's likelihood is calibrated on 40 training rows. Python
{platform.python_version()}, {os.cpu_count()} cores.

| candidate | right per answer | answered |
|---|---|---|
{rows}

{pairs}

{asked:,} calls took {seconds / 60:.1f} minutes, half of them under {slowest:,.0f} ms (the machine did other
things as well); the process held {memory:,.0f} MB at most. What this shows: a model of 135 million parameters
that nobody trained for the task is free, private and far below a classifier that saw labelled messages.
"""


def main() -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        workspace = init(Path(name) / "work")
        feature(workspace)
        found = compare_candidates(workspace, "triage").report
    text = page(found, time.monotonic() - started)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
