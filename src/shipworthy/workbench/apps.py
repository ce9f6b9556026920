"""The applications that ship with Shipworthy, registered by the job they do."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.evals.jobs.candidate import JobBuilder, JobCandidate, Surroundings

__all__ = ["APPS"]


def _builder(job: str) -> JobBuilder:
    """What makes the application of a job; it is imported when it is used."""

    def build(settings: Mapping[str, Any], around: Surroundings) -> JobCandidate:
        built: JobCandidate = import_module(f"shipworthy.apps.{job}").build_candidate(settings, around)
        return built

    return build


APPS: Mapping[str, JobBuilder] = MappingProxyType(
    {job: _builder(job) for job in ("answer", "extract", "summarise")}
)
"""Job to the application that does it."""
