from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from shipworthy.apps.extract.schema import FieldSpec, compiled
from shipworthy.apps.extract.schema_file import bundled_schemas, load_schema
from shipworthy.core.errors import SpecError, UserError


def schema_text(tmp_path: Path, text: str) -> str:
    file = tmp_path / "s.yaml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return str(file)


def test_a_schema_is_read_with_all_its_types(tmp_path: Path) -> None:
    named = schema_text(
        tmp_path,
        """\
        name: order
        dates: day first
        decimal: ","
        required: [number, buyer.name]
        fields:
          number: {type: text, labels: [Order no.], aliases: ["Order #1"], patterns: ['ORD-(\\d+)']}
          state: {type: enum, values: {open: [new], closed: [done, paid]}, default: open}
          total: {type: money, currency: EUR, min: 0, several: last}
          buyer:
            type: object
            fields:
              name: {type: text, format: organisation}
              since: {type: date, min: 2000-01-01, max: 2030-01-01}
          lines: {type: list, of: {type: object, fields: {what: {}, count: {type: integer}}}}
          vat: {type: number, format: percentage}
          signed: {type: boolean, denials: [not signed]}
        """,
    )
    schema = load_schema(named)
    assert (schema.name, schema.dates, schema.decimal) == ("order", "day first", ",")
    assert [name for name, _ in schema.leaves()] == [
        "number",
        "state",
        "total",
        "buyer.name",
        "buyer.since",
        "lines",
        "vat",
        "signed",
    ]
    leaves = dict(schema.leaves())
    assert leaves["state"].values == (("open", ("new",)), ("closed", ("done", "paid")))
    assert leaves["number"].required
    assert leaves["buyer.name"].required
    assert not leaves["vat"].required
    assert leaves["number"].all_labels == ("order no", "order #1", "number")
    assert leaves["lines"].item.fields == (
        FieldSpec(name="what", kind="text"),
        FieldSpec(name="count", kind="integer"),
    )


