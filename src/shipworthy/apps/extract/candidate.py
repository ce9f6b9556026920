"""The extractor as a candidate that a review can judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from shipworthy.apps.extract.extraction import Extraction, Extractor
from shipworthy.apps.extract.fitting import RecordConfidence, fitted_confidence
from shipworthy.apps.extract.schema import Schema
from shipworthy.apps.extract.schema_file import load_schema
from shipworthy.core.canonical import sha256_of
from shipworthy.core.errors import ShipworthyError, SpecError, UserError, Where, nearest
from shipworthy.evals.checks.records import RecordCase
from shipworthy.evals.jobs.candidate import JobAnswers
from shipworthy.evals.jobs.labels import record_label
from shipworthy.gateway.specs import ModelSpec, model_spec
from shipworthy.retrieval.parsing import read_document

if TYPE_CHECKING:
    from shipworthy.datasets.frozen import Example
    from shipworthy.evals.jobs.candidate import Surroundings
    from shipworthy.retrieval.document import Document

__all__ = ["ExtractCandidate", "build_candidate"]

_SETTINGS = ("schema", "model")


def build_candidate(settings: Mapping[str, Any], around: Surroundings) -> ExtractCandidate:
    """Make the candidate of ``settings:``: ``schema`` (file, class or bundled name) and perhaps ``model``.

    Raises:
        SpecError: a setting is unknown, or the schema cannot be used.
    """
    for name in settings:
        if name not in _SETTINGS:
            where = Where(field=f"settings.{name}")
            raise SpecError(
                f"{name!r} is not a setting of extract.", where=where, hint=nearest(name, _SETTINGS)
            )
    named = settings.get("schema")
    if not isinstance(named, str):
        hint = "For instance schema: schema.yaml, or schema: invoice"
        raise SpecError("The setting 'schema' is missing.", where=Where(field="settings.schema"), hint=hint)
    model = settings.get("model")
    if model is not None and not isinstance(model, str):
        raise SpecError(f"{model!r} is not a model's name.", where=Where(field="settings.model"))
    spec = (
        None
        if model is None
        else model_spec(model, named_in="feature.yaml", servers=around.desk.conduct.servers)
    )
    return ExtractCandidate(schema=load_schema(named, folder=around.folder), model=spec, around=around)


@dataclass(frozen=True, kw_only=True)
class ExtractCandidate:
    """Extracts the record of each document. By rules, it learns from labels how sure a whole record is."""

    schema: Schema
    """What to extract."""
    model: ModelSpec | None
    """The model to ask; None works by rules."""
    around: Surroundings
    """Where the documents and the cache are."""
    confidence: RecordConfidence | None = None
    """How sure a whole record is; None: as sure as its least sure value."""

    @property
    def words(self) -> str:
        """What it is, in one sentence."""
        how = "by rules, no model" if self.model is None else f"with {self.model.title}, quotations verified"
        return f"Records of the schema {self.schema.name}, {how}."

    @property
    def sends_to(self) -> str | None:
        """The model on another machine that will read the documents."""
        return self.model.title if self.model is not None and self.model.leaves_the_machine else None

    @property
    def version(self) -> str:
        """Hash of schema, model and rules."""
        learnt = None if self.confidence is None else asdict(self.confidence)
        return sha256_of([Extractor(self.schema, model=self.model).version, learnt])

    def fit(self, train: Sequence[Example]) -> ExtractCandidate:
        """Learn how sure a whole record is; not with a model, which would have to be asked about all rows.

        Raises:
            UserError: the model's price is unknown and there is a budget.
        """
        self.around.desk.check(self.model)
        if self.model is not None:
            return self
        cases = [case for example in train if (case := self._case(example)) is not None]
        return replace(self, confidence=fitted_confidence(cases))

    def _case(self, example: Example) -> RecordCase | None:
        """A training row's record beside its label; None where one of the two cannot be read."""
        document = self._read(example)
        if isinstance(document, UserError) or example.label is None:
            return None
        try:
            label = record_label(example.label)
        except UserError:
            return None
        with Extractor(self.schema) as extractor:
            record = extractor.extract([document])[0].record
        return RecordCase(text=example.text, label=label, output=record, documents={document.name: document})

    def _sure(self, row: Extraction) -> float | None:
        return row.confidence if self.confidence is None else self.confidence.of(row.record)

    def answer(self, batch: Sequence[Example]) -> JobAnswers:
        """The record of each example's document, in order. A document that cannot be read is an error."""
        read = [self._read(example) for example in batch]
        documents = [one for one in read if not isinstance(one, UserError)]
        with Extractor(self.schema, model=self.model, desk=self.around.desk) as extractor:
            done = iter(extractor.extract(documents))
        rows = [one if isinstance(one, UserError) else next(done) for one in read]
        kept = [None if isinstance(row, UserError) else row for row in rows]
        return JobAnswers(
            outputs=[None if row is None or _unanswered(row) else row.record for row in kept],
            statuses=["error" if row is None else "invalid" if _unanswered(row) else "ok" for row in kept],
            confidence=[None if row is None else self._sure(row) for row in kept],
            details=[_detail(row) for row in rows],
            spent=[None if row is None else row.spent for row in kept],
        )

    def _read(self, example: Example) -> Document | UserError:
        folder = self.around.documents
        if folder is None:
            return SpecError("The feature names no documents.", where=Where(field="data.documents"))
        path = (folder / example.text).resolve()
        if not path.is_relative_to(folder.resolve()):
            return UserError(f"{example.text[:200]!r} is not below the folder of documents.")
        try:
            return read_document(path, name=example.text)
        except UserError as error:
            return error


def _unanswered(row: Extraction) -> bool:
    return bool(row.calls) and row.failed == row.calls


def _detail(row: Extraction | ShipworthyError) -> str | None:
    if isinstance(row, ShipworthyError):
        return row.message
    if _unanswered(row):
        return "No call had a usable answer."
    dropped = row.not_verbatim + row.unsupported
    return (
        f"{dropped} values were dropped: their quotation is not in the text, or does not say them."
        if dropped
        else None
    )
