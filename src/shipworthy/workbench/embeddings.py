"""Who reads passages and questions by meaning: the model on this machine, or one that somebody named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.core.errors import EnvironmentFailure, UserError, Where
from shipworthy.core.progress import Progress, silent

if TYPE_CHECKING:
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.gateway.adapters.embeddings import HostedEmbedder
    from shipworthy.gateway.embedding import Embedder
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.index import Index

__all__ = ["BY_WORDS", "Reading", "reader_of_passages", "reader_of_questions"]

BY_WORDS = "Or search by words only: --no-meaning"
"""What to do where the embedding model of an index cannot be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who reads the passages of an index by meaning."""

    embedder: Embedder | None
    """The model; None: nobody does."""
    hosted: HostedEmbedder | None = None
    """The same, where it is one that somebody named."""
    spec: ModelSpec | None = None
    """Its name and address."""

    def passages(self, index: Index, desk: ModelDesk, *, progress: Progress = silent) -> int:
        """Read the passages that were not read; how many there were.

        Raises:
            DataError: a document holds personal data that may not leave this machine.
            EnvironmentFailure: the model cannot be asked, or the budget is full; what was read stays.
        """
        from shipworthy.apps.answer.meanings import read_passages
        from shipworthy.gateway.budget import BudgetStop

        if self.hosted is None or self.spec is None:
            return index.embed(progress=progress)
        try:
            return read_passages(index, self.hosted, self.spec, desk, progress=progress)
        except BudgetStop as full:
            raise EnvironmentFailure(
                full.message,
                hint=f"{index.vectors:,} of {index.size:,} passages have been read by meaning and stay so; "
                "until all have been, the index is searched by words. Raise --budget and give the same "
                "command again.",
            ) from full

    @property
    def cost(self) -> float | None:
        """US dollars of what was asked; None: nothing was, or a price is unknown."""
        return self.hosted.cost if self.hosted is not None and self.hosted.calls else None


def reader_of_passages(
    into: Path, desk: ModelDesk, *, named: str | None = None, meaning: bool | None = None
) -> Reading:
    """Who is to read the passages of an index.

    Args:
        into: Folder of the index, which may have been made before.
        desk: Where a model is asked.
        named: The model that somebody named; None: the one that made the index.
        meaning: False: nobody; True: the model on this machine, unless one is named; None: as before, and
            in a new index the model on this machine where it is installed.

    Raises:
        UserError: the name cannot be used, its key is missing, or there is a budget and no price.
        MissingExtraError: what it needs is not installed.
    """
    from shipworthy.apps.answer.meanings import embedder_if_there
    from shipworthy.gateway.embedding import PACKAGED
    from shipworthy.retrieval.index import Index

    if named is not None and meaning is False:
        message = f"{named!r} was named to read the documents by meaning, and --no-meaning says not to."
        raise UserError(message, hint="Give one of the two.")
    before = None
    if Index.exists(into) and named is None and meaning is None:
        with Index.open(into, embedder=None) as index:
            before = index.made_with
    name = named or before
    if meaning is False or name in {None, PACKAGED}:
        return Reading(embedder=embedder_if_there(wanted=True if named else meaning))
    otherwise = "What was read stays: give the same command again, or index without it: --no-meaning"
    hosted, spec = _hosted(name or "", desk, file=None if named else into, otherwise=otherwise)
    return Reading(embedder=hosted, hosted=hosted, spec=spec)


def reader_of_questions(index: Index, folder: Path, desk: ModelDesk, *, otherwise: str) -> Embedder | None:
    """What reads questions as the passages of an index were read; None where none were.

    Raises:
        UserError: the model that read the passages cannot be asked from here.
    """
    from shipworthy.apps.answer.meanings import embedder_if_there
    from shipworthy.gateway.embedding import PACKAGED

    if not index.vectors:
        return None
    if index.made_with in {None, PACKAGED}:
        return embedder_if_there()
    hosted, spec = _hosted(index.made_with or "", desk, file=folder, otherwise=otherwise)
    away = "sent to" if spec.leaves_the_machine else "read by meaning by"
    desk.conduct.notice(f"The question is {away} {spec.title}, which read the passages of the index.")
    return hosted


def _hosted(
    name: str, desk: ModelDesk, *, file: Path | None, otherwise: str
) -> tuple[HostedEmbedder, ModelSpec]:
    """The model, opened; ``file`` is the index that remembers it, where nobody named it just now."""
    from shipworthy.gateway.specs import embeddings_spec

    named_in = "--embeddings" if file is None else "the index"
    try:
        spec = embeddings_spec(name, named_in=named_in, servers=desk.conduct.servers)
        return desk.embedder(spec, otherwise=otherwise), spec
    except UserError as error:
        if file is None:
            raise
        raise UserError(
            f"{name!r} read the passages of this index by meaning. {error.message}",
            where=Where(file=file),
            hint=" ".join(filter(None, [error.hint, otherwise])),
        ) from error
