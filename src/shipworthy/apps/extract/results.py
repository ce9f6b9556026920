"""Records as people and other programs take them away: with the place of every value, as JSON or tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from shipworthy.apps.extract.extraction import Extraction
from shipworthy.apps.extract.schema import Schema
from shipworthy.evals.jobs.outputs import FieldState

if TYPE_CHECKING:
    from shipworthy.datasets.export import Cell
    from shipworthy.retrieval.document import Document

__all__ = ["SPAN_COLUMNS", "ExtractedField", "ExtractedRecord", "Quote", "extracted", "span_rows", "table"]

SPAN_COLUMNS = (
    "document", "field", "state", "value", "confidence", "page", "line", "start", "end", "quote", "why",
)  # fmt: skip
"""Columns of the table of spans: one row for every place a value stands at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The words that a value rests on."""

    start: int
    """Position of the first character in the document's text."""
    end: int
    """Position after the last character."""
    quote: str
    """The words, exactly as they stand there."""
    page: int | None = None
    """Page, from 1."""
    line: int | None = None
    """Line, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedField:
    """One value of a record."""

    state: FieldState
    """Absent: the document says there is none. Not found: nothing was recognised. Conflict: several."""
    value: Any = None
    """The value, where it was found."""
    confidence: float = 0.0
    """How good the reason is, 0 to 1."""
    quotes: tuple[Quote, ...] = ()
    """Where it stands."""
    others: tuple[Any, ...] = ()
    """The values of a conflict, or the readings of an ambiguous date or number."""
    why: str = ""
    """The reason, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedRecord:
    """What was extracted from one document, or why nothing was."""

    document: str
    """The document's name, or the id of a line."""
    fields: Mapping[str, ExtractedField] = field(default_factory=dict)
    """Field by dotted name."""
    missing: tuple[str, ...] = ()
    """Required fields without a value."""
    conflicts: tuple[str, ...] = ()
    """Fields for which the document gives different values."""
    calls: int = 0
    """Calls to a model."""
    failed: int = 0
    """Of these, without a usable answer."""
    dropped: int = 0
    """Values of the model that were dropped: not verbatim in the text, or not what their quotation says."""
    cost: float | None = None
    """US dollars of its calls; None: no call, or the price is unknown."""
    warnings: tuple[str, ...] = ()
    """What could not be read of the document."""
    error: str | None = None
    """Why there is no record."""

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def extracted(document: Document, extraction: Extraction) -> ExtractedRecord:
    """A record with the places of its values."""
    fields = {
        name: ExtractedField(
            state=one.state,
            value=one.value,
            confidence=one.confidence,
            others=one.others,
            why=one.why,
            quotes=tuple(
                Quote(
                    start=span.start,
                    end=span.end,
                    quote=span.quote,
                    page=(place := document.place(span.start)).page,
                    line=place.line,
                )
                for span in one.spans
            ),
        )
        for name, one in extraction.record.fields.items()
    }
    unanswered = extraction.calls > 0 and extraction.failed == extraction.calls
    return ExtractedRecord(
        document=document.name,
        fields=fields,
        missing=extraction.missing,
        conflicts=extraction.conflicts,
        calls=extraction.calls,
        failed=extraction.failed,
        dropped=extraction.not_verbatim + extraction.unsupported,
        cost=None if extraction.spent is None else extraction.spent.cost,
        warnings=document.warnings,
        error="The model gave no usable answer." if unanswered else None,
    )


def table(schema: Schema, rows: Iterable[Mapping[str, Any]]) -> tuple[list[str], Iterator[list[Cell]]]:
    """Header and rows of a table with one row for each document, from records as plain JSON.

    Money has a second column for its currency. A default of the schema stands where nothing was found.
    """
    leaves = list(schema.leaves())
    names = [
        column
        for name, spec in leaves
        for column in ((name, f"{name}.currency") if spec.kind == "money" else (name,))
    ]
    own = [_free(name, names) for name in ("document", "missing", "conflicts", "lowest_confidence")]
    return [own[0], *names, *own[1:]], (_row(leaves, row) for row in rows)


def _free(name: str, taken: list[str]) -> str:
    return name if name not in taken else _free(f"{name}_", taken)


def _row(leaves: list[tuple[str, Any]], row: Mapping[str, Any]) -> list[Cell]:
    cells: list[Cell] = [row["document"]]
    for name, spec in leaves:
        one = row["fields"][name]
        value = one["value"] if one["state"] == "found" else spec.default
        if spec.kind == "money":
            amount = value if not isinstance(value, dict) else value["amount"]
            cells += [amount, spec.currency if not isinstance(value, dict) else value["currency"]]
        else:
            cells.append(_cell(value))
    found = [one["confidence"] for one in row["fields"].values() if one["state"] == "found"]
    lowest = min(found) if found else None
    return [*cells, ", ".join(row["missing"]), ", ".join(row["conflicts"]), lowest]


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return "; ".join(map(str, value))
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    kept: Cell = value if value is None or isinstance(value, str | int | float) else str(value)
    return kept


def span_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Cell]]:
    """One row for every place a value stands at, and one for every field without a place."""
    for row in rows:
        for name, one in row["fields"].items():
            shown = one["others"] if one["state"] == "conflict" else one["value"]
            start = [row["document"], name, one["state"], _cell(shown), one["confidence"]]
            for quote in one["quotes"] or [dict.fromkeys(("page", "line", "start", "end", "quote"))]:
                place = [quote[key] for key in ("page", "line", "start", "end", "quote")]
                yield [*start, *place, one["why"]]
