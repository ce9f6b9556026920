"""What every foreign format is to the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shipworthy.datasets.imports.artefact import Artefact
from shipworthy.datasets.imports.source import Source

__all__ = ["Form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A format that can be imported."""

    name: str
    """What ``--as`` takes."""
    title: str
    """What it is, for people."""
    fits: Callable[[Source], bool]
    """Whether a file is of this format, by its content."""
    read: Callable[[Source], Artefact]
    """Read such a file."""
