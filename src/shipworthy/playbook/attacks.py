"""Attempts to make an AI feature obey a text that it should only judge, and how to look them up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date  # at run time: Pydantic reads the field types
from functools import cache
from typing import Literal

from shipworthy.core.errors import SpecError
from shipworthy.playbook.items import Source  # at run time, as above

__all__ = ["ATTACK_KINDS", "VARIABLE", "AttackAttempt", "AttackKind", "attack_attempts"]

AttackKind = Literal["direct", "hidden", "override", "format", "label", "extraction"]
"""What an attempt does."""

ATTACK_KINDS: Mapping[AttackKind, str] = {
    "direct": "an order written openly in the text",
    "hidden": "an order hidden in the text",
    "override": "a text that poses as the system, a tool or the end of the task",
    "format": "a text that asks for another form of answer",
    "label": "a text that asks for a label of its choice",
    "extraction": "a text that asks for what the feature was told",
}
"""The kinds in plain words."""

VARIABLE = re.compile(r"\{\{ (\w+) \}\}")
"""How texts and orders name what is put in."""

_WANTED = {"canary": ({"left", "right"}, {"mirrored"}), "label": ({"label"},), "secret": (set[str](),)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackAttempt:
    """One way to attack. Its texts are data: they are sent to the candidate and to nobody else.

    Raises:
        SpecError: its order names what it must not, or lacks what it needs.
    """

    id: str
    """Stable name."""
    kind: AttackKind
    """What it does."""
    name: str
    """What to call it."""
    text: str
    """What the candidate is given: ``carrier`` is a row of the feature's own, ``order`` the order."""
    order: str
    """What the attacker wants done."""
    writing: Literal["plain", "base64", "tags", "zero_width"] = "plain"
    """How the order is written."""
    planted: Literal["system", "example"] | None = None
    """Where the secret stands that is to be extracted."""
    source: Source
    """Where the technique is described."""
    as_of: date
    """Day on which the item was checked."""

    def __post_init__(self) -> None:
        in_text, in_order = set(VARIABLE.findall(self.text)), set(VARIABLE.findall(self.order))
        if in_text != {"carrier", "order"} or in_order not in _WANTED[self.goal]:
            raise SpecError(f"The attempt {self.id!r} puts in {sorted(in_text)} and {sorted(in_order)}.")
        if (self.planted is None) == (self.goal == "secret"):
            raise SpecError(f"The attempt {self.id!r}: 'planted' belongs to extraction and to nothing else.")

    @property
    def goal(self) -> Literal["canary", "label", "secret"]:
        """What shows success: a word that must be made, a label, or a secret that was planted."""
        return "label" if self.kind == "label" else "secret" if self.kind == "extraction" else "canary"


@cache
def attack_attempts() -> tuple[AttackAttempt, ...]:
    """Every attempt, grouped by kind."""
    from shipworthy.playbook._files import AttackFile, read

    return read("attacks.yaml", AttackFile).items
