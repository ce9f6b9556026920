"""Runs that ask models: what was answered is kept, so that a run that ended early can go on."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.core.canonical import sha256_of, sha256_of_file
from shipworthy.core.clock import written
from shipworthy.core.errors import EnvironmentFailure, UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import write_atomic
from shipworthy.core.ids import new_id
from shipworthy.datasets.prediction_log import Journal

if TYPE_CHECKING or sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.datasets.frozen import FrozenDataset
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.evals.running import Conduct
    from shipworthy.evals.spec import FeatureSpec
    from shipworthy.workbench.workspace import Workspace

__all__ = [
    "AS_USUAL",
    "Asking",
    "OpenRun",
    "RunLine",
    "asking_run",
    "conduct_of",
    "find_run",
    "list_runs",
    "model_desk",
    "repeatable",
    "unheard",
]

_RECORD, _ANSWERS, _LOCK = "run.json", "asked.jsonl", "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a review asks models; candidates of other kinds take no notice of it."""

    repeats: int = 1
    """How often each example is asked."""
    concurrency: int = 16
    """The most requests under way at one provider."""
    budget: float | None = None
    """US dollars the run may cost; None: no limit."""
    accept_unknown_price: bool = False
    """Start although a budget is set and a price is unknown."""
    send_personal_data: bool = False
    """Whether texts with personal data may be sent to another machine."""
    cached: bool = True
    """Whether replies are taken from the cache and kept in it."""
    deadline: float = 60.0
    """Seconds a call may spend at the provider, all its attempts together."""
    record: bool = False
    """Whether every exchange is written down beside the review, to be replayed without a model."""
    with_model: str | None = None
    """Another model, which a copy of each candidate that is a model asks beside the present one."""

    def __post_init__(self) -> None:
        for name, value, most in (("repeats", self.repeats, 1000), ("concurrency", self.concurrency, 1000)):
            if not 1 <= value <= most:
                raise UserError(f"{name} is {value!r}; it can be 1 to {most:,}.")
        if self.budget is not None and not 0 <= self.budget < float("inf"):
            raise UserError(f"The budget is {self.budget!r}; give US dollars, 0 or more.")
        if not 0 < self.deadline < float("inf"):
            raise UserError(f"The deadline is {self.deadline!r}; give seconds, more than 0.")


AS_USUAL = Asking()


def unheard(text: str) -> None:
    """A notice that nobody is told."""
    del text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run that has not become a whole review."""

    id: str
    """Its id."""
    feature: str
    """Its feature."""
    started: str
    """When, ISO 8601 in UTC."""
    answered: int
    """Calls that are answered."""
    calls: int
    """Calls in all."""
    spent: float
    """US dollars spent so far, where the price is known."""
    budget: float | None
    """US dollars it may cost."""
    under_way: bool
    """Whether a process is at work on it."""


def list_runs(workspace: Workspace) -> tuple[RunLine, ...]:
    """Runs that ended early or are under way, oldest first."""
    found = [_line(record.parent) for record in _home(workspace).glob(f"*/{_RECORD}")]
    return tuple(sorted(found, key=lambda run: (run.started, run.id)))


def find_run(workspace: Workspace, which: str | None = None) -> tuple[RunLine, Asking]:
    """A run that can go on, by id (its end is enough), or the newest; with how it asks models.

    Raises:
        WorkspaceError: there is none, or several fit.
    """
    every = list_runs(workspace)
    if not every:
        raise WorkspaceError("No run is waiting to go on.", hint="Start one: shipworthy review FEATURE")
    fitting = [run for run in every if which is None or run.id == which or run.id.endswith(which)]
    if which is not None and len(fitting) != 1:
        what = "fits several runs" if fitting else "is no run that could go on"
        raise WorkspaceError(f"{which!r} {what}.", hint=nearest(which, [run.id for run in fitting or every]))
    record = _read(_home(workspace) / fitting[-1].id)
    return fitting[-1], Asking(**record["asking"])


@dataclass(slots=True, kw_only=True)
class OpenRun:
    """A run that is this process's alone while it is open."""

    id: str | None
    """Its id; None where no candidate is a model, so that nothing has to outlive the process."""
    conduct: Conduct
    """How models are asked."""
    folder: Path | None = None
    """What outlives the process."""

    def finish(self, *, keep: bool) -> None:
        """Forget what was kept, unless rows are still open."""
        if self.folder is not None and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def conduct_of(workspace: Workspace | None, asking: Asking, notice: Callable[[str], None]) -> Conduct:
    """How models are asked in this workspace; what is answered lives as long as this process.

    Raises:
        SpecError: ``shipworthy.toml`` cannot be used.
    """
    from shipworthy.evals.running import Conduct
    from shipworthy.gateway.calls import Patience
    from shipworthy.workbench.settings import WorkspaceSettings, workspace_settings

    settings = WorkspaceSettings(servers={}, model=None, budget=None)
    if workspace is not None:
        settings = workspace_settings(workspace)
    return Conduct(
        repeats=asking.repeats,
        concurrency=asking.concurrency,
        budget=settings.budget if asking.budget is None else asking.budget,
        accept_unknown_price=asking.accept_unknown_price,
        send_personal_data=asking.send_personal_data,
        cache=workspace.state / "cache" if workspace is not None and asking.cached else None,
        model=settings.model,
        servers=settings.servers,
        patience=Patience(deadline=asking.deadline),
        notice=notice,
    )


