"""YAML that remembers where each value stands, so that an error can name the line.

This module knows nothing about what a file is for; the caller brings a Pydantic model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from shipworthy.core.errors import SpecError, UserError, Where, nearest
from shipworthy.core.files import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails
    from yaml.nodes import Node

    Model = TypeVar("Model", bound=BaseModel)

__all__ = ["YamlFile", "model_from_yaml", "parse_yaml", "read_yaml"]

Location = tuple[str | int, ...]
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The content of a YAML file and the line of each value in it."""

    path: Path
    """Where it was read from."""
    value: Any
    """Its content as plain Python values."""
    lines: Mapping[Location, int]
    """Location of a value (keys and list positions) to its line, counted from 1."""

    def where(self, location: Location) -> Where:
        """The place of ``location``, or of the nearest thing around it that exists."""
        known = location
        while known and known not in self.lines:
            known = known[:-1]
        field = ".".join(str(part) for part in location) or None
        return Where(file=self.path, line=self.lines.get(known), field=field)


def read_yaml(path: Path) -> YamlFile:
    """Read one YAML document without building any Python object from tags.

    Raises:
        UserError: the file is missing, not UTF-8 text, too large, or not YAML; the line is named.
    """
    where = Where(file=path)
    size = readable(path).stat().st_size
    if size > _LARGEST:
        raise SpecError(f"This file is too large for a settings file ({size:,} bytes).", where=where)
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SpecError(
            f"This file is not UTF-8 text: byte {raw[error.start]:#04x} was found.",
            where=Where(file=path, line=line),
            hint="Save it as UTF-8 and try again.",
        ) from None
    return parse_yaml(text, path=path)


