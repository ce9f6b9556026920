"""Asking models: what is asked when, what is kept, and how a run goes on after a crash.

Examples are asked in a seeded random order, each by all models and all repeats before the next, so that
whatever part of a run is there is a fair sample on which candidates can be compared. A reply's row is in
the journal before anything else happens to it; what is there is never asked again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipworthy.datasets.prediction_log import Journal
from shipworthy.evals.desk import caller_for, expected_cost, refuse_personal_data, until_full
from shipworthy.evals.running import (
    Asked,
    Failure,
    Stopped,
    asking_order,
    log_row,
    place_of,
    written_time,
)
from shipworthy.gateway.adapters.replay import Recorder
from shipworthy.gateway.budget import Budget, BudgetStop
from shipworthy.gateway.cache import Cache
from shipworthy.gateway.limits import Limiter

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.core.progress import Progress
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.candidates.model import Asker
    from shipworthy.evals.running import Conduct, Run
    from shipworthy.gateway.calls import Caller
    from shipworthy.gateway.model import Model, Reply, Request

__all__ = ["ask", "exchanges_name"]

_SHOWN = 20
_LOOK_EVERY = 20


def ask(
    run: Run,
    askers: Mapping[str, Asker],
    *,
    split: str,
    journal: Path,
    clock: Clock,
    progress: Progress,
    conduct: Conduct,
) -> Asked:
    """Ask every model about every example of a split; rows go to the journal.

    Raises:
        UserError: personal data would leave the machine, or a price is unknown and there is a budget.
        EnvironmentFailure: a provider cannot be reached, or refuses the key.
    """
    refuse_personal_data(run.dataset, askers.values(), conduct)
    examples = list(run.dataset.examples(split))
    with Journal(journal) as rows:
        work = _Work(
            run=run, askers=askers, examples=examples, rows=rows, clock=clock, progress=progress,
            conduct=conduct,
        )  # fmt: skip
        work.read_journal()
        work.announce()
        reason = asyncio.run(work.all())
        if reason is None and len(work.order) < len(examples):
            reason = f"{len(work.order):,} of {len(examples):,} rows were asked about, drawn at random."
        return Asked(
            stopped=None if reason is None else Stopped(reason=reason, examples=tuple(work.complete())),
            failures={name: tuple(kept) for name, kept in work.failures.items()},
        )


def exchanges_name(candidate: str) -> str:
    """The file of a candidate's recorded exchanges."""
    return f"exchanges-{candidate.replace(' ', '-')}.jsonl"


