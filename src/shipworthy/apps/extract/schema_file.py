"""Schemas from outside: a YAML file, or a Pydantic class by its import path.

Both become the same plain tree first, so that both are checked by the same rules. A schema that
contradicts itself is refused with the file, the line and the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shipworthy.apps.extract.amounts import DecimalSign
from shipworthy.apps.extract.dates import DateOrder
from shipworthy.apps.extract.schema import FieldFormat, FieldKind, FieldSpec, Schema, compiled, folded
from shipworthy.apps.extract.schema_class import docstring, fields_of, imported
from shipworthy.core.errors import SpecError, Where, nearest
from shipworthy.core.yaml_file import model_from_yaml, read_yaml

if TYPE_CHECKING:
    from shipworthy.core.yaml_file import Location

__all__ = ["bundled_schemas", "load_schema", "schema_of_class"]

_BUNDLED = Path(__file__).parent / "schemas"
_DEEPEST = 5
_MOST_FIELDS = 500
_LONGEST_PATTERN = 1_000
_NAME = re.compile(r"[^\W\d][\w-]{0,63}")
_WhereIs = Callable[["Location"], Where]


class _FieldFile(BaseModel):
    """A field as a file has it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    type: FieldKind = "text"
    required: bool | None = None
    description: str = Field(default="", max_length=2_000)
    labels: list[str] = []
    aliases: list[str] = []
    patterns: list[str] = []
    denials: list[str] = []
    format: FieldFormat | None = None
    values: list[str] | dict[str, list[str]] | None = None
    min: float | date | None = None
    max: float | date | None = None
    default: Any = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")
    several: Literal["conflict", "first", "last"] = "conflict"
    of: _FieldFile | None = None
    fields: dict[str, _FieldFile] | None = None


class _SchemaFile(BaseModel):
    """A schema as a file has it."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    description: str = Field(default="", max_length=5_000)
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    required: list[str] = []
    fields: dict[str, _FieldFile]


def bundled_schemas() -> tuple[str, ...]:
    """Names of the schemas that come with Shipworthy."""
    return tuple(sorted(path.stem for path in _BUNDLED.glob("*.yaml")))


def load_schema(named: str, *, folder: Path | None = None) -> Schema:
    """The schema that somebody named.

    Args:
        named: A YAML file, ``module:Class`` of a Pydantic model, or the name of a bundled schema.
        folder: Where relative paths and modules start; the current folder when left out.

    Raises:
        SpecError: it cannot be used; file, line and field are named.
        UserError: there is no such file.
    """
    start = folder or Path()
    if named in bundled_schemas():
        return _from_file(_BUNDLED / f"{named}.yaml")
    if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", named):
        return schema_of_class(named, folder=start)
    return _from_file(start / named)


def _from_file(path: Path) -> Schema:
    file = read_yaml(path)
    if isinstance(file.value, dict):
        _refuse_keys_without_text(file.value, (), file.where)
    read = model_from_yaml(_SchemaFile, file)
    return _schema(read, file.where, name=read.name or path.stem)


def _refuse_keys_without_text(value: Any, location: Location, where: _WhereIs) -> None:
    """Names such as yes, no and 1, which YAML does not read as text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise SpecError(
                    f"YAML reads the name {key!r} as something that is no text.",
                    where=where(location),
                    hint=f"Put it in quotes: '{key}'.",
                )
            _refuse_keys_without_text(inner, (*location, key), where)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _refuse_keys_without_text(inner, (*location, place), where)


def schema_of_class(named: str, *, folder: Path) -> Schema:
    """The schema of a Pydantic class, ``module:Class``; its module is looked for in ``folder`` first.

    Hints that Python's types cannot say stand in ``Field(json_schema_extra={"labels": […]})``.

    Raises:
        SpecError: it is not there, cannot be imported, or has a type that cannot be extracted.
    """
    found = imported(named, folder)
    where_class = Where(file=named)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise SpecError(f"{named!r} is not a Pydantic class.", where=where_class)
    tree = {"description": docstring(found), "fields": fields_of(found, named, ())}

    def where(location: Location) -> Where:
        parts = [str(part) for part in location if part not in {"fields", "of"}]
        return Where(file=named, field=".".join(parts) or None)

    try:
        read = _SchemaFile.model_validate(tree)
    except ValueError as error:
        raise SpecError(f"This class cannot be used as a schema: {error}", where=where_class) from None
    return _schema(read, where, name=found.__name__)


