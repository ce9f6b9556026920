"""The application as a candidate that a review can judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shipworthy.apps.summarise.fitting import Labelled, fitted
from shipworthy.apps.summarise.reading import read_transcript
from shipworthy.apps.summarise.summariser import Noted, Summariser
from shipworthy.core.errors import DataError, ShipworthyError, SpecError, Where, nearest
from shipworthy.evals.jobs.candidate import JobAnswers, Spent
from shipworthy.evals.jobs.labels import summary_label
from shipworthy.gateway.budget import BudgetStop
from shipworthy.gateway.model import CallFailure

if TYPE_CHECKING:
    from pathlib import Path

    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.candidate import Status
    from shipworthy.evals.jobs.candidate import Surroundings
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.evals.jobs.outputs import ItemKind
    from shipworthy.gateway.model import Model
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.document import Document

__all__ = [
    "FittedSummaries",
    "SummariseSettings",
    "SummaryCandidate",
    "build_candidate",
    "read_settings",
]


class SummariseSettings(BaseModel):
    """``settings:`` of a candidate of kind ``app`` whose job is ``summarise``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        None, description="Model that writes the notes; none: lines word for word, by cues."
    )
    learn: bool = Field(
        default=False, description="Learn words from the labelled training meetings, beside the cues."
    )


def read_settings(settings: Mapping[str, Any]) -> SummariseSettings:
    """Check the settings.

    Raises:
        SpecError: one is unknown or cannot be used.
    """
    try:
        return SummariseSettings.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        unknown = first["type"] == "extra_forbidden"
        message = (
            f"{name!r} is not a setting of this application."
            if unknown
            else f"{first['input']!r} cannot be used for {name!r}: {first['msg'].lower()}."
        )
        hint = nearest(name, SummariseSettings.model_fields) if unknown else None
        raise SpecError(message, where=Where(field=f"settings.{name}"), hint=hint) from None


def build_candidate(settings: Mapping[str, Any], around: Surroundings) -> SummaryCandidate:
    """Make the candidate.

    Raises:
        SpecError: a setting cannot be used, or the feature names no documents.
    """
    return SummaryCandidate(read_settings(settings), around)


class SummaryCandidate:
    """Summarises the transcripts that the examples name."""

    def __init__(self, settings: SummariseSettings, around: Surroundings) -> None:
        if around.documents is None:
            raise SpecError(
                "Meetings are summarised from files, and the feature names no folder of them.",
                where=Where(field="data.documents"),
                hint="For instance documents: transcripts",
            )
        self.settings = settings
        self._documents = around.documents
        self._desk = around.desk
        self._model = _model_spec(settings, around)

    @property
    def words(self) -> str:
        """What it is."""
        return Summariser(model=self._model, learnt=self.settings.learn).how

    @property
    def sends_to(self) -> str | None:
        """The model on another machine that reads the transcripts."""
        return self._model.title if self._model is not None and self._model.leaves_the_machine else None

    def fit(self, train: Sequence[Example]) -> FittedSummaries:
        """Learn words where that is wanted; nothing else is learnt.

        Raises:
            UserError: a transcript or a label cannot be used, or the model's price is unknown and there is a
                budget.
        """
        self._desk.check(self._model)
        summariser = Summariser(model=self._model)
        if self.settings.learn and self._model is None:
            known = list(_labelled(train, self._documents))
            summariser = Summariser(scorer=fitted(known), learnt=True)
        return FittedSummaries(summariser=summariser, documents=self._documents, desk=self._desk)


def _model_spec(settings: SummariseSettings, around: Surroundings) -> ModelSpec | None:
    if settings.model is None:
        return None
    from shipworthy.gateway.specs import model_spec

    return model_spec(settings.model, named_in="feature.yaml", servers=around.desk.conduct.servers)


def _read(documents: Path, name: str) -> Document:
    path = (documents / name).resolve()
    if not path.is_relative_to(documents.resolve()):
        raise DataError(f"{name[:80]!r} is not below the folder of the documents.")
    return read_transcript(path, name=name)


def _labelled(train: Sequence[Example], documents: Path) -> Iterator[Labelled]:
    for example in train:
        if example.label is not None:
            labels: dict[ItemKind, set[int]] = {}
            for item in summary_label(example.label).items:
                labels.setdefault(item.kind, set()).update(item.lines)
            yield _read(documents, example.text), labels


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSummaries:
    """The application, ready to summarise."""

    summariser: Summariser
    """How it summarises."""
    documents: Path
    """Folder of the transcripts."""
    desk: ModelDesk
    """Where the model is asked."""

    @property
    def version(self) -> str:
        """Hash of everything that determines its summaries."""
        return self.summariser.version

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        """Summarise the transcripts that the examples name, in order."""
        with self.desk.opened(self.summariser.model, deadline=self.summariser.deadline) as model:
            ends = [self._one(example.text, model) for example in batch]
        return JobAnswers(
            outputs=[
                noted.summary if noted is not None and status == "ok" else None for noted, status, _ in ends
            ],
            statuses=[status for _, status, _ in ends],
            confidence=[_sureness(noted) for noted, _, _ in ends],
            details=[detail for _, _, detail in ends],
            spent=[_spent(noted) for noted, _, _ in ends],
        )

    def _one(self, name: str, model: Model | None) -> tuple[Noted | None, Status, str | None]:
        try:
            noted = self.summariser.summarise(_read(self.documents, name), model)
        except (BudgetStop, CallFailure):
            raise  # so it would be with every other transcript
        except ShipworthyError as error:
            return None, "error", error.message
        failed = [reply for reply in noted.replies if reply.status != "ok"]
        if failed and len(failed) == len(noted.replies):
            return noted, failed[0].status, failed[0].detail
        missing = f"{len(failed)} of {len(noted.replies)} parts gave no usable answer" if failed else None
        return noted, "ok", missing


def _sureness(noted: Noted | None) -> float | None:
    """The mean confidence of the statements; None where there are none."""
    items = () if noted is None else noted.summary.items
    return sum(item.confidence for item in items) / len(items) if items else None


def _spent(noted: Noted | None) -> Spent | None:
    if noted is None or not noted.replies:
        return None
    costs = [reply.cost for reply in noted.replies]
    known = [cost for cost in costs if cost is not None]
    return Spent(
        tokens_in=sum(reply.tokens_in or 0 for reply in noted.replies),
        tokens_out=sum(reply.tokens_out or 0 for reply in noted.replies),
        cost=sum(known) if len(known) == len(costs) else None,
        price_source=noted.replies[0].price_source,
    )
