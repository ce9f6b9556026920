"""Answers from documents: every sentence cited and verified, or an honest "not in these documents"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shipworthy.evals.jobs.candidate import JobCandidate, Surroundings

__all__ = ["build_candidate"]


def build_candidate(settings: Mapping[str, Any], around: Surroundings) -> JobCandidate:
    """The application as a candidate of a feature whose job is ``answer``.

    Raises:
        SpecError: a setting is unknown or cannot be used, or the feature has no documents.
    """
    from shipworthy.apps.answer.candidate import AnswerCandidate, read_settings

    return AnswerCandidate(read_settings(settings), around)
