"""Freezing: every rule reports itself, the split is kept, and the same input gives the same hash."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shipworthy.core.canonical import sha256_of_file
from shipworthy.core.errors import DataError, UserError
from shipworthy.datasets.export import Cell, write_csv
from shipworthy.datasets.freezing import freeze
from shipworthy.datasets.frozen import Columns, Example, FrozenDataset, open_frozen
from tests.support import shared_data

WORDS = """
account app bank bill blue card change charge cheque code daily date east email fee form gone
green help home hour id june key late letter limit login lost money month new north old open
order page paid password pay phone pin plan post price query red refund rent reset return route
salary send sent shop sign slow sort south street swap task tax team term test ticket time top
town trip update user van view wait week west word work year zone
"""


def sentence(number: int) -> str:
    """A text of its own for each number."""
    rng = random.Random(number)
    return " ".join(rng.sample(WORDS.split(), 9))


def table(path: Path, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Path:
    write_csv(path, header, rows)
    return path


def plain(path: Path, n: int = 200) -> Path:
    return table(path, ["text", "label"], [[sentence(k), ("bug", "praise")[k % 2]] for k in range(n)])


TEXT_AND_LABEL = Columns(input=("text",), label="label")


def frozen(path: Path, columns: Columns = TEXT_AND_LABEL, **options: object) -> FrozenDataset:
    return freeze(path, columns, folder=path.parent / "frozen", seed=1, **options)  # type: ignore[arg-type]


def said(dataset: FrozenDataset, kind: str) -> list[str]:
    return [str(problem) for problem in dataset.problems if problem.kind == kind]


def every(dataset: FrozenDataset) -> list[tuple[str, Example]]:
    return [(split, example) for split in dataset.splits for example in dataset.examples(split)]


def test_a_clean_file_is_split_by_lot_with_classes_in_proportion(tmp_path: Path) -> None:
    dataset = frozen(plain(tmp_path / "a.csv"))

    assert dict(dataset.splits) == {"train": 140, "test": 60}
    assert Counter(dataset.labels("test")) == {"bug": 30, "praise": 30}
    assert dataset.classes == ("bug", "praise")
    assert dataset.problems == ()
    assert dataset.how_split == (
        "The file has no split: 60 of 200 rows (30%) were set aside as test at random (seed 1), each class "
        "in proportion; copies of a text, lightly edited ones too, are on one side."
    )


def test_an_example_carries_everything_that_was_named(tmp_path: Path) -> None:
    header = ["key", "title", "body", "label", "plan", "who", "when", "reopened", "by", "ann", "bob", "note"]
    rows: list[list[Cell]] = [
        [f"k{k}", f"Title {k}", sentence(k), "ab"[k % 2], "free", f"u{k}", f"2026-01-{k % 28 + 1:02d}"]
        for k in range(40)
    ]
    for row in rows:
        row += ["no", "ana", "a", "b", "x"]
    rows[3][1] = None
    columns = Columns(
        input=("title", "body"),
        label="label",
        id="key",
        segments=("plan",),
        cluster="who",
        time="when",
        label_source="by",
        outcome="reopened",
        annotations=("ann", "bob"),
    )

    dataset = frozen(table(tmp_path / "a.csv", header, rows), columns)

    examples = {example.row: example for _, example in every(dataset)}
    assert examples[2] == Example(
        row=2,
        id="k0",
        text=f"Title 0\n\n{sentence(0)}",
        label="a",
        segments={"plan": "free"},
        cluster="u0",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        outcome="no",
        label_source="ana",
        annotations={"ann": "a", "bob": "b"},
    )
    assert examples[5].text == sentence(3)
    assert dataset.column("test", "note") == ["x"] * dataset.splits["test"]
    assert dataset.column("test", "title") == [
        example.text.split("\n")[0] if example.row != 5 else None for example in dataset.examples("test")
    ]


def test_freezing_again_finds_what_was_frozen_and_writes_nothing(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.csv")
    first = frozen(path)
    before = {file.name: file.stat().st_mtime_ns for file in first.path.parent.iterdir()}

    again = frozen(path)

    assert again == first
    assert {file.name: file.stat().st_mtime_ns for file in first.path.parent.iterdir()} == before
    assert open_frozen(first.path.parent, first.sha256) == first
    assert open_frozen(first.path.parent, first.sha256[:12]) == first


def test_the_hash_is_that_of_the_rows_whatever_the_place(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = (frozen(plain(tmp_path / place / "a.csv")) for place in ("one", "two"))

    assert one.sha256 == two.sha256 == sha256_of_file(two.path)
    assert one.path.name == f"{one.sha256}.parquet"


def test_another_seed_gives_another_split(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.csv")
    one = freeze(path, TEXT_AND_LABEL, folder=tmp_path / "f", seed=1)
    two = freeze(path, TEXT_AND_LABEL, folder=tmp_path / "f", seed=2)

    assert one.sha256 != two.sha256
    assert one.texts("test") != two.texts("test")


def test_a_dataset_that_was_changed_is_not_opened(tmp_path: Path) -> None:
    dataset = frozen(plain(tmp_path / "a.csv"))
    dataset.path.write_bytes(dataset.path.read_bytes() + b"x")

    with pytest.raises(DataError, match="are gone or were changed"):
        open_frozen(dataset.path.parent, dataset.sha256)


def test_a_damaged_dataset_is_frozen_anew(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.csv")
    dataset = frozen(path)
    dataset.path.unlink()

    assert frozen(path) == dataset
    assert dataset.path.exists()


@pytest.mark.parametrize("name", ["", "abc", "0123456789ab", "../../../etc"])
def test_an_unknown_dataset_is_not_opened(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no frozen dataset"):
        open_frozen(tmp_path, name)


def test_the_rows_can_be_read_with_any_parquet_reader(tmp_path: Path) -> None:
    dataset = frozen(plain(tmp_path / "a.csv"))

    with duckdb.connect() as connection:
        rows = connection.execute("SELECT split FROM read_parquet(?)", [str(dataset.path)]).fetchall()

    assert Counter(split for (split,) in rows) == {"train": 140, "test": 60}


# --- cleaning ----------------------------------------------------------------------------------


def test_missing_and_duplicate_ids_are_made_unique_and_reported(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[f"k{k}", sentence(k), "ab"[k % 2]] for k in range(40)]
    rows[1][0], rows[2][0], rows[3][0] = "k0", None, "k0 (row 3)"
    columns = Columns(input=("text",), label="label", id="key")

    dataset = frozen(table(tmp_path / "a.csv", ["key", "text", "label"], rows), columns)

    ids = {example.row: example.id for _, example in every(dataset)}
    assert (ids[2], ids[3], ids[4]) == ("k0", "k0 (row 3)", "4")
    assert ids[5] == "k0 (row 3) (row 5)"
    assert len(set(ids.values())) == 40
    assert said(dataset, "missing_id") == ["1 row has no id. The row number is used. (a.csv, row 4)"]
    assert said(dataset, "duplicate_id") == [
        "1 row has an id that an earlier row has. Kept; the row number was added to the id. (a.csv, row 3)"
    ]


@pytest.mark.parametrize("missing", [None, " ", "NaN", "nan", "NULL", "n/a", "#N/A", "-"])
def test_rows_without_a_label_are_kept_as_unlabelled(missing: str | None, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2]] for k in range(40)]
    rows[0][1] = rows[9][1] = missing

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label"], rows))

    assert [example.row for example in dataset.examples("unlabelled")] == [2, 11]
    assert dataset.classes == ("a", "b")
    assert said(dataset, "missing_label") == [
        "2 rows have no label. Left out of train and test, kept as unlabelled. (a.csv, rows 2 and 11)"
    ]


@pytest.mark.parametrize(("unlabelled", "count"), [(100, 1), (0, 0)])
def test_test_rows_that_were_picked_to_be_labelled_are_counted_unless_all_were(
    unlabelled: int, count: int, tmp_path: Path
) -> None:
    rows: list[list[Cell]] = [
        [sentence(k), ("bug", "praise")[k // 2 % 2], "ana", ("random", "spread")[k % 2]] for k in range(100)
    ]
    rows += [[sentence(1_000 + k), None, None, None] for k in range(unlabelled)]
    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "label_source", "chosen"], rows))

    picked = dataset.column("test", "chosen").count("spread")
    problems = [problem for problem in dataset.problems if problem.kind == "picked_label"]
    assert [problem.count for problem in problems] == [picked] * count
    assert all(f"{picked} rows have a label because rare kinds" in str(problem) for problem in problems)


def test_spellings_that_differ_by_case_space_or_form_are_merged(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), ("Café refund", "bug")[k % 2], "Free"] for k in range(40)]
    rows[0][1], rows[2][1], rows[4][1], rows[1][1] = (
        "café  refund",
        "Cafe\u0301 refund",
        " CAFÉ REFUND ",
        "Bug",
    )
    rows[5][2], rows[7][2] = "free ", "N/A"
    columns = Columns(input=("text",), label="label", segments=("plan",))

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "plan"], rows), columns)

    assert dataset.classes == ("Café refund", "bug")
    assert Counter(example.segments["plan"] for _, example in every(dataset)) == {"Free": 39, None: 1}
    (labels,) = said(dataset, "label_spelling")
    assert labels.startswith(
        "4 rows have a value in 'label' that differs from another only by case or space."
    )
    assert labels.endswith("(a.csv, rows 2, 3, 4 and 6)")
    assert "'Bug' to 'bug'" in labels
    assert said(dataset, "segment_spelling") == [
        "1 row has a value in 'plan' that differs from another only by case or space. "
        "Merged to the commonest spelling: 'free ' to 'Free'. (a.csv, row 7)"
    ]


def test_annotators_are_spelled_like_the_label(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], " A ", "n/a"] for k in range(40)]
    columns = Columns(input=("text",), label="label", annotations=("ann", "bob"))

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "ann", "bob"], rows), columns)

    assert {tuple(example.annotations.values()) for _, example in every(dataset)} == {("a", None)}


def test_empty_texts_are_kept_in_the_test_and_not_used_for_training(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], "train" if k < 60 else "test"] for k in range(100)]
    for k in (0, 1, 98):
        rows[k][0] = None if k else "  "
    columns = Columns(input=("text",), label="label", split="split")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "split"], rows), columns)

    assert dict(dataset.splits) == {"train": 58, "test": 40, "left_out": 2}
    assert [example.text for example in dataset.examples("test") if example.row == 100] == [""]
    assert said(dataset, "empty_text") == [
        "3 rows have no text. Kept in the test, because people send such messages too; "
        "not used for training. (a.csv, rows 2, 3 and 100)"
    ]


def test_small_classes_and_unseen_labels_are_named(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], "train" if k < 60 else "test"] for k in range(100)]
    rows[70][1] = rows[71][1] = "outage"
    columns = Columns(input=("text",), label="label", split="split")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "split"], rows), columns)

    assert said(dataset, "small_class") == [
        "1 class has fewer than 10 test rows: 'outage' (2). "
        "Kept; nothing can be said about such a class alone."
    ]
    assert said(dataset, "unseen_label") == [
        "2 rows have a label that no training row has: 'outage'. "
        "Kept in the test: a trained candidate cannot get them right. (a.csv, rows 72 and 73)"
    ]


def test_dates_are_read_in_the_format_the_column_shows_and_the_rest_is_reported(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        [sentence(k), "ab"[k % 2], f"{k % 28 + 1:02d}/02/2026 10:00"] for k in range(60)
    ]
    rows[5][2], rows[6][2] = "soon", None
    columns = Columns(input=("text",), label="label", time="when")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "when"], rows), columns)

    times = {example.row: example.at for _, example in every(dataset)}
    assert times[2] == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert times[7] is times[8] is None
    assert said(dataset, "missing_time") == [
        "2 rows have no date that can be read. Kept; a split by time lets them train. (a.csv, rows 7 and 8)"
    ]


def test_dates_that_can_be_read_both_ways_are_pointed_out(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], f"{k % 12 + 1:02d}/02/2026"] for k in range(60)]
    columns = Columns(input=("text",), label="label", time="when")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "when"], rows), columns)

    assert said(dataset, "ambiguous_dates") == [
        "No date shows whether the day or the month comes first. They were read as day/month/year. (a.csv)"
    ]


# --- splitting ---------------------------------------------------------------------------------


def test_without_a_split_the_latest_rows_are_the_test(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        [sentence(k), "ab"[k % 2], f"2026-{k // 20 + 1:02d}-{k % 20 + 1:02d}"] for k in range(200)
    ]
    random.Random(0).shuffle(rows)
    columns = Columns(input=("text",), label="label", time="when", cluster="label")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "when"], rows), columns)

    last = max(example.at for example in dataset.examples("train") if example.at)
    assert all(example.at and example.at > last for example in dataset.examples("test"))
    assert dict(dataset.splits) == {"train": 140, "test": 60}
    assert dataset.how_split == (
        "The file has no split: 60 of 200 rows (30%) were set aside as test, the latest by 'when'; "
        "copies of a text, lightly edited ones too, that also occur earlier train only."
    )


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_clusters_and_copies_stay_on_one_side(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    rows: list[list[Cell]] = [[sentence(k), rng.choice("ab"), f"u{rng.randrange(40)}"] for k in range(150)]
    for _ in range(15):
        copy = str(rng.choice(rows)[0])
        rows[rng.randrange(150)][0] = rng.choice([copy, copy.upper() + "!", copy.replace(" ", "  ")])
    path = table(tmp_path / f"{seed}.csv", ["text", "label", "user"], rows)

    dataset = frozen(path, Columns(input=("text",), label="label", cluster="user"))

    sides: dict[str, set[str]] = {}
    for split, example in every(dataset):
        sides.setdefault(f"cluster {example.cluster}", set()).add(split)
        sides.setdefault(" ".join(example.text.lower().strip("!").split()), set()).add(split)
    assert all(len(side) == 1 for side in sides.values())
    assert 25 <= dataset.splits["test"] <= 65


def test_the_split_can_be_chosen(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], "2026-01-02", f"u{k // 4}"] for k in range(200)]
    columns = Columns(input=("text",), label="label", time="when", cluster="user")
    path = table(tmp_path / "a.csv", ["text", "label", "when", "user"], rows)

    assert "rows of one 'user'" in frozen(path, columns, by="cluster").how_split
    assert (
        "at random (seed 1), each class in proportion; copies" in frozen(path, columns, by="random").how_split
    )
    with pytest.raises(DataError, match="There are no test rows"):
        frozen(path, columns, by="time")
    with pytest.raises(UserError, match="A split by cluster needs a cluster column"):
        frozen(path, by="cluster")


@pytest.mark.parametrize(
    ("names", "splits", "kinds"),
    [
        (("train", "test"), {"train": 120, "test": 80}, []),
        (("Training", "HOLDOUT "), {"train": 120, "test": 80}, []),
        (("train", "dev"), {"train": 120, "test": 80}, ["split_names"]),
        (("train", "prod"), {"train": 84, "test": 36, "production": 80}, []),
        (("train", "train"), {"train": 140, "test": 60}, []),
        (("train", "test", "maybe"), {"train": 120, "test": 79, "left_out": 1}, ["missing_split"]),
        (("train", "test", None), {"train": 120, "test": 79, "left_out": 1}, ["missing_split"]),
        (("train", "test", "valid"), {"train": 121, "test": 79}, ["split_names"]),
    ],
)
def test_a_split_column_is_taken_at_its_word(
    names: tuple[str, ...], splits: dict[str, int], kinds: list[str], tmp_path: Path
) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], names[k >= 120]] for k in range(200)]
    if len(names) == 3:
        rows[-1][2] = names[2]
    columns = Columns(input=("text",), label="label", split="part")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "part"], rows), columns)

    assert dict(dataset.splits) == splits
    assert [problem.kind for problem in dataset.problems] == kinds


def test_separate_files_are_taken_at_their_word(tmp_path: Path) -> None:
    train = plain(tmp_path / "train.csv", 60)
    test = table(
        tmp_path / "test.csv", ["label", "text"], [["ab"[k % 2], sentence(900 + k)] for k in range(40)]
    )
    live = tmp_path / "live.jsonl"
    live.write_text("\n".join(json.dumps({"text": sentence(500 + k)}) for k in range(30)), encoding="utf-8")

    dataset = freeze(
        {"train": train, "test": test, "production": live}, TEXT_AND_LABEL, folder=tmp_path / "frozen", seed=1
    )

    assert dict(dataset.splits) == {"train": 60, "test": 40, "production": 30}
    assert dataset.how_split == "The files say which rows are for training and which for the test."
    assert [(source.file, source.split, source.n_rows) for source in dataset.sources] == [
        ("train.csv", "train", 60),
        ("test.csv", "test", 40),
        ("live.jsonl", "production", 30),
    ]
    assert said(dataset, "missing_column") == [
        "The file has no column 'label', which another file has. Its rows have no value there. (live.jsonl)"
    ]
    assert {example.label for example in dataset.examples("production")} == {None}
    assert len({example.id for _, example in every(dataset)}) == 130


def test_two_sheets_of_one_workbook_can_be_train_and_test(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    for title, n in (("Old", 60), ("New", 40)):
        sheet = book.create_sheet(title)
        sheet.append(["text", "label"])
        for k in range(n):
            sheet.append([sentence(k if title == "New" else 100 + k), ("bug", "praise")[k % 2]])
    book.save(tmp_path / "book.xlsx")
    files = {"train": tmp_path / "book.xlsx#Old", "test": tmp_path / "book.xlsx#New"}

    dataset = freeze(files, TEXT_AND_LABEL, folder=tmp_path / "frozen", seed=1)
    swapped = freeze(
        {"train": files["test"], "test": files["train"]}, TEXT_AND_LABEL, folder=tmp_path / "frozen", seed=1
    )

    assert dict(dataset.splits) == {"train": 60, "test": 40}
    assert dict(swapped.splits) == {"train": 40, "test": 60}
    assert [source.file for source in dataset.sources] == ["book.xlsx#Old", "book.xlsx#New"]


def test_a_lone_test_file_is_the_test(tmp_path: Path) -> None:
    dataset = freeze({"test": plain(tmp_path / "a.csv")}, TEXT_AND_LABEL, folder=tmp_path / "f", seed=1)

    assert dict(dataset.splits) == {"test": 200}
    assert dataset.problems == ()


def test_training_rows_beside_production_are_split(tmp_path: Path) -> None:
    files = {"train": plain(tmp_path / "a.csv"), "production": plain(tmp_path / "b.csv", 20)}

    dataset = freeze(files, TEXT_AND_LABEL, folder=tmp_path / "f", seed=1)

    assert dict(dataset.splits) == {"train": 140, "test": 60, "production": 20}


def test_personal_data_is_part_of_what_is_known(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[sentence(k), "ab"[k % 2], f"user{k}@acme.org"] for k in range(60)]
    columns = Columns(input=("text",), label="label", cluster="user")

    dataset = frozen(table(tmp_path / "a.csv", ["text", "label", "user"], rows), columns)

    assert [(found.kind, found.column, found.count) for found in dataset.personal_data] == [
        ("e-mail address", "user", 60)
    ]
    assert "user0@acme" not in dataset.path.with_suffix(".json").read_text(encoding="utf-8")


# --- refusals ----------------------------------------------------------------------------------

ROWS: list[list[Cell]] = [[sentence(k), "ab"[k % 2], f"u{k // 30}", "same"] for k in range(60)]


@pytest.mark.parametrize(
    ("columns", "message", "step"),
    [
        (Columns(input=("txt",)), "has no column 'txt', which is named as input", "Did you mean 'text'?"),
        (
            Columns(input=("text",), segments=("Zzz",)),
            "has no column 'Zzz', which is named as segments",
            "Known: 'text', 'label', 'user', 'plan'",
        ),
        (
            Columns(input=("text",), label="text"),
            "Column 'text' is named as label, but has 60 different values in 60 rows",
            "A label is one of a few classes",
        ),
        (Columns(input=("text",), label="plan"), "have the same label 'same'", "At least two classes"),
        (Columns(input=("text",), label="label", time="user"), "most cells are not dates", "2026-11-22"),
        (
            Columns(input=("text",), label="label", split="label"),
            "is named as split, but no value in it says train or test: 'a', 'b'",
            "leave the split out",
        ),
    ],
)
def test_columns_that_cannot_be_used_are_refused(
    columns: Columns, message: str, step: str, tmp_path: Path
) -> None:
    path = table(tmp_path / "a.csv", ["text", "label", "user", "plan"], ROWS)

    with pytest.raises(DataError) as caught:
        frozen(path, columns)

    assert message in caught.value.message
    assert caught.value.hint is not None
    assert step in caught.value.hint
    assert not (tmp_path / "frozen").exists()


def test_a_file_without_any_label_points_to_labelling(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", ["text", "label"], [[sentence(k), None] for k in range(30)])

    with pytest.raises(DataError, match=r"No row of 'a\.csv' has a label") as caught:
        frozen(path)

    assert caught.value.hint == "Label a hundred rows first: shipworthy label"


def test_rows_that_all_belong_together_cannot_be_split(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv", ["text", "label", "user"], [[sentence(k), "ab"[k % 2], "u"] for k in range(30)]
    )

    with pytest.raises(DataError, match="There are no test rows"):
        frozen(path, Columns(input=("text",), label="label", cluster="user"))


@pytest.mark.parametrize("share", [0, 1, -0.1, 2])
def test_a_share_outside_zero_and_one_is_refused(share: float, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must be between 0 and 1"):
        frozen(plain(tmp_path / "a.csv"), test_share=share)


def test_files_have_known_splits(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.csv")
    with pytest.raises(UserError, match="There is no split 'tests'") as caught:
        freeze({"tests": path}, TEXT_AND_LABEL, folder=tmp_path, seed=1)
    assert caught.value.hint == "Did you mean 'test'?"
    with pytest.raises(UserError, match="There is no file to test on"):
        freeze({"production": path}, TEXT_AND_LABEL, folder=tmp_path, seed=1)


# --- real data ---------------------------------------------------------------------------------


@pytest.mark.real_data
def test_issues_are_split_by_time(tmp_path: Path) -> None:
    columns = Columns(input=("title", "body"), label="label", segments=("segment_repo",), time="created_at")

    dataset = freeze(shared_data("github_issues/issues.jsonl"), columns, folder=tmp_path, seed=1)

    assert sum(dataset.splits.values()) == 1_491
    assert 430 <= dataset.splits["test"] <= 450
    assert dataset.classes == ("bug", "feature", "question")
    first = min(example.at for example in dataset.examples("test") if example.at)
    copies = [example for example in dataset.examples("train") if example.at and example.at > first]
    assert len(copies) < 15


@pytest.mark.real_data
def test_banking_questions_are_split_with_all_intents_on_both_sides(tmp_path: Path) -> None:
    dataset = freeze(shared_data("banking77/train.jsonl"), TEXT_AND_LABEL, folder=tmp_path, seed=1)

    train, test = (Counter(dataset.labels(split)) for split in ("train", "test"))
    assert len(train) == len(test) == 77
    assert max(abs(test[label] / (test[label] + train[label]) - 0.3) for label in train) < 0.1
    assert dataset.splits["test"] == pytest.approx(3_001, abs=60)
