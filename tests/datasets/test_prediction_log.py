"""The prediction log keeps what was answered, in order, and only whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.core.errors import DataError
from shipworthy.datasets.prediction_log import COLUMNS, Journal, PredictionLog, write_log

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def written(
    folder: Path, rows: Sequence[Mapping[str, object]], segments: tuple[str, ...] = ()
) -> PredictionLog:
    path = folder / "journal.jsonl"
    with Journal(path) as journal:
        journal.append(rows)
    return write_log(folder / "log.parquet", [path], segments=segments)


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


def test_a_line_torn_by_a_kill_is_cut_off_and_the_journal_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"candidate":"a","example_id":"1"}\n{"candidate":"a","exam')
    with Journal(path) as journal:
        journal.append([{"candidate": "a", "example_id": "2"}])
        assert [row["example_id"] for row in journal.rows()] == ["1", "2"]
    log = write_log(tmp_path / "log.parquet", [path])
    assert log.columns(["example_id"], candidate="a") == {"example_id": ["1", "2"]}


def test_rows_that_came_in_any_order_are_put_in_place_and_only_those_asked_for_are_kept(
    tmp_path: Path,
) -> None:
    first, second = tmp_path / "asked.jsonl", tmp_path / "rest.jsonl"
    for path, places in ((first, (5, 1, 3)), (second, (4, 0, 2))):
        with Journal(path) as journal:
            journal.append(
                [{"candidate": "a", "example_id": f"e{n}", "place": n, "detail": "x"} for n in places]
            )
    files = [first, second, tmp_path / "absent.jsonl"]
    every = write_log(tmp_path / "all.parquet", files, sort=True)
    some = write_log(tmp_path / "some.parquet", files, sort=True, examples=["e4", "e1"])
    assert every.columns(["example_id"], candidate="a") == {"example_id": [f"e{n}" for n in range(6)]}
    assert some.columns(["example_id"], candidate="a") == {"example_id": ["e1", "e4"]}


def test_half_a_surrogate_pair_that_a_model_wrote_does_not_stop_the_journal(tmp_path: Path) -> None:
    log = written(tmp_path, [{"candidate": "a", "output": "\ud800"}])
    assert log.columns(["output"], candidate="a") == {"output": ["?"]}
