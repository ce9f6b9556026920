"""Topics of exercises: the words in front of the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from shipworthy.playbook.items import Source  # at run time: Pydantic reads the field types

__all__ = ["ExerciseTopic", "exercise_topics", "not_computable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseTopic:
    """What an exercise is about."""

    id: str
    """Stable name."""
    shape: str
    """The kind of question."""
    text: str
    """The situation; ``{name}`` stands for a drawn number."""
    failure_mode: str | None
    """Playbook id of the failure mode behind it."""
    competencies: tuple[str, ...]
    """Playbook ids of what it practises."""
    settings: Mapping[str, Any]
    """What the shape draws from."""
    source: Source
    """Where it comes from."""
    as_of: date
    """Day on which it was checked."""


@cache
def exercise_topics() -> tuple[ExerciseTopic, ...]:
    """Every topic."""
    from shipworthy.playbook._career_files import read_exercises

    return read_exercises()[0]


@cache
def not_computable() -> Mapping[str, str]:
    """Failure modes without an exercise, and why."""
    from shipworthy.playbook._career_files import read_exercises

    return read_exercises()[1]
