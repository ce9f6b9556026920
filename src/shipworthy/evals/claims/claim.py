"""What was claimed, as it is read from a text."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Claim"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Something that was claimed. What is None was not said."""

    quote: str
    """The words, as they stand in the text."""
    line: int
    """The line in which they begin, from 1."""
    value: float
    """The share or score, 0 to 1; a gain as a share of an unknown whole."""
    decimals: int = 0
    """How many digits it was given with, after the point of the percentage."""
    up_to: float | None = None
    """The upper end, where a range was claimed; ``value`` is then its lower end."""
    gain: bool = False
    """Whether it is a change ("8% better") and not a score."""
    metric: str | None = None
    """What is counted."""
    successes: int | None = None
    """How many, where the claim is "465 of 500"."""
    n: int | None = None
    """On how many examples."""
    best_of: int | None = None
    """How many candidates it is the best of."""
    best_of_what: str | None = None
    """What they were, such as prompts."""
    tried_elsewhere: int | None = None
    """How many candidates the text says, in another place, were tried."""
    attempts: int | None = None
    """How many answers to each example were allowed, of which one had to be right."""
    runs: int | None = None
    """How many runs it is the average of."""
    dataset: str | None = None
    """The name of the benchmark or test set."""
    against: float | None = None
    """The other's value, where two are compared."""
    against_n: int | None = None
    """On how many examples that was measured."""
    against_whom: str | None = None
    """Whose it is, where it stands in a table."""
    about: str | None = None
    """Whose score it is, where it stands in a table."""
