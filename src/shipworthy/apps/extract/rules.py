"""Extraction without a language model: labels, tables, patterns, and the types of values.

It reads what is laid out for reading (``Due date: 3 April 2026``, tables, forms), what a pattern of the
schema describes, and what is recognised by its form alone where only one such thing is in the document. It
does not understand sentences, and :func:`limits` says for which fields that leaves it without a means.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from shipworthy.apps.extract.choosing import Found, chosen
from shipworthy.apps.extract.flowed import flowed_rows
from shipworthy.apps.extract.layout import Beside, Cell, Grid, LabelPlace
from shipworthy.apps.extract.reading import Reading, conventions, says_none, values_in
from shipworthy.apps.extract.schema import FieldSpec, Schema, compiled, folded
from shipworthy.evals.jobs.outputs import Field, Record
from shipworthy.retrieval.document import Document
from shipworthy.retrieval.sentences import sentences

__all__ = ["limits", "record_by_rules"]

_SCORES: Mapping[Beside, float] = {
    "exact": 0.9,
    "cell": 0.86,
    "inline": 0.8,
    "leading": 0.72,
    "prose": 0.55,
    "longer": 0.5,
}
_PATTERN = 0.86
_ALONE = 0.4
_EMPTY = 0.45
_WORDS: Mapping[Beside, str] = {
    "exact": "beside its label",
    "cell": "in the cell beside or below its label",
    "inline": "beside its label, in the middle of a line",
    "leading": "right behind its label",
    "prose": "after its label in a sentence",
    "longer": "beside a longer label",
}
_ITEM_BORDER = re.compile(r"\s*(?:[;,]|\band\b|\bund\b|\bet\b|&)\s+|\s*[;,\n]\s*", re.IGNORECASE)
_AMOUNT = re.compile(r"[.,]\d{2}\D{0,4}$|[^\d\s.,'’+−-]")
_BULLET = re.compile(r"[ \t]*(?:[-*+•–]|\(?\w{1,2}[.)])[ \t]+")
_SECTION = 1_500
_MOST_LINES = 400


def record_by_rules(schema: Schema, document: Document) -> Record:
    """What the rules find in a document."""
    rules = _Rules(schema, document)
    return Record(fields=dict(rules.fields(schema.fields, "", 0, len(document.text))))


def limits(schema: Schema) -> tuple[str, ...]:
    """What this extractor cannot do for a schema, in sentences."""
    return tuple(sentence for name, spec in schema.leaves() if (sentence := _limit(name, spec)))


def _limit(name: str, spec: FieldSpec) -> str | None:
    item = spec.item
    if spec.patterns or item.patterns or spec.labels:
        return None
    if spec.kind == "boolean":
        return f"{name}: without patterns only a box or a line 'name: yes' is read, not a sentence."
    if item.kind == "text" and item.format == "sentence":
        return f"{name}: no pattern says which sentence is meant, so it stays empty without a language model."
    if item.kind == "text" and item.format is None:
        return f"{name}: it is found only beside the words {name.rsplit('.', 1)[-1].replace('_', ' ')!r}."
    return None


class _Rules:
    """One document under one schema."""

    def __init__(self, schema: Schema, document: Document) -> None:
        self.schema = schema
        self.document = document
        self.text = document.text
        self.grid = Grid(self.text)
        self.how = conventions(schema, self.text)
        self.labels = frozenset(
            label
            for _, spec in schema.leaves()
            for one in (spec, *spec.item.fields)
            for label in one.all_labels
        )

    def fields(
        self, specs: Sequence[FieldSpec], before: str, start: int, end: int
    ) -> Iterator[tuple[str, Field]]:
        for spec in specs:
            name = f"{before}{spec.name}"
            if spec.kind == "object":
                yield from self.fields(spec.fields, f"{name}.", *self.section(spec, specs, start, end))
                continue
            found = list(self.found(spec, start, end))
            if not found and self.is_only_one(spec):
                found = list(self.alone(spec, start, end))
            yield name, chosen(spec, found, self.document, nothing=_nothing(spec))

    def section(
        self, spec: FieldSpec, siblings: Sequence[FieldSpec], start: int, end: int
    ) -> tuple[int, int]:
        """Where an object stands: from its own label to the next object's, if it has one."""
        cells = self.named_cells(spec, start, end)
        if not cells:
            return start, end
        begin = cells[0].end
        others = [
            cell.start
            for other in siblings
            if other is not spec and other.kind == "object"
            for cell in self.named_cells(other, begin, end)
        ]
        return begin, min([end, begin + _SECTION, *others])

    def named_cells(self, spec: FieldSpec, start: int, end: int) -> list[Cell]:
        cells = (cell for label in spec.all_labels for cell in self.grid.cells_named(label))
        return sorted((cell for cell in cells if start <= cell.start < end), key=lambda cell: cell.start)

    def is_only_one(self, spec: FieldSpec) -> bool:
        """Whether no other field of the schema could mean the same thing by its form alone."""
        if spec.patterns or spec.item.kind not in {"text", "date", "enum"}:
            return False
        if spec.item.kind == "text" and spec.item.format not in {"organisation", "email", "url"}:
            return False
        alike = [
            other
            for _, other in self.schema.leaves()
            if (other.item.kind, other.item.format) == (spec.item.kind, spec.item.format)
            and not other.patterns
        ]
        return len(alike) == 1 or spec.kind == "enum"

    def found(self, spec: FieldSpec, start: int, end: int) -> Iterator[Found]:
        if spec.kind == "boolean" or spec.item.format == "sentence":
            yield from self.clauses(spec, start, end)
        elif spec.kind == "list" and spec.item.kind == "object":
            rows = list(self.rows(spec.item, start, end))
            yield from rows or flowed_rows(spec.item, self.text, (start, end), self.how, self.labels)
        else:
            yield from self.by_pattern(spec, start, end)
            yield from self.denied(spec, start, end)
        if spec.item.format != "sentence" and spec.item.kind != "object":
            yield from self.by_label(spec, start, end)

    def by_label(self, spec: FieldSpec, start: int, end: int) -> Iterator[Found]:
        settled: set[tuple[int, int]] = set()
        for place in self.grid.places(spec.all_labels, start, end):
            if place.label in settled or self.is_label(place):
                continue
            found = list(self.at_place(spec, place))
            if found:
                settled.add(place.label)
                yield from found

    def is_label(self, place: LabelPlace) -> bool:
        """Whether what stands there is the next label and no value."""
        if place.blank or place.beside != "cell":
            return False
        words = self.text[place.start : place.end].strip()
        return words.endswith(":") or folded(words) in self.labels

    def at_place(self, spec: FieldSpec, place: LabelPlace) -> Iterator[Found]:
        score, why = _SCORES[place.beside], _WORDS[place.beside]
        if place.blank:
            words = "its label is there with nothing beside it"
            yield Found(None, (place.label,), _EMPTY, words, absent=True)
            return
        span = (place.start, place.end)
        labelled = place.beside in {"exact", "cell"} and spec.kind != "boolean"
        if labelled and says_none(self.text, *span):
            yield Found(None, (span,), score, "the document says there is none", absent=True)
            return
        untyped = spec.item.kind == "text" and spec.item.format is None
        if place.beside in {"prose", "leading"} and (untyped or spec.item.kind == "boolean"):
            return
        if spec.kind == "list" and _BULLET.match(self.text, place.start, place.end):
            yield from self.listed_below(spec, place, score)
        elif spec.kind == "list":
            for left, right in self.items(place.start, self.reach(spec, place)):
                for reading in list(values_in(spec.item, self.text, left, right, self.how))[:1]:
                    yield _of(reading, score, why)
        elif readings := list(values_in(spec, self.text, place.start, self.reach(spec, place), self.how)):
            yield _of(self.best_of(spec, readings, place), score, why)

    def reach(self, spec: FieldSpec, place: LabelPlace) -> int:
        """A value ends where the next label begins; an amount may stand in the last cell of its row."""
        row = self.grid.row(self.grid.line_of(place.start))
        if spec.kind == "money" and place.beside == "cell" and row:
            return row[-1].end
        following = bisect_right(self.marked_labels, place.start)
        if following < len(self.marked_labels) and place.beside != "cell":
            return min(place.end, self.marked_labels[following])
        return place.end

    @cached_property
    def marked_labels(self) -> list[int]:
        """Where a label of the schema, or something like one behind a number, stands with a colon."""
        either = "|".join(
            r"\W{1,3}".join(map(re.escape, label.split())) for label in sorted(self.labels, key=len)[::-1]
        )
        known = re.finditer(rf"(?<!\w)(?:{either})[.°]?\s?:", self.text, re.IGNORECASE)
        like = re.finditer(r"(?<=\d) +(?=[A-Z][a-z]+(?: [a-z]+){0,2}: )", self.text)
        return sorted(found.start() for finder in (known, like) for found in finder)

    def best_of(
        self, spec: FieldSpec, readings: Sequence[Reading], place: LabelPlace | None = None
    ) -> Reading:
        """The first; of money what is written like an amount, in the cells of a row the last."""
        if spec.kind == "money":
            like = [one for one in readings if _AMOUNT.search(self.text[one.start : one.end])]
            return (like or readings)[-1 if like and place is not None and place.beside == "cell" else 0]
        return readings[0]

    def items(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        begin = start
        for border in _ITEM_BORDER.finditer(self.text, start, end):
            yield begin, border.start()
            begin = border.end()
        yield begin, end

    def listed_below(self, spec: FieldSpec, place: LabelPlace, score: float) -> Iterator[Found]:
        """The lines with bullets, from a place on."""
        line = self.grid.line_of(place.start)
        for number in range(line, min(line + _MOST_LINES, self.grid.lines)):
            row = self.grid.row(number)
            bullet = _BULLET.match(self.text, row[0].start, row[-1].end) if row else None
            if bullet is None:
                return
            for reading in list(values_in(spec.item, self.text, bullet.end(), row[-1].end, self.how))[:1]:
                yield _of(reading, score, "in the list under its label")

    def by_pattern(self, spec: FieldSpec, start: int, end: int) -> Iterator[Found]:
        """Patterns are tried in order: for one value the first that finds any decides, for a list all do."""
        for pattern in (*spec.patterns, *(spec.item.patterns if spec.item is not spec else ())):
            found = list(self.of_pattern(spec, pattern, start, end))
            yield from found
            if found and spec.kind != "list":
                return

    def of_pattern(self, spec: FieldSpec, pattern: str, start: int, end: int) -> Iterator[Found]:
        for match in compiled(pattern).finditer(self.text, start, end):
            left, right = match.span(1) if match.re.groups and match[1] is not None else match.span()
            readings = list(values_in(spec.item, self.text, left, right, self.how))
            if readings and spec.kind != "list":
                readings = [self.best_of(spec, readings)]
            for reading in readings:
                yield _of(reading, _PATTERN, "by a pattern of the schema")

    def denied(self, spec: FieldSpec, start: int, end: int) -> Iterator[Found]:
        for pattern in spec.denials:
            for match in compiled(pattern).finditer(self.text, start, end):
                yield Found(None, (match.span(),), _PATTERN, "the document says there is none", absent=True)

    def clauses(self, spec: FieldSpec, start: int, end: int) -> Iterator[Found]:
        """The sentences that a field's patterns fit; the more of its patterns, the better."""
        patterns = (*spec.patterns, *(spec.item.patterns if spec.item is not spec else ()))
        for chosen_patterns, said in ((patterns, True), (spec.denials, False)):
            hits: dict[int, int] = {}
            for pattern in chosen_patterns:
                for number in self.sentences_with(pattern, start, end):
                    hits[number] = hits.get(number, 0) + 1
            most = max(hits.values(), default=0)
            kept = [number for number in sorted(hits) if hits[number] >= most - 1]
            score = min(0.9, 0.6 + 0.1 * (most - 1))
            if spec.kind == "boolean" and kept:
                spans = tuple(self.sentences[number] for number in kept)
                yield Found(said, spans, score, "by sentences that fit its patterns")
            elif spec.kind != "boolean":
                for number in kept:
                    left, right = self.sentences[number]
                    own = score - 0.1 * (most - hits[number])
                    words = "a sentence that fits its patterns"
                    if said:
                        yield Found(self.text[left:right], ((left, right),), own, words)
                    else:
                        yield Found(None, ((left, right),), own, "a sentence says there is none", absent=True)

    def sentences_with(self, pattern: str, start: int, end: int) -> Iterator[int]:
        last = -1
        for match in compiled(pattern).finditer(self.flat, start, end):
            number = bisect_right(self.sentence_starts, match.start()) - 1
            if number > last and number >= 0 and match.end() <= self.sentences[number][1]:
                last = number
                yield number

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        parts = self.document.parts or ()
        whole = [(part.start, part.end) for part in parts] or [(0, len(self.text))]
        return [one for start, end in whole for one in sentences(self.text, start, end)]

    @cached_property
    def sentence_starts(self) -> list[int]:
        return [start for start, _ in self.sentences]

    @cached_property
    def flat(self) -> str:
        """The text with a line for each sentence and every position unchanged, so that ``.`` ends with it."""
        letters = list(re.sub(r"[\n\r]", " ", self.text))
        for _, end in self.sentences:
            if end < len(letters) and letters[end].isspace():
                letters[end] = "\n"
        return "".join(letters)

    def alone(self, spec: FieldSpec, start: int, end: int) -> Iterator[Found]:
        """What is known by its form, where only one such thing is there (of a list: all of them)."""
        readings = list(values_in(spec.item, self.text, start, end, self.how))
        if spec.several != "conflict":
            readings = readings[:1] if spec.several == "first" else readings[-1:]
        if spec.kind == "list" or len({str(one.value) for one in readings}) == 1:
            for reading in readings:
                yield _of(reading, _ALONE, "known by its form alone, without a label")

    def rows(self, item: FieldSpec, start: int, end: int) -> Iterator[Found]:
        """The rows of tables whose heads name the fields of an object."""
        heads = dict(self.heads(item, start, end))
        for line, columns in heads.items():
            width = len(self.grid.row(line))
            for number in range(line + 1, self.grid.lines):
                if number in heads:
                    break  # its rows are its own
                row = self.grid.row(number)
                if not row and self.grid.text_of_line(number).strip():
                    continue  # a rule between the head and the rows
                if len(row) != width or row[0].start >= end:
                    break
                if (found := self.object_of(item, row, columns)) is not None:
                    yield found

    def heads(self, item: FieldSpec, start: int, end: int) -> Iterator[tuple[int, dict[int, FieldSpec]]]:
        lines: dict[int, dict[int, FieldSpec]] = {}
        for spec in item.fields:
            for cell in self.named_cells(spec, start, end):
                lines.setdefault(cell.line, {}).setdefault(cell.column, spec)
        for line, columns in sorted(lines.items()):
            named = {spec.name for spec in columns.values()}
            needed = {spec.name for spec in item.fields if spec.required}
            if len(named) >= min(2, len(item.fields)) and needed <= named:
                yield line, columns

    def object_of(
        self, item: FieldSpec, row: Sequence[Cell], columns: Mapping[int, FieldSpec]
    ) -> Found | None:
        value, spans = {}, []
        for cell in row:
            spec = columns.get(cell.column)
            if spec is None or says_none(self.text, cell.start, cell.end):
                continue
            reading = next(values_in(spec, self.text, cell.start, cell.end, self.how), None)
            if reading is not None:
                value[spec.name] = reading.value
                spans.append((reading.start, reading.end))
        if not value or any(spec.required and spec.name not in value for spec in item.fields):
            return None
        return Found(value, tuple(spans), _SCORES["cell"], "a row of a table")


def _of(reading: Reading, score: float, why: str) -> Found:
    return Found(reading.value, ((reading.start, reading.end),), score, why, reading.others)


def _nothing(spec: FieldSpec) -> str:
    if spec.kind == "boolean" or spec.item.format == "sentence":
        return (
            "no sentence fits its patterns" if spec.patterns else "it has no patterns, so no sentence can fit"
        )
    return "none of its labels and patterns leads to a value of its type"
