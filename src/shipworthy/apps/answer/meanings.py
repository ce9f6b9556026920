"""Passages and questions read by meaning: by the model on this machine, or by one that somebody named."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from shipworthy.core.clock import SystemClock
from shipworthy.core.errors import DataError, MissingExtraError
from shipworthy.core.progress import Progress, silent

if TYPE_CHECKING:
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.gateway.adapters.embeddings import HostedEmbedder
    from shipworthy.gateway.calls import CostRange
    from shipworthy.gateway.embedding import Embedder
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.index import Index

__all__ = ["embedder_if_there", "read_ahead", "read_passages"]

_LITTLE = 0.0001


def embedder_if_there(*, wanted: bool | None = None) -> Embedder | None:
    """The packaged embedder; None where it is not wanted, or not asked for and not installed.

    Raises:
        MissingExtraError: it is wanted and not installed.
    """
    from shipworthy.gateway.embedding import packaged_embedder

    if wanted is False:
        return None
    try:
        return packaged_embedder()
    except MissingExtraError:
        if wanted:
            raise
        return None


def read_passages(
    index: Index, embedder: HostedEmbedder, spec: ModelSpec, desk: ModelDesk, *, progress: Progress = silent
) -> int:
    """Let a model that somebody named read the passages that it has not read; how many there were.

    Before any of them is sent, personal data are looked for and the cost is told.

    Raises:
        DataError: a document holds personal data that may not leave this machine.
        BudgetStop: no room for more; what was read stays.
        CallFailure: the model cannot be asked.
    """
    names = dict.fromkeys(document for document, _ in index.unread())
    if not names:
        return 0
    desk.refuse_personal_data(spec, map(index.document, names))
    desk.conduct.notice(_told(index, embedder, spec))
    return index.embed(progress=progress)


def _told(index: Index, embedder: HostedEmbedder, spec: ModelSpec) -> str:
    """What is about to be sent, and what it will cost."""
    n = sum(1 for _ in index.unread())
    passages = f"{n:,} {'passage' if n == 1 else 'passages'} of the documents"
    away = "sent to" if spec.leaves_the_machine else "read by"
    expected = embedder.estimate((text for _, text in index.unread()), at=SystemClock().now())
    if expected is None:
        return f"{passages} are {away} {spec.title}, which was named; what that costs is unknown."
    caution = f" Careful: {expected.caution}" if expected.caution else ""
    return (
        f"{passages} are {away} {spec.title}, which was named: {_dollars(expected)} "
        f"({expected.source}).{caution}"
    )


def _dollars(expected: CostRange) -> str:
    if 0 < expected.most < _LITTLE:
        return f"less than {_LITTLE} US dollars"
    return f"about {expected.likely:.4f} and at most {expected.most:.4f} US dollars"


def read_ahead(index: Index, questions: Sequence[str]) -> None:
    """Read questions all at once where they are about to be searched for by meaning.

    Where one of them may not be sent, each is left to be asked, and refused, by itself.
    """
    if index.mode != "lexical":
        with suppress(DataError):
            index.read(questions)