def model_desk(
    workspace: Workspace | None,
    asking: Asking,
    notice: Callable[[str], None],
    *,
    cache: Path | None = None,
) -> ModelDesk:
    """Where a command asks its model: as a review would.

    Args:
        workspace: Where servers, settings and the cache are; None outside of one.
        asking: How models are asked.
        notice: Told what a person should know before.
        cache: Where replies are kept outside of a workspace; None keeps nothing there.

    Raises:
        SpecError: ``shipworthy.toml`` cannot be used.
    """
    from shipworthy.evals.jobs.desk import ModelDesk

    conduct = conduct_of(workspace, asking, notice)
    if workspace is None and asking.cached:
        conduct = replace(conduct, cache=cache)
    return ModelDesk.of(conduct)


@contextmanager
def repeatable(*, cached: bool = True) -> Iterator[None]:
    """Say how to go on when the budget is full.

    Args:
        cached: Whether what was answered is in the cache.

    Raises:
        EnvironmentFailure: the budget is full.
    """
    from shipworthy.gateway.budget import BudgetStop

    try:
        yield
    except BudgetStop as full:
        hint = "Raise --budget and give the same command again."
        kept = "What was answered is in the cache. " if cached else ""
        raise EnvironmentFailure(full.message, hint=kept + hint) from full


@contextmanager
def asking_run(
    workspace: Workspace,
    spec: FeatureSpec,
    dataset: FrozenDataset,
    *,
    asking: Asking,
    clock: Clock,
    resume: str | None = None,
    notice: Callable[[str], None] = unheard,
) -> Iterator[OpenRun]:
    """Open a run: what models answer is kept in a folder that stays when the block fails.

    Raises:
        UserError: the feature, its data or a prompt have changed since the run began.
        EnvironmentFailure: another process is at work on this run.
    """
    askers = [candidate for candidate in spec.candidates if candidate.kind in {"model", "endpoint"}]
    if not askers:
        conduct = conduct_of(workspace, asking, notice)
        with repeatable(cached=asking.cached):
            yield OpenRun(id=None, conduct=conduct)
        return
    run = resume or new_id(clock.now())
    folder = _home(workspace) / run
    plan = _plan(spec, dataset, workspace.feature_folder(spec.name), asking.repeats)
    started = written(clock.now())
    if resume is not None:
        before = _read(folder)
        started = before["started"]
        if before["plan"] != plan:
            raise UserError(
                f"The run {run} cannot go on: the feature, its data or a prompt has changed since it began.",
                hint=f"Review again: shipworthy review {spec.name} (what was paid for is in the cache).",
            )
    record = {
        "feature": spec.name,
        "started": started,
        "plan": plan,
        "calls": dataset.splits["test"] * len(askers) * asking.repeats,
        "asking": asdict(asking),
    }
    write_atomic(folder / _RECORD, json.dumps(record, indent=1))
    conduct = replace(
        conduct_of(workspace, asking, notice), journal=folder, record=folder if asking.record else None
    )
    with _alone(folder / _LOCK, run):
        try:
            yield OpenRun(id=run, conduct=conduct, folder=folder)
        except EnvironmentFailure as failure:
            raise _resumable(failure, folder) from failure


def _resumable(failure: EnvironmentFailure, folder: Path) -> EnvironmentFailure:
    """The same failure, saying how to go on; a run that answered nothing is forgotten."""
    if not any(Journal(folder / _ANSWERS).rows()):
        shutil.rmtree(folder, ignore_errors=True)
        return failure
    go_on = f"What was answered is kept. Go on: shipworthy runs resume {folder.name}"
    hint = go_on if failure.hint is None else f"{failure.hint} {go_on}"
    return EnvironmentFailure(failure.message, where=failure.where, hint=hint)


def _plan(spec: FeatureSpec, dataset: FrozenDataset, folder: Path, repeats: int) -> str:
    """Hash of everything that decides what is asked: a run goes on only with the same."""
    named = (getattr(candidate, "prompt", None) for candidate in spec.candidates)
    files = [folder / name for name in named if name is not None]
    return sha256_of(
        {
            "spec": spec.model_dump(mode="json"),
            "dataset": dataset.sha256,
            "prompts": [sha256_of_file(file) for file in files if file.is_file()],
            "repeats": repeats,
        }
    )


def _home(workspace: Workspace) -> Path:
    return workspace.state / "journal"


def _read(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        found["plan"], found["started"], found["asking"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(
            "What is known of this run cannot be read.",
            where=Where(file=folder / _RECORD),
            hint="Remove the folder, and review again: what was paid for is in the cache.",
        ) from error
    return found


def _line(folder: Path) -> RunLine:
    record = _read(folder)
    rows = list(Journal(folder / _ANSWERS).rows())
    return RunLine(
        id=folder.name,
        feature=record["feature"],
        started=record["started"],
        answered=len({row["place"] for row in rows}),
        calls=record["calls"],
        spent=sum(row["paid"] for row in rows),
        budget=record["asking"]["budget"],
        under_way=_taken(folder / _LOCK),
    )


def _taken(path: Path) -> bool:
    if sys.platform == "win32" or not path.exists():
        return False
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def _alone(path: Path, run: str) -> Iterator[None]:
    """Hold a lock that the kernel drops when this process dies, however it dies."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EnvironmentFailure(
                f"Another process is at work on the run {run}.", hint="Wait for it, or stop it first."
            ) from None
        yield
    finally:
        os.close(handle)