@pytest.mark.parametrize(
    ("fields", "line", "field", "message"),
    [
        ("{a: {type: enum}}", 1, "fields.a.values", "needs 'values'"),
        ("{a: {type: enum, values: []}}", 1, "fields.a.values", "needs 'values'"),
        (
            "{a: {type: number, min: 3, max: 2}}",
            1,
            "fields.a.min",
            "The smallest value, 3.0, is above the largest, 2.0",
        ),
        ("{a: {type: date, min: 2026-02-01, max: 2026-01-01}}", 1, "fields.a.min", "is above the largest"),
        ("\n  total: {}\n  Total: {}", 3, "fields.Total", "have the same name"),
        ("\n  total: {}\n  total: {}", 3, "fields.total", "given twice"),
        (
            "\n  a: {type: enum, values: [x, y]\n,\n   default: z}",
            4,
            "fields.a.default",
            "none of the values",
        ),
        (
            "\n  a: {labels: [Sum]}\n  b:\n    labels:\n      - sum",
            5,
            "fields.b.labels.0",
            "'sum' is used for 'a' and for 'b'",
        ),
        ("{a: {labels: [Sum, SUM]}}", 1, "fields.a.labels.1", "used twice"),
        ("{a: {labels: [Sum], aliases: [sum]}}", 1, "fields.a.aliases.0", "used twice"),
        (
            "{a: {type: enum, values: {x: [one], y: [One]}}}",
            1,
            "fields.a.values.y",
            "'One' is used for 'x' and for 'y'",
        ),
        ("{a: {}, b: {labels: [A]}}", 1, "fields.b", "is the name of 'a'"),
        (
            "{o: {type: object, required: false, fields: {i: {required: true}}}}",
            1,
            "fields.o.fields.i.required",
            "may be absent",
        ),
        ("{a: {type: list}}", 1, "fields.a.of", "needs 'of'"),
        ("{a: {type: object}}", 1, "fields.a.fields", "needs 'fields'"),
        ("{a: {values: [x]}}", 1, "fields.a.values", "means nothing for the type 'text'"),
        ("{a: {type: text, format: percentage}}", 1, "fields.a.format", "means nothing"),
        ("{a: {type: number, min: 2026-01-01}}", 1, "fields.a.min", "should be a number"),
        ("{a: {type: integer, default: x}}", 1, "fields.a.default", "not of the type 'integer'"),
        ("{a: {type: integer, max: 3, default: 4}}", 1, "fields.a.default", "outside of min and max"),
        ("{a: {required: true, default: x}}", 1, "fields.a.default", "needs no default"),
        ("{a: {patterns: ['(']}}", 1, "fields.a.patterns.0", "not a regular expression"),
        ("{a: {patterns: ['x*']}}", 1, "fields.a.patterns.0", "fits no text at all"),
        ("{a.b: {}}", 1, "fields.a.b", "cannot be a field's name"),
        ("{no: {}}", 1, "fields", "reads the name False"),
        ("{}", 1, "fields", "no fields"),
        ("{a: {typ: text}}", 1, "fields.a.typ", "'typ' is not a known setting"),
        ("{a: {type: txt}}", 1, "fields.a.type", "'txt' is not a possible value of 'type'"),
        ("{a: {type: list, of: {type: list, of: {}}}}", 1, "fields.a.of", "list of lists"),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused_with_its_place(
    tmp_path: Path, fields: str, line: int, field: str, message: str
) -> None:
    with pytest.raises(SpecError, match=r".") as caught:
        load_schema(schema_text(tmp_path, f"fields: {fields}"))
    assert message in caught.value.message
    assert caught.value.where is not None
    assert (Path(str(caught.value.where.file)).name, caught.value.where.line, caught.value.where.field) == (
        "s.yaml",
        line,
        field,
    )


@pytest.mark.parametrize(
    ("required", "message"),
    [
        ("[b]", "'b' is required, but there is no field 'b'"),
        ("[p.x]", "'p.x' is required, but there is no field 'x'"),
        ("[o.i]", "'o.i' is required, but 'o', which it stands in, is optional"),
    ],
)
def test_what_is_required_must_be_able_to_be_there(tmp_path: Path, required: str, message: str) -> None:
    inner = "fields: {i: {}}"
    objects = f"{{o: {{type: object, required: false, {inner}}}, p: {{type: object, {inner}}}}}"
    text = f"required: {required}\nfields: {objects}"
    with pytest.raises(SpecError) as caught:
        load_schema(schema_text(tmp_path, text))
    assert message in caught.value.message
    assert caught.value.where is not None
    assert caught.value.where.field == "required.0"


def test_the_bundled_schemas_can_be_used() -> None:
    assert bundled_schemas() == ("contract", "invoice")
    assert all(list(load_schema(name).leaves()) for name in bundled_schemas())


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no file"):
        load_schema(str(tmp_path / "nothing.yaml"))


CLASS = '''
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Literal
from pydantic import BaseModel, Field

class Kind(Enum):
    ONE = "one"
    TWO = "two"

class Line(BaseModel):
    what: str
    count: int | None = None

class Order(BaseModel):
    """An order."""
    number: str = Field(description="Its number", alias="Order no.", pattern=r"ORD-\\d+")
    placed: date
    total: float = Field(ge=0, le=100, json_schema_extra={"type": "money", "labels": ["Sum"]})
    rate: Decimal | None = None
    kind: Kind = Kind.ONE
    state: Literal["open", "closed"]
    urgent: bool = False
    lines: list[Line]
    buyer: Line | None = None

class Bad(BaseModel):
    x: dict[str, int]

class Loop(BaseModel):
    inner: list["Loop"]

class Clash(BaseModel):
    a: str = Field(json_schema_extra={"labels": ["b"]})
    b: str
'''


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    (tmp_path / "my_orders_for_extract.py").write_text(CLASS, encoding="utf-8")
    return tmp_path


def test_a_pydantic_class_is_a_schema(classes: Path) -> None:
    schema = load_schema("my_orders_for_extract:Order", folder=classes)
    kinds = {name: (spec.kind, spec.required, spec.default) for name, spec in schema.leaves()}
    assert (schema.name, schema.description) == ("Order", "An order.")
    assert kinds == {
        "number": ("text", True, None),
        "placed": ("date", True, None),
        "total": ("money", True, None),
        "rate": ("number", False, None),
        "kind": ("enum", False, "one"),
        "state": ("enum", True, None),
        "urgent": ("boolean", False, False),
        "lines": ("list", True, None),
        "buyer.what": ("text", True, None),
        "buyer.count": ("integer", False, None),
    }
    leaves = dict(schema.leaves())
    assert leaves["number"].labels == ("Order no.",)
    assert leaves["number"].patterns == ("ORD-\\d+",)
    assert (leaves["total"].minimum, leaves["total"].maximum, leaves["total"].labels) == (0, 100, ("Sum",))


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("my_orders_for_extract:Bad", "dict[str, int] cannot be extracted"),
        ("my_orders_for_extract:Loop", "holds itself"),
        ("my_orders_for_extract:Nothing", "It is not there"),
        ("my_orders_for_extract:CLASS_", "It is not there"),
        ("my_orders_for_extract:date", "is not a Pydantic class"),
        ("my_orders_for_extract:Clash", "is the name of 'b'"),
        ("no_such_module_here:X", "There is no Python module"),
    ],
)
def test_a_class_that_cannot_be_a_schema_is_refused(classes: Path, named: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_schema(named, folder=classes)
    assert message in caught.value.message
    assert caught.value.where is not None
    assert str(caught.value.where.file) == named


def test_a_space_in_a_pattern_is_any_white_space_outside_of_brackets() -> None:
    assert compiled("sum of").search("the SUM\n  OF all")
    assert compiled("a[ b]c").search("a c")
    assert not compiled("a[ b]c").search("a+c")
    assert compiled(r"a\ b").search("a b")
