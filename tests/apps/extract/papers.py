"""Documents and schemas for the tests of extraction."""

from __future__ import annotations

import textwrap
from pathlib import Path

from shipworthy.apps.extract import Schema, load_schema
from shipworthy.apps.extract.rules import record_by_rules
from shipworthy.evals.jobs.outputs import Field, Record
from shipworthy.retrieval.document import Document, Part, verified

INVOICE = """\
ACME Widgets GmbH                               Invoice No.: RE-2026-0815
Hauptstr. 5, 10115 Berlin                       Date: 03/04/2026
                                                Due date: 25/04/2026
Bill to:                  Ship to:
Northwind Ltd             Northwind Depot
PO number: n/a

Description          Qty    Price      Amount
Blue widget          3      12,50      37,50
Red widget           1      1.200,00   1.200,00
Subtotal                               1.237,50
VAT 19%                                235,13
Total                                  EUR 1.472,63

IBAN: DE89 3704 0044 0532 0130 00
Questions: billing@acme.example
"""


def document(text: str, name: str = "paper.txt") -> Document:
    """A text as a document."""
    part = Part(start=0, end=len(text), kind="paragraph", line=1)
    return Document(name=name, text=text, parts=(part,), sha256="0" * 64)


def schema(folder: Path, fields: str, head: str = "") -> Schema:
    """A schema from the YAML of its fields."""
    file = folder / "s.yaml"
    file.write_text(
        f"{head}\nfields:\n" + textwrap.indent(textwrap.dedent(fields).strip(), "  "), encoding="utf-8"
    )
    return load_schema(str(file))


def record(folder: Path, fields: str, text: str, head: str = "") -> Record:
    """What the rules find in a text; every span of it is verbatim."""
    paper = document(text)
    found = record_by_rules(schema(folder, fields, head), paper)
    for field in found.fields.values():
        assert all(verified(span, paper) for span in field.spans)
        assert (field.value is None) == (field.state != "found")
    return found


def field(folder: Path, spec: str, text: str, head: str = "") -> Field:
    """What the rules find for one field, called ``total``."""
    return record(folder, f"total: {spec}", text, head).fields["total"]


def quotes(one: Field) -> list[str]:
    """The words a field rests on."""
    return [span.quote for span in one.spans]
