"""The workspace's cache of replies that were paid for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shipworthy.gateway.cache import CacheContent
    from shipworthy.workbench.workspace import Workspace

__all__ = ["ClearedCache", "cache_folder", "clear_cache", "show_cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedCache:
    """A cache that was emptied."""

    path: Path
    """The folder."""
    replies: int
    """Replies that were in it, as far as they could be counted."""


def cache_folder(workspace: Workspace) -> Path:
    """Where a workspace keeps replies."""
    return workspace.state / "cache"


def show_cache(workspace: Workspace) -> CacheContent:
    """What the cache holds, by model, and what it cost.

    Raises:
        EnvironmentFailure: the file is damaged, or other processes are busy with it.
    """
    from shipworthy.gateway import cache

    return cache.show_cache(cache_folder(workspace))


def clear_cache(workspace: Workspace) -> ClearedCache:
    """Forget all replies; a damaged file is removed.

    Raises:
        EnvironmentFailure: other processes are busy with it, or the disk refuses.
    """
    from shipworthy.gateway import cache

    folder = cache_folder(workspace)
    return ClearedCache(path=folder, replies=cache.clear_cache(folder))
