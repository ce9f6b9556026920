"""Reading tables: every format, encoding and dialect gives the same rows, and nothing is lost silently."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from shipworthy.core.errors import DataError
from shipworthy.datasets.export import write_csv, write_xlsx
from shipworthy.datasets.table import Table, open_table

ROWS: list[tuple[str | None, ...]] = [
    ("1", "Where is my card?", "card"),
    ("2", 'She said "no", twice', "other"),
    ("3", "two\nlines; and a\ttab", None),
    ("4", "naïve café – 注文 🎉", "card"),
]
NAMES = ("id", "text", "label")


def rows_of(table: Table) -> list[tuple[str | None, ...]]:
    return [
        tuple(batch.columns[name][place] for name in table.columns)
        for batch in table.batches()
        for place in range(len(batch.numbers))
    ]


def written(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def kinds(table: Table) -> list[str]:
    return [problem.kind for problem in table.problems]


def delimited(path: Path, delimiter: str, encoding: str = "utf-8", quoting: int = csv.QUOTE_MINIMAL) -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
        writer.writerow(NAMES)
        writer.writerows(ROWS)
    return path


def jsonl(path: Path) -> Path:
    lines = [json.dumps(dict(zip(NAMES, row, strict=True)), ensure_ascii=False) for row in ROWS]
    return written(path, "\n".join(lines))


def xlsx(path: Path) -> Path:
    write_xlsx(path, NAMES, ROWS)
    return path


def parquet(path: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (id VARCHAR, text VARCHAR, label VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", ROWS)
        connection.table("t").write_parquet(str(path))
    return path


@pytest.mark.parametrize(
    ("make", "file", "form"),
    [
        (lambda path: delimited(path, ","), "a.csv", "csv"),
        (lambda path: delimited(path, ";"), "a.csv", "csv"),
        (lambda path: delimited(path, "\t"), "a.tsv", "csv"),
        (lambda path: delimited(path, "|"), "a.txt", "csv"),
        (lambda path: delimited(path, ",", quoting=csv.QUOTE_ALL), "a", "csv"),
        (lambda path: delimited(path, ",", "utf-8-sig"), "a.csv", "csv"),
        (lambda path: delimited(path, ",", "utf-16"), "a.csv", "csv"),
        (lambda path: delimited(path, "\t", "utf-16-le"), "a.csv", "csv"),
        (lambda path: delimited(path, ",", "utf-16-be"), "a.csv", "csv"),
        (lambda path: delimited(path, ",", "utf-32"), "a.csv", "csv"),
        (jsonl, "a.jsonl", "jsonl"),
        (jsonl, "a.json", "jsonl"),
        (jsonl, "a.txt", "jsonl"),
        (xlsx, "a.xlsx", "xlsx"),
        (parquet, "a.parquet", "parquet"),
        (parquet, "odd [name]* 'x'.parquet", "parquet"),
    ],
)
def test_every_format_gives_the_same_rows(make: Any, file: str, form: str, tmp_path: Path) -> None:
    with open_table(make(tmp_path / file)) as table:
        assert (table.form, table.columns, table.n_rows) == (form, NAMES, 4)
        assert rows_of(table) == ROWS
        assert table.problems == ()


cells = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
names = st.lists(
    st.text(alphabet=st.characters(categories=["L", "Nd", "P", "S"]), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
    unique=True,
)


@st.composite
def tables(draw: st.DrawFn, values: st.SearchStrategy[str] = cells) -> tuple[list[str], list[list[str]]]:
    header = draw(names)
    row = st.lists(values, min_size=len(header), max_size=len(header))
    return header, draw(st.lists(row.filter(any), min_size=1, max_size=6))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=tables())
def test_any_table_survives_csv(drawn: tuple[list[str], list[list[str]]], tmp_path: Path) -> None:
    header, rows = drawn
    path = tmp_path / "a.csv"

    write_csv(path, header, rows)

    with open_table(path) as table:
        assert list(table.columns) == header
        assert rows_of(table) == [tuple(cell or None for cell in row) for row in rows]


xml_cells = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
).filter(lambda text: "x005F_" not in text)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=tables(xml_cells))
def test_any_table_survives_xlsx(drawn: tuple[list[str], list[list[str]]], tmp_path: Path) -> None:
    header, rows = drawn
    path = tmp_path / "a.xlsx"

    write_xlsx(path, header, rows)

    with open_table(path) as table:
        assert list(table.columns) == header
        assert rows_of(table) == [tuple(cell or None for cell in row) for row in rows]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=tables(st.text(max_size=12)))
def test_any_table_survives_json_lines(drawn: tuple[list[str], list[list[str]]], tmp_path: Path) -> None:
    header, rows = drawn
    lines = [json.dumps(dict(zip(header, row, strict=True))) for row in rows]
    path = written(tmp_path / "a.jsonl", "\n".join(lines))

    with open_table(path) as table:
        whole = [
            tuple(
                cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "") or None
                for cell in row
            )
            for row in rows
        ]
        assert list(table.columns) == header
        assert rows_of(table) == whole


@pytest.mark.parametrize(
    ("encoding", "sentence"),
    [
        ("cp1252", "L’élève a été reçu à l’école; ça coûte 5 € où est-ce"),
        ("cp1250", "Zażółć gęślą jaźń, proszę o zwrot pieniędzy za zamówienie"),
        ("cp1251", "Привет, мой заказ не пришёл, верните деньги"),
        ("koi8-r", "Привет, мой заказ не пришёл, верните деньги"),
        ("cp932", "注文した商品が届きません。返金してください。"),
        ("gb18030", "我的订单还没有到，请退款。谢谢你的帮助"),
    ],
)
def test_an_old_encoding_is_guessed_and_the_guess_is_reported(
    encoding: str, sentence: str, tmp_path: Path
) -> None:
    lines = "".join(f'{number},"{sentence}"\n' for number in range(20))
    path = written(tmp_path / "a.csv", f"id,text\n{lines}", encoding)

    with open_table(path) as table:
        assert set(table.column("text")) == {sentence}
        (problem,) = table.problems
    assert problem.kind == "encoding"
    assert problem.words == "The file is not in UTF-8."
    assert "which is a guess; for example" in problem.done
    assert "save the file again as 'CSV UTF-8'" in problem.done


def test_a_few_broken_bytes_in_utf8_are_replaced_and_reported(tmp_path: Path) -> None:
    content = "text,label\n" + "café crème,a\n" * 20
    path = written(tmp_path / "a.csv", content.encode() + b"caf\xe9,b\n")

    with open_table(path) as table:
        assert table.column("text")[-1] == "caf�"
        assert table.encoding == "utf-8"
        (problem,) = table.problems
    assert str(problem) == (
        "Some bytes of the file are not valid UTF-8. Each was replaced by the mark �. (a.csv)"
    )


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", 'text,label\n"two\nlines",a\n\nb,c\n')

    with open_table(path) as table:
        (batch,) = table.batches(["label"])

    assert (batch.numbers, batch.columns) == ([2, 4], {"label": ["a", "c"]})


def test_lines_of_a_json_lines_file_are_numbered_from_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", '{"text": "a"}\n\n{"text": "b"}\n')

    with open_table(path) as table:
        (batch,) = table.batches()

    assert batch.numbers == [1, 3]


def test_rows_with_too_many_or_too_few_cells_are_left_out_and_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text,label\na,x\nb,c,y\nd\ne,x\n,,,\nf,x,,\n\n")

    with open_table(path) as table:
        assert rows_of(table) == [("a", "x"), ("e", "x"), ("f", "x")]
        assert [str(problem) for problem in table.problems] == [
            "2 rows cannot be read: row 3 has more cells (3) than there are columns (2). Left out. "
            "(a.csv, rows 3 and 4)",
            "1 row has nothing in any cell. Left out. (a.csv, row 6)",
        ]


def test_a_sheet_with_a_note_beside_the_table_keeps_all_rows(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in (["text", "label"], ["a", "x"], ["b", "y", None, "ask Ana"], ["c"]):
        page.append(row)
    book.save(tmp_path / "a.xlsx")

    with open_table(tmp_path / "a.xlsx") as table:
        assert table.columns == ("text", "label", "column 4")
        assert rows_of(table) == [("a", "x", None), ("b", "y", "ask Ana"), ("c", None, None)]
        assert kinds(table) == ["column_name"]


def test_lines_of_title_above_the_header_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "Feedback report 2026\n\nid,text,label\n1,a,x\n2,b,y\n3,c,x\n")

    with open_table(path) as table:
        assert table.columns == ("id", "text", "label")
        assert table.n_rows == 3
        assert [str(problem) for problem in table.problems] == [
            "There is text above the column names ('Feedback report 2026'). Left out. (a.csv, row 1)"
        ]


def test_names_of_columns_are_made_distinct_and_nameless_empty_columns_disappear(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", " text ,label,label,,\na,x,y,z,\n")

    with open_table(path) as table:
        assert table.columns == ("text", "label", "label (2)", "column 4")
        assert [(problem.kind, problem.words) for problem in table.problems] == [
            ("column_name", "The name 'label' is used for several columns."),
            ("column_name", "Column 4 has no name."),
        ]


def test_a_first_row_that_looks_like_data_is_pointed_out(tmp_path: Path) -> None:
    with open_table(written(tmp_path / "a.csv", "17,please help\n18,thanks\n")) as table:
        assert kinds(table) == ["header"]


def test_a_file_with_one_column_may_hold_commas(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "message\nhello, world\nI, too, am here\nplain\n")

    with open_table(path) as table:
        assert table.column("message") == ["hello, world", "I, too, am here", "plain"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('id, text, label\n1, "a, b", x\n2, "c, d", y\n', ["a, b", "c, d"]),
        ('"id", "text", "label"\n"1", "a, b", "x"\n', ["a, b"]),
        ('id,text,label\n1,"a \\"b\\", c",x\n2,"d \\"e\\", f",y\n', ['a "b", c', 'd "e", f']),
        ('id\ttext\tlabel\n1\t"Hi" she said\tx\n2\t5" screen\tx\n', ['"Hi" she said', '5" screen']),
        ("id,text,label\r1,a,x\r2,b,y\r", ["a", "b"]),
        ("id;text;label\n1;1,5 kg, heavy;x\n2;2,5 kg;y\n", ["1,5 kg, heavy", "2,5 kg"]),
    ],
)
def test_unusual_dialects_are_found_out(content: str, expected: list[str], tmp_path: Path) -> None:
    with open_table(written(tmp_path / "a.csv", content)) as table:
        assert [name.strip() for name in table.columns] == ["id", "text", "label"]
        assert table.column(table.columns[1]) == expected


def test_the_protection_against_formulas_is_taken_off_and_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text,label\n'=1+1,x\n'quoted',y\n''-a,x\n")

    with open_table(path) as table:
        assert table.column("text") == ["=1+1", "'quoted'", "'-a"]
        (problem,) = table.problems
    assert (problem.kind, problem.column, problem.count, problem.rows) == (
        "protected_cell",
        "text",
        2,
        (2, 4),
    )


def test_the_character_nul_is_removed_and_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text,label\nplain old text that goes on,x\na\0b,y\n\0,z\n")

    with open_table(path) as table:
        assert table.column("text") == ["plain old text that goes on", "ab", None]
        (problem,) = table.problems
    assert (problem.kind, problem.count, problem.rows) == ("control_character", 2, (3, 4))


def test_values_of_a_workbook_become_text(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.append(["a", "b", "c", "d", "e"])
    page.append([3.0, 0.1, True, datetime(2026, 11, 22, 9, 30), date(2026, 11, 22)])  # noqa: DTZ001
    page.append(["=1+1", None, False, 10**15, "x"])
    book.save(tmp_path / "a.xlsx")

    with open_table(tmp_path / "a.xlsx") as table:
        assert rows_of(table) == [
            ("3", "0.1", "true", "2026-11-22 09:30:00", "2026-11-22"),
            (None, None, "false", "1000000000000000", "x"),
        ]


def test_of_several_sheets_the_first_visible_one_is_read_and_the_rest_is_mentioned(tmp_path: Path) -> None:
    book = Workbook()
    first = book.active
    assert first is not None
    first.sheet_state = "hidden"
    for title in ("Data", "Notes"):
        book.create_sheet(title).append([f"{title} column"])
        book[title].append(["x"])
    book.save(tmp_path / "a.xlsx")

    with open_table(tmp_path / "a.xlsx") as table:
        assert table.columns == ("Data column",)
        assert [problem.words for problem in table.problems] == ["The workbook has 2 sheets."]
        assert [problem.done for problem in table.problems] == [
            "Only 'Data' was read; another one is named like 'a.xlsx#Notes'."
        ]
    with open_table(tmp_path / "a.xlsx#Notes") as table:
        assert table.columns == ("Notes column",)
    (tmp_path / "b.xlsx#Notes").write_bytes((tmp_path / "a.xlsx").read_bytes())
    with open_table(tmp_path / "b.xlsx#Notes") as table:  # the name of a file
        assert table.columns == ("Data column",)
    with open_table(tmp_path / "a.xlsx", sheet="Notes") as table:
        assert table.columns == ("Notes column",)
        assert table.problems == ()


def test_json_values_become_text_and_late_keys_become_columns(tmp_path: Path) -> None:
    lines = [
        {"text": "a", "n": 1, "x": 0.5, "ok": True},
        {"text": "b", "tags": ["é", 1], "meta": {"k": None}},
        {"text": "", "n": None, "big": 10**30},
    ]
    path = written(tmp_path / "a.jsonl", "\n".join(json.dumps(line) for line in lines) + '\n{"text": NaN}\n')

    with open_table(path) as table:
        assert table.columns == ("text", "n", "x", "ok", "tags", "meta", "big")
        assert rows_of(table) == [
            ("a", "1", "0.5", "true", None, None, None),
            ("b", None, None, None, '["é", 1]', '{"k": null}', None),
            (None, None, None, None, None, None, "1" + "0" * 30),
            (None,) * 7,
        ]


def test_broken_lines_of_json_are_left_out_and_named(tmp_path: Path) -> None:
    good = '{"text": "a"}\n'
    path = written(tmp_path / "a.jsonl", good * 3 + '{"text": \n' + good + "[1]\n" + good + '{"text": "cut o')

    with open_table(path) as table:
        assert table.n_rows == 5
        (problem,) = table.problems
    assert (problem.kind, problem.count, problem.rows) == ("invalid_row", 3, (4, 6, 8))
    assert "line 4 is not valid JSON (Expecting value)" in problem.words


def test_nested_and_typed_values_of_parquet_become_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET timezone = 'Europe/Berlin'")
        connection.execute(
            "COPY (SELECT 1 AS n, {'x': 'é'} AS s, [1, 2] AS l, TIMESTAMPTZ '2026-01-01 10:00:00+02' AS at, "
            f"1.50::DECIMAL(5, 2) AS d, '' AS e) TO '{path}' (FORMAT parquet)"
        )

    with open_table(path) as table:
        assert rows_of(table) == [("1", '{"x":"é"}', "[1,2]", "2026-01-01 08:00:00+00", "1.50", None)]


def test_a_file_is_read_as_what_it_is_whatever_its_name_says(tmp_path: Path) -> None:
    with open_table(xlsx(tmp_path / "a.csv")) as table:
        assert rows_of(table) == ROWS
        assert [str(problem) for problem in table.problems] == [
            "The file's name ends in '.csv', but it is an Excel workbook. It was read as what it is. (a.csv)"
        ]


def test_distinct_values_come_commonest_first_with_the_empty_ones(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,label\n1,b\n2,a\n3,\n4,b\n5,\n6,b\n")

    with open_table(path) as table:
        assert table.distinct("label") == [("b", 3), (None, 2), ("a", 1)]
        assert table.distinct("label", most=1) == [("b", 3)]


def test_batches_hold_so_many_rows_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "n,text\n" + "".join(f"{n},x\n" for n in range(45_000)))

    with open_table(path) as table:
        batches = list(table.batches(["n"], size=20_000))

    assert [len(batch.numbers) for batch in batches] == [20_000, 20_000, 5_000]
    assert [number for batch in batches for number in batch.numbers] == list(range(2, 45_002))
    assert [value for batch in batches for value in batch.columns["n"]] == [str(n) for n in range(45_000)]


def test_an_unknown_column_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with open_table(delimited(tmp_path / "a.csv", ",")) as table, pytest.raises(DataError) as caught:
        table.column("Label")

    assert str(caught.value) == (
        f"'a.csv' has no column 'Label'.\n  where: {tmp_path / 'a.csv'}\n  next: Did you mean 'label'?"
    )


def test_a_closed_table_leaves_nothing_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))

    with open_table(delimited(tmp_path / "a.csv", ",")):
        assert len(list(temporary.iterdir())) == 1

    assert list(temporary.iterdir()) == []


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    with open_table(delimited(tmp_path / "a.csv", ",")) as opened:
        yield opened


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SET enable_external_access = true",
        "ATTACH 'other.duckdb'",
        "COPY (SELECT 1) TO 'out.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_the_store_sees_nothing_but_its_own_folder(table: Table, query: str) -> None:
    with pytest.raises(duckdb.Error):
        table.store.query(query)
