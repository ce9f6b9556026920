"""Equal values have one spelling and one hash; different values have different ones."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shipworthy.core.canonical import canonical_json, sha256_of, sha256_of_file, short

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


@given(values)
def test_the_order_of_keys_does_not_matter(value: Any) -> None:
    assert canonical_json(reversed_keys(value)) == canonical_json(value)


@given(values)
def test_what_was_written_reads_back_and_is_written_the_same_again(value: Any) -> None:
    written = canonical_json(value)

    assert canonical_json(json.loads(written)) == written


@given(st.floats(allow_nan=False, allow_infinity=False).filter(float.is_integer))
def test_a_whole_number_is_the_same_number_as_an_integer_and_as_a_float(number: float) -> None:
    assert canonical_json([number, {number: 1}]) == canonical_json([int(number), {int(number): 1}])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_without_loss(number: float) -> None:
    assert float(json.loads(canonical_json(number))) == number


@given(values, values)
def test_different_values_are_written_differently(one: Any, other: Any) -> None:
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    same_number = isinstance(one, int | float) and isinstance(other, int | float) and one == other
    assume(not same_number)
    assume(not (isinstance(one, list | dict) and one == other))

    assert canonical_json(one) != canonical_json(other)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (1, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        ("é 中", '"é 中"'),
        ((1, 2), "[1,2]"),
        ({"b": [], "a": None}, '{"a":null,"b":[]}'),
        ({2: "x", 10: "y"}, '{"10":"y","2":"x"}'),
        (math.nan, '{"float":"nan"}'),
        (-math.inf, '{"float":"-inf"}'),
    ],
)
def test_how_values_are_written(value: Any, written: str) -> None:
    assert canonical_json(value) == written


def test_keys_that_json_cannot_tell_apart_are_refused_rather_than_lost() -> None:
    with pytest.raises(ValueError, match=r"two of the names in .* are written the same in JSON"):
        canonical_json({1: "a", "1": "b"})


def test_what_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        canonical_json({"a": {1, 2}})


def test_text_and_bytes_are_hashed_as_they_are_and_anything_else_as_canonical_json() -> None:
    assert sha256_of("é") == sha256_of("é".encode()) == hashlib.sha256("é".encode()).hexdigest()
    assert sha256_of({"b": 1, "a": 2.0}) == hashlib.sha256(b'{"a":2,"b":1}').hexdigest()


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_any_text_has_a_hash_even_half_a_surrogate_pair(text: str) -> None:
    assert sha256_of(text) != sha256_of(text + "\ud800")
    assert sha256_of([text]) != sha256_of(text)


def test_a_file_has_the_hash_of_its_bytes(tmp_path: Path) -> None:
    content = b"\r\n\xff" * 300_000
    (tmp_path / "data").write_bytes(content)

    assert sha256_of_file(tmp_path / "data") == sha256_of(content)
    assert short(sha256_of(content)) == sha256_of(content)[:12]
