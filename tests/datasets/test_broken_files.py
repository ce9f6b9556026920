"""Files that are not tables, or not quite: each ends in a message that a product manager understands."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from shipworthy.core.errors import DataError, EnvironmentFailure, UserError
from shipworthy.datasets.table import open_table

Maker = Callable[[Path], object]


def text(content: str, encoding: str = "utf-8") -> Maker:
    return lambda path: path.write_bytes(content.encode(encoding))


def raw(content: bytes) -> Maker:
    return lambda path: path.write_bytes(content)


def archive(**parts: str) -> Maker:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in parts.items():
                file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)

    return make


def workbook(*rows: list[object], hidden: bool = False) -> Maker:
    def make(path: Path) -> None:
        book = Workbook()
        page = book.active
        assert page is not None
        for row in rows:
            page.append(row)
        if hidden:
            book.create_sheet("Notes")
        book.save(path)

    return make


def damaged_workbook(path: Path) -> None:
    workbook(["text", "label"], ["a", "b"])(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def workbook_with(part: str, content: str) -> Maker:
    def make(path: Path) -> None:
        whole = io.BytesIO()
        book = Workbook()
        book.save(whole)
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, content if name == part else old.read(name))

    return make


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("xl/workbook.xml", "<workbook/>")
        with file.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _ in range(201):
                part.write(b" " * 1_000_000)


def database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE rows (a)")
    connection.close()


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'
    "{}</sheetData></worksheet>"
)
MANY = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(2, 9000))
FAR = '<row r="9000000"><c r="A9000000"><v>1</v></c></row>'
LONG = "x" * 10_000_000
LATER = "\n".join(f"{number},fine" for number in range(2, 3000))

BROKEN: dict[str, tuple[str, Maker, str, str]] = {
    # name: file name, how to make it, what the message says, what comes next
    "empty": ("a.csv", raw(b""), "'a.csv' is empty.", "Export the table again"),
    "only_spaces": ("a.csv", text(" \n\n \t\n"), "'a.csv' is empty.", "Export the table again"),
    "only_commas": ("a.csv", text(",,\n,,\n"), "'a.csv' has no rows.", "neither column names nor data"),
    "header_only": (
        "a.csv",
        text("text,label\n"),
        "'a.csv' has column names but no rows under them.",
        "Check the filter of the export",
    ),
    "header_only_xlsx": (
        "a.xlsx",
        workbook(["text", "label"]),
        "'a.xlsx' has column names but no rows under them.",
        "Check the filter",
    ),
    "empty_xlsx": ("a.xlsx", workbook(), "'a.xlsx' has no rows.", "Export the table again"),
    "empty_jsonl": ("a.jsonl", text("\n\n"), "'a.jsonl' is empty.", "Export the table again"),
    "old_excel": (
        "a.xls",
        raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9),
        "old Excel file (.xls)",
        "save it as XLSX",
    ),
    "password": (
        "a.xlsx",
        raw(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9),
        "password",
        "save it as XLSX without a",
    ),
    "not_a_workbook": ("a.xlsx", text("text,label\na,b\n"), "is not an Excel workbook", "the ending .csv"),
    "half_a_workbook": ("a.xlsx", damaged_workbook, "damaged or incomplete", "Download or save it again"),
    "only_the_start": ("a.xlsx", raw(b"PK\x03\x04" + b"\0" * 50), "damaged or incomplete", "Download"),
    "zip": ("a.csv", archive(data_csv="text\na\n"), "but a ZIP archive", "Export the table as XLSX"),
    "word": ("a.xlsx", archive(word__document_xml="<w/>"), "but a Word document", "Export the table"),
    "ods": (
        "a.ods",
        archive(mimetype="application/vnd.oasis.opendocument.spreadsheet", content_xml="<o/>"),
        "an OpenDocument spreadsheet (.ods)",
        "Export the table as XLSX or CSV",
    ),
    "xlsb": ("a.xlsb", archive(**{"xl__workbook.bin": "x"}), "a binary workbook (.xlsb)", "Export the table"),
    "zip_bomb": ("a.xlsx", bomb, "would unpack to 0.2 GB", "Save the sheet as CSV"),
    "entities": (
        "a.xlsx",
        workbook_with("xl/worksheets/sheet1.xml", '<!DOCTYPE a [<!ENTITY b "c">]>' + SHEET.format("")),
        "XML declarations that no spreadsheet program writes",
        "save it as a new XLSX file",
    ),
    "broken_sheet": (
        "a.xlsx",
        workbook_with("xl/worksheets/sheet1.xml", SHEET.format(MANY)[:-100]),
        "of sheet 'Sheet'",
        "save it again",
    ),
    "row_nine_million": (
        "a.xlsx",
        workbook_with("xl/worksheets/sheet1.xml", SHEET.format(FAR)),
        "names rows beyond 1,048,576",
        "Save the sheet as CSV",
    ),
    "no_workbook_inside": (
        "a.xlsx",
        archive(xl__workbook_xml="<workbook/>"),
        "damaged or incomplete",
        "Download or save it again",
    ),
    "pdf": ("a.csv", raw(b"%PDF-1.7\n%\xe2\xe3"), "is a PDF document", "CSV, XLSX, JSON Lines or Parquet"),
    "picture": ("a.csv", raw(b"\x89PNG\r\n\x1a\n\0\0"), "is a picture (PNG)", "Export it as CSV"),
    "gzip": ("a.csv.gz", raw(gzip.compress(b"text\na\n")), "is a gzip archive", "Unpack it first"),
    "sqlite": ("a.csv", database, "is an SQLite database", "Export it as CSV"),
    "pickle": (
        "a.pkl",
        raw(pickle.dumps({"text": "a"})),
        "Python pickle, which is never opened",
        "Export it",
    ),
    "lfs": (
        "a.csv",
        text("version https://git-lfs.github.com/spec/v1\noid x\n"),
        "Git LFS pointer",
        "git lfs pull",
    ),
    "web_page": (
        "a.csv",
        text("\n<!DOCTYPE html><html>Log in"),
        "is a web page or an XML file",
        "login page",
    ),
    "rich_text": ("a.csv", text("{\\rtf1 hello}"), "rich-text document", "Export it as CSV"),
    "binary": ("a.csv", raw(bytes(range(256)) * 50), "is not a text file", "export the table as CSV"),
    "not_parquet": ("a.parquet", text("text\na\n"), "is not a Parquet file", "Export the table again"),
    "half_a_parquet": (
        "a.parquet",
        raw(b"PAR1" + b"\x15\0" * 40),
        "damaged or incomplete",
        "Download or export",
    ),
    "long_cell": (
        "a.csv",
        text(f'text,label\nshort,a\n"{LONG}",b\n'),
        "Row 3 of 'a.csv' has a cell of more than 1,000,000 characters",
        "never closed, or the cell must be shortened",
    ),
    "long_cell_jsonl": (
        "a.jsonl",
        text(json.dumps({"text": "a"}) + "\n" + json.dumps({"text": LONG}) + "\n"),
        "Row 2 of 'a.jsonl' has 10,000,000 characters in column 'text'",
        "Shorten the text",
    ),
    "endless_line": (
        "a.jsonl",
        text('{"text": "' + "x" * 50_000_000),
        "Line 1 of 'a.jsonl' is longer",
        "one object",
    ),
    "open_quote": (
        "a.csv",
        text(f'text,label\n"a ""b""",c\n"never closed,d\n{LATER}\n'),
        "A quotation mark is opened in row 3 of 'a.csv' and never closed",
        "double it",
    ),
    "ragged": (
        "a.csv",
        text("text,label\na,b\nc,d,e,f\ng,h,i\nj,k,l\n"),
        "Most rows of 'a.csv' cannot be read (3 of 4): row 3 has more cells (4) than there are columns (2)",
        "the rows are complete",
    ),
    "too_many_columns": (
        "a.csv",
        text(",".join(f"c{k}" for k in range(1500)) + "\n" + ",".join("x" * 1500) + "\n"),
        "has 1,500 columns; at most 1,000 are read",
        "Keep the columns that are needed",
    ),
    "many_keys": (
        "a.jsonl",
        text("\n".join(json.dumps({f"key{k}": k}) for k in range(1500))),
        "has 1,001 columns; at most 1,000 are read",
        "Keep the columns that are needed",
    ),
    "json_list": ("a.json", text('[{"text": "a"}]'), "is one JSON list", "jq -c '.[]' a.json > a.jsonl"),
    "json_numbers": ("a.jsonl", text("1\n2\n3\n"), "line 1 is a number and not an object", "Check that"),
    "json_broken": (
        "a.jsonl",
        text('{"text": "a"\n{"text": "b"\n'),
        "line 1 is not valid JSON (Expecting ',' delimiter)",
        "Check that the first row",
    ),
    "json_deep": ("a.jsonl", text("[" * 200_000 + "\n"), "nested too deeply", "Check that"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_its_name_the_reason_and_the_next_step(
    name: str, tmp_path: Path
) -> None:
    file, make, words, step = BROKEN[name]
    path = tmp_path / file
    make(path)

    with pytest.raises(DataError) as caught:
        open_table(path)

    error = caught.value
    assert words in error.message
    assert file in error.message
    assert error.hint is not None
    assert step in error.hint
    assert error.where is not None
    assert error.where.file == path
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("name", "line"), [("long_cell", 3), ("open_quote", 3), ("ragged", 3), ("json_broken", 1)]
)
def test_a_fault_inside_a_file_is_named_with_its_line(name: str, line: int, tmp_path: Path) -> None:
    file, make, _, _ = BROKEN[name]
    make(tmp_path / file)

    with pytest.raises(DataError) as caught:
        open_table(tmp_path / file)

    assert caught.value.where is not None
    assert caught.value.where.line == line


