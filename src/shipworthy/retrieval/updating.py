"""What bringing an index in step with a folder did."""

from __future__ import annotations

from dataclasses import dataclass

from shipworthy.retrieval.parsing.folders import Rejected

__all__ = ["Changes", "Work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What an update did."""

    added: tuple[str, ...]
    """Documents that are new."""
    changed: tuple[str, ...]
    """Documents whose content changed."""
    removed: tuple[str, ...]
    """Documents that left: their file is gone, or cannot be read any more."""
    unchanged: int
    """Documents that were not touched."""
    rejected: tuple[Rejected, ...]
    """Files that cannot be read, each with the reason."""
    warnings: tuple[tuple[str, str], ...]
    """What could not be read of the documents that were added or changed: name and words."""
    embedded: int
    """Passages whose vectors were computed."""


class Work:
    """What an update has done so far."""

    def __init__(self, *, known: dict[str, tuple[str, str]]) -> None:
        self.known = known
        self.kept: set[str] = set()
        self.added: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.unchanged = 0
        self.rejected: list[Rejected] = []
        self.warnings: list[tuple[str, str]] = []

    def changes(self, embedded: int) -> Changes:
        """The finished account."""
        return Changes(
            added=tuple(self.added),
            changed=tuple(self.changed),
            removed=tuple(self.removed),
            unchanged=self.unchanged,
            rejected=tuple(self.rejected),
            warnings=tuple(self.warnings),
            embedded=embedded,
        )
