"""Choosing rows to label, and labelling them without losing anything."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shipworthy.core.errors import DataError, EnvironmentFailure, UserError
from shipworthy.datasets.choosing import Choice, choose_rows
from shipworthy.datasets.export import write_csv
from shipworthy.datasets.frozen import Columns
from shipworthy.datasets.labelling import Label, LabelSession, Progress, write_labelled
from shipworthy.datasets.table import Table, open_table
from tests.support import shared_data

COLUMNS = Columns(input=("text",), label="label", segments=("plan",))
TOPICS = (
    "refund my broken order",
    "reset my lost password",
    "praise for your lovely app",
    "where is the new card",
)


class TickingClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    rng = random.Random(3)
    rows = []
    for k in range(400):
        words = f"{rng.choice(TOPICS)} {' '.join(rng.choices('abcdefghij', k=6))} {k}"
        rows.append([words, None, "enterprise" if k % 100 == 0 else "free"])
    rows[10][0], rows[11][0], rows[12][1] = rows[9][0], None, "praise"
    write_csv(tmp_path / "a.csv", ["text", "label", "plan"], rows)
    with open_table(tmp_path / "a.csv") as opened:
        yield opened


@pytest.fixture
def choices(table: Table) -> tuple[Choice, ...]:
    return choose_rows(table, COLUMNS, n=100, seed=5)


def session(
    table: Table, by: str = "ana", *choices: Choice, clock: TickingClock | None = None
) -> LabelSession:
    path = table.path.parent / "labels.csv"
    return LabelSession(
        path, table=table, columns=COLUMNS, by=by, clock=clock or TickingClock(), choices=choices
    )


# --- choosing ----------------------------------------------------------------------------------


def test_half_of_the_rows_are_drawn_by_lot_and_half_are_spread(choices: tuple[Choice, ...]) -> None:
    assert Counter(choice.why for choice in choices) == {"random": 50, "spread": 50}
    assert sum(choice.stands_for for choice in choices) == 50
    assert len({choice.text for choice in choices}) == len({choice.row for choice in choices}) == 100


def test_the_same_seed_chooses_the_same_rows(table: Table, choices: tuple[Choice, ...]) -> None:
    assert choose_rows(table, COLUMNS, n=100, seed=5) == choices
    assert choose_rows(table, COLUMNS, n=100, seed=6) != choices


def test_rare_segments_are_seen(choices: tuple[Choice, ...]) -> None:
    assert Counter(choice.segments["plan"] for choice in choices)["enterprise"] >= 3


def test_labelled_and_empty_rows_are_not_chosen(table: Table) -> None:
    rows = {choice.row for choice in choose_rows(table, COLUMNS, n=400, seed=1)}

    assert not rows & {13, 14}
    assert len(rows & {11, 12}) == 1  # rows 11 and 12 have one text


def test_the_lot_is_fair(table: Table) -> None:
    drawn = Counter(
        choice.row
        for seed in range(30)
        for choice in choose_rows(table, COLUMNS, n=40, seed=seed)
        if choice.why == "random"
    )

    quarters = [
        sum(count for row, count in drawn.items() if low <= row < low + 100) for low in (2, 102, 202, 302)
    ]
    assert all(110 <= quarter <= 190 for quarter in quarters)


def test_rows_chosen_before_are_not_chosen_again(table: Table, choices: tuple[Choice, ...]) -> None:
    before = {choice.row for choice in choices}

    more = choose_rows(table, COLUMNS, n=50, seed=5, without=before)

    assert not before & {choice.row for choice in more}


def test_when_every_row_has_a_label_there_is_nothing_to_choose(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["text", "label", "plan"], [["a b c", "x", "free"]] * 3)

    with open_table(tmp_path / "a.csv") as table, pytest.raises(DataError, match="no row left to label"):
        choose_rows(table, COLUMNS, n=10, seed=1)


def test_a_small_file_is_chosen_whole(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "a.csv", ["text", "label", "plan"], [[f"text number {k}", None, None] for k in range(7)]
    )

    with open_table(tmp_path / "a.csv") as table:
        assert sorted(choice.row for choice in choose_rows(table, COLUMNS, n=100, seed=1)) == list(
            range(2, 9)
        )


@pytest.mark.real_data
def test_spread_rows_show_more_intents_than_the_lot_alone() -> None:
    columns = Columns(input=("text",))
    with open_table(shared_data("clinc150/train_val.jsonl")) as table:
        labels = dict(enumerate(table.column("label"), start=1))
        chosen = choose_rows(table, columns, n=100, seed=1)

    lot, spread = ({labels[each.row] for each in chosen if each.why == why} for why in ("random", "spread"))
    assert len(spread) > len(lot)


# --- labelling ---------------------------------------------------------------------------------


def test_labels_are_on_the_disk_before_the_next_row_is_shown(
    table: Table, choices: tuple[Choice, ...]
) -> None:
    first = session(table, "ana", *choices)
    assert first.current == choices[0]
    assert first.progress == Progress(done=0, skipped=0, left=100)

    first.label("refund")
    first.skip()

    again = session(table)
    assert again.current == choices[2]
    assert again.progress == Progress(done=1, skipped=1, left=98)
    assert again.labels == (
        Label(
            row=choices[0].row,
            label="refund",
            by="ana",
            at="2026-11-22T09:01:41+00:00",
            why=choices[0].why,
            stands_for=choices[0].stands_for,
        ),
    )


def test_undo_takes_back_one_step_at_a_time_also_after_a_restart(
    table: Table, choices: tuple[Choice, ...]
) -> None:
    first = session(table, "ana", *choices[:3])
    first.label("a")
    first.skip()
    first.label("b")

    again = session(table)
    assert again.progress.left == 0
    assert [again.undo(), again.undo()] == [choices[2], choices[1]]
    assert again.current == choices[1]
    again.label("c")
    assert [again.undo(), again.undo(), again.undo()] == [choices[1], choices[0], None]
    assert session(table).progress == Progress(done=0, skipped=0, left=3)


def test_a_label_is_spelled_as_it_was_before(table: Table, choices: tuple[Choice, ...]) -> None:
    labelling = session(table, "ana", *choices)
    for name in ("Refund", " refund ", "lost  card", "LOST CARD"):
        labelling.label(name)

    assert labelling.classes == ("Refund", "lost card")
    assert [label.label for label in labelling.labels] == ["Refund", "Refund", "lost card", "lost card"]


@pytest.mark.parametrize("name", ["", "  ", "n/a"])
def test_nothing_is_not_a_label(name: str, table: Table, choices: tuple[Choice, ...]) -> None:
    with pytest.raises(UserError, match="is not a label"):
        session(table, "ana", *choices).label(name)


def test_two_people_label_the_same_rows(table: Table, choices: tuple[Choice, ...]) -> None:
    ana, bob = session(table, "ana", *choices[:2]), session(table, "bob", *choices[:2])
    ana.label("x")
    bob = session(table, "bob")
    assert bob.current == choices[0]
    bob.label("y")
    bob.label("y")

    assert [(label.row, label.by, label.label) for label in session(table).labels] == [
        (choices[0].row, "ana", "x"),
        (choices[0].row, "bob", "y"),
        (choices[1].row, "bob", "y"),
    ]


def test_a_line_cut_off_by_a_crash_is_forgotten(table: Table, choices: tuple[Choice, ...]) -> None:
    first = session(table, "ana", *choices)
    first.label("x")
    with first.path.open("ab") as stream:
        stream.write(b'"2026-11-22T09:00:00+00:00","ana","lab')

    again = session(table)
    again.label("y")

    assert [label.label for label in session(table).labels] == ["x", "y"]


def test_a_label_that_looks_like_a_formula_is_defused_in_the_file(
    table: Table, choices: tuple[Choice, ...]
) -> None:
    labelling = session(table, "=ana", *choices)
    labelling.label("=1+1")

    assert '"\'=1+1"' in labelling.path.read_text(encoding="utf-8")
    assert [(label.by, label.label) for label in session(table, "=ana").labels] == [("=ana", "=1+1")]


def test_more_rows_can_be_added_later(table: Table, choices: tuple[Choice, ...]) -> None:
    session(table, "ana", *choices[:2]).label("x")

    more = session(table, "ana", *choices[:4])

    assert more.choices == choices[:4]
    assert more.progress == Progress(done=1, skipped=0, left=3)


def test_labels_of_another_file_are_refused(
    table: Table, choices: tuple[Choice, ...], tmp_path: Path
) -> None:
    session(table, "ana", *choices)
    write_csv(tmp_path / "b.csv", ["text", "label", "plan"], [[f"other {k}", None, None] for k in range(400)])

    with (
        open_table(tmp_path / "b.csv") as other,
        pytest.raises(DataError, match="holds labels for other rows"),
    ):
        LabelSession(tmp_path / "labels.csv", table=other, columns=COLUMNS, by="ana", clock=TickingClock())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\na,b\n", "is not a file of labels made here"),
        ("", "is not a file of labels made here"),
    ],
)
def test_another_kind_of_file_is_refused(content: str, message: str, table: Table) -> None:
    (table.path.parent / "labels.csv").write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match=message):
        session(table)


@pytest.mark.parametrize(
    "line", ['"x"\n', '"a","b","wrong",1,"","",0,""\n', '"a","b","label","one","","",0,""\n']
)
def test_a_line_changed_by_hand_is_named(line: str, table: Table, choices: tuple[Choice, ...]) -> None:
    labelling = session(table, "ana", *choices[:2])
    with labelling.path.open("a", encoding="utf-8") as stream:
        stream.write(line)

    with pytest.raises(DataError, match=r"Line 4 of 'labels\.csv' was changed by hand") as caught:
        session(table)
    assert caught.value.where is not None
    assert caught.value.where.line == 4


def test_somebody_must_give_the_label(table: Table) -> None:
    with pytest.raises(UserError, match="needs somebody who gave it"):
        session(table, " ")


def test_when_all_is_done_no_more_labels_are_taken(table: Table, choices: tuple[Choice, ...]) -> None:
    labelling = session(table, "ana", choices[0])
    labelling.label("x")

    with pytest.raises(UserError, match="All chosen rows are labelled or skipped"):
        labelling.label("y")


def test_a_file_that_vanished_is_the_environment_s_failure(table: Table, choices: tuple[Choice, ...]) -> None:
    labelling = session(table, "ana", *choices)
    labelling.path.unlink()

    with pytest.raises(EnvironmentFailure, match="The label could not be written"):
        labelling.label("x")


def test_the_labelled_table_keeps_what_was_there(
    table: Table, choices: tuple[Choice, ...], tmp_path: Path
) -> None:
    labelling = session(table, "ana", *choices[:3])
    labelling.label("refund")
    labelling.skip()
    labelling.label("praise")

    assert write_labelled(tmp_path / "out.csv", table, labelling) == 2

    with open_table(tmp_path / "out.csv") as out:
        assert out.columns == ("text", "plan", "label", "label_source", "chosen")
        assert out.column("text") == table.column("text")
        labels = dict(enumerate(zip(*(out.column(name) for name in out.columns[2:]), strict=True), start=2))
    given = {row: values for row, values in labels.items() if any(values)}
    assert given == {
        14: ("praise", None, None),
        choices[0].row: ("refund", "ana", choices[0].why),
        choices[2].row: ("praise", "ana", choices[2].why),
    }


def test_where_people_are_split_the_label_stays_open_and_each_has_a_column(
    table: Table, choices: tuple[Choice, ...], tmp_path: Path
) -> None:
    ana = session(table, "ana", *choices[:2])
    for name in ("x", "x"):
        ana.label(name)
    bob = session(table, "bob")
    for name in ("x", "y"):
        bob.label(name)

    assert write_labelled(tmp_path / "out.csv", table, bob) == 1

    with open_table(tmp_path / "out.csv") as out:
        assert out.columns[-4:] == ("label_source", "chosen", "label (ana)", "label (bob)")
        names = ["label", "label_source", "label (ana)", "label (bob)"]
        rows = {
            row: tuple(batch.columns[name][place] for name in names)
            for batch in out.batches(names)
            for place, row in enumerate(batch.numbers)
        }
    assert rows[choices[0].row] == ("x", "ana, bob", "x", "x")
    assert rows[choices[1].row] == (None, "ana, bob", "x", "y")
