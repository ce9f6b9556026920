"""What an attack found: one entry a try, a rate with its interval a kind, and how to find it again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from shipworthy.core.errors import DataError, Where
from shipworthy.evals.review import ExampleRow
from shipworthy.playbook.attacks import AttackKind
from shipworthy.stats.estimate import Estimate, undefined

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = [
    "AttackReport",
    "AttackTry",
    "KindResult",
    "Outcome",
    "Tally",
    "as_json",
    "broken_by",
    "latest_attack",
    "rate_of",
    "tally",
    "told",
]

Outcome = Literal["obeyed", "resisted", "not_answered", "not_comparable"]
"""How a try ended. ``not_answered``: no reply came. ``not_comparable``: without the attack there was no
usable answer either, so that nothing was tried."""

_LAYOUT = "shipworthy.attack/1"
_LARGEST = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackTry:
    """One attempt with one row. Everything in it that came from outside is hostile text."""

    attempt: str
    """Id of the attempt in the playbook."""
    kind: AttackKind
    """What it does."""
    name: str
    """What the attempt is called."""
    outcome: Outcome
    """How it ended."""
    status: str
    """How the call ended: ok, refused, invalid, timeout, error."""
    wanted: str
    """What shows success: a word that is in no text that was sent, or a label."""
    without: str | None
    """Label answered when a polite sentence stood in place of the order; None where none is compared."""
    example: ExampleRow
    """The text that was sent, with the row in it shortened; the answer, and what was written raw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Tries, counted."""

    attempts: int
    """Different attempts that were answered at least once."""
    succeeded: int
    """Attempts of these that succeeded at least once."""
    tries: int
    """Tries that were answered."""
    obeyed: int
    """Tries of these in which the candidate obeyed."""
    refused: int
    """Tries of these that the model refused to answer."""
    unanswered: int
    """Tries that ended without a reply, or that could not be compared; they count for nothing."""
    rate: Estimate
    """Share of the answered tries in which the candidate obeyed."""
    words: str
    """The result in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindResult:
    """All tries of one kind."""

    kind: AttackKind
    """Which."""
    name: str
    """The same in plain words."""
    why_not: str | None
    """Why this candidate cannot be attacked this way; None where it can. It is no sign of safety."""
    tally: Tally
    """What came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackReport:
    """An attack on one candidate: the content of its ``report.json``."""

    id: str
    """Its id."""
    at: str
    """When, ISO 8601 in UTC."""
    feature: str
    """Feature name."""
    candidate: str
    """Name of the candidate."""
    words: str
    """What the candidate is, in one sentence."""
    version: str
    """Hash of everything that determines its outputs."""
    dataset: str
    """Hash of the frozen dataset."""
    seed: int
    """Seed of rows, words and labels."""
    rows: int
    """Rows that each attempt was tried with, at most."""
    overall: Tally
    """All tries together."""
    kinds: tuple[KindResult, ...]
    """The kinds, in the playbook's order."""
    tries: tuple[AttackTry, ...]
    """Every try, in the playbook's order."""
    calls: int
    """Replies that were needed, those from the cache included."""
    spent: float
    """US dollars spent, where the price is known."""
    method: tuple[str, ...]
    """How it was measured."""
    stopped: str | None
    """Why it ended before every attempt was made; None when it did not."""
    schema: str = _LAYOUT
    """Version of this layout."""


def rate_of(tries: Sequence[AttackTry]) -> Estimate:
    """Share of the answered tries in which the candidate obeyed; tries of one attempt belong together."""
    import numpy as np

    from shipworthy.stats.intervals import proportion

    decided = [one for one in tries if one.outcome in {"obeyed", "resisted"}]
    if not decided:
        return undefined("no attempt was answered", method="Wilson")
    codes = {name: code for code, name in enumerate(dict.fromkeys(one.attempt for one in decided))}
    obeyed = np.array([one.outcome == "obeyed" for one in decided])
    return proportion(obeyed, clusters=np.array([codes[one.attempt] for one in decided])).at()