@dataclass(slots=True, kw_only=True)
class _Work:
    """One run under way."""

    run: Run
    askers: Mapping[str, Asker]
    examples: Sequence[Example]
    rows: Journal
    clock: Clock
    progress: Progress
    conduct: Conduct
    done: set[int] = field(default_factory=set)
    spent_before: float = 0.0
    places: dict[str, int] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    failures: dict[str, list[Failure]] = field(default_factory=dict)
    right: dict[int, bool] = field(default_factory=dict)
    next_look: int = 0
    budget: Budget = field(default_factory=Budget)
    stop: str | None = None

    def __post_init__(self) -> None:
        self.places = {name: place for place, name in enumerate(self.run.candidates)}
        self.order = asking_order(self.examples, self.run.seed)[: self.conduct.rows]

    @property
    def total(self) -> int:
        return len(self.order) * len(self.askers) * self.conduct.repeats

    def place(self, name: str, position: int, repeat: int) -> int:
        return place_of(self.places[name], position, repeat)

    def read_journal(self) -> None:
        """Know again what was answered, and paid, before this process."""
        for row in self.rows.rows():
            self.done.add(row["place"])
            self.spent_before += row["paid"]
            self.askers[row["candidate"]].confidence_source = row["confidence_source"]
            self._note(row)

    def open_questions(self) -> Iterator[tuple[str, int, int]]:
        """What is still to be asked: candidate, position, repeat."""
        for position in self.order:
            for repeat in range(self.conduct.repeats):
                for name in self.askers:
                    if self.place(name, position, repeat) not in self.done:
                        yield name, position, repeat

    def complete(self) -> Iterator[str]:
        """Ids of the examples that every model has answered as often as asked."""
        for position, example in enumerate(self.examples):
            wanted = (
                self.place(name, position, repeat)
                for name in self.askers
                for repeat in range(self.conduct.repeats)
            )
            if all(place in self.done for place in wanted):
                yield example.id

    def announce(self) -> None:
        """Say what the run will cost, as a range, before anything is sent."""
        requests: dict[str, list[Request]] = {name: [] for name in self.askers}
        for name, position, repeat in self.open_questions():
            requests[name].append(self.askers[name].request(self.examples[position].text, repeat))
        for name, asker in self.askers.items():
            words = expected_cost(asker, requests[name], clock=self.clock)
            if words is not None:
                self.conduct.notice(f"{name}: {words}")

    async def all(self) -> str | None:
        """Ask everything that is open; why it stopped early, if it did."""
        self.budget = budget = Budget(self.conduct.budget, spent=self.spent_before)
        with ExitStack() as stack:
            cache = None if self.conduct.cache is None else stack.enter_context(Cache(self.conduct.cache))
            limiters: dict[str, Limiter] = {}
            callers = {
                name: caller_for(
                    asker,
                    conduct=self.conduct,
                    budget=budget,
                    cache=cache,
                    limiter=limiters.setdefault(
                        asker.model.provider, Limiter(asker.at_once(self.conduct.concurrency))
                    ),
                    clock=self.clock,
                )
                for name, asker in self.askers.items()
            }
            models = {name: self._recorded(name, caller, stack) for name, caller in callers.items()}
            try:
                for name, asker in self.askers.items():
                    await asker.prepare(models[name])
                    self.versions[name] = asker.version  # a hash of much: once, not for each row
                await self._ask_open(models)
            except BudgetStop as full:
                self.stop = full.message
            finally:
                for caller in callers.values():
                    await caller.close()
        return self.stop

    def _recorded(self, name: str, caller: Caller, stack: ExitStack) -> Model:
        """The caller, with every exchange written down where that was asked for."""
        if self.conduct.record is None:
            return caller
        return stack.enter_context(Recorder(caller, self.conduct.record / exchanges_name(name)))

    async def _ask_open(self, models: Mapping[str, Model]) -> None:
        questions = self.open_questions()

        async def worker() -> None:
            for name, position, repeat in questions:
                if self.stop is not None:
                    return
                await self._ask_one(models, name, position, repeat)

        full = await until_full([worker] * (self.conduct.concurrency * len(self.askers)))
        self.stop = full or self.stop

    async def _ask_one(self, models: Mapping[str, Model], name: str, position: int, repeat: int) -> None:
        asker, example = self.askers[name], self.examples[position]
        reply = await models[name].reply(asker.request(example.text, repeat))
        place = self.place(name, position, repeat)
        row = self._row(name, example, repeat, reply, place)
        self.rows.append([row])
        self.done.add(place)
        self._note(row)
        self._look()
        spent = self.budget.spending.spent
        self.progress(f"{name} answers" + (f", {spent:.2f} USD" if spent else ""), len(self.done), self.total)

    def _look(self) -> None:
        """Now and then ask whether what is there is enough."""
        if self.conduct.enough is None or self.stop is not None or len(self.done) < self.next_look:
            return
        self.next_look = len(self.done) + _LOOK_EVERY * len(self.askers) * self.conduct.repeats
        self.stop = self.conduct.enough(self._known_in_order())

    def _known_in_order(self) -> Mapping[str, list[list[bool]]]:
        """By candidate, whether each answer was right, for the examples that come first in the order.

        Only as far as every model has answered: which replies come in early says something about them.
        """
        right: dict[str, list[list[bool]]] = {name: [] for name in self.askers}
        for position in self.order:
            for name in self.askers:
                places = [self.place(name, position, repeat) for repeat in range(self.conduct.repeats)]
                if any(place not in self.done for place in places):
                    return {one: rows[: min(map(len, right.values()))] for one, rows in right.items()}
                right[name].append([self.right[place] for place in places])
        return right

    def _note(self, row: Mapping[str, Any]) -> None:
        """Keep a few of the rows without a usable answer, to be shown; and who was right."""
        if self.conduct.enough is not None:
            self.right[row["place"]] = row["output"] is not None and row["output"] == row["label"]
        kept = self.failures.setdefault(row["candidate"], [])
        if row["status"] != "ok" and len(kept) < _SHOWN:
            kept.append(Failure(example=row["example_id"], status=row["status"], detail=row["detail"] or ""))

    def _row(self, name: str, example: Example, repeat: int, reply: Reply, place: int) -> dict[str, Any]:
        asker = self.askers[name]
        said = asker.read(reply)
        return {
            **log_row(self.run, example),
            "candidate": name,
            "candidate_version": self.versions[name],
            "at": written_time(self.clock),
            "repeat": repeat,
            "output": None if said.output is None else json.dumps(said.output, ensure_ascii=False),
            "status": said.status,
            "confidence": said.confidence,
            "proba": said.proba,
            "latency_ms": reply.latency_ms,
            "tokens_in": reply.tokens_in,
            "tokens_out": reply.tokens_out,
            "cost": reply.cost,
            "price_source": reply.price_source,
            "place": place,
            "paid": 0.0 if reply.from_cache else reply.cost or 0.0,
            "detail": said.detail,
            "confidence_source": reply.confidence_source,
        }
