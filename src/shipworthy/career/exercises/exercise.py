"""An exercise, its solution, and an answer that was marked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from shipworthy.core.errors import UserError

__all__ = ["Exercise", "Given", "Kind", "Marked", "Shape", "Solution", "letters", "table"]

Kind = Literal["choice", "set", "number"]
"""How it is answered: one of the choices, any number of them (or none), or a number."""
Given = dict[str, Any]
"""The numbers of an exercise, exactly as they are printed."""
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """A question whose answer can be computed from what it says."""

    topic: str
    """What it is about: a name from the list of topics."""
    seed: int
    """The same topic and seed always give the same exercise."""
    failure_mode: str | None
    """Playbook id of the failure mode behind it, where there is one."""
    competencies: tuple[str, ...]
    """Playbook ids of what it practises."""
    question: str
    """What is asked, for a person."""
    kind: Kind
    """How it is answered."""
    choices: tuple[str, ...]
    """Possible answers; empty where a number is asked for."""
    given: Mapping[str, Any]
    """The numbers of the question, for a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What the numbers say."""

    answer: str
    """The answer, as it would be typed."""
    why: str
    """How it follows, in a sentence or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """An answer beside the computed one."""

    topic: str
    """The exercise's topic."""
    seed: int
    """Its seed."""
    given_answer: str
    """What was answered."""
    right: bool
    """Whether that is right."""
    answer: str
    """The computed answer."""
    why: str
    """How it follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of question: how its numbers are drawn, put into words, and solved."""

    kind: Kind
    """How it is answered."""
    draw: Callable[[Random, Mapping[str, Any]], Given]
    """From a seeded generator and the topic's settings to the numbers of one exercise."""
    ask: Callable[[Given], str]
    """The numbers in words; the topic's own text comes before it."""
    choices: Callable[[Given], tuple[str, ...]]
    """Possible answers; empty where a number is asked for."""
    solve: Callable[[Given], Solution]
    """The answer, computed from the numbers alone."""
    tolerance: float = 0.0
    """How far a number may be from the computed one."""
    accepts: Callable[[Given, float], bool] | None = None
    """Where many numbers are right: whether this one is."""

    def right(self, given: Given, reply: str) -> bool:
        """Whether a reply is right.

        Raises:
            UserError: the reply is not one that the question allows.
        """
        if len(reply) > _LONGEST:
            raise UserError(f"An answer of {len(reply):,} letters is too long.")
        answer = self.solve(given).answer
        if self.kind == "number":
            value = _number(reply)
            if self.accepts is not None:
                return self.accepts(given, value)
            return abs(value - float(answer)) <= self.tolerance + 1e-9
        return _chosen(reply, self.choices(given), self.kind) == _chosen(
            answer, self.choices(given), self.kind
        )


def _number(reply: str) -> float:
    text = reply.strip().replace("−", "-").replace(",", "").rstrip("% ").removesuffix("points").strip()
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,12})?|\.\d{1,12})", text):
        raise UserError(
            f"{reply[:60]!r} is not a number.", hint="Answer with a number such as 0.35, or 12.5 for 12.5%."
        )
    return float(text)


def _chosen(reply: str, choices: tuple[str, ...], kind: Kind) -> frozenset[str]:
    known = {choice.casefold(): choice for choice in choices}
    folded = " ".join(reply.split()).casefold()
    if kind == "set" and folded in {"none", ""}:
        return frozenset()
    parts = [folded] if folded in known else [part for part in re.split(r"[,;\s]+", folded) if part]
    wrong = [part for part in parts if part not in known]
    if wrong or (kind == "choice" and len(parts) != 1):
        allowed = ", ".join(choices)
        what = (
            f"Answer with some of: {allowed}; or none."
            if kind == "set"
            else f"Answer with one of: {allowed}."
        )
        raise UserError(f"{reply[:60]!r} is not an answer to this question.", hint=what)
    return frozenset(known[part] for part in parts)


def letters(count: int) -> tuple[str, ...]:
    """So many letters from A on."""
    return tuple("ABCDEFGHIJ"[:count])


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """A table as aligned text."""
    cells = [head, *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(f"  {line}".rstrip() for line in lines)
