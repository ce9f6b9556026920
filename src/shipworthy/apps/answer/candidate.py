"""The application as a candidate that a review can judge."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import weakref
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shipworthy.apps.answer.answering import Answerer, Finished
from shipworthy.apps.answer.confidence import Confidence, Labelled
from shipworthy.apps.answer.meanings import embedder_if_there, read_ahead, read_passages
from shipworthy.apps.answer.selecting import Reader
from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import ShipworthyError, SpecError, Where, nearest
from shipworthy.core.files import write_atomic
from shipworthy.evals.jobs.candidate import JobAnswers, Spent
from shipworthy.evals.jobs.desk import all_of
from shipworthy.evals.jobs.labels import AnswerLabel, answer_label
from shipworthy.gateway.budget import BudgetStop
from shipworthy.gateway.model import CallFailure
from shipworthy.retrieval import wording
from shipworthy.retrieval.choosing import AskedQuestion, choose_mode

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.candidate import Status
    from shipworthy.evals.jobs.candidate import FittedJob, Surroundings
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.gateway.embedding import Embedder
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.index import Index

__all__ = [
    "AnswerCandidate",
    "AnswerSettings",
    "Fitted",
    "fitted_confidence",
    "read_settings",
]

_AT_ONCE = 8


class AnswerSettings(BaseModel):
    """``settings:`` of a candidate of kind ``app`` whose job is ``answer``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(None, description="Model that writes; none: the documents' own sentences.")
    k: int = Field(5, ge=1, le=50, description="Passages that are read.")
    meanings: bool | None = Field(
        None, description="Compare meanings too (extra 'embeddings'); when left out, where it is installed."
    )
    embeddings: str | None = Field(
        None,
        description="Embedding model that reads documents and questions by meaning, for instance "
        "openai:text-embedding-3-small; training rows then decide how to search.",
    )
    threshold: float | None = Field(None, ge=0, le=1, description="Answer from this confidence on.")
    precision: float | None = Field(
        None, gt=0, lt=1, description="Choose the threshold so that this share of answers is right."
    )
    learn: bool = Field(default=True, description="Learn weights and threshold from training rows.")


def read_settings(settings: Mapping[str, Any]) -> AnswerSettings:
    """Check the settings.

    Raises:
        SpecError: one is unknown or cannot be used.
    """
    try:
        return AnswerSettings.model_validate(dict(settings))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        unknown = first["type"] == "extra_forbidden"
        raise SpecError(
            f"{name!r} is not a setting of this application."
            if unknown
            else f"{first['input']!r} cannot be used for {name!r}: {first['msg'].lower()}.",
            where=Where(field=f"settings.{name}"),
            hint=nearest(name, AnswerSettings.model_fields) if unknown else None,
        ) from None


def fitted_confidence(
    answerer: Answerer, train: Sequence[Example], settings: AnswerSettings, *, kept: Path | None = None
) -> Confidence:
    """Weights and threshold: set in the settings, learnt from labelled rows, or as shipped.

    Args:
        answerer: Documents and reader that the rows are asked of.
        train: Labelled questions.
        settings: What feature.yaml says.
        kept: File in which what was learnt is kept, for as long as rows, documents and settings stay.

    Raises:
        DataError: a label cannot be read.
    """
    if settings.threshold is not None:
        return Confidence(threshold=settings.threshold, words="Threshold set in feature.yaml.")
    if not settings.learn or not train:
        return Confidence()
    rows = [[example.text, example.label] for example in train]
    key = sha256_of([answerer.version, rows, settings.precision, Confidence().version])
    if kept is not None and (known := _kept_confidence(kept, key)) is not None:
        return known
    found = Confidence().fitted(list(_labelled(answerer, train)), precision=settings.precision)
    if kept is not None:
        write_atomic(kept, json.dumps({"key": key, **asdict(found)}))
    return found


