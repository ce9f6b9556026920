"""Whatever is in a settings file, it is read or refused at its line, and nothing in it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, field_validator

from shipworthy.core.errors import SpecError, UserError, Where
from shipworthy.core.yaml_file import model_from_yaml, read_yaml


class Data(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: str
    label: str = "label"


class Feature(BaseModel):
    model_config = ConfigDict(extra="forbid")

    job: Literal["classify", "extract"]
    data: Data
    bars: list[float] = []
    weights: dict[str, float] = {}

    @field_validator("bars")
    @classmethod
    def _in_range(cls, value: list[float]) -> list[float]:
        if any(item > 1 for item in value):
            raise UserError("A bar is a share of at most 1.", hint="Write 0.9 for 90%.")
        return value


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "feature.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_what_pyyaml_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = written(tmp_path_factory.mktemp("yaml"), yaml.safe_dump(value))

    assert read_yaml(path).value == value


PIECES = (
    "a|1|: |- |  |[|]|{|}|&x |*x|? |!!int |!!bool |!!set |!!timestamp |!!omap |!!python/name:os.system |'"
    '|"|>|<<|#|%|,|---\n|...|2026-13-01|0x|0b_|.inf|\t|\x00|\ufeff|\u2028|é|\n'
)
soup = st.lists(st.sampled_from(PIECES.split("|"))).map("".join)


@given(soup.map(str.encode) | st.binary())
def test_nothing_but_an_explained_refusal_comes_out_of_a_broken_file(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = written(tmp_path_factory.mktemp("yaml"), content)

    with pytest.raises(SpecError) as refusal:  # no such content has all that a feature needs
        model_from_yaml(Feature, read_yaml(path))

    assert refusal.value.where is not None
    assert refusal.value.where.file == path


def test_each_value_knows_its_line(tmp_path: Path) -> None:
    file = read_yaml(written(tmp_path, "job: classify\ndata:\n  file: a.csv\nbars:\n  - 0.8\n  - 0.9\n"))

    assert file.where(("data", "file")) == Where(file=file.path, line=3, field="data.file")
    assert file.where(("bars", 1)) == Where(file=file.path, line=6, field="bars.1")
    assert file.where(("data", "label")) == Where(file=file.path, line=3, field="data.label")
    assert file.where(()) == Where(file=file.path, line=1)


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("a: 1\nb: [1\n", 3, "This is not valid YAML: expected ',' or ']', but got '<stream end>'."),
        ("a: 1\n\tb: 2\n", 2, "This is not valid YAML: found character '\\t' that cannot start any token."),
        ("a: 1\nb: 2\na: 3\n", 3, "This name is given twice."),
        ("a: 1\nb: \x07\n", 2, "This file holds a character that YAML does not allow: 0x0007."),
        (b"a: 1\nb: \xe9\n", 2, "This file is not UTF-8 text: byte 0xe9 was found."),
        ("a: !!int ''\n", None, "A value does not fit the YAML tag (!!…) in front of it."),
        ("- " * 3_000, None, "This file is nested too deeply."),
        ("a: &x [*x]", None, "This file is nested too deeply."),
        ("#" * 1_000_001, None, "This file is too large for a settings file (1,000,001 bytes)."),
    ],
)
def test_a_file_that_is_not_yaml_is_refused_at_its_line(
    tmp_path: Path, content: str | bytes, line: int | None, message: str
) -> None:
    path = written(tmp_path, content)

    with pytest.raises(SpecError) as refusal:
        read_yaml(path)

    assert refusal.value.message == message
    assert refusal.value.where is not None
    assert (refusal.value.where.file, refusal.value.where.line) == (path, line)


def test_no_object_is_built_from_a_tag(tmp_path: Path) -> None:
    trap = tmp_path / "trap"

    with pytest.raises(SpecError, match="could not determine a constructor"):
        read_yaml(written(tmp_path, f"a: !!python/object/apply:os.mkdir ['{trap}']"))

    assert not trap.exists()


def test_a_right_file_becomes_its_model(tmp_path: Path) -> None:
    file = read_yaml(written(tmp_path, "job: extract\ndata: {file: a.csv}\nweights: {yes: 1}\n"))

    with pytest.raises(SpecError):
        model_from_yaml(Feature, file)  # YAML 1.1 reads a bare yes as true: it must be quoted

    file = read_yaml(written(tmp_path, "job: extract\ndata: {file: a.csv}\nweights: {'yes': 1}\n"))
    assert model_from_yaml(Feature, file) == Feature(
        job="extract", data=Data(file="a.csv"), weights={"yes": 1}
    )


@pytest.mark.parametrize(
    ("content", "message", "line", "field", "hint"),
    [
        (
            "- a",
            "This file should hold settings as 'name: value' lines, but it is a list.",
            None,
            None,
            None,
        ),
        (
            "job: classify\ndata: {file: a}\nbars: [0.9, 90]",
            "A bar is a share of at most 1.",
            3,
            "bars",
            "Write 0.9 for 90%.",
        ),
        (
            "job: classify\ndata: {file: a}\nbars:\n- high",
            "'high' cannot be used for '0': input should be a valid number, "
            "unable to parse string as a number.",
            4,
            "bars.0",
            None,
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_what_to_write_instead(
    tmp_path: Path, content: str, message: str, line: int | None, field: str | None, hint: str | None
) -> None:
    path = written(tmp_path, content)

    with pytest.raises(SpecError) as refusal:
        model_from_yaml(Feature, read_yaml(path))

    assert refusal.value.message == message
    assert refusal.value.where == Where(file=path, line=line, field=field)
    assert refusal.value.hint == hint


def test_all_wrong_values_are_listed_the_first_in_full(tmp_path: Path) -> None:
    path = written(tmp_path, "job: classify\ndata: {file: 3}\nbars: no\n")

    with pytest.raises(SpecError) as refusal:
        model_from_yaml(Feature, read_yaml(path))

    assert refusal.value.message.splitlines() == [
        "3 cannot be used for 'file': input should be a valid string.",
        f"  also: {path}, line 3, field 'bars': "
        "False cannot be used for 'bars': input should be a valid list.",
    ]