def test_a_quotation_mark_left_open_after_long_records_is_named_with_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,label\n"one\ntwo",a\nx,b\n"open\nrest\n', encoding="utf-8")

    with pytest.raises(DataError, match="opened in row 4") as caught:
        open_table(path)

    assert caught.value.where is not None
    assert caught.value.where.line == 5


def test_a_missing_file_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "feedback.csv").write_text("text\na\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"no file 'feedbak\.csv'") as caught:
        open_table(tmp_path / "feedbak.csv")

    assert caught.value.hint == "Did you mean 'feedback.csv'?"


def test_a_folder_is_not_a_table(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder; a file is needed"):
        open_table(tmp_path)


def test_more_rows_than_asked_for_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\n" + "a\n" * 30, encoding="utf-8")

    with pytest.raises(DataError, match="more than 20 rows") as caught:
        open_table(path, most_rows=20)

    assert caught.value.hint == "Draw a random sample of the rows, or split the file."


def test_an_unknown_sheet_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    workbook(["text"], ["a"], hidden=True)(tmp_path / "a.xlsx")

    with pytest.raises(DataError, match="no sheet 'notes'") as caught:
        open_table(tmp_path / "a.xlsx", sheet="notes")

    assert caught.value.hint == "Did you mean 'Notes'?"


def test_only_a_workbook_has_sheets(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\na\n", encoding="utf-8")

    with pytest.raises(DataError, match="not a workbook"):
        open_table(path, sheet="Sheet1")


def test_a_machine_without_room_for_temporary_files_is_the_environment_s_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    (tmp_path / "a.csv").write_text("text\na\n", encoding="utf-8")

    with pytest.raises(EnvironmentFailure, match="No temporary folder can be made") as caught:
        open_table(tmp_path / "a.csv")

    assert caught.value.exit_code == 4


def test_nothing_is_left_behind_when_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = tmp_path / "a.csv"
    path.write_text("text,label\n", encoding="utf-8")

    with pytest.raises(DataError):
        open_table(path)

    assert list(temporary.iterdir()) == []
