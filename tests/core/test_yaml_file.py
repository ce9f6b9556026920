"""Settings files: errors name the line, the field, the value and the nearest valid one."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from shipworthy.core.errors import SpecError, UserError
from shipworthy.core.yaml_file import model_from_yaml, read_yaml


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    colour: Literal["red", "green"] = "red"
    size: int = 1


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    parts: list[Inner] = []


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(UserError) as caught:
        model_from_yaml(Outer, read_yaml(path))
    return str(caught.value).replace(str(path), "settings.yaml")


def test_an_unknown_setting_names_its_line_and_the_nearest_setting(tmp_path: Path) -> None:
    assert error_of(tmp_path, "name: a\nparts:\n  - color: red\n") == (
        "'color' is not a known setting.\n"
        "  where: settings.yaml, line 3, field 'parts.0.color'\n"
        "  next: Did you mean 'colour'?"
    )


def test_an_impossible_value_names_the_possible_ones(tmp_path: Path) -> None:
    assert error_of(tmp_path, "name: a\nparts:\n  - colour: gren\n") == (
        "'gren' is not a possible value of 'colour'.\n"
        "  where: settings.yaml, line 3, field 'parts.0.colour'\n"
        "  next: Did you mean 'green'?"
    )


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    assert error_of(tmp_path, "parts: []\n") == (
        "'name' is missing.\n  where: settings.yaml, line 1, field 'name'\n  next: Add a line 'name: …'."
    )


def test_all_wrong_values_are_listed_at_once(tmp_path: Path) -> None:
    message = error_of(tmp_path, "name: a\nparts:\n  - size: big\n  - size: small\n")
    assert "line 3, field 'parts.0.size'" in message
    assert "line 4, field 'parts.1.size'" in message


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    assert "line 2" in error_of(tmp_path, "name: a\nparts: ]\n")


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    assert "'name'" in error_of(tmp_path, "name: a\nname: b\n")


def test_python_objects_are_never_built(tmp_path: Path) -> None:
    assert "not valid YAML" in error_of(tmp_path, "name: !!python/object/apply:os.getcwd []\n")


def test_aliases_that_would_fill_the_memory_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(SpecError):
        read_yaml(written(tmp_path, "\n".join(lines)))


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes("name: a\n# Grüße\n".encode("latin-1"))
    with pytest.raises(SpecError) as caught:
        read_yaml(path)
    assert caught.value.where is not None
    assert caught.value.where.line == 2


def test_an_empty_file_is_named_as_empty(tmp_path: Path) -> None:
    assert "it is empty" in error_of(tmp_path, "")


def test_good_settings_become_the_model(tmp_path: Path) -> None:
    path = written(tmp_path, "name: a\nparts:\n  - {colour: green, size: 3}\n")
    assert model_from_yaml(Outer, read_yaml(path)) == Outer(name="a", parts=[Inner(colour="green", size=3)])