def _kept_confidence(path: Path, key: str) -> Confidence | None:
    try:
        plain = json.loads(path.read_bytes())
        if plain.pop("key") != key:
            return None
        weights = plain.pop("weights")
        return Confidence(weights=None if weights is None else tuple(map(float, weights)), **plain)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # a cache that cannot be read is made again


class AnswerCandidate:
    """Answers questions from the feature's documents."""

    def __init__(self, settings: AnswerSettings, around: Surroundings) -> None:
        if around.documents is None:
            raise SpecError(
                "Questions are answered from documents, and the feature names none.",
                where=Where(field="data.documents"),
                hint="For instance documents: handbook",
            )
        self.settings = settings
        self._around = around
        self._documents = around.documents
        self._model = _model_spec(settings, around)
        self._embeddings = _embeddings_spec(settings, around)

    @property
    def words(self) -> str:
        """What it is."""
        read = f" {self._embeddings.title} reads by meaning." if self._embeddings is not None else ""
        if self._model is None:
            return f"The documents' best sentences, word for word and cited; no model.{read}"
        return (
            f"{self._model.title} writes from retrieved sentences; what they do not say is taken out.{read}"
        )

    @property
    def sends_to(self) -> str | None:
        """The model on another machine that reads questions and documents."""
        named = (self._model, self._embeddings)
        return next((one.title for one in named if one is not None and one.leaves_the_machine), None)

    def fit(self, train: Sequence[Example]) -> FittedJob:
        """Index the documents; learn weights and threshold where enough training rows are labelled.

        Raises:
            UserError: the documents cannot be used, or a model's price is unknown and there is a budget.
        """
        self._around.desk.check(self._model)
        embedder = embedder_if_there(wanted=self.settings.meanings)
        index, folder = self._indexed(train, embedder)
        answerer = Answerer(library=index, reader=Reader(embedder=embedder), k=self.settings.k)
        kept = None if self._around.kept is None else folder / "confidence.json"
        answerer.confidence = fitted_confidence(answerer, train, self.settings, kept=kept)
        return Fitted(answerer=answerer, spec=self._model, desk=self._around.desk, index=index)

    def _indexed(self, train: Sequence[Example], packaged: Embedder | None) -> tuple[Index, Path]:
        """The documents' index, read by meaning by whoever was named for it."""
        kept, spec, desk = self._around.kept, self._embeddings, self._around.desk
        if spec is None:
            index, folder = _opened(kept, "answer", packaged)
            index.update(self._documents)
            return index, folder
        embedder = desk.embedder(spec, otherwise="Or take 'embeddings' out of the settings.")
        index, folder = _opened(kept, f"answer-{sha256_of(embedder.version)[:12]}", embedder)
        index.update(self._documents, embed=False)
        read_passages(index, embedder, spec, desk)
        choice = choose_mode(index, list(_asked(train, set(index.names))))
        index.prefer(choice.mode, why=choice.why)
        read_ahead(index, [example.text for example in train])
        return index, folder


@dataclass(slots=True, kw_only=True)
class Fitted:
    """The application, ready to answer."""

    answerer: Answerer
    """Without its model, which is opened for a batch."""
    spec: ModelSpec | None
    """The model."""
    desk: ModelDesk
    """Where the model is asked."""
    index: Index
    """Where passages are found."""

    @property
    def version(self) -> str:
        """Hash of documents, weights, settings and model."""
        from shipworthy.apps.answer.writing import PROMPT_VERSION

        model = None if self.spec is None else [self.spec.title, self.spec.provider, PROMPT_VERSION]
        return sha256_of([self.answerer.version, model])

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        """Answer questions; each stands alone."""
        read_ahead(self.index, [example.text for example in batch])
        with self.desk.opened(self.spec) as model:
            answerer = replace(self.answerer, model=model)
            ends = asyncio.run(_all(answerer, [example.text for example in batch]))
        return JobAnswers(
            outputs=[one.answer if status == "ok" and one is not None else None for one, status, _ in ends],
            statuses=[status for _, status, _ in ends],
            confidence=[None if one is None else _sureness(one) for one, _, _ in ends],
            details=[detail for _, _, detail in ends],
            retrieved=[None if one is None else one.passages for one, _, _ in ends],
            spent=[None if one is None else _spent(one) for one, _, _ in ends],
        )