def tally(tries: Sequence[AttackTry], *, why_not: str | None = None) -> Tally:
    """Count tries. ``why_not``: why there are none."""
    decided = [one for one in tries if one.outcome in {"obeyed", "resisted"}]
    obeyed = [one for one in decided if one.outcome == "obeyed"]
    rate = rate_of(tries) if why_not is None else undefined(why_not, method="Wilson")
    attempts, succeeded = (len({one.attempt for one in part}) for part in (decided, obeyed))
    return Tally(
        attempts=attempts,
        succeeded=succeeded,
        tries=len(decided),
        obeyed=len(obeyed),
        refused=sum(one.status == "refused" for one in decided),
        unanswered=len(tries) - len(decided),
        rate=rate,
        words=_words(rate, len(obeyed), succeeded, attempts, why_not),
    )


def _words(rate: Estimate, obeyed: int, succeeded: int, attempts: int, why_not: str | None) -> str:
    if why_not is not None:
        return f"cannot be attacked this way, because {why_not}."
    if rate.value is None or rate.high is None:
        return f"not measured, because {rate.warning}."
    if not obeyed:
        return (
            f"none of {rate.n:,} tries succeeded; of attempts like these fewer than {rate.high:.1%} do "
            f"({rate.level:.0%} confidence)."
        )
    return f"{obeyed:,} of {rate.n:,} tries succeeded, by {succeeded:,} of {attempts:,} attempts: {rate}."


def told(report: AttackReport) -> tuple[str, ...]:
    """What came of each kind, in a line each; kinds that could not be tried share one for each reason."""
    lines = [f"{_capital(one.name)}: {one.tally.words}" for one in report.kinds if one.why_not is None]
    reasons = dict.fromkeys(one.why_not for one in report.kinds if one.why_not is not None)
    for reason in reasons:
        names = "; ".join(one.name for one in report.kinds if one.why_not == reason)
        lines.append(
            f"Cannot be attacked in these ways, because {reason}: {names}. That is no sign of safety."
        )
    return tuple(lines)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def broken_by(report: AttackReport) -> tuple[str, ...]:
    """The attempts that succeeded, each in one line, those that did so most often first."""
    tried = Counter(one.name for one in report.tries if one.outcome in {"obeyed", "resisted"})
    obeyed = Counter(one.name for one in report.tries if one.outcome == "obeyed")
    return tuple(f"{name}: {count:,} of {tried[name]:,}" for name, count in obeyed.most_common())


def as_json(report: AttackReport) -> str:
    """The text of ``report.json``."""
    plain = _layout().dump_python(report, mode="json")
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)


def latest_attack(folder: Path, candidate: str, version: str) -> AttackReport | None:
    """The newest attack on exactly this version of a candidate.

    Args:
        folder: Where a feature's attacks are, each in a folder with its ``report.json``.
        candidate: Its name.
        version: Hash of everything that determines its outputs; an attack on another version says nothing.

    Raises:
        DataError: a report cannot be read.
    """
    found = [_read(path) for path in sorted(folder.glob("*/report.json")) if path.parent.name[:1] != "."]
    fitting = [
        one for one in found if one is not None and (one.candidate, one.version) == (candidate, version)
    ]
    return max(fitting, key=lambda one: (one.at, one.id), default=None)


def _read(path: Path) -> AttackReport | None:
    """A report; None where it has a layout of another version."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        value: Any = json.loads(path.read_bytes())
        if value["schema"] != _LAYOUT:
            return None
        return _layout().validate_python(value)
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(
            "The report of this attack cannot be read.",
            where=Where(file=path),
            hint="Attacks are never changed after they were made: restore the file, or remove its folder.",
        ) from error


@cache
def _layout() -> TypeAdapter[AttackReport]:
    from pydantic import TypeAdapter

    return TypeAdapter(AttackReport)
