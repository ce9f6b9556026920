"""The demonstration: the bundled examples, one before and after its repair, and a model beside it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError, Where
from shipworthy.core.files import new_folder
from shipworthy.core.progress import silent
from shipworthy.evals.comparing import SideBySide
from shipworthy.workbench.reviews import ReviewLine, review_feature
from shipworthy.workbench.workspace import MARKER, Workspace, init

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress

__all__ = ["Demonstration", "demonstrate"]

_FEATURES = {"feedback-triage": "feature.yaml", "feedback-triage-repaired": "feature-repaired.yaml"}
_MODELS = ("feedback-triage-models", "feature-models.yaml")
_ROWS_ASKED = 60
_JOBS = {"handbook-qa": "handbook_qa", "invoices": "invoices", "standup": "standup"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """The reviews of the bundled examples."""

    workspace: Path
    """The folder they are in."""
    before: ReviewLine
    """As it was found."""
    after: ReviewLine
    """After the repair that the first review proposes."""
    models: SideBySide | None
    """The small local model beside the trained candidate on some rows; None where it is not installed."""
    others: tuple[ReviewLine, ...]
    """The examples of the other jobs: answers from a handbook, records of invoices, notes of meetings."""


def demonstrate(
    into: Path, *, with_model: bool = True, progress: Progress = silent, clock: Clock | None = None
) -> Demonstration:
    """Make a workspace of the bundled examples in ``into`` and review each, the first twice (its repair).

    Where the local model is installed, it answers some rows of the first, beside the trained candidate.

    A second call uses the same workspace and adds a review of each. Evidence from bundled data counts
    as practice only.

    Raises:
        UserError: ``into`` is something else than an earlier demonstration.
    """
    workspace = _workspace(into)
    for name, spec in _FEATURES.items():
        if not workspace.feature_folder(name).exists():
            _copy(workspace, name, spec)
    before, after = (
        review_feature(workspace, name, progress=progress, clock=clock).line for name in _FEATURES
    )
    asked = with_model and _local_model_is_here()
    models = _with_a_model(workspace, progress=progress, clock=clock) if asked else None
    others = tuple(_of_another_job(workspace, name, progress=progress, clock=clock) for name in _JOBS)
    return Demonstration(workspace=workspace.root, before=before, after=after, models=models, others=others)


def _local_model_is_here() -> bool:
    from shipworthy.gateway.adapters.local import is_installed, packaged_gguf

    return is_installed() and packaged_gguf() is not None


def _with_a_model(workspace: Workspace, *, progress: Progress, clock: Clock | None) -> SideBySide:
    """The trained candidate and the small local model on the same rows, drawn at random."""
    from shipworthy.workbench.comparisons import compare_candidates

    name, spec = _MODELS
    if not workspace.feature_folder(name).exists():
        _copy(workspace, name, spec)
    return compare_candidates(workspace, name, rows=_ROWS_ASKED, progress=progress, clock=clock).report


def _of_another_job(
    workspace: Workspace, name: str, *, progress: Progress, clock: Clock | None
) -> ReviewLine:
    """The review of an example whose job is not to classify; its folder is copied whole."""
    from shipworthy.examples import example_folder

    folder = workspace.feature_folder(name)
    if not folder.exists():
        with new_folder(folder) as fresh:
            shutil.copytree(example_folder(_JOBS[name]), fresh, dirs_exist_ok=True)
    return review_feature(workspace, name, progress=progress, clock=clock).line


def _workspace(into: Path) -> Workspace:
    if (into / MARKER).is_file():
        return Workspace(into.resolve())
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise UserError(
            f"{str(into)!r} exists and is not a workspace; nothing was changed.",
            where=Where(file=into),
            hint="Choose another folder: shipworthy demo --into my-demo",
        )
    return init(into)


def _copy(workspace: Workspace, name: str, spec: str) -> None:
    """Copy the example's data and one of its settings files."""
    from shipworthy.examples import example_folder

    source = example_folder("feedback_triage")
    with new_folder(workspace.feature_folder(name)) as fresh:
        (fresh / "data").mkdir()
        for file in sorted((source / "data").iterdir()):
            if file.suffix == ".csv":
                shutil.copyfile(file, fresh / "data" / file.name)
        shutil.copyfile(source / spec, fresh / "feature.yaml")
