"""The prediction log keeps what was answered, in order, and only whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import DataError
from shipworthy.datasets.prediction_log import COLUMNS, Journal, PredictionLog

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def written(
    folder: Path, rows: Sequence[Mapping[str, object]], segments: tuple[str, ...] = ()
) -> PredictionLog:
    with Journal(folder / "journal.jsonl", segments=segments) as journal:
        journal.append(rows)
        return journal.to_parquet(folder / "log.parquet")


def test_every_column_of_the_contract_is_there(tmp_path: Path) -> None:
    log = written(tmp_path, [{"candidate": "a"}], segments=("plan",))
    found = log.columns([*COLUMNS, "seg_plan"], candidate="a")
    assert list(found) == [*COLUMNS, "seg_plan"]
    assert {name: values for name, values in found.items() if values != [None]} == {"candidate": ["a"]}


def test_rows_keep_their_order_and_candidates_stay_apart(tmp_path: Path) -> None:
    rows = [{"candidate": name, "example_id": f"{name}{i}"} for i in range(50) for name in ("a", "b")]
    log = written(tmp_path, rows)
    assert log.columns(["example_id"], candidate="b") == {"example_id": [f"b{i}" for i in range(50)]}


def test_probabilities_come_back_by_class_and_are_nan_where_there_are_none(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"candidate": "a", "proba": {"x'y": 0.25, 'q"': 0.75}},
        {"candidate": "a"},
    ]
    found = written(tmp_path, rows).probabilities(["x'y", 'q"'], candidate="a")
    assert np.array_equal(found, [[0.25, 0.75], [np.nan, np.nan]], equal_nan=True)


def test_a_missing_column_names_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        written(tmp_path, [{"candidate": "a"}]).columns(["latency"], candidate="a")
    assert caught.value.hint == "Did you mean 'latency_ms'?"


@settings(max_examples=25)
@given(outputs=st.lists(TEXT, min_size=1, max_size=8), name=TEXT.filter(bool))
def test_any_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, outputs: list[str], name: str
) -> None:
    rows = [{"candidate": name, "output": output, "seg_é 'x": output} for output in outputs]
    log = written(tmp_path_factory.mktemp("log"), rows, segments=("é 'x",))
    assert log.columns(["output", "seg_é 'x"], candidate=name) == {"output": outputs, "seg_é 'x": outputs}


def test_what_was_answered_stays_in_the_journal_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    def interrupted() -> None:
        with Journal(path) as journal:
            journal.append([{"candidate": "a"}])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == '{"candidate":"a"}\n'
