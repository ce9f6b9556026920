"""Does a value fit a JSON schema? A small part of the standard, compiled once into plain functions.

Only what structured output of language models uses. A keyword that would change the meaning and is not
known here is refused when the schema is read, so that nothing passes unchecked. Meanings follow JSON
Schema 2020-12: a keyword for objects says nothing about numbers, and 1.0 is an integer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shipworthy.core.errors import UserError, nearest

__all__ = ["Problem", "checker"]

Problem = str
"""What is wrong with a value, in words."""

Check = Callable[[Any], Problem | None]

_REMARKS = frozenset({"$comment", "$id", "$schema", "default", "description", "examples", "title"})
_DEEPEST = 20


def checker(schema: Mapping[str, Any] | bool) -> Check:  # noqa: FBT001 - true and false are schemas
    """A function that says what is wrong with a value, or None.

    Raises:
        UserError: the schema uses a keyword that is not checked here, or is not a schema.
    """
    return _compiled(schema, "the answer", 0)


def _compiled(schema: Any, at: str, depth: int) -> Check:
    if isinstance(schema, bool):
        return _nothing if schema else (lambda _: f"{at} must not be there")
    if not isinstance(schema, Mapping):
        raise UserError(f"The schema of {at} should be a mapping, but is {schema!r}.")
    if depth > _DEEPEST:
        raise UserError(f"The schema is nested more than {_DEEPEST} deep.")
    unknown = [name for name in schema if name not in _KEYWORDS and name not in _REMARKS]
    if unknown:
        raise UserError(
            f"The schema of {at} uses {unknown[0]!r}, which is not checked here.",
            hint=nearest(unknown[0], _KEYWORDS) or None,
        )
    try:
        checks = [
            _KEYWORDS[name](schema, at, depth)
            for name in _ORDER
            if name in schema and name != "additionalProperties"
        ]
        if "additionalProperties" in schema:
            checks.append(_additional(schema, at, depth))
    except (AttributeError, TypeError):
        raise UserError(f"The schema of {at} is not a valid JSON schema: {dict(schema)!r:.200}.") from None
    return checks[0] if len(checks) == 1 else _all(checks)


def _nothing(value: Any) -> None:
    del value


def _all(checks: list[Check]) -> Check:
    def check(value: Any) -> Problem | None:
        for one in checks:
            if (problem := one(value)) is not None:
                return problem
        return None

    return check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and value == value // 1,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def _type(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    del depth
    wanted = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    for name in wanted:
        if name not in _TYPES:
            raise UserError(f"The schema of {at} names the type {name!r}.", hint=nearest(str(name), _TYPES))
    tests = [_TYPES[name] for name in wanted]
    words = " or ".join(wanted)
    return lambda value: (
        None if any(test(value) for test in tests) else f"{at} is {_brief(value)} and not of type {words}"
    )


def _brief(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else said[:59] + "…"


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(one == other)


def _enum(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    del depth
    options = list(schema["enum"])
    texts = frozenset(option for option in options if isinstance(option, str))
    others = [option for option in options if not isinstance(option, str)]

    def check(value: Any) -> Problem | None:
        known = value in texts if isinstance(value, str) else any(_same(value, one) for one in others)
        return None if known else f"{at} is {_brief(value)}, which is not one of the values asked for"

    return check


def _const(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    return _enum({"enum": [schema["const"]]}, at, depth)


def _properties(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    inner = {
        name: _compiled(one, f"{name!r} in {at}" if depth else repr(name), depth + 1)
        for name, one in schema["properties"].items()
    }

    def check(value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return None
        for name, one in inner.items():
            if name in value and (problem := one(value[name])) is not None:
                return problem
        return None

    return check


def _required(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    del depth
    names = [str(name) for name in schema["required"]]

    def check(value: Any) -> Problem | None:
        if not isinstance(value, dict):
            return None
        for name in names:
            if name not in value:
                return f"{name!r} is missing from {at}"
        return None

    return check


def _additional(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    known = frozenset(schema.get("properties", {}))
    allowed = schema["additionalProperties"]
    inner = _compiled(allowed, f"a further property of {at}", depth + 1)

    def check(value: Any) -> Problem | None:
        if not isinstance(value, dict) or value.keys() <= known:
            return None
        for name in value.keys() - known:
            if allowed is False:
                return f"{at} has {_brief(name)}, which was not asked for"
            if (problem := inner(value[name])) is not None:
                return problem
        return None

    return check


def _items(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    inner = _compiled(schema["items"], f"an item of {at}", depth + 1)

    def check(value: Any) -> Problem | None:
        if not isinstance(value, list):
            return None
        return next((problem for item in value if (problem := inner(item)) is not None), None)

    return check


def _any_of(schema: Mapping[str, Any], at: str, depth: int) -> Check:
    options = [_compiled(one, at, depth + 1) for one in schema["anyOf"]]

    def check(value: Any) -> Problem | None:
        problems = [option(value) for option in options]
        return None if None in problems else problems[0]

    return check


def _bound(name: str, fits: Callable[[Any, Any], bool], measure: Callable[[Any], Any], words: str) -> Any:
    def build(schema: Mapping[str, Any], at: str, depth: int) -> Check:
        del depth
        bound = schema[name]
        if not _is_number(bound):
            raise UserError(f"{name!r} in the schema of {at} should be a number, but is {bound!r}.")

        def check(value: Any) -> Problem | None:
            size = measure(value)
            return None if size is None or fits(size, bound) else f"{at} {words} {bound}"

        return check

    return build


def _at_least(value: Any, bound: Any) -> bool:
    return bool(value >= bound)


def _at_most(value: Any, bound: Any) -> bool:
    return bool(value <= bound)


def _number(value: Any) -> Any:
    return value if _is_number(value) else None


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


_KEYWORDS: Mapping[str, Callable[[Mapping[str, Any], str, int], Check]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "items": _items,
    "anyOf": _any_of,
    "minimum": _bound("minimum", _at_least, _number, "is below"),
    "maximum": _bound("maximum", _at_most, _number, "is above"),
    "minLength": _bound("minLength", _at_least, _length, "is shorter than"),
    "maxLength": _bound("maxLength", _at_most, _length, "is longer than"),
    "minItems": _bound("minItems", _at_least, _count, "has fewer items than"),
    "maxItems": _bound("maxItems", _at_most, _count, "has more items than"),
}
_ORDER = tuple(_KEYWORDS)
