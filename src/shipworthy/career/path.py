"""The way from a starting point, and the next move on it, computed from the audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shipworthy.playbook.careers import CareerPath, PathStep
from shipworthy.playbook.items import competency

if TYPE_CHECKING:
    from shipworthy.career.audit import Audit

__all__ = ["Lacking", "StepOnPath", "WayForward", "way_forward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """A competency that a step still needs."""

    competency: str
    """Playbook id."""
    name: str
    """Its name."""
    level: int
    """Where the evidence stands."""
    needed: int
    """The level the step needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOnPath:
    """One step and what it lacks."""

    step: PathStep
    """The step."""
    lacking: tuple[Lacking, ...]
    """What is not shown yet; empty when the step is done as far as evidence goes."""

    @property
    def done(self) -> bool:
        """Whether everything it needs is shown."""
        return not self.lacking


@dataclass(frozen=True, slots=True, kw_only=True)
class WayForward:
    """A way, and the next move on it."""

    path: CareerPath
    """The way."""
    steps: tuple[StepOnPath, ...]
    """Its steps in order."""
    next_step: str | None
    """Id of the first step that lacks something; None when nothing does."""
    next_move: str
    """What to do next, in a sentence."""
    do: str | None
    """A command to begin with."""


def way_forward(path: CareerPath, audit: Audit) -> WayForward:
    """Hold a way against the evidence; the next move closes the largest gap of the first open step."""
    levels = audit.levels()
    steps = tuple(StepOnPath(step=step, lacking=_lacking(step, levels)) for step in path.steps)
    first = next((each for each in steps if not each.done), None)
    if first is None:
        return WayForward(
            path=path,
            steps=steps,
            next_step=None,
            next_move="The evidence shows every step of this way: apply, and keep the evidence fresh.",
            do=None,
        )
    gap = max(first.lacking, key=lambda each: each.needed - each.level)
    return WayForward(
        path=path,
        steps=steps,
        next_step=first.step.id,
        next_move=f"{first.step.what} It lacks most in {gap.name}: level {gap.level}, needed {gap.needed}.",
        do=first.step.do,
    )


def _lacking(step: PathStep, levels: dict[str, int]) -> tuple[Lacking, ...]:
    return tuple(
        Lacking(competency=id_, name=competency(id_).name, level=levels[id_], needed=needed)
        for id_, needed in step.needs.items()
        if levels[id_] < needed
    )
