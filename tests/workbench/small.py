"""A small good workspace, and the command line run in this process."""

from __future__ import annotations

import csv
import io
import json
import random
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from shipworthy.cli.main import _guarded, app

__all__ = ["FEATURE", "Done", "files_of", "rows", "run", "write_csv", "write_feature"]

Row = dict[str, str]

_FILLER = "the app when I opened it on my phone today and yesterday with our team account number please look"
_WORDS = {
    "bug": ("crash", "error", "broken", "fails", "freeze"),
    "billing": ("invoice", "refund", "charge", "payment", "price"),
    "praise": ("love", "great", "thanks", "nice", "happy"),
}

FEATURE: dict[str, Any] = {
    "name": "triage",
    "does": "Sorts customers' messages.",
    "for_whom": "the support team",
    "job": "classify",
    "data": {
        "file": "data/feedback.csv",
        "input": "message",
        "label": "topic",
        "id": "id",
        "segments": ["plan"],
    },
    "candidates": [{"name": "trained", "kind": "trained"}],
    "bar": ["accuracy >= 0.6", "beats(baseline)"],
}


def rows(n: int = 120, seed: int = 0) -> list[Row]:
    """Messages whose topic their words tell, three topics in turn."""
    lot = random.Random(seed)
    found = []
    for i in range(n):
        topic = list(_WORDS)[i % 3]
        words = lot.sample(_FILLER.split(), 7) + lot.sample(_WORDS[topic], 2)
        lot.shuffle(words)
        plan = ("free", "pro")[i % 2]
        found.append({"id": f"r{i}", "message": " ".join(words), "topic": topic, "plan": plan})
    return found


def write_csv(path: Path, table: list[Row], *, columns: list[str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns or list(table[0]), restval="")
        writer.writeheader()
        writer.writerows(table)
    return path


def write_feature(folder: Path, spec: dict[str, Any]) -> Path:
    """``feature.yaml`` as JSON, which is YAML too."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "feature.yaml"
    file.write_text(json.dumps(spec, indent=1), encoding="utf-8")
    return file


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(*arguments: str | Path) -> Done:
    """``shipworthy ARGUMENTS`` in this process, as its entry point runs it."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = _guarded(partial(app, [str(each) for each in arguments], prog_name="shipworthy"))
    return Done(code, out.getvalue(), err.getvalue())


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file but the cache of frozen datasets, which a check may fill, and the ledger's locks."""
    return {
        name: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not (name := path.relative_to(folder).as_posix()).startswith(".shipworthy/datasets/")
        and not name.endswith(("-wal", "-shm"))
    }
