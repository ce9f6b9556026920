"""Conditions over facts, as they are written in the playbook's rules.

    fact                yes, or any choice other than none
    fact=value|value    one of these
    fact==value         exactly this and nothing else
    fact!=value         not this; an unknown fact is taken for not this
    {all: [...]}        all of them
    {any: [...]}        at least one of them

A condition holds, does not hold, or is unknown (Kleene's strong three-valued logic), so that a fact
nobody stated never counts as a no.

References:
    S. C. Kleene, Introduction to Metamathematics, 1952, §64.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shipworthy.core.errors import UserError

__all__ = ["Comparison", "Condition", "Facts", "comparisons", "condition", "facts_of", "holds", "says"]

Facts = Mapping[str, frozenset[str] | None]
"""Each fact's values; None where nobody knows. A yes is ``{"yes"}``, several choices are several values."""

_NEGATIVE = frozenset({frozenset({"no"}), frozenset({"none"})})
_How = Literal["given", "one_of", "exactly", "not"]
_HOW: dict[str, _How] = {"": "given", "=": "one_of", "==": "exactly", "!=": "not"}
_WRITTEN = re.compile(r"(?P<fact>[a-z][a-z0-9_]*)(?:(?P<how>==|!=|=)(?P<values>[^=!].*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One fact compared with some values."""

    fact: str
    """The fact's id."""
    how: _How
    """How it is compared."""
    values: frozenset[str] = frozenset()
    """With what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Several conditions joined."""

    how: Literal["all", "any"]
    """Whether all of them are needed or one."""
    parts: tuple[Condition | Comparison, ...]
    """What is joined."""


def condition(written: Any) -> Condition | Comparison:
    """Read a condition: a text, a list (all of it), or a mapping with ``all`` or ``any``.

    Raises:
        UserError: it is none of these.
    """
    if isinstance(written, list):
        return Condition(how="all", parts=tuple(condition(part) for part in written))
    if isinstance(written, dict) and len(written) == 1 and isinstance(next(iter(written.values())), list):
        ((how, parts),) = written.items()
        if how in {"all", "any"}:
            return Condition(how=how, parts=tuple(condition(part) for part in parts))
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise UserError(
            f"{written!r} is no condition.", hint="Write a fact, fact=value, or all/any with a list."
        )
    values = frozenset((found["values"] or "").split("|")) - {""}
    return Comparison(fact=found["fact"], how=_HOW[found["how"] or ""], values=values)


def comparisons(asked: Condition | Comparison) -> Iterator[Comparison]:
    """Every comparison in a condition, in its order."""
    if isinstance(asked, Comparison):
        yield asked
        return
    for part in asked.parts:
        yield from comparisons(part)


def facts_of(asked: Condition | Comparison) -> Iterator[str]:
    """Every fact that a condition mentions, in its order, repeats included."""
    return (test.fact for test in comparisons(asked))


def holds(asked: Condition | Comparison, facts: Facts) -> bool | None:
    """Whether a condition holds; None where that depends on something unknown."""
    if isinstance(asked, Comparison):
        return _tested(asked, facts.get(asked.fact))
    results = [holds(part, facts) for part in asked.parts]
    decisive = asked.how == "any"
    if decisive in results:
        return decisive
    return None if None in results else not decisive


def says(facts: Facts, fact: str, value: str = "yes") -> bool:
    """Whether a fact is known to have a value."""
    return value in (facts.get(fact) or ())


def _tested(test: Comparison, values: frozenset[str] | None) -> bool | None:
    if values is None:
        return True if test.how == "not" else None
    if test.how == "given":
        return values not in _NEGATIVE
    if test.how == "exactly":
        return values == test.values
    return bool(values & test.values) is (test.how == "one_of")
