"""A check: a number about one output, by a rule and not by a model.

A check looks at one :class:`Case` and says how much of it is good: true or false, a share, or points out
of a possible number (:class:`Score`), which are added up over all rows, so that ten citations count ten
times as much as one. None means that it has nothing to say about this row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from shipworthy.core.errors import UserError
from shipworthy.evals.jobs.labels import Label
from shipworthy.evals.jobs.outputs import Output
from shipworthy.retrieval.document import Document, Span
from shipworthy.stats.estimate import Unit

__all__ = ["Case", "Check", "Documents", "Found", "Job", "Score", "scores_of"]

Job = Literal["answer", "extract", "summarise"]
"""The jobs whose outputs are checked."""


class Documents(Protocol):
    """Where a case's documents can be looked up."""

    def get(self, name: str) -> Document | None:
        """The document, or None where there is none of that name or it cannot be read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Points out of a possible number."""

    points: float
    """What this row has, from 0 to ``of``."""
    of: float = 1.0
    """What it could have; 0 means that there was nothing to count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One output beside what is right."""

    text: str
    """The example's input: a question, or the name of a document."""
    label: Label
    """What is right."""
    output: Output
    """What the candidate gave; an empty one where it failed."""
    documents: Documents
    """The documents it is about."""
    retrieved: Sequence[Span] | None = None
    """What was retrieved, best first, where the candidate retrieves."""


Found = bool | float | Score | None
"""What a check says about a row, or about one part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule that measures outputs."""

    name: str
    """Its name in bars and reports."""
    jobs: frozenset[Job]
    """The jobs it is about."""
    title: str
    """What it counts, in a few plain words, lower case."""
    words: str
    """What it says, in a plain sentence with a full stop."""
    measure: Callable[[Any], Found | Mapping[str, Found]]
    """One case in; a value, or a value for each named part (a field, a kind of item) out."""
    better: Literal["higher", "lower"] = "higher"
    """Which way is good."""
    unit: Unit = "share"
    """How to write it; a count has no upper end."""

    @property
    def bounded(self) -> bool:
        """Whether it lies between 0 and 1."""
        return self.unit != "count"


def scores_of(check: Check, case: Case) -> dict[str, Score]:
    """What a check says about a case, by name: ``field_f1``, and ``field_f1[total]`` for its parts.

    Raises:
        UserError: the check gave something that is no score.
    """
    found = check.measure(case)
    if not isinstance(found, Mapping):
        score = _score(check, found)
        return {} if score is None else {check.name: score}
    parts = {part: _score(check, value) for part, value in found.items()}
    known = {part: score for part, score in parts.items() if score is not None}
    if not known:
        return {}
    whole = Score(points=sum(s.points for s in known.values()), of=sum(s.of for s in known.values()))
    return {check.name: whole} | {f"{check.name}[{part}]": score for part, score in known.items()}


def _score(check: Check, found: Found) -> Score | None:
    if found is None:
        return None
    score = _as_score(found)
    bad = score is None or not (math.isfinite(score.points) and math.isfinite(score.of) and score.of >= 0)
    if score is None or bad or (check.bounded and not 0 <= score.points <= score.of + 1e-9):
        raise UserError(
            f"The check {check.name!r} gave {found!r}.",
            hint="A check gives true or false, a number from 0 to 1, a Score (points out of a possible "
            "number), None for a row it says nothing about, or a mapping of these.",
        )
    return score if score.of else None


def _as_score(found: Any) -> Score | None:
    if isinstance(found, Score):
        return found
    return Score(points=float(found)) if isinstance(found, bool | int | float) else None
