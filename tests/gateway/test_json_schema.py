"""The small schema checker against the jsonschema package."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import UserError
from shipworthy.gateway.json_schema import checker

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-5, 5)
    | st.sampled_from(["", "a", "bug", "ü"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]


def _part(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "required": st.lists(st.sampled_from("abc"), unique=True),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "minimum": st.integers(-3, 3),
            "maximum": st.integers(-3, 3),
            "minLength": st.integers(0, 3),
            "maxLength": st.integers(0, 3),
            "minItems": st.integers(0, 3),
            "maxItems": st.integers(0, 3),
            "description": st.just("words"),
        },
    )


SCHEMAS = st.recursive(st.booleans() | _part(st.booleans()), _part, max_leaves=5)


@settings(max_examples=150)
@given(SCHEMAS, VALUES)
def test_a_value_fits_exactly_where_jsonschema_says_so(schema: Any, value: Any) -> None:
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (checker(schema)(value) is None) == expected


@pytest.mark.parametrize(
    ("schema", "value", "words"),
    [
        ({"type": "object"}, [], "the answer is [] and not of type object"),
        (
            {"properties": {"label": {"enum": ["a"]}}},
            {"label": "b"},
            "'label' is 'b', which is not one of the values asked for",
        ),
        ({"required": ["label"]}, {}, "'label' is missing from the answer"),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"a": 1, "b": 2},
            "the answer has 'b', which was not asked for",
        ),
        (
            {"properties": {"p": {"properties": {"q": {"type": "string"}}}}},
            {"p": {"q": 1}},
            "'q' in 'p' is 1 and not of type string",
        ),
        ({"items": {"maximum": 2}}, [1, 3], "an item of the answer is above 2"),
    ],
)
def test_what_is_wrong_is_said_in_words(schema: dict[str, Any], value: Any, words: str) -> None:
    assert checker(schema)(value) == words


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "a+"},
        {"oneOf": []},
        {"$ref": "#/x"},
        {"type": "text"},
        {"enum": 3},
        {"properties": []},
        {"minimum": "1"},
        {"items": [1]},
        {"required": 1},
    ],
)
def test_a_schema_that_cannot_be_checked_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        checker(schema)


def test_the_nearest_known_keyword_is_suggested() -> None:
    with pytest.raises(UserError, match="Did you mean 'properties'"):
        checker({"propertys": {}})


def test_endless_nesting_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(50):
        schema = {"items": schema}
    with pytest.raises(UserError, match="nested"):
        checker(schema)
