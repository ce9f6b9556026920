"""One document in, one checked record out: by rules, or with a language model."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from shipworthy.apps.extract.asking import Asked, Asking, AskingLimits
from shipworthy.apps.extract.rules import limits, record_by_rules
from shipworthy.apps.extract.schema import FieldSpec, Schema
from shipworthy.core.canonical import sha256_of
from shipworthy.evals.jobs.candidate import Spent
from shipworthy.evals.jobs.desk import all_of
from shipworthy.evals.jobs.outputs import Record

if TYPE_CHECKING:
    from shipworthy.evals.jobs.desk import ModelDesk
    from shipworthy.gateway.model import Model, Reply
    from shipworthy.gateway.specs import ModelSpec
    from shipworthy.retrieval.document import Document

__all__ = ["Extraction", "Extractor", "conflicts", "missing"]

_RULES_VERSION = 1
"""Counted up when the same document may give another record."""
_AT_ONCE = 16
_SECONDS = 180.0  # a long part takes longer than a label
_LOCAL_SECONDS = 1_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What came out of one document."""

    record: Record
    """The record; every span of it is verbatim."""
    missing: tuple[str, ...]
    """Required fields without a value."""
    conflicts: tuple[str, ...]
    """Fields for which the document gives different values."""
    spent: Spent | None = None
    """What the model's calls used; None without a model."""
    calls: int = 0
    """Calls to a model."""
    failed: int = 0
    """Of these, without a usable answer."""
    not_verbatim: int = 0
    """Values that the model gave with a quotation that is not in the document; they were dropped."""
    unsupported: int = 0
    """Values that the model gave and its own quotation does not say; they were dropped."""

    @property
    def confidence(self) -> float | None:
        """How sure it is that all of the record is right: that of its least sure value."""
        found = [one.confidence for one in self.record.fields.values() if one.state == "found"]
        return None if not found or self.missing or self.conflicts else min(found)


def missing(schema: Schema, record: Record) -> tuple[str, ...]:
    """Required fields without a value; those of an object count where there is anything of the object."""
    return tuple(_missing(schema.fields, "", record, needed=True))


def _missing(fields: Sequence[FieldSpec], before: str, record: Record, *, needed: bool) -> Iterator[str]:
    for spec in fields:
        name = f"{before}{spec.name}"
        if spec.kind == "object":
            there = any(
                key.startswith(f"{name}.") and field.state in {"found", "conflict"}
                for key, field in record.fields.items()
            )
            yield from _missing(spec.fields, f"{name}.", record, needed=there or (needed and spec.required))
        elif needed and spec.required and record.fields[name].state != "found":
            yield name


def conflicts(record: Record) -> tuple[str, ...]:
    """Fields for which the document gives different values."""
    return tuple(name for name, field in record.fields.items() if field.state == "conflict")


class Extractor:
    """A schema, and a way to fill it. Use as a context manager; without a model that costs nothing.

    Args:
        schema: What to extract.
        model: The model to ask; None works by rules.
        desk: Where the model is asked: budget, cache, leave.
        opened: A model that is open already, instead of the one that ``model`` names.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        model: ModelSpec | None = None,
        desk: ModelDesk | None = None,
        opened: Model | None = None,
    ) -> None:
        self.schema = schema
        self._spec = model
        self._desk = desk
        self._opened = opened
        self._stack = ExitStack()
        self._caller: Model | None = None
        small = model is not None and model.kind == "local"
        asks = model is not None or opened is not None
        self._asking = Asking(schema, AskingLimits.small() if small else AskingLimits()) if asks else None

    @property
    def version(self) -> str:
        """Hash of all that determines the records."""
        title = None if self._spec is None else self._spec.title
        opened = None if self._opened is None else self._opened.version
        return sha256_of([self.schema.digest, title, opened, _RULES_VERSION])

    @property
    def limits(self) -> tuple[str, ...]:
        """What it cannot do, in sentences; nothing is known beforehand of a model."""
        return () if self._asking is not None else limits(self.schema)

    def __enter__(self) -> Self:
        if self._asking is None:
            return self
        try:
            self._runner = self._stack.enter_context(asyncio.Runner())
            self._caller = self._opened or self._built()
            self._stack.callback(self._closed)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _built(self) -> Model | None:
        from shipworthy.evals.jobs.desk import ModelDesk

        local = self._spec is not None and self._spec.kind == "local"
        desk = self._desk or ModelDesk()
        return self._stack.enter_context(
            desk.opened(self._spec, deadline=_LOCAL_SECONDS if local else _SECONDS)
        )

    def _closed(self) -> None:
        if self._caller is not None:
            self._runner.run(self._caller.close())

    @property
    def at_once(self) -> int:
        """Documents worth giving to ``extract`` together."""
        return 1 if self._asking is None else _AT_ONCE

    def extract(self, documents: Sequence[Document]) -> tuple[Extraction, ...]:
        """The records of some documents, in order.

        Raises:
            CallFailure: the model cannot be asked at all.
            BudgetStop: the budget is used up.
            DataError: a document holds personal data that may not leave this machine.
        """
        if self._asking is None:
            return tuple(self._by_rules(document) for document in documents)
        assert self._caller is not None, "used outside of its with block"
        if self._desk is not None:
            self._desk.refuse_personal_data(self._spec, documents)
        asked = self._runner.run(_all(self._asking, self._caller, documents))
        return tuple(self._with_model(one) for one in asked)

    def _by_rules(self, document: Document) -> Extraction:
        record = record_by_rules(self.schema, document)
        return Extraction(record=record, missing=missing(self.schema, record), conflicts=conflicts(record))

    def _with_model(self, asked: Asked) -> Extraction:
        return Extraction(
            record=asked.record,
            missing=missing(self.schema, asked.record),
            conflicts=conflicts(asked.record),
            spent=_spent(asked.replies),
            calls=asked.calls,
            failed=asked.failed,
            not_verbatim=asked.not_verbatim,
            unsupported=asked.unsupported,
        )


async def _all(asking: Asking, model: Model, documents: Sequence[Document]) -> list[Asked]:
    return await all_of(asking.record(model, document) for document in documents)


def _spent(replies: Sequence[Reply]) -> Spent:
    def total(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) if len(known) == len(values) else None

    tokens_in = total([reply.tokens_in for reply in replies])
    tokens_out = total([reply.tokens_out for reply in replies])
    return Spent(
        tokens_in=None if tokens_in is None else int(tokens_in),
        tokens_out=None if tokens_out is None else int(tokens_out),
        cost=total([reply.cost for reply in replies]),
        price_source=next((reply.price_source for reply in replies if reply.price_source), None),
    )