def parse_yaml(text: str, *, path: Path) -> YamlFile:
    """Read one YAML document.

    Args:
        text: The YAML; where it stands below other lines of a file, with empty lines in their place.
        path: The file it stands in.

    Raises:
        UserError: not YAML; the line is named.
    """
    import yaml

    where = Where(file=path)
    try:
        lines: dict[Location, int] = {}
        value = _parsed(text, lines, path)
    except UserError:
        raise
    except yaml.reader.ReaderError as error:
        raise SpecError(
            f"This file holds a character that YAML does not allow: {error.character:#06x}.",
            where=Where(file=path, line=text[: error.position].count("\n") + 1),
            hint="Remove it, and save the file as plain text.",
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecError(
            f"This is not valid YAML: {error.problem or error.context}.",
            where=Where(file=path, line=mark.line + 1 if mark else None),
            hint="Check the indentation, and put texts that contain a colon in quotes.",
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise SpecError(f"This is not valid YAML: {error}.", where=where) from None
    except (AttributeError, LookupError, TypeError):  # how PyYAML fails on a tag such as !!int ''
        raise SpecError(
            "A value does not fit the YAML tag (!!…) in front of it.", where=where, hint="Remove the tag."
        ) from None
    except RecursionError:
        raise SpecError("This file is nested too deeply.", where=where) from None
    return YamlFile(path=path, value=value, lines=lines)


def _parsed(text: str, lines: dict[Location, int], path: Path) -> Any:
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        _collect(node, (), lines, path)
        return loader.construct_document(node) if node is not None else None
    finally:
        loader.dispose()


def _collect(node: Node | None, location: Location, lines: dict[Location, int], path: Path) -> None:
    """Note the line of every value; refuse aliases (a few lines of them can fill the memory)."""
    import yaml

    if node is None:
        return
    if location in lines:
        where = Where(file=path, line=node.start_mark.line + 1, field=".".join(map(str, location)))
        raise SpecError("This name is given twice.", where=where, hint="Keep one of the two.")
    lines[location] = node.start_mark.line + 1
    if len(lines) > 20_000:
        raise SpecError("This file has too many values for a settings file.", where=Where(file=path))
    if isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else str(key.start_mark.line + 1)
            _collect(item, (*location, name), lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            _collect(item, (*location, position), lines, path)


def model_from_yaml(model: type[Model], file: YamlFile) -> Model:
    """Validate a YAML file against a Pydantic model.

    Raises:
        SpecError: names file, line, field, the wrong value and the nearest valid one. When
            several values are wrong, all are listed, the first in full.
    """
    from pydantic import ValidationError

    if not isinstance(file.value, dict):
        kind = "empty" if file.value is None else f"a {type(file.value).__name__}"
        raise SpecError(
            f"This file should hold settings as 'name: value' lines, but it is {kind}.",
            where=Where(file=file.path),
        )
    try:
        return model.model_validate(file.value)
    except ValidationError as error:
        raise _spec_error(error, file, model) from None


def _spec_error(error: ValidationError, file: YamlFile, model: type[BaseModel]) -> UserError:
    details = error.errors(include_url=False)
    first = details[0]
    location = _in_file(first["loc"], file.value)
    message, hint = _explained(first, model)
    others = [
        f"{file.where(_in_file(other['loc'], file.value))}: {_explained(other, model)[0]}"
        for other in details[1:6]
    ]
    if others:
        message += "\n  also: " + "\n  also: ".join(others)
    return SpecError(message, where=file.where(location), hint=hint)


def _in_file(location: Location, value: Any) -> Location:
    """The part of a Pydantic location that exists in the file.

    Pydantic adds the names of union members to a location; they are not keys of the file, and
    are left out unless they are the last part (a missing or unknown key).
    """
    found: list[str | int] = []
    for position, part in enumerate(location):
        inside = isinstance(value, dict) and part in value
        at = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if inside or at:
            value = value[part]
            found.append(part)
        elif position == len(location) - 1:
            found.append(part)
    return tuple(found)


def _explained(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str | None]:
    """One Pydantic error as a sentence and, where it is known, what to write instead."""
    name = str(detail["loc"][-1]) if detail["loc"] else "this file"
    given = repr(detail["input"])
    if len(given) > 80:
        given = given[:77] + "..."
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return f"{name!r} is not a known setting.", nearest(name, _fields(model, detail["loc"])) or None
        case "missing":
            return f"{name!r} is missing.", f"Add a line '{name}: …'."
        case "literal_error" | "enum":
            return f"{given} is not a possible value of {name!r}.", _of(detail["input"], context["expected"])
        case "union_tag_invalid":
            tag, of = context["tag"], context["discriminator"]
            return f"{tag!r} is not a possible value of {of}.", _of(tag, context["expected_tags"])
        case "union_tag_not_found":
            return f"{context['discriminator']} is missing.", "Add a line for it."
        case "value_error":
            reason = context.get("error")
            hint = reason.hint if isinstance(reason, UserError) else None
            return (reason.message if isinstance(reason, UserError) else str(reason)), hint
        case _:
            return f"{given} cannot be used for {name!r}: {detail['msg'].lower()}.", None


def _of(value: object, expected: str) -> str:
    """The nearest of the values that Pydantic lists as ``'a', 'b' or 'c'``."""
    options = [option.strip(" '\"") for option in expected.replace(" or ", ",").split(",")]
    return nearest(str(value), options)


def _fields(model: type[BaseModel], location: Location) -> list[str]:
    """Names that would be valid where ``location`` points."""
    schema = model.model_json_schema(by_alias=True)
    current: Any = schema
    for part in location[:-1]:
        current = _step(current, part, schema)
    current = _resolved(current, schema)
    names = list(current.get("properties", {}))
    for option in current.get("anyOf", []) + current.get("oneOf", []):
        names += list(_resolved(option, schema).get("properties", {}))
    return names


def _resolved(part: Any, schema: Any) -> Any:
    while isinstance(part, dict) and "$ref" in part:
        part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return part


def _step(part: Any, key: str | int, schema: Any) -> Any:
    part = _resolved(part, schema)
    for option in [part, *part.get("anyOf", []), *part.get("oneOf", [])]:
        inner = _resolved(option, schema)
        if isinstance(key, int) and "items" in inner:
            return inner["items"]
        if isinstance(key, str) and key in inner.get("properties", {}):
            return inner["properties"][key]
        if isinstance(key, str) and isinstance(inner.get("additionalProperties"), dict):
            return inner["additionalProperties"]
    tags = part.get("discriminator", {}).get("mapping", {})
    return _resolved({"$ref": tags[key]}, schema) if key in tags else part
