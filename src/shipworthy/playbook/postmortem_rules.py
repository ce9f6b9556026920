"""Rules for a postmortem as data: what is wrong, why it matters, what to do, and an example of each side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

__all__ = ["PostmortemRule", "postmortem_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemRule:
    """One thing that a postmortem must not lack."""

    id: str
    """Its name."""
    says: str
    """What is wrong."""
    why: str
    """Why it matters."""
    next_step: str
    """What to do."""
    fails: str
    """A text that fails it."""
    passes: str
    """A text that passes it."""


@cache
def postmortem_rules() -> tuple[PostmortemRule, ...]:
    """Every rule, in the order in which problems on one line are shown."""
    from shipworthy.playbook._files import PostmortemRuleFile, read

    return read("postmortem_rules.yaml", PostmortemRuleFile).items