def _schema(read: _SchemaFile, where: _WhereIs, *, name: str) -> Schema:
    if not read.fields:
        raise SpecError("There are no fields.", where=where(("fields",)))
    _check_names(read.fields, ("fields",), where)
    demanded = [tuple(path.split(".")) for path in read.required]
    for place, path in enumerate(demanded):
        _check_demanded(path, read.fields, ("required", place), where)
    fields = tuple(
        _field(name, field, ("fields", name), where, depth=1, demanded=demanded)
        for name, field in read.fields.items()
    )
    schema = Schema(
        name=name, fields=fields, description=read.description, dates=read.dates, decimal=read.decimal
    )
    if sum(1 for _ in schema.leaves()) > _MOST_FIELDS:
        raise SpecError(f"There are more than {_MOST_FIELDS} fields.", where=where(("fields",)))
    return schema


def _check_demanded(
    path: tuple[str, ...], fields: Mapping[str, _FieldFile], location: Location, where: _WhereIs
) -> None:
    """``required:`` may name what is there, and inside of an object only what cannot be missing with it."""
    inside: dict[str, _FieldFile] = dict(fields)
    for place, part in enumerate(path):
        if part not in inside:
            told = ".".join(path)
            raise SpecError(
                f"{told!r} is required, but there is no field {part!r}.",
                where=where(location),
                hint=nearest(part, inside) or None,
            )
        field = inside[part]
        if place < len(path) - 1 and field.required is False:
            raise SpecError(
                f"{'.'.join(path)!r} is required, but {part!r}, which it stands in, is optional.",
                where=where(location),
                hint=f"Say required: true at {part!r} too, or take the field off this list.",
            )
        inside = field.fields or {}


def _check_names(fields: Mapping[str, _FieldFile], location: Location, where: _WhereIs) -> None:
    """Names can be used, differ by more than case, and no label means two fields."""
    names: dict[str, str] = {}
    labels: dict[str, str] = {}
    for name, field in fields.items():
        at = (*location, name)
        if not _NAME.fullmatch(name):
            message = f"{name[:80]!r} cannot be a field's name."
            raise SpecError(message, where=where(at), hint="Use letters, digits and _ only.")
        if (same := names.setdefault(folded(name.replace("_", " ")), name)) != name:
            raise SpecError(f"The fields {same!r} and {name!r} have the same name.", where=where(at))
        for key in ("labels", "aliases"):
            for place, label in enumerate(getattr(field, key)):
                inside = (*at, key, place)
                if not folded(label) or len(label) > 200:
                    raise SpecError(f"{label[:80]!r} cannot be a label.", where=where(inside))
                if (other := labels.get(folded(label))) is not None:
                    whose = "twice" if other == name else f"for {other!r} and for {name!r}"
                    message = f"{label!r} is used {whose}."
                    raise SpecError(message, where=where(inside), hint="Keep one of the two.")
                labels[folded(label)] = name
    for label, name in labels.items():
        if (owner := names.get(label, name)) != name:
            at = (*location, name)
            raise SpecError(f"{label!r}, a label of {name!r}, is the name of {owner!r}.", where=where(at))


def _field(
    name: str,
    read: _FieldFile,
    location: Location,
    where: _WhereIs,
    *,
    depth: int,
    demanded: list[tuple[str, ...]] | None = None,
) -> FieldSpec:
    if depth > _DEEPEST:
        raise SpecError(f"Fields are nested more than {_DEEPEST} deep.", where=where(location))
    _check_belongs(read, location, where)
    _check_patterns(read, location, where)
    values = _values(read, location, where)
    _check_bounds(read, location, where)
    here = [path[1:] for path in demanded or [] if path[0] == name]
    spec = FieldSpec(
        name=name,
        kind=read.type,
        required=bool(read.required) or () in here,
        description=read.description,
        labels=(*read.labels, *read.aliases),
        patterns=tuple(read.patterns),
        denials=tuple(read.denials),
        format=read.format,
        values=values,
        minimum=read.min,
        maximum=read.max,
        default=read.default,
        currency=read.currency,
        several=read.several,
        of=None if read.of is None else _field(name, read.of, (*location, "of"), where, depth=depth + 1),
        fields=_inner(read, location, where, depth, [path for path in here if path]),
    )
    _check_default(spec, location, where)
    return spec


def _inner(
    read: _FieldFile, location: Location, where: _WhereIs, depth: int, demanded: list[tuple[str, ...]]
) -> tuple[FieldSpec, ...]:
    inside = read.fields or {}
    _check_names(inside, (*location, "fields"), where)
    if read.type == "object" and read.required is False:
        for name, field in inside.items():
            if field.required:
                raise SpecError(
                    f"{name!r} is required, but the object it stands in is optional and may be absent.",
                    where=where((*location, "fields", name, "required")),
                    hint="Leave 'required' off the object to mean: needed wherever there is such an object.",
                )
    return tuple(
        _field(name, field, (*location, "fields", name), where, depth=depth + 1, demanded=demanded)
        for name, field in inside.items()
    )


_BELONGS: Mapping[str, tuple[FieldKind, ...]] = {
    "values": ("enum",),
    "of": ("list",),
    "fields": ("object",),
    "currency": ("money",),
    "min": ("number", "integer", "money", "date", "list"),
    "max": ("number", "integer", "money", "date", "list"),
    "format": ("text", "number"),
}


