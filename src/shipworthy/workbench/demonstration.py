"""The demonstration: the bundled example, reviewed before and after its repair."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import UserError, Where
from shipworthy.core.files import new_folder
from shipworthy.core.progress import silent
from shipworthy.workbench.reviews import ReviewLine, review_feature
from shipworthy.workbench.workspace import MARKER, Workspace, init

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress

__all__ = ["Demonstration", "demonstrate"]

_FEATURES = {"feedback-triage": "feature.yaml", "feedback-triage-repaired": "feature-repaired.yaml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demonstration:
    """The two reviews of the bundled example."""

    workspace: Path
    """The folder they are in."""
    before: ReviewLine
    """As it was found."""
    after: ReviewLine
    """After the repair that the first review proposes."""


def demonstrate(into: Path, *, progress: Progress = silent, clock: Clock | None = None) -> Demonstration:
    """Make a workspace of the bundled example in ``into`` and review it before and after repair.

    A second call uses the same workspace and adds two reviews. Evidence from bundled data counts
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
    return Demonstration(workspace=workspace.root, before=before, after=after)


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
    """Copy the example's data and one of its two settings files."""
    from shipworthy.examples import example_folder

    source = example_folder("feedback_triage")
    with new_folder(workspace.feature_folder(name)) as fresh:
        (fresh / "data").mkdir()
        for file in sorted((source / "data").iterdir()):
            if file.suffix == ".csv":
                shutil.copyfile(file, fresh / "data" / file.name)
        shutil.copyfile(source / spec, fresh / "feature.yaml")
