"""Labels for new texts, by a fitted candidate, as far as its review allows.

A label is only acted on without a person where a review said so: a verdict to ship, and a confidence from
the review's threshold on. Everything else is a suggestion that goes to a person.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from shipworthy.datasets.frozen import Example
from shipworthy.evals.candidate import Status
from shipworthy.evals.candidates.model import Asker
from shipworthy.gateway.budget import Budget

if TYPE_CHECKING:
    from shipworthy.core.clock import Clock
    from shipworthy.evals.candidate import Fitted
    from shipworthy.evals.candidates.model import Said
    from shipworthy.evals.running import Conduct
    from shipworthy.gateway.calls import Caller

__all__ = ["Action", "Basis", "LabelledText", "Labeller"]

Action = Literal["automatic", "send to a person"]
"""Whether the label may be acted on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What allows labels to be acted on."""

    acts: bool
    """Whether the newest review lets the candidate act at all, and still fits it."""
    threshold: float | None
    """Confidence from which it may act; None: at any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    """What was said about one text."""

    id: str
    """Its id."""
    label: str | None = None
    """The label; None where there is none."""
    confidence: float | None = None
    """How sure, 0 to 1, where the candidate tells."""
    action: Action = "send to a person"
    """Whether the label may be acted on."""
    status: Status = "ok"
    """How it ended."""
    detail: str | None = None
    """Why it did not end well."""


class Labeller:
    """A fitted candidate that labels texts. Use it in a ``with`` block.

    Args:
        fitted: The candidate.
        basis: What the review allows.
        conduct: How models are asked.
        clock: Tells the time for prices.
        repeats: How often a model that tells no confidence was asked in the review; then the share of
            repeats that agree is the confidence.
    """

    def __init__(
        self, fitted: Fitted | Asker, basis: Basis, *, conduct: Conduct, clock: Clock, repeats: int = 1
    ) -> None:
        self.fitted = fitted
        self.basis = basis
        self.budget = Budget(conduct.budget)
        self._conduct = conduct
        self._clock = clock
        self._repeats = repeats
        self._stack = ExitStack()
        self._runner: asyncio.Runner | None = None
        self._caller: Caller | None = None

    def __enter__(self) -> Self:
        if isinstance(self.fitted, Asker):
            try:
                self._open(self.fitted)
            except BaseException:
                self._stack.close()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None and self._caller is not None:
            self._runner.run(self._caller.close())
        self._stack.close()

    def _open(self, asker: Asker) -> None:
        from shipworthy.evals.desk import caller_for
        from shipworthy.gateway.cache import Cache
        from shipworthy.gateway.limits import Limiter

        folder = self._conduct.cache
        cache = None if folder is None else self._stack.enter_context(Cache(folder))
        self._runner = self._stack.enter_context(asyncio.Runner())
        self._caller = caller_for(
            asker,
            conduct=self._conduct,
            budget=self.budget,
            cache=cache,
            limiter=Limiter(asker.at_once(self._conduct.concurrency)),
            clock=self._clock,
        )
        self._runner.run(asker.prepare(self._caller))

    def label(self, texts: Sequence[tuple[str, str]]) -> list[LabelledText]:
        """Label texts, each with its id, in order.

        Raises:
            BudgetStop: the budget is used up.
            EnvironmentFailure: a model cannot be asked.
        """
        full = [(identifier, text) for identifier, text in texts if text.strip()]
        said = iter(self._said(full))
        return [next(said) if text.strip() else _without_text(identifier) for identifier, text in texts]

    def _said(self, texts: Sequence[tuple[str, str]]) -> list[LabelledText]:
        if isinstance(self.fitted, Asker):
            assert self._runner is not None
            return self._runner.run(self._asked(self.fitted, texts))
        return self._answered(self.fitted, texts)

    def _answered(self, fitted: Fitted, texts: Sequence[tuple[str, str]]) -> list[LabelledText]:
        if not texts:
            return []
        answers = fitted.answer([_example(row, *text) for row, text in enumerate(texts)])
        sure = answers.confidence or [None] * len(texts)
        details = answers.details or [None] * len(texts)
        return [
            self._decided(identifier, output, confidence, status, detail)
            for (identifier, _), output, confidence, status, detail in zip(
                texts, answers.outputs, sure, answers.statuses, details, strict=True
            )
        ]

    async def _asked(self, asker: Asker, texts: Sequence[tuple[str, str]]) -> list[LabelledText]:
        """Ask about all texts at once; the limiter holds back what is too much."""
        tasks = [asyncio.ensure_future(self._one(asker, *text)) for text in texts]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, asker: Asker, identifier: str, text: str) -> LabelledText:
        assert self._caller is not None
        said = asker.read(await self._caller.reply(asker.request(text, 0)))
        confidence = said.confidence
        if confidence is None and self._repeats > 1:
            more = [
                asker.read(await self._caller.reply(asker.request(text, repeat)))
                for repeat in range(1, self._repeats)
            ]
            said, confidence = _voted([said, *more])
        return self._decided(identifier, said.output, confidence, said.status, said.detail)

    def _decided(
        self, identifier: str, label: str | None, confidence: float | None, status: Status, detail: str | None
    ) -> LabelledText:
        threshold = self.basis.threshold
        enough = threshold is None or (confidence is not None and confidence >= threshold)
        acts = self.basis.acts and status == "ok" and label is not None and enough
        return LabelledText(
            id=identifier,
            label=label,
            confidence=confidence,
            action="automatic" if acts else "send to a person",
            status=status,
            detail=detail,
        )


def _voted(said: Sequence[Said]) -> tuple[Said, float]:
    """What most repeats answered, the first of equals, and their share."""
    votes = Counter(one.output for one in said if one.output is not None)
    if not votes:
        return said[0], 0.0
    winner, times = votes.most_common(1)[0]
    return next(one for one in said if one.output == winner), times / len(said)


def _without_text(identifier: str) -> LabelledText:
    return LabelledText(id=identifier, status="invalid", detail="there is no text")


def _example(row: int, identifier: str, text: str) -> Example:
    return Example(
        row=row,
        id=identifier,
        text=text,
        label=None,
        segments={},
        cluster=None,
        at=None,
        outcome=None,
        label_source=None,
        annotations={},
    )
