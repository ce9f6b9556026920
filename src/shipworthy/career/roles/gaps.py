"""Several roles at once: what is open in each, the fewest actions that close most of it, the nearest role."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from shipworthy.career.roles.matching import Standing, Status
from shipworthy.playbook.items import competency
from shipworthy.playbook.roles import RoleAction, role_actions

__all__ = [
    "NEAREST_RULE",
    "Gap",
    "NextAction",
    "NextActions",
    "RoleFit",
    "fit_of",
    "nearest_role",
    "next_actions",
]

NEAREST_RULE = (
    "fewest firm requirements still open (missing counts one, partly a half); among equals the one with more "
    "met, then the one listed first"
)
"""How the nearest role is chosen. Requirements that the ledger says nothing about are left out."""
_MOST_SETS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFit:
    """How one role's firm requirements stand."""

    role: str
    """The role's id."""
    met: int
    """Firm requirements that are met."""
    partly: int
    """Firm requirements that are partly met."""
    missing: int
    """Firm requirements without any evidence."""
    not_stated: int
    """Firm requirements that the ledger says nothing about."""

    @property
    def judged(self) -> int:
        """Firm requirements that could be judged."""
        return self.met + self.partly + self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """Something to do next, and what it would close."""

    id: str
    """Playbook id."""
    command: str
    """What to type."""
    what: str
    """What it is to do it."""
    closes: int
    """Open requirements over all roles that it closes and no action before it does."""
    competencies: tuple[str, ...]
    """The open competencies that it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A competency with open requirements that no command here leaves evidence of yet."""

    competency: str
    """Playbook id."""
    requirements: int
    """Open requirements over all roles."""
    counts: str
    """What would count as evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextActions:
    """The smallest set of actions that closes all that can be closed here."""

    actions: tuple[NextAction, ...]
    """The actions, the one that closes most first."""
    closes: int
    """Open requirements that they close together."""
    of: int
    """Open requirements over all roles."""
    method: Literal["exact", "greedy"]
    """Whether every smaller set was tried, or the action that closes most was taken again and again."""
    elsewhere: tuple[Gap, ...]
    """What is left, most requirements first."""


def fit_of(role: str, standings: Sequence[Standing]) -> RoleFit:
    """Count how a role's firm requirements stand."""
    counts: Counter[Status] = Counter(each.status for each in standings if each.requirement.must)
    return RoleFit(
        role=role,
        met=counts["met"],
        partly=counts["partly"],
        missing=counts["missing"],
        not_stated=counts["not stated"],
    )


def nearest_role(fits: Sequence[RoleFit]) -> str | None:
    """The role that is nearest by :data:`NEAREST_RULE`; None where no requirement could be judged."""
    judged = [fit for fit in fits if fit.judged]
    best = min(judged, key=lambda fit: (fit.missing + fit.partly / 2, -fit.met), default=None)
    return best.role if best else None


def next_actions(standings: Sequence[Standing], actions: Sequence[RoleAction] | None = None) -> NextActions:
    """Choose actions for the open requirements of all roles.

    Args:
        standings: The requirements of all roles together.
        actions: What can be done, the least effort first; the playbook's if left out.
    """
    known = role_actions() if actions is None else actions
    needs = Counter(each.requirement.competency for each in standings if each.open)
    covers = {action.id: frozenset(action.competencies) & needs.keys() for action in known}
    wanted = frozenset().union(*covers.values()) if covers else frozenset()
    chosen, method = _smallest_cover(wanted, {name: each for name, each in covers.items() if each}, needs)
    ordered = _ordered(chosen, {action.id: action for action in known}, needs)
    return NextActions(
        actions=ordered,
        closes=sum(needs[name] for name in wanted),
        of=needs.total(),
        method=method,
        elsewhere=tuple(
            Gap(competency=name, requirements=count, counts=competency(name).evidence[0])
            for name, count in sorted(needs.items(), key=lambda pair: (-pair[1], pair[0]))
            if name not in wanted
        ),
    )


def _smallest_cover(
    wanted: frozenset[str], covers: Mapping[str, frozenset[str]], needs: Mapping[str, int]
) -> tuple[tuple[str, ...], Literal["exact", "greedy"]]:
    """The fewest sets that cover all; of equally few the first, so that less effort goes first.

    The greedy answer bounds the size; smaller sets are tried one by one while there are few enough
    (Chvátal 1979, A greedy heuristic for the set-covering problem).
    """
    greedy = _greedy_cover(wanted, covers, needs)
    tried = 0
    for size in range(len(greedy) + 1):
        for some in combinations(covers, size):
            tried += 1
            if tried > _MOST_SETS:
                return greedy, "greedy"
            if wanted <= frozenset().union(*(covers[name] for name in some)):
                return some, "exact"
    return greedy, "exact"


def _greedy_cover(
    wanted: frozenset[str], covers: Mapping[str, frozenset[str]], needs: Mapping[str, int]
) -> tuple[str, ...]:
    chosen: list[str] = []
    left = set(wanted)
    while left:
        best = max(covers, key=lambda name: sum(needs[each] for each in covers[name] & left))
        chosen.append(best)
        left -= covers[best]
    return tuple(chosen)


def _ordered(
    chosen: Sequence[str], actions: Mapping[str, RoleAction], needs: Mapping[str, int]
) -> tuple[NextAction, ...]:
    """The chosen actions, each time the one that closes most of what is left."""
    left, rest, ordered = set(needs), list(chosen), list[NextAction]()
    while rest:
        best = max(rest, key=lambda name: sum(needs[each] for each in left & set(actions[name].competencies)))
        rest.remove(best)
        action = actions[best]
        closed = tuple(name for name in action.competencies if name in left)
        left -= set(closed)
        ordered.append(
            NextAction(
                id=best,
                command=action.command,
                what=action.what,
                closes=sum(needs[name] for name in closed),
                competencies=closed,
            )
        )
    return tuple(ordered)