def _check_belongs(read: _FieldFile, location: Location, where: _WhereIs) -> None:
    """Settings stand at the types they belong to, and what a type needs is there."""
    for setting, kinds in _BELONGS.items():
        if getattr(read, setting) is not None and read.type not in kinds:
            message = f"{setting!r} means nothing for the type {read.type!r}."
            hint = f"It belongs to {' and '.join(kinds)}."
            raise SpecError(message, where=where((*location, setting)), hint=hint)
    needs = {"enum": ("values", "values: [one, another]"), "list": ("of", "of: {type: text}")}
    needs["object"] = ("fields", "fields: {name: {type: text}}")
    if read.type in needs and not getattr(read, needs[read.type][0]):
        setting, example = needs[read.type]
        message = f"A field of type {read.type!r} needs {setting!r}."
        raise SpecError(message, where=where((*location, setting)), hint=f"For instance {example}")
    if (read.format == "percentage") != (read.type == "number") and read.format is not None:
        message = f"The format {read.format!r} means nothing for the type {read.type!r}."
        raise SpecError(message, where=where((*location, "format")))
    if read.of is not None and read.of.type == "list":
        raise SpecError("A list of lists cannot be extracted.", where=where((*location, "of")))


def _check_patterns(read: _FieldFile, location: Location, where: _WhereIs) -> None:
    for key in ("patterns", "denials"):
        for place, pattern in enumerate(getattr(read, key)):
            at = where((*location, key, place))
            if not pattern.strip() or len(pattern) > _LONGEST_PATTERN:
                raise SpecError(f"A pattern has 1 to {_LONGEST_PATTERN:,} characters.", where=at)
            try:
                empty = compiled(pattern).match("") is not None
            except (re.error, RecursionError, OverflowError) as error:
                raise SpecError(f"{pattern!r} is not a regular expression: {error}.", where=at) from None
            if empty:
                raise SpecError(f"{pattern!r} fits no text at all, so it would fit everywhere.", where=at)


def _values(read: _FieldFile, location: Location, where: _WhereIs) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if read.values is None:
        return ()
    pairs = read.values.items() if isinstance(read.values, dict) else [(value, []) for value in read.values]
    taken: dict[str, str] = {}
    for place, (value, words) in enumerate(pairs):
        at = (*location, "values", value if isinstance(read.values, dict) else place)
        for word in (value, *words):
            key = word.strip().casefold()
            if not key:
                raise SpecError("A value of an enum is empty.", where=where(at))
            if key in taken:
                message = f"{word!r} is used for {taken[key]!r} and for {value!r}."
                if taken[key] == value:
                    message = f"{word!r} is used twice."
                raise SpecError(message, where=where(at), hint="Keep one of the two.")
            taken[key] = value
    return tuple((value, tuple(words)) for value, words in pairs)


def _check_bounds(read: _FieldFile, location: Location, where: _WhereIs) -> None:
    for setting in ("min", "max"):
        bound = getattr(read, setting)
        if bound is not None and isinstance(bound, date) != (read.type == "date"):
            wanted = "a day, such as 2026-01-31" if read.type == "date" else "a number"
            message = f"{setting!r} should be {wanted}, but is {bound!s}."
            raise SpecError(message, where=where((*location, setting)))
    low: Any = read.min
    high: Any = read.max
    if low is not None and high is not None and low > high:
        message = f"The smallest value, {low!s}, is above the largest, {high!s}."
        raise SpecError(message, where=where((*location, "min")))


def _check_default(spec: FieldSpec, location: Location, where: _WhereIs) -> None:
    if spec.default is None:
        return
    at = where((*location, "default"))
    if spec.required:
        raise SpecError("A required field needs no default.", where=at, hint="Keep one of the two.")
    known = [value for value, _ in spec.values]
    if spec.kind == "enum" and spec.default not in known:
        message = f"The default {spec.default!r} is none of the values."
        raise SpecError(message, where=at, hint=nearest(str(spec.default), known) or None)
    wanted: dict[str, Any] = {
        "text": str,
        "number": (int, float),
        "integer": int,
        "boolean": bool,
        "money": (int, float),
        "date": (str, date),
    }
    kinds = wanted.get(spec.kind)
    if kinds is not None and (
        not isinstance(spec.default, kinds) or (isinstance(spec.default, bool) and spec.kind != "boolean")
    ):
        raise SpecError(f"The default {spec.default!r} is not of the type {spec.kind!r}.", where=at)
    if spec.kind in {"number", "integer", "money"}:
        low = spec.minimum is not None and spec.default < spec.minimum
        if low or (spec.maximum is not None and spec.default > spec.maximum):
            raise SpecError(f"The default {spec.default!r} is outside of min and max.", where=at)
