"""From a transcript to a summary, by cues or by a model, with every span held against the text at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shipworthy.apps.summarise.extractive import summarise_by_cues
from shipworthy.apps.summarise.scoring import Scorer
from shipworthy.core.canonical import sha256_of
from shipworthy.evals.jobs.outputs import Summary
from shipworthy.retrieval.document import verified

if TYPE_CHECKING:
    from shipworthy.apps.summarise.asking import Told, WindowLimits
    from shipworthy.gateway.model import Model, Reply
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.document import Document

__all__ = ["Noted", "Summariser"]

_SECONDS = 60.0
_LOCAL_SECONDS = 900.0  # for a window, on a small machine with other work


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A summary and how it came about."""

    summary: Summary
    """Statements, every span of which stands in the transcript."""
    how: str
    """Who made it, in a sentence."""
    unread: tuple[tuple[int, int], ...] = ()
    """Turns, first and last, that the model gave no usable answer about."""
    dropped: int = 0
    """Statements of the model that named no line."""
    blanked: int = 0
    """Owners and due dates of the model that no line gives."""
    replies: tuple[Reply, ...] = field(default=(), repr=False)
    """What the model replied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summariser:
    """How summaries are made."""

    scorer: Scorer = field(default_factory=Scorer)
    """Weights of the cues."""
    model: ModelSpec | None = None
    """The model; None: by cues."""
    learnt: bool = False
    """Whether labelled meetings were learnt from."""

    @property
    def how(self) -> str:
        """What it is, in one sentence."""
        if self.model is not None:
            return (
                f"{self.model.title} reads numbered lines; each statement is held against the lines it names."
            )
        if self.learnt:
            return "The likeliest lines, word for word, by cues and the words of labelled meetings; no model."
        return "The likeliest lines, word for word, by cues with weights set by hand; no model."

    @property
    def version(self) -> str:
        """Hash of everything that determines its summaries."""
        from shipworthy.apps.summarise.asking import PROMPT_VERSION
        from shipworthy.apps.summarise.cues import CUES

        if self.model is not None:
            return sha256_of([self.model.title, self.model.provider, PROMPT_VERSION])
        cues = {kind: {name: pattern for name, (_, pattern) in table.items()} for kind, table in CUES.items()}
        weights = {
            kind: [list(one.cues), dict(one.extra), one.even, one.even_short, one.scale, dict(one.words)]
            for kind, one in self.scorer.weights.items()
        }
        return sha256_of([cues, weights])

    @property
    def deadline(self) -> float:
        """Seconds that a call needs at least."""
        return _LOCAL_SECONDS if self.model is not None and self.model.kind == "local" else _SECONDS

    @property
    def limits(self) -> WindowLimits:
        """How much one call holds."""
        from shipworthy.apps.summarise.asking import WindowLimits

        small = self.model is not None and self.model.kind == "local"
        return WindowLimits.small() if small else WindowLimits()

    def summarise(self, document: Document, model: Model | None = None) -> Noted:
        """Summarise one transcript.

        Args:
            document: The transcript.
            model: The opened model, where there is one.

        Raises:
            EnvironmentFailure: the model cannot be asked, or the budget is used up.
        """
        if model is None:
            return Noted(summary=_true(document, summarise_by_cues(document, self.scorer)), how=self.how)
        from shipworthy.apps.summarise.asking import ask_for_summary

        told = asyncio.run(_closing(model, ask_for_summary(model, document, self.limits)))
        return Noted(
            summary=_true(document, told.summary),
            how=self.how,
            unread=told.unread,
            dropped=told.dropped,
            blanked=told.blanked,
            replies=told.replies,
        )


async def _closing(model: Model, work: Awaitable[Told]) -> Told:
    """Do the work, and let go of connections while their event loop is there."""
    try:
        return await work
    finally:
        await model.close()


def _true(document: Document, summary: Summary) -> Summary:
    """The statements whose every span is verbatim; the others are ours to answer for, and never shown."""
    sound = [item for item in summary.items if item.spans and all(verified(s, document) for s in item.spans)]
    return replace(summary, items=tuple(sound))
