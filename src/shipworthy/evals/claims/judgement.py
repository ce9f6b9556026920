"""What claims show, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shipworthy.evals.claims.asking import Topic
from shipworthy.evals.claims.claim import Claim
from shipworthy.stats.estimate import Estimate

__all__ = ["Compared", "IfN", "Judged", "Judgement", "Selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IfN:
    """What a claim would show if it had been measured on so many examples."""

    n: int
    """Examples."""
    interval: Estimate
    """The range the true value would be in."""
    inflation: float | None
    """What choosing the best would be expected to add, if it is the best of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The winner's curse."""

    stated: bool
    """Whether the claim itself says so; if not, another place of the text does."""
    best_of: int
    """How many were tried."""
    what: str | None
    """What they were."""
    inflation: float | None
    """By how much the best of so many equally good ones is expected to look too good, as a share."""
    corrected: float | None
    """The claimed value without that."""
    low: float
    """Lower end of the range of the true value, if all were equally good."""
    high: float
    """Upper end, as if there had been no choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A against B."""

    difference: float
    """First minus second, as a share."""
    beyond_noise: Literal["yes", "no", "cannot tell"]
    """Whether the difference is more than chance, however the two were measured."""
    apart: Estimate
    """The difference if each was measured on examples of its own."""
    together: Estimate | None
    """The difference if both answered the same examples and disagreed as rarely as the scores allow."""
    why: str
    """The answer in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One claim and what it shows."""

    claim: Claim
    """What was said."""
    interval: Estimate
    """The range that the true value is plausibly in; undefined with the reason."""
    if_n: tuple[IfN, ...]
    """The same for some sizes, where the size was not said."""
    selection: Selection | None
    """The winner's curse, where it is the best of several."""
    detectable: float | None
    """The smallest change for the worse that so many examples would show in 80 of 100 cases, as a share."""
    compared: Compared | None
    """The comparison, where there is one."""
    says: tuple[str, ...]
    """All of that in plain sentences."""
    questions: tuple[str, ...]
    """What to ask about this claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a text claims, what that shows, and what is missing."""

    id: str | None = None
    """The name that the text was given, if it was."""
    claims: tuple[Judged, ...] = ()
    """Each claim with a number, in the order of the text."""
    topics: tuple[Topic, ...] = ()
    """What has to be known beside a score, and whether the text speaks of it."""
    error: str | None = None
    """Why the text could not be judged, where it could not."""

    @property
    def missing(self) -> tuple[Topic, ...]:
        """What the text does not say."""
        return tuple(topic for topic in self.topics if topic.status != "mentioned")
