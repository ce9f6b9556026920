"""A workspace: a folder of plain files, one ledger, and nothing hidden in a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from shipworthy.core.errors import UserError, Where, WorkspaceError, nearest
from shipworthy.core.files import write_atomic

__all__ = ["MARKER", "Workspace", "init", "open_workspace"]

MARKER = "shipworthy.toml"

_TOML = """\
# This file makes the folder a Shipworthy workspace. Everything in it is plain files.
"""
_IGNORE = """\
# What Shipworthy can make again, and what should not be shared by accident.
.shipworthy/
"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the files of a workspace are."""

    root: Path
    """The folder with ``shipworthy.toml``."""

    @property
    def state(self) -> Path:
        """Ledger, caches and journals."""
        return self.root / ".shipworthy"

    @property
    def frozen(self) -> Path:
        """Frozen datasets, by hash."""
        return self.state / "datasets"

    def features(self) -> tuple[str, ...]:
        """Names of all features."""
        return tuple(sorted(path.parent.name for path in self.root.glob("features/*/feature.yaml")))

    def feature_folder(self, name: str) -> Path:
        """The folder of a feature, whether or not it exists.

        Raises:
            UserError: the name is not one a folder can have.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", name):
            raise UserError(
                f"{name!r} cannot be a feature's name.",
                hint="Use letters, digits, dots, dashes and underscores, for instance 'feedback-triage'.",
            )
        return self.root / "features" / name

    def feature_file(self, name: str) -> Path:
        """The ``feature.yaml`` of a feature that exists.

        Raises:
            WorkspaceError: there is no such feature; the nearest name is given.
        """
        path = self.feature_folder(name) / "feature.yaml"
        if not path.is_file():
            known = self.features()
            hint = nearest(name, known) or f"Make one: shipworthy feature new {name} --data FILE"
            raise WorkspaceError(
                f"There is no feature {name!r} in this workspace.", where=Where(file=path), hint=hint
            )
        return path


def init(folder: Path) -> Workspace:
    """Make a workspace. Nothing that exists is overwritten.

    Raises:
        WorkspaceError: the folder already is a workspace, or is a file.
    """
    if (folder / MARKER).exists():
        raise WorkspaceError(
            f"{str(folder)!r} already is a workspace.",
            where=Where(file=folder / MARKER),
            hint="Nothing was changed. Add a feature: shipworthy feature new NAME --data FILE",
        )
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(f"{str(folder)!r} is a file, not a folder.", where=Where(file=folder))
    if not (folder / ".gitignore").exists():
        write_atomic(folder / ".gitignore", _IGNORE)
    write_atomic(folder / MARKER, _TOML)
    return Workspace(folder.resolve())


def open_workspace(start: Path) -> Workspace:
    """Find the workspace that ``start`` lies in.

    Raises:
        WorkspaceError: neither the folder nor any above it is a workspace.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / MARKER).is_file():
            return Workspace(folder)
    raise WorkspaceError(
        "There is no Shipworthy workspace here.",
        where=Where(file=start.resolve()),
        hint="Make one: shipworthy init my-work, then cd my-work",
    )
