"""When the machine fails or somebody interrupts, nothing is half-written and the exit code says so.

Real signals, a real limit on file sizes and a real user without rights, each in a process of its
own; nothing is timed: a process is interrupted when it says how far it has come.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support import HEED_SIGNALS
from tests.workbench.small import FEATURE, files_of, rows, run, write_csv, write_feature

HOME = Path("features/triage")
MAIN = "from shipworthy.cli.main import main; main()"


@pytest.fixture
def work() -> Iterator[Path]:
    """A workspace in a folder that everybody may reach, with a folder for temporary files beside it."""
    with TemporaryDirectory() as name:
        root = Path(name) / "work"
        Path(name).chmod(0o755)
        (Path(name) / "spare").mkdir()
        (Path(name) / "spare").chmod(0o777)
        assert run("init", root).code == 0
        write_feature(root / HOME, FEATURE)
        write_csv(root / HOME / "data/feedback.csv", rows())
        yield root
        assert list((Path(name) / "spare").iterdir()) == []


def environment(work: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(work.parent / "spare"), "PYTHONPATH": str(work / HOME), **more}


def started(work: Path, *arguments: str, before: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HEED_SIGNALS + before + MAIN, *arguments],
        cwd=work,
        env=environment(work),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


STEP_DOWN = """
import contextlib, io, json, os, sys
from shipworthy.cli.main import _guarded, app

def review(place):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _guarded(lambda: app(["review", "triage", "--workspace", place]))
    return code, out.getvalue(), err.getvalue()

first = review(sys.argv[1])[0]  # what is imported later may not be readable to anybody
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
print(json.dumps([first, *map(review, sys.argv[2:])]))
"""


def test_a_folder_that_cannot_be_written_to_is_the_machine_s_failure(work: Path) -> None:
    copies = [shutil.copytree(work, work.parent / name) for name in ("warm", "feature", "state")]
    (copies[2] / ".shipworthy").mkdir(exist_ok=True)
    for path in work.parent.rglob("*"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (copies[1] / HOME).chmod(0o555)
    (copies[2] / ".shipworthy").chmod(0o555)
    before = [files_of(copy) for copy in copies[1:]]

    done = subprocess.run(
        [sys.executable, "-c", STEP_DOWN, *map(str, copies)],
        env=environment(work),
        capture_output=True,
        text=True,
        check=True,
    )

    first, *others = json.loads(done.stdout)
    assert first == 0
    for code, out, err in others:
        assert (code, out) == (4, ""), err
        assert "cannot be written to" in err
    kept = [
        {name: raw for name, raw in files_of(copy).items() if "ledger" not in name} for copy in copies[1:]
    ]
    assert kept == before
    (copies[1] / HOME).chmod(0o755)
    (copies[2] / ".shipworthy").chmod(0o755)


@pytest.mark.parametrize("limit", [4_000, 20_000, 60_000])
def test_a_full_disk_is_the_machine_s_failure_wherever_it_fills_up(work: Path, limit: int) -> None:
    before = files_of(work)
    full = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "

    process = started(work, "review", "triage", before=full)
    out, err = process.communicate()

    assert (process.returncode, out) == (4, ""), err
    assert "full" in err
    assert {name: raw for name, raw in files_of(work).items() if name != ".shipworthy/ledger.db"} == before


WAITS = """
import os, time
from sklearn.linear_model import LogisticRegression

def tell_and_wait():
    with open({fifo!r}, "w") as fifo:
        fifo.write("here")
    time.sleep(600)

class Slow(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        tell_and_wait()

def answer(text):
    tell_and_wait()
"""
STAGES = {
    "fitting": {"name": "slow", "kind": "trained", "estimator": "waits.Slow"},
    "answering": {"name": "slow", "kind": "callable", "function": "waits:answer"},
}


@pytest.mark.parametrize(
    ("stage", "number"),
    [("fitting", signal.SIGINT), ("answering", signal.SIGTERM), ("answering", signal.SIGHUP)],
)
def test_a_signal_from_outside_ends_a_review_without_a_trace(
    work: Path, stage: str, number: signal.Signals
) -> None:
    fifo = work.parent / "fifo"
    os.mkfifo(fifo)
    (work / HOME / "waits.py").write_text(WAITS.format(fifo=str(fifo)))
    write_feature(work / HOME, {**FEATURE, "candidates": [STAGES[stage]]})
    process = started(work, "review", "triage")
    assert fifo.read_text() == "here"
    before = files_of(work)
    assert any(".tmp" in name for name in before) == (stage == "answering")

    process.send_signal(number)
    out, err = process.communicate()

    assert (process.returncode, out, err) == (130, "", "shipworthy: Interrupted. Nothing was half-written.\n")
    after = files_of(work)
    assert after.keys() == {name for name in before if ".tmp" not in name}


SWEEP = """
import contextlib, importlib, io, json, pathlib, shutil, signal, sys
from functools import partial, reduce
from shipworthy.cli.main import _guarded, app

source, place = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

def review():
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(source, place)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _guarded(partial(app, ["review", "triage", "--workspace", str(place)]))
    names = [path.relative_to(place).as_posix() for path in sorted(place.rglob("*")) if path.is_file()]
    return code, [name for name in names if "/datasets/" not in name], err.getvalue()

def interrupt(*_, **__):
    import signal
    signal.raise_signal(signal.SIGINT)

def interrupted_in(moment):
    module, _, name = moment.partition(":")
    function = reduce(getattr, name.split("."), importlib.import_module("shipworthy." + module))
    function = getattr(function, "__wrapped__", function)
    own, function.__code__ = function.__code__, interrupt.__code__
    try:
        return review()
    finally:
        function.__code__ = own

print(json.dumps({moment: interrupted_in(moment) for moment in sys.argv[3:]} | {"never": review()}))
"""
MOMENTS = (
    "evals.spec:load_feature",
    "datasets.table:open_table",
    "datasets.cleaning:Worktable.clean",
    "datasets.freezing:_split",
    "datasets.frozen:write_manifest",
    "evidence._store:Store.prepare",
    "core.files:new_folder",
    "evals.candidates.trained:Trained.fit",
    "evals.running:run_candidates",
    "datasets.prediction_log:Journal.append",
    "datasets.prediction_log:write_log",
    "evals.summarising:summarise",
    "documents.report:render_review",
    "documents.ci:junit",
    "evidence.ledger:Ledger.artifact",
    "evidence._store:Store.append",
)


def test_an_interruption_at_any_stage_leaves_nothing_half_written(work: Path) -> None:
    place = work.parent / "copy"
    before = list(files_of(work))
    done = subprocess.run(
        [sys.executable, "-c", HEED_SIGNALS + SWEEP, str(work), str(place), *MOMENTS],
        env=environment(work),
        capture_output=True,
        text=True,
        check=True,
    )
    shutil.rmtree(place)
    found = json.loads(done.stdout)

    assert found.pop("never")[0] == 0
    for moment, (code, names, err) in found.items():
        assert (code, err) == (130, "shipworthy: Interrupted. Nothing was half-written.\n"), moment
        assert [name for name in names if name != ".shipworthy/ledger.db"] == before, moment
