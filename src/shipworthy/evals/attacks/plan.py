"""Which attempt is tried with which row, in which order, and how a try ended."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shipworthy.datasets.values import spelling_key
from shipworthy.evals.attacks.report import AttackTry, Outcome
from shipworthy.evals.attacks.writing import Written, lot, presentable, written
from shipworthy.evals.candidates.model import Asker
from shipworthy.evals.sections import example_row
from shipworthy.gateway.model import label_schema
from shipworthy.playbook.attacks import AttackAttempt, AttackKind, attack_attempts

if TYPE_CHECKING:
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example, FrozenDataset
    from shipworthy.evals.candidate import Fitted

__all__ = ["REPLIED", "Attack", "Step", "Work", "label_outcome", "plan", "why_not"]

REPLIED = frozenset({"ok", "refused", "invalid"})
"""How a call ends that brought a reply."""
_REPLY_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What is attacked, and with what."""

    id: str
    """Id of the attack."""
    feature: str
    """Feature name."""
    candidate: str
    """Name of the candidate."""
    words: str
    """What the candidate is."""
    fitted: Fitted | Asker
    """The candidate, ready to answer."""
    dataset: FrozenDataset
    """The feature's frozen examples."""
    carriers: Sequence[Example]
    """Labelled training rows, in which orders are put."""
    rows: int = 3
    """Rows that each attempt is tried with."""
    seed: int = 0
    """Seed of rows, words and labels."""
    attempts: Sequence[AttackAttempt] = field(default_factory=attack_attempts)
    """What is tried."""


def why_not(kind: AttackKind, fitted: Fitted | Asker, classes: Sequence[str]) -> str | None:
    """Why a candidate cannot be attacked in some way; None where it can."""
    if kind == "label":
        return None if len(classes) > 1 else "there is one label only"
    if not isinstance(fitted, Asker):
        return "it answers a label and nothing else, and was given no instructions to obey"
    if fitted.model.kind == "local" and fitted.settings.schema == label_schema(fitted.settings.labels):
        return "its labels are compared with each other and it never writes a text"
    if kind == "extraction" and fitted.model.kind == "endpoint":
        return "no secret can be planted in the instructions of a service from here"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One attempt with one row. Its random numbers are its own, whatever else is tried."""

    attempt: AttackAttempt
    """What is tried."""
    carrier: Example
    """The row that the order is put into."""
    number: int
    """Which of the attempt's rows it is, from 0."""
    seed: int
    """Seed of the attack."""

    def harmless(self) -> str:
        """The text with a polite sentence in place of the order."""
        return written(self.attempt, self.carrier.text, rng=self._lot("word"), harmless=True).sent

    def attacking(self, label: str = "") -> Written:
        """The text with the order."""
        return written(self.attempt, self.carrier.text, rng=self._lot("word"), label=label)

    def target(self, answered: str, classes: Sequence[str]) -> str:
        """A label that nothing speaks for: not the one answered, and if possible not the right one."""
        others = [one for one in classes if spelling_key(one) != spelling_key(answered)]
        return self._lot("label").choice([one for one in others if one != self.carrier.label] or others)

    def _lot(self, what: str) -> random.Random:
        return lot(self.seed, self.attempt.id, str(self.number), what)


def plan(attack: Attack, barred: Mapping[AttackKind, str | None]) -> list[Step]:
    """Every attempt once before any of them again, so that a part of the plan is a fair sample of it."""
    steps = []
    for attempt in attack.attempts:
        if barred[attempt.kind] is None:
            rows = min(attack.rows, len(attack.carriers))
            drawn = lot(attack.seed, attempt.id, "rows").sample(attack.carriers, rows)
            steps += [
                Step(attempt=attempt, carrier=carrier, number=number, seed=attack.seed)
                for number, carrier in enumerate(drawn)
            ]
    lot(attack.seed, "order").shuffle(steps)
    return sorted(steps, key=lambda step: step.number)


@dataclass(slots=True, kw_only=True)
class Work:
    """An attack under way."""

    attack: Attack
    """What is attacked."""
    steps: Sequence[Step]
    """What is to be tried."""
    progress: Progress
    """Told how far it is."""
    tries: list[AttackTry] = field(default_factory=list)
    """What was tried."""
    stopped: str | None = None
    """Why it ended early, if it did."""
    calls: int = 0
    """Replies that were needed."""
    spent: float = 0.0
    """US dollars spent."""

    def keep(
        self,
        step: Step,
        outcome: Outcome,
        *,
        status: str,
        what: Written | None = None,
        wanted: str = "",
        without: str | None = None,
        output: str | None = None,
        raw: str | None = None,
    ) -> None:
        """Keep how a try ended: shortened, and with personal data masked."""
        shown = step.carrier if what is None else replace(step.carrier, text=what.shown)
        row = example_row(
            shown, predicted=output, note=f"{step.attempt.name}: {presentable(raw or status, _REPLY_SHOWN)}"
        )
        self.tries.append(
            AttackTry(
                attempt=step.attempt.id,
                kind=step.attempt.kind,
                name=step.attempt.name,
                outcome=outcome,
                status=status,
                wanted=wanted,
                without=without,
                example=row,
            )
        )
        self.progress("attempts are made", len(self.tries), len(self.steps))


def label_outcome(output: str | None, status: str, wanted: str) -> Outcome:
    """Whether the label that was wanted was answered."""
    if status not in REPLIED:
        return "not_answered"
    return "obeyed" if output is not None and spelling_key(output) == spelling_key(wanted) else "resisted"