_End = tuple[Finished | None, "Status", str | None]


async def _all(answerer: Answerer, questions: Sequence[str]) -> list[_End]:
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(question: str) -> _End:
        async with at_once:
            return await _one(answerer, question)

    try:
        return await all_of(one(question) for question in questions)
    finally:
        if answerer.model is not None:
            await answerer.model.close()


async def _one(answerer: Answerer, question: str) -> _End:
    try:
        finished = await answerer.answer(question)
    except (BudgetStop, CallFailure):
        raise  # so it would be with every other question
    except ShipworthyError as error:
        return None, "error", error.message
    if finished.reply is not None and finished.reply.status != "ok":
        return finished, finished.reply.status, finished.trouble
    return finished, "ok", None


def _sureness(finished: Finished) -> float:
    """How sure it is that the outcome is right."""
    sure = finished.answer.confidence
    return sure if finished.answer.outcome == "answer" else 1.0 - sure


def _spent(finished: Finished) -> Spent | None:
    reply = finished.reply
    if reply is None:
        return None
    return Spent(
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        cost=reply.cost,
        price_source=reply.price_source,
    )


def _model_spec(settings: AnswerSettings, around: Surroundings) -> ModelSpec | None:
    if settings.model is None:
        return None
    from shipworthy.gateway.specs import model_spec

    return model_spec(settings.model, named_in="feature.yaml", servers=around.desk.conduct.servers)


def _embeddings_spec(settings: AnswerSettings, around: Surroundings) -> ModelSpec | None:
    if settings.embeddings is None:
        return None
    from shipworthy.gateway.specs import embeddings_spec

    return embeddings_spec(settings.embeddings, named_in="feature.yaml", servers=around.desk.conduct.servers)


def _opened(kept: Path | None, name: str, embedder: Embedder | None) -> tuple[Index, Path]:
    """An index and its folder: kept where there is a place for it, else gone with the process's last use."""
    from shipworthy.retrieval.index import Index

    folder = kept / name if kept is not None else Path(tempfile.mkdtemp(prefix="shipworthy-index-"))
    index = Index.open(folder, embedder=embedder)
    if kept is None:
        weakref.finalize(index, shutil.rmtree, folder, ignore_errors=True)
    return index, folder


def _asked(train: Sequence[Example], documents: Container[str]) -> Iterator[AskedQuestion]:
    """Training questions whose label names the documents that answer them."""
    for example in train:
        evidence = () if example.label is None else answer_label(example.label).evidence
        named = [one.document for one in evidence if one.document is not None and one.document in documents]
        if named:
            yield AskedQuestion(text=example.text, documents=tuple(dict.fromkeys(named)))


def _labelled(answerer: Answerer, train: Sequence[Example]) -> Iterator[Labelled]:
    """The training rows whose label can be read, each with its signals and whether its answer is right."""
    for example in train:
        if example.label is None:
            continue
        label = answer_label(example.label)
        passages = answerer.library.search(example.text, k=answerer.k)
        ranked = answerer.reader.ranked(example.text, passages, answerer.library)
        if ranked:
            right = label.answerable and _holds(ranked[0].span.quote, ranked[0].span.document, label)
            yield Labelled(
                signals=answerer.reader.signals(example.text, ranked[0], answerer.library), right=right
            )


def _holds(sentence: str, document: str, label: AnswerLabel) -> bool:
    """Whether a sentence has a right answer in it, or is what the label says should be cited."""
    here = " ".join(wording.words(sentence.casefold()))
    if any(" ".join(wording.words(answer.casefold())) in here for answer in label.answers if answer.strip()):
        return True
    quotes = [" ".join(wording.words(one.quote.casefold())) for one in label.evidence
              if one.document in {None, document}]  # fmt: skip
    return any(quote and (quote in here or here in quote) for quote in quotes)
